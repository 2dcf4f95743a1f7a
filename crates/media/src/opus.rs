//! Opus codec parameters and packets.
//!
//! Source: RFC 6716 §3.1 (TOC byte); RFC 7845 §5.1 (identification header).

use bytes::{BufMut, Bytes, BytesMut};

use crate::{Delta, ParseError};

/// What a decoder must know before the first packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// The identification header (`OpusHead`), as sent or made.
    pub record: Bytes,
    /// Loudspeakers, 1 to 255.
    pub channels: u8,
    /// Samples at 48 kHz that the decoder throws away at the start.
    pub pre_skip: u16,
    /// Samples a second before encoding, for information; 0 when unknown.
    pub input_rate: u32,
    /// What the decoder adds to the volume, in 1/256 dB.
    pub gain: i16,
    /// 0: mono or stereo in one stream; others carry a table: see [`mapping`](Parameters::mapping).
    pub mapping_family: u8,
}

impl Parameters {
    /// Parses an identification header; what follows it is left out.
    ///
    /// Errs when it is cut short, of another version, or the channels do not fit the mapping family.
    pub fn parse(record: &Bytes) -> Result<Parameters, ParseError> {
        let head = record.first_chunk::<HEAD>().ok_or(ParseError::truncated(WHAT, record.len()))?;
        if !head.starts_with(MAGIC) {
            return Err(ParseError::invalid(WHAT, 0));
        }
        let [
            version,
            channels,
            skip_0,
            skip_1,
            rate_0,
            rate_1,
            rate_2,
            rate_3,
            gain_0,
            gain_1,
            mapping_family,
        ] = *head.last_chunk::<11>().expect("the head is longer");
        // The high half is the major version.
        if version >> 4 != 0 {
            return Err(ParseError::unsupported(WHAT, 8));
        }
        if channels == 0 || mapping_family == 0 && channels > 2 {
            return Err(ParseError::invalid(WHAT, 9));
        }
        let mut size = HEAD;
        if mapping_family != 0 {
            size += 2 + usize::from(channels);
            check_mapping(record.get(HEAD..size).ok_or(ParseError::truncated(WHAT, record.len()))?)?;
        }
        Ok(Parameters {
            record: record.slice(..size),
            channels,
            pre_skip: u16::from_le_bytes([skip_0, skip_1]),
            input_rate: u32::from_le_bytes([rate_0, rate_1, rate_2, rate_3]),
            gain: i16::from_le_bytes([gain_0, gain_1]),
            mapping_family,
        })
    }

    /// For 1 to 8 channels in Vorbis order, from a source that says no more; `None` for other numbers.
    pub fn new(channels: u8) -> Option<Parameters> {
        const PRE_SKIP: u16 = 312; // what libopus wants at 48 kHz
        let layout = LAYOUTS.get(usize::from(channels).checked_sub(1)?)?;
        let mapping_family = u8::from(channels > 2);
        let mut record = BytesMut::with_capacity(32);
        record.put_slice(MAGIC);
        record.put_slice(&[1, channels]);
        record.put_u16_le(PRE_SKIP);
        record.put_u32_le(RATE);
        record.put_i16_le(0);
        record.put_u8(mapping_family);
        if mapping_family != 0 {
            record.put_slice(layout);
        }
        let record = record.freeze();
        Some(Parameters { record, channels, pre_skip: PRE_SKIP, input_rate: RATE, gain: 0, mapping_family })
    }

    /// The identification header.
    pub fn record(&self) -> Bytes {
        self.record.clone()
    }

    /// Numbers of streams and coupled streams and the channel table; empty for family 0. Source: RFC 7845 §5.1.1.
    pub fn mapping(&self) -> &[u8] {
        self.record.get(HEAD..).unwrap_or_default()
    }
}

fn check_mapping(mapping: &[u8]) -> Result<(), ParseError> {
    const SILENT: u8 = 255;
    let [streams, coupled, table @ ..] = mapping else { return Err(ParseError::truncated(WHAT, HEAD)) };
    let decoded = u16::from(*streams) + u16::from(*coupled);
    let known = |index: &u8| *index == SILENT || u16::from(*index) < decoded;
    if *streams == 0 || coupled > streams || decoded > 255 || !table.iter().all(known) {
        return Err(ParseError::invalid(WHAT, HEAD));
    }
    Ok(())
}

/// How long the packet `payload` plays; `None` when it is empty, cut short or says more than 120 ms.
///
/// Of a multistream packet the first stream tells, all are of the same length.
/// Source: RFC 6716 §3.1 table 2, §3.2.
pub fn packet_duration(payload: &[u8]) -> Option<Delta> {
    let toc = *payload.first()?;
    let config = toc >> 3;
    let frame = match config {
        0..=11 => [10_000, 20_000, 40_000, 60_000][usize::from(config & 3)],
        12..=15 => [10_000, 20_000][usize::from(config & 1)],
        _ => [2_500, 5_000, 10_000, 20_000][usize::from(config & 3)],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => i64::from(payload.get(1)? & 0x3f),
    };
    let duration = Delta::micros(frame) * frames;
    (duration > Delta::ZERO && duration <= LONGEST).then_some(duration)
}

/// Samples a second as every decoder can put them out, and as timestamps count them.
pub const RATE: u32 = 48_000;

/// Source: RFC 6716 §3.2.5, R5.
const LONGEST: Delta = Delta::millis(120);
const MAGIC: &[u8] = b"OpusHead";
/// Without the table.
const HEAD: usize = 19;
const WHAT: &str = "Opus identification header";
/// Streams, coupled streams and table for so many channels. Source: RFC 7845 §5.1.1.2, in the order of RFC 7845 figure 7 on.
const LAYOUTS: [&[u8]; 8] = [
    &[1, 0, 0],
    &[1, 1, 0, 1],
    &[2, 1, 0, 2, 1],
    &[2, 2, 0, 1, 2, 3],
    &[3, 2, 0, 4, 1, 2, 3],
    &[4, 2, 0, 4, 1, 2, 3, 5],
    &[4, 3, 0, 4, 1, 2, 3, 5, 6],
    &[5, 3, 0, 6, 1, 2, 3, 4, 5, 7],
];

#[cfg(test)]
#[path = "opus_test.rs"]
mod tests;
