//! A socket that gives up a peer who takes nothing, or next to nothing.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::listen::STALL;

/// Fails a write once writes have waited for [`STALL`] in all while the peer took less than [`LEAST`]: a player that was
/// left paused, a peer that means to keep a segment in memory. Otherwise the socket as it is.
///
/// Only the time in which the socket takes nothing counts, so that a viewer of a stream of few bits is never in danger.
pub(super) struct Patience<S> {
    socket: S,
    /// While a write waits: since when, and until when it may.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
    /// How long writes have waited, since the peer last had taken enough, and what it has taken since.
    waited: Duration,
    taken: usize,
}

impl<S> Patience<S> {
    pub(super) fn new(socket: S) -> Patience<S> {
        Patience { socket, waiting: None, waited: Duration::ZERO, taken: 0 }
    }

    /// `taken` says what a write that is through has moved.
    fn watch<R>(
        &mut self,
        cx: &mut Context<'_>,
        wrote: Poll<io::Result<R>>,
        taken: impl FnOnce(&R) -> usize,
    ) -> Poll<io::Result<R>> {
        let Poll::Ready(done) = wrote else {
            let left = STALL.saturating_sub(self.waited);
            let begin = || (Instant::now(), Box::pin(tokio::time::sleep(left)));
            let (_, until) = self.waiting.get_or_insert_with(begin);
            return until.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()));
        };
        if let Some((since, _)) = self.waiting.take() {
            self.waited += since.elapsed();
        }
        self.taken += done.as_ref().map_or(0, taken);
        if self.taken >= LEAST {
            (self.waited, self.taken) = (Duration::ZERO, 0);
        }
        Poll::Ready(done)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patience<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patience<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.watch(cx, wrote, |size| *size)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.socket).poll_write_vectored(cx, slices);
        self.watch(cx, wrote, |size| *size)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.socket).poll_flush(cx);
        self.watch(cx, flushed, |()| 0)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

/// In [`STALL`] these are 26 kbit/s: no stream can be followed at less.
const LEAST: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Has a peer take `taken` bytes after each `pause`; why and when it was given up.
    async fn given_up(taken: usize, pause: Duration) -> Option<(io::ErrorKind, Duration)> {
        let (near, mut far) = tokio::io::duplex(16);
        let taking = tokio::spawn(async move {
            let mut room = vec![0; taken];
            loop {
                tokio::time::sleep(pause).await;
                if far.read_exact(&mut room).await.is_err() {
                    return;
                }
            }
        });
        let before = Instant::now();
        let wrote = Patience::new(near).write_all(&[0; 10 * LEAST]).await;
        let given_up = wrote.err().map(|err| (err.kind(), before.elapsed()));
        taking.abort();
        given_up
    }

    #[tokio::test(start_paused = true)]
    async fn peer_that_takes_nothing_is_given_up() {
        assert_eq!(given_up(1, STALL * 2).await, Some((io::ErrorKind::TimedOut, STALL)));
    }

    #[tokio::test(start_paused = true)]
    async fn peer_that_takes_a_byte_now_and_then_is_given_up() {
        assert_eq!(given_up(1, STALL - SECOND).await, Some((io::ErrorKind::TimedOut, STALL)));
        assert_eq!(given_up(LEAST / 40, SECOND).await, Some((io::ErrorKind::TimedOut, STALL)));
    }

    #[tokio::test(start_paused = true)]
    async fn peer_that_is_slow_is_not() {
        assert_eq!(given_up(LEAST, STALL - SECOND).await, None);
        assert_eq!(given_up(LEAST / 10, SECOND).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn viewer_of_a_stream_of_few_bits_is_not() {
        let (near, far): (DuplexStream, DuplexStream) = tokio::io::duplex(64);
        let taking = tokio::spawn(async move { tokio::io::copy(&mut { far }, &mut tokio::io::sink()).await });
        let mut near = Patience::new(near);
        for _ in 0..1_000 {
            near.write_all(&[0; 32]).await.expect("room");
            tokio::time::sleep(SECOND).await;
        }
        drop(near);
        taking.await.expect("task").expect("read");
    }
}
