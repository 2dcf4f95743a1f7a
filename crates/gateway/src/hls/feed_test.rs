#![allow(clippy::unwrap_used)]

use hls::Segment;
use hub::End;
use media::Frame;

use super::*;
use crate::config;
use crate::hls::live::Lives;
use crate::testing::{hub, key, picture, publish, video};

const PACE: Duration = Transport::PACE;

/// Everything that a stream of `count` pictures becomes; `between` is awaited before each picture.
async fn segments<F: Future<Output = ()>>(
    count: i64,
    frame: impl Fn(i64) -> Frame,
    between: impl Fn() -> F,
) -> Vec<Arc<Segment>> {
    let hub = hub();
    let app = config::HlsApp { fragment: Delta::secs(5), window: Delta::secs(3_600), ..Default::default() };
    let lives = Lives::new(config::Hls { default: app, ..Default::default() }.in_force(), hub.clone());
    let mut publisher = publish(&hub, "s").await;
    lives.follow(&key("s"));
    for n in 0..count {
        between().await;
        publisher.write(frame(n)).unwrap();
    }
    publisher.end(End::Finished);
    let live = lives.find(&key("s")).unwrap();
    lives.finish().await;
    live.segments()
}

#[track_caller]
fn assert_whole(segments: &[Arc<Segment>], length: Delta) {
    assert!(segments.iter().all(|segment| !segment.discontinuity), "there are gaps");
    let sum = segments.iter().fold(Delta::ZERO, |sum, segment| sum + segment.duration);
    assert_eq!(sum, length);
}

/// 100 Mbit/s, more than one read of frames gives in one rest.
#[tokio::test(start_paused = true)]
async fn no_frame_of_a_large_stream_is_lost() {
    let track = video();
    let whole = picture(&track, 0, true, 500_000);
    let frame = |n| Frame { payload: whole.payload.clone(), ..picture(&track, n * 40, n % 50 == 0, 5) };
    let made = segments(500, frame, || tokio::time::sleep(Duration::from_millis(40))).await;
    assert_whole(&made, Delta::secs(20));
}

/// As `ffmpeg` without `-re` sends it: no time passes at all.
#[tokio::test(start_paused = true)]
async fn no_frame_of_a_stream_that_runs_ahead_is_lost() {
    let track = video();
    let made = segments(3_000, |n| picture(&track, n * 40, n % 50 == 0, 100), tokio::task::yield_now).await;
    assert_whole(&made, Delta::secs(120));
}

#[tokio::test(start_paused = true)]
async fn other_lengths_hold_for_a_stream_that_is_live() {
    let (hub, track) = (hub(), video());
    let app = |seconds| {
        let (fragment, window) = (Delta::secs(seconds), Delta::secs(3_600));
        config::Hls::default().with_default(config::HlsApp { fragment, window, ..Default::default() })
    };
    let config = app(10).in_force();
    let lives = Lives::new(Arc::clone(&config), hub.clone());
    let mut publisher = publish(&hub, "s").await;
    lives.follow(&key("s"));
    for n in 0..1_000 {
        if n == 375 {
            // In the middle of a segment, which ends at the next key frame.
            config.replace(app(2));
        }
        tokio::time::sleep(Duration::from_millis(40)).await;
        publisher.write(picture(&track, n * 40, n % 25 == 0, 100)).unwrap();
    }
    publisher.end(End::Finished);
    let live = lives.find(&key("s")).unwrap();
    lives.finish().await;
    let made = live.segments();
    assert_whole(&made, Delta::secs(40));
    let lengths: Vec<_> = made.iter().map(|segment| segment.duration.as_millis()).collect();
    assert_eq!(lengths[0], 10_000, "{lengths:?}");
    assert!(matches!(lengths[1], 5_000..=7_000), "{lengths:?}");
    assert!(lengths[2..].iter().all(|millis| *millis <= 2_000) && lengths.len() >= 13, "{lengths:?}");
}

#[tokio::test(start_paused = true)]
async fn a_calm_stream_is_looked_at_now_and_then() {
    let mut rest = Rest::new(PACE);
    for n in 0..10 {
        rest.count(Time::from_millis(n * 40));
        let before = Instant::now();
        rest.take().await;
        assert_eq!(before.elapsed(), Duration::ZERO, "not known yet");
        tokio::time::advance(Duration::from_millis(20)).await;
    }
    rest.count(Time::from_millis(400));
    let before = Instant::now();
    rest.take().await;
    assert_eq!(before.elapsed(), PACE);
    rest.count(Time::from_millis(2_000));
    let before = Instant::now();
    rest.take().await;
    assert_eq!(before.elapsed(), Duration::ZERO, "it runs ahead");
}
