//! The wires of a publication over time: how long each gathers, who pumps it when, and when it goes.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use media::{Delta, Time};
use tokio::time::Instant;

use super::{Phase, Publication};
use crate::wire::{Wire, WireKey};

impl Publication {
    /// A reader of `wire` has come or gone.
    pub(crate) fn readers_changed(&self, wire: &Wire, change: impl FnOnce(&AtomicUsize)) {
        change(&self.load.readers);
        self.adapt(wire);
    }

    pub(super) fn adapt(&self, wire: &Wire) {
        let before = wire.window();
        let window = self.window_for(wire.readers());
        wire.set_window(window);
        if window != before && (before == Delta::ZERO || window < before) {
            self.windows.notify_one();
        }
    }

    /// How long an output with `readers` viewers may gather what it makes of frames by itself.
    pub fn window_for(&self, readers: usize) -> Delta {
        self.settings.merge_window.for_readers(readers, self.load.sockets())
    }

    /// How long the publisher may gather what comes before it writes: nobody would see it earlier.
    pub(crate) fn pace(&self) -> Delta {
        let wires = self.wires();
        let windows = wires.iter().filter(|wire| wire.readers() > 0).map(|wire| wire.window());
        windows.min().unwrap_or_else(|| self.window_for(0))
    }

    /// Pumps the wires that gather and whose window is over before the next batch comes, `next` from now. What a publisher
    /// that keeps to [`Publication::pace`] does after a batch.
    ///
    /// Asking when the next one comes keeps the two in step: a batch that were left for [`run`](Publication::run), as it came
    /// early, would be followed by one that comes early again, and wait for it up to a window more, each time.
    pub(crate) fn flush_due(&self, next: Delta) {
        let now = self.now();
        for wire in self.wires().iter().filter(|wire| wire.window() > Delta::ZERO) {
            if now - wire.pumped() + next > patience(wire) {
                wire.pump(self);
            }
        }
    }

    /// Pumps the wires that gather where the publisher does not: when it has fallen silent, or does not keep a pace. One
    /// task per publication, to its end.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut phase = self.phase.subscribe();
        loop {
            let now = self.now();
            let mut next: Option<Time> = None;
            for wire in self.wires().iter().filter(|wire| wire.window() > Delta::ZERO) {
                if now - wire.pumped() >= patience(wire) {
                    wire.pump(&self);
                }
                let due = wire.pumped() + patience(wire);
                next = Some(next.map_or(due, |next| next.min(due)));
            }
            let sleep = async {
                match next {
                    Some(at) => tokio::time::sleep_until(self.origin + at.since(Time::ZERO).to_std()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = sleep => {}
                () = self.windows.notified() => {}
                _ = phase.wait_for(|phase| *phase == Phase::Ended) => return,
            }
        }
    }

    /// Lets go of wires that have ended, or that nobody has read for [`LINGER`], private ones at once; `idle` remembers
    /// since when.
    pub(crate) fn sweep(&self, idle: &mut Vec<(WireKey, Instant)>) {
        let now = Instant::now();
        let wires = self.wires();
        idle.retain(|(key, _)| wires.iter().any(|wire| wire.key() == *key && wire.readers() == 0));
        for wire in wires.iter().filter(|wire| wire.readers() == 0) {
            if !idle.iter().any(|(key, _)| *key == wire.key()) {
                idle.push((wire.key(), now));
            }
        }
        drop(wires);
        let stale = |wire: &Arc<Wire>| {
            let linger = if wire.key().private { Duration::ZERO } else { LINGER };
            let lingered = |(key, since): &(WireKey, Instant)| *key == wire.key() && now - *since >= linger;
            wire.is_ended() || wire.readers() == 0 && idle.iter().any(lingered)
        };
        if self.wires().iter().any(stale) {
            // Readers of an ended wire keep it alive through their own share of it.
            self.wires.write().unwrap_or_else(PoisonError::into_inner).retain(|wire| !stale(wire));
        }
    }
}

/// How long a wire may gather. Longer than its window, so that a batch of a publisher that keeps its pace, which comes a
/// little late or early as timers do, is not cut in halves.
fn patience(wire: &Wire) -> Delta {
    wire.window() + Delta::micros(wire.window().as_micros() / 8)
}

/// How long a wire that others may want outlives its last reader.
const LINGER: Duration = Duration::from_secs(10);
