//! From bytes to frames.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::SystemTime;

use media::{Frame, Kind, Time, Track, TrackId, Unwrap};

use super::assembly::{Assembly, Trouble, Whole};
use super::format::Format;
use super::framing::Framing;
use super::packet::{PACKET, WRAP};
use super::pes;
use super::pictures::{Payload, Pictures};
use super::sounds::Sounds;
use super::sync::{self, Found, Packet, SYNC};
use super::tables::{self, Listed, MAX_STREAMS, Sections};
use crate::nalu::Syntax;

/// Turns the bytes of a transport stream into frames on the source's clock, the first program of it.
///
/// ```text
/// demuxer.push(wall, &bytes);                      // pieces of any size
/// while let Some(frame) = demuxer.next() { … }     // drain after every push
/// demuxer.flush();                                 // the source has ended: drain once more
/// ```
///
/// Nothing ends it: what is broken is left out and [counted](Counters), and the frame after it is marked. What it holds
/// is bounded by 16 streams with a PES packet each (4 MiB of video, 1 MiB of audio), beside frames not yet taken.
///
/// The main track of video has the id 0 and that of audio 1, the others the next even and odd ones, in the order of
/// the program's map. A track keeps its id when its parameters change; a stream that follows another of its kind in a
/// new map takes over the id.
#[derive(Debug)]
pub struct Demuxer {
    /// Bytes that do not make a packet yet.
    rest: Vec<u8>,
    /// Packets follow one another.
    locked: bool,
    programs: Sections,
    /// The number of the program and the PID of its map.
    program: Option<(u16, u16)>,
    map: Sections,
    streams: Vec<Stream>,
    left_out: Vec<u8>,
    /// When the last bytes came.
    wall: SystemTime,
    output: Output,
}

/// What the streams have in common.
#[derive(Debug)]
struct Output {
    /// One for all, for they share a clock.
    unwrap: Unwrap,
    counters: Counters,
    frames: VecDeque<Frame>,
}

/// What was wrong with a stream so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Times that packets were not where they should have been, and were found again further on.
    pub resyncs: u64,
    /// Packets that were damaged on the way, encrypted or contradicted themselves.
    pub damaged: u64,
    /// Gaps in the numbers of packets: one or more are missing.
    pub missing: u64,
    /// Tables with a wrong checksum or content.
    pub tables: u64,
    /// PES packets and frames that could not be used: incomplete, too large, without a time, no frame at all.
    pub dropped: u64,
    /// Frames of which a broken part was cut out and the rest kept.
    pub repaired: u64,
}

/// One elementary stream.
#[derive(Debug)]
struct Stream {
    pid: u16,
    format: Format,
    assembly: Assembly,
    frames: Frames,
    id: TrackId,
}

#[derive(Debug)]
enum Frames {
    Pictures(Pictures),
    Sounds(Sounds),
}

impl Demuxer {
    /// For a stream of which nothing has come yet.
    pub fn new() -> Demuxer {
        Demuxer {
            rest: Vec::new(),
            locked: true,
            programs: Sections::default(),
            program: None,
            map: Sections::default(),
            streams: Vec::new(),
            left_out: Vec::new(),
            wall: SystemTime::UNIX_EPOCH,
            output: Output {
                unwrap: Unwrap::new(33),
                counters: Counters::default(),
                frames: VecDeque::new(),
            },
        }
    }

    /// Takes the next bytes of the stream, which came at `wall`.
    pub fn push(&mut self, wall: SystemTime, bytes: &[u8]) {
        self.wall = wall;
        if self.rest.is_empty() {
            let used = self.consume(bytes, false);
            self.rest.extend_from_slice(&bytes[used..]);
        } else {
            let mut data = std::mem::take(&mut self.rest);
            data.extend_from_slice(bytes);
            let used = self.consume(&data, false);
            data.drain(..used);
            self.rest = data;
        }
    }

