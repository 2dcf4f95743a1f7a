//! How fast a large picture goes out.

use std::time::{Duration, Instant};

/// Key frames are many times as large as what is between them. Sent at once, a hundred packets fill the queues of home routers, and what
/// does not fit is lost; so they go out in portions, at twice the rate that the viewer gets anyway. No picture is held back for longer
/// than [`LONGEST`] by that, for what is held back is late.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Bytes a second, lately.
    rate: f64,
    /// What is being counted, and since when.
    counted: usize,
    since: Option<Instant>,
}

impl Pace {
    /// So many bytes were sent.
    pub(super) fn count(&mut self, bytes: usize, now: Instant) {
        let since = *self.since.get_or_insert(now);
        let passed = now.saturating_duration_since(since);
        if passed >= WINDOW {
            self.rate = self.counted as f64 / passed.as_secs_f64();
            (self.counted, self.since) = (0, Some(now));
        }
        self.counted += bytes;
    }

    /// Bytes of a picture of `size` that go out at a time, one portion each [`STEP`]. `estimate` is what the network seems to carry, in
    /// bit/s.
    pub(super) fn portion(&self, size: usize, estimate: Option<u64>) -> usize {
        let rate = estimate.map_or(self.rate, |bits| self.rate.max(bits as f64 / 8.0));
        let paced = (FASTER * rate * STEP.as_secs_f64()) as usize;
        let steps = (LONGEST.as_micros() / STEP.as_micros()).max(1) as usize;
        paced.max(LEAST).max(size.div_ceil(steps))
    }
}

/// Between two portions.
pub(super) const STEP: Duration = Duration::from_millis(5);
/// About the time of one picture.
const LONGEST: Duration = Duration::from_millis(50);
/// WebRTC's own senders have up to 2.5.
const FASTER: f64 = 2.0;
/// Seven packets: no queue minds them.
const LEAST: usize = 8 << 10;
const WINDOW: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    /// One that has sent `bytes` a second for five.
    fn paced(bytes: usize) -> Pace {
        let (mut pace, start) = (Pace::default(), Instant::now());
        for step in 0..125 {
            pace.count(bytes / 25, start + Duration::from_millis(40) * step);
        }
        pace
    }

    #[test]
    fn portions_follow_twice_the_rate_that_is_sent() {
        // 32 Mbit/s.
        let portion = paced(4_000_000).portion(100_000, None);
        assert!((38_000..42_000).contains(&portion), "{portion}");
        assert_eq!(paced(100_000).portion(20_000, None), LEAST);
        assert_eq!(paced(100_000).portion(100_000, Some(32_000_000)), 40_000, "it carries more");
    }

    #[test]
    fn no_picture_is_held_back_for_longer_than_a_picture_takes() {
        for size in [1, 10_000, 80_000, 300_000, 3_000_000] {
            let portion = Pace::default().portion(size, None);
            let steps = size.div_ceil(portion) as u32;
            assert!(STEP * (steps - 1) < LONGEST, "{size}: {steps}");
        }
    }
}
