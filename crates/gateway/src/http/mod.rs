//! The HTTP port: accept loop, limits, health, and the way from a path to whoever serves it.

mod clean;
mod connection;
pub(crate) mod endless;
mod headers;
mod patience;
mod request;
mod websocket;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::ALLOW;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::config;
use crate::listen::{self, BindError};
use crate::protocol::Media;

pub use request::MediaRequest;
pub(crate) use request::refusal;

/// What the port answers beside what protocols serve.
#[derive(Default)]
pub struct Site {
    /// Paths that are nobody else's; they go before media.
    pub routes: Router,
    /// Whatever is neither a route nor a path of media. Paths that end as those of media do are not found instead.
    pub elsewhere: Router,
}

/// The HTTP port, bound and not yet open.
pub struct Server {
    listeners: Vec<TcpListener>,
    connections: config::Connections,
    site: Site,
    media: Vec<Media>,
}

impl Server {
    pub(crate) fn bind(config: &config::Http, site: Site) -> Result<Server, BindError> {
        let listeners = listen::tcp("http", &config.listen)?;
        Ok(Server { listeners, connections: config.connections, site, media: Vec::new() })
    }

    pub(crate) fn addresses(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        listen::addresses(&self.listeners)
    }

    /// Takes up what a protocol serves. Routes are exact; media are found by suffix, in the order in which they were added.
    pub(crate) fn add(&mut self, routes: Router, media: Vec<Media>) {
        self.site.routes = std::mem::take(&mut self.site.routes).merge(routes);
        self.media.extend(media);
    }

    /// Serves until `stop`; then lets what runs end, and refuses to be called ready.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let router = router(self.site, self.media, stop.clone());
        let serving = stop.clone();
        let serve = move |socket, peer| connection::serve(socket, peer, router.clone(), serving.clone());
        listen::accept("http", self.listeners, self.connections, stop, serve).await;
    }
}

/// All that the port answers: routes, then `media` by suffix, then whatever is left. Paths are cleaned before any of it.
fn router(site: Site, media: Vec<Media>, stop: CancellationToken) -> Router {
    let Site { routes, elsewhere } = site;
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
        .layer(axum::middleware::from_fn(clean::redirect))
        .layer(axum::middleware::map_response(headers::add))
        .layer(axum::middleware::from_fn(headers::answer_options))
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

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "404 page not found\n").into_response()
}

#[cfg(test)]
#[path = "http_test.rs"]
mod tests;
