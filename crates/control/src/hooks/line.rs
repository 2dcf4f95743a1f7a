//! The way to one receiver: what it is asked and told, in what order, and what came of it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use bytes::Bytes;
use hub::{End, SessionId};
use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::body::body;
use super::deliveries::{ANSWER_KEPT, Attempt, Cause, Deliveries, Delivery, SENT_KEPT, State};
use super::event::{Event, What, uuid};
use super::metrics::Outcomes;
use super::oryx::LastOfOryx;
use super::queue::{Next, Pending, Queue, backoff};
use super::signature::{self, signature};
use super::target::{Ask, Dialect, Target};
use super::verdict::Verdict;
use crate::outbound::{Client, Limits};

/// What all lines share.
#[derive(Debug)]
pub(super) struct Shared {
    believing: Client,
    /// For receivers whose certificates nobody vouches for.
    anybody: Client,
    numbers: AtomicU64,
    revisions: AtomicU64,
    pub(super) last: LastOfOryx,
}

/// One receiver with what it is still to be told. Told by the task that [`Line::run`] is; asked by whoever wants to know.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) id: Arc<str>,
    target: ArcSwap<Target>,
    shared: Arc<Shared>,
    queue: Mutex<Queue>,
    /// There is something new in the queue.
    woken: Notify,
    deliveries: Mutex<Deliveries>,
    pub(super) outcomes: Outcomes,
    /// Who it said yes to and has not published yet: it knows of them. Those who never will are pushed out by others.
    admitted: Mutex<BTreeSet<SessionId>>,
    /// Places for those who ask, and for those who try.
    asking: Semaphore,
    trying: Semaphore,
    /// The last try of all failed, so that only changes are logged.
    failing: AtomicBool,
    /// Somebody tells it.
    started: AtomicBool,
    /// The receiver is removed.
    pub(super) gone: CancellationToken,
}

/// How a receiver is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Events that wait to be told, or are being told.
    pub queued: usize,
    /// Events that it was never told of because too many waited, since the server was started.
    pub dropped: u64,
    /// The last try failed: what was asked has no answer, or what was told was not heard.
    pub failing: bool,
}

impl Shared {
    pub(super) fn new(believing: Client, last: LastOfOryx) -> Shared {
        let (numbers, revisions) = (AtomicU64::new(0), AtomicU64::new(0));
        Shared { believing, anybody: Client::believing_anybody(), numbers, revisions, last }
    }

    /// The newest there is of any delivery.
    pub(super) fn revision(&self) -> u64 {
        self.revisions.load(Ordering::Acquire)
    }
}

impl Line {
    pub(super) fn new(id: &str, target: Target, shared: Arc<Shared>) -> Line {
        Line {
            id: id.into(),
            target: ArcSwap::from_pointee(target),
            shared,
            queue: Mutex::default(),
            woken: Notify::new(),
            deliveries: Mutex::default(),
            outcomes: Outcomes::default(),
            admitted: Mutex::default(),
            asking: Semaphore::new(ASKING),
            trying: Semaphore::new(TRYING),
            failing: AtomicBool::new(false),
            started: AtomicBool::new(false),
            gone: CancellationToken::new(),
        }
    }

    pub(super) fn target(&self) -> Arc<Target> {
        self.target.load_full()
    }

    /// Whether whoever calls is the first, and has to [run](Line::run) it.
    pub(super) fn start(&self) -> bool {
        !self.started.swap(true, Ordering::Relaxed)
    }

    /// From now on it is told as `target` says.
    pub(super) fn set(&self, target: Target) {
        let disabled = target.disabled;
        self.target.store(Arc::new(target));
        // In this order: what is put into the queue later sees that it is off.
        if disabled {
            let waited = self.queue().clear();
            self.give_up(waited);
        }
    }

    pub(super) fn health(&self) -> Health {
        let queue = self.queue();
        let failing = self.failing.load(Ordering::Relaxed);
        Health { queued: queue.len(), dropped: queue.dropped(), failing }
    }

    pub(super) fn deliveries(&self) -> MutexGuard<'_, Deliveries> {
        self.deliveries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has it told of `event`, if it wants to know. Does not wait.
    pub(super) fn tell(&self, event: &Arc<Event>) {
        // Whoever has answered knows; and only they: one that was down may be back by now.
        let known = match &event.what {
            What::Published { who } => self.admitted().remove(&who.id),
            // Oryx's words do not say whose end it is. The stream goes on, so its receivers would take for dead what is live.
            What::Unpublished { left, .. } if left.end == End::Replaced => {
                matches!(self.target().dialect, Dialect::Oryx { .. })
            }
            _ => false,
        };
        if known {
            return;
        }
        let dropped = {
            let mut queue = self.queue();
            // Within the lock: see `set`.
            if !self.target().wants(event.kind(), event.stream.as_ref()) {
                return;
            }
            queue.push(Arc::clone(event), Instant::now())
        };
        self.give_up(dropped);
        self.woken.notify_one();
    }

