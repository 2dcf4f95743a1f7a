//! What a fragment says of its samples.

use std::ops::Range;

use media::ParseError;

use super::samples::Sample;
use crate::boxes::{Fields, boxes, find};

/// Samples of one track in a fragment.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) track: u32,
    /// Decode time of the first sample, in ticks of the track.
    pub(super) base: u64,
    pub(super) samples: Vec<Sample>,
    /// Where their bytes are, from the first byte of moof.
    pub(super) data: Range<u64>,
}

/// The runs of a `moof`, of which this is what is in it.
///
/// Errs on what was not written here, and when there are more than `room` samples.
pub(super) fn runs(moof: &[u8], room: usize) -> Result<Vec<Run>, ParseError> {
    let (mut runs, mut room) = (Vec::new(), room);
    for found in boxes("moof", moof) {
        let (kind, body) = found?;
        if kind == *b"traf" {
            let run = run(body, room)?;
            room -= run.samples.len();
            runs.push(run);
        }
    }
    Ok(runs)
}

/// Source: ISO/IEC 14496-12 §8.8.7 (tfhd), §8.8.12 (tfdt), §8.8.8 (trun).
fn run(traf: &[u8], room: usize) -> Result<Run, ParseError> {
    let mut head = Fields::new("tfhd", find("traf", traf, b"tfhd")?);
    let flags = head.u32()? & 0xff_ffff;
    let track = head.u32()?;
    if flags & (BASE_IS_MOOF | BASE_IS_SAID) != BASE_IS_MOOF {
        return Err(head.unsupported());
    }
    if head.optional(flags, ENTRY)?.is_some_and(|entry| entry != 1) {
        return Err(head.unsupported());
    }
    let usual_duration = head.optional(flags, USUAL_DURATION)?;
    let usual_size = head.optional(flags, USUAL_SIZE)?;
    let usual_flags = head.optional(flags, USUAL_FLAGS)?;

    let mut time = Fields::new("tfdt", find("traf", traf, b"tfdt")?);
    let base = if time.u32()? >> 24 == 0 { u64::from(time.u32()?) } else { time.u64()? };

    let mut table = Fields::new("trun", find("traf", traf, b"trun")?);
    let flags = table.u32()? & 0xff_ffff;
    let count = table.u32()? as usize;
    let begin = table.optional(flags, DATA_OFFSET)?.ok_or_else(|| table.unsupported())?;
    let mut first_flags = table.optional(flags, FIRST_FLAGS)?;
    let columns = [DURATION, SIZE, FLAGS, OFFSET].into_iter().filter(|column| flags & column != 0).count();
    // What is said of none needs no byte: the count alone must not make anything grow.
    if columns == 0 && count > 1 || count.checked_mul(columns * 4) != Some(table.left()) {
        return Err(table.invalid());
    }
    if count > room {
        return Err(ParseError::too_large("trun", 0));
    }
    let mut samples = Vec::with_capacity(count);
    let mut end = u64::from(begin);
    for _ in 0..count {
        let duration = table.optional(flags, DURATION)?.or(usual_duration);
        let size = table.optional(flags, SIZE)?.or(usual_size);
        let says = table.optional(flags, FLAGS)?.or(first_flags.take()).or(usual_flags).unwrap_or_default();
        let offset = table.optional(flags, OFFSET)?.unwrap_or_default().cast_signed();
        let (Some(duration), Some(size)) = (duration, size) else { return Err(table.unsupported()) };
        end += u64::from(size);
        samples.push(Sample { size, duration, offset, sync: says & NOT_SYNC == 0 });
    }
    Ok(Run { track, base, samples, data: u64::from(begin)..end })
}

/// Flags of tfhd.
const BASE_IS_SAID: u32 = 0x01;
const ENTRY: u32 = 0x02;
const USUAL_DURATION: u32 = 0x08;
const USUAL_SIZE: u32 = 0x10;
const USUAL_FLAGS: u32 = 0x20;
const BASE_IS_MOOF: u32 = 0x02_0000;

/// Flags of trun.
const DATA_OFFSET: u32 = 0x001;
const FIRST_FLAGS: u32 = 0x004;
const DURATION: u32 = 0x100;
const SIZE: u32 = 0x200;
const FLAGS: u32 = 0x400;
const OFFSET: u32 = 0x800;

/// Of a sample where decoding cannot begin.
const NOT_SYNC: u32 = 0x0001_0000;
