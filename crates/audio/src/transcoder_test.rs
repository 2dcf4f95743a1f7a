use std::time::Duration;

use bytes::Bytes;
use media::g711::{self, Law};
use media::{Codec, opus};

use super::*;
use crate::tone::{lag, unlike};
use crate::{Encoder, encoder};

/// Frames of `unlike`, as a publisher would stamp them whose sound at time 0 is that of second 0.
struct Source {
    encoder: Box<dyn Encoder>,
    track: Arc<Track>,
    rate: u32,
    channels: usize,
    /// Samples put in.
    at: i64,
}

impl Source {
    fn new(target: Target, rate: u32, channels: u8) -> Source {
        let encoder = encoder(target, rate, channels).expect("good settings");
        let track = Arc::new(Track { id: TrackId(1), codec: encoder.codec() });
        let rate = track.codec.sample_rate().expect("sound");
        let channels = usize::from(track.codec.channels().expect("sound"));
        Source { encoder, track, rate, channels, at: 0 }
    }

    fn aac() -> Source {
        Source::new(Target::AAC, 44_100, 2)
    }

    fn opus() -> Source {
        Source::new(Target::OPUS, 48_000, 2)
    }

    fn frame(&mut self) -> Frame {
        let length = self.encoder.frame_len() as i64;
        let sample = |at: i64| unlike(at as f64 / f64::from(self.rate));
        let samples: Vec<_> = (self.at..self.at + length)
            .flat_map(|at| std::iter::repeat_n(sample(at), self.channels))
            .collect();
        let mut payload = Vec::new();
        self.encoder.encode(&samples, &mut payload).expect("good samples");
        let time = Time::from_ticks(self.at - self.encoder.delay() as i64, self.rate);
        self.at += length;
        Frame {
            track: Arc::clone(&self.track),
            dts: time,
            pts: time,
            duration: None,
            keyframe: true,
            discontinuity: false,
            wall: wall(time),
            payload: payload.into(),
        }
    }

    fn frames(&mut self, seconds: f64) -> Vec<Frame> {
        let count = (seconds * f64::from(self.rate) / self.encoder.frame_len() as f64).ceil() as usize;
        (0..count).map(|_| self.frame()).collect()
    }
}

fn wall(time: Time) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000) + (time - Time::from_millis(-10_000)).to_std()
}

fn transcoder(source: &Source, target: Target) -> Transcoder {
    Transcoder::new(&source.track, TrackId(7), target).expect("a codec that is decoded")
}

fn push_all(transcoder: &mut Transcoder, frames: &[Frame]) -> Vec<Frame> {
    let mut out = Vec::new();
    frames.iter().for_each(|frame| transcoder.push(frame, &mut out).expect("a good frame"));
    out
}

/// The first channel of what frames without gaps decode to, and when it begins.
fn heard(frames: &[Frame]) -> (Vec<f32>, Time) {
    let codec = &frames[0].track.codec;
    let (mut decoder, mut pcm) = (decoder(codec).expect("our own"), Pcm::new(1, Layout::MONO));
    let mut all = Vec::new();
    for frame in frames {
        decoder.decode(&frame.payload, &mut pcm).expect("our own");
        all.extend(pcm.samples.iter().step_by(pcm.layout.channels()));
    }
    (all, frames[0].pts)
}

/// Asserts that what is heard `from` some second on, for `length` more, is what was said then, to within a sample.
#[track_caller]
fn assert_in_place(frames: &[Frame], from: f64, length: f64) {
    let rate = frames[0].track.codec.sample_rate().expect("sound");
    let (samples, start) = heard(frames);
    let first = ((from - (start - Time::ZERO).as_secs_f64()) * f64::from(rate)).round() as usize;
    let second = |at: usize| (start - Time::ZERO).as_secs_f64() + at as f64 / f64::from(rate);
    let count = (length * f64::from(rate)) as usize;
    let expected: Vec<_> = (first..first + count).map(|at| unlike(second(at))).collect();
    let (behind, alike) = lag(&samples[first..first + count], &expected, 600);
    eprintln!("at {from} s: {behind} samples behind, {alike:.4} alike");
    assert!(behind.abs() <= 1 && alike > 0.98, "at {from} s: {behind} samples behind, {alike} alike");
}

