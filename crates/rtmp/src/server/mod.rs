//! The server's end of a connection.

mod config;
mod dispatch;
mod event;
mod stream;

pub use config::{Config, Refusal, code};
pub use event::{Connect, Event};

use std::collections::VecDeque;
use std::sync::Arc;

use container::amf0::Value;
use media::Time;

use crate::command::{self, STREAM_BEGIN, STREAM_EOF};
use crate::handshake;
use crate::link::Link;
use crate::{Bounds, Error, Wait, chunk};
use stream::{Role, Stream};

/// What [`Session::poll`] hands out.
pub type Output = crate::Output<Event>;

/// One connection, seen from the server.
///
/// The owner feeds it with what it reads, drains `poll` after every call, and answers each [`Event::Publish`] and
/// [`Event::Play`] with `accept_…` or `refuse_…`, now or later: until then what the peer sends further is kept, within
/// [`crate::Limits::waiting_input`], and read after the answer. So nothing is lost of encoders that do not wait for it.
///
/// Media to a viewer does not go through the session. The owner writes it with [`chunk::write()`], with
/// [`Session::chunk_size`] and the message stream of the play, and puts what `poll` hands out between two messages.
#[derive(Debug)]
pub struct Session {
    config: Arc<Config>,
    /// Until it is done.
    handshake: Option<handshake::Server>,
    link: Link,
    events: VecDeque<Event>,
    streams: Vec<Stream>,
    /// What `connect` said, once it has come.
    place: Option<Box<Place>>,
    /// The request that waits for the owner's answer.
    asked: Option<Asked>,
    /// What came while it waits.
    backlog: Vec<u8>,
    clock: Option<Clock>,
    unclaimed: u64,
    closed: bool,
}

#[derive(Debug)]
struct Place {
    app: String,
    tc_url: String,
    /// The peer understands a request to reconnect.
    reconnects: bool,
}

#[derive(Debug)]
struct Asked {
    stream: u32,
    request: Request,
}

#[derive(Debug)]
enum Request {
    /// The name as sent.
    Publish { name: String },
    /// Whether the peer wants to hear of a reset: it does unless it says no.
    Play { reset: bool },
}

/// What the session knows of time.
#[derive(Debug, Clone, Copy)]
struct Clock {
    now: Time,
    /// Since when the handshake, or a request, is waited for.
    since: Time,
    heard: Time,
    ping: Time,
}

impl Session {
    /// A connection that has just been accepted. `seed` fills the handshake: it should differ from one to the next.
    pub fn new(config: impl Into<Arc<Config>>, seed: u64) -> Session {
        Session {
            config: config.into(),
            handshake: Some(handshake::Server::new(seed)),
            link: Link::new(),
            events: VecDeque::new(),
            streams: Vec::new(),
            place: None,
            asked: None,
            backlog: Vec::new(),
            clock: None,
            unclaimed: 0,
            closed: false,
        }
    }

    /// Takes bytes from the peer.
    ///
    /// Errs when the connection is over; what `poll` still holds may be sent, and explains it to the peer at best.
    pub fn receive(&mut self, now: Time, bytes: &[u8]) -> Result<(), Error> {
        self.clock(now).heard = now;
        if self.closed {
            return Ok(());
        }
        if self.handshake.is_none() {
            self.link.count(bytes.len());
        }
        if self.asked.is_some() {
            self.keep(bytes)?;
        } else {
            self.consume(bytes)?;
        }
        let (size, max) = (self.link.out.len(), self.config.limits.pending_output);
        if size > max {
            return Err(Error::TooMuchOutput { size, max });
        }
        Ok(())
    }

    /// The next thing to do for the owner. Bytes come before events.
    pub fn poll(&mut self) -> Option<Output> {
        if let Some(bytes) = self.link.take() {
            return Some(Output::Send(bytes));
        }
        let event = self.events.pop_front();
        if event.is_none() && !self.publishing() {
            // A viewer asks once and then watches for hours.
            self.events = VecDeque::new();
        }
        event.map(Output::Event)
    }

    /// When to call `tick` at the latest: at once before the first call, never after `close`.
    pub fn deadline(&self) -> Option<Time> {
        if self.closed {
            return None;
        }
        let Some(clock) = &self.clock else { return Some(Time::MIN) };
        let limits = &self.config.limits;
        if self.handshake.is_some() {
            return Some(clock.since + limits.handshake);
        }
        let mut deadline = clock.heard + limits.idle;
        if self.idle() {
            deadline = deadline.min(clock.since + limits.request);
        }
        if self.place.is_some() {
            deadline = deadline.min(clock.ping);
        }
        Some(deadline)
    }

