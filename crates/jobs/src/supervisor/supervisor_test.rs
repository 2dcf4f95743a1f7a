#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};

use hub::{End, Publisher};
use serde::Deserialize;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::*;
use crate::testing::{Open, live, publish};

/// A kind whose runs do as their settings say.
struct Puppet {
    name: &'static str,
    reach: Reach,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    begun: AtomicUsize,
    ended: AtomicUsize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    act: Act,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Act {
    /// Goes on until it is told to end,
    Stay,
    /// or does not listen.
    Deaf,
    Fail,
    Break,
    Done,
    Hopeless,
}

struct Job1 {
    act: Act,
    seen: Arc<Seen>,
}

impl Kind for Puppet {
    fn name(&self) -> &'static str {
        self.name
    }

    fn most(&self) -> usize {
        2
    }

    fn reach(&self) -> Reach {
        self.reach
    }

    fn schema(&self) -> Value {
        json!({ "type": "object" })
    }

    fn work(&self, settings: &Value) -> Result<Arc<dyn Work>, BadSettings> {
        let Settings { act } = read(settings)?;
        Ok(Arc::new(Job1 { act, seen: Arc::clone(&self.seen) }))
    }
}

impl Work for Job1 {
    fn run(&self, run: Run) -> Running {
        let (act, seen) = (self.act, Arc::clone(&self.seen));
        seen.begun.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            run.report.say("at work");
            let outcome = match act {
                Act::Stay => {
                    run.stop.cancelled().await;
                    Ok(())
                }
                Act::Deaf => std::future::pending().await,
                Act::Fail => Err(Failure::again("no route")),
                Act::Break => panic!("index out of bounds"),
                Act::Done => Ok(()),
                Act::Hopeless => Err(Failure::for_good("wrong password")),
            };
            seen.ended.fetch_add(1, Ordering::Relaxed);
            outcome
        })
    }
}

/// A supervisor at work, with two kinds of puppets: `alone`, and `each` for each stream.
struct Scene {
    supervisor: Arc<Supervisor>,
    hub: Hub,
    seen: Arc<Seen>,
    stop: CancellationToken,
    running: JoinHandle<()>,
    store: Arc<dyn Store>,
    folder: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(store::Embedded::open(folder.path()).unwrap());
        Scene::over(store, folder).await
    }

    async fn over(store: Arc<dyn Store>, folder: tempfile::TempDir) -> Scene {
        let seen = Arc::new(Seen::default());
        let puppet = |name, reach| Box::new(Puppet { name, reach, seen: Arc::clone(&seen) }) as Box<dyn Kind>;
        let each = Reach::EachStream { once: true };
        let kinds = vec![puppet("alone", Reach::Alone), puppet("each", each)];
        let supervisor = Arc::new(Supervisor::open(Arc::clone(&store), kinds).unwrap());
        let hub = Hub::new(hub::Config::default(), Arc::new(Open));
        let stop = CancellationToken::new();
        let (ours, of_run, until) = (Arc::clone(&supervisor), hub.clone(), stop.clone());
        let running = tokio::spawn(async move { ours.run(of_run, until).await });
        let scene = Scene { supervisor, hub, seen, stop, running, store, folder };
        settle().await;
        scene
    }

    fn make(&self, kind: &str, streams: &[&str], act: &str) -> String {
        let only = streams.iter().map(|text| Glob::parse(text).unwrap()).collect();
        let new = New {
            kind: kind.to_owned(),
            label: "a job".to_owned(),
            streams: Streams { only, except: Vec::new() },
            settings: json!({ "act": act }),
            wanted: true,
        };
        self.supervisor.create(new).unwrap().id
    }

    /// The states of a job's runs.
    fn states(&self, id: &str) -> Vec<State> {
        self.supervisor.view(id).unwrap().runs.iter().map(|run| run.state).collect()
    }

    fn change(&self, id: &str, change: Change) {
        self.supervisor.change(id, &change).unwrap();
    }

    fn begun(&self) -> usize {
        self.seen.begun.load(Ordering::Relaxed)
    }
}

/// Lets everything happen that waits for nothing.
async fn settle() {
    sleep(Duration::from_millis(1)).await;
}

