//! The segments that a playlist lists, and those that it listed a moment ago.

use std::sync::Arc;

use media::Delta;

use crate::sliding::{LEAST, Listed, Sliding};
use crate::{Config, Segment};

/// Slides over the segments of one stream.
///
/// A segment that is no longer listed is kept a while for players that still hold the playlist that
/// listed it. Memory is bounded by the window plus two segments, and by [`Config::window_bytes`].
#[derive(Debug)]
pub struct Window {
    segments: Sliding<Segment>,
}

impl Window {
    /// Players begin three segments before the end (RFC 8216 §6.3.3): fewer are not listed, once there were as many, unless
    /// [`shorten`](Window::shorten) is told so.
    pub const LEAST: usize = LEAST;

    /// An empty one.
    pub fn new(config: &Config) -> Window {
        Window { segments: Sliding::new(config, 0) }
    }

    /// Other lengths, from the next segment on. EXT-X-TARGETDURATION gets shorter when no segment that is listed is longer.
    pub fn set_config(&mut self, config: &Config) {
        self.segments.set_config(config);
    }

    /// Lists a segment, the next of its stream. What leaves the window for good is dropped.
    pub fn push(&mut self, segment: Arc<Segment>) {
        self.segments.push(segment);
    }

    /// Lets the oldest segment go, be it still listed or not; `false` if none can go, for at least `least` (and one) stay listed.
    pub fn shorten(&mut self, least: usize) -> bool {
        self.segments.shorten(least)
    }

    /// Bytes of all segments that are kept.
    pub fn bytes(&self) -> usize {
        self.segments.bytes()
    }

    /// The segments of the playlist, oldest first.
    pub fn listed(&self) -> impl Iterator<Item = &Arc<Segment>> {
        self.segments.listed()
    }

    /// The segment with this sequence number, if it is still here.
    pub fn find(&self, sequence: u64) -> Option<&Arc<Segment>> {
        self.segments.find(sequence)
    }

    /// Nothing is listed yet.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// EXT-X-TARGETDURATION, in seconds.
    pub fn target_duration(&self) -> u64 {
        self.segments.target_duration()
    }

    /// EXT-X-DISCONTINUITY-SEQUENCE.
    pub fn discontinuity_sequence(&self) -> u64 {
        self.segments.discontinuity_sequence()
    }
}

impl Listed for Segment {
    fn sequence(&self) -> u64 {
        self.sequence
    }

    fn duration(&self) -> Delta {
        self.duration
    }

    fn discontinuity(&self) -> bool {
        self.discontinuity
    }

    fn size(&self) -> usize {
        self.data.len()
    }
}
