#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::time::SystemTime;

use bytes::Bytes;

use super::*;
use crate::{Codec, TrackId, aac, h264};

pub(super) const VIDEO: TrackId = TrackId(0);
pub(super) const AUDIO: TrackId = TrackId(1);
pub(super) const DATA: TrackId = TrackId(9);

fn track(id: TrackId) -> Arc<Track> {
    let codec = match id {
        AUDIO => Codec::Aac(aac::Parameters::parse(&Bytes::from_static(&[0x11, 0x90])).unwrap()),
        DATA => Codec::Amf0,
        _ => Codec::H264(h264::Parameters { sps: vec![], pps: vec![], picture: None }),
    };
    Arc::new(Track { id, codec })
}

pub(super) fn ms(millis: i64) -> Time {
    Time::from_millis(millis)
}

/// A timeline with an arrival clock and all that came out.
pub(super) struct Bench {
    pub(super) timeline: Timeline,
    pub(super) now: Time,
    pub(super) out: Vec<Frame>,
    tracks: Vec<Arc<Track>>,
    pushed: u64,
    seen: usize,
}

impl Bench {
    pub(super) fn new() -> Bench {
        Bench {
            timeline: Timeline::new(),
            now: ms(77_000),
            out: vec![],
            tracks: [VIDEO, AUDIO, DATA].map(track).to_vec(),
            pushed: 0,
            seen: 0,
        }
    }

    pub(super) fn push(&mut self, id: TrackId, dts: Time) {
        self.push_with_pts(id, dts, dts);
    }

    pub(super) fn push_with_pts(&mut self, id: TrackId, dts: Time, pts: Time) {
        let payload = Bytes::copy_from_slice(&self.pushed.to_be_bytes());
        self.push_payload(id, dts, pts, payload);
    }

    pub(super) fn push_payload(&mut self, id: TrackId, dts: Time, pts: Time, payload: Bytes) {
        let frame = self.frame(id, dts, pts, payload);
        self.pushed += 1;
        self.timeline.push(self.now, frame, &mut self.out);
        self.check_bounds();
    }

    fn frame(&mut self, id: TrackId, dts: Time, pts: Time, payload: Bytes) -> Frame {
        let known = self.tracks.iter().position(|track| track.id == id).unwrap_or_else(|| {
            self.tracks.push(track(id));
            self.tracks.len() - 1
        });
        Frame {
            track: Arc::clone(&self.tracks[known]),
            dts,
            pts,
            duration: None,
            keyframe: true,
            discontinuity: false,
            wall: SystemTime::UNIX_EPOCH,
            payload,
        }
    }

    pub(super) fn wait(&mut self, span: Delta) {
        self.now += span;
        self.timeline.tick(self.now, &mut self.out);
        self.check_bounds();
    }

    /// `span` of 25 fps video and 20 ms audio in real time, from `from` on the source's clock.
    pub(super) fn play(&mut self, from: Time, span: Delta) {
        for tick in 0..span.as_millis() / 20 {
            let at = from + Delta::millis(tick * 20);
            if tick % 2 == 0 {
                self.push(VIDEO, at);
            }
            self.push(AUDIO, at);
            self.wait(Delta::millis(20));
        }
    }

    /// What came out since the last call: track, dts in ms, marked as a discontinuity.
    pub(super) fn news(&mut self) -> Vec<(TrackId, i64, bool)> {
        let new = &self.out[self.seen..];
        self.seen = self.out.len();
        new.iter().map(|frame| (frame.track.id, frame.dts.as_millis(), frame.discontinuity)).collect()
    }

    /// The dts in ms of what came out since the last call.
    pub(super) fn dts(&mut self) -> Vec<i64> {
        self.news().into_iter().map(|(_, dts, _)| dts).collect()
    }

    pub(super) fn last(&self, id: TrackId) -> &Frame {
        self.out.iter().rev().find(|frame| frame.track.id == id).unwrap()
    }

    /// Says what waits, by dts on the source's clock.
    pub(super) fn held(&self) -> Vec<i64> {
        self.timeline.held.iter().map(|(_, frame)| frame.dts.as_millis()).collect()
    }

    fn check_bounds(&self) {
        assert!(self.timeline.held.len() < MAX_HELD_FRAMES && self.timeline.held_bytes < MAX_HELD_BYTES);
        assert!(
            self.timeline
                .deadline()
                .is_none_or(|deadline| deadline > self.now || [Time::MIN, Time::MAX].contains(&deadline))
        );
        assert_eq!(
            self.timeline.deadline().is_some(),
            self.timeline.held.len() + self.timeline.ready.len() > 0
        );
        assert!(self.timeline.lanes.len() <= MAX_TRACKS);
    }

