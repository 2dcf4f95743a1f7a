//! The header that stands before each Opus packet, since packets do not say how long they are.
//!
//! Source: draft of ETSI "Opus Interactive Audio Codec; Transport Multiplexing", §6 (`opus_control_header`).

use media::ParseError;

/// Appends the header of a packet of `size` bytes.
pub(super) fn write_header(size: usize, out: &mut Vec<u8>) {
    // Nothing is to be trimmed, nothing follows but the size.
    out.extend_from_slice(&[0x7f, 0xe0]);
    let mut left = size;
    while left >= 255 {
        out.push(255);
        left -= 255;
    }
    out.push(left as u8);
}

/// Bytes of the header of a packet of `size` bytes.
pub(super) fn header_size(size: usize) -> usize {
    3 + size / 255
}

/// What a header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// Its own bytes.
    pub(super) size: usize,
    /// Bytes of the packet behind it.
    pub(super) packet: usize,
    /// Samples at 48 kHz to be thrown away at the start of this packet.
    pub(super) start_trim: u16,
}

impl Header {
    /// Of the access unit that `data` begins with; `Ok(None)` when it is cut short.
    ///
    /// Errs when this is no header, and when the packet is longer than any can be.
    pub(super) fn parse(data: &[u8]) -> Result<Option<Header>, ParseError> {
        const WHAT: &str = "opus_control_header";
        if data.first().is_some_and(|byte| *byte != 0x7f)
            || data.get(1).is_some_and(|byte| byte & 0xe0 != 0xe0)
        {
            return Err(ParseError::invalid(WHAT, 0));
        }
        let Some(flags) = data.get(1) else { return Ok(None) };
        let mut at = 2;
        let mut packet = 0;
        loop {
            let Some(byte) = data.get(at) else { return Ok(None) };
            at += 1;
            packet += usize::from(*byte);
            if packet > MAX_PACKET {
                return Err(ParseError::too_large(WHAT, at));
            }
            if *byte < 255 {
                break;
            }
        }
        let mut start_trim = 0;
        if flags & 0x10 != 0 {
            let Some([high, low]) = data.get(at..at + 2) else { return Ok(None) };
            start_trim = u16::from_be_bytes([high & 0x1f, *low]);
            at += 2;
        }
        if flags & 0x08 != 0 {
            at += 2;
        }
        if flags & 0x04 != 0 {
            let Some(length) = data.get(at) else { return Ok(None) };
            at += 1 + usize::from(*length);
        }
        Ok(Some(Header { size: at, packet, start_trim }))
    }
}

/// 48 frames of 1,275 bytes, the most that one stream has, and not much less than a PES packet holds.
const MAX_PACKET: usize = 61_298;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_round_trip_and_end_at_any_byte() {
        for size in [1, 2, 254, 255, 256, 509, 510, 511, 1275, 61_298] {
            let mut out = Vec::new();
            write_header(size, &mut out);
            assert_eq!(out.len(), header_size(size));
            let expected = Header { size: out.len(), packet: size, start_trim: 0 };
            assert_eq!(Header::parse(&out), Ok(Some(expected)));
            for end in 0..out.len() {
                assert_eq!(Header::parse(&out[..end]), Ok(None));
            }
        }
    }

    #[test]
    fn trims_and_extensions_are_passed_over() {
        let header = [0x7f, 0xfc, 9, 0x01, 0x38, 0, 5, 2, 0xaa, 0xbb];
        assert_eq!(Header::parse(&header), Ok(Some(Header { size: 10, packet: 9, start_trim: 312 })));
        for end in 0..7 {
            assert_eq!(Header::parse(&header[..end]), Ok(None), "{end}");
        }
    }

    #[test]
    fn what_is_no_header_is_refused() {
        assert!(Header::parse(&[0x7e, 0xe0, 1]).is_err());
        assert!(Header::parse(&[0x7f, 0xc0, 1]).is_err());
        assert!(Header::parse(&[&[0x7f, 0xe0][..], &[255; 300]].concat()).is_err());
    }
}
