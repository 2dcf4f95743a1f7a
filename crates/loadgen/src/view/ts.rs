//! A light reader of MPEG-TS, live or in segments: pictures by their PES packets, with the stamp near the beginning.
//!
//! A picture has come when the last byte of its PES packet has: by the length that the packet says; where it says none, by the
//! stuffing of its last transport packet; else by the start of the next.
//!
//! Source: ISO/IEC 13818-1 §2.4.3.

use std::collections::VecDeque;

use crate::stamp::Stamp;

/// Reads whole transport packets and finds the pictures in them.
#[derive(Debug, Default)]
pub(crate) struct Packets {
    /// A packet that came in pieces.
    partial: Vec<u8>,
    /// The picture being gathered.
    video: Option<Picture>,
    pictures: VecDeque<Option<Stamp>>,
    /// Packets that do not begin with the sync byte.
    pub(crate) unsynced: u64,
}

#[derive(Debug)]
struct Picture {
    pid: u16,
    /// The first bytes of the PES packet.
    head: Vec<u8>,
    /// Bytes of it still to come, if it says how long it is.
    left: Option<usize>,
}

impl Packets {
    /// Reads on; pictures that are complete are handed out by [`Packets::picture`].
    pub(crate) fn push(&mut self, mut data: &[u8]) {
        while !data.is_empty() {
            if self.partial.is_empty()
                && let Some((packet, rest)) = data.split_first_chunk::<PACKET>()
            {
                self.packet(packet);
                data = rest;
                continue;
            }
            let (part, rest) = data.split_at((PACKET - self.partial.len()).min(data.len()));
            self.partial.extend_from_slice(part);
            data = rest;
            if let Some(packet) = self.partial.first_chunk::<PACKET>().copied() {
                self.packet(&packet);
                self.partial.clear();
            }
        }
    }

    /// The segment is over: what was being gathered is a picture too.
    pub(crate) fn end(&mut self) {
        self.partial.clear();
        self.close();
    }

    /// The next picture, in order of arrival: its stamp, if one was found.
    pub(crate) fn picture(&mut self) -> Option<Option<Stamp>> {
        self.pictures.pop_front()
    }

    fn packet(&mut self, packet: &[u8; PACKET]) {
        let [0x47, high, low, control, ..] = *packet else {
            self.unsynced += 1;
            return;
        };
        let pid = u16::from(high & 0x1f) << 8 | u16::from(low);
        let start = high & 0x40 != 0;
        let payload = match control >> 4 & 3 {
            1 => packet.get(4..),
            3 => packet.get(5 + usize::from(packet[4])..),
            _ => None,
        };
        let Some(payload) = payload else { return };
        if start && let Some(length) = video_length(payload) {
            self.close();
            // The length counts from behind itself.
            let left = (length > 0).then_some(6 + usize::from(length));
            self.video = Some(Picture { pid, head: Vec::with_capacity(KEPT + PACKET), left });
        }
        let Some(video) = self.video.as_mut().filter(|video| video.pid == pid) else { return };
        if video.head.len() < KEPT {
            video.head.extend_from_slice(payload);
        }
        let complete = match &mut video.left {
            Some(left) => {
                *left = left.saturating_sub(payload.len());
                *left == 0
            }
            None => is_stuffed(packet),
        };
        if complete {
            self.close();
        }
    }

    fn close(&mut self) {
        if let Some(Picture { head, .. }) = self.video.take() {
            self.pictures.push_back(Stamp::find(&head, 0));
        }
    }
}

/// The length that a PES packet of a video stream (stream_id 0xe0 to 0xef) says, 0 for none; `None` if `payload` does not begin one.
fn video_length(payload: &[u8]) -> Option<u16> {
    match payload {
        [0, 0, 1, 0xe0..=0xef, high, low, ..] => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    }
}

/// Whether the adaptation field is longer than what it says needs: only the last packet of a unit is filled up.
fn is_stuffed(packet: &[u8; PACKET]) -> bool {
    let [_, _, _, control, length, flags, ..] = *packet;
    match (control & 0x20, length) {
        (0, _) => false,
        (_, 0) => true,
        // A field that says nothing is there to fill.
        _ if flags == 0 => true,
        // Private data and extensions say their own length; nobody here sends them.
        _ if flags & 0x03 != 0 => false,
        _ => {
            let clocks = usize::from(flags >> 4 & 1) + usize::from(flags >> 3 & 1);
            usize::from(length) > 1 + 6 * clocks + usize::from(flags >> 2 & 1)
        }
    }
}

