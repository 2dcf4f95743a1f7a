#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use axum::routing::get;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2 as client;
use hyper_util::rt::TokioExecutor;
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;

use super::*;

/// Two ends of a connection: who asks, and both tasks.
struct Ends {
    asks: client::SendRequest<Empty<Bytes>>,
    serving: JoinHandle<()>,
    stop: CancellationToken,
}

fn peer() -> Peer {
    Peer { address: "127.0.0.1:9".parse().unwrap(), secure: None }
}

async fn connected(router: Router) -> Ends {
    let (near, far): (DuplexStream, DuplexStream) = tokio::io::duplex(1 << 20);
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve(near, peer(), router, stop.clone()));
    let (asks, connection) = client::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(64 << 10)
        .initial_connection_window_size(4 << 20)
        .handshake(TokioIo::new(far))
        .await
        .unwrap();
    tokio::spawn(connection);
    Ends { asks, serving, stop }
}

fn request(path: &str) -> Request<Empty<Bytes>> {
    Request::get(format!("https://a.example:2443{path}")).body(Empty::new()).unwrap()
}

fn site() -> Router {
    let host = |request: axum::extract::Request| async move {
        assert!(request.extensions().get::<ConnectInfo<SocketAddr>>().is_some());
        request.headers()[HOST].to_str().unwrap().to_owned()
    };
    Router::new().route("/host", get(host)).route("/large", get(|| async { vec![7; 2 << 20] }))
}

#[tokio::test(start_paused = true)]
async fn many_requests_share_a_connection_and_have_a_host() {
    let mut ends = connected(site()).await;
    let (a, b) = tokio::join!(
        ends.asks.clone().send_request(request("/host")),
        ends.asks.send_request(request("/large"))
    );
    let host = a.unwrap().into_body().collect().await.unwrap().to_bytes();
    assert_eq!(&host[..], b"a.example:2443");
    let large = b.unwrap();
    assert_eq!(large.headers()["content-length"], "2097152");
    assert_eq!(large.into_body().collect().await.unwrap().to_bytes().len(), 2 << 20);
    ends.stop.cancel();
    ends.serving.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_other_responses_but_not_one_is_given_up() {
    let mut ends = connected(site()).await;
    let held = ends.asks.send_request(request("/large")).await.unwrap();
    assert_eq!(held.status(), StatusCode::OK);
    let mut answered = 0;
    let until = Instant::now() + 3 * STALL;
    while Instant::now() < until {
        let Ok(other) = ends.asks.send_request(request("/host")).await else { break };
        answered += usize::from(other.into_body().collect().await.is_ok());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(answered >= 15, "until then it is served: {answered}");
    assert!(Instant::now() < until, "it is not given up");
    ends.serving.await.unwrap();
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_requests_is_told_to_go() {
    let mut ends = connected(site()).await;
    ends.asks.send_request(request("/host")).await.unwrap();
    tokio::time::timeout(Duration::from_secs(600), ends.serving).await.expect("it stays").unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_says_nothing_at_all_is_told_to_go() {
    let (near, _far) = tokio::io::duplex(1 << 10);
    let serving = serve(near, peer(), site(), CancellationToken::new());
    tokio::time::timeout(Duration::from_secs(600), serving).await.expect("it stays");
}
