//! Where people are logged in.

use axum::extract::State;
use axum::http::StatusCode;
use control::Permission;

use super::whose::Whose;
use crate::Api;
use crate::body::Json;
use crate::caller::LoggedIn;
use crate::dto::{LoginView, Page};
use crate::params::{Path, Query};
use crate::problem::Problem;

/// Where one is logged in, or others are
#[utoipa::path(
    get, path = "/api/v2/logins", tag = "session", params(Whose),
    responses((status = 200, body = Page<LoginView>), (status = 403, body = Problem))
)]
pub(super) async fn list(
    State(api): State<Api>,
    caller: LoggedIn,
    Query(whose): Query<Whose>,
) -> Result<Json<Page<LoginView>>, Problem> {
    let user = whose.name(&caller)?;
    let logins = api.blocking(move |api| api.accounts.logins(user.as_deref())).await?;
    let items = logins.iter().map(|(id, login)| LoginView::new(id, login, &caller.own.id)).collect();
    Ok(Json(Page { items, next: None }))
}

/// Log out elsewhere
#[utoipa::path(
    delete, path = "/api/v2/logins/{id}", tag = "session", params(("id" = String, Path, description = "From the list")),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn revoke(
    State(api): State<Api>,
    caller: LoggedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let own = !caller.permissions.contains(&Permission::AccountsWrite);
    let ended = api
        .blocking(move |api| {
            let of = own.then_some(caller.user.name.as_str());
            let there = api.accounts.logins(of)?.iter().any(|(there, _)| there.as_str() == id);
            Ok::<_, control::accounts::Error>(there && api.accounts.revoke(&id)?)
        })
        .await?;
    if ended { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found("no login has that id")) }
}
