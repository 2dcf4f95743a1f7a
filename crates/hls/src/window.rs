//! The segments that a playlist lists, and those that it listed a moment ago.

use std::collections::VecDeque;
use std::sync::Arc;

use media::Delta;

use crate::{Config, Segment};

/// Slides over the segments of one stream.
///
/// A segment that is no longer listed is kept a while for players that still hold the playlist that
/// listed it. Memory is bounded by the window plus two segments, and by [`Config::window_bytes`].
#[derive(Debug)]
pub struct Window {
    window: Delta,
    max_bytes: usize,
    bytes: usize,
    segments: VecDeque<Arc<Segment>>,
    /// How many of the first segments are no longer listed.
    past: usize,
    /// Marked discontinuities that are no longer listed.
    discontinuities: u64,
    target_duration: u64,
}

impl Window {
    /// Players begin three segments before the end (RFC 8216 §6.3.3): fewer are not listed, once there were as many, unless
    /// [`shorten`](Window::shorten) is told so.
    pub const LEAST: usize = 3;

    /// An empty one.
    pub fn new(config: &Config) -> Window {
        Window {
            window: config.window,
            max_bytes: config.window_bytes,
            bytes: 0,
            segments: VecDeque::new(),
            past: 0,
            discontinuities: 0,
            target_duration: config.target_duration(),
        }
    }

    /// Lists a segment, the next of its stream. What leaves the window for good is dropped.
    pub fn push(&mut self, segment: Arc<Segment>) {
        // Never lowered again: players may have taken it for constant (RFC 8216 §6.2.1).
        let rounded =
            u64::try_from((segment.duration.as_micros().saturating_add(500_000)) / 1_000_000).unwrap_or(0);
        self.target_duration = self.target_duration.max(rounded);
        self.bytes += segment.data.len();
        self.segments.push_back(segment);
        let mut listed = self.listed().fold(Delta::ZERO, |sum, segment| sum + segment.duration);
        // A playlist must not get shorter than three target durations (RFC 8216 §6.2.2).
        let least = self
            .window
            .max(Delta::secs(1) * i64::try_from(self.target_duration.saturating_mul(3)).unwrap_or(i64::MAX));
        while let Some(first) = self.segments.get(self.past) {
            if listed - first.duration < least || self.past + 1 == self.segments.len() {
                break;
            }
            listed -= first.duration;
            self.discontinuities += u64::from(first.discontinuity);
            self.past += 1;
        }
        while self.past > KEPT {
            self.pop();
        }
        while self.bytes > self.max_bytes && self.shorten(Self::LEAST) {}
    }

    /// Lets the oldest segment go, be it still listed or not; `false` if none can go, for at least `least` (and one) stay listed.
    pub fn shorten(&mut self, least: usize) -> bool {
        let listed = self.segments.len() - self.past;
        let able = self.past > 0 || listed > least.max(1);
        if able {
            self.pop();
        }
        able
    }

    fn pop(&mut self) {
        let Some(first) = self.segments.pop_front() else { return };
        self.bytes -= first.data.len();
        if self.past > 0 {
            self.past -= 1;
        } else {
            self.discontinuities += u64::from(first.discontinuity);
        }
    }

    /// Bytes of all segments that are kept.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The segments of the playlist, oldest first.
    pub fn listed(&self) -> impl Iterator<Item = &Arc<Segment>> {
        self.segments.iter().skip(self.past)
    }

    /// The segment with this sequence number, if it is still here.
    pub fn find(&self, sequence: u64) -> Option<&Arc<Segment>> {
        self.segments.iter().rev().find(|segment| segment.sequence == sequence)
    }

    /// Nothing is listed yet.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// EXT-X-TARGETDURATION, in seconds.
    pub fn target_duration(&self) -> u64 {
        self.target_duration
    }

    /// EXT-X-DISCONTINUITY-SEQUENCE.
    pub fn discontinuity_sequence(&self) -> u64 {
        self.discontinuities
    }
}

/// How many segments are kept when they are no longer listed: a player that was given a playlist fetches
/// its oldest segment within about the duration of one.
const KEPT: usize = 2;
