//! The same series at several steps: fine for the last minutes, coarse for the last days.
//!
//! Time is the number of seconds since the history began, on a monotonic clock; what that is on the wall is told by whoever asks.

use std::borrow::Cow;
use std::collections::VecDeque;

/// One thing that is measured.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    pub(crate) name: Cow<'static, str>,
    pub(crate) fold: Fold,
}

/// What becomes of several values when they are told as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fold {
    /// Of rates and loads.
    Mean,
    /// Of what there must be room for.
    Max,
    /// Of what must not run out.
    Min,
    /// Of what is counted.
    Sum,
}

impl Fold {
    /// Of the values that are known; `NAN` when none is.
    fn of(self, values: impl Iterator<Item = f32>) -> f32 {
        let mut folding = Folding::default();
        values.for_each(|value| folding.add(self, value));
        folding.outcome(self)
    }
}

/// Values on their way to being one.
#[derive(Debug, Clone, Copy, Default)]
struct Folding {
    value: f64,
    count: u32,
}

impl Folding {
    fn add(&mut self, fold: Fold, value: f32) {
        if value.is_nan() {
            return;
        }
        let value = f64::from(value);
        self.value = match fold {
            _ if self.count == 0 => value,
            Fold::Mean | Fold::Sum => self.value + value,
            Fold::Max => self.value.max(value),
            Fold::Min => self.value.min(value),
        };
        self.count += 1;
    }

    fn outcome(self, fold: Fold) -> f32 {
        match (self.count, fold) {
            (0, _) => f32::NAN,
            (count, Fold::Mean) => (self.value / f64::from(count)) as f32,
            _ => self.value as f32,
        }
    }
}

/// How fine a ring is, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Seconds between two values.
    pub(crate) step: u64,
    /// Values at most.
    pub(crate) slots: usize,
}

impl Shape {
    /// Seconds that it goes back.
    pub(crate) fn span(self) -> u64 {
        self.step * self.slots as u64
    }
}

/// Every series, at every step. Grows as time passes, up to its shapes.
#[derive(Debug)]
pub(crate) struct History {
    series: Vec<Series>,
    rings: Vec<Ring>,
}

/// Part of a history.
#[derive(Debug, PartialEq)]
pub(crate) struct Part {
    /// Where each value begins, in seconds.
    pub(crate) seconds: Vec<u64>,
    /// One list for each series that was asked for; `NAN` where nothing is known.
    pub(crate) columns: Vec<Vec<f32>>,
}

impl History {
    /// With rings of `shapes`, the finest first, each step a multiple of the one before.
    pub(crate) fn new(shapes: &[Shape], series: Vec<Series>) -> History {
        let rings = shapes.iter().map(|shape| Ring::new(*shape, series.len())).collect();
        History { series, rings }
    }

    pub(crate) fn series(&self) -> &[Series] {
        &self.series
    }

    /// The place of `series`, which is taken up if it is new.
    pub(crate) fn place(&mut self, series: Series) -> usize {
        if let Some(place) = self.series.iter().position(|known| *known == series) {
            return place;
        }
        self.series.push(series);
        self.rings.iter_mut().for_each(Ring::widen);
        self.series.len() - 1
    }

    /// The second behind the newest value at the step of `ring`.
    pub(crate) fn end(&self, ring: Shape) -> u64 {
        self.rings.iter().find(|known| known.shape == ring).map_or(0, |ring| ring.end * ring.shape.step)
    }

    /// Takes the values of one second, in the order of the series. A second that is full already takes no more.
    pub(crate) fn take(&mut self, second: u64, values: &[f32]) {
        let series = &self.series;
        self.rings.iter_mut().for_each(|ring| ring.take(second, series, values));
    }

    /// The values from `from` to before `to` of the series at `places`, one each `step` seconds, as far as there are any. `step` has to
    /// be a multiple of that of `ring`.
    pub(crate) fn part(&self, ring: Shape, step: u64, from: u64, to: u64, places: &[usize]) -> Part {
        let Some(ring) = self.rings.iter().find(|known| known.shape == ring) else {
            return Part { seconds: Vec::new(), columns: vec![Vec::new(); places.len()] };
        };
        let merged = (step / ring.shape.step).max(1);
        let first = (from / step).max(ring.first() / merged);
        let last = to.div_ceil(step).min(ring.end.div_ceil(merged)).max(first);
        let seconds = (first..last).map(|slot| slot * step).collect();
        let column = |place: &usize| {
            let fold = self.series[*place].fold;
            let values = |slot| (slot * merged..(slot + 1) * merged).map(|slot| ring.value(*place, slot));
            (first..last).map(|slot| fold.of(values(slot))).collect()
        };
        Part { seconds, columns: places.iter().map(column).collect() }
    }
}

