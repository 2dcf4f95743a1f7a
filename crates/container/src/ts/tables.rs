//! PAT and PMT out of packets: sections put together, checked, and read.
//!
//! Source: ISO/IEC 13818-1 §2.4.4.

use std::collections::VecDeque;

use super::format::Format;
use super::psi::{self, crc32};
use super::sync::Packet;

/// Puts the sections of one PID together.
#[derive(Debug, Default)]
pub(super) struct Sections {
    counter: Option<u8>,
    /// What has come of the section at hand; `None` until one begins.
    open: Option<Vec<u8>>,
    whole: VecDeque<Vec<u8>>,
}

/// One elementary stream of the program that is read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) pid: u16,
    pub(super) format: Format,
}

impl Sections {
    /// Takes a packet. Take the [`next`](Sections::next) sections after each.
    pub(super) fn push(&mut self, packet: &Packet<'_>) {
        let Some(payload) = packet.payload else { return };
        let last = self.counter.replace(packet.counter);
        if last == Some(packet.counter) {
            return;
        }
        if last.is_some_and(|last| (last + 1) & 15 != packet.counter) {
            self.open = None;
        }
        if !packet.start {
            self.append(payload);
            return;
        }
        let (pointer, rest) = payload.split_first().expect("a payload is not empty");
        let Some((before, after)) = rest.split_at_checked(usize::from(*pointer)) else {
            self.open = None;
            return;
        };
        self.append(before);
        self.open = Some(Vec::new());
        self.append(after);
    }

    /// The next whole section, without its checksum; `Some(None)` for one that was damaged.
    pub(super) fn next(&mut self) -> Option<Option<Vec<u8>>> {
        let mut section = self.whole.pop_front()?;
        let sound = section.len() >= psi::HEADER + psi::CHECKSUM && crc32(&section) == 0;
        section.truncate(section.len().saturating_sub(psi::CHECKSUM));
        Some(sound.then_some(section))
    }

    fn append(&mut self, bytes: &[u8]) {
        let Some(open) = &mut self.open else { return };
        open.extend_from_slice(bytes);
        // Behind the last section of a packet comes stuffing.
        while let [table, high, low, ..] = open[..]
            && table != STUFFING
        {
            let size = 3 + usize::from(u16::from_be_bytes([high & 0x0f, low]));
            if open.len() < size {
                return;
            }
            let rest = open.split_off(size);
            self.whole.push_back(std::mem::replace(open, rest));
        }
        if open.first().is_some_and(|table| *table == STUFFING) {
            self.open = None;
        }
    }
}

/// The programs that a PAT lists, by number, with the PIDs of their maps; `None` if `section` is none that counts now.
pub(super) fn programs(section: &[u8]) -> Option<Vec<(u16, u16)>> {
    let entries = body(section, 0x00)?.chunks_exact(4);
    let program = |entry: &[u8]| match entry {
        [n1, n0, p1, p0] => (u16::from_be_bytes([*n1, *n0]), u16::from_be_bytes([p1 & 0x1f, *p0])),
        _ => (0, 0),
    };
    // Number 0 is the network's table.
    Some(entries.map(program).filter(|(number, _)| *number != 0).collect())
}

/// The streams that the PMT of `program` lists, and the `stream_type`s of those that are not read here; `None` if
/// `section` is none that counts now, or ends early.
pub(super) fn streams(section: &[u8], program: u16) -> Option<(Vec<Listed>, Vec<u8>)> {
    if section.get(3..5)? != program.to_be_bytes() {
        return None;
    }
    let (lengths, rest) = body(section, 0x02)?.split_at_checked(4)?;
    let descriptors = usize::from(u16::from_be_bytes([lengths[2] & 0x0f, lengths[3]]));
    let mut rest = rest.get(descriptors..)?;
    let (mut listed, mut others) = (Vec::new(), Vec::new());
    while !rest.is_empty() {
        let ([stream_type, p1, p0, d1, d0], after) = rest.split_first_chunk()?;
        let pid = u16::from_be_bytes([p1 & 0x1f, *p0]);
        let (descriptors, after) =
            after.split_at_checked(usize::from(u16::from_be_bytes([d1 & 0x0f, *d0])))?;
        rest = after;
        match Format::announced(*stream_type, descriptors) {
            Some(format)
                if listed.len() < MAX_STREAMS && listed.iter().all(|known: &Listed| known.pid != pid) =>
            {
                listed.push(Listed { pid, format });
            }
            _ => others.push(*stream_type),
        }
    }
    Some((listed, others))
}

/// What stands between header and checksum of a section of `table` that counts now.
fn body(section: &[u8], table: u8) -> Option<&[u8]> {
    let [first, flags, _, _, _, version, ..] = section else { return None };
    let current = version & 1 == 1;
    (*first == table && flags & 0x80 != 0 && current).then(|| section.get(psi::HEADER..)).flatten()
}

