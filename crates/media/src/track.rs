//! A track and the codec parameters that ride along with each of its frames.

use crate::Codec;

/// One elementary stream within a live stream, with everything a decoder must know before its first frame.
///
/// Frozen behind `Arc`: when the parameters change there is a new `Arc<Track>` with the same `id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// Stays the same when the parameters change.
    pub id: TrackId,
    /// What the payload of the track's frames is, and how to decode it.
    pub codec: Codec,
}

/// Names a track within its stream. Given by the demuxer; the lowest of a kind is that kind's main track.
///
/// Those from [`TrackId::FIRST_DERIVED`] on are made by the server from another of the stream; no demuxer gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackId(pub u32);

/// What a track carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
    /// Timed messages that are neither.
    Data,
}

impl Track {
    /// What the track carries.
    pub fn kind(&self) -> Kind {
        self.codec.kind()
    }
}

impl TrackId {
    /// Above every id of a source, so that no derived track is ever the main one of a stream.
    pub const FIRST_DERIVED: TrackId = TrackId(1 << 30);

    /// Whether the track is made by the server from another.
    pub fn is_derived(self) -> bool {
        self >= TrackId::FIRST_DERIVED
    }
}
