//! Who calls: by the cookie of a login, or by an API token.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, header};
use control::accounts::{Bearer, LoginId, Support, User};
use control::audit::Deed;
use control::secret::Fingerprint;
use control::{Permission, Role};
use gateway::http::Via;
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
    /// Access for support, which changes nothing.
    Support,
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

    /// Whether they may make somebody of `role`, and act on who is: only who may do all that it allows. A token for accounts alone
    /// would otherwise make itself an admin.
    pub(crate) fn deals_with(&self, role: Role) -> Result<(), Problem> {
        let beyond = Permission::ALL
            .into_iter()
            .find(|permission| role.permits(*permission) && !self.may(*permission));
        beyond.map_or(Ok(()), |permission| {
            let why = format!(
                "the role {role} has the permission {}, which you do not have here",
                permission.name()
            );
            Err(Problem::forbidden(permission).detail(why))
        })
    }

    /// Whether they may know that there is a stream of that name, which may be a key.
    pub(crate) fn may_know(&self, key: &StreamKey, hub: &Hub) -> bool {
        self.may(Permission::KeysRead) || !hub.is_secret(key)
    }

    /// Whether they are to look and nothing else.
    pub(crate) fn only_looks(&self) -> bool {
        matches!(self.means, Means::Support)
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
            Means::Token | Means::Support => None,
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
        let Bearer { user, permissions, support, .. } = bearer.ok_or_else(Problem::unauthenticated)?;
        if let Some(Support { label, .. }) = support.as_ref().filter(|support| support.noticed) {
            let (who, action) = (Some(user.name.clone()), "support access".to_owned());
            api.record(Deed { who, from: Some(from), action, subject: label.clone(), status: 200 }).await;
        }
        let means = if support.is_some() { Means::Support } else { Means::Token };
        return Ok(Caller { user, permissions, means, proof });
    }
    let said: Vec<String> = cookies(headers, is_secure(extensions)).map(str::to_owned).collect();
    if said.is_empty() {
        return Err(Problem::unauthenticated());
    }
    let found = api.blocking(move |api| {
        for secret in said {
            if let Some((id, user)) = api.accounts.whose(&secret, from)? {
                return Ok(Some((secret, id, user)));
            }
        }
        Ok::<_, control::accounts::Error>(None)
    });
    let (secret, id, user) = found.await?.ok_or_else(Problem::unauthenticated)?;
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

/// Whether the client speaks TLS, with us or, as a proxy says that is trusted, with that.
pub(crate) fn is_secure(extensions: &Extensions) -> bool {
    extensions.get::<Via>().is_some_and(|via| via.secure == Some(true))
}

/// The values of our cookie for those who come by TLS (`secure`), or of that for those who do not: what somebody on the way could have set
/// counts only where they could do anything else as well.
///
/// There may be several, as a neighbour below the same domain can set one of the name, which a browser may well send first; each is to be
/// tried.
fn cookies(headers: &HeaderMap, secure: bool) -> impl Iterator<Item = &str> {
    let wanted = cookie_name(secure);
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(move |(name, _)| *name == wanted).map(|(_, value)| value).take(MOST_COOKIES)
}

fn cookie_name(secure: bool) -> &'static str {
    if secure { SECURE_COOKIE } else { COOKIE }
}

/// The cookie that makes the browser be known by `secret`.
///
/// `secure`: the browser came by TLS, and is to send it by nothing else. It has another name then: a browser that has a `Secure` cookie
/// takes none of the same name from a response without TLS, and could not log in there any more.
pub(crate) fn set_cookie(secret: &str, secure: bool) -> HeaderValue {
    cookie_of(secret, secure, COOKIE_LASTS)
}

/// What makes the browser forget its login. By TLS it forgets that without TLS, too: whoever logs out means the browser.
pub(crate) fn forget_cookies(secure: bool) -> Vec<HeaderValue> {
    let also = secure.then(|| cookie_of("", false, 0));
    [cookie_of("", secure, 0)].into_iter().chain(also).collect()
}

fn cookie_of(secret: &str, secure: bool, age: u32) -> HeaderValue {
    let (name, secure) = (cookie_name(secure), if secure { "; Secure" } else { "" });
    let text = format!("{name}={secret}; Path=/api/v2; HttpOnly; SameSite=Strict; Max-Age={age}{secure}");
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
            Means::Token | Means::Support => Err(Problem::needs_login()),
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
    /// By TLS, as far as is known.
    pub(crate) secure: bool,
}

impl<S: Sync> FromRequestParts<S> for Origin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Origin, Problem> {
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let (from, secure) = (address(&parts.extensions), is_secure(&parts.extensions));
        Ok(Origin { from, agent: agent.unwrap_or_default().to_owned(), secure })
    }
}