    /// The next frame, in the order in which their last bytes came.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Option<Frame> {
        self.output.frames.pop_front()
    }

    /// The stream ends, or something else follows: gives what has come of pictures without a length, and begins anew
    /// but for the tracks and the clock.
    pub fn flush(&mut self) {
        let data = std::mem::take(&mut self.rest);
        self.consume(&data, true);
        for stream in &mut self.streams {
            stream.finish(&mut self.output);
            stream.assembly.restart();
        }
        (self.programs, self.map) = (Sections::default(), Sections::default());
        self.locked = true;
    }

    /// The tracks that the map lists and of which the parameters are known, in its order.
    pub fn tracks(&self) -> impl Iterator<Item = &Arc<Track>> {
        self.streams.iter().filter_map(|stream| match &stream.frames {
            Frames::Pictures(pictures) => pictures.track(),
            Frames::Sounds(sounds) => sounds.track(),
        })
    }

    /// The `stream_type`s of what the map lists and is not read: other codecs, data, more than 16 streams.
    pub fn left_out(&self) -> &[u8] {
        &self.left_out
    }

    /// What was wrong so far.
    pub fn counters(&self) -> &Counters {
        &self.output.counters
    }

    /// Takes the packets in `data` and says how much that was; at the `end` of the stream no more follows.
    fn consume(&mut self, data: &[u8], end: bool) -> usize {
        let mut at = 0;
        loop {
            let rest = &data[at..];
            if !self.locked {
                match sync::find(rest, end) {
                    Found::At(offset) => {
                        at += offset;
                        self.locked = true;
                        continue;
                    }
                    Found::Perhaps(offset) => return at + offset,
                }
            }
            if rest.first().is_some_and(|byte| *byte != SYNC) {
                self.locked = false;
                self.output.counters.resyncs += 1;
                continue;
            }
            let Some(packet) = rest.first_chunk::<PACKET>() else { return at };
            self.packet(packet);
            at += PACKET;
        }
    }

    fn packet(&mut self, bytes: &[u8; PACKET]) {
        let Some(packet) = Packet::parse(bytes) else {
            self.output.counters.damaged += 1;
            return;
        };
        if let Some(stream) = self.streams.iter_mut().find(|stream| stream.pid == packet.pid) {
            stream.push(&packet, self.wall, &mut self.output);
        } else if packet.pid == PAT_PID {
            self.programs.push(&packet);
            while let Some(section) = self.programs.next() {
                self.choose_program(section);
            }
        } else if let Some((program, pid)) = self.program
            && packet.pid == pid
        {
            self.map.push(&packet);
            while let Some(section) = self.map.next() {
                self.read_map(program, section);
            }
        }
    }

    /// Keeps to the program it has for as long as that is listed.
    fn choose_program(&mut self, section: Option<Vec<u8>>) {
        let Some(section) = section else {
            self.output.counters.tables += 1;
            return;
        };
        let Some(programs) = tables::programs(&section) else { return };
        let same = |(number, _): &&(u16, u16)| Some(*number) == self.program.map(|(number, _)| number);
        let Some(chosen) = programs.iter().find(same).or(programs.first()) else { return };
        if self.program != Some(*chosen) {
            self.program = Some(*chosen);
            self.map = Sections::default();
        }
    }

    fn read_map(&mut self, program: u16, section: Option<Vec<u8>>) {
        let Some(section) = section else {
            self.output.counters.tables += 1;
            return;
        };
        let Some((listed, left_out)) = tables::streams(&section, program) else { return };
        self.left_out = left_out;
        let unchanged = self.streams.len() == listed.len()
            && self.streams.iter().zip(&listed).all(|(stream, listed)| stream.is(listed));
        if !unchanged {
            self.set_streams(&listed);
        }
    }

    /// Streams that go on are as they were; of those that go, the last picture comes out.
    fn set_streams(&mut self, listed: &[Listed]) {
        let mut old = std::mem::take(&mut self.streams);
        for stream in old.iter_mut().filter(|stream| !listed.iter().any(|listed| stream.is(listed))) {
            stream.finish(&mut self.output);
        }
        let kept = |id: TrackId| {
            old.iter().any(|stream| stream.id == id && listed.iter().any(|listed| stream.is(listed)))
        };
        let mut taken: Vec<TrackId> =
            ids(Kind::Video).chain(ids(Kind::Audio)).filter(|id| kept(*id)).collect();
        for entry in listed.iter().filter(|entry| !matches!(entry.pid, PAT_PID | NO_PID)) {
            if let Some(index) = old.iter().position(|stream| stream.is(entry)) {
                self.streams.push(old.swap_remove(index));
                continue;
            }
            let free = ids(entry.format.kind()).find(|id| !taken.contains(id));
            let id = free.expect("there are as many ids as streams of each kind");
            taken.push(id);
            self.streams.push(Stream::new(*entry, id));
        }
    }
}

