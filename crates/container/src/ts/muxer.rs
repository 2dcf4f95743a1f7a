//! From frames to packets.

use std::sync::Arc;

use bytes::Bytes;
use media::{Codec, Delta, Frame, Kind, Time, Track, TrackId};

use super::format::Format;
use super::head::{Head, MAX_GATHERED};
use super::packet::{Adaptation, Unit, clock_only};
use super::pes::Header;
use super::psi::{self, Entry};
use crate::annexb;
use crate::nalu::Syntax;

/// Writes the frames of some tracks as one transport stream.
///
/// Frames come in dts order across tracks. What it appends is whole packets; continuity counters go on
/// for as long as it lives, so that segments cut between two calls are one stream when put together.
#[derive(Debug)]
pub struct Muxer {
    /// In order of their PIDs. Those not carried now stay for PID and counter.
    streams: Vec<Stream>,
    /// What the PMT says now, and the number that tells readers that it has changed.
    map: Map,
    pat_counter: u8,
    pmt_counter: u8,
    /// When the tables were last written; `None` when they are due.
    tables_at: Option<Time>,
    /// What the clock last said.
    clock: Option<Time>,
    /// The clock is to be said at the next opportunity.
    clock_due: bool,
}

/// One elementary stream.
#[derive(Debug)]
struct Stream {
    id: TrackId,
    format: Format,
    pid: u16,
    counter: u8,
    carried: bool,
    /// The track of the last frame: what the PMT says of it is right, and its parameter sets have been written.
    announced: Option<Arc<Track>>,
    /// Audio frames that wait for company.
    waiting: Option<Waiting>,
    /// Where they wait; kept for the next.
    bytes: Vec<u8>,
    /// The next frame of audio gets a PES packet of its own. FFmpeg's HLS reader does not know yet how long a
    /// frame lasts when it meets the first packet, and gives the second frame in it the time of the first.
    alone: bool,
}

#[derive(Debug)]
struct Map {
    version: u8,
    /// Readers may have seen it.
    written: bool,
    clock_pid: u16,
    entries: Vec<Entry>,
}

/// Audio frames that will share a PES packet.
#[derive(Debug)]
struct Waiting {
    first: Time,
    /// When the next frame ought to come.
    next: Time,
    /// The first comes after a gap in the source.
    gap: bool,
    /// No other may join.
    alone: bool,
}

/// Whether MPEG-TS can carry `track` here: H.264 and H.265, AAC with rate and layout that ADTS can say, MPEG audio,
/// AC-3, E-AC-3, and Opus in a layout of the usual ones.
pub fn carries(track: &Track) -> bool {
    Format::of(track).is_some()
}

impl Muxer {
    /// For `tracks`, of which those that it does not [carry](carries) are passed over.
    pub fn new(tracks: &[Arc<Track>]) -> Muxer {
        let mut muxer = Muxer {
            streams: Vec::new(),
            map: Map { version: 0, written: false, clock_pid: NO_PID, entries: Vec::new() },
            pat_counter: 0,
            pmt_counter: 0,
            tables_at: None,
            clock: None,
            clock_due: true,
        };
        muxer.set_tracks(tracks);
        muxer
    }

    /// Carries `tracks` from now on. If that changes what the PMT says, the tables come before the next frame with a new version.
    ///
    /// New parameters of a known codec need no call: they come with the frames. Audio that waits for
    /// company is kept: [`flush`](Muxer::flush) first if its track goes.
    pub fn set_tracks(&mut self, tracks: &[Arc<Track>]) {
        for stream in &mut self.streams {
            stream.carried = false;
        }
        for track in tracks {
            if let Some(format) = Format::of(track) {
                self.carry(track.id, format);
            }
        }
        for stream in self.streams.iter_mut().filter(|stream| !stream.carried) {
            stream.waiting = None;
            stream.bytes.clear();
            stream.announced = None;
        }
        self.draw_map();
    }

    /// The next frame is where a reader may begin: tables come before it, and the clock with it.
    ///
    /// Key frames of video are such places without being told. [`flush`](Muxer::flush) before a cut.
    pub fn begin(&mut self) {
        self.tables_at = None;
        self.clock_due = true;
        for stream in &mut self.streams {
            stream.alone = true;
        }
    }

