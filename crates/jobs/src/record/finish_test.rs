#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use container::fmp4;
use media::{Delta, Time};

use super::super::testing::{pictures, sound, stream};
use super::super::writer::Writer;
use super::*;

static GO: AtomicBool = AtomicBool::new(false);

/// A file of four fragments in `folder`, and how long it is after each.
fn record(folder: &Path) -> Vec<u64> {
    let tracks = [pictures(1, 77), sound(2, false)];
    let mut writer = Writer::create(&fragments(folder, 0), &fmp4::init(&tracks)).unwrap();
    let mut fragmenter = fmp4::Fragmenter::new(&tracks);
    let mut ends = vec![writer.bytes()];
    let mut until = Time::ZERO + Delta::secs(1);
    for frame in stream(&tracks[0], &tracks[1], Time::ZERO, 4) {
        if frame.dts >= until {
            writer.append(&fragmenter.cut(until).unwrap().data).unwrap();
            ends.push(writer.bytes());
            until += Delta::secs(1);
        }
        fragmenter.push(&Arc::new(frame));
    }
    writer.append(&fragmenter.finish().unwrap().data).unwrap();
    ends.push(writer.bytes());
    ends
}

const TERMS: Terms<'_> = Terms { created: UNIX_EPOCH, reserve: 0, stop: &GO };

fn finished(folder: &Path) -> Result<Finished, Error> {
    finish(folder, 0, &TERMS, |_| {})
}

/// Its size, how long it plays in ms, and whether it is damaged.
fn whole_file(finished: Finished) -> (u64, u64, bool) {
    let Finished::Whole { bytes, millis, damaged } = finished else { panic!("{finished:?}") };
    (bytes, millis.unwrap(), damaged)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|found| found.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn tear(folder: &Path, length: u64) {
    File::options().write(true).open(fragments(folder, 0)).unwrap().set_len(length).unwrap();
}

#[test]
fn a_finished_file_has_its_index_first_and_every_sample() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path());
    let mut seen = Vec::new();
    let done = finish(folder.path(), 0, &TERMS, |part| seen.push(part)).unwrap();
    let (bytes, millis, damaged) = whole_file(done);
    assert!(!damaged);
    let whole = fs::read(folder.path().join("index.mp4")).unwrap();
    assert_eq!(whole.len() as u64, bytes);
    assert!((4_000..4_200).contains(&millis), "{millis}");
    let place = |kind: &[u8]| whole.windows(4).position(|window| window == kind).unwrap();
    assert!(place(b"moov") < place(b"mdat"));
    assert_eq!(seen, [1.0]);
    assert!(whole.ends_with(&fs::read(fragments(folder.path(), 0)).unwrap()), "as it was written");
    assert!(fragments(folder.path(), 0).exists(), "until it is known to be finished");
}

#[test]
fn what_a_crash_has_left_is_whole_up_to_its_last_fragment() {
    let folder = tempfile::tempdir().unwrap();
    let ends = record(folder.path());
    tear(folder.path(), ends[4] - 1);
    let (_, millis, damaged) = whole_file(finished(folder.path()).unwrap());
    assert!(!damaged, "a torn tail is no damage");
    assert!((3_000..3_200).contains(&millis), "{millis}");
    for (length, left) in [(ends[0], "a header"), (ends[0] - 1, "part of a header"), (0, "nothing")] {
        let folder = tempfile::tempdir().unwrap();
        record(folder.path());
        tear(folder.path(), length);
        assert_eq!(finished(folder.path()).unwrap(), Finished::Empty, "{left}");
    }
}

#[test]
fn what_is_interrupted_leaves_nothing_and_can_begin_anew() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path());
    let stop = AtomicBool::new(true);
    let stopped = finish(folder.path(), 0, &Terms { stop: &stop, ..TERMS }, |_| {});
    assert!(matches!(stopped, Err(Error::Stopped)));
    assert_eq!(names(folder.path()), ["part-1.mp4"]);
    fs::write(folder.path().join("index.next"), "what a crash has left").unwrap();
    finished(folder.path()).unwrap();
    let whole = fs::read(folder.path().join("index.mp4")).unwrap();
    let made = fs::metadata(folder.path().join("index.mp4")).unwrap().modified().unwrap();
    finished(folder.path()).unwrap();
    assert_eq!(fs::read(folder.path().join("index.mp4")).unwrap(), whole);
    let again = fs::metadata(folder.path().join("index.mp4")).unwrap().modified().unwrap();
    assert_eq!(again, made, "what is there already is not made again");
}

#[test]
fn room_that_others_need_is_not_taken_and_nothing_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path());
    fs::write(folder.path().join("index.next"), "what a crash has left").unwrap();
    let full = finish(folder.path(), 0, &Terms { reserve: u64::MAX, ..TERMS }, |_| {});
    assert!(matches!(full, Err(Error::Full { free: 0, .. })), "{full:?}");
    assert_eq!(names(folder.path()), ["part-1.mp4"]);
}

#[test]
fn what_is_damaged_in_its_middle_plays_without_that() {
    let folder = tempfile::tempdir().unwrap();
    let ends = record(folder.path());
    let mut bytes = fs::read(fragments(folder.path(), 0)).unwrap();
    bytes[ends[1] as usize..ends[1] as usize + 512].fill(0);
    fs::write(fragments(folder.path(), 0), &bytes).unwrap();
    let (_, millis, damaged) = whole_file(finished(folder.path()).unwrap());
    assert!(damaged && (4_000..4_200).contains(&millis), "{millis}: the picture stands while there is none");
    let whole = fs::read(folder.path().join("index.mp4")).unwrap();
    assert!(whole.ends_with(&bytes), "all that was written is still there");
}

#[test]
fn what_cannot_be_read_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(fragments(folder.path(), 0), vec![7; 100_000]).unwrap();
    assert_eq!(finished(folder.path()).unwrap(), Finished::Unreadable);
    assert_eq!(fs::metadata(fragments(folder.path(), 0)).unwrap().len(), 100_000);
    let other = tempfile::tempdir().unwrap();
    let ends = record(other.path());
    let mut bytes = fs::read(fragments(other.path(), 0)).unwrap();
    bytes[ends[0] as usize..].fill(0);
    bytes.resize(1_000_000, 0);
    fs::write(fragments(other.path(), 0), &bytes).unwrap();
    assert_eq!(finished(other.path()).unwrap(), Finished::Unreadable, "a header and nothing behind it");
    assert_eq!(names(other.path()), ["part-1.mp4"]);
}
