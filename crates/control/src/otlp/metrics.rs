//! What Prometheus may know of traces.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hub::Page;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Registry;

use super::Exporter;

impl Exporter {
    /// Adds what there is to know of spans to `registry`.
    pub fn register(self: &Arc<Self>, registry: &mut Registry) {
        registry.register_collector(Box::new(Collected(Arc::clone(self))));
    }
}

#[derive(Debug)]
struct Collected(Arc<Exporter>);

impl Collector for Collected {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (queue, mut page) = (&self.0.queue, Page::new(encoder));
        let outcomes = [("sent", &queue.sent), ("rejected", &queue.rejected), ("dropped", &queue.dropped)];
        let outcomes =
            outcomes.map(|(outcome, count)| ([("outcome", outcome)], count.load(Ordering::Relaxed)));
        page.counters("otlp_spans", "Spans of traces, by what became of them", None, outcomes)?;
        page.gauge("otlp_queued", "Spans that are still to be sent", None, queue.len() as u64)?;
        let about = "Whether the last try to send spans failed";
        page.gauge("otlp_failing", about, None, u64::from(self.0.failing()))
    }
}
