//! Who asks: the peer of the connection or, where that is a proxy that is trusted, whom it asks for.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body::{Frame, SizeHint};
use peer::Trusted;
use peer::forwarded::{self, Headers};

use super::websocket::Handover;
use crate::listen::Peer;
use crate::places::{Place, Places};

/// Whether the client speaks TLS with the proxy that has said so in front of the connection.
#[derive(Debug, Clone, Copy)]
struct Offloaded(bool);

/// How a request came, beside the client's address, which is in its [`ConnectInfo`]. Requests that came neither by TLS nor by
/// a proxy that is trusted have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via {
    /// Whether the client speaks TLS, with us or with the proxy, if that says so.
    pub secure: Option<bool>,
    /// The host that the client asked for, if it says so (`X-Forwarded-Host`).
    pub host: Option<String>,
}

/// The client's address, as [`find`] has found it.
pub(crate) fn client_of(parts: &axum::http::request::Parts) -> Option<SocketAddr> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer)
}

/// Whose word counts, and how many connections each client may have.
#[derive(Clone)]
pub(super) struct Clients {
    pub(super) trusted: Arc<Trusted>,
    pub(super) places: Arc<Places>,
    /// Whether connections are with TLS.
    pub(super) secure: bool,
}

/// Notes of a request whose connection it came on, for [`find`].
pub(super) fn connected<B>(request: &mut Request<B>, peer: Peer) {
    request.extensions_mut().insert(ConnectInfo(peer.address));
    if let Some(secure) = peer.secure {
        request.extensions_mut().insert(Offloaded(secure));
    }
}

/// Makes the request that of the client, and counts it as a connection of its while it is answered, or for as long as what its connection
/// becomes lasts: a proxy's own connections carry anybody's requests.
pub(super) async fn find(State(clients): State<Clients>, mut request: Request<Body>, next: Next) -> Response {
    let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() else {
        return next.run(request).await;
    };
    let offloaded = request.extensions().get::<Offloaded>().map(|Offloaded(secure)| *secure);
    // Whoever speaks TLS with us is not without it because a proxy in between takes it for another.
    let secure = if clients.secure { Some(true) } else { offloaded };
    if !clients.trusted.contains(peer.ip()) {
        if secure.is_some() {
            request.extensions_mut().insert(Via { secure, host: None });
        }
        return next.run(request).await;
    }
    let (client, mut via) = of(peer, &clients.trusted, request.headers());
    request.extensions_mut().insert(ConnectInfo(client));
    via.secure = via.secure.or(secure);
    request.extensions_mut().insert(via);
    if clients.trusted.contains(client.ip()) {
        // A proxy's own request, or one of which it does not say whose it is.
        return next.run(request).await;
    }
    let Some(place) = clients.places.take_one_of(client.ip()) else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many connections from your address\n").into_response();
    };
    let handover = request.extensions().get::<Handover>().cloned();
    let response = next.run(request).await;
    match handover.filter(|_| response.status() == StatusCode::SWITCHING_PROTOCOLS) {
        Some(handover) => {
            handover.keep(place);
            response
        }
        None => response.map(|body| Body::new(Held { body, _place: place })),
    }
}

fn of(peer: SocketAddr, trusted: &Trusted, headers: &HeaderMap) -> (SocketAddr, Via) {
    let all = |name: &str| -> Vec<Cow<'_, str>> { headers.get_all(name).iter().map(text).collect() };
    let one = |name: &str| headers.get(name).map(text);
    let (lists, forwarded) = (all("x-forwarded-for"), all(header::FORWARDED.as_str()));
    let (real, proto) = (all("x-real-ip"), all("x-forwarded-proto"));
    let said = Headers {
        x_forwarded_for: lists.iter().map(AsRef::as_ref).collect(),
        forwarded: forwarded.iter().map(AsRef::as_ref).collect(),
        // The proxy adds its own behind what came.
        x_real_ip: real.last().map(AsRef::as_ref),
        x_forwarded_proto: proto.iter().map(AsRef::as_ref).collect(),
    };
    let client = forwarded::client(peer, trusted, &said);
    let host = one(HOST.as_str()).map(|host| host.chars().take(MAX_HOST).collect());
    (client.address, Via { secure: client.secure, host })
}

