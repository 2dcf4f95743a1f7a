//! One's own login.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use control::accounts::{self, User};
use control::audit::Deed;

use crate::Api;
use crate::body::Json;
use crate::caller::{self, Caller, LoggedIn, Origin};
use crate::dto::{Credentials, NewPassword, SessionView};
use crate::problem::Problem;

/// Who one is, and what one may do
#[utoipa::path(
    get, path = "/api/v2/session", tag = "session",
    responses((status = 200, body = SessionView), (status = 401, body = Problem))
)]
pub(super) async fn show(caller: Caller) -> Json<SessionView> {
    Json(SessionView::new(&caller.user, caller.permissions(), caller.csrf()))
}

/// Log in
///
/// Who gives wrong passwords has to wait longer and longer, by address.
#[utoipa::path(
    post, path = "/api/v2/session", tag = "session", request_body = Credentials,
    responses(
        (status = 201, body = SessionView, description = "Logged in, by cookie"),
        (status = 401, body = Problem),
        (status = 429, body = Problem),
    )
)]
pub(super) async fn log_in(
    State(api): State<Api>,
    origin: Origin,
    Json(body): Json<Credentials>,
) -> Result<impl IntoResponse, Problem> {
    let (from, name) = (origin.from, body.name.chars().take(MAX_NAME).collect::<String>());
    let checked = api
        .hashing(move |api| api.accounts.check(&body.name, &body.password, body.code.as_deref(), from))
        .await;
    let (who, status) = match &checked {
        Ok(user) => (Some(user.name.clone()), StatusCode::CREATED.as_u16()),
        Err(problem) => (None, problem.status()),
    };
    let subject = named(&api, name).await;
    api.record(Deed { who, from: Some(from), action: "login".to_owned(), subject, status }).await;
    logged_in(api, StatusCode::CREATED, checked?, origin).await
}

/// Log out
#[utoipa::path(
    delete, path = "/api/v2/session", tag = "session",
    responses((status = 204), (status = 401, body = Problem))
)]
pub(super) async fn log_out(
    State(api): State<Api>,
    caller: LoggedIn,
    origin: Origin,
) -> Result<Response, Problem> {
    api.blocking(move |api| api.accounts.log_out(&caller.own.secret)).await?;
    let forget = caller::forget_cookies(origin.secure).into_iter().map(|cookie| (header::SET_COOKIE, cookie));
    Ok((StatusCode::NO_CONTENT, AppendHeaders(forget)).into_response())
}

/// Change one's password
///
/// Ends every other login; the answer logs this one in anew.
#[utoipa::path(
    put, path = "/api/v2/session/password", tag = "session", request_body = NewPassword,
    responses(
        (status = 200, body = SessionView),
        (status = 401, body = Problem, description = "Not logged in, or not the current password"),
        (status = 422, body = Problem),
        (status = 429, body = Problem),
    )
)]
pub(super) async fn change_password(
    State(api): State<Api>,
    caller: LoggedIn,
    origin: Origin,
    Json(body): Json<NewPassword>,
) -> Result<impl IntoResponse, Problem> {
    let (name, from) = (caller.user.name, origin.from);
    let user = api
        .hashing(move |api| {
            api.accounts.confirm(&name, &body.current, from)?;
            api.accounts.change(&name, None, Some(&body.password))
        })
        .await?;
    logged_in(api, StatusCode::OK, user, origin).await
}

/// Logs `user` in and tells the browser.
pub(super) async fn logged_in(
    api: Api,
    status: StatusCode,
    user: User,
    origin: Origin,
) -> Result<Response, Problem> {
    let of = user.clone();
    let secret = api.blocking(move |api| api.accounts.log_in(&of, origin.from, &origin.agent)).await?;
    let view = SessionView::of_login(&user, caller::csrf(secret.reveal()));
    let cookie = caller::set_cookie(secret.reveal(), origin.secure);
    let headers =
        [(header::SET_COOKIE, cookie), (header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"))];
    Ok((status, headers, Json(view)).into_response())
}

/// Whom the audit log is to name: somebody with an account, and nobody else. What was typed may be a password, in the wrong field.
async fn named(api: &Api, typed: String) -> String {
    let known = api.blocking(move |api| match accounts::name(&typed) {
        Ok(name) => Ok(api.accounts.user(&name)?.map(|user| user.name)),
        Err(_) => Ok::<_, accounts::Error>(None),
    });
    known.await.ok().flatten().unwrap_or_else(|| UNKNOWN.to_owned())
}

/// Characters of a name that are looked at: nobody has a longer one.
const MAX_NAME: usize = 80;
/// Who tried to log in by a name that nobody has.
const UNKNOWN: &str = "(unknown name)";
