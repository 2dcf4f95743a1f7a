//! WHIP and WHEP: an offer by POST, an answer, and a resource that stands for the session.
//!
//! Source: RFC 9725; draft-ietf-wish-whep. Paths and parameters are those of SRS: `/rtc/v1/whip/?app=live&stream=livestream&secret=…`.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{
    ALLOW, AUTHORIZATION, CONTENT_TYPE, ETAG, HOST, IF_MATCH, LINK, LOCATION, REFERER, USER_AGENT,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hub::{Action, Refusal, StreamKey};
use tokio::sync::oneshot;

use super::candidates::Asked;
use super::door::{Answer, Door, NoSession, Offer};
use super::inbox::Request as Steering;
use crate::config::IceServer;
use crate::http::{self, client_of};
use crate::path::query_value;

/// The endpoint of one kind.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) door: Door,
    pub(super) action: Action,
    /// `Link` headers of every answer to an offer.
    pub(super) links: std::sync::Arc<[HeaderValue]>,
}

impl Endpoint {
    /// Answers one request.
    pub(super) async fn serve(self, request: Request) -> Response {
        let query = request.uri().query().unwrap_or_default().to_owned();
        match *request.method() {
            Method::POST => self.offer(request, query).await,
            Method::PATCH => self.patch(request, &query).await,
            Method::DELETE => self.delete(&query).await,
            _ => (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "POST, PATCH, DELETE, OPTIONS")]).into_response(),
        }
    }

    async fn offer(self, request: Request, query: String) -> Response {
        let path = request.uri().path().to_owned();
        let (parts, body) = request.into_parts();
        let sdp = match text(body).await {
            Ok(sdp) => sdp,
            Err(refused) => return refused,
        };
        let action = match query_value(&query, "action").as_deref() {
            Some("play") => Action::Play,
            _ => self.action,
        };
        let offer = match offer(&parts, action, &query, &sdp) {
            Ok(offer) => offer,
            Err(refused) => return refused.into_response(),
        };
        let (app, stream) = (offer.key.app().to_owned(), offer.key.name().to_owned());
        match self.door.open(offer).await {
            Ok(Answer { sdp, name, token }) => {
                let [app, stream] = [app, stream].map(|text| hls::playlist::encode(&text));
                let location = format!(
                    "{path}?action=delete&token={token}&app={}&stream={stream}&session={name}",
                    app.replace('/', "%2F")
                );
                let mut response = (
                    StatusCode::CREATED,
                    [
                        (CONTENT_TYPE, SDP.to_owned()),
                        (LOCATION, location),
                        (ETAG, format!("\"{name}\"")),
                        (ACCEPT_PATCH, FRAGMENT.to_owned()),
                    ],
                    sdp,
                )
                    .into_response();
                for link in self.links.iter() {
                    response.headers_mut().append(LINK, link.clone());
                }
                response
            }
            Err(refused) => refusal(&refused),
        }
    }

    /// Candidates that the client has found since, or a new beginning of ICE.
    async fn patch(self, request: Request, query: &str) -> Response {
        let Some(session) = self.session(query) else { return gone() };
        let content_type = header(request.headers(), CONTENT_TYPE);
        if !content_type.is_empty() && !content_type.starts_with(FRAGMENT) {
            let accept = HeaderValue::from_static(FRAGMENT);
            return (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                [(ACCEPT_PATCH, accept)],
                "expected a fragment of SDP\n",
            )
                .into_response();
        }
        let condition = header(request.headers(), IF_MATCH).to_owned();
        let fragment = match text(request.into_body()).await {
            Ok(fragment) => fragment,
            Err(refused) => return refused,
        };
        let (answer, answered) = oneshot::channel();
        let condition = (!condition.is_empty() && condition != "*").then_some(condition);
        if session.inbox.request(Steering::Patch { fragment, condition, answer }).await.is_err() {
            return gone();
        }
        match answered.await {
            Ok(Ok(patched)) => match patched.fragment {
                Some(fragment) => {
                    let headers =
                        [(CONTENT_TYPE, FRAGMENT.to_owned()), (ETAG, format!("\"{}\"", patched.tag))];
                    (StatusCode::OK, headers, fragment).into_response()
                }
                None => StatusCode::NO_CONTENT.into_response(),
            },
            Ok(Err(super::link::NotPatched::Outdated)) => {
                (StatusCode::PRECONDITION_FAILED, "the session has begun ICE anew since\n").into_response()
            }
            Ok(Err(super::link::NotPatched::Empty)) => {
                (StatusCode::BAD_REQUEST, "neither candidates nor credentials of ICE\n").into_response()
            }
            Ok(Err(super::link::NotPatched::Refused(refused @ rtc::Refused::TooLarge { .. }))) => {
                (StatusCode::PAYLOAD_TOO_LARGE, format!("{refused}\n")).into_response()
            }
            Ok(Err(super::link::NotPatched::Refused(refused))) => {
                (StatusCode::BAD_REQUEST, format!("{refused}\n")).into_response()
            }
            Err(_) => gone(),
        }
    }

    async fn delete(self, query: &str) -> Response {
        let Some(session) = self.session(query) else { return gone() };
        let (done, gone_by_now) = oneshot::channel();
        if session.inbox.request(Steering::Delete(done)).await.is_err() {
            return gone();
        }
        // It says nothing: it is dropped when the session is gone, by this request or whatever came before it.
        let _ = gone_by_now.await;
        StatusCode::OK.into_response()
    }

    /// The session that `query` names, for whoever has its token.
    fn session(&self, query: &str) -> Option<std::sync::Arc<super::sessions::Door>> {
        let [name, token] = ["session", "token"].map(|name| query_value(query, name));
        self.door.sessions().authorized(&name?, &token?)
    }
}

