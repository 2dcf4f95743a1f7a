//! What people open in a browser, and where every path leads that nobody else answers.
//!
//! The console at `/mgmt` is [`built`] in; where it was not built before the server was, a plain page for the first steps is there
//! instead. Both work without another server, with a strict content security policy, also over plain HTTP, and talk to `/api/v2` alone.
//!
//! Source of the paths and of how long they are kept: Oryx 5.15.

mod asset;
mod built;
mod folder;
mod viewer;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};

use crate::Api;
use asset::Asset;
pub(crate) use asset::with_addresses;
use built::{BUILT, File};

/// Paths that nobody else has.
pub(crate) fn router(api: &Api) -> Router {
    let router = viewer::router()
        .route("/mgmt", any(management))
        .route("/mgmt/", any(management))
        .route("/mgmt/{*path}", any(management))
        .route("/.well-known/", any(not_found))
        .route("/.well-known/{*path}", get(well_known).fallback(not_allowed));
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

async fn management(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    console(BUILT, &method, uri.path(), &headers).await
}

/// A file of the console whose build is `files`, or its page for what is a place in it.
async fn console(files: &'static [File], method: &Method, path: &str, headers: &HeaderMap) -> Response {
    let inside = path.strip_prefix("/mgmt").unwrap_or(path).trim_start_matches('/');
    if let Some(file) = File::find(files, inside) {
        return file.answer(headers);
    }
    if let Some(asset) = Asset::find(inside) {
        return asset.into_response();
    }
    let complete = built::has(files, INDEX);
    // Addresses of Oryx's console look like `en/routers-scenario`; the console knows what has become of them.
    let named = matches!(inside, "" | INDEX | "setup") || format!("/{inside}").contains("/routers-");
    let place = complete && method == Method::GET && wants_page(headers) && !inside.starts_with("assets/");
    if !named && !place {
        return not_found().await;
    }
    if let Some(page) = built::page(files, INDEX, path, &PAGE_HEADERS, console_policy) {
        return page;
    }
    // The address that opens the page may hold the set-up token.
    ([(header::CACHE_CONTROL, "no-store")], PAGE_HEADERS, asset::INDEX.as_str()).into_response()
}

/// Whether it is a browser that goes to a place, and not a page that asks for one of its files.
fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .is_some_and(|accept| accept.as_bytes().windows(9).any(|part| part == b"text/html"))
}

/// What the console may do: nothing from elsewhere, and styles beside its own with `nonce`. Players make their media and workers.
fn console_policy(nonce: &str) -> String {
    format!(
        "default-src 'self'; style-src 'self' {nonce}; img-src 'self' data: blob:; media-src 'self' blob:; \
         worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )
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

/// The page of the console, in its build.
const INDEX: &str = "index.html";

#[cfg(test)]
#[path = "pages_test.rs"]
mod tests;
