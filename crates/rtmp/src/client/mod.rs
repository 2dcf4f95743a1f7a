//! The client's end of a connection: publishes one stream, or plays one.

mod config;

pub use config::{Action, Config};

use std::collections::VecDeque;

use bytes::Bytes;
use container::amf0::{Object, Value};
use media::{Time, Unwrap};

use crate::aggregate::Aggregate;
use crate::chunk::{self, Header, Message};
use crate::command::{self, Command, SET_BUFFER_LENGTH};
use crate::handshake;
use crate::link::Link;
use crate::message::{
    AGGREGATE, AUDIO, COMMAND, COMMAND_AMF3, DATA, DATA_AMF3, VIDEO, data_handler, media, without_amf3_frame,
};
use crate::{Capabilities, Error, Media, MediaKind, Wait};

/// What [`Session::poll`] hands out.
pub type Output = crate::Output<Event>;

/// Something that the server did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The publish or play has begun.
    Ready,
    /// It has not: the server said no, and why.
    Refused(Status),
    /// The server has ended what had begun.
    Ended(Status),
    /// It said something else about the stream: of a play, that its publisher went or came.
    Status(Status),
    /// The server wants us to connect anew at the next suitable place, a key frame, and leave this connection then: it goes
    /// away, or another is nearer. Until then everything goes on.
    Reconnect {
        /// Where to, absolute or relative to the `tcUrl` of this connection; `None` is the same again.
        tc_url: Option<String>,
        /// Why, for people.
        description: String,
    },
    /// Media of the play.
    Media(Media),
}

/// The server's words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// `status`, `warning` or `error`.
    pub level: String,
    /// `NetStream.Publish.BadName`, …
    pub code: String,
    /// For people.
    pub description: String,
}

/// One connection, seen from the client.
///
/// The owner feeds it with what it reads and drains `poll` after every call, also after `new`: the first bytes are ours.
#[derive(Debug)]
pub struct Session {
    config: Config,
    /// Until it is done.
    handshake: Option<handshake::Client>,
    link: Link,
    /// What stands before [`Link::out`] in the order of sending.
    sends: VecDeque<Bytes>,
    events: VecDeque<Event>,
    phase: Phase,
    /// What the server announced.
    server: Capabilities,
    unwrap: Unwrap,
    clock: Option<Clock>,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The handshake, then the answer to `connect`, is waited for.
    Connecting,
    /// The answer to `createStream` is.
    Creating,
    /// The answer to `publish` or `play` is.
    Starting { stream: u32 },
    /// Media flow.
    Ready { stream: u32 },
    /// Nothing more will come.
    Over,
}

#[derive(Debug, Clone, Copy)]
struct Clock {
    started: Time,
    heard: Time,
}

impl Session {
    /// A connection that has just been made. `seed` fills the handshake: it should differ from one to the next.
    pub fn new(config: Config, seed: u64) -> Session {
        let mut link = Link::new();
        let handshake = handshake::Client::new(seed, config.digests, &mut link.out);
        Session {
            config,
            handshake: Some(handshake),
            link,
            sends: VecDeque::new(),
            events: VecDeque::new(),
            phase: Phase::Connecting,
            server: Capabilities::UNANNOUNCED,
            unwrap: Unwrap::new(32),
            clock: None,
        }
    }

    /// Takes bytes from the server. Errs when the connection is over.
    pub fn receive(&mut self, now: Time, mut bytes: &[u8]) -> Result<(), Error> {
        self.clock(now).heard = now;
        if let Some(handshake) = &mut self.handshake {
            if !handshake.receive(&mut bytes, &mut self.link.out)? {
                return Ok(());
            }
            self.handshake = None;
            self.connect();
        }
        self.link.count(bytes.len());
        let bounds = self.config.limits.publisher;
        while let Some(message) = self.link.read(&mut bytes, &bounds)? {
            if self.phase == Phase::Over {
                return Ok(());
            }
            self.message(message)?;
        }
        let (size, max) = (self.link.out.len(), self.config.limits.pending_output);
        if size > max {
            return Err(Error::TooMuchOutput { size, max });
        }
        Ok(())
    }

    /// The next thing to do for the owner. Bytes come before events.
    pub fn poll(&mut self) -> Option<Output> {
        if let Some(bytes) = self.sends.pop_front().or_else(|| self.link.take()) {
            return Some(Output::Send(bytes));
        }
        self.events.pop_front().map(Output::Event)
    }

    /// When to call `tick` at the latest: at once before the first call, never when nothing is waited for.
    pub fn deadline(&self) -> Option<Time> {
        let Some(clock) = &self.clock else { return Some(Time::MIN) };
        let limits = &self.config.limits;
        match self.phase {
            _ if self.handshake.is_some() => Some(clock.started + limits.handshake),
            Phase::Connecting | Phase::Creating | Phase::Starting { .. } => {
                Some(clock.started + limits.handshake + limits.request)
            }
            Phase::Ready { .. } if self.config.action == Action::Play => Some(clock.heard + limits.idle),
            Phase::Ready { .. } | Phase::Over => None,
        }
    }

