#![allow(clippy::unwrap_used)]

use super::super::testing::{pictures, record, sound, stream};
use super::*;

fn moments(seconds: i64) -> Vec<u64> {
    let folder = tempfile::tempdir().unwrap();
    let tracks = [pictures(1, 100), sound(2, true)];
    let (recordings, id) =
        record(folder.path(), &tracks, &stream(&tracks[0], &tracks[1], Time::from_millis(7_000), seconds));
    let frames = recordings.key_frames(&id, 0).unwrap();
    assert!(frames.iter().all(|(_, frame)| frame.keyframe && frame.track.kind() == Kind::Video));
    frames.into_iter().map(|(at, _)| at).collect()
}

#[test]
fn key_frames_are_as_evenly_spread_as_they_lie() {
    // Each is shown 40 ms after it is decoded.
    assert_eq!(moments(5), [40, 1_040, 2_040, 3_040, 4_040]);
    let many = moments(350);
    assert!((85..=Sheet::MOST).contains(&many.len()), "{}", many.len());
    assert_eq!(many[0], 40);
    assert!(many.windows(2).all(|pair| (3_000..=4_000).contains(&(pair[1] - pair[0]))), "{many:?}");
    assert!(many[many.len() - 1] > 345_000);
}
