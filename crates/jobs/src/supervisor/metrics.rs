//! What Prometheus may know of jobs.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Counts of all jobs, by their kinds.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) running: Family<Kind, Gauge>,
    pub(super) started: Family<Kind, Counter>,
    pub(super) failed: Family<Kind, Counter>,
    pub(super) broken: Family<Kind, Counter>,
}

type Kind = [(&'static str, &'static str); 1];

impl Counters {
    /// There is such a kind: what has never happened with it is zero, and not unknown.
    pub(super) fn known(&self, name: &'static str) {
        for counter in [&self.started, &self.failed, &self.broken] {
            drop(counter.get_or_create(&kind(name)));
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("jobs_running", "Runs of jobs that are at work", self.running.clone());
        registry.register("jobs_started", "Runs of jobs that have begun", self.started.clone());
        registry.register("jobs_failed", "Runs of jobs that ended with a failure", self.failed.clone());
        registry.register("jobs_broken", "Runs of jobs that ended with a fault of ours", self.broken.clone());
    }
}

/// The label of a kind.
pub(super) fn kind(name: &'static str) -> Kind {
    [("kind", name)]
}
