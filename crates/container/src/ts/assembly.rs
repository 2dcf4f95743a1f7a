//! PES packets out of the packets of one PID.
//!
//! Source: ISO/IEC 13818-1 §2.4.3.3 for the counter, §2.4.3.6 for the length.

use std::time::SystemTime;

use super::pes;
use super::sync::Packet;

/// Puts the PES packets of one PID together.
#[derive(Debug)]
pub(super) struct Assembly {
    limit: usize,
    counter: Option<u8>,
    state: State,
    /// The PES packet at hand, or the last one.
    data: Vec<u8>,
    wall: SystemTime,
    random_access: bool,
    /// Something is missing before it.
    gap: bool,
    /// Something is missing before the next.
    gap_ahead: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Waits for the beginning of one.
    Closed,
    Open,
    /// There is one to be taken.
    Whole,
}

/// What is wrong with a packet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Trouble {
    /// Packets before it are missing, and nothing said that they would be.
    pub(super) missing: bool,
    /// A PES packet is lost: for those, or because it outgrew the limit or was not as long as it said.
    pub(super) lost: bool,
}

/// A whole PES packet.
#[derive(Debug)]
pub(super) struct Whole<'a> {
    /// Header and payload.
    pub(super) bytes: &'a [u8],
    /// When its first packet came.
    pub(super) wall: SystemTime,
    /// Its first packet says that a decoder can begin here.
    pub(super) random_access: bool,
    /// Something is missing before it.
    pub(super) gap: bool,
}

impl Assembly {
    /// `limit` bounds a PES packet.
    pub(super) fn new(limit: usize) -> Assembly {
        Assembly {
            limit,
            counter: None,
            state: State::Closed,
            data: Vec::new(),
            wall: SystemTime::UNIX_EPOCH,
            random_access: false,
            gap: false,
            gap_ahead: false,
        }
    }

    /// Takes note of a packet that is about to be [`push`](Assembly::push)ed: whether any are missing before it, and that
    /// the PES packet at hand is whole if another begins. [`take`](Assembly::take) that before the push.
    ///
    /// `None` says that it came twice and is not to be pushed.
    pub(super) fn expect(&mut self, packet: &Packet<'_>) -> Option<Trouble> {
        self.gap_ahead |= packet.discontinuity;
        let Some(payload) = packet.payload else {
            // A packet without one counts nothing, but may announce that the counter jumps.
            let jumps = packet.discontinuity && self.counter.is_some_and(|last| last != packet.counter);
            if jumps {
                self.counter = Some(packet.counter);
            }
            return Some(Trouble { missing: false, lost: jumps && self.lose() });
        };
        let last = self.counter.replace(packet.counter);
        if last == Some(packet.counter) && !packet.discontinuity && self.data.ends_with(payload) {
            return None;
        }
        let mut trouble = Trouble::default();
        if last.is_some_and(|last| (last + 1) & 15 != packet.counter) {
            trouble.missing = !packet.discontinuity;
            trouble.lost = self.lose();
        }
        if packet.start && self.state == State::Open {
            if self.expected().is_none() {
                self.state = State::Whole;
            } else {
                trouble.lost = self.lose();
            }
        }
        Some(trouble)
    }

    /// Takes the packet's payload. [`take`](Assembly::take) what is whole after it.
    pub(super) fn push(&mut self, packet: &Packet<'_>, wall: SystemTime) -> Trouble {
        let Some(payload) = packet.payload else { return Trouble::default() };
        if packet.start {
            self.data.clear();
            self.state = State::Open;
            self.wall = wall;
            self.random_access = packet.random_access;
            self.gap = std::mem::take(&mut self.gap_ahead);
        }
        if self.state != State::Open {
            return Trouble::default();
        }
        if self.data.len() + payload.len() > self.limit {
            return Trouble { missing: false, lost: self.lose() };
        }
        self.data.extend_from_slice(payload);
        if let Some(size) = self.expected()
            && self.data.len() >= size
        {
            // What is more than it said is stuffing that went the wrong way.
            self.data.truncate(size);
            self.state = State::Whole;
        }
        Trouble::default()
    }

    /// Nothing more comes: a PES packet without a length is whole. Whether another is lost.
    pub(super) fn finish(&mut self) -> bool {
        if self.state == State::Open && self.expected().is_none() {
            self.state = State::Whole;
            return false;
        }
        self.state == State::Open && self.lose()
    }

    /// The PES packet that has become whole.
    pub(super) fn take(&mut self) -> Option<Whole<'_>> {
        if self.state != State::Whole {
            return None;
        }
        self.state = State::Closed;
        Some(Whole { bytes: &self.data, wall: self.wall, random_access: self.random_access, gap: self.gap })
    }

    /// What follows does not follow what has come: counters and time begin anew.
    pub(super) fn restart(&mut self) {
        (self.counter, self.state, self.gap_ahead) = (None, State::Closed, true);
    }

    /// What was [taken](Assembly::take) was no good: something is missing before the next.
    pub(super) fn mark_gap(&mut self) {
        self.gap_ahead = true;
    }

    /// Bytes that it holds.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.data.len()
    }

    /// Waits for the next; whether there was one at hand.
    fn lose(&mut self) -> bool {
        self.gap_ahead = true;
        std::mem::replace(&mut self.state, State::Closed) == State::Open
    }

    /// Its size, where it says so.
    fn expected(&self) -> Option<usize> {
        // With so little of it there is no telling, and nothing to lose.
        pes::length(&self.data).unwrap_or(Some(usize::MAX))
    }
}

#[cfg(test)]
#[path = "assembly_test.rs"]
mod tests;
