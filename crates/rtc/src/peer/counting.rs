//! What is counted and measured.

use std::time::Duration;

use str0m::media::{Mid, Rid};
use str0m::stats::{MediaIngressStats, PeerStats};

use crate::negotiate::Agreed;
use crate::{Stats, engine};

#[derive(Debug)]
pub(super) struct Counts {
    datagrams: Stats,
    /// The clock of each line, for jitter.
    clocks: Vec<(Mid, u32)>,
    received: Vec<((Mid, Option<Rid>), Received)>,
    path_rtt: Option<Duration>,
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
            received: Vec::new(),
            path_rtt: None,
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

    pub(super) fn peer(&mut self, stats: &PeerStats) {
        let pair = stats.selected_candidate_pair.as_ref();
        self.path_rtt =
            stats.rtt.or_else(|| pair.and_then(|pair| pair.current_round_trip_time)).or(self.path_rtt);
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

    /// All of it. `lost` packets never came; `sent` is what is known of tracks that are sent.
    pub(super) fn stats(&self, lost: u64, sent: Stats) -> Stats {
        let received = || self.received.iter().map(|(_, received)| received);
        let loss = received().filter_map(|track| track.loss).chain(sent.loss);
        Stats {
            lost_in: lost,
            nacks: sent.nacks + received().map(|track| track.nacks).sum::<u64>(),
            plis: sent.plis + received().map(|track| track.plis).sum::<u64>(),
            rtt: sent.rtt.or_else(|| received().find_map(|track| track.rtt)).or(self.path_rtt),
            loss: loss.max_by(f32::total_cmp),
            jitter: received().filter_map(|track| track.jitter).chain(sent.jitter).max(),
            lost_out: sent.lost_out,
            retransmitted: sent.retransmitted,
            bandwidth: sent.bandwidth,
            ..self.datagrams
        }
    }

    fn jitter(&self, mid: Mid, ticks: u32) -> Option<Duration> {
        let rate = self.clocks.iter().find(|(known, _)| *known == mid)?.1;
        Some(Duration::from_micros(u64::from(ticks) * 1_000_000 / u64::from(rate.max(1))))
    }
}

fn put<K: PartialEq, V>(entries: &mut Vec<(K, V)>, key: K, value: V) {
    match entries.iter_mut().find(|(known, _)| *known == key) {
        Some((_, entry)) => *entry = value,
        None => entries.push((key, value)),
    }
}

/// Tracks and layers.
const MOST: usize = 32;
