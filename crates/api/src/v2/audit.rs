//! Who changed what.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Api;
use crate::body::Json;
use crate::dto::{DeedView, Page};
use crate::params::Query;
use crate::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Older than this one: `next` of the last answer.
    after: Option<u64>,
    /// At most so many.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
}

/// Who changed what, newest first
#[utoipa::path(
    get, path = "/api/v2/audit", tag = "users", params(Which),
    responses((status = 200, body = Page<DeedView>), (status = 400, body = Problem))
)]
pub(super) async fn list(
    State(api): State<Api>,
    Query(which): Query<Which>,
) -> Result<Json<Page<DeedView>>, Problem> {
    let limit = which.limit.unwrap_or(100).clamp(1, MOST);
    let mut entries = api.audit.newest(which.after, limit + 1);
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| more).map(|entry| entry.number.to_string());
    Ok(Json(Page { items: entries.into_iter().map(DeedView::from).collect(), next }))
}

const MOST: usize = 1000;
