//! ICE over TCP, for networks without UDP: the same datagrams, each behind its length.
//!
//! Source: RFC 6544 (passive candidates), RFC 4571 §2 (framing).

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::inbox::{By, Packet};
use super::sessions::{Sessions, Via};
use crate::listen::STALL;

/// The way back on a connection. A handle; the connection's own task writes.
#[derive(Clone)]
pub(super) struct Writer(mpsc::Sender<Bytes>);

impl Writer {
    /// Sends a datagram; on a connection that is too slow for what it gets it is lost, as on any network.
    pub(super) fn send(&self, datagram: &[u8]) {
        let Ok(length) = u16::try_from(datagram.len()) else { return };
        let mut framed = BytesMut::with_capacity(2 + datagram.len());
        framed.extend_from_slice(&length.to_be_bytes());
        framed.extend_from_slice(datagram);
        let _ = self.0.try_send(framed.freeze());
    }
}

/// Serves one connection: the first datagram says by its name whose it is, and all that follow are for that session.
pub(super) async fn serve(socket: TcpStream, from: SocketAddr, sessions: Arc<Sessions>) {
    let (reading, mut writing) = socket.into_split();
    let (sender, mut waiting) = mpsc::channel::<Bytes>(WAITING);
    let writer = Writer(sender);
    let mut end = End::Client;
    let read = async { end = read(reading, from, writer, sessions).await };
    let mut write = pin!(async {
        while let Some(framed) = waiting.recv().await {
            match timeout(STALL, writing.write_all(&framed)).await {
                Ok(Ok(())) => {}
                _ => return,
            }
        }
    });
    tokio::select! {
        () = read => {}
        () = &mut write => return,
    }
    if end == End::Session {
        // Nobody writes any more; what it said last is its goodbye.
        let _ = timeout(STALL, write).await;
    }
}

/// Why nothing is read any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The connection has ended, or is silent.
    Client,
    /// The session is over.
    Session,
}

async fn read(socket: OwnedReadHalf, from: SocketAddr, writer: Writer, sessions: Arc<Sessions>) -> End {
    let mut frames = Frames { socket, buffer: BytesMut::new() };
    let Ok(Some(first)) = timeout(FIRST, frames.next()).await else { return End::Client };
    let Some(door) = sessions.find(Via::Tcp, from, &first) else { return End::Client };
    let mut next = Some(first);
    while let Some(bytes) = next {
        let packet = Packet { bytes, from, by: By::Tcp(writer.clone()) };
        if door.inbox.deliver(packet).await.is_err() {
            return End::Session;
        }
        next = tokio::select! {
            next = timeout(SILENCE, frames.next()) => next.ok().flatten(),
            () = door.inbox.closed() => return End::Session,
        };
    }
    End::Client
}

/// Datagrams behind their lengths.
struct Frames {
    socket: OwnedReadHalf,
    buffer: BytesMut,
}

impl Frames {
    /// `None` at the end, or when the other end does not speak this.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some((length, rest)) = self.buffer.split_first_chunk::<2>() {
                let length = usize::from(u16::from_be_bytes(*length));
                if length > LARGEST {
                    return None;
                }
                if rest.len() >= length {
                    self.buffer.advance(2);
                    return Some(self.buffer.split_to(length).freeze());
                }
            }
            self.buffer.reserve(LARGEST);
            if self.socket.read_buf(&mut self.buffer).await.ok()? == 0 {
                return None;
            }
        }
    }
}

/// Datagrams that wait for a connection: a key frame's, at a high rate.
const WAITING: usize = 1_024;
/// No datagram of WebRTC is larger, but for handshakes of odd clients.
const LARGEST: usize = 8 << 10;
/// Whoever connects says at once who it is.
const FIRST: Duration = Duration::from_secs(10);
/// A client shows every few seconds that it is still there (RFC 7675).
const SILENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::future::poll_fn;

    use tokio::net::TcpListener;

    use super::super::inbox::Letter;
    use super::*;

    /// A binding request for `name`, behind its length; what proves it is the session's business.
    fn request(name: &str) -> Vec<u8> {
        let username = format!("{name}:client");
        let padded = username.len().next_multiple_of(4);
        let mut message = vec![0, 1];
        message.extend((4 + padded as u16).to_be_bytes());
        message.extend([0x21, 0x12, 0xa4, 0x42]);
        message.extend([9; 12]);
        message.extend([0, 6]);
        message.extend((username.len() as u16).to_be_bytes());
        message.extend(username.bytes());
        message.resize(24 + padded, 0);
        [&(message.len() as u16).to_be_bytes()[..], &message].concat()
    }

    #[tokio::test]
    async fn a_connection_ends_with_its_session_and_not_before_its_goodbye() {
        let sessions = Arc::new(Sessions::default());
        let mut entry = sessions.open("one", "token");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (socket, from) = listener.accept().await.unwrap();
        let serving = tokio::spawn(serve(socket, from, sessions));
        client.write_all(&request("one")).await.unwrap();
        let Letter::Packet(Packet { by: By::Tcp(writer), .. }) = poll_fn(|cx| entry.inbox.poll(cx)).await
        else {
            panic!("a datagram by TCP")
        };
        writer.send(b"goodbye");
        drop((entry, writer));
        let mut read = Vec::new();
        timeout(FIRST, client.read_to_end(&mut read)).await.unwrap().unwrap();
        assert_eq!(read, b"\0\x07goodbye");
        serving.await.unwrap();
    }
}
