//! Sound whose timestamps are coarser than its frames are long.

use crate::{Delta, Time};

/// Puts sound in its place whose source stamps several frames with one time, because its clock is coarse or because it
/// stamps buffers or pictures and not frames.
///
/// Such a source does not say where a frame belongs, only that it is not before its stamp: frames follow each other
/// without a gap, and none is before its stamp. A clock is taken for coarse when it has stood still twice within
/// [`LOOKED_AT`] frames, and until it does not any more; otherwise stamps are kept as they are.
#[derive(Debug, Default)]
pub(super) struct Coarse {
    /// The last stamp, and where the next frame ought to be.
    last: Option<(Time, Time)>,
    found: bool,
    /// How many frames ago the clock stood still.
    still: Option<u32>,
    /// How near to their places the stamps of late came at most, and of how many frames.
    nearest: Option<Delta>,
    looked_at: u32,
}

impl Coarse {
    /// Where a frame belongs that is stamped with `stamp` and lasts `length`. To be asked in order.
    pub(super) fn place(&mut self, stamp: Time, length: Delta) -> Time {
        // A coarse clock does not go back.
        let fits =
            |(before, expected): &(Time, Time)| stamp >= *before && (stamp - *expected).abs() <= COARSEST;
        let Some((before, expected)) = self.last.filter(fits) else {
            *self = Coarse { last: Some((stamp, stamp + length)), ..Coarse::default() };
            return stamp;
        };
        let ago = self.still.map(|still| still + 1).filter(|ago| *ago <= LOOKED_AT);
        let still = (stamp - before) * 4 < length;
        self.found |= still && ago.is_some();
        self.still = if still { Some(0) } else { ago };
        let place = if self.found { expected.max(stamp) } else { stamp };
        let excess = if self.found { self.excess(stamp - place, length) } else { Delta::ZERO };
        self.last = Some((stamp, place + length + excess));
        place
    }

    /// By how much places have come to be later than they must: the source's frames are shorter than they say, by a few
    /// in a million. It is made good a quarter of a frame at a time, so that none comes before the one before it.
    fn excess(&mut self, distance: Delta, length: Delta) -> Delta {
        let nearest = self.nearest.map_or(distance, |nearest| nearest.max(distance));
        self.nearest = Some(nearest);
        self.looked_at += 1;
        if self.looked_at < LOOKED_AT {
            return Delta::ZERO;
        }
        (self.nearest, self.looked_at) = (None, 0);
        let most = Delta::micros(length.as_micros() / -4);
        self.found = self.still.is_some() || nearest < most;
        nearest.max(most)
    }
}

/// A stamp further from its place is a gap or a jump. Clocks of 100 ms are the coarsest known.
const COARSEST: Delta = Delta::millis(150);
/// Among so many stamps of a coarse clock, one or the other is right.
const LOOKED_AT: u32 = 32;

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Delta = Delta::micros(21_333);

    /// Where frames end up, and where they should be, that are `length` long and stamped by a clock of steps of `step`.
    fn placed(count: i64, first: i64, length: f64, step: i64) -> impl Iterator<Item = (i64, i64)> {
        let mut coarse = Coarse::default();
        (0..count).map(move |number| {
            let truth = first + (number as f64 * length) as i64;
            let stamp = Time::from_micros(truth / step * step);
            (coarse.place(stamp, LENGTH).as_micros(), truth)
        })
    }

    #[test]
    fn frames_of_a_coarse_clock_follow_each_other() {
        for step in [100_000, 64_000, 40_000] {
            for first in [0, 33_333, 99_999] {
                let places: Vec<_> = placed(2_000, first, 21_333.0, step).collect();
                // Within the first steps it is found out where the clock is, as far as its stamps say.
                for (place, truth) in &places[100..] {
                    assert!((place - truth).abs() <= 21_333, "{place} for {truth}, steps of {step}");
                }
                let even =
                    places.windows(2).filter(|pair| (pair[1].0 - pair[0].0 - 21_333).abs() <= 1_000).count();
                assert!(even >= 1_850, "{even}");
                assert!(places.is_sorted_by(|a, b| a.0 <= b.0));
            }
        }
    }

    #[test]
    fn a_source_that_runs_fast_or_slow_is_followed() {
        for length in [21_323.0, 21_343.0] {
            for (place, truth) in placed(100_000, 0, length, 100_000).skip(200) {
                assert!((place - truth).abs() <= 8_000, "{place} for {truth}");
            }
        }
    }

    #[test]
    fn a_fine_clock_is_left_alone() {
        for step in [1_000, 10_000] {
            for (place, truth) in placed(1_000, 7, 21_333.0, step) {
                assert_eq!(place, truth / step * step);
            }
        }
        // Frames that are not as long as they say.
        for (place, truth) in placed(1_000, 0, 10_667.0, 1_000) {
            assert_eq!(place, truth / 1_000 * 1_000);
        }
    }

    #[test]
    fn what_is_too_late_is_made_good_little_by_little() {
        let mut coarse = Coarse::default();
        // Coarse for a while, then with frames that overlap once.
        let mut place = |number: i64| {
            let truth = number * 21_333;
            let stamp = if number < 100 { truth / 100_000 * 100_000 } else { truth - 18_000 };
            coarse.place(Time::from_micros(stamp), LENGTH).as_micros()
        };
        let places: Vec<_> = (0..1_000).map(&mut place).collect();
        assert!(places.windows(2).skip(10).all(|pair| pair[1] - pair[0] >= 15_000));
        assert_eq!(places[999], 999 * 21_333 - 18_000);
        assert!(!coarse.found, "it has proved to be fine");
    }

    #[test]
    fn a_single_step_back_is_no_coarse_clock() {
        for step in [-1, -7, -16, -21, -30, -140] {
            let mut coarse = Coarse::default();
            for number in 0..100i64 {
                let stamp = Time::from_millis(number * 22 + if number < 50 { 0 } else { step });
                assert_eq!(coarse.place(stamp, LENGTH), stamp, "{step} ms");
            }
        }
    }

    #[test]
    fn gaps_and_jumps_stay() {
        let mut coarse = Coarse::default();
        let mut place = |millis| coarse.place(Time::from_millis(millis), LENGTH).as_millis();
        assert_eq!([0, 0, 0, 0].map(&mut place), [0, 0, 21, 43]);
        assert_eq!([500, 500, 500].map(&mut place), [500, 500, 521]);
        assert_eq!([100, 100, 100].map(&mut place), [100, 100, 121]);
        assert_eq!(place(200), 200, "a frame was lost");
    }
}
