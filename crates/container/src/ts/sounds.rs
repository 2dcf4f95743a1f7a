//! Frames out of the PES packets of sound: several in one, or one across two.
//!
//! Source: ISO/IEC 13818-1 §2.4.3.7: a time stamp is that of the first frame that begins in its PES packet.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use media::{Codec, Delta, Frame, Time, Track, TrackId};

use super::demuxer::Counters;
use super::framing::{Cut, Framing};
use super::pictures::Payload;

/// What is known of one stream of sound.
#[derive(Debug)]
pub(super) struct Sounds {
    id: TrackId,
    framing: Framing,
    track: Option<Arc<Track>>,
    /// The beginning of a frame of which the rest has not come: less than the longest frame.
    rest: Vec<u8>,
    /// When the next frame begins.
    next: Option<Time>,
    /// Frames follow one another: what comes next is a frame, whatever it may look like to others.
    locked: bool,
    /// Something was lost since the last frame.
    gap: bool,
}

impl Sounds {
    pub(super) fn new(id: TrackId, framing: Framing) -> Sounds {
        Sounds { id, framing, track: None, rest: Vec::new(), next: None, locked: true, gap: false }
    }

    pub(super) fn track(&self) -> Option<&Arc<Track>> {
        self.track.as_ref()
    }

    /// Hands each frame that ends in `payload` to `out`.
    pub(super) fn take(
        &mut self,
        payload: Payload<'_>,
        counters: &mut Counters,
        out: &mut impl Extend<Frame>,
    ) {
        if payload.gap {
            self.gap = true;
            self.lose_rest(counters);
            self.next = None;
        }
        // The stamp is for the first frame that begins from here on.
        let stamped = self.rest.len();
        let mut stamp = payload.times.map(|(_, pts)| pts);
        let joined;
        let data = if self.rest.is_empty() {
            payload.bytes
        } else {
            let mut rest = std::mem::take(&mut self.rest);
            rest.extend_from_slice(payload.bytes);
            joined = rest;
            &joined
        };
        let mut at = 0;
        while at < data.len() {
            if at >= stamped && stamp.is_some() {
                self.next = stamp.take();
            }
            match self.framing.cut(&data[at..], self.locked) {
                Cut::Frame { size, payload: range, codec } => {
                    let bytes = &data[at..][range];
                    out.extend(self.frame(codec, bytes, payload.wall, counters));
                    self.locked = true;
                    at += size;
                }
                Cut::Other { size, lost } => {
                    counters.dropped += u64::from(lost);
                    self.gap |= lost;
                    at += size;
                }
                Cut::Nothing { skip } => {
                    counters.dropped += u64::from(self.locked);
                    (self.locked, self.gap) = (false, true);
                    at += skip;
                }
                Cut::More => break,
            }
        }
        self.rest.extend_from_slice(data.get(at..).unwrap_or_default());
        if self.rest.len() > MAX_REST {
            self.gap = true;
            self.lose_rest(counters);
        }
    }

    /// The next frame does not continue the last.
    pub(super) fn lose_rest(&mut self, counters: &mut Counters) {
        counters.dropped += u64::from(!self.rest.is_empty());
        self.rest.clear();
        self.locked = false;
    }

    fn frame(
        &mut self,
        codec: Option<Codec>,
        bytes: &[u8],
        wall: SystemTime,
        counters: &mut Counters,
    ) -> Option<Frame> {
        if let Some(codec) = codec {
            self.track = Some(Arc::new(Track { id: self.id, codec }));
        }
        let track = self.track.as_ref()?;
        let Some(time) = self.next else {
            // Nothing says when.
            counters.dropped += 1;
            self.gap = true;
            return None;
        };
        let duration = track.codec.frame_duration(bytes);
        self.next = Some(time + duration.unwrap_or(Delta::ZERO));
        Some(Frame {
            track: Arc::clone(track),
            dts: time,
            pts: time,
            duration,
            keyframe: true,
            discontinuity: std::mem::take(&mut self.gap),
            wall,
            payload: Bytes::copy_from_slice(bytes),
        })
    }
}

/// More than any frame has.
const MAX_REST: usize = 64 << 10;
