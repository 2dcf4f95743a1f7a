use super::*;

/// A clock of 48 kHz that has heard `frames` frames of 20 ms since 1 s.
fn after(frames: u64) -> Clock {
    let mut clock = Clock::new(Time::from_millis(1_000), 48_000);
    clock.heard(frames * 960, 48_000);
    clock
}

fn place(clock: &mut Clock, late: i64, told: bool) -> Place {
    let time = clock.next() + Delta::millis(late);
    clock.place(time, Delta::millis(20), told)
}

/// Frames of 20 ms which are stamped `late(n)` microseconds after their samples; gives how far count and stamps were apart at
/// last and at most.
fn run(frames: i64, late: impl Fn(i64) -> i64) -> (Delta, Delta) {
    let mut clock = after(0);
    let mut apart = (Delta::ZERO, Delta::ZERO);
    for frame in 0..frames {
        let stamp = Time::from_millis(1_000 + 20 * frame) + Delta::micros(late(frame));
        assert_eq!(clock.place(stamp, Delta::millis(20), false), Place::Next, "frame {frame}");
        apart.0 = stamp - clock.next();
        apart.1 = apart.1.max(apart.0.abs());
        clock.heard(960, 48_000);
    }
    apart
}

#[test]
fn time_is_counted_to_the_microsecond() {
    let clock = after(180_000);
    assert_eq!(clock.next(), Time::from_millis(1_000 + 3_600_000));
    assert_eq!(clock.time_of(1), Time::from_micros(1_000_021));
    let mut clock = Clock::new(Time::ZERO, 48_000);
    clock.heard(1_024, 44_100);
    clock.turn(1_115);
    clock.heard(24_000, 48_000);
    assert_eq!(clock.next(), Time::from_micros(23_229 + 500_000));
}

#[test]
fn whole_milliseconds_and_jitter_do_not_move_it() {
    let mut clock = Clock::new(Time::ZERO, 48_000);
    for frame in 0..10_000i64 {
        let exact = Time::from_ticks(frame * 1_024, 44_100);
        let stamp = Time::from_millis(exact.as_micros() / 1_000);
        assert_eq!(clock.place(stamp, Delta::micros(23_220), false), Place::Next);
        clock.heard(1_024, 44_100);
    }
    assert_eq!(clock.time_of(0), Time::ZERO, "nothing moved");
    let (_, most) = run(10_000, |frame| [0, 7_000, -7_000, 3_000, -3_000][(frame % 5) as usize]);
    assert!(most < Delta::micros(9_500), "{most}");
}

#[test]
fn drift_is_followed_within_two_milliseconds() {
    // 200 in a million, either way, over half an hour.
    for ppm in [200, -200, 30] {
        let (last, most) = run(90_000, |frame| frame * 20 * ppm / 1_000);
        assert!(most < Delta::micros(2_500) && last.abs() < Delta::micros(2_500), "{ppm}: {last} {most}");
    }
}

#[test]
fn a_first_stamp_that_jitters_is_made_good_soon() {
    let (last, _) = run(200, |frame| if frame == 0 { 9_000 } else { 0 });
    assert!(last.abs() < Delta::micros(2_500), "{last}");
}

#[test]
fn lost_frames_are_counted() {
    assert_eq!(place(&mut after(50), 20, false), Place::Behind(Delta::millis(20)));
    assert_eq!(place(&mut after(50), 22, false), Place::Behind(Delta::millis(20)));
    assert_eq!(place(&mut after(50), 399, false), Place::Behind(Delta::millis(400)));
}

#[test]
fn what_is_out_of_place_for_long_has_jumped() {
    for (late, place_then) in
        [(50, Place::Behind(Delta::millis(50))), (-50, Place::Overlapping(Delta::millis(50)))]
    {
        let mut clock = after(50);
        let stamp = |frame: i64| Time::from_millis(2_000 + late + 20 * frame);
        for frame in 0..4 {
            assert_eq!(clock.place(stamp(frame), Delta::millis(20), false), Place::Next);
            clock.heard(960, 48_000);
        }
        assert_eq!(clock.place(stamp(4), Delta::millis(20), false), place_then);
    }
    let mut clock = after(50);
    for frame in 0..4 {
        let late = if frame % 2 == 0 { 30 } else { -30 };
        assert_eq!(place(&mut clock, late, false), Place::Next);
    }
    assert_eq!(place(&mut clock, -30, false), Place::Next, "to and fro is no jump");
    assert_eq!(place(&mut clock, 0, false), Place::Next);
}

#[test]
fn what_the_source_says_is_believed() {
    assert_eq!(place(&mut after(50), 50, true), Place::Behind(Delta::millis(50)));
    assert_eq!(place(&mut after(50), -50, true), Place::Overlapping(Delta::millis(50)));
    assert_eq!(place(&mut after(50), 5, true), Place::Next);
}

#[test]
fn far_away_is_a_new_run() {
    assert_eq!(
        place(&mut after(50), 130, false),
        Place::Behind(Delta::millis(130)),
        "not by whole frames, but long"
    );
    assert_eq!(place(&mut after(50), 1_000, false), Place::Behind(Delta::millis(1_000)));
    assert_eq!(place(&mut after(50), 1_004, false), Place::Elsewhere);
    assert_eq!(place(&mut after(50), -101, false), Place::Elsewhere);
    for time in [Time::MIN, Time::MAX] {
        assert_eq!(after(50).place(time, Delta::millis(20), true), Place::Elsewhere);
    }
}

#[test]
fn frames_without_length_do_no_harm() {
    assert_eq!(after(50).place(Time::from_millis(2_020), Delta::ZERO, false), Place::Next);
    assert_eq!(after(50).place(Time::from_millis(2_020), Delta::MAX, false), Place::Next);
}
