//! Spans that are to be sent, and what became of the others.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::wire::Span;

/// Filled by the [`Recorder`](super::recorder::Recorder), emptied by the [`Exporter`](super::Exporter). Nobody waits for room in it.
#[derive(Debug, Default)]
pub(super) struct Queue {
    spans: Mutex<VecDeque<Span>>,
    /// There is a whole batch.
    filled: Notify,
    /// Taken by the collector.
    pub(super) sent: AtomicU64,
    /// Sent to the collector, which did not want them.
    pub(super) rejected: AtomicU64,
    /// Never sent, because too many waited or the collector could not be reached.
    pub(super) dropped: AtomicU64,
}

impl Queue {
    /// Puts `span` behind the others; where there are too many it is dropped, so that what is sent has no holes in the middle.
    pub(super) fn push(&self, span: Span) {
        let count = {
            let mut spans = self.spans();
            if spans.len() < MOST {
                spans.push_back(span);
                Some(spans.len())
            } else {
                None
            }
        };
        match count {
            Some(BATCH..) => self.filled.notify_one(),
            Some(_) => {}
            None => self.lose(1),
        }
    }

    /// The oldest, as many as one request has.
    pub(super) fn take(&self) -> Vec<Span> {
        let mut spans = self.spans();
        let count = spans.len().min(BATCH);
        spans.drain(..count).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.spans().len()
    }

    /// Waits until there is a whole batch.
    pub(super) async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Counts spans that are not sent.
    pub(super) fn lose(&self, count: usize) {
        self.dropped.fetch_add(count as u64, Ordering::Relaxed);
    }

    fn spans(&self) -> MutexGuard<'_, VecDeque<Span>> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Spans that wait: some 2 MB.
pub(super) const MOST: usize = 2_048;
/// Spans of one request.
pub(super) const BATCH: usize = 512;