#[track_caller]
fn assert_gapless(frames: &[Frame], start: Time) {
    let codec = &frames[0].track.codec;
    let rate = codec.sample_rate().expect("sound");
    let length = match codec {
        Codec::Aac(_) => 1_024,
        Codec::Opus(_) => 960,
        _ => 160,
    };
    for (at, frame) in frames.iter().enumerate() {
        assert_eq!(frame.pts, start + Delta::from_ticks(at as i64 * length, rate), "frame {at}");
        assert_eq!((frame.dts, frame.keyframe, frame.track.id), (frame.pts, true, TrackId(7)));
        assert_eq!(frame.duration, Some(Delta::from_ticks(length, rate)));
        assert!(Arc::ptr_eq(&frame.track, &frames[0].track));
    }
}

#[test]
fn every_way_keeps_sound_where_it_was() {
    let telephone = Target::G711 { law: Law::A };
    for (mut source, target) in [
        (Source::aac(), Target::OPUS),
        (Source::new(Target::AAC, 48_000, 1), Target::OPUS),
        (Source::opus(), Target::AAC),
        (Source::new(Target::OPUS, 48_000, 1), Target::AAC),
        (Source::new(telephone, 8_000, 1), Target::OPUS),
        (Source::new(telephone, 8_000, 1), Target::AAC),
        (Source::opus(), telephone),
        (Source::aac(), Target::AAC),
    ] {
        eprintln!("{} to {target:?}", source.track.codec.name());
        let frames = source.frames(4.0);
        let mut transcoder = transcoder(&source, target);
        let mut out = push_all(&mut transcoder, &frames);
        assert_eq!(transcoder.stats(), Stats::default());
        transcoder.finish(&mut out).expect("good");
        assert_gapless(&out, frames[0].pts);
        // Some 3.4 kHz is all that a telephone has, and coarse.
        assert_in_place(&out, 0.3, 0.5);
        assert_in_place(&out, 3.3, 0.5);
        let last = out.last().map(|frame| frame.pts + frame.duration.unwrap_or_default());
        let end = frames.last().map(|frame| frame.pts + Delta::micros(20_000)).expect("frames");
        assert!(last >= Some(end), "nothing of the end is missing");
    }
}

#[test]
fn the_track_says_what_comes_out() {
    let track = |source: Source, target| transcoder(&source, target).track().codec.clone();
    let codec = track(Source::aac(), Target::OPUS);
    assert!(
        matches!(&codec, Codec::Opus(parameters) if parameters.channels == 2 && parameters.pre_skip == 312)
    );
    let codec = track(Source::new(Target::AAC, 44_100, 1), Target::OPUS);
    assert_eq!(codec.channels(), Some(1));
    let Codec::Aac(parameters) = track(Source::opus(), Target::AAC) else { panic!("another codec") };
    assert_eq!((&*parameters.config, parameters.channels()), (&[0x11, 0x90][..], 2));
    let Codec::Aac(parameters) = track(Source::aac(), Target::AAC) else { panic!("another codec") };
    assert_eq!(parameters.sample_rate, 44_100);
}

#[test]
fn nothing_drifts_over_minutes() {
    // Two minutes of the same two seconds: stamped in whole milliseconds, as FLV does.
    let mut source = Source::aac();
    let few = source.frames(2.0);
    let mut transcoder = transcoder(&source, Target::OPUS);
    let mut out = Vec::new();
    let count = 120 * 44_100 / 1_024;
    for at in 0..count {
        let exact = Time::from_ticks(at as i64 * 1_024, 44_100);
        let time = Time::from_millis(exact.as_millis());
        let frame = Frame { dts: time, pts: time, ..few[at % few.len()].clone() };
        transcoder.push(&frame, &mut out).expect("good");
    }
    assert_gapless(&out, Time::ZERO);
    assert_eq!(transcoder.stats(), Stats::default());
    let made = out.len() as u64 * 960;
    let expected = count as u64 * 1_024 * 48_000 / 44_100;
    assert!((expected - made) < 1_920, "{made} of {expected} samples, the rest is inside");
}

#[test]
fn a_clock_that_drifts_is_followed() {
    // 300 in a million fast, two minutes: 36 ms.
    let mut source = Source::opus();
    let few = source.frames(1.0);
    let mut transcoder = transcoder(&source, Target::AAC);
    let mut out = Vec::new();
    let mut worst = Delta::ZERO;
    for at in 0..6_000i64 {
        let time = Time::from_micros(at * 20_006);
        let frame = Frame { dts: time, pts: time, ..few[at as usize % few.len()].clone() };
        let before = out.len();
        transcoder.push(&frame, &mut out).expect("good");
        for made in before..out.len() {
            // Sample `n` of what was put in is stamped with this by the source.
            let stamp = Time::from_micros((made as i64 * 1_024 * 20_006) / 960);
            worst = worst.max((out[made].pts - stamp).abs());
        }
    }
    assert!(worst < Delta::micros(3_000), "{worst}");
    assert!(out.windows(2).all(|pair| pair[0].pts < pair[1].pts));
    assert_eq!(transcoder.stats(), Stats::default());
}

