//! A light reader of what an RTMP server sends to a player: whole messages, of which only the beginning is kept.
//!
//! `rtmp::client::Session` would hand over every payload; thousands of viewers on one core have no use for that.
//! Source: Adobe RTMP 1.0 §5.3.

use crate::view::Broken;
use crate::view::message::{Head, Message};

/// The chunk layer of one connection, from the first byte the server sends, handshake included.
#[derive(Debug)]
pub(crate) struct Chunks {
    /// Bytes of the handshake still to come.
    handshake: usize,
    chunk_size: usize,
    streams: Vec<ChunkStream>,
    /// Index into `streams` of the one whose payload is being read.
    current: usize,
    /// Payload bytes left in the current chunk; 0 while a header is being read.
    left: usize,
    header: [u8; LONGEST_HEADER],
    have: usize,
}

#[derive(Debug, Default)]
struct ChunkStream {
    id: u32,
    kind: u8,
    size: usize,
    /// Bytes of the message still to come; 0 between messages.
    left: usize,
    extended: bool,
    head: Head,
}

impl Chunks {
    pub(crate) fn new() -> Chunks {
        Chunks {
            handshake: HANDSHAKE,
            chunk_size: 128,
            streams: Vec::new(),
            current: 0,
            left: 0,
            header: [0; LONGEST_HEADER],
            have: 0,
        }
    }

