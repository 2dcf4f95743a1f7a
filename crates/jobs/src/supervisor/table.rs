//! Which runs there are, and which there should be. Decides; starts nothing itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use hub::{Publication, StreamKey};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::job::Job;
use super::kind::{Failure, Reach, Work};
use super::report::{Journal, Line, Mood, Report};
use super::view::{RunView, State, View};

/// Every job and its runs.
#[derive(Default)]
pub(super) struct Table {
    jobs: BTreeMap<String, Entry>,
    runs: BTreeMap<RunKey, Run>,
    /// The streams that are live, each with the jobs that are for it: patterns are compared when either changes, and not each time that
    /// somebody asks.
    live: BTreeMap<StreamKey, BTreeSet<String>>,
    editions: u64,
}

/// A job with what its kind makes of it.
pub(super) struct Entry {
    pub(super) job: Job,
    pub(super) kind: &'static str,
    pub(super) most: usize,
    pub(super) reach: Reach,
    /// What is to be done, or why it cannot be.
    pub(super) work: Result<Arc<dyn Work>, String>,
    pub(super) journal: Arc<Journal>,
    /// Runs of another are to end: the settings have changed since.
    generation: u64,
    /// Counts with everything that is changed of it.
    edition: u64,
}

/// The job, and the stream that it works on.
pub(super) type RunKey = (String, Option<StreamKey>);

struct Run {
    kind: &'static str,
    generation: u64,
    /// That of the job which is known to be for its stream.
    edition: u64,
    place: Place,
    since: SystemTime,
    failed: u32,
    error: Option<String>,
}

enum Place {
    Queued,
    Working(Working),
    /// It failed, and is tried again.
    Resting {
        until: Instant,
    },
    /// For good.
    Failed,
    Finished,
}

/// A run that has a task.
struct Working {
    began: Instant,
    stop: CancellationToken,
    report: Report,
    publications: mpsc::Sender<Arc<Publication>>,
    /// The last of them.
    published: Weak<Publication>,
    task: Option<AbortHandle>,
    /// It was told to end, and has so long for it.
    stopping: Option<Instant>,
}

/// A run that is to begin.
pub(super) struct Start {
    pub(super) key: RunKey,
    pub(super) kind: &'static str,
    pub(super) work: Arc<dyn Work>,
    pub(super) stop: CancellationToken,
    pub(super) report: Report,
    pub(super) publications: mpsc::Receiver<Arc<Publication>>,
}

/// How a run ended.
pub(super) enum Ended {
    Done,
    Failed(Failure),
    /// It panicked; with what it said.
    Broken(String),
    /// It did not end when it was told to.
    Aborted,
}

impl Table {
    /// The jobs, in the order of ids.
    pub(super) fn jobs(&self) -> &BTreeMap<String, Entry> {
        &self.jobs
    }

    /// Enters a job, or what it has become. Runs go on unless `anew`.
    pub(super) fn put(&mut self, id: String, mut entry: Entry, anew: bool) {
        self.editions += 1;
        entry.edition = self.editions;
        entry.generation = self.editions;
        if let Some(before) = self.jobs.get(&id) {
            entry.journal = Arc::clone(&before.journal);
            if !anew {
                entry.generation = before.generation;
            }
        }
        for (stream, jobs) in &mut self.live {
            if entry.is_for(stream) {
                jobs.insert(id.clone());
            } else {
                jobs.remove(&id);
            }
        }
        self.jobs.insert(id, entry);
    }

    /// So many runs of a kind may be at work.
    pub(super) fn limit(&mut self, kind: &str, most: usize) {
        self.jobs.values_mut().filter(|entry| entry.kind == kind).for_each(|entry| entry.most = most);
    }

    /// There is no such job any more.
    pub(super) fn remove(&mut self, id: &str) {
        self.jobs.remove(id);
        self.live.values_mut().for_each(|jobs| _ = jobs.remove(id));
    }

