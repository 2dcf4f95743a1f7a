//! A client of WebSocket, as far as tests need one.

use std::io::{Read, Write};
use std::net::TcpStream;

use testkit::Server;

/// A handshake's answer, and the connection behind it.
pub(crate) struct WebSocket {
    pub(crate) status: u16,
    /// The head of the answer, in lower case.
    pub(crate) head: String,
    socket: TcpStream,
}

/// What came until the server closed.
pub(crate) struct Heard {
    /// The payload of all messages.
    pub(crate) bytes: Vec<u8>,
    /// Why it closed.
    pub(crate) code: u16,
    pub(crate) reason: String,
}

/// The headers of a handshake as it should be.
pub(crate) const HANDSHAKE: [&str; 4] = [
    "Upgrade: websocket",
    "Connection: keep-alive, Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

impl WebSocket {
    /// Asks for `path` with `headers`, and waits for the answer.
    pub(crate) fn ask(server: &Server, path: &str, headers: &[&str]) -> WebSocket {
        let mut socket = TcpStream::connect(server.addresses().http).unwrap();
        socket.set_read_timeout(Some(super::STREAM)).unwrap();
        let lines = headers.join("\r\n");
        write!(socket, "GET /{path} HTTP/1.1\r\nHost: test\r\n{lines}\r\n\r\n").unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            socket.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        WebSocket { status, head, socket }
    }

    /// Reads to the end, and answers the server's goodbye.
    pub(crate) fn hear(mut self) -> Heard {
        assert_eq!(self.status, 101, "{}", self.head);
        let mut bytes = Vec::new();
        loop {
            let (opcode, payload) = self.frame();
            match opcode {
                2 => bytes.extend(payload),
                8 => {
                    self.say(8, &payload[..2]);
                    assert_eq!(self.socket.read(&mut [0]).unwrap(), 0, "the server closes first");
                    let code = u16::from_be_bytes([payload[0], payload[1]]);
                    return Heard { bytes, code, reason: String::from_utf8(payload[2..].to_vec()).unwrap() };
                }
                9 => self.say(10, &payload),
                _ => panic!("opcode {opcode}"),
            }
        }
    }

    fn say(&mut self, opcode: u8, payload: &[u8]) {
        let mask = [9, 8, 7, 6];
        let mut frame = vec![0x80 | opcode, 0x80 | payload.len() as u8];
        frame.extend(mask);
        frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        self.socket.write_all(&frame).unwrap();
    }

    fn frame(&mut self) -> (u8, Vec<u8>) {
        let [first, size] = self.read();
        assert_eq!((first & 0xf0, size & 0x80), (0x80, 0), "whole messages, not masked");
        let size = match size {
            126 => u16::from_be_bytes(self.read()).into(),
            127 => u64::from_be_bytes(self.read()),
            size => size.into(),
        };
        let mut payload = vec![0; size as usize];
        self.socket.read_exact(&mut payload).unwrap();
        (first & 15, payload)
    }

    fn read<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.socket.read_exact(&mut bytes).unwrap();
        bytes
    }
}
