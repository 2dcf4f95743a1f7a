//! Who changed what.

use axum::extract::State;

use crate::Api;
use crate::body::Json;
use crate::dto::{DeedView, Page};
use crate::paging::Paging;
use crate::params::Query;
use crate::problem::Problem;

/// Who changed what, newest first
#[utoipa::path(
    get, path = "/api/v2/audit", tag = "users", params(Paging),
    responses((status = 200, body = Page<DeedView>), (status = 400, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn list(
    State(api): State<Api>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<DeedView>>, Problem> {
    let limit = paging.limit()?;
    let entries = api.audit.newest(paging.number()?, limit + 1);
    Ok(Json(Page::cut(entries, limit, |entry| entry.number.to_string(), |entry| DeedView::from(entry))))
}
