//! What the disk has for recordings, and for how long that is enough.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::keep::Keep;

/// What there is, in bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Room {
    /// The disk.
    pub size: u64,
    /// What it has left, for whoever writes to it.
    pub free: u64,
    /// What of that is not to be used: recordings end before.
    pub reserve: u64,
    /// What recordings take.
    pub taken: u64,
    /// What was written of them in a second, during the last [minute](Pace).
    pub rate: f64,
    /// After so long they have to end, if they go on like that; `None` where nothing is written, or the eldest go in time.
    pub lasts: Option<Duration>,
}

/// What was written of late.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When was looked, and how much had been written by then.
    looks: VecDeque<(Instant, u64)>,
}

impl Room {
    pub(super) fn new(size: u64, free: u64, taken: u64, rate: f64, keep: &Keep) -> Room {
        let spare = free.saturating_sub(keep.reserve);
        let most = taken.saturating_add(spare);
        // What they come to take in the end, if anything ends that.
        let by_age = keep.days.map(|days| rate * f64::from(days) * DAY);
        let in_time =
            keep.bytes.is_some_and(|bytes| bytes <= most) || by_age.is_some_and(|bytes| bytes <= most as f64);
        let writes = rate >= LEAST && !in_time;
        let lasts = writes.then(|| Duration::try_from_secs_f64(spare as f64 / rate).unwrap_or(Duration::MAX));
        Room { size, free, reserve: keep.reserve, taken, rate, lasts }
    }
}

impl Pace {
    /// So much has been written by now.
    pub(super) fn look(&mut self, now: Instant, written: u64) {
        while self.looks.front().is_some_and(|(at, _)| now.duration_since(*at) > SPAN) {
            self.looks.pop_front();
        }
        if self.looks.back().is_none_or(|(at, _)| now.duration_since(*at) >= STEP) {
            self.looks.push_back((now, written));
        }
    }

    /// Bytes a second.
    pub(super) fn rate(&self) -> f64 {
        let Some(((from, before), (to, after))) = self.looks.front().zip(self.looks.back()) else {
            return 0.0;
        };
        let seconds = to.duration_since(*from).as_secs_f64();
        if seconds > 0.0 { after.saturating_sub(*before) as f64 / seconds } else { 0.0 }
    }
}

const DAY: f64 = 86_400.0;
/// Less than this in a second is the end of what was written, and no pace.
const LEAST: f64 = 100.0;
/// What counts as of late, and how far looks are apart at least.
const SPAN: Duration = Duration::from_secs(60);
const STEP: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const GB: u64 = 1_000_000_000;

    #[test]
    fn it_lasts_until_the_reserve_is_reached_unless_the_eldest_go_in_time() {
        let keep = Keep { reserve: 2 * GB, ..Keep::default() };
        let lasts = |rate: f64, keep: &Keep| Room::new(100 * GB, 12 * GB, 50 * GB, rate, keep).lasts;
        assert_eq!(lasts(1e6, &keep), Some(Duration::from_secs(10_000)));
        assert_eq!(lasts(0.0, &keep), None);
        assert_eq!(lasts(1e6, &Keep { bytes: Some(60 * GB), ..keep.clone() }), None);
        assert!(lasts(1e6, &Keep { bytes: Some(61 * GB), ..keep.clone() }).is_some());
        // Half a day of it is 43 GB, a day 86 GB.
        assert!(lasts(1e6, &Keep { days: Some(1), ..keep.clone() }).is_some());
        assert_eq!(lasts(5e5, &Keep { days: Some(1), ..keep }), None);
    }

    #[test]
    fn the_pace_is_that_of_the_last_minute() {
        let (mut pace, began) = (Pace::default(), Instant::now());
        assert_eq!(pace.rate(), 0.0);
        for second in 0..=90 {
            // Fast for the first half minute, slow from then on.
            let written = 1_000_000 * second.min(30) + 1_000 * second;
            pace.look(began + Duration::from_secs(second), written);
        }
        assert_eq!(pace.rate(), 1_000.0);
        pace.look(began + Duration::from_secs(1_000), 31_000_000);
        assert_eq!(pace.rate(), 0.0);
    }
}
