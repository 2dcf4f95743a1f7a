//! Frames into RTP payloads, made once a stream and shared by all its players.

mod av1;
mod h264;
mod h265;
mod nal;
mod opus;
mod vp8;
mod vp9;

use std::ops::Range;
use std::sync::Arc;

use media::{Codec, Frame};

pub use opus::join_opus;

/// One RTP packet without its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// At most [`MAX_PAYLOAD`] bytes, but for sound, which is never divided.
    pub payload: Arc<[u8]>,
    /// The last of its picture.
    pub marker: bool,
}

/// Packetises one track. What counts within the payloads (VP8, VP9) counts per track, the same for all players.
#[derive(Debug)]
pub struct Packetizer {
    format: Format,
}

#[derive(Debug)]
enum Format {
    H264,
    H265,
    Av1,
    Vp8(PictureId),
    Vp9(PictureId),
    Opus,
}

impl Packetizer {
    /// `None` for a codec that does not travel over WebRTC.
    pub fn new(codec: &Codec) -> Option<Packetizer> {
        let format = match codec {
            Codec::H264(_) => Format::H264,
            Codec::H265(_) => Format::H265,
            Codec::Av1(_) => Format::Av1,
            Codec::Vp8(_) => Format::Vp8(PictureId::default()),
            Codec::Vp9(_) => Format::Vp9(PictureId::default()),
            // Browsers know more than two channels under another name only (`multiopus`).
            Codec::Opus(parameters) if parameters.channels <= 2 => Format::Opus,
            _ => return None,
        };
        Some(Packetizer { format })
    }

    /// Appends the packets of `frame`, whose payload is canonical (see [`Codec`]), to `out`.
    ///
    /// A key frame brings its parameter sets with it. Of a payload that is broken, what stands before the break is sent;
    /// a frame of another codec than the track's makes none.
    pub fn packetize(&mut self, frame: &Frame, out: &mut Vec<Packet>) {
        let before = out.len();
        match (&mut self.format, &frame.track.codec) {
            (Format::H264, Codec::H264(parameters)) => h264::packetize(parameters, frame, out),
            (Format::H265, Codec::H265(parameters)) => h265::packetize(parameters, frame, out),
            (Format::Av1, Codec::Av1(parameters)) => av1::packetize(parameters, frame, out),
            (Format::Vp8(id), Codec::Vp8(_)) => vp8::packetize(id.next(), &frame.payload, out),
            (Format::Vp9(id), Codec::Vp9(parameters)) => vp9::packetize(id.next(), parameters, frame, out),
            (Format::Opus, Codec::Opus(_)) if (1..=MAX_SOUND).contains(&frame.payload.len()) => {
                out.push(Packet { payload: Arc::from(&frame.payload[..]), marker: false });
                return;
            }
            _ => {}
        }
        if let Some(last) = out.get_mut(before..).and_then(<[Packet]>::last_mut) {
            last.marker = true;
        }
    }
}

/// Counts pictures within 15 bits (RFC 7741 §4.2, RFC 9628 §4.2).
#[derive(Debug, Default)]
struct PictureId(u16);

impl PictureId {
    /// The next, with the bit that says that it has 15.
    fn next(&mut self) -> [u8; 2] {
        self.0 = self.0.wrapping_add(1) & 0x7fff;
        (self.0 | 0x8000).to_be_bytes()
    }
}

impl Packet {
    /// From parts that are put together; `marker` is for the last of a picture to say.
    fn of(parts: &[&[u8]]) -> Packet {
        Packet { payload: parts.concat().into(), marker: false }
    }
}

/// Divides `size` bytes into the fewest pieces of at most `max`, of about the same size, so that none is tiny.
fn pieces(size: usize, max: usize) -> impl Iterator<Item = Range<usize>> {
    let count = size.div_ceil(max.max(1)).max(1);
    let each = size.div_ceil(count).max(1);
    (0..count).map(move |piece| (piece * each).min(size)..((piece + 1) * each).min(size))
}

/// Bytes of a payload: with 12 of header, 12 of header extensions and 16 of SRTP's tag a datagram of 1,200, which passes
/// everywhere. Retransmissions have 2 more, the first packets up to 16 for a long `mid`: still within the 1,232 that
/// IPv6 leaves of its smallest MTU.
pub const MAX_PAYLOAD: usize = 1_160;

/// Bytes of one packet of sound, which is not divided: more than 20 ms at 510 kbit/s, and it still fits in a datagram of
/// Ethernet.
pub(crate) const MAX_SOUND: usize = 1_400;

#[cfg(test)]
#[path = "packetize_test.rs"]
mod tests;
