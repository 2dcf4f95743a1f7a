//! From the clocks of sources to the one clock of a stream.
//!
//! The only place that changes a timestamp: demuxers unwrap counters before it, muxers map to their units after it.
//!
//! What it promises of the frames it lets go, whatever the source does:
//! - dts rises strictly within a track and is never negative; pts is never before dts, nor a minute after it;
//! - every frame comes out once, in order of arrival, none later than 500 ms after it came;
//! - tracks that are in sync on the source's clock are in sync on the stream's.
//!
//! Times are saturating and the table of tracks and the queue are bounded, so no timestamp can do harm.

mod coarse;
mod lane;

use std::sync::Arc;

use crate::{Delta, Frame, Kind, Time, Track};
use lane::{Lane, decode_no_later_than_presented};

/// The clock of one stream, across all its publishers.
///
/// A source's clock is kept as it is, plus one offset that all its tracks share: zero for the first publisher, unless
/// its clock starts below zero. The offset changes when the source's clock jumps: when one step of a track goes back by
/// more than 500 ms, or forward by 3 s more than the time of arrival did. (A pause of the source that the time of arrival
/// confirms stays a gap, and so does one that another track has gone through.)
///
/// A jump shows on one track first. Its frames are held up to 500 ms for the others to follow, while those that have not
/// jumped go on. Then all that jumped get one new offset, by which none goes back and the one with the least room goes on
/// one frame after its last. A track that goes on without following keeps its offset, so one broken clock neither stops
/// nor shifts the others; should it follow later it gets the new offset at once, and they are in sync again. One that was
/// silent meanwhile is looked at anew when it returns. Where a source jumps twice before all have followed once, those
/// behind go through the same offsets as those ahead. For the sake of a common offset a track is nudged for a second at
/// most, and for two behind another that is nudged. A clock that comes back from a jump gets its former offset, so a few
/// wrong timestamps cost nothing.
///
/// A track that appears later gets the offset of the others, unless that puts it more than 10 s from their current
/// time: then it begins at that time.
///
/// Sound that is stamped more coarsely than its frames are long gets the times that its frames make.
///
/// Data tracks have no clock of their own: they are never held nor waited for, and a message more than 10 s from the
/// current time of sound and pictures is given that time.
///
/// Owned by the stream. Its publisher calls [`push`](Timeline::push), and [`tick`](Timeline::tick) at the
/// [`deadline`](Timeline::deadline).
#[derive(Debug, Default)]
pub struct Timeline {
    lanes: Vec<Lane>,
    held: Vec<(usize, Frame)>,
    held_bytes: usize,
    held_since: Option<Time>,
    /// Released by `resume`, which has nowhere to put them.
    ready: Vec<Frame>,
    /// No lane made from now on may start before this: the last dts of lanes that were given up for lack of room.
    floor: Option<Time>,
    resumed: bool,
    stats: Stats,
}

/// What a [`Timeline`] had to do, since it was made.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// New offsets because a source's clock jumped.
    pub jumps: u64,
    /// Frames whose dts was raised to keep order within the track.
    pub nudged: u64,
    /// Frames that waited for other tracks to follow a jump.
    pub held: u64,
}

impl Timeline {
    /// For a new stream.
    pub fn new() -> Timeline {
        Timeline::default()
    }

    /// From here on the frames are another publisher's.
    ///
    /// Its clock goes on one frame after the last dts of the stream, and the first frame of each track gets
    /// `discontinuity`. Frames still held come out with the next call; [`flush`](Timeline::flush) before to have them.
    pub fn resume(&mut self) {
        let mut ready = std::mem::take(&mut self.ready);
        self.release(&mut ready);
        self.ready = ready;
        self.resumed |= self.lanes.iter().any(|lane| lane.last.is_some());
        for lane in &mut self.lanes {
            lane.leave();
        }
    }

