//! The receiving side: what viewers understand of what servers send.

pub(crate) mod chunks;
pub(crate) mod hls;
pub(crate) mod http;
pub(crate) mod message;
pub(crate) mod playlist;
pub(crate) mod rtmp;
pub(crate) mod tags;
pub(crate) mod ts;
pub(crate) mod viewer;

/// What a server sent cannot be what it claims to be: the part that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("broken {0}")]
pub(crate) struct Broken(pub(crate) &'static str);
