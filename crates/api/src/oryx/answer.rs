//! What Oryx answers: an envelope, or text with status 500.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use control::{accounts, platform};
use serde_json::Value;

use crate::problem::Problem;

/// Why it was not done, as the text of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure(pub(super) String);

impl Failure {
    pub(super) fn new(text: impl Into<String>) -> Failure {
        Failure(text.into())
    }

    /// `feature` is not there: what was asked for would change or start something.
    pub(super) fn not_yet(feature: &str) -> Failure {
        Failure(format!("{feature}: this server does not do that yet"))
    }

    /// `before`, and what the request called it: some of it, as anybody may ask.
    pub(super) fn about(before: &str, what: &str) -> Failure {
        let what: String = what.chars().take(SHOWN).collect();
        Failure(format!("{before}{what}"))
    }

    /// `outer: inner`, as Oryx wraps errors.
    pub(super) fn within(self, outer: &str) -> Failure {
        Failure(format!("{outer}: {}", self.0))
    }
}

/// Characters of a name that an error repeats.
const SHOWN: usize = 256;

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Failure {
        Problem::internal(&error).into()
    }
}

/// What the caller can do something about is said as it is.
impl From<platform::Error> for Failure {
    fn from(error: platform::Error) -> Failure {
        use platform::Error;
        match error {
            Error::Account(accounts::Error::Password(_)) => Failure(error.to_string()),
            Error::Account(_) | Error::Store(_) | Error::Token(_) | Error::Randomness(_) => {
                Problem::internal(&error).into()
            }
            other => Failure(other.to_string()),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        text(StatusCode::INTERNAL_SERVER_ERROR, &self.0)
    }
}

/// Plain text as Go's `http.Error` sends it.
pub(super) fn text(status: StatusCode, text: &str) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (status, NOT_STORED, headers, format!("{text}\n")).into_response()
}

/// What was asked for, in the envelope; as JSONP for `callback`.
pub(super) fn success(data: &Value, callback: Option<&str>) -> Response {
    // In this order, whatever a map would make of it.
    let body = format!(r#"{{"code":0,"data":{},"server":{}}}"#, escaped(data), std::process::id());
    json(body, callback)
}

/// `body` as JSON, or as a call of the function `callback`.
pub(super) fn json(body: String, callback: Option<&str>) -> Response {
    match callback.filter(|name| is_function(name)) {
        None => (NOT_STORED, [(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Some(name) => {
            let kind = [(header::CONTENT_TYPE, "application/javascript")];
            (NOT_STORED, kind, format!("{name}({body})")).into_response()
        }
    }
}

/// Secrets and tokens are in many answers, keys and addresses in others: nothing for a cache on the way, whatever Oryx says.
const NOT_STORED: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// What stands in a page cannot be anything but the name of a function.
fn is_function(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_$.".contains(c))
}

/// JSON without the characters that mean something in HTML, as Go writes it.
pub(super) fn escaped(value: &Value) -> String {
    let text = value.to_string();
    if !text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return text;
    }
    let text = text.replace('<', r"\u003c").replace('>', r"\u003e").replace('&', r"\u0026");
    // In JavaScript, which JSONP is, these two end a line.
    text.replace('\u{2028}', r"\u2028").replace('\u{2029}', r"\u2029")
}

/// What could not be done for reasons of ours; the log has them.
impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure(problem.text())
    }
}
