//! Access units of H.264 and H.265 on their way in: into canonical form, and the parameter sets that travel among them.
//!
//! Shared by all demuxers: FLV has units behind lengths, MPEG-TS has byte streams.
//!
//! Source: H.264 and H.265 §7.3 and §7.4.

use bytes::{BufMut, Bytes, BytesMut};
use media::bits::Bits;
use media::nal::nal_units;
use media::{Codec, h264, h265};

use crate::annexb;

/// Which of the codecs that are made of NAL units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    H264,
    H265,
}

/// What a NAL unit is to those who pass it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Of a coded picture; `start` if it needs none before it: IDR, and any random access point of H.265.
    Slice {
        start: bool,
    },
    Set(Set),
    /// Messages, which encoders get wrong more often than pictures.
    Sei,
    /// Delimiters and filler: not part of the canonical form.
    Nothing,
    Other,
}

/// A kind of parameter set, in the order in which they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Set {
    Video,
    Sequence,
    Picture,
}

/// One access unit in the form [`Codec::H264`] and [`Codec::H265`] ask for.
#[derive(Debug)]
pub(crate) struct Unit {
    /// Slice of the input when nothing had to be cut out of it.
    pub(crate) payload: Bytes,
    /// There is a coded slice: without one there is no picture.
    pub(crate) slice: bool,
    /// There is a slice of a picture that needs none before it.
    pub(crate) start: bool,
    /// Parameter sets that were cut out, in order.
    pub(crate) sets: Vec<Bytes>,
    /// Something was broken, and what could be kept was.
    pub(crate) repaired: bool,
}

impl Syntax {
    /// That of `codec`, if it is made of NAL units.
    pub(crate) fn of(codec: &Codec) -> Option<Syntax> {
        match codec {
            Codec::H264(_) => Some(Syntax::H264),
            Codec::H265(_) => Some(Syntax::H265),
            _ => None,
        }
    }

    /// Of the NAL unit whose first byte is `header`.
    pub(crate) fn role(self, header: u8) -> Role {
        match self {
            Syntax::H264 => match h264::NalKind::from_header(header) {
                h264::NalKind::IdrSlice => Role::Slice { start: true },
                // Partition A carries the slice header of a partitioned slice.
                h264::NalKind::Slice | h264::NalKind::Other(2) => Role::Slice { start: false },
                h264::NalKind::Sps => Role::Set(Set::Sequence),
                h264::NalKind::Pps => Role::Set(Set::Picture),
                h264::NalKind::AccessUnitDelimiter | h264::NalKind::Filler => Role::Nothing,
                h264::NalKind::Sei => Role::Sei,
                _ => Role::Other,
            },
            Syntax::H265 => match h265::NalKind::from_header(header) {
                h265::NalKind::IrapSlice { .. } => Role::Slice { start: true },
                h265::NalKind::Slice => Role::Slice { start: false },
                h265::NalKind::Vps => Role::Set(Set::Video),
                h265::NalKind::Sps => Role::Set(Set::Sequence),
                h265::NalKind::Pps => Role::Set(Set::Picture),
                h265::NalKind::AccessUnitDelimiter | h265::NalKind::Filler => Role::Nothing,
                h265::NalKind::Sei { .. } => Role::Sei,
                _ => Role::Other,
            },
        }
    }

