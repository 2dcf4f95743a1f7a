//! H.265 codec parameters and NAL units.
//!
//! Source: ITU-T H.265 §7; ISO/IEC 14496-15 §8.3.3 for the configuration record.

mod sps;

use std::fmt::Write;

use bytes::{BufMut, Bytes, BytesMut};

pub use crate::nal::{NalUnits, nal_units};
pub use crate::picture::Picture;
pub use sps::Profile;

use crate::ParseError;
use sps::Sps;

/// What a decoder must know before the first picture: the parameter sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// Video parameter sets, NAL header included; some encoders leave them out.
    pub vps: Vec<Bytes>,
    /// Sequence parameter sets, NAL header included; never empty.
    pub sps: Vec<Bytes>,
    /// Picture parameter sets, NAL header included; never empty.
    pub pps: Vec<Bytes>,
    /// What the first SPS says of the picture; `None` when it could not be read (the stream still passes).
    pub picture: Option<Picture>,
    /// Profile, tier and level of the first SPS; zeros when they could not be read.
    pub profile: Profile,
}

/// `nal_unit_type` of the units that are treated on their own. Source: H.265 table 7-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum NalKind {
    /// Of a picture that is no random access point.
    Slice,
    /// Of a random access point: with `idr` nothing that follows refers to what was before, else (CRA, BLA) leading
    /// pictures may.
    IrapSlice {
        idr: bool,
    },
    Vps,
    Sps,
    Pps,
    AccessUnitDelimiter,
    EndOfSequence,
    EndOfBitstream,
    Filler,
    /// Before its picture, or with `suffix` behind it.
    Sei {
        suffix: bool,
    },
    Other(u8),
}

impl Parameters {
    /// From the parameter sets themselves, NAL headers included.
    ///
    /// Errs when there is no SPS or no PPS, when one is too short or longer than 65,535 bytes, or there are more than
    /// there are ids for (16, 16 and 64).
    pub fn new(vps: Vec<Bytes>, sps: Vec<Bytes>, pps: Vec<Bytes>) -> Result<Parameters, ParseError> {
        const WHAT: &str = "H.265 parameter sets";
        if sps.is_empty() || pps.is_empty() {
            return Err(ParseError::truncated(WHAT, 0));
        }
        let all = || vps.iter().chain(&sps).chain(&pps);
        if vps.len() > MAX_VPS || sps.len() > MAX_SPS || pps.len() > MAX_PPS {
            return Err(ParseError::too_large(WHAT, 0));
        }
        if all().any(|set| set.len() > 0xffff) {
            return Err(ParseError::too_large(WHAT, 0));
        }
        if all().any(|set| set.len() < 3) {
            return Err(ParseError::truncated(WHAT, 0));
        }
        let first = sps.first().and_then(|set| Sps::parse(set).ok());
        let profile = sps.first().and_then(|set| Profile::of_sps(set).ok()).unwrap_or_default();
        Ok(Parameters { picture: first.map(|sps| sps.picture), vps, sps, pps, profile })
    }

    /// Parses an HEVCDecoderConfigurationRecord; also returns the size of the NAL length fields that go with it (1, 2 or 4).
    ///
    /// Sets that do not lie in their array but say by their header what they are count as what they are; SEI is left out.
    /// Errs when it is cut short, has no parameter sets or an impossible length size.
    /// Source: ISO/IEC 14496-15 §8.3.3.1.
    pub fn parse(record: &Bytes) -> Result<(Parameters, usize), ParseError> {
        const WHAT: &str = "HEVCDecoderConfigurationRecord";
        let byte = |at: usize| record.get(at).copied().ok_or(ParseError::truncated(WHAT, at));
        // Version 0 is that of drafts, which old encoders still write.
        if byte(0)? > 1 {
            return Err(ParseError::unsupported(WHAT, 0));
        }
        let length_size = usize::from(byte(21)? & 3) + 1;
        if length_size == 3 {
            return Err(ParseError::invalid(WHAT, 21));
        }
        let (mut vps, mut sps, mut pps) = (Vec::new(), Vec::new(), Vec::new());
        let arrays = byte(22)?;
        let mut at = 23;
        for _ in 0..arrays {
            byte(at)?;
            let count = u16::from_be_bytes([byte(at + 1)?, byte(at + 2)?]);
            at += 3;
            for _ in 0..count {
                let size = usize::from(u16::from_be_bytes([byte(at)?, byte(at + 1)?]));
                let (start, end) = (at + 2, at + 2 + size);
                if end > record.len() {
                    return Err(ParseError::truncated(WHAT, at));
                }
                at = end;
                let sets = match record.get(start).map(|header| NalKind::from_header(*header)) {
                    Some(NalKind::Vps) if size > 0 => &mut vps,
                    Some(NalKind::Sps) if size > 0 => &mut sps,
                    Some(NalKind::Pps) if size > 0 => &mut pps,
                    _ => continue,
                };
                if sets.len() >= MAX_PPS {
                    return Err(ParseError::too_large(WHAT, start));
                }
                sets.push(record.slice(start..end));
            }
        }
        Ok((Parameters::new(vps, sps, pps)?, length_size))
    }

