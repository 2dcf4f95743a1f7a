//! HTTP callbacks, out and in.

use control::Hooks;
use control::hooks::{Dialect, Last, Target};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Table;
use super::answer::Failure;
use super::endpoint::Call;
use super::endpoint::Guard::{Change, Open, Secret};
use super::system::Nothing;

pub(super) fn add(table: &mut Table) {
    table.at(Secret, "mgmt/hooks/query", query);
    table.at(Change, "mgmt/hooks/apply", apply);
    table.at(Open, "mgmt/hooks/example", example);
    // In Oryx the media server calls these, and so could anybody.
    for path in ["hooks/srs/verify", "hooks/srs/hls"] {
        table.at(Open, path, async |_: Call, _: Nothing| Err(Failure::new(INTERNAL)));
    }
}

async fn query(api: Call, _: Nothing) -> Result<Value, Failure> {
    let Last { request, answer } = api.hooks.last_of_oryx();
    // Where none is set, all of it is empty.
    let target = api.hooks.find(Hooks::ORYX).ok().map(|(target, _)| target);
    let (url, opaque, host, all) = match target.as_deref() {
        Some(Target { url, disabled, dialect: Dialect::Oryx { opaque, host }, .. }) => {
            (url.0.as_str(), opaque.as_str(), host.as_str(), !disabled)
        }
        _ => ("", "", "", false),
    };
    Ok(json!({"req": request, "res": answer, "target": url, "opaque": opaque, "all": all, "host": host}))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Hook {
    target: String,
    opaque: String,
    all: bool,
    host: String,
}

async fn apply(api: Call, body: Hook) -> Result<Value, Failure> {
    let Hook { target, opaque, all, host } = body;
    let host = if host.is_empty() { api.host.clone() } else { host };
    let set = api.away(move |api| api.hooks.set_oryx(&target, &opaque, &host, all)).await?;
    set.map_err(|error| Failure::new(error.to_string()))?;
    Ok(Value::Null)
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

#[cfg(test)]
#[path = "hooks_test.rs"]
mod tests;
