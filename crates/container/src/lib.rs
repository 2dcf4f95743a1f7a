//! Containers and the encodings they are made of: FLV with AMF0, MPEG-TS with ADTS and Annex B, fragmented MP4, IVF; and what comes without one.
//!
//! Demuxers turn bytes into [`media::Frame`]s on the source's clock, muxers turn published frames into
//! bytes. Pure: no sockets, files, clock or randomness. Everything that input can make grow is bounded.

pub mod adts;
pub mod amf0;
pub mod annexb;
pub mod bare;
mod coded;
pub mod flv;
pub mod fmp4;
pub mod ivf;
mod nalu;
pub mod ts;
