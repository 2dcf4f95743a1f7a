//! Medians over the runs of one server under one load.

use std::collections::BTreeMap;

use crate::outcome::Outcome;
use crate::procfs::Machine;

/// All results, by load and server.
pub(crate) struct Results {
    groups: BTreeMap<(String, String), Summary>,
    machine: Option<Machine>,
    /// How long was measured, the shortest and the longest run.
    pub(crate) window_s: Spread,
}

/// Several runs as one.
#[derive(Debug, Clone)]
pub(crate) struct Summary {
    pub(crate) runs: usize,
    pub(crate) cpu_per_gigabit: Spread,
    pub(crate) both_per_gigabit: Spread,
    pub(crate) core_share: Spread,
    pub(crate) p50_ms: Spread,
    pub(crate) p99_ms: Spread,
    /// From connecting to the first whole picture.
    pub(crate) join_p99_ms: Spread,
    pub(crate) kib_per_viewer: Spread,
    /// Resident memory of the server with the load's viewers, MiB.
    pub(crate) resident_mib: Spread,
    /// The smallest share of the frames that any viewer got in any run.
    pub(crate) worst_share: f64,
    pub(crate) stalls: u64,
    pub(crate) ended: u64,
    pub(crate) failed_joins: usize,
    pub(crate) own_share: Spread,
    pub(crate) others_cores: Spread,
    /// Runs with a warning.
    pub(crate) warned: usize,
}

/// Median and extremes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Results {
    pub(crate) fn new(outcomes: Vec<Outcome>) -> Results {
        let machine = outcomes.first().map(|outcome| outcome.machine.clone());
        let loaded = outcomes.iter().filter(|outcome| outcome.viewers > 0);
        let window_s = Spread::of(loaded.map(|outcome| outcome.window_s));
        let mut groups: BTreeMap<_, Vec<Outcome>> = BTreeMap::new();
        for outcome in outcomes {
            groups.entry((outcome.scenario.clone(), outcome.server.clone())).or_default().push(outcome);
        }
        let groups = groups.into_iter().map(|(key, runs)| (key, Summary::of(&runs))).collect();
        Results { groups, machine, window_s }
    }

    pub(crate) fn of(&self, scenario: &str, server: &str) -> Option<&Summary> {
        self.groups.get(&(scenario.to_owned(), server.to_owned()))
    }

    /// (load, server) and summary, by name.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str, &Summary)> {
        self.groups.iter().map(|((scenario, server), summary)| (scenario.as_str(), server.as_str(), summary))
    }

    pub(crate) fn machine(&self) -> Option<&Machine> {
        self.machine.as_ref()
    }
}

impl Summary {
    fn of(runs: &[Outcome]) -> Summary {
        let spread = |value: fn(&Outcome) -> f64| Spread::of(runs.iter().map(value));
        Summary {
            runs: runs.len(),
            cpu_per_gigabit: spread(|run| run.cpu.seconds_per_gigabit),
            both_per_gigabit: spread(|run| run.cpu.both_per_gigabit),
            core_share: spread(|run| run.cpu.share),
            p50_ms: spread(|run| run.latency_ms.p50),
            p99_ms: spread(|run| run.latency_ms.p99),
            join_p99_ms: spread(|run| run.join_ms.p99),
            kib_per_viewer: spread(|run| run.memory.per_viewer),
            resident_mib: spread(|run| run.memory.with_viewers as f64 / 1024.0),
            worst_share: runs.iter().map(|run| run.frames.worst_share).fold(1.0, f64::min),
            stalls: runs.iter().map(|run| run.trouble.stalls).sum(),
            ended: runs.iter().map(|run| run.trouble.ends.values().sum::<u64>()).sum(),
            failed_joins: runs.iter().map(|run| run.trouble.failed_joins).sum(),
            own_share: spread(|run| run.own.cpu_share),
            others_cores: spread(|run| run.own.others_cores),
            warned: runs.iter().filter(|run| !run.warnings.is_empty()).count(),
        }
    }
}

impl Spread {
    /// Of no values, all zero; of an even number of them, the median is the mean of the two in the middle.
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Spread {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(0.0);
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 {
            at(middle)
        } else {
            (at(middle.saturating_sub(1)) + at(middle)) / 2.0
        };
        Spread { median, least: at(0), most: at(values.len().saturating_sub(1)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle() {
        let of = |values: &[f64]| Spread::of(values.iter().copied());
        assert_eq!(of(&[3.0, 1.0, 9.0]), Spread { median: 3.0, least: 1.0, most: 9.0 });
        assert_eq!(of(&[4.0, 2.0]).median, 3.0);
        assert_eq!(of(&[]), Spread::default());
    }
}
