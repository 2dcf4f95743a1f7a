//! What the system says of its limits, for who wonders why a server cannot do more.

use std::fmt::Write;
use std::fs;

/// Limits of the process, and of the kernel and the container around it, as they are in `/proc` and `/sys`.
pub(super) fn limits() -> String {
    let mut text = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    text.push('\n');
    for file in WORTH_KNOWING {
        if let Ok(value) = fs::read_to_string(file) {
            let value: String = value.trim().chars().take(200).collect();
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "{file}: {}", value.replace('\n', "; "));
        }
    }
    text
}

/// What runs: kernel, distribution, processor.
pub(super) fn machine() -> String {
    let mut text = fs::read_to_string("/proc/version").unwrap_or_default();
    text.push_str(&fs::read_to_string("/etc/os-release").unwrap_or_default());
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find(|line| line.starts_with("model name")).unwrap_or_default();
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let _ = writeln!(text, "{model}\nprocessors: {cores}\narchitecture: {}", std::env::consts::ARCH);
    text + &fs::read_to_string("/proc/meminfo").unwrap_or_default()
}

/// The names of environment variables, in order. Their values are nobody's business.
pub(super) fn environment() -> String {
    let mut names: Vec<_> =
        std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names.join("\n") + "\n"
}

const WORTH_KNOWING: [&str; 16] = [
    "/proc/sys/fs/file-max",
    "/proc/sys/fs/file-nr",
    "/proc/sys/kernel/pid_max",
    "/proc/sys/net/core/netdev_max_backlog",
    "/proc/sys/net/core/rmem_max",
    "/proc/sys/net/core/somaxconn",
    "/proc/sys/net/core/wmem_max",
    "/proc/sys/net/ipv4/ip_local_port_range",
    "/proc/sys/net/ipv4/tcp_congestion_control",
    "/proc/sys/net/ipv4/tcp_max_syn_backlog",
    "/proc/sys/net/ipv4/tcp_mem",
    "/proc/sys/net/ipv4/tcp_wmem",
    "/proc/sys/vm/overcommit_memory",
    "/sys/fs/cgroup/cpu.max",
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/pids.max",
];