    /// Lets time pass: notices what took too long. Call it once at the start, then at the deadline.
    ///
    /// Errs when the connection is over.
    pub fn tick(&mut self, now: Time) -> Result<(), Error> {
        self.clock(now);
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Ok(());
        }
        let limits = &self.config.limits;
        Err(match self.phase {
            _ if self.handshake.is_some() => {
                Error::TimedOut { wait: Wait::Handshake, limit: limits.handshake }
            }
            Phase::Ready { .. } => Error::TimedOut { wait: Wait::Sign, limit: limits.idle },
            _ => Error::TimedOut { wait: Wait::Request, limit: limits.handshake + limits.request },
        })
    }

    /// Queues a media message: `body` is an FLV tag body as a gather list, and is not copied. Data goes as it is; see [`Session::metadata`].
    ///
    /// How much is queued is the owner's business: it drains `poll` and knows what its socket takes.
    ///
    /// Errs when the publish has not begun or has ended, and when the body is longer than a message can be.
    pub fn send(&mut self, kind: MediaKind, time: Time, body: &[Bytes]) -> Result<(), Error> {
        let Phase::Ready { stream } = self.phase else { return Err(Error::NotPublishing) };
        if self.config.action != Action::Publish {
            return Err(Error::NotPublishing);
        }
        let mut out = Vec::with_capacity(2 * body.len() + 1);
        // What is in `link.out` comes out in front of it, so that the order stays.
        let (header, chunk_size) = (Header::media(kind, time, stream), self.link.chunk_size());
        chunk::write(&mut out, &mut self.link.out, &header, chunk_size, body)?;
        self.sends.extend(out);
        Ok(())
    }

    /// Queues metadata: `onMetaData` in the `@setDataFrame` that makes servers keep it for later viewers.
    ///
    /// Errs like [`Session::send`].
    pub fn metadata(&mut self, time: Time, metadata: Object) -> Result<(), Error> {
        let body = command::data(&["@setDataFrame".into(), "onMetaData".into(), Value::EcmaArray(metadata)]);
        self.send(MediaKind::Data, time, &[body.freeze()])
    }

    /// Ends in order: nothing comes after it but what `poll` still holds; then the owner closes the socket.
    pub fn end(&mut self) {
        if let Phase::Starting { stream } | Phase::Ready { stream } = self.phase {
            if self.config.action == Action::Publish {
                let name = self.config.name.as_str().into();
                self.link.command(0, "FCUnpublish", 0.0, &[Value::Null, name]);
            }
            self.link.command(0, "deleteStream", 0.0, &[Value::Null, f64::from(stream).into()]);
        }
        self.phase = Phase::Over;
    }

    /// What the server takes of enhanced RTMP; of one that says nothing, or has not answered yet,
    /// [`Capabilities::UNANNOUNCED`].
    pub fn server(&self) -> Capabilities {
        self.server
    }

    fn message(&mut self, message: Message) -> Result<(), Error> {
        let Message { header, body } = message;
        match header.kind {
            COMMAND => self.command(Command::parse(&body)?),
            COMMAND_AMF3 => self.command(Command::parse(&without_amf3_frame(body))?),
            AUDIO | VIDEO | DATA | DATA_AMF3 => {
                self.media(header.stream, header.kind, header.timestamp, body)
            }
            AGGREGATE => Aggregate::new(header.timestamp, body)
                .for_each(|(kind, timestamp, body)| self.media(header.stream, kind, timestamp, body)),
            _ => {}
        }
        Ok(())
    }

    fn media(&mut self, stream: u32, kind: u8, timestamp: u32, body: Bytes) {
        // Servers send media before they say that the play has begun, and on 0.
        if self.config.action != Action::Play
            || !matches!(self.phase, Phase::Starting { .. } | Phase::Ready { .. })
        {
            return;
        }
        let Some((kind, body)) = media(kind, body) else { return };
        if kind == MediaKind::Data
            && let Some((handler, size)) = data_handler(&body)
            && matches!(handler.as_str(), "onStatus" | "onPlayStatus")
        {
            return self.status(status(Value::parse(&body[size..]).ok().map(|(info, _)| info).as_slice()));
        }
        let time = Time::from_millis(self.unwrap.next(u64::from(timestamp)));
        self.events.push_back(Event::Media(Media { stream, kind, time, body }));
    }

    fn command(&mut self, command: Command) {
        match (command.name.as_str(), self.phase) {
            ("_result", Phase::Connecting) if command.transaction == CONNECT => {
                let mut objects = command.args.iter().rev().filter_map(Value::as_object);
                let announced = objects.find_map(Capabilities::announced);
                self.server = announced.unwrap_or(Capabilities::UNANNOUNCED);
                self.create_stream();
            }
            ("_result", Phase::Creating) if command.transaction == CREATE_STREAM => {
                self.start(command.number(1).map_or(1, |id| id as u32));
            }
            // Many servers refuse `releaseStream` and `FCPublish`, and it does not matter.
            ("_error", Phase::Connecting) if command.transaction == CONNECT => {
                self.over(status(&command.args))
            }
            ("_error", Phase::Creating) if command.transaction == CREATE_STREAM => {
                self.over(status(&command.args))
            }
            ("onStatus", _) => match reconnect(&command.args) {
                Some(request) if self.phase != Phase::Over => self.events.push_back(request),
                Some(_) => {}
                None => self.status(status(&command.args)),
            },
            ("close", _) => self.over(Status { code: "close".into(), ..Status::default() }),
            _ => {}
        }
    }

    fn connect(&mut self) {
        let config = &self.config;
        let mut object = Object::default().with("app", config.app.as_str());
        if config.action == Action::Publish {
            object.push("type", "nonprivate");
        }
        object.push("flashVer", config.flash_ver.as_str());
        object.push("tcUrl", config.tc_url.as_str());
        if config.action == Action::Play {
            // As FFmpeg says it: no proxy; and bit masks of codecs that every server ignores.
            object.push("fpad", false);
            object.push("capabilities", 15.0);
            object.push("audioCodecs", 4071.0);
            object.push("videoCodecs", 252.0);
            object.push("videoFunction", 1.0);
        }
        config.capabilities.announce(&mut object);
        object.0.extend(config.properties.0.iter().cloned());
        self.link.command(0, "connect", CONNECT, &[object.into()]);
    }

    fn create_stream(&mut self) {
        self.link.set_window(self.config.window);
        if self.config.action == Action::Publish {
            self.link.set_chunk_size(self.config.chunk_size);
            let name: Value = self.config.name.as_str().into();
            self.link.command(0, "releaseStream", RELEASE_STREAM, &[Value::Null, name.clone()]);
            self.link.command(0, "FCPublish", FC_PUBLISH, &[Value::Null, name]);
        }
        self.link.command(0, "createStream", CREATE_STREAM, &[Value::Null]);
        self.phase = Phase::Creating;
    }

    fn start(&mut self, stream: u32) {
        let name: Value = self.config.name.as_str().into();
        match self.config.action {
            Action::Publish => {
                self.link.command(stream, "publish", START, &[Value::Null, name, "live".into()]);
            }
            Action::Play => {
                self.link.command(stream, "play", START, &[Value::Null, name, self.config.start.into()]);
                let millis = self.config.buffer.as_millis().clamp(0, i64::from(u32::MAX)) as u32;
                self.link.user_control(SET_BUFFER_LENGTH, &[stream, millis]);
            }
        }
        self.phase = Phase::Starting { stream };
    }

    fn status(&mut self, status: Status) {
        match (self.phase, status.code.as_str()) {
            (Phase::Starting { stream }, "NetStream.Publish.Start" | "NetStream.Play.Start") => {
                self.phase = Phase::Ready { stream };
                self.events.push_back(Event::Ready);
            }
            (_, "NetConnection.Connect.Closed" | "NetStream.Play.Stop" | "NetStream.Play.Complete") => {
                self.over(status)
            }
            (Phase::Ready { .. }, "NetStream.Unpublish.Success") => self.over(status),
            _ if status.level == "error" => self.over(status),
            _ => self.events.push_back(Event::Status(status)),
        }
    }

    /// The server has ended it.
    fn over(&mut self, status: Status) {
        self.events.push_back(match self.phase {
            Phase::Ready { .. } => Event::Ended(status),
            Phase::Over => return,
            _ => Event::Refused(status),
        });
        self.phase = Phase::Over;
    }

    fn clock(&mut self, now: Time) -> &mut Clock {
        self.clock.get_or_insert(Clock { started: now, heard: now })
    }
}

/// The information object of a status or answer, wherever it stands.
fn status(args: &[Value]) -> Status {
    let info = args.iter().rev().find_map(Value::as_object);
    let string =
        |name| info.and_then(|info| info.find(name)).and_then(Value::as_str).unwrap_or_default().to_owned();
    Status { level: string("level"), code: string("code"), description: string("description") }
}

/// The request to connect anew, if the information object is one.
fn reconnect(args: &[Value]) -> Option<Event> {
    let Status { code, description, .. } = status(args);
    let info = args.iter().rev().find_map(Value::as_object);
    let tc_url = info.and_then(|info| info.find("tcUrl")).and_then(Value::as_str).map(str::to_owned);
    (code == "NetConnection.Connect.ReconnectRequest").then_some(Event::Reconnect { tc_url, description })
}

/// Transactions: the same numbers in every session, since each command is sent once.
const CONNECT: f64 = 1.0;
const RELEASE_STREAM: f64 = 2.0;
const FC_PUBLISH: f64 = 3.0;
const CREATE_STREAM: f64 = 4.0;
const START: f64 = 5.0;

#[cfg(test)]
#[path = "client_test.rs"]
mod tests;
