//! Placeholder.
pub mod amf0;
