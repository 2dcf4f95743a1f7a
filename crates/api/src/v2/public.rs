//! What anybody may know.

use std::time::SystemTime;

use axum::extract::{RawQuery, State};
use hub::Phase;
use media::Reordering;

use super::streams::key_in;
use crate::Api;
use crate::body::Json;
use crate::caller::Origin;
use crate::dto::PublicStreamView;
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
    let query = query.unwrap_or_default();
    if !api.keys.gate().may_watch(&key, &query, origin.from, SystemTime::now()) {
        return Ok(Json(PublicStreamView { live: true, guarded, ..PublicStreamView::default() }));
    }
    let tracks = publication.tracks();
    let viewers = api.metrics.latest().viewers.get(&key).copied().unwrap_or(0);
    let listens = api.listens().iter().any(|(name, _)| *name == "webrtc");
    let webrtc = listens && publication.reordering() != Reordering::Needed;
    let outputs = gateway::outputs(&key, &tracks, webrtc);
    let view = PublicStreamView::new(publisher.since, &tracks, outputs, viewers);
    Ok(Json(PublicStreamView { guarded, ..view }))
}
