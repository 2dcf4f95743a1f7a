//! H.264 codec parameters and NAL units.
//!
//! Source: ISO/IEC 14496-10 (H.264) §7; ISO/IEC 14496-15 §5.3.3 for the configuration record.

use bytes::{BufMut, Bytes, BytesMut};
use h264_reader::nal::sps::{FrameMbsFlags, SeqParameterSet};
use h264_reader::rbsp::{self, BitReader};

use crate::ParseError;

pub use crate::nal::{NalUnits, nal_units};
pub use crate::picture::Picture;

/// What a decoder must know before the first picture: the parameter sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// Sequence parameter sets, NAL header included; never empty.
    pub sps: Vec<Bytes>,
    /// Picture parameter sets, NAL header included; never empty.
    pub pps: Vec<Bytes>,
    /// What the first SPS says of the picture; `None` when it could not be read (the stream still passes).
    pub picture: Option<Picture>,
}

/// `nal_unit_type` of the units that are treated on their own. Source: H.264 table 7-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum NalKind {
    Slice,
    IdrSlice,
    Sei,
    Sps,
    Pps,
    AccessUnitDelimiter,
    EndOfSequence,
    EndOfStream,
    Filler,
    Other(u8),
}

impl Parameters {
    /// From the parameter sets themselves, NAL headers included.
    ///
    /// Errs when there is no SPS or no PPS, when one is too short or longer than 65,535 bytes, or there are
    /// more than a configuration record can hold (31 and 255).
    pub fn new(sps: Vec<Bytes>, pps: Vec<Bytes>) -> Result<Parameters, ParseError> {
        const WHAT: &str = "H.264 parameter sets";
        if sps.is_empty() || pps.is_empty() {
            return Err(ParseError::truncated(WHAT, 0));
        }
        if sps.len() > 31 || pps.len() > 255 || sps.iter().chain(&pps).any(|set| set.len() > 0xffff) {
            return Err(ParseError::too_large(WHAT, 0));
        }
        if sps.iter().any(|set| set.len() < 4) || pps.iter().any(|set| set.is_empty()) {
            return Err(ParseError::truncated(WHAT, 0));
        }
        let picture = sps.first().and_then(|set| read_picture(set));
        Ok(Parameters { sps, pps, picture })
    }

    /// Parses an AVCDecoderConfigurationRecord; also returns the size of the NAL length fields that go with it (1, 2 or 4).
    ///
    /// Errs when it is cut short, has no parameter sets or an impossible length size.
    /// Source: ISO/IEC 14496-15 §5.3.3.1.
    pub fn parse(record: &Bytes) -> Result<(Parameters, usize), ParseError> {
        const WHAT: &str = "AVCDecoderConfigurationRecord";
        let byte = |at: usize| record.get(at).copied().ok_or(ParseError::truncated(WHAT, at));
        if byte(0)? != 1 {
            return Err(ParseError::unsupported(WHAT, 0));
        }
        let length_size = usize::from(byte(4)? & 3) + 1;
        if length_size == 3 {
            return Err(ParseError::invalid(WHAT, 4));
        }
        let mut at = 5;
        let mut sets = |mask: u8| -> Result<Vec<Bytes>, ParseError> {
            let count = byte(at)? & mask;
            at += 1;
            let mut sets = Vec::with_capacity(usize::from(count));
            for _ in 0..count {
                let size = usize::from(u16::from_be_bytes([byte(at)?, byte(at + 1)?]));
                let end = at + 2 + size;
                if end > record.len() {
                    return Err(ParseError::truncated(WHAT, at));
                }
                // Some encoders list an empty set; it carries nothing.
                if size > 0 {
                    sets.push(record.slice(at + 2..end));
                }
                at = end;
            }
            Ok(sets)
        };
        let sps = sets(0x1f)?;
        let pps = sets(0xff)?;
        Ok((Parameters::new(sps, pps)?, length_size))
    }

