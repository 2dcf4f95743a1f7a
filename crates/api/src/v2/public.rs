//! What anybody may know.

use std::time::SystemTime;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use hub::{Phase, StreamKey};
use jobs::snapshot::Width;
use media::Reordering;

use super::streams::{key_in, not_live, picture};
use crate::Api;
use crate::body::Json;
use crate::caller::Origin;
use crate::dto::{Jpeg, PublicStreamView};
use crate::params::Path;
use crate::problem::Problem;

/// Whether a stream is live, and where it can be watched
///
/// For pages that show it, without an account. A name that nobody publishes is answered as one that nobody ever has. Of a stream that asks for
/// a pass no more is told than that, unless the pass is in the query, as for the stream itself.
#[utoipa::path(
    get, path = "/api/v2/public/streams/{id}", tag = "public",
    params(
        ("id" = String, Path, description = "`app/name`, with its slashes as `%2F`"),
        ("token" = Option<String>, Query, description = "A pass"),
    ),
    responses((status = 200, body = PublicStreamView), (status = 422, body = Problem))
)]
pub(super) async fn stream(
    State(api): State<Api>,
    origin: Origin,
    RawQuery(query): RawQuery,
    Path(id): Path<String>,
) -> Result<Json<PublicStreamView>, Problem> {
    let key = key_in("id", &id)?;
    let live = api.hub.publication(&key).filter(|publication| publication.phase() == Phase::Live);
    let publisher = api.hub.publisher(&key);
    let (Some(publication), Some(publisher)) = (live, publisher) else {
        return Ok(Json(PublicStreamView::default()));
    };
    if api.hub.is_secret(&key) {
        return Ok(Json(PublicStreamView::default()));
    }
    let guarded = api.hub.is_guarded(&key);
    if !may_watch(&api, &key, query, &origin) {
        return Ok(Json(PublicStreamView { live: true, guarded, ..PublicStreamView::default() }));
    }
    let tracks = publication.tracks();
    let viewers = api.metrics.latest().viewers.get(&key).copied().unwrap_or(0);
    let listens = api.listens().iter().any(|(name, _)| *name == "webrtc");
    let webrtc = listens && publication.reordering() != Reordering::Needed;
    let outputs = gateway::outputs(&key, &tracks, webrtc);
    let view = PublicStreamView::new(publisher.since, &tracks, outputs, viewers);
    let timeshift = api.timeshifts.reach(&key).map(|reach| reach.as_millis().unsigned_abs() / 1_000);
    Ok(Json(PublicStreamView { guarded, timeshift, ..view }))
}

/// What a stream looks like, for pages that have yet to play it
///
/// As `GET /api/v2/streams/{id}/snapshot`, 960 pixels wide at most, for whoever may watch the stream. To others it is not there.
#[utoipa::path(
    get, path = "/api/v2/public/streams/{id}/snapshot", tag = "public",
    params(
        ("id" = String, Path, description = "`app/name`, with its slashes as `%2F`"),
        ("token" = Option<String>, Query, description = "A pass"),
        ("if-none-match" = Option<String>, Header, description = "`etag` of a picture that is there already"),
    ),
    responses(
        (status = 200, content_type = "image/jpeg", body = Jpeg, headers(("etag" = String, description = "Changes with the picture"))),
        (status = 304, description = "The picture is the same"),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "There is no picture (yet)"),
        (status = 422, body = Problem),
        (status = 502, body = Problem, description = "The picture cannot be decoded"),
        (status = 503, body = Problem, description = "FFmpeg is missing or has too much to do; `retry-after` says when to try again"),
    )
)]
pub(super) async fn snapshot(
    State(api): State<Api>,
    origin: Origin,
    RawQuery(query): RawQuery,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let key = key_in("id", &id)?;
    if api.hub.is_secret(&key) || !may_watch(&api, &key, query, &origin) {
        return Err(not_live(&id));
    }
    // One width for all, so that strangers make the server decode each key frame once.
    let width = Width::new(POSTER).map_err(|wrong| Problem::field("width", wrong))?;
    picture(&api, &key, width, &headers).await
}

/// Whether who comes from `origin` with that query may watch `key`, or what it is a rendition of.
fn may_watch(api: &Api, key: &StreamKey, query: Option<String>, origin: &Origin) -> bool {
    let parent = api.hub.publication(key).and_then(|publication| publication.parent());
    let key = parent.as_ref().map_or(key, |parent| parent.key());
    api.keys.gate().may_watch(key, &query.unwrap_or_default(), origin.from, SystemTime::now())
}

/// Pixels across.
const POSTER: u32 = 960;
