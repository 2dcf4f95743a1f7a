//! What holds of a timeline whatever the source does, and what holds after hours.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use proptest::prelude::*;

use super::tests::{AUDIO, Bench, DATA, VIDEO, ms};
use super::*;
use crate::{TrackId, Unwrap};

/// A source with video and audio, its timestamps rounded to `tick`s a second.
#[derive(Debug, Clone)]
struct Source {
    /// Frame `n` of a track is at `n * den / num` seconds of content.
    video: (i64, i64),
    audio: (i64, i64),
    rate: u32,
    /// The same of audio, where it is coarser.
    audio_rate: u32,
    /// How much later than video of the same content audio arrives; may be negative.
    lag: Delta,
    /// Arrival against content: 1 is real time.
    speed: i64,
    /// How far a frame may arrive out of its time; frames of a track keep their order.
    jitter: Delta,
}

impl Source {
    fn frames(&self, from: Delta, span: Delta) -> Vec<(Time, TrackId, Delta)> {
        let mut frames = vec![];
        let mut noise = 1u64;
        for (id, (num, den), lag) in [(VIDEO, self.video, Delta::ZERO), (AUDIO, self.audio, self.lag)] {
            let mut n = 0;
            let mut last = Time::MIN;
            loop {
                let at = Delta::micros(n * 1_000_000 * den / num);
                if at >= span {
                    break;
                }
                let content = from + at;
                noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let late = Delta::micros((noise >> 33) as i64 % (self.jitter.as_micros() + 1));
                let arrival = Delta::micros((content + lag).as_micros() / self.speed) + late;
                last = last.max(ms(1_000_000) + arrival);
                frames.push((last, id, content));
                n += 1;
            }
        }
        frames.sort_by_key(|(arrival, ..)| *arrival);
        frames
    }

    /// Content as [`play`](Source::play) pushes it: arrival, track, content, timestamp.
    fn stamped(&self, from: Delta, span: Delta, clock: Delta) -> Vec<(Time, TrackId, Delta, Time)> {
        let stamp = |id: TrackId, content: Delta| {
            let rate = if id == AUDIO { self.audio_rate } else { self.rate };
            Time::from_ticks((Time::ZERO + content + clock).to_ticks(rate), rate)
        };
        let frames = self.frames(from, span).into_iter();
        frames.map(|(arrival, id, content)| (arrival, id, content, stamp(id, content))).collect()
    }

    /// Pushes content, which the source puts at `clock` later; returns what was pushed, in order of arrival.
    fn play(&self, bench: &mut Bench, from: Delta, span: Delta, clock: Delta) -> Vec<(TrackId, Delta)> {
        let mut pushed = vec![];
        for (arrival, id, content, stamp) in self.stamped(from, span, clock) {
            bench.wait(arrival - bench.now);
            bench.push(id, stamp);
            pushed.push((id, content));
        }
        pushed
    }
}

/// How much further audio is ahead of video on the stream's clock than in the content, by the last frame of each.
fn skew(bench: &Bench, pushed: &[(TrackId, Delta)]) -> Delta {
    let shift = |id: TrackId| {
        let out = bench.out.iter().rev().find(|frame| frame.track.id == id).unwrap();
        let content = pushed.iter().rev().find(|(track, _)| *track == id).unwrap().1;
        out.pts - (Time::ZERO + content)
    };
    shift(AUDIO) - shift(VIDEO)
}

/// 30 fps and AAC of 48 kHz, both in milliseconds, in real time.
fn plain() -> Source {
    Source {
        video: (30, 1),
        audio: (48_000, 1_024),
        rate: 1_000,
        audio_rate: 1_000,
        lag: Delta::ZERO,
        speed: 1,
        jitter: Delta::ZERO,
    }
}

fn source() -> impl Strategy<Value = Source> {
    (
        prop::sample::select(vec![(30, 1), (30_000, 1_001), (25, 1), (60, 1), (10, 1)]),
        prop::sample::select(vec![(48_000, 1_024), (44_100, 1_024), (50, 1)]),
        prop::sample::select(vec![1_000u32, 90_000]),
        -450i64..450,
        1i64..8,
    )
        .prop_map(|(video, audio, rate, lag, speed)| Source {
            video,
            audio,
            rate,
            audio_rate: rate,
            lag: Delta::millis(lag),
            speed,
            jitter: Delta::ZERO,
        })
}

