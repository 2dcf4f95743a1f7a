//! Decoding times for pictures that come with their time of presentation only.

use std::collections::VecDeque;

use media::{Delta, Picture, Time};

/// Gives each picture of a track, in the order of decoding, a time to decode it.
///
/// Where at most `depth` pictures are decoded ahead of being shown, the n-th time of decoding is the n-th smallest time of
/// presentation, `depth` pictures later: so it rises, is never after that of presentation, and no picture waits. The depth is what the
/// parameter sets say, or what has been seen if that is more. Without reordering both times are the same.
///
/// A source whose sets are silent is found out by its first picture that goes back: until its depth is known, some pictures have times of decoding
/// that do not rise, which is mended where the clock of the stream is made.
#[derive(Debug, Default)]
pub(super) struct Order {
    depth: usize,
    /// Times of presentation that no picture has as its time of decoding yet, rising: at most `depth`.
    waiting: Vec<Time>,
    /// Times of presentation of the last pictures, latest last: at most [`MAX_DEPTH`].
    recent: VecDeque<Time>,
}

impl Order {
    /// When to decode the next picture, which is presented at `pts` and belongs to a track of which `picture` is known.
    pub(super) fn decode(&mut self, pts: Time, picture: Option<Picture>) -> Time {
        if self.recent.back().is_some_and(|last| (pts - *last).abs() > JUMP) {
            self.waiting.clear();
            self.recent.clear();
        }
        let said = picture.and_then(|picture| picture.reorder).unwrap_or(0) as usize;
        let seen = self.recent.iter().filter(|earlier| **earlier > pts).count();
        self.depth = self.depth.max(said).max(seen).min(MAX_DEPTH);
        if self.recent.len() == MAX_DEPTH {
            self.recent.pop_front();
        }
        self.recent.push_back(pts);

        let place = self.waiting.partition_point(|earlier| *earlier <= pts);
        self.waiting.insert(place, pts);
        let missing = (self.depth + 1).saturating_sub(self.waiting.len());
        if missing == 0 {
            return self.waiting.remove(0);
        }
        // At the beginning there are none from before: as if they had followed one another at the usual rate.
        let rate = picture.and_then(|picture| picture.rate);
        let step = rate.map_or(STEP, |(pictures, seconds)| Delta::from_ticks(seconds.into(), pictures));
        self.waiting[0] - step * missing as i64
    }
}

/// Source: H.264 §E.2.1, H.265 §A.4: no more than 16 pictures.
const MAX_DEPTH: usize = 16;
/// Pictures this far apart have nothing to do with one another's order.
const JUMP: Delta = Delta::secs(2);
/// Between two pictures, where nothing says how many a second there are.
const STEP: Delta = Delta::millis(33);

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(reorder: Option<u32>) -> Option<Picture> {
        Some(Picture { reorder, rate: Some((25, 1)), ..Picture::of_size(64, 64) })
    }

    /// Times of decoding, in pictures of 40 ms, of those that are presented as `order` says.
    fn decoded(order: &[i64], reorder: Option<u32>) -> Vec<i64> {
        let mut times = Order::default();
        let decode = |at: &i64| times.decode(Time::from_millis(40 * at), picture(reorder)).as_millis() / 40;
        order.iter().map(decode).collect()
    }

    #[test]
    fn without_reordering_both_times_are_the_same() {
        assert_eq!(decoded(&[0, 1, 2, 4, 5], Some(0)), [0, 1, 2, 4, 5]);
        assert_eq!(decoded(&[0, 1, 2, 4, 5], None), [0, 1, 2, 4, 5]);
    }

    #[test]
    fn times_rise_from_the_first_picture_where_the_sets_say_how_deep_it_goes() {
        assert_eq!(decoded(&[0, 3, 1, 2, 6, 4, 5], Some(1)), [-1, 0, 1, 2, 3, 4, 5]);
        // B pictures that others refer to.
        assert_eq!(decoded(&[0, 4, 2, 1, 3, 8, 6, 5, 7], Some(2)), [-2, -1, 0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn what_the_sets_conceal_is_found_out() {
        let order = [0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11];
        let times = decoded(&order, None);
        let settled = &times[5..];
        assert!(settled.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
        assert!(order.iter().zip(&times).skip(5).all(|(pts, dts)| dts <= pts), "{times:?}");
    }

    #[test]
    fn a_clock_that_jumps_begins_anew() {
        for jump in [1_000, -1_000] {
            let order: Vec<i64> = [0, 3, 1, 2].into_iter().chain([0, 3, 1, 2].map(|at| at + jump)).collect();
            let times = decoded(&order, Some(1));
            assert_eq!(times[4..], [jump - 1, jump, jump + 1, jump + 2]);
        }
    }

    #[test]
    fn absurd_sets_cost_no_more_than_sixteen_pictures() {
        let mut times = Order::default();
        for at in 0..1_000 {
            times.decode(Time::from_millis(at), picture(Some(u32::MAX)));
            assert!(times.waiting.len() <= MAX_DEPTH && times.recent.len() <= MAX_DEPTH);
        }
    }
}
