//! Streams that are published, and putting them out.

use hub::{SessionId, StreamInfo, StreamKey};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::Failure;
use super::endpoint::Call;
use super::endpoint::Guard::{Change, Secret};
use super::srs::{client_id, server_id};
use super::system::Nothing;
use super::{Table, VHOST};
use crate::dto::time;

pub(super) fn add(table: &mut Table) {
    table.at(Secret, "mgmt/streams/query", query);
    table.at(Change, "mgmt/streams/kickoff", kick_off);
}

async fn query(api: Call, _: Nothing) -> Result<Value, Failure> {
    let mut streams: Vec<_> = api.hub.streams().iter().filter_map(as_json).collect();
    streams.sort_by_key(|stream| (stream["app"].to_string(), stream["stream"].to_string()));
    // A list without entries is null there.
    Ok(json!({"streams": (!streams.is_empty()).then_some(streams)}))
}

fn as_json(info: &StreamInfo) -> Option<Value> {
    let publisher = info.publisher.as_ref()?;
    let param = match (publisher.protocol, publisher.query.as_str()) {
        (_, "") => String::new(),
        ("rtmp", query) => format!("?{query}"),
        (_, query) => query.to_owned(),
    };
    let fields = [
        ("vhost", VHOST.to_owned()),
        ("app", info.key.app().to_owned()),
        ("stream", info.key.name().to_owned()),
        ("param", param),
        ("server_id", server_id()),
        ("client_id", client_id(publisher.id)),
        ("update", time(publisher.since)),
    ];
    let there = fields.into_iter().filter(|(_, value)| !value.is_empty());
    Some(Value::Object(there.map(|(name, value)| (name.to_owned(), json!(value))).collect::<Map<_, _>>()))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Stream {
    vhost: String,
    app: String,
    stream: String,
}

async fn kick_off(api: Call, body: Stream) -> Result<Value, Failure> {
    let Stream { vhost, app, stream } = body;
    for (name, value) in [("vhost", &vhost), ("app", &app), ("stream", &stream)] {
        if value.is_empty() {
            return Err(Failure::new(format!("no {name}")));
        }
    }
    let name = if vhost == VHOST { format!("{app}/{stream}") } else { format!("{vhost}/{app}/{stream}") };
    let not_found = || Failure::new(format!("stream not found {name}"));
    if vhost != VHOST {
        return Err(not_found());
    }
    let key = StreamKey::new(&app, &stream).map_err(|_| not_found())?;
    let publisher =
        api.hub.streams().into_iter().find(|info| info.key == key).and_then(|info| info.publisher);
    let SessionId(id) = publisher.map(|publisher| publisher.id).ok_or_else(not_found)?;
    api.hub.kick(SessionId(id));
    Ok(Value::Null)
}
