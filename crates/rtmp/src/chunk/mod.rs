//! Chunks: how messages are cut up and interleaved on the wire. Source: RTMP 1.0 §5.3.

mod read;
mod write;

pub use read::Reader;
pub use write::{write, write_contiguous};

use bytes::Bytes;
use media::Time;

use crate::MediaKind;

/// What the chunk headers say of a message, but for its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The chunk stream, 2 to 65,599.
    pub csid: u32,
    /// Milliseconds, modulo 2^32.
    pub timestamp: u32,
    /// The message type.
    pub kind: u8,
    /// The message stream; 0 is the connection itself.
    pub stream: u32,
}

/// One whole message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where and when.
    pub header: Header,
    /// A buffer of its own.
    pub body: Bytes,
}

impl Header {
    /// Of a media message: each kind has a chunk stream of its own.
    pub fn media(kind: MediaKind, time: Time, stream: u32) -> Header {
        let csid = match kind {
            MediaKind::Audio => AUDIO,
            MediaKind::Video => VIDEO,
            MediaKind::Data => STREAM,
        };
        Header { csid, timestamp: timestamp(time), kind: kind.kind(), stream }
    }
}

/// The 32-bit timestamp of `time`: milliseconds, wrapping every 49.7 days.
pub fn timestamp(time: Time) -> u32 {
    // The remainder fits: it is below 2^32.
    time.as_millis().rem_euclid(1 << 32) as u32
}

/// The chunk size of a connection until its sender announces another.
pub const INITIAL_SIZE: u32 = 128;

/// Chunk streams that we send on: control messages (which the specification fixes), commands of the connection,
/// status and data of a message stream, and the media.
pub(crate) const CONTROL: u32 = 2;
pub(crate) const COMMAND: u32 = 3;
pub(crate) const STREAM: u32 = 5;
pub(crate) const VIDEO: u32 = 6;
pub(crate) const AUDIO: u32 = 7;

/// A timestamp field of this value says that the timestamp follows the header in 32 bits.
const EXTENDED: u32 = 0xff_ffff;

/// A body's length has 24 bits.
const MAX_BODY: usize = 0xff_ffff;
