//! From tag bodies to frames.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use media::{Codec, Delta, Frame, ParseError, Time, Track, TrackId, aac, h264};

use super::metadata::{Metadata, ON_METADATA};
use super::{Error, Name, video};
use crate::amf0::Value;

/// Turns the tag bodies (RTMP message bodies) of one publisher into frames on the source's clock.
///
/// Sequence headers become tracks and script data becomes metadata, so most calls that return
/// `Ok(None)` are no loss. What is lost is counted: see [`Demuxer::dropped`]. Every error is
/// survivable: the one body is lost, the next may be good.
#[derive(Debug)]
pub struct Demuxer {
    video: Option<Arc<Track>>,
    /// Size of the NAL lengths, from the last sequence header.
    length_size: usize,
    audio: Option<Arc<Track>>,
    data: Arc<Track>,
    metadata: Option<Metadata>,
    repaired: u64,
    dropped: u64,
}

impl Demuxer {
    /// For a publisher that has sent nothing yet.
    pub fn new() -> Demuxer {
        Demuxer {
            video: None,
            length_size: 4,
            audio: None,
            data: Arc::new(Track { id: DATA, codec: Codec::Amf0 }),
            metadata: None,
            repaired: 0,
            dropped: 0,
        }
    }

    /// Takes a video body; `time` is the unwrapped timestamp, from which the decoding time follows.
    ///
    /// The payload of the frame is a slice of `body` unless something had to be cut out. Parameter sets
    /// inside the frame that differ from the track's make a new track, from this frame on.
    ///
    /// Errs on codecs other than H.264 and on a sequence header that cannot be read (the track stays).
    /// Source: FLV 10.1 §E.4.3.
    pub fn video(&mut self, time: Time, wall: SystemTime, body: Bytes) -> Result<Option<Frame>, Error> {
        let Some(&first) = body.first() else { return Ok(self.lose()) };
        if first & 0x80 != 0 {
            return Err(fourcc(&body));
        }
        let (frame_type, codec_id) = (first >> 4, first & 15);
        // A message to the player about seeking; no picture.
        if frame_type == 5 {
            return Ok(None);
        }
        if codec_id != 7 {
            return Err(Error::Unsupported(video_codec(codec_id)));
        }
        let Some(&[_, packet_type, c2, c1, c0]) = body.first_chunk() else { return Ok(self.lose()) };
        match packet_type {
            0 => {
                // A copy: a slice would keep the buffer around the message alive as long as the track.
                let record = Bytes::copy_from_slice(&body[5..]);
                let (parameters, length_size) = h264::Parameters::parse(&record)?;
                self.length_size = length_size;
                update(&mut self.video, VIDEO, Codec::H264(parameters));
                Ok(None)
            }
            1 => {
                // Sign-extended from 24 bits.
                let composition = i32::from_be_bytes([c2, c1, c0, 0]) >> 8;
                let pts = time + Delta::millis(i64::from(composition));
                Ok(self.picture(Picture { time, pts, wall, key: frame_type == 1, data: body.slice(5..) }))
            }
            // End of sequence: nothing follows from it that unpublishing does not say.
            2 => Ok(None),
            _ => Ok(self.lose()),
        }
    }

    /// Takes an audio body; `time` is the unwrapped timestamp.
    ///
    /// The payload of the frame is a slice of `body`. Errs on codecs other than AAC and on a sequence
    /// header that cannot be read (the track stays).
    /// Source: FLV 10.1 §E.4.2.
    pub fn audio(&mut self, time: Time, wall: SystemTime, body: Bytes) -> Result<Option<Frame>, Error> {
        let Some(&first) = body.first() else { return Ok(self.lose()) };
        match first >> 4 {
            9 => return Err(fourcc(&body)),
            10 => {}
            format => return Err(Error::Unsupported(audio_codec(format))),
        }
        match (body.get(1), &self.audio) {
            (Some(0), _) => {
                let config = Bytes::copy_from_slice(&body[2..]);
                let parameters = aac::Parameters::parse(&config)?;
                update(&mut self.audio, AUDIO, Codec::Aac(parameters));
                Ok(None)
            }
            (Some(1), Some(track)) if body.len() > 2 => {
                let duration = match &track.codec {
                    Codec::Aac(parameters) => Some(parameters.frame_duration()),
                    _ => None,
                };
                Ok(Some(Frame { duration, ..whole(track, time, wall, body.slice(2..)) }))
            }
            _ => Ok(self.lose()),
        }
    }

