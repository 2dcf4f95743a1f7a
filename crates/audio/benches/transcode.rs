//! A second of stereo from one codec to the other, and what it is made of.

use std::hint::black_box;
use std::sync::Arc;
use std::time::SystemTime;

use audio::{Pcm, Resampler, Target, Transcoder, decoder, encoder};
use criterion::{Criterion, criterion_group, criterion_main};
use media::{Frame, Time, Track, TrackId};

#[path = "../tests/support/tone.rs"]
#[allow(dead_code, missing_docs, unreachable_pub)]
mod tone;

/// A second of it, nearly: whole frames.
fn second(target: Target, rate: u32) -> Vec<Frame> {
    let mut encoder = encoder(target, rate, 2).expect("good settings");
    let track = Arc::new(Track { id: TrackId(0), codec: encoder.codec() });
    let (length, rate) = (encoder.frame_len(), track.codec.sample_rate().expect("sound"));
    let mut payload = Vec::new();
    let frame = |at: usize| {
        let sample = |at: usize| tone::unlike(at as f64 / f64::from(rate));
        let samples: Vec<_> =
            (at * length..(at + 1) * length).flat_map(|at| [sample(at), sample(at + 99)]).collect();
        encoder.encode(&samples, &mut payload).expect("good samples");
        let time = Time::from_ticks((at * length) as i64, rate);
        let (wall, payload) = (SystemTime::UNIX_EPOCH, payload.clone().into());
        let track = Arc::clone(&track);
        Frame {
            track,
            dts: time,
            pts: time,
            duration: None,
            keyframe: true,
            discontinuity: false,
            wall,
            payload,
        }
    };
    (0..rate as usize / length).map(frame).collect()
}

fn transcode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("transcode");
    for (name, from, rate, to) in [
        ("AAC 44.1 kHz to Opus", Target::AAC, 44_100, Target::OPUS),
        ("AAC 48 kHz to Opus", Target::AAC, 48_000, Target::OPUS),
        ("Opus to AAC 48 kHz", Target::OPUS, 48_000, Target::AAC),
    ] {
        let mut frames = second(from, rate);
        let track = Arc::clone(&frames[0].track);
        let last = frames.last().map(|frame| frame.pts).expect("frames");
        let length = last + track.codec.frame_duration(&frames[0].payload).expect("known") - Time::ZERO;
        group.bench_function(name, |bench| {
            let mut transcoder = Transcoder::new(&track, TrackId(1), to).expect("decoded");
            let mut out = Vec::new();
            bench.iter(|| {
                out.clear();
                for frame in &mut frames {
                    transcoder.push(frame, &mut out).expect("good");
                    frame.pts += length;
                }
                black_box(&out);
            });
        });
    }
    group.finish();
}

fn parts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parts");
    for (name, target) in [("AAC", Target::AAC), ("Opus", Target::OPUS)] {
        let frames = second(target, 48_000);
        group.bench_function(format!("decode {name}"), |bench| {
            let mut decoder = decoder(&frames[0].track.codec).expect("decoded");
            let mut pcm = Pcm::new(48_000, audio::Layout::STEREO);
            bench.iter(|| {
                for frame in &frames {
                    decoder.decode(&frame.payload, &mut pcm).expect("good");
                    black_box(&pcm);
                }
            });
        });
        group.bench_function(format!("encode {name}"), |bench| {
            let mut encoder = encoder(target, 48_000, 2).expect("good settings");
            let size = 2 * encoder.frame_len();
            let samples: Vec<_> =
                (0..frames.len() * size).map(|at| tone::unlike(at as f64 / 96_000.0)).collect();
            let mut packet = Vec::new();
            bench.iter(|| {
                for frame in samples.chunks_exact(size) {
                    encoder.encode(frame, &mut packet).expect("good samples");
                    black_box(&packet);
                }
            });
        });
    }
    group.bench_function("44.1 kHz to 48 kHz", |bench| {
        let mut resampler = Resampler::new(44_100, 48_000, 2).expect("rates that go together");
        let samples = tone::sines(44_100, &[440.0, 880.0], 0.4, 44_100);
        let mut out = Vec::new();
        bench.iter(|| {
            out.clear();
            samples.chunks(2_048).for_each(|piece| resampler.push(piece, &mut out));
            black_box(&out);
        });
    });
    group.bench_function("make a table, 44.1 kHz to 48 kHz", |bench| {
        bench.iter(|| Resampler::new(44_100, 48_000, 2));
    });
    group.finish();
}

criterion_group!(benches, transcode, parts);
criterion_main!(benches);
