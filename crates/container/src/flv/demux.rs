//! From tag bodies to frames.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use media::{Codec, Delta, Frame, Kind, ParseError, Time, Track};

use super::body::{Packet, Part, Parts};
use super::fourcc::FourCc;
use super::frames::Frames;
use super::lane::{self, Lanes};
use super::metadata::{Metadata, ON_METADATA};
use super::{Error, Name, pictures, sounds};
use crate::amf0::Value;

/// Turns the tag bodies (RTMP message bodies) of one publisher into frames on the source's clock.
///
/// Sequence headers become tracks and script data becomes metadata, so most bodies that give no frame are no loss. What is
/// lost is counted: see [`Demuxer::dropped`]. Every error is survivable: one body, or one track's part of it, is lost.
///
/// The main tracks have the ids 0 (video), 1 (audio) and 2 (data). Further tracks of enhanced RTMP, which are numbered
/// from 1 for each kind, have 0x100 + number (video) and 0x200 + number (audio). There are at most 16 of both together.
#[derive(Debug)]
pub struct Demuxer {
    lanes: Lanes,
    data: Arc<Track>,
    metadata: Option<Metadata>,
    counts: Counts,
}

/// What became of bodies that were not sound.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) repaired: u64,
    pub(super) dropped: u64,
}

/// When a body was sent, and when it came.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub(super) time: Time,
    pub(super) wall: SystemTime,
}

impl Demuxer {
    /// For a publisher that has sent nothing yet.
    pub fn new() -> Demuxer {
        Demuxer {
            lanes: Lanes::default(),
            data: Arc::new(Track { id: lane::id(Kind::Data, 0), codec: Codec::Amf0 }),
            metadata: None,
            counts: Counts::default(),
        }
    }

    /// Takes a video body; `time` is the unwrapped timestamp, from which the decoding time follows.
    ///
    /// The payload of a frame is a slice of `body` unless something had to be cut out, or most of it is no payload. Parameters inside a frame that
    /// differ from the track's make a new track, from this frame on.
    ///
    /// Errs on codecs that are not spoken and on a sequence header that cannot be read (the track stays).
    /// Source: FLV 10.1 §E.4.3; E-RTMP v2, "Enhanced Video".
    pub fn video(&mut self, time: Time, wall: SystemTime, body: Bytes) -> Frames {
        let (mut out, size) = (Frames::default(), body.len());
        if let Err(err) = self.take_video(At { time, wall }, body, &mut out) {
            out.push(Err(err));
        }
        out.let_go_of(size);
        out
    }

    /// Takes an audio body; `time` is the unwrapped timestamp.
    ///
    /// The payload of a frame is a slice of `body` unless most of it is no payload. An empty body says that nothing is to be heard, and is no loss.
    ///
    /// Errs on codecs that are not spoken and on a sequence header that cannot be read (the track stays).
    /// Source: FLV 10.1 §E.4.2; E-RTMP v2, "Enhanced Audio".
    pub fn audio(&mut self, time: Time, wall: SystemTime, body: Bytes) -> Frames {
        let (mut out, size) = (Frames::default(), body.len());
        if let Err(err) = self.take_audio(At { time, wall }, body, &mut out) {
            out.push(Err(err));
        }
        out.let_go_of(size);
        out
    }

    /// Takes a script data body; `time` is the unwrapped timestamp.
    ///
    /// onMetaData is kept for [`Demuxer::metadata`] and gives no frame; anything else becomes a frame of
    /// the data track, its payload a slice of `body` that begins with the handler's name.
    ///
    /// Errs when the values are not AMF0 or do not begin with a name.
    pub fn data(&mut self, time: Time, wall: SystemTime, body: Bytes) -> Frames {
        let mut out = Frames::default();
        match self.take_data(At { time, wall }, body) {
            Ok(frame) => out.extend(frame),
            Err(err) => out.push(Err(err)),
        }
        out
    }

    /// What the publisher last declared of its stream.
    pub fn metadata(&self) -> Option<&Metadata> {
        self.metadata.as_ref()
    }

    /// The tracks of coded media known so far: the main ones first, video before audio.
    pub fn tracks(&self) -> impl Iterator<Item = &Arc<Track>> {
        self.lanes.tracks().into_iter()
    }

    /// Frames of which a broken part was cut out and the rest kept.
    pub fn repaired(&self) -> u64 {
        self.counts.repaired
    }

    /// Bodies that should have given a frame and could not: empty, broken from the start, without a
    /// coded slice, or before their sequence header.
    pub fn dropped(&self) -> u64 {
        self.counts.dropped
    }

    fn take_video(&mut self, at: At, body: Bytes, out: &mut Frames) -> Result<(), Error> {
        let Some(&first) = body.first() else { return self.lose() };
        if first & 0x80 != 0 {
            return self.enhanced(Kind::Video, at, body, out);
        }
        let (frame_type, codec_id) = (first >> 4, first & 15);
        // A message to the player about seeking; no picture.
        if frame_type == 5 {
            return Ok(());
        }
        let codec = match codec_id {
            7 => FourCc::Avc1,
            // H.265 in the same form, as Chinese encoders and networks send it.
            12 => FourCc::Hvc1,
            _ => return Err(Error::Unsupported(video_codec(codec_id))),
        };
        let packet = match body.get(1) {
            Some(0) => Packet::SequenceStart,
            Some(1) => Packet::CodedFrames,
            // End of sequence: nothing follows from it that unpublishing does not say.
            Some(2) => return Ok(()),
            _ => return self.lose(),
        };
        // Of frames the composition time is read behind.
        let start = if packet == Packet::SequenceStart { 5 } else { 2 };
        if body.len() < 5 {
            return self.lose();
        }
        let key = frame_type == 1;
        let data = body.slice(start..);
        self.part(at, Part { packet, codec, number: 0, key, offset: Delta::ZERO, data }, out)
    }

