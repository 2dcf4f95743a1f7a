//! One endpoint: the body is read, then whoever calls is known or not, then it is done.

use std::net::IpAddr;
use std::ops::Deref;

use axum::extract::Request;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use control::audit::Deed;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::{self, Failure};
use super::body;
use crate::{Api, caller};

/// Who may call an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Anybody; those with a password look at it themselves.
    Open,
    /// Who has the API secret, or a token that follows from it.
    Secret,
    /// The same, and it is written down: it changes something.
    Change,
    /// Who sends a room's token in the body, which the endpoint compares itself once it has found the room; without one, as
    /// [`Secret`](Guard::Secret).
    Room,
    /// As [`Secret`](Guard::Secret), by `?token=` alone, which also may be the secret itself: players send no headers.
    Link,
}

/// The API for one call.
#[derive(Clone)]
pub(super) struct Call {
    api: Api,
    /// The address that calls.
    pub(super) from: IpAddr,
    /// What was called, as it was sent.
    pub(super) uri: Uri,
    /// This server by the name that it was called by: `http://host`.
    pub(super) host: String,
}

impl Call {
    pub(super) fn of(api: Api, request: &Request) -> Call {
        let from = caller::address(request.extensions());
        Call { api, from, uri: request.uri().clone(), host: host(request) }
    }

    /// The value of `name` in the query; empty when it is not there.
    pub(super) fn parameter(&self, name: &str) -> String {
        parameter(self.uri.query(), name).unwrap_or_default()
    }

    /// What follows `prefix` (`hooks/record/hls/`) in the path, without escapes.
    pub(super) fn below(&self, prefix: &str) -> String {
        let path = self.uri.path().strip_prefix("/terraform/v1/");
        unescaped(path.and_then(|path| path.strip_prefix(prefix)).unwrap_or_default())
    }
}

impl Deref for Call {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

pub(super) async fn serve<T, F>(
    api: Api,
    guard: Guard,
    act: impl FnOnce(Call, T) -> F,
    request: Request,
) -> Response
where
    T: DeserializeOwned + Default,
    F: Future<Output = Result<Value, Failure>>,
{
    let callback = parameter(request.uri().query(), "callback");
    let call = Call::of(api, &request);
    let deed = (guard == Guard::Change).then(|| Deed {
        who: None,
        from: Some(call.from),
        action: "script".to_owned(),
        subject: request.uri().path().to_owned(),
        status: 200,
    });
    let answer = answer(call.clone(), guard, act, request).await;
    if let Some(deed) = deed {
        let status = if answer.is_ok() { 200 } else { 500 };
        call.record(Deed { status, ..deed }).await;
    }
    match answer {
        Ok(data) => answer::success(&data, callback.as_deref()),
        Err(failure) => failure.into_response(),
    }
}

/// Where `request` was sent to, without the path.
fn host(request: &Request) -> String {
    let uri = request.uri();
    let named = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let host = named.or_else(|| uri.authority().map(|authority| authority.as_str())).unwrap_or_default();
    let scheme = if caller::is_secure(request.extensions()) { "https" } else { "http" };
    format!("{scheme}://{host}")
}

async fn answer<T, F>(
    call: Call,
    guard: Guard,
    act: impl FnOnce(Call, T) -> F,
    request: Request,
) -> Result<Value, Failure>
where
    T: DeserializeOwned + Default,
    F: Future<Output = Result<Value, Failure>>,
{
    let (parts, body) = request.into_parts();
    let most = if guard == Guard::Open { body::OF_STRANGERS } else { body::MOST };
    let fields = body::read(body, most).await?;
    let has_room = fields.has_text("roomtoken");
    let (wanted, token): (T, String) = fields.fields()?;
    let header = parts.headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or("?"));
    let known = match guard {
        Guard::Open => Ok(()),
        Guard::Room if has_room => Ok(()),
        Guard::Secret | Guard::Change | Guard::Room => call.platform.authenticate(header, &token),
        Guard::Link => {
            let token = call.parameter("token");
            if token.is_empty() {
                return Err(Failure::new("empty token"));
            }
            let secret = call.platform.authenticate(Some(&format!("Bearer {token}")), "");
            secret.or_else(|_| call.platform.authenticate(None, &token))
        }
    };
    known.map_err(|refused| Failure::new(refused.to_string()).within("authenticate"))?;
    act(call, wanted).await
}

/// The value of `name` in a query, as it is sent but for `%` escapes; `None` when it is empty.
pub(super) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = query?.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.rfind(|(known, value)| *known == name && !value.is_empty())?;
    Some(unescaped(value))
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match (first, tail) {
            (b'%', [high, low, ..]) => std::str::from_utf8(&[*high, *low])
                .ok()
                .and_then(|digits| u8::from_str_radix(digits, 16).ok()),
            _ => None,
        };
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