    /// Lets time pass: pings, and notices what took too long. Call it once at the start, then at the deadline.
    ///
    /// Errs when the connection is over.
    pub fn tick(&mut self, now: Time) -> Result<(), Error> {
        let Clock { since, heard, ping, .. } = *self.clock(now);
        if self.closed {
            return Ok(());
        }
        let limits = &self.config.limits;
        if self.handshake.is_some() {
            if now - since >= limits.handshake {
                return Err(Error::TimedOut { wait: Wait::Handshake, limit: limits.handshake });
            }
            return Ok(());
        }
        if self.idle() && now - since >= limits.request {
            return Err(Error::TimedOut { wait: Wait::Request, limit: limits.request });
        }
        if now - heard >= limits.idle {
            return Err(Error::TimedOut { wait: Wait::Sign, limit: limits.idle });
        }
        if self.place.is_some() && now >= ping {
            let next = now + limits.ping;
            self.link.ping(chunk::timestamp(now));
            self.clock(now).ping = next;
        }
        Ok(())
    }

    /// Lets the peer publish on `stream`, and reads what it has sent meanwhile.
    ///
    /// Errs when it did not ask to, or when what it has sent ends the connection.
    pub fn accept_publish(&mut self, stream: u32) -> Result<(), Error> {
        let Some(Asked { request: Request::Publish { name }, .. }) = self
            .asked
            .take_if(|asked| asked.stream == stream && matches!(asked.request, Request::Publish { .. }))
        else {
            return Err(Error::NotAsked { stream });
        };
        self.set_role(stream, Role::publishing(name));
        self.link.user_control(STREAM_BEGIN, &[stream]);
        self.status(stream, "status", code::PUBLISH_START, "Publishing.");
        self.resume()
    }

    /// Does not let the peer publish on `stream`. The connection stays until the owner or a limit ends it.
    ///
    /// Errs like [`Session::accept_publish`].
    pub fn refuse_publish(&mut self, stream: u32, refusal: Refusal) -> Result<(), Error> {
        self.refuse(stream, refusal, |request| matches!(request, Request::Publish { .. }))
    }

    /// Lets the peer play on `stream`: media may follow, as soon as `poll` is drained.
    ///
    /// Errs when it did not ask to, or when what it has sent ends the connection.
    pub fn accept_play(&mut self, stream: u32) -> Result<(), Error> {
        let Some(Asked { request: Request::Play { reset }, .. }) = self
            .asked
            .take_if(|asked| asked.stream == stream && matches!(asked.request, Request::Play { .. }))
        else {
            return Err(Error::NotAsked { stream });
        };
        self.set_role(stream, Role::Playing);
        self.link.user_control(STREAM_BEGIN, &[stream]);
        if reset {
            self.status(stream, "status", code::PLAY_RESET, "Playing and resetting.");
        }
        self.status(stream, "status", code::PLAY_START, "Playing.");
        self.link.data(stream, &["|RtmpSampleAccess".into(), true.into(), true.into()]);
        self.resume()
    }

    /// Does not let the peer play on `stream`. The connection stays until the owner or a limit ends it.
    ///
    /// Errs like [`Session::accept_play`].
    pub fn refuse_play(&mut self, stream: u32, refusal: Refusal) -> Result<(), Error> {
        self.refuse(stream, refusal, |request| matches!(request, Request::Play { .. }))
    }

    /// Tells a viewer that the publisher has gone. FFmpeg ends here, so only when nobody is expected back.
    pub fn unpublish_notify(&mut self, stream: u32) {
        self.link.user_control(STREAM_EOF, &[stream]);
        self.status(stream, "status", code::PLAY_UNPUBLISH_NOTIFY, "The stream is not published any more.");
    }

    /// Tells a viewer that there is a publisher (again).
    pub fn publish_notify(&mut self, stream: u32) {
        self.link.user_control(STREAM_BEGIN, &[stream]);
        self.status(stream, "status", code::PLAY_PUBLISH_NOTIFY, "The stream is published.");
    }

    /// Tells a viewer that the stream has ended, and ends its play; no [`Event::Stop`] follows.
    pub fn play_complete(&mut self, stream: u32) {
        let complete = command::info("status", code::PLAY_COMPLETE, "The stream has ended.");
        self.link.data(stream, &["onPlayStatus".into(), complete.into()]);
        self.status(stream, "status", code::PLAY_STOP, "The stream has ended.");
        self.link.user_control(STREAM_EOF, &[stream]);
        self.set_role(stream, Role::Idle);
    }

    /// Ends a play that had been accepted and cannot go on, and tells the viewer why; no [`Event::Stop`] follows.
    pub fn play_failed(&mut self, stream: u32, description: &str) {
        self.status(stream, "error", code::PLAY_FAILED, description);
        self.set_role(stream, Role::Idle);
    }

