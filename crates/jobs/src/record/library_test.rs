#![allow(clippy::unwrap_used)]

use std::time::Duration;

use container::fmp4;
use media::{Delta, Time};
use tokio::time::timeout;

use super::super::testing::{open, pictures, sound, stream};
use super::super::{Cause, Fault};
use super::*;

fn key() -> StreamKey {
    StreamKey::new("live", "a").unwrap()
}

/// A recording of two seconds that is not over.
fn record(recordings: &Arc<Recordings>) -> Session {
    let tracks = [pictures(1, 77), sound(2, false)];
    let mut session = recordings.begin(&key(), "job", &[]).unwrap();
    session.file(&fmp4::init(&tracks), &["h264", "aac"]).unwrap();
    let mut fragmenter = fmp4::Fragmenter::new(&tracks);
    for frame in stream(&tracks[0], &tracks[1], Time::ZERO, 2) {
        fragmenter.push(&Arc::new(frame));
    }
    session.append(&fragmenter.finish().unwrap().data, Delta::secs(2), &[]).unwrap();
    session
}

/// Lets the recordings do what they do until `until`.
async fn run_until(recordings: &Arc<Recordings>, until: impl Fn() -> bool) {
    let stop = CancellationToken::new();
    let mut changes = recordings.changes();
    let watching = async {
        while !until() {
            changes.changed().await.unwrap();
        }
        stop.cancel();
    };
    let both = async { tokio::join!(Arc::clone(recordings).run(stop.clone()), watching) };
    timeout(Duration::from_secs(20), both).await.expect("it does not happen");
}

#[tokio::test]
async fn a_recording_that_is_over_becomes_one_piece() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = open(folder.path());
    let mut events = recordings.events();
    let session = record(&recordings);
    let id = session.id.clone();
    let view = recordings.view(&id).unwrap();
    assert_eq!((view.state, view.manifest.millis()), (State::Recording, 2_000));
    assert!(matches!(recordings.remove(&id), Err(Error::Busy { .. })));
    session.gap(Delta::secs(1), Duration::from_secs(7), Cause::Publisher).unwrap();
    session.end("the publisher has left");
    assert_eq!(recordings.view(&id).unwrap().state, State::Finishing);
    run_until(&recordings, || recordings.view(&id).unwrap().state == State::Finished).await;
    let view = recordings.view(&id).unwrap();
    assert_eq!(view.manifest.why.as_deref(), Some("the publisher has left"));
    assert_eq!(view.manifest.gaps[0].lasted_millis, 7_000);
    let Open { part, path: file, .. } = recordings.file(&id, 0).unwrap();
    assert!(part.finished);
    assert_eq!(file, folder.path().join("record").join(&id).join("index.mp4"));
    assert_eq!(file.metadata().unwrap().len(), view.manifest.bytes());
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 2, "that and the manifest");
    assert!(matches!(events.try_recv(), Ok(Event::Begun { .. })));
    assert!(matches!(events.try_recv(), Ok(Event::Finished { .. })));
    recordings.rename(&id, "The wedding").unwrap();
    let again = open(folder.path()).view(&id).unwrap();
    assert_eq!((again.manifest.label.as_str(), again.state), ("The wedding", State::Finished));
    recordings.remove(&id).unwrap();
    assert!(!file.parent().unwrap().exists());
    assert!(matches!(recordings.view(&id), Err(Error::Unknown { .. })));
}

#[tokio::test]
async fn what_a_kill_has_left_is_finished_by_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = open(folder.path());
    let session = record(&recordings);
    let id = session.id.clone();
    // Nothing of it runs any more, not even what runs when it is dropped.
    std::mem::forget(session);
    let torn = fragments(&folder.path().join("record").join(&id), 0);
    let mut bytes = fs::read(&torn).unwrap();
    bytes.extend_from_slice(b"\0\0\x40\0moof and no more");
    fs::write(&torn, bytes).unwrap();
    let recordings = open(folder.path());
    assert_eq!(recordings.view(&id).unwrap().state, State::Finishing);
    run_until(&recordings, || recordings.view(&id).unwrap().state == State::Finished).await;
    let manifest = recordings.view(&id).unwrap().manifest;
    assert!(manifest.why.as_ref().unwrap().contains("stopped in the middle"));
    let lasted = manifest.ended.unwrap().duration_since(manifest.started).unwrap();
    assert!(lasted < Duration::from_secs(3), "{lasted:?}");
    assert!(manifest.files[0].finished && !torn.exists());
}

