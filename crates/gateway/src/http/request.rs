//! A request for media, and the answers that all media share.

use std::net::SocketAddr;

use axum::extract::Request;
use axum::http::header::{RANGE, REFERER, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use hub::config::JoinAt;
use hub::{AccessRequest, Action, BadName, Refusal, StreamKey};

use super::websocket::Offer;
use crate::path;

/// A request for `/{app…}/{name}{suffix}`.
#[derive(Debug, Clone)]
pub struct MediaRequest {
    /// GET or HEAD.
    pub method: Method,
    /// The app path, percent-decoded: `live`.
    pub app: String,
    /// The last segment without the suffix, percent-decoded.
    pub name: String,
    /// The path as sent.
    pub path: String,
    /// The query as sent, without `?`; may hold secrets.
    pub query: String,
    /// `Range`; empty when absent.
    pub range: String,
    /// The client's address.
    pub peer: SocketAddr,
    /// `User-Agent`; empty when absent.
    pub agent: String,
    /// `Referer`; empty when absent.
    pub page: String,
    /// Asked for; whoever does not offer it answers as if it were not.
    pub(crate) websocket: Option<Offer>,
}

impl MediaRequest {
    /// `None` when the path does not end in `suffix` or cannot name a stream's file.
    pub(crate) fn new(request: &Request, peer: SocketAddr, suffix: &str) -> Option<MediaRequest> {
        let raw = request.uri().path();
        let path = path::decode(raw)?;
        let (app, name) = path.strip_prefix('/')?.strip_suffix(suffix)?.rsplit_once('/')?;
        let header = |name| text(request.headers(), name);
        Some(MediaRequest {
            method: request.method().clone(),
            app: app.to_owned(),
            name: name.to_owned(),
            path: raw.to_owned(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            range: header(RANGE),
            peer,
            agent: header(USER_AGENT),
            page: header(REFERER),
            websocket: Offer::new(request),
        })
    }

    /// The stream that the path names.
    pub(crate) fn stream_key(&self) -> Result<StreamKey, (StatusCode, String)> {
        let refuse = |bad: BadName| (StatusCode::NOT_FOUND, format!("{bad}\n"));
        StreamKey::new(&self.app, &self.name).map_err(refuse)
    }

    /// What to ask the hub for.
    pub(crate) fn access(&self, action: Action, key: StreamKey, protocol: &'static str) -> AccessRequest {
        AccessRequest {
            action,
            key,
            query: self.query.clone(),
            protocol,
            peer: self.peer,
            agent: self.agent.clone(),
            url: String::new(),
            page: self.page.clone(),
        }
    }

    /// `?join=gop|key`.
    pub(crate) fn join(&self) -> Option<JoinAt> {
        match path::query_value(&self.query, "join")?.as_ref() {
            "gop" => Some(JoinAt::Gop),
            "key" => Some(JoinAt::Key),
            _ => None,
        }
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.chars().take(MAX_TEXT).collect()
}

/// The answer to somebody whom the hub did not let in.
pub(crate) fn refusal(refused: &Refusal) -> (StatusCode, String) {
    let status = match refused {
        Refusal::Denied(_) => StatusCode::FORBIDDEN,
        Refusal::Busy => StatusCode::CONFLICT,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, format!("{refused}\n"))
}

/// Agents and pages are for logs and lists.
const MAX_TEXT: usize = 256;
