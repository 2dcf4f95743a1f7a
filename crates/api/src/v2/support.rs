//! Access for a while for whoever helps: sees how the server does, changes nothing, and is told no secret.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Api;
use crate::body::Json;
use crate::caller::LoggedIn;
use crate::dto::{MadeToken, Page, TokenView};
use crate::params::Path;
use crate::problem::Problem;

/// Access for support that is to be given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSupport {
    /// Who is to have it.
    label: String,
    /// Seconds until it ends; without it, a day. From 60 to 604800.
    expires_in: Option<u64>,
}

/// Who has access for support, and when it was last used
#[utoipa::path(get, path = "/api/v2/support", tag = "support", responses((status = 200, body = Page<TokenView>)))]
pub(super) async fn list(State(api): State<Api>) -> Result<Json<Page<TokenView>>, Problem> {
    let tokens = api.blocking(|api| api.accounts.tokens(None)).await?;
    let support = tokens.iter().filter(|(_, token)| token.support);
    Ok(Json(Page { items: support.map(|(id, token)| TokenView::new(id, token)).collect(), next: None }))
}

/// Give access for support
///
/// Whoever has the secret may see streams, sessions, settings, metrics and the log, and make a bundle for diagnostics. They change nothing, and no
/// secret is shown to them. It ends by itself; each use is in the audit log, to within ten minutes.
#[utoipa::path(
    post, path = "/api/v2/support", tag = "support", request_body = NewSupport,
    responses((status = 201, body = MadeToken), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn give(
    State(api): State<Api>,
    caller: LoggedIn,
    Json(body): Json<NewSupport>,
) -> Result<(StatusCode, Json<MadeToken>), Problem> {
    let seconds = body.expires_in.unwrap_or(DAY);
    if !(60..=7 * DAY).contains(&seconds) {
        return Err(Problem::field("expires_in", format!("is not from 60 to {}", 7 * DAY)));
    }
    let (user, lasts) = (caller.user, Duration::from_secs(seconds));
    let made = api.blocking(move |api| api.accounts.create_support(&user, &body.label, lasts)).await?;
    let (secret, id, token) = made;
    let made = MadeToken { token: TokenView::new(&id, &token), secret: secret.reveal().to_owned() };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Take access for support away
#[utoipa::path(
    delete, path = "/api/v2/support/{id}", tag = "support", params(("id" = String, Path, description = "From the list")),
    responses((status = 204), (status = 404, body = Problem))
)]
pub(super) async fn take_away(State(api): State<Api>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let revoked = api
        .blocking(move |api| {
            let all = api.accounts.tokens(None)?;
            let is_support = all.iter().any(|(known, token)| known.as_str() == id && token.support);
            if is_support { api.accounts.revoke_token(&id, None) } else { Ok(false) }
        })
        .await?;
    if revoked {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("no access for support has that id"))
    }
}

const DAY: u64 = 24 * 3600;
