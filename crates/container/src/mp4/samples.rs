//! What is known of each sample of a track, packed.

/// One sample, as its fragment has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) size: u32,
    /// In ticks of the track.
    pub(super) duration: u32,
    /// From decoding to presentation.
    pub(super) offset: i32,
    pub(super) sync: bool,
}

/// Samples of a track that lie behind each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) samples: u32,
    /// Where they begin in the file.
    pub(super) at: u64,
}

/// The samples of a track in decoding order.
#[derive(Debug, Default)]
pub(super) struct Samples {
    pub(super) sizes: Vec<u32>,
    pub(super) durations: Runs<u32>,
    pub(super) offsets: Runs<i32>,
    /// Numbers of those where decoding can begin, from 1; empty while it can at each.
    pub(super) sync: Vec<u32>,
    some_depend: bool,
    pub(super) chunks: Vec<Chunk>,
    /// Decode time of the first, and where the last ends.
    pub(super) start: u64,
    pub(super) end: u64,
    /// The earliest and the latest presentation, from `start`.
    shown: Option<(i64, i64)>,
}

/// Values with how often each follows on itself.
#[derive(Debug)]
pub(super) struct Runs<T>(pub(super) Vec<(u32, T)>);

impl<T> Default for Runs<T> {
    fn default() -> Runs<T> {
        Runs(Vec::new())
    }
}

impl<T: PartialEq + Copy> Runs<T> {
    fn push(&mut self, value: T) {
        match self.0.last_mut() {
            Some((count, last)) if *last == value => *count += 1,
            _ => self.0.push((1, value)),
        }
    }

    /// Replaces the value that was pushed last.
    fn set_last(&mut self, value: T) {
        match self.0.last_mut() {
            Some((1, _)) => drop(self.0.pop()),
            Some((count, _)) => *count -= 1,
            None => return,
        }
        self.push(value);
    }
}

impl Samples {
    /// How far `at` is behind the end of the last sample; `None` when it is before, or too far away to be said.
    pub(super) fn gap(&self, at: u64) -> Option<u32> {
        if self.sizes.is_empty() {
            return Some(0);
        }
        let gap = u32::try_from(at.checked_sub(self.end)?).ok()?;
        self.last_duration().checked_add(gap).map(|_| gap)
    }

    /// The next sample is decoded `at` a time of which the [`gap`](Samples::gap) is known: the sample before it lasts until then.
    pub(super) fn begin(&mut self, at: u64) {
        if self.sizes.is_empty() {
            (self.start, self.end) = (at, at);
        } else if let Some(gap) = self.gap(at).filter(|gap| *gap > 0) {
            self.durations.set_last(self.last_duration() + gap);
            self.end = at;
        }
    }

    fn last_duration(&self) -> u32 {
        self.durations.0.last().map_or(0, |(_, duration)| *duration)
    }

    /// Adds a chunk of samples that begins `at`.
    pub(super) fn extend(&mut self, at: u64, samples: &[Sample]) {
        for sample in samples {
            self.push(*sample);
        }
        if !samples.is_empty() {
            self.chunks.push(Chunk { samples: samples.len() as u32, at });
        }
    }

    fn push(&mut self, sample: Sample) {
        let number = self.sizes.len() as u32 + 1;
        if !sample.sync && !self.some_depend {
            self.some_depend = true;
            self.sync.extend(1..number);
        }
        if sample.sync && self.some_depend {
            self.sync.push(number);
        }
        let decoded = i64::try_from(self.end - self.start).unwrap_or(i64::MAX);
        let from = decoded.saturating_add(sample.offset.into());
        let to = from.saturating_add(sample.duration.into());
        let shown = self.shown.get_or_insert((from, to));
        *shown = (shown.0.min(from), shown.1.max(to));
        self.sizes.push(sample.size);
        self.durations.push(sample.duration);
        self.offsets.push(sample.offset);
        self.end = self.end.saturating_add(sample.duration.into());
    }

    pub(super) fn count(&self) -> usize {
        self.sizes.len()
    }

    /// Bytes of the tables that say all this, at most.
    pub(super) fn tables(&self) -> usize {
        let times = self.durations.0.len() + self.offsets.0.len();
        8 * times + 4 * (self.sync.len() + self.sizes.len()) + (12 + 8) * self.chunks.len()
    }

    /// Whether decoding cannot begin at every one.
    pub(super) fn some_depend(&self) -> bool {
        self.some_depend
    }

    /// The earliest and the latest presentation, from [`start`](Samples::start).
    pub(super) fn shown(&self) -> (i64, i64) {
        self.shown.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(duration: u32, offset: i32, sync: bool) -> Sample {
        Sample { size: 7, duration, offset, sync }
    }

    #[test]
    fn a_gap_makes_the_sample_before_it_longer() {
        let mut samples = Samples::default();
        samples.begin(100);
        samples.extend(0, &[sample(10, 0, true); 3]);
        assert_eq!((samples.gap(129), samples.gap(u64::MAX), samples.gap(150)), (None, None, Some(20)));
        samples.begin(150);
        samples.extend(21, &[sample(10, 0, true)]);
        assert_eq!(samples.durations.0, [(2, 10), (1, 30), (1, 10)]);
        assert_eq!((samples.start, samples.end), (100, 160));
    }

    #[test]
    fn where_decoding_begins_is_said_only_if_that_is_not_everywhere() {
        let mut samples = Samples::default();
        samples.extend(0, &[sample(10, 0, true); 2]);
        assert!(samples.sync.is_empty() && !samples.some_depend());
        samples.extend(0, &[sample(10, 0, false), sample(10, 0, true)]);
        assert_eq!(samples.sync, [1, 2, 4]);
        let mut none = Samples::default();
        none.extend(0, &[sample(10, 0, false)]);
        assert!(none.sync.is_empty() && none.some_depend());
    }

    #[test]
    fn what_is_shown_first_and_last_need_not_be_decoded_so() {
        let mut samples = Samples::default();
        samples.begin(1000);
        samples.extend(0, &[sample(10, 20, true), sample(10, 30, false), sample(10, -5, false)]);
        assert_eq!(samples.shown(), (15, 50));
        assert_eq!(samples.offsets.0, [(1, 20), (1, 30), (1, -5)]);
    }
}
