//! The two tables that say what is where: PAT and PMT.
//!
//! Source: ISO/IEC 13818-1 §2.4.4; the checksum is annex A's.

use super::format::Format;

/// One elementary stream in the PMT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) pid: u16,
    pub(super) format: Format,
}

/// The section that says where the only program's map is.
pub(super) fn pat(pmt_pid: u16) -> Vec<u8> {
    section(0x00, TRANSPORT_STREAM, 0, &{
        let [high, low] = pmt_pid.to_be_bytes();
        [0, PROGRAM as u8, 0xe0 | high, low]
    })
}

/// The section that lists the program's streams; `clock_pid` carries its clock.
pub(super) fn pmt(version: u8, clock_pid: u16, entries: &[Entry]) -> Vec<u8> {
    let [high, low] = clock_pid.to_be_bytes();
    let mut body = vec![0xe0 | high, low, 0xf0, 0];
    for entry in entries {
        let [high, low] = entry.pid.to_be_bytes();
        let descriptors = entry.format.descriptors();
        let length = descriptors.len() as u8;
        body.extend_from_slice(&[entry.format.stream_type(), 0xe0 | high, low, 0xf0, length]);
        body.extend_from_slice(descriptors);
    }
    section(0x02, PROGRAM, version, &body)
}

/// A section with a payload's pointer before it: a unit ready for packets. `body` is at most 1,000 bytes.
fn section(table: u8, id: u16, version: u8, body: &[u8]) -> Vec<u8> {
    let [length_high, length_low] = (body.len() as u16 + 9).to_be_bytes();
    let [id_high, id_low] = id.to_be_bytes();
    let mut out =
        vec![0, table, 0xb0 | length_high, length_low, id_high, id_low, 0xc1 | (version & 31) << 1, 0, 0];
    out.extend_from_slice(body);
    let checksum = crc32(&out[1..]);
    out.extend_from_slice(&checksum.to_be_bytes());
    out
}

/// CRC-32/MPEG-2; 0 over bytes that end with their checksum. Tables are a few dozen bytes, seldom built: no lookup table.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << 24, |crc, _| {
            crc << 1 ^ if crc >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    })
}

/// Bytes of a section's header.
pub(super) const HEADER: usize = 8;
pub(super) const CHECKSUM: usize = 4;

const TRANSPORT_STREAM: u16 = 1;
const PROGRAM: u16 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_is_the_known_one() {
        assert_eq!(crc32(b"123456789"), 0x0376_e6e7);
    }

    #[test]
    fn tables_are_those_ffmpeg_writes() {
        let pat = pat(0x1000);
        assert_eq!(pat, [0, 0, 0xb0, 0x0d, 0, 1, 0xc1, 0, 0, 0, 1, 0xf0, 0, 0x2a, 0xb1, 0x04, 0xb2]);
        let entries =
            [Entry { pid: 0x100, format: Format::H264 }, Entry { pid: 0x101, format: Format::Adts }];
        let pmt = pmt(0, 0x100, &entries);
        assert_eq!(pmt[..13], [0, 2, 0xb0, 0x17, 0, 1, 0xc1, 0, 0, 0xe1, 0, 0xf0, 0]);
        assert_eq!(pmt[13..23], [0x1b, 0xe1, 0, 0xf0, 0, 0x0f, 0xe1, 1, 0xf0, 0]);
        assert_eq!(pmt[23..], [0x2f, 0x44, 0xb9, 0x9b]);
        let opus = self::pmt(0, 0x100, &[Entry { pid: 0x100, format: Format::Opus(2) }]);
        assert_eq!(opus[13..28], *b"\x06\xe1\x00\xf0\x0a\x05\x04Opus\x7f\x02\x80\x02");
    }
}
