//! A conversation of FLV tag bodies: each piece is a tag's kind, its time, its size and its body.

use std::time::SystemTime;

use bytes::Bytes;
use container::flv::{self, Demuxer};
use media::nal::nal_units;
use media::{Codec, Time, av1};

pub fn run(data: &[u8]) {
    let mut demuxer = Demuxer::new();
    let mut rest = data;
    while let [kind, time, size, after @ ..] = rest {
        let (body, next) = after.split_at(after.len().min(usize::from(*size)));
        rest = next;
        let (time, body) = (Time::from_millis(i64::from(*time) * 40), Bytes::copy_from_slice(body));
        let wall = SystemTime::UNIX_EPOCH;
        let frames = match kind % 3 {
            0 => demuxer.video(time, wall, body),
            1 => demuxer.audio(time, wall, body),
            _ => demuxer.data(time, wall, body),
        };
        for frame in frames.flatten() {
            let _ = flv::sequence_header(&frame.track, kind / 3);
            let _ = flv::head(&frame, kind / 3);
            let whole = match frame.track.codec {
                Codec::H264(_) | Codec::H265(_) => nal_units(&frame.payload, 4).all(|unit| unit.is_ok()),
                Codec::Av1(_) => av1::obus(&frame.payload).all(|unit| unit.is_ok()),
                _ => !frame.payload.is_empty(),
            };
            assert!(whole, "a broken frame left the demuxer");
        }
    }
}
