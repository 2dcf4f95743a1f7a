//! What comes before the samples.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::BufMut as _;
use media::{Delta, Time};

use super::index::{Index, Track};
use super::samples::Chunk;
use crate::boxes::{put, put_full};

/// How the file is to be written: `head`, and then the fragmented file as it is, from its first byte to its last.
#[derive(Debug)]
pub struct Layout {
    /// ftyp, moov, and the head of mdat. A multiple of [`ALIGNED`] bytes.
    pub head: Vec<u8>,
    /// Bytes of the fragmented file.
    pub length: u64,
}

impl Layout {
    /// Bytes of the whole.
    pub fn size(&self) -> u64 {
        self.head.len() as u64 + self.length
    }
}

impl Index {
    /// The file of these samples, made at `created`. Tracks without samples are left out.
    pub fn layout(&self, created: SystemTime) -> Layout {
        let tables: usize = self.tracks().map(|track| track.samples.tables()).sum();
        let mut head = Vec::with_capacity(HEAD + tables);
        let mut places = Vec::new();
        put(&mut head, b"ftyp", |out| self.brands(out));
        put(&mut head, b"moov", |out| self.movie(out, seconds_since_1904(created), &mut places));
        // What follows begins where blocks of disks do: a file system that can share them copies nothing.
        let padding = ALIGNED - (head.len() + 8 + 16) % ALIGNED;
        put(&mut head, b"free", |out| out.put_bytes(0, padding));
        head.put_u32(1); // the size is behind the kind
        head.put_slice(b"mdat");
        head.put_u64(self.length + 16);
        // Now it is known where the samples begin.
        let begin = head.len() as u64;
        for place in places.into_iter().flatten() {
            if let Some(field) = head.get_mut(place..).and_then(|rest| rest.first_chunk_mut()) {
                *field = (u64::from_be_bytes(*field) + begin).to_be_bytes();
            }
        }
        Layout { head, length: self.length }
    }

    fn tracks(&self) -> impl Iterator<Item = &Track> {
        self.tracks.iter().filter(|track| track.samples.count() > 0)
    }

    fn brands(&self, out: &mut Vec<u8>) {
        out.put_slice(b"isom");
        out.put_u32(0x200);
        // iso4: composition offsets may be negative.
        out.put_slice(b"isomiso4mp41mp42");
        if self.tracks().any(|track| track.header.codec() == *b"av01") {
            out.put_slice(b"av01");
        }
    }

    /// `places` gets where offsets of samples stand, 8 bytes each, that are counted from the beginning of the fragmented file so far.
    fn movie(&self, out: &mut Vec<u8>, created: u64, places: &mut Vec<Vec<usize>>) {
        let spans = self.tracks().filter_map(Track::span);
        let origin = spans.map(|(from, _)| from).min().unwrap_or(Time::ZERO);
        let ids = self.tracks().map(|track| track.header.id);
        let next = ids.max().unwrap_or_default().saturating_add(1);
        let duration = ticks_up(self.duration());
        // ISO/IEC 14496-12 §8.2.2.
        timed(out, b"mvhd", 0, created.max(duration), |out, put| {
            put(out, created);
            put(out, created);
            out.put_u32(MOVIE);
            put(out, duration);
            out.put_u32(0x0001_0000); // rate 1
            out.put_u16(0x0100); // full volume
            out.put_bytes(0, 10);
            for value in [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000] {
                out.put_u32(value); // neither turned nor stretched
            }
            out.put_bytes(0, 24);
            out.put_u32(next);
        });
        for track in self.tracks() {
            put(out, b"trak", |out| places.push(track.write(out, origin, created)));
        }
    }
}

impl Track {
    /// Appends what is in `trak` of a file that begins with `origin`; returns where the offsets of its chunks stand.
    fn write(&self, out: &mut Vec<u8>, origin: Time, created: u64) -> Vec<usize> {
        let header = &self.header;
        let (from, to) = self.span().unwrap_or((origin, origin));
        let late = (from - origin).to_ticks(MOVIE).max(0) as u64;
        let lasts = ticks_up(to - from);
        // §8.3.2.
        timed(out, b"tkhd", ENABLED | IN_MOVIE, created.max(late + lasts), |out, put| {
            put(out, created);
            put(out, created);
            out.put_u32(header.id);
            out.put_u32(0);
            put(out, late + lasts);
            out.put_slice(&header.looks);
        });
        let first = self.samples.shown().0;
        if late > 0 || first != 0 {
            put(out, b"edts", |out| edits(out, late, lasts, first));
        }
        let mut places = Vec::new();
        put(out, b"mdia", |out| {
            let length = self.samples.end - self.samples.start;
            // §8.4.2.
            timed(out, b"mdhd", 0, created.max(length), |out, put| {
                put(out, created);
                put(out, created);
                out.put_u32(header.scale);
                put(out, length);
                out.put_u16(UNDETERMINED);
                out.put_u16(0);
            });
            out.put_slice(&header.handler);
            put(out, b"minf", |out| {
                out.put_slice(&header.media);
                put(out, b"stbl", |out| places = self.tables(out));
            });
        });
        places
    }

