//! What is sent to receivers: an event as JSON.

use std::net::IpAddr;

use bytes::Bytes;
use serde::Serialize;

use super::event::{Event, Left, Party, What};
use super::target::Dialect;
use crate::moment;

/// The body of a request that tells `event` in `dialect`; `request` is the name of this request alone.
pub(super) fn body(event: &Event, dialect: &Dialect, request: &str) -> Bytes {
    let text = match dialect {
        Dialect::Sluice { .. } => serde_json::to_vec(&Ours::of(event)),
        Dialect::Oryx { opaque, host } => serde_json::to_vec(&Oryx::of(event, (opaque, host), request)),
    };
    Bytes::from(text.expect("texts and numbers"))
}

/// In this order.
#[derive(Serialize)]
struct Ours<'a> {
    /// Of the event: the same when it is sent again.
    id: &'a str,
    event: &'static str,
    /// RFC 3339, UTC, to the millisecond.
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<Somebody<'a>>,
    /// As sent; only where it is asked whether they may.
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<&'a str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    left: Option<Gone>,
    /// Its id, as in `/api/v2/recordings`.
    #[serde(skip_serializing_if = "Option::is_none")]
    recording: Option<&'a str>,
}

#[derive(Serialize)]
struct Somebody<'a> {
    id: u64,
    protocol: &'a str,
    ip: IpAddr,
    agent: &'a str,
}

#[derive(Serialize)]
struct Gone {
    /// Why: `finished`, `dropped`, `kicked`, …
    end: String,
    seconds: f64,
    bytes: u64,
    frames: u64,
}

impl<'a> Ours<'a> {
    fn of(event: &'a Event) -> Ours<'a> {
        let (who, query, left) = match &event.what {
            What::Asks { who, query } => (Some(who), Some(query.as_str()), None),
            What::Published { who } | What::Playing { who } => (Some(who), None, None),
            What::Unpublished { who, left } | What::Stopped { who, left } => (Some(who), None, Some(left)),
            What::RecordBegun { .. } | What::RecordEnded { .. } | What::Test => (None, None, None),
        };
        Ours {
            id: &event.id,
            event: event.kind().name(),
            at: moment::milliseconds(event.at),
            app: event.stream.as_ref().map(|stream| stream.app()),
            stream: event.stream.as_ref().map(|stream| stream.name()),
            session: who.map(Somebody::of),
            query,
            left: left.map(Gone::of),
            recording: recording(&event.what),
        }
    }
}

fn recording(what: &What) -> Option<&str> {
    match what {
        What::RecordBegun { recording } | What::RecordEnded { recording } => Some(recording),
        _ => None,
    }
}

impl<'a> Somebody<'a> {
    fn of(who: &'a Party) -> Somebody<'a> {
        let Party { id, protocol, peer, agent } = who;
        Somebody { id: id.0, protocol, ip: peer.ip().to_canonical(), agent }
    }
}

impl Gone {
    fn of(left: &Left) -> Gone {
        let Left { end, lasted, moved } = left;
        let seconds = lasted.as_millis() as f64 / 1000.0;
        Gone { end: end.to_string(), seconds, bytes: moved.bytes, frames: moved.frames }
    }
}

/// In this order. Source: Oryx 5.15, `platform/callback.go`.
#[derive(Serialize)]
struct Oryx<'a> {
    request_id: &'a str,
    action: &'static str,
    opaque: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    vhost: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    app: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    stream: &'a str,
    #[serde(skip_serializing_if = "String::is_empty")]
    param: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uuid: Option<&'a str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    artifact: Option<Artifact>,
}

/// What has become of a recording, of one that is over.
#[derive(Serialize)]
struct Artifact {
    /// 0: it is there.
    artifact_code: u32,
    /// In the data folder of Oryx's container, wherever ours is.
    artifact_path: String,
    artifact_url: String,
}

impl<'a> Oryx<'a> {
    fn of(event: &'a Event, (opaque, host): (&'a str, &str), request: &'a str) -> Oryx<'a> {
        let param = match &event.what {
            What::Asks { who, query } => param(&who.protocol, query),
            _ => String::new(),
        };
        let key = event.stream.as_ref();
        let artifact = match &event.what {
            What::RecordEnded { recording } => Some(Artifact {
                artifact_code: 0,
                artifact_path: format!("/data/record/{recording}/index.mp4"),
                artifact_url: format!("{host}/terraform/v1/hooks/record/hls/{recording}/index.mp4"),
            }),
            _ => None,
        };
        Oryx {
            request_id: request,
            action: event.kind().name(),
            opaque,
            vhost: if key.is_some() { VHOST } else { "" },
            app: key.map_or("", |key| key.app()),
            stream: key.map_or("", |key| key.name()),
            param,
            uuid: recording(&event.what),
            artifact,
        }
    }
}

/// The query as SRS tells it: RTMP's with the question mark.
fn param(protocol: &str, query: &str) -> String {
    match protocol {
        "rtmp" | "rtmps" if !query.is_empty() => format!("?{query}"),
        _ => query.to_owned(),
    }
}

/// The only virtual host there is, as SRS calls it.
const VHOST: &str = "__defaultVhost__";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::{Duration, SystemTime};

