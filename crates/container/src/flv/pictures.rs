//! Coded pictures of one track, out of the parts of tag bodies.

use std::sync::Arc;

use bytes::Bytes;
use media::{Codec, Delta, Frame, Time, Track, av1, vp8, vp9};

use super::body::{Packet, Part};
use super::demux::{At, Counts};
use super::fourcc::FourCc;
use super::lane::Lane;
use crate::nalu::{self, Syntax};

/// The picture that `part` holds, in canonical form. Parameters inside it are merged into the lane's track before.
pub(super) fn take(lane: &mut Lane, at: At, part: &Part, counts: &mut Counts) -> Option<Frame> {
    let frame = match part.codec {
        FourCc::Avc1 => of_units(lane, Syntax::H264, at, part, counts),
        FourCc::Hvc1 => of_units(lane, Syntax::H265, at, part, counts),
        FourCc::Av01 => of_obus(lane, at, part),
        FourCc::Vp09 | FourCc::Vp08 => of_vp(lane, at, part),
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

/// AV1.
fn of_obus(lane: &mut Lane, at: At, part: &Part) -> Taken {
    let Ok(payload) = av1::canonical(&part.data) else { return Taken::Lost };
    if payload.is_empty() {
        return Taken::Lost;
    }
    let sequence = av1::sequence_header(&payload).map(|range| &payload[range]);
    // A tag may call a delayed random access point a key frame; then there is a sequence header, too.
    let keyframe = av1::keyframe(&payload) || part.key && sequence.is_some();
    let known = match lane.track_of(part.codec).map(|track| &track.codec) {
        Some(Codec::Av1(parameters)) => Some(&parameters.sequence[..]),
        _ => None,
    };
    if let Some(sequence) = sequence.filter(|sequence| keyframe && known != Some(*sequence))
        // A copy: the slice would keep the whole picture alive.
        && let Ok(parameters) = av1::Parameters::from_sequence_header(&Bytes::copy_from_slice(sequence))
    {
        lane.update(Codec::Av1(parameters));
    }
    match lane.track_of(part.codec) {
        Some(track) => Taken::Frame(frame(track, at, at.time, keyframe, payload)),
        None => Taken::Lost,
    }
}

/// VP9 and VP8. Key frames say what sequence headers do not: the size.
fn of_vp(lane: &mut Lane, at: At, part: &Part) -> Taken {
    let payload = &part.data;
    let current = lane.track_of(part.codec).map(|track| &track.codec);
    let (keyframe, codec) = match part.codec {
        FourCc::Vp09 => {
            let now = vp9::Parameters::from_keyframe(payload).ok();
            let codec = now.map(|now| match current {
                Some(Codec::Vp9(known))
                    if (known.profile, known.bit_depth) == (now.profile, now.bit_depth) =>
                {
                    // What the sequence header says of level and colours, the key frame does not.
                    Codec::Vp9(vp9::Parameters { picture: now.picture, ..known.clone() })
                }
                _ => Codec::Vp9(now),
            });
            (vp9::keyframe(payload), codec)
        }
        _ => (vp8::keyframe(payload), vp8::Parameters::from_keyframe(payload).ok().map(Codec::Vp8)),
    };
    if payload.is_empty() {
        return Taken::Lost;
    }
    if let Some(codec) = codec {
        lane.update(codec);
    }
    match lane.track_of(part.codec) {
        Some(track) => Taken::Frame(frame(track, at, at.time, keyframe, payload.clone())),
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
