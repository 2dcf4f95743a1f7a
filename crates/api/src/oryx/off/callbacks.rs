//! HTTP callbacks, out and in.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Table;
use super::super::answer::Failure;
use super::super::endpoint::{Call, Guard};
use super::super::system::Nothing;

pub(super) fn add(table: &mut Table) {
    table.says(
        "mgmt/hooks/query",
        || json!({"req": "", "res": "", "target": "", "opaque": "", "all": false, "host": ""}),
    );
    table.refuses("mgmt/hooks/apply", "callbacks");
    table.at(Guard::Open, "mgmt/hooks/example", example);
    // In Oryx the media server calls these, and so could anybody.
    for path in ["hooks/srs/verify", "hooks/srs/hls"] {
        table.at(Guard::Open, path, async |_: Call, _: Nothing| Err(Failure::new(INTERNAL)));
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Event {
    action: String,
    opaque: String,
}

/// A receiver to try callbacks with.
async fn example(call: Call, body: Event) -> Result<Value, Failure> {
    match &*call.parameter("fail") {
        "true" | "1" => {
            let Event { action, opaque } = body;
            Err(Failure::about("fail as required, ", &format!("action={action}, opaque={opaque}")))
        }
        _ => Ok(Value::Null),
    }
}

pub(super) const INTERNAL: &str = "the media server is part of this program, which takes no reports about streams and segments from outside";
