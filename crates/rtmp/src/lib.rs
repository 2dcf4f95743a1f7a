//! RTMP: the machines of both ends, and the chunks that many viewers share.
//!
//! ```text
//! let mut session = server::Session::new(config, seed);
//! session.receive(now, &bytes)?;                     // Err: this connection is over
//! while let Some(output) = session.poll() {          // drain after every call
//!     match output { Output::Send(bytes) => …, Output::Event(event) => … }
//! }
//! wait_until(session.deadline()); session.tick(now)?; // the only way it learns the time
//! ```
//!
//! A server session speaks the handshake, the chunks, the control messages and the commands, and tells its owner what
//! was asked for and what media came. Media to a viewer does not go through it: the owner sends blocks made once for
//! all of them by [`chunk::write()`], and puts what `poll` hands out between two blocks.
//!
//! Outside: sockets, TLS, who may do what, and the bodies of media messages, which are FLV tag bodies and opaque here.
//!
//! Sources: Adobe "RTMP Specification 1.0" (2012); "AMF 0"; Veovera "Enhanced RTMP v2"; the digest handshake as Flash
//! Player 9 and FFmpeg have it.
//! Left out: RTMPE (broken), RTMPT (gone with Flash), shared objects (ignored), AMF3 values, Adobe's and Limelight's
//! `authmod`, recorded streams. What is answered to whom, and why, is in `docs/protocols/rtmp.md`.

pub mod chunk;
pub mod client;
pub mod server;
pub mod url;

mod aggregate;
mod capabilities;
mod command;
mod error;
mod handshake;
mod limits;
mod link;
mod message;

pub use capabilities::Capabilities;
pub use error::{Error, Wait};
pub use limits::{Bounds, Limits};
pub use message::{Media, MediaKind};

/// What a session hands to its owner.
#[derive(Debug, Clone, PartialEq)]
pub enum Output<E> {
    /// Bytes for the peer, in this order.
    Send(bytes::Bytes),
    /// Something the owner must know, and may have to answer.
    Event(E),
}
