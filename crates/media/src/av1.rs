//! AV1 codec parameters and OBUs.
//!
//! Source: AV1 Bitstream & Decoding Process Specification §5.3, §5.5, §5.9; AV1 Codec ISO Media File Format Binding §2.3, §2.4.

mod obu;
mod sequence;

use bytes::{BufMut, Bytes, BytesMut};

pub use obu::{Obu, ObuKind, Obus, canonical, keyframe, obus, sequence_header};

use crate::{ParseError, Picture};
use sequence::Sequence;

/// What a decoder must know before the first picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// The AV1CodecConfigurationRecord, as sent or made: four bytes and the OBUs that go before the first picture.
    pub record: Bytes,
    /// The sequence header OBU with its size field; empty when the record has none, then it is in the stream.
    pub sequence: Bytes,
    /// What the sequence header says of the picture.
    pub picture: Option<Picture>,
    /// `seq_profile`: 0 is Main, 1 High, 2 Professional.
    pub profile: u8,
    /// `seq_level_idx[0]`: 4 times (major - 2) and minor; 31 is no limit.
    pub level: u8,
    /// `seq_tier[0]`.
    pub high_tier: bool,
    /// 8, 10 or 12.
    pub bit_depth: u8,
}

impl Parameters {
    /// Parses an AV1CodecConfigurationRecord.
    ///
    /// A sequence header inside has the last word. Errs when the record is cut short, of another version, longer than
    /// 64 KiB, or when its OBUs cannot be walked or its sequence header cannot be read.
    /// Source: AV1-ISOBMFF §2.3.3.
    pub fn parse(record: &Bytes) -> Result<Parameters, ParseError> {
        const WHAT: &str = "AV1CodecConfigurationRecord";
        let [version, profile_level, flags, _] =
            *record.first_chunk::<4>().ok_or(ParseError::truncated(WHAT, record.len()))?;
        if version != 0x81 {
            return Err(ParseError::unsupported(WHAT, 0));
        }
        if record.len() > MAX_RECORD {
            return Err(ParseError::too_large(WHAT, MAX_RECORD));
        }
        let high_depth = flags & 0x40 != 0;
        let said = Parameters {
            record: record.clone(),
            sequence: Bytes::new(),
            picture: None,
            profile: profile_level >> 5,
            level: profile_level & 0x1f,
            high_tier: flags & 0x80 != 0,
            bit_depth: match (high_depth, flags & 0x20 != 0) {
                (false, _) => 8,
                (true, false) => 10,
                (true, true) => 12,
            },
        };
        let units = record.slice(4..);
        for unit in obus(&units) {
            let unit = unit.map_err(|error| ParseError { at: error.at + 4, ..error })?;
            if unit.kind == ObuKind::SequenceHeader {
                let sequence = Sequence::parse(&units[unit.payload.clone()])?;
                return Ok(Parameters { sequence: sized(&units, &unit), ..said }.with(&sequence));
            }
        }
        Ok(said)
    }

    /// From a sequence header OBU, with or without its size field; what follows it in `bytes` is left out.
    ///
    /// Errs when `bytes` does not begin with one, or it cannot be read.
    pub fn from_sequence_header(bytes: &Bytes) -> Result<Parameters, ParseError> {
        const WHAT: &str = "AV1 sequence header";
        let unit = obus(bytes).next().ok_or(ParseError::truncated(WHAT, 0))??;
        if unit.kind != ObuKind::SequenceHeader {
            return Err(ParseError::invalid(WHAT, 0));
        }
        if unit.payload.len() > MAX_RECORD - 16 {
            return Err(ParseError::too_large(WHAT, 0));
        }
        let sequence = Sequence::parse(&bytes[unit.payload.clone()])?;
        let obu = sized(bytes, &unit);
        let mut record = BytesMut::with_capacity(4 + obu.len());
        record.put_slice(&sequence.configuration());
        record.put_slice(&obu);
        let nothing = Parameters {
            record: record.freeze(),
            sequence: obu,
            picture: None,
            profile: 0,
            level: 0,
            high_tier: false,
            bit_depth: 8,
        };
        Ok(nothing.with(&sequence))
    }

    /// The AV1CodecConfigurationRecord.
    pub fn record(&self) -> Bytes {
        self.record.clone()
    }

    /// `av01.P.LLT.DD`. Source: AV1-ISOBMFF §5.
    pub fn rfc6381(&self) -> String {
        let tier = if self.high_tier { 'H' } else { 'M' };
        format!("av01.{}.{:02}{tier}.{:02}", self.profile, self.level, self.bit_depth)
    }

    fn with(self, sequence: &Sequence) -> Parameters {
        Parameters {
            picture: Some(sequence.picture),
            profile: sequence.profile,
            level: sequence.level,
            high_tier: sequence.high_tier,
            bit_depth: sequence.bit_depth,
            ..self
        }
    }
}

/// The OBU `unit` of `bytes` with a size field.
fn sized(bytes: &Bytes, unit: &Obu) -> Bytes {
    if unit.sized {
        return bytes.slice(unit.range.clone());
    }
    let mut out = BytesMut::with_capacity(unit.range.len() + 8);
    unit.write_sized(bytes, &mut out);
    out.freeze()
}

/// More than any parameter set; what is longer carries pictures.
const MAX_RECORD: usize = 64 << 10;

#[cfg(test)]
#[path = "av1_test.rs"]
mod tests;
