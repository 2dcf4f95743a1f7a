//! SRTP and SRTCP of what we send, and SRTCP of what is reported about it (RFC 3711, RFC 7714), with keys of DTLS (RFC 5764).
//!
//! What comes from publishers is the engine's, with its own keys of the same handshake.

mod cipher;
mod replay;

use std::fmt;

use cipher::Cipher;
use replay::Replay;

use crate::rtp;

pub(crate) use cipher::Profile;

/// What a handshake ended with.
pub(crate) struct Handshake {
    pub(crate) profile: Profile,
    /// Keys and salts of the client and of the server: `client key, server key, client salt, server salt` (RFC 5764 §4.2).
    pub(crate) material: Vec<u8>,
    /// Whether we are the client.
    pub(crate) client: bool,
}

impl Handshake {
    /// Key and salt, ours and theirs.
    fn keys(&self) -> Option<[(&[u8], &[u8]); 2]> {
        let Handshake { profile, material, client } = self;
        if material.len() != 2 * (profile.key() + profile.salt()) {
            return None;
        }
        let (keys, salts) = material.split_at_checked(2 * profile.key())?;
        let (keys, salts) = (keys.split_at_checked(profile.key())?, salts.split_at_checked(profile.salt())?);
        let (of_client, of_server) = ((keys.0, salts.0), (keys.1, salts.1));
        Some(if *client { [of_client, of_server] } else { [of_server, of_client] })
    }
}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake").field("profile", &self.profile).finish_non_exhaustive()
    }
}

/// An RTP packet that is to be sealed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sealed {
    /// Where it begins, and where its payload does.
    pub(crate) start: usize,
    pub(crate) payload: usize,
    pub(crate) ssrc: u32,
    /// Its sequence number with the times that it has wrapped (RFC 3711 §3.3.1): for one SSRC never the same twice.
    pub(crate) index: u64,
}

/// Both directions of a session that sends media.
pub(crate) struct Srtp {
    media: Cipher,
    reports: Cipher,
    /// Of the next report: no two have the same under one key.
    report: u32,
    theirs: Cipher,
    replay: Replay,
}

impl Srtp {
    /// `None` for keys that do not fit their profile.
    pub(crate) fn new(handshake: &Handshake) -> Option<Srtp> {
        let (profile, [(our_key, our_salt), (their_key, their_salt)]) =
            (handshake.profile, handshake.keys()?);
        Some(Srtp {
            media: Cipher::of_media(profile, our_key, our_salt)?,
            reports: Cipher::of_reports(profile, our_key, our_salt)?,
            report: 0,
            theirs: Cipher::of_reports(profile, their_key, their_salt)?,
            replay: Replay::default(),
        })
    }

    /// Encrypts and signs the RTP packet at the end of `out`. What cannot be encrypted is taken away.
    pub(crate) fn seal(&mut self, out: &mut Vec<u8>, packet: Sealed) {
        if self.media.seal_media(out, packet).is_none() {
            out.truncate(packet.start);
        }
    }

    /// Encrypts and signs the compound of reports at `start` of `out`, which is of `ssrc`.
    pub(crate) fn seal_reports(&mut self, out: &mut Vec<u8>, start: usize, ssrc: u32) {
        if self.reports.seal_reports(out, start, ssrc, self.report).is_none() {
            out.truncate(start);
        }
        // 31 bits: at ten a second they last for six years.
        self.report = (self.report + 1) & LAST_REPORT;
    }

    /// The reports of the other end in `datagram`. `None` for what is not genuine, or came before.
    pub(crate) fn open_reports(&mut self, datagram: &[u8]) -> Option<Vec<u8>> {
        let ssrc = u32::from_be_bytes(*datagram.get(4..)?.first_chunk()?);
        let (index, reports) = self.theirs.open_reports(datagram, ssrc)?;
        self.replay.is_new(ssrc, index).then_some(reports)
    }
}

impl fmt::Debug for Srtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Srtp").finish_non_exhaustive()
    }
}

/// RTP of the other end.
pub(crate) struct Opening {
    media: Cipher,
    /// Of each SSRC the newest index.
    newest: Vec<(u32, u64)>,
}

impl Opening {
    /// `None` for keys that do not fit their profile.
    pub(crate) fn new(handshake: &Handshake) -> Option<Opening> {
        let [_, (key, salt)] = handshake.keys()?;
        Some(Opening { media: Cipher::of_media(handshake.profile, key, salt)?, newest: Vec::new() })
    }

    /// Decrypts the RTP packet `packet` in place: its index (RFC 3711 §3.3.1), and how long it is without its signature. `None` for what is
    /// not genuine.
    pub(crate) fn open(&mut self, packet: &mut [u8]) -> Option<(u64, usize)> {
        let header = rtp::Header::parse(packet)?;
        let (ssrc, sequence, payload) = (header.ssrc, header.sequence, header.size);
        let known = self.newest.iter_mut().find(|(known, _)| *known == ssrc);
        let index = known.as_ref().map_or(sequence.into(), |(_, newest)| rtp::nearest(*newest, sequence));
        let length = self.media.open_media(packet, Sealed { start: 0, payload, ssrc, index })?;
        match known {
            Some((_, newest)) => *newest = index.max(*newest),
            // Who gets here has the keys; one end has a few.
            None => self.newest.push((ssrc, index)),
        }
        self.newest.truncate(MOST_SSRCS);
        Some((index, length))
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").finish_non_exhaustive()
    }
}

const MOST_SSRCS: usize = 64;
const LAST_REPORT: u32 = 0x7fff_ffff;

#[cfg(test)]
#[path = "srtp_test.rs"]
mod tests;
