//! Endless files over WebSocket: the bytes of the HTTP response as binary messages.
//!
//! Only this much of RFC 6455 is needed: messages out, control frames both ways. Frames are ours, so that the bytes of a wire
//! go out as they are, behind a header of up to ten bytes; see `docs/decisions/0016-websocket-frames.md`.

mod frame;
mod handshake;
mod inbox;
mod link;

pub(super) use handshake::Handover;
pub(crate) use handshake::Offer;
pub(super) use link::follow;
