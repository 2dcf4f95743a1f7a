//! ICE over TCP, for networks without UDP: the same datagrams, each behind its length.
//!
//! Source: RFC 6544 (passive candidates), RFC 4571 §2 (framing).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::sessions::{By, Packet, Sessions, Via};
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
    let read = read(reading, from, writer, sessions);
    let write = async {
        while let Some(framed) = waiting.recv().await {
            match timeout(STALL, writing.write_all(&framed)).await {
                Ok(Ok(())) => {}
                _ => return,
            }
        }
    };
    tokio::select! {
        () = read => {}
        () = write => {}
    }
}

async fn read(socket: OwnedReadHalf, from: SocketAddr, writer: Writer, sessions: Arc<Sessions>) {
    let mut frames = Frames { socket, buffer: BytesMut::new() };
    let Ok(Some(first)) = timeout(FIRST, frames.next()).await else { return };
    let Some(door) = sessions.find(Via::Tcp, from, &first) else { return };
    let mut next = Some(first);
    while let Some(bytes) = next {
        let packet = Packet { bytes, from, by: By::Tcp(writer.clone()) };
        if door.deliver(packet).await.is_err() {
            return;
        }
        next = timeout(SILENCE, frames.next()).await.ok().flatten();
    }
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
