//! Live streams in memory.

pub mod access;
pub mod key;

pub use access::{AccessRequest, Action, Admission, Denial};
pub use key::{BadName, SessionId, StreamKey};
