//! onMetaData: what a publisher says of itself, and what we say to players.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use media::{Codec, Track};

use crate::amf0::{self, Object, Value};

/// What a publisher declared of its stream: for people to read, never to be relied upon.
///
/// Numbers that are not finite or not positive are left out, and the encoder's name is cut at 128 characters.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// The encoder's name: `obs-output module (libobs version 30.0.0)`, `Lavf59.27.100`.
    pub encoder: Option<String>,
    /// Pixels across.
    pub width: Option<u32>,
    /// Pixels down.
    pub height: Option<u32>,
    /// Frames a second.
    pub frame_rate: Option<f64>,
    /// Bits a second of video.
    pub video_bitrate: Option<u64>,
    /// Bits a second of audio.
    pub audio_bitrate: Option<u64>,
}

impl Metadata {
    /// From the object that follows the name `onMetaData`.
    pub(super) fn from_object(object: &Object) -> Metadata {
        let number = |name: &str, limit: f64| {
            let value = object.find(name).and_then(Value::as_f64)?;
            (value > 0.0 && value <= limit).then_some(value)
        };
        // Declared in kbit/s.
        let bitrate = |name: &str| number(name, 1e7).map(|kilobits| (kilobits * 1e3).round() as u64);
        let encoder = ["encoder", "videoEncoder", "metadatacreator"]
            .iter()
            .find_map(|name| object.find(name).and_then(Value::as_str))
            .map(|name| name.chars().filter(|char| !char.is_control()).take(128).collect());
        Metadata {
            encoder,
            width: number("width", 65_535.0).map(|pixels| pixels as u32),
            height: number("height", 65_535.0).map(|pixels| pixels as u32),
            frame_rate: number("framerate", 1_000.0).or_else(|| number("fps", 1_000.0)),
            video_bitrate: bitrate("videodatarate"),
            audio_bitrate: bitrate("audiodatarate"),
        }
    }
}

/// The body of an onMetaData tag that describes `tracks`; `encoder` is our name and version.
///
/// Made from the tracks alone: what publishers declare is often wrong, and mpegts.js believes
/// `hasAudio` and `hasVideo` more than what it sees.
pub fn metadata(tracks: &[Arc<Track>], encoder: &str) -> Bytes {
    let mut object = Object::default();
    // Zero is how a live stream says that it has no length.
    object.push("duration", 0.0);
    let mut video = false;
    let mut audio = false;
    for track in tracks {
        match &track.codec {
            Codec::H264(parameters) if !video => {
                video = true;
                if let Some(picture) = parameters.picture {
                    object.push("width", f64::from(picture.width));
                    object.push("height", f64::from(picture.height));
                    if let Some((frames, seconds)) = picture.rate {
                        object.push("framerate", f64::from(frames) / f64::from(seconds));
                    }
                }
                object.push("videocodecid", 7.0);
            }
            Codec::Aac(parameters) if !audio => {
                audio = true;
                object.push("audiocodecid", 10.0);
                object.push("audiosamplerate", f64::from(parameters.sample_rate));
                object.push("audiosamplesize", 16.0);
                object.push("audiochannels", f64::from(parameters.channels()));
                object.push("stereo", parameters.channels() > 1);
            }
            _ => {}
        }
    }
    object.push("hasVideo", video);
    object.push("hasAudio", audio);
    object.push("encoder", encoder);
    let mut out = BytesMut::with_capacity(384);
    amf0::write_string(&mut out, ON_METADATA);
    Value::EcmaArray(object).write(&mut out);
    out.freeze()
}

/// The handler's name.
pub(super) const ON_METADATA: &str = "onMetaData";
