//! Telling others over HTTP: receivers are asked whether somebody may publish, and told what has happened.
//!
//! Every feature tells through [`Hooks::tell`]; [`What`] has a variant for whatever there is to tell. The rest follows from the
//! [`Target`]s that admins have set: who wants to know, in which words, how often it is tried.
//!
//! ```text
//! hub events, features ─ tell ─ Queue (order, retries) ─────────────┐
//! Gate ─ ask (bounded wait, then the target's policy) ──────────────┴─ Line::send ─ outbound::Client
//! ```
//!
//! Nothing of it is on the way of media: to tell is to put into a bounded queue, and only who asks to publish waits for an answer.

mod body;
mod deliveries;
mod event;
mod kept;
mod line;
mod metrics;
mod oryx;
mod queue;
mod secrets;
mod signature;
mod target;
mod verdict;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use hub::{AccessRequest, Hub, SessionId, StreamKey};
use store::{Collection, Store};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

pub use deliveries::{Attempt, Cause, Delivery, State};
pub use event::{Event, Kind, Left, Party, UnknownEvent, What};
pub use line::{Health, Standing};
pub use oryx::Last;
pub use target::{Ask, Dialect, Otherwise, Target, Url};

use crate::entry::{Error, fresh_id};
use crate::key::Key;
use crate::outbound::Client;
use crate::settings::Settings;
use crate::so_far::so_far;
use kept::{Kept, Live};
use line::{Line, Shared};
use oryx::LastOfOryx;
use verdict::Verdict;

/// All receivers. Owns them, in the store and in force. What changes them blocks; what asks and tells does not.
pub struct Hooks {
    targets: Collection<Target>,
    /// What each is still to be told, by its name.
    untold: Collection<Vec<Kept>>,
    settings: Settings,
    lines: ArcSwap<Lines>,
    shared: Arc<Shared>,
    /// Whom receivers take for live, and whether that is to be written down.
    live: Mutex<(Live, bool)>,
    /// Held while store and lines change.
    changing: Mutex<()>,
    /// There is a line that nobody tells yet.
    added: Notify,
    /// Who waits until what has happened so far is in the queues; and who sees to it, until it runs.
    behind: mpsc::Sender<oneshot::Sender<()>>,
    caught_up: Mutex<Option<mpsc::Receiver<oneshot::Sender<()>>>>,
    /// Nobody is waited for any more.
    stopping: CancellationToken,
}

/// The receivers in force, by their names.
type Lines = BTreeMap<String, Arc<Line>>;

/// What all who decide about a publisher said together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// They may.
    Admitted,
    /// One of them said no.
    Refused,
    /// One that has to say yes did not answer.
    Unanswered,
}

impl Hooks {
    /// The name of the receiver that scripts for Oryx set.
    pub const ORYX: &str = "oryx";

    /// Those that `store` keeps, asked by `client` where somebody has to vouch for them.
    pub fn open(store: Arc<dyn Store>, client: Client) -> Result<Hooks, store::Error> {
        let settings = Settings::new(Arc::clone(&store));
        let targets = Collection::<Target>::new(Arc::clone(&store), TARGETS);
        let untold = Collection::<Vec<Kept>>::new(store, UNTOLD);
        let shared = Arc::new(Shared::new(client, LastOfOryx::new(settings.read()?)));
        let line = |(id, target): (String, Target)| {
            let line = Line::new(&id, target, Arc::clone(&shared));
            (id, Arc::new(line))
        };
        let lines: Lines = targets.all()?.into_iter().map(line).collect();
        for (id, kept) in untold.each()? {
            match (lines.get(&id), kept) {
                (Some(line), Ok(kept)) => line.restore(kept),
                // It was removed, and the server ended before this was.
                (None, _) => _ = untold.remove(&id)?,
                (_, Err(err)) => {
                    warn!(hook = id, %err, "what a webhook was still to be told cannot be read: it is not told");
                    untold.remove(&id)?;
                }
            }
        }
        let live = settings.read::<Live>().unwrap_or_else(|err| {
            warn!(%err, "who was live cannot be read: webhooks are not told that they have left");
            Live::default()
        });
        let lines = ArcSwap::from_pointee(lines);
        let (changing, added, stopping) = (Mutex::default(), Notify::new(), CancellationToken::new());
        let (behind, caught_up) = mpsc::channel(BEHIND);
        let caught_up = Mutex::new(Some(caught_up));
        let hooks = Hooks {
            targets,
            untold,
            settings,
            lines,
            shared,
            // Who was live before is written down until their ends are.
            live: Mutex::new((Live::default(), !live.is_empty())),
            changing,
            added,
            behind,
            caught_up,
            stopping,
        };
        live.ends().for_each(|end| hooks.hand_out(end));
        Ok(hooks)
    }

