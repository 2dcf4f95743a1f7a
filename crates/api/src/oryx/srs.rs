//! The part of SRS's own HTTP API that consoles and monitoring call.
//!
//! Source: SRS 5.0 `/api/v1`.

mod summaries;

use std::sync::LazyLock;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use axum::routing::any;
use control::audit::Deed;
use control::secret::Fingerprint;
use hub::session::Session;
use hub::{Action, SessionId, StreamInfo};
use media::Kind;
use serde_json::{Value, json};

use super::VHOST;
use super::answer::{self, escaped, json};
use super::endpoint::parameter;
use crate::Api;
use crate::caller;
use crate::metrics::Lately;

pub(super) fn router(api: &Api) -> Router {
    Router::new()
        .route("/api/v1/versions", any(versions))
        .route("/api/", any(other))
        .route("/api/{*path}", any(other))
        .with_state(api.clone())
}

/// The name of a session there.
pub(super) fn client_id(id: SessionId) -> String {
    format!("{:08x}", id.0)
}

fn session_id(client: &str) -> Option<SessionId> {
    u64::from_str_radix(client, 16).ok().map(SessionId)
}

/// The name of this run of the server.
pub(super) fn server_id() -> String {
    static ID: LazyLock<String> = LazyLock::new(|| {
        let now = std::time::SystemTime::now();
        let seed = format!("{} {now:?}", std::process::id());
        format!("vid-{}", &Fingerprint::of(&seed).as_str()[..7])
    });
    ID.clone()
}

async fn versions(request: Request) -> Response {
    let data = json!({"major": MAJOR, "minor": MINOR, "revision": REVISION, "version": version()});
    done(&request, json!({"data": data}))
}

