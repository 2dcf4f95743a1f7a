//! Guests.

use std::time::SystemTime;

use axum::extract::State;
use axum::http::StatusCode;
use control::entry::Error;
use control::passes::Invite;

use super::field;
use crate::Api;
use crate::body::Json;
use crate::dto::{ActionView, InviteToken, InviteView, InvitedView, NewInvite, Page};
use crate::params::Path;
use crate::problem::Problem;

/// Who is invited
///
/// Invitations that have ended are shown for a week.
#[utoipa::path(get, path = "/api/v2/invites", tag = "access", responses((status = 200, body = Page<InviteView>)))]
pub(super) async fn list(State(api): State<Api>) -> Result<Json<Page<InviteView>>, Problem> {
    let items = api.blocking(|api| {
        let all = api.passes.invites()?.into_iter();
        all.map(|(id, invite)| {
            let token = api.passes.token(&id, &invite)?;
            Ok::<_, Error>(InviteView::new(id, invite, token))
        })
        .collect()
    });
    Ok(Json(Page { items: items.await?, next: None }))
}

/// Invite somebody
///
/// They publish or watch one stream without a key until a day, or until they are uninvited.
#[utoipa::path(
    post, path = "/api/v2/invites", tag = "access", request_body = NewInvite,
    responses((status = 201, body = InviteView), (status = 409, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn create(
    State(api): State<Api>,
    Json(body): Json<NewInvite>,
) -> Result<(StatusCode, Json<InviteView>), Problem> {
    let NewInvite { label, action, app, stream, expires_in, network } = body;
    field::stream(&app, &stream)?;
    let invite = Invite {
        label,
        app,
        stream,
        publish: action == ActionView::Publish,
        network: field::network(network.as_deref())?,
        created: SystemTime::now(),
        expires: field::from_now("expires_in", expires_in)?,
    };
    let invited = api.blocking(move |api| {
        let (id, invite) = api.passes.invite(invite)?;
        let token = api.passes.token(&id, &invite)?;
        Ok::<_, Error>(InviteView::new(id, invite, token))
    });
    Ok((StatusCode::CREATED, Json(invited.await?)))
}

/// Uninvite somebody
///
/// They cannot come any more; who is there stays until kicked.
#[utoipa::path(
    delete, path = "/api/v2/invites/{id}", tag = "access", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem))
)]
pub(super) async fn remove(State(api): State<Api>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let id = field::id(id, "invitation")?;
    api.blocking(move |api| api.passes.uninvite(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// See what one is invited to
///
/// For the guest, who has no account and brings the token.
#[utoipa::path(
    post, path = "/api/v2/invited", tag = "access", request_body = InviteToken,
    responses((status = 200, body = InvitedView), (status = 404, body = Problem, description = "It does not hold, or not any more"))
)]
pub(super) async fn show(
    State(api): State<Api>,
    Json(body): Json<InviteToken>,
) -> Result<Json<InvitedView>, Problem> {
    let invite = api.blocking(move |api| api.passes.invited(&body.token)).await?;
    let invite = invite.ok_or_else(|| Problem::not_found("the invitation has ended, or never was"))?;
    Ok(Json(InvitedView::new(invite)))
}
