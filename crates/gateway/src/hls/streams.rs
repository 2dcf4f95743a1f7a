//! The streams that have segments, and what they hold together.

use std::collections::{BinaryHeap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hls::Window;
use hub::StreamKey;
use tokio::time::Instant;
use tracing::warn;

use super::live::Live;
use crate::repeats::Repeats;

/// Every stream that has segments, by name. Shared by requests and feeds.
pub(super) struct Streams {
    map: Mutex<HashMap<StreamKey, Arc<Live>>>,
    /// Bytes that the segments of all streams may have.
    limit: usize,
    held: Arc<AtomicUsize>,
    bounding: Mutex<Bounding>,
}

/// What has segments that can be let go.
pub(super) trait Bounded: Send + Sync {
    /// Bytes of its segments.
    fn bytes(&self) -> usize;

    /// Lets the oldest segment go, as long as `least` stay listed; `false` if none can.
    fn shorten(&self, least: usize) -> bool;
}

/// Of the last time that there was too much.
#[derive(Default)]
struct Bounding {
    at: Option<Instant>,
    repeats: Repeats,
}

impl Streams {
    pub(super) fn new(limit: usize) -> Streams {
        Streams { map: Mutex::default(), limit, held: Arc::default(), bounding: Mutex::default() }
    }

    /// By name; to be held for moments only.
    pub(super) fn map(&self) -> MutexGuard<'_, HashMap<StreamKey, Arc<Live>>> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A share in what is held.
    pub(super) fn share(&self) -> Share {
        Share { held: Arc::clone(&self.held), bytes: AtomicUsize::new(0) }
    }

    /// Where all streams hold too much, shortens the windows of the biggest: first to what players need, then, if that is
    /// not enough, to a single segment.
    pub(super) fn bound(&self) {
        if self.held() <= self.limit {
            return;
        }
        // One feed does it for all, and not each time where nothing more can be done.
        let Ok(mut bounding) = self.bounding.try_lock() else { return };
        if bounding.at.is_some_and(|at| at.elapsed() < BREATH) {
            return;
        }
        bounding.at = Some(Instant::now());
        let lives = self.windows();
        let mut segments = 0;
        for least in [Window::LEAST, 1] {
            let mut sizes: BinaryHeap<_> = lives.iter().map(|live| live.bytes()).zip(0..).collect();
            while self.held() > self.limit
                && let Some((_, index)) = sizes.pop()
            {
                if lives[index].shorten(least) {
                    segments += 1;
                    sizes.push((lives[index].bytes(), index));
                }
            }
        }
        if let Some(count) = bounding.repeats.count() {
            let (held, limit) = (self.held(), self.limit);
            warn!(
                proto = "hls",
                held, limit, segments, count, "playlists shortened: segments need too much memory"
            );
        }
    }

    /// Both variants of every stream.
    fn windows(&self) -> Vec<Arc<dyn Bounded>> {
        let lives: Vec<_> = self.map().values().cloned().collect();
        let mut windows: Vec<Arc<dyn Bounded>> = Vec::with_capacity(lives.len());
        for live in lives {
            if let Some(low) = &live.low().running {
                windows.push(Arc::clone(low) as Arc<dyn Bounded>);
            }
            windows.push(live);
        }
        windows
    }

    /// Bytes of all segments.
    pub(super) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }
}

/// What one stream holds, counted into what all hold. It belongs to the stream's feed, and is given back with it.
pub(super) struct Share {
    held: Arc<AtomicUsize>,
    bytes: AtomicUsize,
}

impl Share {
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// What weighed `before` weighs `after` now.
    pub(super) fn change(&self, before: usize, after: usize) {
        for count in [&self.bytes, &*self.held] {
            if after >= before {
                count.fetch_add(after - before, Ordering::Relaxed);
            } else {
                count.fetch_sub(before - after, Ordering::Relaxed);
            }
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.held.fetch_sub(*self.bytes.get_mut(), Ordering::Relaxed);
    }
}

/// Between two looks at all streams.
const BREATH: Duration = Duration::from_millis(100);

#[cfg(test)]
#[path = "streams_test.rs"]
mod tests;