    /// Takes a frame on the source's clock, which arrived at `now` (monotonic, any origin), and appends to `out` what
    /// may go on, on the stream's clock and in order of arrival.
    pub fn push(&mut self, now: Time, mut frame: Frame, out: &mut Vec<Frame>) {
        self.tick(now, out);
        decode_no_later_than_presented(&mut frame);
        let index = self.lane(&frame.track, out);
        if frame.track.kind() == Kind::Data {
            self.lanes[index].heard(now, &frame);
            let (offset, _) = self.align(now, frame.dts);
            return self.put(index, offset, frame, out);
        }
        if self.lanes[index].follows(now, frame.dts) {
            return match self.lanes[index].held_from {
                None => self.pass(index, now, frame, out),
                Some(_) => self.hold(index, now, frame, out),
            };
        }
        if self.lanes[index].held_from.is_some() {
            // A second jump before the first was settled.
            self.release(out);
        }
        match self.offset_for(index, now, frame.dts) {
            Some(offset) => {
                self.stats.jumps += u64::from(self.lanes[index].turn(offset, frame.dts));
                self.pass(index, now, frame, out);
                if self.lanes.iter().any(|lane| self.offset_found(lane).is_some()) {
                    self.release(out);
                }
            }
            None => self.hold(index, now, frame, out),
        }
    }

    /// When [`tick`](Timeline::tick) must be called if nothing is pushed before.
    pub fn deadline(&self) -> Option<Time> {
        if !self.ready.is_empty() {
            return Some(Time::MIN);
        }
        self.held_since.map(|since| since + HOLD)
    }

    /// Appends to `out` what has waited long enough.
    pub fn tick(&mut self, now: Time, out: &mut Vec<Frame>) {
        out.append(&mut self.ready);
        if self.deadline().is_some_and(|deadline| now >= deadline) {
            self.release(out);
        }
    }

    /// Appends to `out` everything that waits: the publisher has ended.
    pub fn flush(&mut self, out: &mut Vec<Frame>) {
        out.append(&mut self.ready);
        self.release(out);
    }

    /// What had to be done so far.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// The place of `track` in `lanes`.
    fn lane(&mut self, track: &Arc<Track>, out: &mut Vec<Frame>) -> usize {
        if let Some(index) = self.lanes.iter().position(|lane| lane.track.id == track.id) {
            let lane = &mut self.lanes[index];
            if !Arc::ptr_eq(&lane.track, track) {
                lane.track = Arc::clone(track);
            }
            return index;
        }
        if self.lanes.len() >= MAX_TRACKS {
            self.release(out); // held frames name lanes by their place
            if let Some(oldest) = (0..self.lanes.len()).min_by_key(|index| self.lanes[*index].seen) {
                self.floor = self.floor.max(self.lanes.swap_remove(oldest).last);
            }
        }
        self.lanes.push(Lane::new(Arc::clone(track), self.floor, self.resumed));
        self.lanes.len() - 1
    }

    /// The offset for a frame that does not follow the one before it in its track; `None` if it has to wait for the
    /// others.
    fn offset_for(&self, index: usize, now: Time, dts: Time) -> Option<Delta> {
        let lane = &self.lanes[index];
        let Some(offset) = lane.offset else {
            let (offset, shared) = self.align(now, dts);
            return (shared || self.held.is_empty()).then_some(offset);
        };
        let others = || self.steady().filter(|other| other.track.id != lane.track.id);
        // Others went through the same gap: it was sent faster than real time, or was just no jump for them.
        let gap = dts >= lane.source
            && others()
                .any(|other| other.offset == lane.offset && dts + offset <= other.position() + FORWARD);
        if gap {
            return Some(offset);
        }
        let mut shared = others().chain(self.ahead_of(lane));
        let past = || self.past_of_others(lane).find(|to| lane.goes_on_at_once(dts + *to));
        shared.find_map(|other| lane.goes_on_with(other, now, dts)).or_else(past)
    }

