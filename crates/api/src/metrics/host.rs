//! What the system says of the process and the machine. All of it blocks, for well under a millisecond.
//!
//! Sandboxes and old kernels do not tell everything: what they do not tell is `None`, and nothing depends on it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use procfs::process::Process;
use procfs::{Current, CurrentSI};

/// One look. Counters count from when the machine or the process was started.
#[derive(Debug, Clone, Default)]
pub(crate) struct Host {
    /// Seconds of a core that the process has used.
    pub(crate) cpu: Option<f64>,
    /// Bytes of memory that the process has.
    pub(crate) memory: Option<u64>,
    /// Files and sockets that the process has open.
    pub(crate) open_files: Option<u64>,
    /// What all cores have done.
    pub(crate) cores: Option<Cores>,
    /// Processes that run or want to, over 1, 5 and 15 minutes.
    pub(crate) load: Option<[f32; 3]>,
    pub(crate) memory_of_machine: Option<Memory>,
    /// Since the machine was started, in seconds; and seconds of cores in which they had nothing to do.
    pub(crate) uptime: Option<[f64; 2]>,
    /// Of all interfaces but those of the machine to itself.
    pub(crate) network: Option<Moved>,
    /// The same of those.
    pub(crate) loopback: Option<Moved>,
    /// Of all disks, in KiB.
    pub(crate) disks: Option<Moved>,
    /// Milliseconds in which the disk of the data folder had something to do.
    pub(crate) disk_busy: Option<u64>,
    pub(crate) sockets: Option<Sockets>,
    /// Where the data folder is.
    pub(crate) disk: Option<Disk>,
    /// Memory that the process may use when its group has a limit, in bytes.
    pub(crate) memory_limit: Option<u64>,
}

/// Time in ticks, of all cores together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cores {
    pub(crate) busy: u64,
    pub(crate) all: u64,
}

/// In bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Memory {
    pub(crate) total: u64,
    /// What programs could still have.
    pub(crate) available: u64,
    pub(crate) swap_total: u64,
    pub(crate) swap_free: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Moved {
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

/// Sockets of the machine; in a container, of that.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Sockets {
    pub(crate) tcp: u64,
    pub(crate) established: u64,
    pub(crate) time_wait: u64,
    pub(crate) udp: u64,
}

/// In bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Disk {
    pub(crate) total: u64,
    /// What the server may still write.
    pub(crate) free: u64,
}