    /// Has the runs of a job begin anew. `false` when there is no such job.
    pub(super) fn restart(&mut self, id: &str) -> bool {
        self.editions += 1;
        let generation = self.editions;
        self.jobs.get_mut(id).map(|entry| entry.generation = generation).is_some()
    }

    /// `stream` is live. Says whether that is new.
    pub(super) fn begun(&mut self, stream: &StreamKey) -> bool {
        if self.live.contains_key(stream) {
            return false;
        }
        let jobs = self.jobs.iter().filter(|(_, entry)| entry.is_for(stream)).map(|(id, _)| id.clone());
        let jobs = jobs.collect();
        self.live.insert(stream.clone(), jobs);
        true
    }

    /// `stream` is not live any more. Says whether it was.
    pub(super) fn gone(&mut self, stream: &StreamKey) -> bool {
        self.live.remove(stream).is_some()
    }

    /// The streams that are live.
    pub(super) fn live(&self) -> Vec<StreamKey> {
        self.live.keys().cloned().collect()
    }

    /// What is to begin now; what is to end is told so. All runs end with `stop`.
    pub(super) fn reconcile(
        &mut self,
        stop: &CancellationToken,
        revision: &watch::Sender<u64>,
    ) -> Vec<Start> {
        let now = Instant::now();
        let desired = self.desired();
        let wanted: BTreeSet<&RunKey> = desired.iter().collect();
        let jobs = &self.jobs;
        self.runs.retain(|key, run| {
            let entry = jobs.get(&key.0).filter(|entry| entry.generation == run.generation);
            let Place::Working(working) = &mut run.place else {
                return entry.is_some() && wanted.contains(key);
            };
            match entry {
                Some(entry) if run.edition == entry.edition => {}
                Some(entry) if entry.includes(key.1.as_ref()) => run.edition = entry.edition,
                _ => working.stop(now),
            }
            true
        });
        let mut working = self.working();
        let mut starts = Vec::new();
        for key in desired {
            let Some(entry) = self.jobs.get(&key.0) else { continue };
            let Ok(work) = &entry.work else { continue };
            match self.runs.get(&key).map(|run| &run.place) {
                None | Some(Place::Queued) => {}
                Some(Place::Resting { until }) if *until <= now => {}
                Some(_) => continue,
            }
            let run = self.runs.entry(key.clone()).or_insert_with(|| Run::new(entry));
            let others: &mut i64 = working.entry(entry.kind).or_default();
            if usize::try_from(*others).is_ok_and(|others| others >= entry.most) {
                run.enter(Place::Queued);
                continue;
            }
            *others += 1;
            let name = key.1.as_ref().map(StreamKey::to_string);
            let report = Report::new(Arc::clone(&entry.journal), name, revision.clone());
            let (publications, receiver) = mpsc::channel(PUBLICATIONS);
            let stop = stop.child_token();
            run.edition = entry.edition;
            run.enter(Place::Working(Working {
                began: now,
                stop: stop.clone(),
                report: report.clone(),
                publications,
                published: Weak::new(),
                task: None,
                stopping: None,
            }));
            let (kind, work) = (entry.kind, Arc::clone(work));
            starts.push(Start { key, kind, work, stop, report, publications: receiver });
        }
        starts
    }

    /// The task of a run that has begun.
    pub(super) fn started(&mut self, key: &RunKey, task: AbortHandle) {
        if let Some(Place::Working(working)) = self.runs.get_mut(key).map(|run| &mut run.place) {
            working.task = Some(task);
        }
    }

    /// This is published of `stream`, as those who work on it are told, once each.
    pub(super) fn published(&mut self, stream: &StreamKey, publication: &Arc<Publication>) {
        for (key, run) in &mut self.runs {
            if key.1.as_ref() == Some(stream) {
                run.published(publication);
            }
        }
    }

    /// And as this one is told, which begins with it.
    pub(super) fn begins_with(&mut self, key: &RunKey, publication: &Arc<Publication>) {
        if let Some(run) = self.runs.get_mut(key) {
            run.published(publication);
        }
    }

