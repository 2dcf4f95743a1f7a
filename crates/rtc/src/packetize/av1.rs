//! AV1. Source: "RTP Payload Format For AV1" v1.0 §4 (aggregation header, OBU elements), §5 (packetization).

use media::Frame;
use media::av1::{Obu, ObuKind, Parameters, obus};

use super::{MAX_PAYLOAD, Packet};

pub(super) fn packetize(parameters: &Parameters, frame: &Frame, out: &mut Vec<Packet>) {
    let payload = &frame.payload;
    let units: Vec<Obu> = obus(payload).map_while(Result::ok).filter(|unit| travels(unit.kind)).collect();
    let has_sequence = units.iter().any(|unit| unit.kind == ObuKind::SequenceHeader);
    let mut elements = Vec::with_capacity(units.len() + 1);
    if frame.keyframe && !has_sequence {
        let sequence = obus(&parameters.sequence).find_map(Result::ok);
        elements.extend(sequence.map(|unit| element(&parameters.sequence, &unit)));
    }
    elements.extend(units.iter().map(|unit| element(payload, unit)));
    let starts_sequence = frame.keyframe && (has_sequence || !parameters.sequence.is_empty());
    write(&elements, starts_sequence, out);
}

/// Temporal delimiters and tile lists do not travel (§5), and nobody misses padding.
fn travels(kind: ObuKind) -> bool {
    !matches!(kind, ObuKind::TemporalDelimiter | ObuKind::TileList | ObuKind::Padding)
}

/// `unit`, which lies in `payload`, without its size field: the packet says the size.
fn element(payload: &[u8], unit: &Obu) -> Vec<u8> {
    let mut out = Vec::with_capacity(unit.payload.len() + 2);
    let header = payload.get(unit.range.start).copied().unwrap_or(0);
    out.push(header & !HAS_SIZE);
    if header & HAS_EXTENSION != 0 {
        out.push(payload.get(unit.range.start + 1).copied().unwrap_or(0));
    }
    out.extend(&payload[unit.payload.clone()]);
    out
}

/// Fills packets one after another; an element that does not fit goes on in the next.
fn write(elements: &[Vec<u8>], starts_sequence: bool, out: &mut Vec<Packet>) {
    let mut packet = Building::new(starts_sequence);
    for element in elements {
        let mut rest = &element[..];
        while !rest.is_empty() {
            let room = packet.room();
            // A piece of a few bytes is not worth its own size field.
            if room < rest.len().min(LEAST) {
                packet.send(false, out);
                continue;
            }
            let (piece, more) = rest.split_at(rest.len().min(room));
            packet.push(piece);
            rest = more;
            if !rest.is_empty() {
                packet.send(true, out);
            }
        }
    }
    packet.send(false, out);
}

/// A packet while it is filled.
struct Building<'a> {
    pieces: Vec<&'a [u8]>,
    size: usize,
    /// Its first piece goes on with what the packet before began.
    continues: bool,
    starts_sequence: bool,
}

impl<'a> Building<'a> {
    fn new(starts_sequence: bool) -> Building<'a> {
        Building { pieces: Vec::new(), size: 1, continues: false, starts_sequence }
    }

    /// Bytes that fit, apart from their size.
    fn room(&self) -> usize {
        MAX_PAYLOAD.saturating_sub(self.size + SIZE)
    }

    fn push(&mut self, piece: &'a [u8]) {
        self.size += SIZE + piece.len();
        self.pieces.push(piece);
    }

    /// Hands it out if there is anything in it, and begins the next; `cut` says that its last piece goes on there.
    fn send(&mut self, cut: bool, out: &mut Vec<Packet>) {
        let Some((last, before)) = self.pieces.split_last() else { return };
        // Of up to three elements the number is said instead of the size of the last.
        let count = if before.len() < 3 { before.len() as u8 + 1 } else { 0 };
        let header = u8::from(self.continues) << 7
            | u8::from(cut) << 6
            | count << 4
            | u8::from(self.starts_sequence) << 3;
        let mut payload = Vec::with_capacity(self.size);
        payload.push(header);
        for piece in before {
            put_leb128(piece.len(), &mut payload);
            payload.extend(*piece);
        }
        if count == 0 {
            put_leb128(last.len(), &mut payload);
        }
        payload.extend(*last);
        out.push(Packet::of(&[&payload]));
        *self = Building { continues: cut, ..Building::new(false) };
    }
}

fn put_leb128(mut value: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 & 0x7f | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Bytes of the size of a piece that fits in a packet.
const SIZE: usize = 2;
const LEAST: usize = 16;
const HAS_SIZE: u8 = 0x02;
const HAS_EXTENSION: u8 = 0x04;
