//! A viewer on a WebSocket: what the stream has, and what the client says meanwhile.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use hub::End;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};

use super::frame::{self, Opcode};
use super::inbox::{Inbox, Said, Violation};
use crate::http::endless::Tail;

/// Sends `tail` to its end, or until the client goes; then says why, and closes.
pub(in crate::http) async fn follow(socket: impl AsyncRead + AsyncWrite + Unpin, mut tail: Tail) {
    let mut link = Link::new(socket);
    let over = poll_fn(|cx| link.poll(cx, &mut tail)).await;
    drop(tail);
    if let Some((code, reason)) = over.farewell() {
        // A client that does not take it, or does not answer, has had its chance.
        let _ = timeout(FAREWELL, link.part(over, code, &reason)).await;
    }
}

/// Why nothing more is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    /// The stream, or the viewer's time on it.
    Stream(End),
    /// The client closes.
    Closed(Option<u16>),
    /// The client says what it must not.
    Violation(Violation),
    /// The client answers no pings.
    Silent,
    /// The connection is gone.
    Lost,
}

impl Over {
    /// The close code and its words; `None` when there is nobody to tell. Source: RFC 6455 §7.4.1 and IANA's registry.
    fn farewell(self) -> Option<(u16, String)> {
        let code = match self {
            Over::Stream(End::Shutdown) => 1001,
            Over::Stream(End::Kicked) => 1008,
            Over::Stream(End::TracksChanged) => 1012,
            Over::Stream(End::TooSlow) => 1013,
            Over::Stream(_) => 1000,
            Over::Closed(code) => code.unwrap_or(1000),
            Over::Violation(violation) => violation.code(),
            Over::Silent => 1001,
            Over::Lost => return None,
        };
        Some((
            code,
            match self {
                Over::Stream(end) => end.to_string(),
                Over::Violation(violation) => violation.to_string(),
                Over::Silent => "no answer to pings".to_owned(),
                Over::Closed(_) | Over::Lost => String::new(),
            },
        ))
    }
}

/// The two directions of one WebSocket.
struct Link<S> {
    socket: S,
    /// What is being written: whole frames, one batch at a time.
    pending: VecDeque<Bytes>,
    inbox: Inbox,
    /// Bytes that the client has said since the last ping.
    said: usize,
    pings: Interval,
    /// Pings since the client was last heard.
    unanswered: u32,
    /// A ping is due.
    ping: bool,
    /// The last of the client's pings, if it has not been answered.
    pong: Option<Vec<u8>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link<S> {
    fn new(socket: S) -> Link<S> {
        let mut pings = interval_at(Instant::now() + PING, PING);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Link {
            socket,
            pending: VecDeque::new(),
            inbox: Inbox::new(),
            said: 0,
            pings,
            unanswered: 0,
            ping: false,
            pong: None,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>, tail: &mut Tail) -> Poll<Over> {
        if let Poll::Ready(end) = tail.poll_ended(cx) {
            return Poll::Ready(Over::Stream(end));
        }
        if let Poll::Ready(over) = self.poll_said(cx) {
            return Poll::Ready(over);
        }
        while self.pings.poll_tick(cx).is_ready() {
            if self.unanswered >= UNANSWERED {
                return Poll::Ready(Over::Silent);
            }
            (self.ping, self.said) = (true, 0);
        }
        loop {
            if ready!(self.poll_send(cx)).is_err() {
                return Poll::Ready(Over::Lost);
            }
            if let Some(payload) = self.pong.take() {
                self.pending.push_back(frame::control(Opcode::Pong, &payload));
                continue;
            }
            if std::mem::take(&mut self.ping) {
                self.unanswered += 1;
                self.pending.push_back(frame::control(Opcode::Ping, &[]));
                continue;
            }
            if let Err(end) = ready!(tail.poll_next(cx, &mut self.pending)) {
                return Poll::Ready(Over::Stream(end));
            }
            let size = self.pending.iter().map(Bytes::len).sum();
            tail.count(size);
            self.pending.push_front(frame::header(Opcode::Binary, size));
        }
    }

    /// Hears the client; ready when that is the end.
    fn poll_said(&mut self, cx: &mut Context<'_>) -> Poll<Over> {
        let mut room = [MaybeUninit::uninit(); READ];
        loop {
            let mut buffer = ReadBuf::uninit(&mut room);
            let read = ready!(Pin::new(&mut self.socket).poll_read(cx, &mut buffer));
            let mut input = buffer.filled();
            if read.is_err() || input.is_empty() {
                return Poll::Ready(Over::Lost);
            }
            self.unanswered = 0;
            self.said += input.len();
            if self.said > MOST_SAID {
                return Poll::Ready(Over::Violation(Violation::TooMuch));
            }
            loop {
                match self.inbox.read(&mut input) {
                    Ok(None) => break,
                    Ok(Some(Said::Ping(payload))) => self.pong = Some(payload),
                    Ok(Some(Said::Pong)) => {}
                    Ok(Some(Said::Close(code))) => return Poll::Ready(Over::Closed(code)),
                    Err(violation) => return Poll::Ready(Over::Violation(violation)),
                }
            }
        }
    }

    /// Writes until everything is written and on its way.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.pending.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let filled = self.pending.iter().zip(&mut slices);
            let filled = filled.map(|(bytes, slice)| *slice = IoSlice::new(bytes)).count();
            let socket = Pin::new(&mut self.socket);
            let mut written = ready!(socket.poll_write_vectored(cx, &slices[..filled]))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            while let Some(front) = self.pending.front_mut() {
                let part = written.min(front.len());
                front.advance(part);
                written -= part;
                if !front.is_empty() {
                    break;
                }
                self.pending.pop_front();
            }
        }
        // A burst's room is not kept by each of thousands of viewers.
        if self.pending.capacity() > 8 {
            self.pending = VecDeque::new();
        }
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    /// Says goodbye and, unless the client has already, waits for it to do the same, or to hang up.
    async fn part(mut self, over: Over, code: u16, reason: &str) -> io::Result<()> {
        self.pending.push_back(frame::close(code, reason));
        poll_fn(|cx| self.poll_send(cx)).await?;
        let last = match over {
            Over::Closed(_) | Over::Violation(_) => over,
            _ => {
                self.said = 0;
                poll_fn(|cx| self.poll_said(cx)).await
            }
        };
        self.socket.shutdown().await?;
        if matches!(last, Over::Violation(_)) {
            // What such a client says further is no frames, but closed over unread bytes the socket would reset, and our goodbye
            // could be lost.
            let mut rest = [0; READ];
            while self.socket.read(&mut rest).await? > 0 {}
        }
        Ok(())
    }
}

/// How often a client is asked whether it is still there: before the idle limits of proxies, and so that dead ones go.
const PING: Duration = Duration::from_secs(30);
/// A client that is slow hears a ping behind all that waits for it.
const UNANSWERED: u32 = 2;
/// What a client may say between two pings.
const MOST_SAID: usize = 64 << 10;
/// For the goodbye of both sides.
const FAREWELL: Duration = Duration::from_secs(5);
const READ: usize = 512;
/// Of one vectored write.
const SLICES: usize = 64;

#[cfg(test)]
#[path = "link_test.rs"]
mod tests;
