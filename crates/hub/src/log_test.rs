#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use media::{Delta, Time};
use proptest::prelude::*;

use crate::log::*;

fn log(span: i64, bytes: usize) -> Arc<Log<u64>> {
    counted_log(span, bytes).0
}

/// A log, and what it counts its bytes into.
fn counted_log(span: i64, bytes: usize) -> (Arc<Log<u64>>, Arc<AtomicUsize>) {
    let total = Arc::new(AtomicUsize::new(0));
    (Arc::new(Log::new(Bounds { span: Delta::secs(span), bytes }, Arc::clone(&total))), total)
}

/// Pushes entry number `n`, at `n` tenths of a second, of 1,000 bytes.
fn push(log: &Log<u64>, n: u64, start: bool) {
    push_sized(log, n, start, 1_000);
}

fn push_sized(log: &Log<u64>, n: u64, start: bool, bytes: usize) {
    log.push(Entry { item: n, time: Time::from_millis(n as i64 * 100), bytes, start });
}

fn read(reader: &mut Reader<u64>) -> (Option<Read>, Vec<u64>) {
    let mut out = Vec::new();
    let read = reader.try_read(&mut out, usize::MAX);
    (read, out)
}

#[test]
fn joiner_begins_at_the_last_start_point() {
    let log = log(10, usize::MAX);
    (0..25).for_each(|n| push(&log, n, n % 10 == 0));
    let mut reader = Reader::new(Arc::clone(&log), Join::Start, Slow::Skip);
    assert_eq!(read(&mut reader), (Some(Read::Entries), (20..25).collect()));
    assert_eq!(read(&mut reader), (None, vec![]));
}

#[test]
fn joiner_without_a_start_point_waits_for_one() {
    let log = log(10, usize::MAX);
    push(&log, 0, false);
    let mut reader = Reader::new(Arc::clone(&log), Join::Start, Slow::Skip);
    push(&log, 1, false);
    assert_eq!(read(&mut reader), (None, vec![]));
    push(&log, 2, true);
    push(&log, 3, false);
    assert_eq!(read(&mut reader), (Some(Read::Entries), vec![2, 3]));
}

#[test]
fn joiner_for_the_next_start_point_passes_over_the_last() {
    let log = log(10, usize::MAX);
    push(&log, 0, true);
    let mut reader = Reader::new(Arc::clone(&log), Join::NextStart, Slow::Skip);
    push(&log, 1, false);
    assert_eq!(read(&mut reader), (None, vec![]));
    push(&log, 2, true);
    assert_eq!(read(&mut reader), (Some(Read::Entries), vec![2]));
}

#[test]
fn budget_bounds_a_read_but_never_below_one_entry() {
    let log = log(10, usize::MAX);
    (0..5).for_each(|n| push(&log, n, n == 0));
    let mut reader = Reader::new(Arc::clone(&log), Join::Start, Slow::Skip);
    let mut out = Vec::new();
    reader.try_read(&mut out, 1);
    assert_eq!(out, [0]);
    reader.try_read(&mut out, 2_500);
    assert_eq!(out, [0, 1, 2]);
}

#[test]
fn everything_since_the_last_start_point_and_the_span_before_it_is_kept() {
    let log = log(2, usize::MAX);
    (0..100).for_each(|n| push(&log, n, n == 0 || n == 60));
    let mut reader = Reader::new(Arc::clone(&log), Join::Oldest, Slow::Lossless);
    assert_eq!(read(&mut reader).1, (40..100).collect::<Vec<_>>());
}

#[test]
fn bytes_are_bounded_even_within_one_gop() {
    let (log, total) = counted_log(10, 10 * (1_000 + ENTRY_COST));
    (0..50).for_each(|n| push(&log, n, n == 0));
    assert!(log.bytes() <= 10 * (1_000 + ENTRY_COST));
    assert!(!log.has_start(), "the GOP has outgrown the log");
    assert_eq!(total.load(Ordering::Relaxed), log.bytes());
}

#[test]
fn slow_reader_skips_to_the_newest_start_point_and_is_closed_at_the_third() {
    let log = log(10, usize::MAX);
    push(&log, 0, true);
    let mut reader = Reader::new(Arc::clone(&log), Join::Start, Slow::Skip);
    assert_eq!(read(&mut reader).1, [0]);
    (1..100).for_each(|n| push(&log, n, n % 50 == 0));
    assert_eq!(read(&mut reader), (Some(Read::Skipped { missed: 49 }), (50..100).collect()));
    (100..200).for_each(|n| push(&log, n, n % 50 == 0));
    assert!(matches!(read(&mut reader).0, Some(Read::Skipped { .. })));
    (200..300).for_each(|n| push(&log, n, n % 50 == 0));
    assert_eq!(read(&mut reader).0, Some(Read::TooSlow));
}

