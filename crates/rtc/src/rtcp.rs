//! Reports (RTCP) that a sender writes, and those that it reads.

mod arrivals;
pub(crate) mod receiver;

use std::time::Duration;

pub(crate) use arrivals::MOST;
pub use arrivals::{Arrival, Arrivals};

/// What a receiver says.
#[derive(Debug)]
pub enum Report<'a> {
    /// How `ssrc` comes through (RFC 3550 §6.4.1).
    Reception(Reception),
    /// A part of what did not come, of `ssrc` (RFC 4585 §6.2.1).
    Missing {
        /// Of which track.
        ssrc: u32,
        /// Which packets.
        lost: Missing,
    },
    /// A picture of `ssrc` cannot be shown: PLI (RFC 4585 §6.3.1) or FIR (RFC 5104 §4.3.1).
    KeyFrameWanted {
        /// Of which track.
        ssrc: u32,
    },
    /// When packets came (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
    Arrivals(Arrivals<'a>),
    /// Bit/s that the receiver believes in (draft-alvestrand-rmcat-remb §2.2).
    Bandwidth(u64),
}

/// One block of a receiver's report.
#[derive(Debug, Clone, Copy)]
pub struct Reception {
    /// Of which track.
    pub ssrc: u32,
    /// Of what was sent since the report before, in 1/256.
    pub fraction_lost: u8,
    /// Since the beginning; duplicates make it less than nothing.
    pub lost: i32,
    /// In ticks of the RTP clock.
    pub jitter: u32,
    /// The middle of the NTP time of the last report of ours that came, and how long before this one that was, in 1/65,536 s.
    pub last: u32,
    /// See [`Reception::last`].
    pub since: u32,
}

/// 17 sequence numbers.
#[derive(Debug, Clone, Copy)]
pub struct Missing {
    first: u16,
    /// Bit n: `first` + n + 1.
    others: u16,
}

impl Missing {
    /// Them, each once.
    pub fn sequences(self) -> impl Iterator<Item = u16> {
        let others = (0..16).filter(move |bit| self.others & 1 << bit != 0);
        std::iter::once(self.first).chain(others.map(move |bit| self.first.wrapping_add(bit + 1)))
    }
}

/// Hands what `compound` says to `take`. What is unknown, or stops short, is passed over.
pub fn read<'a>(mut compound: &'a [u8], mut take: impl FnMut(Report<'a>)) {
    while let Some(([first, kind, words @ ..], _)) = compound.split_first_chunk::<4>() {
        let size = 4 + 4 * usize::from(u16::from_be_bytes(*words));
        let Some((packet, rest)) = compound.split_at_checked(size) else { return };
        if first >> 6 != 2 {
            return;
        }
        packet_of(first & 0x1f, *kind, packet.get(4..).unwrap_or_default(), &mut take);
        compound = rest;
    }
}

/// Whose sender report `compound` begins with, and its time.
pub(crate) fn sender_of(compound: &[u8]) -> Option<(u32, Ntp)> {
    let ([_, SENDER, _, _, ssrc @ ..], rest) = compound.split_first_chunk::<8>()? else { return None };
    Some((u32::from_be_bytes(*ssrc), Ntp(u64::from_be_bytes(*rest.first_chunk()?))))
}

fn packet_of<'a>(count: u8, kind: u8, body: &'a [u8], take: &mut impl FnMut(Report<'a>)) {
    match (kind, count) {
        (SENDER, _) => receptions(body.get(24..), count, take),
        (RECEIVER, _) => receptions(body.get(4..), count, take),
        (TRANSPORT_FEEDBACK, 1) => {
            let Some((ssrc, entries)) = media(body) else { return };
            for entry in entries.chunks_exact(4) {
                if let [a, b, c, d] = *entry {
                    let lost =
                        Missing { first: u16::from_be_bytes([a, b]), others: u16::from_be_bytes([c, d]) };
                    take(Report::Missing { ssrc, lost });
                }
            }
        }
        (TRANSPORT_FEEDBACK, 15) => {
            let arrivals = media(body).and_then(|(_, body)| Arrivals::new(body));
            arrivals.into_iter().for_each(|arrivals| take(Report::Arrivals(arrivals)));
        }
        (PICTURE_FEEDBACK, 1) => {
            media(body).into_iter().for_each(|(ssrc, _)| take(Report::KeyFrameWanted { ssrc }));
        }
        (PICTURE_FEEDBACK, 4) => {
            let entries = media(body).map_or(&[][..], |(_, entries)| entries);
            for entry in entries.chunks_exact(8) {
                let ssrc = entry.first_chunk().map(|ssrc| u32::from_be_bytes(*ssrc));
                ssrc.into_iter().for_each(|ssrc| take(Report::KeyFrameWanted { ssrc }));
            }
        }
        (PICTURE_FEEDBACK, 15) => {
            if let Some((_, [b'R', b'E', b'M', b'B', _, a, b, c, ..])) = media(body) {
                let mantissa = u64::from(a & 3) << 16 | u64::from(*b) << 8 | u64::from(*c);
                take(Report::Bandwidth(mantissa.checked_shl((a >> 2).into()).unwrap_or(u64::MAX)));
            }
        }
        _ => {}
    }
}