    fn take_audio(&mut self, at: At, body: Bytes, out: &mut Frames) -> Result<(), Error> {
        let Some(&first) = body.first() else { return Ok(()) };
        let (codec, packet, start) = match (first >> 4, body.get(1)) {
            (9, _) => return self.enhanced(Kind::Audio, at, body, out),
            (2 | 14, _) => (FourCc::Mp3, Packet::CodedFrames, 1),
            (10, Some(0)) => (FourCc::Mp4a, Packet::SequenceStart, 2),
            (10, Some(1)) => (FourCc::Mp4a, Packet::CodedFrames, 2),
            (10, _) => return self.lose(),
            (format, _) => return Err(Error::Unsupported(audio_codec(format))),
        };
        let data = body.slice(start..);
        self.part(at, Part { packet, codec, number: 0, key: true, offset: Delta::ZERO, data }, out)
    }

    fn enhanced(&mut self, kind: Kind, at: At, body: Bytes, out: &mut Frames) -> Result<(), Error> {
        for part in Parts::new(kind, body)? {
            if let Err(err) = part.and_then(|part| self.part(at, part, out)) {
                out.push(Err(err));
            }
        }
        Ok(())
    }

    fn part(&mut self, at: At, part: Part, out: &mut Frames) -> Result<(), Error> {
        let kind = part.codec.kind();
        let at = At { time: at.time + part.offset, ..at };
        let lane = match part.packet {
            Packet::Passing => return Ok(()),
            _ => self.lanes.lane(kind, part.number)?,
        };
        match part.packet {
            Packet::SequenceStart => lane.configure(part.codec, &part.data)?,
            Packet::MultichannelConfig => sounds::arrange(lane, part.codec, &part.data),
            _ if kind == Kind::Video => out.extend(pictures::take(lane, at, &part, &mut self.counts)),
            _ => sounds::take(lane, at, &part, &mut self.counts, out),
        }
        Ok(())
    }

    fn take_data(&mut self, at: At, body: Bytes) -> Result<Option<Frame>, Error> {
        let (mut name, mut next) = handler(&body, 0)?;
        let start = if name == "@setDataFrame" { next } else { 0 };
        if start > 0 {
            (name, next) = handler(&body, start)?;
        }
        match name.as_str() {
            "@clearDataFrame" => {
                self.metadata = None;
                return Ok(None);
            }
            // Flash's permission to read pixels; means nothing to anybody now.
            "|RtmpSampleAccess" => return Ok(None),
            ON_METADATA => {
                let value = Value::parse(&body[next..])?.0;
                self.metadata = value.as_object().map(Metadata::from_object);
                return Ok(None);
            }
            _ => {}
        }
        while next < body.len() {
            next += Value::parse(&body[next..])?.1;
        }
        Ok(Some(whole(&self.data, at, body.slice(start..))))
    }

    fn lose(&mut self) -> Result<(), Error> {
        self.counts.dropped += 1;
        Ok(())
    }
}

impl Default for Demuxer {
    fn default() -> Demuxer {
        Demuxer::new()
    }
}

/// A frame that needs no other: audio and data.
pub(super) fn whole(track: &Arc<Track>, at: At, payload: Bytes) -> Frame {
    let (track, At { time, wall }) = (Arc::clone(track), at);
    Frame { track, dts: time, pts: time, duration: None, keyframe: true, discontinuity: false, wall, payload }
}

/// The string at `start`, and where the next value begins.
fn handler(body: &[u8], start: usize) -> Result<(String, usize), Error> {
    let (value, size) = Value::parse(&body[start..])?;
    match value {
        Value::String(name) => Ok((name, start + size)),
        _ => Err(ParseError::invalid("script data", start).into()),
    }
}

/// Source: FLV 10.1 §E.4.3.1.
fn video_codec(id: u8) -> Name {
    match id {
        1 => Name::Known("JPEG"),
        2 => Name::Known("Sorenson H.263"),
        3 | 6 => Name::Known("Screen video"),
        4 | 5 => Name::Known("VP6"),
        8 => Name::Known("H.263"),
        9 => Name::Known("MPEG-4 Part 2"),
        id => Name::VideoId(id),
    }
}

/// Source: FLV 10.1 §E.4.2.1.
fn audio_codec(format: u8) -> Name {
    match format {
        0 | 3 => Name::Known("PCM"),
        1 => Name::Known("ADPCM"),
        4..=6 => Name::Known("Nellymoser"),
        7 => Name::Known("G.711 A-law"),
        8 => Name::Known("G.711 mu-law"),
        11 => Name::Known("Speex"),
        format => Name::AudioId(format),
    }
}

#[cfg(test)]
#[path = "demux_test.rs"]
mod tests;
