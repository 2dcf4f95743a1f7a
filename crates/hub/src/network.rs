//! How well the network of a session carries, where its protocol tells.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// What was measured last between a session's two ends.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Network {
    /// There and back.
    pub rtt: Option<Duration>,
    /// The share of packets that did not arrive lately, 0 to 1.
    pub loss: Option<f32>,
    /// How unevenly packets arrive.
    pub jitter: Option<Duration>,
}

/// The same, written by the session's task and read by anybody. Nothing of it is known to protocols that do not tell.
#[derive(Debug)]
pub(crate) struct Measured {
    /// Microseconds; this and the others may be [`NONE`].
    rtt: AtomicU32,
    /// Millionths.
    loss: AtomicU32,
    /// Microseconds.
    jitter: AtomicU32,
}

impl Default for Measured {
    fn default() -> Measured {
        let none = || AtomicU32::new(NONE);
        Measured { rtt: none(), loss: none(), jitter: none() }
    }
}

impl Measured {
    pub(crate) fn store(&self, network: Network) {
        let micros = |span: Duration| u32::try_from(span.as_micros()).unwrap_or(NONE);
        let millionths = |share: f32| (share.clamp(0.0, 1.0) * 1e6) as u32;
        self.rtt.store(network.rtt.map_or(NONE, micros), Ordering::Relaxed);
        self.loss.store(network.loss.map_or(NONE, millionths), Ordering::Relaxed);
        self.jitter.store(network.jitter.map_or(NONE, micros), Ordering::Relaxed);
    }

    pub(crate) fn load(&self) -> Network {
        let of = |value: &AtomicU32| Some(value.load(Ordering::Relaxed)).filter(|value| *value != NONE);
        let micros = |value| of(value).map(|micros| Duration::from_micros(micros.into()));
        Network {
            rtt: micros(&self.rtt),
            loss: of(&self.loss).map(|millionths| millionths as f32 / 1e6),
            jitter: micros(&self.jitter),
        }
    }
}

const NONE: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_known_until_it_is_told_and_then_the_latest() {
        let measured = Measured::default();
        assert_eq!(measured.load(), Network::default());
        let network = Network {
            rtt: Some(Duration::from_micros(20_500)),
            loss: Some(0.25),
            jitter: Some(Duration::ZERO),
        };
        measured.store(network);
        assert_eq!(measured.load(), network);
        let longer = Network { rtt: Some(Duration::from_secs(5_000)), loss: Some(7.0), jitter: None };
        measured.store(longer);
        assert_eq!(measured.load(), Network { rtt: None, loss: Some(1.0), jitter: None }, "what cannot be");
    }
}
