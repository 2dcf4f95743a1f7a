//! Bodies as Go reads them: JSON whatever the content type says, keys in any case, what is missing or null at its default.

use std::time::Duration;

use axum::body::Body;
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::answer::Failure;

/// A body that was an object, or empty.
pub(super) struct Fields {
    /// With keys in lower case, and without those that are null.
    object: Map<String, Value>,
    /// Its beginning, for errors.
    text: String,
}

/// Reads a body of at most `most` bytes. What is made of it may take a hundred times as much, for a moment.
pub(super) async fn read(body: Body, most: usize) -> Result<Fields, Failure> {
    let read = tokio::time::timeout(MAX_TIME, Limited::new(body, most).collect());
    let bytes = match read.await {
        Ok(Ok(bytes)) => bytes.to_bytes(),
        Ok(Err(error)) => return Err(Failure::new(format!("parse body: read body: {error}"))),
        Err(_) => return Err(Failure::new("parse body: read body: timeout")),
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let shown = || text.chars().take(SHOWN).collect();
    if text.trim().is_empty() {
        return Ok(Fields { object: Map::new(), text: shown() });
    }
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => {
            let fields = object.into_iter().filter(|(_, value)| !value.is_null());
            let object = fields.map(|(key, value)| (key.to_lowercase(), value)).collect();
            Ok(Fields { object, text: shown() })
        }
        Ok(Value::Null) => Ok(Fields { object: Map::new(), text: shown() }),
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

impl Fields {
    /// Whether the field `key`, in lower case, is a text that is not empty.
    pub(super) fn has_text(&self, key: &str) -> bool {
        self.object.get(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty())
    }

    /// Those that `T` has, and the token.
    pub(super) fn fields<T: DeserializeOwned>(self) -> Result<(T, String), Failure> {
        let Fields { mut object, text } = self;
        let token = match object.remove("token") {
            None => String::new(),
            Some(Value::String(token)) => token,
            Some(_) => return Err(unmarshal(&text, "json: cannot unmarshal field token: not a string")),
        };
        let read = serde_path_to_error::deserialize(Value::Object(object));
        let wanted = read.map_err(|error| {
            let (path, reason) = (error.path().to_string(), error.inner().to_string());
            let reason: String = reason.chars().take(SHOWN).collect();
            unmarshal(&text, &format!("json: cannot unmarshal field {path}: {reason}"))
        })?;
        Ok((wanted, token))
    }
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

/// Bytes of a body by which strangers may ask.
pub(super) const OF_STRANGERS: usize = 16 << 10;
/// Bytes of any other, which are read before it is known who asks.
pub(super) const MOST: usize = 64 << 10;
const MAX_TIME: Duration = Duration::from_secs(10);
/// Characters of a body that an error repeats.
const SHOWN: usize = 256;