    /// §8.6, §8.7; returns where the offsets of chunks stand.
    fn tables(&self, out: &mut Vec<u8>) -> Vec<usize> {
        let samples = &self.samples;
        out.put_slice(&self.header.entries);
        put_full(out, b"stts", (0, 0), |out| {
            out.put_u32(samples.durations.0.len() as u32);
            for (count, duration) in &samples.durations.0 {
                out.put_u32(*count);
                out.put_u32(*duration);
            }
        });
        if samples.offsets.0.iter().any(|(_, offset)| *offset != 0) {
            let negative = samples.offsets.0.iter().any(|(_, offset)| *offset < 0);
            put_full(out, b"ctts", (u8::from(negative), 0), |out| {
                out.put_u32(samples.offsets.0.len() as u32);
                for (count, offset) in &samples.offsets.0 {
                    out.put_u32(*count);
                    out.put_i32(*offset);
                }
            });
        }
        if samples.some_depend() {
            put_full(out, b"stss", (0, 0), |out| {
                out.put_u32(samples.sync.len() as u32);
                samples.sync.iter().for_each(|number| out.put_u32(*number));
            });
        }
        put_full(out, b"stsc", (0, 0), |out| chunks(out, &samples.chunks));
        put_full(out, b"stsz", (0, 0), |out| {
            out.put_u32(0); // not all of one size
            out.put_u32(samples.sizes.len() as u32);
            samples.sizes.iter().for_each(|size| out.put_u32(*size));
        });
        let mut places = Vec::with_capacity(samples.chunks.len());
        put_full(out, b"co64", (0, 0), |out| {
            out.put_u32(samples.chunks.len() as u32);
            for chunk in &samples.chunks {
                places.push(out.len());
                out.put_u64(chunk.at);
            }
        });
        places
    }
}

/// What is in `edts`: the track begins `late`, with what is presented at `first` of its own time, and goes on for `lasts`.
///
/// Source: §8.6.6.
fn edits(out: &mut Vec<u8>, late: u64, lasts: u64, first: i64) {
    // Before zero there is nothing of a track. What is presented has a sign, which takes a bit.
    let first = first.max(0);
    timed(out, b"elst", 0, late.max(lasts).max(first.cast_unsigned() * 2), |out, put| {
        out.put_u32(1 + u32::from(late > 0));
        let mut edit = |duration, from: i64| {
            put(out, duration);
            put(out, from.cast_unsigned());
            out.put_u32(0x0001_0000); // at its own speed
        };
        if late > 0 {
            edit(late, -1);
        }
        edit(lasts, first);
    });
}

/// What is in `stsc`: from which chunk on there are how many samples in each.
fn chunks(out: &mut Vec<u8>, chunks: &[Chunk]) {
    let before = std::iter::once(None).chain(chunks.iter().map(Some));
    let changes = chunks.iter().zip(before).zip(1u32..);
    let changes: Vec<_> = changes
        .filter(|((chunk, before), _)| before.is_none_or(|before| before.samples != chunk.samples))
        .map(|((chunk, _), number)| (number, chunk.samples))
        .collect();
    out.put_u32(changes.len() as u32);
    for (number, samples) in changes {
        out.put_u32(number);
        out.put_u32(samples);
        out.put_u32(1); // the first sample entry
    }
}

/// Appends a box of version 0, or of 1 if its times, of which `most` is the greatest, need more than 32 bits; `body` is given how to
/// write one.
fn timed(out: &mut Vec<u8>, kind: &[u8; 4], flags: u32, most: u64, body: impl FnOnce(&mut Vec<u8>, PutTime)) {
    let wide = most > u32::MAX.into();
    let put: PutTime =
        if wide { |out, time| out.put_u64(time) } else { |out, time| out.put_u32(time as u32) };
    put_full(out, kind, (u8::from(wide), flags), |out| body(out, put));
}

type PutTime = fn(&mut Vec<u8>, u64);

/// In ticks of the movie; a part of one counts as one, so that no edit ends before its last sample.
fn ticks_up(span: Delta) -> u64 {
    let micros = u128::from(span.as_micros().max(0).unsigned_abs());
    u64::try_from((micros * u128::from(MOVIE)).div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// As MP4 counts them. Source: §8.2.2.
fn seconds_since_1904(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() + 2_082_844_800)
}

/// Ticks a second of edits and of the whole: the pictures' own, and nearer to sound's than it can be heard. 32 bits are 13 hours.
/// What the samples of a finished file are aligned to, in bytes.
pub const ALIGNED: usize = 4_096;
/// Bytes of all that is no table, as a rule.
const HEAD: usize = 3 * ALIGNED;
const MOVIE: u32 = 90_000;
const ENABLED: u32 = 1;
const IN_MOVIE: u32 = 2;
/// The language `und`, as three letters of five bits.
const UNDETERMINED: u16 = 0x55c4;

#[cfg(test)]
#[path = "layout_test.rs"]
mod tests;
