//! From the frames of one publication after the other to files and their fragments. Pure: no files, no clock.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use container::fmp4::{self, Fragmenter};
use container::mp4::MAX_SAMPLES;
use media::{Delta, Frame, Interleave, Kind, Time, Track, TrackId};

use super::facts::{Counted, Facts};
use super::settings::Settings;

/// Cuts a recording.
///
/// A fragment has [`FRAGMENT`] of the stream, from all tracks, or less where a group of pictures ends, or a little more if one may end then. A new file begins where the settings say so, or where a decoder needs to
/// know something else than the header says: other parameters, or one track more. It begins at a key frame; sound that
/// the old header does not fit waits for that one, so that nothing is lost.
///
/// Each publication has a clock of its own: it is moved to where the one before ended, all tracks by the same.
pub(crate) struct Cutter {
    settings: Settings,
    interleave: Interleave,
    /// Those that a file can have, lowest id first.
    tracks: Vec<Arc<Track>>,
    file: Option<File>,
    /// What the header of the file does not fit, until the next begins.
    held: Vec<Arc<Frame>>,
    held_bytes: usize,
    /// What has come of a publication before its first key frame; `None` from then on.
    lead: Option<Lead>,
    /// What times of the publication are moved by; known at its first frame.
    shift: Option<Delta>,
    /// When the recording begins, and where the last frame ends so far.
    start: Option<Time>,
    end: Time,
    /// Until when the last picture is shown.
    shown: Time,
    cut: bool,
    /// Something was left out that no file could have had.
    passed_over: bool,
    ready: VecDeque<Cut>,
}

/// Sound before the first key frame.
#[derive(Default)]
struct Lead {
    frames: Vec<Arc<Frame>>,
    /// When the first frame of all came.
    since: Option<Time>,
    /// There were pictures, of a group whose beginning is missing: this is the middle of a stream.
    middle: bool,
}

/// What is to be written.
#[derive(Debug)]
pub(crate) enum Cut {
    /// A new file.
    File {
        /// It begins with this.
        header: Bytes,
        /// What is in it.
        tracks: Vec<Facts>,
        /// It begins because [`Cutter::cut`] was called.
        asked: bool,
        /// How far on in the recording.
        at: Delta,
    },
    /// The next fragment of the file.
    Fragment {
        data: Bytes,
        /// How long the recording is with it.
        length: Delta,
        /// How long it plays itself.
        lasts: Delta,
        /// Players can begin with it.
        key: bool,
        /// When its first frame was captured, or came.
        wall: SystemTime,
        /// How much there is of each track of the file with it.
        counted: Vec<Counted>,
    },
}

/// The file that is being written.
struct File {
    tracks: Vec<Arc<Track>>,
    /// How much there is of each.
    counted: Vec<Counted>,
    fragmenter: Fragmenter,
    start: Time,
    /// When the last frame of each track is decoded.
    last: Vec<(TrackId, Time)>,
    /// When the fragment begins that is being gathered, and by the clock on the wall.
    fragment: Time,
    wall: Option<SystemTime>,
    /// Whether its first picture is a key frame.
    first: Option<bool>,
    bytes: u64,
    samples: usize,
}

impl Cutter {
    /// A recording without a frame.
    pub(crate) fn new(settings: Settings) -> Cutter {
        Cutter {
            settings,
            interleave: Interleave::new(),
            tracks: Vec::new(),
            file: None,
            held: Vec::new(),
            held_bytes: 0,
            lead: None,
            shift: None,
            start: None,
            end: Time::ZERO,
            shown: Time::ZERO,
            cut: false,
            passed_over: false,
            ready: VecDeque::new(),
        }
    }

    /// A publication begins, with `tracks` as far as they are known.
    pub(crate) fn begin(&mut self, tracks: &[Arc<Track>]) {
        self.finish();
        self.tracks = tracks.iter().filter(|track| carries(track)).cloned().collect();
        self.tracks.sort_by_key(|track| track.id);
        self.interleave = Interleave::new();
        self.interleave.set_tracks(self.tracks.len());
        self.lead = Some(Lead::default());
        self.shift = None;
    }

    /// Takes a frame, in the order of the log. `false` when a file can have none of its track.
    pub(crate) fn push(&mut self, frame: Arc<Frame>) -> bool {
        if !carries(&frame.track) {
            return false;
        }
        self.interleave.push(frame);
        self.drain();
        true
    }

