//! What becomes of clocks that jump.

use bytes::Bytes;

use super::tests::{AUDIO, Bench, VIDEO, ms};
use super::*;
use crate::TrackId;

#[test]
fn frames_held_when_the_publisher_changes_come_first() {
    let mut bench = Bench::new();
    bench.play(ms(5_000), Delta::secs(1));
    bench.push(VIDEO, ms(900_000));
    bench.news();
    assert_eq!(bench.held(), [900_000]);
    bench.timeline.resume();
    assert_eq!(bench.timeline.deadline(), Some(Time::MIN));
    bench.push(VIDEO, ms(0));
    assert_eq!(bench.news(), [(VIDEO, 6_000, true), (VIDEO, 6_040, true)]);
    bench.check();
}

#[test]
fn encoder_that_starts_again_at_zero_goes_on_in_sync() {
    let mut bench = Bench::new();
    bench.play(ms(5_000), Delta::secs(10));
    bench.news();
    bench.push(VIDEO, ms(0));
    assert_eq!((bench.held(), bench.dts()), (vec![0], vec![]));
    bench.push(AUDIO, ms(15_000)); // still the old clock
    bench.wait(Delta::millis(100));
    bench.push(VIDEO, ms(40));
    assert_eq!((bench.held(), bench.dts()), (vec![0, 40], vec![15_000]));
    bench.push(AUDIO, ms(20));
    bench.push(AUDIO, ms(41));
    // Audio has the least room: one frame of 21.3 ms after 15000.
    assert_eq!(
        bench.news(),
        [(VIDEO, 15_001, true), (VIDEO, 15_041, false), (AUDIO, 15_021, true), (AUDIO, 15_042, false)]
    );
    assert_eq!(bench.timeline.stats(), Stats { jumps: 1, held: 2, nudged: 0 });
    bench.check();
}

#[test]
fn forward_jump_is_closed() {
    let mut bench = Bench::new();
    bench.play(ms(0), Delta::secs(2));
    bench.news();
    bench.play(ms(2_000 + 3_100), Delta::millis(20));
    assert_eq!(bench.news(), [(VIDEO, 2_001, true), (AUDIO, 2_001, true)]);
    assert_eq!(bench.timeline.stats().jumps, 1);
}

#[test]
fn track_that_jumps_alone_gets_its_own_offset_after_500_ms() {
    let mut bench = Bench::new();
    bench.play(ms(0), Delta::secs(2));
    bench.news();
    for frame in 0..20 {
        bench.push(AUDIO, ms(2_000 + frame * 40));
        bench.push(VIDEO, ms(700_000 + frame * 40));
        if frame == 12 {
            assert_eq!(bench.held().len(), 13);
            assert_eq!(bench.timeline.deadline(), Some(bench.now + Delta::millis(20)));
            assert!(bench.news().iter().all(|(id, ..)| *id == AUDIO), "the others go on meanwhile");
        }
        bench.wait(Delta::millis(40));
    }
    assert_eq!(bench.last(VIDEO).dts, ms(2_760));
    assert_eq!(bench.last(AUDIO).dts, ms(2_760));
    assert_eq!(bench.timeline.stats(), Stats { jumps: 1, held: 13, nudged: 0 });
    bench.check();
}

#[test]
fn track_that_follows_a_jump_late_is_in_sync_again() {
    let mut bench = Bench::new();
    bench.play(ms(10_000), Delta::secs(2));
    for frame in 0..20 {
        bench.push(VIDEO, ms(frame * 40));
        bench.push(AUDIO, ms(12_000 + frame * 40));
        bench.wait(Delta::millis(40));
    }
    bench.news();
    bench.push(VIDEO, ms(800));
    bench.push(AUDIO, ms(810));
    assert_eq!(bench.news(), [(VIDEO, 12_800, false), (AUDIO, 12_810, true)]);
    bench.check();
}

#[test]
fn single_wrong_timestamp_costs_nothing() {
    for wrong in [0, 900_000, i64::MAX / 1_000, i64::MIN / 1_000] {
        let mut bench = Bench::new();
        bench.play(ms(10_000), Delta::secs(2));
        bench.push(VIDEO, ms(wrong));
        bench.push(AUDIO, ms(12_000));
        bench.wait(Delta::millis(40));
        bench.news();
        bench.push(VIDEO, ms(12_040));
        bench.push(AUDIO, ms(12_040));
        bench.push(VIDEO, ms(12_080));
        assert_eq!(
            bench.news(),
            [(VIDEO, 12_000, true), (VIDEO, 12_040, true), (AUDIO, 12_040, false), (VIDEO, 12_080, false)]
        );
        bench.check();
    }
}