fn jump() -> impl Strategy<Value = i64> {
    prop_oneof![
        -4_000i64..4_000,
        -100_000_000i64..100_000_000,
        prop::sample::select(vec![-501, -500, -499, -2_999, 2_980, 2_999, 3_000, 3_001, 10_000, -10_000]),
    ]
}

/// Further than what may be a pause or a stumble.
fn far_jump() -> impl Strategy<Value = i64> {
    prop_oneof![-12_000i64..-4_500, 4_500i64..12_000, -100_000_000i64..-12_000, 12_000i64..100_000_000]
}

/// Two of them, and how long each lasts; at times the second all but undoes the first.
fn close_jumps() -> impl Strategy<Value = [(i64, i64); 2]> {
    let second =
        |first: i64| prop_oneof![3 => far_jump(), 1 => (-1_300i64..-700).prop_map(move |net| net - first)];
    let jumps = far_jump().prop_flat_map(move |first| (Just(first), second(first)));
    (jumps, 100i64..700, 100i64..700)
        .prop_map(|((first, second), short, last)| [(first, short), (second, last)])
}

proptest! {
    #[test]
    fn sound_and_picture_stay_in_sync_over_jumps(source in source(), jumps in prop::collection::vec((jump(), 1_000i64..4_000), 1..5)) {
        let mut bench = Bench::new();
        let mut clock = Delta::secs(200_000);
        let span = Delta::secs(6);
        let mut pushed = source.play(&mut bench, Delta::ZERO, span, clock);
        let mut from = span;
        for (part, (jump, last)) in jumps.iter().enumerate() {
            clock += Delta::millis(*jump);
            let span = if part + 1 == jumps.len() { span * source.speed } else { Delta::millis(*last) * source.speed };
            pushed.extend(source.play(&mut bench, from, span, clock));
            from += span;
        }
        bench.check();
        prop_assert!(skew(&bench, &pushed).abs() <= Delta::millis(1), "{:?} {:?}", skew(&bench, &pushed), bench.timeline.stats());
    }

    #[test]
    fn sound_and_picture_stay_in_sync_over_publishers(sources in prop::collection::vec((source(), jump()), 1..5)) {
        let mut bench = Bench::new();
        for (source, start) in sources {
            bench.timeline.resume();
            let before = bench.out.iter().map(|frame| frame.dts).max();
            let first = bench.out.len();
            bench.now = ms(0);
            let pushed = source.play(&mut bench, Delta::ZERO, Delta::secs(3), Delta::millis(start));
            prop_assert!(skew(&bench, &pushed).abs() <= Delta::millis(1));
            if let Some(before) = before {
                prop_assert!(bench.out[first].dts > before && bench.out[first].dts - before < Delta::millis(101));
                for id in [VIDEO, AUDIO] {
                    let marks: Vec<bool> =
                        bench.out[first..].iter().filter(|frame| frame.track.id == id).map(|frame| frame.discontinuity).collect();
                    prop_assert!(marks[0] && !marks[1..].contains(&true));
                }
            }
        }
        bench.check();
    }

    /// The second jump comes before all tracks have gone through the first.
    #[test]
    fn jumps_close_together_do_not_part_the_tracks(source in source(), jumps in close_jumps()) {
        let source = Source { speed: 1, ..source };
        let mut bench = Bench::new();
        let mut clock = Delta::secs(200_000);
        let mut from = Delta::secs(6);
        let mut feed = source.stamped(Delta::ZERO, from, clock);
        for (part, (jump, last)) in jumps.iter().enumerate() {
            clock += Delta::millis(*jump);
            let span = if part + 1 == jumps.len() { Delta::secs(6) } else { Delta::millis(*last) };
            feed.extend(source.stamped(from, span, clock));
            from += span;
        }
        feed.sort_by_key(|(arrival, ..)| *arrival);
        let mut pushed = vec![];
        for (arrival, id, content, stamp) in feed {
            bench.wait((arrival - bench.now).max(Delta::ZERO));
            bench.push(id, stamp);
            pushed.push((id, content));
        }
        bench.check();
        prop_assert!(skew(&bench, &pushed).abs() <= Delta::millis(1), "{:?} {:?}", skew(&bench, &pushed), bench.timeline.stats());
    }

    /// Sound whose clock ticks every 10 to 100 ms: many frames of one time, then a step.
    #[test]
    fn coarse_audio_clocks_cost_no_more_than_a_tick(source in source(), audio_rate in prop::sample::select(vec![100u32, 50, 25, 20, 10]), jump in jump()) {
        let source = Source { audio: (48_000, 1_024), audio_rate, ..source };
        let mut bench = Bench::new();
        let (clock, span) = (Delta::secs(200_000), Delta::secs(6) * source.speed);
        source.play(&mut bench, Delta::ZERO, span, clock);
        let pushed = source.play(&mut bench, span, span, clock + Delta::millis(jump));
        bench.check();
        let (tick, frame) = (Delta::from_ticks(1, audio_rate), Delta::micros(21_333));
        prop_assert!(skew(&bench, &pushed).abs() <= tick + frame, "{:?}", skew(&bench, &pushed));
    }

    #[test]
    fn no_timestamp_does_harm(steps in prop::collection::vec(step(), 1..400)) {
        let mut bench = Bench::new();
        let mut clock = [Time::ZERO; 5];
        for step in steps {
            match step {
                Step::Push { track, dts, pts, wait } => {
                    bench.wait(wait);
                    let at = &mut clock[track as usize % 5];
                    *at = match dts {
                        Stamp::After(span) => *at + span,
                        Stamp::At(time) => time,
                    };
                    let at = *at;
                    let pts = match pts {
                        Stamp::After(span) => at + span,
                        Stamp::At(time) => time,
                    };
                    let id = [VIDEO, AUDIO, DATA, TrackId(2), TrackId(3)][track as usize % 5];
                    bench.push_with_pts(id, at, pts);
                }
                Step::Flush => bench.timeline.flush(&mut bench.out),
                Step::Resume => bench.timeline.resume(),
            }
        }
        bench.check();
    }
}

