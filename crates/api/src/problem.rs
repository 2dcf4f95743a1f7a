//! What went wrong, as problem details (RFC 9457).

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use control::{Permission, accounts, entry};
use jobs::{record, snapshot, storage, supervisor};
use serde::Serialize;
use tracing::{error, warn};
use utoipa::ToSchema;

/// An answer that is an error. `code` is stable; the words are for people and may change.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The same as the response's.
    status: u16,
    /// What went wrong, for programs.
    code: &'static str,
    /// The same for people, whatever the case at hand.
    title: &'static str,
    /// The case at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Which fields of the request are wrong, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// Seconds until it is worth trying again.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

/// A field that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// Its path in the request: `name`, `rules[0].cidr`.
    field: String,
    /// What is wrong with it.
    message: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, title: &'static str) -> Problem {
        Problem { status: status.as_u16(), code, title, detail: None, errors: Vec::new(), retry_after: None }
    }

    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Problem {
        self.detail = Some(detail.into().chars().take(MAX_REPEATED).collect());
        self
    }

    /// Worth trying again after so many seconds.
    pub(crate) fn retry_after(self, seconds: u64) -> Problem {
        Problem { retry_after: Some(seconds), ..self }
    }

    /// One field of the request is wrong.
    pub(crate) fn field(field: impl Into<String>, message: impl Into<String>) -> Problem {
        let mut problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", "A field is wrong");
        let cut = |text: String| text.chars().take(MAX_REPEATED).collect();
        problem.errors.push(FieldError { field: cut(field.into()), message: cut(message.into()) });
        problem
    }

    pub(crate) fn unauthenticated() -> Problem {
        Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Log in first")
    }

    pub(crate) fn csrf() -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "csrf", "The request lacks the login's CSRF token")
            .detail(format!("repeat `csrf` of GET /api/v2/session in the header {}", crate::caller::CSRF))
    }

    pub(crate) fn cross_origin() -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "cross_origin", "Another site's page may not log you in")
    }

    pub(crate) fn needs_login() -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "needs_login", "No token may do that; log in with your password")
    }

    pub(crate) fn forbidden(permission: Permission) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "forbidden", "You may not do that")
            .detail(format!("needs the permission {}", permission.name()))
    }

    pub(crate) fn only_looks() -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "only_looks", "Access for support changes nothing")
    }

    pub(crate) fn not_found(what: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing").detail(what)
    }

    pub(crate) fn method_not_allowed() -> Problem {
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "The resource has no such method")
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// In words.
    pub(crate) fn text(&self) -> String {
        self.detail.clone().unwrap_or_else(|| self.title.to_owned())
    }

    /// Something of ours failed: logged in full, told in one word.
    pub(crate) fn internal(err: &dyn std::error::Error) -> Problem {
        error!(err = %err, "a request failed");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The server could not do it")
            .detail("the server's log says why")
    }

    /// Too many do that already.
    pub(crate) fn busy() -> Problem {
        let title = "Too many files are being made";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", title).retry_after(5)
    }

    /// A bucket has not given what is in it. Its own words may name what whoever asks is not to know.
    pub(crate) fn storage(err: &std::io::Error) -> Problem {
        let known = err.get_ref().and_then(|err| err.downcast_ref::<storage::Error>());
        let why = known.map_or_else(|| err.to_string(), storage::Error::for_anybody);
        // As often as anybody asks, it is told now and then.
        let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|at| at.elapsed() > TOLD_EVERY) {
            *told = Some(Instant::now());
            warn!(why, "the bucket does not give a recording");
        }
        Problem::new(StatusCode::BAD_GATEWAY, "storage_failed", "The bucket does not give the recording")
            .detail(why)
    }
}