    /// Every receiver with how it is doing, in the order of their names.
    pub fn all(&self) -> Vec<(String, Arc<Target>, Health)> {
        let lines = self.lines.load();
        lines.iter().map(|(id, line)| (id.clone(), line.target(), line.health())).collect()
    }

    /// One of them.
    pub fn find(&self, id: &str) -> Result<(Arc<Target>, Health), Error> {
        let line = self.line(id)?;
        Ok((line.target(), line.health()))
    }

    /// Adds a receiver.
    pub fn create(&self, target: Target) -> Result<(String, Target), Error> {
        let target = target.checked(None)?;
        let _changing = self.changing();
        if self.lines.load().len() >= MOST {
            return Err(Error::TooMany { whose: "the server", what: "webhooks", most: MOST });
        }
        let id = fresh_id()?;
        self.targets.put(&id, &target)?;
        self.put_in_force(&id, target.clone());
        Ok((id, target))
    }

    /// Changes a receiver as `change` says, which may be called more than once; what cannot be kept is refused.
    pub fn change<E: From<Error> + From<store::Error>>(
        &self,
        id: &str,
        mut change: impl FnMut(Target) -> Result<Target, E>,
    ) -> Result<Target, E> {
        let _changing = self.changing();
        let changed = self.targets.update(id, |target| {
            let url = target.url.clone();
            Ok::<_, E>(change(target)?.checked(Some(&url))?)
        })?;
        let changed = changed.ok_or_else(|| unknown(id))?;
        self.put_in_force(id, changed.clone());
        Ok(changed)
    }

    /// Gives a receiver another secret: `chosen`, or a new one. What is sent is signed with the one before as well for `grace`.
    pub fn rotate(&self, id: &str, chosen: Option<Key>, grace: Duration) -> Result<(Target, Key), Error> {
        let fresh = chosen.map_or_else(Key::generate, Ok)?;
        let until = SystemTime::now() + grace;
        let rotated = self.change(id, |target| {
            let Dialect::Sluice { secret, .. } = target.dialect else {
                let reason = "Oryx's receiver has no secret; it is sent `opaque`".to_owned();
                return Err(Error::Field { field: "secret", reason });
            };
            let previous = (!grace.is_zero()).then_some((secret, until));
            Ok(Target { dialect: Dialect::Sluice { secret: fresh.clone(), previous }, ..target })
        })?;
        Ok((rotated, fresh))
    }

    /// Removes a receiver, with what it was still to be told.
    pub fn remove(&self, id: &str) -> Result<(), Error> {
        let _changing = self.changing();
        if !self.targets.remove(id)? {
            return Err(unknown(id));
        }
        let mut lines = Lines::clone(&self.lines.load());
        if let Some(line) = lines.remove(id) {
            line.gone.cancel();
        }
        self.lines.store(Arc::new(lines));
        self.untold.remove(id)?;
        Ok(())
    }

    /// Sets the receiver that scripts for Oryx know, whatever they say of it. How long it is waited for and what holds without an
    /// answer stays.
    pub fn set_oryx(&self, url: &str, opaque: &str, host: &str, on: bool) -> Result<(), Error> {
        let _changing = self.changing();
        let known = self.targets.get(Hooks::ORYX)?.unwrap_or_else(Target::oryx);
        let dialect = Dialect::Oryx { opaque: opaque.to_owned(), host: host.to_owned() };
        let target = Target { url: Url(url.to_owned()), disabled: !on, dialect, ..known };
        self.targets.put(Hooks::ORYX, &target)?;
        self.put_in_force(Hooks::ORYX, target);
        Ok(())
    }

