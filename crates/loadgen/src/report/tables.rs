//! Results as Markdown.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::report::Heading;
use crate::report::summary::{Results, Spread, Summary};
use crate::report::targets::Target;

/// The whole section.
pub(crate) fn write(results: &Results, targets: &[Target], heading: &Heading) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    if let Some(machine) = results.machine() {
        let kind = if machine.virtual_machine { ", a virtual machine" } else { "" };
        let gib = machine.memory_mib as f64 / 1024.0;
        line(&format!(
            "Measured {} on {} ({} cores{kind}), {gib:.0} GiB, Linux {}, TCP {}; windows of {:.0} to {:.0} s.",
            heading.date,
            machine.cpu,
            machine.cores,
            machine.kernel.split('-').next().unwrap_or_default(),
            machine.congestion,
            results.window_s.least,
            results.window_s.most
        ));
    }
    for note in &heading.notes {
        line(&format!("{note}."));
    }
    line("\n### Targets\n");
    line("| target | measured | at most | |");
    line("|---|---:|---:|---|");
    for target in targets {
        let Target { what, value, limit, unit } = target;
        let verdict = match (target.held(), target.excess()) {
            (true, excess) if excess > 0.0 => format!("pass, {:.0} % over", excess * 100.0),
            (true, _) => "pass".to_owned(),
            (false, excess) => format!("**miss**, {:.0} % over", excess * 100.0),
        };
        line(&format!("| {what} | {value:.2} {unit} | {limit:.2} {unit} | {verdict} |"));
    }
    if targets.is_empty() {
        line("| none of the results belongs to a target | | | |");
    }
    line("\n### Results\n");
    line("Medians, with the least and the most of all runs in brackets.\n");
    line(
        "| load | server | runs | CPU-s per Gbit | with loadgen's | core | latency p50 / p99 ms | KiB per viewer | worst viewer | loadgen's core |",
    );
    line("|---|---|---:|---|---:|---:|---|---:|---:|---:|");
    for scenario in scenarios(results) {
        for (_, server, summary) in results.all().filter(|(of, _, _)| *of == scenario) {
            line(&row(scenario, server, summary));
        }
    }
    let troubled: Vec<String> =
        results.all().filter_map(|(of, server, summary)| trouble(of, server, summary)).collect();
    if !troubled.is_empty() {
        line("\nRuns that were warned of, and what viewers suffered:\n");
        troubled.iter().for_each(|text| line(text));
    }
    out
}

fn row(scenario: &str, server: &str, summary: &Summary) -> String {
    let mut out = format!("| {scenario} | {server} | {} ", summary.runs);
    if scenario == "idle" {
        let _ = write!(out, "| | | | | {:.1} MiB in all | | |", summary.resident_mib.median);
        return out;
    }
    let percent = |share: f64| share * 100.0;
    let _ = write!(out, "| {} ", spread(summary.cpu_per_gigabit, 4));
    let _ = write!(out, "| {:.3} ", summary.both_per_gigabit.median);
    let _ = write!(out, "| {:.1} % ", percent(summary.core_share.median));
    let _ = write!(out, "| {:.1} / {} ", summary.p50_ms.median, spread(summary.p99_ms, 1));
    let _ = write!(out, "| {:.1} ", summary.kib_per_viewer.median);
    let _ = write!(out, "| {:.3} % ", percent(summary.worst_share));
    let _ = write!(out, "| {:.0} % |", percent(summary.own_share.median));
    out
}

/// What must be known of a row that is not clean.
fn trouble(scenario: &str, server: &str, summary: &Summary) -> Option<String> {
    if summary.warned == 0 && summary.stalls == 0 {
        return None;
    }
    let mut out = format!("- {scenario}, {server}: {} of {} runs warned", summary.warned, summary.runs);
    let mut add = |count: u64, what: &str| {
        if count > 0 {
            let _ = write!(out, ", {count} {what}");
        }
    };
    add(summary.stalls, "stalls");
    add(summary.ended, "viewers cut off");
    add(summary.failed_joins as u64, "viewers never joined");
    if summary.others_cores.median > 0.1 {
        let _ = write!(out, ", other programs on {:.1} cores", summary.others_cores.median);
    }
    Some(out)
}

/// Loads in the order in which one reads them: by kind, then by number.
fn scenarios(results: &Results) -> Vec<&str> {
    let names: BTreeSet<&str> = results.all().map(|(scenario, _, _)| scenario).collect();
    let mut names: Vec<&str> = names.into_iter().collect();
    let kinds = ["rtmp", "flv", "ts", "llhls", "hls", "streams", "workers", "idle"];
    names.sort_by_key(|name| {
        let (kind, number) = name.split_once('-').unwrap_or((name, "0"));
        let place = kinds.iter().position(|known| *known == kind).unwrap_or(kinds.len());
        (place, number.parse::<u64>().unwrap_or(0))
    });
    names
}

fn spread(spread: Spread, digits: usize) -> String {
    format!("{:.digits$} ({:.digits$}–{:.digits$})", spread.median, spread.least, spread.most)
}
