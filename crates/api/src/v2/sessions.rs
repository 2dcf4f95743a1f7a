//! Publishers and viewers.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use hub::{Action, Session, SessionId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::Api;
use crate::body::Json;
use crate::caller::Caller;
use crate::dto::{Page, PlayerView};
use crate::paging::Paging;
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
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Wanted {
    Publish,
    Play,
}

/// Publishers and viewers, those who came first first
#[utoipa::path(
    get, path = "/api/v2/sessions", tag = "streams", params(Which, Paging),
    responses((status = 200, body = Page<PlayerView>), (status = 400, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(which): Query<Which>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<PlayerView>>, Problem> {
    let (after, limit) = (paging.number()?, paging.limit()?);
    let wanted = |action: Action| match which.action {
        None => true,
        Some(Wanted::Publish) => action == Action::Publish,
        Some(Wanted::Play) => action == Action::Play,
    };
    let mut sessions = api.hub.present();
    sessions.retain(|session| {
        caller.may_know(&session.key, &api.hub)
            && wanted(session.action)
            && after.is_none_or(|after| session.id.0 > after)
            && which.stream.as_ref().is_none_or(|stream| session.key.to_string() == *stream)
    });
    sessions.sort_unstable_by_key(|session| session.id);
    let place = |session: &Arc<Session>| session.id.to_string();
    Ok(Json(Page::cut(sessions, limit, place, |session| PlayerView::from(&**session))))
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
