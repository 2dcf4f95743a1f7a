//! Who may call a route.

use std::time::SystemTime;

use axum::RequestExt as _;
use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderName, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use control::Permission;
use control::audit::Deed;
use control::pass::Refused;
use gateway::http::Via;

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
    /// As `Needs`; but while nobody has an account, whoever brings the setup token, which the handler asks for.
    SetupOr(Permission),
    /// As `Needs`; and whoever brings a pass, in the query as `pass`, for the recording whose id stands in the path.
    PassOr(Permission),
}

/// Somebody who is let in by a pass for one recording, and may have been by nothing else.
#[derive(Clone)]
pub(crate) struct Guest {
    /// The pass, as it was sent.
    pub(crate) pass: String,
    /// Until when it holds.
    pub(crate) expires: SystemTime,
}

/// Lets through whom `access` allows, with the [`Caller`] known to the handler, and writes down what they change or try to.
pub(crate) async fn guard(
    State((api, access)): State<(Api, Access)>,
    mut request: Request,
    next: Next,
) -> Response {
    let access = match access {
        Access::SetupOr(_) if api.accounts.setup().is_some() => Access::Open,
        Access::SetupOr(permission) => Access::Needs(permission),
        // It decides alone, so that whoever tries a link sees what others see.
        Access::PassOr(_) if pass_in(&request).is_some() => {
            let let_in = let_in(&api, &mut request).await;
            return not_to_be_stored(match let_in {
                Ok(()) => next.run(request).await,
                Err(problem) => problem.into_response(),
            });
        }
        Access::PassOr(permission) => Access::Needs(permission),
        other => other,
    };
    let permission = match access {
        Access::Open if changes(request.method()) && is_foreign(request.headers(), request.extensions()) => {
            return Problem::cross_origin().into_response();
        }
        Access::Open if changes(request.method()) => return not_to_be_stored(next.run(request).await),
        Access::Open => return next.run(request).await,
        Access::Account | Access::Login => None,
        Access::Needs(permission) | Access::SetupOr(permission) | Access::PassOr(permission) => {
            Some(permission)
        }
    };
    let caller = match caller::identify(&api, request.headers(), request.extensions()).await {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    let deed = changes(request.method()).then(|| deed(&caller, &request));
    let may = may(access, permission, &caller, &request);
    let response = match may {
        Err(problem) => problem.into_response(),
        Ok(()) => {
            request.extensions_mut().insert::<Caller>(caller);
            next.run(request).await
        }
    };
    if let Some(deed) = deed {
        api.record(Deed { status: response.status().as_u16(), ..deed }).await;
    }
    not_to_be_stored(response)
}

/// Notes the [`Guest`], if the pass in the query is for the recording in the path.
async fn let_in(api: &Api, request: &mut Request) -> Result<(), Problem> {
    let pass = pass_in(request).unwrap_or_default().to_owned();
    let named = request.extract_parts::<RawPathParams>().await.map_err(|error| Problem::internal(&error))?;
    let id = named.iter().find(|(name, _)| *name == "id").map_or("", |(_, id)| id);
    let from = caller::address(request.extensions());
    let opened = api.keys.gate().passes().opens(id, &pass, from, SystemTime::now());
    let expires = opened.map_err(Problem::from)?.expires;
    request.extensions_mut().insert(Guest { pass, expires });
    Ok(())
}

/// As it stands in the query: passes have nothing in them that is to be escaped there.
fn pass_in(request: &Request) -> Option<&str> {
    let query = request.uri().query()?;
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| *name == PASS)
        .map(|(_, pass)| pass)
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Problem {
        let (code, title) = match refused {
            Refused::Wrong => ("pass_wrong", "The pass does not open this recording"),
            Refused::Expired => ("pass_expired", "The pass has expired"),
            Refused::Elsewhere => ("pass_elsewhere", "The pass does not hold where you are"),
        };
        Problem::new(StatusCode::FORBIDDEN, code, title)
    }
}

/// What one may see, and what one is given for what one has sent, is nothing for a cache between them and us.
fn not_to_be_stored(mut response: Response) -> Response {
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(NO_STORE);
    response
}

fn may(
    access: Access,
    permission: Option<Permission>,
    caller: &Caller,
    request: &Request,
) -> Result<(), Problem> {
    if changes(request.method()) && !caller.confirms(request.headers()) {
        return Err(Problem::csrf());
    }
    // Whatever a permission may come to allow.
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if changes(request.method()) && caller.only_looks() && route != DIAGNOSTICS {
        return Err(Problem::only_looks());
    }
    if access == Access::Login && caller.login().is_none() {
        return Err(Problem::needs_login());
    }
    match permission.filter(|permission| !caller.may(*permission)) {
        Some(permission) => Err(Problem::forbidden(permission)),
        None => Ok(()),
    }
}

/// What `caller` is about to do.
fn deed(caller: &Caller, request: &Request) -> Deed {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    Deed {
        who: Some(caller.user.name.clone()),
        from: Some(caller::address(request.extensions())),
        action: format!("{} {route}", request.method()),
        subject: request.uri().path().to_owned(),
        status: 0,
    }
}

/// Whether a page of another site makes the browser ask: it must not be able to log somebody in as somebody else.
///
/// Browsers that say where a request comes from are believed, for no page can change that. Others send the page's origin, whose
/// host is to be the one that was asked; its port may be another, as with a proxy or a container that maps ports and passes
/// the host on without one.
fn is_foreign(headers: &HeaderMap, extensions: &Extensions) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(FETCH_SITE) {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let Some((_, origin)) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else {
        return true;
    };
    let via = extensions.get::<Via>().and_then(|via| via.host.as_deref());
    ![text(header::HOST), via].into_iter().flatten().any(|asked| without_port(asked) == without_port(origin))
}

/// `example.org` of `example.org:80`; `[::1]` of `[::1]:80`.
fn without_port(host: &str) -> &str {
    let digits = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    host.rsplit_once(':').filter(|(_, port)| digits(port)).map_or(host, |(host, _)| host)
}

fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

/// What a pass is called in a query.
pub(crate) const PASS: &str = "pass";
/// Makes a bundle, and changes nothing.
const DIAGNOSTICS: &str = "/api/v2/diagnostics";
/// Of browsers, for pages by HTTPS or of the machine itself (Fetch Metadata).
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const NO_STORE: axum::http::HeaderValue = axum::http::HeaderValue::from_static("no-store");
