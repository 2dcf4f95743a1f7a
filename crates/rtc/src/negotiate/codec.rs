//! Codecs as payload types say them.

use media::Codec;

use super::Chosen;
use crate::CodecName;
use crate::sdp::{Feedback, Payload};

/// What we take of a publisher: of each codec the first payload type, of H.264 rather one in mode 1 than in mode 0.
///
/// In the order offered, but VP8 and VP9 last: browsers put VP8 first without being asked, and most of what goes on from
/// here (MPEG-TS, old RTMP, Safari's HLS) does not carry them.
pub(super) fn incoming(payloads: &[Payload]) -> Vec<Chosen> {
    let mut chosen: Vec<Chosen> = Vec::new();
    let (divided, whole): (Vec<_>, Vec<_>) = payloads.iter().partition(|payload| may_divide(payload));
    for payload in divided.into_iter().chain(whole) {
        let Some(codec) = codec_of(payload) else { continue };
        if chosen.iter().all(|other| other.codec != codec) {
            chosen.push(choose(payload, codec, true));
        }
    }
    chosen.sort_by_key(|choice| matches!(choice.codec, CodecName::Vp8 | CodecName::Vp9));
    chosen
}

/// The payload type by which a player gets a track of `codec`.
///
/// The one of the same profile if there is one, else the one of the highest: browsers decode more than they name.
pub(super) fn outgoing(payloads: &[Payload], codec: &Codec) -> Option<Chosen> {
    let name = outgoing_name(codec)?;
    let fitting = payloads.iter().filter(|payload| codec_of(payload) == Some(name) && may_divide(payload));
    let profile = profile_of(codec);
    let rank = |payload: &&Payload| {
        let offered = profile_offered(payload, name);
        (Some(offered) == profile, offered)
    };
    // The first of the best: `max_by_key` would take the last.
    let best = fitting.rev().max_by_key(rank)?;
    Some(choose(best, name, false))
}

/// What a track is called here; `None` when it cannot travel.
pub(super) fn outgoing_name(codec: &Codec) -> Option<CodecName> {
    match codec {
        Codec::H264(_) => Some(CodecName::H264),
        Codec::H265(_) => Some(CodecName::H265),
        Codec::Av1(_) => Some(CodecName::Av1),
        Codec::Vp8(_) => Some(CodecName::Vp8),
        Codec::Vp9(_) => Some(CodecName::Vp9),
        Codec::Opus(parameters) if parameters.channels <= 2 => Some(OPUS),
        _ => None,
    }
}

