//! Frames as a file that FFmpeg reads.

use std::sync::Arc;

use bytes::Bytes;
use container::{fmp4, ivf};
use media::{Codec, Delta, Frame, Time};

/// The name of a format of FFmpeg's, and a file of that with the key frames `frames` of one track, a second apart; `None` if there is none that can
/// hold them.
pub(super) fn wrap(frames: &[Arc<Frame>]) -> Option<(&'static str, Vec<Bytes>)> {
    let track = &frames.first()?.track;
    let tracks = std::slice::from_ref(track);
    if fmp4::carries(track) {
        let mut fragmenter = fmp4::Fragmenter::new(tracks);
        let mut at = Time::ZERO;
        for frame in frames {
            fragmenter.push(&Arc::new(Frame { dts: at, pts: at, duration: None, ..Frame::clone(frame) }));
            at += Delta::secs(1);
        }
        return Some(("mp4", vec![fmp4::init(tracks), fragmenter.finish()?.data]));
    }
    match &track.codec {
        Codec::Vp8(parameters) => {
            let mut file = vec![ivf::header(*b"VP80", parameters.picture)?];
            for (frame, second) in frames.iter().zip(0..) {
                file.extend([ivf::frame_header(&frame.payload, second * 1_000)?, frame.payload.clone()]);
            }
            Some(("ivf", file))
        }
        _ => None,
    }
}
