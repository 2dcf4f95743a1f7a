#![allow(clippy::unwrap_used)]

use std::time::{Duration, UNIX_EPOCH};

use media::Time;

use super::*;

fn begin(sequence: u64, discontinuity: bool) -> Progress {
    let init = Arc::new(Init { sequence: 0, millis: 0, tracks: Vec::new(), data: Bytes::new() });
    Progress::Begin(Segment {
        sequence,
        duration: Delta::ZERO,
        start: Time::ZERO,
        wall: UNIX_EPOCH + Duration::from_secs(sequence * 4),
        discontinuity,
        independent: true,
        init,
        parts: Vec::new(),
    })
}

fn part(millis: i64) -> Progress {
    Progress::Part(Part {
        duration: Delta::millis(millis),
        independent: false,
        frames: 10,
        data: Bytes::from_static(&[0; 100]),
    })
}

fn end(millis: i64) -> Progress {
    Progress::End { duration: Delta::millis(millis) }
}

/// A window with `count` segments of 4 s, from number `first` on, and two parts of the next.
fn window(first: u64, count: u64) -> Window {
    let mut window = Window::new(&Config::default(), Resume { sequence: first, discontinuities: 0 });
    for sequence in first..first + count {
        window.push(begin(sequence, sequence > 0 && sequence == first));
        (0..12).for_each(|_| window.push(part(333)));
        window.push(end(4_000));
    }
    window.push(begin(first + count, false));
    (0..2).for_each(|_| window.push(part(333)));
    window
}

#[test]
fn the_edge_is_behind_the_last_part() {
    let config = Config::default();
    let empty = Window::new(&config, Resume { sequence: 7, discontinuities: 0 });
    assert_eq!(empty.edge(), Edge { sequence: 7, parts: 0, before: 0 });
    assert_eq!(window(0, 3).edge(), Edge { sequence: 3, parts: 2, before: 12 });
}

#[test]
fn what_is_kept_is_counted() {
    let mut window = window(0, 3);
    assert_eq!(window.bytes(), 3 * 1_200 + 200);
    window.push(end(4_000));
    assert_eq!(window.bytes(), 3 * 1_200 + 200);
    assert!(window.shorten(Window::LEAST) && !window.shorten(Window::LEAST));
    assert_eq!(window.bytes(), 2 * 1_200 + 200);
}

#[test]
fn a_segment_without_parts_never_was() {
    let mut window = window(0, 3);
    window.push(end(4_000));
    window.push(begin(4, true));
    assert_eq!(window.edge(), Edge { sequence: 4, parts: 0, before: 2 });
    window.push(begin(4, true));
    window.push(part(333));
    assert_eq!((window.edge(), window.bytes()), (Edge { sequence: 4, parts: 1, before: 2 }, 3 * 1_200 + 300));
}

#[test]
fn who_goes_on_repeats_no_number() {
    let mut window = window(5, 3);
    assert_eq!(window.resume(), Resume { sequence: 9, discontinuities: 1 }, "parts of 8 have been listed");
    window.push(end(4_000));
    assert_eq!(window.resume().sequence, 9);
    window.push(begin(9, false));
    assert_eq!(window.resume().sequence, 9, "nobody has seen anything of it");
}

#[test]
fn the_target_of_parts_is_constant_once_there_is_a_playlist() {
    let mut window = Window::new(&Config::default(), Resume::default());
    window.push(begin(0, false));
    [333, 400, 200].into_iter().for_each(|millis| window.push(part(millis)));
    window.push(end(933));
    assert_eq!(window.part_target(), Delta::millis(400));
    window.push(begin(1, false));
    window.push(part(900));
    assert_eq!(window.part_target(), Delta::millis(400));
}

#[test]
fn a_gap_does_not_make_the_parts_of_a_stream_long() {
    let mut window = Window::new(&Config::default(), Resume::default());
    window.push(begin(0, false));
    window.push(part(9_000));
    assert_eq!(window.part_target(), Delta::secs(1));
}
