//! RTMP to other people's servers: publishes a stream there, or plays one from there.
//!
//! ```no_run
//! # async fn example() -> Result<(), gateway::rtmp::client::Error> {
//! use gateway::rtmp::client::{Action, Client, Event, Options};
//!
//! let mut client = Client::dial("rtmps://example.com/live/name?key=…", Action::Play, &Options::default()).await?;
//! loop {
//!     match client.next().await? {
//!         Event::Media(media) => println!("{:?} at {:?}", media.kind, media.time),
//!         Event::Status(status) => println!("{}", status.description),
//!         event => println!("{event:?}"),
//!     }
//! }
//! # }
//! ```

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use container::amf0::Object;
use media::{Delta, ParseError, Time};
use rtmp::client::{self, Config, Output, Session};
use rtmp::url::Url;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::connection::{MOST_ANSWERS, seed};
use super::dial::dial;
use super::outbox::Outbox;
use crate::tls::{Socket, Trust};

pub use rtmp::client::{Action, Status};
pub use rtmp::{Media, MediaKind};

/// A connection on which a server has let us publish or play.
///
/// Dropped, it breaks off, and the server waits for a return; [`Client::finish`] says goodbye.
pub struct Client {
    socket: Socket,
    session: Session,
    outbox: Outbox,
    /// What the session has told and nobody has asked for yet: of one read.
    events: VecDeque<client::Event>,
    opened: Instant,
    timer: Pin<Box<Sleep>>,
}

/// How to dial.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whom to believe, of a URL with `rtmps`.
    pub trust: Trust,
    /// For each of: finding the host, connecting to it, the handshake of TLS.
    pub connect: Duration,
}

/// What the server sends while the stream is on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Media of the play.
    Media(Media),
    /// Words: of a play, that its publisher went or came.
    Status(Status),
    /// The server wants us elsewhere, or here anew, from the next key frame on; until then everything goes on.
    Reconnect {
        /// What to dial instead of the URL up to its last element, absolute or relative to that; `None`: the same again.
        tc_url: Option<String>,
        /// Why, for people.
        description: String,
    },
}

