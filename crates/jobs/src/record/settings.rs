//! What a job that records goes by.

use std::time::Duration;

use media::Delta;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::export::Container;
use crate::supervisor::{BadSettings, read};

/// How a stream is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Seconds that a publisher may be away, and the recording goes on.
    pub gap: u32,
    /// Seconds after which a new file of the recording begins, at the next key frame.
    pub split_seconds: Option<u32>,
    /// The same in bytes.
    pub split_bytes: Option<u64>,
    /// What each file becomes as well when it is finished, beside the MP4.
    pub also: Vec<Container>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { gap: 60, split_seconds: None, split_bytes: None, also: Vec::new() }
    }
}

impl Settings {
    /// Reads and checks them.
    pub fn parse(settings: &Value) -> Result<Settings, BadSettings> {
        let settings: Settings = read(settings)?;
        if settings.gap > LONGEST_GAP {
            let reason = format!("is {}; at most {LONGEST_GAP} are allowed", settings.gap);
            return Err(BadSettings::new("gap", reason));
        }
        if let Some(seconds) = settings.split_seconds.filter(|seconds| *seconds < SHORTEST_FILE) {
            let reason = format!("is {seconds}; at least {SHORTEST_FILE} are needed");
            return Err(BadSettings::new("split_seconds", reason));
        }
        if let Some(bytes) = settings.split_bytes.filter(|bytes| *bytes < SMALLEST_FILE) {
            let reason = format!("is {bytes}; at least {SMALLEST_FILE} are needed");
            return Err(BadSettings::new("split_bytes", reason));
        }
        if let Some(twice) =
            settings.also.iter().enumerate().find(|(at, one)| settings.also[..*at].contains(one))
        {
            return Err(BadSettings::new("also", format!("has {} twice", twice.1.name())));
        }
        Ok(settings)
    }

    /// As JSON Schema.
    pub(super) fn schema() -> Value {
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Recording",
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "gap": {
                    "type": "integer", "minimum": 0, "maximum": LONGEST_GAP, "default": Settings::default().gap,
                    "title": "Gap",
                    "description": "Seconds that a publisher may be away, and the recording goes on.",
                },
                "split_seconds": {
                    "type": ["integer", "null"], "minimum": SHORTEST_FILE, "default": null,
                    "title": "New file after seconds",
                    "description": "A new file of the recording begins at the first key frame after so many seconds.",
                },
                "split_bytes": {
                    "type": ["integer", "null"], "minimum": SMALLEST_FILE, "default": null,
                    "title": "New file after bytes",
                    "description": "A new file of the recording begins at the first key frame after so many bytes.",
                },
                "also": {
                    "type": "array", "items": { "enum": Container::ALL.map(Container::name) }, "uniqueItems": true, "default": [],
                    "title": "Also as",
                    "description": "What each file becomes as well when it is finished, beside the MP4: MPEG-TS or FLV, where those have a place for its codecs.",
                },
            },
        })
    }

    pub(super) fn gap(&self) -> Duration {
        Duration::from_secs(self.gap.into())
    }

    /// How long a file may be.
    pub(super) fn split(&self) -> Option<Delta> {
        self.split_seconds.map(|seconds| Delta::secs(seconds.into()))
    }
}

const LONGEST_GAP: u32 = 86_400;
const SHORTEST_FILE: u32 = 10;
const SMALLEST_FILE: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_schema_says_what_is_understood() {
        let schema = Settings::schema();
        let known = serde_json::to_value(Settings::default()).unwrap();
        let known = known.as_object().unwrap();
        let properties = schema["properties"].as_object().unwrap();
        assert_eq!(properties.keys().collect::<Vec<_>>(), known.keys().collect::<Vec<_>>());
        for (name, property) in properties {
            assert_eq!(property["default"], known[name], "{name}");
            let Some(least) = property["minimum"].as_u64() else { continue };
            assert!(Settings::parse(&json!({ name: least })).is_ok(), "{name}");
            if least > 0 {
                assert_eq!(Settings::parse(&json!({ name: least - 1 })).unwrap_err().field, *name);
            }
            if let Some(most) = property["maximum"].as_u64() {
                assert_eq!(Settings::parse(&json!({ name: most + 1 })).unwrap_err().field, *name);
            }
        }
        assert_eq!(Settings::parse(&json!({})), Ok(Settings::default()));
        assert!(Settings::parse(&json!({ "gaps": 1 })).is_err());
        assert_eq!(Settings::parse(&json!({ "also": ["flv", "ts"] })).unwrap().also.len(), 2);
        for wrong in [json!(["mkv"]), json!(["ts", "ts"])] {
            assert!(Settings::parse(&json!({ "also": wrong })).unwrap_err().field.starts_with("also"));
        }
    }
}