    /// What was last sent to Oryx's receiver, and what it last answered.
    pub fn last_of_oryx(&self) -> Last {
        self.shared.last.get()
    }

    /// Up to `limit` of the last deliveries to a receiver with numbers below `before`, newest first.
    pub fn deliveries(&self, id: &str, before: Option<u64>, limit: usize) -> Result<Vec<Delivery>, Error> {
        Ok(self.line(id)?.deliveries().newest(before, limit))
    }

    /// The deliveries that have changed since `revision`, in that order, and the revision to go on from.
    pub fn deliveries_since(&self, revision: u64) -> (Vec<Delivery>, u64) {
        // What has a revision up to this is in a log, or its log is locked until it is.
        let newest = self.shared.revision();
        if newest <= revision {
            return (Vec::new(), newest);
        }
        let lines = self.lines.load();
        let mut changed = Vec::new();
        for line in lines.values() {
            let deliveries = line.deliveries();
            changed.extend(deliveries.since(revision).filter(|one| one.revision <= newest).cloned());
        }
        changed.sort_by_key(|delivery| delivery.revision);
        (changed, newest)
    }

    /// Sends a receiver an event that is none, once and now. `None` when too many are being tried.
    pub async fn test(&self, id: &str) -> Result<Option<Delivery>, Error> {
        let line = self.line(id)?;
        let event = Arc::new(Event::new(What::Test, None)?);
        Ok(line.try_once(event, Cause::Test).await)
    }

    /// Sends a receiver the event of a delivery again, once and now: with its id, newly signed. `None` when too many are being tried.
    pub async fn replay(&self, id: &str, number: u64) -> Result<Option<Delivery>, Error> {
        let line = self.line(id)?;
        let delivery = line.deliveries().find(number);
        let delivery = delivery.ok_or_else(|| Error::Unknown { what: "delivery", id: number.to_string() })?;
        Ok(line.try_once(delivery.event, Cause::Replay(number)).await)
    }

    /// Has all who want to know told of `what` has happened to `stream`. Does not wait.
    pub fn tell(&self, what: What, stream: Option<StreamKey>) {
        // Also when there is nobody who wants to know any more.
        let known = match &what {
            What::Unpublished { who, .. } => self.change_live(|live| live.left(who.id)),
            _ => None,
        };
        if self.lines.load().is_empty() {
            return;
        }
        match Event::new(what, stream) {
            Ok(mut event) => {
                event.id = known.unwrap_or(event.id);
                self.change_live(|live| live.came(&event).then_some(()));
                self.hand_out(event);
            }
            Err(err) => warn!(%err, "webhooks are not told of an event"),
        }
    }

    fn hand_out(&self, event: Event) {
        let event = Arc::new(event);
        self.lines.load().values().for_each(|line| line.tell(&event));
    }

    /// Changes whom receivers take for live, if `change` gives something.
    fn change_live<T>(&self, change: impl FnOnce(&mut Live) -> Option<T>) -> Option<T> {
        let mut live = self.live();
        let changed = change(&mut live.0)?;
        live.1 = true;
        self.shared.untold.notify_one();
        Some(changed)
    }

    /// Asks all who decide whether `request` may publish `stream`, at the same time. The first that says no decides.
    pub(crate) async fn ask(
        &self,
        session: SessionId,
        stream: &StreamKey,
        request: &AccessRequest,
    ) -> Decision {
        let lines = self.lines.load_full();
        let deciding = lines.values().filter_map(|line| Some((line, line.target().asked_for(stream)?)));
        let deciding: Vec<_> = deciding.collect();
        if deciding.is_empty() {
            return Decision::Admitted;
        }
        self.catch_up().await;
        let what = What::Asks { who: Party::asking(session, request), query: request.query.clone() };
        let event = match Event::new(what, Some(stream.clone())) {
            Ok(event) => Arc::new(event),
            Err(err) => {
                warn!(%err, "webhooks cannot be asked");
                return Decision::Unanswered;
            }
        };
        let mut asked = JoinSet::new();
        for (line, ask) in deciding {
            let (line, event) = (Arc::clone(line), Arc::clone(&event));
            asked.spawn(async move { line.ask(event, ask).await.map(|verdict| (verdict, ask.otherwise)) });
        }
        tokio::select! {
            decision = decision(asked) => decision,
            () = self.stopping.cancelled() => Decision::Unanswered,
        }
    }

