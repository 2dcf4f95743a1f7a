//! Those who wait for a log: registered in slots, woken all at once.

use std::sync::{Arc, PoisonError};
use std::task::Waker;

use crate::sync::atomic::{AtomicBool, Ordering, fence};
use crate::sync::{Mutex, MutexGuard};

/// The tasks waiting for one log. Sharded, so that readers on several cores rarely meet.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    shards: Arc<[Mutex<Shard>; SHARDS]>,
    /// Set once somebody waits, so that waking nobody takes no lock.
    waiting: AtomicBool,
}

/// One reader's place among the waiters; given back when dropped, so that readers who come and go leave nothing behind.
#[derive(Debug)]
pub(crate) struct Slot {
    shards: Arc<[Mutex<Shard>; SHARDS]>,
    shard: usize,
    index: usize,
}

#[derive(Debug, Default)]
struct Shard {
    wakers: Vec<Option<Waker>>,
    free: Vec<usize>,
}

impl Waiters {
    /// A place for one more reader.
    pub(crate) fn slot(&self) -> Slot {
        let least = |shard: &usize| lock(&self.shards, *shard).occupied();
        let shard = (0..SHARDS).min_by_key(least).unwrap_or(0);
        let mut slots = lock(&self.shards, shard);
        let index = slots.free.pop().unwrap_or_else(|| {
            slots.wakers.push(None);
            slots.wakers.len() - 1
        });
        Slot { shards: Arc::clone(&self.shards), shard, index }
    }

    /// Registers `waker` in `slot` unless `ready` says, looked at behind the lock, that there is no need to wait; returns what it said.
    pub(crate) fn register(&self, slot: &mut Slot, waker: &Waker, ready: impl FnOnce() -> bool) -> bool {
        let mut shard = lock(&self.shards, slot.shard);
        // The flag first, then the look at what may be ready; a pusher moves the head first, then looks at the flag. Of the two
        // fences one is the earlier: either the pusher sees the flag, or the new head is seen here.
        self.waiting.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if ready() {
            return true;
        }
        if let Some(place) = shard.wakers.get_mut(slot.index)
            && !place.as_ref().is_some_and(|held| held.will_wake(waker))
        {
            *place = Some(waker.clone());
        }
        false
    }

    /// Wakes everybody registered, in batches and outside the lock, so that a woken reader does not wait for it.
    pub(crate) fn wake(&self) {
        fence(Ordering::SeqCst);
        if !self.waiting.load(Ordering::Relaxed) || !self.waiting.swap(false, Ordering::AcqRel) {
            return;
        }
        for shard in 0..SHARDS {
            let mut at = 0;
            loop {
                let mut batch: [Option<Waker>; BATCH] = [const { None }; BATCH];
                let mut filled = 0;
                {
                    let mut slots = lock(&self.shards, shard);
                    while filled < BATCH {
                        let Some(place) = slots.wakers.get_mut(at) else { break };
                        at += 1;
                        if let Some(waker) = place.take() {
                            batch[filled] = Some(waker);
                            filled += 1;
                        }
                    }
                }
                batch.iter_mut().take(filled).filter_map(Option::take).for_each(Waker::wake);
                if filled < BATCH {
                    break;
                }
            }
        }
    }
}

impl Shard {
    fn occupied(&self) -> usize {
        self.wakers.len() - self.free.len()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut shard = lock(&self.shards, self.shard);
        if let Some(place) = shard.wakers.get_mut(self.index) {
            *place = None;
        }
        shard.free.push(self.index);
        // A crowd that has left gives its memory back.
        if shard.free.len() == shard.wakers.len() {
            *shard = Shard::default();
        }
    }
}

fn lock(shards: &[Mutex<Shard>; SHARDS], shard: usize) -> MutexGuard<'_, Shard> {
    shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
}

const SHARDS: usize = 4;
const BATCH: usize = 32;