const COOKIE: &str = "sluice_session";
/// Of a login by TLS. Source: RFC 6265bis, "The __Secure- Prefix".
const SECURE_COOKIE: &str = "__Secure-sluice_session";
/// Of the name, in one request: each costs a look into the store.
const MOST_COOKIES: usize = 8;
/// Seconds; the server ends a login that was not used for so long.
const COOKIE_LASTS: u32 = 30 * 24 * 3600;
/// The header that repeats the login's CSRF token.
pub(crate) const CSRF: &str = "x-csrf-token";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::api_test::{Browser, PASSWORD, Server};

    #[tokio::test]
    async fn each_cookie_of_the_name_is_tried() {
        let (server, ann) = Server::set_up().await;
        let status = async |cookie: String| {
            let browser = Browser { cookie, ..ann.clone() };
            server.ask(&browser, "GET", "/api/v2/session", None).await.status.as_u16()
        };
        let planted = "sluice_session=0123456789abcdef";
        assert_eq!(status(format!("{planted}; {}", ann.cookie)).await, 200);
        assert_eq!(status(format!("{}; {planted}", ann.cookie)).await, 200);
        assert_eq!(status(planted.to_owned()).await, 401);
        assert_eq!(
            status(format!("{}{}", format!("{planted}; ").repeat(MOST_COOKIES), ann.cookie)).await,
            401
        );
        assert_eq!(status(ann.cookie.replace("sluice_session", "__Secure-sluice_session")).await, 401);
    }

    #[tokio::test]
    async fn what_one_is_given_is_nothing_for_caches() {
        let (server, ann) = Server::set_up().await;
        let stranger = Browser::default();
        let guest = json!({"label": "g", "app": "live", "stream": "s", "action": "play", "expires_in": 60});
        let guest = server.ask(&ann, "POST", "/api/v2/invites", Some(guest)).await;
        let factor = "session/second-factor";
        for (who, method, path, body) in [
            (&stranger, "POST", "session", json!({"name": "ann", "password": PASSWORD})),
            (&stranger, "POST", "session", json!({"name": "ann", "password": "wrong"})),
            (&stranger, "POST", "invited", json!({"token": guest.body["token"]})),
            (&stranger, "POST", "setup", json!({"token": "x", "name": "ann", "password": PASSWORD})),
            (&ann, "POST", "tokens", json!({"label": "t", "permissions": ["streams:read"]})),
            (&ann, "POST", "support", json!({"label": "s"})),
            (&ann, "POST", "keys", json!({"label": "k"})),
            (&ann, "POST", "passes", json!({"streams": "*", "expires_in": 60})),
            (&ann, "POST", "webhooks", json!({"label": "w", "url": "http://h/"})),
            (&ann, "GET", "keys", json!({})),
            (&ann, "GET", "passes", json!({})),
            (&ann, "GET", factor, json!({})),
            (&ann, "GET", "session", json!({})),
        ] {
            let answer = server.ask(who, method, &format!("/api/v2/{path}"), Some(body)).await;
            assert_eq!(answer.headers.get("cache-control").unwrap(), "no-store", "{path}: {}", answer.body);
        }
        // To have a text that never changes again and again costs no more than to look.
        let document = server.ask(&stranger, "GET", "/api/v2/openapi.json", None).await;
        assert_ne!(document.headers.get("cache-control").map(HeaderValue::as_bytes), Some(&b"no-store"[..]));
    }

    #[test]
    fn logins_with_and_without_tls_have_cookies_of_their_own() {
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        let rest = "Path=/api/v2; HttpOnly; SameSite=Strict; Max-Age=2592000";
        assert_eq!(text(&set_cookie("ab", false)), format!("sluice_session=ab; {rest}"));
        assert_eq!(text(&set_cookie("ab", true)), format!("__Secure-sluice_session=ab; {rest}; Secure"));
        let forgotten: Vec<String> = forget_cookies(true).iter().map(text).collect();
        let names: Vec<&str> = forgotten.iter().map(|cookie| cookie.split(';').next().unwrap()).collect();
        assert_eq!(names, ["__Secure-sluice_session=", "sluice_session="]);
        assert!(forgotten.iter().all(|cookie| cookie.contains("; Max-Age=0")));
        assert_eq!(forget_cookies(false).len(), 1);
    }

    #[test]
    fn only_the_cookie_of_the_scheme_in_use_is_read_and_all_of_its_name() {
        let values = |text: &str, secure| {
            let lines = text.split('\n').map(|line| (header::COOKIE, line.parse().unwrap()));
            let mut headers = HeaderMap::new();
            lines.for_each(|(name, value)| _ = headers.append(name, value));
            cookies(&headers, secure).collect::<Vec<_>>().join(",")
        };
        let both = "x=1; sluice_session=ab; __Secure-sluice_session=cd";
        assert_eq!((values(both, false), values(both, true)), ("ab".to_owned(), "cd".to_owned()));
        assert_eq!(values("__Secure-sluice_session=cd", false), "");
        assert_eq!(
            values("sluice_session=ab", true),
            "",
            "who can set cookies by HTTP logs nobody in by HTTPS"
        );
        assert_eq!(values("x_sluice_session=ab", false), "");
        assert_eq!(values("sluice_session=a;sluice_session=b\nsluice_session=c", false), "a,b,c");
        assert_eq!(values(&"sluice_session=a; ".repeat(100), false).len(), 2 * MOST_COOKIES - 1);
    }
}
