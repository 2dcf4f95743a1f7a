//! From published frames, in order of arrival, to segments.

use std::sync::Arc;

use container::ts;
use media::{Delta, Frame, Interleave, Kind, Track};

use crate::cutter::Cutter;
use crate::{Config, Segment};

/// Cuts one stream into segments, over all its publishers.
///
/// Takes the frames of the stream's log and puts them in decoding order itself. Between segments the
/// transport stream goes on: counters, clock, and the tracks' PIDs.
#[derive(Debug)]
pub struct Segmenter {
    cutter: Cutter,
    interleave: Interleave,
    /// The tracks that MPEG-TS can carry, as last seen of this publisher, by id.
    tracks: Vec<Arc<Track>>,
    /// Frames that wait until it is clear which tracks there are; `None` once it is.
    opening: Option<Vec<Arc<Frame>>>,
}

impl Segmenter {
    /// For a stream whose next segment is number `first`; if that is not 0, there were others, and it is marked as a discontinuity.
    pub fn new(config: Config, first: u64) -> Segmenter {
        Segmenter {
            cutter: Cutter::new(config, first),
            interleave: Interleave::new(),
            tracks: Vec::new(),
            opening: Some(Vec::new()),
        }
    }

    /// Takes a published frame. Segments that it completes come from [`poll`](Segmenter::poll).
    ///
    /// Frames of tracks that MPEG-TS cannot carry are passed over, and so is what comes before the first
    /// start point. A `discontinuity` on a track that was there already, with parameters that are not the same
    /// `Arc`, says that another publisher has come: the segment ends as with [`finish`](Segmenter::finish).
    pub fn push(&mut self, frame: &Arc<Frame>) {
        if !ts::carries(&frame.track) {
            return;
        }
        let id = frame.track.id;
        // A publisher that follows another brings tracks of its own. A jump of the source's clock alone has been made
        // continuous by the timeline: nothing has to be cut.
        let another = |track: &Arc<Track>| track.id == id && !Arc::ptr_eq(track, &frame.track);
        if frame.discontinuity && self.tracks.iter().any(another) {
            self.finish();
        }
        match self.tracks.binary_search_by_key(&id, |track| track.id) {
            Ok(index) if Arc::ptr_eq(&self.tracks[index], &frame.track) => {}
            Ok(index) => self.tracks[index] = Arc::clone(&frame.track),
            Err(_) if self.tracks.len() >= MAX_TRACKS => return,
            Err(index) => self.tracks.insert(index, Arc::clone(&frame.track)),
        }
        self.interleave.push(Arc::clone(frame));
        self.drain();
    }

    /// The next complete segment.
    pub fn poll(&mut self) -> Option<Segment> {
        self.cutter.poll()
    }

    /// The publisher has gone: ends the segment with what has come. It may come back, with other tracks if it likes.
    pub fn finish(&mut self) {
        self.interleave.flush();
        self.drain();
        self.open();
        self.cutter.finish();
        self.interleave = Interleave::new();
        self.tracks.clear();
        self.opening = Some(Vec::new());
    }

    /// The sequence number of the segment that is being made, or comes next.
    pub fn sequence(&self) -> u64 {
        self.cutter.sequence()
    }

    /// Bytes of the segment that is being made.
    pub fn bytes(&self) -> usize {
        self.cutter.bytes()
    }

    fn drain(&mut self) {
        while let Some(frame) = self.interleave.pop() {
            match &mut self.opening {
                None => self.cutter.write(&frame, &self.tracks),
                Some(waiting) => {
                    waiting.push(frame);
                    if self.tracks_are_clear() {
                        self.open();
                    }
                }
            }
        }
    }

    /// There are pictures and sound, or there has been time enough for both.
    fn tracks_are_clear(&self) -> bool {
        let has = |kind| self.tracks.iter().any(|track| track.kind() == kind);
        let waiting = self.opening.as_deref().unwrap_or_default();
        let span = match waiting {
            [first, .., last] => last.dts - first.dts,
            _ => Delta::ZERO,
        };
        has(Kind::Video) && has(Kind::Audio) || span >= OPENING || waiting.len() >= MAX_OPENING
    }

    fn open(&mut self) {
        let waiting = self.opening.take().unwrap_or_default();
        self.interleave.set_tracks(self.tracks.len());
        for frame in waiting {
            self.cutter.write(&frame, &self.tracks);
        }
    }
}

/// How long a second track may come after the first and still be in the first segment. OBS sends its
/// first sound up to 200 ms later, other encoders up to 1 s.
const OPENING: Delta = Delta::secs(1);
const MAX_OPENING: usize = 512;

/// As many as a [`ts::Muxer`] carries.
const MAX_TRACKS: usize = 16;

#[cfg(test)]
#[path = "segmenter_test.rs"]
mod tests;
