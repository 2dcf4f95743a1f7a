//! What people open in a browser, and where every path leads that nobody else answers.
//!
//! The page at `/mgmt` is built in. It works without another server, with a strict content security policy, also over plain
//! HTTP, and talks to `/api/v2` alone.
//!
//! Source of the paths and of how long they are kept: Oryx 5.15.

mod asset;
mod folder;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};

use crate::Api;
use asset::Asset;
pub(crate) use asset::with_addresses;

/// Paths that nobody else has.
pub(crate) fn router(api: &Api) -> Router {
    let router = Router::new()
        .route("/mgmt", any(index))
        .route("/mgmt/", any(index))
        .route("/mgmt/{*path}", any(management))
        .route("/.well-known/", any(not_found))
        .route("/.well-known/{*path}", get(well_known).fallback(not_allowed));
    // Pages for viewers have their places, and there are none yet.
    let folders =
        ["/console/", "/console/{*path}", "/players/", "/players/{*path}", "/tools/", "/tools/{*path}"];
    let router = folders.into_iter().fold(router, |router, path| router.route(path, any(not_found)));
    router.with_state(api.clone())
}

/// Whatever is left: the console, as there is no page here for anything else.
pub(crate) fn elsewhere() -> Router {
    Router::new().fallback(async |request: Request| {
        if request.uri().path().starts_with("/rtc/") {
            // Who signals does not want a page.
            return text(
                StatusCode::NOT_FOUND,
                "WebRTC: nothing is here; see /rtc/v1/whip/ and /rtc/v1/whep/\n",
            );
        }
        (StatusCode::FOUND, [(header::LOCATION, "/mgmt")]).into_response()
    })
}

/// A file of the console, or the page itself for what is a place in it.
async fn management(Path(path): Path<String>) -> Response {
    // Addresses of Oryx's console look like `en/routers-scenario`.
    if path == "index.html" || path == "setup" || format!("/{path}").contains("/routers-") {
        return index().await;
    }
    match Asset::find(&path) {
        Some(asset) => asset.into_response(),
        None => not_found().await,
    }
}

async fn index() -> Response {
    // The address that opens the page may hold the set-up token.
    let headers = [(header::CACHE_CONTROL, "no-store")];
    (headers, PAGE_HEADERS, asset::INDEX.as_str()).into_response()
}

async fn well_known(State(api): State<Api>, Path(path): Path<String>) -> Response {
    let answer =
        path.strip_prefix("acme-challenge/").and_then(|token| api.certificates.challenges().answer(token));
    if let Some(answer) = answer {
        return ([(header::CONTENT_TYPE, "text/plain"), (header::CACHE_CONTROL, "no-store")], answer)
            .into_response();
    }
    match api.away(move |api| folder::read(&api.well_known, &path)).await {
        Ok(Some(file)) => {
            let headers = [
                (header::CONTENT_TYPE, file.kind),
                (header::CACHE_CONTROL, "no-cache, max-age=0"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, file.bytes).into_response()
        }
        Ok(None) => not_found().await,
        Err(problem) => problem.into_response(),
    }
}

async fn not_found() -> Response {
    text(StatusCode::NOT_FOUND, "404 page not found\n")
}

async fn not_allowed() -> Response {
    let allowed = [(header::ALLOW, "GET, HEAD, OPTIONS")];
    (allowed, text(StatusCode::METHOD_NOT_ALLOWED, "405 method not allowed\n")).into_response()
}

fn text(status: StatusCode, text: &'static str) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")],
        text,
    )
        .into_response()
}

/// Of every page: nothing from elsewhere, nothing inline, in nobody's frame, and no word of its address to others.
pub(crate) const PAGE_HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // For browsers that do not know `frame-ancestors`.
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()",
    ),
];

#[cfg(test)]
#[path = "pages_test.rs"]
mod tests;
