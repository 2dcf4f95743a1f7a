//! What /proc says of a process with its children, of this process, and of the machine. Source: proc(5).

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A process and its descendants at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sample {
    /// Time on a CPU of every thread, by thread id.
    threads: HashMap<u32, Duration>,
    /// User and system time in ticks, of all threads and of children that have ended.
    user: u64,
    system: u64,
    /// Resident memory of all processes, KiB.
    pub(crate) resident: u64,
    /// The part of it that is not backed by files, KiB.
    pub(crate) anonymous: u64,
}

impl Sample {
    /// Of process `root` and its descendants; `None` when `root` is gone.
    pub(crate) fn of(root: u32) -> Option<Sample> {
        let mut sample = Sample::default();
        sample.add(root)?;
        let mut parents = vec![root];
        let others: Vec<(u32, u32)> = processes();
        while let Some(parent) = parents.pop() {
            for &(pid, _) in others.iter().filter(|(_, of)| *of == parent) {
                // A child may end while we look.
                if sample.add(pid).is_some() {
                    parents.push(pid);
                }
            }
        }
        Some(sample)
    }

    /// CPU time used since `earlier` by the threads that still run, to the nanosecond.
    pub(crate) fn cpu_since(&self, earlier: &Sample) -> Duration {
        let used = self.threads.iter().map(|(id, now)| {
            let before = earlier.threads.get(id).copied().unwrap_or_default();
            now.saturating_sub(before)
        });
        used.sum()
    }

    /// The share of that time spent in the kernel, by the coarser tick counters; 0 when no tick has passed.
    pub(crate) fn system_share_since(&self, earlier: &Sample) -> f64 {
        let user = self.user.saturating_sub(earlier.user) as f64;
        let system = self.system.saturating_sub(earlier.system) as f64;
        if user + system > 0.0 { system / (user + system) } else { 0.0 }
    }

    fn add(&mut self, pid: u32) -> Option<()> {
        let folder = Path::new("/proc").join(pid.to_string());
        let stat = fs::read_to_string(folder.join("stat")).ok()?;
        // utime, stime, cutime and cstime are fields 14 to 17; the name, field 2, may hold blanks.
        let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
        let ticks = |at: usize| fields.get(at - 3).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        self.user += ticks(14) + ticks(16);
        self.system += ticks(15) + ticks(17);
        let status = fs::read_to_string(folder.join("status")).ok()?;
        self.resident += kib(&status, "VmRSS:");
        self.anonymous += kib(&status, "RssAnon:");
        for entry in fs::read_dir(folder.join("task")).ok()?.flatten() {
            let id = entry.file_name().to_string_lossy().parse().ok();
            let run = fs::read_to_string(entry.path().join("schedstat")).ok();
            let run = run.as_deref().and_then(|run| run.split(' ').next()?.parse().ok());
            if let (Some(id), Some(nanos)) = (id, run) {
                self.threads.insert(id, Duration::from_nanos(nanos));
            }
        }
        Some(())
    }
}

/// Every process with its parent.
fn processes() -> Vec<(u32, u32)> {
    let Ok(folder) = fs::read_dir("/proc") else { return Vec::new() };
    let parent = |pid: u32| -> Option<(u32, u32)> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
        Some((pid, parent))
    };
    folder.flatten().filter_map(|entry| parent(entry.file_name().to_string_lossy().parse().ok()?)).collect()
}

fn kib(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|value| value.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Time of all cores, by what it went to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cores {
    busy: u64,
    stolen: u64,
}

impl Cores {
    pub(crate) fn now() -> Cores {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let line = stat.lines().next().unwrap_or_default();
        let ticks: Vec<u64> =
            line.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
        let at = |index: usize| ticks.get(index).copied().unwrap_or(0);
        // user nice system idle iowait irq softirq steal
        Cores { busy: at(0) + at(1) + at(2) + at(5) + at(6), stolen: at(7) }
    }

    /// Work done on all cores since `earlier`, and what the hypervisor took, in CPU time.
    pub(crate) fn since(&self, earlier: &Cores) -> (Duration, Duration) {
        let span =
            |now: u64, then: u64| Duration::from_millis(now.saturating_sub(then) * 1000 / TICKS_PER_SECOND);
        (span(self.busy, earlier.busy), span(self.stolen, earlier.stolen))
    }
}

/// The machine that was measured on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory_mib: u64,
    pub(crate) kernel: String,
    /// TCP's congestion control, which has a part in what small writes cost.
    pub(crate) congestion: String,
    pub(crate) virtual_machine: bool,
}

impl Machine {
    pub(crate) fn here() -> Machine {
        let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let field = |name: &str| {
            let line = cpus.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
        Machine {
            cpu: field("model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: cpus.lines().filter(|line| line.starts_with("processor")).count(),
            memory_mib: kib(&memory, "MemTotal:") / 1024,
            kernel: text("/proc/sys/kernel/osrelease"),
            congestion: text("/proc/sys/net/ipv4/tcp_congestion_control"),
            virtual_machine: field("flags").is_some_and(|flags| flags.contains("hypervisor")),
        }
    }
}

/// How many files this process may have open.
pub(crate) fn open_file_limit() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(usize::MAX)
}

/// USER_HZ, part of Linux' interface and 100 wherever we run.
const TICKS_PER_SECOND: u64 = 100;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::hint::black_box;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn own_work_is_counted() {
        let me = std::process::id();
        let before = Sample::of(me).unwrap();
        let mut sum = 0u64;
        while Sample::of(me).unwrap().cpu_since(&before) < Duration::from_millis(5) {
            sum = black_box((0..10_000u64).fold(sum, |sum, n| sum ^ n.rotate_left(7)));
        }
        assert!(before.resident > 500 && before.anonymous <= before.resident);
        assert!(open_file_limit() > 10);
    }

    #[test]
    fn children_count_with_their_parent() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let alone = Sample::of(child.id()).unwrap();
        let both = Sample::of(std::process::id()).unwrap();
        assert!(both.threads.contains_key(&child.id()));
        assert!(both.resident > alone.resident);
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(Sample::of(child.id()).is_none());
    }

    #[test]
    fn the_machine_has_a_name() {
        let machine = Machine::here();
        assert!(machine.cores > 0 && machine.memory_mib > 0 && !machine.kernel.is_empty());
    }
}