/// Whatever a client has written, what a proxy has added to it stays readable.
fn text(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

/// A response that has a client's place until its last byte is gone.
struct Held {
    body: Body,
    _place: Place,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// Characters of a name in DNS, and a port.
const MAX_HOST: usize = 260;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::Router;
    use axum::http::Extensions;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;
    use crate::config::Connections;

    fn router(per_address: usize) -> Router {
        let places = Places::new(Connections { all: 100, per_address });
        let trusted = Arc::new(Trusted::parse("10.0.0.0/8").unwrap());
        let who = async |extensions: Extensions| {
            let ConnectInfo(client) = extensions.get::<ConnectInfo<SocketAddr>>().unwrap();
            let via = extensions
                .get::<Via>()
                .map_or(String::new(), |via| format!(" {:?} {:?}", via.secure, via.host));
            format!("{client}{via}")
        };
        Router::new()
            .route("/", get(who))
            .layer(from_fn_with_state(Clients { trusted, places, secure: false }, find))
    }

    async fn ask(router: &Router, peer: &str, headers: &[(&str, &str)]) -> Response {
        ask_by(router, Peer { address: peer.parse().unwrap(), secure: None }, headers).await
    }

    async fn ask_by(router: &Router, peer: Peer, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        connected(&mut request, peer);
        router.clone().oneshot(request).await.unwrap()
    }

    async fn text(response: Response) -> String {
        let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_request_is_the_clients_when_a_trusted_proxy_says_so() {
        let router = router(10);
        let said = [
            ("x-forwarded-for", "9.9.9.9, 1.1.1.1"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "a.example"),
        ];
        assert_eq!(
            text(ask(&router, "10.0.0.1:7", &said).await).await,
            "1.1.1.1:0 Some(true) Some(\"a.example\")"
        );
        assert_eq!(
            text(ask(&router, "127.0.0.1:7", &said).await).await,
            "127.0.0.1:7",
            "anybody can write headers"
        );
        assert_eq!(text(ask(&router, "10.0.0.1:7", &[]).await).await, "10.0.0.1:7 None None");
        let odd = [("x-forwarded-for", "1.1.1.1, caf\u{e9}")];
        assert_eq!(text(ask(&router, "10.0.0.1:7", &odd).await).await, "10.0.0.1:7 None None");
        let odd = [("x-forwarded-for", "caf\u{e9}, 1.1.1.1")];
        assert_eq!(text(ask(&router, "10.0.0.1:7", &odd).await).await, "1.1.1.1:0 None None");
    }

    #[tokio::test]
    async fn a_client_has_no_more_places_through_a_proxy_than_without() {
        let router = router(1);
        let by = |address: &'static str| [("x-forwarded-for", address)];
        let first = ask(&router, "10.0.0.1:7", &by("1.1.1.1")).await;
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(
            ask(&router, "10.0.0.1:8", &by("1.1.1.1")).await.status(),
            StatusCode::SERVICE_UNAVAILABLE
        );
        assert_eq!(
            ask(&router, "10.0.0.1:8", &by("2.2.2.2")).await.status(),
            StatusCode::OK,
            "others do not mind"
        );
        drop(first);
        assert_eq!(ask(&router, "10.0.0.1:7", &by("1.1.1.1")).await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn what_a_proxy_says_in_front_of_the_connection_of_tls_holds_for_its_requests() {
        let router = router(10);
        let by = |address: &str, secure| Peer { address: address.parse().unwrap(), secure };
        let proto = [("x-forwarded-proto", "http")];
        for (peer, headers, seen) in [
            (by("1.1.1.1:7", Some(true)), &[][..], "1.1.1.1:7 Some(true) None"),
            (by("1.1.1.1:7", Some(false)), &[], "1.1.1.1:7 Some(false) None"),
            (by("1.1.1.1:7", None), &[], "1.1.1.1:7"),
            (by("1.1.1.1:7", Some(true)), &proto, "1.1.1.1:7 Some(true) None"),
            (by("10.0.0.9:7", Some(true)), &[], "10.0.0.9:7 Some(true) None"),
            (by("10.0.0.9:7", Some(true)), &proto, "10.0.0.9:7 Some(false) None"),
        ] {
            assert_eq!(text(ask_by(&router, peer, headers).await).await, seen, "{peer:?} {headers:?}");
        }
    }

    #[tokio::test]
    async fn what_a_connection_becomes_keeps_its_clients_place_until_it_is_over() {
        let (over, ends) = tokio::sync::oneshot::channel::<()>();
        let ends = Arc::new(std::sync::Mutex::new(Some(ends)));
        let becomes = move |extensions: Extensions| {
            let ends = ends.lock().unwrap().take().unwrap();
            extensions.get::<Handover>().unwrap().put(Box::pin(async { _ = ends.await }));
            std::future::ready(StatusCode::SWITCHING_PROTOCOLS)
        };
        let places = Places::new(Connections { all: 100, per_address: 1 });
        let trusted = Arc::new(Trusted::parse("10.0.0.0/8").unwrap());
        let router = Router::new()
            .route("/", get(async || "here"))
            .route("/socket", get(becomes))
            .layer(from_fn_with_state(Clients { trusted, places, secure: false }, find));
        let by = [("x-forwarded-for", "1.1.1.1")];
        let handover = Handover::default();
        let mut request = Request::get("/socket").header(by[0].0, by[0].1).body(Body::empty()).unwrap();
        connected(&mut request, Peer { address: "10.0.0.1:7".parse().unwrap(), secure: None });
        request.extensions_mut().insert(handover.clone());
        let accepted = router.clone().oneshot(request).await.unwrap();
        assert_eq!(accepted.status(), StatusCode::SWITCHING_PROTOCOLS);
        drop(accepted);
        let status = async || ask(&router, "10.0.0.1:8", &by).await.status();
        assert_eq!(status().await, StatusCode::SERVICE_UNAVAILABLE, "it goes on");
        let going_on = tokio::spawn(handover.take().unwrap());
        assert_eq!(status().await, StatusCode::SERVICE_UNAVAILABLE);
        over.send(()).unwrap();
        going_on.await.unwrap();
        assert_eq!(status().await, StatusCode::OK);
    }
}
