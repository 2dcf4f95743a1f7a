//! H.264 out of tag bodies: NAL units into canonical form, and parameter sets that travel among them.

use std::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};
use media::h264::{NalKind, Parameters, nal_units};

use crate::annexb;

/// One access unit in the form [`media::Codec::H264`] asks for.
#[derive(Debug)]
pub(super) struct Unit {
    /// Slice of the input when nothing had to be cut out of it.
    pub(super) payload: Bytes,
    /// There is a coded slice: without one there is no picture.
    pub(super) slice: bool,
    /// There is a slice of an IDR picture.
    pub(super) idr: bool,
    /// SPS and PPS that were cut out, in order.
    pub(super) sets: Vec<Bytes>,
    /// Something was broken, and what could be kept was.
    pub(super) repaired: bool,
}

/// Brings NAL units behind lengths of `length_size` bytes into canonical form.
///
/// The units after a broken length are lost; an SEI unit whose messages run past its end is cut out
/// alone, since the pictures around it are sound. Some encoders write a byte stream with start codes
/// instead; it is taken as such, and counts as repaired.
pub(super) fn canonical(data: &Bytes, length_size: usize) -> Unit {
    let unit = behind_lengths(data, length_size);
    // As a length the start code announces a unit of one byte, which no sound unit has; the lengths after it are broken.
    let broken = || nal_units(data, length_size).any(|nal| nal.is_err());
    if unit.repaired && data.starts_with(&[0, 0, 0, 1]) && broken() {
        return Unit { repaired: true, ..behind_lengths(&with_lengths(data), LENGTH) };
    }
    unit
}

fn behind_lengths(data: &Bytes, length_size: usize) -> Unit {
    let mut unit =
        Unit { payload: Bytes::new(), slice: false, idr: false, sets: Vec::new(), repaired: false };
    // Where the good part of the input ends, and how much of it is kept.
    let mut end = 0;
    let mut kept = 0;
    for nal in nal_units(data, length_size) {
        let Ok(range) = nal else {
            unit.repaired = true;
            break;
        };
        end = range.end;
        match keep(data, &range) {
            Keep::Slice { idr } => {
                unit.slice = true;
                unit.idr |= idr;
            }
            Keep::Other => {}
            Keep::Set => {
                if unit.sets.len() < MAX_SETS {
                    unit.sets.push(data.slice(range));
                }
                continue;
            }
            Keep::Broken => {
                unit.repaired = true;
                continue;
            }
            Keep::Nothing => continue,
        }
        kept += LENGTH + range.len();
    }
    unit.payload = if kept == end && length_size == LENGTH {
        data.slice(..end)
    } else {
        rewrite(&data[..end], length_size, kept)
    };
    unit
}

/// `current` with the parameter sets of `sets` put in place of those with the same id; `None` when that changes nothing.
///
/// A set without a readable id, or that would make the whole larger than [`MAX_SET_BYTES`], is ignored: a
/// stream cannot make us hold more than that.
pub(super) fn merge(current: Option<&Parameters>, sets: &[Bytes]) -> Option<Parameters> {
    let known = |set: &Bytes| current.is_some_and(|now| now.sps.contains(set) || now.pps.contains(set));
    if sets.iter().all(known) {
        return None;
    }
    let (mut sps, mut pps) = current.map(|now| (now.sps.clone(), now.pps.clone())).unwrap_or_default();
    for set in sets {
        let list = if is_sps(set) { &mut sps } else { &mut pps };
        let Some(id) = set_id(set) else { continue };
        // A copy: the slice would keep the whole frame it came with alive.
        let set = Bytes::copy_from_slice(set);
        match list.iter_mut().find(|old| set_id(old) == Some(id)) {
            Some(old) => *old = set,
            None => list.push(set),
        }
    }
    if sps.iter().chain(&pps).map(Bytes::len).sum::<usize>() > MAX_SET_BYTES {
        return None;
    }
    Parameters::new(sps, pps).ok().filter(|merged| Some(merged) != current)
}

/// What becomes of one NAL unit.
enum Keep {
    Slice { idr: bool },
    Other,
    Set,
    Broken,
    Nothing,
}

