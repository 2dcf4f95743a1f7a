//! What the payload formats of H.264 and H.265 have in common: small units share a packet, large ones are divided.

use super::{MAX_PAYLOAD, Packet};

/// How one of them writes it.
pub(super) trait Form {
    /// What stands before units that share a packet, given their headers.
    type Aggregate: AsRef<[u8]>;
    /// What stands before a piece of a unit.
    type Fragment: AsRef<[u8]>;
    /// Bytes of a NAL header, which a fragment's own replaces.
    const HEADER: usize;
    /// Bytes of an [`Aggregate`](Form::Aggregate).
    const AGGREGATE: usize;
    /// Bytes of a [`Fragment`](Form::Fragment).
    const FRAGMENT: usize;

    fn aggregate(units: &[&[u8]]) -> Self::Aggregate;
    fn fragment(unit: &[u8], first: bool, last: bool) -> Self::Fragment;
}

/// Appends the packets of `units`, NAL units with their headers. Units shorter than a header are left out.
pub(super) fn packetize<'a, F: Form>(units: impl Iterator<Item = &'a [u8]>, out: &mut Vec<Packet>) {
    let mut waiting: Vec<&[u8]> = Vec::new();
    let mut size = F::AGGREGATE;
    for unit in units.filter(|unit| unit.len() > F::HEADER) {
        if size + 2 + unit.len() > MAX_PAYLOAD {
            flush::<F>(&mut waiting, out);
            size = F::AGGREGATE;
        }
        if unit.len() > MAX_PAYLOAD {
            divide::<F>(unit, out);
        } else {
            size += 2 + unit.len();
            waiting.push(unit);
        }
    }
    flush::<F>(&mut waiting, out);
}

fn flush<F: Form>(waiting: &mut Vec<&[u8]>, out: &mut Vec<Packet>) {
    match waiting[..] {
        [] => {}
        [unit] => out.push(Packet::of(&[unit])),
        ref units => {
            let mut payload = F::aggregate(units).as_ref().to_vec();
            for unit in units {
                payload.extend((unit.len() as u16).to_be_bytes());
                payload.extend(*unit);
            }
            out.push(Packet::of(&[&payload]));
        }
    }
    waiting.clear();
}

fn divide<F: Form>(unit: &[u8], out: &mut Vec<Packet>) {
    let body = unit.get(F::HEADER..).unwrap_or_default();
    for piece in super::pieces(body.len(), MAX_PAYLOAD - F::FRAGMENT) {
        let (first, last) = (piece.start == 0, piece.end == body.len());
        out.push(Packet::of(&[F::fragment(unit, first, last).as_ref(), &body[piece]]));
    }
}