/// What is offered, for people.
pub(super) fn names(payloads: &[Payload]) -> String {
    let mut names: Vec<&str> = Vec::new();
    let h264 = payloads.iter().any(|payload| payload.name == "h264" && may_divide(payload));
    for payload in payloads {
        let name = match &payload.name[..] {
            "" | "red" | "ulpfec" | "flexfec-03" | "telephone-event" | "cn" => continue,
            "h264" if !h264 => "h264 (in packetization mode 0)",
            name => name,
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

fn codec_of(payload: &Payload) -> Option<CodecName> {
    // Between 64 and 95 they look like RTCP (RFC 5761 §4).
    if (64..96).contains(&payload.number) {
        return None;
    }
    match (&payload.name[..], payload.clock) {
        ("h264", 90_000) => matches!(mode(payload), "0" | "1").then_some(CodecName::H264),
        ("h265", 90_000) => Some(CodecName::H265),
        ("av1", 90_000) => Some(CodecName::Av1),
        ("vp8", 90_000) => Some(CodecName::Vp8),
        ("vp9", 90_000) => Some(CodecName::Vp9),
        ("opus", 48_000) => (payload.channels == 2).then_some(OPUS),
        ("pcmu", 8_000) => (payload.channels == 1).then_some(CodecName::Pcmu),
        ("pcma", 8_000) => (payload.channels == 1).then_some(CodecName::Pcma),
        _ => None,
    }
}

/// Whether a unit of a picture may be sent as several packets: in mode 0 of H.264 there is no way to.
fn may_divide(payload: &Payload) -> bool {
    payload.name != "h264" || mode(payload) == "1"
}

/// How H.264 is put into packets; where nothing is said, mode 0 (RFC 6184 §8.1). Mode 2 sends units in another order.
fn mode(payload: &Payload) -> &str {
    payload.parameter("packetization-mode").unwrap_or("0")
}

fn choose(payload: &Payload, codec: CodecName, receiving: bool) -> Chosen {
    let numbered = codec == CodecName::H265
        && payload
            .parameter("sprop-max-don-diff")
            .is_some_and(|most| most.parse().is_ok_and(|most: u32| most > 0));
    Chosen {
        codec,
        number: payload.number,
        repair: payload.repair.filter(|repair| !(64..96).contains(repair) && *repair < 128),
        feedback: payload.feedback,
        parameters: answer_parameters(payload, codec, receiving),
        numbered,
    }
}

/// `fmtp` of the answer: what both ends have to say alike, as offered.
fn answer_parameters(payload: &Payload, codec: CodecName, receiving: bool) -> String {
    let alike: &[&str] = match codec {
        CodecName::H264 => &["level-asymmetry-allowed", "packetization-mode", "profile-level-id"],
        CodecName::H265 => &["profile-space", "profile-id", "tier-flag", "level-id", "tx-mode"],
        CodecName::Av1 => &["profile", "level-idx", "tier"],
        CodecName::Vp9 => &["profile-id"],
        CodecName::Opus { .. } => &["minptime", "useinbandfec"],
        CodecName::Vp8 | CodecName::Pcmu | CodecName::Pcma => &[],
    };
    let mut parts: Vec<String> = alike
        .iter()
        .filter_map(|key| Some(format!("{key}={}", payload.parameter(key).filter(|value| is_plain(value))?)))
        .collect();
    if let CodecName::Opus { .. } = codec {
        // A browser folds to mono what it sends to somebody who does not ask for stereo.
        let stereo = receiving || payload.parameter("stereo") == Some("1");
        parts.extend(stereo.then(|| "stereo=1".to_owned()));
        parts.extend((!receiving).then(|| "sprop-stereo=1".to_owned()));
    }
    parts.join(";")
}

fn is_plain(value: &str) -> bool {
    (1..=32).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// What [`profile_offered`] would have to be for a track.
fn profile_of(codec: &Codec) -> Option<u32> {
    match codec {
        Codec::H264(parameters) => Some(u32::from(parameters.profile_level()[0])),
        Codec::H265(parameters) => Some(u32::from(parameters.profile.idc)),
        Codec::Av1(parameters) => Some(u32::from(parameters.profile)),
        Codec::Vp9(parameters) => Some(u32::from(parameters.profile)),
        _ => None,
    }
}

/// The profile of a payload type, the default where it says none.
fn profile_offered(payload: &Payload, codec: CodecName) -> u32 {
    let number = |key| payload.parameter(key).and_then(|value| value.parse().ok());
    match codec {
        CodecName::H264 => h264_profile(payload.parameter("profile-level-id").unwrap_or_default()),
        CodecName::H265 => number("profile-id").unwrap_or(1),
        CodecName::Av1 => number("profile").unwrap_or(0),
        CodecName::Vp9 => number("profile-id").unwrap_or(0),
        _ => 0,
    }
}

/// `profile_idc` of a `profile-level-id`; baseline where there is none (RFC 6184 §8.1).
fn h264_profile(profile_level_id: &str) -> u32 {
    let whole = u32::from_str_radix(profile_level_id, 16).ok().filter(|_| profile_level_id.len() == 6);
    whole.map_or(66, |whole| whole >> 16)
}

/// Hands out payload types for an offer of our own.
#[derive(Debug)]
pub(crate) struct Payloads(u8);

impl Payloads {
    pub(crate) fn new() -> Payloads {
        Payloads(96)
    }

    /// A payload type for `codec`, with one for its retransmissions if it is of video.
    pub(crate) fn chosen(&mut self, codec: CodecName, parameters: String) -> Chosen {
        let video = codec.kind() == media::Kind::Video;
        let mut next = || {
            self.0 += 1;
            self.0 - 1
        };
        let number = match codec {
            CodecName::Pcmu => 0,
            CodecName::Pcma => 8,
            _ => next(),
        };
        let repair = video.then(next);
        let feedback = Feedback { nack: video, pli: video, fir: video, transport: true, remb: false };
        Chosen { codec, number, repair, feedback, parameters, numbered: false }
    }
}

/// How a track is offered; `None` when it cannot travel.
pub(crate) fn offerable(codec: &Codec) -> Option<(CodecName, String)> {
    let parameters = match codec {
        Codec::H264(parameters) => {
            let [profile, constraints, level] = parameters.profile_level();
            format!(
                "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={profile:02x}{constraints:02x}{level:02x}"
            )
        }
        Codec::H265(parameters) => {
            let profile = parameters.profile;
            let tier = u8::from(profile.high_tier);
            format!("profile-id={};tier-flag={tier};level-id={};tx-mode=SRST", profile.idc, profile.level)
        }
        Codec::Av1(parameters) => format!(
            "profile={};level-idx={};tier={}",
            parameters.profile,
            parameters.level,
            u8::from(parameters.high_tier)
        ),
        Codec::Vp9(parameters) => format!("profile-id={}", parameters.profile),
        Codec::Opus(_) => "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1".to_owned(),
        _ => String::new(),
    };
    Some((outgoing_name(codec)?, parameters))
}

const OPUS: CodecName = CodecName::Opus { channels: 2 };