/// Why there is no connection, or none any more.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The URL is none, or asks for what we do not speak.
    #[error(transparent)]
    Url(#[from] ParseError),
    /// The host has no address.
    #[error("{host}: no address found: {source}")]
    Resolve {
        /// As in the URL.
        host: String,
        /// In the system's words.
        source: io::Error,
    },
    /// None of the host's addresses can be connected to; the last one's reason.
    #[error("{address}: cannot connect: {source}")]
    Connect {
        /// The last one tried.
        address: SocketAddr,
        /// In the system's words.
        source: io::Error,
    },
    /// The handshake of TLS failed: the certificate is not to be trusted, the server speaks no TLS, …
    #[error("{host}: no secure connection: {source}")]
    Tls {
        /// As in the URL.
        host: String,
        /// The reason.
        source: io::Error,
    },
    /// Something took too long before there was a connection.
    #[error("{host}: {stage} took longer than {} s", .limit.as_secs_f32())]
    TimedOut {
        /// As in the URL.
        host: String,
        /// What.
        stage: Stage,
        /// [`Options::connect`].
        limit: Duration,
    },
    /// The server did not let us.
    #[error("refused by the server: {}", Words(.0))]
    Refused(Status),
    /// The server has ended what had begun.
    #[error("ended by the server: {}", Words(.0))]
    Ended(Status),
    /// The server broke the protocol or kept silent; or media were sent without a publish.
    #[error(transparent)]
    Protocol(#[from] rtmp::Error),
    /// The connection broke.
    #[error("connection broken: {0}")]
    Io(#[source] io::Error),
    /// The server closed it without a word.
    #[error("closed by the server")]
    Closed,
    /// The server takes nothing, or next to nothing, of what it is sent.
    #[error("the server takes nothing")]
    Stalled,
}

/// A step on the way to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Finding the host's addresses.
    Resolve,
    /// TCP.
    Connect,
    /// The handshake of TLS.
    Tls,
}

impl Client {
    /// Publishes to, or plays, `rtmp[s]://host[:port]/app[/more]/stream[?query]`. Returns once the server has agreed.
    ///
    /// Errs with what failed: the URL, the host's name, the connection, TLS, or the server's no in its own words.
    pub async fn dial(url: &str, action: Action, options: &Options) -> Result<Client, Error> {
        let url = Url::parse(url)?;
        let socket = dial(&url, options).await?;
        let opened = Instant::now();
        let mut client = Client {
            socket,
            session: Session::new(Config::new(&url, action), seed()),
            outbox: Outbox::default(),
            events: VecDeque::new(),
            opened,
            timer: Box::pin(tokio::time::sleep_until(opened)),
        };
        loop {
            match std::future::poll_fn(|cx| client.poll_event(cx)).await? {
                client::Event::Ready => break,
                // Some servers send media before they say that the play has begun.
                media @ client::Event::Media(_) => break client.events.push_front(media),
                _ => {}
            }
        }
        Ok(client)
    }

    /// What the server sends next; of a publish, words only. May be dropped while waiting.
    ///
    /// Whoever publishes has to wait here too, while there is nothing to send: it is here that the server's signs of life are
    /// answered.
    ///
    /// Errs when the connection is over, with the reason.
    pub async fn next(&mut self) -> Result<Event, Error> {
        loop {
            match std::future::poll_fn(|cx| self.poll_event(cx)).await? {
                client::Event::Media(media) => return Ok(Event::Media(media)),
                client::Event::Status(status) => return Ok(Event::Status(status)),
                client::Event::Reconnect { tc_url, description } => {
                    return Ok(Event::Reconnect { tc_url, description });
                }
                _ => {}
            }
        }
    }

    /// Publishes a message: `body` is an FLV tag body as a gather list. Returns when the socket has taken it, which is how a slow
    /// server is felt; dropped before, the rest goes out with the next call.
    ///
    /// Errs when the connection is over, with the reason, and when it plays.
    pub async fn send(&mut self, kind: MediaKind, time: Time, body: &[Bytes]) -> Result<(), Error> {
        self.session.send(kind, time, body)?;
        self.queue();
        std::future::poll_fn(|cx| self.poll_sent(cx)).await
    }

    /// Publishes what the stream is: `onMetaData`. As [`Client::send`].
    pub async fn metadata(&mut self, time: Time, metadata: Object) -> Result<(), Error> {
        self.session.metadata(time, metadata)?;
        self.queue();
        std::future::poll_fn(|cx| self.poll_sent(cx)).await
    }

    /// Says goodbye and closes.
    ///
    /// Errs when it could not be said.
    pub async fn finish(mut self) -> Result<(), Error> {
        self.session.end();
        self.queue();
        std::future::poll_fn(|cx| self.poll_sent(cx)).await?;
        let closing = async {
            self.socket.shutdown().await?;
            // Closed over unread bytes the socket would reset, and what was sent last could be lost.
            let mut rest = [0; 512];
            while self.socket.read(&mut rest).await? > 0 {}
            io::Result::Ok(())
        };
        // A server that resets the connection, or keeps it, has heard it all the same.
        let _ = tokio::time::timeout(GOODBYE, closing).await;
        Ok(())
    }

    /// The next event; moves bytes in both directions meanwhile.
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<client::Event, Error>> {
        loop {
            self.drain()?;
            if let Some(event) = self.events.pop_front() {
                return Poll::Ready(unless_over(event));
            }
            let _ = self.poll_write(cx)?;
            if self.poll_read(cx)?.is_pending() {
                ready!(self.poll_time(cx))?;
            }
        }
    }

    /// Until everything is written. What the server says meanwhile is kept for [`Client::next`], the latest of it.
    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            while self.poll_read(cx)?.is_ready() {
                self.drain()?;
                let over = |event: &_| matches!(event, client::Event::Refused(_) | client::Event::Ended(_));
                if let Some(at) = self.events.iter().position(over) {
                    self.events.drain(..at);
                    return self.poll_event(cx).map_ok(drop);
                }
                forget(&mut self.events);
            }
            if self.poll_write(cx)?.is_ready() {
                return Poll::Ready(Ok(()));
            }
            ready!(self.poll_time(cx))?;
        }
    }

    /// Reads once, into the session.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let mut room = [const { MaybeUninit::uninit() }; READ];
        let mut buffer = ReadBuf::uninit(&mut room);
        ready!(Pin::new(&mut self.socket).poll_read(cx, &mut buffer)).map_err(Error::Io)?;
        if buffer.filled().is_empty() {
            return Poll::Ready(Err(Error::Closed));
        }
        let now = self.now();
        Poll::Ready(self.session.receive(now, buffer.filled()).map_err(Error::Protocol))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.outbox.poll_write(cx, &mut self.socket).map_err(Error::Io)
    }

    /// Takes what the session hands out after a read. Errs when the server asks for more answers than it takes.
    fn drain(&mut self) -> Result<(), Error> {
        while let Some(output) = self.session.poll() {
            match output {
                Output::Send(bytes) => self.outbox.push(bytes),
                Output::Event(event) => self.events.push_back(event),
            }
        }
        if self.outbox.own() > MOST_ANSWERS { Err(Error::Stalled) } else { Ok(()) }
    }

    /// Takes what the session hands out after we have asked it for something: as much as we like.
    fn queue(&mut self) {
        while let Some(output) = self.session.poll() {
            match output {
                Output::Send(bytes) => self.outbox.fill(|pending| pending.push_back(bytes)),
                Output::Event(event) => self.events.push_back(event),
            }
        }
    }

    /// Notices what is due: ready when something has been done about it.
    fn poll_time(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let stalled = self.outbox.stalled();
        let deadline = self.session.deadline().map(|at| self.opened + at.since(Time::ZERO).to_std());
        let Some(due) = [stalled, deadline].into_iter().flatten().min() else { return Poll::Pending };
        if due != self.timer.deadline() {
            self.timer.as_mut().reset(due);
        }
        ready!(self.timer.as_mut().poll(cx));
        if stalled.is_some_and(|stalled| stalled <= Instant::now()) {
            return Poll::Ready(Err(Error::Stalled));
        }
        let now = self.now();
        Poll::Ready(self.session.tick(now).map_err(Error::Protocol))
    }

    fn now(&self) -> Time {
        Time::ZERO + Delta::from_std(self.opened.elapsed())
    }
}