    /// The next message that is complete, taking its bytes off the front of `data`; `None` when `data` is used up.
    pub(crate) fn next(&mut self, data: &mut &[u8]) -> Result<Option<Message<'_>>, Broken> {
        let skip = self.handshake.min(data.len());
        self.handshake -= skip;
        *data = data.get(skip..).unwrap_or_default();
        while !data.is_empty() {
            if self.left == 0 && !self.header(data)? {
                continue;
            }
            let Some(stream) = self.streams.get_mut(self.current) else { return Err(Broken("chunk stream")) };
            let (payload, rest) = data.split_at(self.left.min(data.len()));
            *data = rest;
            stream.head.push(payload);
            stream.left -= payload.len();
            self.left -= payload.len();
            if stream.left == 0 {
                let kind = stream.kind;
                self.control(kind)?;
                let stream = self.streams.get(self.current);
                return Ok(stream.map(|stream| Message { kind, head: stream.head.bytes() }));
            }
        }
        Ok(None)
    }

    /// Takes header bytes off `data`. True when a header is complete and payload (perhaps none) follows.
    fn header(&mut self, data: &mut &[u8]) -> Result<bool, Broken> {
        while let Some((&byte, rest)) = data.split_first() {
            let Some(slot) = self.header.get_mut(self.have) else { return Err(Broken("chunk header")) };
            *slot = byte;
            self.have += 1;
            *data = rest;
            if self.have >= self.header_size() {
                self.start()?;
                return Ok(self.left > 0 || self.streams.get(self.current).is_some_and(|s| s.left == 0));
            }
        }
        Ok(false)
    }

    /// How long the header is, as far as its bytes so far say.
    fn header_size(&self) -> usize {
        let basic = self.basic_size();
        if self.have < basic {
            return basic;
        }
        let format = self.header[0] >> 6;
        let message = basic + [11, 7, 3, 0][usize::from(format)];
        if self.have < message {
            return message;
        }
        let extended = match format {
            3 => self.stream(self.id()).is_some_and(|stream| stream.extended),
            _ => self.header.get(basic..basic + 3) == Some(&[0xff; 3]),
        };
        message + if extended { 4 } else { 0 }
    }

    fn basic_size(&self) -> usize {
        match self.header[0] & 0x3f {
            0 => 2,
            1 => 3,
            _ => 1,
        }
    }

    fn id(&self) -> u32 {
        match self.header[0] & 0x3f {
            0 => 64 + u32::from(self.header[1]),
            1 => 64 + u32::from(self.header[1]) + 256 * u32::from(self.header[2]),
            id => u32::from(id),
        }
    }

    fn stream(&self, id: u32) -> Option<&ChunkStream> {
        self.streams.iter().find(|stream| stream.id == id)
    }

    /// A header is complete: makes its chunk stream the current one.
    fn start(&mut self) -> Result<(), Broken> {
        let (format, basic, id, size) = (self.header[0] >> 6, self.basic_size(), self.id(), self.have);
        self.have = 0;
        self.current = match self.streams.iter().position(|stream| stream.id == id) {
            Some(at) => at,
            None if format == 0 && self.streams.len() < 64 => {
                self.streams.push(ChunkStream { id, ..ChunkStream::default() });
                self.streams.len() - 1
            }
            None => return Err(Broken("chunk stream")),
        };
        let fields = self.header.get(basic..size).unwrap_or_default();
        let Some(stream) = self.streams.get_mut(self.current) else { return Err(Broken("chunk stream")) };
        if format < 3 {
            stream.extended = fields.starts_with(&[0xff; 3]);
        }
        if let [_, _, _, a, b, c, kind, ..] = fields
            && format < 2
        {
            stream.size = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
            stream.kind = *kind;
        }
        if stream.left == 0 {
            stream.left = stream.size;
            stream.head.clear();
        }
        self.left = stream.left.min(self.chunk_size);
        Ok(())
    }

    /// Follows the messages that steer the chunk layer itself.
    fn control(&mut self, kind: u8) -> Result<(), Broken> {
        let Some(stream) = self.streams.get(self.current) else { return Ok(()) };
        let &[a, b, c, d, ..] = stream.head.bytes() else { return Ok(()) };
        let value = u32::from_be_bytes([a, b, c, d]);
        match kind {
            SET_CHUNK_SIZE if (1..=0x00ff_ffff).contains(&value) => self.chunk_size = value as usize,
            SET_CHUNK_SIZE => return Err(Broken("chunk size")),
            ABORT => {
                if let Some(aborted) = self.streams.iter_mut().find(|stream| stream.id == value) {
                    aborted.left = 0;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// S0, S1 and S2.
const HANDSHAKE: usize = 1 + 1536 + 1536;
const LONGEST_HEADER: usize = 3 + 11 + 4;
const SET_CHUNK_SIZE: u8 = 1;
const ABORT: u8 = 2;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A handshake, a video message of 300 bytes with an audio message in between, a larger chunk size, an extended
    /// timestamp with both its chunks, and an empty message.
    fn wire() -> Vec<u8> {
        let mut wire = vec![7u8; HANDSHAKE];
        wire.extend_from_slice(&[0x06, 0, 0, 1, 0, 1, 44, 9, 1, 0, 0, 0]);
        wire.extend_from_slice(&[0x27; 128]);
        wire.extend_from_slice(&[0x04, 0, 0, 1, 0, 0, 2, 8, 1, 0, 0, 0, 0xaf, 1]);
        wire.push(0xc6);
        wire.extend_from_slice(&[0x28; 128]);
        wire.push(0xc6);
        wire.extend_from_slice(&[0x29; 44]);
        wire.extend_from_slice(&[0x02, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 1, 0]);
        wire.extend_from_slice(&[0x00, 6, 0xff, 0xff, 0xff, 0, 1, 2, 9, 1, 0, 0, 0, 1, 0, 0, 0]);
        wire.extend_from_slice(&[0x17; 256]);
        wire.extend_from_slice(&[0xc0, 6, 1, 0, 0, 0, 0x17, 0x17]);
        wire.extend_from_slice(&[0x44, 0, 0, 5, 0, 0, 0, 8]);
        wire.extend_from_slice(&[0x84, 0, 0, 5]);
        wire
    }

    fn kinds(wire: &[u8], cut: usize) -> Vec<(u8, usize)> {
        let mut chunks = Chunks::new();
        let mut seen = Vec::new();
        for mut part in [&wire[..cut], &wire[cut..]] {
            while let Some(message) = chunks.next(&mut part).unwrap() {
                seen.push((message.kind, message.head.len()));
            }
            assert!(part.is_empty());
        }
        seen
    }

    #[test]
    fn messages_are_the_same_split_at_any_byte() {
        let wire = wire();
        let whole = [(8, 2), (9, 256), (1, 4), (9, 256), (8, 0), (8, 0)];
        for cut in 0..=wire.len() {
            assert_eq!(kinds(&wire, cut), whole, "split at {cut}");
        }
    }

    #[test]
    fn a_chunk_of_an_unknown_stream_is_broken() {
        let mut wire = vec![0u8; HANDSHAKE];
        wire.push(0xc6);
        assert!(Chunks::new().next(&mut &wire[..]).is_err());
    }
}
