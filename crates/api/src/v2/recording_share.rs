//! A recording for whoever has a link to it, without an account.

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use control::Permission;
use control::pass::{Grant, Pass};
use jobs::record::View;

use super::field;
use super::recordings::known;
use crate::Api;
use crate::access::{Guest, PASS};
use crate::body::Json;
use crate::caller::Caller;
use crate::dto::{NewShare, PublicRecordingView, ShareView, time};
use crate::params::Path;
use crate::problem::Problem;

/// Share a recording by a link
///
/// Signs a pass: whoever has the link watches and downloads this recording, and nothing else, until it expires. Only another signing key
/// takes it back before. A site that has the key can sign passes itself: see `GET /api/v2/passes`.
#[utoipa::path(
    post, path = "/api/v2/recordings/{id}/share", tag = "recordings", params(("id" = String, Path)), request_body = NewShare,
    responses((status = 201, body = ShareView), (status = 404, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn share(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<NewShare>,
) -> Result<(StatusCode, Json<ShareView>), Problem> {
    // Nobody gives away what they may not see themselves.
    if !caller.may(Permission::RecordingsRead) {
        return Err(Problem::forbidden(Permission::RecordingsRead));
    }
    known(&api, &caller, &id)?;
    let expires = field::from_now("expires_in", body.expires_in)?;
    let network = field::network(body.network.as_deref())?;
    let pass =
        api.passes.sign(&Pass { grant: Grant::Recording(id.clone()), expires, network, invite: None })?;
    let path = format!("/watch/recordings/{id}?{PASS}={pass}");
    Ok((StatusCode::CREATED, Json(ShareView { path, pass, expires: time(expires) })))
}

/// What there is to know of a recording for whoever watches it
///
/// For those who bring a pass, and have no account.
#[utoipa::path(
    get, path = "/api/v2/public/recordings/{id}", tag = "public",
    params(("id" = String, Path), ("pass" = Option<String>, Query, description = "A pass for it, by those who have no account")),
    responses(
        (status = 200, body = PublicRecordingView),
        (status = 403, body = Problem, description = "The pass is for something else, is none (`pass_wrong`), holds no more (`pass_expired`) or elsewhere (`pass_elsewhere`)"),
        (status = 404, body = Problem),
    )
)]
pub(super) async fn show(
    State(api): State<Api>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Json<PublicRecordingView>, Problem> {
    let view = reader.known(&api, &id)?;
    let (label, expires) = (reader.label(&api, &view), reader.guest().map(|guest| guest.expires));
    Ok(Json(PublicRecordingView::new(&view, label, expires)))
}

/// Who asks for a recording, to look at it.
pub(super) enum Reader {
    /// Somebody who is known.
    Caller(Box<Caller>),
    /// Whoever brought a pass for it.
    Guest(Guest),
}

impl<S: Sync> FromRequestParts<S> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Reader, Problem> {
        match parts.extensions.get::<Guest>() {
            Some(guest) => Ok(Reader::Guest(guest.clone())),
            None => Ok(Reader::Caller(Box::new(Caller::from_request_parts(parts, state).await?))),
        }
    }
}

impl Reader {
    /// The recording `id`, if it is there for them.
    pub(super) fn known(&self, api: &Api, id: &str) -> Result<View, Problem> {
        match self {
            Reader::Caller(caller) => known(api, caller, id),
            Reader::Guest(_) => Ok(api.recordings.view(id)?),
        }
    }

    pub(super) fn guest(&self) -> Option<&Guest> {
        match self {
            Reader::Caller(_) => None,
            Reader::Guest(guest) => Some(guest),
        }
    }

    /// What a recording is called, unless that is a secret to them: the first label is the stream's name, which may be a key.
    pub(super) fn label<'a>(&self, api: &Api, view: &'a View) -> Option<&'a str> {
        let label = &*view.manifest.label;
        let is_secret = || {
            view.stream().is_some_and(|stream| {
                // A rendition is called after the stream that it is of.
                let name = stream.name().rsplit_once('@').map_or(stream.name(), |(name, _)| name);
                label.contains(name) && api.hub.is_secret(&stream)
            })
        };
        (self.guest().is_none() || !is_secret()).then_some(label)
    }

    /// Behind the address of something that is asked for next, so that they get that as well.
    pub(super) fn query(&self) -> String {
        self.guest().map_or_else(String::new, |guest| format!("?{PASS}={}", guest.pass))
    }
}

#[cfg(test)]
#[path = "recording_share_test.rs"]
mod tests;