    /// The HEVCDecoderConfigurationRecord for these parameters and 4-byte NAL lengths; all sets are declared complete (`hvc1`).
    pub fn record(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(160);
        let sps = self.sps.first().and_then(|set| Sps::parse(set).ok()).unwrap_or(Sps::UNREAD);
        out.put_u8(1);
        self.profile.write(&mut out);
        // Nothing is said of spatial segmentation (0xf000), parallel decoding (0xfc) and the average frame rate.
        out.put_slice(&[
            0xf0,
            0,
            0xfc,
            0xfc | sps.chroma,
            0xf8 | sps.luma_depth,
            0xf8 | sps.chroma_depth,
            0,
            0,
        ]);
        out.put_u8(sps.layers << 3 | u8::from(sps.nested) << 2 | 3);
        let arrays = [(32u8, &self.vps), (33, &self.sps), (34, &self.pps)];
        out.put_u8(arrays.iter().filter(|(_, sets)| !sets.is_empty()).count() as u8);
        for (kind, sets) in arrays.into_iter().filter(|(_, sets)| !sets.is_empty()) {
            out.put_u8(0x80 | kind);
            out.put_u16(sets.len() as u16);
            for set in sets {
                out.put_u16(set.len() as u16);
                out.put_slice(set);
            }
        }
        out.freeze()
    }

    /// `hvc1.P.C.TL.F`. Source: ISO/IEC 14496-15 §E.3.
    pub fn rfc6381(&self) -> String {
        let Profile { space, high_tier, idc, compatibility, constraints, level } = self.profile;
        let space = ["", "A", "B", "C"][usize::from(space & 3)];
        let tier = if high_tier { 'H' } else { 'L' };
        let mut out = format!("hvc1.{space}{idc}.{:X}.{tier}{level}", compatibility.reverse_bits());
        let used = constraints.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        for byte in &constraints[..used] {
            let _ = write!(out, ".{byte:X}");
        }
        out
    }
}

impl NalKind {
    /// Of the NAL unit whose first byte is `header`.
    pub const fn from_header(header: u8) -> NalKind {
        match header >> 1 & 0x3f {
            0..=9 => NalKind::Slice,
            16..=18 | 21 => NalKind::IrapSlice { idr: false },
            19 | 20 => NalKind::IrapSlice { idr: true },
            32 => NalKind::Vps,
            33 => NalKind::Sps,
            34 => NalKind::Pps,
            35 => NalKind::AccessUnitDelimiter,
            36 => NalKind::EndOfSequence,
            37 => NalKind::EndOfBitstream,
            38 => NalKind::Filler,
            39 => NalKind::Sei { suffix: false },
            40 => NalKind::Sei { suffix: true },
            other => NalKind::Other(other),
        }
    }

    /// Whether it carries a part of a picture.
    pub const fn is_slice(self) -> bool {
        matches!(self, NalKind::Slice | NalKind::IrapSlice { .. })
    }
}

/// Whether the slice NAL unit `unit` is the first of its picture. Source: H.265 §7.3.6.1, `first_slice_segment_in_pic_flag`.
pub fn starts_picture(unit: &[u8]) -> bool {
    unit.get(2).is_some_and(|byte| byte & 0x80 != 0)
}

/// As many as there are ids: §7.4.3.1, §7.4.3.2.1, §7.4.3.3.1.
const MAX_VPS: usize = 16;
const MAX_SPS: usize = 16;
const MAX_PPS: usize = 64;

#[cfg(test)]
#[path = "h265_test.rs"]
mod tests;
