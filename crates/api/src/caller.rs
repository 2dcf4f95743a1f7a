//! Who calls: the login that a request belongs to.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, header};
use control::accounts::{LoginId, User};
use control::secret::Fingerprint;
use subtle::ConstantTimeEq;

use crate::Api;
use crate::problem::Problem;

/// Somebody who is logged in. A handler behind [`Access::Open`](crate::Access::Open) has none.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) user: User,
    pub(crate) login: LoginId,
    /// What the cookie holds.
    secret: String,
}

impl Caller {
    /// What a request that changes something has to repeat in [`CSRF`]. A page of another origin may make a browser send the
    /// cookie, but cannot read this.
    pub(crate) fn csrf(&self) -> String {
        csrf(&self.secret)
    }

    /// Whether `headers` repeat it.
    pub(crate) fn confirms(&self, headers: &HeaderMap) -> bool {
        let said = headers.get(CSRF).map_or(&b""[..], HeaderValue::as_bytes);
        said.ct_eq(self.csrf().as_bytes()).into()
    }

    /// Ends this login alone.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }
}

/// The token that belongs to a login's `secret`.
pub(crate) fn csrf(secret: &str) -> String {
    Fingerprint::of(&format!("csrf {secret}")).as_str()[..32].to_owned()
}

/// Whose login the request belongs to.
pub(crate) async fn identify(
    api: &Api,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<Caller, Problem> {
    let secret = cookie(headers).ok_or_else(Problem::unauthenticated)?.to_owned();
    let from = address(extensions);
    let found = {
        let secret = secret.clone();
        api.blocking(move |api| api.accounts.whose(&secret, from)).await?
    };
    let (login, user) = found.ok_or_else(Problem::unauthenticated)?;
    Ok(Caller { user, login, secret })
}

/// The address that a request comes from.
pub(crate) fn address(extensions: &Extensions) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.expect("gateway::http tells every request's peer").0.ip().to_canonical()
}

/// The value of our cookie.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}

/// The cookie that makes the browser be known by `secret`; an empty one makes it forget.
pub(crate) fn set_cookie(secret: &str) -> HeaderValue {
    let age = if secret.is_empty() { 0 } else { COOKIE_LASTS };
    let text = format!("{COOKIE}={secret}; Path=/api/v2; HttpOnly; SameSite=Strict; Max-Age={age}");
    HeaderValue::try_from(text).expect("a secret is hexadecimal digits")
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, Problem> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(Problem::unauthenticated)
    }
}

/// Where a request comes from, and what the browser calls itself.
pub(crate) struct Origin {
    pub(crate) from: IpAddr,
    pub(crate) agent: String,
}

impl<S: Sync> FromRequestParts<S> for Origin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Origin, Problem> {
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Origin { from: address(&parts.extensions), agent: agent.unwrap_or_default().to_owned() })
    }
}

const COOKIE: &str = "sluice_session";
/// Seconds; the server ends a login that was not used for so long.
const COOKIE_LASTS: u32 = 30 * 24 * 3600;
/// The header that repeats the login's CSRF token.
pub(crate) const CSRF: &str = "x-csrf-token";
