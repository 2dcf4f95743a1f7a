//! Packets out of bytes: where they begin, and what their headers say.
//!
//! Source: ISO/IEC 13818-1 §2.4.3.2 to §2.4.3.5; annex G.1 for finding the sync byte.

use super::packet::PACKET;

/// One packet, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Packet<'a> {
    pub(super) pid: u16,
    /// A unit (PES packet, section) begins in it.
    pub(super) start: bool,
    /// 4 bits, one more with each packet of its PID that has a payload.
    pub(super) counter: u8,
    /// The counter, and with it what the packets carry, does not go on from the one before, on purpose.
    pub(super) discontinuity: bool,
    /// A decoder can begin here.
    pub(super) random_access: bool,
    pub(super) payload: Option<&'a [u8]>,
}

impl<'a> Packet<'a> {
    /// `None` when it was damaged on the way, is encrypted, or contradicts itself.
    pub(super) fn parse(bytes: &'a [u8; PACKET]) -> Option<Packet<'a>> {
        let [SYNC, b1, b2, b3, rest @ ..] = bytes else { return None };
        let (damaged, encrypted) = (b1 & 0x80 != 0, b3 & 0xc0 != 0);
        if damaged || encrypted {
            return None;
        }
        let (adapted, loaded) = (b3 & 0x20 != 0, b3 & 0x10 != 0);
        let mut packet = Packet {
            pid: u16::from_be_bytes([b1 & 0x1f, *b2]),
            start: b1 & 0x40 != 0,
            counter: b3 & 0x0f,
            discontinuity: false,
            random_access: false,
            payload: None,
        };
        let mut payload = &rest[..];
        if adapted {
            let (length, rest) = payload.split_first()?;
            let (field, rest) = rest.split_at_checked(usize::from(*length))?;
            let flags = field.first().copied().unwrap_or(0);
            packet.discontinuity = flags & 0x80 != 0;
            packet.random_access = flags & 0x40 != 0;
            payload = rest;
        }
        if loaded {
            packet.payload = (!payload.is_empty()).then_some(payload);
        }
        (adapted || loaded).then_some(packet)
    }
}

/// Where packets begin.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// So many bytes further.
    At(usize),
    /// Nothing can be said before more has come; so many bytes are no beginning.
    Perhaps(usize),
}

/// Looks for three sync bytes a packet apart; at the `end` of the stream those that are there must do.
pub(super) fn find(data: &[u8], end: bool) -> Found {
    for (at, byte) in data.iter().enumerate() {
        let sync = |packets: usize| data.get(at + packets * PACKET).map(|byte| *byte == SYNC);
        if *byte != SYNC || sync(1) == Some(false) || sync(2) == Some(false) {
            continue;
        }
        return if end || sync(2).is_some() { Found::At(at) } else { Found::Perhaps(at) };
    }
    Found::Perhaps(data.len())
}

/// The first byte of every packet.
pub(super) const SYNC: u8 = 0x47;

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(head: &[u8]) -> [u8; PACKET] {
        let mut packet = [0xaa; PACKET];
        packet[..head.len()].copy_from_slice(head);
        packet
    }

    #[test]
    fn a_payload_may_follow_a_field() {
        let bytes = packet(&[0x47, 0x41, 0x23, 0x35, 2, 0xc0, 0xff]);
        let parsed = Packet::parse(&bytes).expect("sound");
        assert_eq!((parsed.pid, parsed.start, parsed.counter), (0x123, true, 5));
        assert!(parsed.discontinuity && parsed.random_access);
        assert_eq!(parsed.payload.map(<[u8]>::len), Some(181));
        // A field of length 0 is one byte of stuffing.
        assert_eq!(
            Packet::parse(&packet(&[0x47, 0, 0, 0x30, 0])).and_then(|p| p.payload.map(<[u8]>::len)),
            Some(183)
        );
        assert_eq!(Packet::parse(&packet(&[0x47, 0, 0, 0x20, 183])).map(|packet| packet.payload), Some(None));
    }

    #[test]
    fn what_cannot_be_used_is_none() {
        for head in [
            &[0x48, 0, 0, 0x10][..],
            &[0x47, 0x80, 0, 0x10],
            &[0x47, 0, 0, 0x90],
            &[0x47, 0, 0, 0x00],
            &[0x47, 0, 0, 0x30, 184],
        ] {
            assert_eq!(Packet::parse(&packet(head)), None, "{head:?}");
        }
    }

    #[test]
    fn three_sync_bytes_in_step_are_a_beginning() {
        let mut data = vec![0x47, 1, 0x47];
        for _ in 0..3 {
            data.extend(packet(&[0x47]));
        }
        assert_eq!(find(&data, false), Found::At(3));
        assert_eq!(find(&data[..3 + 2 * PACKET], false), Found::Perhaps(3));
        assert_eq!(find(&data[..3 + 2 * PACKET], true), Found::At(3));
        assert_eq!(find(&[1; 500], false), Found::Perhaps(500));
        assert_eq!(find(&[], true), Found::Perhaps(0));
    }
}
