//! The HTTP port, with TLS and without: accept loop, limits, health, and the way from a path to whoever serves it.

mod clean;
mod client;
mod connection;
pub(crate) mod endless;
mod headers;
mod multiplex;
mod patience;
mod request;
mod secure;
mod websocket;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::ALLOW;
use axum::http::{Method, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::config;
use crate::counters::Counters;
use crate::listen::{self, BindError, Peer, Port};
use crate::places::Places;
use crate::protocol::Media;
use crate::tls::{Acceptor, Socket};
use client::Clients;

pub use client::Via;
pub(crate) use client::client_of;
pub use request::MediaRequest;
pub(crate) use request::refusal;

/// What the port answers beside what protocols serve.
#[derive(Default)]
pub struct Site {
    /// Paths that are nobody else's; they go before media.
    pub routes: Router,
    /// Whatever is neither a route nor a path of media. Paths that end as those of media do are not found instead.
    pub elsewhere: Router,
    /// What the port for Prometheus answers.
    pub metrics: Router,
}

/// The HTTP port and the one with TLS, or the port for Prometheus; bound and not yet open.
pub struct Server {
    plain: Door,
    tls: Door,
    https: config::Https,
    acceptor: Acceptor,
    counters: Counters,
    site: Site,
    media: Vec<Media>,
}

/// Listeners of one name, with what their connections have in common.
struct Door {
    what: &'static str,
    listeners: Vec<TcpListener>,
    places: Arc<Places>,
    proxies: config::Proxies,
}

impl Door {
    fn bind(
        what: &'static str,
        listen: &[SocketAddr],
        connections: config::Connections,
        proxies: &config::Proxies,
    ) -> Result<Door, BindError> {
        let listeners = listen::tcp(what, listen)?;
        Ok(Door { what, listeners, places: Places::new(connections), proxies: proxies.clone() })
    }

    fn addresses(&self) -> impl Iterator<Item = (&'static str, SocketAddr)> + '_ {
        listen::addresses(&self.listeners).map(|address| (self.what, address))
    }

    /// What `router` answers to those who come this way, for whom they are, with the headers that every response has.
    fn lead_to(&self, router: Router, secure: bool, counters: &Counters) -> Router {
        let (trusted, places) = (Arc::clone(&self.proxies.trusted), Arc::clone(&self.places));
        let counters = counters.clone();
        router
            .layer(from_fn_with_state(Clients { trusted, places, secure }, client::find))
            .layer(map_response(headers::add))
            .layer(from_fn(headers::answer_options))
            .layer(map_response(move |response: Response| {
                counters.answered(response.status().as_u16());
                std::future::ready(response)
            }))
    }

    fn port(self, counters: &Counters) -> Port {
        let Door { what, listeners, places, proxies } = self;
        Port { what, listeners, places, proxies, counters: counters.of(what) }
    }
}

impl Server {
    pub(crate) fn bind(config: &config::Config, site: Site) -> Result<Server, BindError> {
        let config::Config { http, https, .. } = config;
        let plain = Door::bind(HTTP, &http.listen, http.connections, &http.proxies)?;
        let tls = Door::bind(HTTPS, &https.listen, https.connections, &https.proxies)?;
        Ok(Server::new(plain, tls, config.https.clone(), config, site))
    }

    /// A port that answers `routes` and nothing else.
    pub(crate) fn bind_metrics(config: &config::Config, routes: Router) -> Result<Server, BindError> {
        let config::Http { listen, connections, proxies } = &config.metrics;
        let plain = Door::bind(METRICS, listen, *connections, proxies)?;
        let tls = Door::bind(METRICS, &[], *connections, proxies)?;
        // Nobody is led away from it.
        let https = config::Https::default();
        Ok(Server::new(plain, tls, https, config, Site { routes, ..Site::default() }))
    }

    fn new(plain: Door, tls: Door, https: config::Https, config: &config::Config, site: Site) -> Server {
        let speaking = [multiplex::NAME, b"http/1.1"];
        let acceptor = Acceptor::speaking(tls.what, Arc::clone(&config.certificates), &speaking)
            .counting(config.counters.of(tls.what).handshakes_failed);
        let counters = config.counters.clone();
        Server { plain, tls, https, acceptor, counters, site, media: Vec::new() }
    }

    /// What was bound, by `http` and `https`, or `metrics`.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = (&'static str, SocketAddr)> + '_ {
        self.plain.addresses().chain(self.tls.addresses())
    }

    /// Takes up what a protocol serves. Routes are exact; media are found by suffix, in the order in which they were added.
    pub(crate) fn add(&mut self, routes: Router, media: Vec<Media>) {
        self.site.routes = std::mem::take(&mut self.site.routes).merge(routes);
        self.media.extend(media);
    }

    /// Serves until `stop`; then lets what runs end, and refuses to be called ready.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let Server { plain, tls, https, acceptor, counters, site, media } = self;
        let router = paths(site, media, stop.clone());
        let port = https.public_port.or_else(|| tls.addresses().next().map(|(_, address)| address.port()));
        let open = match port.filter(|_| https.redirect) {
            Some(port) => secure::redirecting(router.clone(), port),
            None => router.clone(),
        };
        let open = plain.lead_to(open, false, &counters);
        let secured = secure::with_hsts(tls.lead_to(router, true, &counters), https.hsts);
        let (serving, serving_tls) = (stop.clone(), stop.clone());
        let serve = move |socket: TcpStream, peer: Peer| {
            connection::serve(Socket::Plain(socket), peer, open.clone(), serving.clone())
        };
        let serve_tls = move |socket: TcpStream, peer: Peer| {
            let (acceptor, router, stop) = (acceptor.clone(), secured.clone(), serving_tls.clone());
            async move {
                // Boxed: only the handshake needs so much room, and the connection goes on for hours.
                let shaken = Box::pin(acceptor.accept(socket, peer.address));
                match stop.run_until_cancelled(shaken).await.flatten() {
                    Some(socket) if socket.agreed_upon(multiplex::NAME) => {
                        Box::pin(multiplex::serve(socket, peer, router, stop)).await;
                    }
                    Some(socket) => Box::pin(connection::serve(socket, peer, router, stop)).await,
                    None => {}
                }
            }
        };
        let plain = listen::accept(plain.port(&counters), stop.clone(), serve);
        let tls = listen::accept(tls.port(&counters), stop, serve_tls);
        tokio::join!(plain, tls);
    }
}

