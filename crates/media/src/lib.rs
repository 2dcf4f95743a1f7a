//! The vocabulary of Sluice: frames, tracks, codecs and time.
//!
//! Every crate above speaks in these types. A demuxer makes [`Frame`]s on the source's clock, the
//! [`timeline::Timeline`] puts them on the stream's clock, a muxer maps them to its own units.
//!
//! Pure: no sockets, no clock, no randomness. Wall-clock values are only carried, never read.

pub mod aac;
pub mod frame;
pub mod h264;
pub mod interleave;
pub mod parse;
pub mod time;
pub mod timeline;
pub mod track;

pub use frame::Frame;
pub use interleave::Interleave;
pub use parse::ParseError;
pub use time::{Delta, Time, Unwrap};
pub use timeline::Timeline;
pub use track::{Codec, Kind, Track, TrackId};
