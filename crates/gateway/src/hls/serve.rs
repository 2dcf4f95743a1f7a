//! Answers to requests for playlists and segments.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hls::playlist;
use hub::{Action, StreamKey};

use super::answer::Answer;
use super::live::Live;
use super::viewers::Known;
use super::{Shared, ll, past};
use crate::config::{HlsApp, HlsMode, HlsVariant};
use crate::http::{MediaRequest, refusal};
use crate::path;

/// `/{app…}/{name}.m3u8`.
pub(super) async fn playlist(shared: Arc<Shared>, request: MediaRequest) -> Option<Response> {
    let key = match request.stream_key() {
        Ok(key) => key,
        Err(refused) => return Some(refused.into_response()),
    };
    let app = shared.config.app(key.app());
    let variant = variant(&request, &app);
    // One playlist for all would let all in.
    let mode = if shared.hub.is_guarded(&key) { HlsMode::Context } else { app.mode };
    if past::is_wanted(&request) {
        return Some(listed(past::playlist(&shared, &request, &key, mode).await, "no-cache"));
    }
    let viewer = path::query_value(&request.query, CONTEXT);
    let answer = match (mode, variant, viewer) {
        (HlsMode::Plain, HlsVariant::Ts, _) => plain(&shared, &request, &key).await,
        (HlsMode::Plain, HlsVariant::Ll, _) => ll::plain(&shared, &request, &key).await,
        (HlsMode::Context, HlsVariant::Ts, None) => new_viewer(&shared, &request, &key),
        (HlsMode::Context, HlsVariant::Ll, None) => ll::new_viewer(&shared, &request, &key).await,
        (HlsMode::Context, HlsVariant::Ts, Some(name)) => known_viewer(&shared, &request, &key, &name).await,
        (HlsMode::Context, HlsVariant::Ll, Some(name)) => {
            ll::known_viewer(&shared, &request, &key, &name).await
        }
    };
    // A CDN may keep what is the same for everybody for as long as it stays so.
    let cache = match (mode, variant) {
        (HlsMode::Plain, HlsVariant::Ll) => "public, max-age=1",
        (HlsMode::Plain, HlsVariant::Ts) if app.fragment.as_millis() < 5_000 => "public, max-age=1",
        (HlsMode::Plain, HlsVariant::Ts) => "public, max-age=10",
        (HlsMode::Context, _) => "no-cache",
    };
    Some(listed(answer, cache))
}

/// An answer that is a playlist, or why there is none.
fn listed(answer: Result<Bytes, Refused>, cache: &'static str) -> Response {
    match answer {
        Ok(text) => {
            ([(CONTENT_TYPE, "application/vnd.apple.mpegurl"), (CACHE_CONTROL, cache)], Body::from(text))
                .into_response()
        }
        Err(refused) => refused.into_response(),
    }
}

/// `/{app…}/{name}-{sequence}-{unix ms}.ts`.
pub(super) async fn segment(shared: Arc<Shared>, request: MediaRequest) -> Option<Response> {
    let file = format!("{}.ts", request.name);
    let name = hls::Name::parse(&file)?;
    let key = StreamKey::new(&request.app, name.stream).ok()?;
    let pieces = vec![shared.lives.find(&key)?.segment(name)?];
    let answer = Answer { content_type: "video/mp2t", cache: "public, max-age=600", pieces };
    Some(shared.send(&request, &key, answer))
}

impl Shared {
    /// Answers with a file, or what was asked of it, and counts it for the viewer who asks; one who was put out gets none. Of a
    /// guarded stream only its viewers get any.
    pub(super) fn send(&self, request: &MediaRequest, key: &StreamKey, mut answer: Answer) -> Response {
        if self.hub.is_guarded(key) {
            answer.cache = "private, max-age=600";
        }
        let (response, size) = answer.respond(&request.range);
        let sent = if request.method == Method::HEAD { 0 } else { size };
        self.let_through(request, key, sent).map_or_else(IntoResponse::into_response, |()| response)
    }

    /// Whether a request may have something of `key`, of which it gets `bytes`.
    pub(super) fn let_through(
        &self,
        request: &MediaRequest,
        key: &StreamKey,
        bytes: usize,
    ) -> Result<(), Refused> {
        let place = self.place(request, key);
        // Viewers without a name are kept by one that nobody can send.
        let viewer = path::query_value(&request.query, CONTEXT).filter(|name| good_name(name).is_ok());
        match viewer.map_or(Known::Unknown, |viewer| self.viewers.see(key, &viewer, place, bytes)) {
            Known::Ended => Err(over(key)),
            Known::Unknown if place.is_some() => Err(strangers(key)),
            Known::Elsewhere => Err(strangers(key)),
            Known::Here | Known::Unknown => Ok(()),
        }
    }

    /// Where a viewer has to be who says that it was let in to a guarded stream: names are easily told to others, and some easily
    /// guessed.
    fn place(&self, request: &MediaRequest, key: &StreamKey) -> Option<IpAddr> {
        self.hub.is_guarded(key).then(|| request.peer.ip())
    }

    /// The segments of `key`.
    pub(super) fn live(&self, key: &StreamKey) -> Result<Arc<Live>, Refused> {
        self.lives.find(key).ok_or_else(|| missing(key))
    }

