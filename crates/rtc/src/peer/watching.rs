//! What comes in to one who counts it, past the engine: who measures a server has many such peers, and most of what they cost would
//! be the engine's.
//!
//! To the server it is what a browser is: it says when packets came, asks again for what is lost, and reports once a second.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use media::Kind;

use crate::negotiate::{Agreed, TRANSPORT_CC};
use crate::rtcp::{self, Reception, receiver};
use crate::rtp;
use crate::srtp::{Handshake, Opening, Srtp};
use crate::train::Train;
use crate::{Event, engine};

/// The tracks that are counted.
#[derive(Debug)]
pub(super) struct Watching {
    start: Instant,
    keys: Option<(Opening, Srtp)>,
    tracks: Vec<Track>,
    /// When packets came of all tracks that were not told of yet: from a transport-wide number on.
    first: Option<u64>,
    arrived: Vec<Option<i64>>,
    /// Reports of that.
    told: u8,
    /// When they are due.
    arrivals_due: Option<Instant>,
    receptions_due: Instant,
    /// Where datagrams are decrypted.
    scratch: Vec<u8>,
}

#[derive(Debug)]
struct Track {
    kind: Kind,
    /// Payload types: as it is sent, and sent again.
    numbers: Vec<(u8, Option<u8>)>,
    /// What transport-wide numbers are called.
    transport: Option<u8>,
    rate: u32,
    ssrc: u32,
    /// The first and the newest packet.
    first: u64,
    newest: Option<u64>,
    /// Packets that came as they were sent first.
    came: u64,
    /// How many were expected and had come at the last report.
    told: (u64, u64),
    /// What did not come, yet.
    missing: Vec<Missing>,
    lost: u64,
    /// The last sender report, as reports about it name it, and when it came.
    report: (u32, Option<Instant>),
    jitter: Jitter,
}

#[derive(Debug)]
struct Missing {
    index: u64,
    due: Instant,
    asked: u32,
}

impl Watching {
    pub(super) fn new(now: Instant, agreed: &Agreed) -> Watching {
        let track = |line: &crate::negotiate::Line| Track {
            kind: line.kind,
            numbers: line.codecs.iter().map(|codec| (codec.number, codec.repair)).collect(),
            transport: line.extensions.iter().find(|(_, uri)| uri == TRANSPORT_CC).map(|(id, _)| *id),
            rate: line.codecs.first().map_or(1, |codec| engine::clock(codec.codec)),
            ssrc: 0,
            first: 0,
            newest: None,
            came: 0,
            told: (0, 0),
            missing: Vec::new(),
            lost: 0,
            report: (0, None),
            jitter: Jitter::default(),
        };
        Watching {
            start: now,
            keys: None,
            tracks: agreed.lines.iter().map(track).collect(),
            first: None,
            arrived: Vec::new(),
            told: 0,
            arrivals_due: None,
            receptions_due: now + RECEPTIONS_EVERY,
            scratch: Vec::new(),
        }
    }

    /// The keys are there. Whether they are some.
    pub(super) fn connect(&mut self, handshake: Option<&Handshake>) -> bool {
        self.keys = handshake.and_then(|handshake| Opening::new(handshake).zip(Srtp::new(handshake)));
        self.keys.is_some()
    }

    /// A datagram of RTP or RTCP came. Whether it is genuine.
    pub(super) fn receive(&mut self, now: Instant, datagram: &[u8], events: &mut VecDeque<Event>) -> bool {
        let read = self.read(now, datagram);
        let genuine = read.is_some();
        events.extend(read.flatten());
        genuine
    }

    /// `None` for what is not genuine; else what was read that came for the first time.
    fn read(&mut self, now: Instant, datagram: &[u8]) -> Option<Option<Event>> {
        let (opening, srtp) = self.keys.as_mut()?;
        if rtcp::is_rtcp(datagram) {
            let reports = srtp.open_reports(datagram)?;
            if let Some((ssrc, ntp)) = rtcp::sender_of(&reports)
                && let Some(track) = self.tracks.iter_mut().find(|track| track.ssrc == ssrc)
            {
                track.report = (ntp.middle(), Some(now));
            }
            return Some(None);
        }
        self.scratch.clear();
        self.scratch.extend_from_slice(datagram);
        let (index, length) = opening.open(&mut self.scratch)?;
        let header = rtp::Header::parse(self.scratch.get(..length)?)?;
        let payload = rtp::unpadded(self.scratch.get(header.size..length)?, header.padded);
        let track = self.tracks.iter_mut().find(|track| track.is_of(header.number))?;
        let number = track.transport.and_then(|id| header.extension(id)).and_then(<[u8]>::first_chunk);
        if let Some(number) = number {
            let at = now.saturating_duration_since(self.start).as_micros() as i64;
            note(&mut self.first, &mut self.arrived, u16::from_be_bytes(*number), at);
            self.arrivals_due.get_or_insert(now + ARRIVALS_EVERY);
        }
        let again = track.numbers.iter().any(|(_, repair)| *repair == Some(header.number));
        let (index, payload) = match again {
            false => {
                track.ssrc = header.ssrc;
                track.jitter.came(now.saturating_duration_since(self.start), header.timestamp, track.rate);
                (index, payload)
            }
            // The number that it had comes first (RFC 4588 §4).
            true => {
                let original = payload.split_first_chunk::<2>().zip(track.newest);
                // Some fill their way up with packets of nothing.
                let Some(((original, payload), newest)) = original else { return Some(None) };
                (rtp::nearest(newest, u16::from_be_bytes(*original)), payload)
            }
        };
        if !track.takes(index, again, now) || payload.is_empty() {
            return Some(None);
        }
        Some(Some(Event::Packet {
            kind: track.kind,
            bytes: payload.into(),
            timestamp: header.timestamp,
            marker: header.marker,
            sequence: index,
        }))
    }

