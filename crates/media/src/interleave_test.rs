#![allow(clippy::unwrap_used)]

use std::time::SystemTime;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::{Codec, Track, h264};

const VIDEO: u32 = 0;
const AUDIO: u32 = 1;
const DATA: u32 = 9;

fn frame(id: u32, millis: i64) -> Arc<Frame> {
    frame_with(id, millis, Bytes::new())
}

fn frame_with(id: u32, millis: i64, payload: Bytes) -> Arc<Frame> {
    let codec = match id {
        DATA => Codec::Amf0,
        _ => Codec::H264(h264::Parameters { sps: vec![], pps: vec![], picture: None }),
    };
    let dts = Time::from_millis(millis);
    Arc::new(Frame {
        track: Arc::new(Track { id: TrackId(id), codec }),
        dts,
        pts: dts,
        duration: None,
        keyframe: true,
        discontinuity: false,
        wall: SystemTime::UNIX_EPOCH,
        payload,
    })
}

fn of(tracks: usize) -> Interleave {
    let mut interleave = Interleave::new();
    interleave.set_tracks(tracks);
    interleave
}

/// What comes out of pushing each in turn.
fn run(interleave: &mut Interleave, frames: impl IntoIterator<Item = (u32, i64)>) -> Vec<(u32, i64)> {
    let mut out = vec![];
    for (id, millis) in frames {
        interleave.push(frame(id, millis));
        out.extend(drain(interleave));
    }
    out
}

fn drain(interleave: &mut Interleave) -> Vec<(u32, i64)> {
    std::iter::from_fn(|| interleave.pop()).map(|frame| (frame.track.id.0, frame.dts.as_millis())).collect()
}

fn rest(interleave: &mut Interleave) -> Vec<(u32, i64)> {
    interleave.flush();
    drain(interleave)
}

/// 25 fps from `from` on.
fn video(from: i64, frames: i64) -> impl Iterator<Item = (u32, i64)> {
    (0..frames).map(move |frame| (VIDEO, from + frame * 40))
}

#[test]
fn one_track_passes_straight_through() {
    assert_eq!(run(&mut of(1), [(VIDEO, 0), (VIDEO, 40)]), [(VIDEO, 0), (VIDEO, 40)]);
}

#[test]
fn two_tracks_come_in_order_as_soon_as_both_have_shown() {
    let mut interleave = of(2);
    let out = run(&mut interleave, [(VIDEO, 0), (VIDEO, 40), (VIDEO, 80), (AUDIO, 10), (AUDIO, 50)]);
    assert_eq!(out, [(VIDEO, 0), (AUDIO, 10), (VIDEO, 40), (AUDIO, 50)]);
    assert_eq!((rest(&mut interleave), interleave.late()), (vec![(VIDEO, 80)], 0));
}

#[test]
fn equal_times_come_in_order_of_arrival() {
    let mut interleave = of(3);
    let out = run(&mut interleave, [(AUDIO, 0), (2, 0), (VIDEO, 0), (AUDIO, 5), (2, 5), (VIDEO, 5)]);
    assert_eq!(out[..3], [(AUDIO, 0), (2, 0), (VIDEO, 0)]);
}

#[test]
fn newest_is_never_500_ms_ahead_of_one_that_waits() {
    let mut interleave = of(2);
    assert_eq!(run(&mut interleave, video(0, 13)), [], "480 ms ahead");
    assert_eq!(run(&mut interleave, [(VIDEO, 499)]), []);
    assert_eq!(run(&mut interleave, [(VIDEO, 500)]), [(VIDEO, 0)]);
    assert_eq!(run(&mut interleave, [(VIDEO, 10_000)]).len(), 14);
}

#[test]
fn no_more_than_256_wait() {
    let mut interleave = of(2);
    assert_eq!(run(&mut interleave, (0..255).map(|frame| (VIDEO, frame))), []);
    assert_eq!(run(&mut interleave, [(VIDEO, 255), (VIDEO, 256)]), [(VIDEO, 0), (VIDEO, 1)]);
}