/// As when it was played to the last while it was made.
#[tokio::test]
async fn what_came_after_the_last_look_is_played_also_before_it_is_one_piece() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = open(folder.path());
    let mut session = record(&recordings);
    let id = session.id.clone();
    let known = |recordings: &Recordings| recordings.cues(&id, 0).unwrap().0.fragments.len();
    let before = known(&recordings);
    let tracks = [pictures(1, 77), sound(2, false)];
    go_on(&mut session, &mut fmp4::Fragmenter::new(&tracks), 2);
    session.end("enough");
    assert_eq!(recordings.view(&id).unwrap().state, State::Finishing);
    assert_eq!(known(&recordings), before + 1);
}

#[tokio::test]
async fn an_end_that_the_disk_does_not_take_is_no_crash() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = open(folder.path());
    let session = record(&recordings);
    let id = session.id.clone();
    fs::remove_dir_all(folder.path().join("record").join(&id)).unwrap();
    session.end("enough");
    assert_eq!(recordings.view(&id).unwrap().manifest.why.as_deref(), Some("enough"));
}

#[tokio::test]
async fn what_waits_for_room_is_finished_when_there_is_some() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = open(folder.path());
    let session = record(&recordings);
    let id = session.id.clone();
    session.end("enough");
    recordings.set_keep(Keep { reserve: u64::MAX, ..Keep::default() });
    run_until(&recordings, || recordings.view(&id).unwrap().trouble.is_some()).await;
    assert!(recordings.waits_for() > 0, "and comes before what is recorded next");
    // Nobody says so: it is seen.
    recordings.keep.lock().unwrap().reserve = 0;
    run_until(&recordings, || recordings.view(&id).unwrap().state == State::Finished).await;
    assert_eq!(recordings.waits_for(), 0);
}

#[tokio::test]
async fn a_recording_of_nothing_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = open(folder.path());
    let session = recordings.begin(&key(), "job", &[]).unwrap();
    let id = session.id.clone();
    drop(session);
    run_until(&recordings, || recordings.view(&id).is_err()).await;
    assert_eq!(fs::read_dir(folder.path().join("record")).unwrap().count(), 0);
}

#[tokio::test]
async fn nothing_is_begun_on_a_disk_that_is_nearly_full() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = open(folder.path());
    recordings.set_keep(Keep { reserve: u64::MAX, ..Keep::default() });
    assert!(matches!(recordings.begin(&key(), "job", &[]), Err(Error::Full { .. })));
    assert_eq!(fs::read_dir(folder.path().join("record")).unwrap().count(), 0);
}

#[test]
fn only_what_is_called_so_is_a_recording() {
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("record");
    for name in ["lost+found", "0190163d-8694-739b-aea5-966c26f8ad9X", "0190163d-8694-739b-aea5-966c26f8ad91"]
    {
        fs::create_dir_all(record.join(name)).unwrap();
    }
    fs::write(record.join("0190163d-8694-739b-aea5-966c26f8ad91/recording.json"), "{}").unwrap();
    let recordings = open(folder.path());
    assert_eq!(recordings.all(), []);
    assert!(matches!(recordings.file("../etc", 0), Err(Error::Unknown { .. })));
}

/// Begins the next file, and what its fragments are made by.
fn next_file(session: &mut Session) -> fmp4::Fragmenter {
    let tracks = [pictures(1, 77), sound(2, false)];
    session.file(&fmp4::init(&tracks), &["h264", "aac"]).unwrap();
    fmp4::Fragmenter::new(&tracks)
}

/// Appends two seconds to the file, from `from` seconds on.
fn go_on(session: &mut Session, fragmenter: &mut fmp4::Fragmenter, from: i64) {
    let tracks = [pictures(1, 77), sound(2, false)];
    for frame in stream(&tracks[0], &tracks[1], Time::from_millis(from * 1_000), 2) {
        fragmenter.push(&Arc::new(frame));
    }
    session.append(&fragmenter.finish().unwrap().data, Delta::secs(from + 2), &[]).unwrap();
}