    /// `current` with the parameter sets of `sets` put in place of those with the same id; `None` when that changes nothing.
    ///
    /// A set without a readable id, or that would make the whole larger than [`MAX_SET_BYTES`], is ignored: a
    /// stream cannot make us hold more than that.
    pub(crate) fn merge(self, current: Option<&Codec>, sets: &[Bytes]) -> Option<Codec> {
        let mut lists: [Vec<Bytes>; 3] = match (self, current) {
            (Syntax::H264, Some(Codec::H264(now))) => [Vec::new(), now.sps.clone(), now.pps.clone()],
            (Syntax::H265, Some(Codec::H265(now))) => [now.vps.clone(), now.sps.clone(), now.pps.clone()],
            _ => Default::default(),
        };
        if sets.iter().all(|set| lists.iter().any(|list| list.contains(set))) {
            return None;
        }
        for set in sets {
            let Some((kind, id)) = self.set_id(set) else { continue };
            let list = &mut lists[kind as usize];
            // A copy: the slice would keep the whole frame it came with alive.
            let set = Bytes::copy_from_slice(set);
            match list.iter_mut().find(|old| self.set_id(old) == Some((kind, id))) {
                Some(old) => *old = set,
                None => list.push(set),
            }
        }
        if lists.iter().flatten().map(Bytes::len).sum::<usize>() > MAX_SET_BYTES {
            return None;
        }
        let [vps, sps, pps] = lists;
        let merged = match self {
            Syntax::H264 => Codec::H264(h264::Parameters::new(sps, pps).ok()?),
            Syntax::H265 => Codec::H265(h265::Parameters::new(vps, sps, pps).ok()?),
        };
        (Some(&merged) != current).then_some(merged)
    }

    /// The kind of a parameter set, and its id among its kind.
    ///
    /// Source: H.264 §7.3.2.1.1, §7.3.2.2; H.265 §7.3.2.1 to §7.3.2.3, §7.3.3.
    fn set_id(self, set: &[u8]) -> Option<(Set, u32)> {
        const WHAT: &str = "parameter set";
        let Role::Set(kind) = self.role(*set.first()?) else { return None };
        let start: Vec<u8> = unescaped(set).skip(self.header()).take(SET_START).collect();
        let mut bits = Bits::new(WHAT, &start);
        let (id, limit) = match (self, kind) {
            (Syntax::H264, Set::Sequence) => {
                bits.skip(24).ok()?;
                (bits.ue().ok()?, 31)
            }
            (Syntax::H264, _) => (bits.ue().ok()?, 255),
            (Syntax::H265, Set::Video) => (bits.take(4).ok()?, 15),
            (Syntax::H265, Set::Sequence) => {
                bits.skip(4).ok()?;
                let layers = bits.take(3).ok()?;
                bits.skip(1 + 96).ok()?;
                // Of each layer: whether it has a profile (88 bits) and a level (8 bits) of its own.
                let mut own = 0;
                for layer in 0..if layers > 0 { 8 } else { 0 } {
                    let flags = bits.take(2).ok()?;
                    if layer < layers {
                        own += 88 * (flags >> 1) + 8 * (flags & 1);
                    }
                }
                bits.skip(own as usize).ok()?;
                (bits.ue().ok()?, 15)
            }
            (Syntax::H265, Set::Picture) => (bits.ue().ok()?, 63),
        };
        (id <= limit).then_some((kind, id))
    }

    /// Bytes of a NAL unit's header.
    const fn header(self) -> usize {
        match self {
            Syntax::H264 => 1,
            Syntax::H265 => 2,
        }
    }
}

/// Brings NAL units behind lengths of `length_size` bytes into canonical form.
///
/// The units after a broken length are lost; an SEI unit that is no sound one is cut out alone, since the
/// pictures around it are. Some encoders write a byte stream with start codes instead; it is taken as
/// such, and counts as repaired.
pub(crate) fn canonical(syntax: Syntax, data: &Bytes, length_size: usize) -> Unit {
    let unit = behind_lengths(syntax, data, length_size);
    // As a length the start code announces a unit of one byte, which no sound unit has; the lengths after it are broken.
    let broken = || nal_units(data, length_size).any(|nal| nal.is_err());
    if unit.repaired && data.starts_with(&[0, 0, 0, 1]) && broken() {
        return Unit { repaired: true, ..byte_stream(syntax, data) };
    }
    unit
}