#[test]
fn a_reader_that_may_always_skip_is_never_closed_and_keeps_nothing() {
    let log = log(10, usize::MAX);
    push(&log, 0, true);
    let mut reader = Reader::new(Arc::clone(&log), Join::Start, Slow::SkipAlways);
    assert_eq!(read(&mut reader).1, [0]);
    for round in 0..10 {
        (round * 100 + 1..=(round + 1) * 100).for_each(|n| push(&log, n, n % 50 == 0));
        assert!(matches!(read(&mut reader).0, Some(Read::Skipped { .. })), "round {round}");
    }
    assert!(log.bytes() <= 110 * (1_000 + ENTRY_COST));
}

#[test]
fn skips_further_apart_than_half_a_minute_are_forgiven() {
    let log = log(10, usize::MAX);
    push(&log, 0, true);
    let mut reader = Reader::new(Arc::clone(&log), Join::Start, Slow::Skip);
    for round in 0..5 {
        (round * 200 + 1..=(round + 1) * 200).for_each(|n| push(&log, n, n % 50 == 0));
        assert!(!matches!(read(&mut reader).0, Some(Read::TooSlow)), "round {round}");
    }
}

#[test]
fn reader_within_the_last_gop_is_never_late() {
    let log = log(10, usize::MAX);
    push(&log, 0, true);
    let mut reader = Reader::new(Arc::clone(&log), Join::Start, Slow::Skip);
    (1..300).for_each(|n| push(&log, n, false));
    assert_eq!(read(&mut reader), (Some(Read::Entries), (0..300).collect()));
}

#[test]
fn joiner_of_a_long_gop_may_finish_its_burst_though_a_new_start_point_has_come() {
    let log = log(10, usize::MAX);
    (0..95).for_each(|n| push(&log, n, n == 0));
    let mut reader = Reader::new(Arc::clone(&log), Join::Start, Slow::Skip);
    (95..110).for_each(|n| push(&log, n, n == 100));
    assert_eq!(read(&mut reader), (Some(Read::Entries), (0..110).collect()));
}

#[test]
fn reader_that_lags_by_bytes_skips() {
    let log = log(10, usize::MAX);
    push(&log, 0, true);
    let mut reader = Reader::new(Arc::clone(&log), Join::Start, Slow::Skip);
    assert_eq!(read(&mut reader).1, [0]);
    (1..20).for_each(|n| push_sized(&log, n, n == 10, 1 << 20));
    assert_eq!(read(&mut reader).0, Some(Read::Skipped { missed: 9 }));
}

#[test]
fn lossless_reader_skips_only_what_is_gone() {
    let log = log(1, usize::MAX);
    push(&log, 0, true);
    let mut reader = Reader::new(Arc::clone(&log), Join::Start, Slow::Lossless);
    (1..100).for_each(|n| push(&log, n, false));
    assert_eq!(read(&mut reader), (Some(Read::Entries), (0..100).collect()));
    (100..200).for_each(|n| push(&log, n, n == 150 || n == 190));
    assert_eq!(read(&mut reader), (Some(Read::Entries), (100..200).collect()), "kept beyond the span for it");
    push(&log, 200, true);
    assert!(log.bytes() <= 12 * (1_000 + ENTRY_COST), "what it has read is let go");
    drop(reader);
    (201..300).for_each(|n| push(&log, n, n % 10 == 0));
    assert!(log.bytes() <= 20 * (1_000 + ENTRY_COST), "nothing is kept for one who has left");
}

#[test]
fn lossless_reader_skips_when_the_bytes_are_over() {
    let log = log(100, 50 * (1_000 + ENTRY_COST));
    push(&log, 0, true);
    let mut reader = Reader::new(Arc::clone(&log), Join::Start, Slow::Lossless);
    (1..100).for_each(|n| push(&log, n, n == 90));
    assert_eq!(read(&mut reader), (Some(Read::Skipped { missed: 90 }), (90..100).collect()));
}

#[test]
fn closed_log_is_read_to_its_end() {
    let log = log(10, usize::MAX);
    push(&log, 0, true);
    let mut reader = Reader::new(Arc::clone(&log), Join::Start, Slow::Skip);
    log.close();
    assert_eq!(read(&mut reader), (Some(Read::Entries), vec![0]));
    assert_eq!(read(&mut reader), (Some(Read::Closed), vec![]));
    let mut waiting = Reader::new(Arc::clone(&log), Join::NextStart, Slow::Skip);
    assert_eq!(read(&mut waiting).0, Some(Read::Closed));
}