    /// Appends a frame, or keeps it until its PES packet is full (audio, up to 100 ms).
    ///
    /// Tables come first where they are due: at the beginning, at key frames of video, and once a second.
    /// A frame of a track that is not carried, or whose codec is no longer that of the PMT, is passed over.
    pub fn write(&mut self, frame: &Frame, out: &mut Vec<u8>) {
        let Some((index, known)) = self.find(&frame.track, out) else { return };
        self.flush_before(frame.dts, out);
        let video = self.streams[index].format.kind() == Kind::Video;
        if video && frame.keyframe || self.tables_at.is_none_or(|at| (frame.dts - at).abs() >= TABLES) {
            self.write_tables(out);
            self.tables_at = Some(frame.dts);
        }
        if self.streams[index].pid != self.map.clock_pid
            && let Some(clock) = self.advance(frame.dts, TICK, out)
        {
            self.write_clock(clock, out);
        }
        if video {
            self.write_picture(index, frame, known, out);
        } else {
            self.gather(index, frame, out);
        }
    }

    /// Appends the audio that waits for company.
    pub fn flush(&mut self, out: &mut Vec<u8>) {
        for index in 0..self.streams.len() {
            self.write_waiting(index, out);
        }
    }

    /// Appends what a reader needs who comes to the next frame from elsewhere: the tables, and for each stream a packet
    /// that says that its counter may have jumped. Those who read on do not need it; nothing changes for them.
    pub fn join(&self, out: &mut Vec<u8>) {
        let (pat, map) =
            (psi::pat(PMT_PID), psi::pmt(self.map.version, self.map.clock_pid, &self.map.entries));
        // The tables count as a repetition of the last ones.
        let mut repeat = |pid, counter: u8, section: &[u8]| {
            let mut counter = counter.wrapping_sub(Unit::packets(section)) & 15;
            Unit::section(out, (pid, &mut counter), section);
        };
        repeat(PAT_PID, self.pat_counter, &pat);
        repeat(PMT_PID, self.pmt_counter, &map);
        let jump = Adaptation { discontinuity: true, ..Adaptation::default() };
        for stream in self.streams.iter().filter(|stream| stream.carried) {
            clock_only(out, stream.pid, stream.counter, jump);
        }
    }

    /// The stream that carries `track`, and whether the track is that of its last frame. If not, what waits is
    /// written, and what the PMT says follows the new parameters.
    fn find(&mut self, track: &Arc<Track>, out: &mut Vec<u8>) -> Option<(usize, bool)> {
        let index = self.streams.iter().position(|stream| stream.carried && stream.id == track.id)?;
        let stream = &self.streams[index];
        if stream.announced.as_ref().is_some_and(|announced| Arc::ptr_eq(announced, track)) {
            return Some((index, true));
        }
        let format = Format::of(track).filter(|format| format.same_codec(stream.format))?;
        self.write_waiting(index, out);
        let stream = &mut self.streams[index];
        stream.format = format;
        stream.announced = Some(Arc::clone(track));
        self.draw_map();
        Some((index, false))
    }

    /// Video first, whichever came first: it carries the clock.
    fn draw_map(&mut self) {
        let carried = |kind| {
            let wanted = move |stream: &&Stream| stream.carried && stream.format.kind() == kind;
            self.streams.iter().filter(wanted).map(|stream| Entry { pid: stream.pid, format: stream.format })
        };
        let all = || carried(Kind::Video).chain(carried(Kind::Audio));
        if self.map.entries.iter().copied().eq(all()) {
            return;
        }
        let entries: Vec<Entry> = all().collect();
        let version = (self.map.version + u8::from(self.map.written)) & 31;
        let clock_pid = entries.first().map_or(NO_PID, |entry| entry.pid);
        self.map = Map { version, written: false, clock_pid, entries };
        self.begin();
    }

