//! VP8. Source: RFC 7741 §4.2 (payload descriptor).

use super::{MAX_PAYLOAD, Packet, pieces};

/// One frame; partitions are not looked for, which the format allows (§4.4).
pub(super) fn packetize(picture_id: [u8; 2], payload: &[u8], out: &mut Vec<Packet>) {
    if payload.is_empty() {
        return;
    }
    let [id_0, id_1] = picture_id;
    for piece in pieces(payload.len(), MAX_PAYLOAD - 4) {
        let starts = u8::from(piece.start == 0) << 4;
        let descriptor = [EXTENDED | starts, HAS_PICTURE_ID, id_0, id_1];
        out.push(Packet::of(&[&descriptor, &payload[piece]]));
    }
}

const EXTENDED: u8 = 0x80;
const HAS_PICTURE_ID: u8 = 0x80;
