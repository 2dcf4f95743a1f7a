//! What is to be done, as the store keeps it.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::glob::Streams;

/// A job as somebody wants it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Which [`Kind`](super::Kind) it is of.
    pub kind: String,
    /// What for.
    pub label: String,
    /// The streams that it is for, where its kind works on streams.
    #[serde(default)]
    pub streams: Streams,
    /// What the kind goes by.
    pub settings: Value,
    /// It is to run.
    pub wanted: bool,
    /// Since when there is the job.
    pub created: SystemTime,
}

/// A job to be made.
#[derive(Debug, Clone)]
pub struct New {
    /// Which [`Kind`](super::Kind) it is to be of.
    pub kind: String,
    /// What for.
    pub label: String,
    /// The streams that it is for.
    pub streams: Streams,
    /// What the kind goes by.
    pub settings: Value,
    /// Whether it is to run.
    pub wanted: bool,
}

/// What changes of a job; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// What for.
    pub label: Option<String>,
    /// The streams that it is for: what it does for those that stay goes on.
    pub streams: Option<Streams>,
    /// What the kind goes by, all of it: runs begin anew.
    pub settings: Option<Value>,
    /// Whether it is to run.
    pub wanted: Option<bool>,
}
