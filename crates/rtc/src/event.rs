//! What a peer hands out.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use media::{Kind, Time};

use crate::Transport;

/// What a peer hands to its owner.
#[derive(Debug)]
pub enum Output {
    /// A datagram for the other end.
    Send {
        /// Over what. Over TCP it goes into the connection that `to` has made.
        via: Transport,
        /// The candidate it leaves from.
        from: SocketAddr,
        /// Where to.
        to: SocketAddr,
        /// RTP, RTCP, DTLS or STUN, at most 1,500 bytes.
        datagram: Vec<u8>,
    },
    /// Something the owner must know.
    Event(Event),
    /// Nothing more until then, or until a call.
    Wait(Instant),
}

/// What happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// The way is found and the keys are agreed: media may flow.
    Connected,
    /// Of a publisher: media.
    Sample(Sample),
    /// Of a player: it cannot go on without a key frame.
    KeyFrameWanted(Kind),
    /// Of a player: bit/s that the way seems to carry, when that has changed by more than 5 %.
    Bandwidth(u64),
    /// What [`Peer::stats`] has of the network is new. About once a second.
    ///
    /// [`Peer::stats`]: crate::Peer::stats
    Measured,
    /// Of a peer that asked to play: an RTP packet.
    Packet {
        /// Of which track.
        kind: Kind,
        /// Its payload.
        bytes: Arc<[u8]>,
        /// As in its header.
        timestamp: u32,
        /// As in its header: the last of a picture.
        marker: bool,
        /// Unwrapped.
        sequence: u64,
    },
    /// The other end is gone, or said goodbye. The last event.
    Disconnected,
}

/// One access unit of a publisher, on the clock that all its tracks share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Of which track.
    pub kind: Kind,
    /// What it is.
    pub codec: CodecName,
    /// When to present it. Not monotonic over pictures that were sent out of order.
    pub time: Time,
    /// When it was taken, by the publisher's own clock, once its sender reports say so.
    pub ntp: Option<SystemTime>,
    /// Packets before it are missing: what refers to them cannot be decoded.
    pub lost: bool,
    /// The clock was stepped here.
    pub discontinuity: bool,
    /// Which of several sizes, where the publisher sends several (simulcast).
    pub rid: Option<String>,
    /// H.264 and H.265: NAL units behind start codes; AV1: OBUs with their sizes; else one frame.
    pub payload: Bytes,
}

/// A codec as it is negotiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CodecName {
    /// H.264.
    H264,
    /// H.265.
    H265,
    /// AV1.
    Av1,
    /// VP8.
    Vp8,
    /// VP9.
    Vp9,
    /// Opus.
    Opus {
        /// Of the encoder, as far as the offer says; packets say it themselves.
        channels: u8,
    },
    /// G.711 µ-law, 8 kHz.
    Pcmu,
    /// G.711 A-law, 8 kHz.
    Pcma,
}

impl CodecName {
    /// As in APIs and logs.
    pub fn name(self) -> &'static str {
        match self {
            CodecName::H264 => "h264",
            CodecName::H265 => "h265",
            CodecName::Av1 => "av1",
            CodecName::Vp8 => "vp8",
            CodecName::Vp9 => "vp9",
            CodecName::Opus { .. } => "opus",
            CodecName::Pcmu => "pcmu",
            CodecName::Pcma => "pcma",
        }
    }

    /// Pictures or sound.
    pub fn kind(self) -> Kind {
        match self {
            CodecName::H264 | CodecName::H265 | CodecName::Av1 | CodecName::Vp8 | CodecName::Vp9 => {
                Kind::Video
            }
            CodecName::Opus { .. } | CodecName::Pcmu | CodecName::Pcma => Kind::Audio,
        }
    }
}

impl fmt::Display for CodecName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
