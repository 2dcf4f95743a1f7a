//! What Prometheus may know of recordings.

use std::fmt;
use std::sync::Arc;

use hub::Page;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::{Registry, Unit};

use super::library::Recordings;

/// Counts of all recordings since the start.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Bytes that were recorded.
    pub(super) written: Counter,
    /// Bytes that object storage took.
    pub(super) sent: Counter,
    /// Recordings that got there,
    pub(super) uploaded: Counter,
    /// and tries that did not.
    pub(super) not_uploaded: Counter,
}

impl Recordings {
    /// Adds what there is to know of them to `registry`.
    pub fn register(self: &Arc<Self>, registry: &mut Registry) {
        registry.register_collector(Box::new(Collected(Arc::clone(self))));
    }
}

#[derive(Debug)]
struct Collected(Arc<Recordings>);

impl Collector for Collected {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page::new(encoder);
        let Counters { written, sent, uploaded, not_uploaded } = &self.0.counters;
        let bytes = || Some(Unit::Bytes);
        page.counter("recordings_written", "What was recorded onto the disk", bytes(), written.get())?;
        page.gauge("recordings_held", "What recordings take of the disk", bytes(), self.0.space().taken)?;
        let waiting = self.0.on_their_way(0, |_| true).1 as u64;
        page.gauge("uploads_waiting", "Recordings on their way into object storage", None, waiting)?;
        page.counter("uploads_sent", "What object storage took of them", bytes(), sent.get())?;
        let about = "Recordings that are in object storage, and were looked for there";
        page.counter("uploads_done", about, None, uploaded.get())?;
        let about = "Tries to upload a recording that failed";
        page.counter("uploads_failed", about, None, not_uploaded.get())
    }
}
