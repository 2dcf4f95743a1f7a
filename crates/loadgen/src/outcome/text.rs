//! A result for people.

use std::fmt::Write as _;

use crate::outcome::Outcome;

impl Outcome {
    /// A page of text.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        let mut line = |name: &str, text: String| {
            let _ = writeln!(out, "  {name:<12} {text}");
        };
        let (frames, latency, join) = (&self.frames, &self.latency_ms, &self.join_ms);
        line("load", format!("{} viewers of {} streams, {:.1} s", self.viewers, self.streams, self.window_s));
        let delivered = &self.delivered;
        line(
            "delivered",
            format!("{:.2} Gbit, {:.3} Mbit/s each", delivered.gigabits, delivered.mbits_per_viewer_s),
        );
        let cpu = &self.cpu;
        line(
            "cpu",
            format!(
                "{:.4} s/Gbit, {:.1} % of a core ({:.0} % of it kernel); {:.4} s/Gbit with loadgen's",
                cpu.seconds_per_gigabit,
                cpu.share * 100.0,
                cpu.system_share * 100.0,
                cpu.both_per_gigabit
            ),
        );
        line(
            "frames",
            format!(
                "{} of {}, worst viewer {:.3} %, missing {} in {} gaps",
                frames.received,
                frames.expected,
                frames.worst_share * 100.0,
                frames.missing_pictures,
                frames.gaps
            ),
        );
        line(
            "latency ms",
            format!(
                "p50 {:.1}  p90 {:.1}  p99 {:.1}  p99.9 {:.1}  max {:.1}",
                latency.p50, latency.p90, latency.p99, latency.p999, latency.max
            ),
        );
        line("join ms", format!("p50 {:.1}  p99 {:.1}  max {:.1}", join.p50, join.p99, join.max));
        let memory = &self.memory;
        line(
            "memory KiB",
            format!(
                "{} before viewers, {} with, {:.1} each",
                memory.before_viewers, memory.with_viewers, memory.per_viewer
            ),
        );
        let trouble = &self.trouble;
        line(
            "trouble",
            format!(
                "{} failed joins, {} ended, {} stalls, longest wait {:.0} ms, {} bad requests, {} segments skipped",
                trouble.failed_joins,
                trouble.ends.values().sum::<u64>(),
                trouble.stalls,
                trouble.longest_wait_ms,
                trouble.requests,
                trouble.skipped_segments
            ),
        );
        let own = &self.own;
        line(
            "loadgen",
            format!(
                "{:.1} % of a core, queueing p99 {:.2} ms, publishing late p99 {:.2} ms, others {:.2} cores",
                own.cpu_share * 100.0,
                own.queueing_p99_ms,
                own.publish_late_p99_ms,
                own.others_cores
            ),
        );
        for (end, count) in &trouble.ends {
            line("ended", format!("{count} x {end}"));
        }
        for warning in &self.warnings {
            line("WARNING", warning.clone());
        }
        out
    }
}
