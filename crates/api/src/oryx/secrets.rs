//! The publish key, which is called secret there.

use control::Key;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Table;
use super::answer::Failure;
use super::endpoint::Call;
use super::endpoint::Guard::{Change, Secret};
use super::system::Nothing;

pub(super) fn add(table: &mut Table) {
    table.at(Secret, "hooks/srs/secret", query);
    table.at(Secret, "hooks/srs/secret/query", query);
    table.at(Change, "hooks/srs/secret/update", update);
    table.at(Change, "hooks/srs/secret/disable", disable);
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NewSecret {
    secret: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Disabled {
    #[serde(rename = "pubnoauth")]
    disabled: bool,
}

async fn query(api: Call, _: Nothing) -> Result<Value, Failure> {
    Ok(json!({"publish": api.keys.global().reveal()}))
}

async fn update(api: Call, body: NewSecret) -> Result<Value, Failure> {
    if body.secret.is_empty() {
        return Err(Failure::new("no secret"));
    }
    let key = Key::new(body.secret).map_err(|error| Failure::new(format!("invalid secret: {error}")))?;
    api.away(move |api| api.keys.set_global(key)).await??;
    Ok(Value::Null)
}

async fn disable(api: Call, body: Disabled) -> Result<Value, Failure> {
    api.away(move |api| api.keys.set_open(body.disabled)).await??;
    Ok(Value::Null)
}
