//! How boxes are written and read. Source: ISO/IEC 14496-12 §4.2.

use bytes::BufMut as _;
use media::ParseError;

/// Appends a box; `body` appends what is in it.
pub(crate) fn put(out: &mut Vec<u8>, kind: &[u8; 4], body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.put_u32(0);
    out.put_slice(kind);
    body(out);
    // Nothing that comes here is near 4 GiB: headers, chunks of at most `fragmenter::MAX_WAITING` bytes, tables of `mp4::MAX_SAMPLES`.
    let size = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    patch(out, start, size);
}

/// Appends a box with version and flags.
pub(crate) fn put_full(
    out: &mut Vec<u8>,
    kind: &[u8; 4],
    (version, flags): (u8, u32),
    body: impl FnOnce(&mut Vec<u8>),
) {
    put(out, kind, |out| {
        out.put_u32(u32::from(version) << 24 | flags);
        body(out);
    });
}

/// Writes `value` over the four bytes at `at`.
pub(crate) fn patch(out: &mut [u8], at: usize, value: u32) {
    if let Some(place) = out.get_mut(at..at + 4) {
        place.copy_from_slice(&value.to_be_bytes());
    }
}

/// The boxes that `bytes` consist of, each with its kind and what is in it.
///
/// Errs at the first that does not fit, and ends there.
pub(crate) fn boxes<'a>(
    what: &'static str,
    bytes: &'a [u8],
) -> impl Iterator<Item = Result<([u8; 4], &'a [u8]), ParseError>> + use<'a> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
        let head = rest.split_first_chunk().and_then(|(size, rest)| Some((size, rest.first_chunk()?)));
        let Some((size, kind)) = head else {
            let error = ParseError::truncated(what, at);
            at = usize::MAX;
            return Some(Err(error));
        };
        let size = u32::from_be_bytes(*size) as usize;
        let Some(body) = rest.get(8..size) else {
            let error =
                if size < 8 { ParseError::invalid(what, at) } else { ParseError::truncated(what, at) };
            at = usize::MAX;
            return Some(Err(error));
        };
        at += size;
        Some(Ok((*kind, body)))
    })
}

/// What is in the first box of `kind` among those that `bytes` consist of.
pub(crate) fn find<'a>(what: &'static str, bytes: &'a [u8], kind: &[u8; 4]) -> Result<&'a [u8], ParseError> {
    for found in boxes(what, bytes) {
        let (other, body) = found?;
        if other == *kind {
            return Ok(body);
        }
    }
    Err(ParseError::truncated(what, bytes.len()))
}

/// Numbers of a box, one after the other.
pub(crate) struct Fields<'a> {
    what: &'static str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(what: &'static str, bytes: &'a [u8]) -> Fields<'a> {
        Fields { what, bytes, at: 0 }
    }

    pub(crate) fn u32(&mut self) -> Result<u32, ParseError> {
        let rest = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk());
        let value = rest.ok_or(ParseError::truncated(self.what, self.at))?;
        self.at += 4;
        Ok(u32::from_be_bytes(*value))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, ParseError> {
        Ok(u64::from(self.u32()?) << 32 | u64::from(self.u32()?))
    }

    /// The number behind `flag`, if `flags` has it.
    pub(crate) fn optional(&mut self, flags: u32, flag: u32) -> Result<Option<u32>, ParseError> {
        (flags & flag != 0).then(|| self.u32()).transpose()
    }

    /// Bytes that have not been read.
    pub(crate) fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    /// A value at the place read last is wrong.
    pub(crate) fn invalid(&self) -> ParseError {
        ParseError::invalid(self.what, self.at)
    }

    pub(crate) fn unsupported(&self) -> ParseError {
        ParseError::unsupported(self.what, self.at)
    }
}
