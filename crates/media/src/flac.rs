//! FLAC codec parameters and frames.
//!
//! Source: RFC 9639 §6, §8 (metadata), §9.1 (frame header).

use bytes::{BufMut, Bytes, BytesMut};

use crate::bits::Bits;
use crate::{Delta, ParseError};

/// What a decoder must know before the first frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// `fLaC` and the metadata blocks, the first of them STREAMINFO.
    pub record: Bytes,
    /// Samples a second; never 0.
    pub sample_rate: u32,
    /// 1 to 8.
    pub channels: u8,
    /// Bits a sample, 4 to 32.
    pub bits: u8,
}

impl Parameters {
    /// Parses the start of a FLAC stream: `fLaC` and metadata blocks. Also taken: the blocks alone (as in a `dfLa` box behind
    /// version and flags), or nothing but the 34 bytes of STREAMINFO (as some put it into FLV). What follows the last block is left out.
    ///
    /// Errs when it is cut short, does not begin with STREAMINFO, says 0 samples a second, or is longer than 64 KiB.
    pub fn parse(record: &Bytes) -> Result<Parameters, ParseError> {
        if let Ok(stream_info) = <&[u8; STREAM_INFO]>::try_from(&record[..]) {
            return Parameters::from_stream_info(stream_info);
        }
        let blocks = record.strip_prefix(MAGIC).unwrap_or(record);
        let before = record.len() - blocks.len();
        let size = walk_blocks(blocks).map_err(|error| ParseError { at: error.at + before, ..error })?;
        if size > MAX_METADATA {
            return Err(ParseError::too_large(WHAT, MAX_METADATA));
        }
        let stream_info = blocks.get(4..4 + STREAM_INFO).ok_or(ParseError::truncated(WHAT, record.len()))?;
        let parameters = Parameters::read(stream_info)?;
        if before > 0 {
            return Ok(Parameters { record: record.slice(..before + size), ..parameters });
        }
        let mut whole = BytesMut::with_capacity(MAGIC.len() + size);
        whole.put_slice(MAGIC);
        whole.put_slice(&blocks[..size]);
        Ok(Parameters { record: whole.freeze(), ..parameters })
    }

    /// From the content of a STREAMINFO block.
    pub fn from_stream_info(stream_info: &[u8; STREAM_INFO]) -> Result<Parameters, ParseError> {
        let parameters = Parameters::read(stream_info)?;
        let mut record = BytesMut::with_capacity(MAGIC.len() + 4 + STREAM_INFO);
        record.put_slice(MAGIC);
        record.put_slice(&[LAST_BLOCK, 0, 0, STREAM_INFO as u8]);
        record.put_slice(stream_info);
        Ok(Parameters { record: record.freeze(), ..parameters })
    }

    /// `fLaC` and the metadata blocks.
    pub fn record(&self) -> Bytes {
        self.record.clone()
    }

    /// The content of the STREAMINFO block, 34 bytes.
    pub fn stream_info(&self) -> Bytes {
        let start = (MAGIC.len() + 4).min(self.record.len());
        self.record.slice(start..(start + STREAM_INFO).min(self.record.len()))
    }

    /// How long the frame `payload` plays; `None` when it does not begin with a frame header.
    pub fn frame_duration(&self, payload: &[u8]) -> Option<Delta> {
        frame_samples(payload).map(|samples| Delta::from_ticks(i64::from(samples), self.sample_rate))
    }

    /// All but the record.
    fn read(stream_info: &[u8]) -> Result<Parameters, ParseError> {
        let mut bits = Bits::new(WHAT, stream_info);
        bits.skip(2 * 16 + 2 * 24)?;
        let sample_rate = bits.take(20)?;
        if sample_rate == 0 {
            return Err(bits.invalid());
        }
        let channels = bits.byte(3)? + 1;
        let depth = bits.byte(5)? + 1;
        if depth < 4 {
            return Err(bits.invalid());
        }
        Ok(Parameters { record: Bytes::new(), sample_rate, channels, bits: depth })
    }
}

/// Samples a channel of the frame `payload`; `None` when it does not begin with a frame header. Source: RFC 9639 §9.1.
pub fn frame_samples(payload: &[u8]) -> Option<u32> {
    let [sync, strategy, code, _, number, ..] = *payload else { return None };
    if sync != 0xff || strategy & 0xfe != 0xf8 {
        return None;
    }
    let uncommon = |bytes: usize| {
        // Behind the frame's number, which is coded like UTF-8 up to 36 bits.
        let at = match number.leading_ones() {
            0 => 5,
            ones @ 2..=7 => 4 + ones as usize,
            _ => return None,
        };
        let size = payload.get(at..at + bytes)?;
        Some(size.iter().fold(0, |size, byte| size << 8 | u32::from(*byte)) + 1)
    };
    match code >> 4 {
        0 => None,
        1 => Some(192),
        code @ 2..=5 => Some(144 << code),
        6 => uncommon(1),
        7 => uncommon(2),
        code => Some(1 << code),
    }
}

/// The size of all metadata blocks, headers included.
fn walk_blocks(blocks: &[u8]) -> Result<usize, ParseError> {
    let mut at = 0;
    loop {
        let &[kind, size_2, size_1, size_0] = blocks
            .get(at..)
            .and_then(|rest| rest.first_chunk::<4>())
            .ok_or(ParseError::truncated(WHAT, blocks.len()))?;
        let size = u32::from_be_bytes([0, size_2, size_1, size_0]) as usize;
        if at == 0 && (kind & !LAST_BLOCK != 0 || size != STREAM_INFO) {
            return Err(ParseError::invalid(WHAT, 0));
        }
        at += 4 + size;
        if at > blocks.len() {
            return Err(ParseError::truncated(WHAT, blocks.len()));
        }
        if kind & LAST_BLOCK != 0 {
            return Ok(at);
        }
    }
}

const MAGIC: &[u8] = b"fLaC";
/// Bytes of a STREAMINFO block without its header.
pub const STREAM_INFO: usize = 34;
const LAST_BLOCK: u8 = 0x80;
/// Cover pictures have no place in a live stream.
const MAX_METADATA: usize = 64 << 10;
const WHAT: &str = "FLAC metadata";

#[cfg(test)]
#[path = "flac_test.rs"]
mod tests;
