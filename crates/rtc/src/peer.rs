//! One end of a session.

mod counting;
mod incoming;
mod key_frames;
mod leaving;
mod offering;
mod outgoing;
mod watching;

use std::collections::VecDeque;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use media::{Kind, Time, Track};
use str0m::error::RtcError;
use str0m::net::Receive;
use str0m::{Event as EngineEvent, IceConnectionState, IceCreds, Input, Output as EngineOutput, Rtc};

use crate::engine::{self, Ear, Role};
use crate::negotiate::{self, Agreed, Ours};
use crate::path::{Path, Way};
use crate::sdp::candidate::Candidate;
use crate::sdp::write::{self, Local, Others};
use crate::sdp::{Description, Direction, Setup};
use crate::{
    CodecName, Config, Credentials, Error, Event, Output, Packet, Refused, Stats, Transport, rtcp, stun,
};

use counting::Counts;
use incoming::Incoming;
use outgoing::Outgoing;
use watching::Watching;

pub use offering::Offering;

/// One end of a WebRTC session: a publisher's, a player's, or the one that offered.
pub struct Peer {
    engine: Rtc,
    role: Role,
    config: Config,
    agreed: Agreed,
    media: Vec<(Kind, CodecName)>,
    incoming: Incoming,
    outgoing: Outgoing,
    /// Of one that counts.
    watching: Option<Box<Watching>>,
    keys: Ear,
    /// Until when an engine that media passes by has nothing to say, unless it is given something.
    quiet: Option<Instant>,
    path: Path,
    /// The way that the engine has found, where it asks: the one of the handshake, then the selected one.
    asked: Option<Way>,
    /// The one that media took last.
    taken: Option<Way>,
    counts: Counts,
    events: VecDeque<Event>,
    /// Why it is over; said once as an event, then as an error.
    ended: Option<Error>,
    connected: bool,
    now: Instant,
    born: Instant,
    /// When the other end last showed that it is there.
    heard: Instant,
    /// Times in a row that the engine wanted to go on at once and then had nothing.
    idle: u32,
}

impl Peer {
    /// Answers the offer of a publisher (WHIP).
    ///
    /// Takes of sound and of pictures the first m-line that sends, with every codec that is known, and rejects the others.
    pub fn publisher(now: Instant, config: Config, offer: &str) -> Result<(Peer, String), Refused> {
        let offer = Description::parse(offer)?;
        let agreed = negotiate::publisher(&offer)?;
        let peer = Peer::new(now, config, Role::Ingest, agreed)?;
        let answer = peer.answer(&offer, Direction::Receive, Others::Rejected);
        Ok((peer, answer))
    }

    /// Answers the offer of a player (WHEP) for `tracks`, of which the first of each kind counts.
    ///
    /// A kind of which there is no track is answered as inactive. Profiles and levels of the offer choose among payload
    /// types, but exclude none: browsers decode more than they name.
    pub fn player(
        now: Instant,
        config: Config,
        offer: &str,
        tracks: &[Arc<Track>],
    ) -> Result<(Peer, String), Refused> {
        let offer = Description::parse(offer)?;
        let mut agreed = negotiate::player(&offer, tracks)?;
        for (index, line) in agreed.lines.iter_mut().enumerate() {
            let repaired = line.codecs.iter().any(|codec| codec.repair.is_some());
            line.ours = Some(ssrcs(&config.credentials, index, repaired));
        }
        let peer = Peer::new(now, config, Role::Send, agreed)?;
        let answer = peer.answer(&offer, Direction::Send, Others::Inactive);
        Ok((peer, answer))
    }

    fn new(now: Instant, mut config: Config, role: Role, mut agreed: Agreed) -> Result<Peer, Refused> {
        config.candidates.retain(engine::is_usable);
        // Larix calls itself lite and asks all the same; two that are lite are more than the engine takes.
        agreed.remote.lite &= !config.lite;
        let (mut engine, keys) = engine::build(now, &config, role, &agreed)?;
        let outgoing = Outgoing::new(now, &config, &agreed, &mut engine);
        let incoming = Incoming::new(&agreed, &mut engine);
        let watching = (role == Role::Count).then(|| Box::new(Watching::new(now, &agreed)));
        let codecs = |line: &negotiate::Line| {
            let kind = line.kind;
            line.codecs.iter().map(move |chosen| (kind, chosen.codec)).collect::<Vec<_>>()
        };
        Ok(Peer {
            engine,
            role,
            media: agreed.lines.iter().flat_map(codecs).collect(),
            incoming,
            outgoing,
            watching,
            keys,
            quiet: None,
            path: Path::default(),
            asked: None,
            taken: None,
            counts: Counts::new(&agreed),
            config,
            agreed,
            events: VecDeque::new(),
            ended: None,
            connected: false,
            now,
            born: now,
            heard: now,
            idle: 0,
        })
    }

