//! Where segments end, whatever their format.

use std::sync::Arc;

use media::{Codec, Delta, Frame, Kind, Time, Track};

use crate::Config;
use crate::muxer::{Head, Muxer};

/// Takes frames in decoding order across tracks.
///
/// A segment begins at a start point: a key frame of the main video, or any sound where there is no video
/// or it has been silent for a whole target length. It ends at the first start point after the target length, or sooner when
/// tracks or codecs have changed or when it did not begin at a start point itself; and by force when
/// there is none for too long.
#[derive(Debug)]
pub(crate) struct Cutter<M> {
    config: Config,
    sequence: u64,
    muxer: M,
    /// What the open segment carries.
    lanes: Vec<Lane>,
    open: Option<Open>,
    /// The next segment does not continue the one before.
    discontinuity: bool,
    /// A decoder has to be set up anew, from the next start point on.
    changed: bool,
    /// The format has to say anew what decoders need, from the next start point on.
    renew: bool,
    /// Since when there is no segment although there are frames.
    waiting_since: Option<Time>,
    /// The last frame of video, or where waiting for it began.
    video_at: Option<Time>,
}

/// The segment that is being made.
#[derive(Debug)]
struct Open {
    start: Time,
    /// Where its last frame ends.
    end: Time,
    discontinuity: bool,
    independent: bool,
}

/// A track as the open segment knows it.
#[derive(Debug)]
struct Lane {
    track: Arc<Track>,
    last: Option<Time>,
    /// How long its frames last, by their distance.
    step: Delta,
}

impl<M: Muxer> Cutter<M> {
    pub(crate) fn new(config: Config, first: u64, muxer: M) -> Cutter<M> {
        Cutter {
            config,
            sequence: first,
            muxer,
            lanes: Vec::new(),
            open: None,
            discontinuity: first > 0,
            changed: false,
            renew: false,
            waiting_since: None,
            video_at: None,
        }
    }

    /// Other lengths, for the segment that is being made too.
    pub(crate) fn set_config(&mut self, config: Config) {
        self.config = config;
    }

    /// Takes a frame; `tracks` are those of the stream at present, by id.
    pub(crate) fn write(&mut self, frame: &Arc<Frame>, tracks: &[Arc<Track>]) {
        // Nothing could be said of how long the segment lasts.
        let far = |from: Time, to: Time| to - from > self.config.force_cut;
        if self.open.as_ref().is_some_and(|open| far(open.end, frame.dts) || far(frame.dts, open.start)) {
            self.finish();
        }
        let quiet_since = *self.video_at.get_or_insert(frame.dts);
        let start_point = match frame.track.kind() {
            Kind::Video => frame.keyframe && Some(frame.track.id) == main_video(tracks),
            _ => main_video(tracks).is_none() || frame.dts - quiet_since >= self.config.target,
        };
        if frame.track.kind() == Kind::Video {
            self.video_at = Some(frame.dts);
        }
        self.notice_changes(frame, tracks);
        if self.wants_cut(frame, start_point) {
            self.cut(frame, tracks, start_point);
        }
        let Some(open) = &mut self.open else { return };
        let Some(lane) = self.lanes.iter_mut().find(|lane| lane.track.id == frame.track.id) else { return };
        open.end = open.end.max(lane.end_of(frame));
        self.muxer.write(frame);
    }

    pub(crate) fn muxer(&self) -> &M {
        &self.muxer
    }

    pub(crate) fn muxer_mut(&mut self) -> &mut M {
        &mut self.muxer
    }

