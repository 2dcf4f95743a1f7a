#![allow(clippy::unwrap_used)]

use std::time::Duration;

use axum::http::{Method, StatusCode};
use axum::response::IntoResponse;
use http_body_util::BodyExt;
use hub::{End, Publisher};
use tokio::time::Instant;

use super::*;
use crate::testing::{get, hub, key, picture, publish, video};

/// Segments of 1 s, windows of 5 s.
fn hls(hub: &Hub, mode: config::HlsMode) -> Hls {
    let (fragment, window) = (media::Delta::secs(1), media::Delta::secs(5));
    let default = config::HlsApp { fragment, window, mode, ..Default::default() };
    Hls::new(config::Hls { default, ..Default::default() }.in_force(), None, hub.clone())
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

/// A stream of some segments whose viewers have names.
struct Watched {
    hub: Hub,
    shared: Arc<Shared>,
    publisher: Publisher,
}

impl Watched {
    async fn new() -> Watched {
        let hub = hub();
        let hls = hls(&hub, config::HlsMode::Context);
        let shared = Arc::clone(&hls.shared);
        tokio::spawn(Box::new(hls).run(CancellationToken::new()));
        let mut publisher = publish(&hub, "s").await;
        run(&mut publisher, 0, 3).await;
        Watched { hub, shared, publisher }
    }

    /// Status and text of the playlist for the viewer `name`.
    async fn playlist(&self, name: &str) -> (StatusCode, String) {
        let request = MediaRequest { query: format!("hls_ctx={name}"), ..get("s", ".m3u8") };
        text(serve::playlist(Arc::clone(&self.shared), request).await.unwrap()).await
    }

    /// Of the first segment, for the viewer `name`.
    async fn segment(&self, name: &str) -> (StatusCode, usize) {
        let segment = self.shared.lives.find(&key("s")).unwrap().segments()[0].name("s").to_string();
        let file = segment.strip_suffix(".ts").unwrap();
        let request = MediaRequest { query: format!("hls_ctx={name}"), ..get(file, ".ts") };
        let response = serve::segment(Arc::clone(&self.shared), request).await.unwrap();
        (response.status(), response.into_body().collect().await.unwrap().to_bytes().len())
    }

    fn viewers(&self) -> Vec<Arc<hub::Session>> {
        self.hub.sessions().into_iter().filter(|session| session.protocol == "hls").collect()
    }
}

async fn text(response: impl IntoResponse) -> (StatusCode, String) {
    let response = response.into_response();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_viewer_of_an_unknown_name_is_taken_in_under_that_name() {
    let watched = Watched::new().await;
    let (status, list) = watched.playlist("Anna-1").await;
    assert_eq!(status, StatusCode::OK);
    assert!(list.contains(".ts?hls_ctx=Anna-1\n"), "{list}");
    assert_eq!(watched.viewers().len(), 1);
    watched.playlist("Anna-1").await;
    let (status, size) = watched.segment("Anna-1").await;
    assert_eq!((status, watched.viewers().len()), (StatusCode::OK, 1));
    assert_eq!(watched.viewers()[0].moved().bytes, size as u64);
    for name in ["", "a/b", &"x".repeat(65)] {
        assert_eq!(watched.playlist(name).await.0, StatusCode::BAD_REQUEST, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_gets_a_name_is_a_viewer_when_it_is_used() {
    let watched = Watched::new().await;
    let request = MediaRequest { query: "a=b".to_owned(), ..get("s", ".m3u8") };
    let (status, master) = text(serve::playlist(Arc::clone(&watched.shared), request).await.unwrap()).await;
    assert_eq!((status, watched.viewers().len()), (StatusCode::OK, 0));
    let (_, name) = master.split_once("/live/s.m3u8?hls_ctx=").unwrap();
    let name = name.strip_suffix("&a=b\n").unwrap();
    assert_eq!((name.len(), watched.playlist(name).await.0), (8, StatusCode::OK));
    assert_eq!(watched.viewers().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_viewer_who_was_put_out_is_told_that_it_is_over() {
    let watched = Watched::new().await;
    watched.playlist("anna").await;
    assert!(watched.hub.kick(watched.viewers()[0].id));
    let over = (StatusCode::NOT_FOUND, "HLS stream live/s is EOF\n".to_owned());
    assert_eq!(watched.playlist("anna").await, over);
    assert_eq!(watched.segment("anna").await.0, StatusCode::NOT_FOUND);
    assert_eq!(watched.playlist("bert").await.0, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_viewer_is_gone_when_it_has_not_asked_for_two_windows() {
    let watched = Watched::new().await;
    watched.playlist("anna").await;
    tokio::time::sleep(Duration::from_millis(9_900)).await;
    assert_eq!((watched.segment("anna").await.0, watched.viewers().len()), (StatusCode::OK, 1));
    tokio::time::sleep(Duration::from_millis(9_900)).await;
    assert_eq!(watched.viewers().len(), 1, "the segment counted");
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(watched.viewers().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn segments_stay_a_while_after_the_end_and_then_go() {
    let mut watched = Watched::new().await;
    watched.publisher.end(End::Finished);
    tokio::time::sleep(Duration::from_secs(14)).await;
    assert_eq!(watched.playlist("anna").await.0, StatusCode::OK);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(watched.playlist("anna").await.0, StatusCode::NOT_FOUND);
    assert!(watched.shared.lives.find(&key("s")).is_none());
}

#[tokio::test(start_paused = true)]
async fn who_only_looks_counts_nothing() {
    let watched = Watched::new().await;
    let query = "hls_ctx=anna".to_owned();
    let request = MediaRequest { query, method: Method::HEAD, ..get("s", ".m3u8") };
    let response = serve::playlist(Arc::clone(&watched.shared), request).await.unwrap();
    assert_eq!((response.status(), watched.viewers().len()), (StatusCode::OK, 0));
}

#[tokio::test(start_paused = true)]
async fn of_a_guarded_stream_nobody_gets_anything_but_its_viewers() {
    let hub = hub();
    let hls = hls(&hub, config::HlsMode::Plain);
    let shared = Arc::clone(&hls.shared);
    tokio::spawn(Box::new(hls).run(CancellationToken::new()));
    let mut publisher = publish(&hub, "guarded").await;
    run(&mut publisher, 0, 3).await;
    let ask = async |query: &str| {
        let request = MediaRequest { query: query.to_owned(), ..get("guarded", ".m3u8") };
        text(serve::playlist(Arc::clone(&shared), request).await.unwrap()).await
    };
    let (status, list) = ask("pass").await;
    assert!(status == StatusCode::OK && list.contains("hls_ctx=") && list.contains("&pass"), "{list}");
    assert_eq!(ask("hls_ctx=Eve").await.0, StatusCode::FORBIDDEN);
    let segment = shared.lives.find(&key("guarded")).unwrap().segments()[0].name("guarded").to_string();
    let segment = async |query: &str| {
        let file = segment.strip_suffix(".ts").unwrap();
        let request = MediaRequest { query: query.to_owned(), ..get(file, ".ts") };
        serve::segment(Arc::clone(&shared), request).await.unwrap()
    };
    for query in ["", "pass", "hls_ctx=Eve", "hls_ctx=Anna"] {
        assert_eq!(segment(query).await.status(), StatusCode::FORBIDDEN, "{query}");
    }
    let (status, list) = ask("hls_ctx=Anna&pass").await;
    assert!(status == StatusCode::OK && list.contains(".ts?hls_ctx=Anna\n"), "{list}");
    let response = segment("hls_ctx=Anna").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers()["cache-control"].to_str().unwrap().starts_with("private"));
    assert_eq!(segment("hls_ctx=Eve").await.status(), StatusCode::FORBIDDEN);
}
