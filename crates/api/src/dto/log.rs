//! Lines of the log.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::time_in_ms;
use crate::log_lines::LogLine;

/// A line of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogLineView {
    /// Counts up from 1, since the server was started.
    pub(crate) number: u64,
    /// When, RFC 3339, to the millisecond.
    pub(crate) at: String,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub(crate) level: &'static str,
    /// The part of the program.
    #[schema(example = "hub::events")]
    pub(crate) target: &'static str,
    pub(crate) message: String,
    /// What the line is about: `stream`, `peer` and others.
    #[schema(value_type = Object, example = json!({"stream": "live/cam", "id": 7}))]
    pub(crate) fields: Map<String, Value>,
}

impl From<&LogLine> for LogLineView {
    fn from(line: &LogLine) -> LogLineView {
        LogLineView {
            number: line.number,
            at: time_in_ms(line.at),
            level: match line.level {
                tracing::Level::ERROR => "error",
                tracing::Level::WARN => "warn",
                tracing::Level::INFO => "info",
                tracing::Level::DEBUG => "debug",
                tracing::Level::TRACE => "trace",
            },
            target: line.target,
            message: line.message.clone(),
            fields: line.fields.clone(),
        }
    }
}
