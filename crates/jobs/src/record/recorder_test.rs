#![allow(clippy::unwrap_used)]

use std::path::Path;

use hub::{End, Hub, Publisher};
use media::Time;
use serde_json::json;
use store::Store;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::super::testing::{pictures, sound, stream};
use super::super::{Keep, Record, State, View};
use super::*;
use crate::Ffmpeg;
use crate::supervisor::{Change, Glob, New, Streams, Supervisor};
use crate::testing::{Open, live, publish};

/// A server that records every stream.
struct Scene {
    hub: Hub,
    recordings: Arc<Recordings>,
    supervisor: Arc<Supervisor>,
    job: String,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
    folder: tempfile::TempDir,
}

impl Scene {
    fn new(settings: serde_json::Value) -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let keep = Keep { reserve: 0, ..Keep::default() };
        let recordings = Arc::new(
            Recordings::open(folder.path().join("record"), keep, control::outbound::Client::new()).unwrap(),
        );
        let store: Arc<dyn Store> = Arc::new(store::Embedded::open(&folder.path().join("store")).unwrap());
        let ffmpeg = Arc::new(Ffmpeg::new(Some("/nowhere".into()), CancellationToken::new()));
        let kind = Box::new(Record::new(Arc::clone(&recordings), Arc::new(Snapshots::new(ffmpeg))));
        let supervisor = Arc::new(Supervisor::open(store, vec![kind]).unwrap());
        let streams = Streams { only: vec![Glob::parse("live/*").unwrap()], except: Vec::new() };
        let (kind, label) = ("record".to_owned(), "all".to_owned());
        let job = supervisor.create(New { kind, label, streams, settings, wanted: true }).unwrap().id;
        let hub = Hub::new(hub::Config::default(), Arc::new(Open));
        let stop = CancellationToken::new();
        let tasks = {
            let (supervisor, hub, until) = (Arc::clone(&supervisor), hub.clone(), stop.clone());
            let finishing = Arc::clone(&recordings).run(stop.clone());
            vec![tokio::spawn(async move { supervisor.run(hub, until).await }), tokio::spawn(finishing)]
        };
        Scene { hub, recordings, supervisor, job, stop, tasks, folder }
    }

    /// Publishes `seconds` of `live/a`.
    async fn publish(&self, seconds: i64) -> Publisher {
        let mut publisher = publish(&self.hub, live("a")).await;
        // Frames come when somebody has been told of the publisher.
        sleep(Duration::from_millis(1)).await;
        write(&mut publisher, Time::ZERO, seconds);
        publisher
    }

    async fn until(&self, what: &str, is: impl Fn(&[View]) -> bool) -> Vec<View> {
        for _ in 0..20_000 {
            let all = self.recordings.all();
            if is(&all) {
                return all;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("{what}: {:?}", self.recordings.all());
    }

    async fn finished(&self, count: usize) -> Vec<View> {
        let finished = |all: &[View]| all.iter().filter(|view| view.state == State::Finished).count();
        self.until("finished", |all| finished(all) == count).await
    }

    async fn close(self) -> tempfile::TempDir {
        self.stop.cancel();
        for task in self.tasks {
            task.await.unwrap();
        }
        self.folder
    }
}

fn write(publisher: &mut Publisher, from: Time, seconds: i64) {
    for frame in stream(&pictures(1, 77), &sound(2, false), from, seconds) {
        publisher.write(frame).unwrap();
    }
}

/// How many frames [`write`] writes.
fn count(seconds: i64) -> usize {
    stream(&pictures(1, 77), &sound(2, false), Time::ZERO, seconds).len()
}

/// How many samples a finished file has in all, by its `stsz`.
fn samples(file: &Path) -> usize {
    let bytes = std::fs::read(file).unwrap();
    let places = bytes.windows(4).enumerate().filter(|(_, window)| *window == b"stsz");
    places.map(|(at, _)| u32::from_be_bytes(bytes[at + 12..at + 16].try_into().unwrap()) as usize).sum()
}

#[tokio::test(start_paused = true)]
async fn what_is_published_is_recorded_to_the_last_frame() {
    let scene = Scene::new(json!({ "gap": 0 }));
    let mut publisher = scene.publish(7).await;
    publisher.end(End::Finished);
    let all = scene.finished(1).await;
    let file = scene.recordings.file(&all[0].id, 0).unwrap().path;
    assert_eq!(samples(&file), count(7));
    assert_eq!((all[0].manifest.app.as_str(), all[0].manifest.files.len()), ("live", 1));
    assert!((7_000..7_300).contains(&all[0].manifest.millis()), "{}", all[0].manifest.millis());
    scene.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_publisher_who_returns_in_time_goes_on_in_the_same_recording() {
    let scene = Scene::new(json!({ "gap": 60 }));
    let mut first = scene.publish(3).await;
    first.end(End::Finished);
    sleep(Duration::from_secs(50)).await;
    let mut second = scene.publish(3).await;
    // This one is lost, and comes back within the hub's own grace.
    sleep(Duration::from_secs(1)).await;
    drop(second);
    sleep(Duration::from_secs(5)).await;
    second = scene.publish(2).await;
    second.end(End::Finished);
    sleep(Duration::from_secs(61)).await;
    let all = scene.finished(1).await;
    assert_eq!(all.len(), 1, "{all:?}");
    let file = scene.recordings.file(&all[0].id, 0).unwrap().path;
    assert_eq!(samples(&file), count(3) + count(3) + count(2));
    let gaps = &all[0].manifest.gaps;
    let seconds: Vec<_> = gaps.iter().map(|gap| gap.lasted_millis / 1_000).collect();
    assert_eq!(seconds, [50, 5], "{gaps:?}");
    assert!((2_900..3_300).contains(&gaps[0].at_millis), "{gaps:?}");
    let log = scene.supervisor.log(&scene.job).unwrap();
    // There is no FFmpeg here.
    let said = log.iter().filter(|line| !line.text.contains("picture"));
    let said: Vec<_> = said.map(|line| line.text.rsplit_once(' ').unwrap().0).collect();
    let id = &all[0].id;
    let (begun, ended) =
        (format!("recording {id} has"), format!("recording {id} has ended: the publisher has"));
    assert_eq!(
        said,
        [begun.as_str(), "the publisher was away for 50.0", "the publisher was away for 5.0", &ended]
    );
    scene.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_publisher_who_returns_too_late_begins_another() {
    let scene = Scene::new(json!({ "gap": 20 }));
    scene.publish(3).await.end(End::Finished);
    sleep(Duration::from_secs(25)).await;
    scene.publish(3).await.end(End::Finished);
    let all = scene.finished(2).await;
    assert!(all.iter().all(|view| view.manifest.why.as_deref() == Some("the publisher has left")));
    scene.close().await;
}

#[tokio::test(start_paused = true)]
async fn who_ends_a_recording_while_it_goes_on_gets_two_without_a_seam() {
    let scene = Scene::new(json!({ "gap": 0 }));
    let mut publisher = scene.publish(4).await;
    let all = scene.until("recording", |all| all.len() == 1).await;
    scene.recordings.end(&all[0].id).unwrap();
    sleep(Duration::from_secs(1)).await;
    write(&mut publisher, Time::from_millis(4_000), 4);
    sleep(Duration::from_secs(1)).await;
    publisher.end(End::Finished);
    let all = scene.finished(2).await;
    let samples = all.iter().map(|view| samples(&scene.recordings.file(&view.id, 0).unwrap().path));
    assert_eq!(samples.sum::<usize>(), count(4) + count(4));
    scene.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_keeps_what_it_has_and_finishes_it_later() {
    let scene = Scene::new(json!({}));
    let _publisher = scene.publish(5).await;
    let all = scene.until("recording", |all| all.iter().any(|view| view.manifest.millis() > 3_000)).await;
    let folder = scene.close().await;
    let keep = Keep { reserve: 0, ..Keep::default() };
    let again = Arc::new(
        Recordings::open(folder.path().join("record"), keep, control::outbound::Client::new()).unwrap(),
    );
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&again).run(stop.clone()));
    for _ in 0..1_000 {
        sleep(Duration::from_millis(10)).await;
        if again.view(&all[0].id).unwrap().state == State::Finished {
            break;
        }
    }
    assert_eq!(samples(&again.file(&all[0].id, 0).unwrap().path), count(5));
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_is_nearly_full_ends_the_recording_and_says_so() {
    let scene = Scene::new(json!({}));
    let mut publisher = scene.publish(3).await;
    scene.until("recording", |all| all.len() == 1).await;
    scene.recordings.set_keep(Keep { reserve: u64::MAX, ..Keep::default() });
    for second in [3, 5, 7] {
        sleep(Duration::from_secs(2)).await;
        write(&mut publisher, Time::from_millis(second * 1_000), 2);
    }
    let in_trouble = |view: &View| view.state == State::Finishing && view.trouble.is_some();
    let all = scene.until("over", |all| all.iter().all(in_trouble)).await;
    assert!(all[0].manifest.why.as_ref().unwrap().contains("stay free"), "{all:?}");
    let run = scene.supervisor.view(&scene.job).unwrap().runs.remove(0);
    assert!(run.error.unwrap().contains("stay free"));
    scene.recordings.set_keep(Keep { reserve: 0, ..Keep::default() });
    for second in [9, 11, 13, 15] {
        sleep(Duration::from_secs(2)).await;
        write(&mut publisher, Time::from_millis(second * 1_000), 2);
    }
    scene.until("recording again", |all| all.len() == 2).await;
    // And what there was no room for is one piece.
    scene.finished(1).await;
    scene.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_is_switched_off_ends_its_recordings() {
    let scene = Scene::new(json!({}));
    let _publisher = scene.publish(3).await;
    scene.until("recording", |all| all.len() == 1).await;
    scene.supervisor.change(&scene.job, &Change { wanted: Some(false), ..Change::default() }).unwrap();
    let all = scene.finished(1).await;
    assert_eq!(samples(&scene.recordings.file(&all[0].id, 0).unwrap().path), count(3));
    scene.close().await;
}
