//! One end of a session.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use media::{Kind, Time, Track};

use crate::{CodecName, Config, Credentials, Error, Output, Packet, Refused, Stats, Transport};

/// One end of a WebRTC session.
pub struct Peer {
    media: Vec<(Kind, CodecName)>,
    stats: Stats,
    now: Instant,
}

/// An offer that waits for its answer.
pub struct Offering {}

impl Peer {
    /// Answers the offer of a publisher (WHIP).
    ///
    /// Takes the first audio and the first video that it knows a codec of, and rejects the others.
    pub fn publisher(now: Instant, config: Config, offer: &str) -> Result<(Peer, String), Refused> {
        let _ = (now, config, offer);
        Err(Refused::NoMedia { rejected: false })
    }

    /// Answers the offer of a player (WHEP) for `tracks`, of which the first of each kind counts.
    ///
    /// A kind of which there is no track is answered as inactive. What the offer says of profiles and levels is not
    /// compared with the track: browsers decode more than they name.
    pub fn player(
        now: Instant,
        config: Config,
        offer: &str,
        tracks: &[Arc<Track>],
    ) -> Result<(Peer, String), Refused> {
        let _ = (now, config, offer, tracks);
        Err(Refused::NoMedia { rejected: false })
    }

    /// Offers to receive whatever there is, as RTP packets.
    pub fn offer_to_play(now: Instant, config: Config) -> (Offering, String) {
        let _ = (now, config);
        (Offering {}, String::new())
    }

    /// Offers to send `tracks`.
    pub fn offer_to_publish(
        now: Instant,
        config: Config,
        tracks: &[Arc<Track>],
    ) -> Result<(Offering, String), Refused> {
        let _ = (now, config, tracks);
        Err(Refused::NoMedia { rejected: false })
    }

    /// A datagram came. `to` is the candidate it came to, or the address of the socket.
    ///
    /// A malformed one is counted and nothing else. Errs when the session is over.
    pub fn receive(
        &mut self,
        now: Instant,
        via: Transport,
        from: SocketAddr,
        to: SocketAddr,
        datagram: &[u8],
    ) -> Result<(), Error> {
        let _ = (via, from, to, datagram);
        self.tick(now)
    }

    /// The time is `now`. Errs when the session is over.
    pub fn tick(&mut self, now: Instant) -> Result<(), Error> {
        self.now = now;
        Ok(())
    }

    /// What there is to do; to be called after every other call until it says [`Output::Wait`].
    pub fn poll(&mut self) -> Output {
        Output::Wait(self.now + std::time::Duration::from_secs(1))
    }

    /// Sends one frame of the track of `kind`, presented at `pts` of the stream's clock.
    pub fn send(&mut self, now: Instant, kind: Kind, pts: Time, packets: &[Packet]) -> Result<(), Error> {
        let _ = (kind, pts, packets);
        self.tick(now)
    }

    /// Asks the publisher for a key frame.
    pub fn want_key_frame(&mut self, now: Instant) {
        self.now = now;
    }

    /// Another way to the other end: an `a=candidate` line, with or without `a=`.
    pub fn remote_candidate(&mut self, now: Instant, candidate: &str) -> Result<(), Refused> {
        let _ = candidate;
        self.now = now;
        Ok(())
    }

    /// The other end begins ICE anew (RFC 9725 §4.3.2): `fragment` is its SDP fragment, the result is ours.
    pub fn restart_ice(
        &mut self,
        now: Instant,
        credentials: Credentials,
        fragment: &str,
    ) -> Result<String, Refused> {
        let _ = (credentials, fragment);
        self.now = now;
        Err(Refused::Over)
    }

    /// Says goodbye: drain once more.
    pub fn close(&mut self, now: Instant) {
        self.now = now;
    }

    /// What was negotiated.
    pub fn media(&self) -> &[(Kind, CodecName)] {
        &self.media
    }

    /// What was counted.
    pub fn stats(&self) -> Stats {
        self.stats
    }
}

impl Offering {
    /// The answer came.
    pub fn accept(self, now: Instant, answer: &str) -> Result<Peer, Refused> {
        let _ = answer;
        Ok(Peer { media: Vec::new(), stats: Stats::default(), now })
    }
}