    fn answer(&self, offer: &Description, direction: Direction, others: Others) -> String {
        write::answer(&self.local(&self.config.credentials), offer, &self.agreed, direction, others)
    }

    fn local<'a>(&'a self, credentials: &'a Credentials) -> Local<'a> {
        Local {
            config: &self.config,
            credentials,
            fingerprint: self.config.certificate.fingerprint(),
            setup: if self.agreed.remote.active { Setup::Passive } else { Setup::Active },
            session: seed(&self.config.credentials, "session"),
        }
    }

    /// A datagram came over `via`. `to` is the candidate it came to; what is no candidate (the address of a socket that
    /// is bound to all) counts as the first one of the same transport and family.
    ///
    /// One that is malformed or of a stranger is counted and nothing else. Errs when the session is over.
    pub fn receive(
        &mut self,
        now: Instant,
        via: Transport,
        from: SocketAddr,
        to: SocketAddr,
        datagram: &[u8],
    ) -> Result<(), Error> {
        self.advance(now)?;
        self.counts.came(datagram.len());
        let to = self.local_address(via, to);
        if self.is_answer(via, from, datagram) {
            self.path.is_there();
            self.heard = self.now;
            return Ok(());
        }
        if !self.is_welcome(via, from, to, datagram) {
            self.counts.malformed();
            return Ok(());
        }
        if self.role.is_past() && rtcp::is_media(datagram) {
            match self.receive_media(datagram) {
                true => self.heard = self.now,
                false => self.counts.malformed(),
            }
            return Ok(());
        }
        self.quiet = None;
        let first = self.first_way(datagram);
        let datagram = first.as_deref().unwrap_or(datagram);
        let adopted = self.incoming.adopt(&mut self.engine, datagram);
        self.incoming.observe(datagram);
        let result = match Receive::new(engine::protocol(via), from, to, datagram) {
            Ok(receive) => {
                let result = self.engine.handle_input(Input::Receive(self.now, receive));
                self.survive(result)
            }
            Err(_) => {
                self.counts.malformed();
                Ok(())
            }
        };
        if let Some(adopted) = adopted {
            self.incoming.confirm(&mut self.engine, adopted);
        }
        result
    }

    /// The time is `now`. Errs when the session is over.
    pub fn tick(&mut self, now: Instant) -> Result<(), Error> {
        self.advance(now)?;
        match &mut self.watching {
            Some(watching) => watching.tick(self.now, self.outgoing.train()),
            None if self.role == Role::Send => {}
            None => {
                self.incoming.tick(self.now);
                self.incoming.ask(&mut self.engine, self.now);
            }
        }
        let silent = self.now.saturating_duration_since(self.heard);
        let waited = self.now.saturating_duration_since(self.born);
        if silent >= self.config.timeout {
            return self.end(Error::Silent { seconds: self.config.timeout.as_secs() });
        }
        if !self.connected && waited >= self.config.connection {
            return self.end(Error::NotConnected { seconds: self.config.connection.as_secs() });
        }
        if self.quiet_until().is_some() { Ok(()) } else { self.step() }
    }

    /// What there is to do. To be called after every other call, until it says [`Output::Wait`].
    pub fn poll(&mut self) -> Output {
        loop {
            if !self.role.is_past() {
                self.incoming.samples(&mut self.events);
            }
            if let Some(event) = self.events.pop_front() {
                self.idle = 0;
                return Output::Event(event);
            }
            if self.ended.is_none()
                && let Some(check) = self.check()
            {
                return check;
            }
            if let Some(datagram) = self.datagram() {
                return datagram;
            }
            if let Some(until) = self.quiet_until() {
                return Output::Wait(self.wait(until));
            }
            match self.engine.poll_output() {
                Ok(EngineOutput::Transmit(transmit)) => {
                    self.idle = 0;
                    return self.transmit(transmit);
                }
                Ok(EngineOutput::Event(event)) => {
                    self.idle = 0;
                    self.event(event);
                }
                Ok(EngineOutput::Timeout(at)) => {
                    if at > self.now + AT_ONCE || self.idle >= MOST_IDLE || self.ended.is_some() {
                        self.quiet = self.role.is_past().then_some(at);
                        return Output::Wait(self.wait(at));
                    }
                    self.idle += 1;
                    self.now = self.now.max(at);
                    let _ = self.step();
                }
                Err(error) => {
                    let _ = self.survive(Err(error));
                    self.idle += 1;
                    if self.idle >= MOST_IDLE {
                        return Output::Wait(self.wait(self.now));
                    }
                }
            }
        }
    }

