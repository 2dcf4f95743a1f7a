//! Putting messages together from chunks.

use bytes::Bytes;

use super::{EXTENDED, Header, INITIAL_SIZE, Message};
use crate::message::{ABORT, SET_CHUNK_SIZE};
use crate::{Bounds, Error};

/// Reads one direction of a connection after its handshake.
///
/// Set Chunk Size and Abort are obeyed here and not handed out. Each message is put together in one buffer of its size,
/// which goes to the caller; between messages nothing is held but the headers.
#[derive(Debug)]
pub struct Reader {
    streams: Vec<Stream>,
    chunk_size: u32,
    /// The chunk whose payload is being read.
    chunk: Option<Chunk>,
    /// A chunk header that has not come whole.
    head: Held,
    /// Bytes promised by the messages that are under way.
    partial: usize,
    repeats: Repeats,
    abandoned: u64,
}

/// A chunk stream: what its next headers may leave out, and its message under way.
#[derive(Debug)]
struct Stream {
    header: Header,
    size: u32,
    delta: u32,
    /// The last timestamp field as it was extended.
    extended: Option<u32>,
    /// `Some` from the header to the last byte.
    body: Option<Vec<u8>>,
}

#[derive(Debug)]
struct Chunk {
    stream: usize,
    left: usize,
}

/// Whether the peer repeats an extended timestamp in chunks of type 3.
///
/// The specification says yes; old Flash encoders do not. Learnt from the first chunk that continues a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeats {
    Unknown,
    No,
}

impl Default for Reader {
    fn default() -> Reader {
        Reader::new()
    }
}

impl Reader {
    /// A reader for a connection that has just ended its handshake.
    pub fn new() -> Reader {
        Reader {
            streams: Vec::new(),
            chunk_size: INITIAL_SIZE,
            chunk: None,
            head: Held::default(),
            partial: 0,
            repeats: Repeats::Unknown,
            abandoned: 0,
        }
    }

    /// Takes bytes from the front of `input` until a message is whole; `None` when `input` ends before one is.
    ///
    /// The bounds are looked at when a message begins, so they may change between two calls.
    ///
    /// Errs when a bound is passed, or a chunk or control message cannot be.
    pub fn read(&mut self, input: &mut &[u8], bounds: &Bounds) -> Result<Option<Message>, Error> {
        loop {
            let chunk = match self.chunk.take() {
                Some(chunk) => chunk,
                None => match self.begin(input, bounds)? {
                    Some(chunk) => chunk,
                    None => return Ok(None),
                },
            };
            let stream = &mut self.streams[chunk.stream];
            let body = stream.body.get_or_insert_default();
            let before = body.len();
            self.head.take_into(body, chunk.left);
            let left = chunk.left - (body.len() - before);
            let (part, rest) = input.split_at(left.min(input.len()));
            body.extend_from_slice(part);
            *input = rest;
            if part.len() < left {
                self.chunk = Some(Chunk { left: left - part.len(), ..chunk });
                return Ok(None);
            }
            if body.len() < stream.size as usize {
                continue;
            }
            self.partial -= body.len();
            let body = Bytes::from(stream.body.take().unwrap_or_default());
            let message = Message { header: stream.header, body };
            match message.header.kind {
                SET_CHUNK_SIZE => self.set_chunk_size(&message)?,
                ABORT => self.abort(&message)?,
                _ => return Ok(Some(message)),
            }
        }
    }

    /// Messages that were given up for another on their chunk stream before they were whole.
    pub fn abandoned(&self) -> u64 {
        self.abandoned
    }

    /// Reads a chunk header. `None` when it has not come whole.
    fn begin(&mut self, input: &mut &[u8], bounds: &Bounds) -> Result<Option<Chunk>, Error> {
        let held = self.head.bytes().len();
        let head = if held == 0 {
            self.parse_head(input)?
        } else {
            self.head.append(input);
            self.parse_head(self.head.bytes())?
        };
        let Some(head) = head else {
            if held == 0 {
                self.head.append(input);
            }
            *input = &[];
            return Ok(None);
        };
        // A header may be shorter than what was held, when that looked like a repeated timestamp and was payload.
        self.head.keep(head.size, held);
        *input = &input[head.size.saturating_sub(held)..];
        if head.silent {
            self.repeats = Repeats::No;
        }
        self.apply(&head, bounds).map(Some)
    }

