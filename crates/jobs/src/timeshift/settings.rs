//! What a job goes by that keeps the past of streams.

use media::Delta;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::supervisor::{BadSettings, read};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Settings {
    /// Seconds that viewers may go back.
    seconds: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { seconds: 7_200 }
    }
}

impl Settings {
    pub(super) fn parse(settings: &Value) -> Result<Settings, BadSettings> {
        let settings: Settings = read(settings)?;
        if !(SHORTEST..=LONGEST).contains(&settings.seconds) {
            let reason = format!("is {}; {SHORTEST} to {LONGEST} seconds are possible", settings.seconds);
            return Err(BadSettings::new("seconds", reason));
        }
        Ok(settings)
    }

    /// As JSON Schema.
    pub(super) fn schema() -> Value {
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Time-shift",
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "seconds": {
                    "type": "integer", "minimum": SHORTEST, "maximum": LONGEST, "default": Settings::default().seconds,
                    "title": "Window",
                    "description": "Seconds that viewers may go back in the live stream. A stream of 5 Mbit/s takes 2.25 GB of the disk an hour.",
                },
            },
        })
    }

    pub(super) fn window(&self) -> Delta {
        Delta::secs(self.seconds.into())
    }
}

/// Less is what HLS has anyway; more is a recording.
const SHORTEST: u32 = 60;
const LONGEST: u32 = 43_200;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_schema_says_what_is_understood() {
        let property = &Settings::schema()["properties"]["seconds"];
        assert_eq!(Settings::parse(&json!({})).unwrap().window(), Delta::secs(7_200));
        assert_eq!(property["default"], 7_200);
        let bound = |name: &str| property[name].as_u64().unwrap();
        for good in [bound("minimum"), bound("maximum")] {
            assert!(Settings::parse(&json!({ "seconds": good })).is_ok(), "{good}");
        }
        for bad in [bound("minimum") - 1, bound("maximum") + 1] {
            assert_eq!(Settings::parse(&json!({ "seconds": bad })).unwrap_err().field, "seconds");
        }
        assert!(Settings::parse(&json!({ "hours": 1 })).is_err());
    }
}
