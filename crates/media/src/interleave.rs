//! Decode order across tracks, for muxers that need it.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::{Delta, Frame, Kind, Time, TrackId};

/// Puts the published frames of a stream's tracks in dts order, within a bound of 500 ms, 256 frames or 32 MiB.
///
/// Push each frame and pop until `None`. A frame comes out as soon as every track has shown that it has nothing earlier:
/// with one track at once, else when each of the others has a later frame waiting. Never later, though, than when the
/// newest frame is 500 ms ahead of it, or 256 frames or more than 32 MiB wait. A track that has been silent for 2 s of
/// stream time is not waited for, nor are data tracks ever. A frame that comes after later ones have gone out is late:
/// it comes out next, and is counted.
///
/// How many tracks there are is the caller's knowledge: see [`set_tracks`](Interleave::set_tracks).
#[derive(Debug, Default)]
pub struct Interleave {
    /// Of sound and pictures; `None` when not known yet.
    tracks: Option<usize>,
    lanes: Vec<Lane>,
    /// In order of dts, then of arrival.
    queue: VecDeque<Arc<Frame>>,
    /// Of the payloads in `queue`.
    bytes: usize,
    /// Late frames, in order of arrival; they go before the queue.
    late: VecDeque<Arc<Frame>>,
    late_total: u64,
    /// The highest dts pushed.
    newest: Option<Time>,
    /// The highest dts popped.
    out: Option<Time>,
    /// The first dts pushed.
    start: Option<Time>,
    pushed: u64,
    flushing: bool,
}

/// A track of sound or pictures that has been seen.
#[derive(Debug)]
struct Lane {
    id: TrackId,
    last: Time,
    /// The count of pushed frames at its last.
    at: u64,
    queued: usize,
}

impl Interleave {
    /// For a stream of which it is not known how many tracks it has: see [`set_tracks`](Interleave::set_tracks).
    pub fn new() -> Interleave {
        Interleave::default()
    }

    /// Says how many tracks of sound and pictures there are, from now on; data tracks do not count.
    ///
    /// With 1, frames pass straight through. Until it is said, one more track than was seen is waited for during the
    /// first 2 s of the stream. A track beyond the number that shows up is waited for like the others.
    pub fn set_tracks(&mut self, tracks: usize) {
        self.tracks = Some(tracks);
        while self.lanes.len() > tracks {
            let Some(idle) = (0..self.lanes.len())
                .filter(|index| self.lanes[*index].queued == 0)
                .min_by_key(|index| self.lanes[*index].at)
            else {
                break;
            };
            self.lanes.swap_remove(idle);
        }
    }

    /// Takes a published frame. Pop until `None` afterwards: only that keeps the bound.
    pub fn push(&mut self, frame: Arc<Frame>) {
        let dts = frame.dts;
        self.pushed += 1;
        self.start.get_or_insert(dts);
        self.newest = self.newest.max(Some(dts));
        let late = self.out.is_some_and(|out| dts < out);
        self.note(&frame, late);
        if late {
            self.late_total += 1;
            self.late.push_back(frame);
        } else {
            self.bytes += frame.payload.len();
            let place = self.queue.partition_point(|queued| queued.dts <= dts);
            self.queue.insert(place, frame);
        }
    }

    /// The next frame, if it need not wait.
    pub fn pop(&mut self) -> Option<Arc<Frame>> {
        if let Some(late) = self.late.pop_front() {
            return Some(late);
        }
        if !(self.flushing || self.full() || self.complete()) {
            return None;
        }
        let frame = self.queue.pop_front()?;
        self.bytes -= frame.payload.len();
        self.flushing &= !self.queue.is_empty();
        self.out = Some(frame.dts);
        if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.id == frame.track.id) {
            lane.queued = lane.queued.saturating_sub(1);
        }
        Some(frame)
    }

    /// Nothing more comes, or nothing that belongs before: lets `pop` give all that waits.
    pub fn flush(&mut self) {
        self.flushing = !self.queue.is_empty();
    }

    /// How many frames came out after later ones.
    pub fn late(&self) -> u64 {
        self.late_total
    }

    fn note(&mut self, frame: &Frame, late: bool) {
        if frame.track.kind() == Kind::Data {
            return;
        }
        let id = frame.track.id;
        let index = self.lanes.iter().position(|lane| lane.id == id).unwrap_or_else(|| {
            if self.lanes.len() >= MAX_TRACKS {
                self.lanes.retain(|lane| lane.queued > 0);
            }
            self.lanes.push(Lane { id, last: frame.dts, at: 0, queued: 0 });
            self.lanes.len() - 1
        });
        let lane = &mut self.lanes[index];
        lane.last = frame.dts;
        lane.at = self.pushed;
        lane.queued += usize::from(!late);
    }

    /// The bound is met.
    fn full(&self) -> bool {
        let span = match (self.queue.front(), self.newest) {
            (Some(first), Some(newest)) => newest - first.dts,
            _ => Delta::ZERO,
        };
        span >= SPAN || self.queue.len() >= MAX_FRAMES || self.bytes > MAX_BYTES
    }

    /// Every track that is still heard of has a frame waiting.
    fn complete(&self) -> bool {
        let missing =
            self.lanes.iter().any(|lane| lane.queued == 0 && !self.silent_since(lane.last, lane.at));
        let expected = self.tracks.unwrap_or(self.lanes.len() + 1) > self.lanes.len();
        let young = self.start.is_some_and(|start| !self.silent_since(start, 0));
        !(missing || expected && young)
    }

    /// Whether a track last heard at `last`, when `at` frames had been pushed, is given up. Time alone does not tell:
    /// after a pause of the whole source all tracks are seconds behind the first that returns.
    fn silent_since(&self, last: Time, at: u64) -> bool {
        self.newest.is_some_and(|newest| newest - last > SILENT) && self.pushed - at > SILENT_FRAMES
    }
}

/// How far the newest frame may be ahead of the oldest that waits.
const SPAN: Delta = Delta::millis(500);
const MAX_FRAMES: usize = 256;
/// 500 ms of 500 Mbit/s.
const MAX_BYTES: usize = 32 << 20;
/// A track that has sent nothing for this span, and while the others sent so many frames, is not waited for.
const SILENT: Delta = Delta::secs(2);
const SILENT_FRAMES: u64 = 50;
/// More tracks than any stream has; beyond, those with nothing waiting are forgotten.
const MAX_TRACKS: usize = 64;

#[cfg(test)]
#[path = "interleave_test.rs"]
mod tests;
