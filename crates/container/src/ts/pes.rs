//! PES headers: which stream, how long, and when to decode and show.
//!
//! Source: ISO/IEC 13818-1 §2.4.3.6, §2.4.3.7.

use std::ops::Deref;

use media::ParseError;

use super::packet::WRAP;

/// The header of one PES packet. Derefs to its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    bytes: [u8; 19],
    len: u8,
}

impl Header {
    /// For `size` bytes of `stream_id`; the times are ticks of 90 kHz, wrapped here.
    ///
    /// A size beyond 16 bits is written as 0, which only video may have.
    pub(super) fn new(stream_id: u8, size: usize, pts: i64, dts: i64) -> Header {
        let (pts, dts) = (pts.rem_euclid(WRAP), dts.rem_euclid(WRAP));
        let (flags, stamps) = if pts == dts { (0x80, 5) } else { (0xc0, 10) };
        let length = u16::try_from(size + 3 + stamps).unwrap_or(0);
        let [length_high, length_low] = length.to_be_bytes();
        let mut bytes = [0; 19];
        // 0x84: the payload begins with the beginning of a frame.
        bytes[..9].copy_from_slice(&[0, 0, 1, stream_id, length_high, length_low, 0x84, flags, stamps as u8]);
        bytes[9..14].copy_from_slice(&stamp(flags >> 6, pts));
        bytes[14..].copy_from_slice(&stamp(1, dts));
        Header { bytes, len: 9 + stamps as u8 }
    }
}

impl Deref for Header {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// What is read of the header of a PES packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parsed {
    /// Where the payload begins.
    pub(super) size: usize,
    /// 33 bits of 90 kHz.
    pub(super) pts: Option<u64>,
    /// As the pts where the header does not say it.
    pub(super) dts: Option<u64>,
}

impl Parsed {
    /// Of the PES packet that `bytes` begins with.
    ///
    /// Errs when it is cut short, is no PES packet, or one of the streams that have no such header (padding, maps).
    pub(super) fn of(bytes: &[u8]) -> Result<Parsed, ParseError> {
        const WHAT: &str = "PES header";
        let Some([0, 0, 1, stream_id, _, _, marks, flags, length]) = bytes.first_chunk() else {
            return Err(ParseError::invalid(WHAT, 0));
        };
        if matches!(stream_id, 0xbc | 0xbe | 0xbf | 0xf0 | 0xf1 | 0xf2 | 0xf8 | 0xff) {
            return Err(ParseError::unsupported(WHAT, 3));
        }
        // The other value is that of MPEG-1.
        if marks >> 6 != 2 {
            return Err(ParseError::invalid(WHAT, 6));
        }
        let size = FIXED + usize::from(*length);
        let fields = bytes.get(FIXED..size).ok_or(ParseError::truncated(WHAT, bytes.len()))?;
        let stamp = |at: usize| fields.get(at..at + STAMP).map(read_stamp);
        let pts = if flags & 0x80 != 0 { stamp(0) } else { None };
        let dts = if flags & 0xc0 == 0xc0 { stamp(STAMP) } else { None };
        Ok(Parsed { size, pts, dts: dts.or(pts) })
    }
}

/// How many bytes the PES packet has that `bytes` begins with, as far as that is known: the outer `None` says that too
/// little has come to tell, the inner that it ends where the next begins.
pub(super) fn length(bytes: &[u8]) -> Option<Option<usize>> {
    let [_, _, _, _, high, low] = bytes.first_chunk()?;
    Some(match u16::from_be_bytes([*high, *low]) {
        0 => None,
        length => Some(PREFIX + usize::from(length)),
    })
}

fn read_stamp(stamp: &[u8]) -> u64 {
    let [b4, b3, b2, b1, b0] = [0, 1, 2, 3, 4].map(|at| stamp.get(at).copied().map_or(0, u64::from));
    (b4 >> 1 & 7) << 30 | b3 << 22 | (b2 >> 1) << 15 | b1 << 7 | b0 >> 1
}

/// Bytes of a header up to its length, and of one without any fields.
const PREFIX: usize = 6;
const FIXED: usize = 9;
/// Bytes of a time stamp.
const STAMP: usize = 5;

/// 33 bits between marker bits.
fn stamp(kind: u8, ticks: i64) -> [u8; 5] {
    let [_, _, _, top, b3, b2, b1, b0] = ticks.to_be_bytes();
    [
        kind << 4 | (top & 1) << 3 | (b3 >> 6) << 1 | 1,
        b3 << 2 | b2 >> 6,
        b2 << 2 | (b1 >> 7) << 1 | 1,
        b1 << 1 | b0 >> 7,
        b0 << 1 | 1,
    ]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn markers(stamp: &[u8]) -> u8 {
        stamp[0] & stamp[2] & stamp[4] & 1
    }

    proptest! {
        #[test]
        fn stamps_hold_33_bits(pts in any::<i64>(), dts in any::<i64>()) {
            let header = Header::new(0xe0, 100, pts, dts);
            let parsed = Parsed::of(&header).expect("good");
            let stamps = [parsed.pts, parsed.dts].map(|stamp| stamp.expect("there is one") as i64);
            prop_assert_eq!(stamps, [pts.rem_euclid(WRAP), dts.rem_euclid(WRAP)]);
            prop_assert_eq!((parsed.size, length(&header)), (header.len(), Some(Some(100 + header.len()))));
            prop_assert_eq!(markers(&header[9..14]), 1);
            if pts.rem_euclid(WRAP) != dts.rem_euclid(WRAP) {
                prop_assert_eq!((header.len(), header[9] >> 4, header[14] >> 4), (19, 3, 1));
                prop_assert_eq!(markers(&header[14..19]), 1);
            }
        }

        #[test]
        fn any_header_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = (Parsed::of(&bytes), length(&bytes));
            let _ = Parsed::of(&[&[0, 0, 1, 0xe0], &bytes[..]].concat());
        }
    }

    #[test]
    fn equal_times_are_written_once() {
        let header = Header::new(0xc0, 100, 90_000, 90_000);
        assert_eq!(header[..9], [0, 0, 1, 0xc0, 0, 108, 0x84, 0x80, 5]);
        assert_eq!((header.len(), header[9] >> 4), (14, 2));
    }

    #[test]
    fn a_picture_too_long_has_no_length() {
        assert_eq!(Header::new(0xe0, 65_527, 0, 0)[4..6], [0xff, 0xff]);
        assert_eq!(Header::new(0xe0, 65_528, 0, 0)[4..6], [0, 0]);
    }

    #[test]
    fn a_header_cut_short_is_none() {
        let header = Header::new(0xe0, 100, 1, 0);
        for end in 0..header.len() {
            assert!(Parsed::of(&header[..end]).is_err(), "{end}");
        }
        assert_eq!((length(&header[..5]), length(&Header::new(0xe0, 70_000, 0, 0))), (None, Some(None)));
        let plain = [0, 0, 1, 0xc0, 0, 9, 0x80, 0, 0];
        assert_eq!(Parsed::of(&plain), Ok(Parsed { size: 9, pts: None, dts: None }));
        assert!(Parsed::of(&[0, 0, 1, 0xbe, 0, 9, 0x80, 0, 0]).is_err(), "padding");
        assert!(Parsed::of(&[0, 0, 1, 0xe0, 0, 9, 0x0f, 0, 0]).is_err(), "MPEG-1");
    }
}