impl Default for Demuxer {
    fn default() -> Demuxer {
        Demuxer::new()
    }
}

impl Stream {
    fn new(Listed { pid, format }: Listed, id: TrackId) -> Stream {
        let sounds = |framing| Frames::Sounds(Sounds::new(id, framing));
        let frames = match format {
            Format::H264 => Frames::Pictures(Pictures::new(id, Syntax::H264)),
            Format::H265 => Frames::Pictures(Pictures::new(id, Syntax::H265)),
            Format::Adts => sounds(Framing::Adts(None)),
            Format::MpegAudio { .. } => sounds(Framing::MpegAudio(None)),
            Format::Ac3 | Format::Eac3 => sounds(Framing::Ac3(None)),
            Format::Opus(channels) => sounds(Framing::Opus { channels, known: false }),
        };
        let limit = if format.kind() == Kind::Video { MAX_VIDEO } else { MAX_AUDIO };
        Stream { pid, format, assembly: Assembly::new(limit), frames, id }
    }

    fn is(&self, listed: &Listed) -> bool {
        (self.pid, self.format) == (listed.pid, listed.format)
    }

    fn push(&mut self, packet: &Packet<'_>, wall: SystemTime, output: &mut Output) {
        let Some(before) = self.assembly.expect(packet) else { return };
        output.counters.note(before);
        self.take(output);
        output.counters.note(self.assembly.push(packet, wall));
        self.take(output);
    }

    fn finish(&mut self, output: &mut Output) {
        output.counters.dropped += u64::from(self.assembly.finish());
        self.take(output);
        if let Frames::Sounds(sounds) = &mut self.frames {
            sounds.lose_rest(&mut output.counters);
        }
    }

    /// The frames of the PES packet that has become whole, if one has.
    fn take(&mut self, Output { unwrap, counters, frames }: &mut Output) {
        let Some(Whole { bytes, wall, random_access, gap }) = self.assembly.take() else { return };
        let Ok(header) = pes::Parsed::of(bytes) else {
            counters.dropped += 1;
            self.assembly.mark_gap();
            return;
        };
        let times = header.pts.zip(header.dts).map(|(pts, dts)| times(unwrap, pts, dts));
        let payload = Payload { bytes: &bytes[header.size..], times, wall, random_access, gap };
        match &mut self.frames {
            Frames::Pictures(pictures) => frames.extend(pictures.take(payload, counters)),
            Frames::Sounds(sounds) => sounds.take(payload, counters, frames),
        }
    }
}

impl Counters {
    fn note(&mut self, trouble: Trouble) {
        self.missing += u64::from(trouble.missing);
        self.dropped += u64::from(trouble.lost);
    }
}

/// When to decode and when to show.
fn times(unwrap: &mut Unwrap, pts: u64, dts: u64) -> (Time, Time) {
    let decode = unwrap.next(dts);
    let ahead = (pts as i64 - dts as i64).rem_euclid(WRAP);
    let ahead = if ahead >= WRAP / 2 { ahead - WRAP } else { ahead };
    (Time::from_ticks(decode, RATE), Time::from_ticks(decode.saturating_add(ahead), RATE))
}

/// The ids of tracks of a kind, the main one's first.
fn ids(kind: Kind) -> impl Iterator<Item = TrackId> {
    let first = if kind == Kind::Video { 0 } else { 1 };
    (0..MAX_STREAMS as u32).map(move |index| TrackId(first + 2 * index))
}

const PAT_PID: u16 = 0;
/// Null packets.
const NO_PID: u16 = 0x1fff;

/// Bounds of a PES packet.
const MAX_VIDEO: usize = 4 << 20;
const MAX_AUDIO: usize = 1 << 20;

const RATE: u32 = 90_000;

#[cfg(test)]
#[path = "demuxer_test.rs"]
mod tests;
