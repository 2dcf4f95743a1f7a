//! Any bytes as the units of one track of WebRTC's or RTSP's. The first byte is the coding; each unit has a head of flags, a time and a size.

use std::time::SystemTime;

use bytes::Bytes;
use container::bare::{Coding, Lane, Unit};
use media::nal::nal_units;
use media::{Codec, Delta, Time, TrackId};

pub fn run(data: &[u8]) {
    let [coding, rest @ ..] = data else { return };
    let coding = match coding % 6 {
        0 => Coding::H264,
        1 => Coding::H265,
        2 => Coding::Av1,
        3 => Coding::Vp8,
        4 => Coding::Vp9,
        _ => Coding::Opus { channels: coding / 6 },
    };
    let mut lane = Lane::new(coding, TrackId(1));
    let (mut time, mut rest, mut given, mut units) = (Time::ZERO, rest, 0, 0);
    let mut started = false;
    while let [flags, step, high, low, after @ ..] = rest {
        let size = usize::from(u16::from_be_bytes([*high, *low])).min(after.len());
        let (payload, next) = after.split_at(size);
        rest = next;
        // Back by up to 128 pictures, or ahead.
        time = time + Delta::millis(40 * i64::from(i8::from_ne_bytes([*step])));
        let payload = Bytes::copy_from_slice(payload);
        let unit = Unit { time, wall: SystemTime::UNIX_EPOCH, lost: flags & 1 == 1, payload };
        units += 1;
        let Some(frame) = lane.push(unit) else { continue };
        given += 1;
        assert!(started || frame.keyframe, "it begins with a key frame");
        assert_eq!(frame.pts, time);
        started = true;
        let whole = match frame.track.codec {
            Codec::H264(_) | Codec::H265(_) => nal_units(&frame.payload, 4).all(|unit| unit.is_ok()),
            _ => !frame.payload.is_empty(),
        };
        assert!(whole, "a broken frame left the lane");
    }
    assert!(given + lane.dropped() <= units);
}