/// Everything but the versions: who asks has the API secret, or a token.
async fn other(State(api): State<Api>, request: Request) -> Response {
    let query = request.uri().query();
    let token = parameter(query, "token").unwrap_or_default();
    let header = request.headers().get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or("?"));
    if let Err(refused) = api.platform.authenticate(header, &token) {
        return answer::text(StatusCode::UNAUTHORIZED, &format!("authenticate: {refused}"));
    }
    let path = request.uri().path().trim_end_matches('/').to_owned();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let delete =
        *request.method() == Method::DELETE || parameter(query, "method").as_deref() == Some("DELETE");
    let answer = match parts[..] {
        ["api", "v1", "summaries"] => Ok(json!({"data": summaries::summaries(&api)})),
        ["api", "v1", "vhosts"] => Ok(json!({"vhosts": [vhost(&api)]})),
        ["api", "v1", "vhosts", id] => found(id == vhost_id(), || json!({"vhost": vhost(&api)}), NO_VHOST),
        ["api", "v1", "streams"] => Ok(json!({"streams": page(query, streams(&api))})),
        ["api", "v1", "streams", id] => one(streams(&api), id, "stream", NO_STREAM),
        ["api", "v1", "clients"] => Ok(json!({"clients": page(query, clients(&api))})),
        ["api", "v1", "clients", id] if delete => {
            let kicked = session_id(id).is_some_and(|session| api.hub.kick(session));
            let from = Some(caller::address(request.extensions()));
            let (action, status) = ("script".to_owned(), if kicked { 200 } else { 404 });
            let subject = format!("DELETE {path}");
            api.record(Deed { who: None, from, action, subject, status }).await;
            if kicked { Ok(json!({})) } else { Err(NO_CLIENT) }
        }
        ["api", "v1", "clients", id] => one(clients(&api), id, "client", NO_CLIENT),
        _ => return answer::text(StatusCode::NOT_FOUND, "404 page not found"),
    };
    match answer {
        Ok(members) => done(&request, members),
        Err(code) => {
            json(format!(r#"{{"code":{code}}}"#), parameter(request.uri().query(), "callback").as_deref())
        }
    }
}

/// The answer: what all have in common, and `members`.
fn done(request: &Request, members: Value) -> Response {
    let pid = std::process::id().to_string();
    let mut answer = json!({"code": 0, "server": server_id(), "service": server_id(), "pid": pid});
    if let (Value::Object(answer), Value::Object(members)) = (&mut answer, members) {
        answer.extend(members);
    }
    json(escaped(&answer), parameter(request.uri().query(), "callback").as_deref())
}

fn found(there: bool, value: impl FnOnce() -> Value, code: u32) -> Result<Value, u32> {
    if there { Ok(value()) } else { Err(code) }
}

fn one(all: Vec<Value>, id: &str, name: &str, code: u32) -> Result<Value, u32> {
    all.into_iter().find(|value| value["id"] == id).map(|value| json!({ name: value })).ok_or(code)
}

/// The part of a list that is asked for; at least ten of it.
fn page(query: Option<&str>, all: Vec<Value>) -> Vec<Value> {
    let number = |name| parameter(query, name).and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
    all.into_iter().skip(number("start")).take(number("count").max(LEAST)).collect()
}

fn vhost_id() -> String {
    format!("vid-{}", &Fingerprint::of(VHOST).as_str()[..7])
}

fn vhost(api: &Api) -> Value {
    let survey = api.hub.survey();
    let viewers: usize = survey.viewers.iter().map(|(_, count)| count).sum();
    let fragment = api.hls.in_force().load().default.fragment;
    json!({
        "id": vhost_id(), "name": VHOST, "enabled": true, "clients": survey.publishers + viewers,
        "streams": survey.streams.iter().filter(|info| info.publisher.is_some()).count(),
        "send_bytes": survey.traffic.sent, "recv_bytes": survey.traffic.received,
        "kbps": kbps(api.metrics.lately()), "hls": {"enabled": true, "fragment": fragment.as_secs_f64()},
    })
}

fn stream_id(key: &hub::StreamKey) -> String {
    format!("vid-{}", &Fingerprint::of(&key.to_string()).as_str()[..7])
}

fn streams(api: &Api) -> Vec<Value> {
    let lately = api.metrics.lately_of_streams();
    let mut streams = api.hub.streams();
    streams.sort_by(|a, b| a.key.cmp(&b.key));
    streams.iter().map(|info| stream(info, lately.get(&info.key).copied().unwrap_or_default())).collect()
}

/// As SRS tells rates: thousands of bits a second, on average of 30 s.
fn kbps(lately: Lately) -> Value {
    let kbps = |bytes: f32| (f64::from(bytes) * 8.0 / 1000.0).round() as u64;
    json!({"recv_30s": kbps(lately.received), "send_30s": kbps(lately.sent)})
}

fn stream(info: &StreamInfo, lately: Lately) -> Value {
    let main = |kind| info.tracks.iter().find(|track| track.track.kind() == kind);
    let publish = match &info.publisher {
        Some(publisher) => json!({"active": true, "cid": client_id(publisher.id)}),
        None => json!({"active": false}),
    };
    let viewers: usize = info.viewers.iter().map(|(_, count)| count).sum();
    json!({
        "id": stream_id(&info.key),
        "name": info.key.name(),
        "vhost": vhost_id(),
        "app": info.key.app(),
        "url": format!("/{}", info.key),
        "live_ms": info.publisher.as_ref().map_or(0, |publisher| publisher.opened.elapsed().as_millis() as u64),
        "clients": viewers + usize::from(info.publisher.is_some()),
        "frames": main(Kind::Video).map_or(0, |track| track.frames),
        "send_bytes": info.traffic.sent,
        "recv_bytes": info.traffic.received,
        "kbps": kbps(lately),
        "publish": publish,
        "video": main(Kind::Video).map(|track| {
            let picture = track.track.codec.picture();
            json!({
                "codec": codec(track.track.codec.name()),
                "width": picture.map_or(0, |picture| picture.width), "height": picture.map_or(0, |picture| picture.height),
            })
        }),
        "audio": main(Kind::Audio).map(|track| json!({
            "codec": codec(track.track.codec.name()),
            "sample_rate": track.track.codec.sample_rate().unwrap_or(0),
            "channel": track.track.codec.channels().unwrap_or(0),
        })),
    })
}

/// A codec's name as SRS writes it.
fn codec(name: &'static str) -> &'static str {
    match name {
        "h264" => "H264",
        "h265" => "HEVC",
        "av1" => "AV1",
        "aac" => "AAC",
        "mp3" => "MP3",
        "opus" => "Opus",
        other => other,
    }
}

fn clients(api: &Api) -> Vec<Value> {
    let mut sessions = api.hub.present();
    sessions.sort_unstable_by_key(|session| session.id);
    sessions.iter().map(|session| client(api, session)).collect()
}

fn client(api: &Api, session: &Session) -> Value {
    let (moved, pace) = (session.moved().bytes, api.metrics.lately_of_session(session));
    let (publish, url) = (session.action == Action::Publish, format!("/{}", session.key));
    json!({
        "id": client_id(session.id),
        "vhost": vhost_id(),
        "stream": stream_id(&session.key),
        "ip": session.peer.ip().to_canonical().to_string(),
        "pageUrl": "", "swfUrl": "", "tcUrl": "",
        "url": url,
        "name": session.key.name(),
        "type": kind(session),
        "publish": publish,
        "alive": session.opened.elapsed().as_secs_f64(),
        "send_bytes": if publish { 0 } else { moved },
        "recv_bytes": if publish { moved } else { 0 },
        "kbps": kbps(if publish { Lately { received: pace, sent: 0.0 } } else { Lately { received: 0.0, sent: pace } }),
    })
}

/// What SRS calls a client of that protocol.
fn kind(session: &Session) -> &'static str {
    match (session.action, session.protocol) {
        (Action::Publish, "rtmp" | "rtmps") => "fmle-publish",
        (Action::Publish, "srt") => "srt-publish",
        (Action::Publish, "webrtc") => "rtc-publish",
        (Action::Play, "rtmp" | "rtmps") => "rtmp-play",
        (Action::Play, "hls") => "hls-play",
        (Action::Play, "srt") => "srt-play",
        (Action::Play, "webrtc") => "rtc-play",
        (Action::Play, _) => "flv-play",
        (Action::Publish, _) => "Unknown",
    }
}

/// The version of SRS that this is compatible with.
fn version() -> String {
    format!("{MAJOR}.{MINOR}.{REVISION}")
}

const MAJOR: u32 = 5;
const MINOR: u32 = 0;
const REVISION: u32 = 213;
const NO_VHOST: u32 = 2014;
const NO_STREAM: u32 = 2048;
const NO_CLIENT: u32 = 2049;
/// A shorter page is not given.
const LEAST: usize = 10;
