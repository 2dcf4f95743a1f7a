//! The log under loom: every order in which a pusher and its readers can meet is tried.
//!
//! The files are those of the crate, over loom's primitives in place of the standard library's.
#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used)]

mod sync {
    pub(crate) use loom::sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

    pub(crate) mod atomic {
        pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
    }
}

#[path = "../src/log.rs"]
mod log;
#[path = "../src/waiters.rs"]
mod waiters;

use std::future::poll_fn;
use std::sync::Arc;

use loom::future::block_on;
use loom::thread;
use media::{Delta, Time};

use log::{Bounds, Entry, Join, Log, Read, Reader, Slow};

/// Tries every order with at most so many times that a thread is stopped where it need not be: two find nearly all mistakes.
fn model(run: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(run);
}

fn log_of(entries: usize) -> Arc<Log<u64>> {
    let bytes = entries * (1 + log::ENTRY_COST);
    Arc::new(Log::new(Bounds { span: Delta::secs(10), bytes }, Arc::new(sync::atomic::AtomicUsize::new(0))))
}

fn push(log: &Log<u64>, n: u64, start: bool) {
    log.push(Entry { item: n, time: Time::from_millis(n as i64), bytes: 1, start });
    log.wake();
}

/// Everything until the log is closed, and how it was read.
async fn all(reader: &mut Reader<u64>) -> (Vec<u64>, Vec<Read>) {
    let (mut items, mut reads) = (Vec::new(), Vec::new());
    loop {
        let read = poll_fn(|cx| reader.poll_read(cx, &mut items, usize::MAX)).await;
        reads.push(read);
        if matches!(read, Read::Closed | Read::TooSlow) {
            return (items, reads);
        }
    }
}

#[test]
fn a_waiting_reader_misses_no_wake_up() {
    model(|| {
        let log = log_of(8);
        let mut reader = Reader::new(Arc::clone(&log), Join::Oldest, Slow::Skip);
        let pusher = thread::spawn({
            let log = Arc::clone(&log);
            move || push(&log, 0, true)
        });
        // Nothing follows that would wake it later; loom fails where a thread waits for ever.
        let mut items = Vec::new();
        block_on(poll_fn(|cx| reader.poll_read(cx, &mut items, usize::MAX)));
        assert_eq!(items, [0]);
        pusher.join().unwrap();
    });
}

#[test]
fn a_waiting_reader_learns_of_the_end() {
    model(|| {
        let log = log_of(8);
        let mut reader = Reader::new(Arc::clone(&log), Join::Oldest, Slow::Skip);
        let pusher = thread::spawn({
            let log = Arc::clone(&log);
            move || {
                push(&log, 0, true);
                log.close();
            }
        });
        assert_eq!(block_on(all(&mut reader)).0, [0]);
        pusher.join().unwrap();
    });
}

#[test]
fn two_readers_read_all_that_is_pushed() {
    model(|| {
        let log = log_of(8);
        let follow = |log: &Arc<Log<u64>>| {
            let mut reader = Reader::new(Arc::clone(log), Join::Oldest, Slow::Skip);
            thread::spawn(move || assert_eq!(block_on(all(&mut reader)).0, [0]))
        };
        let readers = [follow(&log), follow(&log)];
        push(&log, 0, true);
        log.close();
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
}

#[test]
fn a_reader_that_comes_meanwhile_begins_at_a_start_point() {
    model(|| {
        let log = log_of(8);
        push(&log, 0, true);
        let pusher = thread::spawn({
            let log = Arc::clone(&log);
            move || {
                push(&log, 1, false);
                push(&log, 2, true);
                log.close();
            }
        });
        let mut reader = Reader::new(Arc::clone(&log), Join::Start, Slow::Skip);
        let (items, _) = block_on(all(&mut reader));
        assert!(items == [0, 1, 2] || items == [2], "{items:?}");
        pusher.join().unwrap();
    });
}

#[test]
fn what_a_lossless_reader_has_not_read_is_kept_or_told() {
    model(|| {
        // The log has room for two: what the reader has not taken by then is gone, and it is told so.
        let log = log_of(2);
        let mut reader = Reader::new(Arc::clone(&log), Join::Oldest, Slow::Lossless);
        let pusher = thread::spawn({
            let log = Arc::clone(&log);
            move || {
                (0..3).for_each(|n| push(&log, n, true));
                log.close();
            }
        });
        let (items, reads) = block_on(all(&mut reader));
        let missed: u64 = reads
            .iter()
            .map(|read| match read {
                Read::Skipped { missed } => *missed,
                _ => 0,
            })
            .sum();
        assert_eq!(items.len() as u64 + missed, 3, "{items:?} {reads:?}");
        assert!(items.is_sorted() && items.last() == Some(&2), "{items:?}");
        pusher.join().unwrap();
    });
}

#[test]
fn a_place_given_back_while_others_are_woken_harms_nobody() {
    model(|| {
        let log = log_of(8);
        let mut stays = Reader::new(Arc::clone(&log), Join::Oldest, Slow::Skip);
        let leaves = Reader::new(Arc::clone(&log), Join::Oldest, Slow::Skip);
        let leaver = thread::spawn(move || drop(leaves));
        let pusher = thread::spawn({
            let log = Arc::clone(&log);
            move || {
                push(&log, 0, true);
                log.close();
            }
        });
        assert_eq!(block_on(all(&mut stays)).0, [0]);
        leaver.join().unwrap();
        pusher.join().unwrap();
    });
}
