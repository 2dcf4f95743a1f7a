//! A stream's frames into segments of MPEG-TS.

use std::sync::Arc;

use media::Frame;

use crate::intake::Intake;
use crate::muxer::Muxer;
use crate::transport::Transport;
use crate::{Config, Segment};

/// Cuts one stream into segments, over all its publishers.
///
/// Takes the frames of the stream's log and puts them in decoding order itself. Between segments the
/// transport stream goes on: counters, clock, and the tracks' PIDs.
#[derive(Debug)]
pub struct Segmenter {
    intake: Intake<Transport>,
}

impl Segmenter {
    /// For a stream whose next segment is number `first`; if that is not 0, there were others, and it is marked as a discontinuity.
    pub fn new(config: Config, first: u64) -> Segmenter {
        Segmenter { intake: Intake::new(config, first, Transport::new()) }
    }

    /// Other lengths, for the segment that is being made too: it ends at the next start point if it has become too long.
    pub fn set_config(&mut self, config: Config) {
        self.intake.set_config(config);
    }

    /// Takes a published frame. Segments that it completes come from [`poll`](Segmenter::poll).
    ///
    /// Frames of tracks that MPEG-TS cannot carry are passed over, and so is what comes before the first
    /// start point. A `discontinuity` on a track that was there already, with parameters that are not the same
    /// `Arc`, says that another publisher has come: the segment ends as with [`finish`](Segmenter::finish).
    pub fn push(&mut self, frame: &Arc<Frame>) {
        self.intake.push(frame);
    }

    /// The next complete segment.
    pub fn poll(&mut self) -> Option<Segment> {
        self.intake.muxer().poll()
    }

    /// The publisher has gone: ends the segment with what has come. It may come back, with other tracks if it likes.
    pub fn finish(&mut self) {
        self.intake.finish();
    }

    /// The sequence number of the segment that is being made, or comes next.
    pub fn sequence(&self) -> u64 {
        self.intake.cutter().sequence()
    }

    /// Bytes of the segment that is being made, and of what waits to be.
    pub fn bytes(&self) -> usize {
        self.intake.waiting() + self.intake.cutter().muxer().bytes()
    }
}

#[cfg(test)]
#[path = "segmenter_test.rs"]
mod tests;
