//! What we promise ourselves beside nginx-rtmp in the same run, and whether it held.

use crate::report::summary::{Results, Summary};

/// One promise and what became of it.
#[derive(Debug, PartialEq)]
pub(crate) struct Target {
    pub(crate) what: String,
    /// As measured.
    pub(crate) value: f64,
    /// What it may be at most.
    pub(crate) limit: f64,
    pub(crate) unit: &'static str,
}

impl Target {
    /// Whether it held; within 10 % counts.
    pub(crate) fn held(&self) -> bool {
        self.value <= self.limit * TOLERANCE
    }

    /// How far it is beyond the limit, as a share of the limit; negative when below.
    pub(crate) fn excess(&self) -> f64 {
        if self.limit > 0.0 { self.value / self.limit - 1.0 } else { 0.0 }
    }
}

/// Every target for which there are results.
pub(crate) fn check(results: &Results) -> Vec<Target> {
    let mut targets = Vec::new();
    for viewers in [100, 500, 1000, 2000] {
        rtmp(results, viewers, &mut targets);
    }
    for (window, _) in WINDOWS {
        let name = format!("sluice {window}");
        let rtmp = results.of("rtmp-1000", &name);
        for (what, load) in [("HTTP-FLV", "flv-1000"), ("HTTP-TS", "ts-1000")] {
            let Some(http) = results.of(load, &name) else { continue };
            cpu(&format!("{what}, window {window}, beside our RTMP"), Some(http), rtmp, 1.2, &mut targets);
            let memory = format!("{what}, window {window}: memory per viewer");
            push(&mut targets, memory, http.kib_per_viewer.median, 32.0, "KiB");
        }
    }
    let hls = (results.of("hls-500", "sluice"), results.of("hls-500", "nginx"));
    cpu("HLS, 500 viewers, beside nginx with the same files", hls.0, hls.1, 1.2, &mut targets);
    let streams = (results.of("streams-300", "sluice auto"), results.of("streams-300", "nginx"));
    cpu("300 streams of one viewer", streams.0, streams.1, 0.8, &mut targets);
    for viewers in [50, 100, 200, 400] {
        whep(results, viewers, &mut targets);
    }
    let workers =
        (results.of("workers-1000", "sluice 2 workers"), results.of("workers-1000", "sluice 1 worker"));
    cpu("two unpinned workers beside one", workers.0, workers.1, 1.15, &mut targets);
    if let Some(idle) = results.of("idle", "sluice auto") {
        push(&mut targets, "idle".to_owned(), idle.resident_mib.median, 25.0, "MiB");
    }
    // Counted in lost frames, so that less is better here too.
    let ours =
        results.all().filter(|(scenario, server, _)| server.starts_with("sluice") && *scenario != "idle");
    if let Some(worst) = ours.map(|(_, _, summary)| summary.worst_share).reduce(f64::min) {
        let what = "frames lost by the worst viewer of all our runs".to_owned();
        push(&mut targets, what, (1.0 - worst) * 100.0, 0.1, "%");
    }
    targets
}

fn rtmp(results: &Results, viewers: u32, targets: &mut Vec<Target>) {
    let scenario = format!("rtmp-{viewers}");
    let Some(nginx) = results.of(&scenario, "nginx") else { return };
    for (window, share) in WINDOWS {
        // The default window only opens with many viewers.
        if window != "frame" && viewers < 1000 {
            continue;
        }
        let Some(ours) = results.of(&scenario, &format!("sluice {window}")) else { continue };
        let what = format!("RTMP, {viewers} viewers, window {window}");
        cpu(&what, Some(ours), Some(nginx), share, targets);
        match window {
            "frame" => {
                push(targets, format!("{what}: p99"), ours.p99_ms.median, nginx.p99_ms.median, "ms");
                if viewers <= 1000 {
                    let p50 = format!("{what}: p50, nginx's and 1 ms");
                    push(targets, p50, ours.p50_ms.median, nginx.p50_ms.median + 1.0, "ms");
                }
            }
            "auto" => push(targets, format!("{what}: p99"), ours.p99_ms.median, 120.0, "ms"),
            _ => {}
        }
        if viewers >= 1000 {
            push(targets, format!("{what}: memory per viewer"), ours.kib_per_viewer.median, 12.0, "KiB");
        }
    }
}

/// What SRS 6 spends at 200 viewers is 1.2 CPU-milliseconds for each second of a viewer, and 600 KiB.
fn whep(results: &Results, viewers: u32, targets: &mut Vec<Target>) {
    let Some(ours) = results.of(&format!("whep-{viewers}"), "sluice") else { return };
    let what = format!("WHEP, {viewers} viewers");
    let per_viewer = ours.core_share.median * 1_000.0 / f64::from(viewers);
    push(targets, format!("{what}: CPU per second of a viewer"), per_viewer, 0.85, "ms");
    push(targets, format!("{what}: latency p99"), ours.p99_ms.median, 100.0, "ms");
    push(targets, format!("{what}: joining p99"), ours.join_p99_ms.median, 500.0, "ms");
    push(targets, format!("{what}: memory per viewer"), ours.kib_per_viewer.median, 200.0, "KiB");
}

/// CPU per gigabit of `ours` as a multiple of `theirs`.
fn cpu(what: &str, ours: Option<&Summary>, theirs: Option<&Summary>, limit: f64, targets: &mut Vec<Target>) {
    let Some((ours, theirs)) = ours.zip(theirs) else { return };
    let (ours, theirs) = (ours.cpu_per_gigabit.median, theirs.cpu_per_gigabit.median);
    if theirs > 0.0 {
        push(targets, format!("{what}: CPU per gigabit"), ours / theirs, limit, "x");
    }
}

fn push(targets: &mut Vec<Target>, what: String, value: f64, limit: f64, unit: &'static str) {
    targets.push(Target { what, value, limit, unit });
}

/// Merge windows of ours, and what RTMP may cost with each as a share of nginx.
pub(crate) const WINDOWS: [(&str, f64); 3] = [("frame", 0.75), ("auto", 0.27), ("throughput", 0.17)];
const TOLERANCE: f64 = 1.1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_ten_percent_counts() {
        let target = |value| Target { what: String::new(), value, limit: 2.0, unit: "x" };
        assert!(target(2.19).held() && !target(2.21).held());
        assert!((target(2.2).excess() - 0.1).abs() < 1e-9);
    }
}
