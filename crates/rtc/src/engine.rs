//! str0m, made of what was agreed.
//!
//! It could read the offer itself. It does not, because it panics on offers that give one payload type two meanings, and
//! matches profiles more strictly than decoders do: what it gets is a description of ours ([`write::for_engine`]) with
//! each codec once, so that nothing is left to match.

mod handshake;

use std::time::{Duration, Instant};

use media::Kind;
use str0m::change::SdpOffer;
use str0m::format::{Codec, FormatParams};
use str0m::media::{Frequency, Mid, Pt};
use str0m::net::{Protocol, TcpType};
use str0m::rtp::{Extension, ExtensionMap};
use str0m::{IceCreds, Rtc};

use crate::negotiate::{ABS_SEND_TIME, Agreed, Chosen, MID, REPAIRED_RID, RID, TRANSPORT_CC};
use crate::sdp::{Direction, write};
use crate::{CodecName, Config, Refused, Transport};

pub(crate) use handshake::Ear;

/// Which end of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Frames come in.
    Ingest,
    /// RTP packets go out.
    Send,
    /// RTP packets come in.
    Watch,
    /// RTP packets come in, past the engine.
    Count,
}

impl Role {
    /// Whether media passes the engine by.
    pub(crate) fn is_past(self) -> bool {
        matches!(self, Role::Send | Role::Count)
    }
}

/// An engine that is ready to go: descriptions are exchanged. The ear hears the keys where media passes it by.
pub(crate) fn build(
    now: Instant,
    config: &Config,
    role: Role,
    agreed: &Agreed,
) -> Result<(Rtc, Ear), Refused> {
    let (configured, ear) = (configured(config, role, agreed), Ear::default());
    let mut engine = match role {
        Role::Send | Role::Count => handshake::heard(configured, now, &ear),
        Role::Ingest | Role::Watch => configured.build(now),
    };
    for candidate in &config.candidates {
        if let Some(candidate) = local_candidate(candidate, config.lite) {
            engine.add_local_candidate(candidate);
        }
    }
    // As the other end sees it: what we send it receives.
    let direction = if role == Role::Send { Direction::Receive } else { Direction::Send };
    let offer = SdpOffer::from_sdp_string(&write::for_engine(agreed, direction));
    let refused = |detail: String| Refused::Engine { detail };
    let offer = offer.map_err(|error| refused(error.to_string()))?;
    engine.sdp_api().accept_offer(offer).map_err(|error| refused(error.to_string()))?;
    if !config.lite {
        engine.direct_api().set_ice_controlling(true);
        for candidate in &agreed.remote.candidates {
            if let Some(candidate) = remote_candidate(candidate) {
                engine.add_remote_candidate(candidate);
            }
        }
    }
    Ok((engine, ear))
}

fn configured(config: &Config, role: Role, agreed: &Agreed) -> str0m::RtcConfig {
    let mut built = Rtc::builder()
        .clear_codecs()
        .set_dtls_cert(config.certificate.dtls())
        .set_local_ice_credentials(IceCreds {
            ufrag: config.credentials.ufrag().to_owned(),
            pass: config.credentials.password().to_owned(),
        })
        .set_ice_lite(config.lite)
        .set_rtp_mode(role != Role::Ingest)
        .set_extension_map(extensions(agreed))
        .set_reordering_size_video(HELD_PICTURES)
        .set_reordering_size_audio(HELD_SOUND)
        .set_reordering_timeout_audio(Some(SOUND_WAIT))
        // Of what is sent it knows nothing, and of the way only where it asks.
        .set_stats_interval((role != Role::Send || !config.lite).then_some(STATS));
    for line in &agreed.lines {
        for chosen in &line.codecs {
            let (codec, clock, channels) = format(chosen.codec);
            let number = |number: u8| Pt::from(number);
            built.codec_config().add_config(
                number(chosen.number),
                chosen.repair.map(number),
                codec,
                clock,
                channels,
                parameters(chosen),
            );
        }
    }
    built
}

fn extensions(agreed: &Agreed) -> ExtensionMap {
    let mut map = ExtensionMap::empty();
    for (id, uri) in agreed.lines.iter().flat_map(|line| &line.extensions) {
        let extension = match &uri[..] {
            MID => Extension::RtpMid,
            RID => Extension::RtpStreamId,
            REPAIRED_RID => Extension::RepairedRtpStreamId,
            TRANSPORT_CC => Extension::TransportSequenceNumber,
            ABS_SEND_TIME => Extension::AbsoluteSendTime,
            _ => continue,
        };
        map.set(*id, extension);
    }
    map
}

