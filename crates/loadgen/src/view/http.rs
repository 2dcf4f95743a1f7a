//! The receiving half of an HTTP/1.1 client: one response head, then its body in whatever framing the server chose.
//!
//! Source: RFC 9112 §4, §6, §7.1.

use crate::view::Broken;

/// Reads responses off one connection, one after the other.
#[derive(Debug)]
pub(crate) struct Responses {
    state: State,
    /// The head, or the line of a chunk, as far as it has come.
    line: Vec<u8>,
}

/// What the next bytes of the connection mean.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// The status of a response whose head is complete.
    Status(u16),
    /// The next bytes of the body.
    Body(&'a [u8]),
    /// The body is complete; the connection may be used again.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Head,
    /// A body of so many bytes.
    Sized(u64),
    /// A body that ends with the connection.
    UntilClose,
    ChunkSize,
    Chunk(u64),
    /// The line end behind a chunk.
    ChunkEnd,
    Trailer,
}

impl Responses {
    pub(crate) fn new() -> Responses {
        Responses { state: State::Head, line: Vec::new() }
    }

    /// The next part, taking its bytes off the front of `data`; `None` when `data` is used up.
    pub(crate) fn next<'a>(&mut self, data: &mut &'a [u8]) -> Result<Option<Part<'a>>, Broken> {
        loop {
            match self.state {
                State::Sized(0) => {
                    self.state = State::Head;
                    return Ok(Some(Part::End));
                }
                State::Chunk(0) => self.state = State::ChunkEnd,
                _ if data.is_empty() => return Ok(None),
                State::Head => {
                    if self.gather(data, b"\r\n\r\n")? {
                        let status = self.head()?;
                        self.line.clear();
                        return Ok(Some(Part::Status(status)));
                    }
                }
                State::Sized(left) => {
                    let body = take(data, left);
                    self.state = State::Sized(left - body.len() as u64);
                    return Ok(Some(Part::Body(body)));
                }
                State::Chunk(left) => {
                    let body = take(data, left);
                    self.state = State::Chunk(left - body.len() as u64);
                    return Ok(Some(Part::Body(body)));
                }
                State::UntilClose => return Ok(Some(Part::Body(take(data, u64::MAX)))),
                State::ChunkSize => {
                    if self.gather(data, b"\r\n")? {
                        let size = chunk_size(&self.line)?;
                        self.line.clear();
                        self.state = if size == 0 { State::Trailer } else { State::Chunk(size) };
                    }
                }
                State::ChunkEnd => {
                    if self.gather(data, b"\r\n")? {
                        self.line.clear();
                        self.state = State::ChunkSize;
                    }
                }
                State::Trailer => {
                    if self.gather(data, b"\r\n")? {
                        let last = self.line == b"\r\n";
                        self.line.clear();
                        if last {
                            self.state = State::Head;
                            return Ok(Some(Part::End));
                        }
                    }
                }
            }
        }
    }

    /// Puts back the last `count` bytes of the body part just given; the caller gives them again.
    pub(crate) fn unread(&mut self, count: usize) {
        if let State::Sized(left) | State::Chunk(left) = &mut self.state {
            *left += count as u64;
        }
    }

    /// Gathers bytes until `end`, which is included; false while it has not come.
    fn gather(&mut self, data: &mut &[u8], end: &[u8]) -> Result<bool, Broken> {
        while let Some((&byte, rest)) = data.split_first() {
            *data = rest;
            self.line.push(byte);
            if self.line.ends_with(end) {
                return Ok(true);
            }
            if self.line.len() > LONGEST_HEAD {
                return Err(Broken("HTTP head"));
            }
        }
        Ok(false)
    }

    /// Reads the head in `line`: returns the status and sets the framing of the body.
    fn head(&mut self) -> Result<u16, Broken> {
        let head = std::str::from_utf8(&self.line).map_err(|_| Broken("HTTP head"))?;
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1."));
        let status = status.and_then(|line| line.get(2..5)).and_then(|code| code.parse().ok());
        let status = status.ok_or(Broken("HTTP status"))?;
        self.state = State::UntilClose;
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            if name.eq_ignore_ascii_case("transfer-encoding") && value.eq_ignore_ascii_case("chunked") {
                self.state = State::ChunkSize;
                break;
            }
            if name.eq_ignore_ascii_case("content-length") {
                self.state = State::Sized(value.parse().map_err(|_| Broken("Content-Length"))?);
            }
        }
        Ok(status)
    }
}

/// Takes up to `limit` bytes off the front of `data`.
fn take<'a>(data: &mut &'a [u8], limit: u64) -> &'a [u8] {
    let size = usize::try_from(limit).unwrap_or(usize::MAX).min(data.len());
    let (taken, rest) = data.split_at(size);
    *data = rest;
    taken
}

/// The hexadecimal number before any extension.
fn chunk_size(line: &[u8]) -> Result<u64, Broken> {
    let line = std::str::from_utf8(line).map_err(|_| Broken("chunk size"))?;
    let digits = line.split(';').next().unwrap_or_default().trim();
    u64::from_str_radix(digits, 16).map_err(|_| Broken("chunk size"))
}

/// Bounds what a head, or a line of a chunk, may take.
const LONGEST_HEAD: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Statuses and bodies in `wire`, fed in two pieces.
    fn read(wire: &[u8], cut: usize) -> (Vec<u16>, Vec<u8>, usize) {
        let mut responses = Responses::new();
        let (mut statuses, mut body, mut ends) = (Vec::new(), Vec::new(), 0);
        for mut part in [&wire[..cut], &wire[cut..]] {
            while let Some(part) = responses.next(&mut part).unwrap() {
                match part {
                    Part::Status(status) => statuses.push(status),
                    Part::Body(bytes) => body.extend_from_slice(bytes),
                    Part::End => ends += 1,
                }
            }
        }
        (statuses, body, ends)
    }

    #[test]
    fn every_framing_is_read_split_at_any_byte() {
        let wire = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
            3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n\
            HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno\
            HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n\
            HTTP/1.0 200 OK\r\n\r\nrest";
        for cut in 0..=wire.len() {
            let read = read(wire, cut);
            assert_eq!(
                read,
                (vec![200, 404, 204, 200], b"abc0123456789norest".to_vec(), 3),
                "split at {cut}"
            );
        }
    }

    #[test]
    fn what_is_no_http_is_broken() {
        assert!(Responses::new().next(&mut &b"RTMP\r\n\r\n"[..]).is_err());
        let endless = vec![b'x'; LONGEST_HEAD + 2];
        assert!(Responses::new().next(&mut &endless[..]).is_err());
    }
}
