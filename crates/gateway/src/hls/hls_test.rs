#![allow(clippy::unwrap_used)]

use std::time::Duration;

use axum::http::StatusCode;
use hub::{End, Publisher};
use tokio::time::Instant;

use super::*;
use crate::testing::{get, hub, key, picture, publish, video};

/// Segments of 1 s, windows of 5 s.
fn hls(hub: &Hub, mode: config::HlsMode) -> Hls {
    let (fragment, window) = (media::Delta::secs(1), media::Delta::secs(5));
    let default = config::HlsApp { fragment, window, mode };
    Hls::new(config::Hls { default, ..Default::default() }, hub.clone())
}

/// Publishes pictures from `from` to `to` seconds, in real time.
async fn run(publisher: &mut Publisher, from: i64, to: i64) {
    let track = video();
    for n in from * 5..to * 5 {
        publisher.write(picture(&track, n * 200, n % 5 == 0, 100)).unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_publisher_who_comes_before_the_protocol_runs_is_not_missed() {
    let hub = hub();
    let hls = hls(&hub, config::HlsMode::Plain);
    let shared = Arc::clone(&hls.shared);
    let mut publisher = publish(&hub, "s").await;
    let _running = tokio::spawn(Box::new(hls).run(CancellationToken::new()));
    run(&mut publisher, 0, 3).await;
    assert!(!shared.lives.find(&key("s")).unwrap().segments().is_empty());
}

/// Asks for a playlist of a stream that has no segment yet; `end` happens meanwhile.
async fn playlist_while<F: Future<Output = ()>>(end: impl FnOnce(Hub, Publisher) -> F) -> Duration {
    let hub = hub();
    let hls = hls(&hub, config::HlsMode::Plain);
    let shared = Arc::clone(&hls.shared);
    let _running = tokio::spawn(Box::new(hls).run(CancellationToken::new()));
    let publisher = publish(&hub, "s").await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    let before = Instant::now();
    let waiting = tokio::spawn(async move {
        let status = serve::playlist(shared, get("s", ".m3u8")).await.unwrap().status();
        (status, before.elapsed())
    });
    tokio::time::sleep(Duration::from_millis(1)).await;
    end(hub, publisher).await;
    let (status, after) = waiting.await.unwrap();
    assert_eq!(status, StatusCode::NOT_FOUND);
    after
}

#[tokio::test(start_paused = true)]
async fn a_playlist_is_waited_for_only_while_the_stream_may_bring_one() {
    let for_ever = |_hub, publisher| async move {
        tokio::time::sleep(Duration::from_secs(10)).await;
        drop(publisher);
    };
    assert_eq!(playlist_while(for_ever).await, Duration::from_secs(8));
    let ended = |_hub, publisher: Publisher| async move {
        let mut publisher = publisher;
        publisher.end(End::Finished);
    };
    assert!(playlist_while(ended).await < Duration::from_secs(1));
    let stopped = |hub: Hub, _publisher| async move { hub.shut_down().await };
    assert!(playlist_while(stopped).await < Duration::from_secs(1));
}
