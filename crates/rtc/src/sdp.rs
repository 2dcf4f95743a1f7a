//! Session descriptions, as far as WebRTC needs them.
//!
//! Offers come from strangers: what is read is bounded, what is unknown is passed over, and nothing of a text goes on
//! that was not understood: to the engine goes a description made anew ([`crate::engine`]).
//!
//! Source: RFC 8866 (SDP), 8829 (JSEP), 8839 (ICE), 8122 (fingerprints), 8843 (BUNDLE), 5576 (SSRCs), 4588 (RTX),
//! 8285 (header extensions), 8851 and 8853 (RIDs, simulcast).

pub(crate) mod candidate;
mod parse;
pub(crate) mod write;

use media::Kind;

/// A description that was read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Description {
    /// The sender only answers checks.
    pub(crate) lite: bool,
    /// Header extensions may be of both forms, in every section.
    pub(crate) mixed: bool,
    /// The MIDs that share one transport.
    pub(crate) bundle: Vec<String>,
    /// Each m-line with what belongs to it, in order.
    pub(crate) sections: Vec<Section>,
}

/// One m-line.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    /// `audio`, `video`, `application`, …
    pub(crate) media: String,
    /// `UDP/TLS/RTP/SAVPF` or what else.
    pub(crate) protocol: String,
    /// As in the line, for an answer that rejects it.
    pub(crate) formats: Vec<String>,
    /// Port 0, and no word that this is only because it is bundled.
    pub(crate) rejected: bool,
    /// Its name in BUNDLE and in header extensions.
    pub(crate) mid: Option<String>,
    pub(crate) direction: Direction,
    /// RTCP on the same port.
    pub(crate) rtcp_mux: bool,
    /// RTCP packets may stand alone (RFC 5506).
    pub(crate) reduced: bool,
    /// Header extensions may be of both forms (RFC 8285 §6), by the section's own word.
    pub(crate) mixed: bool,
    pub(crate) payloads: Vec<Payload>,
    /// Ids and URIs of header extensions.
    pub(crate) extensions: Vec<(u8, String)>,
    /// What the sender will send with.
    pub(crate) ssrcs: Vec<u32>,
    /// An SSRC and the one of its retransmissions.
    pub(crate) pairs: Vec<(u32, u32)>,
    /// Sizes that are sent side by side.
    pub(crate) layers: Vec<String>,
    /// Of this section, or else of the session.
    pub(crate) transport: Transport,
}

/// How to get there, and who is there.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transport {
    pub(crate) ufrag: Option<String>,
    pub(crate) password: Option<String>,
    /// SHA-256 of the certificate.
    pub(crate) fingerprint: Option<[u8; 32]>,
    pub(crate) setup: Option<Setup>,
    /// The lines behind `candidate:`.
    pub(crate) candidates: Vec<String>,
}

/// A payload type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payload {
    pub(crate) number: u8,
    /// In lower case.
    pub(crate) name: String,
    pub(crate) clock: u32,
    /// 1 where nothing is said.
    pub(crate) channels: u8,
    /// What `fmtp` says, as it is written.
    pub(crate) parameters: String,
    pub(crate) feedback: Feedback,
    /// The payload type of its retransmissions.
    pub(crate) repair: Option<u8>,
}

/// What a receiver of a payload type may ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Feedback {
    pub(crate) nack: bool,
    pub(crate) pli: bool,
    pub(crate) fir: bool,
    pub(crate) transport: bool,
    pub(crate) remb: bool,
}

/// Who sends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Direction {
    #[default]
    Both,
    Send,
    Receive,
    Neither,
}

/// Who begins the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setup {
    Either,
    Active,
    Passive,
}

impl Section {
    /// What it carries, if it is RTP by DTLS.
    pub(crate) fn kind(&self) -> Option<Kind> {
        let kind = match &self.media[..] {
            "audio" => Kind::Audio,
            "video" => Kind::Video,
            _ => return None,
        };
        // Browsers always say SAVPF; SAVP and the TCP forms differ only in what nobody minds.
        self.protocol.contains("TLS/RTP/SAVP").then_some(kind)
    }

    pub(crate) fn extension(&self, uri: &str) -> Option<u8> {
        self.extensions.iter().find(|(_, known)| known == uri).map(|(id, _)| *id)
    }
}

impl Payload {
    /// The value of `key` in the parameters.
    pub(crate) fn parameter(&self, key: &str) -> Option<&str> {
        self.parameters.split(';').find_map(|parameter| {
            let (name, value) = parameter.trim().split_once('=')?;
            name.trim().eq_ignore_ascii_case(key).then_some(value.trim())
        })
    }
}

impl Direction {
    pub(crate) fn sends(self) -> bool {
        matches!(self, Direction::Both | Direction::Send)
    }

    pub(crate) fn receives(self) -> bool {
        matches!(self, Direction::Both | Direction::Receive)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Direction::Both => "sendrecv",
            Direction::Send => "sendonly",
            Direction::Receive => "recvonly",
            Direction::Neither => "inactive",
        }
    }
}

/// Bytes of a description; browsers send up to some 10 KB.
pub(crate) const MAX_SIZE: usize = 64 << 10;
/// Of each m-line, and of the session: more are passed over.
const MAX_CANDIDATES: usize = 32;
const MAX_SECTIONS: usize = 32;
const MAX_PAYLOADS: usize = 96;
const MAX_EXTENSIONS: usize = 32;
const MAX_SSRCS: usize = 32;
const MAX_LAYERS: usize = 4;
/// Characters of a MID or a parameter line.
const MAX_TOKEN: usize = 64;
const MAX_LINE: usize = 1_024;

#[cfg(test)]
#[path = "sdp_test.rs"]
mod tests;