    /// Waits until what the hub has said so far is in the queues, so that nobody hears of the end of a publisher after they were asked about
    /// the next.
    async fn catch_up(&self) {
        let (done, caught_up) = oneshot::channel();
        if self.caught_up().is_none() && self.behind.send(done).await.is_ok() {
            let _ = caught_up.await; // who would say so has ended
        }
    }

    /// Tells what happens in `hub` from this call on, until `last`; what has happened by then is still told where that can be done
    /// soon. From `stop` on, which is before, nobody is waited for who is asked. To be run once.
    pub fn run(
        self: Arc<Self>,
        hub: &Hub,
        stop: CancellationToken,
        last: CancellationToken,
    ) -> impl Future<Output = ()> + Send + use<> {
        let events = hub.events();
        self.tell_events(events, stop, last)
    }

    async fn tell_events(
        self: Arc<Self>,
        mut events: Receiver<hub::Event>,
        stop: CancellationToken,
        last: CancellationToken,
    ) {
        let ended = CancellationToken::new();
        let mut telling = JoinSet::new();
        let behind = self.caught_up().take();
        let mut behind = behind.expect("it is run once");
        let (hooks, until) = (Arc::clone(&self), ended.clone());
        telling.spawn(async move { hooks.keep_last(until).await });
        let (hooks, until) = (Arc::clone(&self), ended.clone());
        telling.spawn(async move { hooks.keep_untold(until).await });
        loop {
            for line in self.lines.load().values().filter(|line| line.start()) {
                telling.spawn(Arc::clone(line).run(ended.clone()));
            }
            tokio::select! {
                event = events.recv() => match event {
                    Ok(event) => self.tell_of(&event),
                    Err(RecvError::Lagged(missed)) => missed_some(missed),
                    Err(RecvError::Closed) => break,
                },
                Some(done) = behind.recv() => {
                    self.tell_of_all(&mut events);
                    let _ = done.send(()); // they may have gone
                }
                () = self.added.notified() => {}
                Some(_) = telling.join_next() => {}
                () = stop.cancelled(), if !self.stopping.is_cancelled() => self.stopping.cancel(),
                () = last.cancelled() => break,
            }
        }
        self.stopping.cancel();
        drop(behind);
        // The ends of all that ended with the server.
        self.tell_of_all(&mut events);
        ended.cancel();
        let all = async { while telling.join_next().await.is_some() {} };
        if timeout(LAST_WORDS, all).await.is_err() {
            info!("stopped before all webhooks were told; the rest is told after the next start");
        }
        telling.shutdown().await;
        self.save_untold().await;
    }

    /// What has happened up to now.
    fn tell_of_all(&self, events: &mut Receiver<hub::Event>) {
        for event in so_far(events) {
            match event {
                Ok(event) => self.tell_of(&event),
                Err(missed) => missed_some(missed),
            }
        }
    }

    fn tell_of(&self, event: &hub::Event) {
        if let Some((what, stream)) = Event::of_hub(event) {
            self.tell(what, Some(stream));
        }
    }

    /// Writes down what was last sent to Oryx's receiver and what it answered, whenever that changes.
    async fn keep_last(self: Arc<Self>, ended: CancellationToken) {
        loop {
            let over = tokio::select! {
                () = self.shared.last.changed() => false,
                () = ended.cancelled() => true,
            };
            let hooks = Arc::clone(&self);
            let kept = spawn_blocking(move || {
                let last = hooks.last_of_oryx();
                if hooks.settings.read::<Last>()? == last { Ok(()) } else { hooks.settings.write(&last) }
            });
            if let Ok(Err(err)) = kept.await {
                warn!(%err, "the last callback cannot be written down");
            }
            if over {
                return;
            }
        }
    }

