//! AC-3 and E-AC-3: all that is known stands in the headers of the syncframes.
//!
//! Source: ETSI TS 102 366 §4.3, §4.4 (AC-3), annex E (E-AC-3), annex F (`dac3`, `dec3`).

mod header;

use bytes::Bytes;

pub use header::{Header, Stream};

use crate::bits::Bits;
use crate::{Delta, ParseError};

/// What the headers of a frame say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    /// The code of the sample rate: 0 to 2 are 48, 44.1 and 32 kHz; 3 of E-AC-3 is half of one of these.
    pub fscod: u8,
    /// Samples a second.
    pub sample_rate: u32,
    /// Loudspeakers, those of dependent frames and the low one included.
    pub channels: u8,
    /// The version: up to 10 is AC-3, 11 to 16 E-AC-3.
    pub bsid: u8,
    /// The kind of service; 0 is the complete main one. Always 0 of E-AC-3, where it stands deep inside.
    pub bsmod: u8,
    /// The layout of the full-range channels of the independent frame.
    pub acmod: u8,
    /// Whether there is a channel for the low effects.
    pub lfe: bool,
    /// Bits a second: what the code of AC-3 says; of E-AC-3 what the size of one frame makes, so it may change with each.
    pub bit_rate: u32,
    /// E-AC-3: how many frames of the access unit depend on the independent one.
    pub dependents: u8,
    /// E-AC-3: which loudspeakers these add, as the record has it. Source: annex F, table F.6.1.
    pub chan_loc: u16,
}

impl Parameters {
    /// Of the AC-3 syncframe or E-AC-3 access unit that `payload` begins with, and its size in bytes.
    ///
    /// An access unit is an independent syncframe and the dependent ones that follow it. To see whether one follows,
    /// its first bytes must be there; the rest of the payload may be shorter than the size.
    /// Errs when `payload` does not begin with a syncframe's header, or with that of a dependent one or of another
    /// programme than the first.
    pub fn parse_frame(payload: &[u8]) -> Result<(Parameters, usize), ParseError> {
        let first = Header::parse(payload)?;
        if first.stream != (Stream::Independent { id: 0 }) {
            return Err(ParseError::invalid(header::WHAT, 2));
        }
        let mut parameters = Parameters {
            fscod: first.fscod,
            sample_rate: first.sample_rate,
            channels: header::channels(first.acmod, first.lfe),
            bsid: first.bsid,
            bsmod: first.bsmod,
            acmod: first.acmod,
            lfe: first.lfe,
            bit_rate: first.bit_rate,
            dependents: 0,
            chan_loc: 0,
        };
        let mut size = first.size;
        if first.enhanced() {
            while let Some(next) = payload.get(size..).and_then(|rest| Header::parse(rest).ok())
                && let Stream::Dependent { chanmap, .. } = next.stream
                && parameters.dependents < MAX_DEPENDENTS
            {
                parameters.dependents += 1;
                parameters.chan_loc |= header::chan_loc(chanmap);
                parameters.bit_rate = parameters.bit_rate.saturating_add(next.bit_rate);
                size += next.size;
            }
            parameters.channels += header::added_channels(parameters.chan_loc);
        }
        Ok((parameters, size))
    }

    /// Parses the content of a `dac3` box. Errs when it is cut short or holds reserved codes. Source: annex F.4.
    pub fn parse_dac3(record: &Bytes) -> Result<Parameters, ParseError> {
        let mut bits = Bits::new("AC3SpecificBox", record);
        let fscod = bits.byte(2)?;
        let rate = *header::RATES.get(usize::from(fscod)).ok_or(bits.invalid())?;
        let (bsid, bsmod) = (bits.byte(5)?, bits.byte(3)?);
        if bsid > header::LAST_AC3 {
            return Err(bits.unsupported());
        }
        let (acmod, lfe) = (bits.byte(3)?, bits.flag()?);
        let kilobits = *header::BIT_RATES.get(usize::from(bits.byte(5)?)).ok_or(bits.invalid())?;
        let shift = header::rate_shift(bsid);
        Ok(Parameters {
            fscod,
            sample_rate: rate >> shift,
            channels: header::channels(acmod, lfe),
            bsid,
            bsmod,
            acmod,
            lfe,
            bit_rate: (u32::from(kilobits) * 1000) >> shift,
            dependents: 0,
            chan_loc: 0,
        })
    }

