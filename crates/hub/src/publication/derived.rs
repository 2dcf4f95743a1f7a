//! Logs of what others make of a publication's frames, which count as its own.

use std::sync::{Arc, PoisonError, Weak};

use super::Publication;
use crate::log::{Bounds, Log};

/// A log, as far as memory is concerned.
pub(super) trait Held: Send + Sync {
    /// See [`Log::bytes`].
    fn bytes(&self) -> usize;
    /// See [`Log::trim`].
    fn trim(&self) -> usize;
}

impl<T: Clone + Send + Sync> Held for Log<T> {
    fn bytes(&self) -> usize {
        Log::bytes(self)
    }

    fn trim(&self) -> usize {
        Log::trim(self)
    }
}

impl Publication {
    /// A log for what is made of its frames: its bytes are the stream's, and count against the hub's limit, for as long as somebody
    /// holds it.
    pub fn derived_log<T: Clone + Send + Sync + 'static>(&self, bounds: Bounds) -> Arc<Log<T>> {
        let log = Arc::new(Log::new(bounds, Arc::clone(&self.load.bytes)));
        let held: Weak<dyn Held> = Arc::downgrade(&(Arc::clone(&log) as Arc<dyn Held>));
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        derived.retain(|held| held.strong_count() > 0);
        derived.push(held);
        log
    }

    pub(super) fn derived(&self) -> Vec<Arc<dyn Held>> {
        let derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        derived.iter().filter_map(Weak::upgrade).collect()
    }
}
