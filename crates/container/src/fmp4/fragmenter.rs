//! From frames to chunks.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use media::{Delta, Frame, Kind, Time, Track};

use super::entry::{carries, timescale};
use super::fragment::{Fragment, Run, Sample};

/// Gathers the frames of some tracks and hands them out as chunks.
///
/// What is pushed is kept until it is cut: the caller cuts every so often.
///
/// A picture lasts until the next one begins. A frame of sound follows on the one before without a seam as long as that
/// is within 2 ms of its own time, for protocols that round; beyond, its own time counts. So no time is ever further off.
///
/// Where a chunk is cut before the next frame of a track is known, its last sample is given the usual duration; a picture
/// that ends near the cut by that ends with it, for chunks are cut where a picture begins. If that was wrong, the next
/// sample's makes up for it, and pictures are presented at their time nevertheless; what comes more than 100 ms (sound:
/// 2 ms) later than guessed leaves a gap.
#[derive(Debug)]
pub struct Fragmenter {
    lanes: Vec<Lane>,
    sequence: u32,
    /// Bytes of what waits.
    bytes: usize,
    /// Where the last chunk ended, if there was one.
    cut_at: Option<Time>,
}

/// A piece of a stream: moof and mdat.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// Its bytes.
    pub data: Bytes,
    /// Where the chunk before was cut, else the dts of its first frame.
    pub start: Time,
    /// To where it was cut, or to the end of its last frame if that was by [`Fragmenter::finish`].
    pub duration: Delta,
    /// It begins with a key frame of the main video track, or there is no video: a player can begin with it.
    pub independent: bool,
    /// How many frames it holds.
    pub samples: u32,
}

/// A track.
#[derive(Debug)]
struct Lane {
    track: Arc<Track>,
    /// Its number in the file.
    number: u32,
    scale: u32,
    waiting: VecDeque<Waiting>,
    last: Option<Last>,
    /// How far the last two frames are apart, in ticks.
    pace: Option<i64>,
}

/// A frame with its decode time in the file, in ticks.
#[derive(Debug)]
struct Waiting {
    frame: Arc<Frame>,
    start: i64,
}

/// The frame pushed last.
#[derive(Debug, Clone, Copy)]
struct Last {
    /// Its own decode time, and the one that it was given.
    own: i64,
    start: i64,
    /// Where it ends if it lasts as long as it should.
    end: i64,
    /// It has been cut: that is where it ends.
    closed: bool,
}

impl Fragmenter {
    /// For `tracks`, of which those that are not [carried](super::carries) are passed over.
    pub fn new(tracks: &[Arc<Track>]) -> Fragmenter {
        let carried = tracks.iter().filter(|track| carries(track));
        let lanes = carried.zip(1..).map(|(track, number)| Lane::new(Arc::clone(track), number)).collect();
        Fragmenter { lanes, sequence: 0, bytes: 0, cut_at: None }
    }

    /// Takes a frame; its track's frames come in dts order.
    ///
    /// One of another track or another codec is passed over, as is one that is empty.
    pub fn push(&mut self, frame: &Arc<Frame>) {
        let size = frame.payload.len();
        let fits = |lane: &&mut Lane| {
            lane.track.id == frame.track.id && lane.track.codec.same_codec(&frame.track.codec)
        };
        let Some(lane) = self.lanes.iter_mut().find(fits) else { return };
        if size == 0 || size > MAX_WAITING.saturating_sub(self.bytes) {
            return;
        }
        self.bytes += size;
        lane.push(frame);
    }

    /// Everything that is to be decoded before `until`, as one chunk; `None` if there is nothing.
    ///
    /// What is pushed later and should have been in it goes into the next.
    pub fn cut(&mut self, until: Time) -> Option<Chunk> {
        let chunk = self.take(Some(until));
        self.cut_at = chunk.is_some().then_some(until);
        chunk
    }

    /// Everything, as one chunk; `None` if there is nothing.
    pub fn finish(&mut self) -> Option<Chunk> {
        let chunk = self.take(None);
        self.cut_at = None;
        chunk
    }

    fn take(&mut self, until: Option<Time>) -> Option<Chunk> {
        let main = self.lanes.iter().filter(|lane| !lane.sound()).min_by_key(|lane| lane.track.id);
        let main = main.map(|lane| lane.number);
        let mut runs = Vec::with_capacity(self.lanes.len());
        let (mut first, mut end) = (Time::MAX, Time::MIN);
        for lane in &mut self.lanes {
            let Some((run, from, to)) = lane.take(until) else { continue };
            (first, end) = (first.min(from), end.max(to));
            runs.push(run);
        }
        let samples = runs.iter().flat_map(|run| &run.samples);
        self.bytes -= samples.clone().map(|sample| sample.frame.payload.len()).sum::<usize>();
        let samples = u32::try_from(samples.count()).unwrap_or(u32::MAX);
        if samples == 0 {
            return None;
        }
        let begins = |run: &Run| run.samples.first().is_some_and(|sample| sample.frame.keyframe);
        let independent = main.is_none_or(|main| runs.iter().any(|run| run.track == main && begins(run)));
        self.sequence = self.sequence.wrapping_add(1);
        let start = self.cut_at.unwrap_or(first);
        let duration = (until.unwrap_or(end) - start).max(Delta::ZERO);
        let data = Fragment { sequence: self.sequence, runs }.write();
        Some(Chunk { data, start, duration, independent, samples })
    }
}

