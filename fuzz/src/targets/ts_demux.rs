//! Any bytes as a transport stream behind a sound beginning: packets are filled up from short pieces, so that mutation
//! reaches what is inside them. Each piece is flags, a PID, an adaptation field's control, a size and content.

use std::time::SystemTime;

use container::ts::{Demuxer, PACKET};
use media::nal::nal_units;
use media::{Codec, Frame};

pub fn run(data: &[u8]) {
    // As it is,
    drain(&[data]);
    // and as the contents of packets.
    let mut counters = [0u8; 5];
    let mut packets = Vec::new();
    let mut rest = data;
    while let [flags, pid, size, after @ ..] = rest {
        let (content, next) = after.split_at(after.len().min(usize::from(*size)).min(PACKET - 4));
        rest = next;
        let stream = usize::from(*pid) % counters.len();
        let [high, low] = [0u16, 0x1000, 0x100, 0x101, 0x102][stream].to_be_bytes();
        let counter = &mut counters[stream];
        // One in eight goes missing.
        *counter = (*counter + 1 + u8::from(flags & 7 == 7)) & 15;
        let control = 0x10 | (flags >> 1 & 0x20) | *counter;
        packets.extend([0x47, flags & 0x40 | high, low, control]);
        packets.extend(content);
        packets.resize(packets.len().next_multiple_of(PACKET), 0xff);
    }
    drain(&[START, &packets[..]]);
}

fn drain(pieces: &[&[u8]]) {
    let mut demuxer = Demuxer::new();
    for piece in pieces {
        for piece in piece.chunks(1000) {
            demuxer.push(SystemTime::UNIX_EPOCH, piece);
            std::iter::from_fn(|| demuxer.next()).for_each(check);
        }
    }
    demuxer.flush();
    std::iter::from_fn(|| demuxer.next()).for_each(check);
    let _ = (demuxer.tracks().count(), demuxer.left_out(), demuxer.counters());
}

fn check(frame: Frame) {
    let whole = match frame.track.codec {
        Codec::H264(_) | Codec::H265(_) => nal_units(&frame.payload, 4).all(|unit| unit.is_ok()),
        _ => !frame.payload.is_empty(),
    };
    assert!(whole, "a broken frame left the demuxer");
}

/// PAT and PMT: H.264, AAC and E-AC-3 on 0x100 to 0x102.
const START: &[u8] = &start();

const fn start() -> [u8; 2 * PACKET] {
    const PAT: [u8; 21] =
        [0x47, 0x40, 0, 0x10, 0, 0, 0xb0, 0x0d, 0, 1, 0xc1, 0, 0, 0, 1, 0xf0, 0, 0x2a, 0xb1, 0x04, 0xb2];
    const MAP: [u8; 36] = [
        0x47, 0x50, 0, 0x10, 0, 2, 0xb0, 0x1c, 0, 1, 0xc1, 0, 0, 0xe1, 0, 0xf0, 0, 0x1b, 0xe1, 0, 0xf0, 0,
        0x0f, 0xe1, 1, 0xf0, 0, 0x87, 0xe1, 2, 0xf0, 0, 0xd8, 0x1d, 0x69, 0x73,
    ];
    let mut out = [0xff; 2 * PACKET];
    let mut at = 0;
    while at < PAT.len() {
        out[at] = PAT[at];
        at += 1;
    }
    at = 0;
    while at < MAP.len() {
        out[PACKET + at] = MAP[at];
        at += 1;
    }
    out
}