#[tokio::test]
async fn a_file_that_is_over_becomes_one_piece_while_its_recording_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = open(folder.path());
    let mut session = record(&recordings);
    let id = session.id.clone();
    let mut fragmenter = next_file(&mut session);
    go_on(&mut session, &mut fragmenter, 2);
    run_until(&recordings, || recordings.view(&id).unwrap().manifest.files[0].finished).await;
    let view = recordings.view(&id).unwrap();
    assert_eq!((view.state, view.manifest.files[1].finished), (State::Recording, false));
    assert!(!fragments(&folder.path().join("record").join(&id), 0).exists());
    go_on(&mut session, &mut fragmenter, 4);
    session.end("enough");
    run_until(&recordings, || recordings.view(&id).unwrap().state == State::Finished).await;
    let manifest = recordings.view(&id).unwrap().manifest;
    assert_eq!(manifest.files.iter().map(|part| part.millis / 1_000).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(recordings.untold().len(), 1);
    recordings.told(&id).unwrap();
    assert!(recordings.untold().is_empty() && open(folder.path()).untold().is_empty());
}

#[tokio::test]
async fn one_file_that_cannot_be_read_holds_up_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = open(folder.path());
    let mut session = record(&recordings);
    let id = session.id.clone();
    let mut fragmenter = next_file(&mut session);
    go_on(&mut session, &mut fragmenter, 2);
    let torn = fragments(&folder.path().join("record").join(&id), 0);
    fs::write(&torn, vec![9; 200_000]).unwrap();
    session.end("enough");
    run_until(&recordings, || recordings.view(&id).unwrap().state == State::Finished).await;
    let manifest = recordings.view(&id).unwrap().manifest;
    let faults: Vec<_> = manifest.files.iter().map(|part| (part.finished, part.fault)).collect();
    assert_eq!(faults, [(false, Some(Fault::Unreadable)), (true, None)]);
    assert_eq!(recordings.file(&id, 0).unwrap().path, torn);
}

#[tokio::test]
async fn what_kills_leave_behind_is_gone_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = open(folder.path());
    let session = record(&recordings);
    let id = session.id.clone();
    session.end("enough");
    run_until(&recordings, || recordings.view(&id).unwrap().state == State::Finished).await;
    let record = folder.path().join("record");
    let (ours, away) = (record.join(&id), record.join(format!("{REMOVED}{id}")));
    fs::write(fragments(&ours, 0), "of a kill between the manifest and this").unwrap();
    fs::write(ours.join("index-2.next"), "of a kill in the middle of a copy").unwrap();
    fs::create_dir(&away).unwrap();
    fs::write(away.join("index.mp4"), "of a kill in the middle of removing").unwrap();
    let begun = record.join("0190163d-8694-739b-aea5-966c26f8ad91");
    fs::create_dir(&begun).unwrap();
    fs::write(begun.join(manifest::NEXT), "of a kill at the very beginning").unwrap();
    let recordings = open(folder.path());
    assert!(!begun.exists());
    let swept = || !away.exists() && fs::read_dir(&ours).unwrap().count() == 2;
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&recordings).run(stop.clone()));
    timeout(Duration::from_secs(20), async {
        while !swept() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    stop.cancel();
    running.await.unwrap();
    assert_eq!(recordings.view(&id).unwrap().state, State::Finished);
}

#[tokio::test]
async fn a_recording_plays_in_pieces_that_stay_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = open(folder.path());
    let tracks = [pictures(1, 77), sound(2, false)];
    let mut session = record(&recordings);
    let id = session.id.clone();
    let mut fragmenter = fmp4::Fragmenter::new(&tracks);
    for from in [2, 4, 60, 62] {
        go_on(&mut session, &mut fragmenter, from);
    }
    let early = recordings.playlist(&id, Delta::secs(3)).unwrap();
    let lengths = |list: &super::super::Playlist| -> Vec<(i64, bool)> {
        let pieces = list.files.iter().flat_map(|(_, file)| &file.pieces);
        pieces.map(|piece| ((piece.length.as_millis() + 100) / 1_000, piece.gap)).collect()
    };
    assert_eq!((early.complete, lengths(&early)), (false, vec![(4, false), (2, false)]));
    session.end("enough");
    run_until(&recordings, || recordings.view(&id).unwrap().state == State::Finished).await;
    let late = recordings.playlist(&id, Delta::secs(3)).unwrap();
    assert_eq!((late.complete, lengths(&late)), (true, vec![(4, false), (2, false), (4, true)]));
    let early = &early.files[0].1.pieces;
    assert_eq!(early[..], late.files[0].1.pieces[..2], "also in one piece");
    let (mut file, place) = recordings.place(&id, 0, early[0].range.clone()).unwrap();
    let mut head = [0; 8];
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(place.start)).unwrap();
    std::io::Read::read_exact(&mut file, &mut head).unwrap();
    assert_eq!(&head[4..], b"moof");
    assert!(recordings.place(&id, 0, 0..u64::MAX).is_err());

    let listed = recordings.playlist(&id, super::super::SEGMENT).unwrap().files[0].1.pieces[0].range.clone();
    let segment = recordings.transport(&id, 0, listed.clone()).unwrap();
    assert_eq!((segment[0], segment.len() % 188), (0x47, 0));
    assert!(matches!(recordings.transport(&id, 0, listed.start..listed.end - 1), Err(Error::Unknown { .. })));
    assert_eq!(recordings.view(&id).unwrap().manifest.files[0].segments, Some(2));
}

