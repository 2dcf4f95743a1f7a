//! A light reader of MPEG-TS segments: pictures by the start of their PES packets, with the stamp near its beginning.
//!
//! Source: ISO/IEC 13818-1 §2.4.3.

use std::collections::VecDeque;

use crate::stamp::Stamp;

/// Reads whole transport packets and finds the pictures in them.
#[derive(Debug, Default)]
pub(crate) struct Packets {
    /// A packet that came in pieces.
    partial: Vec<u8>,
    /// The elementary stream being gathered and its first bytes.
    video: Option<(u16, Vec<u8>)>,
    pictures: VecDeque<Option<Stamp>>,
    /// Packets that do not begin with the sync byte.
    pub(crate) unsynced: u64,
}

impl Packets {
    /// Reads on; pictures that are complete in their beginning are handed out by [`Packets::picture`].
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
        if start && is_video(payload) {
            self.close();
            self.video = Some((pid, payload.to_vec()));
        } else if let Some((video, head)) = &mut self.video
            && *video == pid
            && head.len() < KEPT
        {
            head.extend_from_slice(payload);
        }
    }

    fn close(&mut self) {
        if let Some((_, head)) = self.video.take() {
            self.pictures.push_back(Stamp::find(&head, 0));
        }
    }
}

/// Whether a payload begins a PES packet of a video stream (stream_id 0xe0 to 0xef).
fn is_video(payload: &[u8]) -> bool {
    matches!(payload, [0, 0, 1, 0xe0..=0xef, ..])
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
                out.extend(std::iter::repeat_n(0xff, stuffing - 1));
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

    #[test]
    fn a_picture_without_stamp_is_still_a_picture() {
        let mut reader = Packets::default();
        reader.push(&packets(256, &[0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5, 0x21, 0, 1, 0, 1, 0x65]));
        reader.end();
        assert_eq!(reader.picture(), Some(None));
        assert_eq!(reader.picture(), None);
    }
}
