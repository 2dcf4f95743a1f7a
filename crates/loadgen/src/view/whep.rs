//! A viewer by WHEP: an offer over HTTP, then RTP by UDP. It connects, asks again for what is lost and reports what it gets, as
//! browsers do; only nothing is put together or decoded.

mod pictures;

use std::io::{self, ErrorKind, IoSliceMut};
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use media::Kind;
use mio::net::UdpSocket;
use mio::{Interest, Registry, Token};
use quinn_udp::{RecvMeta, UdpSocketState};
use rtc::{Candidate, Certificate, Config, Credentials, Event, Offering, Output, Peer, Transport};

use crate::link::Link;
use crate::target::Target;
use crate::view::Broken;
use crate::view::http::{Part, Responses};
use crate::view::message::Seen;
use crate::view::viewer::{Context, End};
use pictures::Pictures;

/// One viewer's session.
pub(crate) struct Whep {
    socket: UdpSocket,
    /// What the system gives several datagrams at once by (UDP GRO).
    segments: UdpSocketState,
    here: SocketAddr,
    /// What is asked for over HTTP; sent once.
    request: Option<Bytes>,
    responses: Responses,
    status: u16,
    answer: Vec<u8>,
    state: State,
    deadline: Option<Instant>,
    pictures: Pictures,
}

enum State {
    Asking(Offering),
    Watching(Box<Peer>),
    /// Between the two.
    Nothing,
}

impl std::fmt::Debug for Whep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Whep").field("here", &self.here).finish_non_exhaustive()
    }
}