#[test]
fn trim_lets_the_oldest_gop_go() {
    let log = log(100, usize::MAX);
    (0..30).for_each(|n| push(&log, n, n % 10 == 0));
    assert_eq!(log.trim(), 10 * (1_000 + ENTRY_COST));
    let mut reader = Reader::new(Arc::clone(&log), Join::Oldest, Slow::Lossless);
    assert_eq!(read(&mut reader).1, (10..30).collect::<Vec<_>>());
    log.trim();
    log.trim();
    assert_eq!(log.bytes(), 1_000 + ENTRY_COST, "the newest entry stays");
}

#[test]
fn what_is_passed_over_while_there_is_no_start_point_is_told_at_the_next() {
    let log = log(10, 10 * (1_000 + ENTRY_COST));
    push(&log, 0, true);
    let mut reader = Reader::new(Arc::clone(&log), Join::Start, Slow::Lossless);
    (1..50).for_each(|n| push(&log, n, false));
    assert_eq!(read(&mut reader), (None, vec![]), "the GOP has outgrown the log");
    push(&log, 50, true);
    assert_eq!(read(&mut reader), (Some(Read::Skipped { missed: 50 }), vec![50]));
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn waiting_reader_is_woken_by_push_and_by_close() {
    let log = log(10, usize::MAX);
    let mut reader = Reader::new(Arc::clone(&log), Join::Start, Slow::Skip);
    let flag = Arc::new(Flag(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&flag));
    let mut cx = Context::from_waker(&waker);
    let mut out = Vec::new();
    assert!(reader.poll_read(&mut cx, &mut out, 1).is_pending());
    push(&log, 0, true);
    assert!(!flag.0.load(Ordering::SeqCst), "not before wake");
    log.wake();
    assert!(flag.0.swap(false, Ordering::SeqCst));
    assert_eq!(reader.poll_read(&mut cx, &mut out, 1), Poll::Ready(Read::Entries));
    assert!(reader.poll_read(&mut cx, &mut out, 1).is_pending());
    log.close();
    assert!(flag.0.load(Ordering::SeqCst));
    assert_eq!(reader.poll_read(&mut cx, &mut out, 1), Poll::Ready(Read::Closed));
}

proptest! {
    #[test]
    fn reader_sees_rising_entries_and_accounts_for_every_gap(
        steps in prop::collection::vec((any::<bool>(), 0u8..40, 0usize..5_000), 1..200),
        bytes in 5_000usize..200_000,
    ) {
        let (log, total) = counted_log(3, bytes);
        let mut reader = Reader::new(Arc::clone(&log), Join::Oldest, Slow::Lossless);
        let (mut pushed, mut expected) = (0, 0);
        for (start, pushes, size) in steps {
            for _ in 0..pushes {
                push_sized(&log, pushed, start && pushed % 7 == 0, size);
                pushed += 1;
            }
            let (step, got) = read(&mut reader);
            if let Some(Read::Skipped { missed }) = step {
                expected += missed;
            }
            for n in got {
                prop_assert_eq!(n, expected);
                expected += 1;
            }
            prop_assert_eq!(total.load(Ordering::Relaxed), log.bytes());
        }
    }

    #[test]
    fn readers_on_other_threads_miss_nothing(count in 1u64..300, readers in 1usize..4) {
        let log = log(1_000_000, usize::MAX);
        let threads: Vec<_> = (0..readers).map(|_| {
            let mut reader = Reader::new(Arc::clone(&log), Join::Start, Slow::Lossless);
            std::thread::spawn(move || {
                let thread = std::thread::current();
                struct Unpark(std::thread::Thread);
                impl Wake for Unpark { fn wake(self: Arc<Self>) { self.0.unpark(); } }
                let waker = Waker::from(Arc::new(Unpark(thread)));
                let mut cx = Context::from_waker(&waker);
                let mut out = Vec::new();
                loop {
                    match reader.poll_read(&mut cx, &mut out, 1) {
                        Poll::Ready(Read::Closed) => return out,
                        Poll::Ready(_) => {}
                        Poll::Pending => std::thread::park(),
                    }
                }
            })
        }).collect();
        for n in 0..count {
            push(&log, n, n == 0);
            log.wake();
        }
        log.close();
        for thread in threads {
            prop_assert_eq!(thread.join().unwrap(), (0..count).collect::<Vec<_>>());
        }
    }
}
