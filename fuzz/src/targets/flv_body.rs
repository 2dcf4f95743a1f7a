//! A conversation of FLV tag bodies: each piece is a tag's kind, its time, its size and its body.
#![no_main]

use std::time::SystemTime;

use bytes::Bytes;
use container::flv::{self, Demuxer};
use libfuzzer_sys::fuzz_target;
use media::{Time, h264};

fuzz_target!(|data: &[u8]| {
    let mut demuxer = Demuxer::new();
    let mut rest = data;
    while let [kind, time, size, after @ ..] = rest {
        let (body, next) = after.split_at(after.len().min(usize::from(*size)));
        rest = next;
        let (time, body) = (Time::from_millis(i64::from(*time) * 40), Bytes::copy_from_slice(body));
        let wall = SystemTime::UNIX_EPOCH;
        let frame = match kind % 3 {
            0 => demuxer.video(time, wall, body),
            1 => demuxer.audio(time, wall, body),
            _ => demuxer.data(time, wall, body),
        };
        let Ok(Some(frame)) = frame else { continue };
        let _ = flv::sequence_header(&frame.track);
        let _ = flv::head(&frame);
        if let media::Codec::H264(_) = frame.track.codec {
            assert!(
                h264::nal_units(&frame.payload, 4).all(|unit| unit.is_ok()),
                "a broken picture left the demuxer"
            );
        }
    }
});
