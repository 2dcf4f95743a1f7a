//! Passes: what signs them, and which streams ask for one.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use control::entry::Error;
use control::pass::{Grant, Pass};
use hub::Action;

use super::field;
use crate::Api;
use crate::body::Json;
use crate::dto::{ActionView, NewGuarded, NewPass, PassView, PassesView, Rotation, time};
use crate::problem::Problem;

/// Which streams ask for a pass, and what signs passes
///
/// Nothing asks for one until it is set. A site that has the key can sign passes itself: JSON Web Tokens (HS256) with the claims
/// `sub` (`live/cam`, `live/*`, `*/cam` or `*`), `act` (`play` or `publish`) and `exp`; `nbf` and `net` (a network) if wanted.
/// With `act` `recording` and the id of one in `sub` a pass is for that recording: see `POST /api/v2/recordings/{id}/share`.
#[utoipa::path(get, path = "/api/v2/passes", tag = "access", responses((status = 200, body = PassesView)))]
pub(super) async fn show(State(api): State<Api>) -> Json<PassesView> {
    Json(view(&api))
}

/// Choose which streams ask for a pass
///
/// From the next viewer on. HLS of such a stream is served to each viewer apart, whatever its mode.
#[utoipa::path(
    put, path = "/api/v2/passes", tag = "access", request_body = NewGuarded,
    responses((status = 200, body = PassesView), (status = 422, body = Problem))
)]
pub(super) async fn guard(
    State(api): State<Api>,
    Json(body): Json<NewGuarded>,
) -> Result<Json<PassesView>, Problem> {
    let scopes = body.guarded.iter().enumerate();
    let guarded = scopes
        .map(|(n, pattern)| field::scope(&format!("guarded[{n}]"), pattern))
        .collect::<Result<_, _>>()?;
    api.blocking(move |api| api.passes.set_guarded(guarded)).await?;
    Ok(Json(view(&api)))
}

/// Sign a pass
///
/// Whoever sends it as `token` in the query of a stream's address may watch, or publish.
#[utoipa::path(
    post, path = "/api/v2/passes", tag = "access", request_body = NewPass,
    responses((status = 201, body = PassView), (status = 422, body = Problem))
)]
pub(super) async fn sign(
    State(api): State<Api>,
    Json(body): Json<NewPass>,
) -> Result<(StatusCode, Json<PassView>), Problem> {
    let expires = field::from_now("expires_in", body.expires_in)?;
    let action = if body.action == Some(ActionView::Publish) { Action::Publish } else { Action::Play };
    let pass = Pass {
        grant: Grant::Streams { scope: field::scope("streams", &body.streams)?, action },
        expires,
        network: field::network(body.network.as_deref())?,
        invite: None,
    };
    let token = api.passes.sign(&pass)?;
    Ok((StatusCode::CREATED, Json(PassView { token, expires: time(expires) })))
}

/// Sign with another key from now on
///
/// Passes signed until now hold for `grace` seconds more, and invitations that were sent out as well: send them anew.
#[utoipa::path(
    post, path = "/api/v2/passes/rotate", tag = "access", request_body = Rotation,
    responses((status = 200, body = PassesView), (status = 422, body = Problem))
)]
pub(super) async fn rotate(
    State(api): State<Api>,
    Json(body): Json<Rotation>,
) -> Result<Json<PassesView>, Problem> {
    field::from_now("grace", body.grace)?;
    let rotated = api.blocking(move |api| {
        api.passes.rotate(Duration::from_secs(body.grace))?;
        Ok::<_, Error>(())
    });
    rotated.await?;
    Ok(Json(view(&api)))
}

fn view(api: &Api) -> PassesView {
    PassesView::new(&api.passes.guarded(), &api.passes.signing_key())
}