    /// Sends one frame of the track of `kind`, which is presented at `pts` of the stream's clock.
    ///
    /// What is sent before [`Event::Connected`] is left out. Errs when the session is over, or there is no such track.
    pub fn send(&mut self, now: Instant, kind: Kind, pts: Time, packets: &[Packet]) -> Result<(), Error> {
        self.advance(now)?;
        if !self.connected {
            return Ok(());
        }
        if self.outgoing.send(self.now, kind, pts, packets)? {
            self.events.push_back(Event::Measured);
        }
        Ok(())
    }

    /// Asks the publisher for a key frame of each size that it sends: at once, but of none within 500 ms of the last request.
    /// Pictures that are lost for good are asked for without this.
    pub fn want_key_frame(&mut self, now: Instant) {
        if self.advance(now).is_ok() {
            self.incoming.want_key_frame(None);
            if self.incoming.ask(&mut self.engine, self.now) {
                let _ = self.step();
            }
        }
    }

    /// Another way to the other end: an `a=candidate` line, with or without `a=`.
    ///
    /// One whose address is a name is passed over, as is the end of candidates. Errs on what is no candidate.
    pub fn remote_candidate(&mut self, now: Instant, candidate: &str) -> Result<(), Refused> {
        self.advance(now).map_err(|_| Refused::Over)?;
        let line = candidate.trim();
        let line = line.strip_prefix("a=").unwrap_or(line);
        if line == "end-of-candidates" {
            return Ok(());
        }
        let text = line.strip_prefix("candidate:").filter(|text| text.split_ascii_whitespace().count() >= 8);
        let text = text.ok_or_else(|| Refused::Candidate { text: line.chars().take(100).collect() })?;
        let Some(candidate) = Candidate::parse(text) else { return Ok(()) };
        if candidate.ufrag.as_ref().is_some_and(|ufrag| *ufrag != self.agreed.remote.ufrag) {
            return Err(Refused::OtherSession);
        }
        // Who only answers finds out where the other end is when it asks.
        let known = &mut self.agreed.remote.candidates;
        if self.config.lite || known.contains(&candidate) || known.len() >= MOST_CANDIDATES {
            return Ok(());
        }
        if let Some(candidate) = engine::remote_candidate(&candidate) {
            self.quiet = None;
            self.engine.add_remote_candidate(candidate);
        }
        known.push(candidate);
        Ok(())
    }

    /// The other end begins ICE anew (RFC 9725 §4.3.2): `fragment` says its new credentials, `credentials` are our new
    /// ones. Media goes on over the old way until the new one is found. The result is our fragment.
    ///
    /// Errs when the fragment has no credentials, or the ones that are known already.
    pub fn restart_ice(
        &mut self,
        now: Instant,
        credentials: Credentials,
        fragment: &str,
    ) -> Result<String, Refused> {
        self.advance(now).map_err(|_| Refused::Over)?;
        let fragment = Description::parse_fragment(fragment)?;
        let transports = || fragment.sections.iter().map(|section| &section.transport);
        let find = transports().find_map(|transport| transport.ufrag.clone().zip(transport.password.clone()));
        let (ufrag, password) = find.ok_or(Refused::NoIceCredentials)?;
        if ufrag == self.agreed.remote.ufrag {
            return Err(Refused::OtherSession);
        }
        self.quiet = None;
        let mut api = self.engine.direct_api();
        api.set_local_ice_credentials(IceCreds {
            ufrag: credentials.ufrag().to_owned(),
            pass: credentials.password().to_owned(),
        });
        api.set_remote_ice_credentials(IceCreds { ufrag: ufrag.clone(), pass: password.clone() });
        (self.agreed.remote.ufrag, self.agreed.remote.password) = (ufrag, password);
        self.agreed.remote.candidates.clear();
        self.heard = self.now;
        self.config.credentials = credentials;
        Ok(write::fragment(&self.local(&self.config.credentials), &self.agreed))
    }

    /// Says goodbye. To be drained once more; every other call errs from then on.
    pub fn close(&mut self, now: Instant) {
        if self.advance(now).is_ok() {
            self.quiet = None;
            self.outgoing.end(self.now);
            let _ = self.engine.close();
            self.ended = Some(Error::Closed);
        }
    }