#[test]
fn no_more_than_32_mib_wait() {
    let big = Bytes::from(vec![0; 8 << 20]);
    let mut interleave = of(2);
    for n in 0..4 {
        interleave.push(frame_with(VIDEO, n, big.clone()));
        assert_eq!(drain(&mut interleave), []);
    }
    interleave.push(frame_with(VIDEO, 4, Bytes::from_static(&[0])));
    assert_eq!(drain(&mut interleave), [(VIDEO, 0)], "the oldest, and no more than needed");
    assert_eq!(run(&mut interleave, [(AUDIO, 1)]), [(VIDEO, 1), (AUDIO, 1)], "order goes on as before");
    // One that is too big by itself takes what waits along, and passes.
    interleave.push(frame_with(VIDEO, 5, Bytes::from(vec![0; (32 << 20) + 1])));
    assert_eq!(drain(&mut interleave), [(VIDEO, 2), (VIDEO, 3), (VIDEO, 4), (VIDEO, 5)]);
    assert_eq!((interleave.bytes, interleave.late()), (0, 0));
}

#[test]
fn late_frames_come_at_once_in_order_of_arrival_and_are_counted() {
    let mut interleave = of(2);
    run(&mut interleave, video(0, 26)); // up to 1000; 0 to 480 are out
    assert_eq!(run(&mut interleave, [(AUDIO, 470)]), [(AUDIO, 470)]);
    assert_eq!(interleave.late(), 1);
    interleave.push(frame(AUDIO, 475));
    interleave.push(frame(2, 100));
    interleave.push(frame(AUDIO, 480));
    assert_eq!(drain(&mut interleave)[..3], [(AUDIO, 475), (2, 100), (AUDIO, 480)]);
    assert_eq!(interleave.late(), 3, "480 is not before the last that went out");
}

#[test]
fn silent_track_is_not_waited_for() {
    let mut interleave = of(2);
    run(&mut interleave, [(AUDIO, 0)]);
    let mut out = run(&mut interleave, video(0, 52));
    assert_eq!(out.last(), Some(&(VIDEO, 2_040)), "given up after 2 s and 50 frames");
    assert_eq!(run(&mut interleave, video(2_080, 1)), [(VIDEO, 2_080)]);
    // It is waited for again when it is back.
    out = run(&mut interleave, [(AUDIO, 2_110), (VIDEO, 2_120), (VIDEO, 2_160), (AUDIO, 2_130)]);
    assert_eq!(out, [(AUDIO, 2_110), (VIDEO, 2_120), (AUDIO, 2_130)]);
    assert_eq!(interleave.late(), 0);
}

#[test]
fn track_that_never_comes_is_not_waited_for() {
    assert_eq!(run(&mut of(2), video(0, 60)).last(), Some(&(VIDEO, 59 * 40)));
}

#[test]
fn unknown_number_of_tracks_is_one_more_than_seen_at_first() {
    let mut interleave = Interleave::new();
    assert_eq!(run(&mut interleave, video(0, 13)), []);
    assert_eq!(run(&mut interleave, video(520, 60)).last(), Some(&(VIDEO, 520 + 59 * 40)));
    // A second track is waited for once it is there.
    assert_eq!(run(&mut interleave, [(AUDIO, 2_930), (VIDEO, 2_940), (VIDEO, 2_980)]), [(AUDIO, 2_930)]);
    assert_eq!(run(&mut interleave, [(AUDIO, 2_950)]), [(VIDEO, 2_940), (AUDIO, 2_950)]);
}

#[test]
fn number_of_tracks_can_fall() {
    let mut interleave = of(2);
    run(&mut interleave, [(VIDEO, 0), (VIDEO, 40), (VIDEO, 80), (AUDIO, 0)]);
    interleave.set_tracks(1);
    assert_eq!(drain(&mut interleave), [(VIDEO, 40), (VIDEO, 80)]);
    assert_eq!(run(&mut interleave, [(VIDEO, 120)]), [(VIDEO, 120)]);
}

#[test]
fn pause_of_the_whole_source_does_not_cost_order() {
    let mut interleave = of(2);
    let mut feed: Vec<_> =
        (0..100).flat_map(|frame| [(VIDEO, frame * 40), (AUDIO, frame * 40 + 10)]).collect();
    feed.extend([(VIDEO, 34_020), (VIDEO, 34_060), (AUDIO, 34_010), (AUDIO, 34_050)]);
    let out = run(&mut interleave, feed);
    assert_eq!(out[200..], [(AUDIO, 34_010), (VIDEO, 34_020), (AUDIO, 34_050)]);
    assert_eq!(interleave.late(), 0);
}

