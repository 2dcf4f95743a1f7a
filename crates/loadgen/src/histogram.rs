//! A histogram of durations whose buckets grow with the value: 3 % resolution, fixed size, no allocation when recording.

use std::time::Duration;

/// Counts of durations in microseconds, each known to within 1/32 of itself.
#[derive(Clone)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max: u64,
}

impl Histogram {
    pub(crate) fn new() -> Histogram {
        Histogram { counts: vec![0; BUCKETS], total: 0, max: 0 }
    }

    pub(crate) fn record(&mut self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let at = bucket(micros);
        if let Some(count) = self.counts.get_mut(at) {
            *count += 1;
        }
        self.total += 1;
        self.max = self.max.max(micros);
    }

    pub(crate) fn count(&self) -> u64 {
        self.total
    }

    /// The value that the share `q` (0 to 1) of all recorded ones does not exceed; zero when nothing was recorded.
    pub(crate) fn quantile(&self, q: f64) -> Duration {
        let rank = (q * self.total as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (at, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Duration::from_micros(upper(at).min(self.max));
            }
        }
        Duration::from_micros(self.max)
    }

    pub(crate) fn max(&self) -> Duration {
        Duration::from_micros(self.max)
    }
}

/// Where `value` is counted: one bucket a value up to 64, then 32 buckets to every doubling.
fn bucket(value: u64) -> usize {
    let value = value.min(LARGEST);
    let shift = (63 - (value | 1).leading_zeros()).saturating_sub(5);
    (shift * 32) as usize + (value >> shift) as usize
}

/// The largest value counted in bucket `at`.
fn upper(at: usize) -> u64 {
    if at < 64 {
        return at as u64;
    }
    let shift = (at / 32 - 1) as u32;
    let mantissa = (at % 32 + 32) as u64;
    ((mantissa + 1) << shift) - 1
}

/// 2^40 µs are 12 days: whatever takes longer counts as that.
const LARGEST: u64 = (1 << 40) - 1;
const BUCKETS: usize = 36 * 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_its_values_within_three_percent() {
        for value in (0..5_000u64).chain([65_535, 65_536, 1 << 30, LARGEST]) {
            let top = upper(bucket(value));
            assert!(top >= value, "{value} above its bucket's top {top}");
            assert!((top - value) as f64 <= value as f64 / 31.0, "{value} counted as {top}");
        }
        assert!(bucket(u64::MAX) < BUCKETS);
    }

    #[test]
    fn quantiles_are_ranks() {
        let mut histogram = Histogram::new();
        for micros in 1..=60 {
            histogram.record(Duration::from_micros(micros));
        }
        assert_eq!(histogram.quantile(0.5), Duration::from_micros(30));
        assert_eq!(histogram.quantile(0.99), Duration::from_micros(60));
        assert_eq!(histogram.quantile(0.0), Duration::from_micros(1));
        assert_eq!(Histogram::new().quantile(0.5), Duration::ZERO);
    }
}
