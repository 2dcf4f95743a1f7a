//! The server itself, and who changed what.

use control::audit::{Deed, Entry};
use serde::Serialize;
use utoipa::ToSchema;

use super::time;

/// The state of the server, in numbers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SystemView {
    /// The server's version.
    pub(crate) version: &'static str,
    /// Seconds since it started.
    pub(crate) uptime: u64,
    /// Streams that somebody publishes.
    pub(crate) publishers: usize,
    pub(crate) viewers: usize,
    /// Bytes of media held in memory, of all streams.
    pub(crate) memory: usize,
    /// Where the server listens.
    pub(crate) listeners: Vec<ListenerView>,
}

/// A port of the server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListenerView {
    #[schema(example = "rtmp")]
    pub(crate) name: &'static str,
    #[schema(example = 1935)]
    pub(crate) port: u16,
}

/// Something that was changed, or tried.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeedView {
    /// Counts up, also over restarts.
    pub(crate) number: u64,
    /// When, RFC 3339.
    pub(crate) at: String,
    /// The account; absent for somebody unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) who: Option<String>,
    /// From where; absent on the machine itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
    #[schema(example = "DELETE /api/v2/users/{name}")]
    pub(crate) action: String,
    #[schema(example = "/api/v2/users/bob")]
    pub(crate) subject: String,
    /// How it ended: an HTTP status.
    pub(crate) status: u16,
}

impl From<Entry> for DeedView {
    fn from(entry: Entry) -> DeedView {
        let Deed { who, from, action, subject, status } = entry.deed;
        let address = from.map(|from| from.to_string());
        DeedView { number: entry.number, at: time(entry.at), who, address, action, subject, status }
    }
}
