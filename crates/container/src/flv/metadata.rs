//! onMetaData: what a publisher says of itself, and what we say to players.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use media::{Codec, Delta, Kind, Track};

use super::FourCc;
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

/// The body of an onMetaData tag that describes `tracks`; `encoder` is our name and version. A live stream has the `length` zero.
///
/// Of each kind the first is the main track, which has the properties that everybody knows. The others are numbered from
/// 1 on and described in `videoTrackIdInfoMap` and `audioTrackIdInfoMap`.
///
/// Made from the tracks alone: what publishers declare is often wrong, and mpegts.js believes
/// `hasAudio` and `hasVideo` more than what it sees.
/// Source: FLV 10.1 §E.5; E-RTMP v2, "Enhancing onMetaData".
pub fn metadata(tracks: &[Arc<Track>], encoder: &str, length: Delta) -> Bytes {
    let of_kind = |kind| tracks.iter().filter(move |track| track.kind() == kind);
    let mut object = Object::default();
    object.push("duration", length.as_secs_f64());
    if let Some(track) = of_kind(Kind::Video).next() {
        picture(&mut object, &track.codec);
        object.push("videocodecid", codec_id(&track.codec, 0));
    }
    if let Some(track) = of_kind(Kind::Audio).next() {
        object.push("audiocodecid", codec_id(&track.codec, 0));
        if let Some(rate) = track.codec.sample_rate() {
            object.push("audiosamplerate", f64::from(rate));
        }
        object.push("audiosamplesize", 16.0);
        if let Some(channels) = track.codec.channels() {
            object.push("audiochannels", f64::from(channels));
            object.push("stereo", channels > 1);
        }
    }
    object.push("hasVideo", of_kind(Kind::Video).next().is_some());
    object.push("hasAudio", of_kind(Kind::Audio).next().is_some());
    let video = further(of_kind(Kind::Video), |object, codec| {
        picture(object, codec);
        object.push("videocodecid", codec_id(codec, 1));
    });
    let audio = further(of_kind(Kind::Audio), |object, codec| {
        object.push("audiocodecid", codec_id(codec, 1));
        if let Some(rate) = codec.sample_rate() {
            object.push("samplerate", f64::from(rate));
        }
        if let Some(channels) = codec.channels() {
            object.push("channels", f64::from(channels));
        }
    });
    for (name, map) in [("videoTrackIdInfoMap", video), ("audioTrackIdInfoMap", audio)] {
        if !map.0.is_empty() {
            object.push(name, map);
        }
    }
    object.push("encoder", encoder);
    let mut out = BytesMut::with_capacity(384);
    amf0::write_string(&mut out, ON_METADATA);
    Value::EcmaArray(object).write(&mut out);
    out.freeze()
}

/// A map from the numbers of all but the first track to what `describe` says of them.
fn further<'a>(
    tracks: impl Iterator<Item = &'a Arc<Track>>,
    describe: impl Fn(&mut Object, &Codec),
) -> Object {
    let mut map = Object::default();
    for (number, track) in tracks.enumerate().skip(1) {
        let mut object = Object::default();
        describe(&mut object, &track.codec);
        map.push(&number.to_string(), object);
    }
    map
}

fn picture(object: &mut Object, codec: &Codec) {
    let Some(picture) = codec.picture() else { return };
    object.push("width", f64::from(picture.width));
    object.push("height", f64::from(picture.height));
    if let Some((frames, seconds)) = picture.rate {
        object.push("framerate", f64::from(frames) / f64::from(seconds));
    }
}

/// As tags of track `number` name the codec.
fn codec_id(codec: &Codec, number: u8) -> f64 {
    match (codec, FourCc::of(codec)) {
        (Codec::H264(_), _) if number == 0 => 7.0,
        (Codec::Aac(_), _) if number == 0 => 10.0,
        (Codec::Mp3(_), _) if number == 0 => 2.0,
        (_, Some(code)) => f64::from(code.number()),
        (_, None) => 0.0,
    }
}

/// The handler's name.
pub(super) const ON_METADATA: &str = "onMetaData";
