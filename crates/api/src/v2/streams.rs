//! Streams.

use axum::extract::State;
use axum::http::StatusCode;
use hub::StreamKey;

use crate::Api;
use crate::body::Json;
use crate::dto::{Page, StreamView};
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
    Query(paging): Query<Paging>,
) -> Result<Json<Page<StreamView>>, Problem> {
    let limit = paging.limit()?;
    let mut streams = api.hub.streams();
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
    Path(id): Path<String>,
) -> Result<Json<StreamView>, Problem> {
    let key = key(&id)?;
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
pub(super) async fn kick(State(api): State<Api>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    if api.hub.kick_stream(&key(&id)?) { Ok(StatusCode::NO_CONTENT) } else { Err(not_live(&id)) }
}

fn key(id: &str) -> Result<StreamKey, Problem> {
    key_in("id", id)
}

/// The stream that `field` of the request names.
pub(super) fn key_in(field: &str, id: &str) -> Result<StreamKey, Problem> {
    let (app, name) = id.rsplit_once('/').ok_or_else(|| Problem::field(field, "is not app/name"))?;
    StreamKey::new(app, name).map_err(|error| Problem::field(field, error.to_string()))
}

fn not_live(id: &str) -> Problem {
    Problem::not_found(format!("nobody publishes {id}"))
}
