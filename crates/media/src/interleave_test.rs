use std::time::SystemTime;

use bytes::Bytes;

use super::*;
use crate::{Codec, Track, h264};

const VIDEO: u32 = 0;
const AUDIO: u32 = 1;
const DATA: u32 = 9;

fn frame(id: u32, millis: i64) -> Arc<Frame> {
    let codec = match id {
        DATA => Codec::Amf0,
        _ => Codec::H264(h264::Parameters { sps: vec![], pps: vec![], picture: None }),
    };
    let dts = Time::from_millis(millis);
    Arc::new(Frame {
        track: Arc::new(Track { id: TrackId(id), codec }),
        dts,
        pts: dts,
        duration: None,
        keyframe: true,
        discontinuity: false,
        wall: SystemTime::UNIX_EPOCH,
        payload: Bytes::new(),
    })
}

/// What comes out of pushing each in turn.
fn run(interleave: &mut Interleave, frames: &[(u32, i64)]) -> Vec<(u32, i64)> {
    let mut out = vec![];
    for (id, millis) in frames {
        interleave.push(frame(*id, *millis));
        drain(interleave, &mut out);
    }
    out
}

fn drain(interleave: &mut Interleave, out: &mut Vec<(u32, i64)>) {
    while let Some(frame) = interleave.pop() {
        out.push((frame.track.id.0, frame.dts.as_millis()));
    }
}

#[test]
fn one_track_passes_straight_through() {
    let mut interleave = Interleave::new();
    interleave.set_tracks(1);
    assert_eq!(run(&mut interleave, &[(VIDEO, 0), (VIDEO, 40)]), [(VIDEO, 0), (VIDEO, 40)]);
}

#[test]
fn two_tracks_come_in_order_as_soon_as_both_have_shown() {
    let mut interleave = Interleave::new();
    interleave.set_tracks(2);
    let out = run(&mut interleave, &[(VIDEO, 0), (VIDEO, 40), (VIDEO, 80), (AUDIO, 10), (AUDIO, 50)]);
    assert_eq!(out, [(VIDEO, 0), (AUDIO, 10), (VIDEO, 40), (AUDIO, 50)]);
    interleave.flush();
    let mut rest = vec![];
    drain(&mut interleave, &mut rest);
    assert_eq!((rest, interleave.late()), (vec![(VIDEO, 80)], 0));
}
