//! Sound from one codec to another: AAC, Opus and G.711, with what lies between them.
//!
//! A [`Transcoder`] takes the frames of one track and makes those of another, each in its place on the same clock:
//!
//! ```
//! # use std::sync::Arc;
//! # use audio::{Target, Transcoder};
//! # use media::{Codec, Frame, Track, TrackId, aac};
//! # fn publish(_: Frame) {}
//! # fn run(source: &Arc<Track>, frames: Vec<Frame>) -> Result<(), audio::Error> {
//! let mut transcoder = Transcoder::new(source, TrackId(1_000), Target::OPUS)?;
//! let mut made = Vec::new();
//! let mut broken = 0;
//! for frame in &frames {
//!     // Err: this packet was no good; what is heard in its place is in `made` all the same.
//!     broken += u64::from(transcoder.push(frame, &mut made).is_err());
//!     made.drain(..).for_each(publish);
//! }
//! # Ok(()) }
//! ```
//!
//! Pure: no tokio, files, clocks, threads or randomness. Everything that input can make grow is bounded: a packet by
//! [`MAX_PACKET`], what is put in place of lost ones by a second of sound.
//!
//! **Where it runs.** A second of stereo costs some 10 ms of a core either way: run transcoders on threads of their own, not on
//! those of an async runtime. The codecs are young: they are fuzzed, and here their input is checked first, but should
//! one panic after all, it is the caller who stops that from spreading. `std::panic::catch_unwind` around
//! [`Transcoder::push`] (with `AssertUnwindSafe`, for the transcoder is dropped after a panic and a new one made) is all
//! it takes. Nothing here is shared between transcoders.
//!
//! **Delay and pre-roll.** The time of a coded frame is when that is to be heard which a decoder puts out for it, of AAC
//! as of Opus: the first sample, with nothing thrown away. So they are stamped by FFmpeg, and so players without edit
//! lists take them. Each encoder puts out what it was given some milliseconds later ([`Encoder::delay`]); the transcoder
//! makes up for it, so sound and pictures stay where they were to the sample.
//!
//! Left out: MP3, FLAC and AC-3 (FFmpeg does those), HE-AAC and surround on the way out, dithering.
//!
//! Sources: ISO/IEC 14496-3 (AAC); RFC 6716, RFC 7845 (Opus); ITU-T G.711; ITU-R BS.775-3 (channels).

pub mod aac;
mod clock;
mod conform;
mod decoder;
mod encoder;
mod error;
mod fade;
pub mod g711;
mod layout;
mod mix;
pub mod opus;
mod packer;
mod pcm;
mod resample;
mod transcoder;

pub use decoder::{Decoder, MAX_PACKET, decoder};
pub use encoder::{Encoder, Target, encoder};
pub use error::Error;
pub use layout::{Layout, Speaker};
pub use mix::Mix;
pub use pcm::Pcm;
pub use resample::Resampler;
pub use transcoder::{Stats, Transcoder};

#[cfg(test)]
#[path = "../tests/support/tone.rs"]
#[allow(dead_code, missing_docs, unreachable_pub)]
mod tone;