/// What a request asks for. Errs with the answer to one that cannot be understood.
pub(super) fn offer<'a>(
    parts: &'a axum::http::request::Parts,
    action: Action,
    query: &'a str,
    sdp: &'a str,
) -> Result<Offer<'a>, (StatusCode, String)> {
    let value = |name: &str, default: &str| {
        query_value(query, name)
            .filter(|value| !value.is_empty())
            .map_or(default.to_owned(), |value| value.into_owned())
    };
    let key = StreamKey::new(&value("app", "live"), &value("stream", "livestream"))
        .map_err(|bad| (StatusCode::BAD_REQUEST, format!("{bad}\n")))?;
    let Some(peer) = client_of(parts) else {
        return Err((StatusCode::INTERNAL_SERVER_ERROR, "nobody asks\n".to_owned()));
    };
    let headers = &parts.headers;
    let host =
        [X_REAL_HOST, HOST].into_iter().map(|name| header(headers, name)).find(|host| !host.is_empty());
    // HTTP/2 has it in the address.
    let host = host.or_else(|| parts.uri.authority().map(|authority| authority.as_str()));
    let addresses = ["eip", "candidate"]
        .into_iter()
        .find_map(|name| query_value(query, name).filter(|value| !value.is_empty()));
    let url = format!("webrtc://{}/{}", host.unwrap_or_default(), key.app());
    Ok(Offer {
        action,
        key,
        query: with_bearer(query, headers),
        peer,
        agent: header(headers, USER_AGENT).chars().take(MAX_TEXT).collect(),
        page: header(headers, REFERER).chars().take(MAX_TEXT).collect(),
        url,
        asked: Asked { addresses, host },
        sdp,
    })
}

/// Encoders such as OBS send the key as `Authorization: Bearer …`; where the query has none, it counts as `secret`.
fn with_bearer(query: &str, headers: &HeaderMap) -> String {
    let given = header(headers, AUTHORIZATION);
    let bearer = given.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    match bearer.map(|(_, token)| token.trim()) {
        Some(token) if !token.is_empty() && query_value(query, "secret").is_none() => {
            let separator = if query.is_empty() { "" } else { "&" };
            format!("{query}{separator}secret={}", hls::playlist::encode(token))
        }
        _ => query.to_owned(),
    }
}

