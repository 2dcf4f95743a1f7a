//! The segments that a playlist lists, those that it listed a moment ago, and the one that is being made.

use std::sync::Arc;

use bytes::Bytes;
use media::{Delta, Kind};

use super::segment::{File, Init, Name, Part, Progress, Segment};
use super::{Config, Edge};
use crate::sliding::{Listed, Sliding};

/// Slides over the segments of one stream, as [`crate::Window`] does, and has the parts of the next.
#[derive(Debug)]
pub struct Window {
    complete: Sliding<Segment>,
    open: Option<Segment>,
    /// Bytes of the parts of `open`.
    open_bytes: usize,
    /// PART-TARGET. Until the first segment is complete it may grow, then players have taken it for constant.
    part_target: Delta,
    next: u64,
}

/// Where a stream's segments go on that were made before, but are not there any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resume {
    /// The sequence number of the next segment.
    pub sequence: u64,
    /// The discontinuities before.
    pub discontinuities: u64,
}

/// A file that somebody asks for.
#[derive(Debug, Clone)]
pub enum Found {
    /// Its bytes, in pieces that follow each other.
    Here(Vec<Bytes>),
    /// It is the part that comes next.
    Coming,
    /// It is not there, and does not come.
    Missing,
}

/// What there is to say of a stream in a master playlist.
#[derive(Debug, Clone)]
pub(super) struct Summary {
    /// Bits a second, of the greatest segment and of all.
    pub(super) peak: u64,
    pub(super) average: u64,
    /// Pictures a second.
    pub(super) rate: Option<f64>,
    pub(super) init: Arc<Init>,
}

impl Window {
    /// As [`crate::Window::LEAST`].
    pub const LEAST: usize = crate::sliding::LEAST;

    /// An empty one.
    pub fn new(config: &Config, resume: Resume) -> Window {
        Window {
            complete: Sliding::new(&config.segments, resume.discontinuities),
            open: None,
            open_bytes: 0,
            part_target: config.part,
            next: resume.sequence,
        }
    }

    /// Takes what has become of the stream.
    pub fn push(&mut self, progress: Progress) {
        match progress {
            Progress::Begin(segment) => {
                self.next = segment.sequence;
                self.open_bytes = 0;
                self.open = Some(segment);
            }
            Progress::Part(part) => {
                let Some(open) = &mut self.open else { return };
                if self.complete.is_empty() {
                    self.part_target = self.part_target.max(part.duration.min(LONGEST_PART));
                }
                self.open_bytes += part.data.len();
                open.parts.push(part);
            }
            Progress::End { duration } => {
                let Some(open) = self.open.take() else { return };
                self.next = open.sequence + 1;
                self.open_bytes = 0;
                self.complete.push(Arc::new(Segment { duration, ..open }));
            }
        }
    }

    /// As [`crate::Window::shorten`].
    pub fn shorten(&mut self, least: usize) -> bool {
        self.complete.shorten(least)
    }

    /// Bytes of all segments and parts that are kept.
    pub fn bytes(&self) -> usize {
        self.complete.bytes() + self.open_bytes
    }

    /// How far it goes.
    pub fn edge(&self) -> Edge {
        let before = self.complete.last().map_or(0, |segment| segment.parts.len());
        Edge { sequence: self.next, parts: self.open.as_ref().map_or(0, |open| open.parts.len()), before }
    }

    /// There is a complete segment, without which most players fail.
    pub fn is_ready(&self) -> bool {
        !self.complete.is_empty()
    }

    /// There is something of which a master playlist can tell.
    pub fn is_known(&self) -> bool {
        self.is_ready() || self.open.as_ref().is_some_and(|open| !open.parts.is_empty())
    }