    /// Asks the peer to connect anew, to `tc_url` or, without one, to where it is now; whether it understands that. It goes
    /// on here until it has: the owner may end the session, or wait.
    ///
    /// Source: E-RTMP v2, "Reconnect Request".
    pub fn request_reconnect(&mut self, tc_url: Option<&str>, description: &str) -> bool {
        let understood = !self.closed && self.place.as_ref().is_some_and(|place| place.reconnects);
        if understood {
            let mut info = command::info("status", code::CONNECT_RECONNECT_REQUEST, description);
            if let Some(tc_url) = tc_url {
                info.push("tcUrl", tc_url);
            }
            self.link.command(0, "onStatus", 0.0, &[Value::Null, info.into()]);
        }
        understood
    }

    /// Tells the peer why it has to go, on each of its streams and on the connection. What it sends from now on is not
    /// looked at, no event follows; the owner sends what `poll` holds and closes the socket.
    pub fn close(&mut self, refusal: Refusal) {
        let active = self.streams.iter().filter(|stream| stream.role.active()).map(|stream| stream.id);
        let asked = self.asked.iter().map(|asked| asked.stream);
        for stream in active.chain(asked).collect::<Vec<_>>() {
            self.status(stream, "error", refusal.code, &refusal.description);
        }
        if self.place.is_some() {
            self.status(0, "status", code::CONNECT_CLOSED, &refusal.description);
        }
        self.closed = true;
        self.asked = None;
        self.backlog = Vec::new();
        self.events = VecDeque::new();
    }

    /// The size of the chunks to this peer, once it is connected: what [`chunk::write()`] needs for its media.
    pub fn chunk_size(&self) -> u32 {
        self.link.chunk_size()
    }

    /// Messages that were lost without harm: given up by the peer before they were whole, or media for a stream that is not published.
    pub fn dropped(&self) -> u64 {
        self.link.abandoned() + self.unclaimed
    }

    fn refuse(&mut self, stream: u32, refusal: Refusal, is: fn(&Request) -> bool) -> Result<(), Error> {
        if self.asked.take_if(|asked| asked.stream == stream && is(&asked.request)).is_none() {
            return Err(Error::NotAsked { stream });
        }
        self.status(stream, "error", refusal.code, &refusal.description);
        self.waiting_again();
        self.resume()
    }

    /// Reads what was kept while a request waited.
    fn resume(&mut self) -> Result<(), Error> {
        let backlog = std::mem::take(&mut self.backlog);
        self.consume(&backlog)
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let (size, max) = (self.backlog.len() + bytes.len(), self.config.limits.waiting_input);
        if size > max {
            return Err(Error::TooMuchWaiting { size, max });
        }
        self.backlog.extend_from_slice(bytes);
        Ok(())
    }

    fn consume(&mut self, mut input: &[u8]) -> Result<(), Error> {
        if let Some(handshake) = &mut self.handshake {
            if !handshake.receive(&mut input, &mut self.link.out)? {
                return Ok(());
            }
            self.handshake = None;
            self.waiting_again();
            self.link.count(input.len());
        }
        while self.asked.is_none() {
            match self.link.read(&mut input, &self.bounds())? {
                Some(message) => self.message(message)?,
                None => return Ok(()),
            }
        }
        self.keep(input)
    }

    fn bounds(&self) -> Bounds {
        let limits = &self.config.limits;
        if self.publishing() {
            limits.publisher
        } else if self.idle() {
            limits.stranger
        } else {
            limits.viewer
        }
    }

    fn publishing(&self) -> bool {
        self.streams.iter().any(|stream| matches!(stream.role, Role::Publishing(_)))
    }

    /// Whether nothing is published, played or asked for.
    fn idle(&self) -> bool {
        self.asked.is_none() && !self.streams.iter().any(|stream| stream.role.active())
    }

    /// From now on a request is waited for.
    fn waiting_again(&mut self) {
        if let Some(clock) = &mut self.clock {
            clock.since = clock.now;
        }
    }

    fn clock(&mut self, now: Time) -> &mut Clock {
        let ping = now + self.config.limits.ping;
        let clock = self.clock.get_or_insert(Clock { now, since: now, heard: now, ping });
        clock.now = now;
        clock
    }

    fn set_role(&mut self, stream: u32, role: Role) {
        if let Some(stream) = self.streams.iter_mut().find(|found| found.id == stream) {
            stream.role = role;
        }
        if self.idle() {
            self.waiting_again();
        }
    }

    fn status(&mut self, stream: u32, level: &str, code: &str, description: &str) {
        let info = command::info(level, code, description);
        self.link.command(stream, "onStatus", 0.0, &[Value::Null, info.into()]);
    }
}

#[cfg(test)]
mod play_test;
#[cfg(test)]
mod publish_test;
#[cfg(test)]
mod server_test;
#[cfg(test)]
mod testing;
