//! What was sent lately, to be sent again.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::Packet;

/// The last packets of one track, whose sequence numbers have no gap. Payloads are shared by all players of a stream.
#[derive(Debug, Default)]
pub(super) struct History {
    packets: VecDeque<Kept>,
    /// Sequence number of the next one.
    next: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) payload: Arc<[u8]>,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    /// Milliseconds since the session began: when it was sent, and sent again last.
    sent: u32,
    again: Option<u32>,
}

impl History {
    pub(super) fn push(&mut self, sequence: u64, timestamp: u32, packet: &Packet, now: u32) {
        while self.packets.front().is_some_and(|kept| kept.is_old(now)) || self.packets.len() >= MOST {
            self.packets.pop_front();
        }
        let (payload, marker) = (Arc::clone(&packet.payload), packet.marker);
        self.packets.push_back(Kept { payload, timestamp, marker, sent: now, again: None });
        self.next = sequence + 1;
    }

    /// The packet with these low bits of its number, to be sent again now, if it has no more bytes than `budget`: not if that was done
    /// within `pause` milliseconds, for it is still on its way.
    pub(super) fn again(&mut self, sequence: u16, now: u32, (pause, budget): (u32, usize)) -> Option<Kept> {
        let first = self.next.saturating_sub(self.packets.len() as u64);
        let kept = self.packets.get_mut(usize::from(sequence.wrapping_sub(first as u16)))?;
        let on_its_way = kept.again.is_some_and(|again| now.wrapping_sub(again) < pause);
        if kept.is_old(now) || on_its_way || kept.payload.len() > budget {
            return None;
        }
        kept.again = Some(now);
        Some(kept.clone())
    }
}

impl Kept {
    /// Time wraps after 49 days.
    fn is_old(&self, now: u32) -> bool {
        now.wrapping_sub(self.sent) > KEPT
    }
}

/// Three requests through a network of 300 ms each way, in milliseconds.
pub(super) const KEPT: u32 = 2_000;
const MOST: usize = 2_048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_found_by_its_low_bits_for_as_long_as_it_is_kept() {
        let mut history = History::default();
        for number in 0..100u64 {
            let packet = Packet { payload: vec![number as u8].into(), marker: false };
            history.push(65_500 + number, number as u32, &packet, number as u32 * 40);
        }
        let mut again =
            |sequence: u16, now: u32| history.again(sequence, now, (50, 1_000)).map(|kept| kept.payload[0]);
        assert_eq!(again(63, 3_960), Some(99));
        assert_eq!(again(65_500, 3_960), None, "too old");
        assert_eq!(again(64, 3_960), None, "not yet sent");
        // The first after the numbers wrapped was sent at 1,440 ms, and is not there for longer than KEPT.
        assert_eq!(again(14, 3_960), Some(50));
        assert_eq!(again(14, 3_999), None, "on its way");
        assert_eq!(again(63, 4_010), Some(99));
        assert_eq!(again(14, 4_010), None, "too old by now");
    }

    #[test]
    fn what_is_refused_is_not_on_its_way_and_time_may_wrap() {
        let mut history = History::default();
        let packet = Packet { payload: vec![7; 100].into(), marker: false };
        history.push(5, 0, &packet, u32::MAX - 100);
        assert!(history.again(5, u32::MAX - 50, (50, 99)).is_none(), "too large");
        assert!(history.again(5, u32::MAX - 50, (50, 100)).is_some());
        assert!(history.again(5, u32::MAX - 10, (50, 100)).is_none());
        assert!(history.again(5, 20, (50, 100)).is_some());
        history.push(6, 0, &packet, 1_800);
        assert!(history.again(5, 1_800, (50, 100)).is_some() && history.again(5, 2_000, (50, 100)).is_none());
    }
}
