//! From one number of samples a second to another.
//!
//! A windowed sinc for each of the places that a new sample can have between old ones: what is exact stays exact over hours,
//! since places are counted and never added up as fractions.

use std::f64::consts::PI;

use crate::Error;

/// Converts between two rates, for all channels of a sound.
///
/// Sample `n` that comes out belongs where `n` × `from` / `to` does of those that came: there is no delay but that it
/// waits for the 48 samples (more of a higher rate) behind that place. Up to 20 kHz of 44.1 kHz is kept to 0.1 dB; what would be
/// mirrored is 90 dB below.
#[derive(Debug, Clone)]
pub struct Resampler {
    /// Old samples in `up` new ones; both without common factors.
    down: usize,
    up: usize,
    /// Of one place: how many old samples it looks at, half of them before it.
    taps: usize,
    /// `taps` weights for each of the `up` places.
    weights: Vec<f32>,
    /// Of each channel the old samples that are still looked at, the first of them for the next new one.
    history: Vec<Vec<f32>>,
    /// The next new sample: so many `up`ths behind the old one in the middle of the first `taps` of the history.
    place: usize,
    /// Old samples at the start of the history that are done with.
    done: usize,
    came: u64,
    made: u64,
}

impl Resampler {
    /// From `from` to `to` samples a second, for 1 to 8 channels.
    ///
    /// Errs when a rate is 0 or above 192 kHz, or the two have so little in common that the table would be large: all
    /// rates of AAC and Opus have enough.
    pub fn new(from: u32, to: u32, channels: usize) -> Result<Resampler, Error> {
        const RATES: std::ops::RangeInclusive<u32> = 1..=192_000;
        const MAX_PLACES: usize = 1_024;
        const MAX_WEIGHTS: usize = 1 << 17;
        let wrong = Err(Error::Rates { from, to });
        if !RATES.contains(&from) || !RATES.contains(&to) || !(1..=8).contains(&channels) {
            return wrong;
        }
        let common = greatest_common(from, to);
        let (down, up) = ((from / common) as usize, (to / common) as usize);
        // Of a higher rate as many more, since what is above half of the new one has to go.
        let half = if from > to { (HALF * down).div_ceil(up).next_multiple_of(LANES / 2) } else { HALF };
        if up > MAX_PLACES || half * up > MAX_WEIGHTS {
            return wrong;
        }
        let weights = if down == up { Vec::new() } else { weights(from, to, up, half) };
        let mut resampler = Resampler {
            down,
            up,
            taps: 2 * half,
            weights,
            history: vec![Vec::new(); channels],
            place: 0,
            done: 0,
            came: 0,
            made: 0,
        };
        resampler.reset();
        Ok(resampler)
    }

    /// Appends to `out` what is complete with `samples`; both have their channels' samples in turn.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        let channels = self.history.len();
        self.came += (samples.len() / channels) as u64;
        if self.down == self.up {
            self.made = self.came;
            return out.extend_from_slice(samples);
        }
        for (channel, history) in self.history.iter_mut().enumerate() {
            history.extend(samples.iter().skip(channel).step_by(channels));
        }
        self.make(u64::MAX, out);
    }

    /// Appends what the end of the sound still hides: all told there are as many samples as fit into the time of those
    /// that came, rounded up. Then it is as new.
    pub fn finish(&mut self, out: &mut Vec<f32>) {
        if self.down != self.up {
            let all = (self.came * self.up as u64).div_ceil(self.down as u64);
            self.history.iter_mut().for_each(|history| history.resize(history.len() + self.taps, 0.0));
            self.make(all, out);
        }
        self.reset();
    }

    /// Forgets what came.
    pub fn reset(&mut self) {
        for history in &mut self.history {
            history.clear();
            history.resize(self.taps / 2 - 1, 0.0);
        }
        (self.place, self.done, self.came, self.made) = (0, 0, 0, 0);
    }

    /// Makes new samples while there is what they need, and fewer than `most` were made since the start.
    fn make(&mut self, most: u64, out: &mut Vec<f32>) {
        let length = self.history.first().map_or(0, Vec::len);
        while self.done + self.taps <= length && self.made < most {
            let weights = &self.weights[self.place * self.taps..][..self.taps];
            for history in &self.history {
                out.push(dot(weights, &history[self.done..][..self.taps]));
            }
            self.made += 1;
            self.place += self.down;
            self.done += self.place / self.up;
            self.place %= self.up;
        }
        // Places may lie further on than what has come.
        let drop = self.done.min(length);
        self.history.iter_mut().for_each(|history| _ = history.drain(..drop));
        self.done -= drop;
    }
}

/// In eight sums, which a compiler makes vectors of; an order of its own it may not choose.
fn dot(weights: &[f32], samples: &[f32]) -> f32 {
    let (weights, _) = weights.as_chunks::<LANES>();
    let (samples, _) = samples.as_chunks::<LANES>();
    let mut sums = [0.0f32; LANES];
    for (weights, samples) in weights.iter().zip(samples) {
        for lane in 0..LANES {
            sums[lane] += weights[lane] * samples[lane];
        }
    }
    sums.iter().sum()
}

/// For each place `p` of `up` the weights of `2 * half` samples around it, the `half`th being the one before or at it.
fn weights(from: u32, to: u32, up: usize, half: usize) -> Vec<f32> {
    // In half cycles a sample. The edge lies so that the slope ends just above half of the lower rate.
    let edge = 0.968 * f64::from(to.min(from)) / f64::from(from);
    let mut all = Vec::with_capacity(2 * half * up);
    for place in 0..up {
        let weight = |tap: usize| {
            let distance = tap as f64 - (half - 1) as f64 - place as f64 / up as f64;
            edge * sinc(edge * distance) * kaiser(distance / half as f64)
        };
        let place: Vec<f64> = (0..2 * half).map(weight).collect();
        // Each place hands on a constant as it is, or there would be a whistle.
        let sum: f64 = place.iter().sum();
        all.extend(place.iter().map(|weight| (weight / sum) as f32));
    }
    all
}

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-9 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

/// The Kaiser window for 90 dB, over -1 to 1. Source: Kaiser, "Nonrecursive digital filter design", 1974.
fn kaiser(x: f64) -> f64 {
    const BETA: f64 = 0.1102 * (90.0 - 8.7);
    if x.abs() >= 1.0 { 0.0 } else { bessel(BETA * (1.0 - x * x).sqrt()) / bessel(BETA) }
}

/// The modified Bessel function of order 0.
fn bessel(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for n in 1..64 {
        term *= (x / 2.0 / f64::from(n)).powi(2);
        sum += term;
        if term < sum * 1e-15 {
            break;
        }
    }
    sum
}

fn greatest_common(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common(b, a % b) }
}

/// Old samples before and behind a place, where the new rate is the higher.
const HALF: usize = 48;
const LANES: usize = 8;

#[cfg(test)]
#[path = "resample_test.rs"]
mod tests;
