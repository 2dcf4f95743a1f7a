//! What a peer is given.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use crate::Certificate;
use crate::error::BadCredentials;

/// What a peer is made of.
#[derive(Debug, Clone)]
pub struct Config {
    /// Who we are in the handshake.
    pub certificate: Certificate,
    /// The names under which the other end asks for this peer.
    pub credentials: Credentials,
    /// Random, and known to nobody else: whoever has not received a check of ours cannot answer it.
    pub secret: [u8; 16],
    /// What the wall clock says when the peer is made: sender reports have it, and go on from there.
    pub wall: SystemTime,
    /// Where this peer is to be reached, the best first.
    pub candidates: Vec<Candidate>,
    /// Whether we only answer and never ask: for servers, which everybody reaches (RFC 8445 §2.5).
    pub lite: bool,
    /// How long nothing may be heard of the other end before it counts as gone; RFC 7675 §5.1 has 30 s.
    pub timeout: Duration,
    /// How long it may take to connect: to find a way and to agree on keys.
    pub connection: Duration,
}

impl Config {
    /// As [`Config::timeout`] for want of a better one.
    pub const TIMEOUT: Duration = Duration::from_secs(30);
    /// As [`Config::connection`] for want of a better one: browsers that can connect do so within one or two.
    pub const CONNECTION: Duration = Duration::from_secs(15);
}

/// A host candidate: an address as the other end sees it, so a public one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Candidate {
    /// Over what.
    pub transport: Transport,
    /// Where.
    pub address: SocketAddr,
}

/// What carries datagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP, with each datagram behind its length (RFC 4571), to which the other end connects (RFC 6544 "passive").
    Tcp,
}

/// What ICE knows a peer by (RFC 8839 §5.4).
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    ufrag: String,
    password: String,
}

impl Credentials {
    /// With the name `ufrag` and what proves it. Both are to be random, by 24 bits and by 128.
    ///
    /// Errs on other than 4 to 256 and 22 to 256 letters, digits, `+` and `/`.
    pub fn new(ufrag: impl Into<String>, password: impl Into<String>) -> Result<Credentials, BadCredentials> {
        let (ufrag, password) = (ufrag.into(), password.into());
        let ice = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
        };
        if !ice(&ufrag) || !ice(&password) {
            return Err(BadCredentials::Character);
        }
        if !(4..=256).contains(&ufrag.len()) {
            return Err(BadCredentials::Ufrag { size: ufrag.len() });
        }
        if !(22..=256).contains(&password.len()) {
            return Err(BadCredentials::Password { size: password.len() });
        }
        Ok(Credentials { ufrag, password })
    }

    /// The name.
    pub fn ufrag(&self) -> &str {
        &self.ufrag
    }

    /// What proves it.
    pub fn password(&self) -> &str {
        &self.password
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("ufrag", &self.ufrag).finish_non_exhaustive()
    }
}