    /// A run has ended. `rest` is how long to rest after so many failures.
    pub(super) fn ended(&mut self, key: &RunKey, ended: Ended, rest: impl FnOnce(u32) -> Duration) {
        let Some(run) = self.runs.get_mut(key) else { return };
        let Place::Working(working) = &run.place else { return };
        let here = key.1.as_ref().is_none_or(|stream| self.live.contains_key(stream));
        let journal = self.jobs.get(&key.0).map(|entry| Arc::clone(&entry.journal));
        let note = |mood, text: &str| {
            let (at, stream) = (SystemTime::now(), key.1.as_ref().map(StreamKey::to_string));
            journal
                .inspect(|journal| journal.add(Line { at, mood, stream, text: super::report::clip(text) }));
        };
        if working.began.elapsed() >= STEADY {
            run.failed = 0;
        }
        let told = working.stopping.is_some() || working.stop.is_cancelled();
        let (again, reason) = match ended {
            Ended::Done if told => return drop(self.runs.remove(key)),
            Ended::Done if key.1.is_none() => {
                (run.error, run.failed) = (None, 0);
                return run.enter(Place::Finished);
            }
            Ended::Done if !here => return drop(self.runs.remove(key)),
            // Done with a stream that somebody publishes again.
            Ended::Done => {
                (run.error, run.failed) = (None, 0);
                return run.enter(Place::Resting { until: Instant::now() + BREATH });
            }
            Ended::Failed(Failure { reason, again }) => (again, Some(reason)),
            Ended::Broken(said) => (true, Some(format!("it broke, which is a fault of the server: {said}"))),
            Ended::Aborted => (true, Some("it did not end when it was told to".to_owned())),
        };
        if let Some(reason) = &reason {
            note(if again { Mood::Doubt } else { Mood::Bad }, reason);
        }
        if told || !here {
            self.runs.remove(key);
            return;
        }
        run.failed = run.failed.saturating_add(1);
        run.error = reason.map(|reason| super::report::clip(&reason));
        run.enter(if again {
            Place::Resting { until: Instant::now() + rest(run.failed) }
        } else {
            Place::Failed
        });
    }

    /// Ends what was told to and does not; says when to look again, if ever.
    pub(super) fn due(&self) -> Option<Instant> {
        let now = Instant::now();
        let due = self.runs.values().filter_map(|run| match &run.place {
            Place::Resting { until } => Some(*until),
            Place::Working(Working { stopping: Some(by), task, .. }) => {
                if *by <= now {
                    task.as_ref().inspect(|task| task.abort());
                    return None;
                }
                Some(*by)
            }
            _ => None,
        });
        due.min()
    }

    /// How many runs of each kind have a task.
    pub(super) fn working(&self) -> BTreeMap<&'static str, i64> {
        let mut counts = BTreeMap::new();
        for run in self.runs.values().filter(|run| matches!(run.place, Place::Working(_))) {
            *counts.entry(run.kind).or_default() += 1;
        }
        counts
    }

    /// A job as it is.
    pub(super) fn view(&self, id: &str) -> Option<View> {
        let entry = self.jobs.get(id)?;
        let from = (id.to_owned(), None);
        let runs = self.runs.range(from..).take_while(|((job, _), _)| job == id);
        Some(View {
            id: id.to_owned(),
            job: entry.job.clone(),
            problem: entry.work.as_ref().err().cloned(),
            runs: runs.map(|((_, stream), run)| run.view(stream.clone())).collect(),
        })
    }

    /// What should run, the eldest job's first.
    fn desired(&self) -> Vec<RunKey> {
        let held = self.runs.iter().filter(|(_, run)| matches!(run.place, Place::Working(_)));
        let mut taken: HashMap<(&str, &StreamKey), &str> = held
            .filter_map(|((job, stream), run)| Some(((run.kind, stream.as_ref()?), job.as_str())))
            .collect();
        let mut desired = Vec::new();
        for (id, entry) in &self.jobs {
            if entry.reach == Reach::Alone && entry.job.wanted && entry.work.is_ok() {
                desired.push((entry.job.created, (id.clone(), None)));
            }
        }
        for (stream, jobs) in &self.live {
            let entries = jobs.iter().filter_map(|id| Some((id, self.jobs.get(id)?)));
            let mut entries: Vec<_> = entries.collect();
            entries.sort_by_key(|(id, entry)| (entry.job.created, *id));
            for (id, entry) in entries {
                let once = entry.reach == Reach::EachStream { once: true };
                if !once || *taken.entry((entry.kind, stream)).or_insert(id) == id {
                    desired.push((entry.job.created, (id.clone(), Some(stream.clone()))));
                }
            }
        }
        desired.sort();
        desired.into_iter().map(|(_, key)| key).collect()
    }
}

