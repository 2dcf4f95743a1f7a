//! What anybody may know.

use axum::extract::State;
use hub::Phase;

use super::streams::key_in;
use crate::Api;
use crate::body::Json;
use crate::dto::PublicStreamView;
use crate::params::Path;
use crate::problem::Problem;

/// Whether a stream is live, and where it can be watched
///
/// For pages that show it, without an account. A name that nobody publishes is answered as one that nobody ever has.
#[utoipa::path(
    get, path = "/api/v2/public/streams/{id}", tag = "public",
    params(("id" = String, Path, description = "`app/name`, with its slashes as `%2F`")),
    responses((status = 200, body = PublicStreamView), (status = 422, body = Problem))
)]
pub(super) async fn stream(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<Json<PublicStreamView>, Problem> {
    let key = key_in("id", &id)?;
    let live = api.hub.publication(&key).filter(|publication| publication.phase() == Phase::Live);
    let publisher = api.hub.publisher(&key);
    let (Some(publication), Some(publisher)) = (live, publisher) else {
        return Ok(Json(PublicStreamView::default()));
    };
    if api.keys.gate().publishing().is_secret(&key) {
        return Ok(Json(PublicStreamView::default()));
    }
    let tracks = publication.tracks();
    let viewers = api.metrics.latest().viewers.get(&key).copied().unwrap_or(0);
    let outputs = gateway::outputs(&key, &tracks);
    Ok(Json(PublicStreamView::new(publisher.since, &tracks, outputs, viewers)))
}
