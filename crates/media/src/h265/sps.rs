//! The sequence parameter set, as far as anybody here asks. Source: H.265 §7.3.2.2, §7.3.3, §E.2.1.

use bytes::{BufMut, BytesMut};

use crate::bits::Bits;
use crate::nal::unescape;
use crate::{ParseError, Picture};

/// `general_` profile, tier and level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Profile {
    /// `general_profile_space`, 0 to 3.
    pub space: u8,
    /// `general_tier_flag`.
    pub high_tier: bool,
    /// `general_profile_idc`: 1 is Main, 2 Main 10.
    pub idc: u8,
    /// `general_profile_compatibility_flag`s, the first in the highest bit.
    pub compatibility: u32,
    /// From `general_progressive_source_flag` on.
    pub constraints: [u8; 6],
    /// `general_level_idc`: 30 times the level.
    pub level: u8,
}

/// What the record and the picture need.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sps {
    pub(super) picture: Picture,
    /// `chroma_format_idc`, 0 to 3.
    pub(super) chroma: u8,
    /// Bit depth less 8.
    pub(super) luma_depth: u8,
    pub(super) chroma_depth: u8,
    /// Temporal sub-layers, 1 to 7; 0 when nothing could be read.
    pub(super) layers: u8,
    pub(super) nested: bool,
}

impl Profile {
    /// Of the SPS NAL unit `unit`, whatever the rest of it says.
    pub(super) fn of_sps(unit: &[u8]) -> Result<Profile, ParseError> {
        let rbsp = rbsp(unit);
        let mut bits = Bits::new(WHAT, &rbsp);
        bits.skip(8)?;
        Profile::read(&mut bits)
    }

    fn read(bits: &mut Bits<'_>) -> Result<Profile, ParseError> {
        let space = bits.byte(2)?;
        let high_tier = bits.flag()?;
        let idc = bits.byte(5)?;
        let compatibility = bits.take(32)?;
        let mut constraints = [0; 6];
        for byte in &mut constraints {
            *byte = bits.byte(8)?;
        }
        let level = bits.byte(8)?;
        Ok(Profile { space, high_tier, idc, compatibility, constraints, level })
    }

    /// The twelve bytes that they are in records and parameter sets.
    pub(super) fn write(&self, out: &mut BytesMut) {
        out.put_u8(self.space << 6 | u8::from(self.high_tier) << 5 | self.idc);
        out.put_u32(self.compatibility);
        out.put_slice(&self.constraints);
        out.put_u8(self.level);
    }

    /// Whether the source is said to be fields only.
    fn interlaced(&self) -> bool {
        self.constraints[0] & 0xc0 == 0x40
    }
}

impl Sps {
    /// What is said when it cannot be read: 4:2:0, 8 bits, layers unknown.
    pub(super) const UNREAD: Sps = Sps {
        picture: Picture::of_size(0, 0),
        chroma: 1,
        luma_depth: 0,
        chroma_depth: 0,
        layers: 0,
        nested: false,
    };

    /// Of the NAL unit `unit`. What stands behind the size is read as far as it makes sense.
    ///
    /// Errs when it ends before the size of the picture, or that is impossible.
    pub(super) fn parse(unit: &[u8]) -> Result<Sps, ParseError> {
        let rbsp = rbsp(unit);
        let mut bits = Bits::new(WHAT, &rbsp);
        bits.skip(4)?;
        let sub_layers = bits.byte(3)?;
        let nested = bits.flag()?;
        let profile = Profile::read(&mut bits)?;
        skip_sub_layers(&mut bits, sub_layers)?;
        bits.ue()?;
        let chroma = bits.ue()?;
        if chroma > 3 {
            return Err(bits.invalid());
        }
        if chroma == 3 {
            bits.flag()?;
        }
        let (width, height) = read_size(&mut bits, chroma)?;
        let (luma_depth, chroma_depth) = (bits.ue()?, bits.ue()?);
        if luma_depth > 8 || chroma_depth > 8 {
            return Err(bits.invalid());
        }
        let mut picture = Picture::of_size(width, height);
        picture.interlaced = profile.interlaced();
        // An unreadable rest costs no more than what it says.
        let _ = read_rest(&mut bits, sub_layers, &mut picture);
        Ok(Sps {
            picture,
            chroma: chroma as u8,
            luma_depth: luma_depth as u8,
            chroma_depth: chroma_depth as u8,
            layers: sub_layers + 1,
            nested,
        })
    }
}

fn rbsp(unit: &[u8]) -> Vec<u8> {
    unescape(unit.get(2..).unwrap_or_default())
}

/// The rest of profile_tier_level().
fn skip_sub_layers(bits: &mut Bits<'_>, sub_layers: u8) -> Result<(), ParseError> {
    if sub_layers == 0 {
        return Ok(());
    }
    let mut size = 0;
    for _ in 0..sub_layers {
        size += usize::from(bits.flag()?) * 88 + usize::from(bits.flag()?) * 8;
    }
    bits.skip(usize::from(8 - sub_layers) * 2)?;
    bits.skip(size)
}

