//! The log of the server.

use axum::extract::State;
use serde::Deserialize;
use tracing::Level;
use utoipa::{IntoParams, ToSchema};

use crate::Api;
use crate::body::Json;
use crate::dto::{LogLineView, Page};
use crate::log_lines::{LogLine, Wanted};
use crate::paging::Paging;
use crate::params::Query;
use crate::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// As bad as this, or worse.
    #[param(inline)]
    level: Option<LevelName>,
    /// Somewhere in the message, the target or a field (`name=value`), in any case; at most 256 bytes.
    #[param(max_length = 256)]
    contains: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum LevelName {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// The last lines of the log, oldest first
///
/// The last 2,000 are kept in memory. Without `after` these are the newest; with it, those that follow, from the oldest that there is: 0 begins there.
#[utoipa::path(
    get, path = "/api/v2/logs", tag = "system", params(Which, Paging),
    responses((status = 200, body = Page<LogLineView>), (status = 400, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn list(
    State(api): State<Api>,
    Query(which): Query<Which>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<LogLineView>>, Problem> {
    let (after, limit) = (paging.number()?, paging.limit()?);
    if which.contains.as_ref().is_some_and(|text| text.len() > LONGEST) {
        return Err(Problem::field("contains", format!("has more than {LONGEST} bytes")));
    }
    let level = match which.level {
        Some(LevelName::Error) => Level::ERROR,
        Some(LevelName::Warn) => Level::WARN,
        Some(LevelName::Info) => Level::INFO,
        Some(LevelName::Debug) => Level::DEBUG,
        Some(LevelName::Trace) | None => Level::TRACE,
    };
    let wanted = Wanted { level, contains: which.contains.map(|text| text.to_lowercase()) };
    let lines = match after {
        None => api.logs.newest(&wanted, limit),
        Some(after) => api.logs.after(after, &wanted, limit + 1).0,
    };
    let place = |line: &std::sync::Arc<LogLine>| line.number.to_string();
    Ok(Json(Page::cut(lines, limit, place, |line| LogLineView::from(&**line))))
}

/// Bytes of a text to look for.
const LONGEST: usize = 256;