#[derive(Debug, Clone)]
enum Step {
    Push { track: u8, dts: Stamp, pts: Stamp, wait: Delta },
    Flush,
    Resume,
}

#[derive(Debug, Clone)]
enum Stamp {
    After(Delta),
    At(Time),
}

fn step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![
        8 => (0i64..50_000).prop_map(Delta::micros),
        1 => (0i64..40_000).prop_map(Delta::millis),
        1 => any::<i64>().prop_map(Delta::micros),
    ];
    prop_oneof![
        60 => (0u8..5, stamp(), stamp(), wait).prop_map(|(track, dts, pts, wait)| Step::Push { track, dts, pts, wait }),
        1 => Just(Step::Flush),
        1 => Just(Step::Resume),
    ]
}

fn stamp() -> impl Strategy<Value = Stamp> {
    prop_oneof![
        8 => (0i64..60_000).prop_map(|micros| Stamp::After(Delta::micros(micros))),
        2 => (-2_000i64..5_000).prop_map(|millis| Stamp::After(Delta::millis(millis))),
        1 => any::<i64>().prop_map(|micros| Stamp::At(Time::from_micros(micros))),
        1 => prop::sample::select(vec![Time::MIN, Time::MAX, Time::ZERO]).prop_map(Stamp::At),
    ]
}

