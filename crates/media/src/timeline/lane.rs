//! One track on the timeline.

use std::sync::Arc;

use super::coarse::Coarse;
use super::{APART, BACK, FORWARD, LONGEST_PAUSE, RETURN, STUMBLE};
use crate::{Delta, Frame, Kind, Time, Track};

/// Where one track is, on the source's clock and on the stream's.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) track: Arc<Track>,
    /// The dts of the last frame let go, on the stream's clock. No later frame may have it again.
    pub(super) last: Option<Time>,
    /// From the source's clock to the stream's; `None` until the publisher's first frame of this track.
    pub(super) offset: Option<Delta>,
    /// The offset before the last jump.
    pub(super) former: Option<Delta>,
    /// The highest dts heard since the clock last jumped, on the source's clock; of held frames too.
    pub(super) source: Time,
    /// By how much the frame let go last was raised to be behind the one before.
    nudged: Delta,
    /// When the last frame arrived.
    pub(super) seen: Time,
    /// The first dts after a jump, while its frames are held.
    pub(super) held_from: Option<Time>,
    /// The usual step from frame to frame, as heard.
    step: Option<Delta>,
    /// What the last frame said of its duration, itself or by its payload.
    duration: Option<Delta>,
    /// Of sound.
    coarse: Coarse,
    /// The next frame let go is marked as a discontinuity.
    mark: bool,
}

impl Lane {
    pub(super) fn new(track: Arc<Track>, floor: Option<Time>, mark: bool) -> Lane {
        Lane {
            track,
            last: floor,
            offset: None,
            former: None,
            source: Time::ZERO,
            nudged: Delta::ZERO,
            seen: Time::MIN,
            held_from: None,
            step: None,
            duration: None,
            coarse: Coarse::default(),
            mark,
        }
    }

    /// Whether the track's times mean something: those of data tracks often do not.
    pub(super) fn timed(&self) -> bool {
        self.track.kind() != Kind::Data
    }

    /// The publisher has gone; the next frame is on another clock.
    pub(super) fn leave(&mut self) {
        self.offset = None;
        self.former = None;
        self.held_from = None;
        self.mark = true;
        self.coarse = Coarse::default();
    }

    /// Whether `dts` is an ordinary step from the frame heard last.
    pub(super) fn follows(&self, now: Time, dts: Time) -> bool {
        let heard = self.offset.is_some() || self.held_from.is_some();
        let step = dts - self.source;
        heard && step >= -BACK && step <= FORWARD + self.silence(now)
    }

    /// The offset of `other`, if a frame of this track put by it on the stream's clock goes on from the frame let go last. Being
    /// in sync is worth a second of nudging, and as much again as `other` is being nudged itself: who follows soon must not be parted from
    /// who turned first by the length of a frame.
    pub(super) fn goes_on_with(&self, other: &Lane, now: Time, dts: Time) -> Option<Delta> {
        let (last, offset) = (self.last?, other.offset?);
        let at = dts + offset;
        let nudged = if other.held_from.is_none() { other.nudged.min(STUMBLE) } else { Delta::ZERO };
        (at >= last - STUMBLE - nudged && at - last <= FORWARD + self.silence(now)).then_some(offset)
    }

    /// Whether a frame put at `at` on the stream's clock goes on from the frame let go last, without a gap worth the name.
    pub(super) fn goes_on_at_once(&self, at: Time) -> bool {
        self.end().is_some_and(|end| (at - end).abs() <= RETURN)
    }

    /// Notes that `frame`, still on the source's clock, has arrived.
    pub(super) fn heard(&mut self, now: Time, frame: &Frame) {
        let step = frame.dts - self.source;
        let ordinary =
            step > Delta::ZERO && step <= FORWARD && self.offset.is_some() && self.held_from.is_none();
        if ordinary {
            let usual = self.step.unwrap_or(step);
            self.step = Some(usual + Delta::micros((step - usual).as_micros() / 8));
        }
        self.source = self.source.max(frame.dts);
        self.seen = now;
        self.duration = duration(frame);
    }

    /// Where the last frame heard is on the stream's clock.
    pub(super) fn position(&self) -> Time {
        self.source + self.offset.unwrap_or_default()
    }

    /// Where a frame that arrives now would be on the stream's clock.
    pub(super) fn current(&self, now: Time) -> Time {
        self.position() + self.silence(now)
    }

