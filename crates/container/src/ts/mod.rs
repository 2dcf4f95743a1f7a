//! MPEG-TS out: published frames into packets of 188 bytes, one program.
//!
//! ```text
//! let mut muxer = ts::Muxer::new(&tracks);
//! muxer.write(&frame, &mut out);     // in dts order across tracks: media::Interleave stands before
//! muxer.flush(&mut out);             // before a cut: audio that waits for company
//! muxer.begin();                     // after it: the next frame is where somebody may begin to read
//! ```
//!
//! A time of the stream is written as that time plus [`DELAY`], in ticks of 90 kHz, modulo 33 bits; the
//! clock (PCR) is written without the delay, so that everything arrives before its time.
//!
//! Speaks H.264 and AAC (in ADTS). Left out: SDT and other DVB tables (no player asks), padding to a
//! constant rate, and tracks of data.
//!
//! Source: ISO/IEC 13818-1; RFC 8216 §3.2 for what HLS adds.

mod muxer;
mod packet;
mod pes;
mod psi;

pub use muxer::{DELAY, Muxer, carries};
pub use packet::PACKET;
