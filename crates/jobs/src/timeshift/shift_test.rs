#![allow(clippy::unwrap_used)]

use super::*;

/// A disk that nobody else needs.
const EMPTY: Room = Room { spare: 0, least: 0 };

fn fragment(second: i64, gop: i64) -> Cut {
    let data = Bytes::from(format!("{second} "));
    let (length, key, counted) = (Delta::secs(second + 1), second % gop == 0, Vec::new());
    let (lasts, wall) = (Delta::secs(1), SystemTime::UNIX_EPOCH);
    Cut::Fragment { data, length, lasts, key, wall, counted }
}

fn numbers(past: &Past) -> Vec<u64> {
    past.segments.iter().map(|segment| segment.number).collect()
}

/// A stream of fragments of a second, each of which is what it says, with a key frame every `gop`; from second `from` to `to`.
fn write(writer: &mut Writer, from: i64, to: i64, gop: i64) {
    for second in from..to {
        writer.write(fragment(second, gop)).unwrap();
    }
}

fn header(writer: &mut Writer, text: &'static str) {
    let (header, tracks) = (Bytes::from_static(text.as_bytes()), Vec::new());
    writer.write(Cut::File { header, tracks, asked: false, at: Delta::ZERO }).unwrap();
}

fn shift(window: i64) -> (tempfile::TempDir, Arc<Shift>, Writer) {
    let folder = tempfile::tempdir().unwrap();
    let shift = Arc::new(Shift::begin(folder.path()).unwrap());
    shift.goes_on(Delta::secs(window));
    let mut writer = Writer::new(Arc::clone(&shift), EMPTY);
    header(&mut writer, "one");
    (folder, shift, writer)
}

#[test]
fn segments_begin_with_a_key_frame_where_there_is_one_in_time() {
    let (_folder, shift, mut writer) = shift(600);
    write(&mut writer, 0, 20, 4);
    assert_eq!(numbers(&shift.past()), [0, 1], "what is being gathered is not there yet");
    writer.end();
    let past = shift.past();
    let lengths: Vec<_> = past.segments.iter().map(|segment| segment.length).collect();
    assert_eq!(lengths, [8, 8, 4].map(Delta::secs));
    assert_eq!(fs::read_to_string(shift.segment(1).unwrap()).unwrap(), "8 9 10 11 12 13 14 15 ");
    assert_eq!((shift.reach(), shift.header(1).unwrap()), (Delta::secs(20), Bytes::from_static(b"one")));
    // Without key frames they are three times as long.
    write(&mut writer, 20, 70, 1_000);
    let lengths: Vec<_> = shift.past().segments.iter().skip(3).map(|segment| segment.length).collect();
    assert_eq!(lengths, [18, 18].map(Delta::secs));
}

#[test]
fn what_is_beyond_the_window_is_not_listed_and_goes_a_while_later() {
    let (folder, shift, mut writer) = shift(60);
    write(&mut writer, 0, 30, 6);
    header(&mut writer, "two");
    write(&mut writer, 30, 90, 6);
    writer.end();
    let past = shift.past();
    assert_eq!((numbers(&past), past.breaks_before), ((5..15).collect(), 0));
    assert!(past.segments[0].breaks && !past.segments[1].breaks);
    assert!(shift.segment(0).is_some_and(|path| path.exists()), "it has been listed a moment ago");
    assert!(shift.header(1).is_some());
    write(&mut writer, 90, 240, 6);
    writer.end();
    let past = shift.past();
    assert_eq!((numbers(&past), past.breaks_before), ((30..40).collect(), 1));
    assert_eq!((shift.segment(5), shift.header(1)), (None, None));
    let files = fs::read_dir(folder.path().join(&*shift.id)).unwrap().count();
    assert!((20..=21).contains(&files), "{files}");
    assert_eq!((shift.segment(39).is_some(), shift.segment(40)), (true, None));
}

/// Another run goes on in the numbers of the one before, behind a break, and nothing of what is listed is missing.
#[test]
fn who_comes_back_goes_on_where_it_ended() {
    let (_folder, shift, mut writer) = shift(600);
    write(&mut writer, 0, 20, 6);
    drop(writer);
    shift.complete();
    assert!(shift.past().complete);
    shift.goes_on(Delta::secs(60));
    let mut writer = Writer::new(Arc::clone(&shift), EMPTY);
    header(&mut writer, "two");
    write(&mut writer, 0, 13, 6);
    let past = shift.past();
    assert_eq!((numbers(&past), past.complete), ((0..6).collect(), false));
    let breaks: Vec<_> = past.segments.iter().map(|segment| segment.breaks).collect();
    assert_eq!(breaks, [false, false, false, false, true, false]);
    assert_eq!(past.segments[4].header, 2);
}

/// On a disk that is nearly full the eldest go, and what is live goes on being kept.
#[test]
fn what_is_kept_gives_way_on_a_disk_that_is_nearly_full() {
    let (folder, shift, mut writer) = shift(6_000);
    write(&mut writer, 0, 120, 6);
    writer.end();
    drop(writer);
    let nearly = Room { spare: u64::MAX, least: 0 };
    let mut full = Writer::new(Arc::clone(&shift), nearly);
    header(&mut full, "two");
    write(&mut full, 0, 6, 6);
    full.end();
    // A few stay, which is what there is of the present.
    assert_eq!(numbers(&shift.past()), (16..21).collect::<Vec<_>>());
    let files = || fs::read_dir(folder.path().join(&*shift.id)).unwrap().count();
    assert_eq!(files(), 5);
    write(&mut full, 0, 60, 6);
    full.end();
    assert_eq!(numbers(&shift.past()), (26..31).collect::<Vec<_>>());
    // No more goes than the disk lacks.
    assert!(shift.give_way(0, false) && files() == 5);
    assert!(shift.give_way(1, false) && files() == 4);
    // Of so few none can go, and the next comes all the same.
    full.write(fragment(60, 6)).unwrap();
    full.end();
    assert_eq!((numbers(&shift.past()).len(), files()), (5, 5));
    let mut none = Writer::new(Arc::clone(&shift), Room { spare: u64::MAX, least: u64::MAX });
    assert_eq!(none.write(fragment(0, 6)).unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert_eq!((numbers(&shift.past()).len(), files()), (0, 0), "all of it is for others");
    // Where nothing can go nothing is begun.
    let (_folder, shift, writer) = self::shift(600);
    drop(writer);
    let mut full = Writer::new(shift, nearly);
    assert_eq!(full.write(fragment(0, 6)).unwrap_err().kind(), io::ErrorKind::StorageFull);
}
