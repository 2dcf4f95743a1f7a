//! What two samples say together: what has been moved, in a second.

use std::time::Duration;

use hub::Survey;

use super::history::{Fold, Series};
use super::host::{Cores, Host, Moved};

/// What was counted at one moment.
#[derive(Debug)]
pub(super) struct Seen {
    at: Duration,
    streams: usize,
    publishers: usize,
    viewers: usize,
    traffic: hub::Traffic,
    refused: hub::Refused,
    media: usize,
    host: Host,
}

/// What happened between two samples, a second if not said otherwise. `NAN` where it is not known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rates {
    /// Bytes from publishers, and to viewers.
    pub(crate) received: f32,
    pub(crate) sent: f32,
    /// How many were refused.
    refused_publishers: f32,
    refused_viewers: f32,
    /// Of the process, in percent of one core.
    pub(crate) cpu: f32,
    /// Of the machine, in percent of all cores.
    pub(crate) system_cpu: f32,
    /// Bytes that the machine read and wrote.
    pub(crate) disk_read: f32,
    pub(crate) disk_written: f32,
    /// Of the disk of the data folder, in percent of the time.
    pub(crate) disk_busy: f32,
    /// Bytes of the machine's network.
    pub(crate) net_received: f32,
    pub(crate) net_sent: f32,
}

impl Default for Rates {
    fn default() -> Rates {
        let unknown = f32::NAN;
        Rates {
            received: unknown,
            sent: unknown,
            refused_publishers: unknown,
            refused_viewers: unknown,
            cpu: unknown,
            system_cpu: unknown,
            disk_read: unknown,
            disk_written: unknown,
            disk_busy: unknown,
            net_received: unknown,
            net_sent: unknown,
        }
    }
}

/// The series of the server that there always are, in the order of [`Rates::values`].
pub(super) fn series() -> Vec<Series> {
    use Fold::{Max, Mean, Min, Sum};
    let all = [
        ("received", Mean),
        ("sent", Mean),
        ("streams", Max),
        ("publishers", Max),
        ("viewers", Max),
        ("refused_publishers", Sum),
        ("refused_viewers", Sum),
        ("media", Max),
        ("cpu", Mean),
        ("memory", Max),
        ("open_files", Max),
        ("load", Mean),
        ("system_cpu", Mean),
        ("system_memory", Max),
        ("sockets", Max),
        ("disk_free", Min),
        ("disk_read", Mean),
        ("disk_written", Mean),
        ("net_received", Mean),
        ("net_sent", Mean),
    ];
    all.into_iter().map(|(name, fold)| Series { name: name.into(), fold }).collect()
}

impl Seen {
    pub(super) fn new(at: Duration, survey: &Survey, media: usize, host: &Host) -> Seen {
        Seen {
            at,
            streams: survey.streams.iter().filter(|info| info.phase.is_some()).count(),
            publishers: survey.publishers,
            viewers: survey.viewers.iter().map(|(_, count)| count).sum(),
            traffic: survey.traffic,
            refused: survey.refused,
            media,
            host: host.clone(),
        }
    }

    /// What has happened since `before`.
    pub(super) fn since(&self, before: Option<&Seen>) -> Rates {
        let Some(before) = before else { return Rates::default() };
        let span = (self.at.saturating_sub(before.at)).as_secs_f64();
        let (now, then) = (&self.host, &before.host);
        let rate = |now: u64, then: u64| per_second(now, then, span);
        let moved = |now: Option<Moved>, then: Option<Moved>, unit: f32| match (now, then) {
            (Some(now), Some(then)) => {
                (rate(now.received, then.received) * unit, rate(now.sent, then.sent) * unit)
            }
            _ => (f32::NAN, f32::NAN),
        };
        let (net_received, net_sent) = moved(now.network, then.network, 1.0);
        let (disk_read, disk_written) = moved(now.disks, then.disks, 1024.0);
        let cpu = now.cpu.zip(then.cpu).map(|(now, then)| ((now - then).max(0.0) / span * 100.0) as f32);
        let disk_busy = now.disk_busy.zip(then.disk_busy).map(|(now, then)| rate(now, then) / 10.0);
        Rates {
            received: rate(self.traffic.received, before.traffic.received),
            sent: rate(self.traffic.sent, before.traffic.sent),
            refused_publishers: self.refused.publishers.saturating_sub(before.refused.publishers) as f32,
            refused_viewers: self.refused.viewers.saturating_sub(before.refused.viewers) as f32,
            cpu: cpu.unwrap_or(f32::NAN),
            system_cpu: now.cores.zip(then.cores).map_or(f32::NAN, |(now, then)| used(now, then)),
            disk_read,
            disk_written,
            disk_busy: disk_busy.map_or(f32::NAN, |percent| percent.min(100.0)),
            net_received,
            net_sent,
        }
    }
}

impl Rates {
    /// One value for each of [`series`].
    pub(super) fn values(&self, seen: &Seen) -> Vec<f32> {
        let host = &seen.host;
        let known = |value: Option<u64>| value.map_or(f32::NAN, |value| value as f32);
        let machine = host.memory_of_machine;
        vec![
            self.received,
            self.sent,
            seen.streams as f32,
            seen.publishers as f32,
            seen.viewers as f32,
            self.refused_publishers,
            self.refused_viewers,
            seen.media as f32,
            self.cpu,
            known(host.memory),
            known(host.open_files),
            host.load.map_or(f32::NAN, |load| load[0]),
            self.system_cpu,
            known(machine.map(|memory| memory.total.saturating_sub(memory.available))),
            known(host.sockets.map(|sockets| sockets.tcp)),
            known(host.disk.map(|disk| disk.free)),
            self.disk_read,
            self.disk_written,
            self.net_received,
            self.net_sent,
        ]
    }
}

/// How fast a counter rises; one that begins anew is taken for one that stands still.
pub(super) fn per_second(now: u64, then: u64, span: f64) -> f32 {
    if span > 0.0 { (now.saturating_sub(then) as f64 / span) as f32 } else { f32::NAN }
}

fn used(now: Cores, then: Cores) -> f32 {
    match now.all.saturating_sub(then.all) {
        0 => f32::NAN,
        all => (now.busy.saturating_sub(then.busy) as f64 / all as f64 * 100.0) as f32,
    }
}