#[test]
fn wrong_timestamps_in_all_tracks_cost_nothing() {
    let mut bench = Bench::new();
    bench.play(ms(10_000), Delta::secs(2));
    bench.play(ms(7_777_777), Delta::millis(40));
    bench.play(ms(12_040), Delta::millis(40));
    assert_eq!((bench.last(VIDEO).dts, bench.last(AUDIO).dts), (ms(12_040), ms(12_060)));
    assert_eq!(bench.timeline.stats().jumps, 2);

    let mut alone = Bench::new();
    for dts in [10_000, 10_040, 0, 10_120, 10_160] {
        alone.push(VIDEO, ms(dts));
    }
    assert_eq!(alone.dts(), [10_000, 10_040, 10_080, 10_120, 10_160]);
}

/// A step of 2 s forward is no jump, but the way back is.
#[test]
fn small_stumble_does_not_shift_the_track_for_good() {
    let mut bench = Bench::new();
    bench.play(ms(10_000), Delta::secs(2));
    bench.push(VIDEO, ms(14_000));
    bench.push(AUDIO, ms(12_000));
    bench.wait(Delta::millis(20));
    bench.play(ms(12_040), Delta::secs(3));
    assert_eq!((bench.last(VIDEO).dts, bench.last(AUDIO).dts), (ms(15_000), ms(15_020)));
    assert_eq!(bench.timeline.stats().jumps, 0);
    bench.check();
}

#[test]
fn pause_that_arrival_confirms_is_kept() {
    let mut bench = Bench::new();
    bench.play(ms(0), Delta::secs(2));
    bench.news();
    bench.wait(Delta::secs(30));
    bench.play(ms(32_000), Delta::millis(40));
    assert_eq!(bench.dts(), [32_000, 32_000, 32_020]);
    assert_eq!(bench.timeline.stats(), Stats::default());
}

#[test]
fn pause_in_one_track_is_confirmed_by_the_others() {
    let mut bench = Bench::new();
    // A file sent a hundred times faster than real time, its audio silent from 1 s to 60 s.
    bench.push(AUDIO, ms(980));
    for frame in 0..1_500 {
        bench.push(VIDEO, ms(frame * 40));
        bench.now += Delta::micros(400);
    }
    bench.push(AUDIO, ms(60_000));
    assert_eq!(bench.last(AUDIO).dts, ms(60_000));
    assert_eq!(bench.timeline.stats(), Stats::default());
}

#[test]
fn track_that_begins_during_a_jump_is_on_the_new_clock() {
    let mut bench = Bench::new();
    bench.play(ms(500_000), Delta::secs(2));
    bench.push(VIDEO, ms(0));
    bench.push(TrackId(5), ms(10));
    bench.push(TrackId(5), ms(30));
    assert_eq!(bench.held(), [0, 10, 30]);
    bench.news();
    bench.push(AUDIO, ms(20));
    assert_eq!(bench.dts(), [502_000, 502_010, 502_030, 502_020]);
    bench.check();
}

#[test]
fn tracks_that_jump_to_different_clocks_are_both_closed() {
    let mut bench = Bench::new();
    bench.play(ms(500_000), Delta::secs(2));
    bench.news();
    bench.push(VIDEO, ms(0));
    bench.push(AUDIO, ms(9_000_000));
    assert_eq!(bench.dts(), [502_000, 502_001]);
    bench.check();
}

#[test]
fn silent_track_is_not_waited_for() {
    let mut bench = Bench::new();
    bench.play(ms(500_000), Delta::secs(2));
    for frame in 0..51 {
        bench.push(VIDEO, ms(502_000 + frame * 40));
        bench.wait(Delta::millis(40));
    }
    bench.news();
    bench.push(VIDEO, ms(0));
    assert_eq!(bench.news(), [(VIDEO, 504_040, true)]);
}

#[test]
fn frames_held_are_bounded_in_number() {
    let mut bench = Bench::new();
    bench.play(ms(500_000), Delta::secs(2));
    bench.news();
    (0..255).for_each(|frame| bench.push(VIDEO, ms(frame)));
    assert_eq!((bench.held().len(), bench.dts().len()), (255, 0));
    bench.push(VIDEO, ms(255));
    assert_eq!((bench.held().len(), bench.dts().len()), (0, 256));
    assert_eq!(bench.timeline.deadline(), None);
    bench.push(VIDEO, ms(256));
    assert_eq!(bench.dts(), [502_000 + 256], "settled: nothing is held any more");
    bench.check();
}

