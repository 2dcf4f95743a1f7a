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
    first: u64,
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
    /// The newest packet.
    newest: Option<u64>,
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
            newest: None,
            missing: Vec::new(),
            lost: 0,
            report: (0, None),
            jitter: Jitter::default(),
        };
        Watching {
            start: now,
            keys: None,
            tracks: agreed.lines.iter().map(track).collect(),
            first: 0,
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
                let (original, payload) = payload.split_first_chunk::<2>()?;
                (rtp::nearest(track.newest?, u16::from_be_bytes(*original)), payload)
            }
        };
        if !track.takes(index, now) || payload.is_empty() {
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
            let (first, told) = (self.first as u16, self.told);
            seal(&mut |out| receiver::write_arrivals((OURS, ssrc), told, first, &self.arrived, out));
            self.told = told.wrapping_add(1);
            self.first += self.arrived.len() as u64;
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
            let heard = self.tracks.iter().filter(|track| track.newest.is_some());
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
    fn takes(&mut self, index: u64, now: Instant) -> bool {
        match self.newest {
            Some(newest) if index <= newest => {
                let place = self.missing.iter().position(|missing| missing.index == index);
                let Some(place) = place else { return false };
                self.missing.remove(place);
            }
            Some(newest) => {
                // What cannot be sent again may still be late.
                let (due, asked) = if self.is_repaired() { (now, 0) } else { (now + LATE, MOST_ASKED) };
                let gap = (newest + 1..index).rev().take(MOST_MISSING);
                self.missing.extend(gap.map(|index| Missing { index, due, asked }));
                self.missing.sort_unstable_by_key(|missing| missing.index);
                self.newest = Some(index);
            }
            None => self.newest = Some(index),
        }
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

    fn reception(&self, now: Instant) -> Reception {
        let (last, at) = self.report;
        let since = at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        Reception {
            ssrc: self.ssrc,
            fraction_lost: 0,
            lost: i32::try_from(self.lost).unwrap_or(i32::MAX),
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
    before: Option<i64>,
}

impl Jitter {
    fn came(&mut self, since: Duration, timestamp: u32, rate: u32) {
        let arrival = since.as_micros() as i64 * i64::from(rate) / 1_000_000;
        let transit = arrival - i64::from(timestamp);
        if let Some(before) = self.before.replace(transit) {
            // Timestamps wrap: once in hours one is far off.
            let differs = (transit - before).unsigned_abs() as f64;
            self.ticks += (differs.min(f64::from(rate)) - self.ticks) / 16.0;
        }
    }
}

/// Notes that the packet of the transport-wide `number` came at `at`; `arrived` begins with that of `first`.
fn note(first: &mut u64, arrived: &mut Vec<Option<i64>>, number: u16, at: i64) {
    if arrived.is_empty() {
        // What was told of already may come again, and what comes now is not further than half of all numbers.
        let next = rtp::nearest(*first, number);
        if next < *first && *first > 0 {
            return;
        }
        *first = next;
    }
    let number = rtp::nearest(*first + arrived.len() as u64, number);
    let Some(place) = number.checked_sub(*first).and_then(|place| usize::try_from(place).ok()) else {
        return;
    };
    if place >= rtcp::MOST {
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
