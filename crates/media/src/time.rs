//! Points and spans of media time, in whole microseconds.

use std::fmt;
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};
use std::time::Duration;

/// A point on some clock, in microseconds. Which clock is said by whoever holds it.
///
/// Microseconds survive a round trip through every media clock up to 192 kHz exactly.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(i64);

/// A span between two [`Time`]s, in microseconds; may be negative.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Delta(i64);

impl Time {
    /// The clock's origin.
    pub const ZERO: Time = Time(0);
    /// Earlier than every other time.
    pub const MIN: Time = Time(i64::MIN);
    /// Later than every other time.
    pub const MAX: Time = Time(i64::MAX);

    /// The point `micros` microseconds after the origin.
    pub const fn from_micros(micros: i64) -> Time {
        Time(micros)
    }

    /// The point `millis` milliseconds after the origin.
    pub const fn from_millis(millis: i64) -> Time {
        Time(millis.saturating_mul(1_000))
    }

    /// Microseconds since the origin.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since the origin, rounded to the nearest.
    pub const fn as_millis(self) -> i64 {
        self.to_ticks(1_000)
    }

    /// The point `ticks` ticks of a clock with `rate` ticks a second after the origin, to the nearest microsecond.
    pub const fn from_ticks(ticks: i64, rate: u32) -> Time {
        Time(rescale(ticks, MICROS, rate))
    }

    /// The nearest tick of a clock with `rate` ticks a second.
    pub const fn to_ticks(self, rate: u32) -> i64 {
        rescale(self.0, rate, MICROS)
    }

    /// The span from `earlier` to `self`, limited to what fits.
    pub const fn since(self, earlier: Time) -> Delta {
        Delta(self.0.saturating_sub(earlier.0))
    }
}

impl Delta {
    /// No time at all.
    pub const ZERO: Delta = Delta(0);
    /// The longest span.
    pub const MAX: Delta = Delta(i64::MAX);

    /// A span of `micros` microseconds.
    pub const fn micros(micros: i64) -> Delta {
        Delta(micros)
    }

    /// A span of `millis` milliseconds.
    pub const fn millis(millis: i64) -> Delta {
        Delta(millis.saturating_mul(1_000))
    }

    /// A span of `secs` seconds.
    pub const fn secs(secs: i64) -> Delta {
        Delta(secs.saturating_mul(1_000_000))
    }

    /// Microseconds.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Milliseconds, rounded to the nearest.
    pub const fn as_millis(self) -> i64 {
        self.to_ticks(1_000)
    }

    /// Seconds, for people and playlists.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// A span of `ticks` ticks of a clock with `rate` ticks a second, to the nearest microsecond.
    pub const fn from_ticks(ticks: i64, rate: u32) -> Delta {
        Delta(rescale(ticks, MICROS, rate))
    }

    /// The nearest number of ticks of a clock with `rate` ticks a second.
    pub const fn to_ticks(self, rate: u32) -> i64 {
        rescale(self.0, rate, MICROS)
    }

    /// The size of the span, whatever its sign.
    pub const fn abs(self) -> Delta {
        Delta(self.0.saturating_abs())
    }

    /// As the standard library's duration; a negative span is zero.
    pub const fn to_std(self) -> Duration {
        Duration::from_micros(if self.0 < 0 { 0 } else { self.0 as u64 })
    }

    /// From the standard library's duration, limited to what fits.
    pub const fn from_std(duration: Duration) -> Delta {
        let micros = duration.as_micros();
        Delta(if micros > i64::MAX as u128 { i64::MAX } else { micros as i64 })
    }
}

/// Unwraps a counter of `bits` bits into one that never wraps: each value is taken as the nearest to the one before.
///
/// Half the range is the furthest jump that is understood: 24.8 days for RTMP's 32-bit milliseconds, 13 h for the 33 bits of MPEG-TS.
#[derive(Debug, Clone)]
pub struct Unwrap {
    bits: u32,
    last: Option<i64>,
}

impl Unwrap {
    /// For a counter of `bits` bits, 1 to 62.
    pub const fn new(bits: u32) -> Unwrap {
        Unwrap {
            bits: if bits < 1 {
                1
            } else if bits > 62 {
                62
            } else {
                bits
            },
            last: None,
        }
    }