    fn write_tables(&mut self, out: &mut Vec<u8>) {
        let pat = psi::pat(PMT_PID);
        Unit::section(out, (PAT_PID, &mut self.pat_counter), &pat);
        let pmt = psi::pmt(self.map.version, self.map.clock_pid, &self.map.entries);
        Unit::section(out, (PMT_PID, &mut self.pmt_counter), &pmt);
        self.map.written = true;
    }

    /// Audio whose PES packet would be late if it waited until after `now`.
    fn flush_before(&mut self, now: Time, out: &mut Vec<u8>) {
        for index in 0..self.streams.len() {
            let due = |waiting: &Waiting| now - waiting.first >= GATHER || now < waiting.first;
            if self.streams[index].waiting.as_ref().is_some_and(due) {
                self.write_waiting(index, out);
            }
        }
    }

    /// `known` says that the parameter sets have been written, if not with this frame.
    fn write_picture(&mut self, index: usize, frame: &Frame, known: bool, out: &mut Vec<u8>) {
        let Some(syntax) = Syntax::of(&frame.track.codec) else { return };
        let sets: [&[Bytes]; 3] = match &frame.track.codec {
            _ if known && !frame.keyframe => [&[]; 3],
            Codec::H264(sets) => [&[], &sets.sps, &sets.pps],
            Codec::H265(sets) => [&sets.vps, &sets.sps, &sets.pps],
            _ => [&[]; 3],
        };
        let soon = frame.keyframe || frame.discontinuity;
        let clock = self.clock_on(index, frame.dts, if soon { Delta::ZERO } else { CLOCK }, out);
        let stream = &mut self.streams[index];
        let pieces = annexb::pieces(syntax, &frame.payload, sets);
        let size = pieces.clone().map(<[u8]>::len).sum();
        let dts = ticks(frame.dts);
        let header = Header::new(stream.format.stream_id(), size, ticks(frame.pts.max(frame.dts)), dts);
        let adaptation = Adaptation::new(frame.discontinuity, frame.keyframe, clock);
        let mut unit = Unit::new(out, (stream.pid, &mut stream.counter), header.len() + size, adaptation);
        unit.put(&header);
        pieces.for_each(|piece| unit.put(piece));
    }

    fn gather(&mut self, index: usize, frame: &Frame, out: &mut Vec<u8>) {
        let codec = &frame.track.codec;
        let end = frame.dts + codec.frame_duration(&frame.payload).unwrap_or(Delta::ZERO);
        let Some(head) = Head::of(codec, &frame.payload) else { return };
        let size = head.size() + frame.payload.len();
        let stream = &mut self.streams[index];
        let fits = |waiting: &Waiting| {
            !waiting.alone
                && (frame.dts - waiting.next).abs() <= JITTER
                && end - waiting.first <= GATHER
                && stream.bytes.len() + size <= MAX_GATHERED
        };
        if frame.discontinuity || !stream.waiting.as_ref().is_some_and(fits) {
            self.write_waiting(index, out);
        }
        let stream = &mut self.streams[index];
        let waiting = stream.waiting.get_or_insert_with(|| Waiting {
            first: frame.dts,
            next: frame.dts,
            gap: frame.discontinuity,
            alone: std::mem::take(&mut stream.alone),
        });
        waiting.next = end;
        head.write(&mut stream.bytes);
        stream.bytes.extend_from_slice(&frame.payload);
    }

    fn write_waiting(&mut self, index: usize, out: &mut Vec<u8>) {
        let Some(waiting) = self.streams[index].waiting.take() else { return };
        let clock = self.clock_on(index, waiting.first, Delta::ZERO, out);
        let stream = &mut self.streams[index];
        // Alone, audio can be entered anywhere.
        let random_access = stream.pid == self.map.clock_pid;
        let time = ticks(waiting.first);
        let header = Header::new(stream.format.stream_id(), stream.bytes.len(), time, time);
        let adaptation = Adaptation::new(waiting.gap, random_access, clock);
        let size = header.len() + stream.bytes.len();
        let mut unit = Unit::new(out, (stream.pid, &mut stream.counter), size, adaptation);
        unit.put(&header);
        unit.put(&stream.bytes);
        stream.bytes.clear();
    }