    /// Those are not told any more, so nothing is to say that they are tried again.
    fn give_up(&self, dropped: impl IntoIterator<Item = Pending>) {
        for number in dropped.into_iter().filter_map(|pending| pending.number) {
            let mut deliveries = self.deliveries();
            if let Some(delivery) = deliveries.find(number) {
                let revision = next(&self.shared.revisions);
                deliveries.put(Delivery { revision, state: State::Failed, ..delivery });
            }
        }
    }

    fn admitted(&self) -> MutexGuard<'_, BTreeSet<SessionId>> {
        self.admitted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks it about `event`, for at most as long as `ask` says.
    pub(super) async fn ask(&self, event: Arc<Event>, ask: Ask) -> Verdict {
        let limit = Duration::from_secs(ask.wait);
        let (_place, left) = match self.asking.try_acquire() {
            Ok(place) => (place, limit),
            Err(_) => {
                let began = Instant::now();
                let Ok(Ok(place)) = timeout(limit, self.asking.acquire()).await else {
                    return Verdict::Nothing("too many wait for its answers".to_owned());
                };
                (place, limit.saturating_sub(began.elapsed()))
            }
        };
        let (verdict, last) = self.send(&event, left, Cause::Ask).await;
        if let (Verdict::Yes, What::Asks { who, .. }) = (&verdict, &event.what) {
            let mut admitted = self.admitted();
            admitted.insert(who.id);
            if admitted.len() > ADMITTED {
                admitted.pop_first();
            }
        }
        let state = match &verdict {
            Verdict::Yes => State::Delivered,
            Verdict::No(_) => State::Refused,
            Verdict::Nothing(_) => State::Failed,
        };
        self.put(None, event, Cause::Ask, state, 1, last);
        verdict
    }

    /// Tells it once, at once, whatever it wants to know of; `None` when others are being tried.
    pub(super) async fn try_once(&self, event: Arc<Event>, cause: Cause) -> Option<Delivery> {
        let _place = self.trying.try_acquire().ok()?;
        let (verdict, last) = self.send(&event, self.target().time(), cause).await;
        let state = if verdict == Verdict::Yes { State::Delivered } else { State::Failed };
        Some(self.put(None, event, cause, state, 1, last))
    }