    /// Writes what is due into `out`.
    pub(super) fn tick(&mut self, now: Instant, out: &mut Train) {
        let Some((_, srtp)) = &mut self.keys else { return };
        let mut seal = |write: &mut dyn FnMut(&mut Vec<u8>)| {
            let start = out.bytes.len();
            write(&mut out.bytes);
            if out.bytes.len() > start {
                srtp.seal_reports(&mut out.bytes, start, OURS);
                out.close();
            }
        };
        if self.arrivals_due.is_some_and(|due| due <= now) {
            self.arrivals_due = None;
            let ssrc = self.tracks.first().map_or(0, |track| track.ssrc);
            let (first, told) = (self.first.unwrap_or_default(), self.told);
            seal(&mut |out| receiver::write_arrivals((OURS, ssrc), told, first as u16, &self.arrived, out));
            self.told = told.wrapping_add(1);
            self.first = Some(first + self.arrived.len() as u64);
            self.arrived.clear();
        }
        for track in &mut self.tracks {
            let wanted = track.wanted(now);
            if !wanted.missing.is_empty() {
                seal(&mut |out| receiver::write_missing(OURS, track.ssrc, &wanted.missing, out));
            }
            if wanted.key_frame && track.kind == Kind::Video {
                seal(&mut |out| receiver::write_wish(OURS, track.ssrc, out));
            }
        }
        if self.receptions_due <= now {
            self.receptions_due = now + RECEPTIONS_EVERY;
            let heard = self.tracks.iter_mut().filter(|track| track.newest.is_some());
            let receptions: Vec<_> = heard.map(|track| track.reception(now)).collect();
            seal(&mut |out| receiver::write_receptions(OURS, &receptions, out));
        }
    }

    /// When to be asked again.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.keys.as_ref()?;
        let missing = self.tracks.iter().flat_map(|track| &track.missing).map(|missing| missing.due);
        missing.chain(self.arrivals_due).chain([self.receptions_due]).min()
    }

    /// Packets that never came.
    pub(super) fn lost(&self) -> u64 {
        self.tracks.iter().map(|track| track.lost).sum()
    }
}

/// What is asked for.
#[derive(Default)]
struct Wanted {
    missing: Vec<u16>,
    key_frame: bool,
}

impl Track {
    fn is_of(&self, number: u8) -> bool {
        self.numbers.iter().any(|(main, repair)| *main == number || *repair == Some(number))
    }

    fn is_repaired(&self) -> bool {
        self.numbers.iter().any(|(_, repair)| repair.is_some())
    }

    /// Whether the packet `index` comes for the first time.
    fn takes(&mut self, index: u64, again: bool, now: Instant) -> bool {
        match self.newest {
            Some(newest) if index <= newest => {
                let place = self.missing.iter().position(|missing| missing.index == index);
                let Some(place) = place else { return false };
                self.missing.remove(place);
            }
            Some(newest) => {
                self.lost += (index - newest - 1).saturating_sub(MOST_MISSING as u64);
                // What cannot be sent again may still be late.
                let (due, asked) = if self.is_repaired() { (now, 0) } else { (now + LATE, MOST_ASKED) };
                let gap = (newest + 1..index).rev().take(MOST_MISSING);
                self.missing.extend(gap.map(|index| Missing { index, due, asked }));
                self.missing.sort_unstable_by_key(|missing| missing.index);
                self.newest = Some(index);
            }
            None => (self.first, self.newest) = (index, Some(index)),
        }
        self.came += u64::from(!again);
        true
    }

