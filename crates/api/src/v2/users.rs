//! People with an account.

use axum::extract::State;
use axum::http::StatusCode;
use control::accounts;

use crate::Api;
use crate::body::Json;
use crate::caller::Caller;
use crate::dto::{ChangedUser, NewUser, Page, UserView};
use crate::params::Path;
use crate::problem::Problem;

/// Everybody with an account
#[utoipa::path(get, path = "/api/v2/users", tag = "users", responses((status = 200, body = Page<UserView>)))]
pub(super) async fn list(State(api): State<Api>) -> Result<Json<Page<UserView>>, Problem> {
    let users = api.blocking(|api| api.accounts.users()).await?;
    Ok(Json(Page { items: users.iter().map(UserView::from).collect(), next: None }))
}

/// Make an account
#[utoipa::path(
    post, path = "/api/v2/users", tag = "users", request_body = NewUser,
    responses((status = 201, body = UserView), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Json(body): Json<NewUser>,
) -> Result<(StatusCode, Json<UserView>), Problem> {
    caller.deals_with(body.role)?;
    let user = api.hashing(move |api| api.accounts.create(&body.name, &body.password, body.role)).await?;
    Ok((StatusCode::CREATED, Json(UserView::from(&user))))
}

/// One account
#[utoipa::path(
    get, path = "/api/v2/users/{name}", tag = "users", params(("name" = String, Path)),
    responses((status = 200, body = UserView), (status = 404, body = Problem))
)]
pub(super) async fn show(
    State(api): State<Api>,
    Path(name): Path<String>,
) -> Result<Json<UserView>, Problem> {
    let name = accounts::name(&name)?;
    let missing = format!("nobody is called {name}");
    let user = api.blocking(move |api| api.accounts.user(&name)).await?;
    user.map(|user| Json(UserView::from(&user))).ok_or_else(|| Problem::not_found(missing))
}

/// Change somebody's role or password
#[utoipa::path(
    patch, path = "/api/v2/users/{name}", tag = "users", params(("name" = String, Path)), request_body = ChangedUser,
    responses(
        (status = 200, body = UserView),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "The last admin has to stay one"),
        (status = 422, body = Problem),
    )
)]
pub(super) async fn change(
    State(api): State<Api>,
    caller: Caller,
    Path(name): Path<String>,
    Json(body): Json<ChangedUser>,
) -> Result<Json<UserView>, Problem> {
    let name = accounts::name(&name)?;
    let ChangedUser { password, role } = body;
    may_act_on(&api, &caller, &name).await?;
    role.map_or(Ok(()), |role| caller.deals_with(role))?;
    let hashes = password.is_some();
    let change = move |api: &Api| api.accounts.change(&name, role, password.as_deref());
    let user = if hashes { api.hashing(change).await? } else { api.blocking(change).await? };
    Ok(Json(UserView::from(&user)))
}

/// Remove an account
#[utoipa::path(
    delete, path = "/api/v2/users/{name}", tag = "users", params(("name" = String, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn remove(
    State(api): State<Api>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    let name = accounts::name(&name)?;
    may_act_on(&api, &caller, &name).await?;
    api.blocking(move |api| api.accounts.remove(&name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether `caller` may change what the account `name` is or has: see [`Caller::deals_with`]. Whoever is not there is found missing later.
pub(super) async fn may_act_on(api: &Api, caller: &Caller, name: &str) -> Result<(), Problem> {
    let name = name.to_owned();
    let user = api.blocking(move |api| api.accounts.user(&name)).await?;
    user.map_or(Ok(()), |user| caller.deals_with(user.role))
}
