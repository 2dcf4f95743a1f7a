//! Bodies as Go reads them: JSON whatever the content type says, keys in any case, what is missing or null at its default.

use std::time::Duration;

use axum::body::Body;
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::answer::Failure;

/// The body as an object whose keys are in lower case; empty for an empty one.
pub(super) async fn read(body: Body) -> Result<(Map<String, Value>, String), Failure> {
    let read = tokio::time::timeout(MAX_TIME, Limited::new(body, MAX_BODY).collect());
    let bytes = match read.await {
        Ok(Ok(bytes)) => bytes.to_bytes(),
        Ok(Err(error)) => return Err(Failure::new(format!("parse body: read body: {error}"))),
        Err(_) => return Err(Failure::new("parse body: read body: timeout")),
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if text.trim().is_empty() {
        return Ok((Map::new(), text));
    }
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => {
            let fields = object.into_iter().filter(|(_, value)| !value.is_null());
            Ok((fields.map(|(key, value)| (key.to_lowercase(), value)).collect(), text))
        }
        Ok(Value::Null) => Ok((Map::new(), text)),
        Ok(other) => {
            Err(unmarshal(&text, &format!("json: cannot unmarshal {} into an object", kind(&other))))
        }
        Err(error) if error.is_eof() => Err(unmarshal(&text, "unexpected end of JSON input")),
        Err(error) => {
            let found = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
            let found = found.chars().nth(error.column().saturating_sub(1)).unwrap_or(' ');
            Err(unmarshal(&text, &format!("invalid character {found:?} ({error})")))
        }
    }
}

/// The fields of `object` that `T` has. `text` is the body that they come from.
pub(super) fn fields<T: DeserializeOwned>(object: &Map<String, Value>, text: &str) -> Result<T, Failure> {
    let read = serde_path_to_error::deserialize(Value::Object(object.clone()));
    read.map_err(|error| {
        let (path, reason) = (error.path().to_string(), error.inner().to_string());
        unmarshal(text, &format!("json: cannot unmarshal field {path}: {reason}"))
    })
}

fn unmarshal(body: &str, reason: &str) -> Failure {
    let shown: String = body.chars().take(SHOWN).collect();
    Failure::new(format!("parse body: json unmarshal {shown}: {reason}"))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

const MAX_BODY: usize = 1 << 20;
const MAX_TIME: Duration = Duration::from_secs(10);
/// Characters of a body that an error repeats.
const SHOWN: usize = 256;
