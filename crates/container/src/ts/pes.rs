//! PES headers: which stream, how long, and when to show.
//!
//! Source: ISO/IEC 13818-1 §2.4.3.6, §2.4.3.7.

use std::ops::Deref;

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

    fn ticks(stamp: &[u8]) -> i64 {
        let [b4, b3, b2, b1, b0] = [0, 1, 2, 3, 4].map(|at| i64::from(stamp[at]));
        assert_eq!((b4 & 1, b2 & 1, b0 & 1), (1, 1, 1), "marker bits");
        (b4 >> 1 & 7) << 30 | b3 << 22 | (b2 >> 1) << 15 | b1 << 7 | b0 >> 1
    }

    proptest! {
        #[test]
        fn stamps_hold_33_bits(pts in any::<i64>(), dts in any::<i64>()) {
            let header = Header::new(0xe0, 100, pts, dts);
            prop_assert_eq!(ticks(&header[9..14]), pts.rem_euclid(WRAP));
            if pts.rem_euclid(WRAP) != dts.rem_euclid(WRAP) {
                prop_assert_eq!((header.len(), header[9] >> 4, header[14] >> 4), (19, 3, 1));
                prop_assert_eq!(ticks(&header[14..19]), dts.rem_euclid(WRAP));
            }
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
}
