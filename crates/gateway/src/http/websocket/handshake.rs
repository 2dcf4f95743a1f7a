//! From a request to a WebSocket.
//!
//! Source: RFC 6455 §4.2, §11.8.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::{OnUpgrade, Upgraded};
use sha1::{Digest, Sha1};

use crate::protocol::BoxFuture;

/// A request that asks for a WebSocket, and the connection that may become one.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    key: Option<String>,
    version: Option<String>,
    /// `Connection` names `Upgrade`.
    meant: bool,
    upgrade: OnUpgrade,
    handover: Handover,
}

/// Where a request leaves what its connection is to do after the answer that accepts.
#[derive(Clone, Default)]
pub(in crate::http) struct Handover(Arc<Mutex<Option<BoxFuture<()>>>>);

impl Offer {
    /// `None` when the request does not ask for one, or its connection cannot become one (HTTP/1.0).
    pub(in crate::http) fn new(request: &Request) -> Option<Offer> {
        let headers = request.headers();
        if request.method() != Method::GET || !has_token(headers, &UPGRADE, "websocket") {
            return None;
        }
        let upgrade = request.extensions().get::<OnUpgrade>()?.clone();
        let handover = request.extensions().get::<Handover>()?.clone();
        let text = |name: HeaderName| Some(headers.get(name)?.to_str().ok()?.trim().to_owned());
        Some(Offer {
            key: text(SEC_WEBSOCKET_KEY),
            version: text(SEC_WEBSOCKET_VERSION),
            meant: has_token(headers, &CONNECTION, "upgrade"),
            upgrade,
            handover,
        })
    }

    /// The answer to a handshake that we cannot accept.
    pub(in crate::http) fn refusal(&self) -> Option<Response> {
        let refuse = |reason: &'static str| Some((StatusCode::BAD_REQUEST, reason).into_response());
        if !self.meant {
            return refuse(
                "a WebSocket needs 'Connection: Upgrade'; a proxy on the way may have taken it off\n",
            );
        }
        if self.version.as_deref() != Some(VERSION) {
            let head = [(SEC_WEBSOCKET_VERSION, VERSION), (UPGRADE, "websocket"), (CONNECTION, "Upgrade")];
            let reason = "the version of WebSocket here is 13\n";
            return Some((StatusCode::UPGRADE_REQUIRED, head, reason).into_response());
        }
        if !self.key.as_deref().is_some_and(is_key) {
            return refuse("Sec-WebSocket-Key must be 16 bytes in base64\n");
        }
        None
    }

    /// Accepts: once the answer is written, the connection does what `serve` makes of it, until that is over.
    pub(in crate::http) fn accept<F>(self, serve: impl FnOnce(Upgraded) -> F + Send + 'static) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Offer { key, upgrade, handover, .. } = self;
        handover.put(Box::pin(async move {
            if let Ok(upgraded) = upgrade.await {
                serve(upgraded).await;
            }
        }));
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        let accept = HeaderValue::from_str(&accept_key(key.as_deref().unwrap_or_default()));
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept.expect("base64 is ASCII"));
        response
    }
}

impl Handover {
    /// Leaves `next` to be done.
    pub(in crate::http) fn put(&self, next: BoxFuture<()>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(next);
    }

    /// Has `what` kept until that is over.
    pub(in crate::http) fn keep(&self, what: impl Send + 'static) {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *next = next.take().map(|next| -> BoxFuture<()> {
            Box::pin(async move {
                next.await;
                drop(what);
            })
        });
    }

    /// What the connection is to do now that it speaks HTTP no more.
    pub(in crate::http) fn take(&self) -> Option<BoxFuture<()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handover")
    }
}

/// Whether one of the comma-separated values of `name` is `token`, in any case.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(token))
}

/// Whether it is 16 bytes in base64.
fn is_key(key: &str) -> bool {
    let Some(digits) = key.strip_suffix("==") else { return false };
    digits.len() == 22 && digits.bytes().all(|digit| DIGITS.contains(&digit))
}

/// Proves that the server speaks WebSocket.
fn accept_key(key: &str) -> String {
    base64(&Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

fn base64(bytes: &[u8]) -> String {
    let digits = |group: &[u8]| {
        let bits =
            group.iter().chain(&[0; 2]).take(3).fold(0usize, |bits, byte| bits << 8 | usize::from(*byte));
        let used = group.len() + 1;
        [18, 12, 6, 0]
            .map(move |shift| bits >> shift & 63)
            .into_iter()
            .enumerate()
            .map(move |(at, digit)| if at < used { char::from(DIGITS[digit]) } else { '=' })
    };
    bytes.chunks(3).flat_map(digits).collect()
}

const VERSION: &str = "13";
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_the_specification_is_answered() {
        assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn base64_is_filled_up() {
        let expected = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (length, text) in expected.into_iter().enumerate() {
            assert_eq!(base64(&b"foobar"[..length]), text);
        }
    }

    #[test]
    fn keys_are_looked_at() {
        assert!(is_key("dGhlIHNhbXBsZSBub25jZQ=="));
        for bad in ["", "==", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25j-Q=="]
        {
            assert!(!is_key(bad), "{bad}");
        }
    }

    #[test]
    fn tokens_are_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(CONNECTION, HeaderValue::from_static("keep-alive, UPGRADE"));
        assert!(has_token(&headers, &CONNECTION, "upgrade"));
        assert!(!has_token(&headers, &CONNECTION, "close"));
        assert!(!has_token(&headers, &UPGRADE, "websocket"));
    }
}
