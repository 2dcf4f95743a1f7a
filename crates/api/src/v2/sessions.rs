//! Publishers and viewers.

use axum::extract::State;
use axum::http::StatusCode;
use hub::{Action, SessionId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::Api;
use crate::body::Json;
use crate::dto::{Page, PlayerView};
use crate::params::{Path, Query};
use crate::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Of this stream only: `app/name`.
    stream: Option<String>,
    /// Publishers or viewers only.
    #[param(inline)]
    action: Option<Wanted>,
    /// From the one behind this: `next` of the last answer.
    after: Option<u64>,
    /// At most so many.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Wanted {
    Publish,
    Play,
}

/// Publishers and viewers, those who came first first
#[utoipa::path(
    get, path = "/api/v2/sessions", tag = "streams", params(Which),
    responses((status = 200, body = Page<PlayerView>), (status = 400, body = Problem))
)]
pub(super) async fn list(
    State(api): State<Api>,
    Query(which): Query<Which>,
) -> Result<Json<Page<PlayerView>>, Problem> {
    let limit = which.limit.unwrap_or(100).clamp(1, MOST);
    let wanted = |action: Action| match which.action {
        None => true,
        Some(Wanted::Publish) => action == Action::Publish,
        Some(Wanted::Play) => action == Action::Play,
    };
    let mut sessions = api.hub.sessions();
    sessions.retain(|session| {
        wanted(session.action)
            && which.after.is_none_or(|after| session.id.0 > after)
            && which.stream.as_ref().is_none_or(|stream| session.key.to_string() == *stream)
    });
    sessions.sort_unstable_by_key(|session| session.id);
    let more = sessions.len() > limit;
    sessions.truncate(limit);
    let next = sessions.last().filter(|_| more).map(|session| session.id.to_string());
    Ok(Json(Page { items: sessions.iter().map(|session| PlayerView::from(&**session)).collect(), next }))
}

/// Put a publisher or viewer out
#[utoipa::path(
    delete, path = "/api/v2/sessions/{id}", tag = "streams", params(("id" = u64, Path)),
    responses((status = 204), (status = 404, body = Problem))
)]
pub(super) async fn kick(State(api): State<Api>, Path(id): Path<u64>) -> Result<StatusCode, Problem> {
    if api.hub.kick(SessionId(id)) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found(format!("there is no session {id}")))
    }
}

const MOST: usize = 1000;
