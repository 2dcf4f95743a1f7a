use proptest::prelude::*;

use super::*;
use crate::tone::{assert_tone, channel, sines, tone};

fn resampled(from: u32, to: u32, channels: usize, samples: &[f32]) -> Vec<f32> {
    let mut resampler = Resampler::new(from, to, channels).expect("rates that go together");
    let mut out = Vec::new();
    for piece in samples.chunks(channels * 1024) {
        resampler.push(piece, &mut out);
    }
    resampler.finish(&mut out);
    out
}

#[test]
fn tones_keep_frequency_and_level_between_all_rates() {
    for (from, to) in [
        (44_100, 48_000),
        (48_000, 44_100),
        (8_000, 48_000),
        (8_000, 44_100),
        (48_000, 8_000),
        (96_000, 44_100),
        (11_025, 48_000),
        (22_050, 48_000),
        (32_000, 44_100),
        (64_000, 48_000),
        (88_200, 48_000),
        (7_350, 44_100),
    ] {
        let out = resampled(from, to, 2, &sines(from, &[440.0, 3_000.0], 0.5, from as usize));
        assert_eq!(out.len(), 2 * to as usize, "{from} to {to}: a second stays one");
        // At the ends the sound begins and stops.
        let inner = &out[to as usize / 5..out.len() - to as usize / 5];
        for (which, frequency) in [440.0, 3_000.0].into_iter().enumerate() {
            assert_tone(&channel(inner, 2, which), to, frequency, 0.5, 85.0);
        }
    }
}

#[test]
fn all_that_is_heard_passes_and_nothing_is_mirrored() {
    for frequency in [20.0, 1_000.0, 15_000.0, 19_500.0] {
        let out = resampled(44_100, 48_000, 1, &sines(44_100, &[frequency], 0.5, 44_100));
        let level = tone(&out[4_800..43_200], 48_000, frequency).amplitude;
        assert!((20.0 * (level / 0.5).log10()).abs() < 0.1, "{frequency} Hz comes out at {level}");
    }
    // Above half of the new rate: 23.5 kHz would be heard at 20.6 kHz, 5 kHz at 3 kHz.
    for (from, to, frequency) in
        [(48_000, 44_100, 23_500.0), (48_000, 8_000, 5_000.0), (96_000, 44_100, 30_000.0)]
    {
        let out = resampled(from, to, 1, &sines(from, &[frequency], 0.5, from as usize));
        let inner = &out[to as usize / 10..out.len() - to as usize / 10];
        let loudest = inner.iter().fold(0.0f32, |loudest, sample| loudest.max(sample.abs()));
        assert!(loudest < 0.5 * 1e-4, "{frequency} Hz is heard at {loudest}");
    }
}

#[test]
fn a_constant_stays_a_constant() {
    let out = resampled(44_100, 48_000, 1, &[0.5; 44_100]);
    assert!(out[200..47_800].iter().all(|sample| (sample - 0.5).abs() < 1e-5));
}

#[test]
fn samples_are_where_they_belong() {
    // A click at sample 4,410 of 44.1 kHz is at 4,800 of 48 kHz.
    let mut click = vec![0.0; 9_000];
    click[4_410] = 1.0;
    let out = resampled(44_100, 48_000, 1, &click);
    let loudest = (0..out.len()).max_by(|a, b| out[*a].total_cmp(&out[*b]));
    assert_eq!(loudest, Some(4_800));
    assert!((out[4_799] - out[4_801]).abs() < 1e-4, "and is the same before as behind");
}

#[test]
fn nothing_is_lost_over_minutes() {
    // In pieces of AAC frames; only the count is looked at.
    let mut resampler = Resampler::new(44_100, 48_000, 1).expect("rates that go together");
    let (mut made, mut out) = (0u64, Vec::new());
    let frames = 120 * 44_100 / 1_024;
    for _ in 0..frames {
        out.clear();
        resampler.push(&[0.0; 1_024], &mut out);
        made += out.len() as u64;
    }
    out.clear();
    resampler.finish(&mut out);
    assert_eq!(made + out.len() as u64, (frames as u64 * 1_024 * 160).div_ceil(147));
}

#[test]
fn rates_without_much_in_common_are_refused() {
    for (from, to) in
        [(0, 48_000), (48_000, 0), (44_099, 48_000), (400_000, 48_000), (191_999, 44_100), (1, 48_000)]
    {
        assert_eq!(Resampler::new(from, to, 1).err(), Some(Error::Rates { from, to }));
    }
    assert!(Resampler::new(44_100, 48_000, 0).is_err() && Resampler::new(44_100, 48_000, 9).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn pieces_make_no_difference(
        rates in prop::sample::select(vec![(44_100, 48_000), (48_000, 44_100), (8_000, 48_000), (96_000, 8_000), (48_000, 48_000)]),
        pieces in prop::collection::vec(0usize..700, 1..12),
    ) {
        let (from, to) = rates;
        let frames = pieces.iter().sum::<usize>();
        let samples = sines(from, &[700.0, 900.0], 0.5, frames);
        let whole = resampled(from, to, 2, &samples);
        let mut resampler = Resampler::new(from, to, 2).expect("rates that go together");
        let (mut out, mut at) = (Vec::new(), 0);
        for piece in pieces {
            resampler.push(&samples[2 * at..2 * (at + piece)], &mut out);
            at += piece;
        }
        resampler.finish(&mut out);
        prop_assert_eq!(out.len() / 2, (frames * to as usize).div_ceil(from as usize));
        prop_assert_eq!(out, whole);
    }
}
