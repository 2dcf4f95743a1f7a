//! Answers to requests for playlists and segments.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hls::playlist;
use hub::{Action, StreamKey};

use super::Shared;
use super::viewers::Known;
use crate::config::HlsMode;
use crate::http::{MediaRequest, refusal};
use crate::path;

/// `/{app…}/{name}.m3u8`.
pub(super) async fn playlist(shared: Arc<Shared>, request: MediaRequest) -> Option<Response> {
    let key = match request.stream_key() {
        Ok(key) => key,
        Err(refused) => return Some(refused.into_response()),
    };
    let app = shared.config.app(key.app());
    let answer = match app.mode {
        HlsMode::Plain => plain(&shared, &key).await,
        HlsMode::Context => match path::query_value(&request.query, CONTEXT) {
            Some(name) => known_viewer(&shared, &request, &key, &name).await,
            None => new_viewer(&shared, &request, &key),
        },
    };
    Some(match answer {
        Ok(text) => {
            // A CDN may keep what is the same for everybody for as long as it stays so.
            let cache = match app.mode {
                HlsMode::Plain if app.fragment.as_millis() < 5_000 => "public, max-age=1",
                HlsMode::Plain => "public, max-age=10",
                HlsMode::Context => "no-cache",
            };
            ([(CONTENT_TYPE, "application/vnd.apple.mpegurl"), (CACHE_CONTROL, cache)], Body::from(text))
                .into_response()
        }
        Err(refused) => refused.into_response(),
    })
}

/// `/{app…}/{name}-{sequence}-{unix ms}.ts`.
pub(super) async fn segment(shared: Arc<Shared>, request: MediaRequest) -> Option<Response> {
    let file = format!("{}.ts", request.name);
    let name = hls::Name::parse(&file)?;
    let key = StreamKey::new(&request.app, name.stream).ok()?;
    let data = shared.lives.find(&key)?.segment(name)?;
    let sent = if request.method == Method::HEAD { 0 } else { data.len() };
    if let Some(viewer) = path::query_value(&request.query, CONTEXT)
        && shared.viewers.see(&key, &viewer, sent) == Known::Ended
    {
        return Some(over(&key).into_response());
    }
    let head = [(CONTENT_TYPE, "video/mp2t"), (CACHE_CONTROL, "public, max-age=600")];
    Some((head, Body::from(data)).into_response())
}

/// The same playlist for everybody.
async fn plain(shared: &Shared, key: &StreamKey) -> Result<Bytes, Refused> {
    let live = shared.lives.find(key).ok_or_else(|| missing(key))?;
    live.playlist(FIRST_SEGMENT).await.ok_or_else(|| missing(key))
}

/// Gives a viewer a name, in a master playlist. It is a viewer once it comes back with the name: many only look.
fn new_viewer(shared: &Shared, request: &MediaRequest, key: &StreamKey) -> Result<Bytes, Refused> {
    shared.lives.find(key).ok_or_else(|| missing(key))?;
    let fresh = shared.viewers.fresh_name(key);
    let name = fresh.map_err(|err| (StatusCode::SERVICE_UNAVAILABLE, format!("{err}\n")))?;
    let more = if request.query.is_empty() { String::new() } else { format!("&{}", request.query) };
    Ok(playlist::master(&format!("{}?{CONTEXT}={name}{more}", request.path)).into())
}

/// The playlist of a viewer who has a name; one that nobody has yet is taken as it is, as SRS does.
async fn known_viewer(
    shared: &Shared,
    request: &MediaRequest,
    key: &StreamKey,
    name: &str,
) -> Result<Bytes, Refused> {
    let fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(fit) {
        let reason = format!("{CONTEXT} must be 1 to {MAX_NAME} letters, digits, '-' or '_'\n");
        return Err((StatusCode::BAD_REQUEST, reason));
    }
    let live = shared.lives.find(key).ok_or_else(|| missing(key))?;
    match shared.viewers.see(key, name, 0) {
        Known::Here => {}
        Known::Ended => return Err(over(key)),
        Known::Unknown if request.method == Method::HEAD => {}
        Known::Unknown => enter(shared, request, key, name.to_owned()).await?,
    }
    live.playlist_with(&format!("{CONTEXT}={name}"), FIRST_SEGMENT).await.ok_or_else(|| missing(key))
}

async fn enter(
    shared: &Shared,
    request: &MediaRequest,
    key: &StreamKey,
    name: String,
) -> Result<(), Refused> {
    let access = request.access(Action::Play, key.clone(), "hls");
    let subscription = shared.hub.subscribe(access).await.map_err(|refused| refusal(&refused))?;
    let window = shared.config.app(key.app()).window.to_std();
    shared.viewers.add(name, subscription, window * 2);
    Ok(())
}

fn missing(key: &StreamKey) -> Refused {
    let reason = format!("{key} has no segments: it is not being published, or began a moment ago\n");
    (StatusCode::NOT_FOUND, reason)
}

fn over(key: &StreamKey) -> Refused {
    (StatusCode::NOT_FOUND, format!("HLS stream {key} is EOF\n"))
}

/// An answer that says why not.
type Refused = (StatusCode, String);

/// The parameter that names a viewer.
const CONTEXT: &str = "hls_ctx";
const MAX_NAME: usize = 64;
/// How long a playlist is waited for at the beginning of a stream: players give up at 10 s, and ask again.
const FIRST_SEGMENT: Duration = Duration::from_secs(8);