    /// The address at which a viewer gets a media playlist under a name of its own, and nobody else.
    pub(super) fn fresh_uri(&self, request: &MediaRequest, key: &StreamKey) -> Result<String, Refused> {
        let fresh = self.viewers.fresh_name(key);
        let name = fresh.map_err(|err| (StatusCode::SERVICE_UNAVAILABLE, format!("{err}\n")))?;
        let more = if request.query.is_empty() { String::new() } else { format!("&{}", request.query) };
        Ok(format!("{}?{CONTEXT}={name}{more}", request.path))
    }

    /// Sees the viewer whose playlist says that it is `name`, of [`good_name`]; one that nobody has yet is taken as it is, as
    /// SRS does. `patience` is asked once it has been let in.
    pub(super) async fn see(
        &self,
        request: &MediaRequest,
        key: &StreamKey,
        name: String,
        patience: impl FnOnce() -> Duration,
    ) -> Result<(), Refused> {
        let place = self.place(request, key);
        match self.viewers.see(key, &name, place, 0) {
            Known::Here => {}
            Known::Ended => return Err(over(key)),
            Known::Unknown if request.method == Method::HEAD && place.is_none() => {}
            Known::Unknown | Known::Elsewhere => {
                let access = request.access(Action::Play, key.clone(), "hls");
                let entered = self.hub.subscribe(access).await;
                self.viewers.add(name, entered.map_err(|refused| refusal(&refused))?, patience());
            }
        }
        Ok(())
    }

    /// The same for a viewer without a name, in the mode in which one playlist is for all: whoever has the same address, player
    /// and query is one viewer. What a player adds from request to request does not count.
    pub(super) async fn see_unnamed(
        &self,
        request: &MediaRequest,
        key: &StreamKey,
        patience: Duration,
    ) -> Result<(), Refused> {
        let query = request.query.split('&').filter(|pair| !pair.starts_with(DIRECTIVE));
        // A space is in no name.
        let name = format!("{} {} {}", request.peer.ip(), request.agent, query.collect::<Vec<_>>().join("&"));
        self.see(request, key, name, || patience).await
    }

    /// A viewer is gone when not seen for so long.
    fn patience(&self, key: &StreamKey) -> Duration {
        self.config.app(key.app()).window.to_std() * 2
    }
}

/// Which segments a request is about.
fn variant(request: &MediaRequest, app: &HlsApp) -> HlsVariant {
    match path::query_value(&request.query, "variant").as_deref() {
        Some("ts") => HlsVariant::Ts,
        Some("ll") => HlsVariant::Ll,
        _ => app.variant,
    }
}

/// The same playlist for everybody.
async fn plain(shared: &Shared, request: &MediaRequest, key: &StreamKey) -> Result<Bytes, Refused> {
    let live = shared.live(key)?;
    shared.see_unnamed(request, key, shared.patience(key)).await?;
    live.playlist(FIRST_SEGMENT).await.ok_or_else(|| missing(key))
}

/// Gives a viewer a name, in a master playlist. It is a viewer once it comes back with the name: many only look.
fn new_viewer(shared: &Shared, request: &MediaRequest, key: &StreamKey) -> Result<Bytes, Refused> {
    shared.live(key)?;
    Ok(playlist::master(&shared.fresh_uri(request, key)?).into())
}

/// The playlist of a viewer who has a name.
async fn known_viewer(
    shared: &Shared,
    request: &MediaRequest,
    key: &StreamKey,
    name: &str,
) -> Result<Bytes, Refused> {
    let viewer = good_name(name)?;
    let live = shared.live(key)?;
    shared.see(request, key, viewer, || shared.patience(key)).await?;
    live.playlist_with(&format!("{CONTEXT}={name}"), FIRST_SEGMENT).await.ok_or_else(|| missing(key))
}

/// A name that viewers may give themselves.
pub(super) fn good_name(name: &str) -> Result<String, Refused> {
    let fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(fit) {
        let reason = format!("{CONTEXT} must be 1 to {MAX_NAME} letters, digits, '-' or '_'\n");
        return Err((StatusCode::BAD_REQUEST, reason));
    }
    Ok(name.to_owned())
}

pub(super) fn missing(key: &StreamKey) -> Refused {
    let reason = format!("{key} has no segments: it is not being published, or began a moment ago\n");
    (StatusCode::NOT_FOUND, reason)
}

/// What those get of a guarded stream who are none of its viewers.
fn strangers(key: &StreamKey) -> Refused {
    (StatusCode::FORBIDDEN, format!("{key} is for viewers who were let in: begin with its playlist\n"))
}

fn over(key: &StreamKey) -> Refused {
    (StatusCode::NOT_FOUND, format!("HLS stream {key} is EOF\n"))
}

/// An answer that says why not.
pub(super) type Refused = (StatusCode, String);

/// The parameter that names a viewer.
pub(super) const CONTEXT: &str = "hls_ctx";
/// What parameters begin with that players add (RFC 8216bis §6.2.5).
const DIRECTIVE: &str = "_HLS_";
const MAX_NAME: usize = 64;
/// How long a playlist is waited for at the beginning of a stream: players give up at 10 s, and ask again.
const FIRST_SEGMENT: Duration = Duration::from_secs(8);
