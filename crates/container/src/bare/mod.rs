//! Elementary streams as RTP carries them: one access unit at a time, and nothing around it.
//!
//! WebRTC and RTSP have no container: what a container would say of a track is in the stream itself, and there is one time for each unit,
//! that of presentation. A [`Lane`] makes frames of one track's units.
//!
//! Speaks H.264 and H.265 as byte streams, AV1, VP8, VP9, Opus and G.711.
//!
//! Sources: RFC 6184, 7798, 7741, 9628, 7587 and "RTP Payload Format For AV1", for what a depacketiser puts out.

mod order;

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use media::{Codec, Frame, Time, Track, TrackId, g711, opus};

use crate::coded;
use crate::nalu::{self, Syntax};
use order::Order;

/// How the units of a track are coded, and what is said of it outside the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// NAL units of H.264 behind start codes, parameter sets among them.
    H264,
    /// The same of H.265.
    H265,
    /// OBUs of AV1 with their size fields, of which the last may lack its own; with or without temporal delimiters.
    Av1,
    /// Frames of VP8.
    Vp8,
    /// Frames or superframes of VP9.
    Vp9,
    /// Packets of Opus.
    Opus {
        /// As the session description has it, where stereo is said of all there is (RFC 7587 §7); mono that turns out to be stereo becomes it.
        channels: u8,
    },
    /// Samples of G.711, as telephones send them.
    G711(g711::Law),
}

/// One access unit, picture or packet of sound, and when it came.
#[derive(Debug, Clone)]
pub struct Unit {
    /// When it is presented, on the source's clock.
    pub time: Time,
    /// When it was captured if that is known, else when it came.
    pub wall: SystemTime,
    /// Something is missing before it.
    pub lost: bool,
    /// As [`Coding`] says.
    pub payload: Bytes,
}

/// Makes frames of the units of one track.
///
/// Parameters that travel in the stream become the track, and a new one when they change. Until the first key frame nothing comes
/// out: see [`Lane::waits`]. A key frame is an IDR picture (H.265: any random access point) and not a recovery point, for a source is asked for
/// the former when somebody cannot decode.
///
/// Decoding times are made up where pictures are reordered: see [`Order`].
#[derive(Debug)]
pub struct Lane {
    id: TrackId,
    coding: Coding,
    track: Option<Arc<Track>>,
    order: Order,
    /// A key frame has come.
    started: bool,
    /// Something was lost since the last frame.
    gap: bool,
    dropped: u64,
    repaired: u64,
}

impl Lane {
    /// For a track of which nothing has come.
    pub fn new(coding: Coding, id: TrackId) -> Lane {
        Lane {
            id,
            coding,
            track: None,
            order: Order::default(),
            started: false,
            gap: false,
            dropped: 0,
            repaired: 0,
        }
    }

    /// The frame of `unit`, on the source's clock. Its payload is a slice of the unit's unless that had to be rewritten.
    ///
    /// `None`, counted, when there is none that can be decoded; uncounted when it held parameter sets alone.
    pub fn push(&mut self, unit: Unit) -> Option<Frame> {
        // Before the first frame there is nothing that could have a gap.
        self.gap |= unit.lost && self.started;
        let frame = match self.coding {
            Coding::H264 => self.units(Syntax::H264, unit),
            Coding::H265 => self.units(Syntax::H265, unit),
            Coding::Av1 | Coding::Vp8 | Coding::Vp9 => self.picture(unit),
            Coding::Opus { channels } => self.packet(channels, unit),
            Coding::G711(law) => self.samples(law, unit),
        };
        match frame {
            Taken::Frame(frame) => {
                self.started = true;
                Some(Frame { discontinuity: std::mem::take(&mut self.gap), ..frame })
            }
            Taken::Nothing => None,
            Taken::Lost => {
                self.dropped += 1;
                self.gap |= self.started;
                None
            }
        }
    }

    /// The track as the last unit left it; `None` until its parameters are known.
    pub fn track(&self) -> Option<&Arc<Track>> {
        self.track.as_ref()
    }

