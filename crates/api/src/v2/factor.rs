//! The second factor.

use axum::extract::State;
use control::accounts;

use super::users::may_act_on;
use crate::Api;
use crate::body::Json;
use crate::caller::{Caller, LoggedIn, Origin};
use crate::dto::{Confirmation, FactorView, NewFactor, UserView};
use crate::params::Path;
use crate::problem::Problem;

/// A secret for a second factor
///
/// A new one each time; nothing changes until it is sent back with the code that the app shows.
#[utoipa::path(get, path = "/api/v2/session/second-factor", tag = "session", responses((status = 200, body = FactorView)))]
pub(super) async fn propose(caller: LoggedIn) -> Result<Json<FactorView>, Problem> {
    let secret = accounts::new_factor()?;
    // Names consist of characters that stand in a URL as they are, but for `@`, which may.
    let url = format!("otpauth://totp/Sluice:{}?secret={secret}&issuer=Sluice", caller.user.name);
    Ok(Json(FactorView { secret, url }))
}

/// Log in with a code as well, from now on
#[utoipa::path(
    put, path = "/api/v2/session/second-factor", tag = "session", request_body = NewFactor,
    responses((status = 200, body = UserView), (status = 401, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn set(
    State(api): State<Api>,
    caller: LoggedIn,
    origin: Origin,
    Json(body): Json<NewFactor>,
) -> Result<Json<UserView>, Problem> {
    let name = caller.user.name;
    let user = api
        .hashing(move |api| {
            api.accounts.confirm(&name, &body.password, origin.from)?;
            api.accounts.set_factor(&name, &body.secret, &body.code)
        })
        .await?;
    Ok(Json(UserView::from(&user)))
}

/// Log in with the password alone, from now on
#[utoipa::path(
    delete, path = "/api/v2/session/second-factor", tag = "session", request_body = Confirmation,
    responses((status = 200, body = UserView), (status = 401, body = Problem))
)]
pub(super) async fn remove(
    State(api): State<Api>,
    caller: LoggedIn,
    origin: Origin,
    Json(body): Json<Confirmation>,
) -> Result<Json<UserView>, Problem> {
    let name = caller.user.name;
    let user = api
        .hashing(move |api| {
            api.accounts.confirm(&name, &body.password, origin.from)?;
            api.accounts.remove_factor(&name)
        })
        .await?;
    Ok(Json(UserView::from(&user)))
}

/// Let somebody who has lost their phone log in with the password alone
#[utoipa::path(
    delete, path = "/api/v2/users/{name}/second-factor", tag = "users", params(("name" = String, Path)),
    responses((status = 200, body = UserView), (status = 404, body = Problem))
)]
pub(super) async fn remove_of(
    State(api): State<Api>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<UserView>, Problem> {
    let name = accounts::name(&name)?;
    may_act_on(&api, &caller, &name).await?;
    let user = api.blocking(move |api| api.accounts.remove_factor(&name)).await?;
    Ok(Json(UserView::from(&user)))
}