    /// The tracks, held ones too, by whose offset `lane` does not go. Where jumps come faster than tracks follow them, who is
    /// ahead is held for the next one already.
    fn ahead_of(&self, lane: &Lane) -> impl Iterator<Item = &Lane> {
        let others = self.lanes.iter().filter(|other| other.timed());
        others.filter(|other| other.offset.is_some() && other.offset != lane.offset)
    }

    /// The offsets that tracks had before their last jump and that `lane` does not have.
    fn past_of_others(&self, lane: &Lane) -> impl Iterator<Item = Delta> {
        let ahead = |other: &&Lane| other.held_from.is_some() || other.offset != lane.offset;
        let others = self.lanes.iter().filter(|other| other.timed() && other.track.id != lane.track.id);
        others.filter(ahead).filter_map(|other| other.former).filter(|offset| lane.offset != Some(*offset))
    }

    /// The offset of a track that goes on, if it is new for `lane`, which is held, and lets that go on too.
    fn offset_found(&self, lane: &Lane) -> Option<Delta> {
        let (from, old) = (lane.held_from?, lane.offset?);
        let mut new = self.steady().filter(|other| other.offset != Some(old));
        new.find_map(|other| lane.goes_on_with(other, lane.seen, from))
    }

    /// The offset for a track of which nothing is known, and whether others have it too: one of theirs if that brings
    /// it near them, else one that brings it to the current time.
    fn align(&self, now: Time, dts: Time) -> (Delta, bool) {
        let near = self.steady().filter_map(|lane| lane.near(now, dts).zip(Some(lane.seen)));
        if let Some((offset, _)) = near.max_by_key(|(_, seen)| *seen) {
            return (offset, true);
        }
        if let Some(reference) = self.reference() {
            return (reference.current(now) - dts, false);
        }
        // The first of all. A source's own start is kept as long as it makes sense.
        let kept = if (Time::ZERO..=LATEST_START).contains(&dts) { dts } else { Time::ZERO };
        (self.end().unwrap_or(kept) - dts, true)
    }

    /// The tracks that show what the current time is: they carry a clock, were heard of since the publisher began, and have
    /// not jumped.
    fn steady(&self) -> impl Iterator<Item = &Lane> {
        self.lanes.iter().filter(|lane| lane.timed() && lane.offset.is_some() && lane.held_from.is_none())
    }

    /// The steady track heard last.
    fn reference(&self) -> Option<&Lane> {
        self.steady().max_by_key(|lane| lane.seen)
    }

    /// One frame after the last of the stream; `None` before its first sound or picture.
    fn end(&self) -> Option<Time> {
        self.lanes.iter().filter(|lane| lane.timed()).filter_map(Lane::end).max()
    }

    fn pass(&mut self, index: usize, now: Time, frame: Frame, out: &mut Vec<Frame>) {
        let lane = &mut self.lanes[index];
        lane.heard(now, &frame);
        let offset = lane.offset.unwrap_or_default();
        self.put(index, offset, frame, out);
    }

    fn put(&mut self, index: usize, offset: Delta, mut frame: Frame, out: &mut Vec<Frame>) {
        self.stats.nudged += u64::from(self.lanes[index].stamp(&mut frame, offset));
        out.push(frame);
    }

    /// Keeps a frame of a track that has jumped, until the other active tracks have, or the bounds are met.
    fn hold(&mut self, index: usize, now: Time, frame: Frame, out: &mut Vec<Frame>) {
        let lane = &mut self.lanes[index];
        if lane.held_from.is_none() {
            lane.held_from = Some(frame.dts);
            lane.source = frame.dts;
        }
        lane.heard(now, &frame);
        self.held_since.get_or_insert(now);
        self.held_bytes = self.held_bytes.saturating_add(frame.payload.len());
        self.held.push((index, frame));
        let awaited = self.steady().any(|lane| now - lane.seen <= ACTIVE);
        if awaited && self.held.len() < MAX_HELD_FRAMES && self.held_bytes < MAX_HELD_BYTES {
            self.stats.held += 1;
        } else {
            self.release(out);
        }
    }

