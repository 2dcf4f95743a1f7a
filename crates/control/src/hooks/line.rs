//! The way to one receiver: what it is asked and told, in what order, and what came of it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use bytes::Bytes;
use hub::{End, SessionId, StreamKey};
use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::body::body;
use super::deliveries::{ANSWER_KEPT, Attempt, Cause, Deliveries, Delivery, SENT_KEPT, State};
use super::event::{Event, What};
use super::kept::{Kept, fitting};
use super::metrics::Outcomes;
use super::oryx::LastOfOryx;
use super::queue::{Next, Pending, Queue, backoff};
use super::signature::{self, signature};
use super::target::{Ask, Dialect, Target};
use super::verdict::Verdict;
use crate::entry::uuid;
use crate::outbound::{Client, Limits};
use crate::retry::chance;

/// What all lines share.
#[derive(Debug)]
pub(super) struct Shared {
    believing: Client,
    /// For receivers whose certificates nobody vouches for.
    anybody: Client,
    numbers: AtomicU64,
    revisions: AtomicU64,
    /// What some receiver has not been told yet is not what it was.
    pub(super) untold: Notify,
    pub(super) last: LastOfOryx,
}

/// One receiver with what it is still to be told. Told by the task that [`Line::run`] is; asked by whoever wants to know.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) id: Arc<str>,
    target: ArcSwap<Target>,
    shared: Arc<Shared>,
    queue: Mutex<Queue>,
    /// What of the queue outlives the server.
    saved: Mutex<Saved>,
    /// There is something new in the queue.
    woken: Notify,
    /// Something is told, or is not any more for now.
    told: Notify,
    /// Its target is another.
    changed: Notify,
    deliveries: Mutex<Deliveries>,
    pub(super) outcomes: Outcomes,
    /// Who it said yes to and has not published yet: it knows of them. Those who never will are pushed out by others.
    admitted: Mutex<BTreeSet<SessionId>>,
    /// Places for those who ask, and for those who try.
    asking: Semaphore,
    trying: Semaphore,
    /// The last try of all failed, so that only changes are logged.
    failing: AtomicBool,
    /// Something has come of a try.
    tried: AtomicBool,
    /// Requests that have had no answer for [`SLOW`].
    waiting: AtomicUsize,
    /// Somebody tells it.
    started: AtomicBool,
    /// The receiver is removed.
    pub(super) gone: CancellationToken,
}

/// What was written down last of the events that are not told yet.
#[derive(Debug, Default)]
struct Saved {
    /// By the count of the queue.
    changes: u64,
    /// There was something.
    some: bool,
}

/// What is being sent.
struct Sending {
    event: Arc<Event>,
    cause: Cause,
    /// Its place in the log of deliveries, once it is there.
    number: Option<u64>,
    /// How often, with this one.
    attempts: u32,
}

/// A request without an answer, for as long as it is one. When nobody waits for it any more its delivery does not say that they do.
struct Waiting<'a> {
    line: &'a Line,
    /// Of the delivery, until its answer has come.
    number: Option<u64>,
}

/// How a receiver is doing, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing has come of anything yet.
    Untried,
    /// The last try went well.
    Working,
    /// A request has had no answer for some seconds.
    Waiting,
    /// The last try failed.
    Failing,
}

