//! One track.

use std::time::Duration;

use media::{Kind, Time};

use super::estimate::Estimator;
use super::header::{Extended, Extensions, Header};
use super::history::{History, KEPT};
use super::micros;
use crate::negotiate::Line;
use crate::packetize::MAX_SOUND;
use crate::rtcp::{Ntp, Reception, Sender};
use crate::srtp::{Sealed, Srtp};
use crate::train::Train;
use crate::{Packet, Stats, engine};

/// One that is sent: its numbers, what of it may be sent again, and how it comes through.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) kind: Kind,
    pub(super) ssrc: u32,
    number: u8,
    /// With what packets are sent again: payload type, SSRC, and the next sequence number (RFC 4588 §4).
    repair: Option<(u8, u32, u64)>,
    rate: u32,
    /// Added to the time of frames: RTP clocks begin anywhere (RFC 3550 §5.1).
    offset: u32,
    /// Of the next packet. Below 65,536 at the beginning: SRTP's counter of wraps is not told to the other end.
    sequence: u64,
    extensions: Extensions,
    history: History,
    packets: u32,
    bytes: u32,
    /// When the last sender report was sent, since the beginning.
    reported: Option<Duration>,
    received: Received,
    /// Whether a key frame was wished for since that was asked.
    wished: bool,
}

/// How the other end receives it.
#[derive(Debug, Default)]
struct Received {
    last: Option<Reception>,
    rtt: Option<Duration>,
    nacks: u64,
    plis: u64,
}

/// What packets go through.
pub(super) struct Sending<'a> {
    pub(super) srtp: &'a mut Srtp,
    pub(super) train: &'a mut Train,
    pub(super) estimator: &'a mut Estimator,
    /// The time, since the beginning.
    pub(super) since: Duration,
    /// The beginning, since 1970.
    pub(super) wall: Duration,
}

impl Track {
    /// `None` for a line that nothing is sent of. `random` is the same each time for one SSRC.
    pub(super) fn new(line: &Line, random: impl Fn(u32) -> u64) -> Option<Track> {
        let (ours, codec) = (line.ours?, line.codecs.first()?);
        // Not near the end, that the first packets may come in any order.
        let sequence = |ssrc| random(ssrc) >> 32 & 0x7fff;
        Some(Track {
            kind: line.kind,
            ssrc: ours.main,
            number: codec.number,
            repair: codec.repair.zip(ours.repair).map(|(number, ssrc)| (number, ssrc, sequence(ssrc))),
            rate: engine::clock(codec.codec),
            offset: random(ours.main) as u32,
            sequence: sequence(ours.main),
            extensions: Extensions::of(line),
            history: History::default(),
            packets: 0,
            bytes: 0,
            reported: None,
            received: Received::default(),
            wished: false,
        })
    }

    /// Sends one frame; the result is the bytes of its payloads.
    pub(super) fn send(&mut self, pts: Time, packets: &[Packet], to: &mut Sending<'_>) -> usize {
        let timestamp = self.timestamp(pts);
        let (mut bytes, mut before) = (0, 0);
        let all = packets.iter().map(|packet| packet.payload.len() + ROOM).sum();
        to.train.reserve(packets.len(), all);
        // There is room for so much; nothing that was packetised here is larger.
        for packet in packets.iter().filter(|packet| packet.payload.len() <= MAX_SOUND) {
            let size = packet.payload.len();
            let padding = padding(before, size);
            let header = Header {
                marker: packet.marker,
                padded: !padding.is_empty(),
                number: self.number,
                sequence: self.sequence as u16,
                timestamp,
                ssrc: self.ssrc,
            };
            self.seal(header, self.sequence, &[&packet.payload, padding], to);
            before = size;
            if self.repair.is_some() {
                self.history.push(self.sequence, timestamp, packet, millis(to.since));
            }
            self.sequence += 1;
            bytes += size;
            self.packets = self.packets.wrapping_add(1);
        }
        self.bytes = self.bytes.wrapping_add(bytes as u32);
        bytes
    }

    /// Sends the packet with these low bits of its number again, if it is there, not on its way, and no larger than `budget`. The result is
    /// the bytes of its payload.
    pub(super) fn send_again(&mut self, sequence: u16, budget: usize, to: &mut Sending<'_>) -> usize {
        let pause = self.received.rtt.map_or(UNKNOWN, |rtt| millis(rtt).clamp(SHORTEST, KEPT));
        let Some((number, ssrc, index)) = self.repair else { return 0 };
        let Some(kept) = self.history.again(sequence, millis(to.since), (pause, budget)) else { return 0 };
        let (marker, timestamp) = (kept.marker, kept.timestamp);
        let header = Header { marker, padded: false, number, sequence: index as u16, timestamp, ssrc };
        self.seal(header, index, &[&sequence.to_be_bytes(), &kept.payload], to);
        self.repair = Some((number, ssrc, index + 1));
        kept.payload.len()
    }

