//! From RTP packets to whole pictures, of which only the stamp is kept.

use std::collections::{BTreeMap, VecDeque};

use crate::stamp::Stamp;

/// The packets of one track of pictures. A picture has come when all packets between two markers have.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    /// Behind the last picture that was complete or given up.
    next: Option<u64>,
    waiting: BTreeMap<u64, Packet>,
    complete: VecDeque<Option<Stamp>>,
}

#[derive(Debug)]
struct Packet {
    marker: bool,
    stamp: Option<Stamp>,
}

impl Pictures {
    /// Takes a packet: its number, unwrapped, its payload, and whether it is the last of its picture.
    pub(super) fn push(&mut self, sequence: u64, payload: &[u8], marker: bool) {
        let next = *self.next.get_or_insert(sequence);
        if sequence < next {
            return;
        }
        let head = payload.get(..LOOKED_AT).unwrap_or(payload);
        self.waiting.insert(sequence, Packet { marker, stamp: Stamp::find(head, 0) });
        if self.waiting.len() > LONGEST_WAIT
            && let Some(first) = self.waiting.keys().next().copied()
        {
            // What is missing will not come any more.
            self.next = Some(first);
        }
        while let Some((last, stamp)) = self.whole() {
            let rest = self.waiting.split_off(&(last + 1));
            self.waiting = rest;
            self.next = Some(last + 1);
            self.complete.push_back(stamp);
        }
    }

    /// The next picture that is complete.
    pub(super) fn pop(&mut self) -> Option<Option<Stamp>> {
        self.complete.pop_front()
    }

    /// The number of the marker of the next picture, if all of its packets are here.
    fn whole(&self) -> Option<(u64, Option<Stamp>)> {
        let mut expected = self.next?;
        let mut stamp = None;
        for (sequence, packet) in self.waiting.range(expected..) {
            if *sequence != expected {
                return None;
            }
            expected += 1;
            stamp = stamp.or(packet.stamp);
            if packet.marker {
                return Some((*sequence, stamp));
            }
        }
        None
    }
}

/// Parameter sets and the stamp stand in front.
const LOOKED_AT: usize = 256;
/// Packets: some seconds.
const LONGEST_WAIT: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(seq: u64) -> Stamp {
        Stamp { stream: 1, seq, audio: 0, sent: 5 }
    }

    fn seen(pictures: &mut Pictures) -> Vec<Option<u64>> {
        std::iter::from_fn(|| pictures.pop()).map(|stamp| stamp.map(|stamp| stamp.seq)).collect()
    }

    #[test]
    fn a_picture_has_come_when_its_last_packet_has_whatever_the_order() {
        let mut pictures = Pictures::default();
        let head = |seq| [&[0x78, 0, 47][..], &stamp(seq).nal()[4..]].concat();
        pictures.push(10, &head(0), false);
        pictures.push(12, b"end", true);
        assert!(seen(&mut pictures).is_empty());
        pictures.push(11, b"middle", false);
        assert_eq!(seen(&mut pictures), [Some(0)]);
        pictures.push(14, &head(2), true);
        assert!(seen(&mut pictures).is_empty(), "13 may still come");
        pictures.push(13, &head(1), true);
        assert_eq!(seen(&mut pictures), [Some(1), Some(2)]);
        pictures.push(13, &head(1), true);
        assert!(seen(&mut pictures).is_empty(), "sent twice");
    }

    #[test]
    fn what_never_comes_is_given_up() {
        let mut pictures = Pictures::default();
        pictures.push(0, b"a", true);
        for sequence in 2..2 + LONGEST_WAIT as u64 {
            pictures.push(sequence, b"b", true);
        }
        assert_eq!(seen(&mut pictures).len(), 1);
        pictures.push(2 + LONGEST_WAIT as u64, b"c", true);
        assert!(seen(&mut pictures).len() > LONGEST_WAIT);
    }
}
