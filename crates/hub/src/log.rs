//! A bounded ring of shared entries with sequence numbers and start points: GOP cache, send queue and late-join buffer in one.
//!
//! One side pushes; any number of readers each hold a cursor. Memory does not depend on the number of readers, and a
//! reader that cannot follow harms only itself: it skips to the newest start point, is counted, and is closed at the third
//! skip in 30 s. Skipping happens only here.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll};

use media::{Delta, Time};

use crate::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use crate::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use crate::waiters::{Slot, Waiters};

/// A ring of entries of one stream: coded frames, or blocks of bytes made from them.
#[derive(Debug)]
pub struct Log<T> {
    ring: RwLock<Ring<T>>,
    /// Sequence number of the next entry, so that a reader with nothing to read takes no lock.
    head: AtomicU64,
    waiters: Waiters,
    bounds: Bounds,
    /// Bytes held here, also counted into a total over several logs.
    total: Arc<AtomicUsize>,
}

/// How much a log keeps.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How much is kept before the last start point; without one, before the newest entry. What a lossless reader has
    /// not read is kept longer.
    pub span: Delta,
    /// The most bytes, whatever the start points.
    pub bytes: usize,
}

/// One entry as it is pushed.
#[derive(Debug, Clone)]
pub struct Entry<T> {
    /// What readers get.
    pub item: T,
    /// Its place in stream time.
    pub time: Time,
    /// What it weighs against the bounds.
    pub bytes: usize,
    /// Whether a reader may begin with it.
    pub start: bool,
}

/// Where a reader begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// At the last start point: a picture at once.
    Start,
    /// At the first start point still there: for those who came before it.
    FirstStart,
    /// At the next start point: the least delay.
    NextStart,
    /// At the oldest entry still there.
    Oldest,
    /// This far back from the newest entry, or at the oldest.
    Back(Delta),
}

/// What becomes of a reader that falls behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slow {
    /// It skips to the newest start point when it lags 8 s or 16 MiB, and is closed at the third skip in 30 s.
    Skip,
    /// As [`Slow::Skip`], and is never closed: for the server's own work that must keep up, and harms nobody when it cannot.
    SkipAlways,
    /// It was promised every entry: what it has not read is kept as long as the bytes allow, and it skips only when that is gone.
    Lossless,
}

/// One step of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// Entries were handed over.
    Entries,
    /// The reader fell behind: `missed` entries were passed over, and what was handed over begins at a start point.
    Skipped {
        /// How many entries were passed over.
        missed: u64,
    },
    /// The third skip in 30 s.
    TooSlow,
    /// Everything has been read and nothing will follow.
    Closed,
}

#[derive(Debug)]
struct Ring<T> {
    entries: VecDeque<Held<T>>,
    /// Sequence number of the front entry.
    first: u64,
    /// Sequence numbers of the start points still held, oldest first.
    starts: VecDeque<u64>,
    /// Where the lossless readers are.
    lossless: Vec<Arc<AtomicU64>>,
    /// Bytes ever pushed, less those held by the ring: the offset of the front entry.
    dropped: u64,
    bytes: usize,
    closed: bool,
}

#[derive(Debug)]
struct Held<T> {
    entry: Entry<T>,
    /// Bytes pushed before it.
    offset: u64,
}

impl<T: Clone> Log<T> {
    /// An empty log. Its bytes are also counted into `total`.
    pub fn new(bounds: Bounds, total: Arc<AtomicUsize>) -> Log<T> {
        let ring = Ring {
            entries: VecDeque::new(),
            first: 0,
            starts: VecDeque::new(),
            lossless: Vec::new(),
            dropped: 0,
            bytes: 0,
            closed: false,
        };
        Log { ring: RwLock::new(ring), head: AtomicU64::new(0), waiters: Waiters::default(), bounds, total }
    }

    /// Appends an entry and lets go of what is outside the bounds. Readers learn of it at the next [`Log::wake`].
    pub fn push(&self, entry: Entry<T>) {
        let mut ring = self.write();
        let ring = &mut *ring;
        let before = ring.bytes;
        let sequence = ring.first + ring.entries.len() as u64;
        if entry.start {
            ring.starts.push_back(sequence);
        }
        let newest = entry.time;
        let offset = ring.dropped + ring.bytes as u64;
        ring.bytes += entry.bytes + ENTRY_COST;
        ring.entries.push_back(Held { entry, offset });
        let unread = ring.lossless.iter().map(|next| next.load(Ordering::Relaxed)).min().unwrap_or(u64::MAX);
        let anchor =
            ring.last_start().and_then(|start| ring.held(start)).map_or(newest, |held| held.entry.time);
        while ring.entries.len() > 1 {
            let Some(front) = ring.entries.front() else { break };
            let wanted = front.entry.time >= anchor - self.bounds.span || ring.first >= unread;
            if wanted && ring.bytes <= self.bounds.bytes {
                break;
            }
            ring.pop_front();
        }
        self.account(before, ring.bytes);
        // `wake` puts a fence between this and its look at the waiters.
        self.head.store(sequence + 1, Ordering::Release);
    }