impl Lane {
    fn new(track: Arc<Track>, number: u32) -> Lane {
        let scale = timescale(&track.codec);
        Lane { track, number, scale, waiting: VecDeque::new(), last: None, pace: None }
    }

    fn sound(&self) -> bool {
        self.track.kind() == Kind::Audio
    }

    fn push(&mut self, frame: &Arc<Frame>) {
        let own = frame.dts.max(Time::ZERO).to_ticks(self.scale);
        let start = self.place(own);
        if let Some(last) = self.last {
            self.pace = Some(own - last.own)
                .filter(|step| (1..=LONGEST.to_ticks(self.scale)).contains(step))
                .or(self.pace);
        }
        // What puts sound in order again may go on; what a wrong guess has shifted must not.
        let smooth = self.sound() && own.abs_diff(start) <= ROUNDING.to_ticks(self.scale).unsigned_abs();
        let end = if smooth { start } else { own }.saturating_add(self.usual(frame));
        let end = end.max(start.saturating_add(1));
        self.last = Some(Last { own, start, end, closed: false });
        self.waiting.push_back(Waiting { frame: Arc::clone(frame), start });
    }

    /// When the frame of the decode time `own` is to be decoded, in ticks; after the last.
    fn place(&self, own: i64) -> i64 {
        let Some(last) = self.last else { return own };
        let slack = match (self.sound(), last.closed) {
            (true, _) => ROUNDING,
            (false, true) => GUESS,
            (false, false) => Delta::ZERO,
        };
        if own.abs_diff(last.end) <= slack.to_ticks(self.scale).unsigned_abs() {
            return last.end;
        }
        own.max(if last.closed { last.end } else { last.start.saturating_add(1) })
    }

    /// How long a frame lasts as far as can be known without the next, in ticks.
    fn usual(&self, frame: &Frame) -> i64 {
        let coded = self.track.codec.frame_duration(&frame.payload);
        let said =
            coded.or(frame.duration).map(|duration| duration.to_ticks(self.scale)).filter(|it| *it > 0);
        let rate = || self.track.codec.picture()?.rate.filter(|(frames, _)| *frames > 0);
        let rated = || {
            rate().map(|(frames, seconds)| Delta::from_ticks(i64::from(seconds), frames).to_ticks(self.scale))
        };
        let usual = said.or(self.pace).or_else(rated).unwrap_or_else(|| USUAL.to_ticks(self.scale));
        usual.clamp(1, LONGEST.to_ticks(self.scale).max(1))
    }

    /// Takes what is to be decoded before `until`, with the time of its first frame and the end of its last.
    fn take(&mut self, until: Option<Time>) -> Option<(Run, Time, Time)> {
        let sound = self.sound();
        let before = |waiting: &&Waiting| until.is_none_or(|until| waiting.frame.dts < until);
        let count = self.waiting.iter().take_while(before).count();
        let first = self.waiting.front().filter(|_| count > 0)?;
        let (from, base) = (first.frame.dts, u64::try_from(first.start).unwrap_or(0));
        let taken: Vec<Waiting> = self.waiting.drain(..count).collect();
        let next = self.waiting.front().map(|waiting| waiting.start);
        if next.is_none()
            && let Some(last) = &mut self.last
        {
            last.closed = true;
            let usual = last.end - last.start;
            let cut = until.unwrap_or(Time::MAX).to_ticks(self.scale);
            if !sound && cut > last.start && cut.abs_diff(last.end) <= usual.unsigned_abs() / 4 {
                last.end = cut;
            }
        }
        let end = next.or(self.last.map(|last| last.end))?;
        let ends = taken.iter().skip(1).map(|waiting| waiting.start).chain([end]).collect::<Vec<_>>();
        let to = taken.last().zip(ends.last())?;
        let to = to.0.frame.dts + Delta::from_ticks(to.1 - to.0.start, self.scale);
        let samples = taken.into_iter().zip(ends).map(|(waiting, end)| {
            let presented = waiting.frame.pts.to_ticks(self.scale).saturating_sub(waiting.start);
            let offset = if sound { 0 } else { presented.clamp(i32::MIN.into(), i32::MAX.into()) as i32 };
            let duration = u32::try_from(end - waiting.start).unwrap_or(u32::MAX);
            Sample { frame: waiting.frame, duration, offset }
        });
        Some((Run { track: self.number, sound, base, samples: samples.collect() }, from, to))
    }
}

/// How far sound may be from where the frame before ends and still follow on it: RTMP rounds to milliseconds.
const ROUNDING: Delta = Delta::millis(2);
/// How much the guess at the duration of a chunk's last picture may be wrong and be made up for by the next.
const GUESS: Delta = Delta::millis(100);
/// What a frame lasts of which nothing is known,
const USUAL: Delta = Delta::millis(33);
/// and the longest that one is taken to last.
const LONGEST: Delta = Delta::secs(10);
/// More than any caller leaves uncut; offsets in a fragment have 31 bits.
pub(super) const MAX_WAITING: usize = 1 << 30;

#[cfg(test)]
#[path = "fragmenter_test.rs"]
mod tests;
