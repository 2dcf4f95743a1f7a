//! Packets of 188 bytes: headers, adaptation fields, and a payload cut to fit them.
//!
//! Source: ISO/IEC 13818-1 §2.4.3.2 to §2.4.3.5.

/// Bytes of a packet.
pub const PACKET: usize = 188;

/// One payload unit (a PES packet, a section with its pointer) on its way into packets.
///
/// Its size is known beforehand, so that each byte is written once, straight into its packet.
#[derive(Debug)]
pub(super) struct Unit<'a> {
    out: &'a mut Vec<u8>,
    pid: u16,
    counter: &'a mut u8,
    /// Bytes still to be put.
    left: usize,
    /// Bytes still free in the packet being written.
    space: usize,
    /// For the first packet; `None` once that has begun.
    first: Option<Adaptation>,
}

/// What an adaptation field says.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Adaptation {
    /// The clock (PCR) jumps here, or packets before this one are missing on purpose.
    pub(super) discontinuity: bool,
    /// A decoder can begin here.
    pub(super) random_access: bool,
    /// In ticks of 90 kHz.
    pub(super) clock: Option<i64>,
}

impl<'a> Unit<'a> {
    /// A unit of exactly `size` bytes, which then have to be [`put`](Unit::put).
    pub(super) fn new(
        out: &'a mut Vec<u8>,
        (pid, counter): (u16, &'a mut u8),
        size: usize,
        first: Adaptation,
    ) -> Unit<'a> {
        out.reserve((size + MAX_FIELD).div_ceil(PAYLOAD) * PACKET);
        Unit { out, pid, counter, left: size, space: 0, first: Some(first) }
    }

    /// Writes a table's section, pointer included, into packets of its own: what is left of the last is filled up.
    pub(super) fn section(out: &'a mut Vec<u8>, stream: (u16, &'a mut u8), section: &[u8]) {
        let size = section.len().next_multiple_of(PAYLOAD);
        let mut unit = Unit::new(out, stream, size, Adaptation::default());
        unit.put(section);
        let left = unit.left;
        unit.put(&[0xff; PAYLOAD][..left]);
    }

    /// How many packets a table's section takes, pointer included.
    pub(super) fn packets(section: &[u8]) -> u8 {
        section.len().div_ceil(PAYLOAD) as u8
    }

    /// The next bytes of the unit. What goes beyond its size is not written.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        let mut bytes = &bytes[..bytes.len().min(self.left)];
        while !bytes.is_empty() {
            if self.space == 0 {
                self.begin_packet();
            }
            let (now, later) = bytes.split_at(bytes.len().min(self.space));
            self.out.extend_from_slice(now);
            self.space -= now.len();
            self.left -= now.len();
            bytes = later;
        }
    }

    fn begin_packet(&mut self) {
        let start = self.first.is_some();
        let (field, size) = self.first.take().unwrap_or_default().field();
        let stuffing = (PAYLOAD - size).saturating_sub(self.left);
        let adapted = size + stuffing > 0;
        header(self.out, self.pid, start, if adapted { 0x30 } else { 0x10 } | *self.counter);
        *self.counter = (*self.counter + 1) & 15;
        if adapted {
            put_field(self.out, &field[..size], stuffing);
        }
        self.space = PAYLOAD - size - stuffing;
    }
}

/// Writes a packet that has an adaptation field only. Its counter is the one of the last packet with a payload.
pub(super) fn clock_only(out: &mut Vec<u8>, pid: u16, counter: u8, adaptation: Adaptation) {
    let (field, size) = adaptation.field();
    header(out, pid, false, 0x20 | counter.wrapping_sub(1) & 15);
    put_field(out, &field[..size], PAYLOAD - size);
}

impl Adaptation {
    /// The field from its length byte on, the length itself still to be filled in; nothing if there is nothing to say.
    fn field(self) -> ([u8; MAX_FIELD], usize) {
        let mut field = [0; MAX_FIELD];
        field[1] = u8::from(self.discontinuity) << 7
            | u8::from(self.random_access) << 6
            | u8::from(self.clock.is_some()) << 4;
        let Some(clock) = self.clock else {
            return (field, if field[1] == 0 { 0 } else { 2 });
        };
        // 33 bits, 6 reserved, and the 27 MHz remainder, which is 0.
        let bits = clock.rem_euclid(WRAP) as u64;
        let [_, _, _, b0, b1, b2, b3, b4] = (bits << 7).to_be_bytes();
        field[2..].copy_from_slice(&[b0, b1, b2, b3, b4 | 0x7e, 0]);
        (field, MAX_FIELD)
    }
}