    /// The unwrapped value of `counter`, of which only the low bits count. The first is taken as it is.
    pub fn next(&mut self, counter: u64) -> i64 {
        let range = 1i64 << self.bits;
        let counter = (counter & (range as u64 - 1)) as i64;
        let value = match self.last {
            None => counter,
            Some(last) => {
                let ahead = (counter - last).rem_euclid(range);
                let step = if ahead >= range / 2 { ahead - range } else { ahead };
                last.saturating_add(step)
            }
        };
        self.last = Some(value);
        value
    }
}

/// `value * to / from`, rounded to the nearest, halves away from zero; limited to what fits. A rate of 0 counts as 1.
const fn rescale(value: i64, to: u32, from: u32) -> i64 {
    let from = if from == 0 { 1 } else { from as i128 };
    let product = value as i128 * to as i128;
    let half = if product < 0 { -from / 2 } else { from / 2 };
    let scaled = (product + half) / from;
    if scaled > i64::MAX as i128 {
        i64::MAX
    } else if scaled < i64::MIN as i128 {
        i64::MIN
    } else {
        scaled as i64
    }
}

const MICROS: u32 = 1_000_000;

impl Add<Delta> for Time {
    type Output = Time;
    fn add(self, span: Delta) -> Time {
        Time(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Delta> for Time {
    fn add_assign(&mut self, span: Delta) {
        *self = *self + span;
    }
}

impl Sub<Delta> for Time {
    type Output = Time;
    fn sub(self, span: Delta) -> Time {
        Time(self.0.saturating_sub(span.0))
    }
}

impl Sub for Time {
    type Output = Delta;
    fn sub(self, earlier: Time) -> Delta {
        self.since(earlier)
    }
}

impl Add for Delta {
    type Output = Delta;
    fn add(self, other: Delta) -> Delta {
        Delta(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Delta {
    fn add_assign(&mut self, other: Delta) {
        *self = *self + other;
    }
}

impl Sub for Delta {
    type Output = Delta;
    fn sub(self, other: Delta) -> Delta {
        Delta(self.0.saturating_sub(other.0))
    }
}

impl SubAssign for Delta {
    fn sub_assign(&mut self, other: Delta) {
        *self = *self - other;
    }
}

impl Neg for Delta {
    type Output = Delta;
    fn neg(self) -> Delta {
        Delta(self.0.saturating_neg())
    }
}

impl Mul<i64> for Delta {
    type Output = Delta;
    fn mul(self, times: i64) -> Delta {
        Delta(self.0.saturating_mul(times))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}us", self.0)
    }
}

impl fmt::Debug for Delta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}us", self.0)
    }
}

impl fmt::Display for Delta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}s", self.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ticks_round_trip_at_every_media_rate(
            ticks in -(1i64 << 40)..(1i64 << 40),
            rate in prop::sample::select(vec![1u32, 24, 1000, 8000, 11025, 22050, 44100, 48000, 90000, 96000, 192_000]),
        ) {
            prop_assert_eq!(Time::from_ticks(ticks, rate).to_ticks(rate), ticks);
            prop_assert_eq!(Delta::from_ticks(ticks, rate).to_ticks(rate), ticks);
        }

        #[test]
        fn no_arithmetic_overflows(a in any::<i64>(), b in any::<i64>(), rate in any::<u32>()) {
            let _ = (Time(a) + Delta(b), Time(a) - Delta(b), Time(a) - Time(b), Delta(a) * b, -Delta(a));
            let _ = (Time::from_ticks(a, rate), Time(a).to_ticks(rate), Delta(a).abs(), Delta(a).to_std());
        }
    }

    #[test]
    fn counters_unwrap_both_ways() {
        let mut unwrap = Unwrap::new(32);
        assert_eq!(unwrap.next(0xffff_fff0), 0xffff_fff0);
        assert_eq!(unwrap.next(0x10), 0x1_0000_0010);
        assert_eq!(unwrap.next(0xffff_fff8), 0xffff_fff8, "a step back over the wrap");
        assert_eq!(unwrap.next(0x7000_0000), 0x1_7000_0000);
        assert_eq!(unwrap.next(0xe000_0000), 0x1_e000_0000);
        assert_eq!(unwrap.next(0x10), 0x2_0000_0010, "a second wrap");
    }

    #[test]
    fn halves_round_away_from_zero() {
        assert_eq!(Time::from_micros(1_500).as_millis(), 2);
        assert_eq!(Time::from_micros(-1_500).as_millis(), -2);
        assert_eq!(Time::from_micros(1_499).as_millis(), 1);
    }
}
