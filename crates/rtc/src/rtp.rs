//! RTP packets as they come (RFC 3550 §5.1, RFC 8285 §4.2).

/// The header of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header<'a> {
    pub(crate) marker: bool,
    /// The payload ends with bytes that fill it up, the last of which says how many they are.
    pub(crate) padded: bool,
    pub(crate) number: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    /// One-byte extensions.
    extensions: &'a [u8],
    /// Where the payload begins.
    pub(crate) size: usize,
}

impl<'a> Header<'a> {
    /// `None` for what is no RTP, or too short.
    pub(crate) fn parse(packet: &'a [u8]) -> Option<Header<'a>> {
        let ([first, second, a, b, c, d, e, f, ssrc @ ..], _) = packet.split_first_chunk::<12>()?;
        if first >> 6 != 2 {
            return None;
        }
        let fixed = 12 + 4 * usize::from(first & 0x0f);
        let (mut size, mut extensions) = (fixed, &[][..]);
        if first & 0x10 != 0 {
            let ([profile @ .., high, low], rest) = packet.get(fixed..)?.split_first_chunk::<4>()?;
            let length = 4 * usize::from(u16::from_be_bytes([*high, *low]));
            let all = rest.get(..length)?;
            extensions = if profile == &[0xbe, 0xde] { all } else { &[] };
            size += 4 + length;
        }
        packet.get(size..)?;
        Some(Header {
            marker: second & 0x80 != 0,
            padded: first & 0x20 != 0,
            number: second & 0x7f,
            sequence: u16::from_be_bytes([*a, *b]),
            timestamp: u32::from_be_bytes([*c, *d, *e, *f]),
            ssrc: u32::from_be_bytes(*ssrc),
            extensions,
            size,
        })
    }

    /// What the extension `id` says.
    pub(crate) fn extension(&self, id: u8) -> Option<&'a [u8]> {
        let mut left = self.extensions;
        while let Some((head, rest)) = left.split_first() {
            // Zeros fill up; 15 ends them.
            match head >> 4 {
                0 => left = rest,
                15 => return None,
                found => {
                    let (data, rest) = rest.split_at_checked(usize::from(head & 0x0f) + 1)?;
                    if found == id {
                        return Some(data);
                    }
                    left = rest;
                }
            }
        }
        None
    }
}

/// `payload` without what fills it up.
pub(crate) fn unpadded(payload: &[u8], padded: bool) -> &[u8] {
    let padding = payload.last().filter(|_| padded).map_or(0, |count| usize::from(*count));
    payload.get(..payload.len().saturating_sub(padding)).unwrap_or_default()
}

/// The number with the low bits `low` that is nearest to `to`.
pub(crate) fn nearest(to: u64, low: u16) -> u64 {
    let ahead = low.wrapping_sub(to as u16);
    to.checked_add_signed((ahead as i16).into()).unwrap_or(to + u64::from(ahead))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_with_what_extends_them() {
        let fixed = [0x92, 0xe0, 0x12, 0x34, 0, 0, 0, 9, 1, 2, 3, 4];
        let packet =
            [&fixed[..], &[7; 8], &[0xbe, 0xde, 0, 2, 0x11, 8, 9, 0, 0, 0x30, 5, 0xf0], b"payload"].concat();
        let header = Header::parse(&packet).expect("a header");
        assert_eq!((header.marker, header.padded, header.number), (true, false, 0x60));
        assert_eq!((header.sequence, header.timestamp, header.ssrc), (0x1234, 9, 0x0102_0304));
        assert_eq!(header.extension(1), Some(&[8, 9][..]));
        assert_eq!((header.extension(3), header.extension(2)), (Some(&[5][..]), None));
        assert_eq!(&packet[header.size..], b"payload");
        for length in 0..packet.len() - 7 {
            assert_eq!(Header::parse(&packet[..length]), None, "{length}");
        }
    }

    #[test]
    fn what_fills_up_is_left_out() {
        assert_eq!(unpadded(b"abc\0\0\x03", true), b"abc");
        assert_eq!(unpadded(b"abc\x03", false), b"abc\x03");
        assert_eq!((unpadded(b"\xff", true), unpadded(b"", true)), (&b""[..], &b""[..]));
    }

    #[test]
    fn numbers_go_on_where_their_low_bits_wrap() {
        assert_eq!((nearest(65_530, 3), nearest(65_539, 65_530)), (65_539, 65_530));
        assert_eq!((nearest(0, 65_535), nearest(5, 4)), (65_535, 4));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_are_too_much(mut packet in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..64), id in 0u8..16) {
            if let Some(first) = packet.first_mut() {
                *first = *first & 0x3f | 0x80;
            }
            if let Some(header) = Header::parse(&packet) {
                let _ = header.extension(id);
                assert!(header.size <= packet.len());
            }
        }
    }
}
