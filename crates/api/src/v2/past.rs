//! Streams that were live.

use std::cmp::Reverse;

use axum::extract::State;
use axum::http::StatusCode;
use hub::{Phase, StreamKey};

use super::streams::key_in;
use crate::Api;
use crate::body::Json;
use crate::caller::Caller;
use crate::dto::{Page, PastStreamView};
use crate::paging::Paging;
use crate::params::{Path, Query};
use crate::problem::Problem;

/// Streams that were live and that nobody publishes at present, those that were seen last first
///
/// The last 200 are remembered, also when the server is started again.
#[utoipa::path(
    get, path = "/api/v2/past-streams", tag = "streams", params(Paging),
    responses((status = 200, body = Page<PastStreamView>), (status = 400, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<PastStreamView>>, Problem> {
    let limit = paging.limit()?;
    let mut past = api.past.all();
    past.retain(|(key, _)| caller.may_know(key, &api.hub) && !is_on(&api, key));
    past.sort_by_cached_key(|(key, seen)| (Reverse(seen.until), key.to_string()));
    if let Some(after) = paging.name() {
        let at = past.iter().position(|(key, _)| key.to_string() == after);
        let at = at.ok_or_else(|| Problem::field("after", "is not `next` of an answer"))?;
        past.drain(..=at);
    }
    Ok(Json(Page::cut(past, limit, |(key, _)| key.to_string(), |(key, seen)| PastStreamView::new(key, seen))))
}

/// Whether somebody publishes it, or may return to it.
fn is_on(api: &Api, key: &StreamKey) -> bool {
    let publication = api.hub.publication(key);
    publication.is_some_and(|publication| matches!(publication.phase(), Phase::Live | Phase::Dropped))
}

/// Forget a stream that was live
#[utoipa::path(
    delete, path = "/api/v2/past-streams/{id}", tag = "streams",
    params(("id" = String, Path, description = "`app/name`, with its slashes as `%2F`")),
    responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn forget(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let key = key_in("id", &id)?;
    let unknown = || Problem::not_found(format!("{id} is not remembered"));
    if !caller.may_know(&key, &api.hub) {
        return Err(unknown());
    }
    let known = api.away(move |api| api.past.forget(&key)).await?;
    if known.map_err(|error| Problem::internal(&error))? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(unknown())
    }
}
