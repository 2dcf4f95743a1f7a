#![allow(clippy::unwrap_used)]

use std::io::Write as _;

use container::fmp4;
use media::{Codec, Delta, Frame, Time, Track, TrackId, flac};
use tokio_util::sync::CancellationToken;

use super::super::manifest::{Part, Upload};
use super::super::session::Session as Recorder;
use super::super::testing::{frame, open, pictures, record, sound, stream};
use super::super::{Keep, Record};
use super::*;
use crate::supervisor::{Glob, New, Streams};
use crate::testing::live;
use crate::{Ffmpeg, Snapshots};

fn everywhere() -> Destinations {
    let bucket = Bucketed { name: "b".to_owned(), region: "r".to_owned() };
    Destinations { cos: Some(bucket), vod: true }
}

/// A file of `seconds`, a fragment a second, to a recording that goes on.
fn file(session: &mut Recorder, seconds: i64) {
    let tracks = [pictures(1, 77), sound(2, false)];
    session.file(&fmp4::init(&tracks), &["h264", "aac"]).unwrap();
    let mut fragmenter = fmp4::Fragmenter::new(&tracks);
    for second in 0..seconds {
        for frame in stream(&tracks[0], &tracks[1], Time::ZERO + Delta::secs(second), 1) {
            fragmenter.push(&Arc::new(frame));
        }
        session.append(&fragmenter.finish().unwrap().data, Delta::secs(second + 1), &[]).unwrap();
    }
}

fn segment(file: usize, start: u64) -> Segment {
    Segment { file, start, end: start + 10, millis: 10_000, gap: false, bytes: 188 }
}

#[test]
fn segments_of_what_grows_stay_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = open(folder.path());
    let mut session = recordings.begin(&live("a"), "job", &[]).unwrap();
    let id = session.id.clone();
    file(&mut session, 25);
    let (early, all) = recordings.segments(&id).unwrap();
    assert_eq!((early.len(), all), (2, false), "the last 5 s are not long enough yet");
    file(&mut session, 12);
    let (later, all) = recordings.segments(&id).unwrap();
    assert_eq!((&later[..2], later.len(), all), (&early[..], 4, false));
    let gaps: Vec<_> = later.iter().map(|segment| segment.gap).collect();
    assert_eq!(gaps, [false, false, false, true], "another file begins without a seam");
    session.end("it is over");
    let (last, all) = recordings.segments(&id).unwrap();
    assert_eq!(
        (&last[..4], last.len(), all),
        (&later[..], 5, false),
        "until it is one piece there may be more"
    );
    for segment in &last {
        let made = recordings.transport(&id, segment.file, segment.start..segment.end).unwrap();
        assert!(made.len().is_multiple_of(188) && !made.is_empty());
    }
    assert_eq!(last[0].name(), format!("1-{}-{}.ts", last[0].start, last[0].end));
}

#[test]
fn what_was_torn_is_sent_again_and_order_is_that_of_the_recording() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = open(folder.path());
    recordings.set_destinations(everywhere());
    let session = recordings.begin(&live("a"), "job", &[]).unwrap();
    let id = session.id.clone();
    assert_eq!(recordings.in_cloud(&id, Cloud::Cos).unwrap(), []);
    let note = |segment: &Segment| {
        recordings.note_arrived(&id, Cloud::Cos, segment, Sent { segments: 1, ..Sent::default() }).unwrap();
    };
    note(&segment(0, 10));
    let log = folder.path().join("record").join(&id).join("cos.log");
    OpenOptions::new().append(true).open(log).unwrap().write_all(b"\n{\"file\":0,\"st").unwrap();
    note(&segment(1, 0));
    note(&segment(0, 0));
    note(&segment(0, 0));
    let arrived = recordings.in_cloud(&id, Cloud::Cos).unwrap();
    assert_eq!(arrived, [segment(0, 0), segment(0, 10), segment(1, 0)]);
    assert_eq!(recordings.in_cloud(&id, Cloud::Vod).unwrap(), []);
    assert_eq!(recordings.view(&id).unwrap().manifest.clouds.sent(Cloud::Cos).unwrap().segments, 1);
    recordings.set_arrived(&id, Cloud::Cos, &arrived[..1]).unwrap();
    assert_eq!(recordings.in_cloud(&id, Cloud::Cos).unwrap(), [segment(0, 0)]);
}

#[test]
fn a_recording_goes_where_recordings_went_when_it_began() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = open(folder.path());
    let before = recordings.begin(&live("before"), JOB, &[]).unwrap();
    recordings.set_destinations(everywhere());
    assert!(before.cut.is_cancelled(), "what is recorded from here on goes there");
    let of = |session: &Recorder| recordings.view(&session.id).unwrap().manifest.clouds.clone();
    assert_eq!(of(&before), Clouds::default());
    let (alone, both) = (
        recordings.begin(&live("a"), JOB, &[]).unwrap(),
        recordings.begin(&live("b"), "another", &[]).unwrap(),
    );
    assert!(of(&alone).are_all() && of(&alone).wait() && !of(&both).are_all() && of(&both).wait());
    let again =
        Recordings::open(folder.path().join("record"), Keep::default(), control::outbound::Client::new())
            .unwrap();
    assert_eq!(again.view(&alone.id).unwrap().manifest.clouds, of(&alone), "it is written down at once");
    assert_eq!(recordings.on_their_way_to_clouds().len(), 4);
    recordings.set_destinations(everywhere());
    assert!(!alone.cut.is_cancelled());
    recordings.set_destinations(Destinations { vod: false, ..everywhere() });
    assert!(alone.cut.is_cancelled() && both.cut.is_cancelled());
}

