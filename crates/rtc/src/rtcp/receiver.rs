//! Reports that a receiver writes.

use super::{MOST, PICTURE_FEEDBACK, RECEIVER, Reception, TRANSPORT_FEEDBACK};

/// Appends a receiver report of `ours` (RFC 3550 §6.4.2); at most 31 tracks.
pub(crate) fn write_receptions(ours: u32, receptions: &[Reception], out: &mut Vec<u8>) {
    let receptions = receptions.get(..31).unwrap_or(receptions);
    head(receptions.len() as u8, RECEIVER, 1 + 6 * receptions.len(), out);
    out.extend(ours.to_be_bytes());
    for reception in receptions {
        let lost = reception.lost.clamp(-0x80_0000, 0x7f_ffff) as u32 & 0xff_ffff;
        let lost = u32::from(reception.fraction_lost) << 24 | lost;
        // The highest sequence number is of no use to a sender that knows what it has sent.
        for word in [reception.ssrc, lost, 0, reception.jitter, reception.last, reception.since] {
            out.extend(word.to_be_bytes());
        }
    }
}

/// Appends a request for packets of `theirs` (RFC 4585 §6.2.1), which rise.
pub(crate) fn write_missing(ours: u32, theirs: u32, missing: &[u16], out: &mut Vec<u8>) {
    let mut entries: Vec<(u16, u16)> = Vec::new();
    for sequence in missing {
        match entries.last_mut() {
            Some((first, others)) if (1..=16).contains(&sequence.wrapping_sub(*first)) => {
                *others |= 1 << (sequence.wrapping_sub(*first) - 1);
            }
            _ => entries.push((*sequence, 0)),
        }
    }
    head(1, TRANSPORT_FEEDBACK, 2 + entries.len(), out);
    out.extend(ours.to_be_bytes());
    out.extend(theirs.to_be_bytes());
    entries.iter().for_each(|(first, others)| {
        out.extend(first.to_be_bytes());
        out.extend(others.to_be_bytes());
    });
}

/// Appends a wish for a key frame of `theirs` (RFC 4585 §6.3.1).
pub(crate) fn write_wish(ours: u32, theirs: u32, out: &mut Vec<u8>) {
    head(1, PICTURE_FEEDBACK, 2, out);
    out.extend(ours.to_be_bytes());
    out.extend(theirs.to_be_bytes());
}

/// Appends when packets came, in microseconds, of those from the transport-wide number `first` on
/// (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1); `count` counts such reports. Nothing if none came.
pub(crate) fn write_arrivals(
    (ours, theirs): (u32, u32),
    count: u8,
    first: u16,
    arrivals: &[Option<i64>],
    out: &mut Vec<u8>,
) {
    let arrivals = arrivals.get(..MOST).unwrap_or(arrivals);
    let Some(start) = arrivals.iter().flatten().next() else { return };
    let reference = start.div_euclid(REFERENCE);
    let (mut deltas, mut before) = (Vec::new(), reference * REFERENCE / QUARTER);
    let symbols: Vec<u16> = arrivals
        .iter()
        .map(|arrival| {
            let Some(arrival) = arrival else { return 0 };
            let delta = arrival.div_euclid(QUARTER) - before;
            before += delta;
            match u8::try_from(delta) {
                Ok(delta) => {
                    deltas.push(delta);
                    1
                }
                Err(_) => {
                    deltas.extend((delta as i16).to_be_bytes());
                    2
                }
            }
        })
        .collect();
    let chunks = symbols.len().div_ceil(7);
    let words = (8 + 8 + 2 * chunks + deltas.len()).div_ceil(4);
    head(15, TRANSPORT_FEEDBACK, words, out);
    let end = out.len() + 4 * words;
    out.extend(ours.to_be_bytes());
    out.extend(theirs.to_be_bytes());
    out.extend(first.to_be_bytes());
    out.extend((arrivals.len() as u16).to_be_bytes());
    let [_, reference @ ..] = (reference as i32).to_be_bytes();
    out.extend(reference);
    out.push(count);
    for chunk in symbols.chunks(7) {
        let bits = chunk.iter().enumerate().map(|(at, symbol)| symbol << (12 - 2 * at)).sum::<u16>();
        out.extend((0xc000 | bits).to_be_bytes());
    }
    out.extend(deltas);
    out.resize(end, 0);
}

fn head(count: u8, kind: u8, words: usize, out: &mut Vec<u8>) {
    out.extend([0x80 | count, kind]);
    out.extend((words as u16).to_be_bytes());
}

/// Microseconds.
const QUARTER: i64 = 250;
const REFERENCE: i64 = 64_000;