    /// What holds of all that came out, whatever went in. Payloads must be those of `push`.
    pub(super) fn check(&mut self) {
        self.timeline.flush(&mut self.out);
        let mut last = HashMap::new();
        let mut serials = vec![];
        for frame in &self.out {
            let serial = u64::from_be_bytes(frame.payload[..].try_into().unwrap());
            serials.push(serial);
            assert!(frame.pts >= frame.dts && frame.dts >= Time::ZERO, "{frame:?}");
            assert!(frame.pts - frame.dts <= Delta::secs(60), "{frame:?}");
            if let Some((dts, earlier)) = last.insert(frame.track.id, (frame.dts, serial)) {
                assert!(frame.dts > dts && serial > earlier, "{frame:?} after {dts:?}");
            }
        }
        serials.sort_unstable();
        assert!(serials.iter().copied().eq(0..self.pushed), "every frame once");
    }
}

#[test]
fn first_clock_is_kept() {
    for start in [0, 1, (1 << 24) - 10_000, (1 << 31) - 10_000, (1i64 << 32) - 10_000] {
        let mut bench = Bench::new();
        bench.push(AUDIO, ms(start + 7));
        bench.push(VIDEO, ms(start));
        bench.play(ms(start + 40), Delta::secs(20));
        assert_eq!(bench.dts()[..4], [start + 7, start, start + 40, start + 40]);
        assert_eq!(bench.last(AUDIO).dts, ms(start + 20_020));
        assert_eq!(bench.timeline.stats(), Stats::default());
        bench.check();
    }
}

#[test]
fn start_below_zero_is_lifted_for_all_tracks() {
    let mut bench = Bench::new();
    bench.push_with_pts(VIDEO, ms(-80), ms(0));
    bench.push(AUDIO, ms(0));
    bench.push_with_pts(VIDEO, ms(-40), ms(120));
    assert_eq!(bench.dts(), [0, 80, 40]);
    assert_eq!((bench.out[0].pts, bench.out[2].pts), (ms(80), ms(200)));
    bench.check();
}

#[test]
fn start_that_makes_no_sense_is_zero() {
    for start in [Time::MIN, Time::MAX, Time::from_micros((1 << 53) + 1)] {
        let mut bench = Bench::new();
        bench.push(VIDEO, start);
        bench.push(VIDEO, start + Delta::millis(40));
        assert_eq!(bench.out[0].dts, Time::ZERO);
        bench.check();
    }
}

#[test]
fn track_that_begins_below_zero_after_the_first_keeps_its_pts() {
    let mut bench = Bench::new();
    bench.push(AUDIO, ms(0));
    for (dts, pts) in [(-80, 0), (-40, 40), (0, 80), (40, 120)] {
        bench.push_with_pts(VIDEO, ms(dts), ms(pts));
    }
    assert_eq!(bench.dts(), [0, 0, 1, 2, 40]);
    assert_eq!(
        bench.out[1..].iter().map(|frame| frame.pts.as_millis()).collect::<Vec<_>>(),
        [0, 40, 80, 120]
    );
}

#[test]
fn pts_wobble_is_kept() {
    let mut bench = Bench::new();
    let pts = [47, 81, 120, 169, 200];
    for (frame, pts) in pts.iter().enumerate() {
        bench.push_with_pts(VIDEO, ms(frame as i64 * 40), ms(*pts));
    }
    assert!(bench.out.iter().map(|frame| frame.pts.as_millis()).eq(pts));
}

#[test]
fn pts_beyond_any_reordering_is_dts() {
    let mut bench = Bench::new();
    for (dts, pts) in [(100, 60_101), (140, -1_000), (180, i64::MAX / 1_000), (220, i64::MIN / 1_000)] {
        bench.push_with_pts(VIDEO, ms(dts), ms(pts));
    }
    assert!(bench.out.iter().all(|frame| frame.pts == frame.dts));
    assert_eq!(bench.dts(), [100, 140, 180, 220]);
}

/// As encoders send them that leave dts unshifted: I0 P3 B1 B2.
#[test]
fn unshifted_b_frames_keep_their_pts() {
    let mut bench = Bench::new();
    for (dts, pts) in [(0, 0), (40, 120), (80, 40), (120, 80), (160, 240), (200, 160), (240, 200)] {
        bench.push_with_pts(VIDEO, ms(1_000 + dts), ms(1_000 + pts));
    }
    let pts: Vec<_> = bench.out.iter().map(|frame| frame.pts.as_millis() - 1_000).collect();
    assert_eq!(pts, [0, 120, 41, 80, 240, 161, 200], "1 ms for order at most");
    bench.check();
}