impl Entry {
    pub(super) fn new(
        job: Job,
        kind: &'static str,
        (most, reach): (usize, Reach),
        work: Result<Arc<dyn Work>, String>,
    ) -> Entry {
        Entry { job, kind, most, reach, work, journal: Arc::default(), generation: 0, edition: 0 }
    }

    /// Whether the job is to do its work on `stream`.
    fn includes(&self, stream: Option<&StreamKey>) -> bool {
        self.job.wanted && stream.is_none_or(|stream| self.job.streams.include(stream))
    }
}

impl Entry {
    /// Whether there is to be a run for `stream`.
    fn is_for(&self, stream: &StreamKey) -> bool {
        self.work.is_ok() && matches!(self.reach, Reach::EachStream { .. }) && self.includes(Some(stream))
    }
}

impl Run {
    fn new(entry: &Entry) -> Run {
        let (kind, generation, edition) = (entry.kind, entry.generation, entry.edition);
        let since = SystemTime::now();
        Run { kind, generation, edition, place: Place::Queued, since, failed: 0, error: None }
    }

    fn published(&mut self, publication: &Arc<Publication>) {
        let Place::Working(working) = &mut self.place else { return };
        if !std::ptr::eq(working.published.as_ptr(), Arc::as_ptr(publication)) {
            // Who is that far behind misses some.
            if working.publications.try_send(Arc::clone(publication)).is_ok() {
                working.published = Arc::downgrade(publication);
            }
        }
    }

    fn enter(&mut self, place: Place) {
        if !matches!((&self.place, &place), (Place::Queued, Place::Queued)) {
            self.since = SystemTime::now();
        }
        self.place = place;
    }

    fn view(&self, stream: Option<StreamKey>) -> RunView {
        let (mut words, mut progress) = (String::new(), None);
        let state = match &self.place {
            Place::Queued => {
                "waits for its turn: as many run as may".clone_into(&mut words);
                State::Queued
            }
            Place::Working(working) => {
                let said = working.report.said();
                (words, progress) = (said.words, said.progress);
                if working.stopping.is_some() { State::Stopping } else { State::Running }
            }
            Place::Resting { until } => {
                let seconds = until.saturating_duration_since(Instant::now()).as_secs_f32().ceil();
                words = format!("is tried again in {seconds} s");
                State::Resting
            }
            Place::Failed => {
                "has failed, and waits for somebody to change something".clone_into(&mut words);
                State::Failed
            }
            Place::Finished => {
                "is done".clone_into(&mut words);
                State::Finished
            }
        };
        let (since, error, failed) = (self.since, self.error.clone(), self.failed);
        RunView { stream, state, since, words, progress, error, failed }
    }
}

impl Working {
    fn stop(&mut self, now: Instant) {
        if self.stopping.is_none() {
            self.stop.cancel();
            self.stopping = Some(now + LINGER);
        }
    }
}

/// A run that has lasted so long counts as one that works: what fails then is a first failure.
const STEADY: Duration = Duration::from_secs(60);
/// Between two runs that both have work.
const BREATH: Duration = Duration::from_secs(1);
/// Publications that may wait for a run.
const PUBLICATIONS: usize = 16;
/// So long a run may take to end when it is told to.
const LINGER: Duration = Duration::from_secs(20);
