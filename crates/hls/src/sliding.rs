//! Which segments a playlist lists, and how long they are kept, whatever their format.

use std::collections::VecDeque;
use std::sync::Arc;

use media::Delta;

use crate::Config;

/// What has to be known of a segment for it.
pub(crate) trait Listed {
    fn sequence(&self) -> u64;
    fn duration(&self) -> Delta;
    fn discontinuity(&self) -> bool;
    fn size(&self) -> usize;
}

/// The segments that are listed, and those that were a moment ago.
#[derive(Debug)]
pub(crate) struct Sliding<S> {
    window: Delta,
    max_bytes: usize,
    bytes: usize,
    segments: VecDeque<Arc<S>>,
    /// How many of the first segments are no longer listed.
    past: usize,
    /// Marked discontinuities that are no longer listed.
    discontinuities: u64,
    target_duration: u64,
    /// What the target duration comes down to when no longer segment is listed: the lengths were changed.
    settles: Option<u64>,
}

impl<S: Listed> Sliding<S> {
    /// `discontinuities` have been listed before and are not any more.
    pub(crate) fn new(config: &Config, discontinuities: u64) -> Sliding<S> {
        Sliding {
            window: config.window,
            max_bytes: config.window_bytes,
            bytes: 0,
            segments: VecDeque::new(),
            past: 0,
            discontinuities,
            target_duration: config.target_duration(),
            settles: None,
        }
    }

    /// Other lengths, from the next segment on. A longer target duration holds at once; a shorter one when no segment that is
    /// listed is longer.
    pub(crate) fn set_config(&mut self, config: &Config) {
        (self.window, self.max_bytes) = (config.window, config.window_bytes);
        let target = config.target_duration();
        self.settles = (target < self.target_duration).then_some(target);
        self.target_duration = self.target_duration.max(target);
    }

    pub(crate) fn push(&mut self, segment: Arc<S>) {
        // Not lowered by itself: players may have taken it for constant (RFC 8216 §6.2.1).
        self.target_duration = self.target_duration.max(rounded(&*segment));
        self.bytes += segment.size();
        self.segments.push_back(segment);
        let mut listed = self.listed().fold(Delta::ZERO, |sum, segment| sum + segment.duration());
        // A playlist must not get shorter than three target durations (RFC 8216 §6.2.2).
        let least = self.window.max(self.target() * 3);
        while let Some(first) = self.segments.get(self.past) {
            if listed - first.duration() < least || self.past + 1 == self.segments.len() {
                break;
            }
            listed -= first.duration();
            self.discontinuities += u64::from(first.discontinuity());
            self.past += 1;
        }
        while self.past > KEPT {
            self.pop();
        }
        if let Some(target) = self.settles {
            let longest = self.listed().map(|segment| rounded(&**segment)).max().unwrap_or(0);
            self.target_duration = longest.max(target);
            self.settles = (longest > target).then_some(target);
        }
        while (self.bytes > self.max_bytes || self.segments.len() > MOST) && self.shorten(LEAST) {}
    }

    /// Lets the oldest segment go, be it still listed or not; `false` if none can go, for at least `least` (and one) stay listed.
    pub(crate) fn shorten(&mut self, least: usize) -> bool {
        let listed = self.segments.len() - self.past;
        let able = self.past > 0 || listed > least.max(1);
        if able {
            self.pop();
        }
        able
    }

    fn pop(&mut self) {
        let Some(first) = self.segments.pop_front() else { return };
        self.bytes -= first.size();
        if self.past > 0 {
            self.past -= 1;
        } else {
            self.discontinuities += u64::from(first.discontinuity());
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Those of the playlist, oldest first.
    pub(crate) fn listed(&self) -> impl DoubleEndedIterator<Item = &Arc<S>> + ExactSizeIterator {
        self.segments.iter().skip(self.past)
    }

    /// All, listed or not, oldest first.
    pub(crate) fn kept(&self) -> impl DoubleEndedIterator<Item = &Arc<S>> {
        self.segments.iter()
    }

    pub(crate) fn last(&self) -> Option<&Arc<S>> {
        self.segments.back()
    }

    /// The one with this sequence number, if it is still here.
    pub(crate) fn find(&self, sequence: u64) -> Option<&Arc<S>> {
        self.segments.iter().rev().find(|segment| segment.sequence() == sequence)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// EXT-X-TARGETDURATION, in seconds.
    pub(crate) fn target_duration(&self) -> u64 {
        self.target_duration
    }

    /// The same as a span.
    pub(crate) fn target(&self) -> Delta {
        Delta::secs(i64::try_from(self.target_duration).unwrap_or(i64::MAX))
    }

    /// EXT-X-DISCONTINUITY-SEQUENCE.
    pub(crate) fn discontinuity_sequence(&self) -> u64 {
        self.discontinuities
    }
}

/// How long a segment is for EXT-X-TARGETDURATION, in seconds.
fn rounded(segment: &impl Listed) -> u64 {
    u64::try_from((segment.duration().as_micros().saturating_add(500_000)) / 1_000_000).unwrap_or(0)
}

/// Players begin three segments before the end (RFC 8216 §6.3.3).
pub(crate) const LEAST: usize = 3;

/// The most segments that are kept, however short: a source can have one cut at every frame. An hour has 1,800 of two seconds.
const MOST: usize = 2_000;

/// How many segments are kept when they are no longer listed: a player that was given a playlist fetches
/// its oldest segment within about the duration of one.
const KEPT: usize = 2;
