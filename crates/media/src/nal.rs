//! NAL units, as H.264 and H.265 share them: the walk behind lengths, and the way back from escaped bytes.
//!
//! Source: ISO/IEC 14496-15 §4.3 (NAL units behind lengths); H.264 and H.265 §7.4.1 (emulation prevention).

use std::ops::Range;

use crate::ParseError;

/// Walks NAL units behind big-endian lengths of `length_size` (1, 2 or 4) bytes; yields the range of each, without its length.
///
/// A length that runs past the end yields one `Err` with its offset and ends the walk. Empty units are passed over.
pub fn nal_units(payload: &[u8], length_size: usize) -> NalUnits<'_> {
    NalUnits { payload, length_size, at: 0 }
}

/// See [`nal_units`].
#[derive(Debug, Clone)]
pub struct NalUnits<'a> {
    payload: &'a [u8],
    length_size: usize,
    at: usize,
}

impl Iterator for NalUnits<'_> {
    type Item = Result<Range<usize>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        const WHAT: &str = "NAL unit";
        while self.at < self.payload.len() {
            let at = self.at;
            let Some(length) = self.payload.get(at..at + self.length_size) else {
                self.at = self.payload.len();
                return Some(Err(ParseError::truncated(WHAT, at)));
            };
            let size = length.iter().fold(0usize, |size, byte| size << 8 | usize::from(*byte));
            let start = at + self.length_size;
            let Some(end) = start.checked_add(size).filter(|end| *end <= self.payload.len()) else {
                self.at = self.payload.len();
                return Some(Err(ParseError::truncated(WHAT, at)));
            };
            self.at = end;
            if size > 0 {
                return Some(Ok(start..end));
            }
        }
        None
    }
}

/// The bytes of `unit` (without its NAL header) that a syntax parser reads: each 3 behind two zeros is taken out.
///
/// Forbidden sequences, which careless encoders write, pass as they are.
pub(crate) fn unescape(unit: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(unit.len());
    let mut zeros = 0;
    for byte in unit {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        out.push(*byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_past_the_end_is_one_error() {
        let walk: Vec<_> = nal_units(&[0, 0, 0, 1, 0x65, 0, 0, 0, 9, 0x41], 4).collect();
        assert_eq!(walk, [Ok(4..5), Err(ParseError::truncated("NAL unit", 5))]);
        assert_eq!(nal_units(&[0, 0], 4).count(), 1);
        assert_eq!(nal_units(&[], 4).count(), 0);
    }

    #[test]
    fn only_the_third_byte_behind_two_zeros_is_taken_out() {
        assert_eq!(unescape(&[0, 0, 3, 1, 3, 0, 3, 0, 0, 3, 0, 0, 3]), [0, 0, 1, 3, 0, 3, 0, 0, 0, 0]);
        assert_eq!(unescape(&[0, 0, 0, 3, 4]), [0, 0, 0, 4]);
    }
}