async fn end(mut publisher: Publisher) {
    publisher.end(End::Finished);
    settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_job_runs_while_it_is_wanted() {
    let scene = Scene::new().await;
    let id = scene.make("alone", &[], "stay");
    settle().await;
    let view = scene.supervisor.view(&id).unwrap();
    assert_eq!((view.runs[0].state, view.runs[0].words.as_str()), (State::Running, "at work"));
    scene.change(&id, Change { wanted: Some(false), ..Change::default() });
    settle().await;
    assert_eq!(scene.states(&id), []);
    assert_eq!(scene.seen.ended.load(Ordering::Relaxed), 1);
    scene.change(&id, Change { wanted: Some(true), ..Change::default() });
    settle().await;
    assert_eq!(scene.states(&id), [State::Running]);
    scene.supervisor.remove(&id).unwrap();
    settle().await;
    assert_eq!((scene.begun(), scene.seen.ended.load(Ordering::Relaxed)), (2, 2));
    assert!(matches!(scene.supervisor.view(&id), Err(Error::Entry(entry::Error::Unknown { .. }))));
}

#[tokio::test(start_paused = true)]
async fn each_stream_that_is_named_has_a_run_from_its_publisher_on() {
    let scene = Scene::new().await;
    let before = publish(&scene.hub, live("a")).await;
    let id = scene.make("each", &["live/*"], "stay");
    settle().await;
    let elsewhere = StreamKey::new("other", "c").unwrap();
    let (_b, _c) = (publish(&scene.hub, live("b")).await, publish(&scene.hub, elsewhere).await);
    settle().await;
    let streams: Vec<_> =
        scene.supervisor.view(&id).unwrap().runs.into_iter().filter_map(|run| run.stream).collect();
    assert_eq!(streams, [live("a"), live("b")]);
    end(before).await;
    assert_eq!(scene.states(&id).len(), 2, "the work itself decides when it is done with a stream");
    let except = vec![Glob::parse("live/b").unwrap()];
    let only = vec![Glob::parse("live/*").unwrap()];
    scene.change(&id, Change { streams: Some(Streams { only, except }), ..Change::default() });
    settle().await;
    let left = scene.supervisor.view(&id).unwrap().runs;
    assert_eq!(left.len(), 1, "what is not named any more ends: {left:?}");
    assert_eq!((left[0].stream.clone(), scene.begun()), (Some(live("a")), 2), "and what stays goes on");
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_tried_again_later_and_later() {
    let scene = Scene::new().await;
    let id = scene.make("alone", &[], "fail");
    settle().await;
    let run = scene.supervisor.view(&id).unwrap().runs.remove(0);
    assert_eq!((run.state, run.error.as_deref(), run.failed), (State::Resting, Some("no route"), 1));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(scene.begun(), 2);
    sleep(Duration::from_secs(600)).await;
    // Pauses of 2, 4, … 60 s, each up to a half shorter.
    let tried = scene.begun();
    assert!((2 + 5 + 8..=2 + 6 + 19).contains(&tried), "{tried} times in ten minutes");
    scene.change(&id, Change { settings: Some(json!({ "act": "stay" })), ..Change::default() });
    settle().await;
    let run = scene.supervisor.view(&id).unwrap().runs.remove(0);
    assert_eq!((run.state, run.failed, run.error), (State::Running, 0, None), "at once, when it is changed");
    let log = scene.supervisor.log(&id).unwrap();
    assert_eq!(log.last().unwrap().text, "no route");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_work_waits_until_somebody_does_something() {
    let scene = Scene::new().await;
    let id = scene.make("alone", &[], "hopeless");
    sleep(Duration::from_secs(3600)).await;
    assert_eq!((scene.states(&id), scene.begun()), (vec![State::Failed], 1));
    scene.supervisor.restart(&id).unwrap();
    settle().await;
    assert_eq!((scene.states(&id), scene.begun()), (vec![State::Failed], 2));
}

#[tokio::test(start_paused = true)]
async fn what_is_done_is_done_once() {
    let scene = Scene::new().await;
    let id = scene.make("alone", &[], "done");
    sleep(Duration::from_secs(3600)).await;
    assert_eq!((scene.states(&id), scene.begun()), (vec![State::Finished], 1));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_panics_harms_no_other() {
    let scene = Scene::new().await;
    let healthy = scene.make("alone", &[], "stay");
    let broken = scene.make("alone", &[], "break");
    settle().await;
    assert_eq!(scene.states(&healthy), [State::Running]);
    let run = scene.supervisor.view(&broken).unwrap().runs.remove(0);
    assert_eq!(run.state, State::Resting);
    assert!(run.error.unwrap().ends_with("index out of bounds"));
    let mut registry = Registry::default();
    scene.supervisor.register(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    for line in [
        r#"jobs_running{kind="alone"} 1"#,
        r#"jobs_broken_total{kind="alone"} 1"#,
        r#"jobs_started_total{kind="alone"} 2"#,
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_one_too_many_waits_for_its_turn() {
    let scene = Scene::new().await;
    let ids: Vec<_> = (0..3).map(|_| scene.make("alone", &[], "stay")).collect();
    settle().await;
    let states: Vec<_> = ids.iter().flat_map(|id| scene.states(id)).collect();
    let count = |state| states.iter().filter(|other| **other == state).count();
    assert_eq!((count(State::Running), count(State::Queued)), (2, 1));
    let running = ids.iter().find(|id| scene.states(id) == [State::Running]).unwrap();
    scene.supervisor.remove(running).unwrap();
    settle().await;
    let states = ids.iter().filter(|id| *id != running).flat_map(|id| scene.states(id));
    assert!(states.into_iter().all(|state| state == State::Running));
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_worked_on_once_by_the_eldest_job() {
    let scene = Scene::new().await;
    let elder = scene.make("each", &["live/*"], "stay");
    let younger = scene.make("each", &["live/a"], "stay");
    let _a = publish(&scene.hub, live("a")).await;
    settle().await;
    assert_eq!((scene.states(&elder), scene.states(&younger)), (vec![State::Running], vec![]));
    scene.change(&elder, Change { wanted: Some(false), ..Change::default() });
    settle().await;
    assert_eq!((scene.states(&elder), scene.states(&younger)), (vec![], vec![State::Running]));
    scene.change(&elder, Change { wanted: Some(true), ..Change::default() });
    settle().await;
    assert_eq!(scene.states(&younger), [State::Running], "who has it keeps it");
}

#[tokio::test(start_paused = true)]
async fn jobs_are_there_again_after_a_restart() {
    let Scene { supervisor, stop, running, store, folder, hub: _hub, seen } = Scene::new().await;
    let new = |act: &str| New {
        kind: "alone".to_owned(),
        label: "stays".to_owned(),
        streams: Streams::default(),
        settings: json!({ "act": act }),
        wanted: true,
    };
    let id = supervisor.create(new("stay")).unwrap().id;
    settle().await;
    stop.cancel();
    running.await.unwrap();
    assert_eq!(seen.ended.load(Ordering::Relaxed), 1, "it has ended by itself");
    store.put("jobs/0", br#"{"kind":"gone","label":"x","settings":{},"wanted":true,"created":{"secs_since_epoch":0,"nanos_since_epoch":0}}"#).unwrap();
    store.put("jobs/1", b"no job").unwrap();
    let scene = Scene::over(store, folder).await;
    assert_eq!(scene.states(&id), [State::Running]);
    let foreign = scene.supervisor.view("0").unwrap();
    assert!(foreign.problem.unwrap().contains("gone"));
    assert!(foreign.runs.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_does_not_end_is_cut_off() {
    let scene = Scene::new().await;
    let id = scene.make("alone", &[], "deaf");
    settle().await;
    scene.change(&id, Change { wanted: Some(false), ..Change::default() });
    settle().await;
    assert_eq!(scene.states(&id), [State::Stopping]);
    sleep(Duration::from_secs(21)).await;
    assert_eq!(scene.states(&id), []);
    scene.change(&id, Change { wanted: Some(true), ..Change::default() });
    settle().await;
    let began = Instant::now();
    scene.stop.cancel();
    scene.running.await.unwrap();
    assert_eq!(began.elapsed().as_secs(), PATIENCE.as_secs(), "nor does it hold up the server");
}

#[tokio::test(start_paused = true)]
async fn jobs_that_make_no_sense_are_refused() {
    let scene = Scene::new().await;
    let make = |kind: &str, only: &[&str], settings: Value| {
        let only = only.iter().map(|text| Glob::parse(text).unwrap()).collect();
        let streams = Streams { only, except: Vec::new() };
        let (kind, label) = (kind.to_owned(), "a job".to_owned());
        scene.supervisor.create(New { kind, label, streams, settings, wanted: true })
    };
    assert!(matches!(make("other", &[], json!({})), Err(Error::Kind { .. })));
    let Err(Error::Settings(bad)) = make("alone", &[], json!({ "act": "dance" })) else { panic!() };
    assert_eq!(bad.field, "act");
    assert!(matches!(make("alone", &["live/*"], json!({ "act": "stay" })), Err(Error::Entry(_))));
    assert!(matches!(make("each", &[], json!({ "act": "stay" })), Err(Error::Entry(_))));
    assert!(scene.supervisor.all().is_empty());
}

#[tokio::test(start_paused = true)]
async fn whoever_listens_hears_of_every_change() {
    let scene = Scene::new().await;
    let mut changes = scene.supervisor.changes();
    changes.mark_unchanged();
    scene.make("alone", &[], "stay");
    settle().await;
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    settle().await;
    assert!(!changes.has_changed().unwrap(), "nothing has happened since");
}