/// Values at one step, the oldest of which make room for the newest.
#[derive(Debug)]
struct Ring {
    shape: Shape,
    /// How many there are of each series.
    len: usize,
    /// The number of the slot behind the newest.
    end: u64,
    columns: Vec<VecDeque<f32>>,
    /// The slot that is being filled.
    filling: Option<(u64, Vec<Folding>)>,
}

impl Ring {
    fn new(shape: Shape, series: usize) -> Ring {
        Ring { shape, len: 0, end: 0, columns: vec![VecDeque::new(); series], filling: None }
    }

    /// Another series begins, of which nothing is known so far.
    fn widen(&mut self) {
        self.columns.push(std::iter::repeat_n(f32::NAN, self.len).collect());
        if let Some((_, filling)) = &mut self.filling {
            filling.push(Folding::default());
        }
    }

    fn take(&mut self, second: u64, series: &[Series], values: &[f32]) {
        let slot = second / self.shape.step;
        if self.len > 0 && slot < self.end {
            return;
        }
        if self.filling.as_ref().is_some_and(|(filling, _)| *filling != slot) {
            self.fill(series);
        }
        let (_, filling) = self.filling.get_or_insert_with(|| (slot, vec![Folding::default(); series.len()]));
        for ((folding, series), value) in filling.iter_mut().zip(series).zip(values) {
            folding.add(series.fold, *value);
        }
        // The last of its seconds: nothing more comes.
        if second % self.shape.step == self.shape.step - 1 {
            self.fill(series);
        }
    }

    /// The slot that is being filled is full.
    fn fill(&mut self, series: &[Series]) {
        let Some((slot, filling)) = self.filling.take() else { return };
        if self.len == 0 {
            self.end = slot;
        }
        // Nothing is known of the time in which nobody measured.
        let silent = slot.saturating_sub(self.end).min(self.shape.slots as u64) as usize;
        for ((column, folding), series) in self.columns.iter_mut().zip(&filling).zip(series) {
            let value = folding.outcome(series.fold);
            for value in std::iter::repeat_n(f32::NAN, silent).chain([value]) {
                push(column, value, self.shape.slots);
            }
        }
        self.len = (self.len + silent + 1).min(self.shape.slots);
        self.end = slot + 1;
    }

    /// The number of the oldest slot.
    fn first(&self) -> u64 {
        self.end - self.len as u64
    }

    fn value(&self, place: usize, slot: u64) -> f32 {
        let at = slot.checked_sub(self.first()).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| self.columns.get(place)?.get(at).copied()).unwrap_or(f32::NAN)
    }
}