fn header(out: &mut Vec<u8>, pid: u16, start: bool, control: u8) {
    let [high, low] = (pid & 0x1fff).to_be_bytes();
    out.extend_from_slice(&[0x47, u8::from(start) << 6 | high, low, control]);
}

/// Writes `field`, which is empty or has at least its flags, with `stuffing` bytes more; they are not both empty.
fn put_field(out: &mut Vec<u8>, field: &[u8], stuffing: usize) {
    let size = field.len() + stuffing;
    out.push((size - 1) as u8);
    match field {
        // One byte of stuffing is the length alone; from two on there are flags.
        [] if size > 1 => out.push(0),
        [] => {}
        [_, rest @ ..] => out.extend_from_slice(rest),
    }
    let end = out.len() + if field.is_empty() { stuffing.saturating_sub(2) } else { stuffing };
    out.resize(end, 0xff);
}

/// Time stamps have 33 bits.
pub(super) const WRAP: i64 = 1 << 33;

/// Bytes of a packet after its header.
const PAYLOAD: usize = PACKET - 4;

/// Length, flags and clock.
const MAX_FIELD: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn written(size: usize, first: Adaptation) -> Vec<u8> {
        let mut out = Vec::new();
        let mut counter = 14;
        let bytes: Vec<u8> = (0..size).map(|at| at as u8).collect();
        let mut unit = Unit::new(&mut out, (0x100, &mut counter), size, first);
        // In uneven pieces, and more than promised.
        bytes.chunks(37).for_each(|piece| unit.put(piece));
        unit.put(b"beyond");
        assert_eq!(usize::from(counter), (14 + out.len() / PACKET) % 16);
        out
    }

    /// The payload of packets, with the checks that every packet must pass.
    fn payload(packets: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        assert_eq!(packets.len() % PACKET, 0);
        for (at, packet) in packets.chunks(PACKET).enumerate() {
            assert_eq!(packet[0], 0x47);
            assert_eq!(packet[1], if at == 0 { 0x41 } else { 0x01 });
            assert_eq!(usize::from(packet[3] & 15), (14 + at) % 16);
            let field = if packet[3] & 0x20 == 0 { 0 } else { 1 + usize::from(packet[4]) };
            assert!(packet[3] & 0x10 != 0 && field < PAYLOAD);
            out.extend_from_slice(&packet[4 + field..]);
        }
        out
    }

    #[test]
    fn every_size_fills_whole_packets() {
        let fields = [
            Adaptation::default(),
            Adaptation { random_access: true, ..Adaptation::default() },
            Adaptation { clock: Some(1), ..Adaptation::default() },
        ];
        for first in fields {
            for size in 1..600 {
                let expected: Vec<u8> = (0..size).map(|at| at as u8).collect();
                assert_eq!(payload(&written(size, first)), expected, "{size} bytes, {first:?}");
            }
        }
    }

    #[test]
    fn the_first_packet_says_what_it_is() {
        let first =
            Adaptation { discontinuity: true, random_access: true, clock: Some(WRAP + 0x1_2345_6789) };
        let packet = written(500, first);
        assert_eq!(packet[3..12], [0x3e, 7, 0xd0, 0x91, 0xa2, 0xb3, 0xc4, 0xfe, 0]);
    }

    #[test]
    fn a_clock_alone_does_not_count() {
        let mut out = Vec::new();
        clock_only(&mut out, 0x100, 0, Adaptation { clock: Some(0), ..Adaptation::default() });
        assert_eq!(out.len(), PACKET);
        assert_eq!(out[..12], [0x47, 0x01, 0x00, 0x2f, 183, 0x10, 0, 0, 0, 0, 0x7e, 0]);
        assert!(out[12..].iter().all(|byte| *byte == 0xff));
    }
}