    /// Nothing follows, or not for a while: everything goes out.
    pub(crate) fn finish(&mut self) {
        self.interleave.flush();
        self.drain();
        for early in self.lead.take().unwrap_or_default().frames {
            self.take(early);
        }
        if !self.held.is_empty() {
            let first = self.held.first().map_or(self.end, |frame| frame.dts);
            self.open(first);
        }
        self.fragment(None);
    }

    /// The next file begins as soon as it can.
    pub(crate) fn cut(&mut self) {
        self.cut = true;
    }

    /// Whether that has been called, and the file has not begun.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut
    }

    /// What is to be written next.
    pub(crate) fn poll(&mut self) -> Option<Cut> {
        self.ready.pop_front()
    }

    /// Whether something was left out since this was asked last: pictures whose parameters changed without a key frame, or too often.
    pub(crate) fn passed_over(&mut self) -> bool {
        std::mem::take(&mut self.passed_over)
    }

    /// How long the recording is.
    pub(crate) fn length(&self) -> Delta {
        self.start.map_or(Delta::ZERO, |start| self.end - start)
    }

    /// How far behind the end of what there is `frame` is, of the publication that goes on.
    pub(crate) fn ahead(&self, frame: &Frame) -> Delta {
        let moved = frame.dts + self.shift.unwrap_or(Delta::ZERO);
        if self.start.is_some() && self.shift.is_some() { moved - self.end } else { Delta::ZERO }
    }

    fn drain(&mut self) {
        while let Some(frame) = self.interleave.pop() {
            self.enter(frame);
        }
    }

    /// A publication begins with a key frame and the sound around it: pictures before it cannot be shown, sound long before it would
    /// be heard without any.
    fn enter(&mut self, frame: Arc<Frame>) {
        let Some(lead) = &mut self.lead else { return self.take(frame) };
        let main = main(&self.tracks);
        let key = main.is_none_or(|main| frame.track.id == main && frame.keyframe);
        let since = *lead.since.get_or_insert(frame.dts);
        if !key && frame.dts - since < LEAD_LONGEST && lead.frames.len() < LEAD_MOST {
            match frame.track.kind() {
                Kind::Audio => lead.frames.push(frame),
                _ => lead.middle |= main == Some(frame.track.id),
            }
            return;
        }
        let begin = match (key, lead.middle) {
            (true, true) => frame.dts,
            (true, false) => frame.dts - LEAD,
            (false, _) => since,
        };
        let mut early = self.lead.take().unwrap_or_default().frames;
        early.retain(|early| early.dts >= begin);
        self.follow(early.first().unwrap_or(&frame), &frame);
        early.into_iter().for_each(|early| self.take(early));
        self.take(frame);
    }

    fn take(&mut self, frame: Arc<Frame>) {
        let frame = self.moved(frame);
        self.meet(&frame.track);
        let main = main(&self.tracks);
        let of_main = main == Some(frame.track.id);
        let Some(file) = &self.file else {
            self.open(frame.dts);
            return self.put(&frame);
        };
        // Where there are no pictures any more, none is waited for.
        let silent = main.is_none_or(|main| !of_main && frame.dts - file.last(main) > SILENT);
        let boundary = silent || of_main && frame.keyframe;
        // The header does not know a track that is there now.
        let lacks = frame.dts - file.start >= SHORTEST
            && self.tracks.iter().any(|track| track.id != frame.track.id && !file.has(track));
        let next = self.cut || lacks || !self.held.is_empty() || file.is_full(&self.settings, frame.dts);
        if boundary && next || file.samples >= MAX_SAMPLES - MAX_SAMPLES / 16 {
            self.open(frame.dts);
        } else if !file.fits(&frame) {
            let waited = self.held_bytes > HELD_BYTES || self.held_long(frame.dts);
            if !(boundary || of_main || waited) {
                self.held_bytes += frame.payload.len();
                self.held.push(frame);
                return;
            }
            // An encoder that cannot make up its mind does not get a file for each frame, and without a key frame nothing can be shown.
            let useless = of_main && !frame.keyframe && frame.dts - file.last(frame.track.id) < LEAD_LONGEST;
            if useless || frame.dts - file.start < SHORTEST {
                self.passed_over = true;
                return;
            }
            self.open(frame.dts);
        }
        self.put(&frame);
    }

    /// A publication goes on where the one before ended, with its `first` frame; and of its pictures, the first of which is `shown`, none is shown
    /// before all of the other's were.
    fn follow(&mut self, first: &Frame, shown: &Frame) {
        if self.start.is_none() || self.shift.is_some() {
            return;
        }
        let mut shift = self.end - first.dts;
        if shown.track.kind() == Kind::Video {
            shift = shift.max(self.shown - shown.pts);
        }
        self.shift = Some(shift);
    }

    /// The frame on the clock of the recording.
    fn moved(&mut self, frame: Arc<Frame>) -> Arc<Frame> {
        let follows = self.start.is_some();
        let shift = *self.shift.get_or_insert(if follows { self.end - frame.dts } else { Delta::ZERO });
        if shift == Delta::ZERO {
            return frame;
        }
        Arc::new(Frame { dts: frame.dts + shift, pts: frame.pts + shift, ..Frame::clone(&frame) })
    }

    /// Notes a track that is new or has become another.
    fn meet(&mut self, track: &Arc<Track>) {
        match self.tracks.iter_mut().find(|known| known.id == track.id) {
            Some(known) => {
                if !Arc::ptr_eq(known, track) {
                    *known = Arc::clone(track);
                }
            }
            None => {
                self.tracks.push(Arc::clone(track));
                self.tracks.sort_by_key(|track| track.id);
                self.interleave.set_tracks(self.tracks.len());
            }
        }
    }

    fn held_long(&self, now: Time) -> bool {
        self.held.first().is_some_and(|first| now - first.dts > HELD)
    }

    /// Begins a new file, with what was held for it.
    fn open(&mut self, at: Time) {
        self.fragment(None);
        self.held_bytes = 0;
        let held = std::mem::take(&mut self.held);
        let start = held.first().map_or(at, |first| first.dts.min(at));
        let header = fmp4::init(&self.tracks);
        let asked = std::mem::take(&mut self.cut);
        let tracks = self.tracks.iter().map(Facts::of).collect();
        self.file = Some(File {
            counted: vec![Counted::default(); self.tracks.len()],
            fragmenter: Fragmenter::new(&self.tracks),
            tracks: self.tracks.clone(),
            start,
            last: Vec::new(),
            fragment: start,
            wall: None,
            first: None,
            bytes: header.len() as u64,
            samples: 0,
        });
        let at = self.start.map_or(Delta::ZERO, |first| start - first);
        self.ready.push_back(Cut::File { header, tracks, asked, at });
        held.iter().for_each(|frame| self.put(frame));
    }

    fn put(&mut self, frame: &Arc<Frame>) {
        self.start.get_or_insert(frame.dts);
        let Some(file) = &self.file else { return };
        let gathered = frame.dts - file.fragment;
        let main = main(&file.tracks);
        let group = frame.keyframe && main == Some(frame.track.id);
        // Whatever else is in it, a group of pictures that begins a moment later begins the next.
        let due = if group || main.is_none() { FRAGMENT } else { FRAGMENT + LEAST };
        if gathered >= due || group && (gathered >= LEAST || file.first == Some(false)) {
            self.fragment(Some(frame.dts));
        }
        let lasts = frame.duration.or_else(|| frame.track.codec.frame_duration(&frame.payload));
        let lasts = lasts.filter(|lasts| *lasts > Delta::ZERO).unwrap_or(USUAL);
        self.end = self.end.max(frame.dts + lasts);
        if frame.track.kind() == Kind::Video {
            // One that says it is shown much later than decoded is not believed.
            self.shown = self.shown.max(frame.pts.min(frame.dts + LATEST) + lasts);
        }
        if let Some(file) = &mut self.file {
            match file.last.iter_mut().find(|(id, _)| *id == frame.track.id) {
                Some((_, last)) => *last = frame.dts,
                None => file.last.push((frame.track.id, frame.dts)),
            }
            if main == Some(frame.track.id) {
                file.first.get_or_insert(frame.keyframe);
            }
            file.wall.get_or_insert(frame.wall);
            file.count(frame);
            file.fragmenter.push(frame);
        }
    }

    /// Hands out what is to be decoded before `until`.
    fn fragment(&mut self, until: Option<Time>) {
        let Some(file) = &mut self.file else { return };
        let chunk = match until {
            Some(until) => file.fragmenter.cut(until),
            None => file.fragmenter.finish(),
        };
        file.fragment = until.unwrap_or(self.end);
        let Some(chunk) = chunk else { return };
        file.bytes += chunk.data.len() as u64;
        file.samples += chunk.samples as usize;
        if until.is_none() {
            self.end = self.end.max(chunk.start + chunk.duration);
        }
        let counted = file.counted();
        file.first = None;
        let wall = file.wall.take().unwrap_or(SystemTime::UNIX_EPOCH);
        let (length, lasts, key) = (self.length(), chunk.duration, chunk.independent);
        self.ready.push_back(Cut::Fragment { data: chunk.data, length, lasts, key, wall, counted });
    }
}

