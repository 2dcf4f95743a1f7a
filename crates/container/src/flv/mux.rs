//! From tracks and frames to tag bodies and tag headers.

use std::ops::Deref;

use bytes::{BufMut, Bytes, BytesMut};
use media::{Codec, Frame, Track};

use super::TagKind;

/// The first 13 bytes of an FLV file: header with the given flags and PreviousTagSize0.
///
/// Source: FLV 10.1 §E.2, §E.3.
pub const fn file_header(audio: bool, video: bool) -> [u8; 13] {
    let flags = (audio as u8) << 2 | video as u8;
    [b'F', b'L', b'V', 1, flags, 0, 0, 0, 9, 0, 0, 0, 0]
}

/// The longest body of a tag, by the 24 bits of its size field.
pub const MAX_BODY: usize = 0xff_ffff;

/// The 11 bytes before a tag body of `body_len` bytes at `timestamp` milliseconds; 11 + `body_len` follows the body as a u32.
///
/// A body longer than [`MAX_BODY`] cannot be written; its size field would be cut.
/// Source: FLV 10.1 §E.4.1.
pub const fn tag_header(kind: TagKind, body_len: usize, timestamp: u32) -> [u8; 11] {
    let [_, size_2, size_1, size_0] = (body_len as u32).to_be_bytes();
    let [time_3, time_2, time_1, time_0] = timestamp.to_be_bytes();
    [kind as u8, size_2, size_1, size_0, time_2, time_1, time_0, time_3, 0, 0, 0]
}

/// The body of the tag that configures a decoder for `track`; `None` for codecs that have none.
pub fn sequence_header(track: &Track) -> Option<Bytes> {
    match &track.codec {
        Codec::H264(parameters) => Some(join(&[0x17, 0, 0, 0, 0], &parameters.record())),
        Codec::Aac(parameters) => Some(join(&[AAC, 0], &parameters.config)),
        _ => None,
    }
}

/// What precedes `frame.payload` in its tag body.
///
/// The composition time is the difference of the two times in whole milliseconds, so that a player
/// that adds it to the tag's time gets the presentation time without a rounding error of its own.
pub fn head(frame: &Frame) -> Head {
    match &frame.track.codec {
        Codec::H264(_) => {
            let kind = if frame.keyframe { 0x17 } else { 0x27 };
            let composition = frame.pts.as_millis().saturating_sub(frame.dts.as_millis());
            let [_, high, middle, low] = (composition.clamp(-0x80_0000, 0x7f_ffff) as i32).to_be_bytes();
            Head { bytes: [kind, 1, high, middle, low], len: 5 }
        }
        Codec::Aac(_) => Head { bytes: [AAC, 1, 0, 0, 0], len: 2 },
        _ => Head { bytes: [0; 5], len: 0 },
    }
}

/// The few bytes between a tag's header and a frame's payload. Derefs to them.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    bytes: [u8; 5],
    len: u8,
}

impl Deref for Head {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

fn join(head: &[u8], rest: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(head.len() + rest.len());
    out.put_slice(head);
    out.put_slice(rest);
    out.freeze()
}

/// AAC, and the rate, size and channels that the specification fixes for it whatever they are: §E.4.2.1.
const AAC: u8 = 0xaf;

#[cfg(test)]
#[path = "mux_test.rs"]
mod tests;
