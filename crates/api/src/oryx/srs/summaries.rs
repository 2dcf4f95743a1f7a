//! The server and the machine in numbers, under SRS's names. What the system does not tell is 0, as there.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::version;
use crate::Api;
use crate::metrics::Latest;
use crate::metrics::host::{Memory, Moved};
use crate::v2::system::cpus;

pub(super) fn summaries(api: &Api) -> Value {
    let unix = |at: SystemTime| at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
    let latest = api.metrics.latest();
    let Latest { host, rates, at, .. } = &*latest;
    let survey = api.hub.survey();
    let viewers: usize = survey.viewers.iter().map(|(_, count)| count).sum();
    let none = Memory { total: 0, available: 0, swap_total: 0, swap_free: 0 };
    let memory = host.memory_of_machine.unwrap_or(none);
    let (network, loopback) = (host.network.unwrap_or_default(), host.loopback.unwrap_or_default());
    let sockets = host.sockets.unwrap_or_default();
    let [uptime, idle] = host.uptime.unwrap_or_default();
    let load = host.load.unwrap_or_default();
    let Moved { received, sent } = network;
    let resident = host.memory.unwrap_or(0);
    let sampled = unix(*at);
    json!({
        "ok": true,
        "now_ms": unix(SystemTime::now()),
        "self": {
            "version": version(), "pid": std::process::id(), "ppid": std::os::unix::process::parent_id(),
            "argv": std::env::args().next().unwrap_or_default(),
            "cwd": std::env::current_dir().map(|folder| folder.display().to_string()).unwrap_or_default(),
            "mem_kbyte": resident / 1024, "mem_percent": share(resident, memory.total),
            // Of one core here, of all below.
            "cpu_percent": fraction(rates.cpu), "srs_uptime": api.started.elapsed().as_secs(),
        },
        "system": {
            "cpu_percent": fraction(rates.system_cpu),
            "disk_read_KBps": kib(rates.disk_read), "disk_write_KBps": kib(rates.disk_written),
            "disk_busy_percent": fraction(rates.disk_busy),
            "mem_ram_kbyte": memory.total / 1024,
            "mem_ram_percent": share(memory.total.saturating_sub(memory.available), memory.total),
            "mem_swap_kbyte": memory.swap_total / 1024,
            "mem_swap_percent": share(memory.swap_total.saturating_sub(memory.swap_free), memory.swap_total),
            "cpus": cpus(), "cpus_online": cpus(), "uptime": uptime, "ilde_time": idle,
            "load_1m": load[0], "load_5m": load[1], "load_15m": load[2],
            "net_sample_time": sampled, "net_recv_bytes": received, "net_send_bytes": sent,
            "net_recvi_bytes": loopback.received, "net_sendi_bytes": loopback.sent,
            "srs_sample_time": sampled, "srs_recv_bytes": survey.traffic.received,
            "srs_send_bytes": survey.traffic.sent,
            "conn_sys": sockets.tcp + sockets.udp + sockets.time_wait, "conn_sys_et": sockets.established,
            "conn_sys_tw": sockets.time_wait, "conn_sys_udp": sockets.udp, "conn_srs": survey.publishers + viewers,
        },
    })
}

/// Percent as SRS tells it: 0.5 is a half.
fn fraction(percent: f32) -> f64 {
    if percent.is_finite() { f64::from(percent) / 100.0 } else { 0.0 }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn kib(bytes: f32) -> u64 {
    if bytes.is_finite() { (bytes / 1024.0) as u64 } else { 0 }
}
