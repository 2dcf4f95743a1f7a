//! The server itself.

use std::time::{Duration, SystemTime};

use axum::extract::State;
use hub::Action;

use crate::Api;
use crate::body::Json;
use crate::dto::{
    DiskView, FfmpegView, ListenerView, MachineView, ProcessView, SocketsView, SystemView, WarningView, time,
};
use crate::metrics::Latest;
use crate::metrics::host;

/// The state of the server
///
/// With rates of the last second; what was before is at GET /api/v2/metrics/range.
#[utoipa::path(get, path = "/api/v2/system", tag = "system", responses((status = 200, body = SystemView)))]
pub(super) async fn show(State(api): State<Api>) -> Json<SystemView> {
    Json(view(&api))
}

/// The FFmpeg that works for the server
///
/// It decodes and encodes; streams are passed on without it.
#[utoipa::path(get, path = "/api/v2/ffmpeg", tag = "system", responses((status = 200, body = FfmpegView)))]
pub(super) async fn ffmpeg(State(api): State<Api>) -> Json<FfmpegView> {
    Json(FfmpegView::from(api.snapshots.abilities().await))
}

/// The state of the server.
pub(crate) fn view(api: &Api) -> SystemView {
    let latest = api.metrics.latest();
    let Latest { host, rates, .. } = &*latest;
    let sessions = api.hub.present();
    let publishers = sessions.iter().filter(|session| session.action == Action::Publish).count();
    let memory = host.memory_of_machine;
    let listeners = api.listens().iter();
    SystemView {
        version: env!("CARGO_PKG_VERSION"),
        uptime: api.started.elapsed().as_secs(),
        started: time(api.since),
        now: time(SystemTime::now()),
        hostname: host::name(),
        streams: api.hub.published(),
        publishers,
        viewers: sessions.len() - publishers,
        memory: api.hub.bytes(),
        received: known(rates.received),
        sent: known(rates.sent),
        process: ProcessView {
            id: std::process::id(),
            cpu: known(rates.cpu),
            memory: host.memory,
            open_files: host.open_files,
            max_open_files: host::most_open_files(),
        },
        machine: MachineView {
            cpus: cpus(),
            cpu: known(rates.system_cpu),
            load: host.load,
            memory_total: memory.map(|memory| memory.total),
            memory_available: memory.map(|memory| memory.available),
            memory_limit: host.memory_limit,
            uptime: host.uptime.map(|[uptime, _]| uptime as u64),
            net_received: known(rates.net_received),
            net_sent: known(rates.net_sent),
            disk_read: known(rates.disk_read),
            disk_written: known(rates.disk_written),
            sockets: host.sockets.map(|sockets| SocketsView {
                tcp: sockets.tcp,
                established: sockets.established,
                time_wait: sockets.time_wait,
                udp: sockets.udp,
            }),
        },
        disk: host.disk.map(|disk| DiskView { total: disk.total, free: disk.free }),
        listeners: listeners
            .map(|(protocol, address)| ListenerView { protocol, address: address.to_string() })
            .collect(),
        warnings: warnings(&latest, host::most_open_files(), SystemTime::now()),
    }
}

/// Cores that the process may use.
pub(crate) fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn known(value: f32) -> Option<f32> {
    value.is_finite().then(|| (value * 100.0).round() / 100.0)
}

/// What an operator should look after.
fn warnings(latest: &Latest, max_open_files: Option<u64>, now: SystemTime) -> Vec<WarningView> {
    let mut warnings = Vec::new();
    let mut warn = |code, text| warnings.push(WarningView { code, text });
    let host = &latest.host;
    if let Some(disk) = host.disk
        && (disk.free < LITTLE_DISK || disk.free < disk.total / 20)
    {
        let (free, total) = (size(disk.free), size(disk.total));
        warn(
            "disk_nearly_full",
            format!("The disk with the data folder is nearly full: {free} of {total} are free."),
        );
    }
    if let Some(memory) = host.memory_of_machine
        && memory.available < memory.total / 20
    {
        let (left, total) = (size(memory.available), size(memory.total));
        warn("memory_nearly_full", format!("The machine has nearly no memory left: {left} of {total}."));
    }
    if let (Some(memory), Some(limit)) = (host.memory, host.memory_limit)
        && memory > limit / 20 * 19
    {
        let (memory, limit) = (size(memory), size(limit));
        warn(
            "memory_nearly_full",
            format!("The server has {memory} of the {limit} of memory that it may use."),
        );
    }
    match max_open_files {
        Some(most) if most < FEW_FILES => warn(
            "few_open_files",
            format!(
                "Only {most} connections and files are possible at a time; raise the limit (ulimit -n, LimitNOFILE)."
            ),
        ),
        Some(most) if host.open_files.is_some_and(|open| open > most / 5 * 4) => {
            let open = host.open_files.unwrap_or(0);
            warn(
                "open_files_nearly_used",
                format!(
                    "{open} of {most} possible connections and files are in use; raise the limit (ulimit -n, LimitNOFILE)."
                ),
            );
        }
        _ => {}
    }
    if let Some((seconds, at)) = latest.clock_set
        && now.duration_since(at).is_ok_and(|ago| ago < REMEMBERED)
    {
        warn("clock_set", format!("The machine's clock was set by {seconds} s at {}.", time(at)));
    }
    if now < SystemTime::UNIX_EPOCH + BUILT {
        let text = format!(
            "The machine's clock is wrong: it says {}. Certificates and codes will not work.",
            time(now)
        );
        warn("clock_wrong", text);
    }
    warnings
}

