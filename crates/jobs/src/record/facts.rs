//! What there is to know of a track of a file without opening it.

use std::sync::Arc;

use media::{Frame, Kind, Track};
use serde::{Deserialize, Serialize};

/// A track: what it was said to be when the file began, and what was counted since.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// `video` or `audio`; empty where nothing but the codec is known.
    pub kind: String,
    /// The name of its codec.
    pub codec: String,
    /// As browsers write it (RFC 6381).
    pub parameters: Option<String>,
    /// Of pictures, in pixels.
    pub width: Option<u32>,
    /// As the width.
    pub height: Option<u32>,
    /// Of sound, in Hz.
    pub sample_rate: Option<u32>,
    /// Of sound.
    pub channels: Option<u8>,
    /// What of it there was when this was written down last.
    pub counted: Counted,
}

/// How much there is of a track.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Frames.
    pub frames: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// How long they play, in ms.
    pub millis: u64,
}

impl Facts {
    /// Of `track`, of which nothing has come yet.
    pub(super) fn of(track: &Arc<Track>) -> Facts {
        let codec = &track.codec;
        let picture = codec.picture();
        let kind = match codec.kind() {
            Kind::Video => "video",
            Kind::Audio => "audio",
            Kind::Data => "data",
        };
        Facts {
            kind: kind.to_owned(),
            codec: codec.name().to_owned(),
            parameters: codec.rfc6381(),
            width: picture.map(|picture| picture.width),
            height: picture.map(|picture| picture.height),
            sample_rate: codec.sample_rate(),
            channels: codec.channels(),
            counted: Counted::default(),
        }
    }

    /// Of a part of the file that these are of: as many frames a second, but nobody knows how many bytes.
    pub(super) fn of_a_part(&self) -> Facts {
        Facts { counted: Counted { bytes: 0, ..self.counted }, ..self.clone() }
    }

    /// Frames a second, of pictures; `None` before there is enough to tell.
    pub fn fps(&self) -> Option<f64> {
        self.counted.a_second(self.counted.frames).filter(|_| self.kind == "video")
    }

    /// Bits a second; as the frames.
    pub fn bitrate(&self) -> Option<f64> {
        self.counted.a_second(self.counted.bytes * 8)
    }

    /// What the parameters call it: `High`, `Main 10`, `LC`; `None` where they do not, or call it by a number alone.
    pub fn profile(&self) -> Option<&'static str> {
        let mut parts = self.parameters.as_deref()?.split('.');
        match (parts.next()?, parts.next()?) {
            ("avc1", profile) => avc(profile),
            ("hvc1" | "hev1", profile) => hevc(profile),
            ("av01", profile) => av1(profile),
            ("mp4a", "40") => aac(parts.next()?),
            _ => None,
        }
    }
}

impl From<&&'static str> for Facts {
    /// Of a track of which nothing but the codec is known.
    fn from(codec: &&'static str) -> Facts {
        Facts { codec: (*codec).to_owned(), ..Facts::default() }
    }
}

impl Counted {
    fn a_second(self, count: u64) -> Option<f64> {
        (count > 0 && self.millis >= ENOUGH).then(|| count as f64 * 1e3 / self.millis as f64)
    }

    pub(super) fn count(&mut self, frame: &Frame) {
        self.frames += 1;
        self.bytes += frame.payload.len() as u64;
    }
}

/// By profile_idc and constraint flags, in hexadecimal digits. Source: ITU-T H.264 annex A.2.
fn avc(profile: &str) -> Option<&'static str> {
    match profile.get(..2)?.to_ascii_lowercase().as_str() {
        // With constraint_set1_flag it is what every player of Main plays too.
        "42" => {
            let flags = u8::from_str_radix(profile.get(2..4)?, 16).ok()?;
            Some(if flags & 0x40 != 0 { "Constrained Baseline" } else { "Baseline" })
        }
        "4d" => Some("Main"),
        "58" => Some("Extended"),
        "64" => Some("High"),
        "6e" => Some("High 10"),
        "7a" => Some("High 4:2:2"),
        "f4" => Some("High 4:4:4"),
        _ => None,
    }
}

/// By general_profile_idc. Source: ITU-T H.265 annex A.3.
fn hevc(profile: &str) -> Option<&'static str> {
    match profile {
        "1" => Some("Main"),
        "2" => Some("Main 10"),
        "3" => Some("Main Still Picture"),
        "4" => Some("Range extensions"),
        _ => None,
    }
}

/// By seq_profile. Source: AV1 annex A.2.
fn av1(profile: &str) -> Option<&'static str> {
    match profile {
        "0" => Some("Main"),
        "1" => Some("High"),
        "2" => Some("Professional"),
        _ => None,
    }
}

/// By object type. Source: ISO/IEC 14496-3 table 1.17.
fn aac(object: &str) -> Option<&'static str> {
    match object {
        "1" => Some("Main"),
        "2" => Some("LC"),
        "5" => Some("HE"),
        "29" => Some("HE v2"),
        _ => None,
    }
}

/// Milliseconds of which a rate is told.
const ENOUGH: u64 = 500;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn profiles_have_names() {
        for (parameters, name) in [
            ("avc1.42e01f", Some("Constrained Baseline")),
            ("avc1.42001f", Some("Baseline")),
            ("avc1.640028", Some("High")),
            ("hvc1.2.4.L93.B0", Some("Main 10")),
            ("av01.0.04M.08", Some("Main")),
            ("mp4a.40.2", Some("LC")),
            ("mp4a.40.34", None),
            ("opus", None),
            ("avc1", None),
            ("avc1.é", None),
        ] {
            let facts = Facts { parameters: Some(parameters.to_owned()), ..Facts::default() };
            assert_eq!(facts.profile(), name, "{parameters}");
        }
    }

    #[test]
    fn rates_are_told_of_what_was_counted() {
        let counted = Counted { frames: 60, bytes: 250_000, millis: 2_000 };
        let video = Facts { kind: "video".to_owned(), counted, ..Facts::default() };
        let rates = |facts: &Facts| (facts.fps(), facts.bitrate());
        assert_eq!(rates(&video), (Some(30.0), Some(1_000_000.0)));
        assert_eq!(rates(&video.of_a_part()), (Some(30.0), None));
        assert_eq!(rates(&Facts { kind: "audio".to_owned(), ..video }), (None, Some(1_000_000.0)));
        assert_eq!(rates(&Facts::from(&"h264")), (None, None));
    }

    #[test]
    fn what_older_ones_do_not_say_is_left_out() {
        let old: Facts = serde_json::from_str(r#"{"codec": "h264"}"#).unwrap();
        assert_eq!(old, Facts::from(&"h264"));
    }
}
