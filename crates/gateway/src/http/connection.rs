//! One HTTP/1.1 connection.

use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tracing::debug;

use super::client;
use super::patience::Patience;
use super::websocket::Handover;
use crate::listen::Peer;
use crate::tls::Socket;

/// Serves one connection until it ends, or until `stop` and the response that runs has ended. A connection that has become
/// something else by then ends by itself.
pub(super) async fn serve(socket: Socket, peer: Peer, router: Router, stop: CancellationToken) {
    let handover = Handover::default();
    let taken = handover.clone();
    let service = router.map_request(move |mut request: hyper::Request<hyper::body::Incoming>| {
        client::connected(&mut request, peer);
        request.extensions_mut().insert(taken.clone());
        request.map(axum::body::Body::new)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_headers(MAX_HEADERS)
        .max_header_size(HEAD)
        .max_buf_size(BUFFER)
        .half_close(false);
    let io = TokioIo::new(Patience::new(socket));
    let mut connection = pin!(http.serve_connection(io, TowerToHyperService::new(service)).with_upgrades());
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(err) = served {
        debug!(proto = "http", peer = %peer.address, %err, "connection ended");
    } else if let Some(next) = handover.take() {
        next.await;
    }
}

/// From the connection's beginning, or the end of the last response, to the end of a request's headers.
const HEADER_TIME: Duration = Duration::from_secs(30);
const MAX_HEADERS: usize = 64;
/// Of a request. A thousand peers that never end their heads hold 32 MiB.
const HEAD: usize = 32 << 10;
/// What is read at a time, and what is queued of a response.
const BUFFER: usize = 32 << 10;
