//! Why a connection is over.

use std::fmt;

use media::{Delta, ParseError};

/// What the peer did that ends the connection, or what the owner asked for that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The first byte is not that of plain RTMP: RTMPE is 6, a TLS hello 22, an HTTP request a letter.
    #[error("handshake version {found}, expected 3")]
    Version {
        /// The byte.
        found: u8,
    },
    /// A chunk without a message header on a chunk stream that has had none.
    #[error("chunk stream {csid}: begins with a chunk of type {format}")]
    HeaderMissing {
        /// The chunk stream.
        csid: u32,
        /// The chunk's type, 2 or 3.
        format: u8,
    },
    /// More chunk streams than the bound.
    #[error("chunk stream {csid}: more than {max} chunk streams")]
    TooManyChunkStreams {
        /// The one too many.
        csid: u32,
        /// [`crate::Bounds::chunk_streams`].
        max: usize,
    },
    /// A message larger than the bound, or than the 24 bits of its length.
    #[error("chunk stream {csid}: message of {size} bytes, limit {max}")]
    MessageTooLarge {
        /// The chunk stream.
        csid: u32,
        /// Bytes of the body.
        size: usize,
        /// [`crate::Bounds::message`].
        max: usize,
    },
    /// The messages that are under way on all chunk streams promise more bytes than the bound.
    #[error("chunk stream {csid}: partial messages of {size} bytes, limit {max}")]
    PartialTooLarge {
        /// The chunk stream of the latest.
        csid: u32,
        /// Bytes of all of them.
        size: usize,
        /// [`crate::Bounds::partial`].
        max: usize,
    },
    /// A Set Chunk Size of 0, or with the first bit set.
    #[error("chunk size of {size}, expected 1 to 2147483647")]
    ChunkSize {
        /// As sent.
        size: u32,
    },
    /// A protocol control message too short for what it is.
    #[error("control message of type {kind} with {size} bytes")]
    Control {
        /// The message's type.
        kind: u8,
        /// Bytes of its body.
        size: usize,
    },
    /// A command whose name cannot be read.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// A command that may not come in this place.
    #[error("command {command} {}", if *.connected { "on a connection that is connected already" } else { "before connect" })]
    Order {
        /// Its name, at most 64 bytes of it.
        command: String,
        /// Whether the peer had sent `connect`.
        connected: bool,
    },
    /// More message streams than the limit.
    #[error("more than {max} message streams")]
    TooManyStreams {
        /// [`crate::Limits::message_streams`].
        max: usize,
    },
    /// More input than the limit came while a request waited for the owner's answer.
    #[error("{size} bytes sent while a request was waiting, limit {max}")]
    TooMuchWaiting {
        /// Bytes waiting.
        size: usize,
        /// [`crate::Limits::waiting_input`].
        max: usize,
    },
    /// More output than the limit is queued: the peer asks faster than it reads.
    #[error("{size} bytes of answers queued, limit {max}")]
    TooMuchOutput {
        /// Bytes queued.
        size: usize,
        /// [`crate::Limits::pending_output`].
        max: usize,
    },
    /// Something took too long.
    #[error("{wait} took longer than {limit}")]
    TimedOut {
        /// What was waited for.
        wait: Wait,
        /// For how long.
        limit: Delta,
    },
    /// The owner answers or ends what the peer did not ask for.
    #[error("message stream {stream}: nothing asked for that could be answered")]
    NotAsked {
        /// The message stream.
        stream: u32,
    },
    /// The owner sends media on a connection that is not, or no longer, publishing.
    #[error("not publishing")]
    NotPublishing,
}

/// What a peer is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// The end of the handshake.
    Handshake,
    /// On a server a `publish` or `play`, on a client the answer to it.
    Request,
    /// Any byte at all.
    Sign,
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Wait::Handshake => "handshake",
            Wait::Request => "publish or play",
            Wait::Sign => "sign of life",
        })
    }
}
