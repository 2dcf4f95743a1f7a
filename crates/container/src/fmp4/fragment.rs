//! One fragment: moof and mdat. Source: ISO/IEC 14496-12 §8.8.

use std::sync::Arc;

use bytes::{BufMut as _, Bytes};
use media::Frame;

use crate::boxes::{patch, put, put_full};

/// Samples of some tracks that go into one moof and mdat.
#[derive(Debug)]
pub(super) struct Fragment {
    pub(super) sequence: u32,
    pub(super) runs: Vec<Run>,
}

/// The samples of one track, in decoding order; never empty.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) track: u32,
    /// Sound: every sample can be decoded on its own, and is presented when it is decoded.
    pub(super) sound: bool,
    /// Decode time of the first sample.
    pub(super) base: u64,
    pub(super) samples: Vec<Sample>,
}

/// One frame with its times, in the track's ticks.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) frame: Arc<Frame>,
    pub(super) duration: u32,
    /// From decoding to presentation.
    pub(super) offset: i32,
}

impl Fragment {
    /// The bytes; payloads are copied, once.
    pub(super) fn write(&self) -> Bytes {
        let count: usize = self.runs.iter().map(|run| run.samples.len()).sum();
        let payload: usize = self.runs.iter().map(Run::size).sum();
        let mut out = Vec::with_capacity(HEAD + self.runs.len() * RUN_HEAD + count * 16 + payload);
        let mut places = Vec::with_capacity(self.runs.len());
        put(&mut out, b"moof", |out| {
            put_full(out, b"mfhd", (0, 0), |out| out.put_u32(self.sequence));
            for run in &self.runs {
                places.push(run.write(out));
            }
        });
        let mut data = out.len() + 8;
        for (run, place) in self.runs.iter().zip(places) {
            patch(&mut out, place, u32::try_from(data).unwrap_or(u32::MAX));
            data += run.size();
        }
        put(&mut out, b"mdat", |out| {
            for sample in self.runs.iter().flat_map(|run| &run.samples) {
                out.put_slice(&sample.frame.payload);
            }
        });
        Bytes::from(out)
    }
}

impl Run {
    /// Bytes of the payloads.
    fn size(&self) -> usize {
        self.samples.iter().map(|sample| sample.frame.payload.len()).sum()
    }

    /// Appends traf; returns where the offset of the data is to be written.
    fn write(&self, out: &mut Vec<u8>) -> usize {
        let mut place = 0;
        let even = self.even();
        put(out, b"traf", |out| {
            let header = BASE_IS_MOOF | DEFAULT_FLAGS | if even.is_some() { DEFAULT_DURATION } else { 0 };
            put_full(out, b"tfhd", (0, header), |out| {
                out.put_u32(self.track);
                if let Some(duration) = even {
                    out.put_u32(duration);
                }
                out.put_u32(if self.sound { SYNC } else { NOT_SYNC });
            });
            put_full(out, b"tfdt", (1, 0), |out| out.put_u64(self.base));
            let columns = SIZE
                | if even.is_none() { DURATION } else { 0 }
                | if self.sound { 0 } else { FLAGS }
                | if self.samples.iter().any(|sample| sample.offset != 0) { OFFSET } else { 0 };
            put_full(out, b"trun", (1, DATA_OFFSET | columns), |out| {
                out.put_u32(u32::try_from(self.samples.len()).unwrap_or(u32::MAX));
                place = out.len();
                out.put_u32(0);
                for sample in &self.samples {
                    sample.write(out, columns);
                }
            });
        });
        place
    }

    /// How long every sample lasts, if all last equally long.
    fn even(&self) -> Option<u32> {
        let duration = self.samples.first()?.duration;
        self.samples.iter().all(|sample| sample.duration == duration).then_some(duration)
    }
}

impl Sample {
    /// Appends the row of the sample with the `columns` that the table has.
    fn write(&self, out: &mut Vec<u8>, columns: u32) {
        if columns & DURATION != 0 {
            out.put_u32(self.duration);
        }
        out.put_u32(u32::try_from(self.frame.payload.len()).unwrap_or(u32::MAX));
        if columns & FLAGS != 0 {
            out.put_u32(if self.frame.keyframe { SYNC } else { NOT_SYNC });
        }
        if columns & OFFSET != 0 {
            out.put_i32(self.offset);
        }
    }
}

/// Flags of tfhd.
const DEFAULT_DURATION: u32 = 0x08;
const DEFAULT_FLAGS: u32 = 0x20;
const BASE_IS_MOOF: u32 = 0x02_0000;

/// Flags of trun: what its head and its rows have.
const DATA_OFFSET: u32 = 0x001;
const DURATION: u32 = 0x100;
const SIZE: u32 = 0x200;
const FLAGS: u32 = 0x400;
const OFFSET: u32 = 0x800;

/// A sample that depends on no other,
const SYNC: u32 = 0x0200_0000;
/// and one that does, where decoding cannot begin.
const NOT_SYNC: u32 = 0x0101_0000;

/// What the boxes take besides rows and payloads, at most.
const HEAD: usize = 8 + 16 + 8;
const RUN_HEAD: usize = 8 + 24 + 20 + 20;
