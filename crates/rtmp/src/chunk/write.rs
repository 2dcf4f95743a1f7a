//! Cutting messages into chunks.

use bytes::{BufMut, Bytes, BytesMut};

use super::{EXTENDED, Header, MAX_BODY};
use crate::Error;

/// Appends one message to `out`, as a chunk of type 0 and then chunks of type 3.
///
/// The bytes depend on the arguments alone, so that one serialisation serves every connection with this chunk size and
/// message stream. An extended timestamp is repeated in the chunks of type 3.
///
/// `body` is a gather list; slices of it go to `out` uncopied, but for pieces of at most 32 bytes (the header of an FLV
/// tag), which stand with the chunk headers. These live in one allocation taken from `scratch`, which the caller keeps
/// from message to message and which is empty after each.
///
/// Errs, and appends nothing, when the body is longer than the 24 bits of its length.
pub fn write(
    out: &mut Vec<Bytes>,
    scratch: &mut BytesMut,
    header: &Header,
    chunk_size: u32,
    body: &[Bytes],
) -> Result<(), Error> {
    let size = body.iter().map(Bytes::len).sum();
    check(header, size)?;
    let chunk_size = chunk_size.max(1) as usize;
    let small: usize = body.iter().map(|piece| piece.len().min(COPIED)).sum();
    let needed = headers_size(header, chunk_size, size) + small;
    if scratch.capacity() - scratch.len() < needed {
        scratch.reserve(needed.max(SCRATCH));
    }

    put_first(scratch, header, size);
    let mut room = chunk_size;
    for piece in body {
        let mut rest = piece.clone();
        while !rest.is_empty() {
            if room == 0 {
                put_next(scratch, header);
                room = chunk_size;
            }
            let part = rest.split_to(rest.len().min(room));
            room -= part.len();
            if part.len() <= COPIED {
                scratch.put_slice(&part);
            } else {
                if !scratch.is_empty() {
                    out.push(scratch.split().freeze());
                }
                out.push(part);
            }
        }
    }
    if !scratch.is_empty() {
        out.push(scratch.split().freeze());
    }
    Ok(())
}

/// The same bytes in one piece, for messages that go to one peer.
///
/// Errs, and appends nothing, when the body is longer than the 24 bits of its length.
pub fn write_contiguous(
    out: &mut BytesMut,
    header: &Header,
    chunk_size: u32,
    body: &[u8],
) -> Result<(), Error> {
    check(header, body.len())?;
    let chunk_size = chunk_size.max(1) as usize;
    out.reserve(headers_size(header, chunk_size, body.len()) + body.len());
    put_first(out, header, body.len());
    for (index, part) in body.chunks(chunk_size).enumerate() {
        if index > 0 {
            put_next(out, header);
        }
        out.put_slice(part);
    }
    Ok(())
}

fn check(header: &Header, size: usize) -> Result<(), Error> {
    if size > MAX_BODY {
        return Err(Error::MessageTooLarge { csid: header.csid, size, max: MAX_BODY });
    }
    Ok(())
}

fn headers_size(header: &Header, chunk_size: usize, size: usize) -> usize {
    let basic = match header.csid {
        ..64 => 1,
        64..320 => 2,
        _ => 3,
    };
    let extended = if header.timestamp >= EXTENDED { 4 } else { 0 };
    11 + size.div_ceil(chunk_size).max(1) * (basic + extended)
}

/// Type 0: everything.
fn put_first(out: &mut BytesMut, header: &Header, size: usize) {
    put_basic(out, 0, header.csid);
    out.put_uint(u64::from(header.timestamp.min(EXTENDED)), 3);
    out.put_uint(size as u64, 3);
    out.put_u8(header.kind);
    out.put_u32_le(header.stream);
    put_extended(out, header);
}

/// Type 3: as before.
fn put_next(out: &mut BytesMut, header: &Header) {
    put_basic(out, 3, header.csid);
    put_extended(out, header);
}

fn put_extended(out: &mut BytesMut, header: &Header) {
    if header.timestamp >= EXTENDED {
        out.put_u32(header.timestamp);
    }
}

fn put_basic(out: &mut BytesMut, format: u8, csid: u32) {
    match csid {
        // 0 and 1 are not ids: they say that the id follows.
        ..64 => out.put_u8(format << 6 | csid.max(2) as u8),
        64..320 => out.put_slice(&[format << 6, (csid - 64) as u8]),
        _ => {
            out.put_u8(format << 6 | 1);
            out.put_u16_le((csid.min(65_599) - 64) as u16);
        }
    }
}

/// The headers of some hundred messages.
const SCRATCH: usize = 4 << 10;

/// An entry in a gather list costs more than copying this.
const COPIED: usize = 32;

#[cfg(test)]
#[path = "write_test.rs"]
mod tests;
