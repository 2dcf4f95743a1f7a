//! A stream's frames into segments and parts of fragmented MP4.

use std::sync::Arc;

use media::{Frame, Track};

use super::fragments::Fragments;
use super::{Config, Progress};
use crate::intake::Intake;
use crate::muxer::Muxer;

/// Cuts one stream into segments and parts, over all its publishers.
///
/// The main video and the main sound (those of the lowest ids) go into one rendition. Otherwise as
/// [`crate::Segmenter`].
#[derive(Debug)]
pub struct Segmenter {
    intake: Intake<Fragments>,
}

impl Segmenter {
    /// For a stream whose next segment is number `first`; if that is not 0, there were others, and it is marked as a discontinuity.
    pub fn new(config: &Config, first: u64) -> Segmenter {
        Segmenter { intake: Intake::new(config.segments.clone(), first, Fragments::new(config)) }
    }

    /// Whether a track can be in the segments.
    pub fn carries(track: &Track) -> bool {
        Fragments::carries(track)
    }

    /// Takes a published frame, as [`crate::Segmenter::push`] does. What has become of it comes from [`poll`](Segmenter::poll).
    pub fn push(&mut self, frame: &Arc<Frame>) {
        self.intake.push(frame);
    }

    /// What has become of the stream, in order.
    pub fn poll(&mut self) -> Option<Progress> {
        self.intake.muxer().poll()
    }

    /// The publisher has gone: ends the segment with what has come. It may come back, with other tracks if it likes.
    pub fn finish(&mut self) {
        self.intake.finish();
    }

    /// Bytes of what is in no part yet, about.
    pub fn bytes(&self) -> usize {
        self.intake.waiting() + self.intake.cutter().muxer().uncut()
    }
}

#[cfg(test)]
#[path = "segmenter_test.rs"]
mod tests;