/// In words: `1.5 GB`.
fn size(bytes: u64) -> String {
    let units = ["B", "KB", "MB", "GB", "TB", "PB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1_000.0 && unit + 1 < units.len() {
        value /= 1_000.0;
        unit += 1;
    }
    format!("{value:.*} {}", usize::from(unit > 0 && value < 100.0), units[unit])
}

/// Less is soon written.
const LITTLE_DISK: u64 = 500_000_000;
/// As at the start: see `sluice/src/limits.rs`.
const FEW_FILES: u64 = 4_096;
/// For so long it is said that a clock was set.
const REMEMBERED: Duration = Duration::from_secs(3_600);
/// 2025: the program is younger.
const BUILT: Duration = Duration::from_secs(1_735_689_600);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::host::{Disk, Host, Memory};

    fn codes(host: Host, files: u64, clock_set: Option<(i64, SystemTime)>) -> Vec<&'static str> {
        let latest = Latest { host, clock_set, ..Latest::default() };
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        warnings(&latest, Some(files), now).into_iter().map(|warning| warning.code).collect()
    }

    #[test]
    fn what_runs_out_is_said_and_what_does_not_is_not() {
        let gb = 1_000_000_000;
        let fine = Host {
            disk: Some(Disk { total: 100 * gb, free: 50 * gb }),
            memory_of_machine: Some(Memory { total: gb, available: gb / 2, swap_total: 0, swap_free: 0 }),
            open_files: Some(100),
            ..Host::default()
        };
        assert_eq!(codes(fine.clone(), 100_000, None), [""; 0]);
        let disk = Some(Disk { total: 100 * gb, free: 4 * gb });
        assert_eq!(codes(Host { disk, ..fine.clone() }, 100_000, None), ["disk_nearly_full"]);
        let disk = Some(Disk { total: gb, free: gb / 4 });
        assert_eq!(codes(Host { disk, ..fine.clone() }, 100_000, None), ["disk_nearly_full"]);
        let memory = Memory { total: gb, available: gb / 50, swap_total: 0, swap_free: 0 };
        let host = Host { memory_of_machine: Some(memory), ..fine.clone() };
        assert_eq!(codes(host, 100_000, None), ["memory_nearly_full"]);
        let host = Host { memory: Some(gb), memory_limit: Some(gb), ..fine.clone() };
        assert_eq!(codes(host, 100_000, None), ["memory_nearly_full"]);
        assert_eq!(codes(fine.clone(), 1_024, None), ["few_open_files"]);
        let host = Host { open_files: Some(9_000), ..fine.clone() };
        assert_eq!(codes(host, 10_000, None), ["open_files_nearly_used"]);
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(codes(fine.clone(), 10_000, Some((9, at(1_799_999_000)))), ["clock_set"]);
        assert_eq!(codes(fine, 10_000, Some((9, at(1_799_990_000)))), [""; 0]);
        assert_eq!(warnings(&Latest::default(), None, at(0))[0].code, "clock_wrong");
        assert_eq!(warnings(&Latest::default(), None, at(1_800_000_000)), []);
    }

    #[test]
    fn sizes_are_read_by_people() {
        let sizes = [0, 999, 1_500, 123_456_789, 2_000_000_000].map(size);
        assert_eq!(sizes, ["0 B", "999 B", "1.5 KB", "123 MB", "2.0 GB"]);
    }
}