    /// Reads the chunk header at the front of `bytes`. `None` when they end within it, which they cannot when there are 18.
    fn parse_head(&self, bytes: &[u8]) -> Result<Option<Head>, Error> {
        let Some(first) = bytes.first() else { return Ok(None) };
        let format = first >> 6;
        let (csid, mut at) = match (first & 0x3f, bytes.get(1), bytes.get(2)) {
            (0, Some(low), _) => (64 + u32::from(*low), 2),
            (1, Some(low), Some(high)) => (64 + u32::from(*low) + 256 * u32::from(*high), 3),
            (0 | 1, _, _) => return Ok(None),
            (csid, _, _) => (u32::from(csid), 1),
        };
        let stream = self.streams.iter().position(|stream| stream.header.csid == csid);
        let mut head = Head { format, csid, stream, ..Head::default() };
        if format < 3 {
            let fields = [11, 7, 3][usize::from(format)];
            let Some(fields) = bytes.get(at..at + fields) else { return Ok(None) };
            at += fields.len();
            head.timestamp = uint(&fields[..3]);
            if let Some(fields) = fields.get(3..7) {
                head.length = uint(&fields[..3]);
                head.kind = fields[3];
            }
            if let Some([a, b, c, d]) = fields.get(7..) {
                head.message_stream = u32::from_le_bytes([*a, *b, *c, *d]);
            }
            if head.timestamp == EXTENDED {
                let Some(extended) = bytes.get(at..at + 4) else { return Ok(None) };
                at += 4;
                head.timestamp = uint(extended);
                head.extended = true;
            }
        } else if let Some(stream) = stream.and_then(|index| self.streams.get(index))
            && let Some(extended) = stream.extended
            && self.repeats == Repeats::Unknown
        {
            let next = bytes.get(at..).unwrap_or_default();
            let next = &next[..next.len().min(4)];
            // Most repeat the field, which after a header of type 1 or 2 is a difference; SRS repeats the timestamp.
            let timestamp = stream.header.timestamp;
            let candidates = [extended, timestamp, timestamp.wrapping_add(stream.delta)];
            let repeated = candidates.iter().any(|value| value.to_be_bytes().starts_with(next));
            if repeated && next.len() < 4 {
                return Ok(None);
            }
            if repeated {
                at += 4;
            }
            head.silent = !repeated && stream.body.is_some();
        }
        head.size = at;
        Ok(Some(head))
    }

    /// Begins or continues a message.
    fn apply(&mut self, head: &Head, bounds: &Bounds) -> Result<Chunk, Error> {
        let csid = head.csid;
        let index = match head.stream {
            Some(index) => index,
            None if head.format >= 2 => return Err(Error::HeaderMissing { csid, format: head.format }),
            None if self.streams.len() >= bounds.chunk_streams => {
                return Err(Error::TooManyChunkStreams { csid, max: bounds.chunk_streams });
            }
            None => {
                self.streams.push(Stream::new(csid));
                self.streams.len() - 1
            }
        };
        let chunk_size = self.chunk_size as usize;
        if let Some(body) = &self.streams[index].body {
            if head.format == 3 {
                let left = (self.streams[index].size as usize - body.len()).min(chunk_size);
                return Ok(Chunk { stream: index, left });
            }
            self.abandon(index);
        }
        let stream = &mut self.streams[index];
        stream.update(head);
        let size = stream.size as usize;
        if size > bounds.message {
            return Err(Error::MessageTooLarge { csid, size, max: bounds.message });
        }
        if self.partial + size > bounds.partial {
            return Err(Error::PartialTooLarge { csid, size: self.partial + size, max: bounds.partial });
        }
        self.partial += size;
        stream.body = Some(Vec::with_capacity(size));
        Ok(Chunk { stream: index, left: size.min(chunk_size) })
    }