#[test]
fn equal_and_earlier_dts_are_nudged_and_the_error_does_not_accumulate() {
    let mut bench = Bench::new();
    for dts in [100, 100, 100, 133, 120, 133, 166, 200] {
        bench.push(VIDEO, ms(dts));
    }
    assert_eq!(bench.dts(), [100, 101, 102, 133, 134, 135, 166, 200]);
    assert_eq!(bench.timeline.stats(), Stats { nudged: 4, ..Stats::default() });
    bench.check();
}

#[test]
fn sound_stamped_with_one_time_gets_the_times_that_its_frames_make() {
    let mut bench = Bench::new();
    for dts in [0, 0, 0, 0, 0, 100, 100, 100, 100, 100, 200] {
        bench.push(AUDIO, ms(dts));
    }
    assert_eq!(bench.dts(), [0, 1, 21, 43, 64, 100, 121, 143, 164, 185, 207]);
    assert_eq!(bench.timeline.stats().nudged, 1, "that it stands still shows at the second time");
    bench.check();
}

#[test]
fn clock_goes_on_after_a_new_publisher() {
    let mut bench = Bench::new();
    bench.play(ms(5_000), Delta::secs(1));
    bench.timeline.resume();
    bench.news();
    bench.wait(Delta::secs(60));
    bench.push(VIDEO, ms(70));
    bench.push(AUDIO, ms(80));
    bench.push(VIDEO, ms(110));
    bench.push(TrackId(5), ms(110));
    // The last were audio at 5980, of 21.3 ms, and video at 5960, of 40.
    let third = TrackId(5);
    assert_eq!(
        bench.news(),
        [(VIDEO, 6_001, true), (AUDIO, 6_011, true), (VIDEO, 6_041, false), (third, 6_041, true)]
    );
    assert_eq!(bench.timeline.stats(), Stats::default());
    bench.check();
}

#[test]
fn resume_before_the_first_publisher_changes_nothing() {
    let mut bench = Bench::new();
    bench.timeline.resume();
    bench.push(VIDEO, ms(70));
    assert_eq!(bench.news(), [(VIDEO, 70, false)]);
}

#[test]
fn bursts_and_files_sent_at_once_are_kept() {
    let mut bench = Bench::new();
    for gop in 0..10 {
        (0..100).for_each(|frame| bench.push(VIDEO, ms(gop * 4_000 + frame * 40)));
        (0..200).for_each(|frame| bench.push(AUDIO, ms(gop * 4_000 + frame * 20)));
    }
    assert_eq!(bench.last(AUDIO).dts, ms(39_980));
    assert_eq!(bench.timeline.stats(), Stats::default());
    bench.check();
}

#[test]
fn late_first_track_shares_the_offset() {
    let mut bench = Bench::new();
    for second in 0..60 {
        bench.push(VIDEO, ms(-500 + second * 1_000));
        bench.wait(Delta::secs(1));
    }
    bench.push(AUDIO, ms(58_700));
    assert_eq!((bench.last(VIDEO).dts, bench.last(AUDIO).dts), (ms(59_000), ms(59_200)));
}

#[test]
fn late_first_track_after_a_pause_shares_the_offset() {
    let mut bench = Bench::new();
    bench.push(VIDEO, ms(1_000));
    bench.wait(Delta::secs(30));
    bench.push(AUDIO, ms(31_300));
    assert_eq!(bench.dts(), [1_000, 31_300]);
}

#[test]
fn late_first_track_far_off_is_put_at_the_current_time() {
    for first in [0, 48_000, 80_000, i64::MAX / 1_000, i64::MIN / 1_000] {
        let mut bench = Bench::new();
        for second in 0..60 {
            bench.push(VIDEO, ms(second * 1_000));
            bench.wait(Delta::secs(1));
        }
        bench.push(AUDIO, ms(first));
        bench.push(AUDIO, ms(first) + Delta::millis(20));
        assert_eq!(bench.dts()[60], 60_000, "video was at 59 s a second ago");
        assert_eq!(bench.timeline.stats().jumps, 0);
        bench.check();
    }
}