    /// Ends the segment with what has come; what follows does not continue it.
    pub(crate) fn finish(&mut self) {
        if let Some(open) = self.open.take() {
            let end = open.end;
            self.close(open, end);
        }
        self.discontinuity = self.sequence > 0;
        self.changed = false;
        self.renew = false;
        self.lanes.clear();
        self.waiting_since = None;
        self.video_at = None;
    }

    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    fn notice_changes(&mut self, frame: &Frame, tracks: &[Arc<Track>]) {
        if self.open.is_none() {
            return;
        }
        let known = |track: &Arc<Track>| {
            let same = |lane: &Lane| lane.track.id == track.id && lane.track.codec.same_codec(&track.codec);
            self.lanes.iter().any(same)
        };
        self.changed |= !tracks.iter().all(known);
        if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.track.id == frame.track.id)
            && !Arc::ptr_eq(&lane.track, &frame.track)
            && lane.track.codec.same_codec(&frame.track.codec)
        {
            self.changed |= needs_new_decoder(&lane.track.codec, &frame.track.codec);
            self.renew |= !M::goes_on(&lane.track.codec, &frame.track.codec);
            lane.track = Arc::clone(&frame.track);
        }
    }

    fn wants_cut(&mut self, frame: &Frame, start_point: bool) -> bool {
        match &self.open {
            Some(open) => {
                let length = frame.dts - open.start;
                let due = self.config.target - self.config.slack();
                start_point && (length >= due || self.changed || self.renew || !open.independent)
                    || length >= self.config.force_cut
                    || self.muxer.bytes() >= self.config.segment_bytes
            }
            None => {
                let since = *self.waiting_since.get_or_insert(frame.dts);
                start_point || frame.dts - since >= self.config.force_cut
            }
        }
    }

    /// Begins a segment with `frame`.
    fn cut(&mut self, frame: &Frame, tracks: &[Arc<Track>], independent: bool) {
        if let Some(open) = self.open.take() {
            self.close(open, frame.dts);
        }
        // A cut by force is no place for a new decoder: what changed waits for a start point.
        if independent || self.lanes.is_empty() {
            self.discontinuity |= self.changed;
            self.changed = false;
            self.renew = false;
            self.muxer.set_tracks(tracks);
            let step = |track: &Track| {
                self.lanes.iter().find(|lane| lane.track.id == track.id).map(|lane| lane.step)
            };
            let lane = |track: &Arc<Track>| Lane {
                track: Arc::clone(track),
                last: None,
                step: step(track).unwrap_or(STEP),
            };
            self.lanes = tracks.iter().map(lane).collect();
        }
        let discontinuity = std::mem::take(&mut self.discontinuity);
        let (start, wall) = (frame.dts, frame.wall);
        self.muxer.begin(Head { sequence: self.sequence, start, wall, discontinuity, independent });
        self.open = Some(Open { start, end: start, discontinuity, independent });
        self.waiting_since = None;
    }

    fn close(&mut self, open: Open, end: Time) {
        if self.muxer.end(end) {
            self.sequence += 1;
        } else {
            self.discontinuity |= open.discontinuity;
        }
    }
}

impl Lane {
    fn end_of(&mut self, frame: &Frame) -> Time {
        if let Some(last) = self.last.replace(frame.dts) {
            self.step = (frame.dts - last).max(Delta::ZERO).min(MAX_STEP);
        }
        frame.dts + frame.duration.unwrap_or(self.step)
    }
}

/// The video track that segments are cut at. `tracks` are in order of their ids.
fn main_video(tracks: &[Arc<Track>]) -> Option<media::TrackId> {
    tracks.iter().find(|track| track.kind() == Kind::Video).map(|track| track.id)
}

/// Whether a decoder that has begun with `before` cannot simply go on with `after`. New picture parameter
/// sets alone are everyday business, and so is another bit rate of AC-3.
fn needs_new_decoder(before: &Codec, after: &Codec) -> bool {
    match (before, after) {
        (Codec::H264(before), Codec::H264(after)) => before.sps != after.sps,
        (Codec::H265(before), Codec::H265(after)) => before.vps != after.vps || before.sps != after.sps,
        (Codec::Ac3(before), Codec::Ac3(after)) | (Codec::Eac3(before), Codec::Eac3(after)) => {
            !before.same_format(after)
        }
        (before, after) => before != after,
    }
}

/// How long a frame lasts, as long as there is only one.
const STEP: Delta = Delta::millis(40);
/// A longer distance is a gap and not the length of a frame.
const MAX_STEP: Delta = Delta::secs(1);
