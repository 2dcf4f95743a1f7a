//! A connection with TLS or without, for whoever does not mind which.

use std::io::{self, IoSlice, Read};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::coop;
use tokio_rustls::TlsStream;

/// A TCP connection. The state of TLS is boxed, so that a plain one is no larger for it.
///
/// Written bytes may wait in the state of TLS: whoever has written all flushes.
#[derive(Debug)]
pub(crate) enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// A plain one of which nobody is told that something has arrived; see [`Socket::rest`].
    Resting(std::net::TcpStream),
    /// Between the two; lost if the system would not have it.
    Moving,
}

impl Socket {
    /// Whether a read that got fewer bytes than it had room for may be followed by another at once.
    ///
    /// A short read has emptied a plain socket. TLS hands out a record at a time: the next may be decrypted already, and the
    /// system knows nothing of it that would wake anybody.
    pub(crate) fn has_more_after_short_read(&self) -> bool {
        self.is_tls()
    }

    /// Whether it speaks TLS.
    pub(crate) fn is_tls(&self) -> bool {
        matches!(self, Socket::Tls(_))
    }

    /// Whether both sides have agreed upon `protocol` for what is said within TLS (ALPN).
    pub(crate) fn agreed_upon(&self, protocol: &[u8]) -> bool {
        matches!(self, Socket::Tls(socket) if socket.get_ref().1.alpn_protocol() == Some(protocol))
    }

    /// Nobody wants to be woken for what arrives: it will be read at a time of the reader's own.
    ///
    /// The system then has nobody to tell of each packet, which for a small publisher costs as much as all else. A read that finds nothing,
    /// and a write, end the rest. TLS does not rest.
    pub(crate) fn rest(&mut self) -> io::Result<()> {
        if let Socket::Plain(_) = self
            && let Socket::Plain(socket) = std::mem::replace(self, Socket::Moving)
        {
            *self = Socket::Resting(socket.into_std()?);
        }
        Ok(())
    }

    /// Whoever waits for it is woken again.
    fn wake(&mut self) -> io::Result<()> {
        if let Socket::Resting(_) = self
            && let Socket::Resting(socket) = std::mem::replace(self, Socket::Moving)
        {
            *self = Socket::Plain(TcpStream::from_std(socket)?);
        }
        Ok(())
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Socket::Resting(socket) = this {
            // As the runtime's own sockets do: who always finds something must let others run now and then.
            let turn = ready!(coop::poll_proceed(cx));
            match socket.read(buffer.initialize_unfilled()) {
                Ok(size) => {
                    turn.made_progress();
                    buffer.advance(size);
                    return Poll::Ready(Ok(()));
                }
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => this.wake()?,
                Err(err) => return Poll::Ready(Err(err)),
            }
        }
        match this {
            Socket::Plain(socket) => Pin::new(socket).poll_read(cx, buffer),
            Socket::Resting(_) | Socket::Moving => Poll::Ready(Err(lost())),
            Socket::Tls(socket) => match Pin::new(socket).poll_read(cx, buffer) {
                // Closed without `close_notify`, as most RTMP clients do. That a stream was cut off its own protocol says.
                Poll::Ready(Err(err)) if err.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
                other => other,
            },
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.wake()?;
        match this {
            Socket::Plain(socket) => Pin::new(socket).poll_write(cx, bytes),
            Socket::Tls(socket) => Pin::new(socket).poll_write(cx, bytes),
            Socket::Resting(_) | Socket::Moving => Poll::Ready(Err(lost())),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.wake()?;
        match this {
            Socket::Plain(socket) => Pin::new(socket).poll_write_vectored(cx, slices),
            Socket::Tls(socket) => Pin::new(socket).poll_write_vectored(cx, slices),
            Socket::Resting(_) | Socket::Moving => Poll::Ready(Err(lost())),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Socket::Tls(socket) => Pin::new(socket).poll_flush(cx),
            // What was written is with the system already.
            Socket::Resting(_) | Socket::Moving => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.wake()?;
        match this {
            Socket::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Socket::Tls(socket) => Pin::new(socket).poll_shutdown(cx),
            Socket::Resting(_) | Socket::Moving => Poll::Ready(Err(lost())),
        }
    }
}

fn lost() -> io::Error {
    io::ErrorKind::NotConnected.into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    async fn pair() -> (Socket, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (peer, accepted) =
            tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        (Socket::Plain(accepted.unwrap().0), peer.unwrap())
    }

    #[tokio::test]
    async fn what_arrives_during_a_rest_is_read_and_what_comes_after_is_waited_for() {
        let (mut socket, mut peer) = pair().await;
        let mut bytes = [0; 5];
        for _ in 0..3 {
            socket.rest().unwrap();
            assert!(matches!(socket, Socket::Resting(_)));
            peer.write_all(b"a").await.unwrap();
            // Whether it is there yet or not: nothing is lost, and whoever waits is woken.
            socket.read_exact(&mut bytes[..1]).await.unwrap();
            let (read, wrote) = tokio::join!(socket.read_exact(&mut bytes), async {
                tokio::task::yield_now().await;
                peer.write_all(b"later").await
            });
            read.unwrap();
            wrote.unwrap();
            assert_eq!(&bytes, b"later");
            assert!(matches!(socket, Socket::Plain(_)), "a read that finds nothing ends the rest");
        }
    }

    #[tokio::test]
    async fn writing_ends_the_rest_and_so_does_the_peer() {
        let (mut socket, mut peer) = pair().await;
        socket.rest().unwrap();
        socket.write_all(b"hello").await.unwrap();
        assert!(matches!(socket, Socket::Plain(_)));
        let mut bytes = [0; 5];
        peer.read_exact(&mut bytes).await.unwrap();
        socket.rest().unwrap();
        drop(peer);
        assert_eq!(socket.read(&mut bytes).await.unwrap(), 0);
    }
}