/// When it was told last that a bucket gives nothing.
static TOLD: Mutex<Option<Instant>> = Mutex::new(None);
const TOLD_EVERY: Duration = Duration::from_secs(10);
/// Characters of what a request may have brought in itself.
const MAX_REPEATED: usize = 512;

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).expect("made from one");
        let retry_after = self.retry_after;
        let body = serde_json::to_string(&self).expect("text and numbers");
        let mut response =
            (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<entry::Error> for Problem {
    fn from(err: entry::Error) -> Problem {
        use entry::Error;
        let text = err.to_string();
        match err {
            Error::Label => Problem::field("label", text),
            Error::Field { field, .. } => Problem::field(field, text),
            Error::TooMany { .. } => {
                Problem::new(StatusCode::CONFLICT, "too_many", "There are too many").detail(text)
            }
            Error::Taken { .. } => Problem::new(StatusCode::CONFLICT, "taken", "It is taken").detail(text),
            Error::Unknown { .. } => Problem::not_found(text),
            other => Problem::internal(&other),
        }
    }
}

impl From<supervisor::Error> for Problem {
    fn from(err: supervisor::Error) -> Problem {
        use supervisor::Error;
        let text = err.to_string();
        match err {
            Error::Entry(error) => error.into(),
            Error::Kind { .. } => Problem::field("kind", text),
            Error::Settings(bad) if bad.field == "." => Problem::field("settings", bad.reason),
            Error::Settings(bad) => Problem::field(format!("settings.{}", bad.field), bad.reason),
            other => Problem::internal(&other),
        }
    }
}

impl From<record::Error> for Problem {
    fn from(err: record::Error) -> Problem {
        use record::Error;
        let text = err.to_string();
        match err {
            Error::Unknown { .. } => Problem::not_found(text),
            Error::Busy { .. } => {
                Problem::new(StatusCode::CONFLICT, "being_made", "It is still being made").detail(text)
            }
            Error::Empty => Problem::field("from", text),
            Error::Unfit { .. } => {
                let title = "The file cannot be had in that format";
                Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unfit", title).detail(text)
            }
            Error::Full { .. } => {
                let title = "The disk has no room for it";
                Problem::new(StatusCode::INSUFFICIENT_STORAGE, "no_room", title).detail(text)
            }
            Error::Away { .. } => {
                let title = "The recording is in object storage only";
                Problem::new(StatusCode::CONFLICT, "in_storage_only", title)
            }
            Error::Elsewhere { .. } => {
                let title = "The recording is in another bucket than the one that is set";
                Problem::new(StatusCode::CONFLICT, "other_bucket", title)
            }
            Error::InClouds { .. } => {
                let title = "The recording is in segments in a cloud, and nowhere else";
                Problem::new(StatusCode::CONFLICT, "in_a_cloud", title)
            }
            Error::Io { source, .. } if source.get_ref().is_some_and(|err| err.is::<storage::Error>()) => {
                Problem::storage(&source)
            }
            Error::Entry(error) => error.into(),
            other => Problem::internal(&other),
        }
    }
}

impl From<snapshot::Error> for Problem {
    fn from(err: snapshot::Error) -> Problem {
        use snapshot::Error;
        let unavailable = |code, title| Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, title);
        let problem = match &err {
            Error::NotLive(_) => return Problem::not_found(err.to_string()),
            Error::NoVideo | Error::NoKeyFrame => {
                Problem::new(StatusCode::CONFLICT, "no_picture", "The stream has no picture")
            }
            Error::Missing(_) => unavailable("ffmpeg_missing", "It needs an FFmpeg that is not there"),
            Error::Busy => unavailable("busy", "Too many pictures are being made").retry_after(1),
            Error::NotNow(_) => unavailable("not_now", "The picture cannot be made now").retry_after(5),
            Error::Stopping => unavailable("stopping", "The server is shutting down").retry_after(5),
            Error::Undecodable { .. } => {
                Problem::new(StatusCode::BAD_GATEWAY, "undecodable", "The picture cannot be decoded")
            }
            _ => return Problem::internal(&err),
        };
        problem.detail(err.to_string())
    }
}

impl From<store::Error> for Problem {
    fn from(err: store::Error) -> Problem {
        Problem::internal(&err)
    }
}

impl From<accounts::Error> for Problem {
    fn from(err: accounts::Error) -> Problem {
        use accounts::Error;
        let text = err.to_string();
        match err {
            Error::Password(_) => Problem::field("password", text),
            Error::Name => Problem::field("name", text),
            Error::Label => Problem::field("label", text),
            Error::BeyondRole { .. } => Problem::field("permissions", text),
            Error::TooManyTokens => {
                Problem::new(StatusCode::CONFLICT, "too_many_tokens", "Too many tokens").detail(text)
            }
            Error::NameTaken { .. } => {
                Problem::new(StatusCode::CONFLICT, "name_taken", "The name is taken").detail(text)
            }
            Error::UnknownUser { .. } => Problem::not_found(text),
            Error::LastAdmin => {
                Problem::new(StatusCode::CONFLICT, "last_admin", "There has to be an admin").detail(text)
            }
            Error::SetUpAlready => {
                Problem::new(StatusCode::CONFLICT, "set_up_already", "The server is set up").detail(text)
            }
            Error::WrongSetupSecret => {
                Problem::new(StatusCode::FORBIDDEN, "wrong_setup_token", "Wrong setup token").detail(text)
            }
            Error::WrongPassword => {
                Problem::new(StatusCode::UNAUTHORIZED, "wrong_password", "Wrong name or password")
            }
            Error::CodeNeeded => {
                Problem::new(StatusCode::UNAUTHORIZED, "code_needed", "A code is needed as well").detail(text)
            }
            Error::WrongCode => {
                Problem::new(StatusCode::UNAUTHORIZED, "wrong_code", "Wrong code").detail(text)
            }
            Error::FactorSecret => Problem::field("secret", text),
            Error::TooManyTries { seconds } => {
                Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries", "Too many wrong tries")
                    .detail(text)
                    .retry_after(seconds)
            }
            other => Problem::internal(&other),
        }
    }
}
