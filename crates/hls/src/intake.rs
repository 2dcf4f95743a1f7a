//! From published frames, in order of arrival, to what a cutter takes.

use std::sync::Arc;

use media::{Delta, Frame, Interleave, Kind, Track};

use crate::Config;
use crate::cutter::Cutter;
use crate::muxer::Muxer;

/// Takes the frames of a stream's log, puts them in decoding order and has them cut, over all the stream's publishers.
#[derive(Debug)]
pub(crate) struct Intake<M> {
    cutter: Cutter<M>,
    interleave: Interleave,
    /// The tracks that go into the segments, as last seen of this publisher, by id.
    tracks: Vec<Arc<Track>>,
    /// Frames that wait until it is clear which tracks there are; `None` once it is.
    opening: Option<Opening>,
}

#[derive(Debug, Default)]
struct Opening {
    frames: Vec<Arc<Frame>>,
    bytes: usize,
}

impl<M: Muxer> Intake<M> {
    pub(crate) fn new(config: Config, first: u64, muxer: M) -> Intake<M> {
        Intake {
            cutter: Cutter::new(config, first, muxer),
            interleave: Interleave::new(),
            tracks: Vec::new(),
            opening: Some(Opening::default()),
        }
    }

    pub(crate) fn push(&mut self, frame: &Arc<Frame>) {
        if !M::carries(&frame.track) {
            return;
        }
        let id = frame.track.id;
        // A publisher that follows another brings tracks of its own. A jump of the source's clock alone has been made
        // continuous by the timeline: nothing has to be cut.
        let another = |track: &Arc<Track>| track.id == id && !Arc::ptr_eq(track, &frame.track);
        if frame.discontinuity && self.tracks.iter().any(another) {
            self.finish();
        }
        if M::MAIN_TRACKS_ONLY {
            let (kind, id) = (frame.track.kind(), frame.track.id);
            if self.tracks.iter().any(|track| track.kind() == kind && track.id < id) {
                return;
            }
            self.tracks.retain(|track| track.kind() != kind || track.id == id);
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

    /// The publisher has gone: ends the segment with what has come. It may come back, with other tracks if it likes.
    pub(crate) fn finish(&mut self) {
        self.interleave.flush();
        self.drain();
        self.open();
        self.cutter.finish();
        self.interleave = Interleave::new();
        self.tracks.clear();
        self.opening = Some(Opening::default());
    }

    pub(crate) fn set_config(&mut self, config: Config) {
        self.cutter.set_config(config);
    }

    pub(crate) fn cutter(&self) -> &Cutter<M> {
        &self.cutter
    }

    pub(crate) fn muxer(&mut self) -> &mut M {
        self.cutter.muxer_mut()
    }

    /// Bytes that wait for it to be clear which tracks there are.
    pub(crate) fn waiting(&self) -> usize {
        self.opening.as_ref().map_or(0, |opening| opening.bytes)
    }

    fn drain(&mut self) {
        while let Some(frame) = self.interleave.pop() {
            match &mut self.opening {
                None => self.cutter.write(&frame, &self.tracks),
                Some(opening) => {
                    opening.bytes += frame.payload.len();
                    opening.frames.push(frame);
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
        let Some(Opening { frames, bytes }) = &self.opening else { return true };
        let span = match &frames[..] {
            [first, .., last] => last.dts - first.dts,
            _ => Delta::ZERO,
        };
        has(Kind::Video) && has(Kind::Audio)
            || span >= OPENING
            || frames.len() >= MAX_OPENING
            || *bytes >= MAX_OPENING_BYTES
    }

    fn open(&mut self) {
        let waiting = self.opening.take().unwrap_or_default();
        self.interleave.set_tracks(self.tracks.len());
        for frame in waiting.frames {
            self.cutter.write(&frame, &self.tracks);
        }
    }
}

/// How long a second track may come after the first and still be in the first segment. OBS sends its
/// first sound up to 200 ms later, other encoders up to 1 s.
const OPENING: Delta = Delta::secs(1);
const MAX_OPENING: usize = 512;
/// A second of 128 Mbit/s.
const MAX_OPENING_BYTES: usize = 16 << 20;

/// As many as a [`container::ts::Muxer`] carries.
const MAX_TRACKS: usize = 16;
