#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use http_body_util::BodyExt;
use hub::wire::Format;
use media::{Time, Track};
use tokio::time::Instant;

use super::*;
use crate::testing::{get, hub, picture, publish, request, video};

#[tokio::test(start_paused = true)]
async fn a_viewer_who_waits_in_vain_is_told_so() {
    let hub = hub();
    let before = Instant::now();
    let refused = open(&hub, get("s", ".flv")).await.unwrap_err();
    assert_eq!((refused.status(), before.elapsed()), (StatusCode::NOT_FOUND, PUBLISHER_WAIT));
    assert!(hub.sessions().is_empty());
}

/// What becomes of a viewer who waits when `end` happens.
async fn ended_while_waiting<F: Future<Output = ()>>(end: impl FnOnce(Hub) -> F) {
    let hub = hub();
    let waiting = tokio::spawn({
        let hub = hub.clone();
        async move { open(&hub, get("s", ".flv")).await.map(drop) }
    });
    tokio::time::sleep(Duration::from_millis(1)).await;
    let before = Instant::now();
    end(hub.clone()).await;
    let refused = waiting.await.unwrap().unwrap_err();
    assert_eq!(refused.status(), StatusCode::NOT_FOUND);
    assert!(before.elapsed() < Duration::from_secs(1));
    assert!(hub.sessions().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_viewer_who_waits_can_be_kicked() {
    ended_while_waiting(|hub| async move { assert!(hub.kick(hub.sessions()[0].id)) }).await;
}

#[tokio::test(start_paused = true)]
async fn a_viewer_who_waits_goes_when_the_server_stops() {
    ended_while_waiting(|hub| async move { hub.shut_down().await }).await;
}

/// Sends nothing but differences between frames.
struct Terse;

impl Format for Terse {
    fn header(&mut self, _tracks: &[Arc<Track>]) -> Bytes {
        Bytes::new()
    }

    fn preamble(&mut self, _tracks: &[Arc<Track>], _at: Time) -> Bytes {
        Bytes::from_static(b"[")
    }

    fn write(&mut self, frame: &media::Frame, _changed: bool, out: &mut Vec<Bytes>) {
        if frame.dts > Time::from_millis(100) {
            out.push(Bytes::from_static(b"x"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_that_gives_nothing_is_not_the_end_of_reading() {
    let (hub, track) = (hub(), video());
    let mut publisher = publish(&hub, "s").await;
    let subscription = hub.subscribe(request(Action::Play, "s")).await.unwrap();
    publisher.write(picture(&track, 0, true, 10)).unwrap();
    let key = WireKey { format: "terse", tracks: Selection::ALL, variant: 0 };
    let reader = subscription.wire(&subscription.publication().await, key, || Box::new(Terse));
    let mut tail = Tail { reader, subscription: Some(subscription), pending: VecDeque::new() };
    assert_eq!(tail.frame().await.unwrap().unwrap().into_data().unwrap(), "[");
    publisher.write(picture(&track, 40, false, 10)).unwrap();
    let next = tokio::spawn(async move { tail.frame().await.unwrap().unwrap().into_data().unwrap() });
    tokio::time::sleep(Duration::from_millis(1)).await;
    publisher.write(picture(&track, 200, false, 10)).unwrap();
    let next = tokio::time::timeout(Duration::from_secs(1), next).await.expect("it waits for ever");
    assert_eq!(next.unwrap(), "x");
}
