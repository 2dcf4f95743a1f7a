//! Streams.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hub::StreamKey;
use jobs::snapshot::Width;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Api;
use crate::body::Json;
use crate::caller::Caller;
use crate::condition;
use crate::dto::{Jpeg, Page, StreamView};
use crate::paging::Paging;
use crate::params::{Path, Query};
use crate::problem::Problem;

/// Streams that are published, and those that are waited for, by name
#[utoipa::path(
    get, path = "/api/v2/streams", tag = "streams", params(Paging),
    responses((status = 200, body = Page<StreamView>), (status = 400, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<StreamView>>, Problem> {
    let limit = paging.limit()?;
    let mut streams = api.hub.streams();
    streams.retain(|info| caller.may_know(&info.key, &api.hub));
    streams.sort_by_cached_key(|info| info.key.to_string());
    if let Some(after) = paging.name() {
        streams.retain(|info| info.key.to_string().as_str() > after);
    }
    Ok(Json(Page::cut(streams, limit, |info| info.key.to_string(), |info| StreamView::from(info))))
}

/// One stream
#[utoipa::path(
    get, path = "/api/v2/streams/{id}", tag = "streams",
    params(("id" = String, Path, description = "`app/name`, with its slashes as `%2F`")),
    responses((status = 200, body = StreamView), (status = 404, body = Problem))
)]
pub(super) async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<StreamView>, Problem> {
    let key = known_key(&api, &caller, &id)?;
    let streams = api.hub.streams();
    let info = streams.iter().find(|info| info.key == key).ok_or_else(|| not_live(&id))?;
    Ok(Json(StreamView::from(info)))
}

/// Put a stream's publisher out
///
/// It may come back at once, if its key still holds. Viewers who can wait stay.
#[utoipa::path(
    post, path = "/api/v2/streams/{id}/kick", tag = "streams",
    params(("id" = String, Path, description = "`app/name`, with its slashes as `%2F`")),
    responses((status = 204), (status = 404, body = Problem))
)]
pub(super) async fn kick(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    if api.hub.kick_stream(&known_key(&api, &caller, &id)?) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(not_live(&id))
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Size {
    /// Pixels across, at most: the picture keeps its shape and is never enlarged.
    #[param(minimum = 16, maximum = 1920, default = 1920)]
    width: Option<u32>,
}

/// A picture of a stream
///
/// The newest key frame of its main video track as a JPEG, at most two seconds older than that. Needs FFmpeg on the server. Codes of
/// errors: `no_picture` for a stream of sound alone and before the first key frame, `undecodable` for what FFmpeg makes no picture of,
/// `ffmpeg_missing`, `busy`, `not_now` and `stopping`.
#[utoipa::path(
    get, path = "/api/v2/streams/{id}/snapshot", tag = "streams",
    params(
        ("id" = String, Path, description = "`app/name`, with its slashes as `%2F`"),
        Size,
        ("if-none-match" = Option<String>, Header, description = "`etag` of a picture that is there already"),
    ),
    responses(
        (status = 200, content_type = "image/jpeg", body = Jpeg, headers(("etag" = String, description = "Changes with the picture"))),
        (status = 304, description = "The picture is the same"),
        (status = 400, body = Problem),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "There is no picture (yet)"),
        (status = 422, body = Problem),
        (status = 502, body = Problem, description = "The picture cannot be decoded"),
        (status = 503, body = Problem, description = "FFmpeg is missing or has too much to do; `retry-after` says when to try again"),
    )
)]
pub(super) async fn snapshot(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Query(size): Query<Size>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let width = size.width.map_or(Ok(Width::default()), Width::new);
    let width = width.map_err(|wrong| Problem::field("width", wrong))?;
    picture(&api, &known_key(&api, &caller, &id)?, width, &headers).await
}

/// The newest picture of `key`, or that it is the one which who asks with `headers` has.
pub(super) async fn picture(
    api: &Api,
    key: &StreamKey,
    width: Width,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let snapshot = api.snapshots.take(&api.hub, key, width).await?;
    let tag = format!("\"{}\"", snapshot.tag);
    let known = condition::is_known(headers, &tag);
    let caching = [(header::ETAG, tag), (header::CACHE_CONTROL, "private, max-age=2".to_owned())];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    Ok((caching, Jpeg(snapshot.jpeg)).into_response())
}

/// The stream `id`; one whose name is a secret is not there for those who may see no keys.
fn known_key(api: &Api, caller: &Caller, id: &str) -> Result<StreamKey, Problem> {
    let key = key_in("id", id)?;
    if caller.may_know(&key, &api.hub) { Ok(key) } else { Err(not_live(id)) }
}

/// The stream that `field` of the request names.
pub(super) fn key_in(field: &str, id: &str) -> Result<StreamKey, Problem> {
    let (app, name) = id.rsplit_once('/').ok_or_else(|| Problem::field(field, "is not app/name"))?;
    StreamKey::new(app, name).map_err(|error| Problem::field(field, error.to_string()))
}

pub(super) fn not_live(id: &str) -> Problem {
    Problem::not_found(format!("nobody publishes {id}"))
}
