#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use audio::{Error, Pcm};
use hub::log::Join;
use hub::wire::Selection;
use hub::{Frames, Making, Publisher};
use media::{Codec, Time};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::*;
use crate::testing::{Tone, hub, picture, publish, video};

/// A stream with pictures and a tone, on a hub whose wishes are served.
struct Stream {
    hub: Hub,
    publisher: Option<Publisher>,
    video: Arc<Track>,
    tone: Tone,
    pictures: i64,
    counters: Counters,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Stream {
    async fn of(tone: Tone) -> Stream {
        Stream::made_by(tone, transcoder).await
    }

    async fn made_by(tone: Tone, make: Make) -> Stream {
        let (hub, counters, stop) = (hub(), Counters::default(), CancellationToken::new());
        let serving = tokio::spawn(follow(hub.clone(), counters.clone(), stop.clone(), make));
        let publisher = Some(publish(&hub, "s").await);
        Stream { hub, publisher, video: video(), tone, pictures: 25, counters, stop, serving }
    }

    /// Publishes so much of it, at its pace.
    async fn play(&mut self, span: Duration) {
        let publisher = self.publisher.as_mut().unwrap();
        let (began, from) = (Instant::now(), self.tone.at());
        while self.tone.at() - from < media::Delta::from_std(span) {
            while Time::from_millis(self.pictures * 40) <= self.tone.at() {
                let keyframe = self.pictures % 25 == 0;
                publisher.write(picture(&self.video, self.pictures * 40, keyframe, 100)).unwrap();
                self.pictures += 1;
            }
            publisher.write(self.tone.frame()).unwrap();
            tokio::time::sleep_until(began + (self.tone.at() - from).to_std()).await;
        }
    }

    fn publication(&self) -> Arc<hub::Publication> {
        Arc::clone(self.publisher.as_ref().unwrap().publication())
    }

    /// What whoever wants `sound` is shown.
    fn watch(&self, sound: Sound) -> Watch {
        let selection = Selection { video: false, ..Selection::ALL.with(sound) };
        Watch { frames: self.publication().selected_frames(Join::Oldest, selection) }
    }

    fn running(&self, sound: Sound) -> i64 {
        self.counters.of(sound).is_running()
    }

    async fn over(mut self) {
        self.publisher = None;
        self.stop.cancel();
        self.hub.shut_down().await;
        self.serving.await.unwrap();
        assert_eq!(Sound::DERIVED.map(|sound| self.counters.of(sound).is_running()), [0, 0]);
    }
}

struct Watch {
    frames: Frames,
}

impl Watch {
    /// All that has come by now.
    fn read(&mut self) -> Vec<Arc<Frame>> {
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let mut out = Vec::new();
        while self.frames.poll_next(&mut cx, &mut out).is_ready() {}
        out
    }
}

/// When the tone of `frames` begins, and how many swings a second it has in the second after.
fn heard(frames: &[Arc<Frame>]) -> (Time, f64) {
    let codec = &frames[0].track.codec;
    let (rate, channels) = (codec.sample_rate().unwrap(), usize::from(codec.channels().unwrap()));
    let mut decoder = audio::decoder(codec).unwrap();
    let mut pcm = Pcm::new(rate, audio::Layout::small(2));
    let mut left: Vec<f32> = Vec::new();
    for frame in frames {
        let expected = frames[0].dts + media::Delta::from_ticks(left.len() as i64, rate);
        assert!((frame.dts - expected).abs() < media::Delta::millis(1), "a gap at {:?}", frame.dts);
        decoder.decode(&frame.payload, &mut pcm).unwrap();
        left.extend(pcm.samples.iter().step_by(channels));
    }
    let begins = left.iter().position(|sample| sample.abs() > 0.1).unwrap();
    let second = &left[begins..begins + rate as usize];
    let swings = second.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
    (frames[0].dts + media::Delta::from_ticks(begins as i64, rate), swings as f64)
}

async fn is_made_in_time(tone: Tone, sound: Sound, is_it: fn(&Codec) -> bool) {
    let mut stream = Stream::of(tone).await;
    let mut watch = stream.watch(sound);
    stream.play(Duration::from_secs(4)).await;
    let frames = watch.read();
    assert!(frames.iter().all(|frame| is_it(&frame.track.codec) && frame.track.id.is_derived()));
    let (begins, swings) = heard(&frames);
    let late = (begins - Tone::BEGINS).as_millis();
    assert!(late.abs() <= 5, "{late} ms late");
    assert!((swings - Tone::HERTZ).abs() <= 2.0, "{swings} Hz");
    let missing = (frames[0].dts - Time::from_millis(1_000)).as_millis();
    assert!(missing.abs() < 100, "of a stream that begins all is made: {missing} ms are missing");
    stream.over().await;
}

#[tokio::test(start_paused = true)]
async fn opus_becomes_aac_in_its_time() {
    is_made_in_time(Tone::opus(), Sound::Aac, |codec| matches!(codec, Codec::Aac(_))).await;
}

#[tokio::test(start_paused = true)]
async fn aac_becomes_opus_in_its_time() {
    is_made_in_time(Tone::aac(), Sound::Opus, |codec| matches!(codec, Codec::Opus(_))).await;
}

#[tokio::test(start_paused = true)]
async fn many_who_want_it_have_it_made_once_until_ten_seconds_after_the_last() {
    let mut stream = Stream::of(Tone::opus()).await;
    stream.play(Duration::from_secs(2)).await;
    assert_eq!(stream.running(Sound::Aac), 0, "nobody wants it");
    let (first, second) = (stream.watch(Sound::Aac), stream.watch(Sound::Aac));
    stream.play(Duration::from_secs(1)).await;
    assert_eq!(stream.running(Sound::Aac), 1);
    drop(first);
    stream.play(Duration::from_secs(11)).await;
    assert_eq!(stream.running(Sound::Aac), 1);
    drop(second);
    stream.play(Duration::from_secs(9)).await;
    assert_eq!(stream.running(Sound::Aac), 1);
    stream.play(Duration::from_secs(2)).await;
    assert_eq!(stream.running(Sound::Aac), 0);
    assert_eq!(stream.publication().track_infos().len(), 2, "its track has gone with it");
    let _again = stream.watch(Sound::Aac);
    stream.play(Duration::from_secs(1)).await;
    assert_eq!(stream.running(Sound::Aac), 1);
    stream.over().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_wanted_late_begins_there() {
    let mut stream = Stream::of(Tone::opus()).await;
    stream.play(Duration::from_secs(3)).await;
    let from = stream.tone.at();
    let mut watch = stream.watch(Sound::Aac);
    stream.play(Duration::from_secs(1)).await;
    let back = (from - watch.read()[0].dts).as_millis();
    assert!((0..300).contains(&back), "{back} ms back");
    stream.over().await;
}

#[tokio::test(start_paused = true)]
async fn a_publisher_that_drops_and_returns_is_heard_again() {
    let mut stream = Stream::of(Tone::opus()).await;
    let mut watch = stream.watch(Sound::Aac);
    stream.play(Duration::from_secs(3)).await;
    let before = watch.read();
    stream.publisher = None;
    sleep(Duration::from_secs(4)).await;
    stream.publisher = Some(publish(&stream.hub, "s").await);
    (stream.tone, stream.pictures) = (Tone::opus(), 25);
    stream.play(Duration::from_secs(3)).await;
    let after = watch.read();
    assert!(after.len() > 100, "{} frames", after.len());
    assert!(after[0].dts > before.last().unwrap().dts && after.is_sorted_by(|a, b| a.dts < b.dts));
    let steps = after.windows(2).map(|pair| (pair[1].dts - pair[0].dts).as_millis());
    assert!(steps.max() < Some(30), "one sound, whoever it comes from");
    assert!(Arc::ptr_eq(&after[0].track, &before[0].track), "no decoder has to be set up anew");
    assert_eq!(stream.running(Sound::Aac), 1);
    let clock = stream.publication().track_infos();
    assert_eq!(clock.len(), 3);
    stream.over().await;
}

#[tokio::test(start_paused = true)]
async fn a_publisher_that_changes_its_codec_is_followed() {
    let mut stream = Stream::of(Tone::opus()).await;
    let mut watch = stream.watch(Sound::Aac);
    stream.play(Duration::from_secs(2)).await;
    assert!(watch.read().iter().all(|frame| frame.track.id.is_derived()));
    let skipped = stream.tone.at();
    stream.tone = Tone::aac();
    while stream.tone.at() < skipped {
        stream.tone.frame();
    }
    stream.play(Duration::from_secs(2)).await;
    let frames = watch.read();
    assert!(frames.iter().all(|frame| matches!(frame.track.codec, Codec::Aac(_))));
    assert!(frames.iter().rev().take(50).all(|frame| !frame.track.id.is_derived()), "it is the publisher's");
    assert_eq!((stream.running(Sound::Aac), stream.publication().track_infos().len()), (0, 2));
    let skipped = stream.tone.at();
    stream.tone = Tone::opus();
    while stream.tone.at() < skipped {
        stream.tone.frame();
    }
    stream.play(Duration::from_secs(2)).await;
    assert!(watch.read().iter().rev().take(50).all(|frame| frame.track.id.is_derived()));
    stream.over().await;
}

/// Panics at the 20th frame, and a second time when it is made anew.
struct Stumbles(Box<dyn Maker>, usize);

static STUMBLES: AtomicUsize = AtomicUsize::new(0);

impl Maker for Stumbles {
    fn push(&mut self, frame: &Frame, out: &mut Vec<Frame>) -> Result<(), Error> {
        self.1 += 1;
        assert!(self.1 < 20 || STUMBLES.load(Ordering::Relaxed) > 2, "it has stumbled");
        self.0.push(frame, out)
    }
}

#[tokio::test(start_paused = true)]
async fn a_codec_that_panics_begins_anew_after_a_while() {
    let mut stream = Stream::made_by(Tone::opus(), |source, sound, id| {
        STUMBLES.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(Stumbles(transcoder(source, sound, id)?, 0)))
    })
    .await;
    let mut watch = stream.watch(Sound::Aac);
    stream.play(Duration::from_secs(9)).await;
    assert_eq!(STUMBLES.load(Ordering::Relaxed), 3, "two pauses: 1 s and 5 s");
    let frames = watch.read();
    assert_eq!(frames.iter().filter(|frame| frame.discontinuity).count(), 2);
    assert!(frames.iter().all(|frame| Arc::ptr_eq(&frame.track, &frames[0].track)));
    assert_eq!(stream.running(Sound::Aac), 1);
    stream.over().await;
}

struct Falls;

impl Maker for Falls {
    fn push(&mut self, _frame: &Frame, _out: &mut Vec<Frame>) -> Result<(), Error> {
        panic!("it has fallen")
    }
}

#[tokio::test(start_paused = true)]
async fn a_codec_that_panics_three_times_in_a_minute_is_given_up_and_the_stream_says_so() {
    let mut stream = Stream::made_by(Tone::opus(), |_, _, _| Ok(Box::new(Falls))).await;
    let mut watch = stream.watch(Sound::Aac);
    stream.play(Duration::from_secs(5)).await;
    assert_eq!(watch.read().len(), 0);
    stream.play(Duration::from_secs(3)).await;
    let derivations = stream.publication().derivations();
    let [hub::Derivation { state: Making::GivenUp { reason }, .. }] = &derivations[..] else {
        panic!("{derivations:?}")
    };
    assert_eq!(reason, "it panics: it has fallen");
    assert!(watch.read().iter().all(|frame| matches!(frame.track.codec, Codec::Opus(_))), "better than none");
    assert_eq!(stream.running(Sound::Aac), 0);
    stream.over().await;
}

#[tokio::test(start_paused = true)]
async fn sound_that_cannot_be_made_is_given_up_at_once() {
    let impossible: Make = |_, _, _| Err(Error::Codec("opus"));
    let mut stream = Stream::made_by(Tone::opus(), impossible).await;
    let mut watch = stream.watch(Sound::Aac);
    stream.play(Duration::from_secs(1)).await;
    assert!(watch.read().len() > 40);
    assert!(matches!(stream.publication().derivations()[0].state, Making::GivenUp { .. }));
    stream.over().await;
}

#[tokio::test(start_paused = true)]
async fn broken_packets_are_counted_and_heard_over() {
    let mut stream = Stream::of(Tone::opus()).await;
    let mut watch = stream.watch(Sound::Aac);
    stream.play(Duration::from_millis(500)).await;
    let broken = stream.tone.frame();
    let broken = Frame { payload: vec![0xff; 3].into(), ..broken };
    stream.publisher.as_mut().unwrap().write(broken).unwrap();
    stream.play(Duration::from_secs(3)).await;
    let (begins, _) = heard(&watch.read());
    assert!((begins - Tone::BEGINS).abs() <= media::Delta::millis(5));
    assert_eq!(stream.counters.of(Sound::Aac).is_broken(), 1);
    stream.over().await;
}