    /// What was negotiated: of what is sent one codec a track, of what is received all that may come, the preferred first.
    pub fn media(&self) -> &[(Kind, CodecName)] {
        &self.media
    }

    /// What was counted.
    pub fn stats(&self) -> Stats {
        let lost = self.watching.as_ref().map_or(self.incoming.lost(), |watching| watching.lost());
        self.counts.stats(lost, self.outgoing.stats())
    }

    /// Time only goes on.
    fn advance(&mut self, now: Instant) -> Result<(), Error> {
        self.now = self.now.max(now);
        self.ended.clone().map_or(Ok(()), Err)
    }

    /// Until when the engine has nothing to say, if that is not over.
    fn quiet_until(&self) -> Option<Instant> {
        self.quiet.filter(|until| self.now < *until)
    }

    fn step(&mut self) -> Result<(), Error> {
        self.quiet = None;
        let result = self.engine.handle_input(Input::Timeout(self.now));
        self.survive(result)
    }

    /// The candidate that `to` means.
    fn local_address(&self, via: Transport, to: SocketAddr) -> SocketAddr {
        let candidates = || self.config.candidates.iter().filter(|candidate| candidate.transport == via);
        if candidates().any(|candidate| candidate.address == to) {
            return to;
        }
        let alike = candidates().find(|candidate| candidate.address.is_ipv4() == to.is_ipv4());
        alike.map_or(to, |candidate| candidate.address)
    }

    /// Whether a datagram is worth the engine's time. From where nobody has proved the password nothing is read but
    /// requests: an attempt to be believed costs a stranger the knowledge of the name, and us one HMAC.
    fn is_welcome(&mut self, via: Transport, from: SocketAddr, to: SocketAddr, datagram: &[u8]) -> bool {
        if !self.config.lite {
            self.heard = self.now;
            return true;
        }
        if !stun::is_stun(datagram) {
            return self.path.knows(via, from);
        }
        let Some(request) = stun::Request::parse(datagram) else { return false };
        if request.local != self.config.credentials.ufrag() || self.path.is_full(via, from) {
            return false;
        }
        self.path.asked(Way { via, ours: to, theirs: from }, request.nominates);
        true
    }

    /// A request over the first way, as one that nominates it: the engine says nothing before, and who nominates late, as
    /// libdatachannel does while some address has not answered it, would wait for its handshake.
    fn first_way(&self, datagram: &[u8]) -> Option<Vec<u8>> {
        let is_first = self.config.lite && self.path.current().is_none();
        is_first.then(|| stun::nominating(datagram, self.config.credentials.password())).flatten()
    }

    /// RTP or RTCP that passes the engine by. Whether it is genuine.
    fn receive_media(&mut self, datagram: &[u8]) -> bool {
        let Some(watching) = &mut self.watching else {
            return self.outgoing.receive(self.now, datagram, &mut self.events);
        };
        let genuine = watching.receive(self.now, datagram, &mut self.events);
        watching.tick(self.now, self.outgoing.train());
        genuine
    }

    /// Whether `datagram` answers a check of ours from where that was sent to.
    fn is_answer(&self, via: Transport, from: SocketAddr, datagram: &[u8]) -> bool {
        let checks = self.path.checks(via, from);
        let ids = checks.map(|number| self.check_id(number));
        stun::is_answer(datagram, ids, &self.agreed.remote.password)
    }

    /// What the check `number` is called.
    fn check_id(&self, number: u64) -> stun::Id {
        let signed = engine::sign(&self.config.secret, &number.to_be_bytes());
        signed.first_chunk().copied().unwrap_or_default()
    }