fn keep(data: &[u8], range: &Range<usize>) -> Keep {
    let nal = &data[range.clone()];
    match nal.first().map(|header| NalKind::from_header(*header)) {
        Some(NalKind::IdrSlice) => Keep::Slice { idr: true },
        // Partition A carries the slice header of a partitioned slice.
        Some(NalKind::Slice | NalKind::Other(2)) => Keep::Slice { idr: false },
        Some(NalKind::Sps | NalKind::Pps) => Keep::Set,
        Some(NalKind::AccessUnitDelimiter | NalKind::Filler) | None => Keep::Nothing,
        Some(NalKind::Sei) if !sei_is_sound(nal) => Keep::Broken,
        Some(_) => Keep::Other,
    }
}

fn rewrite(data: &[u8], length_size: usize, size: usize) -> Bytes {
    let mut out = BytesMut::with_capacity(size);
    for range in nal_units(data, length_size).flatten() {
        if matches!(keep(data, &range), Keep::Slice { .. } | Keep::Other) {
            out.put_u32(range.len() as u32);
            out.put_slice(&data[range]);
        }
    }
    out.freeze()
}

/// The units of a byte stream, behind lengths.
fn with_lengths(stream: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(stream.len() + stream.len() / 8);
    for unit in annexb::units(stream) {
        out.put_u32(unit.len() as u32);
        out.put_slice(&stream[unit]);
    }
    out.freeze()
}

/// Whether the messages of an SEI unit fit into it. The end mark may be missing: some encoders forget it.
///
/// Source: H.264 §7.3.2.3, §7.3.2.3.1; emulation prevention §7.4.1.
fn sei_is_sound(nal: &[u8]) -> bool {
    let mut zeros = 0;
    let bytes = nal.iter().skip(1).copied().filter(move |byte| {
        let prevention = zeros >= 2 && *byte == 3;
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        !prevention
    });
    let mut bytes = bytes.enumerate();
    // Found once: in a unit of zeros each pair of them is a message, which could be the end.
    let last = bytes.clone().filter(|(_, byte)| *byte != 0).last().map_or(0, |(at, _)| at);
    let mut messages = 0;
    loop {
        let Some((at, first)) = bytes.next() else { return messages > 0 };
        if messages > 0 && (first == 0x80 || first == 0) && at >= last {
            return true;
        }
        if first == 0xff && !bytes.any(|(_, byte)| byte != 0xff) {
            return false;
        }
        let mut size = 0usize;
        loop {
            let Some((_, byte)) = bytes.next() else { return false };
            size += usize::from(byte);
            if byte != 0xff {
                break;
            }
        }
        if size > 0 && bytes.nth(size - 1).is_none() {
            return false;
        }
        messages += 1;
    }
}

fn is_sps(set: &[u8]) -> bool {
    set.first().is_some_and(|header| NalKind::from_header(*header) == NalKind::Sps)
}

/// `seq_parameter_set_id` or `pic_parameter_set_id`: Exp-Golomb, after the profile and level in an SPS, first in a PPS.
fn set_id(set: &[u8]) -> Option<u32> {
    let (body, limit) = if is_sps(set) { (set.get(4..)?, 31) } else { (set.get(1..)?, 255) };
    let mut window = [0; 4];
    let count = body.len().min(4);
    window[..count].copy_from_slice(&body[..count]);
    let window = u32::from_be_bytes(window);
    let zeros = window.leading_zeros();
    // 8 zeros is the longest code for 255; the whole code has 2 * zeros + 1 bits.
    if zeros > 8 || (2 * zeros + 1) as usize > count * 8 {
        return None;
    }
    let id = (window >> (31 - 2 * zeros)) - 1;
    (id <= limit).then_some(id)
}

/// Size of the canonical form's NAL lengths.
const LENGTH: usize = 4;

/// Most bytes of parameter sets a track may have: a hundred times what encoders send.
const MAX_SET_BYTES: usize = 64 << 10;
/// Most parameter sets that are looked at in one frame.
const MAX_SETS: usize = 64;