    fn release(&mut self, out: &mut Vec<Frame>) {
        self.settle();
        self.held_bytes = 0;
        self.held_since = None;
        for (index, frame) in std::mem::take(&mut self.held) {
            let offset = self.lanes[index].offset.unwrap_or_default();
            self.put(index, offset, frame, out);
        }
    }

    /// Gives every held track the offset it goes on with.
    fn settle(&mut self) {
        let since = self.held_since.unwrap_or(Time::MAX);
        match self.reference().filter(|lane| lane.seen >= since).map(Lane::position) {
            Some(at) => {
                let stumbled = self.lanes.iter_mut().filter(|lane| lane.stumbled(at));
                stumbled.for_each(|lane| lane.held_from = None);
            }
            // Nobody goes on by the old clock: who is silent now is looked at anew when it returns.
            None if !self.held.is_empty() => {
                self.lanes.iter_mut().filter(|lane| lane.held_from.is_none()).for_each(Lane::leave);
            }
            None => {}
        }
        // Another has found its way meanwhile.
        for index in 0..self.lanes.len() {
            if let Some(offset) = self.offset_found(&self.lanes[index]) {
                self.lanes[index].shift(offset);
            }
        }
        // One offset for all that jumped to the same clock: the one by which none of them goes back, or that from
        // before the last jump, if that was only a few wrong timestamps.
        while let Some(closing) = self.lanes.iter().filter_map(Lane::wanted).max() {
            let jumped = self.lanes.iter().filter(|lane| lane.wanted().is_some());
            let back =
                jumped.filter_map(|lane| lane.former).find(|former| (*former - closing).abs() <= RETURN);
            for lane in &mut self.lanes {
                if lane.wanted().is_some_and(|wanted| closing - wanted <= APART) {
                    lane.shift(back.unwrap_or(closing));
                }
            }
            self.stats.jumps += 1;
        }
        // Those that began meanwhile, near none of the clocks there were.
        while let Some(index) = self.lanes.iter().position(|lane| lane.held_from.is_some()) {
            let Lane { seen, source, .. } = self.lanes[index];
            let (offset, _) = self.align(seen, source);
            self.lanes[index].shift(offset);
        }
    }
}

/// How long frames of a track that jumped wait for the other tracks.
const HOLD: Delta = Delta::millis(500);
/// A single step back by more than this is a jump. Encoders that round audio and video apart stay well below.
const BACK: Delta = Delta::millis(500);
/// A single step forward by more than this, beyond what the time of arrival says, is a jump.
const FORWARD: Delta = Delta::secs(3);
/// Tracks whose times are further apart do not share a clock.
const APART: Delta = Delta::secs(10);
/// A track that jumped alone, to within this of the others, still has their clock.
const STUMBLE: Delta = Delta::secs(1);
/// A clock that jumps to within this of what it would be without its last jump has come back.
const RETURN: Delta = Delta::millis(100);
/// A track silent for longer is not waited for.
const ACTIVE: Delta = Delta::secs(2);
/// The longest pause that the time of arrival can confirm.
const LONGEST_PAUSE: Delta = Delta::secs(24 * 3600);
/// A start beyond 285 years is nonsense, and moved to zero.
const LATEST_START: Time = Time::from_micros(1 << 53);
/// Bounds of what is held: 500 ms of a stream with many tracks, or of a very big one.
const MAX_HELD_FRAMES: usize = 256;
const MAX_HELD_BYTES: usize = 16 << 20;
/// More tracks than any source has; beyond, the one silent for longest is forgotten.
const MAX_TRACKS: usize = 64;

#[cfg(test)]
#[path = "timeline_test.rs"]
mod tests;

#[cfg(test)]
#[path = "timeline_jump_test.rs"]
mod jumps;

#[cfg(test)]
#[path = "timeline_law_test.rs"]
mod laws;
