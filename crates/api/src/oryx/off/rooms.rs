//! Live rooms.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Table;
use super::super::answer::Failure;
use super::super::endpoint::{Call, Guard};

pub(super) fn add(table: &mut Table) {
    table.refuses("live/room/create", FEATURE);
    table.refuses("live/room/update", FEATURE);
    table.says("live/room/list", || json!({"rooms": null}));
    table.at(Guard::Secret, "live/room/query", no_room);
    table.at(Guard::Change, "live/room/remove", no_room);
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Room {
    uuid: String,
}

async fn no_room(_: Call, body: Room) -> Result<Value, Failure> {
    Err(unknown(&body.uuid))
}

/// There is no room `uuid`.
pub(super) fn unknown(uuid: &str) -> Failure {
    let Failure(text) = Failure::about("live room ", uuid);
    Failure::new(text + " not exists")
}

const FEATURE: &str = "live rooms";
