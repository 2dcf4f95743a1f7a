//! VP9, in non-flexible mode and without layers. Source: RFC 9628 §4.2 (payload descriptor).

use media::Frame;
use media::vp9::Parameters;

use super::{MAX_PAYLOAD, Packet, pieces};

/// One frame, or a superframe as one; a key frame says the size of the pictures in its first packet.
pub(super) fn packetize(picture_id: [u8; 2], parameters: &Parameters, frame: &Frame, out: &mut Vec<Packet>) {
    if frame.payload.is_empty() {
        return;
    }
    let structure = frame.keyframe.then(|| structure(parameters)).flatten();
    let longest = 3 + structure.map_or(0, |structure| structure.len());
    let predicted = if frame.keyframe { 0 } else { PREDICTED };
    for piece in pieces(frame.payload.len(), MAX_PAYLOAD - longest) {
        let (first, last) = (piece.start == 0, piece.end == frame.payload.len());
        let structure = structure.filter(|_| first);
        let flags = HAS_PICTURE_ID
            | predicted
            | if first { BEGINS } else { 0 }
            | if last { ENDS } else { 0 }
            | if structure.is_some() { HAS_STRUCTURE } else { 0 };
        let [id_0, id_1] = picture_id;
        let structure = structure.as_ref().map_or(&[][..], |structure| &structure[..]);
        out.push(Packet::of(&[&[flags, id_0, id_1], structure, &frame.payload[piece]]));
    }
}

/// One spatial layer with its size, and nothing of how pictures refer to each other.
fn structure(parameters: &Parameters) -> Option<[u8; 5]> {
    let picture = parameters.picture?;
    let [width_0, width_1] = u16::try_from(picture.width).ok()?.to_be_bytes();
    let [height_0, height_1] = u16::try_from(picture.height).ok()?.to_be_bytes();
    Some([HAS_SIZES, width_0, width_1, height_0, height_1])
}

const HAS_PICTURE_ID: u8 = 0x80;
const PREDICTED: u8 = 0x40;
const BEGINS: u8 = 0x08;
const ENDS: u8 = 0x04;
const HAS_STRUCTURE: u8 = 0x02;
const HAS_SIZES: u8 = 0x10;
