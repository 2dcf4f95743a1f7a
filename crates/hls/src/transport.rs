//! Segments of MPEG-TS.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use container::ts;
use media::{Codec, Delta, Frame, Time, Track};

use crate::Segment;
use crate::muxer::{Head, Muxer};

/// Muxes frames into segments, of which each is one piece of memory.
#[derive(Debug)]
pub(crate) struct Transport {
    muxer: ts::Muxer,
    open: Option<(Head, Vec<u8>)>,
    /// Bytes of the last segment.
    size: usize,
    done: VecDeque<Segment>,
}

impl Transport {
    pub(crate) fn new() -> Transport {
        Transport { muxer: ts::Muxer::new(&[]), open: None, size: FIRST_SIZE, done: VecDeque::new() }
    }

    pub(crate) fn poll(&mut self) -> Option<Segment> {
        self.done.pop_front()
    }
}

impl Muxer for Transport {
    const MAIN_TRACKS_ONLY: bool = false;

    fn carries(track: &Track) -> bool {
        ts::carries(track)
    }

    /// Parameter sets are repeated wherever they change.
    fn goes_on(_before: &Codec, _after: &Codec) -> bool {
        true
    }

    fn set_tracks(&mut self, tracks: &[Arc<Track>]) {
        self.muxer.set_tracks(tracks);
    }

    fn begin(&mut self, head: Head) {
        self.muxer.begin();
        // About as much as the last, so that it seldom grows.
        self.open = Some((head, Vec::with_capacity(self.size + self.size / 8)));
    }

    fn write(&mut self, frame: &Arc<Frame>) {
        if let Some((_, data)) = &mut self.open {
            self.muxer.write(frame, data);
        }
    }

    fn bytes(&self) -> usize {
        self.open.as_ref().map_or(0, |(_, data)| data.len())
    }

    fn end(&mut self, end: Time) -> bool {
        let Some((head, mut data)) = self.open.take() else { return false };
        self.size = data.len();
        self.muxer.flush(&mut data);
        // Nothing came but tracks that it does not carry: no player wants an empty file.
        if data.is_empty() {
            return false;
        }
        data.shrink_to_fit();
        self.done.push_back(Segment {
            sequence: head.sequence,
            duration: (end - head.start).max(Delta::ZERO),
            start: head.start,
            wall: head.wall,
            discontinuity: head.discontinuity,
            independent: head.independent,
            data: Bytes::from(data),
        });
        true
    }
}

const FIRST_SIZE: usize = 256 << 10;