    /// The offset, if by it a frame of another track can be on the same source clock.
    pub(super) fn near(&self, now: Time, dts: Time) -> Option<Delta> {
        self.offset.filter(|offset| {
            let at = dts + *offset;
            at >= self.position() - APART && at <= self.current(now) + APART
        })
    }

    /// One frame after the last.
    pub(super) fn end(&self) -> Option<Time> {
        self.last.map(|last| last + self.frame_length())
    }

    /// The offset by which the held frames would go on one frame after the last.
    pub(super) fn wanted(&self) -> Option<Delta> {
        self.offset?;
        Some(self.end()? - self.held_from?)
    }

    /// Whether the clock of this track is still the same and only its timestamps stumbled: by its old offset the held
    /// frames are where another track is, at `at`.
    pub(super) fn stumbled(&self, at: Time) -> bool {
        let (Some(offset), Some(from), Some(last)) = (self.offset, self.held_from, self.last) else {
            return false;
        };
        (self.position() - at).abs() <= STUMBLE && last - (from + offset) <= FORWARD + STUMBLE
    }

    /// From the next frame let go, `offset` holds.
    pub(super) fn shift(&mut self, offset: Delta) {
        self.held_from = None;
        if self.offset.is_some() {
            self.former = self.offset;
            self.mark = true;
        }
        self.offset = Some(offset);
    }

    /// From the frame that is about to arrive with `dts`, `offset` holds. Says whether that is a jump.
    pub(super) fn turn(&mut self, offset: Delta, dts: Time) -> bool {
        if self.offset == Some(offset) {
            return false;
        }
        let jump = self.offset.is_some();
        self.shift(offset);
        self.source = dts;
        jump
    }

    /// Puts `frame` on the stream's clock, after the last. Says whether its dts had to be raised for that.
    pub(super) fn stamp(&mut self, frame: &mut Frame, offset: Delta) -> bool {
        if self.track.kind() == Kind::Audio
            && let Some(length) = duration(frame)
        {
            let place = self.coarse.place(frame.dts, length);
            frame.pts += place - frame.dts;
            frame.dts = place;
        }
        let own = frame.dts + offset;
        let least = self.last.map_or(Time::ZERO, |last| if own > last { own } else { last + NUDGE });
        frame.dts = own.max(least);
        frame.pts = (frame.pts + offset).max(frame.dts);
        frame.discontinuity |= std::mem::take(&mut self.mark);
        self.last = Some(frame.dts);
        self.nudged = frame.dts - own;
        self.nudged > Delta::ZERO
    }

    /// How long nothing has been heard.
    fn silence(&self, now: Time) -> Delta {
        (now - self.seen).clamp(Delta::ZERO, LONGEST_PAUSE)
    }

    /// How long a frame lasts, by the best that is known.
    fn frame_length(&self) -> Delta {
        let usual = match self.track.kind() {
            Kind::Audio => Delta::millis(20),
            _ => Delta::millis(33),
        };
        self.duration.or(self.step).unwrap_or(usual).clamp(NUDGE, FORWARD)
    }
}

/// How long a frame lasts, as far as it says so itself or by its payload.
fn duration(frame: &Frame) -> Option<Delta> {
    let said = frame.duration.filter(|duration| (NUDGE..=FORWARD).contains(duration));
    said.or_else(|| frame.track.codec.frame_duration(&frame.payload))
}

/// Brings dts and pts of a frame into an order that makes sense, on the source's clock.
///
/// Sources that leave dts unshifted send B-frames with a pts before it: then dts is too late, and pts right. A pts
/// further away than any reordering reaches is nonsense, and dts right.
pub(super) fn decode_no_later_than_presented(frame: &mut Frame) {
    frame.dts = frame.dts.clamp(Time::ZERO - FAR, Time::ZERO + FAR);
    let wait = frame.pts - frame.dts;
    if wait < Delta::ZERO && wait >= -BACK {
        frame.dts = frame.pts;
    } else if !(Delta::ZERO..=LONGEST_REORDER).contains(&wait) {
        frame.pts = frame.dts;
    }
}

/// What a frame that would be too early is put behind the last: one tick of the coarsest clock we write, RTMP's.
const NUDGE: Delta = Delta::millis(1);
/// No decoder reorders by more: 16 frames of the slowest slide show.
const LONGEST_REORDER: Delta = Delta::secs(60);
/// Timestamps beyond are cut, so that sums with offsets stay in range: 36,000 years.
const FAR: Delta = Delta::micros(1 << 60);
