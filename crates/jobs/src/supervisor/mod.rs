//! Background work that somebody wants: kept, started, watched, started again.
//!
//! A [`Job`] says what is wanted and stands in the store. Its [`Kind`] says how it is done; there is a folder for each in this crate, and a
//! line in [`kinds`](crate::kinds). A *run* is a job at work: one, or one for each live stream that the job names. The [`Supervisor`]
//! compares what should run with what does whenever either changes; nothing is remembered but what is wanted, so a restart, also one
//! after a kill, begins with the same jobs.
//!
//! ```text
//! store ── Job ──┐                         ┌── JoinSet: a task each ── Kind's Work::run(Run)
//! hub ── events ─┴─ Table::reconcile ── Start                            │
//!                        ▲──────────────── Ended ◄───────────────────────┘  Report: words, progress, log
//! ```
//!
//! A run that fails is tried again after a pause, which grows with each failure. One that panics is a run that failed.

mod glob;
mod job;
mod kind;
mod limits;
mod metrics;
mod report;
mod table;
mod view;

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use control::{entry, retry};
use hub::{Event, Hub, Phase, StreamKey};
use prometheus_client::registry::Registry;
use serde_json::Value;
use store::{Collection, Store};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{Notify, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

pub use glob::{BadGlob, Glob, Streams};
pub use job::{Change, Job, New};
pub use kind::{BadSettings, Failure, Followed, Kind, Reach, Run, Running, Work, read};
pub use limits::Limits;
pub use report::{Line, Mood, Report};
pub use view::{RunView, State, View};

use metrics::Counters;
use table::{Ended, Entry, RunKey, Start, Table};

/// Keeps jobs and sees to it that they are done. Owned by the binary, which runs [`Supervisor::run`]; shared by all who look or change.
///
/// What changes jobs blocks, as the store does.
pub struct Supervisor {
    kinds: Vec<Box<dyn Kind>>,
    jobs: Collection<Job>,
    table: Mutex<Table>,
    /// Held while store and table change.
    changing: Mutex<()>,
    limits: Mutex<Limits>,
    /// The table has changed.
    changed: Notify,
    /// Counts up with everything that a [`View`] or a log may show.
    revision: watch::Sender<u64>,
    counters: Counters,
}

/// Why a job was not made or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// As of everything that people make by hand.
    #[error(transparent)]
    Entry(#[from] entry::Error),
    /// There is no such kind.
    #[error("there is no kind of job called {name:?}")]
    Kind {
        /// What was asked for.
        name: String,
    },
    /// The settings are none that the kind can work by.
    #[error(transparent)]
    Settings(#[from] BadSettings),
}

/// The runs that have a task.
#[derive(Default)]
struct Tasks {
    set: JoinSet<Result<(), Failure>>,
    whose: HashMap<Id, (RunKey, &'static str)>,
}

impl Supervisor {
    /// The jobs that `store` keeps, of `kinds`. Nothing runs yet. One of a kind that is not known, or whose settings are not understood,
    /// is there and says so.
    pub fn open(store: Arc<dyn Store>, kinds: Vec<Box<dyn Kind>>) -> Result<Supervisor, store::Error> {
        let limits = control::settings::Settings::new(Arc::clone(&store)).read()?;
        let supervisor = Supervisor {
            kinds,
            jobs: Collection::new(store, "jobs/"),
            table: Mutex::default(),
            changing: Mutex::default(),
            limits: Mutex::new(limits),
            changed: Notify::new(),
            revision: watch::Sender::new(0),
            counters: Counters::default(),
        };
        for (id, job) in supervisor.jobs.each()? {
            match job {
                Ok(job) => {
                    let entry = supervisor.entry(job);
                    supervisor.table().put(id, entry, true);
                }
                Err(err) => error!(job = id, %err, "a job cannot be read: it is left as it is"),
            }
        }
        Ok(supervisor)
    }

    /// Adds what there is to know of jobs to `registry`.
    pub fn register(&self, registry: &mut Registry) {
        self.counters.register(registry);
    }

    /// Every kind there is.
    pub fn kinds(&self) -> impl Iterator<Item = &dyn Kind> {
        self.kinds.iter().map(|kind| &**kind)
    }

    /// For how many streams, or how often, jobs of a kind may run at a time.
    pub fn most(&self, kind: &dyn Kind) -> usize {
        let limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        limits.0.get(kind.name()).copied().unwrap_or_else(|| kind.most())
    }

    /// That, from now on: who is too many goes on, and who comes later waits.
    pub fn set_limits(&self, limits: Limits) {
        *self.limits.lock().unwrap_or_else(PoisonError::into_inner) = limits;
        for kind in self.kinds() {
            self.table().limit(kind.name(), self.most(kind));
        }
        self.tell();
    }

    /// Every job, in the order of ids.
    pub fn all(&self) -> Vec<View> {
        let table = self.table();
        table.jobs().keys().filter_map(|id| table.view(id)).collect()
    }

    /// One job.
    pub fn view(&self, id: &str) -> Result<View, Error> {
        self.table().view(id).ok_or_else(|| unknown(id))
    }

    /// The last lines of a job's log, the eldest first.
    pub fn log(&self, id: &str) -> Result<Vec<Line>, Error> {
        let table = self.table();
        table.jobs().get(id).map(|entry| entry.journal.lines()).ok_or_else(|| unknown(id))
    }

    /// Hears that something of a job has changed: what it is, or how it is doing.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// Makes a job. Blocks.
    pub fn create(&self, new: New) -> Result<View, Error> {
        let New { kind, label, streams, settings, wanted } = new;
        let label = entry::good_label(&label)?;
        self.check(&kind, &streams, &settings)?;
        let _changing = self.changing();
        if self.table().jobs().len() >= MOST {
            return Err(entry::Error::TooMany { whose: "the server", what: "jobs", most: MOST }.into());
        }
        let job = Job { kind, label, streams, settings, wanted, created: SystemTime::now() };
        let id = entry::fresh_id().map_err(entry::Error::from)?;
        self.jobs.put(&id, &job).map_err(entry::Error::from)?;
        self.enter(&id, job, true);
        self.view(&id)
    }

    /// Makes the job called `id`, or of the one that there is what `new` says. Blocks.
    pub fn set(&self, id: &str, new: New) -> Result<View, Error> {
        let New { kind, label, streams, settings, wanted } = new;
        let label = entry::good_label(&label)?;
        self.check(&kind, &streams, &settings)?;
        let _changing = self.changing();
        let before = self.view(id).ok().map(|view| view.job);
        let anew = before.as_ref().is_none_or(|before| before.settings != settings || before.kind != kind);
        let created = before.map_or_else(SystemTime::now, |before| before.created);
        let job = Job { kind, label, streams, settings, wanted, created };
        self.jobs.put(id, &job).map_err(entry::Error::from)?;
        self.enter(id, job, anew);
        self.view(id)
    }

    /// Changes a job. Its runs go on where they may. Blocks.
    pub fn change(&self, id: &str, change: &Change) -> Result<View, Error> {
        self.update(id, |_| Some(change.clone()))
    }

    /// Changes a job by what it is, which nobody else changes meanwhile; not, where `change` says so. Blocks.
    pub fn update(&self, id: &str, change: impl FnOnce(&Job) -> Option<Change>) -> Result<View, Error> {
        let _changing = self.changing();
        let view = self.view(id)?;
        let before = &view.job;
        let Some(change) = change(before) else { return Ok(view) };
        let label = change.label.as_deref().map(entry::good_label).transpose()?;
        let job = Job {
            kind: before.kind.clone(),
            label: label.unwrap_or_else(|| before.label.clone()),
            streams: change.streams.unwrap_or_else(|| before.streams.clone()),
            settings: change.settings.unwrap_or_else(|| before.settings.clone()),
            wanted: change.wanted.unwrap_or(before.wanted),
            created: before.created,
        };
        if job.streams != before.streams || job.settings != before.settings {
            self.check(&job.kind, &job.streams, &job.settings)?;
        }
        let anew = job.settings != before.settings;
        self.jobs.put(id, &job).map_err(entry::Error::from)?;
        self.enter(id, job, anew);
        self.view(id)
    }

    /// Removes a job; its runs end. Blocks.
    pub fn remove(&self, id: &str) -> Result<(), Error> {
        let _changing = self.changing();
        if !self.jobs.remove(id).map_err(entry::Error::from)? {
            return Err(unknown(id));
        }
        self.table().remove(id);
        self.tell();
        Ok(())
    }

    /// Has the runs of a job begin anew, also one that has failed for good or is done.
    pub fn restart(&self, id: &str) -> Result<(), Error> {
        if !self.table().restart(id) {
            return Err(unknown(id));
        }
        self.tell();
        Ok(())
    }

    /// Sees to it that what should run runs, until `stop`; then everything ends, within [`PATIENCE`].
    pub async fn run(&self, hub: Hub, stop: CancellationToken) {
        let mut events = hub.events();
        self.look_again(&hub);
        let mut tasks = Tasks::default();
        let mut news = true;
        loop {
            if std::mem::take(&mut news) {
                self.reconcile(&hub, &stop, &mut tasks);
            }
            let due = self.table().due();
            let mut event = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                ended = tasks.next(), if !tasks.set.is_empty() => {
                    self.ended(ended);
                    news = true;
                    continue;
                }
                () = self.changed.notified() => {
                    news = true;
                    continue;
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    news = true;
                    continue;
                }
                event = events.recv() => Some(event),
            };
            // All that has come, and then once what follows from it.
            while let Some(heard) = event {
                news |= match heard {
                    Ok(heard) => self.hear(&heard, &hub),
                    Err(RecvError::Lagged(_)) => {
                        self.look_again(&hub);
                        true
                    }
                    Err(RecvError::Closed) => break,
                };
                event = match events.try_recv() {
                    Ok(event) => Some(Ok(event)),
                    Err(TryRecvError::Lagged(missed)) => Some(Err(RecvError::Lagged(missed))),
                    Err(TryRecvError::Empty | TryRecvError::Closed) => None,
                };
            }
        }
        stop.cancel();
        let draining = async {
            while !tasks.set.is_empty() {
                let ended = tasks.next().await;
                self.ended(ended);
            }
        };
        if timeout(PATIENCE, draining).await.is_err() {
            warn!(left = tasks.set.len(), "jobs do not end in time: they are cut off");
            tasks.set.shutdown().await;
        }
    }

    /// What an event changes; says whether that is anything.
    fn hear(&self, event: &Event, hub: &Hub) -> bool {
        match event {
            Event::Published { session } => self.meet(&session.key, hub),
            // The next publisher may be there before the end of the one before is told.
            Event::StreamEnded { key, .. } => hub.publication(key).is_none() && self.table().gone(key),
            _ => false,
        }
    }

    /// `stream` is published.
    fn meet(&self, stream: &StreamKey, hub: &Hub) -> bool {
        let mut table = self.table();
        if let Some(publication) = hub.publication(stream) {
            table.published(stream, &publication);
        }
        table.begun(stream)
    }

    /// What is live, where nobody has told.
    fn look_again(&self, hub: &Hub) {
        let live = published(hub);
        let mut table = self.table();
        for gone in table.live().iter().filter(|stream| !live.contains(stream)) {
            table.gone(gone);
        }
        drop(table);
        live.iter().for_each(|stream| _ = self.meet(stream, hub));
    }

    fn reconcile(&self, hub: &Hub, stop: &CancellationToken, tasks: &mut Tasks) {
        let mut table = self.table();
        for start in table.reconcile(stop, &self.revision) {
            let Start { key, kind, work, stop, report, publications } = start;
            if let Some(publication) = key.1.as_ref().and_then(|stream| hub.publication(stream)) {
                table.begins_with(&key, &publication);
            }
            let stream = key.1.clone().map(|key| Followed { key, publications });
            let run = Run { job: key.0.clone(), hub: hub.clone(), stream, stop, report };
            debug!(
                job = key.0,
                kind,
                stream = key.1.as_ref().map(|key| key.logged().to_string()),
                "job runs"
            );
            // Within the task, so that what panics here is its own.
            let task = tasks.set.spawn(async move { work.run(run).await });
            tasks.whose.insert(task.id(), (key.clone(), kind));
            table.started(&key, task);
            self.counters.started.get_or_create(&metrics::kind(kind)).inc();
        }
        self.count(&table);
        self.revision.send_modify(|revision| *revision += 1);
    }

    fn ended(&self, ended: Option<(RunKey, &'static str, Ended)>) {
        let Some((key, kind, ended)) = ended else { return };
        let label = metrics::kind(kind);
        let stream = key.1.as_ref().map(|key| key.logged().to_string());
        match &ended {
            Ended::Done => debug!(job = key.0, kind, stream, "job is done"),
            Ended::Failed(Failure { reason, again }) => {
                self.counters.failed.get_or_create(&label).inc();
                warn!(job = key.0, kind, stream, err = reason, again, "job failed");
            }
            Ended::Broken(said) => {
                self.counters.broken.get_or_create(&label).inc();
                error!(job = key.0, kind, stream, err = said, "job broke");
            }
            Ended::Aborted => warn!(job = key.0, kind, stream, "job did not end by itself"),
        }
        let mut table = self.table();
        table.ended(&key, ended, |failed| retry::backoff(FIRST_REST, LONGEST_REST, failed, retry::chance()));
        self.count(&table);
        self.revision.send_modify(|revision| *revision += 1);
    }

    fn count(&self, table: &Table) {
        let working = table.working();
        for kind in &self.kinds {
            let count = working.get(kind.name()).copied().unwrap_or_default();
            self.counters.running.get_or_create(&metrics::kind(kind.name())).set(count);
            self.counters.known(kind.name());
        }
    }

    /// Errs unless a job of `kind` can be for `streams` and go by `settings`.
    fn check(&self, kind: &str, streams: &Streams, settings: &Value) -> Result<(), Error> {
        let known = self.kinds.iter().find(|known| known.name() == kind);
        let known = known.ok_or_else(|| Error::Kind { name: kind.to_owned() })?;
        known.work(settings)?;
        let field = |reason: String| entry::Error::Field { field: "streams", reason };
        let (only, except) = (streams.only.len(), streams.except.len());
        match known.reach() {
            Reach::Alone if only + except > 0 => {
                Err(field(format!("a job of kind {kind} is for no streams")).into())
            }
            Reach::EachStream { .. } if streams.only.is_empty() => {
                Err(field("it says for no stream that it is to be done".to_owned()).into())
            }
            _ if only > Streams::MOST => {
                Err(field(format!("there are {only} patterns; {} are allowed", Streams::MOST)).into())
            }
            _ if except > Streams::MOST_EXCEPT => {
                let most = Streams::MOST_EXCEPT;
                Err(field(format!("there are {except} exceptions; {most} are allowed")).into())
            }
            _ => Ok(()),
        }
    }

    fn entry(&self, job: Job) -> Entry {
        let Some(kind) = self.kinds.iter().find(|kind| kind.name() == job.kind) else {
            let why = format!("this server has no kind of job called {:?}", job.kind);
            return Entry::new(job, "unknown", (0, Reach::Alone), Err(why));
        };
        let work = kind.work(&job.settings).map_err(|bad| bad.to_string());
        Entry::new(job, kind.name(), (self.most(&**kind), kind.reach()), work)
    }

    fn enter(&self, id: &str, job: Job, anew: bool) {
        let entry = self.entry(job);
        self.table().put(id.to_owned(), entry, anew);
        self.tell();
    }

    fn tell(&self) {
        self.changed.notify_one();
        self.revision.send_modify(|revision| *revision += 1);
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Supervisor")
    }
}

impl Tasks {
    /// The next run that ends. Cancel-safe.
    async fn next(&mut self) -> Option<(RunKey, &'static str, Ended)> {
        let (id, ended) = match self.set.join_next_with_id().await? {
            Ok((id, Ok(()))) => (id, Ended::Done),
            Ok((id, Err(failure))) => (id, Ended::Failed(failure)),
            Err(error) if error.is_panic() => (error.id(), Ended::Broken(last_words(error))),
            Err(error) => (error.id(), Ended::Aborted),
        };
        let (key, kind) = self.whose.remove(&id)?;
        Some((key, kind, ended))
    }
}

/// What a panic said.
fn last_words(error: JoinError) -> String {
    let said = error.into_panic();
    let text = said.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| said.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".to_owned())
}

/// The streams that are published, without renditions.
fn published(hub: &Hub) -> BTreeSet<StreamKey> {
    let here = |info: &hub::StreamInfo| {
        info.parent.is_none() && info.phase.is_some_and(|phase| phase != Phase::Ended)
    };
    hub.streams().into_iter().filter(here).map(|info| info.key).collect()
}

fn unknown(id: &str) -> Error {
    entry::Error::Unknown { what: "job", id: id.to_owned() }.into()
}

/// Jobs that there may be.
pub const MOST: usize = 1_000;
/// For all runs to end with the server, of the time that it has for that.
pub const PATIENCE: Duration = Duration::from_secs(3);
/// What follows a first failure, and at most a long row of them.
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(60);

#[cfg(test)]
#[path = "supervisor_test.rs"]
mod tests;