    /// Takes a script data body; `time` is the unwrapped timestamp.
    ///
    /// onMetaData is kept for [`Demuxer::metadata`] and gives no frame; anything else becomes a frame of
    /// the data track, its payload a slice of `body` that begins with the handler's name.
    ///
    /// Errs when the values are not AMF0 or do not begin with a name.
    pub fn data(&mut self, time: Time, wall: SystemTime, body: Bytes) -> Result<Option<Frame>, Error> {
        let (mut name, mut at) = handler(&body, 0)?;
        let start = if name == "@setDataFrame" { at } else { 0 };
        if start > 0 {
            (name, at) = handler(&body, start)?;
        }
        match name.as_str() {
            "@clearDataFrame" => {
                self.metadata = None;
                return Ok(None);
            }
            // Flash's permission to read pixels; means nothing to anybody now.
            "|RtmpSampleAccess" => return Ok(None),
            ON_METADATA => {
                let value = Value::parse(&body[at..])?.0;
                self.metadata = value.as_object().map(Metadata::from_object);
                return Ok(None);
            }
            _ => {}
        }
        while at < body.len() {
            at += Value::parse(&body[at..])?.1;
        }
        Ok(Some(whole(&self.data, time, wall, body.slice(start..))))
    }

    /// What the publisher last declared of its stream.
    pub fn metadata(&self) -> Option<&Metadata> {
        self.metadata.as_ref()
    }

    /// The tracks of coded media known so far: video first, then audio.
    pub fn tracks(&self) -> impl Iterator<Item = &Arc<Track>> {
        self.video.iter().chain(&self.audio)
    }

    /// Frames of which a broken part was cut out and the rest kept.
    pub fn repaired(&self) -> u64 {
        self.repaired
    }

    /// Bodies that should have given a frame and could not: empty, broken from the start, without a
    /// coded slice, or before their sequence header.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn picture(&mut self, picture: Picture) -> Option<Frame> {
        let unit = video::canonical(&picture.data, self.length_size);
        let keyframe = unit.idr || picture.key && unit.slice;
        let current = match self.video.as_deref() {
            Some(Track { codec: Codec::H264(parameters), .. }) => Some(parameters),
            _ => None,
        };
        // Without a sequence header only a key frame, or parameter sets alone, can be the beginning.
        if (current.is_some() || keyframe || !unit.slice)
            && let Some(parameters) = video::merge(current, &unit.sets)
        {
            self.video = Some(Arc::new(Track { id: VIDEO, codec: Codec::H264(parameters) }));
        }
        if !unit.slice {
            // Parameter sets in a message of their own are as good as a sequence header.
            return if unit.sets.is_empty() || unit.repaired { self.lose() } else { None };
        }
        let Some(track) = self.video.clone() else { return self.lose() };
        self.repaired += u64::from(unit.repaired);
        Some(Frame {
            track,
            dts: picture.time,
            pts: picture.pts,
            duration: None,
            keyframe,
            discontinuity: false,
            wall: picture.wall,
            payload: unit.payload,
        })
    }

    fn lose(&mut self) -> Option<Frame> {
        self.dropped += 1;
        None
    }
}

impl Default for Demuxer {
    fn default() -> Demuxer {
        Demuxer::new()
    }
}

/// A video body that is not a header, its head taken off.
struct Picture {
    time: Time,
    pts: Time,
    wall: SystemTime,
    /// The tag says that it is a key frame.
    key: bool,
    data: Bytes,
}

/// Makes a new track only when something has really changed: readers compare by pointer.
fn update(track: &mut Option<Arc<Track>>, id: TrackId, codec: Codec) {
    if track.as_ref().is_none_or(|now| now.codec != codec) {
        *track = Some(Arc::new(Track { id, codec }));
    }
}

/// A frame that needs no other: audio and data.
fn whole(track: &Arc<Track>, time: Time, wall: SystemTime, payload: Bytes) -> Frame {
    let track = Arc::clone(track);
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

/// The error for an enhanced header: `body` begins with one byte of flags and the codec's FourCC.
fn fourcc(body: &[u8]) -> Error {
    match body.get(1..5).and_then(|code| <[u8; 4]>::try_from(code).ok()) {
        Some(code) => Error::Unsupported(Name::FourCc(code)),
        None => ParseError::truncated("enhanced FLV header", body.len()).into(),
    }
}

/// Source: FLV 10.1 §E.4.3.1; 12 is what Chinese encoders and networks use for H.265.
fn video_codec(id: u8) -> Name {
    match id {
        1 => Name::Known("JPEG"),
        2 => Name::Known("Sorenson H.263"),
        3 | 6 => Name::Known("Screen video"),
        4 | 5 => Name::Known("VP6"),
        8 => Name::Known("H.263"),
        9 => Name::Known("MPEG-4 Part 2"),
        12 => Name::Known("H.265 (codec id 12)"),
        id => Name::VideoId(id),
    }
}

/// Source: FLV 10.1 §E.4.2.1.
fn audio_codec(format: u8) -> Name {
    match format {
        0 | 3 => Name::Known("PCM"),
        1 => Name::Known("ADPCM"),
        2 | 14 => Name::Known("MP3"),
        4..=6 => Name::Known("Nellymoser"),
        7 => Name::Known("G.711 A-law"),
        8 => Name::Known("G.711 mu-law"),
        11 => Name::Known("Speex"),
        format => Name::AudioId(format),
    }
}

const VIDEO: TrackId = TrackId(0);
const AUDIO: TrackId = TrackId(1);
const DATA: TrackId = TrackId(2);

#[cfg(test)]
#[path = "demux_test.rs"]
mod tests;