#[test]
fn data_is_sorted_in_but_not_waited_for() {
    let mut interleave = of(2);
    let feed = [(DATA, 5), (VIDEO, 0), (AUDIO, 10), (VIDEO, 20), (AUDIO, 30), (VIDEO, 40), (AUDIO, 50)];
    let out = run(&mut interleave, feed);
    assert_eq!(out[..3], [(VIDEO, 0), (DATA, 5), (AUDIO, 10)]);
    assert_eq!(out.last(), Some(&(VIDEO, 40)));
}

#[test]
fn flush_gives_all_and_ordering_begins_anew() {
    let mut interleave = of(2);
    run(&mut interleave, video(0, 3));
    assert_eq!(rest(&mut interleave).len(), 3);
    assert_eq!(run(&mut interleave, video(120, 3)), []);
    assert_eq!(rest(&mut interleave).len(), 3);
    interleave.flush(); // of nothing
    assert_eq!(run(&mut interleave, video(240, 3)), []);
}

#[test]
fn tracks_are_bounded() {
    let mut interleave = of(2);
    let out = run(&mut interleave, (0..2_000).map(|n| (n + 10, i64::from(n))));
    assert_eq!(out.len() + rest(&mut interleave).len(), 2_000);
    assert!(interleave.lanes.len() <= MAX_TRACKS + MAX_FRAMES);
}

proptest! {
    #[test]
    fn each_frame_once_in_order_and_within_the_bound(
        frames in prop::collection::vec((0u32..4, 0i64..90, prop::bool::weighted(0.02)), 1..600),
        tracks in prop::option::of(0usize..5),
    ) {
        let mut interleave = Interleave::new();
        if let Some(tracks) = tracks {
            interleave.set_tracks(tracks);
        }
        let (mut clock, mut newest) = ([0i64; 4], 0);
        let (mut pushed, mut popped) = (vec![], vec![]);
        for (track, step, leap) in frames {
            let at = &mut clock[track as usize];
            *at += step + 1 + if leap { 5_000 } else { 0 };
            newest = newest.max(*at);
            let id = if track == 3 { DATA } else { track };
            pushed.push((id, *at));
            interleave.push(frame(id, *at));
            popped.extend(drain(&mut interleave));
            prop_assert!(interleave.queue.len() < MAX_FRAMES && interleave.late.is_empty());
            prop_assert!(interleave.queue.iter().all(|frame| newest - frame.dts.as_millis() < 500));
        }
        popped.extend(rest(&mut interleave));
        for id in [VIDEO, AUDIO, 2, DATA] {
            let of = |all: &[(u32, i64)]| all.iter().filter(|(track, _)| *track == id).copied().collect::<Vec<_>>();
            prop_assert_eq!(of(&pushed), of(&popped), "each once, and in order within its track");
        }
        let mut highest = i64::MIN;
        let late = popped.iter().filter(|(_, dts)| { let late = *dts < highest; highest = highest.max(*dts); late }).count();
        prop_assert_eq!(late as u64, interleave.late());
    }

    #[test]
    fn tracks_less_than_500_ms_apart_come_in_order(lag in 0i64..450, first in 0i64..40, tracks in prop::option::of(Just(2usize))) {
        let mut interleave = Interleave::new();
        if let Some(tracks) = tracks {
            interleave.set_tracks(tracks);
        }
        let mut feed: Vec<_> = (0..400).map(|n| (n * 40, VIDEO, n * 40)).collect();
        feed.extend((0..800).map(|n| (first + n * 20 + lag, AUDIO, first + n * 20)));
        feed.sort();
        let mut out = run(&mut interleave, feed.iter().map(|(_, id, dts)| (*id, *dts)));
        out.extend(rest(&mut interleave));
        prop_assert!(out.is_sorted_by_key(|(_, dts)| *dts));
        prop_assert_eq!((out.len(), interleave.late()), (1_200, 0));
    }
}
