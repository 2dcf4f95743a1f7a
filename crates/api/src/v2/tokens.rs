//! API tokens.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use control::Permission;

use super::field;
use super::whose::Whose;
use crate::Api;
use crate::body::Json;
use crate::caller::LoggedIn;
use crate::dto::{MadeToken, NewToken, Page, TokenView};
use crate::params::{Path, Query};
use crate::problem::Problem;

/// One's tokens, or others'
#[utoipa::path(
    get, path = "/api/v2/tokens", tag = "tokens", params(Whose),
    responses((status = 200, body = Page<TokenView>), (status = 403, body = Problem))
)]
pub(super) async fn list(
    State(api): State<Api>,
    caller: LoggedIn,
    Query(whose): Query<Whose>,
) -> Result<Json<Page<TokenView>>, Problem> {
    let user = whose.name(&caller)?;
    let tokens = api.blocking(move |api| api.accounts.tokens(user.as_deref())).await?;
    Ok(Json(Page { items: tokens.iter().map(|(id, token)| TokenView::new(id, token)).collect(), next: None }))
}

/// Make a token
///
/// Whoever has it does in one's name what it is for, as long as one may oneself.
#[utoipa::path(
    post, path = "/api/v2/tokens", tag = "tokens", request_body = NewToken,
    responses((status = 201, body = MadeToken), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn create(
    State(api): State<Api>,
    caller: LoggedIn,
    Json(body): Json<NewToken>,
) -> Result<(StatusCode, Json<MadeToken>), Problem> {
    let NewToken { label, permissions, expires_in } = body;
    expires_in.map(|seconds| field::from_now("expires_in", seconds)).transpose()?;
    let lasts = expires_in.map(Duration::from_secs);
    let (secret, id, token) =
        api.blocking(move |api| api.accounts.create_token(&caller.user, &label, &permissions, lasts)).await?;
    let made = MadeToken { token: TokenView::new(&id, &token), secret: secret.reveal().to_owned() };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Revoke a token
#[utoipa::path(
    delete, path = "/api/v2/tokens/{id}", tag = "tokens", params(("id" = String, Path, description = "From the list")),
    responses((status = 204), (status = 404, body = Problem))
)]
pub(super) async fn revoke(
    State(api): State<Api>,
    caller: LoggedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let all = caller.permissions.contains(&Permission::AccountsWrite);
    let revoked = api
        .blocking(move |api| api.accounts.revoke_token(&id, (!all).then_some(caller.user.name.as_str())))
        .await?;
    if revoked { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found("no token has that id")) }
}
