#![allow(clippy::unwrap_used)]

use tokio::time::Instant;

use super::*;
use crate::flv;
use crate::testing::{get, hub};

#[tokio::test(start_paused = true)]
async fn a_viewer_who_waits_in_vain_is_told_so() {
    let hub = hub();
    let before = Instant::now();
    let refused = open(flv::FILE, &hub, get("s", ".flv")).await.unwrap_err();
    assert_eq!((refused.status(), before.elapsed()), (StatusCode::NOT_FOUND, PUBLISHER_WAIT));
    assert!(hub.sessions().is_empty());
}

/// What becomes of a viewer who waits when `end` happens.
async fn ended_while_waiting<F: Future<Output = ()>>(end: impl FnOnce(Hub) -> F) {
    let hub = hub();
    let waiting = tokio::spawn({
        let hub = hub.clone();
        async move { open(flv::FILE, &hub, get("s", ".flv")).await.map(drop) }
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