    /// Wakes every reader that waits.
    pub fn wake(&self) {
        self.waiters.wake();
    }

    /// Nothing will follow: readers end once they have read what is there.
    pub fn close(&self) {
        self.write().closed = true;
        self.waiters.wake();
    }

    /// Lets go of the oldest entries up to the second start point, or of everything but the newest entry when there
    /// is no second; returns the bytes set free. What the hub does when all streams together hold too much.
    pub fn trim(&self) -> usize {
        let mut ring = self.write();
        let before = ring.bytes;
        let until = ring.starts.iter().copied().find(|start| *start > ring.first);
        let until = until.unwrap_or(ring.first + (ring.entries.len() as u64).saturating_sub(1));
        while ring.first < until && ring.entries.len() > 1 {
            ring.pop_front();
        }
        self.account(before, ring.bytes);
        before - ring.bytes
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.read().bytes
    }

    /// Whether a reader that comes now would begin at once.
    pub fn has_start(&self) -> bool {
        !self.read().starts.is_empty()
    }

    /// The newest start point that `fits`, among those still held.
    pub fn newest_start(&self, fits: impl Fn(&T) -> bool) -> Option<T> {
        let ring = self.read();
        let mut starts = ring.starts.iter().rev().filter_map(|start| ring.held(*start));
        starts.find(|held| fits(&held.entry.item)).map(|held| held.entry.item.clone())
    }

    fn account(&self, before: usize, after: usize) {
        if after >= before {
            self.total.fetch_add(after - before, Ordering::Relaxed);
        } else {
            self.total.fetch_sub(before - after, Ordering::Relaxed);
        }
    }

    // A panic while the lock is held cannot leave the ring half changed in a way that matters: go on.
    fn read(&self) -> RwLockReadGuard<'_, Ring<T>> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Ring<T>> {
        self.ring.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Drop for Log<T> {
    fn drop(&mut self) {
        let ring = self.ring.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.total.fetch_sub(ring.bytes, Ordering::Relaxed);
    }
}

impl<T> Ring<T> {
    fn pop_front(&mut self) {
        if let Some(held) = self.entries.pop_front() {
            let cost = held.entry.bytes + ENTRY_COST;
            self.bytes -= cost;
            self.dropped += cost as u64;
            self.first += 1;
            while self.starts.front().is_some_and(|start| *start < self.first) {
                self.starts.pop_front();
            }
        }
    }

    fn last_start(&self) -> Option<u64> {
        self.starts.back().copied()
    }

    fn held(&self, sequence: u64) -> Option<&Held<T>> {
        let index = sequence.checked_sub(self.first)?;
        self.entries.get(usize::try_from(index).ok()?)
    }

    fn head(&self) -> u64 {
        self.first + self.entries.len() as u64
    }
}

/// A reader's place in a log. It belongs to one task at a time.
#[derive(Debug)]
pub struct Reader<T> {
    log: Arc<Log<T>>,
    /// The next entry to read; while `seeking`, the first that may be begun with.
    next: u64,
    /// Waiting for a start point.
    seeking: bool,
    /// The first entry that it has passed over and not yet told of.
    lost: Option<u64>,
    /// Tells the log where it is, if it was promised every entry.
    lossless: Option<Arc<AtomicU64>>,
    /// How far it may lag: more than [`LATE`] until a joiner has read its first burst.
    limit: Delta,
    /// Stream times of the last two skips; `None` of those that may skip as often as they must.
    skips: Option<[Option<Time>; 2]>,
    slot: Slot,
}

impl<T: Clone> Reader<T> {
    /// A reader of `log` that begins at `join`.
    pub fn new(log: Arc<Log<T>>, join: Join, slow: Slow) -> Reader<T> {
        let (next, seeking, lag) = {
            let ring = log.read();
            let (next, seeking) = match join {
                Join::Start => ring.last_start().map_or((ring.head(), true), |start| (start, false)),
                Join::FirstStart => ring.starts.front().map_or((ring.head(), true), |start| (*start, false)),
                Join::NextStart => (ring.head(), true),
                Join::Oldest => (ring.first, false),
                Join::Back(span) => {
                    let from = ring.entries.back().map_or(Time::MIN, |newest| newest.entry.time - span);
                    (ring.first + ring.entries.partition_point(|held| held.entry.time < from) as u64, false)
                }
            };
            (next, seeking, ring.lag(next).0)
        };
        let lossless = (slow == Slow::Lossless).then(|| Arc::new(AtomicU64::new(next)));
        log.write().lossless.extend(lossless.clone());
        let slot = log.waiters.slot();
        let skips = (slow == Slow::Skip).then_some([None; 2]);
        Reader { log, next, seeking, lost: None, lossless, limit: LATE + lag, skips, slot }
    }