impl File {
    fn count(&mut self, frame: &Frame) {
        let counts = self.tracks.iter().zip(&mut self.counted);
        if let Some((_, counted)) = counts.into_iter().find(|(track, _)| track.id == frame.track.id) {
            counted.count(frame);
        }
    }

    /// How much there is of each track, and for how long: to its last frame, and as long as that lasts if it lasts as the others do.
    fn counted(&self) -> Vec<Counted> {
        let of = |(track, counted): (&Arc<Track>, &Counted)| {
            let span = u64::try_from((self.last(track.id) - self.start).as_millis()).unwrap_or_default();
            let millis = span.saturating_mul(counted.frames) / counted.frames.saturating_sub(1).max(1);
            Counted { millis, ..*counted }
        };
        self.tracks.iter().zip(&self.counted).map(of).collect()
    }

    /// Whether the header says how to decode it, and what is before it can last until then.
    fn fits(&self, frame: &Frame) -> bool {
        self.has(&frame.track) && frame.dts - self.last(frame.track.id) <= HOLE
    }

    /// Whether the header says how to decode `track`.
    fn has(&self, track: &Arc<Track>) -> bool {
        let known = self.tracks.iter().find(|known| known.id == track.id);
        known.is_some_and(|known| Arc::ptr_eq(known, track) || known.codec == track.codec)
    }