/// Stands where a table's number would.
const STUFFING: u8 = 0xff;

/// More than any publisher sends; each may hold a PES packet in the making.
pub(super) const MAX_STREAMS: usize = 16;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ts::packet::PACKET;
    use crate::ts::packet::Unit;
    use crate::ts::psi::Entry;

    fn packets(section: &[u8], counter: &mut u8) -> Vec<[u8; PACKET]> {
        let mut out = Vec::new();
        Unit::section(&mut out, (0x1000, counter), section);
        out.chunks(PACKET).map(|packet| packet.try_into().expect("whole packets")).collect()
    }

    fn sections(packets: &[[u8; PACKET]]) -> Vec<Option<Vec<u8>>> {
        let mut sections = Sections::default();
        let mut out = Vec::new();
        for packet in packets {
            sections.push(&Packet::parse(packet).expect("sound"));
            out.extend(std::iter::from_fn(|| sections.next()));
        }
        out
    }

    fn entries(count: u16) -> Vec<Entry> {
        (0..count).map(|at| Entry { pid: 0x100 + at, format: Format::Opus(2) }).collect()
    }

    #[test]
    fn tables_are_read_as_written() {
        let found = sections(&packets(&psi::pat(0x1000), &mut 3));
        assert_eq!(programs(found[0].as_deref().expect("sound")), Some(vec![(1, 0x1000)]));
        // Sixteen of them take more than a packet.
        for count in [0, 1, 11, 12, 16] {
            let written = packets(&psi::pmt(7, 0x100, &entries(count)), &mut 15);
            assert_eq!(written.len(), if count < 12 { 1 } else { 2 });
            let found = sections(&written);
            assert_eq!(found.len(), 1);
            let (listed, others) = streams(found[0].as_deref().expect("sound"), 1).expect("whole");
            assert_eq!((listed.len(), others.len()), (usize::from(count), 0));
            assert!(listed.iter().zip(0x100..).all(|(listed, pid)| listed.pid == pid));
            assert_eq!(streams(found[0].as_deref().expect("sound"), 2), None, "another program's");
        }
    }

    #[test]
    fn a_section_may_begin_anywhere_in_a_packet() {
        let pmt = psi::pmt(0, 0x100, &entries(4));
        // Three sections without their pointers, one after the other, cut into packets.
        let stream = pmt[1..].repeat(6);
        let size = pmt.len() - 1;
        let mut out = Vec::new();
        let mut at = 0;
        for counter in 0u8.. {
            if at >= stream.len() {
                break;
            }
            let next = at.next_multiple_of(size);
            let start = next < (at + 183).min(stream.len());
            let mut packet = vec![0x47, if start { 0x50 } else { 0x10 }, 0, 0x10 | counter & 15];
            if start {
                packet.push((next - at) as u8);
            }
            let end = (at + PACKET - packet.len()).min(stream.len());
            packet.extend(&stream[at..end]);
            packet.resize(PACKET, 0xff);
            at = end;
            out.push(packet.try_into().expect("a packet"));
        }
        let found = sections(&out);
        assert_eq!(found.len(), 6);
        assert!(found.iter().all(|section| section.as_deref() == Some(&pmt[1..pmt.len() - 4])));
    }

    #[test]
    fn damage_is_noticed() {
        let written = packets(&psi::pmt(0, 0x100, &entries(13)), &mut 0);
        let sound = sections(&written);
        for at in 5..PACKET {
            let mut damaged = written.clone();
            damaged[0][at] ^= 0x10;
            assert_ne!(sections(&damaged), sound, "byte {at}");
            assert!(sections(&damaged).iter().all(Option::is_none), "byte {at}");
        }
        assert!(sections(&written[1..]).is_empty());
        // A packet is missing between; a packet comes twice.
        let mut gap = written.clone();
        gap[1][3] += 1;
        assert!(sections(&gap).is_empty());
        assert_eq!(sections(&[written[0], written[0], written[1], written[1]]), sound);
    }

    #[test]
    fn the_next_map_does_not_count_yet() {
        let mut section = psi::pmt(0, 0x100, &entries(1))[1..].to_vec();
        section[5] &= 0xfe;
        assert_eq!(streams(&section, 1), None);
    }

    proptest! {
        #[test]
        fn any_section_is_survived(mut section in prop::collection::vec(any::<u8>(), 0..80), table in 0u8..3) {
            if let [first, second, _, _, program, version, ..] = &mut section[..] {
                (*first, *second, *program, *version) = (table, *second | 0x80, 1, *version | 1);
            }
            let _ = (programs(&section), streams(&section, 1));
        }
    }
}