#[test]
fn it_stays_where_another_job_wants_it_whichever_of_them_records() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = open(folder.path());
    let store = Arc::new(store::Embedded::open(&folder.path().join("store")).unwrap());
    let ffmpeg = Arc::new(Ffmpeg::new(Some("/nowhere".into()), CancellationToken::new()));
    let kind = Box::new(Record::new(Arc::clone(&recordings), Arc::new(Snapshots::new(ffmpeg))));
    let jobs = Arc::new(Supervisor::open(store, vec![kind]).unwrap());
    recordings.know(&jobs);
    recordings.set_destinations(everywhere());
    let job = |pattern: &str| New {
        kind: NAME.to_owned(),
        label: "x".to_owned(),
        streams: Streams { only: vec![Glob::parse(pattern).unwrap()], except: Vec::new() },
        settings: serde_json::json!({}),
        wanted: true,
    };
    jobs.set(JOB, job("live/*")).unwrap();
    jobs.create(job("live/a")).unwrap();
    let stays = |session: &Recorder| recordings.view(&session.id).unwrap().manifest.clouds.stays;
    let (wanted, alone) =
        (recordings.begin(&live("a"), JOB, &[]).unwrap(), recordings.begin(&live("b"), JOB, &[]).unwrap());
    assert_eq!((stays(&wanted), stays(&alone)), (true, false));
    jobs.create(job("live/b")).unwrap();
    recordings.note_others(&recordings.view(&alone.id).unwrap()).unwrap();
    assert!(stays(&alone), "also who comes later");
}

#[test]
fn nothing_leaves_the_disk_that_is_not_everywhere_or_is_wanted_here() {
    let part = || Part {
        started: SystemTime::UNIX_EPOCH,
        codecs: Vec::new(),
        tracks: Vec::new(),
        finished: true,
        bytes: 1,
        millis: 1,
        segments: None,
        fault: None,
        forms: Vec::new(),
    };
    let manifest = |change: fn(&mut Manifest)| {
        let mut manifest = Manifest::new(&live("a"), JOB);
        manifest.clouds = Clouds::of(everywhere(), false);
        manifest.clouds.cos.as_mut().unwrap().sent.done = true;
        manifest.clouds.vod.as_mut().unwrap().sent.done = true;
        (manifest.files, manifest.done) = (vec![part()], true);
        change(&mut manifest);
        manifest
    };
    let leaves = |change: fn(&mut Manifest)| may_leave(&manifest(change), true);
    assert!(leaves(|_| {}));
    assert!(!leaves(|manifest| manifest.clouds.vod.as_mut().unwrap().sent.done = false));
    assert!(!leaves(|manifest| manifest.clouds.stays = true));
    assert!(!leaves(|manifest| manifest.clouds = Clouds::default()));
    assert!(!leaves(|manifest| manifest.done = false));
    assert!(!leaves(|manifest| manifest.files[0].finished = false));
    assert!(!leaves(|manifest| manifest.files[0].fault = Some(Fault::Damaged)));
    let uploaded = |done| {
        let mut manifest = manifest(|manifest| manifest.clouds.stays = true);
        manifest.upload = Some(Upload { done, ..Upload::default() });
        manifest
    };
    assert!(!may_leave(&uploaded(false), false) && !may_leave(&uploaded(true), true));
    assert!(may_leave(&uploaded(true), false), "it is in the bucket, and that was all that kept it");
}

/// Whether a recording of `frames` that was made for a cloud, and is there, is on the disk still.
async fn stays(tracks: &[Arc<Track>], frames: &[Frame]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let (recordings, id) = record(folder.path(), tracks, frames);
    let (stop, mut changes) = (CancellationToken::new(), recordings.changes());
    let finished = async {
        while recordings.view(&id).unwrap().state != State::Finished {
            changes.changed().await.unwrap();
        }
        stop.cancel();
    };
    tokio::join!(Arc::clone(&recordings).run(stop.clone()), finished);
    recordings
        .change(&id, |manifest| {
            manifest.clouds = Clouds::of(Destinations { vod: false, ..everywhere() }, false);
            manifest.clouds.cos.as_mut().unwrap().sent.done = true;
        })
        .unwrap();
    recordings.leave_disk(&id).unwrap();
    let away = recordings.view(&id).unwrap().manifest.away;
    assert_eq!(away, recordings.segments(&id).is_err());
    let there = folder.path().join("record").join(&id).join("index.mp4").exists();
    assert_eq!(away, !there);
    there
}

#[tokio::test]
async fn what_segments_cannot_carry_stays_on_the_disk() {
    let tracks = [pictures(1, 77), sound(2, false)];
    assert!(!stays(&tracks, &stream(&tracks[0], &tracks[1], Time::ZERO, 2)).await);
    let mut info = [0; 34];
    info[..2].copy_from_slice(&[0x10, 0]);
    info[10..14].copy_from_slice(&[0x0b, 0xb8, 0x02, 0xf0]);
    let flac = Codec::Flac(flac::Parameters::from_stream_info(&info).unwrap());
    let tracks = [pictures(1, 77), Arc::new(Track { id: TrackId(2), codec: flac })];
    let frames = tracks.each_ref().map(|track| frame(track, Time::ZERO, Delta::ZERO, true));
    assert!(stays(&tracks, &frames).await);
}
