//! What is counted and measured.

use std::time::Duration;

use str0m::bwe::BweKind;
use str0m::media::{Mid, Rid};
use str0m::stats::{MediaEgressStats, MediaIngressStats, PeerStats};

use crate::negotiate::Agreed;
use crate::{Stats, engine};

#[derive(Debug)]
pub(super) struct Counts {
    datagrams: Stats,
    /// The clock of each line, for jitter.
    clocks: Vec<(Mid, u32)>,
    sent: Vec<(Mid, Sent)>,
    received: Vec<((Mid, Option<Rid>), Received)>,
    path_rtt: Option<Duration>,
    /// The last estimate that was told.
    told: Option<u64>,
}

/// Of a track that is sent, as the other end reports.
#[derive(Debug, Clone, Copy, Default)]
struct Sent {
    packets: u64,
    nacks: u64,
    plis: u64,
    lost: u64,
    loss: Option<f32>,
    jitter: Option<Duration>,
    rtt: Option<Duration>,
}

/// Of a track that is received.
#[derive(Debug, Clone, Copy, Default)]
struct Received {
    nacks: u64,
    plis: u64,
    loss: Option<f32>,
    jitter: Option<Duration>,
    rtt: Option<Duration>,
}

impl Counts {
    pub(super) fn new(agreed: &Agreed) -> Counts {
        let clock = |line: &crate::negotiate::Line| {
            Some((engine::mid(&line.mid), engine::clock(line.codecs.first()?.codec)))
        };
        Counts {
            datagrams: Stats::default(),
            clocks: agreed.lines.iter().filter_map(clock).collect(),
            sent: Vec::new(),
            received: Vec::new(),
            path_rtt: None,
            told: None,
        }
    }

    pub(super) fn came(&mut self, bytes: usize) {
        self.datagrams.packets_in += 1;
        self.datagrams.bytes_in += bytes as u64;
    }

    pub(super) fn went(&mut self, bytes: usize) {
        self.datagrams.packets_out += 1;
        self.datagrams.bytes_out += bytes as u64;
    }

    pub(super) fn malformed(&mut self) {
        self.datagrams.malformed += 1;
    }

    /// The estimate, if it is worth telling.
    pub(super) fn estimate(&mut self, estimate: &BweKind) -> Option<u64> {
        let bits = match estimate {
            BweKind::Twcc { estimate, can_probe: true } => estimate.as_u64(),
            BweKind::Remb { estimate, .. } => estimate.as_u64(),
            _ => return None,
        };
        self.datagrams.bandwidth = Some(bits);
        let changed = self.told.is_none_or(|told| bits.abs_diff(told) > told / 20);
        changed.then(|| *self.told.insert(bits))
    }

    pub(super) fn peer(&mut self, stats: &PeerStats) {
        let pair = stats.selected_candidate_pair.as_ref();
        self.path_rtt =
            stats.rtt.or_else(|| pair.and_then(|pair| pair.current_round_trip_time)).or(self.path_rtt);
    }

    pub(super) fn egress(&mut self, stats: &MediaEgressStats) {
        let sent = Sent {
            packets: stats.packets,
            nacks: stats.nacks,
            plis: stats.plis + stats.firs,
            lost: stats.remote.as_ref().map_or(0, |remote| remote.packets_lost),
            // Reports come less often than this is asked; the last one holds.
            loss: stats.loss.or_else(|| known(&self.sent, &stats.mid).and_then(|sent| sent.loss)),
            jitter: stats.remote.as_ref().and_then(|remote| self.jitter(stats.mid, remote.jitter)),
            rtt: stats.rtt,
        };
        put(&mut self.sent, stats.mid, sent);
    }

    pub(super) fn ingress(&mut self, stats: &MediaIngressStats) {
        let received = Received {
            nacks: stats.nacks,
            plis: stats.plis + stats.firs,
            loss: stats.loss,
            jitter: self.jitter(stats.mid, stats.jitter),
            rtt: stats.rtt,
        };
        if self.received.len() < MOST {
            put(&mut self.received, (stats.mid, stats.rid), received);
        }
    }

    /// `written` RTP packets were sent for the first time, `lost` never came.
    pub(super) fn stats(&self, written: u64, lost: u64) -> Stats {
        let sent = || self.sent.iter().map(|(_, sent)| sent);
        let received = || self.received.iter().map(|(_, received)| received);
        let packets: u64 = sent().map(|sent| sent.packets).sum();
        let jitter = sent().filter_map(|sent| sent.jitter).chain(received().filter_map(|track| track.jitter));
        let loss = sent().filter_map(|sent| sent.loss).chain(received().filter_map(|track| track.loss));
        let rtt = sent().find_map(|sent| sent.rtt).or_else(|| received().find_map(|track| track.rtt));
        Stats {
            lost_in: lost,
            lost_out: sent().map(|sent| sent.lost).sum(),
            // Reported once a second, so it may lag behind for as long.
            retransmitted: packets.saturating_sub(written),
            nacks: sent().map(|sent| sent.nacks).chain(received().map(|track| track.nacks)).sum(),
            plis: sent().map(|sent| sent.plis).chain(received().map(|track| track.plis)).sum(),
            rtt: rtt.or(self.path_rtt),
            loss: loss.max_by(f32::total_cmp),
            jitter: jitter.max(),
            ..self.datagrams
        }
    }

    fn jitter(&self, mid: Mid, ticks: u32) -> Option<Duration> {
        let rate = self.clocks.iter().find(|(known, _)| *known == mid)?.1;
        Some(Duration::from_micros(u64::from(ticks) * 1_000_000 / u64::from(rate.max(1))))
    }
}

fn known<'a, K: PartialEq, V>(entries: &'a [(K, V)], key: &K) -> Option<&'a V> {
    entries.iter().find(|(known, _)| known == key).map(|(_, entry)| entry)
}

fn put<K: PartialEq, V>(entries: &mut Vec<(K, V)>, key: K, value: V) {
    match entries.iter_mut().find(|(known, _)| *known == key) {
        Some((_, entry)) => *entry = value,
        None => entries.push((key, value)),
    }
}

/// Tracks and layers.
const MOST: usize = 32;
