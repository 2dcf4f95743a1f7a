//! The codecs of tracks, with their parameters.

use crate::{Delta, Kind, Picture, aac, ac3, av1, flac, g711, h264, h265, mp3, opus, vp8, vp9};

/// A codec with its parameters; the variant says what a frame's payload is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Codec {
    /// H.264. Payload: NAL units, each behind a 4-byte big-endian length; no access unit delimiters, parameter sets or filler.
    H264(h264::Parameters),
    /// H.265. Payload: as of H.264.
    H265(h265::Parameters),
    /// AV1. Payload: one temporal unit, OBUs with their size fields; no temporal delimiters, tile lists or padding.
    Av1(av1::Parameters),
    /// VP9. Payload: one frame or superframe.
    Vp9(vp9::Parameters),
    /// VP8. Payload: one frame.
    Vp8(vp8::Parameters),
    /// AAC. Payload: one raw_data_block, without ADTS or LOAS.
    Aac(aac::Parameters),
    /// Opus. Payload: one packet of RFC 6716 §3, without self-delimiting framing (but for all streams except the last of a multistream packet).
    Opus(opus::Parameters),
    /// FLAC. Payload: one frame with its header and footer.
    Flac(flac::Parameters),
    /// AC-3. Payload: one syncframe.
    Ac3(ac3::Parameters),
    /// E-AC-3. Payload: one access unit, an independent syncframe and those that depend on it.
    Eac3(ac3::Parameters),
    /// MPEG audio, layer III or II. Payload: one frame with its header.
    Mp3(mp3::Parameters),
    /// G.711. Payload: any number of samples, a byte each.
    G711(g711::Parameters),
    /// Script data. Payload: AMF0 values, the first of them the handler's name (`onTextData`, `onFI`, …).
    Amf0,
}

impl Codec {
    /// What a track of this codec carries.
    pub fn kind(&self) -> Kind {
        match self {
            Codec::H264(_) | Codec::H265(_) | Codec::Av1(_) | Codec::Vp9(_) | Codec::Vp8(_) => Kind::Video,
            Codec::Aac(_) | Codec::Opus(_) | Codec::Flac(_) => Kind::Audio,
            Codec::Ac3(_) | Codec::Eac3(_) | Codec::Mp3(_) | Codec::G711(_) => Kind::Audio,
            Codec::Amf0 => Kind::Data,
        }
    }

    /// The codec's name without its parameters, as in APIs and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Codec::H264(_) => "h264",
            Codec::H265(_) => "h265",
            Codec::Av1(_) => "av1",
            Codec::Vp9(_) => "vp9",
            Codec::Vp8(_) => "vp8",
            Codec::Aac(_) => "aac",
            Codec::Opus(_) => "opus",
            Codec::Flac(_) => "flac",
            Codec::Ac3(_) => "ac3",
            Codec::Eac3(_) => "eac3",
            Codec::Mp3(_) => "mp3",
            Codec::G711(g711::Parameters { law: g711::Law::A, .. }) => "pcma",
            Codec::G711(g711::Parameters { law: g711::Law::Mu, .. }) => "pcmu",
            Codec::Amf0 => "amf0",
        }
    }

    /// Whether `other` is the same codec, whatever the parameters.
    pub fn same_codec(&self, other: &Codec) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// The `codecs` parameter of RFC 6381, where the codec has one: `avc1.64001f`, `mp4a.40.2`.
    pub fn rfc6381(&self) -> Option<String> {
        match self {
            Codec::H264(parameters) => Some(parameters.rfc6381()),
            Codec::H265(parameters) => Some(parameters.rfc6381()),
            Codec::Av1(parameters) => Some(parameters.rfc6381()),
            Codec::Vp9(parameters) => Some(parameters.rfc6381()),
            Codec::Vp8(parameters) => Some(parameters.rfc6381()),
            Codec::Aac(parameters) => Some(parameters.rfc6381()),
            Codec::Opus(_) => Some("opus".to_owned()),
            Codec::Flac(_) => Some("fLaC".to_owned()),
            Codec::Ac3(_) => Some("ac-3".to_owned()),
            Codec::Eac3(_) => Some("ec-3".to_owned()),
            Codec::Mp3(parameters) => Some(parameters.rfc6381()),
            Codec::G711(_) | Codec::Amf0 => None,
        }
    }

    /// Of video: size, rate and order of the pictures, as far as the parameters say.
    pub fn picture(&self) -> Option<Picture> {
        match self {
            Codec::H264(parameters) => parameters.picture,
            Codec::H265(parameters) => parameters.picture,
            Codec::Av1(parameters) => parameters.picture,
            Codec::Vp9(parameters) => parameters.picture,
            Codec::Vp8(parameters) => parameters.picture,
            _ => None,
        }
    }

    /// Of sound: samples a second as the decoder puts them out.
    pub fn sample_rate(&self) -> Option<u32> {
        match self {
            Codec::Aac(parameters) => Some(parameters.output_rate),
            Codec::Opus(_) => Some(opus::RATE),
            Codec::Flac(parameters) => Some(parameters.sample_rate),
            Codec::Ac3(parameters) | Codec::Eac3(parameters) => Some(parameters.sample_rate),
            Codec::Mp3(parameters) => Some(parameters.sample_rate),
            Codec::G711(parameters) => Some(parameters.sample_rate),
            _ => None,
        }
    }

    /// Of sound: number of loudspeakers; `None` when only the stream itself knows.
    pub fn channels(&self) -> Option<u8> {
        let channels = match self {
            Codec::Aac(parameters) => parameters.channels(),
            Codec::Opus(parameters) => parameters.channels,
            Codec::Flac(parameters) => parameters.channels,
            Codec::Ac3(parameters) | Codec::Eac3(parameters) => parameters.channels,
            Codec::Mp3(parameters) => parameters.channels,
            Codec::G711(parameters) => parameters.channels,
            _ => 0,
        };
        (channels > 0).then_some(channels)
    }

    /// Of sound: how long the frame `payload` plays; `None` when it does not say.
    pub fn frame_duration(&self, payload: &[u8]) -> Option<Delta> {
        match self {
            Codec::Aac(parameters) => Some(parameters.frame_duration()),
            Codec::Opus(_) => opus::packet_duration(payload),
            Codec::Flac(parameters) => parameters.frame_duration(payload),
            Codec::Ac3(parameters) | Codec::Eac3(parameters) => parameters.frame_duration(payload),
            Codec::Mp3(parameters) => Some(parameters.frame_duration()),
            Codec::G711(parameters) => parameters.frame_duration(payload),
            _ => None,
        }
    }
}
