//! Frames out of the PES packets of H.264 and H.265: one access unit each.

use std::sync::Arc;
use std::time::SystemTime;

use media::{Frame, Time, Track, TrackId};

use super::demuxer::Counters;
use crate::nalu::{Role, Set, Syntax, byte_stream};

/// What is known of one stream of pictures.
#[derive(Debug)]
pub(super) struct Pictures {
    id: TrackId,
    syntax: Syntax,
    track: Option<Arc<Track>>,
    /// Something was lost since the last frame.
    gap: bool,
}

/// The payload of one PES packet, with what its header and its packets said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Payload<'a> {
    pub(super) bytes: &'a [u8],
    /// To decode and to show; `None` where the header is silent.
    pub(super) times: Option<(Time, Time)>,
    pub(super) wall: SystemTime,
    pub(super) random_access: bool,
    /// Something is missing before it.
    pub(super) gap: bool,
}

impl Pictures {
    pub(super) fn new(id: TrackId, syntax: Syntax) -> Pictures {
        Pictures { id, syntax, track: None, gap: false }
    }

    pub(super) fn track(&self) -> Option<&Arc<Track>> {
        self.track.as_ref()
    }

    /// The frame of an access unit; `None`, counted, when there is none that could be decoded.
    ///
    /// A picture is a key frame if it says so itself, or if parameter sets come with it and the packet says that a
    /// decoder can begin: with open GOPs and intra refresh H.264 has no IDR.
    pub(super) fn take(&mut self, payload: Payload<'_>, counters: &mut Counters) -> Option<Frame> {
        self.gap |= payload.gap;
        let unit = byte_stream(self.syntax, payload.bytes);
        let sequence = unit.sets.iter().any(|set| self.is_sequence(set));
        let keyframe = unit.start || payload.random_access && sequence && unit.slice;
        let current = self.track.as_deref().map(|track| &track.codec);
        if let Some(codec) = self.syntax.merge(current, &unit.sets) {
            self.track = Some(Arc::new(Track { id: self.id, codec }));
        }
        let (Some(track), Some((dts, pts)), true) = (&self.track, payload.times, unit.slice) else {
            // Parameter sets alone are no loss.
            counters.dropped += u64::from(unit.slice || unit.sets.is_empty());
            self.gap |= unit.slice;
            return None;
        };
        counters.repaired += u64::from(unit.repaired);
        Some(Frame {
            track: Arc::clone(track),
            dts,
            pts,
            duration: None,
            keyframe,
            discontinuity: std::mem::take(&mut self.gap),
            wall: payload.wall,
            payload: unit.payload,
        })
    }

    fn is_sequence(&self, set: &[u8]) -> bool {
        set.first().is_some_and(|header| self.syntax.role(*header) == Role::Set(Set::Sequence))
    }
}