/// Jumps that are just big enough on one track and not on the other, or that undo the one before.
#[test]
fn jumps_near_the_limits_do_not_part_the_tracks() {
    let source = Source { video: (25, 1), audio: (44_100, 1_024), ..plain() };
    let undone = [[-3_498, 3_001], [-3_489, 2_999], [20_000, -20_000], [-80_000, 80_050]];
    let limits = (-540..-460).step_by(3).chain((2_950..3_050).step_by(3)).map(|jump| [jump, 0]);
    for jumps in limits.chain(undone) {
        let mut bench = Bench::new();
        let (mut clock, span) = (Delta::secs(1_000), Delta::secs(2));
        let mut pushed = source.play(&mut bench, Delta::ZERO, span, clock);
        for (part, jump) in jumps.iter().enumerate() {
            clock += Delta::millis(*jump);
            pushed.extend(source.play(&mut bench, span * (part as i64 + 1), span, clock));
        }
        bench.check();
        assert!(skew(&bench, &pushed).abs() <= Delta::millis(1), "{jumps:?}: {:?}", skew(&bench, &pushed));
    }
}

/// Later than a track that jumps is held.
#[test]
fn tracks_that_arrive_far_apart_stay_in_sync() {
    for (lag, jump) in [600, -600, 900, -900].into_iter().flat_map(|lag| [(lag, 3_100), (lag, -90_000)]) {
        let lag = Delta::millis(lag);
        let source = Source { lag, ..plain() };
        let mut bench = Bench::new();
        let (clock, span) = (Delta::secs(1_000), Delta::secs(2));
        source.play(&mut bench, Delta::ZERO, span, clock);
        let pushed = source.play(&mut bench, span, span, clock + Delta::millis(jump));
        bench.check();
        assert!(skew(&bench, &pushed).abs() <= Delta::millis(1), "{lag} {jump}: {:?}", skew(&bench, &pushed));
    }
}

/// 30 fps and 48 kHz, rounded to milliseconds, a jump every hour and a new publisher every four.
#[test]
fn twelve_hours_do_not_drift() {
    let source = Source { lag: Delta::millis(60), ..plain() };
    let mut bench = Bench::new();
    let hour = Delta::secs(3_600);
    for part in 0..12 {
        if part % 4 == 0 {
            bench.timeline.resume();
        }
        let clock = Delta::secs(7_777 * (part * 5 % 12)) + Delta::micros(333 * part);
        let pushed = source.play(&mut bench, hour * part, hour, clock);
        assert!(skew(&bench, &pushed).abs() <= Delta::millis(1), "hour {part}: {:?}", skew(&bench, &pushed));
    }
    assert_eq!(bench.timeline.stats().nudged, 0);
    assert_eq!(bench.timeline.stats().jumps, 9);
    bench.check();
    let span = bench.out[bench.out.len() - 1].dts - bench.out[0].dts;
    assert!((span - hour * 12).abs() < Delta::secs(2), "{span}");
}

/// As demuxers see it: counters of RTMP and MPEG-TS that wrap after six hours, over a network that delays by up to 200 ms.
#[test]
fn twelve_hours_with_jitter_and_wraps_keep_sync() {
    for (bits, rate) in [(32, 1_000), (33, 90_000)] {
        let jitter = Delta::millis(200);
        let source = Source { rate, audio_rate: rate, lag: Delta::millis(-40), jitter, ..plain() };
        let mut bench = Bench::new();
        let hour = Delta::secs(3_600);
        let start = (1i64 << bits) - (hour * 6).to_ticks(rate);
        let mut counters = HashMap::new();
        for part in 0..12 {
            let mut pushed = vec![];
            for (arrival, id, content, stamp) in source.stamped(hour * part, hour, Delta::ZERO) {
                let counter = (start + stamp.to_ticks(rate)) as u64 & ((1 << bits) - 1);
                let unwrap = counters.entry(id).or_insert_with(|| Unwrap::new(bits));
                bench.wait((arrival - bench.now).max(Delta::ZERO));
                bench.push(id, Time::from_ticks(unwrap.next(counter), rate));
                pushed.push((id, content));
            }
            assert!(
                skew(&bench, &pushed).abs() <= Delta::millis(1),
                "hour {part}: {:?}",
                skew(&bench, &pushed)
            );
        }
        assert_eq!(bench.timeline.stats(), Stats::default());
        bench.check();
        let span = bench.out[bench.out.len() - 1].dts - bench.out[0].dts;
        assert!((span - hour * 12).abs() < Delta::secs(1), "{span}");
    }
}