/// Width and height less the conformance window, in pixels.
fn read_size(bits: &mut Bits<'_>, chroma: u32) -> Result<(u32, u32), ParseError> {
    let (width, height) = (bits.ue()?, bits.ue()?);
    let (mut across, mut down) = (0u32, 0u32);
    if bits.flag()? {
        across = bits.ue()?.saturating_add(bits.ue()?);
        down = bits.ue()?.saturating_add(bits.ue()?);
    }
    let (unit_x, unit_y) = match chroma {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    };
    let cropped =
        |size: u32, by: u32, unit: u32| size.checked_sub(by.checked_mul(unit)?).filter(|size| *size > 0);
    match (cropped(width, across, unit_x), cropped(height, down, unit_y)) {
        (Some(width), Some(height)) => Ok((width, height)),
        _ => Err(bits.invalid()),
    }
}

/// From log2_max_pic_order_cnt_lsb_minus4 to the timing of the VUI.
fn read_rest(bits: &mut Bits<'_>, sub_layers: u8, picture: &mut Picture) -> Result<(), ParseError> {
    let poc_bits = bits.ue()?.saturating_add(4);
    let each_layer = bits.flag()?;
    for _ in if each_layer { 0 } else { sub_layers }..=sub_layers {
        bits.ue()?;
        picture.reorder = Some(bits.ue()?);
        bits.ue()?;
    }
    bits.skip_ue(6)?;
    if bits.flag()? && bits.flag()? {
        skip_scaling_lists(bits)?;
    }
    bits.skip(2)?;
    if bits.flag()? {
        bits.skip(8)?;
        bits.skip_ue(2)?;
        bits.skip(1)?;
    }
    skip_reference_sets(bits)?;
    if bits.flag()? {
        let count = bits.ue()?;
        if count > 32 || poc_bits > 16 {
            return Err(bits.invalid());
        }
        bits.skip((count * (poc_bits + 1)) as usize)?;
    }
    bits.skip(2)?;
    if bits.flag()? {
        read_vui(bits, picture)?;
    }
    Ok(())
}

/// scaling_list_data().
fn skip_scaling_lists(bits: &mut Bits<'_>) -> Result<(), ParseError> {
    for size in 0..4u32 {
        for _ in (0..6).step_by(if size == 3 { 3 } else { 1 }) {
            if !bits.flag()? {
                bits.ue()?;
                continue;
            }
            let coefficients = 64.min(1 << (4 + (size << 1)));
            bits.skip_ue(coefficients + u32::from(size > 1))?;
        }
    }
    Ok(())
}

/// The st_ref_pic_set()s of the SPS.
fn skip_reference_sets(bits: &mut Bits<'_>) -> Result<(), ParseError> {
    let count = bits.ue()?;
    if count > 64 {
        return Err(bits.invalid());
    }
    // Pictures in the set before.
    let mut before = 0;
    for index in 0..count {
        if index > 0 && bits.flag()? {
            bits.skip(1)?;
            bits.ue()?;
            let mut pictures = 0;
            for _ in 0..=before {
                let kept = bits.flag()? || bits.flag()?;
                pictures += u32::from(kept);
            }
            before = pictures;
        } else {
            let (negative, positive) = (bits.ue()?, bits.ue()?);
            if negative > 16 || positive > 16 {
                return Err(bits.invalid());
            }
            before = negative + positive;
            for _ in 0..before {
                bits.ue()?;
                bits.skip(1)?;
            }
        }
        if before > 32 {
            return Err(bits.invalid());
        }
    }
    Ok(())
}

/// vui_parameters(), as far as the timing.
fn read_vui(bits: &mut Bits<'_>, picture: &mut Picture) -> Result<(), ParseError> {
    const EXTENDED_ASPECT: u32 = 255;
    if bits.flag()? && bits.take(8)? == EXTENDED_ASPECT {
        bits.skip(32)?;
    }
    if bits.flag()? {
        bits.skip(1)?;
    }
    if bits.flag()? {
        bits.skip(4)?;
        if bits.flag()? {
            bits.skip(24)?;
        }
    }
    if bits.flag()? {
        bits.skip_ue(2)?;
    }
    bits.skip(1)?;
    picture.interlaced |= bits.flag()?;
    bits.skip(1)?;
    if bits.flag()? {
        bits.skip_ue(4)?;
    }
    if bits.flag()? {
        let (units, scale) = (bits.take(32)?, bits.take(32)?);
        // A tick is a picture. With field_seq_flag a picture is a field: so are frames then, and so is the height.
        picture.rate = (units > 0 && scale > 0).then_some((scale, units));
    }
    Ok(())
}

const WHAT: &str = "H.265 sequence parameter set";