/// All that the port answers.
#[cfg(test)]
fn router(site: Site, media: Vec<Media>, clients: Clients, stop: CancellationToken) -> Router {
    paths(site, media, stop)
        .layer(from_fn_with_state(clients, client::find))
        .layer(map_response(headers::add))
        .layer(from_fn(headers::answer_options))
}

/// Routes, then `media` by suffix, then whatever is left. Paths are cleaned before any of it.
fn paths(site: Site, media: Vec<Media>, stop: CancellationToken) -> Router {
    let Site { routes, elsewhere, .. } = site;
    let media: Arc<[Media]> = media.into();
    let ready = move || async move {
        if stop.is_cancelled() {
            return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
        }
        "ready\n".into_response()
    };
    routes
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .fallback(move |request: Request| find(Arc::clone(&media), elsewhere.clone(), request))
        .layer(from_fn(clean::redirect))
}

/// Answers what no route does.
async fn find(media: Arc<[Media]>, elsewhere: Router, request: Request) -> Response {
    let path = request.uri().path();
    if media.iter().any(|candidate| path.ends_with(candidate.suffix)) {
        return serve_media(&media, request).await;
    }
    match elsewhere.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Finds who serves the path by its suffix.
async fn serve_media(media: &[Media], request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD, OPTIONS")]).into_response();
    }
    let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() else {
        return not_found();
    };
    for candidate in media {
        let Some(request) = MediaRequest::new(&request, peer, candidate.suffix) else { continue };
        if let Some(response) = (candidate.serve)(request).await {
            return response;
        }
    }
    not_found()
}

const HTTP: &str = "http";
const HTTPS: &str = "https";
const METRICS: &str = "metrics";

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "404 page not found\n").into_response()
}

#[cfg(test)]
#[path = "http_test.rs"]
mod tests;
