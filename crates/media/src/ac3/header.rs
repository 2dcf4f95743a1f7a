//! The header of one syncframe. Source: ETSI TS 102 366 §4.3.1, §4.3.2, §E.1.2.1, §E.1.2.2.

use crate::ParseError;
use crate::bits::Bits;

/// What the first bytes of a syncframe say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Which substream the frame belongs to; of AC-3 always the first.
    pub stream: Stream,
    /// Bytes of the whole frame.
    pub size: usize,
    /// Samples a channel.
    pub samples: u32,
    /// Samples a second.
    pub sample_rate: u32,
    /// See [`Parameters`](super::Parameters), as of those that follow.
    pub fscod: u8,
    /// Version.
    pub bsid: u8,
    /// Kind of service.
    pub bsmod: u8,
    /// Layout of the channels.
    pub acmod: u8,
    /// Whether there is a channel for the low effects.
    pub lfe: bool,
    /// Bits a second.
    pub bit_rate: u32,
}

/// The substream of an E-AC-3 frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// A programme of its own.
    Independent {
        /// 0 to 7; 0 is the main one, and begins an access unit.
        id: u8,
    },
    /// More channels for the independent one before it.
    Dependent {
        /// 0 to 7.
        id: u8,
        /// Which channels, the first in the highest bit; 0 when it does not say. Source: table E.1.4.
        chanmap: u16,
    },
}

impl Header {
    /// Of the syncframe that `payload` begins with, which may be cut short behind the header.
    ///
    /// Errs without the sync word, on reserved codes, and on versions that are neither.
    pub fn parse(payload: &[u8]) -> Result<Header, ParseError> {
        if !payload.starts_with(&SYNC) {
            let short = SYNC.starts_with(payload);
            return Err(if short {
                ParseError::truncated(WHAT, payload.len())
            } else {
                ParseError::invalid(WHAT, 0)
            });
        }
        // At the same place in both.
        let bsid = payload.get(5).ok_or(ParseError::truncated(WHAT, payload.len()))? >> 3;
        match bsid {
            0..=LAST_AC3 => Header::parse_plain(payload, bsid),
            11..=16 => Header::parse_enhanced(payload, bsid),
            _ => Err(ParseError::unsupported(WHAT, 5)),
        }
    }

    /// Whether it is E-AC-3.
    pub fn enhanced(&self) -> bool {
        self.bsid > LAST_AC3
    }

    fn parse_plain(payload: &[u8], bsid: u8) -> Result<Header, ParseError> {
        let mut bits = Bits::new(WHAT, payload);
        bits.skip(16 + 16)?;
        let fscod = bits.byte(2)?;
        let rate = *RATES.get(usize::from(fscod)).ok_or(bits.invalid())?;
        let code = bits.byte(6)?;
        let kilobits = u32::from(*BIT_RATES.get(usize::from(code >> 1)).ok_or(bits.invalid())?);
        bits.skip(5)?;
        let (bsmod, acmod) = (bits.byte(3)?, bits.byte(3)?);
        // Mix levels, where there are a centre and surrounds; the surround mode of stereo.
        let centre = acmod & 1 == 1 && acmod != 1;
        let fields = usize::from(centre) + usize::from(acmod & 4 != 0) + usize::from(acmod == 2);
        bits.skip(2 * fields)?;
        // Whole words; at 44.1 kHz they do not come out even, and the lowest bit of the code adds one.
        let words = kilobits * 1000 * SAMPLES / 16 / rate + u32::from(fscod == 1) * u32::from(code & 1);
        let shift = rate_shift(bsid);
        Ok(Header {
            stream: Stream::Independent { id: 0 },
            size: words as usize * 2,
            samples: SAMPLES,
            sample_rate: rate >> shift,
            fscod,
            bsid,
            bsmod,
            acmod,
            lfe: bits.flag()?,
            bit_rate: (kilobits * 1000) >> shift,
        })
    }

    fn parse_enhanced(payload: &[u8], bsid: u8) -> Result<Header, ParseError> {
        let mut bits = Bits::new(WHAT, payload);
        bits.skip(16)?;
        let (kind, id) = (bits.byte(2)?, bits.byte(3)?);
        let size = (bits.take(11)? + 1) * 2;
        let fscod = bits.byte(2)?;
        let code = bits.byte(2)?;
        let (sample_rate, blocks) = match RATES.get(usize::from(fscod)) {
            Some(rate) => (*rate, [1, 2, 3, 6][usize::from(code & 3)]),
            None => (RATES.get(usize::from(code)).ok_or(bits.invalid())? / 2, 6),
        };
        let (acmod, lfe) = (bits.byte(3)?, bits.flag()?);
        let stream = match kind {
            // 2 is AC-3 turned into E-AC-3.
            0 | 2 => Stream::Independent { id },
            1 => Stream::Dependent { id, chanmap: read_chanmap(&mut bits, acmod)? },
            _ => return Err(ParseError::invalid(WHAT, 2)),
        };
        let samples = blocks * 256;
        let bit_rate = (u64::from(size) * 8 * u64::from(sample_rate) / u64::from(samples)) as u32;
        Ok(Header {
            stream,
            size: size as usize,
            samples,
            sample_rate,
            fscod,
            bsid,
            bsmod: 0,
            acmod,
            lfe,
            bit_rate,
        })
    }
}

/// From bsid to chanmap of a dependent frame; 0 when it has none.
fn read_chanmap(bits: &mut Bits<'_>, acmod: u8) -> Result<u16, ParseError> {
    bits.skip(5)?;
    // Dialogue level and compression, once a channel of dual mono.
    for _ in 0..if acmod == 0 { 2 } else { 1 } {
        bits.skip(5)?;
        if bits.flag()? {
            bits.skip(8)?;
        }
    }
    if bits.flag()? { Ok(bits.take(16)? as u16) } else { Ok(0) }
}

/// Number of loudspeakers. Source: table 4.3.
pub(super) fn channels(acmod: u8, lfe: bool) -> u8 {
    [2, 1, 2, 3, 3, 4, 4, 5][usize::from(acmod & 7)] + u8::from(lfe)
}

/// What `chanmap` adds to 5.1, as the record has it. Source: tables E.1.4 and F.6.1.
pub(super) fn chan_loc(chanmap: u16) -> u16 {
    let mut out = 0;
    // Lc/Rc, which is bit 10 here and 0 there, to the middle of the high ones, 3 and 7.
    for bit in 0..8 {
        out |= (chanmap >> (10 - bit) & 1) << bit;
    }
    out | (chanmap >> 1 & 1) << 8
}

/// How many loudspeakers that is: five of the places are pairs.
pub(super) fn added_channels(chan_loc: u16) -> u8 {
    const PAIRS: u16 = 0b0_0111_0011;
    (chan_loc.count_ones() + (chan_loc & PAIRS).count_ones()) as u8
}

/// Versions 9 and 10 have half and a quarter of the rates.
pub(super) fn rate_shift(bsid: u8) -> u8 {
    bsid.clamp(8, LAST_AC3) - 8
}

/// By `fscod`.
pub(super) const RATES: [u32; 3] = [48_000, 44_100, 32_000];
/// kbit/s by half of `frmsizecod`. Source: table 4.13.
pub(super) const BIT_RATES: [u16; 19] =
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640];
/// The last version that is AC-3.
pub(super) const LAST_AC3: u8 = 10;
pub(super) const WHAT: &str = "AC-3 syncframe";
/// Six blocks.
const SAMPLES: u32 = 1536;
const SYNC: [u8; 2] = [0x0b, 0x77];
