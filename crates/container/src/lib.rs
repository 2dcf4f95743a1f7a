//! Containers and the encodings they are made of: FLV with AMF0, and what becomes MPEG-TS.
//!
//! Demuxers turn bytes into [`media::Frame`]s on the source's clock, muxers turn published frames into
//! bytes. Pure: no sockets, files, clock or randomness. Everything that input can make grow is bounded.

pub mod amf0;
pub mod flv;
