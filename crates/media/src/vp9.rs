//! VP9 codec parameters.
//!
//! Source: VP9 Bitstream & Decoding Process Specification §6.2, §7.2, annex A (levels); VP Codec ISO Media File Format Binding
//! for the configuration record.

use bytes::Bytes;

use crate::bits::Bits;
use crate::{ParseError, Picture};

/// What a player wants to know before the first picture. The decoder itself needs nothing but a key frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// 0 to 3.
    pub profile: u8,
    /// Ten times the level: 31 is 3.1; 0 when unknown.
    pub level: u8,
    /// 8, 10 or 12.
    pub bit_depth: u8,
    /// `chromaSubsampling` of the record: 0 and 1 are 4:2:0 (vertical, collocated), 2 is 4:2:2, 3 is 4:4:4.
    pub chroma: u8,
    /// Whether the samples use all values.
    pub full_range: bool,
    /// `colourPrimaries`; 2 is unknown. Source: ITU-T H.273.
    pub primaries: u8,
    /// `transferCharacteristics`; 2 is unknown.
    pub transfer: u8,
    /// `matrixCoefficients`; 2 is unknown.
    pub matrix: u8,
    /// What the last key frame said; records do not say it.
    pub picture: Option<Picture>,
}

impl Parameters {
    /// Parses a VPCodecConfigurationRecord, with the version and flags of its box (as enhanced RTMP has it) or without.
    ///
    /// Errs when it is cut short, of another version, or its values are out of range.
    pub fn parse(record: &Bytes) -> Result<Parameters, ParseError> {
        let at = if record.starts_with(&VERSION) { VERSION.len() } else { 0 };
        let body = record.get(at..).unwrap_or_default();
        // Enhanced RTMP and boxes have the size of further data behind, which is always 0; some leave it out.
        let [profile, level, format, primaries, transfer, matrix] =
            *body.first_chunk::<6>().ok_or(ParseError::truncated(WHAT, record.len()))?;
        let (bit_depth, chroma, full_range) = (format >> 4, format >> 1 & 7, format & 1 == 1);
        if profile > 3 {
            return Err(ParseError::invalid(WHAT, at));
        }
        if !matches!(bit_depth, 8 | 10 | 12) || chroma > 3 {
            return Err(ParseError::invalid(WHAT, at + 2));
        }
        Ok(Parameters {
            profile,
            level,
            bit_depth,
            chroma,
            full_range,
            primaries,
            transfer,
            matrix,
            picture: None,
        })
    }

    /// From a key frame, or a superframe that begins with one; the level is the lowest that has pictures of that size.
    ///
    /// Errs when `payload` is something else or cut short within the header.
    pub fn from_keyframe(payload: &[u8]) -> Result<Parameters, ParseError> {
        let mut bits = Bits::new("VP9 key frame", payload);
        let profile = read_profile(&mut bits)?;
        const SYNC_CODE: u32 = 0x49_8342;
        // show_existing_frame, frame_type, show_frame, error_resilient_mode.
        if bits.flag()? || bits.flag()? || bits.take(2 + 24)? & 0xff_ffff != SYNC_CODE {
            return Err(bits.invalid());
        }
        let bit_depth = match profile >= 2 {
            true => 10 + 2 * bits.byte(1)?,
            false => 8,
        };
        let (space, full_range, chroma) = read_color(&mut bits, profile)?;
        let (width, height) = (bits.take(16)? + 1, bits.take(16)? + 1);
        Ok(Parameters {
            profile,
            level: lowest_level(width, height),
            bit_depth,
            chroma,
            full_range,
            primaries: UNKNOWN,
            transfer: UNKNOWN,
            matrix: MATRICES[space],
            picture: Some(Picture::of_size(width, height)),
        })
    }

    /// The VPCodecConfigurationRecord, version and flags included: the content of a `vpcC` box.
    pub fn record(&self) -> Bytes {
        let format = self.bit_depth << 4 | self.chroma << 1 | u8::from(self.full_range);
        let [version, flags @ ..] = VERSION;
        let mut out = vec![version];
        out.extend(flags);
        out.extend([self.profile, self.level, format, self.primaries, self.transfer, self.matrix, 0, 0]);
        out.into()
    }

    /// `vp09.PP.LL.DD`.
    pub fn rfc6381(&self) -> String {
        // No player takes level 0.
        let level = if self.level == 0 { 10 } else { self.level };
        format!("vp09.{:02}.{level:02}.{:02}", self.profile, self.bit_depth)
    }
}

/// Whether `payload` begins with a key frame.
pub fn keyframe(payload: &[u8]) -> bool {
    let mut bits = Bits::new("VP9 frame", payload);
    let read = read_profile(&mut bits).and_then(|_| Ok(!bits.flag()? && !bits.flag()?));
    read.unwrap_or(false)
}

/// frame_marker and profile.
fn read_profile(bits: &mut Bits<'_>) -> Result<u8, ParseError> {
    if bits.take(2)? != 2 {
        return Err(bits.invalid());
    }
    let (low, high) = (bits.byte(1)?, bits.byte(1)?);
    let profile = high << 1 | low;
    if profile == 3 && bits.flag()? {
        return Err(bits.unsupported());
    }
    Ok(profile)
}

/// The rest of color_config(): color_space, range and `chroma` as the record has it.
fn read_color(bits: &mut Bits<'_>, profile: u8) -> Result<(usize, bool, u8), ParseError> {
    const RGB: usize = 7;
    let space = bits.take(3)? as usize;
    let more = profile & 1 == 1;
    if space == RGB {
        if more {
            bits.skip(1)?;
        }
        return Ok((space, true, 3));
    }
    let full_range = bits.flag()?;
    let chroma = match more {
        true => match (bits.flag()?, bits.flag()?, bits.flag()?) {
            (true, true, _) => 1,
            (true, false, _) => 2,
            (false, ..) => 3,
        },
        false => 1,
    };
    Ok((space, full_range, chroma))
}

/// By area and by the longer side, for up to some 30 frames a second.
pub(crate) fn lowest_level(width: u32, height: u32) -> u8 {
    const LEVELS: [(u8, u64, u32); 9] = [
        (10, 36_864, 512),
        (11, 73_728, 768),
        (20, 122_880, 960),
        (21, 245_760, 1344),
        (30, 552_960, 2048),
        (31, 983_040, 2752),
        (40, 2_228_224, 4160),
        (50, 8_912_896, 8384),
        (60, 35_651_584, 16_832),
    ];
    let area = u64::from(width) * u64::from(height);
    let fits = |(_, most, side): &&(u8, u64, u32)| area <= *most && width.max(height) <= *side;
    LEVELS.iter().find(fits).map_or(62, |(level, ..)| *level)
}

/// `matrixCoefficients` of each `color_space`.
const MATRICES: [u8; 8] = [UNKNOWN, 5, 1, 6, 7, 9, UNKNOWN, 0];
const UNKNOWN: u8 = 2;
/// Version 1, no flags. A record without them never begins so: its third byte holds the bit depth.
const VERSION: [u8; 4] = [1, 0, 0, 0];
const WHAT: &str = "VPCodecConfigurationRecord";

#[cfg(test)]
#[path = "vp9_test.rs"]
mod tests;