    /// The AVCDecoderConfigurationRecord for these parameters and 4-byte NAL lengths.
    pub fn record(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(64);
        let [profile, compatibility, level] = self.profile_level();
        out.put_slice(&[1, profile, compatibility, level, 0xff, 0xe0 | self.sps.len() as u8]);
        for set in &self.sps {
            out.put_u16(set.len() as u16);
            out.put_slice(set);
        }
        out.put_u8(self.pps.len() as u8);
        for set in &self.pps {
            out.put_u16(set.len() as u16);
            out.put_slice(set);
        }
        // High profiles carry the chroma format and bit depths once more (§5.3.3.1.2).
        if !matches!(profile, 66 | 77 | 88)
            && let Some(sps) = self.sps.first().and_then(|set| parse_sps(set))
        {
            let chroma = &sps.chroma_info;
            out.put_u8(0xfc | chroma.chroma_format.to_u32() as u8);
            out.put_u8(0xf8 | chroma.bit_depth_luma_minus8);
            out.put_u8(0xf8 | chroma.bit_depth_chroma_minus8);
            out.put_u8(0);
        }
        out.freeze()
    }

    /// `profile_idc`, the constraint flags and `level_idc` of the first SPS.
    pub fn profile_level(&self) -> [u8; 3] {
        match self.sps.first().map(|set| &set[..]) {
            Some([_, profile, constraints, level, ..]) => [*profile, *constraints, *level],
            _ => [0; 3],
        }
    }

    /// `avc1.PPCCLL`. Source: RFC 6381 §3.3.
    pub fn rfc6381(&self) -> String {
        let [profile, constraints, level] = self.profile_level();
        format!("avc1.{profile:02x}{constraints:02x}{level:02x}")
    }
}

fn read_picture(set: &[u8]) -> Option<Picture> {
    let sps = parse_sps(set)?;
    let (width, height) = sps.pixel_dimensions().ok()?;
    let vui = sps.vui_parameters.as_ref();
    let rate = vui.and_then(|vui| vui.timing_info.as_ref()).and_then(|timing| {
        // A frame is two ticks: §E.2.1.
        let ticks = timing.num_units_in_tick.checked_mul(2)?;
        (ticks != 0 && timing.time_scale != 0).then_some((timing.time_scale, ticks))
    });
    let reorder = vui
        .and_then(|vui| vui.bitstream_restrictions.as_ref())
        .map(|restrictions| restrictions.max_num_reorder_frames);
    let interlaced = matches!(sps.frame_mbs_flags, FrameMbsFlags::Fields { .. });
    Some(Picture { width, height, rate, interlaced, reorder })
}

fn parse_sps(set: &[u8]) -> Option<SeqParameterSet> {
    let rbsp = rbsp::decode_nal(set).ok()?;
    SeqParameterSet::from_bits(BitReader::new(&*rbsp)).ok()
}

impl NalKind {
    /// Of the NAL unit whose first byte is `header`.
    pub const fn from_header(header: u8) -> NalKind {
        match header & 0x1f {
            1 => NalKind::Slice,
            5 => NalKind::IdrSlice,
            6 => NalKind::Sei,
            7 => NalKind::Sps,
            8 => NalKind::Pps,
            9 => NalKind::AccessUnitDelimiter,
            10 => NalKind::EndOfSequence,
            11 => NalKind::EndOfStream,
            12 => NalKind::Filler,
            other => NalKind::Other(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPS: &[u8] = &[
        0x67, 0x64, 0x00, 0x0a, 0xac, 0x72, 0x84, 0x44, 0x26, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00,
        0x03, 0x00, 0xca, 0x3c, 0x48, 0x96, 0x11, 0x80,
    ];
    const PPS: &[u8] = &[0x68, 0xe8, 0x43, 0x8f, 0x13, 0x21, 0x30];

    fn parameters() -> Parameters {
        Parameters::new(vec![Bytes::from_static(SPS)], vec![Bytes::from_static(PPS)]).expect("good sets")
    }

    #[test]
    fn record_round_trips() {
        let record = parameters().record();
        assert_eq!(Parameters::parse(&record).expect("good record"), (parameters(), 4));
    }

    #[test]
    fn record_cut_at_any_byte_of_its_sets_is_an_error() {
        let record = parameters().record();
        for end in 0..record.len() - 4 {
            assert!(Parameters::parse(&record.slice(..end)).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn picture_is_read_from_the_sps() {
        let picture = parameters().picture.expect("readable SPS");
        assert_eq!((picture.width, picture.height), (64, 64));
        assert_eq!(parameters().rfc6381(), "avc1.64000a");
    }

    #[test]
    fn unreadable_sps_still_makes_parameters() {
        let sps = Bytes::from_static(&[0x67, 0x64, 0x00, 0x1f, 0xff]);
        let parameters = Parameters::new(vec![sps], vec![Bytes::from_static(PPS)]).expect("sets are there");
        assert_eq!(parameters.picture, None);
    }
}