    fn set_chunk_size(&mut self, message: &Message) -> Result<(), Error> {
        let size = control_value(message)?;
        if size == 0 || size > 0x7fff_ffff {
            return Err(Error::ChunkSize { size });
        }
        self.chunk_size = size;
        Ok(())
    }

    fn abort(&mut self, message: &Message) -> Result<(), Error> {
        let csid = control_value(message)?;
        if let Some(index) = self.streams.iter().position(|stream| stream.header.csid == csid) {
            self.abandon(index);
        }
        Ok(())
    }

    fn abandon(&mut self, index: usize) {
        let stream = &mut self.streams[index];
        if stream.body.take().is_some() {
            self.partial -= stream.size as usize;
            self.abandoned += 1;
        }
    }
}

impl Stream {
    fn new(csid: u32) -> Stream {
        let header = Header { csid, timestamp: 0, kind: 0, stream: 0 };
        Stream { header, size: 0, delta: 0, extended: None, body: None }
    }

    /// Takes over what the header of a new message says, and keeps what it leaves out.
    fn update(&mut self, head: &Head) {
        if head.format < 3 {
            self.extended = head.extended.then_some(head.timestamp);
            self.delta = head.timestamp;
        }
        if head.format < 2 {
            self.size = head.length;
            self.header.kind = head.kind;
        }
        if head.format == 0 {
            self.header.stream = head.message_stream;
            self.header.timestamp = head.timestamp;
            // A message of type 3 right after one of type 0 has the timestamp as its difference, says the specification,
            // and FFmpeg means it; librtmp means the same timestamp again. Nobody means a jump of more than a second.
            if self.delta > 1_000 {
                self.delta = 0;
            }
        } else {
            self.header.timestamp = self.header.timestamp.wrapping_add(self.delta);
        }
    }
}

/// The beginning of a chunk that came without its end.
#[derive(Debug, Default)]
struct Held {
    bytes: [u8; MAX_HEAD],
    size: u8,
}

impl Held {
    fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.size)]
    }

    /// Takes as much of `input` as there is room.
    fn append(&mut self, input: &[u8]) {
        let size = usize::from(self.size);
        let more = input.len().min(MAX_HEAD - size);
        self.bytes[size..size + more].copy_from_slice(&input[..more]);
        self.size += more as u8;
    }

    /// Keeps what is between `from` and `to`.
    fn keep(&mut self, from: usize, to: usize) {
        self.size = to.saturating_sub(from) as u8;
        if self.size > 0 {
            self.bytes.copy_within(from..to, 0);
        }
    }

    /// Moves up to `max` bytes from the front to `body`.
    fn take_into(&mut self, body: &mut Vec<u8>, max: usize) {
        let size = self.bytes().len();
        let taken = size.min(max);
        body.extend_from_slice(&self.bytes()[..taken]);
        self.keep(taken, size);
    }
}

/// A chunk header as parsed.
#[derive(Debug, Default)]
struct Head {
    format: u8,
    csid: u32,
    /// Index of the chunk stream, if it has been used.
    stream: Option<usize>,
    timestamp: u32,
    extended: bool,
    length: u32,
    kind: u8,
    message_stream: u32,
    /// An extended timestamp is not repeated where it could have been.
    silent: bool,
    /// Bytes of the header.
    size: usize,
}

fn control_value(message: &Message) -> Result<u32, Error> {
    match message.body.first_chunk() {
        Some(value) => Ok(u32::from_be_bytes(*value)),
        None => Err(Error::Control { kind: message.header.kind, size: message.body.len() }),
    }
}

fn uint(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |value, byte| value << 8 | u32::from(*byte))
}

/// Three bytes of chunk stream id, eleven of message header, four of timestamp.
const MAX_HEAD: usize = 18;

#[cfg(test)]
#[path = "read_test.rs"]
mod tests;