    /// Parses the content of a `dec3` box; of several independent substreams the first counts.
    ///
    /// Errs when it is cut short. Half the rate of which the record does not say which is taken as 24 kHz. Source: annex F.6.
    pub fn parse_dec3(record: &Bytes) -> Result<Parameters, ParseError> {
        let mut bits = Bits::new("EC3SpecificBox", record);
        let bit_rate = bits.take(13)? * 1000;
        bits.skip(3)?;
        let fscod = bits.byte(2)?;
        let sample_rate = header::RATES.get(usize::from(fscod)).copied().unwrap_or(24_000);
        let bsid = bits.byte(5)?;
        bits.skip(2)?;
        let (bsmod, acmod, lfe) = (bits.byte(3)?, bits.byte(3)?, bits.flag()?);
        bits.skip(3)?;
        let dependents = bits.byte(4)?;
        let chan_loc = if dependents > 0 { bits.take(9)? as u16 } else { 0 };
        let channels = header::channels(acmod, lfe) + header::added_channels(chan_loc);
        Ok(Parameters {
            fscod,
            sample_rate,
            channels,
            bsid,
            bsmod,
            acmod,
            lfe,
            bit_rate,
            dependents,
            chan_loc,
        })
    }

    /// The content of the `dac3` box of AC-3.
    pub fn dac3(&self) -> Bytes {
        let kilobits = (self.bit_rate << header::rate_shift(self.bsid)) / 1000;
        let code = header::BIT_RATES.iter().position(|rate| u32::from(*rate) >= kilobits).unwrap_or(0) as u32;
        let fields =
            [(self.fscod, 2), (self.bsid, 5), (self.bsmod, 3), (self.acmod, 3), (u8::from(self.lfe), 1)];
        let head = fields.iter().fold(0, |out, (value, bits)| out << bits | u32::from(*value));
        let [_, out @ ..] = ((head << 5 | code) << 5).to_be_bytes();
        Bytes::copy_from_slice(&out)
    }

    /// The content of the `dec3` box of E-AC-3, one independent substream.
    pub fn dec3(&self) -> Bytes {
        let kilobits = (self.bit_rate / 1000).min(0x1fff) as u16;
        let [rate_1, rate_0] = (kilobits << 3).to_be_bytes();
        let layout = self.bsmod << 4 | self.acmod << 1 | u8::from(self.lfe);
        let mut out = vec![rate_1, rate_0, self.fscod << 6 | self.bsid << 1, layout, self.dependents << 1];
        if self.dependents > 0 {
            let [high, low] = (self.chan_loc & 0x1ff).to_be_bytes();
            out[4] |= high;
            out.push(low);
        }
        out.into()
    }

    /// Whether a decoder of this simply goes on with `other`: all is the same but perhaps the bit rate.
    pub fn same_format(&self, other: &Parameters) -> bool {
        Parameters { bit_rate: self.bit_rate, ..*other } == *self
    }

    /// How long the frame or access unit `payload` plays; `None` when it has no header.
    pub fn frame_duration(&self, payload: &[u8]) -> Option<Delta> {
        let mut samples = 0;
        let mut at = 0;
        let mut rate = self.sample_rate;
        while let Some(header) = payload.get(at..).and_then(|rest| Header::parse(rest).ok()) {
            if matches!(header.stream, Stream::Independent { id: 0 }) {
                samples += i64::from(header.samples);
                rate = header.sample_rate;
            }
            at += header.size;
        }
        (samples > 0).then(|| Delta::from_ticks(samples, rate))
    }
}

/// As many as the record can count is 15; the ids end at 7.
const MAX_DEPENDENTS: u8 = 8;

#[cfg(test)]
#[path = "ac3_test.rs"]
mod tests;
