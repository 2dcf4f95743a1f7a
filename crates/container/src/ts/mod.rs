//! MPEG-TS: published frames into packets of 188 bytes, one program, and back.
//!
//! ```text
//! let mut muxer = ts::Muxer::new(&tracks);
//! muxer.write(&frame, &mut out);     // in dts order across tracks: media::Interleave stands before
//! muxer.flush(&mut out);             // before a cut: audio that waits for company
//! muxer.begin();                     // after it: the next frame is where somebody may begin to read
//!
//! let mut demuxer = ts::Demuxer::new();
//! demuxer.push(wall, &bytes);        // pieces of any size
//! while let Some(frame) = demuxer.next() { … }
//! demuxer.flush();                   // at the end: the last picture
//! ```
//!
//! Out, a time of the stream is written as that time plus [`DELAY`], in ticks of 90 kHz, modulo 33 bits; the
//! clock (PCR) is written without the delay, so that everything arrives before its time. In, times are the
//! source's, unwrapped; the clock is not read.
//!
//! Speaks H.264, H.265, AAC in ADTS, MPEG audio, AC-3, E-AC-3 and Opus. Left out: AV1 and others that players do
//! not find in MPEG-TS, AAC in LATM, SDT and other DVB tables (no player asks), padding to a constant rate,
//! encryption, and tracks of data.
//!
//! Source: ISO/IEC 13818-1; RFC 8216 §3.2 for what HLS adds.

mod assembly;
mod demuxer;
mod format;
mod framing;
mod head;
mod muxer;
mod opus;
mod packet;
mod pes;
mod pictures;
mod psi;
#[cfg(test)]
mod samples;
mod sounds;
mod sync;
mod tables;

pub use demuxer::{Counters, Demuxer};
pub use muxer::{DELAY, Muxer, carries};
pub use packet::PACKET;