const PACKET: usize = 188;
/// PES header, delimiter, parameter sets and a stamp fit well within.
const KEPT: usize = 736;

#[cfg(test)]
mod tests {
    use super::*;

    /// One video PES packet of `size` bytes with the stamp behind `before` bytes.
    fn pes(stamp: &Stamp, before: usize, size: usize) -> Vec<u8> {
        let mut pes = vec![0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5, 0x21, 0, 1, 0, 1];
        pes.resize(14 + before, 0x11);
        pes.extend_from_slice(&stamp.nal());
        pes.resize(size.max(pes.len()), 0x22);
        pes
    }

    fn packets(pid: u16, pes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for (at, part) in pes.chunks(184).enumerate() {
            let start = if at == 0 { 0x40 } else { 0 };
            let stuffing = 184 - part.len();
            out.extend_from_slice(&[0x47, start | (pid >> 8) as u8, pid as u8]);
            out.push(if stuffing > 0 { 0x30 } else { 0x10 });
            if stuffing > 0 {
                out.push((stuffing - 1) as u8);
                out.extend(std::iter::repeat_n(0, usize::from(stuffing > 1)));
                out.extend(std::iter::repeat_n(0xff, stuffing.saturating_sub(2)));
            }
            out.extend_from_slice(part);
        }
        out
    }

    #[test]
    fn stamps_are_found_across_packets_split_at_any_byte() {
        let stamp = |seq| Stamp { stream: 0, seq, audio: 0, sent: 1 };
        let mut segment = packets(256, &pes(&stamp(1), 160, 900));
        segment.extend(packets(257, &[0, 0, 1, 0xc0, 9, 9, 9]));
        segment.extend(packets(256, &pes(&stamp(2), 20, 100)));
        for cut in (0..segment.len()).step_by(7) {
            let mut packets = Packets::default();
            packets.push(&segment[..cut]);
            packets.push(&segment[cut..]);
            packets.end();
            let seen: Vec<_> = std::iter::from_fn(|| packets.picture()).collect();
            assert_eq!(seen, [Some(stamp(1)), Some(stamp(2))], "split at {cut}");
            assert_eq!(packets.unsynced, 0);
        }
    }

    /// Pictures are handed out with the packet that completes them: with a length, and without.
    #[test]
    fn a_picture_has_come_with_its_last_packet() {
        let stamp = Stamp { stream: 0, seq: 1, audio: 0, sent: 1 };
        for size in [100, 181, 182, 183, 184, 900, 184 * 5] {
            let mut unit = pes(&stamp, 20, size);
            let length = unit.len();
            let rest = length - 6;
            unit[4..6].copy_from_slice(&(rest as u16).to_be_bytes());
            for unit in [unit, pes(&stamp, 20, size)] {
                let said = unit[4..6] != [0, 0];
                let wire = packets(256, &unit);
                let mut reader = Packets::default();
                reader.push(&wire[..wire.len() - 1]);
                assert_eq!(reader.picture(), None, "size {size}");
                reader.push(&wire[wire.len() - 1..]);
                // A unit that fills its packets to the last byte shows its end by its length alone.
                let shown = said || !length.is_multiple_of(184);
                assert_eq!(reader.picture().is_some(), shown, "size {size}");
                reader.push(&wire);
                assert!(reader.picture().is_some(), "size {size}");
            }
        }
    }

    #[test]
    fn a_clock_is_no_stuffing() {
        let mut packet = [0u8; PACKET];
        packet[..6].copy_from_slice(&[0x47, 0x41, 0, 0x30, 7, 0x50]);
        assert!(!is_stuffed(&packet));
        packet[4] = 8;
        assert!(is_stuffed(&packet));
        packet[3] = 0x10;
        assert!(!is_stuffed(&packet));
    }

    #[test]
    fn a_picture_without_stamp_is_still_a_picture() {
        let mut reader = Packets::default();
        reader.push(&packets(256, &[0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5, 0x21, 0, 1, 0, 1, 0x65]));
        reader.end();
        assert_eq!(reader.picture(), Some(None));
        assert_eq!(reader.picture(), None);
    }
}
