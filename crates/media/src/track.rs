//! A track and the codec parameters that ride along with each of its frames.

use crate::{aac, h264};

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

/// A codec with its parameters; the variant says what a frame's payload is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Codec {
    /// H.264. Payload: NAL units, each behind a 4-byte big-endian length; no access unit delimiters, parameter sets or filler.
    H264(h264::Parameters),
    /// AAC. Payload: one raw_data_block, without ADTS or LOAS.
    Aac(aac::Parameters),
    /// Script data. Payload: AMF0 values, the first of them the handler's name (`onTextData`, `onFI`, …).
    Amf0,
}

impl Track {
    /// What the track carries.
    pub fn kind(&self) -> Kind {
        self.codec.kind()
    }
}

impl Codec {
    /// What a track of this codec carries.
    pub fn kind(&self) -> Kind {
        match self {
            Codec::H264(_) => Kind::Video,
            Codec::Aac(_) => Kind::Audio,
            Codec::Amf0 => Kind::Data,
        }
    }

    /// The codec's name without its parameters, as in APIs and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Codec::H264(_) => "h264",
            Codec::Aac(_) => "aac",
            Codec::Amf0 => "amf0",
        }
    }

    /// Whether `other` is the same codec, whatever the parameters.
    pub fn same_codec(&self, other: &Codec) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// The `codecs` parameter of RFC 6381, where the codec has one: `avc1.64001f`, `mp4a.40.2`.
    pub fn rfc6381(&self) -> Option<String> {
        match self {
            Codec::H264(parameters) => Some(parameters.rfc6381()),
            Codec::Aac(parameters) => Some(parameters.rfc6381()),
            Codec::Amf0 => None,
        }
    }
}