#[test]
fn lost_frames_are_replaced_and_what_follows_is_in_place() {
    for (mut source, target) in [(Source::aac(), Target::OPUS), (Source::opus(), Target::AAC)] {
        let mut frames = source.frames(5.0);
        let start = frames[0].pts;
        // One, three in a row, and most of a second.
        let lost = [30..31, 60..63, 80..110];
        let mut at = 0;
        frames.retain(|_| {
            at += 1;
            !lost.iter().any(|lost| lost.contains(&(at - 1)))
        });
        let mut transcoder = transcoder(&source, target);
        let out = push_all(&mut transcoder, &frames);
        assert_gapless(&out, start);
        let length = source.track.codec.frame_duration(&frames[0].payload).expect("known");
        assert_eq!(transcoder.stats(), Stats { concealed: length * 34, ..Stats::default() });
        assert_in_place(&out, 3.5, 0.8);
    }
}

#[test]
fn broken_frames_are_errors_and_replaced() {
    for (mut source, target) in [(Source::aac(), Target::OPUS), (Source::opus(), Target::AAC)] {
        let mut frames = source.frames(3.0);
        for at in [0, 40, 41, 42] {
            frames[at].payload = Bytes::new();
        }
        frames[50].payload = vec![0xff; crate::MAX_PACKET + 1].into();
        let mut transcoder = transcoder(&source, target);
        let mut out = Vec::new();
        let broken = frames.iter().filter(|frame| transcoder.push(frame, &mut out).is_err()).count();
        assert_eq!((broken, transcoder.stats().broken, transcoder.stats().jumps), (5, 5, 0));
        assert_gapless(&out, frames[0].pts);
        assert_in_place(&out, 2.0, 0.6);
    }
}

#[test]
fn a_long_gap_begins_anew() {
    for (mut source, target) in [(Source::aac(), Target::OPUS), (Source::opus(), Target::AAC)] {
        let frames = source.frames(6.0);
        let mut transcoder = transcoder(&source, target);
        let first: Vec<_> =
            frames.iter().filter(|frame| frame.pts < Time::from_millis(2_000)).cloned().collect();
        let second: Vec<_> =
            frames.iter().filter(|frame| frame.pts > Time::from_millis(4_000)).cloned().collect();
        let mut out = push_all(&mut transcoder, &first);
        let before = push_all(&mut transcoder, &second);
        let anew = before.iter().position(|frame| frame.discontinuity).expect("the jump is said");
        let (tail, rest) = before.split_at(anew);
        out.extend_from_slice(tail);
        assert_gapless(&out, frames[0].pts);
        assert_in_place(&out, 1.0, 0.8);
        assert_gapless(rest, second[0].pts);
        assert_in_place(rest, 4.5, 0.8);
        assert!(tail.last().is_some_and(|last| last.pts < rest[0].pts), "time rises over a gap");
        assert_eq!(rest.iter().filter(|frame| frame.discontinuity).count(), 1);
        assert_eq!(transcoder.stats(), Stats { jumps: 1, ..Stats::default() });
    }
}

#[test]
fn a_clock_that_begins_anew_is_followed() {
    let mut source = Source::aac();
    let (first, again) = (source.frames(1.0), Source::aac().frames(1.0));
    let mut transcoder = transcoder(&source, Target::OPUS);
    push_all(&mut transcoder, &first);
    let again = push_all(
        &mut transcoder,
        &again
            .iter()
            .cloned()
            .map(|mut frame| {
                frame.track = Arc::clone(&source.track);
                frame
            })
            .collect::<Vec<_>>(),
    );
    let anew = again.iter().position(|frame| frame.discontinuity).expect("the jump is said");
    assert_gapless(&again[anew..], first[0].pts);
    assert_in_place(&again[anew..], 0.2, 0.6);
}

#[test]
fn what_comes_twice_is_heard_once() {
    let mut source = Source::opus();
    let frames = source.frames(4.0);
    let mut transcoder = transcoder(&source, Target::AAC);
    let mut out = push_all(&mut transcoder, &frames[..100]);
    // A source that says that there was a gap, and comes back 60 ms before where it ended.
    let mut again = frames[97..].to_vec();
    again[0].discontinuity = true;
    out.extend(push_all(&mut transcoder, &again));
    assert_gapless(&out, frames[0].pts);
    assert_in_place(&out, 3.0, 0.8);
    assert_eq!(transcoder.stats(), Stats { dropped: Delta::millis(60), ..Stats::default() });
}

