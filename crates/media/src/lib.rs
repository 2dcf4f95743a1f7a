//! The vocabulary of Sluice: frames, tracks, codecs and time.
//!
//! Every crate above speaks in these types. A demuxer makes [`Frame`]s on the source's clock, the
//! [`timeline::Timeline`] puts them on the stream's clock, a muxer maps them to its own units.
//!
//! Pure: no sockets, no clock, no randomness. Wall-clock values are only carried, never read.

pub mod aac;
pub mod ac3;
pub mod av1;
pub mod bits;
pub mod codec;
pub mod flac;
pub mod frame;
pub mod g711;
pub mod h264;
pub mod h265;
pub mod interleave;
pub mod mp3;
pub mod nal;
pub mod opus;
pub mod order;
pub mod parse;
pub mod picture;
pub mod sound;
pub mod time;
pub mod timeline;
pub mod track;
pub mod vp8;
pub mod vp9;

pub use codec::Codec;
pub use frame::Frame;
pub use interleave::Interleave;
pub use order::{Order, Reordering};
pub use parse::ParseError;
pub use picture::Picture;
pub use sound::Sound;
pub use time::{Delta, Time, Unwrap};
pub use timeline::Timeline;
pub use track::{Kind, Track, TrackId};