    /// What the clock says with the next unit of a stream, if that is the one that carries it.
    fn clock_on(&mut self, index: usize, now: Time, least: Delta, out: &mut Vec<u8>) -> Option<Clock> {
        if self.streams[index].pid == self.map.clock_pid { self.advance(now, least, out) } else { None }
    }

    /// Moves the clock to `now`, with stops on the way where that is far; `None` when it is less than `least` ahead.
    fn advance(&mut self, now: Time, least: Delta, out: &mut Vec<u8>) -> Option<Clock> {
        let Some(last) = self.clock else {
            (self.clock, self.clock_due) = (Some(now), false);
            return Some(Clock { at: now, jump: false });
        };
        let jump = (now - last).abs() > JUMP;
        let least = if self.clock_due { Delta::ZERO } else { least };
        if !jump && now - last < least {
            return None;
        }
        self.clock_due = false;
        // With few pictures a second nobody else may say the time often enough.
        let mut stop = last + GATHER;
        while !jump && stop < now {
            self.write_clock(Clock { at: stop, jump: false }, out);
            stop += GATHER;
        }
        self.clock = Some(now);
        Some(Clock { at: now, jump })
    }

    /// Appends a packet that only says the time.
    fn write_clock(&mut self, clock: Clock, out: &mut Vec<u8>) {
        if let Some(stream) = self.streams.iter().find(|stream| stream.pid == self.map.clock_pid) {
            clock_only(out, stream.pid, stream.counter, Adaptation::new(false, false, Some(clock)));
        }
    }

    fn carry(&mut self, id: TrackId, format: Format) {
        let new = |pid, counter| Stream {
            id,
            format,
            pid,
            counter,
            carried: true,
            announced: None,
            waiting: None,
            bytes: Vec::new(),
            alone: true,
        };
        if let Some(stream) = self.streams.iter_mut().find(|stream| stream.id == id) {
            if !stream.format.same_codec(format) {
                *stream = new(stream.pid, stream.counter);
            }
            stream.format = format;
            stream.carried = true;
        } else if self.streams.len() < MAX_STREAMS {
            self.streams.push(new(FIRST_PID + self.streams.len() as u16, 0));
        } else if let Some(idle) = self.streams.iter_mut().find(|stream| !stream.carried) {
            *idle = new(idle.pid, idle.counter);
        }
    }
}

/// What is written of the clock.
#[derive(Debug, Clone, Copy)]
struct Clock {
    at: Time,
    /// It does not go on from where it was.
    jump: bool,
}

impl Adaptation {
    fn new(gap: bool, random_access: bool, clock: Option<Clock>) -> Adaptation {
        Adaptation {
            discontinuity: gap || clock.is_some_and(|clock| clock.jump),
            random_access,
            clock: clock.map(|clock| clock.at.to_ticks(RATE)),
        }
    }
}

fn ticks(time: Time) -> i64 {
    (time + DELAY).to_ticks(RATE)
}

/// How much later frames are to be decoded than the clock says when they are written: room for audio
/// that waited for company, and for decoders that want to fill a buffer first.
pub const DELAY: Delta = Delta::millis(300);

const RATE: u32 = 90_000;

const PAT_PID: u16 = 0;
const PMT_PID: u16 = 0x1000;
/// What FFmpeg and SRS use.
const FIRST_PID: u16 = 0x100;
/// Says that no stream carries the clock.
const NO_PID: u16 = 0x1fff;

/// More streams than anybody sends.
const MAX_STREAMS: usize = 16;

/// How much audio shares a PES packet, and the longest the clock may be silent (§2.7.2).
const GATHER: Delta = Delta::millis(100);
/// Audio within this of where the frame before ends shares its PES packet: RTMP rounds to milliseconds.
const JITTER: Delta = Delta::millis(10);

/// The clock comes with the first picture after so long,
const CLOCK: Delta = Delta::millis(40);
/// or in a packet of its own.
const TICK: Delta = Delta::millis(80);
/// A clock that moves further has been set anew.
const JUMP: Delta = Delta::secs(3);

/// Tables are repeated this often for readers that come in between.
const TABLES: Delta = Delta::secs(1);

#[cfg(test)]
#[path = "muxer_test.rs"]
mod tests;
