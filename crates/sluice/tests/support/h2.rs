//! Frames of HTTP/2, as somebody writes them who means no good (RFC 9113).

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::secure::{Secure, secure};

/// Kinds of frames (§6).
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const ACK: u8 = 1;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// One connection.
pub(crate) struct Peer(Secure);

/// A frame that came.
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

impl Peer {
    /// Connects, and says what every client says first.
    pub(crate) fn connect(address: SocketAddr) -> io::Result<Peer> {
        let socket = TcpStream::connect(address)?;
        socket.set_read_timeout(Some(super::SOON))?;
        socket.set_write_timeout(Some(Duration::from_secs(2)))?;
        let mut peer = Peer(secure(socket, b"h2"));
        peer.0.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")?;
        peer.send(SETTINGS, 0, 0, &[])?;
        Ok(peer)
    }

    pub(crate) fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        let size = (payload.len() as u32).to_be_bytes();
        let head = [&size[1..], &[kind, flags], &stream.to_be_bytes()].concat();
        self.0.write_all(&[&head[..], payload].concat())
    }

    /// Asks for `path` on `stream`.
    pub(crate) fn ask(&mut self, stream: u32, path: &str) -> io::Result<()> {
        self.send(HEADERS, END_STREAM | END_HEADERS, stream, &request(path))
    }

    /// The next frame. Pings are answered: who is silent is not to be taken for dead.
    pub(crate) fn read(&mut self) -> io::Result<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head)?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.0.read_exact(&mut payload)?;
        if kind == PING && flags & ACK == 0 {
            self.send(PING, ACK, 0, &payload)?;
        }
        Ok(Frame { kind, flags, stream: u32::from_be_bytes(stream), payload })
    }

    /// The body of the answer on `stream`, to its end.
    pub(crate) fn body(&mut self, stream: u32) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let frame = self.read()?;
            if frame.stream != stream {
                continue;
            }
            if frame.kind == DATA {
                body.extend(&frame.payload);
            }
            if matches!(frame.kind, DATA | HEADERS) && frame.flags & END_STREAM != 0 {
                return Ok(body);
            }
            if frame.kind == RST_STREAM {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
        }
    }

    /// Whether the server closes the connection within `limit`, whatever comes until then; and why, if it says so.
    pub(crate) fn closed(mut self, limit: Duration) -> Option<Option<u32>> {
        let deadline = Instant::now() + limit;
        let mut why = None;
        while Instant::now() < deadline {
            match self.read() {
                Ok(frame) if frame.kind == GOAWAY => {
                    let code = frame.payload.get(4..8).and_then(|code| code.try_into().ok());
                    why = code.map(u32::from_be_bytes);
                }
                Ok(_) => {}
                Err(err) if matches!(err.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
                Err(_) => return Some(why),
            }
        }
        None
    }
}

/// The head of a GET of `path` (RFC 7541: entries 2, 7 and 4 of the static table; 1, `:authority`).
pub(crate) fn request(path: &str) -> Vec<u8> {
    let path = [&[0x04, path.len() as u8][..], path.as_bytes()].concat();
    [&[0x82, 0x87][..], &path, &[0x01, 9], b"localhost"].concat()
}

/// A header that is kept in the table of the connection, by which it is meant from then on (RFC 7541 §6.2.1).
pub(crate) fn kept(name: &str, value: &str) -> Vec<u8> {
    let size = value.len();
    assert!(name.len() < 127 && (127..16_000).contains(&size));
    // An integer with a prefix of seven bits (§5.1).
    let rest = size - 127;
    let digits = [0x7f, (rest % 128) as u8 | 0x80, (rest / 128) as u8];
    [&[0x40, name.len() as u8][..], name.as_bytes(), &digits, value.as_bytes()].concat()
}

/// The newest header that is [kept], once more: a byte for all of it.
pub(crate) const AGAIN: u8 = 0x80 | 62;
