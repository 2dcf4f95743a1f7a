//! When frames were presented, for sender reports.

use std::time::{Duration, Instant};

use media::Time;

/// The same mapping for all tracks, or sound and pictures part. Which wall clock it leads to does not matter to players.
#[derive(Debug)]
pub(super) struct Clock {
    start: Instant,
    /// Microseconds from the stream's clock to those since `start`.
    shift: Option<i64>,
}

impl Clock {
    pub(super) fn new(start: Instant) -> Clock {
        Clock { start, shift: None }
    }

    /// A frame of `pts` goes out.
    pub(super) fn send(&mut self, now: Instant, pts: Time) {
        let at = micros(self.since(now));
        let ahead = |shift: i64| pts.as_micros().saturating_add(shift).saturating_sub(at);
        if self.shift.is_none_or(|shift| ahead(shift).saturating_abs() > FARTHEST) {
            self.shift = Some(at.saturating_sub(pts.as_micros()));
        }
    }

    /// What is presented at `now`, once that is known.
    pub(super) fn presented(&self, now: Instant) -> Option<Time> {
        let at = micros(self.since(now));
        self.shift.map(|shift| Time::from_micros(at.saturating_sub(shift)))
    }

    /// Since the beginning.
    pub(super) fn since(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.start)
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// From there on the stream's clock has jumped, in microseconds.
const FARTHEST: i64 = 120_000_000;

#[cfg(test)]
mod tests {
    use media::Delta;

    use super::*;

    #[test]
    fn times_of_all_tracks_map_alike_until_the_clock_jumps() {
        let start = Instant::now();
        let mut clock = Clock::new(start);
        let now = start + Duration::from_secs(100);
        assert_eq!(clock.presented(now), None);
        let first = Time::from_millis(5_000);
        clock.send(now, first);
        for ahead in [0, 20, 2_000, 11_000] {
            clock.send(now, first + Delta::millis(ahead));
            let later = now + Duration::from_millis(ahead as u64);
            assert_eq!(clock.presented(later), Some(first + Delta::millis(ahead)));
        }
        for pts in [first + Delta::secs(3_600), Time::ZERO - Delta::secs(3_600)] {
            clock.send(now, pts);
            assert_eq!(clock.presented(now), Some(pts));
        }
    }
}
