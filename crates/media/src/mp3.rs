//! MPEG audio, layers III and II: all that is known stands in the header of every frame.
//!
//! Source: ISO/IEC 11172-3 §2.4.1.3, §2.4.2.3; ISO/IEC 13818-3 §2.4.2.3 for the lower rates; MPEG-2.5 halves them once more.

use crate::{Delta, ParseError};

/// What the header of a frame says, without what may change from frame to frame. There is no configuration record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    /// Samples a second.
    pub sample_rate: u32,
    /// 1 or 2.
    pub channels: u8,
    /// 2 or 3.
    pub layer: u8,
    /// Samples a frame: 1152, or 576 of layer III at the lower rates.
    pub samples: u32,
}

impl Parameters {
    /// Of the frame that `payload` begins with, and its size in bytes, header included; the payload may be shorter.
    ///
    /// Errs when it does not begin with a frame header, on layer I, and on the free format, whose frames do not say their size.
    pub fn parse_frame(payload: &[u8]) -> Result<(Parameters, usize), ParseError> {
        let [sync, version_layer, rates, mode] =
            *payload.first_chunk::<4>().ok_or(ParseError::truncated(WHAT, payload.len()))?;
        if sync != 0xff || version_layer & 0xe0 != 0xe0 {
            return Err(ParseError::invalid(WHAT, 0));
        }
        let (full, shift) = match version_layer >> 3 & 3 {
            3 => (true, 0),
            2 => (false, 1),
            0 => (false, 2),
            _ => return Err(ParseError::invalid(WHAT, 1)),
        };
        let layer = match version_layer >> 1 & 3 {
            1 => 3,
            2 => 2,
            3 => return Err(ParseError::unsupported(WHAT, 1)),
            _ => return Err(ParseError::invalid(WHAT, 1)),
        };
        let kilobits = match (full, layer) {
            (true, 3) => LAYER_3,
            (true, _) => LAYER_2,
            (false, _) => LOWER,
        };
        let kilobits = match rates >> 4 {
            0 => return Err(ParseError::unsupported(WHAT, 2)),
            index => *kilobits.get(usize::from(index) - 1).ok_or(ParseError::invalid(WHAT, 2))?,
        };
        let rate = [44_100u32, 48_000, 32_000].get(usize::from(rates >> 2 & 3));
        let sample_rate = rate.ok_or(ParseError::invalid(WHAT, 2))? >> shift;
        let samples = if full || layer == 2 { 1152 } else { 576 };
        let padding = u32::from(rates >> 1 & 1);
        let size = samples / 8 * u32::from(kilobits) * 1000 / sample_rate + padding;
        let channels = if mode >> 6 == 3 { 1 } else { 2 };
        Ok((Parameters { sample_rate, channels, layer, samples }, size as usize))
    }

    /// How long one frame lasts.
    pub fn frame_duration(&self) -> Delta {
        Delta::from_ticks(i64::from(self.samples), self.sample_rate)
    }

    /// `mp4a.40.34`, or `.33` of layer II. Source: RFC 6381 §3.3; ISO/IEC 14496-3 table 1.17.
    pub fn rfc6381(&self) -> String {
        format!("mp4a.40.{}", 31 + self.layer)
    }
}

/// kbit/s by index, from 1 on.
const LAYER_3: [u16; 14] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const LAYER_2: [u16; 14] = [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
const LOWER: [u16; 14] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const WHAT: &str = "MPEG audio frame";

#[cfg(test)]
#[path = "mp3_test.rs"]
mod tests;