    /// What is to be asked for now; what was asked for often enough is lost.
    fn wanted(&mut self, now: Instant) -> Wanted {
        let mut wanted = Wanted::default();
        if self.missing.len() > MOST_MISSING {
            let left = self.missing.len() - MOST_MISSING;
            self.missing.drain(..left);
            self.lost += left as u64;
            wanted.key_frame = true;
        }
        let before = self.missing.len();
        self.missing.retain(|missing| missing.due > now || missing.asked < MOST_ASKED);
        if self.missing.len() < before {
            self.lost += (before - self.missing.len()) as u64;
            wanted.key_frame = true;
        }
        for missing in self.missing.iter_mut().filter(|missing| missing.due <= now) {
            wanted.missing.push(missing.index as u16);
            missing.asked += 1;
            missing.due = now + ASK_EVERY;
        }
        wanted
    }

    /// RFC 3550 §6.4.1, A.3.
    fn reception(&mut self, now: Instant) -> Reception {
        let (last, at) = self.report;
        let since = at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        let expected = self.newest.map_or(0, |newest| newest + 1 - self.first);
        let (before, came) = std::mem::replace(&mut self.told, (expected, self.came));
        let (expected_since, came_since) = (expected - before, self.came - came);
        let lost = expected_since.saturating_sub(came_since) * 256;
        Reception {
            ssrc: self.ssrc,
            fraction_lost: lost.checked_div(expected_since).map_or(0, |part| part.min(255) as u8),
            lost: i32::try_from(expected.saturating_sub(self.came)).unwrap_or(i32::MAX),
            jitter: self.jitter.ticks as u32,
            last,
            since: (since.as_micros() * 65_536 / 1_000_000) as u32,
        }
    }
}

/// RFC 3550 §6.4.1.
#[derive(Debug, Default)]
struct Jitter {
    ticks: f64,
    /// Transit time of the last packet.
    before: Option<u32>,
}

impl Jitter {
    fn came(&mut self, since: Duration, timestamp: u32, rate: u32) {
        let arrival = (since.as_micros() * u128::from(rate) / 1_000_000) as u32;
        let transit = arrival.wrapping_sub(timestamp);
        if let Some(before) = self.before.replace(transit) {
            let differs = (transit.wrapping_sub(before) as i32).unsigned_abs();
            self.ticks += (f64::from(differs) - self.ticks) / 16.0;
        }
    }
}

/// Notes that the packet of the transport-wide `number` came at `at`; `arrived` begins with that of `first`, and is told of with its gaps.
/// What was told of as missing stays so.
fn note(first: &mut Option<u64>, arrived: &mut Vec<Option<i64>>, number: u16, at: i64) {
    let from = *first.get_or_insert(number.into());
    let number = rtp::nearest(from + arrived.len() as u64, number);
    let Some(place) = number.checked_sub(from).and_then(|place| usize::try_from(place).ok()) else { return };
    if place >= rtcp::MOST {
        // Further than reports go.
        (*first, *arrived) = (Some(number), vec![Some(at)]);
        return;
    }
    if arrived.len() <= place {
        arrived.resize(place + 1, None);
    }
    if let Some(place) = arrived.get_mut(place) {
        place.get_or_insert(at);
    }
}

/// Who sends nothing has an SSRC all the same.
const OURS: u32 = 1;
/// As browsers do for 1 Mbit/s.
const ARRIVALS_EVERY: Duration = Duration::from_millis(50);
const RECEPTIONS_EVERY: Duration = Duration::from_secs(1);
const ASK_EVERY: Duration = Duration::from_millis(50);
const MOST_ASKED: u32 = 10;
const LATE: Duration = Duration::from_millis(150);
/// Packets that are asked for at a time.
const MOST_MISSING: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    /// What reports say of packets that came in this order, each report after the packets of one list.
    fn told(windows: &[&[u16]]) -> Vec<(u16, bool)> {
        let (mut first, mut said) = (None, Vec::new());
        for (round, numbers) in windows.iter().enumerate() {
            let mut arrived = Vec::new();
            numbers.iter().for_each(|number| note(&mut first, &mut arrived, *number, round as i64 * 50_000));
            let from = first.unwrap_or_default();
            let mut report = Vec::new();
            receiver::write_arrivals((1, 2), round as u8, from as u16, &arrived, &mut report);
            rtcp::read(&report, |report| match report {
                rtcp::Report::Arrivals(arrivals) => {
                    said.extend(arrivals.map(|(number, at)| (number, at == Some(round as i64 * 50_000))));
                }
                other => panic!("{other:?}"),
            });
            first = Some(from + arrived.len() as u64);
        }
        said
    }

    #[test]
    fn a_gap_between_two_reports_is_told() {
        let said = told(&[&[65_533, 65_535], &[2, 1]]);
        let expected = [(65_533, true), (65_534, false), (65_535, true), (0, false), (1, true), (2, true)];
        assert_eq!(said, expected);
        let far = told(&[&[1], &[10_000]]);
        assert_eq!(far, [(1, true), (10_000, true)], "further than reports go");
        assert_eq!(told(&[&[5, 6], &[5]]), [(5, true), (6, true)], "a second time");
    }
}
