//! H.264 as a byte stream: NAL units between start codes, as MPEG-TS carries them.
//!
//! Source: ISO/IEC 14496-10 (H.264) annex B; ISO/IEC 13818-1 §2.14.1 asks for the access unit delimiters.

use std::ops::Range;

use media::h264::{Parameters, nal_units};

/// The pieces of one access unit: delimiter, the parameter sets if given, then the units of the canonical `payload`.
///
/// One after the other they are the byte stream. Give the parameter sets with key frames and when they have
/// changed. A broken length ends the unit; a demuxer lets none through.
pub fn pieces<'a>(
    payload: &'a [u8],
    sets: Option<&'a Parameters>,
) -> impl Iterator<Item = &'a [u8]> + Clone + 'a {
    let sets = sets.into_iter().flat_map(|sets| sets.sps.iter().chain(&sets.pps)).map(|set| &set[..]);
    let units = nal_units(payload, 4).map_while(Result::ok).map(|unit| &payload[unit]);
    std::iter::once(DELIMITER).chain(sets.chain(units).flat_map(|unit| [START_CODE, unit]))
}

/// Appends one access unit: see [`pieces`].
pub fn write(payload: &[u8], sets: Option<&Parameters>, out: &mut Vec<u8>) {
    for piece in pieces(payload, sets) {
        out.extend_from_slice(piece);
    }
}

/// Walks the NAL units of a byte stream; yields the range of each, without start codes and trailing zeros.
///
/// Bytes before the first start code are passed over.
pub fn units(stream: &[u8]) -> Units<'_> {
    Units { stream, at: start_code(stream, 0) }
}

/// See [`units`].
#[derive(Debug, Clone)]
pub struct Units<'a> {
    stream: &'a [u8],
    /// Where the next start code lies.
    at: Option<usize>,
}

impl Iterator for Units<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        loop {
            let start = self.at? + 3;
            self.at = start_code(self.stream, start);
            let end = self.at.unwrap_or(self.stream.len());
            // A unit ends in a bit that is set: zeros behind it belong to the next start code (§7.4.1).
            let used = self.stream[start..end].iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            if used > 0 {
                return Some(start..start + used);
            }
        }
    }
}

/// Where the next 00 00 01 begins, from `from` on.
fn start_code(stream: &[u8], from: usize) -> Option<usize> {
    stream.get(from..)?.windows(3).position(|window| window == [0, 0, 1]).map(|at| from + at)
}

/// Four bytes throughout: decoders want them before the first unit and parameter sets, and the canonical form's lengths have the same size.
const START_CODE: &[u8] = &[0, 0, 0, 1];

/// Start code and a delimiter that says "any kind of slice".
const DELIMITER: &[u8] = &[0, 0, 0, 1, 0x09, 0xf0];

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_frame_carries_its_parameter_sets() {
        let sets = Parameters::new(
            vec![Bytes::from_static(&[0x67, 1, 2, 3])],
            vec![Bytes::from_static(&[0x68, 4]), Bytes::from_static(&[0x68, 5])],
        )
        .expect("good sets");
        let payload = [0, 0, 0, 2, 0x65, 6, 0, 0, 0, 1, 0x65];
        let mut out = Vec::new();
        write(&payload, Some(&sets), &mut out);
        let expected: &[u8] = &[
            0, 0, 0, 1, 0x09, 0xf0, 0, 0, 0, 1, 0x67, 1, 2, 3, 0, 0, 0, 1, 0x68, 4, 0, 0, 0, 1, 0x68, 5, 0,
            0, 0, 1, 0x65, 6, 0, 0, 0, 1, 0x65,
        ];
        assert_eq!(out, expected);
    }

    #[test]
    fn a_broken_length_ends_the_unit() {
        let mut out = Vec::new();
        write(&[0, 0, 0, 1, 0x41, 0, 0, 0, 9, 0x41], None, &mut out);
        assert_eq!(out, [0, 0, 0, 1, 0x09, 0xf0, 0, 0, 0, 1, 0x41]);
    }

    #[test]
    fn units_are_found_behind_start_codes_of_both_lengths() {
        let stream = [9, 9, 0, 0, 1, 0x67, 5, 0, 0, 0, 1, 0x68, 0, 0, 3, 1, 0, 0, 1, 0, 0, 1, 0x65, 0, 0];
        let found: Vec<_> = units(&stream).map(|unit| &stream[unit]).collect();
        assert_eq!(found, [&[0x67, 5][..], &[0x68, 0, 0, 3, 1], &[0x65]]);
        assert_eq!(units(&[]).count() + units(&[0, 0, 1]).count() + units(&[1, 2, 3, 4]).count(), 0);
    }

    proptest! {
        #[test]
        fn what_is_written_is_found_again(bodies in prop::collection::vec(prop::collection::vec(2u8.., 0..20), 1..6)) {
            let nals: Vec<Vec<u8>> = bodies.into_iter().map(|body| [vec![0x41], body].concat()).collect();
            let payload: Vec<u8> =
                nals.iter().flat_map(|nal| (nal.len() as u32).to_be_bytes().into_iter().chain(nal.iter().copied())).collect();
            let mut out = Vec::new();
            write(&payload, None, &mut out);
            let found: Vec<_> = units(&out).skip(1).map(|unit| out[unit].to_vec()).collect();
            prop_assert_eq!(found, nals);
            prop_assert_eq!(out.len(), payload.len() + DELIMITER.len());
        }

        #[test]
        fn no_stream_panics(stream in prop::collection::vec(0u8..3, 0..60)) {
            for unit in units(&stream) {
                prop_assert!(!stream[unit].is_empty());
            }
        }
    }
}