impl Whep {
    /// For stream `n`; `token` tells viewers of one run apart.
    pub(crate) fn new(
        target: &Target,
        n: u16,
        registry: &Registry,
        token: Token,
        now: Instant,
    ) -> Result<Whep, End> {
        let mut socket = UdpSocket::bind(SocketAddr::new(target.address.ip(), 0))?;
        let here = socket.local_addr()?;
        registry.register(&mut socket, token, Interest::READABLE)?;
        let name = format!("viewer{:08}", token.0);
        let credentials =
            Credentials::new(name.clone(), format!("{name}{name}")).map_err(|_| Broken("credentials"))?;
        let config = Config {
            certificate: certificate()?,
            credentials,
            secret: [7; 16],
            wall: SystemTime::now(),
            candidates: vec![Candidate { transport: Transport::Udp, address: here }],
            lite: false,
            timeout: Config::TIMEOUT,
            connection: Config::CONNECTION,
        };
        let (offering, offer) = Peer::offer_to_count(now, config);
        let (path, host) = (target.whep(n), target.address);
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: loadgen\r\nContent-Type: application/sdp\r\n\
             Connection: close\r\nContent-Length: {}\r\n\r\n{offer}",
            offer.len()
        );
        Ok(Whep {
            segments: UdpSocketState::new((&socket).into())?,
            socket,
            here,
            request: Some(Bytes::from(request)),
            responses: Responses::new(),
            status: 0,
            answer: Vec::new(),
            state: State::Asking(offering),
            deadline: None,
            pictures: Pictures::default(),
        })
    }

    /// What to say over HTTP, once.
    pub(crate) fn request(&mut self) -> Option<Bytes> {
        self.request.take()
    }

    /// When to call [`Whep::advance`] without an event.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Reads the answer from `link`, then what comes by UDP; what was seen goes to `see`.
    pub(crate) fn advance(
        &mut self,
        link: &mut Link,
        context: &mut Context<'_>,
        mut see: impl FnMut(&Seen, Instant, &mut Context<'_>),
    ) -> Result<(), End> {
        if let State::Asking(_) = self.state {
            self.listen(link, context)?;
        }
        let now = Instant::now();
        if self.deadline.is_some_and(|deadline| deadline <= now)
            && let State::Watching(peer) = &mut self.state
        {
            peer.tick(now).map_err(ended)?;
            self.drain(now, context, &mut see)?;
        }
        while let State::Watching(_) = &self.state {
            let mut meta = RecvMeta::default();
            let mut slices = [IoSliceMut::new(context.buffer)];
            let received =
                self.segments.recv((&self.socket).into(), &mut slices, std::slice::from_mut(&mut meta));
            match received {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            }
            context.meter.bytes += meta.len as u64;
            for start in (0..meta.len).step_by(meta.stride.max(1)) {
                let State::Watching(peer) = &mut self.state else { break };
                let now = Instant::now();
                let end = meta.len.min(start + meta.stride);
                let datagram = context.buffer.get(start..end).unwrap_or_default();
                peer.receive(now, Transport::Udp, meta.addr, self.here, datagram).map_err(ended)?;
                self.drain(now, context, &mut see)?;
            }
        }
        Ok(())
    }

    /// Reads what comes over HTTP until the answer is there.
    fn listen(&mut self, link: &mut Link, context: &mut Context<'_>) -> Result<(), End> {
        loop {
            let count = link.read(context.buffer)?;
            if count == 0 {
                return Ok(());
            }
            let mut data = context.buffer.get(..count).unwrap_or_default();
            while let Some(part) = self.responses.next(&mut data)? {
                match part {
                    Part::Status(status) => self.status = status,
                    Part::Body(bytes) if self.answer.len() < LONGEST_ANSWER => {
                        self.answer.extend_from_slice(bytes);
                    }
                    Part::Body(_) => return Err(Broken("answer").into()),
                    Part::End => return self.answered(),
                }
            }
        }
    }

    fn answered(&mut self) -> Result<(), End> {
        let answer = String::from_utf8_lossy(&self.answer).into_owned();
        self.answer = Vec::new();
        if self.status != 201 {
            return Err(End::Refused(format!("{} {}", self.status, answer.trim())));
        }
        if let State::Asking(offering) = std::mem::replace(&mut self.state, State::Nothing) {
            let now = Instant::now();
            let peer = offering.accept(now, &answer).map_err(|refused| End::Refused(refused.to_string()))?;
            self.state = State::Watching(Box::new(peer));
            self.deadline = Some(now);
        }
        Ok(())
    }

    /// Sends what there is to send and hands on what was seen.
    fn drain(
        &mut self,
        now: Instant,
        context: &mut Context<'_>,
        see: &mut impl FnMut(&Seen, Instant, &mut Context<'_>),
    ) -> Result<(), End> {
        let State::Watching(peer) = &mut self.state else { return Ok(()) };
        loop {
            match peer.poll() {
                Output::Wait(deadline) => {
                    self.deadline = Some(deadline);
                    return Ok(());
                }
                // What does not fit into the socket is lost, as on any network.
                Output::Send { to, datagram, .. } => _ = self.socket.send_to(&datagram, to),
                Output::Event(Event::Packet { kind: Kind::Video, bytes, marker, sequence, .. }) => {
                    self.pictures.push(sequence, &bytes, marker);
                    while let Some(stamp) = self.pictures.pop() {
                        see(&Seen::Video(stamp), now, context);
                    }
                }
                Output::Event(Event::Packet { kind: Kind::Audio, .. }) => see(&Seen::Audio, now, context),
                Output::Event(Event::Disconnected) => return Err(End::Closed),
                Output::Event(_) => {}
            }
        }
    }
}

fn ended(error: rtc::Error) -> End {
    End::Refused(error.to_string())
}

/// One for all: making it takes longer than a handshake.
fn certificate() -> io::Result<Certificate> {
    static CERTIFICATE: OnceLock<Certificate> = OnceLock::new();
    match CERTIFICATE.get() {
        Some(certificate) => Ok(certificate.clone()),
        None => {
            let made = Certificate::generate().map_err(io::Error::other)?;
            Ok(CERTIFICATE.get_or_init(|| made).clone())
        }
    }
}

const LONGEST_ANSWER: usize = 64 << 10;