    /// The log that it reads.
    pub fn log(&self) -> &Arc<Log<T>> {
        &self.log
    }

    /// Appends to `out` what is to be read, at least one entry and then up to `budget` bytes; waits when there is nothing.
    ///
    /// After [`Read::Skipped`] and at the first read after a join the first entry handed over is a start point
    /// (but for [`Join::Oldest`] and [`Join::Back`]).
    pub fn poll_read(&mut self, cx: &mut Context<'_>, out: &mut Vec<T>, budget: usize) -> Poll<Read> {
        if let Some(read) = self.try_read(out, budget) {
            return Poll::Ready(read);
        }
        let (log, next) = (&self.log, self.next);
        // The head is looked at again behind the slot's lock, which a waking pusher takes after moving the head.
        let missed =
            log.waiters.register(&mut self.slot, cx.waker(), || log.head.load(Ordering::Acquire) != next);
        if !missed && !log.read().closed {
            return Poll::Pending;
        }
        match self.try_read(out, budget) {
            Some(read) => Poll::Ready(read),
            None => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    /// As [`Reader::poll_read`], without waiting: `None` when there is nothing to read now.
    pub fn try_read(&mut self, out: &mut Vec<T>, budget: usize) -> Option<Read> {
        let head = self.log.head.load(Ordering::Acquire);
        let log = Arc::clone(&self.log);
        let ring = log.read();
        if head == self.next && ring.head() == self.next {
            return ring.closed.then_some(Read::Closed);
        }
        if self.seeking {
            let Some(start) = ring.starts.iter().copied().find(|start| *start >= self.next) else {
                self.next = ring.head();
                self.tell();
                return ring.closed.then_some(Read::Closed);
            };
            self.next = start;
            self.seeking = false;
        }
        if self.is_late(&ring) {
            self.lost.get_or_insert(self.next);
            if !self.skip(&ring) {
                return Some(Read::TooSlow);
            }
            if self.seeking {
                return None;
            }
        }
        let read = match self.lost.take() {
            Some(from) => Read::Skipped { missed: self.next.saturating_sub(from) },
            None => Read::Entries,
        };
        let mut taken = 0;
        while let Some(held) = ring.held(self.next) {
            if taken > 0 && taken + held.entry.bytes > budget {
                break;
            }
            taken += held.entry.bytes;
            out.push(held.entry.item.clone());
            self.next += 1;
        }
        if self.next == ring.head() {
            self.limit = LATE;
        }
        self.tell();
        Some(read)
    }

    /// Lets go of what has been read.
    fn tell(&self) {
        if let Some(lossless) = &self.lossless {
            lossless.store(self.next, Ordering::Relaxed);
        }
    }

    /// Whether the reader must give up its place: what it wants is gone, or it lags and a newer start point is there.
    fn is_late(&self, ring: &Ring<T>) -> bool {
        if self.next < ring.first {
            return true;
        }
        if self.lossless.is_some() || ring.last_start().is_none_or(|start| start <= self.next) {
            return false;
        }
        let (span, bytes) = ring.lag(self.next);
        span > self.limit || bytes > LATE_BYTES
    }

    /// Moves to the newest start point; `false` when this is one skip too many.
    fn skip(&mut self, ring: &Ring<T>) -> bool {
        let now = ring.entries.back().map_or(Time::ZERO, |newest| newest.entry.time);
        if let Some([earlier, last]) = &mut self.skips {
            if earlier.is_some_and(|earlier| now - earlier <= SKIP_SPAN) {
                return false;
            }
            (*earlier, *last) = (*last, Some(now));
        }
        match ring.last_start() {
            Some(start) => self.next = start,
            None => {
                self.next = ring.head();
                self.seeking = true;
            }
        }
        self.limit = LATE + ring.lag(self.next).0;
        true
    }
}

impl<T> Drop for Reader<T> {
    fn drop(&mut self) {
        if let Some(lossless) = &self.lossless {
            let mut ring = self.log.ring.write().unwrap_or_else(PoisonError::into_inner);
            ring.lossless.retain(|other| !Arc::ptr_eq(other, lossless));
        }
    }
}

impl<T> Ring<T> {
    /// How far the entry `next` is behind the newest, in stream time and bytes.
    fn lag(&self, next: u64) -> (Delta, u64) {
        match (self.held(next), self.entries.back()) {
            (Some(held), Some(newest)) => {
                (newest.entry.time - held.entry.time, self.dropped + self.bytes as u64 - held.offset)
            }
            _ => (Delta::ZERO, 0),
        }
    }
}

/// A reader that lags further is late.
const LATE: Delta = Delta::secs(8);
const LATE_BYTES: u64 = 16 << 20;

/// Three skips within this span of stream time end a reader.
const SKIP_SPAN: Delta = Delta::secs(30);

/// What an entry costs beside its bytes, so that a flood of tiny frames is bounded too.
pub(crate) const ENTRY_COST: usize = 128;