    /// When the last frame of a track is decoded; before the first, when the file begins.
    fn last(&self, track: TrackId) -> Time {
        self.last.iter().find(|(id, _)| *id == track).map_or(self.start, |(_, last)| *last)
    }

    fn is_full(&self, settings: &Settings, now: Time) -> bool {
        settings.split().is_some_and(|split| now - self.start >= split)
            || settings.split_bytes.is_some_and(|most| self.bytes >= most)
            || self.samples >= MAX_SAMPLES / 2
    }
}

/// The track whose key frames files begin with.
fn main(tracks: &[Arc<Track>]) -> Option<TrackId> {
    tracks.iter().find(|track| track.kind() == Kind::Video).map(|track| track.id)
}

/// Whether a file can have it.
fn carries(track: &Track) -> bool {
    track.kind() != Kind::Data && fmp4::carries(track)
}

/// So much of the stream is in one fragment, and [`LEAST`] more at most: with what waits to be put in order, less than two seconds are not on the disk.
pub(crate) const FRAGMENT: Delta = Delta::secs(1);
/// A group of pictures begins a fragment, so that each can be played alone; but none is shorter than this for that.
const LEAST: Delta = Delta::millis(250);
/// Sound of so long before the first key frame is kept: encoders send some earlier.
const LEAD: Delta = Delta::secs(1);
/// So long the key frame is waited for, and so many frames of sound.
const LEAD_LONGEST: Delta = Delta::secs(20);
const LEAD_MOST: usize = 4_096;
/// So long sound waits for a key frame, and so much of it.
const HELD: Delta = Delta::secs(10);
const HELD_BYTES: usize = 4 << 20;
/// Without pictures for so long, a file may begin with sound.
const SILENT: Delta = Delta::secs(10);
/// A file has so much of the stream before parameters that change begin another.
const SHORTEST: Delta = Delta::millis(250);
/// What is further behind the last of its track than this is in a file of its own: a sample cannot last for more than 2³² ticks.
const HOLE: Delta = Delta::secs(3600);
/// A picture is shown no later than this after it is decoded.
const LATEST: Delta = Delta::secs(2);
/// What a frame lasts of which nothing is known.
const USUAL: Delta = Delta::millis(33);

#[cfg(test)]
#[path = "cutter_test.rs"]
mod tests;
