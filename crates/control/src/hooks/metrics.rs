//! What Prometheus may know of receivers: there are few, so each is told by itself.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hub::Page;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Registry;

use super::Hooks;
use super::deliveries::State;
use super::line::{Health, Line};

/// What has come of tries, since the server was started.
#[derive(Debug, Default)]
pub(super) struct Outcomes([AtomicU64; OUTCOMES.len()]);

impl Outcomes {
    /// Counts a try after which a delivery stands like that.
    pub(super) fn count(&self, state: State) {
        let index = match state {
            State::Delivered => 0,
            State::Refused => 1,
            State::Retrying(_) => 2,
            State::Failed => 3,
            State::Waiting => return,
        };
        if let Some(counter) = self.0.get(index) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn so_far(&self) -> Vec<(&'static str, u64)> {
        OUTCOMES.into_iter().zip(self.0.iter().map(|counter| counter.load(Ordering::Relaxed))).collect()
    }
}

/// In the order in which they are counted.
const OUTCOMES: [&str; 4] = ["delivered", "refused", "retried", "failed"];

impl Hooks {
    /// Adds what there is to know of receivers to `registry`, by their names.
    pub fn register(self: &Arc<Self>, registry: &mut Registry) {
        registry.register_collector(Box::new(Collected(Arc::clone(self))));
    }
}

#[derive(Debug)]
struct Collected(Arc<Hooks>);

impl Collector for Collected {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page::new(encoder);
        let lines = self.0.lines.load();
        let seen = |(id, line): (&String, &Arc<Line>)| (id.clone(), line.health(), line.outcomes.so_far());
        let all: Vec<_> = lines.iter().map(seen).collect();
        let each = |value: fn(&Health) -> u64| {
            all.iter().map(move |(id, health, _)| ([("webhook", id.as_str())], value(health)))
        };
        let outcomes = all.iter().flat_map(|(id, _, outcomes)| {
            let webhook = ("webhook", id.as_str());
            outcomes.iter().map(move |(outcome, count)| ([webhook, ("outcome", *outcome)], *count))
        });
        page.counters(
            "webhook_deliveries",
            "Tries to ask or tell a webhook, by what came of them",
            None,
            outcomes,
        )?;
        let about = "Events that a webhook was never told of because too many waited";
        page.counters("webhook_dropped", about, None, each(|health| health.dropped))?;
        let about = "Events that a webhook is still to be told";
        page.gauges("webhook_queued", about, None, each(|health| health.queued as u64))?;
        let about = "Requests to a webhook that have had no answer for two seconds";
        page.gauges("webhook_waiting", about, None, each(|health| health.waiting as u64))?;
        let about = "Whether the last try to reach a webhook failed";
        page.gauges("webhook_failing", about, None, each(|health| u64::from(health.failing)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::SystemTime;

    use prometheus_client::encoding::text::encode;
    use store::Embedded;

    use super::*;
    use crate::hooks::Target;
    use crate::key::Key;
    use crate::outbound::Client;

    #[test]
    fn each_receiver_is_counted_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Embedded::open(folder.path()).unwrap());
        let hooks = Arc::new(Hooks::open(store, Client::new()).unwrap());
        let mut registry = Registry::default();
        hooks.register(&mut registry);
        let target = Target::new("label", "https://h.example/secret", Key::generate().unwrap());
        let (id, _) = hooks.create(target).unwrap();
        let line = hooks.line(&id).unwrap();
        for state in [State::Delivered, State::Delivered, State::Failed, State::Retrying(SystemTime::now())] {
            line.outcomes.count(state);
        }
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        let counted = |outcome: &str, count: u64| {
            text.contains(&format!(
                "webhook_deliveries_total{{webhook=\"{id}\",outcome=\"{outcome}\"}} {count}\n"
            ))
        };
        assert!(counted("delivered", 2) && counted("refused", 0), "{text}");
        assert!(counted("retried", 1) && counted("failed", 1), "{text}");
        for (name, value) in [("dropped_total", 0), ("queued", 0), ("waiting", 0), ("failing", 0)] {
            assert!(text.contains(&format!("webhook_{name}{{webhook=\"{id}\"}} {value}\n")), "{text}");
        }
        assert!(!text.contains("h.example"), "{text}");
    }
}