impl Host {
    /// Looks now; `data` is the data folder.
    pub(crate) fn look(data: &Path) -> Host {
        let stat = Process::myself().and_then(|process| process.stat()).ok();
        let network = procfs::net::dev_status().ok();
        let moved = |own: bool| {
            let devices = network.as_ref()?.values().filter(|device| (device.name == "lo") == own);
            Some(devices.fold(Moved::default(), |sum, device| Moved {
                received: sum.received + device.recv_bytes,
                sent: sum.sent + device.sent_bytes,
            }))
        };
        Host {
            cpu: stat
                .as_ref()
                .map(|stat| (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64),
            memory: stat.map(|stat| stat.rss.saturating_mul(procfs::page_size())),
            open_files: open_files(),
            cores: cores(),
            load: procfs::LoadAverage::current().ok().map(|load| [load.one, load.five, load.fifteen]),
            memory_of_machine: memory(),
            uptime: procfs::Uptime::current().ok().map(|uptime| [uptime.uptime, uptime.idle]),
            network: moved(false),
            loopback: moved(true),
            disks: disks(),
            disk_busy: disk_busy(data),
            sockets: sockets(),
            disk: disk(data),
            memory_limit: memory_limit(),
        }
    }
}

fn cores() -> Option<Cores> {
    let time = procfs::KernelStats::current().ok()?.total;
    // Guests' time is in `user` already.
    let waiting = time.idle + time.iowait.unwrap_or(0);
    let rest = [time.irq, time.softirq, time.steal].map(|ticks| ticks.unwrap_or(0));
    let busy = time.user + time.nice + time.system + rest.iter().sum::<u64>();
    Some(Cores { busy, all: busy + waiting })
}

fn memory() -> Option<Memory> {
    let info = procfs::Meminfo::current().ok()?;
    Some(Memory {
        total: info.mem_total,
        available: info.mem_available.unwrap_or(info.mem_free + info.buffers + info.cached),
        swap_total: info.swap_total,
        swap_free: info.swap_free,
    })
}

fn open_files() -> Option<u64> {
    // Since Linux 6.2 the folder's size is their number; before, it is zero.
    match fs::metadata("/proc/self/fd").ok()?.len() {
        0 => Some(fs::read_dir("/proc/self/fd").ok()?.count() as u64),
        count => Some(count),
    }
}

fn disks() -> Option<Moved> {
    let stat = procfs::vmstat().ok()?;
    let count = |name: &str| stat.get(name).and_then(|count| u64::try_from(*count).ok());
    Some(Moved { received: count("pgpgin")?, sent: count("pgpgout")? })
}

fn disk_busy(data: &Path) -> Option<u64> {
    let device = fs::metadata(data).ok()?.dev();
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let is_it = |disk: &procfs::DiskStat| disk.major as u32 == major && disk.minor as u32 == minor;
    Some(procfs::diskstats().ok()?.into_iter().find(is_it)?.time_in_progress)
}

fn sockets() -> Option<Sockets> {
    let text = fs::read_to_string("/proc/net/sockstat").ok()?;
    let established = procfs::net::snmp().ok().map_or(0, |counters| counters.tcp_curr_estab);
    Some(Sockets { established, ..of_sockstat(&text)? })
}

/// Reads lines such as `TCP: inuse 5 orphan 0 tw 2 alloc 6 mem 1`.
fn of_sockstat(text: &str) -> Option<Sockets> {
    let value = |line: &str, name: &str| {
        let words = text.lines().find_map(|found| found.strip_prefix(line))?;
        words.split_whitespace().skip_while(|word| *word != name).nth(1)?.parse().ok()
    };
    let (tcp, udp) = (value("TCP:", "inuse")?, value("UDP:", "inuse").unwrap_or(0));
    Some(Sockets { tcp, established: 0, time_wait: value("TCP:", "tw").unwrap_or(0), udp })
}

fn disk(data: &Path) -> Option<Disk> {
    let stat = rustix::fs::statvfs(data).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
    Some(Disk { total: bytes(stat.f_blocks), free: bytes(stat.f_bavail) })
}

/// Files and sockets that the process may have open.
pub(crate) fn most_open_files() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

fn memory_limit() -> Option<u64> {
    fs::read_to_string("/sys/fs/cgroup/memory.max").ok()?.trim().parse().ok()
}

/// What the machine calls itself.
pub(crate) fn name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_the_system_tells_is_plausible() {
        let folder = tempfile::tempdir().unwrap();
        let before = Host::look(folder.path());
        let memory = vec![1_u8; 32 << 20];
        assert!(memory.iter().map(|byte| u64::from(*byte)).sum::<u64>() > 0);
        let files: Vec<_> = (0..10).map(|_| fs::File::open("/dev/null").unwrap()).collect();
        let after = Host::look(folder.path());
        assert!(after.memory.unwrap() > before.memory.unwrap() + (16 << 20), "{before:?} {after:?}");
        assert!(after.open_files.unwrap() >= files.len() as u64);
        assert!(after.cpu.unwrap() >= before.cpu.unwrap());
        let disk = after.disk.unwrap();
        assert!(disk.free <= disk.total && disk.total > 0, "{disk:?}");
        let machine = after.memory_of_machine.unwrap();
        assert!(machine.available <= machine.total && after.memory.unwrap() < machine.total, "{machine:?}");
        assert!(most_open_files().unwrap() > 10 && !name().is_empty());
    }

    #[test]
    fn sockets_are_counted_by_their_names() {
        let text = "sockets: used 9\nTCP: inuse 5 orphan 1 tw 2 alloc 6 mem 3\nUDP: inuse 4 mem 0\nUDPLITE: inuse 7\n";
        let sockets = Sockets { tcp: 5, established: 0, time_wait: 2, udp: 4 };
        assert_eq!(of_sockstat(text), Some(sockets));
        assert_eq!(of_sockstat("sockets: used 9\n"), None);
    }
}
