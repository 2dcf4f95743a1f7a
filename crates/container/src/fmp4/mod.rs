//! Fragmented MP4 out: published frames into CMAF chunks, for LL-HLS, DASH and recordings.
//!
//! ```text
//! let header = fmp4::init(&tracks);                  // ftyp and moov: what a decoder must know
//! let mut fragmenter = fmp4::Fragmenter::new(&tracks);
//! fragmenter.push(&frame);                           // in dts order within each track
//! let chunk = fragmenter.cut(until);                 // moof and mdat with all that comes before `until`
//! let rest = fragmenter.finish();
//! ```
//!
//! A time of the stream is written as it is, in ticks of the track: 90 kHz for pictures, the sample rate for sound. So tracks are
//! in sync, chunks of two fragmenters of one stream fit together, and nothing is summed up that could drift. The
//! decode time of each track is 64 bits wide; what is presented later than decoded says by how much (composition offsets), and
//! there are no edit lists.
//!
//! Other parameters of a track need a new header and a new fragmenter; players want that announced as a discontinuity.
//!
//! Speaks H.264, H.265, AV1, VP9, AAC, Opus, FLAC, AC-3, E-AC-3 and MP3. Left out: VP8 (no player takes it in MP4), tracks of data, encryption.
//!
//! Source: ISO/IEC 14496-12 (boxes), 14496-15 (H.264, H.265), 23000-19 (CMAF), and for the others what [`entry`] names.

mod entry;
mod fragment;
mod fragmenter;
mod init;

pub use entry::carries;
pub use fragmenter::{Chunk, Fragmenter};
pub use init::init;