    fn seal(&self, header: Header, index: u64, parts: &[&[u8]], to: &mut Sending<'_>) {
        let out = &mut to.train.bytes;
        let start = out.len();
        let size = parts.iter().map(|part| part.len()).sum::<usize>();
        let transport =
            self.extensions.transport.map(|_| to.estimator.send(size + OVERHEAD, micros(to.since)));
        // Whoever has reported about it knows whose it is (RFC 8843 §9.2).
        let mid = self.received.last.is_none();
        self.extensions.write(header, Extended { mid, transport, time: micros(to.since) }, out);
        let payload = out.len();
        parts.iter().for_each(|part| out.extend_from_slice(part));
        to.srtp.seal(out, Sealed { start, payload, ssrc: header.ssrc, index });
        to.train.close();
    }

    /// Sends a sender report, if one is due; `presented` is what is presented now.
    pub(super) fn report(&mut self, presented: Time, cname: &str, to: &mut Sending<'_>) {
        if self.reported.is_none_or(|reported| to.since >= reported + REPORT_EVERY) {
            self.reported = Some(to.since);
            self.seal_report(presented, cname, false, to);
        }
    }

    /// Says that nothing follows.
    pub(super) fn end(&self, presented: Time, cname: &str, to: &mut Sending<'_>) {
        self.seal_report(presented, cname, true, to);
    }

    fn seal_report(&self, presented: Time, cname: &str, last: bool, to: &mut Sending<'_>) {
        let start = to.train.bytes.len();
        let report = Sender {
            ssrc: self.ssrc,
            ntp: Ntp::of(to.wall + to.since),
            timestamp: self.timestamp(presented),
            packets: self.packets,
            bytes: self.bytes,
            cname,
            last,
        };
        report.write(&mut to.train.bytes);
        to.srtp.seal_reports(&mut to.train.bytes, start, self.ssrc);
        to.train.close();
    }

    fn timestamp(&self, pts: Time) -> u32 {
        (pts.to_ticks(self.rate) as u32).wrapping_add(self.offset)
    }

    /// The other end has reported about it; `wall` is the time since 1970.
    pub(super) fn is_received(&mut self, reception: &Reception, wall: Duration) {
        self.received.last = Some(*reception);
        if reception.last != 0 {
            let passed = Ntp::of(wall).middle().wrapping_sub(reception.last).wrapping_sub(reception.since);
            let rtt = Duration::from_micros((u64::from(passed) * 1_000_000) >> 16);
            // Clocks differ, so on a short way less than nothing may come out.
            self.received.rtt = Some(if passed > i32::MAX as u32 { Duration::ZERO } else { rtt });
        }
    }

    /// The other end lacks packets.
    pub(super) fn is_lost(&mut self) {
        self.received.nacks += 1;
    }

    /// RTP packets so far, without those that were sent again.
    #[cfg(test)]
    pub(super) fn written(&self) -> u64 {
        self.packets.into()
    }

    /// The other end cannot go on without a key frame.
    pub(super) fn wish(&mut self) {
        self.received.plis += 1;
        self.wished = true;
    }

    /// Whether it said so since this was asked last.
    pub(super) fn take_wish(&mut self) -> bool {
        std::mem::take(&mut self.wished)
    }

    /// Adds what is known of it.
    pub(super) fn count(&self, stats: &mut Stats) {
        let Received { last, rtt, nacks, plis } = &self.received;
        stats.nacks += nacks;
        stats.plis += plis;
        // Of the first that has one: pictures come first.
        stats.rtt = stats.rtt.or(*rtt);
        if let Some(last) = last {
            stats.lost_out += u64::try_from(last.lost).unwrap_or(0);
            let (loss, jitter) = (f32::from(last.fraction_lost) / 256.0, self.ticks(last.jitter));
            stats.loss = Some(stats.loss.map_or(loss, |most| most.max(loss)));
            stats.jitter = stats.jitter.max(Some(jitter));
        }
    }

    fn ticks(&self, ticks: u32) -> Duration {
        Duration::from_micros(u64::from(ticks) * 1_000_000 / u64::from(self.rate.max(1)))
    }
}

/// What makes a payload of `size` bytes as long as the one of `before`, if it is a little shorter. The pieces of a picture are, but for
/// the last; and behind datagrams of one size a shorter one, of sound, leaves in the same call.
fn padding(before: usize, size: usize) -> &'static [u8] {
    /// Of each length one; its last byte says how many there are.
    static PADDINGS: [[u8; MOST_PADDING]; MOST_PADDING + 1] = {
        let mut paddings = [[0; MOST_PADDING]; MOST_PADDING + 1];
        let mut length = 1;
        while length <= MOST_PADDING {
            paddings[length][length - 1] = length as u8;
            length += 1;
        }
        paddings
    };
    let missing = before.saturating_sub(size);
    PADDINGS.get(missing).and_then(|padding| padding.get(..missing)).unwrap_or_default()
}

/// It wraps after 49 days.
fn millis(since: Duration) -> u32 {
    since.as_millis() as u32
}

/// RFC 3550 §6.2 has 5 s for those who have time; browsers bring sound and pictures together with the first.
const REPORT_EVERY: Duration = Duration::from_secs(1);
/// Beside a payload: header, extensions, what fills it up, signature.
const ROOM: usize = 12 + 32 + 8 + 16;
/// What a packet takes on the way beside its payload: the same, IP and UDP.
const OVERHEAD: usize = 12 + 8 + 16 + 28;
/// As many as a picture of as many pieces may lack.
const MOST_PADDING: usize = 32;
/// Milliseconds that a packet is taken to be on its way.
const SHORTEST: u32 = 10;
const UNKNOWN: u32 = 100;