    /// The file of this name, whatever the name says of the stream.
    pub fn find(&self, name: &Name<'_>) -> Found {
        let kept = |segment: &&Segment| segment.sequence == name.sequence && segment.millis() == name.millis;
        let complete = self.complete.find(name.sequence).map(Arc::as_ref).filter(kept);
        let open = self.open.as_ref().filter(kept);
        let found = match name.file {
            File::Init => self.init(name).map(|init| vec![init.data.clone()]),
            File::Segment => complete.map(|segment| data(&segment.parts)),
            File::Part(index) => {
                let part = complete.or(open).and_then(|segment| segment.parts.get(index));
                if open.is_some_and(|open| index == open.parts.len()) {
                    return Found::Coming;
                }
                part.map(|part| vec![part.data.clone()])
            }
        };
        found.map_or(Found::Missing, Found::Here)
    }

    fn init(&self, name: &Name<'_>) -> Option<&Arc<Init>> {
        let inits = self.complete.kept().map(Arc::as_ref).chain(&self.open).map(|segment| &segment.init);
        inits.rev().find(|init| init.sequence == name.sequence && init.millis == name.millis)
    }

    /// EXT-X-TARGETDURATION.
    pub fn target_duration(&self) -> Delta {
        self.complete.target()
    }

    /// PART-TARGET.
    pub fn part_target(&self) -> Delta {
        self.part_target
    }

    /// Where the segments go on when this window is gone.
    pub fn resume(&self) -> Resume {
        let open = self.open.iter().filter(|open| !open.parts.is_empty());
        let all = self.complete.listed().map(Arc::as_ref).chain(open);
        let marked = all.filter(|segment| segment.discontinuity).count() as u64;
        let sequence = self.next + u64::from(self.edge().parts > 0);
        Resume { sequence, discontinuities: self.complete.discontinuity_sequence() + marked }
    }

    /// The complete segments of the playlist, oldest first.
    pub(super) fn listed(&self) -> impl DoubleEndedIterator<Item = &Segment> + ExactSizeIterator {
        self.complete.listed().map(Arc::as_ref)
    }

    /// The segment that is being made.
    pub(super) fn open(&self) -> Option<&Segment> {
        self.open.as_ref()
    }

    /// Nothing is there yet of the next segment, and it does not continue the last.
    pub(super) fn comes_apart(&self) -> bool {
        match &self.open {
            Some(open) => open.parts.is_empty() && open.discontinuity,
            // The publisher has gone.
            None => self.is_ready(),
        }
    }

    pub(super) fn sliding(&self) -> &Sliding<Segment> {
        &self.complete
    }

    pub(super) fn summary(&self) -> Option<Summary> {
        let init = &self.open.as_ref().or(self.complete.last().map(Arc::as_ref))?.init;
        let open = self.open.as_ref().filter(|_| self.complete.is_empty());
        let (mut peak, mut bits, mut frames, mut duration) = (0, 0, 0, Delta::ZERO);
        for segment in self.listed().chain(open) {
            let (long, size) = (segment.parts_duration(), segment.size() as u64 * 8);
            peak = peak.max(rate(size, long));
            bits += size;
            frames += segment.parts.iter().map(|part| u64::from(part.frames)).sum::<u64>();
            duration += long;
        }
        let pictures = init.tracks.iter().any(|track| track.kind() == Kind::Video);
        let pictures =
            pictures.then(|| frames as f64 / duration.as_secs_f64()).filter(|rate| rate.is_finite());
        Some(Summary { peak, average: rate(bits, duration), rate: pictures, init: Arc::clone(init) })
    }
}

fn data(parts: &[Part]) -> Vec<Bytes> {
    parts.iter().map(|part| part.data.clone()).collect()
}

fn rate(bits: u64, duration: Delta) -> u64 {
    let micros = u64::try_from(duration.as_micros()).unwrap_or(0).max(1);
    bits.saturating_mul(1_000_000) / micros
}

/// A gap in the source is not the length of a part.
const LONGEST_PART: Delta = Delta::secs(1);

#[cfg(test)]
#[path = "window_test.rs"]
mod tests;
