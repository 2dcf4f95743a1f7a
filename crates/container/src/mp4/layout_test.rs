#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use media::{Frame, Kind};
use proptest::prelude::*;

use super::super::testing::{Row, assemble, fragmented, frame, read, three_seconds, tracks};
use super::*;

fn finished(frames: &[Arc<Frame>], every: Delta) -> Vec<u8> {
    let (file, _) = fragmented(frames, every);
    let layout =
        Index::read(&mut Cursor::new(&file)).unwrap().layout(UNIX_EPOCH + Duration::from_secs(86_400));
    assemble(&file, &layout)
}

/// The frames as they should be found, with times from the earliest presentation of all.
fn expected(frames: &[Arc<Frame>]) -> BTreeMap<u32, Vec<Row>> {
    let origin = frames.iter().map(|frame| frame.pts).min().unwrap();
    let mut tracks: BTreeMap<u32, Vec<Row>> = BTreeMap::new();
    for frame in frames {
        let scale = frame.track.codec.sample_rate().unwrap_or(90_000);
        let ticks = |at: Time| (at - origin).to_ticks(scale);
        tracks.entry(frame.track.id.0).or_default().push(Row {
            dts: ticks(frame.dts),
            pts: ticks(frame.pts),
            sync: frame.keyframe,
            payload: frame.payload.to_vec(),
        });
    }
    tracks
}

#[track_caller]
fn assert_same(found: &BTreeMap<u32, Vec<Row>>, frames: &[Arc<Frame>], slack: i64) {
    let expected = expected(frames);
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (track, rows) in found {
        assert_eq!(rows.len(), expected[track].len());
        for (row, wanted) in rows.iter().zip(&expected[track]) {
            assert_eq!((row.sync, &row.payload), (wanted.sync, &wanted.payload));
            assert!((row.pts - wanted.pts).abs() <= slack, "{} is presented at {}", row.pts, wanted.pts);
        }
    }
}

#[test]
fn every_sample_is_found_at_its_time() {
    let frames = three_seconds();
    let (moov, found) = read(&finished(&frames, Delta::secs(1)));
    assert_same(&found, &frames, 1);
    let key_frames = moov.trak[0].mdia.minf.stbl.stss.as_ref().unwrap();
    assert_eq!(key_frames.entries, [1, 26, 51]);
    assert!(moov.trak[1].mdia.minf.stbl.stss.is_none(), "sound begins anywhere");
    assert_eq!(moov.mvhd.creation_time, 2_082_844_800 + 86_400);
}

#[test]
fn a_track_that_begins_late_begins_late() {
    let mut frames = three_seconds();
    frames.retain(|frame| frame.track.kind() == Kind::Video || frame.dts > Time::from_millis(1_500));
    let (moov, found) = read(&finished(&frames, Delta::secs(1)));
    assert_same(&found, &frames, 1);
    assert_eq!(moov.trak[1].edts.as_ref().unwrap().elst.as_ref().unwrap().entries.len(), 2);
}

#[test]
fn a_track_without_samples_is_left_out() {
    let mut frames = three_seconds();
    frames.retain(|frame| frame.track.kind() == Kind::Audio);
    let (moov, found) = read(&finished(&frames, Delta::secs(1)));
    assert_same(&found, &frames, 1);
    assert_eq!(moov.trak.len(), 1);
    assert!(moov.trak[0].edts.is_none(), "nothing is to be said of its beginning");
}

#[test]
fn times_far_on_are_as_near_as_at_the_beginning() {
    let days = Delta::secs(40 * 86_400);
    let frames: Vec<_> = three_seconds()
        .iter()
        .map(|old| Arc::new(Frame { dts: old.dts + days, pts: old.pts + days, ..Frame::clone(old) }))
        .collect();
    let (_, found) = read(&finished(&frames, Delta::secs(1)));
    assert_same(&found, &frames, 1);
}

#[test]
fn a_gap_stays_where_it_was() {
    let hole = Delta::secs(12 * 3600);
    let frames: Vec<_> = three_seconds()
        .iter()
        .map(|old| {
            let later = if old.dts >= Time::from_millis(2_000) { hole } else { Delta::ZERO };
            Arc::new(Frame { dts: old.dts + later, pts: old.pts + later, ..Frame::clone(old) })
        })
        .collect();
    // Pictures of before the gap may be shown behind the last of them, so all is cut there.
    let (_, found) = read(&finished(&frames, Delta::secs(2)));
    assert_same(&found, &frames, 1);
}

#[test]
fn times_that_need_more_than_32_bits_have_them() {
    let frames = three_seconds();
    let (file, _) = fragmented(&frames, Delta::secs(1));
    let created = UNIX_EPOCH + Duration::from_secs(5_000_000_000);
    let layout = Index::read(&mut Cursor::new(&file)).unwrap().layout(created);
    let (moov, found) = read(&assemble(&file, &layout));
    assert_same(&found, &frames, 1);
    assert_eq!(moov.trak[0].tkhd.creation_time, 7_082_844_800);
    assert_eq!(moov.trak[0].mdia.mdhd.creation_time, 7_082_844_800);
}

proptest! {
    #[test]
    fn any_frames_come_out_as_they_went_in(
        steps in prop::collection::vec((0usize..2, 1i64..90, 0i64..200, any::<bool>(), 1usize..4), 1..120),
        every in 50i64..3_000,
    ) {
        let tracks = tracks();
        let mut at = [Time::ZERO; 2];
        let mut frames = Vec::new();
        for (track, step, delay, keyframe, size) in steps {
            // A frame of sound does not begin before the one before it ends.
            let sound = Delta::from_ticks(1024 * (1 + step / 30), 44_100);
            at[track] += if track == 1 { sound } else { Delta::millis(step) };
            let delay = if track == 0 { Delta::millis(delay) } else { Delta::ZERO };
            frames.push(frame(&tracks[track], at[track], delay, track == 1 || keyframe, size));
        }
        frames.sort_by_key(|frame| frame.dts);
        let (_, found) = read(&finished(&frames, Delta::millis(every)));
        // Sound may be moved by 2 ms to follow without a seam.
        assert_same(&found, &frames, 90);
    }
}