fn format(codec: CodecName) -> (Codec, Frequency, Option<u8>) {
    match codec {
        CodecName::H264 => (Codec::H264, Frequency::NINETY_KHZ, None),
        CodecName::H265 => (Codec::H265, Frequency::NINETY_KHZ, None),
        CodecName::Av1 => (Codec::Av1, Frequency::NINETY_KHZ, None),
        CodecName::Vp8 => (Codec::Vp8, Frequency::NINETY_KHZ, None),
        CodecName::Vp9 => (Codec::Vp9, Frequency::NINETY_KHZ, None),
        CodecName::Opus { .. } => (Codec::Opus, Frequency::FORTY_EIGHT_KHZ, Some(2)),
        CodecName::Pcmu => (Codec::PCMU, Frequency::EIGHT_KHZ, None),
        CodecName::Pcma => (Codec::PCMA, Frequency::EIGHT_KHZ, None),
    }
}

/// The same as [`write::for_engine`] has.
fn parameters(chosen: &Chosen) -> FormatParams {
    let none = FormatParams::default();
    match chosen.codec {
        CodecName::H264 => FormatParams {
            level_asymmetry_allowed: Some(true),
            packetization_mode: Some(1),
            profile_level_id: Some(0x42_e01f),
            ..none
        },
        CodecName::H265 if chosen.numbered => FormatParams { sprop_max_don_diff: Some(1), ..none },
        CodecName::Vp9 => FormatParams { profile_id: Some(0), ..none },
        _ => none,
    }
}

/// `None` for an address that nobody can be reached at.
fn local_candidate(candidate: &crate::Candidate, lite: bool) -> Option<str0m::Candidate> {
    let built = str0m::Candidate::builder();
    match candidate.transport {
        Transport::Udp => built.udp().host(candidate.address).build().ok(),
        Transport::Tcp => {
            let kind = if lite { TcpType::Passive } else { TcpType::Active };
            built.tcp().host(candidate.address).tcptype(kind).build().ok()
        }
    }
}

/// Whether anybody could be reached at `candidate`: not at no address, a multicast or a link-local one.
pub(crate) fn is_usable(candidate: &crate::Candidate) -> bool {
    local_candidate(candidate, true).is_some()
}

pub(crate) fn remote_candidate(candidate: &crate::sdp::candidate::Candidate) -> Option<str0m::Candidate> {
    let (name, end) = match (candidate.transport, candidate.passive) {
        (Transport::Udp, _) => ("udp", ""),
        (Transport::Tcp, true) => ("tcp", " tcptype passive"),
        (Transport::Tcp, false) => ("tcp", " tcptype active"),
    };
    let (address, priority, kind) = (candidate.address, candidate.priority, candidate.kind);
    let text = format!("candidate:1 1 {name} {priority} {} {} typ {kind}{end}", address.ip(), address.port());
    str0m::Candidate::from_sdp_string(&text).ok()
}

/// HMAC-SHA1, as STUN has it.
pub(crate) fn sign(key: &[u8], text: &[u8]) -> [u8; 20] {
    str0m::crypto::from_feature_flags().sha1_hmac_provider.sha1_hmac(key, &[text])
}

/// Over what, as the engine says it; TLS is not used.
pub(crate) fn protocol(via: Transport) -> Protocol {
    match via {
        Transport::Udp => Protocol::Udp,
        Transport::Tcp => Protocol::Tcp,
    }
}

pub(crate) fn transport(protocol: Protocol) -> Transport {
    match protocol {
        Protocol::Udp => Transport::Udp,
        _ => Transport::Tcp,
    }
}

/// The engine's name of a MID.
pub(crate) fn mid(mid: &str) -> Mid {
    Mid::from(mid)
}

/// Pictures that may wait for a packet. More than can come while it is asked for three times; what ends the wait is time:
/// three round trips after the last request, at most some 300 ms while the round trip is not known.
const HELD_PICTURES: usize = 60;
/// Packets of sound that may wait for one: nobody sends them again, so only those that overtook it are waited for.
const HELD_SOUND: usize = 10;
const SOUND_WAIT: Duration = Duration::from_millis(150);
const STATS: Duration = Duration::from_secs(1);

/// Samples a second of the RTP clock.
pub(crate) fn clock(codec: CodecName) -> u32 {
    match codec.kind() {
        Kind::Video => 90_000,
        _ => format(codec).1.get(),
    }
}
