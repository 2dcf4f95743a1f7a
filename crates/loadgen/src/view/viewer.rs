//! One viewer: a connection, the wire spoken on it, and the count of what came.

use std::io;
use std::time::Instant;

use bytes::Bytes;
use mio::event::Event;
use mio::{Registry, Token};

use crate::clock::Clock;
use crate::link::Link;
use crate::tally::{Meter, Tally};
use crate::target::{Form, Target};
use crate::view::Broken;
use crate::view::hls::{Faults, Hls};
use crate::view::http::{Part, Responses};
use crate::view::message::Seen;
use crate::view::parts::Parts;
use crate::view::rtmp::Player;
use crate::view::tags::Tags;
use crate::view::ts::Packets;
use crate::view::whep::Whep;

/// Plays one stream from one server.
#[derive(Debug)]
pub(crate) struct Viewer {
    link: Link,
    target: Target,
    wire: Wire,
    token: Token,
    pub(crate) tally: Tally,
    pub(crate) begun: Instant,
    /// Bytes were read on the current connection.
    answered: bool,
}

#[derive(Debug)]
enum Wire {
    Rtmp(Box<Player>),
    Flv(Responses, Tags),
    Ts(Responses, Packets),
    Hls(Box<Hls>),
    Parts(Box<Parts>),
    Whep(Box<Whep>),
    Raw(Tags),
}

/// Why a viewer is over.
#[derive(Debug, thiserror::Error)]
pub(crate) enum End {
    #[error("closed by the server")]
    Closed,
    #[error("{0}")]
    Io(io::Error),
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("answered with status {0}")]
    Status(u16),
    #[error("refused: {0}")]
    Refused(String),
    #[error("no picture within the time to join")]
    Late,
}

/// What a viewer needs of its surroundings while it reads.
pub(crate) struct Context<'a> {
    pub(crate) clock: &'a Clock,
    pub(crate) registry: &'a Registry,
    pub(crate) meter: &'a mut Meter,
    /// Shared by all viewers: nothing stays in it.
    pub(crate) buffer: &'a mut [u8],
}

impl Viewer {
    /// Begins to connect, to play stream `n`.
    pub(crate) fn connect(
        target: &Target,
        n: u16,
        token: Token,
        context: &mut Context<'_>,
    ) -> Result<Viewer, End> {
        let now = Instant::now();
        let (host, path) = (target.address.to_string(), target.path(n));
        let wire = match target.form() {
            Form::Rtmp => Wire::Rtmp(Box::new(Player::new(target, n, token, now)?)),
            Form::Flv => Wire::Flv(Responses::new(), Tags::new()),
            Form::Ts => Wire::Ts(Responses::new(), Packets::default()),
            Form::Segments => Wire::Hls(Box::new(Hls::new(host, path))),
            Form::Parts => Wire::Parts(Box::new(Parts::new(host, path))),
            Form::Whep => Wire::Whep(Box::new(Whep::new(target, n, context.registry, token, now)?)),
            Form::Raw => Wire::Raw(Tags::new()),
        };
        let link = Link::connect(target, context.registry, token)?;
        let (target, tally) = (target.clone(), Tally::new(n));
        let mut viewer = Viewer { link, target, wire, token, tally, begun: now, answered: false };
        viewer.open(now)?;
        Ok(viewer)
    }

    /// Queues what the client says first.
    fn open(&mut self, now: Instant) -> Result<(), End> {
        match &mut self.wire {
            Wire::Rtmp(player) => player.pump(&mut self.link)?,
            Wire::Flv(..) | Wire::Ts(..) => {
                let (host, path) = (self.target.address, self.target.path(self.tally.stream()));
                let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: loadgen\r\n\r\n");
                self.link.send(Bytes::from(request))?;
            }
            Wire::Hls(_) | Wire::Parts(_) => self.ask(now)?,
            Wire::Whep(whep) => whep.request().map_or(Ok(()), |request| self.link.send(request))?,
            Wire::Raw(_) => {}
        }
        Ok(())
    }

    /// Something can be written or read, or time has come ([`Viewer::deadline`]): goes on as far as possible.
    pub(crate) fn advance(&mut self, event: Option<Readiness>, context: &mut Context<'_>) -> Result<(), End> {
        if let Wire::Whep(whep) = &mut self.wire {
            if event.is_some_and(|event| event.writable) {
                self.link.writable()?;
            }
            let tally = &mut self.tally;
            return whep.advance(&mut self.link, context, |seen, now, context| {
                tally.see(seen, now, context.clock.wall(now), context.meter);
            });
        }
        let Some(event) = event else { return self.ask(Instant::now()) };
        if event.writable {
            self.link.writable()?;
        }
        if !event.readable {
            return Ok(());
        }
        match self.read(event.closed, context) {
            // A server may close between two requests.
            Err(End::Closed) if self.answered && self.wire.reconnect() => self.reconnect(context),
            result => result,
        }
    }

