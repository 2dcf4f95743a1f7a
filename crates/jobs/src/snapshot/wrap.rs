//! One frame as a file that FFmpeg reads.

use std::sync::Arc;

use bytes::Bytes;
use container::{fmp4, ivf};
use media::{Codec, Frame};

/// The name of a format of FFmpeg's, and a file of that with `frame` alone; `None` if there is none that can hold it.
pub(super) fn wrap(frame: &Arc<Frame>) -> Option<(&'static str, Vec<Bytes>)> {
    let track = std::slice::from_ref(&frame.track);
    if fmp4::carries(&frame.track) {
        let mut fragmenter = fmp4::Fragmenter::new(track);
        fragmenter.push(frame);
        return Some(("mp4", vec![fmp4::init(track), fragmenter.finish()?.data]));
    }
    match &frame.track.codec {
        Codec::Vp8(parameters) => {
            let header = ivf::header(*b"VP80", parameters.picture)?;
            Some(("ivf", vec![header, ivf::frame_header(&frame.payload, 0)?, frame.payload.clone()]))
        }
        _ => None,
    }
}
