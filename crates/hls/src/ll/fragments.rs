//! Segments of fragmented MP4, in parts.

use std::collections::VecDeque;
use std::sync::Arc;

use container::fmp4::{self, Fragmenter};
use media::{Codec, Delta, Frame, Kind, Time, Track, TrackId};

use super::Config;
use super::parts::Parts;
use super::segment::{Init, Part, Progress, Segment};
use crate::muxer::{Head, Muxer};
use crate::segment::unix_millis;

/// Puts frames into fragments, each of them a part.
#[derive(Debug)]
pub(super) struct Fragments {
    parts: Parts,
    fragmenter: Fragmenter,
    tracks: Vec<Arc<Track>>,
    /// What describes the tracks, once a segment has begun with them.
    init: Option<Arc<Init>>,
    open: Option<Open>,
    done: VecDeque<Progress>,
}

/// The segment that is being made.
#[derive(Debug)]
struct Open {
    start: Time,
    /// It has parts.
    begun: bool,
    /// Bytes of all that it has, and of what is in no part yet.
    bytes: usize,
    uncut: usize,
    /// When the frames of the main track begin that are in no part yet, and whether players can begin with them.
    frames: Vec<(Time, bool)>,
}

impl Fragments {
    pub(super) fn new(config: &Config) -> Fragments {
        Fragments {
            parts: Parts::new(config),
            fragmenter: Fragmenter::new(&[]),
            tracks: Vec::new(),
            init: None,
            open: None,
            done: VecDeque::new(),
        }
    }

    pub(super) fn poll(&mut self) -> Option<Progress> {
        self.done.pop_front()
    }

    /// Bytes of what is in no part yet.
    pub(super) fn uncut(&self) -> usize {
        self.open.as_ref().map_or(0, |open| open.uncut)
    }

    /// The track whose frames parts begin with.
    fn main(&self) -> Option<TrackId> {
        self.tracks.iter().min_by_key(|track| (track.kind() != Kind::Video, track.id)).map(|track| track.id)
    }

    fn cut(&mut self, at: Time) {
        let duration = at - self.parts.start();
        self.parts.cut(at);
        let Some(open) = &mut self.open else { return };
        let Some(chunk) = self.fragmenter.cut(at) else { return };
        let inside: Vec<_> = open.frames.extract_if(.., |(begin, _)| *begin < at).collect();
        let independent = inside.iter().any(|(_, key)| *key);
        let frames = u32::try_from(inside.len()).unwrap_or(u32::MAX);
        open.begun = true;
        open.uncut = 0;
        self.done.push_back(Progress::Part(Part { duration, independent, frames, data: chunk.data }));
    }
}

impl Muxer for Fragments {
    /// Players would have to be told what the others are for.
    const MAIN_TRACKS_ONLY: bool = true;

    fn carries(track: &Track) -> bool {
        fmp4::carries(track)
    }

    /// Whatever a decoder must know is in the header.
    fn goes_on(before: &Codec, after: &Codec) -> bool {
        before == after
    }

    fn set_tracks(&mut self, tracks: &[Arc<Track>]) {
        let same = |(ours, theirs): (&Arc<Track>, &Arc<Track>)| ours == theirs;
        if tracks.len() == self.tracks.len() && self.tracks.iter().zip(tracks).all(same) {
            return;
        }
        self.tracks = tracks.to_vec();
        self.fragmenter = Fragmenter::new(tracks);
        self.init = None;
    }

    fn begin(&mut self, head: Head) {
        let init = self.init.get_or_insert_with(|| {
            Arc::new(Init {
                sequence: head.sequence,
                millis: unix_millis(head.wall),
                tracks: self.tracks.clone(),
                data: fmp4::init(&self.tracks),
            })
        });
        self.done.push_back(Progress::Begin(Segment {
            sequence: head.sequence,
            duration: Delta::ZERO,
            start: head.start,
            wall: head.wall,
            discontinuity: head.discontinuity,
            independent: head.independent,
            init: Arc::clone(init),
            parts: Vec::new(),
        }));
        self.parts.begin(head.start);
        self.open = Some(Open { start: head.start, begun: false, bytes: 0, uncut: 0, frames: Vec::new() });
    }

    fn write(&mut self, frame: &Arc<Frame>) {
        let main = self.main() == Some(frame.track.id);
        while let Some(at) = self.parts.due(frame.dts, main) {
            self.cut(at);
        }
        let Some(open) = &mut self.open else { return };
        self.parts.take(frame.dts, main);
        open.bytes += frame.payload.len();
        open.uncut += frame.payload.len();
        if main {
            open.frames.push((frame.dts, frame.keyframe || frame.track.kind() != Kind::Video));
        }
        self.fragmenter.push(frame);
    }

    fn bytes(&self) -> usize {
        self.open.as_ref().map_or(0, |open| open.bytes)
    }

    fn end(&mut self, end: Time) -> bool {
        while let Some(at) = self.parts.due(end, false) {
            self.cut(at);
        }
        self.cut(end);
        let Some(open) = self.open.take() else { return false };
        if open.begun {
            let duration = (end - open.start).max(Delta::ZERO);
            self.done.push_back(Progress::End { duration });
        }
        open.begun
    }
}
