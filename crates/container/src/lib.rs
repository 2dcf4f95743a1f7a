//! Containers and the encodings they are made of: FLV with AMF0, MPEG-TS with ADTS and Annex B, MP4 in fragments and in one piece, IVF; and what comes without one.
//!
//! Demuxers turn bytes into [`media::Frame`]s on the source's clock, muxers turn published frames into
//! bytes. Pure: no sockets, files, clock or randomness. Everything that input can make grow is bounded.

pub mod adts;
pub mod amf0;
pub mod annexb;
pub mod bare;
mod boxes;
mod coded;
pub mod flv;
pub mod fmp4;
pub mod ivf;
pub mod mp4;
mod nalu;
pub mod ts;
