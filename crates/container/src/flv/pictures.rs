//! Coded pictures of one track, out of the parts of tag bodies.

use std::sync::Arc;

use bytes::Bytes;
use media::{Delta, Frame, Time, Track};

use super::body::{Packet, Part};
use super::demux::{At, Counts};
use super::fourcc::FourCc;
use super::lane::Lane;
use crate::coded;
use crate::nalu::{self, Syntax};

/// The picture that `part` holds, in canonical form. Parameters inside it are merged into the lane's track before.
pub(super) fn take(lane: &mut Lane, at: At, part: &Part, counts: &mut Counts) -> Option<Frame> {
    let frame = match part.codec {
        FourCc::Avc1 => of_units(lane, Syntax::H264, at, part, counts),
        FourCc::Hvc1 => of_units(lane, Syntax::H265, at, part, counts),
        FourCc::Av01 | FourCc::Vp09 | FourCc::Vp08 => of_others(lane, at, part),
        _ => Taken::Lost,
    };
    match frame {
        Taken::Frame(frame) => Some(frame),
        Taken::Nothing => None,
        Taken::Lost => {
            counts.dropped += 1;
            None
        }
    }
}

enum Taken {
    Frame(Frame),
    /// There was none, and none was missed.
    Nothing,
    Lost,
}

/// H.264 and H.265.
fn of_units(lane: &mut Lane, syntax: Syntax, at: At, part: &Part, counts: &mut Counts) -> Taken {
    let (data, composition) = match part.packet {
        Packet::CodedFrames => {
            let Some(&[high, middle, low]) = part.data.first_chunk() else { return Taken::Lost };
            // Sign-extended from 24 bits.
            let millis = i32::from_be_bytes([high, middle, low, 0]) >> 8;
            (part.data.slice(3..), Delta::millis(i64::from(millis)))
        }
        _ => (part.data.clone(), Delta::ZERO),
    };
    let unit = nalu::canonical(syntax, &data, lane.length_size);
    let keyframe = unit.start || part.key && unit.slice;
    let current = lane.track_of(part.codec).map(|track| &track.codec);
    // Without a sequence header only a key frame, or parameter sets alone, can be the beginning.
    if (current.is_some() || keyframe || !unit.slice)
        && let Some(codec) = syntax.merge(current, &unit.sets)
    {
        lane.update(codec);
    }
    if !unit.slice {
        // Parameter sets in a message of their own are as good as a sequence header.
        return if unit.sets.is_empty() || unit.repaired { Taken::Lost } else { Taken::Nothing };
    }
    let Some(track) = lane.track_of(part.codec) else { return Taken::Lost };
    counts.repaired += u64::from(unit.repaired);
    Taken::Frame(frame(track, at, at.time + composition, keyframe, unit.payload))
}

/// AV1, VP9 and VP8.
fn of_others(lane: &mut Lane, at: At, part: &Part) -> Taken {
    let current = lane.track_of(part.codec).map(|track| &track.codec);
    let picture = match part.codec {
        FourCc::Av01 => coded::av1(current, &part.data, part.key),
        FourCc::Vp09 => coded::vp9(current, &part.data),
        _ => coded::vp8(&part.data),
    };
    let Some(coded::Picture { payload, keyframe, codec }) = picture else { return Taken::Lost };
    if let Some(codec) = codec {
        lane.update(codec);
    }
    match lane.track_of(part.codec) {
        Some(track) => Taken::Frame(frame(track, at, at.time, keyframe, payload)),
        None => Taken::Lost,
    }
}

fn frame(track: &Arc<Track>, at: At, pts: Time, keyframe: bool, payload: Bytes) -> Frame {
    Frame {
        track: Arc::clone(track),
        dts: at.time,
        pts,
        duration: None,
        keyframe,
        discontinuity: false,
        wall: at.wall,
        payload,
    }
}
