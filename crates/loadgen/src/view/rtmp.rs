//! An RTMP player: our client's session until the play has begun, then only the light reader.

use std::io;
use std::time::Instant;

use bytes::Bytes;
use mio::Token;
use rtmp::client::{Action, Config, Event, Output, Session};

use crate::link::Link;
use crate::target::Target;
use crate::view::chunks::Chunks;
use crate::view::message::Seen;
use crate::view::viewer::End;

/// Plays one stream. The session leaves with the first word that the play has begun; from then on the answers that a
/// player owes the server, acknowledgements and pongs, are made here.
#[derive(Debug)]
pub(crate) struct Player {
    session: Option<Box<Session>>,
    begun: Instant,
    chunks: Chunks,
    /// Bytes read since the connection stands, modulo 2^32, and how many of them are acknowledged.
    received: u32,
    acknowledged: u32,
    /// Every so many bytes the server wants to be told.
    window: u32,
}

impl Player {
    pub(crate) fn new(target: &Target, n: u16, token: Token, now: Instant) -> Result<Player, End> {
        let session = Box::new(session(target, n, Action::Play, token)?);
        let (chunks, window) = (Chunks::new(), u32::MAX);
        Ok(Player { session: Some(session), begun: now, chunks, received: 0, acknowledged: 0, window })
    }

    /// Hands what the session wants to say to the socket.
    pub(crate) fn pump(&mut self, link: &mut Link) -> Result<(), End> {
        let Some(session) = &mut self.session else { return Ok(()) };
        let mut ready = false;
        pump(session, link, &mut ready)?;
        if ready {
            self.session = None;
        }
        Ok(())
    }

    /// Takes note of everything that has just been read, before [`Player::next`] goes through it.
    pub(crate) fn receive(&mut self, data: &[u8], link: &mut Link, now: Instant) -> Result<(), End> {
        self.received = self.received.wrapping_add(data.len() as u32);
        if let Some(session) = &mut self.session {
            session.receive(since(self.begun, now), data)?;
            self.pump(link)?;
        } else if self.received.wrapping_sub(self.acknowledged) >= self.window {
            self.acknowledged = self.received;
            link.send(control(ACKNOWLEDGEMENT, &self.received.to_be_bytes()))?;
            link.flush()?;
        }
        Ok(())
    }

    /// What the next message in `data` means; `None` when `data` is used up.
    pub(crate) fn next(&mut self, data: &mut &[u8], link: &mut Link) -> Result<Option<Seen>, End> {
        let Some(message) = self.chunks.next(data)? else { return Ok(None) };
        match (message.kind, message.head) {
            (WINDOW_ACKNOWLEDGEMENT_SIZE, &[a, b, c, d]) => {
                self.window = u32::from_be_bytes([a, b, c, d]).max(1 << 16);
            }
            (USER_CONTROL, [0, PING_REQUEST, stamp @ ..]) if self.session.is_none() => {
                let mut pong = vec![0, PING_RESPONSE];
                pong.extend_from_slice(stamp);
                link.send(control(USER_CONTROL, &pong))?;
                link.flush()?;
            }
            _ => {}
        }
        Ok(Some(message.seen()))
    }
}

/// A session with `target`'s stream `n`; `token` tells its handshake from others.
pub(crate) fn session(target: &Target, n: u16, action: Action, token: Token) -> Result<Session, End> {
    let url = format!("rtmp://{}{}", target.address, target.path(n));
    let url = rtmp::url::Url::parse(&url).map_err(|error| End::Refused(error.to_string()))?;
    Ok(Session::new(Config::new(&url, action), token.0 as u64))
}

/// Moves what `session` has to say into `link`; `ready` becomes true when the publish or play has begun.
pub(crate) fn pump(session: &mut Session, link: &mut Link, ready: &mut bool) -> Result<(), End> {
    while let Some(output) = session.poll() {
        match output {
            Output::Send(bytes) => link.send(bytes)?,
            Output::Event(Event::Ready) => *ready = true,
            Output::Event(Event::Refused(status) | Event::Ended(status)) => {
                return Err(End::Refused(format!("{} {}", status.code, status.description)));
            }
            Output::Event(_) => {}
        }
    }
    Ok(link.flush()?)
}

/// The session's clock: time since `begun`.
pub(crate) fn since(begun: Instant, now: Instant) -> media::Time {
    let micros = now.saturating_duration_since(begun).as_micros();
    media::Time::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

impl From<rtmp::Error> for End {
    fn from(error: rtmp::Error) -> End {
        End::Io(io::Error::other(error))
    }
}

/// A control message, in one chunk: chunk stream 2, message stream 0. Source: Adobe RTMP 1.0 §5.4.
fn control(kind: u8, body: &[u8]) -> Bytes {
    let mut out = vec![2, 0, 0, 0, 0, 0, body.len() as u8, kind, 0, 0, 0, 0];
    out.extend_from_slice(body);
    out.into()
}

const ACKNOWLEDGEMENT: u8 = 3;
const USER_CONTROL: u8 = 4;
const WINDOW_ACKNOWLEDGEMENT_SIZE: u8 = 5;
const PING_REQUEST: u8 = 6;
const PING_RESPONSE: u8 = 7;