/// How a receiver is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// In a word.
    pub standing: Standing,
    /// Requests that have had no answer for some seconds.
    pub waiting: usize,
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
        let (anybody, untold) = (Client::believing_anybody(), Notify::new());
        Shared { believing, anybody, numbers, revisions, untold, last }
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
            saved: Mutex::default(),
            woken: Notify::new(),
            told: Notify::new(),
            changed: Notify::new(),
            deliveries: Mutex::default(),
            outcomes: Outcomes::default(),
            admitted: Mutex::default(),
            asking: Semaphore::new(ASKING),
            trying: Semaphore::new(TRYING),
            failing: AtomicBool::new(false),
            tried: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
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
        self.changed.notify_waiters();
        // In this order: what is put into the queue later sees that it is off.
        if disabled {
            let waited = self.queue().clear();
            self.give_up(waited);
            self.shared.untold.notify_one();
        }
    }

    /// Has it told what it was not told before the server was started.
    pub(super) fn restore(&self, kept: Vec<Kept>) {
        let count = kept.len();
        let revived = kept.into_iter().filter_map(Kept::revived).filter(|_| !self.target().disabled);
        let revived: Vec<Pending> = revived.collect();
        // What is not as it was written down is to be written anew.
        let changes = if revived.len() == count { 0 } else { u64::MAX };
        *self.saved() = Saved { changes, some: true };
        self.queue().restore(revived);
    }

    /// What it has not been told yet, if that is to be written down anew; then [`Line::save`] is to be called with the number.
    pub(super) fn unsaved(&self) -> Option<(Vec<Kept>, u64)> {
        let (kept, changes) = {
            let queue = self.queue();
            let (untold, changes) = queue.untold();
            if self.saved().changes == changes {
                return None;
            }
            (untold.filter_map(Kept::of).collect::<Vec<_>>(), changes)
        };
        if kept.is_empty() && !self.saved().some {
            self.save(changes, false);
            return None;
        }
        Some((fitting(kept), changes))
    }

    /// What was untold at that number of changes is written down, `some` or nothing.
    pub(super) fn save(&self, changes: u64, some: bool) {
        *self.saved() = Saved { changes, some };
    }

    fn saved(&self) -> MutexGuard<'_, Saved> {
        self.saved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn health(&self) -> Health {
        let queue = self.queue();
        let failing = self.failing.load(Ordering::Relaxed);
        let waiting = self.waiting.load(Ordering::Relaxed);
        let standing = match self.tried.load(Ordering::Relaxed) {
            _ if waiting > 0 => Standing::Waiting,
            _ if failing => Standing::Failing,
            true => Standing::Working,
            false => Standing::Untried,
        };
        Health { standing, waiting, queued: queue.len(), dropped: queue.dropped(), failing }
    }

    pub(super) fn deliveries(&self) -> MutexGuard<'_, Deliveries> {
        self.deliveries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has it told of `event`, if it wants to know. Does not wait.
    pub(super) fn tell(&self, event: &Arc<Event>) {
        // Oryx's words do not say whose end it is: its receivers would take for dead what is live.
        let oryx = matches!(self.target().dialect, Dialect::Oryx { .. });
        // Whoever has answered knows; and only they: one that was down may be back by now.
        let known = match &event.what {
            What::Published { who } => self.admitted().remove(&who.id),
            What::Unpublished { left, .. } => oryx && left.end == End::Replaced,
            _ => false,
        };
        if known {
            if let (What::Published { who }, Some(stream), true) = (&event.what, &event.stream, oryx) {
                self.pass_over(stream, who.id);
            }
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
        self.shared.untold.notify_one();
    }

    /// It knows of a publisher of `stream` already and has not been told of the end of the one before, which it would take for theirs.
    fn pass_over(&self, stream: &StreamKey, session: SessionId) {
        let late = {
            let mut queue = self.queue();
            queue.hold(stream, session, None);
            queue.forget(stream)
        };
        self.give_up(late);
        self.woken.notify_one();
        self.shared.untold.notify_one();
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

    /// Asks it about `event`, for at most as long as `ask` says. Nothing when it does not decide about that any more, because it was removed
    /// or changed meanwhile.
    pub(super) async fn ask(&self, event: Arc<Event>, ask: Ask) -> Option<Verdict> {
        let stream = event.stream.clone();
        tokio::select! {
            biased;
            verdict = self.asked(event, ask) => Some(verdict),
            () = self.excused(stream.as_ref()) => None,
        }
    }

    /// Waits until it does not decide about publishers of `stream`.
    async fn excused(&self, stream: Option<&StreamKey>) {
        loop {
            // Before the look: what changes after it is not missed.
            let changed = self.changed.notified();
            if stream.is_none_or(|stream| self.target().asked_for(stream).is_none()) {
                return;
            }
            tokio::select! {
                () = changed => {}
                () = self.gone.cancelled() => return,
            }
        }
    }

    async fn asked(&self, event: Arc<Event>, ask: Ask) -> Verdict {
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
        let began = Instant::now();
        if let Some(stream) = &event.stream {
            // What happened before is heard before.
            let _ = timeout(left / 2, self.has_told_of(stream)).await;
        }
        let left = left.saturating_sub(began.elapsed());
        self.hold(&event, Some(left));
        let mut sending = Sending { event, cause: Cause::Ask, number: None, attempts: 1 };
        let (verdict, last) = self.send(&mut sending, left).await;
        let event = &sending.event;
        self.hold(event, (verdict == Verdict::Yes).then_some(Duration::ZERO));
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
        self.put(&sending, state, last);
        verdict
    }

    /// Has nothing told of earlier publishers to a receiver of Oryx that is asked about the next, which has an answer in `within` and soon
    /// publishes; `None`: which does not.
    fn hold(&self, asks: &Event, within: Option<Duration>) {
        let target = self.target();
        if let (What::Asks { who, .. }, Some(stream), Dialect::Oryx { .. }) =
            (&asks.what, &asks.stream, &target.dialect)
        {
            self.queue().hold(stream, who.id, within.map(|within| Instant::now() + within + BEGINS));
            self.woken.notify_one();
        }
    }

    /// Waits while something that a publisher of `stream` did is being told, or is to be for the first time.
    async fn has_told_of(&self, stream: &StreamKey) {
        loop {
            // Before the look: what is told after it is not missed.
            let told = self.told.notified();
            if !self.queue().is_telling_of(stream) {
                return;
            }
            told.await;
        }
    }

    /// Tells it once, at once, whatever it wants to know of; `None` when others are being tried.
    pub(super) async fn try_once(&self, event: Arc<Event>, cause: Cause) -> Option<Delivery> {
        let _place = self.trying.try_acquire().ok()?;
        let mut sending = Sending { event, cause, number: None, attempts: 1 };
        let (verdict, last) = self.send(&mut sending, self.target().time()).await;
        let state = if verdict == Verdict::Yes { State::Delivered } else { State::Failed };
        Some(self.put(&sending, state, last))
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
        let Pending { event, number, attempts, .. } = pending.clone();
        let mut sending = Sending { event, cause: Cause::Tell, number, attempts };
        let (verdict, last) = self.send(&mut sending, target.time()).await;
        let spent = pending.attempts >= target.attempts || pending.since.elapsed() >= OLDEST;
        let again = match verdict {
            Verdict::Yes => Err(State::Delivered),
            Verdict::No(_) => Err(State::Failed),
            Verdict::Nothing(_) if spent => Err(State::Failed),
            Verdict::Nothing(_) => Ok(backoff(pending.attempts, chance())),
        };
        let state = again.map_or_else(|state| state, |pause| State::Retrying(SystemTime::now() + pause));
        pending.number = Some(self.put(&sending, state, last).number);
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
        self.told.notify_waiters();
        self.shared.untold.notify_one();
    }

    /// Sends an event once, for at most `limit`; what the answer means depends on its cause. When that takes long it is seen meanwhile.
    async fn send(&self, sending: &mut Sending, limit: Duration) -> (Verdict, Attempt) {
        let target = self.target();
        let (event, cause) = (Arc::clone(&sending.event), sending.cause);
        let at = SystemTime::now();
        let request = uuid().unwrap_or_default();
        let sent = body(&event, &target.dialect, &request);
        let oryx = matches!(target.dialect, Dialect::Oryx { .. });
        if oryx {
            self.shared.last.sent(&sent);
        }
        let client = if target.verify_tls { &self.shared.believing } else { &self.shared.anybody };
        let limits = Limits { time: limit, bytes: MOST_ANSWER };
        let began = Instant::now();
        let headers = headers(&event, &target.dialect, &sent, at);
        let asked = async {
            match target.dialect {
                Dialect::Sluice { .. } => {
                    client.post_json(&target.url.0, headers, sent.clone(), limits).await
                }
                Dialect::Oryx { .. } => {
                    client.post_json_as_go(&target.url.0, headers, sent.clone(), limits).await
                }
            }
        };
        // Copies: what is kept is not to hold the rest.
        let kept = Bytes::copy_from_slice(&sent[..sent.len().min(SENT_KEPT)]);
        tokio::pin!(asked);
        let answer = tokio::select! {
            biased;
            answer = &mut asked => answer,
            () = sleep(SLOW) => {
                let (sent, answer, error) = (kept.clone(), Bytes::new(), Some(NO_ANSWER.to_owned()));
                let so_far = Attempt { at, took: SLOW, sent, status: None, answer, error };
                let delivery = self.put(sending, State::Waiting, so_far);
                sending.number = Some(delivery.number);
                let mut waiting = Waiting::begin(self, delivery.number);
                let answer = asked.await;
                waiting.number = None;
                answer
            }
        };
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
        let answer = Bytes::copy_from_slice(&body[..body.len().min(ANSWER_KEPT)]);
        (verdict, Attempt { at, took, sent: kept, status, answer, error })
    }

    /// Logs that it begins to fail, and that it has ceased to.
    fn note(&self, failing: bool, err: Option<&str>) {
        self.tried.store(true, Ordering::Relaxed);
        let before = self.failing.swap(failing, Ordering::Relaxed);
        let (hook, label) = (&*self.id, self.target().label.clone());
        match (before, failing) {
            (false, true) => warn!(hook, label, err, "a webhook fails"),
            (true, false) => info!(hook, label, "a webhook works again"),
            _ => {}
        }
    }

    /// Writes down what has come of `sending`, or that nothing has so far.
    fn put(&self, sending: &Sending, state: State, last: Attempt) -> Delivery {
        self.outcomes.count(state);
        let Sending { ref event, cause, number, attempts } = *sending;
        let (event, number) = (Arc::clone(event), number.unwrap_or_else(|| next(&self.shared.numbers)));
        // Within the lock, so that nobody who looks for changes passes one over.
        let mut deliveries = self.deliveries();
        let revision = next(&self.shared.revisions);
        let target = Arc::clone(&self.id);
        let delivery = Delivery { number, revision, target, event, cause, state, attempts, last };
        deliveries.put(delivery.clone());
        delivery
    }
}

impl Waiting<'_> {
    fn begin(line: &Line, number: u64) -> Waiting<'_> {
        line.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting { line, number: Some(number) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.line.waiting.fetch_sub(1, Ordering::Relaxed);
        let mut deliveries = self.line.deliveries();
        if let Some(delivery) = self.number.and_then(|number| deliveries.find(number)) {
            let revision = next(&self.line.shared.revisions);
            let last = Attempt { error: Some(GIVEN_UP.to_owned()), ..delivery.last };
            deliveries.put(Delivery { revision, state: State::Failed, last, ..delivery });
        }
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

const NO_ANSWER: &str = "no answer so far";
/// What a delivery says whose answer nobody waits for any more.
const GIVEN_UP: &str = "no answer, and nobody waits for it any more";
/// A request that has no answer for so long is shown before it has one.
const SLOW: Duration = Duration::from_secs(2);
/// Bytes of an answer's body.
const MOST_ANSWER: usize = 64 << 10;
/// How long it is tried to tell one event, however many tries are left.
const OLDEST: Duration = Duration::from_secs(3_600);
/// Publishers who ask one receiver at a time; others wait for their turn.
const ASKING: usize = 64;
/// From a yes to the publisher that it is for.
const BEGINS: Duration = Duration::from_secs(5);
/// Publishers whom one receiver has admitted and who do not publish yet. Of whom there are more, it is told although it knows.
const ADMITTED: usize = 1_024;
/// Tries by admins at a time.
const TRYING: usize = 4;
