//! MP4 in one piece, made of fragments that were written one after the other: what a recording becomes.
//!
//! ```text
//! let index = mp4::Index::read(&mut file)?;      // looks at every moof, at no sample; passes over what is damaged or torn
//! let layout = index.layout(created);
//! out.write(&layout.head);                       // ftyp, moov, and the head of mdat
//! copy(&mut file, &mut out);                     // and in mdat the fragmented file, as it is
//! ```
//!
//! What says where samples are comes first, so that players begin at once and seek anywhere. Behind it all bytes are as they were
//! recorded: copying is all there is to do, nothing of what was written is ever lost, and each fragment of it can still be served as one,
//! for its data is addressed from its own beginning. Codecs do not matter here: what the header says of them is taken over.
//!
//! Decode times become durations; a gap between fragments makes the sample before it longer. Tracks that begin later than the
//! first begin with an empty edit, and what is presented later than decoded is so by composition offsets: each time is what it was,
//! less one constant for the whole file.
//!
//! Reads what [`fmp4`](crate::fmp4) writes, and nothing else: one header, then moof and mdat in turn, data addressed from moof. Memory is
//! some fifty bytes a sample at most, of [`MAX_SAMPLES`]: a picture with a time and an offset of its own takes 24 in the index, and as much in
//! the head.
//!
//! Source: ISO/IEC 14496-12 (§8.6 times, §8.7 samples, §8.8 fragments).

mod cues;
mod demux;
mod entry;
mod fragment;
mod header;
mod index;
mod layout;
mod samples;
#[cfg(test)]
mod testing;
mod walk;

pub use cues::{Cue, Cues};
pub use demux::Demuxer;
pub use index::{Error, Index, MAX_SAMPLES};
pub use layout::{ALIGNED, Layout};
