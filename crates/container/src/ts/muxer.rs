//! From frames to packets.

use std::sync::Arc;

use media::{Codec, Delta, Frame, Time, Track, TrackId};

use super::packet::{Adaptation, Unit, clock_only};
use super::pes::Header;
use super::psi::{self, Entry};
use crate::{adts, annexb};

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
    /// The next frame of audio gets a PES packet of its own. FFmpeg's HLS reader does not know yet how long a
    /// frame lasts when it meets the first packet, and gives the second frame in it the time of the first.
    alone: bool,
}

/// One elementary stream.
#[derive(Debug)]
struct Stream {
    id: TrackId,
    format: Format,
    pid: u16,
    counter: u8,
    carried: bool,
    /// The track whose parameter sets have been written.
    announced: Option<Arc<Track>>,
    /// Audio frames that wait for company.
    waiting: Option<Waiting>,
}

/// What a stream is, as far as the PMT and the PES headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    H264,
    Adts,
}

#[derive(Debug, Default, PartialEq, Eq)]
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
    bytes: Vec<u8>,
}

/// Whether MPEG-TS can carry `track` here: H.264, and AAC with rate and layout that ADTS can say.
pub fn carries(track: &Track) -> bool {
    Format::of(track).is_some()
}

impl Muxer {
    /// For `tracks`, of which those that it does not [carry](carries) are passed over.
    pub fn new(tracks: &[Arc<Track>]) -> Muxer {
        let mut muxer = Muxer {
            streams: Vec::new(),
            map: Map::default(),
            pat_counter: 0,
            pmt_counter: 0,
            tables_at: None,
            clock: None,
            clock_due: true,
            alone: true,
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
            stream.announced = None;
        }
        // Video first, whichever came first: it carries the clock.
        let carried = |format| {
            self.streams.iter().filter(move |stream: &&Stream| stream.carried && stream.format == format)
        };
        let entries: Vec<Entry> = carried(Format::H264)
            .chain(carried(Format::Adts))
            .map(|stream| Entry { stream_type: stream.format.stream_type(), pid: stream.pid })
            .collect();
        let clock_pid = entries.first().map_or(NO_PID, |entry| entry.pid);
        if (clock_pid, &entries) != (self.map.clock_pid, &self.map.entries) {
            let version = (self.map.version + u8::from(self.map.written)) & 31;
            self.map = Map { version, written: false, clock_pid, entries };
            self.begin();
        }
    }

    /// The next frame is where a reader may begin: tables come before it, and the clock with it.
    ///
    /// Key frames of video are such places without being told. [`flush`](Muxer::flush) before a cut.
    pub fn begin(&mut self) {
        self.tables_at = None;
        self.clock_due = true;
        self.alone = true;
    }

    /// Appends a frame, or keeps it until its PES packet is full (audio, up to 100 ms).
    ///
    /// Tables come first where they are due: at the beginning, at key frames of video, and once a second.
    /// A frame of a track that is not carried, or whose codec is no longer that of the PMT, is passed over.
    pub fn write(&mut self, frame: &Frame, out: &mut Vec<u8>) {
        let Some(format) = Format::of(&frame.track) else { return };
        let Some(index) = self
            .streams
            .iter()
            .position(|stream| stream.carried && stream.id == frame.track.id && stream.format == format)
        else {
            return;
        };
        self.flush_before(frame.dts, out);
        let start = format == Format::H264 && frame.keyframe;
        if start || self.tables_at.is_none_or(|at| (frame.dts - at).abs() >= TABLES) {
            self.write_tables(out);
            self.tables_at = Some(frame.dts);
        }
        if self.streams[index].pid != self.map.clock_pid
            && let Some(clock) = self.advance(frame.dts, TICK, out)
        {
            self.write_clock(clock, out);
        }
        match &frame.track.codec {
            Codec::H264(_) => self.write_picture(index, frame, out),
            _ => self.gather(index, frame, out),
        }
    }

