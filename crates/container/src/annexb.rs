//! H.264 and H.265 as byte streams: NAL units between start codes, as MPEG-TS carries them.
//!
//! Source: annex B of ISO/IEC 14496-10 (H.264) and ISO/IEC 23008-2 (H.265); ISO/IEC 13818-1 §2.14.1 and §2.17.1
//! ask for the access unit delimiters.

use std::ops::Range;

use bytes::Bytes;
use media::h264;
use media::nal::nal_units;

use crate::nalu::{Role, Syntax};

/// The pieces of one access unit: delimiter, the parameter sets if there are any, then the units of the canonical `payload`.
///
/// One after the other they are the byte stream. Give the parameter sets (VPS, SPS, PPS) with key frames and when they
/// have changed. A broken length ends the unit, and what would fall apart behind start codes is left out; a demuxer lets
/// neither through.
pub(crate) fn pieces<'a>(
    syntax: Syntax,
    payload: &'a [u8],
    sets: [&'a [Bytes]; 3],
) -> impl Iterator<Item = &'a [u8]> + Clone + 'a {
    let sets = sets.into_iter().flatten().map(|set| &set[..]);
    let units = nal_units(payload, 4).map_while(Result::ok).map(|unit| &payload[unit]);
    let units = sets.chain(units).filter(move |unit| writable(syntax, unit));
    std::iter::once(delimiter(syntax)).chain(units.flat_map(|unit| [START_CODE, unit]))
}

/// Appends one access unit of H.264: delimiter, the parameter sets if given, then the units of the canonical `payload`.
///
/// A broken length ends it.
pub fn write(payload: &[u8], sets: Option<&h264::Parameters>, out: &mut Vec<u8>) {
    let sets = sets.map_or([&[][..]; 3], |sets| [&[], &sets.sps, &sets.pps]);
    for piece in pieces(Syntax::H264, payload, sets) {
        out.extend_from_slice(piece);
    }
}

/// Whether `unit` is still one unit when it stands between start codes.
pub(crate) fn fits(unit: &[u8]) -> bool {
    start_code(unit, 0).is_none()
}

/// Slices are nearly all of the payload and come from arithmetic coders, which do not forget to escape: they pass unread.
fn writable(syntax: Syntax, unit: &[u8]) -> bool {
    match unit.first().map(|header| syntax.role(*header)) {
        Some(Role::Slice { .. }) => true,
        _ => fits(unit),
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
    // Looks at the third byte of where it could be, so most of the time at every third byte only.
    let mut at = from + 2;
    while let Some(third) = stream.get(at) {
        match third {
            0 => at += 1,
            1 if stream[at - 2..at] == [0, 0] => return Some(at - 2),
            _ => at += 3,
        }
    }
    None
}

/// Four bytes throughout: decoders want them before the first unit and parameter sets, and the canonical form's lengths have the same size.
const START_CODE: &[u8] = &[0, 0, 0, 1];

/// Start code and a delimiter that says "any kind of slice".
const fn delimiter(syntax: Syntax) -> &'static [u8] {
    match syntax {
        Syntax::H264 => &[0, 0, 0, 1, 0x09, 0xf0],
        Syntax::H265 => &[0, 0, 0, 1, 0x46, 0x01, 0x50],
    }
}

#[cfg(test)]
mod tests {
    use media::h264::Parameters;
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
    fn h265_has_a_delimiter_and_sets_of_its_own() {
        let sets: [Vec<Bytes>; 3] =
            [&[0x40, 1, 7], &[0x42, 1, 8], &[0x44, 1, 9]].map(|set| vec![Bytes::from_static(set)]);
        let payload = [0, 0, 0, 3, 0x26, 1, 5];
        let stream: Vec<&[u8]> = pieces(Syntax::H265, &payload, [&sets[0], &sets[1], &sets[2]]).collect();
        let code: &[u8] = &[0, 0, 0, 1];
        let expected: [&[u8]; 9] = [
            &[0, 0, 0, 1, 0x46, 1, 0x50],
            code,
            &[0x40, 1, 7],
            code,
            &[0x42, 1, 8],
            code,
            &[0x44, 1, 9],
            code,
            &[0x26, 1, 5],
        ];
        assert_eq!(stream, expected);
    }

    #[test]
    fn messages_that_would_fall_apart_are_left_out() {
        // An SEI of a drone, with bytes that read as the start of a slice.
        let payload = [0, 0, 0, 7, 0x06, 5, 4, 0, 0, 1, 0x65, 0, 0, 0, 2, 0x41, 7];
        let mut out = Vec::new();
        write(&payload, None, &mut out);
        assert_eq!(out[6..], [0, 0, 0, 1, 0x41, 7]);
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
            prop_assert_eq!(out.len(), payload.len() + 6);
        }

        #[test]
        fn start_codes_are_where_a_plain_search_finds_them(stream in prop::collection::vec(0u8..3, 0..60)) {
            for from in 0..stream.len() {
                let plain = stream[from..].windows(3).position(|window| window == [0, 0, 1]);
                prop_assert_eq!(start_code(&stream, from), plain.map(|at| from + at));
            }
        }

        #[test]
        fn no_stream_panics(stream in prop::collection::vec(0u8..3, 0..60)) {
            for unit in units(&stream) {
                prop_assert!(!stream[unit].is_empty());
            }
        }
    }
}