/// Drops the oldest of what nobody has asked for, but not the latest word that we shall go elsewhere.
fn forget(events: &mut VecDeque<client::Event>) {
    let reconnect = |event: &client::Event| matches!(event, client::Event::Reconnect { .. });
    let too_many = events.len().saturating_sub(MOST_KEPT);
    let forgotten = events.drain(..too_many).rfind(reconnect);
    if !events.iter().any(reconnect) {
        forgotten.into_iter().for_each(|event| events.push_front(event));
    }
}

fn unless_over(event: client::Event) -> Result<client::Event, Error> {
    match event {
        client::Event::Refused(status) => Err(Error::Refused(status)),
        client::Event::Ended(status) => Err(Error::Ended(status)),
        event => Ok(event),
    }
}

impl Default for Options {
    fn default() -> Options {
        Options { trust: Trust::default(), connect: Duration::from_secs(10) }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::Resolve => "finding its address",
            Stage::Connect => "connecting",
            Stage::Tls => "the handshake of TLS",
        })
    }
}

/// The server's words; where it has none for people, those for machines.
struct Words<'a>(&'a Status);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Status { code, description, .. } if description.is_empty() => f.write_str(code),
            Status { code, description, .. } => write!(f, "{description} ({code})"),
        }
    }
}

/// Bytes read at a time.
const READ: usize = 32 << 10;
/// Things that the server has said to a publisher who does not listen, beside a [`Event::Reconnect`].
const MOST_KEPT: usize = 16;
/// How long the server may take to close.
const GOODBYE: Duration = Duration::from_secs(2);

#[cfg(test)]
#[path = "client_test.rs"]
mod tests;