    /// Appends the audio that waits for company.
    pub fn flush(&mut self, out: &mut Vec<u8>) {
        for index in 0..self.streams.len() {
            self.write_waiting(index, out);
        }
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

    fn write_picture(&mut self, index: usize, frame: &Frame, out: &mut Vec<u8>) {
        let Codec::H264(parameters) = &frame.track.codec else { return };
        let soon = frame.keyframe || frame.discontinuity;
        let clock = self.clock_on(index, frame.dts, if soon { Delta::ZERO } else { CLOCK }, out);
        let stream = &mut self.streams[index];
        let announced = stream.announced.as_ref().is_some_and(|track| Arc::ptr_eq(track, &frame.track));
        let sets = (frame.keyframe || !announced).then_some(parameters);
        if !announced {
            stream.announced = Some(Arc::clone(&frame.track));
        }
        let pieces = annexb::pieces(&frame.payload, sets);
        let size = pieces.clone().map(<[u8]>::len).sum();
        let dts = ticks(frame.dts);
        let header = Header::new(VIDEO_ID, size, ticks(frame.pts.max(frame.dts)), dts);
        let adaptation = Adaptation::new(frame.discontinuity, frame.keyframe, clock);
        let mut unit = Unit::new(out, (stream.pid, &mut stream.counter), header.len() + size, adaptation);
        unit.put(&header);
        pieces.for_each(|piece| unit.put(piece));
    }

    fn gather(&mut self, index: usize, frame: &Frame, out: &mut Vec<u8>) {
        let Codec::Aac(parameters) = &frame.track.codec else { return };
        // A frame too long for ADTS is no AAC: 6,144 bits a channel are the most.
        let Ok(header) = adts::header(parameters, frame.payload.len()) else { return };
        let stream = &mut self.streams[index];
        let end = frame.dts + parameters.frame_duration();
        let fits = |waiting: &Waiting| {
            !waiting.alone
                && (frame.dts - waiting.next).abs() <= JITTER
                && end - waiting.first <= GATHER
                && waiting.bytes.len() + header.len() + frame.payload.len() <= MAX_GATHERED
        };
        if frame.discontinuity || !stream.waiting.as_ref().is_some_and(fits) {
            self.write_waiting(index, out);
        }
        let waiting = self.streams[index].waiting.get_or_insert_with(|| Waiting {
            first: frame.dts,
            next: frame.dts,
            gap: frame.discontinuity,
            alone: std::mem::take(&mut self.alone),
            bytes: Vec::with_capacity(1024),
        });
        waiting.next = end;
        waiting.bytes.extend_from_slice(&header);
        waiting.bytes.extend_from_slice(&frame.payload);
    }

    fn write_waiting(&mut self, index: usize, out: &mut Vec<u8>) {
        let Some(waiting) = self.streams[index].waiting.take() else { return };
        let clock = self.clock_on(index, waiting.first, Delta::ZERO, out);
        let stream = &mut self.streams[index];
        // Alone, audio can be entered anywhere.
        let random_access = stream.pid == self.map.clock_pid;
        let time = ticks(waiting.first);
        let header = Header::new(AUDIO_ID, waiting.bytes.len(), time, time);
        let adaptation = Adaptation::new(waiting.gap, random_access, clock);
        let size = header.len() + waiting.bytes.len();
        let mut unit = Unit::new(out, (stream.pid, &mut stream.counter), size, adaptation);
        unit.put(&header);
        unit.put(&waiting.bytes);
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
        if let Some(stream) = self.streams.iter_mut().find(|stream| stream.id == id) {
            if stream.format != format {
                stream.waiting = None;
                stream.announced = None;
            }
            stream.format = format;
            stream.carried = true;
            return;
        }
        let stream =
            |pid, counter| Stream { id, format, pid, counter, carried: true, announced: None, waiting: None };
        if self.streams.len() < MAX_STREAMS {
            self.streams.push(stream(FIRST_PID + self.streams.len() as u16, 0));
        } else if let Some(idle) = self.streams.iter_mut().find(|stream| !stream.carried) {
            *idle = stream(idle.pid, idle.counter);
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

impl Format {
    fn of(track: &Track) -> Option<Format> {
        match &track.codec {
            Codec::H264(_) => Some(Format::H264),
            Codec::Aac(parameters) => adts::header(parameters, 0).ok().map(|_| Format::Adts),
            _ => None,
        }
    }

    /// Source: ISO/IEC 13818-1 table 2-34.
    fn stream_type(self) -> u8 {
        match self {
            Format::H264 => 0x1b,
            Format::Adts => 0x0f,
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

const VIDEO_ID: u8 = 0xe0;
const AUDIO_ID: u8 = 0xc0;

/// More streams than anybody sends; the PMT stays within one packet.
const MAX_STREAMS: usize = 16;

/// How much audio shares a PES packet, and the longest the clock may be silent (§2.7.2).
const GATHER: Delta = Delta::millis(100);
/// Audio within this of where the frame before ends shares its PES packet: RTMP rounds to milliseconds.
const JITTER: Delta = Delta::millis(10);
const MAX_GATHERED: usize = 32 << 10;

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