    use hub::{End, Moved, SessionId, StreamKey};

    use super::*;
    use crate::hooks::Kind;
    use crate::key::Key;

    fn event(what: What) -> Event {
        let stream = (what.kind() != Kind::Test).then(|| StreamKey::new("live", "cam").unwrap());
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_930_215_120);
        Event { id: "the-id".to_owned(), at, what, stream }
    }

    fn who() -> Party {
        let peer = "[::ffff:192.0.2.1]:5000".parse().unwrap();
        Party { id: SessionId(7), protocol: "rtmp".into(), peer, agent: "FMLE/3.0 \"x\"".to_owned() }
    }

    fn sent(what: What, dialect: &Dialect) -> String {
        String::from_utf8(body(&event(what), dialect, "this-request").to_vec()).unwrap()
    }

    #[test]
    fn ours_say_who_and_how_it_was() {
        let dialect = Dialect::Sluice { secret: Key::new("0123456789").unwrap(), previous: None };
        let head = |event| {
            format!(
                r#"{{"id":"the-id","event":"{event}","at":"2026-11-29T05:30:15.12Z","app":"live","stream":"cam","#
            )
        };
        let session = r#""session":{"id":7,"protocol":"rtmp","ip":"192.0.2.1","agent":"FMLE/3.0 \"x\""}"#;
        let asks = What::Asks { who: who(), query: "secret=x&u=1".to_owned() };
        let expected = format!(r#"{}{session},"query":"secret=x&u=1"}}"#, head("on_publish"));
        assert_eq!(sent(asks, &dialect), expected);
        let expected = format!("{}{session}}}", head("on_publish"));
        assert_eq!(sent(What::Published { who: who() }, &dialect), expected);
        let moved = Moved { bytes: 10, frames: 2, skipped: 0 };
        let left = Left { end: End::Dropped, lasted: Duration::from_micros(1_500_900), moved };
        let expected =
            format!(r#"{}{session},"end":"dropped","seconds":1.5,"bytes":10,"frames":2}}"#, head("on_stop"));
        assert_eq!(sent(What::Stopped { who: who(), left }, &dialect), expected);
        let expected = format!(r#"{}"recording":"3ecf"}}"#, head("on_record_end"));
        assert_eq!(sent(What::RecordEnded { recording: "3ecf".to_owned() }, &dialect), expected);
        assert_eq!(
            sent(What::Test, &dialect),
            r#"{"id":"the-id","event":"test","at":"2026-11-29T05:30:15.12Z"}"#
        );
    }

    #[test]
    fn those_of_oryx_have_its_keys_in_its_order() {
        let dialect = Dialect::Oryx { opaque: "mytoken".to_owned(), host: String::new() };
        let asks = What::Asks { who: who(), query: "secret=8f76".to_owned() };
        assert_eq!(
            sent(asks, &dialect),
            r#"{"request_id":"this-request","action":"on_publish","opaque":"mytoken","vhost":"__defaultVhost__","app":"live","stream":"cam","param":"?secret=8f76"}"#
        );
        let left = Left { end: End::Finished, lasted: Duration::ZERO, moved: Moved::default() };
        assert_eq!(
            sent(What::Unpublished { who: who(), left }, &dialect),
            r#"{"request_id":"this-request","action":"on_unpublish","opaque":"mytoken","vhost":"__defaultVhost__","app":"live","stream":"cam"}"#
        );
        let dialect = Dialect::Oryx { opaque: "mytoken".to_owned(), host: "http://a".to_owned() };
        assert_eq!(
            sent(What::RecordBegun { recording: "3ecf".to_owned() }, &dialect),
            r#"{"request_id":"this-request","action":"on_record_begin","opaque":"mytoken","vhost":"__defaultVhost__","app":"live","stream":"cam","uuid":"3ecf"}"#
        );
        assert_eq!(
            sent(What::RecordEnded { recording: "3ecf".to_owned() }, &dialect),
            r#"{"request_id":"this-request","action":"on_record_end","opaque":"mytoken","vhost":"__defaultVhost__","app":"live","stream":"cam","uuid":"3ecf","artifact_code":0,"artifact_path":"/data/record/3ecf/index.mp4","artifact_url":"http://a/terraform/v1/hooks/record/hls/3ecf/index.mp4"}"#
        );
        let nobody = Dialect::Oryx { opaque: String::new(), host: String::new() };
        assert_eq!(sent(What::Test, &nobody), r#"{"request_id":"this-request","action":"test","opaque":""}"#);
        assert_eq!([param("whip", "a=1"), param("rtmp", "")], ["a=1", ""]);
    }
}