#[tokio::test]
async fn what_is_finished_is_copied_before_it_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = open(folder.path());
    let to = folder.path().join("bucket");
    recordings.set_keep(Keep { reserve: 0, copy_to: Some(to.clone()), ..Keep::default() });
    let session = record(&recordings);
    let id = session.id.clone();
    session.end("enough");
    // Without the folder it is not done, and says why.
    run_until(&recordings, || recordings.view(&id).unwrap().trouble.is_some()).await;
    let view = recordings.view(&id).unwrap();
    assert!(view.state == State::Finishing && view.trouble.unwrap().contains("cannot be copied"));
    fs::create_dir(&to).unwrap();
    recordings.set_keep(recordings.keep());
    run_until(&recordings, || recordings.view(&id).unwrap().state == State::Finished).await;
    let copy = fs::read(to.join(format!("{id}.mp4"))).unwrap();
    assert_eq!(copy, fs::read(recordings.file(&id, 0).unwrap().path).unwrap());
    recordings.remove(&id).unwrap();
    assert_eq!(fs::read_dir(&to).unwrap().count(), 1, "copies are nobody's business");
}

#[tokio::test]
async fn a_clip_is_a_recording_of_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = open(folder.path());
    let mut session = record(&recordings);
    let id = session.id.clone();
    let tracks = [pictures(1, 77), sound(2, false)];
    let mut fragmenter = fmp4::Fragmenter::new(&tracks);
    for from in [2, 4, 6] {
        go_on(&mut session, &mut fragmenter, from);
    }
    let early = recordings.clip(&id, "early", Delta::millis(2_500), Delta::secs(5)).unwrap();
    session.end("enough");
    let done = |id: &str| recordings.view(id).unwrap().state == State::Finished;
    run_until(&recordings, || done(&early) && done(&id)).await;
    let late = recordings.clip(&id, "late", Delta::millis(2_500), Delta::secs(5)).unwrap();
    run_until(&recordings, || done(&late)).await;
    let of = |id: &str| recordings.view(id).unwrap().manifest;
    let bytes = |id: &str| fs::read(recordings.file(id, 0).unwrap().path).unwrap();
    for clip in [&early, &late] {
        let manifest = of(clip);
        assert_eq!((manifest.clip_of.as_deref(), manifest.files[0].millis / 1_000), (Some(id.as_str()), 4));
        let after = manifest.started.duration_since(of(&id).started).unwrap();
        assert!((Duration::from_millis(1_900)..Duration::from_millis(2_100)).contains(&after), "{after:?}");
    }
    assert_eq!(bytes(&early)[4_096..], bytes(&late)[4_096..], "made while it was recorded, or after");
    assert!(recordings.untold().iter().all(|view| view.id == id), "nobody is told of the end of a clip");
    let nothing = recordings.clip(&id, "x", Delta::secs(60), Delta::secs(70));
    assert!(matches!(nothing, Err(Error::Empty)));
    recordings.set_keep(Keep { reserve: u64::MAX, ..Keep::default() });
    assert!(matches!(recordings.clip(&id, "x", Delta::ZERO, Delta::secs(1)), Err(Error::Full { .. })));
    assert_eq!(recordings.all().len(), 3);
}
