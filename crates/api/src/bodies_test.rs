//! What routes do with bodies that are too large.

#![allow(clippy::unwrap_used)]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::api_test::{Server, filled};
use crate::oryx::{Guard, paths};

const PIECE: usize = 4 << 10;
const MOST: usize = 256 << 10;

/// Sends a body of a mebibyte, piece by piece: the status, the text, and how much of it was read.
async fn send(
    server: &Server,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> (StatusCode, String, usize) {
    let read = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&read);
    let first = Bytes::from(format!("{{\"x\":\"{}", "x".repeat(PIECE)));
    let pieces = std::iter::once(first).chain(std::iter::repeat_n(Bytes::from("x".repeat(PIECE)), 255));
    let pieces = pieces.map(move |piece| {
        counted.fetch_add(piece.len(), Ordering::Relaxed);
        Ok::<_, Infallible>(piece)
    });
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::from_stream(futures_util::stream::iter(pieces))).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 5_000))));
    let answer = server.api.router().oneshot(request).await.unwrap();
    let status = answer.status();
    let text = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&text).into_owned(), read.load(Ordering::Relaxed))
}

#[tokio::test]
async fn every_route_that_takes_a_body_refuses_one_that_is_too_large_and_no_other_reads_it() {
    let (server, ann) = Server::set_up().await;
    let document: Value = serde_json::from_str(&crate::openapi()).unwrap();
    let mut tried = 0;
    for route in crate::routes() {
        let described = &document["paths"][&route.path][route.method.to_lowercase()];
        assert!(described.is_object(), "{route:?}");
        // The last one ends the login.
        if (route.method, &*route.path) == ("DELETE", "/api/v2/session") {
            continue;
        }
        let headers = [("cookie", &*ann.cookie), ("x-csrf-token", &*ann.csrf)];
        let (status, text, read) = send(&server, route.method, &filled(&route), &headers).await;
        if described["requestBody"].is_object() {
            assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{route:?}: {text}");
            assert!(read <= MOST + 2 * PIECE, "{route:?}: {read}");
            tried += 1;
        } else {
            assert_ne!(status, StatusCode::PAYLOAD_TOO_LARGE, "{route:?}");
            assert!(read <= PIECE + 8, "{route:?} reads {read} bytes of what it does not want");
        }
        let (_, _, read) = send(&server, route.method, &filled(&route), &[]).await;
        assert!(read <= MOST + 2 * PIECE, "{route:?}: {read} of a stranger");
    }
    assert!(tried > 20, "{tried}");
}

#[tokio::test]
async fn every_path_of_scripts_reads_little_also_of_those_who_have_the_secret() {
    let server = Server::new();
    let bearer = format!("Bearer {}", server.api.platform.secret());
    for (path, guard) in paths(&server.api) {
        let most = if guard == Guard::Open { 16 << 10 } else { 64 << 10 };
        for headers in [&[][..], &[("authorization", bearer.as_str())]] {
            let path = format!("/terraform/v1/{path}");
            let (status, text, read) = send(&server, "POST", &path, headers).await;
            assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{path}: {text}");
            assert!(read <= most + 2 * PIECE, "{path}: {read}");
        }
    }
}