    fn event(&mut self, event: EngineEvent) {
        match event {
            EngineEvent::Connected => {
                let keys = self.keys.get();
                let opened = match &mut self.watching {
                    Some(watching) => watching.connect(keys),
                    None => self.role != Role::Send || self.outgoing.connect(keys),
                };
                if !opened {
                    let _ = self.end(Error::Engine { detail: "the handshake ended without keys".to_owned() });
                    return;
                }
                self.connected = true;
                self.path.is_connected();
                self.events.push_back(Event::Connected);
            }
            EngineEvent::IceConnectionStateChange(IceConnectionState::Disconnected) if !self.config.lite => {
                let _ = self.end(Error::Silent { seconds: self.config.timeout.as_secs() });
            }
            EngineEvent::Closed => {
                let _ = self.end(Error::Closed);
            }
            EngineEvent::MediaData(data) => {
                self.heard = self.now;
                if let Some(missing) = self.incoming.data(&mut self.engine, data) {
                    // What follows refers to what is missing.
                    self.incoming.want_key_frame(Some(missing));
                    self.incoming.ask(&mut self.engine, self.now);
                }
            }
            EngineEvent::SenderFeedback(feedback) => {
                self.heard = self.now;
                self.incoming.report(&feedback);
            }
            EngineEvent::RtpPacket(packet) => {
                self.heard = self.now;
                if self.role == Role::Watch {
                    self.events.extend(self.incoming.packet(&mut self.engine, packet));
                }
            }
            EngineEvent::PeerStats(stats) => {
                self.counts.peer(&stats);
                if let (Some(asked), Some(pair)) = (&mut self.asked, &stats.selected_candidate_pair) {
                    let via = engine::transport(pair.protocol);
                    *asked = Way { via, ours: asked.ours, theirs: pair.remote.addr };
                }
                self.events.push_back(Event::Measured);
            }
            EngineEvent::MediaIngressStats(stats) => self.counts.ingress(&stats),
            _ => {}
        }
    }

    /// Sorts what ends the session from what does not.
    fn survive(&mut self, result: Result<(), RtcError>) -> Result<(), Error> {
        let Err(error) = result else { return Ok(()) };
        match error {
            // A payload that cannot be put together: it is gone, and what follows is marked.
            RtcError::Packet(..) | RtcError::Rtp(_) | RtcError::Net(_) => {
                self.counts.malformed();
                Ok(())
            }
            // Once the keys are there, a datagram that DTLS does not like changes nothing.
            RtcError::Dtls(_) if self.connected => {
                self.counts.malformed();
                Ok(())
            }
            RtcError::Dtls(error) => self.end(refused(&error.to_string())),
            RtcError::RemoteSdp(_) => self.end(Error::Fingerprint),
            other => self.end(Error::Engine { detail: other.to_string() }),
        }
    }

    fn end(&mut self, error: Error) -> Result<(), Error> {
        if self.ended.is_none() {
            self.ended = Some(error.clone());
            self.events.push_back(Event::Disconnected);
        }
        Err(error)
    }

    /// When to be asked again, at the latest.
    fn wait(&self, engine: Instant) -> Instant {
        if self.ended.is_some() {
            return self.now + IDLE;
        }
        let silence = self.heard + self.config.timeout;
        let connection = (!self.connected).then(|| self.born + self.config.connection);
        let incoming = match &self.watching {
            Some(watching) => watching.deadline(),
            None if self.role == Role::Send => None,
            None => self.incoming.deadline(),
        };
        let soonest = [Some(engine), Some(silence), connection, incoming, self.path.deadline()];
        let soonest = soonest.into_iter().chain([Some(self.now + IDLE)]).flatten().min().unwrap_or(engine);
        soonest.max(self.now + LEAST_WAIT)
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let media: Vec<&str> = self.media.iter().map(|(_, codec)| codec.name()).collect();
        f.debug_struct("Peer").field("role", &self.role).field("media", &media).finish_non_exhaustive()
    }
}

/// Why a handshake failed, by what the library says.
fn refused(detail: &str) -> Error {
    let without = ["no client certificate", "unsupported signature algorithm"];
    match without.iter().any(|said| detail.contains(said)) {
        true => Error::NoCertificate,
        false => Error::Dtls { detail: detail.to_owned() },
    }
}

/// A number that looks random to who does not know the password, and is another for each `what`.
fn seed(credentials: &Credentials, what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    (credentials.password(), what).hash(&mut hasher);
    hasher.finish()
}

/// What we send the line at `index` with; 0 is no SSRC here.
fn ssrcs(credentials: &Credentials, index: usize, repaired: bool) -> Ours {
    let main = seed(credentials, ("ssrc", index)) as u32 & !3 | 4 | (index as u32 & 1) << 1;
    Ours { main, repair: repaired.then_some(main | 1) }
}

const IDLE: Duration = Duration::from_secs(1);
const LEAST_WAIT: Duration = Duration::from_millis(1);
/// What is to be done so soon is done now.
const AT_ONCE: Duration = Duration::from_micros(10);
/// Steps without any output before the engine has to wait.
const MOST_IDLE: u32 = 4;
const MOST_CANDIDATES: usize = 64;

#[cfg(test)]
#[path = "peer_test.rs"]
mod tests;
