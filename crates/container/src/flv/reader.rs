//! Splits the bytes of an FLV file or live response into tags.

use bytes::{Buf, Bytes, BytesMut};
use media::ParseError;

use super::TagKind;

/// Takes bytes in pieces of any size and gives whole tags.
///
/// Holds at most one tag (16 MiB by the size of its field) beyond what was pushed and not yet taken:
/// the caller bounds its memory by draining [`Reader::next`] after each push.
#[derive(Debug, Default)]
pub struct Reader {
    buffer: BytesMut,
    header: Option<FileHeader>,
    /// Bytes to pass over before the next tag header: the rest of a long file header, a previous tag size.
    skip: usize,
    /// Offset of the buffer's first byte in the file, for errors.
    at: usize,
}

/// What the file header promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileHeader {
    /// There will be audio tags.
    pub audio: bool,
    /// There will be video tags.
    pub video: bool,
}

/// One tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// What the body is.
    pub kind: TagKind,
    /// Milliseconds, wrapping at 32 bits: [`media::Unwrap`] makes them a time.
    pub timestamp: u32,
    /// Same form as an RTMP message body.
    pub body: Bytes,
}

impl Reader {
    /// Expects a file header first.
    pub fn new() -> Reader {
        Reader::default()
    }

    /// Appends bytes of the file.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The file header, once it has been read by [`Reader::next`].
    pub fn header(&self) -> Option<FileHeader> {
        self.header
    }

    /// The next whole tag; `None` until more bytes are pushed. Tags of unknown types are passed over.
    ///
    /// Errs when this is not FLV, on encrypted tags, and on a header that puts the first tag more than
    /// 64 KiB away. After an error there is no next tag: the stream has lost its framing.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Tag>, ParseError> {
        if self.header.is_none() {
            let Some(header) = self.buffer.first_chunk::<FILE_HEADER>() else { return Ok(None) };
            let (header, skip) = parse_file_header(header)?;
            self.header = Some(header);
            self.advance(FILE_HEADER);
            self.skip = skip;
        }
        loop {
            let skipped = self.skip.min(self.buffer.len());
            self.advance(skipped);
            self.skip -= skipped;
            if self.skip > 0 {
                return Ok(None);
            }
            let Some(header) = self.buffer.first_chunk::<TAG_HEADER>() else { return Ok(None) };
            let [kind, s2, s1, s0, t2, t1, t0, t3, ..] = *header;
            if kind & 0x20 != 0 {
                return Err(ParseError::unsupported("encrypted FLV tag", self.at));
            }
            let size = u32::from_be_bytes([0, s2, s1, s0]) as usize;
            if self.buffer.len() < TAG_HEADER + size {
                return Ok(None);
            }
            self.advance(TAG_HEADER);
            self.at += size;
            let body = self.buffer.split_to(size).freeze();
            // Writers disagree about the previous tag size; nothing depends on it.
            self.skip = PREVIOUS_TAG_SIZE;
            if let Some(kind) = TagKind::from_byte(kind & 0x1f) {
                return Ok(Some(Tag { kind, timestamp: u32::from_be_bytes([t3, t2, t1, t0]), body }));
            }
        }
    }

    fn advance(&mut self, count: usize) {
        self.buffer.advance(count);
        self.at += count;
    }
}

/// The flags, and how many bytes lie between this header and the first tag.
fn parse_file_header(header: &[u8; FILE_HEADER]) -> Result<(FileHeader, usize), ParseError> {
    const WHAT: &str = "FLV header";
    let [f, l, v, version, flags, o3, o2, o1, o0] = *header;
    if [f, l, v] != *b"FLV" {
        return Err(ParseError::invalid(WHAT, 0));
    }
    if version != 1 {
        return Err(ParseError::unsupported(WHAT, 3));
    }
    let offset = u32::from_be_bytes([o3, o2, o1, o0]) as usize;
    let beyond = offset.checked_sub(FILE_HEADER).ok_or(ParseError::invalid(WHAT, 5))?;
    if beyond > 64 << 10 {
        return Err(ParseError::too_large(WHAT, 5));
    }
    let header = FileHeader { audio: flags & 4 != 0, video: flags & 1 != 0 };
    Ok((header, beyond + PREVIOUS_TAG_SIZE))
}

const FILE_HEADER: usize = 9;
const TAG_HEADER: usize = 11;
const PREVIOUS_TAG_SIZE: usize = 4;

#[cfg(test)]
#[path = "reader_test.rs"]
mod tests;
