//! The JSON API of SRS: the same offers and answers in another envelope, as its own players and libraries send them.

use axum::Json;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hub::Action;
use serde::{Deserialize, Serialize};
use tracing::info;

use super::door::Door;
use super::whip;

/// What is sent. Fields beside these are of no use to us.
#[derive(Debug, Deserialize)]
struct Envelope {
    #[serde(default)]
    streamurl: String,
    #[serde(default)]
    sdp: String,
}

/// What is answered: with `code` 0, or with that alone.
#[derive(Debug, Serialize)]
struct Reply<'a> {
    code: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sdp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sessionid: Option<String>,
}

/// Answers `/rtc/v1/publish/` and `/rtc/v1/play/`: 200 whatever happens, with a code.
pub(super) async fn serve(door: Door, action: Action, request: Request) -> Response {
    if request.method() != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let own_query = request.uri().query().unwrap_or_default().to_owned();
    let (parts, body) = request.into_parts();
    let Ok(text) = whip::text(body).await else { return failed() };
    let Ok(Envelope { streamurl, sdp }) = serde_json::from_str(&text) else { return failed() };
    let Some(query) = query_of(&streamurl, &own_query) else { return failed() };
    let Ok(offer) = whip::offer(&parts, action, &query, &sdp) else { return failed() };
    match door.open(offer).await {
        Ok(answer) => Json(Reply {
            code: 0,
            server: Some("vid-sluice"),
            service: Some("sluice"),
            pid: Some(std::process::id().to_string()),
            sdp: Some(answer.sdp),
            sessionid: Some(answer.name),
        })
        .into_response(),
        Err(refused) => {
            info!(proto = super::door::NAME, err = %refused, "offer refused");
            failed()
        }
    }
}

fn failed() -> Response {
    Json(Reply { code: 400, server: None, service: None, pid: None, sdp: None, sessionid: None })
        .into_response()
}

/// `webrtc://host/app/stream?k=v` and the query of the request as one query.
fn query_of(url: &str, own: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (_, path) = path.split_once('/')?;
    let (app, stream) = path.rsplit_once('/')?;
    // What is percent-encoded there stays so.
    let mut all = format!("app={}&stream={stream}", app.replace('&', "%26"));
    for more in [query, own].into_iter().filter(|more| !more.is_empty()) {
        all.push('&');
        all.push_str(more);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stream_urls_become_queries() {
        for (url, own, query) in [
            ("webrtc://host/live/livestream", "", Some("app=live&stream=livestream")),
            ("webrtc://host:1985/a/b/c?secret=x", "", Some("app=a/b&stream=c&secret=x")),
            ("http://host/live/x?k=v", "eip=1.2.3.4", Some("app=live&stream=x&k=v&eip=1.2.3.4")),
            ("webrtc://host/livestream", "", None),
            ("live/livestream", "", None),
            ("", "", None),
        ] {
            assert_eq!(query_of(url, own).as_deref(), query, "{url}");
        }
    }
}
