#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use media::Delta;
use proptest::prelude::*;

use super::super::testing::{fragmented, three_seconds};
use super::*;

fn index(file: &[u8]) -> Result<Index, Error> {
    Index::read(&mut Cursor::new(file))
}

#[test]
fn a_file_torn_at_any_byte_has_every_fragment_that_is_whole() {
    let frames = three_seconds();
    let (file, ends) = fragmented(&frames, Delta::secs(1));
    assert_eq!(ends.len(), 4);
    for length in 0..=file.len() {
        let read = index(&file[..length]);
        let Some(end) = ends.iter().rev().find(|end| **end <= length) else {
            assert!(matches!(read, Err(Error::Parse(_))), "a header torn at {length}");
            continue;
        };
        assert_eq!(read.unwrap().intact(), *end as u64, "torn at {length}");
    }
    assert_eq!(index(&file).unwrap().samples(), frames.len());
    assert_eq!(index(&file[..ends[0]]).unwrap().samples(), 0);
}

#[test]
fn what_is_behind_the_tear_is_in_no_sample() {
    let (file, ends) = fragmented(&three_seconds(), Delta::secs(1));
    for garbage in [&[0; 4096][..], &[0xff; 4096], b"\x00\x00\x00\x10mdatxxxxxxxx", &file[ends[0]..ends[1]]] {
        let mut torn = file[..ends[2]].to_vec();
        torn.extend_from_slice(garbage);
        // The last of them is a fragment again: one whose time has been.
        assert_eq!(index(&torn).unwrap().intact(), ends[2] as u64);
    }
}

#[test]
fn what_is_behind_damage_is_found_again() {
    let frames = three_seconds();
    let (file, ends) = fragmented(&frames, Delta::millis(500));
    let whole = index(&file).unwrap();
    assert_eq!((whole.damaged(), whole.intact()), (0, file.len() as u64));
    for hurt in 0..ends.len() - 2 {
        let (from, to) = (ends[hurt], ends[hurt + 1]);
        let mut damaged = file.clone();
        damaged[from..from + 64].fill(0);
        let read = index(&damaged).unwrap();
        assert_eq!(
            (read.damaged(), read.intact()),
            ((to - from) as u64, file.len() as u64),
            "fragment {hurt}"
        );
        assert!(read.samples() < frames.len() && read.samples() > frames.len() / 2);
        // What lasted until then lasts through it.
        let lost = whole.duration() - read.duration();
        assert!(hurt == 0 || lost.abs() < Delta::millis(1), "fragment {hurt}: {lost}");
    }
}

#[test]
fn a_fragment_without_samples_is_none() {
    let (file, ends) = fragmented(&three_seconds(), Delta::secs(1));
    let mut padded = file[..ends[1]].to_vec();
    padded.extend_from_slice(&b"\0\0\0\x08moof\0\0\0\x08mdat".repeat(5_000));
    let read = index(&padded).unwrap();
    assert_eq!((read.intact(), read.tracks[0].samples.chunks.len()), (ends[1] as u64, 1));
}

#[test]
fn a_file_lasts_from_the_first_that_is_shown_to_the_last() {
    let (file, _) = fragmented(&three_seconds(), Delta::secs(1));
    // The last picture is decoded at 2,960 ms, shown at 3,000, and lasts for 40; the first is shown at 40; sound begins at 0.
    let duration = index(&file).unwrap().duration();
    assert!((duration - Delta::millis(3_120)).abs() <= Delta::millis(80), "{duration}");
}

#[test]
fn more_samples_than_there_may_be_are_no_tear() {
    let (file, ends) = fragmented(&three_seconds(), Delta::secs(1));
    let moof = &file[ends[0] + 8..ends[1]];
    let size = u32::from_be_bytes(file[ends[0]..ends[0] + 4].try_into().unwrap()) as usize;
    let error = fragment::runs(&moof[..size - 8], 10).unwrap_err();
    assert_eq!(error.problem, Problem::TooLarge);
}

proptest! {
    #[test]
    fn no_damage_is_believed(places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let (mut file, _) = fragmented(&three_seconds(), Delta::millis(500));
        for (place, value) in places {
            let at = place.index(file.len());
            file[at] = value;
        }
        let Ok(index) = index(&file) else { return Ok(()) };
        prop_assert!(index.intact() <= file.len() as u64);
        for samples in index.tracks.iter().map(|track| &track.samples) {
            let mut sizes = samples.sizes.iter();
            for chunk in &samples.chunks {
                let bytes: u64 = sizes.by_ref().take(chunk.samples as usize).map(|size| u64::from(*size)).sum();
                prop_assert!(chunk.at + bytes <= index.intact());
            }
        }
        prop_assert_eq!(index.layout(std::time::SystemTime::UNIX_EPOCH).length, file.len() as u64);
    }
}
