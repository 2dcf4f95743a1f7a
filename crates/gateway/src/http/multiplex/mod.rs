//! HTTP/2: many requests at a time on one connection with TLS.
//!
//! hyper speaks it; here are its bounds. A peer may hold the bytes of one response back while it takes those of others, so that a
//! socket that takes bytes does not say that every response is taken: see [`taking`].
//!
//! Source: RFC 9113. WebSockets stay with HTTP/1.1: RFC 8441 is not offered.

mod taking;

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::HOST;
use axum::http::{HeaderValue, Request};
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use tracing::debug;

use super::client;
use super::patience::Patience;
use crate::listen::{Peer, STALL};
use taking::{Responses, Taken, Verdict};

/// Its name in the handshake of TLS (ALPN).
pub(super) const NAME: &[u8] = b"h2";

/// Serves one connection until it ends, or until `stop` and the responses that run have ended.
pub(super) async fn serve<S>(socket: S, peer: Peer, router: Router, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    let (tasks, responses) = (Tasks::default(), Responses::default());
    let counted = responses.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let (router, open) = (router.clone(), counted.open());
        async move {
            let Ok(response) = router.oneshot(prepared(request, peer)).await;
            Ok::<_, Infallible>(response.map(|body| Taken::new(body, open)))
        }
    });
    let mut http = http2::Builder::new(tasks.clone());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(ERRORS)
        .max_header_list_size(HEAD)
        .max_send_buf_size(BUFFER)
        .keep_alive_interval(STALL)
        .keep_alive_timeout(STALL);
    let mut connection = pin!(http.serve_connection(TokioIo::new(Patience::new(socket)), service));
    let mut looks = tokio::time::interval(LOOK);
    let mut ending = None;
    let served = loop {
        tokio::select! {
            served = connection.as_mut() => break served,
            () = stop.cancelled(), if ending.is_none() => {
                connection.as_mut().graceful_shutdown();
                ending = Some(Instant::now());
            }
            _ = looks.tick() => match responses.verdict() {
                Verdict::Fine => {}
                Verdict::Idle => match ending {
                    None => {
                        connection.as_mut().graceful_shutdown();
                        ending = Some(Instant::now());
                    }
                    // The end of a response, which is not taken.
                    Some(since) if since.elapsed() >= STALL => break Ok(()),
                    Some(_) => {}
                },
                Verdict::Stalled => {
                    debug!(proto = "https", peer = %peer.address, "a response is not taken");
                    break Ok(());
                }
            },
        }
    };
    if let Err(err) = served {
        debug!(proto = "https", peer = %peer.address, %err, "connection ended");
    }
    tasks.end().await;
}

/// The request as those of HTTP/1.1 are: the host that it names has a header.
fn prepared(request: Request<Incoming>, peer: Peer) -> Request<Body> {
    let mut request = request.map(Body::new);
    client::connected(&mut request, peer);
    let named = request.uri().authority().and_then(|host| HeaderValue::try_from(host.as_str()).ok());
    if let Some(host) = named.filter(|_| !request.headers().contains_key(HOST)) {
        request.headers_mut().insert(HOST, host);
    }
    request
}

/// The tasks of one connection, a few for each response. They end with it.
#[derive(Clone, Default)]
struct Tasks {
    running: TaskTracker,
    over: CancellationToken,
}

impl Tasks {
    async fn end(self) {
        self.over.cancel();
        self.running.close();
        self.running.wait().await;
    }
}

impl<F> Executor<F> for Tasks
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, task: F) {
        self.running.spawn(self.over.clone().run_until_cancelled_owned(task));
    }
}

/// Requests at a time. A page with a player asks for a handful.
const STREAMS: u32 = 100;
/// Requests that were taken back before anybody has seen them (CVE-2023-44487), and streams that we had to reset; one more, and the
/// connection is closed.
const RESETS: usize = 20;
const ERRORS: usize = 64;
/// Of a request, as of HTTP/1.1.
const HEAD: u32 = 32 << 10;
/// Of a response, before it is on its way.
const BUFFER: usize = 64 << 10;
/// How often it is looked at whether responses are taken.
const LOOK: Duration = Duration::from_secs(5);

#[cfg(test)]
#[path = "multiplex_test.rs"]
mod tests;
