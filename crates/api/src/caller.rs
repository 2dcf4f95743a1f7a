//! Who calls: by the cookie of a login, or by an API token.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, header};
use control::Permission;
use control::accounts::{Bearer, LoginId, User};
use control::secret::Fingerprint;
use hub::{Hub, StreamKey};
use subtle::ConstantTimeEq;

use crate::Api;
use crate::problem::Problem;

/// Somebody who is known. A handler behind [`Access::Open`](crate::Access::Open) has none.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) user: User,
    permissions: Vec<Permission>,
    means: Means,
    proof: Proof,
}

/// What shows, also later, that somebody is who they are.
#[derive(Clone)]
pub(crate) struct Proof {
    secret: String,
    token: bool,
    from: IpAddr,
}

impl Proof {
    /// What whoever has shown it may do by now; nothing, when the login or token does not hold any more.
    pub(crate) async fn permissions(&self, api: &Api) -> Vec<Permission> {
        let Proof { secret, token, from } = self.clone();
        let holds = api.blocking(move |api| match token {
            true => {
                let bearer = api.accounts.bearer(&secret, from)?;
                Ok::<_, control::accounts::Error>(bearer.map_or(Vec::new(), |bearer| bearer.permissions))
            }
            false => Ok(api.accounts.whose(&secret, from)?.map_or(Vec::new(), |(_, user)| permitted(&user))),
        });
        holds.await.unwrap_or_default()
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proof(…)")
    }
}

/// What somebody is known by.
#[derive(Debug, Clone)]
enum Means {
    Login(Own),
    Token,
}

/// The login that a request belongs to.
#[derive(Clone)]
pub(crate) struct Own {
    pub(crate) id: LoginId,
    /// What the cookie holds.
    pub(crate) secret: String,
}

impl Caller {
    /// Whether they may do that: by their role, and by their token if they use one.
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }

    /// Whether they may know that there is a stream of that name, which may be a key.
    pub(crate) fn may_know(&self, key: &StreamKey, hub: &Hub) -> bool {
        self.may(Permission::KeysRead) || !hub.is_secret(key)
    }

    /// What they may do.
    pub(crate) fn permissions(&self) -> &[Permission] {
        &self.permissions
    }

    /// What shows who they are.
    pub(crate) fn proof(&self) -> &Proof {
        &self.proof
    }

    /// Their login, if it is that they are known by.
    pub(crate) fn login(&self) -> Option<&Own> {
        match &self.means {
            Means::Login(own) => Some(own),
            Means::Token => None,
        }
    }

    /// What a request that changes something has to repeat in [`CSRF`]. A page of another origin may make a browser send the
    /// cookie, but cannot read this. Tokens need none: no browser sends them by itself.
    pub(crate) fn csrf(&self) -> Option<String> {
        self.login().map(|own| csrf(&own.secret))
    }

    /// Whether `headers` repeat it.
    pub(crate) fn confirms(&self, headers: &HeaderMap) -> bool {
        let said = headers.get(CSRF).map_or(&b""[..], HeaderValue::as_bytes);
        self.csrf().is_none_or(|csrf| said.ct_eq(csrf.as_bytes()).into())
    }
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Own").field(&self.id).finish()
    }
}

/// The token that belongs to a login's `secret`.
pub(crate) fn csrf(secret: &str) -> String {
    Fingerprint::of(&format!("csrf {secret}")).as_str()[..32].to_owned()
}

/// Who the request comes from. A header `Authorization` decides alone.
pub(crate) async fn identify(
    api: &Api,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<Caller, Problem> {
    let from = address(extensions);
    if let Some(header) = headers.get(header::AUTHORIZATION) {
        let said = header.to_str().ok().and_then(|text| text.split_once(' '));
        let secret =
            said.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, secret)| secret);
        let secret = secret.ok_or_else(Problem::unauthenticated)?.trim().to_owned();
        let proof = Proof { secret: secret.clone(), token: true, from };
        let bearer = api.blocking(move |api| api.accounts.bearer(&secret, from)).await?;
        let Bearer { user, permissions, .. } = bearer.ok_or_else(Problem::unauthenticated)?;
        return Ok(Caller { user, permissions, means: Means::Token, proof });
    }
    let secret = cookie(headers).ok_or_else(Problem::unauthenticated)?.to_owned();
    let found = {
        let secret = secret.clone();
        api.blocking(move |api| api.accounts.whose(&secret, from)).await?
    };
    let (id, user) = found.ok_or_else(Problem::unauthenticated)?;
    let permissions = permitted(&user);
    let proof = Proof { secret: secret.clone(), token: false, from };
    Ok(Caller { user, permissions, means: Means::Login(Own { id, secret }), proof })
}

/// What somebody may do who is logged in.
fn permitted(user: &User) -> Vec<Permission> {
    Permission::ALL.into_iter().filter(|permission| user.role.permits(*permission)).collect()
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

/// The login of a handler behind [`Access::Login`](crate::Access::Login), with whose it is.
pub(crate) struct LoggedIn {
    pub(crate) user: User,
    pub(crate) own: Own,
    /// What they may do.
    pub(crate) permissions: Vec<Permission>,
}

impl<S: Sync> FromRequestParts<S> for LoggedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<LoggedIn, Problem> {
        let Caller { user, permissions, means, .. } = Caller::from_request_parts(parts, state).await?;
        match means {
            Means::Login(own) => Ok(LoggedIn { user, own, permissions }),
            Means::Token => Err(Problem::needs_login()),
        }
    }
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
