//! The first account.

pub(super) mod probe;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use control::audit::Deed;

use super::session::logged_in;
use crate::Api;
use crate::body::Json;
use crate::caller::Origin;
use crate::dto::{SessionView, SetUp, SetupView};
use crate::problem::Problem;

/// Whether the server has to be set up
#[utoipa::path(get, path = "/api/v2/setup", tag = "setup", responses((status = 200, body = SetupView)))]
pub(super) async fn show(State(api): State<Api>) -> Json<SetupView> {
    Json(SetupView { required: api.accounts.setup().is_some(), version: env!("CARGO_PKG_VERSION") })
}

/// Make the first account, an admin's, and log in
#[utoipa::path(
    post, path = "/api/v2/setup", tag = "setup", request_body = SetUp,
    responses(
        (status = 201, body = SessionView, description = "Set up and logged in, by cookie"),
        (status = 403, body = Problem, description = "Another setup token"),
        (status = 409, body = Problem, description = "It is set up already"),
        (status = 422, body = Problem),
    )
)]
pub(super) async fn set_up(
    State(api): State<Api>,
    origin: Origin,
    Json(body): Json<SetUp>,
) -> Result<impl IntoResponse, Problem> {
    let SetUp { token, name, password } = body;
    let made = api.hashing(move |api| api.accounts.set_up(&token, &name, &password)).await;
    let (who, status) = match &made {
        Ok(user) => (Some(user.name.clone()), StatusCode::CREATED.as_u16()),
        Err(problem) => (None, problem.status()),
    };
    let action = "set up".to_owned();
    api.record(Deed { who, from: Some(origin.from), action, subject: String::new(), status }).await;
    let user = made?;
    logged_in(api, StatusCode::CREATED, user, origin).await
}
