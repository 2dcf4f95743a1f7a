//! Sound to test with, and what is left of it.

use std::f64::consts::TAU;

/// `frames` samples of a sine in each channel, whose channels take turns.
pub fn sines(rate: u32, frequencies: &[f64], amplitude: f64, frames: usize) -> Vec<f32> {
    let sample = |at: usize, frequency: &f64| {
        (amplitude * (TAU * frequency * at as f64 / f64::from(rate)).sin()) as f32
    };
    (0..frames).flat_map(|at| frequencies.iter().map(move |frequency| sample(at, frequency))).collect()
}

/// What of a sound is a sine of one frequency.
#[derive(Debug, Clone, Copy)]
pub struct Tone {
    pub amplitude: f64,
    /// How much louder the sine is than all the rest, in dB.
    pub over_rest: f64,
}

/// Of one channel, by least squares.
pub fn tone(samples: &[f32], rate: u32, frequency: f64) -> Tone {
    let angle = |at: usize| TAU * frequency * at as f64 / f64::from(rate);
    let (mut ss, mut sc, mut cc, mut xs, mut xc) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (at, sample) in samples.iter().enumerate() {
        let ((sin, cos), x) = (angle(at).sin_cos(), f64::from(*sample));
        ss += sin * sin;
        sc += sin * cos;
        cc += cos * cos;
        xs += x * sin;
        xc += x * cos;
    }
    let determinant = ss * cc - sc * sc;
    let (a, b) = ((xs * cc - xc * sc) / determinant, (xc * ss - xs * sc) / determinant);
    let (mut signal, mut rest) = (0.0, 1e-30);
    for (at, sample) in samples.iter().enumerate() {
        let (sin, cos) = angle(at).sin_cos();
        let fit = a * sin + b * cos;
        signal += fit * fit;
        rest += (f64::from(*sample) - fit).powi(2);
    }
    Tone { amplitude: a.hypot(b), over_rest: 10.0 * (signal / rest).log10() }
}

/// Asserts that `samples` are a sine of this frequency and amplitude, within 2 %, and `over_rest` dB louder than the rest.
#[track_caller]
pub fn assert_tone(samples: &[f32], rate: u32, frequency: f64, amplitude: f64, over_rest: f64) {
    let found = tone(samples, rate, frequency);
    eprintln!("{frequency} Hz: {found:.3?}");
    assert!((found.amplitude / amplitude - 1.0).abs() < 0.02, "{frequency} Hz at {amplitude}: {found:?}");
    assert!(found.over_rest > over_rest, "{frequency} Hz should be {over_rest} dB louder: {found:?}");
}

/// One channel of several that take turns.
pub fn channel(samples: &[f32], channels: usize, which: usize) -> Vec<f32> {
    samples.iter().skip(which).step_by(channels).copied().collect()
}

/// Sound that is like itself at no other time: at `seconds`, within ±0.6.
pub fn unlike(seconds: f64) -> f32 {
    // Five tones with nothing in common, which wander.
    let tones = [(173.0, 0.31), (411.7, 0.23), (733.1, 0.41), (1_231.9, 0.13), (2_017.3, 0.47)];
    let sample = |(frequency, wander): &(f64, f64)| {
        (TAU * frequency * seconds + 9.0 * (TAU * wander * seconds).sin() + 40.0 * wander).sin()
    };
    (0.12 * tones.iter().map(sample).sum::<f64>()) as f32
}

/// By how many samples `found` is behind `expected`, looked for up to `most` either way, and how alike they are then,
/// where 1 is the same.
pub fn lag(found: &[f32], expected: &[f32], most: usize) -> (i64, f64) {
    let length = found.len().min(expected.len());
    assert!(length > 4 * most, "too short to compare");
    let middle = &expected[most..length - most];
    let other = |shift: i64| &found[(most as i64 + shift) as usize..][..middle.len()];
    let product = |a: &[f32], b: &[f32]| -> f64 {
        let (a, b) = (a.chunks(64), b.chunks(64));
        a.zip(b).map(|(a, b)| f64::from(a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>())).sum()
    };
    let all = -(most as i64)..=most as i64;
    let products = all.map(|shift| (shift, product(middle, other(shift))));
    let (shift, best) = products.max_by(|a, b| a.1.total_cmp(&b.1)).expect("there is a shift");
    let power = product(middle, middle) * product(other(shift), other(shift));
    (shift, best / power.sqrt().max(1e-12))
}
