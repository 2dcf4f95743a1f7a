//! What is being written to one socket.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::io::AsyncWrite;
use tokio::time::Instant;

use crate::listen::STALL;
use crate::tls::Socket;

/// Shared bytes on their way into a socket. Filled anew only once it is empty, so it holds one batch.
#[derive(Default)]
pub(super) struct Outbox {
    pending: VecDeque<Bytes>,
    /// Bytes that the session itself has added since it was last empty.
    own: usize,
    /// Bytes ever written.
    written: u64,
    /// While it is not empty.
    stall: Option<Stall>,
}

/// A peer that does not take what there is.
struct Stall {
    /// Since when it has not been empty.
    filled: Instant,
    /// Since when the peer has taken nothing.
    since: Instant,
    /// What it had taken by then.
    written: u64,
}

impl Outbox {
    /// Adds what the session has to say.
    pub(super) fn push(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.own += bytes.len();
            self.pending.push_back(bytes);
        }
    }

    /// What the session itself has said and the peer has not taken: it must not be able to ask for more and more.
    pub(super) fn own(&self) -> usize {
        self.own
    }

    /// Lets `fill` append.
    pub(super) fn fill<R>(&mut self, fill: impl FnOnce(&mut VecDeque<Bytes>) -> R) -> R {
        fill(&mut self.pending)
    }

    /// Bytes that wait.
    pub(super) fn len(&self) -> usize {
        self.pending.iter().map(Bytes::len).sum()
    }

    /// Writes until everything is written.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, socket: &mut Socket) -> Poll<io::Result<()>> {
        let polled = self.poll_write_all(cx, socket);
        if polled.is_ready() {
            self.stall = None;
        } else {
            let (written, since) = (self.written, Instant::now());
            let stall = self.stall.get_or_insert(Stall { filled: since, since, written });
            if stall.written != written {
                (stall.since, stall.written) = (since, written);
            }
        }
        polled
    }

    /// When to give up a peer that takes nothing, or next to nothing, of what is being written.
    pub(super) fn stalled(&self) -> Option<Instant> {
        self.stall.as_ref().map(|stall| (stall.since + STALL).min(stall.filled + CRAWL))
    }

    fn poll_write_all(&mut self, cx: &mut Context<'_>, socket: &mut Socket) -> Poll<io::Result<()>> {
        while !self.pending.is_empty() {
            let written = ready!(self.poll_write_some(cx, socket))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += written as u64;
            self.advance(written);
        }
        // TLS has room of its own, of 64 KiB: what is in there is not written yet.
        ready!(Pin::new(socket).poll_flush(cx))?;
        self.own = 0;
        // A burst's room is not kept by each of thousands of viewers.
        if self.pending.capacity() > 8 {
            self.pending = VecDeque::new();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_write_some(&self, cx: &mut Context<'_>, socket: &mut Socket) -> Poll<io::Result<usize>> {
        let socket = Pin::new(socket);
        match self.pending.as_slices() {
            // A block is one piece as a rule, and `send` costs the kernel less than `writev` of one.
            ([bytes], []) => socket.poll_write(cx, bytes),
            // TLS makes full records of the pieces, not one of each.
            _ => {
                let mut slices = [IoSlice::new(&[]); SLICES];
                let filled = self.pending.iter().zip(&mut slices);
                let filled = filled.map(|(bytes, slice)| *slice = IoSlice::new(bytes)).count();
                socket.poll_write_vectored(cx, &slices[..filled])
            }
        }
    }

    fn advance(&mut self, mut written: usize) {
        while let Some(front) = self.pending.front_mut() {
            if written < front.len() {
                front.advance(written);
                return;
            }
            written -= front.len();
            self.pending.pop_front();
        }
    }
}

/// Of one vectored write.
const SLICES: usize = 64;
/// A batch, of 256 KiB or one frame, must be taken within so long: nobody follows a stream at less.
const CRAWL: Duration = Duration::from_secs(60);