#[test]
fn parameters_may_change_and_the_track_stays() {
    // From 44.1 kHz stereo to 48 kHz mono, to Opus, and back, without a gap.
    let mut transcoder = transcoder(&Source::aac(), Target::OPUS);
    let track = Arc::clone(transcoder.track());
    let mut out = Vec::new();
    let mut until = Time::ZERO;
    for mut source in [Source::aac(), Source::new(Target::AAC, 48_000, 1), Source::opus(), Source::aac()] {
        // From where the last one ended, as the stream's clock has it.
        source.at = (until - Time::ZERO).to_ticks(source.rate) + source.encoder.delay() as i64;
        for frame in source.frames(2.0) {
            until = frame.pts + frame.track.codec.frame_duration(&frame.payload).expect("known");
            transcoder.push(&frame, &mut out).expect("good");
        }
    }
    assert!(out.iter().all(|frame| Arc::ptr_eq(&frame.track, &track) && !frame.discontinuity));
    assert!(
        out.windows(2).all(|pair| (pair[1].pts - pair[0].pts - Delta::millis(20)).abs() < Delta::micros(100))
    );
    for from in [0.5, 2.5, 4.5, 6.5] {
        assert_in_place(&out, from, 1.0);
    }
}

#[test]
fn what_is_not_decoded_is_an_error_until_it_changes() {
    let track = |codec| Arc::new(Track { id: TrackId(1), codec });
    let other = track(Codec::Amf0);
    assert_eq!(Transcoder::new(&other, TrackId(7), Target::OPUS).err(), Some(Error::Codec("amf0")));
    let odd = g711::Parameters { law: Law::A, sample_rate: 44_099, channels: 1 };
    let refused = Transcoder::new(&track(Codec::G711(odd)), TrackId(7), Target::OPUS).err();
    assert_eq!(refused, Some(Error::Rates { from: 44_099, to: 48_000 }));

    let mut source = Source::opus();
    let frames = source.frames(2.0);
    let mut transcoder = transcoder(&source, Target::AAC);
    let mut out = push_all(&mut transcoder, &frames[..40]);
    for frame in &frames[40..50] {
        let frame = Frame { track: Arc::clone(&other), ..frame.clone() };
        assert_eq!(transcoder.push(&frame, &mut out), Err(Error::Codec("amf0")));
    }
    out.extend(push_all(&mut transcoder, &frames[50..]));
    assert_gapless(&out, frames[0].pts);
    assert_in_place(&out, 1.2, 0.6);
}

#[test]
fn each_frame_knows_when_it_was() {
    let mut source = Source::aac();
    let frames = source.frames(2.0);
    let out = push_all(&mut transcoder(&source, Target::OPUS), &frames);
    for frame in &out {
        let off = frame.wall.duration_since(wall(frame.pts)).unwrap_or_else(|err| err.duration());
        assert!(off < Duration::from_micros(5), "{off:?}");
    }
}

#[test]
fn surround_becomes_stereo() {
    // 5.1 in one Opus packet: what is on the left alone is heard there.
    let parameters = opus::Parameters::new(6).expect("5.1");
    let track = Arc::new(Track { id: TrackId(1), codec: Codec::Opus(parameters) });
    let transcoder = Transcoder::new(&track, TrackId(7), Target::AAC).expect("decoded");
    assert_eq!(transcoder.track().codec.channels(), Some(2));
}

#[test]
fn any_times_and_payloads_are_no_panic() {
    let mut source = Source::opus();
    let frames = source.frames(1.0);
    let mut transcoder = transcoder(&source, Target::AAC);
    let mut seed = 7u64;
    let mut random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        seed >> 33
    };
    let mut out = Vec::new();
    for round in 0..400 {
        let mut frame = frames[round % frames.len()].clone();
        frame.pts = match random() % 5 {
            0 => Time::MIN,
            1 => Time::MAX,
            2 => Time::from_micros(i64::MAX - random() as i64),
            _ => Time::from_micros(random() as i64 % 3_000_000),
        };
        frame.discontinuity = random() % 3 == 0;
        if random() % 4 == 0 {
            frame.payload = (0..random() % 100).map(|_| random() as u8).collect();
        }
        if random() % 9 == 0 {
            frame.wall = SystemTime::UNIX_EPOCH;
        }
        let _ = transcoder.push(&frame, &mut out);
        // A second is put in the place of what is lost, at most, and what was inside.
        assert!(out.len() < 70, "{} frames at once", out.len());
        out.clear();
    }
}