/// Adds to `column`, which keeps at most `slots` and room for no more.
fn push(column: &mut VecDeque<f32>, value: f32, slots: usize) {
    if column.len() == slots {
        column.pop_front();
    } else if column.len() == column.capacity() {
        column.reserve_exact(column.len().clamp(16, slots.max(16)).min(slots - column.len()));
    }
    column.push_back(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: Shape = Shape { step: 1, slots: 6 };
    const COARSE: Shape = Shape { step: 10, slots: 3 };
    const X: f32 = -1.0;

    fn history(folds: &[Fold]) -> History {
        let name = |(number, fold): (usize, &Fold)| Series { name: number.to_string().into(), fold: *fold };
        History::new(&[FINE, COARSE], folds.iter().enumerate().map(name).collect())
    }

    /// With -1 where nothing is known, so that it can be compared.
    fn part(history: &History, ring: Shape, step: u64, from: u64, to: u64) -> (Vec<u64>, Vec<Vec<f32>>) {
        let places: Vec<_> = (0..history.series.len()).collect();
        let Part { seconds, columns } = history.part(ring, step, from, to, &places);
        let known = |value: f32| if value.is_nan() { X } else { value };
        (seconds, columns.into_iter().map(|column| column.into_iter().map(known).collect()).collect())
    }

    #[test]
    fn a_second_sample_of_a_second_moves_nothing() {
        let mut history = history(&[Fold::Mean]);
        for second in [0, 2, 2, 1, 3, 9, 9, 10] {
            history.take(second, &[second as f32]);
        }
        let (seconds, columns) = part(&history, FINE, 1, 0, 1_000);
        assert_eq!((seconds, &columns[0][..]), (vec![5, 6, 7, 8, 9, 10], &[X, X, X, X, 9.0, 10.0][..]));
        let (seconds, columns) = part(&history, COARSE, 10, 0, 1_000);
        assert_eq!((seconds, columns[0].len()), (vec![0], 1));
    }

    #[test]
    fn the_oldest_make_room_and_coarse_values_say_what_fine_ones_said() {
        let mut history = history(&[Fold::Mean, Fold::Max, Fold::Min, Fold::Sum]);
        (0..42).for_each(|second| history.take(second, &[second as f32; 4]));
        let (seconds, columns) = part(&history, FINE, 1, 0, 1_000);
        assert_eq!(seconds, [36, 37, 38, 39, 40, 41]);
        assert_eq!(columns[0], [36.0, 37.0, 38.0, 39.0, 40.0, 41.0]);
        let (seconds, columns) = part(&history, COARSE, 10, 0, 1_000);
        assert_eq!(seconds, [10, 20, 30], "what is being filled is not told yet");
        assert_eq!(columns[0], [14.5, 24.5, 34.5]);
        assert_eq!(columns[1], [19.0, 29.0, 39.0]);
        assert_eq!(columns[2], [10.0, 20.0, 30.0]);
        assert_eq!(columns[3], [145.0, 245.0, 345.0]);
        let (seconds, columns) = part(&history, COARSE, 20, 0, 1_000);
        assert_eq!((seconds, &columns[1]), (vec![0, 20], &vec![19.0, 39.0]));
        assert_eq!(part(&history, FINE, 1, 38, 40).0, [38, 39], "from and to are kept to");
        assert_eq!(part(&history, FINE, 1, 1_000, 1_010).0, [] as [u64; 0]);
    }

    #[test]
    fn time_in_which_nobody_measured_is_unknown() {
        let mut history = history(&[Fold::Mean]);
        for second in [3, 4, 7] {
            history.take(second, &[1.0]);
        }
        assert_eq!(part(&history, FINE, 1, 0, 9), (vec![3, 4, 5, 6, 7], vec![vec![1.0, 1.0, X, X, 1.0]]));
        history.take(1_000_000, &[2.0]);
        let (seconds, columns) = part(&history, FINE, 1, 0, 2_000_000);
        assert_eq!((seconds[0], &columns[0]), (999_995, &vec![X, X, X, X, X, 2.0]));
        let (seconds, columns) = part(&history, COARSE, 10, 0, 2_000_000);
        assert_eq!((seconds, columns), (vec![0], vec![vec![1.0]]));
    }

    #[test]
    fn a_series_that_comes_later_was_unknown_before() {
        let mut history = history(&[Fold::Mean]);
        (0..5).for_each(|second| history.take(second, &[1.0]));
        let late = Series { name: "late".into(), fold: Fold::Sum };
        assert_eq!((history.place(late.clone()), history.place(late)), (1, 1));
        (5..10).for_each(|second| history.take(second, &[1.0, 2.0]));
        assert_eq!(part(&history, FINE, 1, 4, 10).1[1], [X, 2.0, 2.0, 2.0, 2.0, 2.0]);
        assert_eq!(part(&history, COARSE, 10, 0, 10).1, [[1.0], [10.0]]);
    }

    #[test]
    fn a_ring_takes_no_more_memory_than_it_says() {
        let shape = Shape { step: 1, slots: 600 };
        let series = vec![Series { name: "x".into(), fold: Fold::Mean }];
        let mut history = History::new(&[shape], series);
        (0..10).for_each(|second| history.take(second, &[1.0]));
        assert!(history.rings[0].columns[0].capacity() <= 16);
        (10..5_000).for_each(|second| history.take(second, &[1.0]));
        assert_eq!(history.rings[0].columns[0].capacity(), 600);
    }
}