    /// When to call [`Viewer::advance`] without an event.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match &self.wire {
            Wire::Hls(hls) => hls.deadline(),
            Wire::Parts(parts) => parts.deadline(),
            Wire::Whep(whep) => whep.deadline(),
            _ => None,
        }
    }

    /// Closes the connection; the count remains.
    pub(crate) fn finish(self) -> Tally {
        self.tally
    }

    pub(crate) fn faults(&self) -> Faults {
        match &self.wire {
            Wire::Hls(hls) => hls.faults,
            Wire::Parts(parts) => parts.faults,
            _ => Faults::default(),
        }
    }

    /// Reads until the socket is empty; `closed`: until its end.
    fn read(&mut self, closed: bool, context: &mut Context<'_>) -> Result<(), End> {
        loop {
            let count = self.link.read(context.buffer)?;
            let now = Instant::now();
            if count > 0 {
                self.answered = true;
                context.meter.bytes += count as u64;
                let wall = context.clock.wall(now);
                let mut data = context.buffer.get(..count).unwrap_or_default();
                if let Wire::Rtmp(player) = &mut self.wire {
                    player.receive(data, &mut self.link, now)?;
                }
                while let Some(seen) = self.wire.next(&mut data, &mut self.link, now)? {
                    self.tally.see(&seen, now, wall, context.meter);
                }
                self.ask(now)?;
            }
            if count == 0 || (count < context.buffer.len() && !closed) {
                return Ok(());
            }
        }
    }

    /// Sends the next HLS request, if it is time for one.
    fn ask(&mut self, now: Instant) -> Result<(), End> {
        let request = match &mut self.wire {
            Wire::Hls(hls) => hls.request(now),
            Wire::Parts(parts) => parts.request(now),
            _ => None,
        };
        if let Some(request) = request {
            self.link.send(request)?;
            self.link.flush()?;
        }
        Ok(())
    }

    fn reconnect(&mut self, context: &mut Context<'_>) -> Result<(), End> {
        self.answered = false;
        self.link = Link::connect(&self.target, context.registry, self.token)?;
        self.ask(Instant::now())
    }
}

/// What the poll said of a socket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Readiness {
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    /// The other side has closed: the end is there to be read.
    pub(crate) closed: bool,
}

impl Readiness {
    pub(crate) fn of(event: &Event) -> Readiness {
        Readiness {
            readable: event.is_readable() || event.is_error(),
            writable: event.is_writable() || event.is_error(),
            closed: event.is_read_closed() || event.is_error(),
        }
    }
}

impl Wire {
    /// What was asked for is asked for again on the next connection; false for wires that end with theirs.
    fn reconnect(&mut self) -> bool {
        match self {
            Wire::Hls(hls) => hls.reconnect(),
            Wire::Parts(parts) => parts.reconnect(),
            _ => return false,
        }
        true
    }

    /// What the next message in `data` means; `None` when `data` is used up.
    fn next(&mut self, data: &mut &[u8], link: &mut Link, now: Instant) -> Result<Option<Seen>, End> {
        match self {
            Wire::Raw(tags) => Ok(tags.next(data)?.map(|message| message.seen())),
            // Has its own way: see `advance`.
            Wire::Whep(_) => Ok(None),
            Wire::Hls(hls) => Ok(hls.next(data, now)?.map(Seen::Video)),
            Wire::Parts(parts) => Ok(parts.next(data, now)?.map(Seen::Video)),
            Wire::Rtmp(player) => player.next(data, link),
            Wire::Ts(responses, packets) => loop {
                if let Some(picture) = packets.picture() {
                    return Ok(Some(Seen::Video(picture)));
                }
                match responses.next(data)? {
                    None => return Ok(None),
                    Some(Part::Status(200)) => {}
                    Some(Part::Status(status)) => return Err(End::Status(status)),
                    Some(Part::End) => return Err(End::Closed),
                    Some(Part::Body(body)) => packets.push(body),
                }
            },
            Wire::Flv(responses, tags) => loop {
                let before = *data;
                match responses.next(data)? {
                    None => return Ok(None),
                    Some(Part::Status(200)) => {}
                    Some(Part::Status(status)) => return Err(End::Status(status)),
                    Some(Part::End) => return Err(End::Closed),
                    Some(Part::Body(mut body)) => {
                        let message = tags.next(&mut body)?.map(|message| message.seen());
                        // Part of the body may hold further tags.
                        responses.unread(body.len());
                        *data = before.get(before.len() - data.len() - body.len()..).unwrap_or_default();
                        if message.is_some() {
                            return Ok(message);
                        }
                    }
                }
            },
        }
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> End {
        match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => End::Closed,
            _ => End::Io(error),
        }
    }
}