#[test]
fn frames_held_are_bounded_in_bytes() {
    let mut bench = Bench::new();
    bench.play(ms(500_000), Delta::secs(2));
    bench.news();
    let payload = Bytes::from(vec![0; 5 << 20]);
    (0..3).for_each(|frame| bench.push_payload(VIDEO, ms(frame), ms(frame), payload.clone()));
    assert_eq!((bench.held().len(), bench.dts().len()), (3, 0));
    bench.push_payload(VIDEO, ms(3), ms(3), payload);
    assert_eq!((bench.held().len(), bench.dts().len()), (0, 4));
}

#[test]
fn pause_longer_than_a_day_is_a_jump() {
    let mut bench = Bench::new();
    let day = Delta::secs(24 * 3_600);
    bench.push(VIDEO, ms(0));
    bench.wait(day);
    bench.push(VIDEO, Time::ZERO + day);
    bench.wait(day * 2);
    bench.push(VIDEO, Time::ZERO + day * 3);
    assert_eq!(bench.dts(), [0, day.as_millis(), day.as_millis() + 33]);
}

/// A clip of 3 s whose sound ends after half a second, in a loop: where the sound stopped is not where the clock is.
#[test]
fn loop_is_a_jump_though_it_leads_to_where_a_silent_track_stopped() {
    let mut bench = Bench::new();
    bench.play(ms(0), Delta::millis(500));
    for frame in 13..75 {
        bench.push(VIDEO, ms(frame * 40));
        bench.wait(Delta::millis(40));
    }
    bench.news();
    bench.play(ms(0), Delta::millis(500));
    assert_eq!(bench.news()[..2], [(VIDEO, 3_000, true), (AUDIO, 3_000, true)]);
    assert_eq!(bench.timeline.stats().nudged, 0);
}

/// The same, a minute long, and sent at once.
#[test]
fn long_way_back_is_a_jump_whatever_the_others_say() {
    let mut bench = Bench::new();
    (0..20).for_each(|frame| bench.push(AUDIO, ms(frame * 20)));
    (0..1_500).for_each(|frame| bench.push(VIDEO, ms(frame * 40)));
    bench.push(VIDEO, ms(0));
    bench.wait(Delta::millis(500));
    assert_eq!(bench.last(VIDEO).dts, ms(60_000));
    assert_eq!(bench.timeline.stats().jumps, 1);
}

/// Video is on a clock of its own, 5 s off, and has stopped: nothing says where it is now.
#[test]
fn late_first_track_shares_the_offset_of_the_track_heard_last() {
    let mut bench = Bench::new();
    bench.play(ms(100_000), Delta::secs(2));
    for frame in 0..3_000 {
        if frame < 50 {
            bench.push(VIDEO, ms(97_000 + frame * 20));
        }
        bench.push(AUDIO, ms(102_000 + frame * 20));
        bench.wait(Delta::millis(20));
    }
    assert_eq!(bench.last(VIDEO).dts, ms(102_980));
    bench.push(TrackId(5), ms(162_000));
    assert_eq!(bench.last(TrackId(5)).dts, ms(162_000));
}

#[test]
fn sync_is_worth_a_second_of_nudging() {
    let mut bench = Bench::new();
    bench.play(ms(10_000), Delta::secs(2));
    for frame in 0..20 {
        bench.push(VIDEO, ms(frame * 40));
        bench.push(AUDIO, ms(12_000 + frame * 40));
        bench.wait(Delta::millis(40));
    }
    bench.news();
    bench.push(AUDIO, ms(700));
    bench.push(AUDIO, ms(800));
    assert_eq!(bench.news(), [(AUDIO, 12_761, true), (AUDIO, 12_800, false)]);
}

/// Sound pauses for a second, and meanwhile the source's clock goes back by two.
#[test]
fn track_silent_during_a_jump_returns_in_sync() {
    let mut bench = Bench::new();
    bench.play(ms(100_000), Delta::secs(2));
    let pictures = |bench: &mut Bench, from: i64| {
        for frame in 0..20 {
            bench.push(VIDEO, ms(from + frame * 40));
            bench.wait(Delta::millis(40));
        }
    };
    pictures(&mut bench, 102_000);
    pictures(&mut bench, 100_800);
    bench.push(AUDIO, ms(101_600));
    bench.push(VIDEO, ms(101_600));
    assert_eq!(bench.last(VIDEO).dts, bench.last(AUDIO).dts);
    assert!(bench.last(AUDIO).discontinuity);
    bench.check();
}