    /// Tells what there is to tell, until the receiver is gone. After `stop` it tells what is due, and ends.
    pub(super) async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut underway = JoinSet::new();
        loop {
            let due = loop {
                // Not within the match, which would hold the lock.
                let next = self.queue().next(Instant::now());
                match next {
                    Next::Tell(pending) => {
                        let line = Arc::clone(&self);
                        underway.spawn(async move { line.tell_now(pending).await });
                    }
                    Next::Wait(due) => break due,
                }
            };
            if stop.is_cancelled() && underway.is_empty() {
                return;
            }
            let due = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.gone.cancelled() => return,
                () = stop.cancelled(), if !stop.is_cancelled() => {}
                () = self.woken.notified() => {}
                Some(_) = underway.join_next() => {}
                () = due => {}
            }
        }
    }

    /// Tells `pending` and puts it back, or not.
    async fn tell_now(&self, mut pending: Pending) {
        let target = self.target();
        pending.attempts += 1;
        let (verdict, last) = self.send(&pending.event, target.time(), Cause::Tell).await;
        let spent = pending.attempts >= target.attempts || pending.since.elapsed() >= OLDEST;
        let again = match verdict {
            Verdict::Yes => Err(State::Delivered),
            Verdict::No(_) => Err(State::Failed),
            Verdict::Nothing(_) if spent => Err(State::Failed),
            Verdict::Nothing(_) => Ok(backoff(pending.attempts, chance())),
        };
        let state = again.map_or_else(|state| state, |pause| State::Retrying(SystemTime::now() + pause));
        let Pending { number, event, attempts, .. } = &pending;
        let delivery = self.put(*number, Arc::clone(event), Cause::Tell, state, *attempts, last);
        pending.number = Some(delivery.number);
        let dropped = {
            let mut queue = self.queue();
            match again {
                // Within the lock: see `set`.
                Ok(pause) if !self.target().disabled => {
                    pending.due = Instant::now() + pause;
                    queue.again(pending)
                }
                Ok(_) => {
                    queue.done(&pending);
                    Some(pending)
                }
                Err(_) => {
                    queue.done(&pending);
                    None
                }
            }
        };
        self.give_up(dropped);
    }

    /// Sends `event` once, for at most `limit`; what the answer means depends on the `cause`.
    async fn send(&self, event: &Event, limit: Duration, cause: Cause) -> (Verdict, Attempt) {
        let target = self.target();
        let at = SystemTime::now();
        let request = uuid().unwrap_or_default();
        let sent = body(event, &target.dialect, &request);
        let oryx = matches!(target.dialect, Dialect::Oryx { .. });
        if oryx {
            self.shared.last.sent(&sent);
        }
        let client = if target.verify_tls { &self.shared.believing } else { &self.shared.anybody };
        let limits = Limits { time: limit, bytes: MOST_ANSWER };
        let began = Instant::now();
        let headers = headers(event, &target.dialect, &sent, at);
        let answer = client.post_json(&target.url.0, headers, sent.clone(), limits).await;
        let took = began.elapsed();
        let (verdict, failing) = match cause {
            Cause::Ask => {
                let verdict = Verdict::of_question(&target.dialect, &answer);
                // Who says no has answered.
                let failing = matches!(verdict, Verdict::Nothing(_));
                (verdict, failing)
            }
            Cause::Tell | Cause::Test | Cause::Replay(_) => {
                let verdict = Verdict::of_telling(&target.dialect, &answer);
                let failing = verdict != Verdict::Yes;
                (verdict, failing)
            }
        };
        let (status, body) = match &answer {
            Ok(answer) => (Some(answer.status), answer.body.clone()),
            Err(_) => (None, Bytes::new()),
        };
        if oryx && status == Some(200) {
            self.shared.last.answered(&body);
        }
        let error = match &verdict {
            Verdict::Yes => None,
            Verdict::No(why) | Verdict::Nothing(why) => Some(why.clone()),
        };
        self.note(failing, error.as_deref());
        // Copies: what is kept is not to hold the rest.
        let answer = Bytes::copy_from_slice(&body[..body.len().min(ANSWER_KEPT)]);
        let sent = Bytes::copy_from_slice(&sent[..sent.len().min(SENT_KEPT)]);
        (verdict, Attempt { at, took, sent, status, answer, error })
    }

    /// Logs that it begins to fail, and that it has ceased to.
    fn note(&self, failing: bool, err: Option<&str>) {
        let before = self.failing.swap(failing, Ordering::Relaxed);
        let (hook, label) = (&*self.id, self.target().label.clone());
        match (before, failing) {
            (false, true) => warn!(hook, label, err, "a webhook fails"),
            (true, false) => info!(hook, label, "a webhook works again"),
            _ => {}
        }
    }

    fn put(
        &self,
        number: Option<u64>,
        event: Arc<Event>,
        cause: Cause,
        state: State,
        attempts: u32,
        last: Attempt,
    ) -> Delivery {
        self.outcomes.count(state);
        let number = number.unwrap_or_else(|| next(&self.shared.numbers));
        // Within the lock, so that nobody who looks for changes passes one over.
        let mut deliveries = self.deliveries();
        let revision = next(&self.shared.revisions);
        let target = Arc::clone(&self.id);
        let delivery = Delivery { number, revision, target, event, cause, state, attempts, last };
        deliveries.put(delivery.clone());
        delivery
    }
}

/// The number after the last that `counter` gave.
fn next(counter: &AtomicU64) -> u64 {
    counter.fetch_add(1, Ordering::AcqRel) + 1
}

fn headers(event: &Event, dialect: &Dialect, body: &[u8], now: SystemTime) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some(signature) = signature(dialect, body, now) else { return headers };
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set(signature::HEADER, &signature);
    set("sluice-event", event.kind().name());
    set("sluice-id", &event.id);
    headers
}

/// By which pauses differ.
fn chance() -> u8 {
    let mut random = [0];
    // Without randomness all pauses are of full length.
    let _ = getrandom::fill(&mut random);
    random[0]
}

/// Bytes of an answer's body.
const MOST_ANSWER: usize = 64 << 10;
/// How long it is tried to tell one event, however many tries are left.
const OLDEST: Duration = Duration::from_secs(3_600);
/// Publishers who ask one receiver at a time; others wait for their turn.
const ASKING: usize = 64;
/// Publishers whom one receiver has admitted and who do not publish yet. Of whom there are more, it is told although it knows.
const ADMITTED: usize = 1_024;
/// Tries by admins at a time.
const TRYING: usize = 4;