/// Brings the units of a byte stream, which is one access unit, into canonical form.
pub(crate) fn byte_stream(syntax: Syntax, stream: &[u8]) -> Unit {
    let mut unit = Unit::new();
    // A start code has three bytes, a length four.
    let mut payload = BytesMut::with_capacity(stream.len() + stream.len() / 64 + 64);
    for range in annexb::units(stream) {
        let nal = &stream[range];
        let Ok(length) = u32::try_from(nal.len()) else { break };
        if unit.keep(syntax, nal, || Bytes::copy_from_slice(nal)) {
            payload.put_u32(length);
            payload.put_slice(nal);
        }
    }
    unit.payload = payload.freeze();
    unit
}

impl Unit {
    fn new() -> Unit {
        Unit { payload: Bytes::new(), slice: false, start: false, sets: Vec::new(), repaired: false }
    }

    /// Notes what `nal` is, and says whether it belongs to the payload; `set` makes it a parameter set to keep.
    fn keep(&mut self, syntax: Syntax, nal: &[u8], set: impl FnOnce() -> Bytes) -> bool {
        match nal.first().map_or(Role::Nothing, |header| syntax.role(*header)) {
            Role::Slice { start } => {
                self.slice = true;
                self.start |= start;
                true
            }
            Role::Set(_) => {
                if self.sets.len() < MAX_SETS {
                    self.sets.push(set());
                }
                false
            }
            Role::Sei if !sei_is_sound(syntax, nal) => {
                self.repaired = true;
                false
            }
            Role::Sei | Role::Other => true,
            Role::Nothing => false,
        }
    }
}

fn behind_lengths(syntax: Syntax, data: &Bytes, length_size: usize) -> Unit {
    let mut unit = Unit::new();
    // Where the good part of the input ends, and how much of it is kept.
    let mut end = 0;
    let mut kept = 0;
    for nal in nal_units(data, length_size) {
        let Ok(range) = nal else {
            unit.repaired = true;
            break;
        };
        end = range.end;
        if unit.keep(syntax, &data[range.clone()], || data.slice(range.clone())) {
            kept += LENGTH + range.len();
        }
    }
    unit.payload = if kept == end && length_size == LENGTH {
        data.slice(..end)
    } else {
        rewrite(syntax, &data[..end], length_size, kept)
    };
    unit
}

fn rewrite(syntax: Syntax, data: &[u8], length_size: usize, size: usize) -> Bytes {
    let mut unit = Unit::new();
    let mut out = BytesMut::with_capacity(size);
    for range in nal_units(data, length_size).flatten() {
        let nal = &data[range];
        if unit.keep(syntax, nal, Bytes::new) {
            out.put_u32(nal.len() as u32);
            out.put_slice(nal);
        }
    }
    out.freeze()
}

/// Whether the messages of an SEI unit fit into it, and it can stand in a byte stream. The end mark may be
/// missing: some encoders forget it.
///
/// Source: H.264 §7.3.2.3, §7.3.2.3.1, emulation prevention §7.4.1; H.265 §7.3.2.4, §7.3.5.
fn sei_is_sound(syntax: Syntax, nal: &[u8]) -> bool {
    // Drones write their telemetry unescaped: behind start codes it would fall apart into other units.
    if !annexb::fits(nal) {
        return false;
    }
    let mut bytes = unescaped(nal).skip(syntax.header()).enumerate();
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

/// The bytes of a unit without those that prevent emulation.
fn unescaped(nal: &[u8]) -> impl Iterator<Item = u8> + Clone + '_ {
    let mut zeros = 0;
    nal.iter().copied().filter(move |byte| {
        let prevention = zeros >= 2 && *byte == 3;
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        !prevention
    })
}

/// Size of the canonical form's NAL lengths.
const LENGTH: usize = 4;

/// Most bytes of parameter sets a track may have: a hundred times what encoders send.
const MAX_SET_BYTES: usize = 64 << 10;
/// Most parameter sets that are looked at in one frame.
const MAX_SETS: usize = 64;
/// As far as the id of any set can be away from its header: that of an SPS of H.265 stands behind the levels of seven layers.
const SET_START: usize = 128;

#[cfg(test)]
#[path = "nalu_test.rs"]
mod tests;
