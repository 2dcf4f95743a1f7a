//! Frames into RTP payloads, made once and shared by all players.

use std::sync::Arc;

use media::{Codec, Frame};

/// One RTP packet without its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// At most [`MAX_PAYLOAD`] bytes.
    pub payload: Arc<[u8]>,
    /// The last of its picture.
    pub marker: bool,
}

/// Packetises one track.
#[derive(Debug)]
pub struct Packetizer {}

impl Packetizer {
    /// `None` for a codec that does not travel over WebRTC.
    pub fn new(codec: &Codec) -> Option<Packetizer> {
        matches!(codec.name(), "h264" | "h265" | "av1" | "vp8" | "vp9" | "opus").then_some(Packetizer {})
    }

    /// Appends the packets of `frame` to `out`.
    pub fn packetize(&mut self, frame: &Frame, out: &mut Vec<Packet>) {
        let _ = (frame, out);
    }
}

/// Whether nothing refers to this picture, so that it may be left out: a B picture to players that cannot reorder.
pub fn is_disposable(codec: &Codec, payload: &[u8]) -> bool {
    let _ = (codec, payload);
    false
}

/// Bytes of a payload.
pub const MAX_PAYLOAD: usize = 1_160;