    /// Writes down what is not told yet, some time after it has changed: what a receiver takes at once never gets to the disk.
    async fn keep_untold(self: Arc<Self>, ended: CancellationToken) {
        let mut pause = TOGETHER;
        let next = async |pause| {
            self.shared.untold.notified().await;
            sleep(pause).await;
        };
        while ended.run_until_cancelled(next(pause)).await.is_some() {
            let began = Instant::now();
            self.save_untold().await;
            // However slow the disk is, it has other things to do.
            pause = TOGETHER.max(10 * began.elapsed());
        }
    }

    /// Waits until what is still to be told is written down; says whether it is.
    pub async fn save_untold(self: &Arc<Self>) -> bool {
        let hooks = Arc::clone(self);
        match spawn_blocking(move || hooks.save_all()).await {
            Ok(Ok(())) => true,
            Ok(Err(err)) => {
                warn!(%err, "what webhooks are still to be told cannot be written down");
                false
            }
            Err(_) => false,
        }
    }

    fn save_all(&self) -> Result<(), store::Error> {
        // Nothing is written of a receiver that is removed meanwhile.
        let _changing = self.changing();
        for (id, line) in self.lines.load().iter() {
            let Some((untold, changes)) = line.unsaved() else { continue };
            match untold.is_empty() {
                true => _ = self.untold.remove(id)?,
                false => self.untold.put(id, &untold)?,
            }
            line.save(changes, !untold.is_empty());
        }
        // After what follows from it: rather told twice than never.
        let changed = {
            let mut live = self.live();
            std::mem::take(&mut live.1).then(|| live.0.fitting())
        };
        if let Some(live) = changed
            && let Err(err) = self.settings.write(&live)
        {
            self.live().1 = true;
            return Err(err);
        }
        Ok(())
    }

    fn put_in_force(&self, id: &str, target: Target) {
        if let Some(line) = self.lines.load().get(id) {
            line.set(target);
            return;
        }
        let mut lines = Lines::clone(&self.lines.load());
        lines.insert(id.to_owned(), Arc::new(Line::new(id, target, Arc::clone(&self.shared))));
        self.lines.store(Arc::new(lines));
        self.added.notify_one();
    }

    fn line(&self, id: &str) -> Result<Arc<Line>, Error> {
        self.lines.load().get(id).cloned().ok_or_else(|| unknown(id))
    }

    fn live(&self) -> MutexGuard<'_, (Live, bool)> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn caught_up(&self) -> MutexGuard<'_, Option<mpsc::Receiver<oneshot::Sender<()>>>> {
        self.caught_up.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").field("lines", &self.lines.load().len()).finish_non_exhaustive()
    }
}

/// What they say together; the first no is enough.
async fn decision(mut asked: JoinSet<Option<(Verdict, Otherwise)>>) -> Decision {
    let mut decision = Decision::Admitted;
    while let Some(answer) = asked.join_next().await {
        match answer {
            // Who is not asked any more is as if they had never been.
            Ok(None | Some((Verdict::Yes, _) | (Verdict::Nothing(_), Otherwise::Allow))) => {}
            Ok(Some((Verdict::No(_), _))) => return Decision::Refused,
            Ok(Some((Verdict::Nothing(_), Otherwise::Refuse))) | Err(_) => decision = Decision::Unanswered,
        }
    }
    decision
}

fn missed_some(missed: u64) {
    warn!(missed, "webhooks are not told of some events");
}

fn unknown(id: &str) -> Error {
    Error::Unknown { what: "webhook", id: id.to_owned() }
}

/// Where receivers are in the store, by their names.
pub(crate) const TARGETS: &str = "hooks/targets/";
/// Where that is which each is still to be told.
pub(crate) const UNTOLD: &str = "hooks/untold/";
/// Where that is whose ends they are to be told after a kill.
pub(crate) const LIVE: &str = "hooks/live";
/// Who may wait at a time for what has happened to be in the queues.
const BEHIND: usize = 64;
/// Receivers.
const MOST: usize = 50;
/// For how long what is still to be told changes before it is written down.
const TOGETHER: Duration = Duration::from_secs(1);
/// For what is still to be told when the server stops.
const LAST_WORDS: Duration = Duration::from_millis(1_500);

#[cfg(test)]
#[path = "hooks_test.rs"]
mod tests;
