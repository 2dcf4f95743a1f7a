#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

/// How long the parts of one segment are, in microseconds; `frames` are the times at which frames begin, in order, and
/// whether they are of the main track.
fn lengths(frames: impl IntoIterator<Item = (i64, bool)>, end: i64) -> Vec<i64> {
    let mut parts = Parts::new(&Config::default());
    let mut lengths = Vec::new();
    parts.begin(Time::ZERO);
    let mut reach = |parts: &mut Parts, at, main| {
        while let Some(cut) = parts.due(at, main) {
            lengths.push((cut - parts.start()).as_micros());
            parts.cut(cut);
        }
    };
    for (at, main) in frames.into_iter().filter(|(at, _)| *at < end) {
        let at = Time::from_micros(at);
        reach(&mut parts, at, main);
        parts.take(at, main);
    }
    reach(&mut parts, Time::from_micros(end), false);
    lengths.extend(Some(end - parts.start().as_micros()).filter(|rest| *rest != 0));
    lengths
}

/// Frames of the main track that begin every `step` microseconds for ten seconds, with times rounded to `grain`.
fn regular(step: f64, grain: i64) -> Vec<(i64, bool)> {
    let at = |n: i64| ((n as f64 * step / grain as f64).round() as i64 * grain, true);
    (0..).map(at).take_while(|(at, _)| *at < 10_000_000).collect()
}

fn with_sound(mut frames: Vec<(i64, bool)>) -> Vec<(i64, bool)> {
    frames.extend((0..430).map(|n| (n * 23_220, false)));
    frames.sort();
    frames
}

#[track_caller]
fn assert_rules(lengths: &[i64], what: &str) {
    let (last, others) = lengths.split_last().unwrap();
    assert!(
        others.iter().all(|long| (297_500..=350_000).contains(long)) && *last <= 350_000,
        "{what}: {lengths:?}"
    );
}

#[test]
fn parts_of_25_pictures_a_second_are_of_eight_pictures() {
    assert_eq!(lengths(regular(40_000.0, 1), 1_000_000), [320_000, 320_000, 320_000, 40_000]);
}

#[test]
fn no_usual_rate_breaks_a_rule() {
    for rate in [
        10.0, 12.0, 12.5, 14.985, 15.0, 20.0, 23.976, 24.0, 25.0, 29.97, 30.0, 48.0, 50.0, 59.94, 60.0,
        120.0, 300.0,
    ] {
        for grain in [1, 11, 1_000] {
            let frames = regular(1e6 / rate, grain);
            assert_rules(&lengths(frames.clone(), 10_000_000), &format!("{rate}, alone"));
            assert_rules(&lengths(with_sound(frames), 10_000_000), &format!("{rate}, with sound"));
        }
    }
}

#[test]
fn parts_end_at_pictures_and_not_at_sound() {
    let frames = with_sound(regular(1e6 / 30.0, 1_000));
    let mut at = 0;
    for long in lengths(frames.clone(), 9_990_000) {
        assert!(frames.contains(&(at, true)), "{at}");
        at += long;
    }
}

#[test]
fn sound_alone_keeps_the_rules() {
    for step in [1024e6 / 44_100.0, 1024e6 / 48_000.0, 20_000.0, 2.5e3] {
        assert_rules(&lengths(regular(step, 1), 10_000_000), &format!("{step}"));
    }
}

#[test]
fn where_pictures_are_far_apart_parts_end_at_sound() {
    for rate in [0.5, 1.0, 2.0, 4.0, 5.0, 7.0, 8.0] {
        assert_rules(&lengths(with_sound(regular(1e6 / rate, 1)), 9_900_000), &format!("{rate}"));
    }
}

#[test]
fn pictures_far_apart_and_nothing_else_make_parts_of_their_own() {
    assert_eq!(lengths(regular(125_000.0, 1), 1_000_000), [250_000; 4]);
    assert_eq!(lengths(regular(1_000_000.0, 1), 3_000_000), [1_000_000; 3]);
}

#[test]
fn a_picture_that_is_late_ends_the_part_before_the_one_it_follows() {
    let mut frames = regular(33_000.0, 1);
    frames.retain(|(at, _)| !(330_000..460_000).contains(at));
    // 297 ms would be too short; at 330 ms nobody knows that the next comes at 462.
    let lengths = lengths(frames, 900_000);
    assert_eq!(lengths[..2], [297_000, 165_000 + 165_000], "{lengths:?}");
}

#[test]
fn a_gap_is_in_one_part() {
    let mut frames = regular(40_000.0, 1);
    frames.retain(|(at, _)| !(600_000..5_600_000).contains(at));
    let lengths = lengths(frames, 6_000_000);
    assert_eq!(lengths, [320_000, 240_000, 5_040_000, 320_000, 80_000]);
}

proptest! {
    #[test]
    fn pictures_of_any_length_up_to_52_ms_keep_the_rules(steps in prop::collection::vec(1i64..=52_000, 1..400)) {
        let mut at = 0;
        let frames: Vec<_> = steps.iter().map(|step| { at += step; (at - step, true) }).collect();
        assert_rules(&lengths(frames, at), "any");
    }

    #[test]
    fn nothing_is_lost_or_twice(frames in prop::collection::vec((0i64..900_000, any::<bool>()), 0..60), late in 0i64..400_000) {
        let mut at = 0;
        // Some come late.
        let frames: Vec<_> = frames.iter().enumerate().map(|(n, (step, main))| {
            at += step;
            if n % 7 == 3 { ((at - late).max(0), *main) } else { (at, *main) }
        }).collect();
        let lengths = lengths(frames, at + 1);
        prop_assert_eq!(lengths.iter().sum::<i64>(), at + 1);
        prop_assert!(lengths.iter().all(|long| *long >= 0));
    }
}
