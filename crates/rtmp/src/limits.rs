//! Every bound on one connection, in one place.

use media::Delta;

/// What one peer may cost us.
///
/// Before its request is accepted a peer has [`Limits::stranger`]'s bounds, then those of its role; of a connection that
/// both publishes and plays, a publisher's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Until a `publish` or `play` is accepted, and after the last one has ended.
    pub stranger: Bounds,
    /// While it plays.
    pub viewer: Bounds,
    /// While it publishes.
    pub publisher: Bounds,
    /// Message streams open at a time.
    pub message_streams: usize,
    /// Bytes that may come while a request waits for the owner's answer: they are kept and read after it.
    pub waiting_input: usize,
    /// Bytes of answers that may be queued between two drains of `poll`.
    pub pending_output: usize,
    /// From the first call to the end of the handshake.
    pub handshake: Delta,
    /// From the handshake, or the end of the last stream, to a `publish` or `play`; on a client to its answer.
    pub request: Delta,
    /// The longest silence. A server pings, and every player known answers; a client that publishes has no such limit.
    pub idle: Delta,
    /// From one ping to the next.
    pub ping: Delta,
}

/// What a peer's messages may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of a message; also what a larger chunk size comes down to.
    pub message: usize,
    /// Bytes of all messages that are under way, as promised by their headers.
    pub partial: usize,
    /// Chunk streams ever used.
    pub chunk_streams: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            // `connect` is under 1 KiB everywhere; a token in a URL may add a few. A thousand who fill it are 32 MiB.
            stranger: Bounds { message: 32 << 10, partial: 32 << 10, chunk_streams: 16 },
            viewer: Bounds { message: 32 << 10, partial: 32 << 10, chunk_streams: 16 },
            // A key frame at 60 Mbit/s is 2 MiB; the 24-bit length ends at 16 MiB.
            publisher: Bounds { message: 16 << 20, partial: 24 << 20, chunk_streams: 64 },
            message_streams: 16,
            waiting_input: 1 << 20,
            pending_output: 64 << 10,
            handshake: Delta::secs(10),
            request: Delta::secs(20),
            idle: Delta::secs(100),
            ping: Delta::secs(30),
        }
    }
}
