//! Who may call a route.

use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use control::Permission;

use crate::Api;
use crate::caller::{self, Caller};
use crate::problem::Problem;

/// Who may call a route. Every route says it where it is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody, also without an account.
    Open,
    /// Whoever is logged in, or uses a token: what it shows is about themselves.
    Account,
    /// Whoever is logged in. No token opens it, for it is about logins, passwords and tokens themselves.
    Login,
    /// Whoever is logged in, or uses a token, and has that permission.
    Needs(Permission),
}

/// Lets through whom `access` allows, with the [`Caller`] known to the handler.
pub(crate) async fn guard(
    State((api, access)): State<(Api, Access)>,
    mut request: Request,
    next: Next,
) -> Response {
    let permission = match access {
        Access::Open => return next.run(request).await,
        Access::Account | Access::Login => None,
        Access::Needs(permission) => Some(permission),
    };
    let caller = match caller::identify(&api, request.headers(), request.extensions()).await {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    if changes(request.method()) && !caller.confirms(request.headers()) {
        return Problem::csrf().into_response();
    }
    if access == Access::Login && caller.login().is_none() {
        return Problem::needs_login().into_response();
    }
    if let Some(permission) = permission.filter(|permission| !caller.may(*permission)) {
        return Problem::forbidden(permission).into_response();
    }
    request.extensions_mut().insert::<Caller>(caller);
    let mut response = next.run(request).await;
    // What one may see is nothing for a cache between them and us.
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(NO_STORE);
    response
}

fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

const NO_STORE: axum::http::HeaderValue = axum::http::HeaderValue::from_static("no-store");
