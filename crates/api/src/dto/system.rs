//! The server itself.

use serde::Serialize;
use utoipa::ToSchema;

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
}