#[test]
fn data_neither_waits_nor_is_waited_for() {
    let mut bench = Bench::new();
    bench.push(DATA, ms(3));
    bench.push(VIDEO, ms(1 << 31));
    bench.push(DATA, ms((1 << 31) + 10));
    bench.push(DATA, ms(0));
    bench.push(DATA, ms(0));
    assert_eq!(bench.dts(), [3, 1 << 31, (1 << 31) + 10, (1 << 31) + 11, (1 << 31) + 12]);
    bench.push(VIDEO, ms(0));
    assert_eq!(bench.dts(), [(1 << 31) + 33], "nobody else has a clock");
    bench.check();
}

#[test]
fn tracks_are_bounded_and_order_holds_nevertheless() {
    let mut bench = Bench::new();
    for round in 0..3 {
        for id in 0..200 {
            bench.push(TrackId(id * 10), ms(round * 40 + i64::from(id)));
            bench.now += Delta::micros(100);
        }
    }
    bench.check();
}

#[test]
fn frame_length_is_what_the_source_says_else_what_it_does() {
    let mut bench = Bench::new();
    for frame in 0..100 {
        bench.push(VIDEO, Time::from_ticks(frame, 60));
    }
    bench.push(VIDEO, ms(0));
    let [.., last, next] = &bench.out[..] else { unreachable!() };
    assert!(
        (next.dts - last.dts - Delta::micros(16_667)).abs() < Delta::micros(10),
        "{:?}",
        next.dts - last.dts
    );

    let mut alone = Bench::new();
    alone.push(VIDEO, ms(500_000));
    alone.push(VIDEO, ms(0));
    assert_eq!(alone.dts(), [500_000, 500_033]);
}

#[test]
fn ordinary_frames_need_no_memory() {
    let mut bench = Bench::new();
    bench.play(ms(0), Delta::millis(100));
    let lanes = bench.timeline.lanes.capacity();
    bench.play(ms(100), Delta::secs(10));
    assert_eq!(bench.timeline.lanes.capacity(), lanes);
    assert_eq!((bench.timeline.held.capacity(), bench.timeline.ready.capacity()), (0, 0));
}

#[test]
fn steps_back_add_up() {
    let mut bench = Bench::new();
    [1_000, 1_040, 700, 500].into_iter().for_each(|dts| bench.push(VIDEO, ms(dts)));
    assert_eq!(bench.timeline.stats(), Stats { jumps: 1, nudged: 1, held: 0 });
    assert_eq!(bench.dts()[..3], [1_000, 1_040, 1_041]);
    bench.check();
}

#[test]
fn frame_that_says_its_duration_is_believed() {
    let mut bench = Bench::new();
    for (duration, gap) in [(100, 100), (0, 33), (3_001, 33)] {
        bench.timeline.resume();
        let mut frame = bench.frame(VIDEO, ms(0), ms(0), Bytes::new());
        frame.duration = Some(Delta::millis(duration));
        bench.timeline.push(bench.now, frame, &mut bench.out);
        bench.timeline.resume();
        bench.push(VIDEO, ms(0));
        let [.., last, next] = &bench.out[..] else { unreachable!() };
        assert_eq!((next.dts - last.dts).as_millis(), gap);
    }
}

#[test]
fn forgotten_tracks_still_count_for_order() {
    let mut bench = Bench::new();
    bench.push(VIDEO, ms(9_000));
    for id in 100..164 {
        bench.wait(Delta::millis(1));
        bench.push(TrackId(id), ms(5));
    }
    assert!(bench.timeline.lanes.iter().all(|lane| lane.track.id != VIDEO));
    bench.push(VIDEO, ms(9_000));
    assert_eq!(bench.last(VIDEO).dts, ms(9_001));

    for id in 200..264 {
        bench.wait(Delta::millis(1));
        bench.push(TrackId(id), ms(6));
    }
    assert!(bench.timeline.lanes.iter().all(|lane| lane.track.id != VIDEO));
    bench.timeline.resume();
    bench.push(AUDIO, ms(0));
    assert!(bench.last(AUDIO).dts > ms(9_001));
    bench.check();
}

#[test]
fn forgetting_a_track_does_not_mix_up_what_is_held() {
    let mut bench = Bench::new();
    bench.push(TrackId(50), ms(100_000)); // the one to be forgotten, in the first place
    bench.wait(Delta::millis(1));
    bench.push(AUDIO, ms(100_000));
    (100..161).for_each(|id| bench.push(TrackId(id), ms(100_000)));
    bench.push(VIDEO, ms(100_000));
    bench.push(VIDEO, ms(0));
    assert_eq!(bench.held(), [0]);
    bench.push(TrackId(200), ms(100_000));
    assert_eq!(bench.held(), []);
    bench.check();
}
