//! What a viewer's network can take.

use std::time::{Duration, Instant};

use media::Kind;

use super::super::packets::Group;

/// Compares what is sent with what the congestion estimate allows, while the network is seen to be too narrow. A viewer who is then behind by
/// more than [`PATIENCE`] gets no more pictures until the next key frame for which there is room; sound goes on.
///
/// The estimate alone is no limit: it begins low, and rises only with what is sent. What shows a narrow network is an estimate that falls.
#[derive(Debug, Default)]
pub(super) struct Allowance {
    /// The last estimate, in bits a second.
    estimate: Option<u64>,
    /// When it fell last, as long as that counts.
    narrow: Option<Instant>,
    /// Bits that are sent and, by the estimate, not yet through.
    debt: f64,
    at: Option<Instant>,
    /// Pictures are left out until a key frame.
    skipping: bool,
}

impl Allowance {
    /// The estimate has changed.
    pub(super) fn set_rate(&mut self, bits_per_second: u64, now: Instant) {
        let estimate = bits_per_second.max(LEAST);
        if self.estimate.is_some_and(|before| estimate < before) {
            self.narrow = Some(now);
        }
        self.estimate = Some(estimate);
    }

    /// What the network seems to carry, in bit/s.
    pub(super) fn estimate(&self) -> Option<u64> {
        self.estimate
    }

    /// A burst begins. It is not held against a viewer whose network has shown nothing yet.
    pub(super) fn begin(&mut self) {
        if self.narrow.is_none() {
            self.debt = 0.0;
        }
        self.skipping = false;
    }

    /// Whether `group` is to be sent.
    pub(super) fn admits(&mut self, group: &Group, now: Instant) -> bool {
        let passed = self.at.replace(now).map_or(0.0, |at| (now - at).as_secs_f64());
        self.narrow = self.narrow.filter(|since| now.saturating_duration_since(*since) < REMEMBERED);
        let (Some(estimate), Some(_)) = (self.estimate, self.narrow) else {
            (self.debt, self.skipping) = (0.0, self.skipping && !group.keyframe);
            return !self.skipping || group.kind != Kind::Video;
        };
        // The estimate follows what is sent, which is never more than the stream has: it is believed with a margin.
        let rate = estimate as f64 * MARGIN;
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
/// For so long after the estimate fell it is a limit.
const REMEMBERED: Duration = Duration::from_secs(10);
/// An estimate below this says nothing: sound alone needs as much.
const LEAST: u64 = 64_000;

#[cfg(test)]
mod tests {
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
        let now = Instant::now();
        // What is first estimated is a guess.
        for estimate in [100_000, 110_000, 120_000] {
            allowance.set_rate(estimate, now);
        }
        assert_eq!(send(&mut allowance, now, 10, 400_000), (250, true));
    }

    #[test]
    fn a_network_that_was_narrow_is_tried_again() {
        let (mut allowance, now) = (Allowance::default(), Instant::now());
        allowance.set_rate(1_000_000, now);
        allowance.set_rate(100_000, now);
        assert!(send(&mut allowance, now, 9, 40_000).0 < 100);
        let (sent, clean) = send(&mut allowance, now + REMEMBERED, 10, 40_000);
        assert!(sent >= 225 && clean, "{sent}");
    }

    #[test]
    fn who_cannot_follow_gets_whole_gops_as_fast_as_the_network_takes_them() {
        let (mut allowance, from) = (Allowance::default(), Instant::now());
        let (mut sent, mut clean) = (0, true);
        for second in 0..60 {
            let now = from + Duration::from_secs(second);
            // It is found out anew all the time.
            allowance.set_rate(310_000, now);
            allowance.set_rate(300_000, now);
            let (more, all) = send(&mut allowance, now, 1, 40_000);
            (sent, clean) = (sent + more, clean && all);
        }
        assert!(clean, "pictures go on with a key frame");
        // 450 kbit/s of 1 Mbit/s.
        assert!((450..800).contains(&sent), "{sent}");
    }
}