fn receptions<'a>(blocks: Option<&'a [u8]>, count: u8, take: &mut impl FnMut(Report<'a>)) {
    for block in blocks.unwrap_or_default().chunks_exact(24).take(count.into()) {
        let word = |at: usize| {
            let bytes = block.get(at..).and_then(<[u8]>::first_chunk);
            bytes.map_or(0, |bytes| u32::from_be_bytes(*bytes))
        };
        take(Report::Reception(Reception {
            ssrc: word(0),
            fraction_lost: (word(4) >> 24) as u8,
            // 24 bits with a sign.
            lost: (word(4) << 8) as i32 >> 8,
            jitter: word(12),
            last: word(16),
            since: word(20),
        }));
    }
}

/// Whose media feedback is about, and what follows.
fn media(body: &[u8]) -> Option<(u32, &[u8])> {
    let (_, body) = body.split_first_chunk::<4>()?;
    let (ssrc, rest) = body.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*ssrc), rest))
}

/// What a sender says of one of its tracks.
#[derive(Debug)]
pub(crate) struct Sender<'a> {
    pub(crate) ssrc: u32,
    /// The time in which `timestamp` would be presented.
    pub(crate) ntp: Ntp,
    pub(crate) timestamp: u32,
    /// RTP packets, and the bytes of their payloads, since the beginning.
    pub(crate) packets: u32,
    pub(crate) bytes: u32,
    /// The name that all tracks to be played together share.
    pub(crate) cname: &'a str,
    /// Nothing follows.
    pub(crate) last: bool,
}

impl Sender<'_> {
    /// Appends a sender report with a source description (RFC 3550 §6.4.1, §6.5), and BYE (§6.6) if it is the last.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend([0x80, SENDER, 0, 6]);
        out.extend(self.ssrc.to_be_bytes());
        out.extend(self.ntp.0.to_be_bytes());
        for word in [self.timestamp, self.packets, self.bytes] {
            out.extend(word.to_be_bytes());
        }
        let cname = self.cname.as_bytes();
        let cname = cname.get(..255).unwrap_or(cname);
        // SSRC, the item, and at least one zero up to a whole word.
        let words = 1 + (2 + cname.len()) / 4 + 1;
        out.extend([0x81, DESCRIPTION, 0, words as u8]);
        out.extend(self.ssrc.to_be_bytes());
        out.extend([CNAME, cname.len() as u8]);
        out.extend(cname);
        out.resize(out.len() + 4 - (2 + cname.len()) % 4, 0);
        if self.last {
            out.extend([0x81, BYE, 0, 1]);
            out.extend(self.ssrc.to_be_bytes());
        }
    }
}

/// A time as RTCP has it: seconds since 1900 in 32.32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ntp(pub(crate) u64);

impl Ntp {
    /// So long after 1970.
    pub(crate) fn of(since: Duration) -> Ntp {
        let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
        // It begins anew in 2036.
        Ntp(since.as_secs().wrapping_add(FROM_1900) << 32 | fraction)
    }

    /// As reports about reports have it.
    pub(crate) fn middle(self) -> u32 {
        (self.0 >> 16) as u32
    }
}

/// Whether a datagram that is RTP or RTCP is RTCP (RFC 5761 §4).
pub(crate) fn is_rtcp(datagram: &[u8]) -> bool {
    datagram.get(1).is_some_and(|kind| (192..=223).contains(kind))
}

/// Whether a datagram says nothing but when packets came, of which nothing is to be done at once. The head of SRTCP is not encrypted.
pub fn is_feedback(datagram: &[u8]) -> bool {
    let Some([first, kind, a, b]) = datagram.first_chunk() else { return false };
    let size = 4 + 4 * usize::from(u16::from_be_bytes([*a, *b]));
    *first == 0x80 | 15 && *kind == TRANSPORT_FEEDBACK && datagram.len() <= size + MOST_TRAILER
}

/// Whether a datagram is RTP or RTCP, and not STUN or DTLS (RFC 7983 §7).
pub(crate) fn is_media(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| (128..=191).contains(first))
}

/// What SRTCP puts behind reports, at most. With the least of 14 and another report, of 8 at least, it is more.
const MOST_TRAILER: usize = 20;
/// Seconds.
const FROM_1900: u64 = 2_208_988_800;
const SENDER: u8 = 200;
const RECEIVER: u8 = 201;
const DESCRIPTION: u8 = 202;
const BYE: u8 = 203;
const TRANSPORT_FEEDBACK: u8 = 205;
const PICTURE_FEEDBACK: u8 = 206;
const CNAME: u8 = 1;

#[cfg(test)]
#[path = "rtcp_test.rs"]
mod tests;
