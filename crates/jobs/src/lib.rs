//! Work on streams beside their way from publisher to viewers, and the programs that do it.
//!
//! - [`Ffmpeg`] is the one FFmpeg of this server: found and looked at once, run by whoever needs a codec.
//! - [`Snapshots`] are pictures of live streams.
//!
//! What is decoded or encoded is so in another process, which gets its input by a pipe, cannot open anything else, has so
//! much time and output, and is gone with whoever waits for it. Without FFmpeg everything that needs no codec works; the
//! rest says what is missing.
//!
//! Outside: who may ask, and how it is answered (`api`).

pub mod ffmpeg;
pub mod snapshot;
#[cfg(test)]
mod testing;

pub use ffmpeg::Ffmpeg;
pub use snapshot::{Snapshot, Snapshots};
