//! What both ends do below the commands: chunks, control messages, acknowledgements.

use bytes::{Bytes, BytesMut};
use container::amf0::Value;

use crate::chunk::{self, Header, Message, Reader};
use crate::command::{self, PING_REQUEST, PING_RESPONSE};
use crate::message::{
    ACKNOWLEDGEMENT, COMMAND, DATA, SET_CHUNK_SIZE, SET_PEER_BANDWIDTH, USER_CONTROL, WINDOW_ACK_SIZE,
};
use crate::{Bounds, Error};

/// One connection after its handshake, without meaning.
#[derive(Debug)]
pub(crate) struct Link {
    reader: Reader,
    /// Bytes for the peer. Without a buffer while there are none.
    pub(crate) out: BytesMut,
    chunk_size: u32,
    received: u64,
    acknowledged: u64,
    /// The peer's window: how much it sends without an acknowledgement.
    window: u32,
}

impl Link {
    pub(crate) fn new() -> Link {
        Link {
            reader: Reader::new(),
            out: BytesMut::new(),
            chunk_size: chunk::INITIAL_SIZE,
            received: 0,
            acknowledged: 0,
            window: DEFAULT_WINDOW,
        }
    }

    /// Takes bytes from the front of `input` until there is a message that is not of this layer.
    pub(crate) fn read(&mut self, input: &mut &[u8], bounds: &Bounds) -> Result<Option<Message>, Error> {
        while let Some(message) = self.reader.read(input, bounds)? {
            match message.header.kind {
                WINDOW_ACK_SIZE => {
                    let window = value(&message)?;
                    if window > 0 {
                        self.window = window;
                    }
                }
                SET_PEER_BANDWIDTH => {
                    let window = value(&message)?;
                    self.control(WINDOW_ACK_SIZE, &window.to_be_bytes());
                }
                // What the peer has received is the kernel's business.
                ACKNOWLEDGEMENT => {}
                USER_CONTROL => self.user_control_received(&message.body),
                _ => return Ok(Some(message)),
            }
        }
        Ok(None)
    }

    /// Counts received bytes and acknowledges them every half window, so that a peer that counts never has to wait.
    pub(crate) fn count(&mut self, size: usize) {
        self.received += size as u64;
        if self.received - self.acknowledged >= u64::from(self.window / 2) {
            self.acknowledged = self.received;
            // The sequence number wraps at 4 GiB.
            self.control(ACKNOWLEDGEMENT, &(self.received as u32).to_be_bytes());
        }
    }

    /// Bytes for the peer, if there are any.
    pub(crate) fn take(&mut self) -> Option<Bytes> {
        if self.out.is_empty() {
            return None;
        }
        Some(std::mem::take(&mut self.out).freeze())
    }

    /// Messages that the peer began and gave up.
    pub(crate) fn abandoned(&self) -> u64 {
        self.reader.abandoned()
    }

    /// The size of the chunks that we send.
    pub(crate) fn chunk_size(&self) -> u32 {
        self.chunk_size
    }

    /// Announces and from then on uses a chunk size.
    pub(crate) fn set_chunk_size(&mut self, size: u32) {
        let size = size.clamp(1, 0x7fff_ffff);
        self.control(SET_CHUNK_SIZE, &size.to_be_bytes());
        self.chunk_size = size;
    }

    /// Asks the peer to acknowledge every `window` bytes.
    pub(crate) fn set_window(&mut self, window: u32) {
        self.control(WINDOW_ACK_SIZE, &window.to_be_bytes());
    }

    /// Limits what the peer sends without an acknowledgement, as a mere suggestion ("dynamic").
    pub(crate) fn set_peer_bandwidth(&mut self, window: u32) {
        let [a, b, c, d] = window.to_be_bytes();
        self.control(SET_PEER_BANDWIDTH, &[a, b, c, d, 2]);
    }

    pub(crate) fn user_control(&mut self, event: u16, values: &[u32]) {
        let body = command::user_control(event, values);
        self.control(USER_CONTROL, &body);
    }

    /// A command on message stream `stream`.
    pub(crate) fn command(&mut self, stream: u32, name: &str, transaction: f64, args: &[Value]) {
        let csid = if stream == 0 { chunk::COMMAND } else { chunk::STREAM };
        let body = command::body(name, transaction, args);
        self.write(&Header { csid, timestamp: 0, kind: COMMAND, stream }, &body);
    }

    /// Script data on message stream `stream`.
    pub(crate) fn data(&mut self, stream: u32, values: &[Value]) {
        let body = command::data(values);
        self.write(&Header { csid: chunk::STREAM, timestamp: 0, kind: DATA, stream }, &body);
    }

    fn control(&mut self, kind: u8, body: &[u8]) {
        self.write(&Header { csid: chunk::CONTROL, timestamp: 0, kind, stream: 0 }, body);
    }

    fn write(&mut self, header: &Header, body: &[u8]) {
        let written = chunk::write_contiguous(&mut self.out, header, self.chunk_size, body);
        debug_assert!(written.is_ok(), "our own messages are small");
    }

    fn user_control_received(&mut self, body: &[u8]) {
        // A short one, as some encoders send, asks for nothing.
        if let Some(&[0, 6, a, b, c, d]) = body.first_chunk() {
            self.user_control(PING_RESPONSE, &[u32::from_be_bytes([a, b, c, d])]);
        }
    }

    /// Asks for a sign of life.
    pub(crate) fn ping(&mut self, timestamp: u32) {
        self.user_control(PING_REQUEST, &[timestamp]);
    }
}

fn value(message: &Message) -> Result<u32, Error> {
    match message.body.first_chunk() {
        Some(value) => Ok(u32::from_be_bytes(*value)),
        None => Err(Error::Control { kind: message.header.kind, size: message.body.len() }),
    }
}

/// Some encoders announce no window and yet wait for acknowledgements.
const DEFAULT_WINDOW: u32 = 2_500_000;
