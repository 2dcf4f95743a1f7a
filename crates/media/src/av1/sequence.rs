//! The sequence header. Source: AV1 §5.5.

use crate::bits::Bits;
use crate::{ParseError, Picture};

/// What the configuration record and the picture need.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sequence {
    pub(super) picture: Picture,
    pub(super) profile: u8,
    pub(super) level: u8,
    pub(super) high_tier: bool,
    pub(super) bit_depth: u8,
    monochrome: bool,
    subsampling: (bool, bool),
    chroma_position: u8,
}

impl Sequence {
    /// Of the payload of a sequence header OBU.
    ///
    /// Errs when it is cut short or names a reserved profile.
    pub(super) fn parse(payload: &[u8]) -> Result<Sequence, ParseError> {
        let mut bits = Bits::new(WHAT, payload);
        let profile = bits.byte(3)?;
        if profile > 2 {
            return Err(bits.invalid());
        }
        bits.skip(1)?;
        let reduced = bits.flag()?;
        let timing = if reduced { Timing::default() } else { Timing::read(&mut bits)? };
        let (level, high_tier) =
            if reduced { (bits.byte(5)?, false) } else { read_operating_points(&mut bits, &timing)? };
        let (width_bits, height_bits) = (bits.take(4)? + 1, bits.take(4)? + 1);
        let (width, height) = (bits.take(width_bits)? + 1, bits.take(height_bits)? + 1);
        if !reduced && bits.flag()? {
            bits.skip(7)?;
        }
        bits.skip(3)?;
        if !reduced {
            skip_tools(&mut bits)?;
        }
        bits.skip(3)?;
        let picture = Picture { rate: timing.rate, ..Picture::of_size(width, height) };
        let (bit_depth, monochrome, subsampling, chroma_position) = read_color(&mut bits, profile)?;
        Ok(Sequence {
            picture,
            profile,
            level,
            high_tier,
            bit_depth,
            monochrome,
            subsampling,
            chroma_position,
        })
    }

    /// The first four bytes of the configuration record. Source: AV1-ISOBMFF §2.3.3.
    pub(super) fn configuration(&self) -> [u8; 4] {
        let flags = u8::from(self.high_tier) << 7
            | u8::from(self.bit_depth > 8) << 6
            | u8::from(self.bit_depth > 10) << 5
            | u8::from(self.monochrome) << 4
            | u8::from(self.subsampling.0) << 3
            | u8::from(self.subsampling.1) << 2
            | self.chroma_position;
        [0x81, self.profile << 5 | self.level, flags, 0]
    }
}

/// timing_info() and decoder_model_info().
#[derive(Default)]
struct Timing {
    rate: Option<(u32, u32)>,
    /// How many bits the delays of a decoder model have.
    delay_bits: Option<usize>,
}

impl Timing {
    fn read(bits: &mut Bits<'_>) -> Result<Timing, ParseError> {
        let mut timing = Timing::default();
        if !bits.flag()? {
            return Ok(timing);
        }
        let (units, scale) = (bits.take(32)?, bits.take(32)?);
        if bits.flag()? {
            // uvlc() is an Exp-Golomb code.
            let ticks = bits.ue()?.saturating_add(1);
            let units = units.checked_mul(ticks).filter(|units| *units > 0 && scale > 0);
            timing.rate = units.map(|units| (scale, units));
        }
        if bits.flag()? {
            timing.delay_bits = Some(bits.take(5)? as usize + 1);
            bits.skip(32 + 5 + 5)?;
        }
        Ok(timing)
    }
}

/// The operating points; level and tier of the first.
fn read_operating_points(bits: &mut Bits<'_>, timing: &Timing) -> Result<(u8, bool), ParseError> {
    let display_delays = bits.flag()?;
    let count = bits.take(5)? + 1;
    let mut first = None;
    for _ in 0..count {
        bits.skip(12)?;
        let level = bits.byte(5)?;
        let high_tier = level > 7 && bits.flag()?;
        first.get_or_insert((level, high_tier));
        if let Some(delay_bits) = timing.delay_bits
            && bits.flag()?
        {
            bits.skip(2 * delay_bits + 1)?;
        }
        if display_delays && bits.flag()? {
            bits.skip(4)?;
        }
    }
    Ok(first.unwrap_or_default())
}

/// From enable_interintra_compound to OrderHintBits.
fn skip_tools(bits: &mut Bits<'_>) -> Result<(), ParseError> {
    bits.skip(4)?;
    let order_hint = bits.flag()?;
    if order_hint {
        bits.skip(2)?;
    }
    // Chosen per frame, or said here whether screen content tools are used.
    let screen_content = bits.flag()? || bits.flag()?;
    if screen_content && !bits.flag()? {
        bits.skip(1)?;
    }
    if order_hint {
        bits.skip(3)?;
    }
    Ok(())
}

/// color_config(): bit depth, monochrome, subsampling, chroma sample position.
fn read_color(bits: &mut Bits<'_>, profile: u8) -> Result<(u8, bool, (bool, bool), u8), ParseError> {
    let high = bits.flag()?;
    let bit_depth = match (profile, high) {
        (2, true) => 10 + 2 * bits.byte(1)?,
        (_, true) => 10,
        (_, false) => 8,
    };
    let monochrome = profile != 1 && bits.flag()?;
    let mut color = [2; 3];
    if bits.flag()? {
        color = [bits.byte(8)?, bits.byte(8)?, bits.byte(8)?];
    }
    if monochrome {
        bits.skip(1)?;
        return Ok((bit_depth, true, (true, true), 0));
    }
    /// BT.709 primaries, sRGB transfer, identity matrix.
    const SRGB: [u8; 3] = [1, 13, 0];
    if color == SRGB {
        return Ok((bit_depth, false, (false, false), 0));
    }
    bits.skip(1)?;
    let subsampling = match (profile, bit_depth) {
        (0, _) => (true, true),
        (1, _) => (false, false),
        (_, 12) => {
            let across = bits.flag()?;
            (across, across && bits.flag()?)
        }
        _ => (true, false),
    };
    let position = if subsampling == (true, true) { bits.byte(2)? } else { 0 };
    Ok((bit_depth, false, subsampling, position))
}

const WHAT: &str = "AV1 sequence header";