/// A body of text within bounds of size and time.
pub(super) async fn text(body: Body) -> Result<String, Response> {
    let bytes = tokio::time::timeout(MAX_TIME, to_bytes(body, MAX_BODY))
        .await
        .map_err(|_| (StatusCode::REQUEST_TIMEOUT, "the offer did not come in time\n").into_response())?
        .map_err(|_| (StatusCode::PAYLOAD_TOO_LARGE, "an offer has at most 64 KiB\n").into_response())?;
    String::from_utf8(bytes.into())
        .map_err(|_| (StatusCode::BAD_REQUEST, "the body is no text\n").into_response())
}

fn refusal(refused: &NoSession) -> Response {
    let status = match refused {
        NoSession::Refused(refusal) => return retrying(refusal),
        NoSession::Offer(rtc::Refused::NoCommonCodec { .. } | rtc::Refused::NoKnownCodec { .. }) => {
            StatusCode::NOT_ACCEPTABLE
        }
        NoSession::Offer(rtc::Refused::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
        NoSession::Offer(_) => StatusCode::BAD_REQUEST,
        NoSession::Reordered | NoSession::Nothing { .. } => StatusCode::NOT_ACCEPTABLE,
    };
    (status, format!("{refused}\n")).into_response()
}

fn retrying(refusal: &Refusal) -> Response {
    http::refusal(refusal).into_response()
}

fn gone() -> Response {
    (StatusCode::NOT_FOUND, "no such session, or not its token\n").into_response()
}

fn header(headers: &HeaderMap, name: HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The value of a `Link` header (RFC 9725 §4.6). `None` for what no header can hold.
pub(super) fn link(server: &IceServer) -> Option<HeaderValue> {
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let mut link = format!("<{}>; rel=\"ice-server\"", server.url);
    if let Some((username, password)) = &server.credentials {
        let (username, password) = (quoted(username), quoted(password));
        link +=
            &format!("; username=\"{username}\"; credential=\"{password}\"; credential-type=\"password\"");
    }
    HeaderValue::from_str(&link).ok()
}

const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");
const X_REAL_HOST: HeaderName = HeaderName::from_static("x-real-host");
/// Agents and pages are for logs and lists.
const MAX_TEXT: usize = 256;
/// Browsers with every codec and header extension there is send 20 KiB, which the machine takes up to 64 KiB of; in JSON they are longer.
const MAX_BODY: usize = 256 << 10;
const MAX_TIME: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_bearer_token_is_the_secret_where_there_is_none() {
        let mut headers = HeaderMap::new();
        assert_eq!(with_bearer("app=live", &headers), "app=live");
        headers.insert(AUTHORIZATION, HeaderValue::from_static("bearer a b&c"));
        assert_eq!(with_bearer("app=live", &headers), "app=live&secret=a%20b%26c");
        assert_eq!(with_bearer("", &headers), "secret=a%20b%26c");
        assert_eq!(with_bearer("secret=x", &headers), "secret=x");
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Basic abc"));
        assert_eq!(with_bearer("", &headers), "");
    }

    #[test]
    fn ice_servers_are_told_as_links() {
        let stun = IceServer { url: "stun:stun.example.org".to_owned(), credentials: None };
        assert_eq!(link(&stun).unwrap(), "<stun:stun.example.org>; rel=\"ice-server\"");
        let credentials = Some(("me".to_owned(), "a\"b".to_owned()));
        let turn = IceServer { url: "turn:turn.example.org?transport=udp".to_owned(), credentials };
        assert_eq!(
            link(&turn).unwrap(),
            "<turn:turn.example.org?transport=udp>; rel=\"ice-server\"; username=\"me\"; credential=\"a\\\"b\"; \
             credential-type=\"password\""
        );
    }
}
