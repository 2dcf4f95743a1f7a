//! From tracks and frames to tag bodies and tag headers.

use std::ops::Deref;

use bytes::{BufMut, Bytes, BytesMut};
use media::{Codec, Frame, Kind, Track, mp3};

use super::{FourCc, TagKind};

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

/// The body of the tag that configures a decoder for `track`, which is track `number` of its kind; `None` for codecs whose
/// frames say everything.
///
/// The main track has the number 0. It is written in the original form of FLV where its codec has one, for every player
/// reads that; everything else has a FourCC.
/// Source: FLV 10.1 §E.4.2, §E.4.3; E-RTMP v2, "Enhanced Audio", "Enhanced Video".
pub fn sequence_header(track: &Track, number: u8) -> Option<Bytes> {
    let record = match &track.codec {
        Codec::H264(parameters) => parameters.record(),
        Codec::H265(parameters) => parameters.record(),
        Codec::Av1(parameters) => parameters.record(),
        Codec::Vp9(parameters) => parameters.record(),
        Codec::Vp8(parameters) => parameters.record(),
        Codec::Aac(parameters) => parameters.config.clone(),
        Codec::Opus(parameters) => parameters.record(),
        Codec::Flac(parameters) => parameters.record(),
        _ => return None,
    };
    let head = match &track.codec {
        Codec::H264(_) if number == 0 => Head::new(&[&[KEY << 4 | 7, 0, 0, 0, 0]]),
        Codec::Aac(_) if number == 0 => Head::new(&[&[AAC, 0]]),
        codec => enhanced(FourCc::of(codec)?, number, KEY, SEQUENCE_START),
    };
    Some(join(&head, &record))
}

/// What precedes `frame.payload` in its tag body, the frame being of track `number` of its kind; nothing for data.
///
/// The composition time is the difference of the two times in whole milliseconds, so that a player
/// that adds it to the tag's time gets the presentation time without a rounding error of its own.
pub fn head(frame: &Frame, number: u8) -> Head {
    let codec = &frame.track.codec;
    let kind = if frame.keyframe { KEY } else { INTER };
    let composition = frame.pts.as_millis().saturating_sub(frame.dts.as_millis());
    let [_, composition @ ..] = (composition.clamp(-0x80_0000, 0x7f_ffff) as i32).to_be_bytes();
    match (codec, FourCc::of(codec)) {
        (Codec::H264(_), _) if number == 0 => Head::new(&[&[kind << 4 | 7, 1], &composition]),
        (Codec::Aac(_), _) if number == 0 => Head::new(&[&[AAC, 1]]),
        (Codec::Mp3(parameters), _) if number == 0 => Head::new(&[&[mp3_head(parameters)]]),
        (Codec::H264(_) | Codec::H265(_), Some(code)) if composition == [0; 3] => {
            enhanced(code, number, kind, CODED_FRAMES_X)
        }
        (Codec::H264(_) | Codec::H265(_), Some(code)) => {
            Head::new(&[&enhanced(code, number, kind, CODED_FRAMES), &composition])
        }
        (_, Some(code)) => enhanced(code, number, kind, CODED_FRAMES),
        (_, None) => Head::new(&[]),
    }
}

/// The few bytes between a tag's header and a frame's payload. Derefs to them.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    bytes: [u8; 10],
    len: u8,
}

impl Head {
    /// Of pieces that are ten bytes at most.
    fn new(pieces: &[&[u8]]) -> Head {
        let mut head = Head { bytes: [0; 10], len: 0 };
        for (to, from) in head.bytes.iter_mut().zip(pieces.iter().copied().flatten()) {
            *to = *from;
            head.len += 1;
        }
        head
    }
}

impl Deref for Head {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// The header of an enhanced body; in the multitrack form, one track a body, unless it is the main track.
fn enhanced(code: FourCc, number: u8, frame: u8, packet: u8) -> Head {
    let (first, multitrack) = match code.kind() {
        Kind::Video => (0x80 | frame << 4, 6),
        _ => (EX_HEADER << 4, 5),
    };
    match number {
        0 => Head::new(&[&[first | packet], &code.code()]),
        number => Head::new(&[&[first | multitrack, ONE_TRACK << 4 | packet], &code.code(), &[number]]),
    }
}

fn join(head: &[u8], rest: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(head.len() + rest.len());
    out.put_slice(head);
    out.put_slice(rest);
    out.freeze()
}

/// The format MP3 and, roughly, what every frame says better: the specification has no 48, 32, 24, 16 and 12 kHz.
fn mp3_head(parameters: &mp3::Parameters) -> u8 {
    let rate = match parameters.sample_rate {
        32_000.. => 3,
        16_000.. => 2,
        11_025.. => 1,
        _ => 0,
    };
    2 << 4 | rate << 2 | 2 | u8::from(parameters.channels > 1)
}

/// AAC, and the rate, size and channels that the specification fixes for it whatever they are: §E.4.2.1.
const AAC: u8 = 0xaf;

/// `VideoFrameType`.
const KEY: u8 = 1;
const INTER: u8 = 2;
/// `SoundFormat` of everything enhanced.
const EX_HEADER: u8 = 9;
/// `VideoPacketType` and `AudioPacketType`.
const SEQUENCE_START: u8 = 0;
const CODED_FRAMES: u8 = 1;
const CODED_FRAMES_X: u8 = 3;
/// `AvMultitrackType`.
const ONE_TRACK: u8 = 0;

#[cfg(test)]
#[path = "mux_test.rs"]
mod tests;