    /// Whether nothing can be decoded before a key frame comes: its source may be asked for one.
    pub fn waits(&self) -> bool {
        !self.started && !matches!(self.coding, Coding::Opus { .. } | Coding::G711(_))
    }

    /// Units that gave no frame and should have: broken, without a coded slice, or before the first key frame.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Frames of which a broken part was cut out and the rest kept.
    pub fn repaired(&self) -> u64 {
        self.repaired
    }

    fn units(&mut self, syntax: Syntax, unit: Unit) -> Taken {
        let nals = nalu::byte_stream(syntax, &unit.payload);
        let current = self.track.as_deref().map(|track| &track.codec);
        // Sets that come with a picture nobody can decode are not the beginning.
        if (self.started || nals.start || !nals.slice)
            && let Some(codec) = syntax.merge(current, &nals.sets)
        {
            self.update(codec);
        }
        if !nals.slice {
            return if nals.sets.is_empty() { Taken::Lost } else { Taken::Nothing };
        }
        let Some(track) = self.track.clone().filter(|_| self.started || nals.start) else {
            return Taken::Lost;
        };
        self.repaired += u64::from(nals.repaired);
        let dts = self.order.decode(unit.time, track.codec.picture());
        Taken::Frame(Frame { dts, keyframe: nals.start, ..frame(track, unit.time, unit.wall, nals.payload) })
    }

    fn picture(&mut self, unit: Unit) -> Taken {
        let current = self.track.as_deref().map(|track| &track.codec);
        let picture = match self.coding {
            Coding::Av1 => coded::av1(current, &unit.payload, false),
            Coding::Vp9 => coded::vp9(current, &unit.payload),
            _ => coded::vp8(&unit.payload),
        };
        let Some(coded::Picture { payload, keyframe, codec }) = picture else { return Taken::Lost };
        if let Some(codec) = codec {
            self.update(codec);
        }
        match self.track.clone().filter(|_| self.started || keyframe) {
            Some(track) => Taken::Frame(Frame { keyframe, ..frame(track, unit.time, unit.wall, payload) }),
            None => Taken::Lost,
        }
    }

    fn packet(&mut self, channels: u8, unit: Unit) -> Taken {
        // A packet is never empty: RFC 6716 §3.1.
        let Some(toc) = unit.payload.first() else { return Taken::Lost };
        let known = self.track.as_ref().and_then(|track| track.codec.channels());
        let channels = known.unwrap_or(channels.clamp(1, 2)).max(1 + u8::from(toc & STEREO != 0));
        if known != Some(channels)
            && let Some(parameters) = opus::Parameters::new(channels)
        {
            self.update(Codec::Opus(parameters));
        }
        let Some(track) = self.track.clone() else { return Taken::Lost };
        let duration = track.codec.frame_duration(&unit.payload);
        Taken::Frame(Frame { duration, ..frame(track, unit.time, unit.wall, unit.payload) })
    }

    fn samples(&mut self, law: g711::Law, unit: Unit) -> Taken {
        self.update(Codec::G711(g711::Parameters::telephone(law)));
        let Some(track) = self.track.clone() else { return Taken::Lost };
        match track.codec.frame_duration(&unit.payload) {
            None => Taken::Lost,
            duration => Taken::Frame(Frame { duration, ..frame(track, unit.time, unit.wall, unit.payload) }),
        }
    }

    /// Makes a new track only when something has really changed: readers compare by pointer.
    fn update(&mut self, codec: Codec) {
        if self.track.as_ref().is_none_or(|now| now.codec != codec) {
            self.track = Some(Arc::new(Track { id: self.id, codec }));
        }
    }
}

enum Taken {
    Frame(Frame),
    /// There was none, and none was missed.
    Nothing,
    Lost,
}

fn frame(track: Arc<Track>, time: Time, wall: SystemTime, payload: Bytes) -> Frame {
    Frame { track, dts: time, pts: time, duration: None, keyframe: true, discontinuity: false, wall, payload }
}

/// In the first byte of a packet. Source: RFC 6716 §3.1.
const STEREO: u8 = 4;

#[cfg(test)]
#[path = "bare_test.rs"]
mod test;
