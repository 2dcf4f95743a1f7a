//! What a viewer's network can take.

use std::time::Instant;

use media::Kind;

use super::super::packets::Group;

/// Compares what is sent with what the congestion estimate allows. A viewer who is behind by more than [`PATIENCE`] of it gets no more
/// pictures until the next key frame for which there is room; sound goes on.
#[derive(Debug, Default)]
pub(super) struct Allowance {
    /// Bits a second, once there is an estimate.
    rate: Option<u64>,
    /// Bits that are sent and, by the estimate, not yet through.
    debt: f64,
    at: Option<Instant>,
    /// Pictures are left out until a key frame.
    skipping: bool,
}

impl Allowance {
    /// The estimate has changed.
    pub(super) fn set_rate(&mut self, bits_per_second: u64) {
        self.rate = Some(bits_per_second.max(LEAST));
    }

    /// A burst begins, which is not held against the viewer.
    pub(super) fn begin(&mut self) {
        self.debt = 0.0;
        self.skipping = false;
    }

    /// Whether `group` is to be sent.
    pub(super) fn admits(&mut self, group: &Group, now: Instant) -> bool {
        let Some(rate) = self.rate else { return true };
        let passed = self.at.replace(now).map_or(0.0, |at| (now - at).as_secs_f64());
        // The estimate follows what is sent, which is never more than the stream has: it is believed with a margin.
        let rate = rate as f64 * MARGIN;
        self.debt = (self.debt - passed * rate).max(0.0);
        let bits = group.bytes as f64 * 8.0;
        if group.kind == Kind::Video {
            let late = self.debt / rate;
            if self.skipping && group.keyframe && late < PATIENCE / 2.0 {
                self.skipping = false;
            } else if !self.skipping && late > PATIENCE {
                self.skipping = true;
            }
            if self.skipping {
                return false;
            }
        }
        self.debt += bits;
        true
    }
}

/// Seconds of debt.
const PATIENCE: f64 = 1.0;
const MARGIN: f64 = 1.5;
/// An estimate below this says nothing: sound alone needs as much.
const LEAST: u64 = 64_000;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use media::Time;

    use super::*;

    /// Sends `seconds` of 25 pictures a second of `bits` each, a key frame each second; how many were let through, and whether each run began with a key frame.
    fn send(allowance: &mut Allowance, from: Instant, seconds: u32, bits: usize) -> (usize, bool) {
        let (mut sent, mut clean, mut was_skipping) = (0, true, false);
        for number in 0..seconds * 25 {
            let now = from + Duration::from_millis(40) * number;
            let keyframe = number % 25 == 0;
            let (pts, packets) = (Time::ZERO, Box::default());
            let group = Group { kind: Kind::Video, codec: "h264", pts, keyframe, packets, bytes: bits / 8 };
            let admitted = allowance.admits(&group, now);
            clean &= !admitted || !was_skipping || keyframe;
            was_skipping = !admitted;
            sent += usize::from(admitted);
        }
        (sent, clean)
    }

    #[test]
    fn who_can_follow_gets_everything() {
        let mut allowance = Allowance::default();
        assert_eq!(send(&mut allowance, Instant::now(), 10, 40_000), (250, true), "no estimate, no limit");
        allowance.set_rate(1_000_000);
        assert_eq!(send(&mut allowance, Instant::now(), 10, 40_000), (250, true));
    }

    #[test]
    fn who_cannot_follow_gets_whole_gops_as_fast_as_the_network_takes_them() {
        let mut allowance = Allowance::default();
        allowance.set_rate(300_000);
        let (sent, clean) = send(&mut allowance, Instant::now(), 60, 40_000);
        assert!(clean, "pictures go on with a key frame");
        // 450 kbit/s of 1 Mbit/s.
        assert!((450..800).contains(&sent), "{sent}");
    }
}
