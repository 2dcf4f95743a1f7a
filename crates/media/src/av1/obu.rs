//! Open bitstream units. Source: AV1 §5.3.1, §5.3.2, §4.10.5 (leb128).

use std::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};

use crate::ParseError;
use crate::bits::Bits;

/// One unit of a payload: where it lies, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obu {
    /// What it carries.
    pub kind: ObuKind,
    /// The whole unit, header included.
    pub range: Range<usize>,
    /// What its header and size field precede.
    pub payload: Range<usize>,
    /// Whether it has a size field.
    pub sized: bool,
}

/// `obu_type` of the units that are treated on their own. Source: AV1 §6.2.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ObuKind {
    SequenceHeader,
    TemporalDelimiter,
    FrameHeader,
    TileGroup,
    Metadata,
    /// A frame header and its tiles in one.
    Frame,
    RedundantFrameHeader,
    TileList,
    Padding,
    Other(u8),
}

impl ObuKind {
    /// Of the unit whose first byte is `header`.
    pub const fn from_header(header: u8) -> ObuKind {
        match header >> 3 & 0x0f {
            1 => ObuKind::SequenceHeader,
            2 => ObuKind::TemporalDelimiter,
            3 => ObuKind::FrameHeader,
            4 => ObuKind::TileGroup,
            5 => ObuKind::Metadata,
            6 => ObuKind::Frame,
            7 => ObuKind::RedundantFrameHeader,
            8 => ObuKind::TileList,
            15 => ObuKind::Padding,
            other => ObuKind::Other(other),
        }
    }

    /// Whether samples and records leave it out. Source: AV1-ISOBMFF §2.4.
    const fn left_out(self) -> bool {
        matches!(self, ObuKind::TemporalDelimiter | ObuKind::TileList | ObuKind::Padding)
    }
}

/// Walks the units of `payload`. One without a size field reaches to the end.
///
/// A unit that runs past the end, or has the forbidden bit set, yields one `Err` with its offset and ends the walk.
pub fn obus(payload: &[u8]) -> Obus<'_> {
    Obus { payload, at: 0 }
}

/// See [`obus`].
#[derive(Debug, Clone)]
pub struct Obus<'a> {
    payload: &'a [u8],
    at: usize,
}

impl Obus<'_> {
    fn read(&self) -> Result<Obu, ParseError> {
        let at = self.at;
        let header = *self.payload.get(at).ok_or(ParseError::truncated(WHAT, at))?;
        if header & 0x80 != 0 {
            return Err(ParseError::invalid(WHAT, at));
        }
        let extension = usize::from(header >> 2 & 1);
        let sized = header & 2 != 0;
        let mut start = at + 1 + extension;
        let mut end = self.payload.len();
        if sized {
            let (size, bytes) = leb128(self.payload.get(start..).unwrap_or_default())
                .ok_or(ParseError::truncated(WHAT, at))?;
            start += bytes;
            end = start
                .checked_add(size)
                .filter(|end| *end <= self.payload.len())
                .ok_or(ParseError::truncated(WHAT, at))?;
        }
        if start > end {
            return Err(ParseError::truncated(WHAT, at));
        }
        Ok(Obu { kind: ObuKind::from_header(header), range: at..end, payload: start..end, sized })
    }
}

impl Iterator for Obus<'_> {
    type Item = Result<Obu, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.payload.len() {
            return None;
        }
        let unit = self.read();
        self.at = unit.as_ref().map_or(self.payload.len(), |unit| unit.range.end);
        Some(unit)
    }
}

impl Obu {
    /// Appends the unit, which lies in `payload`, with a size field.
    pub(super) fn write_sized(&self, payload: &[u8], out: &mut BytesMut) {
        if self.sized {
            return out.put_slice(&payload[self.range.clone()]);
        }
        let header = &payload[self.range.start..self.payload.start];
        out.put_u8(header[0] | 2);
        out.put_slice(&header[1..]);
        let mut size = self.payload.len();
        while size >= 0x80 {
            out.put_u8(size as u8 & 0x7f | 0x80);
            size >>= 7;
        }
        out.put_u8(size as u8);
        out.put_slice(&payload[self.payload.clone()]);
    }
}

/// `payload` in the form that [`Codec::Av1`](crate::Codec::Av1) asks for: every unit with its size field, temporal
/// delimiters, tile lists and padding left out. A slice of `payload` where nothing has to be changed inside.
///
/// Errs when the units cannot be walked.
pub fn canonical(payload: &Bytes) -> Result<Bytes, ParseError> {
    let units = obus(payload).collect::<Result<Vec<_>, _>>()?;
    let kept = || units.iter().filter(|unit| !unit.kind.left_out());
    let (Some(first), Some(last)) = (kept().next(), kept().next_back()) else { return Ok(Bytes::new()) };
    let whole = first.range.start..last.range.end;
    let size: usize = kept().map(|unit| unit.range.len()).sum();
    if size == whole.len() && kept().all(|unit| unit.sized) {
        return Ok(payload.slice(whole));
    }
    let mut out = BytesMut::with_capacity(size + 8);
    kept().for_each(|unit| unit.write_sized(payload, &mut out));
    Ok(out.freeze())
}

/// The first sequence header unit of `payload`, header included.
pub fn sequence_header(payload: &[u8]) -> Option<Range<usize>> {
    obus(payload)
        .map_while(Result::ok)
        .find(|unit| unit.kind == ObuKind::SequenceHeader)
        .map(|unit| unit.range)
}

/// Whether the temporal unit `payload` begins with a key frame that is shown: decoding can begin here.
/// Source: AV1 §5.9.2; AV1-ISOBMFF §2.4 on sync samples.
pub fn keyframe(payload: &[u8]) -> bool {
    let is_frame = |unit: &Obu| matches!(unit.kind, ObuKind::FrameHeader | ObuKind::Frame);
    let Some(frame) = obus(payload).map_while(Result::ok).find(is_frame) else { return false };
    let mut bits = Bits::new(WHAT, &payload[frame.payload]);
    let mut shown_key = || {
        const KEY_FRAME: u32 = 0;
        let existing = bits.flag()?;
        let kind = bits.take(2)?;
        Ok::<_, ParseError>(!existing && kind == KEY_FRAME && bits.flag()?)
    };
    shown_key().unwrap_or(false)
}

/// The value and how many bytes it took; `None` when cut short, longer than 8 bytes or beyond 32 bits.
fn leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().take(8).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(u32::try_from(value).ok()?).ok()?, index + 1));
        }
    }
    None
}

const WHAT: &str = "AV1 OBU";
