//! Forwarding streams to platforms.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Table;
use super::super::answer::Failure;
use super::super::endpoint::{Call, Guard};

pub(super) fn add(table: &mut Table) {
    table.at(Guard::Secret, "ffmpeg/forward/secret", secret);
    table.says("ffmpeg/forward/streams", || json!([]));
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Destination {
    action: String,
    platform: String,
    server: String,
}

async fn secret(_: Call, body: Destination) -> Result<Value, Failure> {
    match &*body.action {
        "" => return Ok(json!({})),
        "update" => {}
        other => return Err(Failure::about("invalid action=", other)),
    }
    super::check_platform(&body.platform, "forwarding-")?;
    super::first_empty("no ", &[("server", &body.server)])?;
    Err(Failure::not_yet("forwarding"))
}
