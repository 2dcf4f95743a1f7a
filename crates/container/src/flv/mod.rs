//! FLV: the bodies that RTMP messages and FLV tags share, and the file format around them.
//!
//! In: a [`Demuxer`] per publisher turns bodies into frames on the source's clock. Out: a tag is
//! [`tag_header`] ++ [`head`] ++ `frame.payload` ++ previous tag size, so that no payload is copied.
//! [`Reader`] splits a byte stream into tags.
//!
//! Speaks H.264, AAC and MP3 in their original form, and every codec of enhanced RTMP in the enhanced one, several tracks
//! of a kind included. Written is the original form where there is one, for every player reads it.
//! Left out: the codecs of Flash days, which nothing plays any more; AV1 configured as in MPEG-TS; colour metadata in
//! tags of their own, which are passed over.
//!
//! Sources: Adobe Flash Video File Format Specification 10.1, annex E; Veovera "Enhanced RTMP v2", v2-2025-01-21-b2.

mod body;
mod demux;
mod fourcc;
mod frames;
mod lane;
mod metadata;
mod mux;
mod muxer;
mod pictures;
mod reader;
mod sounds;

pub use demux::Demuxer;
pub use fourcc::{FourCc, FourCcs};
pub use frames::Frames;
pub use lane::MAX_TRACKS;
pub use metadata::{Metadata, metadata};
pub use mux::{Head, MAX_BODY, file_header, head, sequence_header, tag_header};
pub use muxer::Muxer;
pub use reader::{FileHeader, Reader, Tag};

use media::{Codec, Kind, ParseError};

/// What a tag carries; the numbers are those of FLV tags and RTMP messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TagKind {
    /// Sound.
    Audio = 8,
    /// Pictures.
    Video = 9,
    /// Script data: AMF0 values, the first of them the handler's name.
    Data = 18,
}

/// Why a tag or a message gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The tag is sound but of a codec we do not speak here. The stream can go on without it.
    #[error("codec {0} is not supported in FLV")]
    Unsupported(Name),
    /// A packet type that the specification reserves.
    #[error("packet type {0} of enhanced RTMP is not known")]
    PacketType(u8),
    /// The publisher has numbered more tracks than we hold.
    #[error("more than {max} tracks")]
    TooManyTracks {
        /// How many there may be.
        max: usize,
    },
    /// The bytes cannot be what they claim.
    #[error(transparent)]
    Parse(#[from] ParseError),
}

/// A codec as FLV names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Name {
    /// One of the numbered codecs of the specification.
    Known(&'static str),
    /// A `CodecID` that the specification does not have.
    VideoId(u8),
    /// A `SoundFormat` that the specification does not have.
    AudioId(u8),
    /// A codec of the enhanced headers.
    FourCc([u8; 4]),
}

/// Whether tags can carry `codec`.
pub fn carries(codec: &Codec) -> bool {
    FourCc::of(codec).is_some() || matches!(codec, Codec::Amf0)
}

impl TagKind {
    /// From the tag type of FLV or the message type of RTMP.
    pub const fn from_byte(byte: u8) -> Option<TagKind> {
        match byte {
            8 => Some(TagKind::Audio),
            9 => Some(TagKind::Video),
            18 => Some(TagKind::Data),
            _ => None,
        }
    }
}

impl From<Kind> for TagKind {
    fn from(kind: Kind) -> TagKind {
        match kind {
            Kind::Audio => TagKind::Audio,
            Kind::Video => TagKind::Video,
            Kind::Data => TagKind::Data,
        }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Name::Known(name) => f.write_str(name),
            Name::VideoId(id) => write!(f, "video {id}"),
            Name::AudioId(id) => write!(f, "audio {id}"),
            Name::FourCc(code) => write!(f, "'{}'", code.escape_ascii()),
        }
    }
}

#[cfg(test)]
#[path = "enhanced_test.rs"]
mod tests;
