//! The end that offers: to play, for those who measure; to publish, for pushing to other servers.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use media::{Kind, Track};

use super::{Peer, seed, ssrcs};
use crate::engine::Role;
use crate::negotiate::{self, MID, Offered, Payloads, TRANSPORT_CC, offerable};
use crate::sdp::write::{self, Local};
use crate::sdp::{Description, Setup};
use crate::{CodecName, Config, Refused};

/// An offer that waits for its answer.
pub struct Offering {
    config: Config,
    role: Role,
    lines: Vec<Offered>,
}

impl Peer {
    /// Offers to receive whatever a stream has, as RTP packets that are not put together: see [`Event::Packet`].
    ///
    /// [`Event::Packet`]: crate::Event::Packet
    pub fn offer_to_play(now: Instant, config: Config) -> (Offering, String) {
        Peer::offer_to_receive(now, config, Role::Watch)
    }

    /// The same for who has many such peers: what comes passes most of what a whole client has by, which costs a fraction. Gaps are asked
    /// for again, and reports go out, as from a browser.
    pub fn offer_to_count(now: Instant, config: Config) -> (Offering, String) {
        Peer::offer_to_receive(now, config, Role::Count)
    }

    fn offer_to_receive(_now: Instant, config: Config, role: Role) -> (Offering, String) {
        const VIDEO: [(CodecName, &str); 5] = [
            (CodecName::H264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640034"),
            (CodecName::H265, "profile-id=1;tier-flag=0;level-id=180;tx-mode=SRST"),
            (CodecName::Av1, "profile=0;level-idx=13;tier=0"),
            (CodecName::Vp9, "profile-id=0"),
            (CodecName::Vp8, ""),
        ];
        const AUDIO: [(CodecName, &str); 1] =
            [(CodecName::Opus { channels: 2 }, "minptime=10;useinbandfec=1;stereo=1")];
        let mut payloads = Payloads::new();
        let mut line = |mid: &str, kind, codecs: &[(CodecName, &str)]| Offered {
            kind,
            mid: mid.to_owned(),
            codecs: codecs
                .iter()
                .map(|(codec, parameters)| payloads.chosen(*codec, (*parameters).to_owned()))
                .collect(),
            ours: None,
        };
        let lines = vec![line("0", Kind::Video, &VIDEO), line("1", Kind::Audio, &AUDIO)];
        Offering::new(config, role, lines)
    }

    /// Offers to send `tracks`, of which the first of each kind counts.
    ///
    /// Errs when none of them can travel over WebRTC.
    pub fn offer_to_publish(
        _now: Instant,
        config: Config,
        tracks: &[Arc<Track>],
    ) -> Result<(Offering, String), Refused> {
        let mut payloads = Payloads::new();
        let mut lines: Vec<Offered> = Vec::new();
        for track in tracks {
            let kind = track.kind();
            let Some((codec, parameters)) = offerable(&track.codec) else { continue };
            if lines.iter().all(|line| line.kind != kind) {
                let index = lines.len();
                let ours = Some(ssrcs(&config.credentials, index, kind == Kind::Video));
                let codecs = vec![payloads.chosen(codec, parameters)];
                lines.push(Offered { kind, mid: index.to_string(), codecs, ours });
            }
        }
        if lines.is_empty() {
            let codec = tracks.first().map_or("a stream without tracks", |track| track.codec.name());
            return Err(Refused::NotForWebRtc { codec });
        }
        Ok(Offering::new(config, Role::Send, lines))
    }
}

impl Offering {
    fn new(config: Config, role: Role, lines: Vec<Offered>) -> (Offering, String) {
        let local = Local {
            config: &config,
            credentials: &config.credentials,
            fingerprint: config.certificate.fingerprint(),
            setup: Setup::Either,
            session: seed(&config.credentials, "session"),
        };
        let extensions = [(1, TRANSPORT_CC.to_owned()), (2, MID.to_owned())];
        let offer = write::offer(&local, &lines, &extensions);
        (Offering { config, role, lines }, offer)
    }

    /// The answer came.
    ///
    /// Errs when it does not fit the offer, or takes nothing of it.
    pub fn accept(self, now: Instant, answer: &str) -> Result<Peer, Refused> {
        let answer = Description::parse(answer)?;
        let agreed = negotiate::answered(&self.lines, &answer)?;
        Peer::new(now, self.config, self.role, agreed)
    }
}

impl fmt::Debug for Offering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offering").field("role", &self.role).finish_non_exhaustive()
    }
}
