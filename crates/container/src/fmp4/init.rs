//! The header that comes before all chunks.

use std::sync::Arc;

use bytes::{BufMut as _, Bytes};
use media::{Codec, Kind, Track};

use super::entry::{sample_entry, timescale};
use crate::boxes::{put, put_full};

/// The header of `tracks`: ftyp, and moov without samples.
///
/// Tracks that are not [carried](super::carries) are passed over; the others are numbered from 1 in their order, as in
/// a [`Fragmenter`](super::Fragmenter) made for the same tracks.
pub fn init(tracks: &[Arc<Track>]) -> Bytes {
    let traks: Vec<Trak<'_>> = tracks
        .iter()
        .filter_map(|track| Some((&track.codec, sample_entry(&track.codec)?)))
        .zip(1..)
        .map(|((codec, entry), id)| Trak { id, codec, entry })
        .collect();
    let mut out = Vec::with_capacity(1024);
    put(&mut out, b"ftyp", |out| brands(out, &traks));
    put(&mut out, b"moov", |out| {
        movie_header(out, traks.len());
        for trak in &traks {
            put(out, b"trak", |out| trak.write(out));
        }
        put(out, b"mvex", |out| {
            for trak in &traks {
                put_full(out, b"trex", (0, 0), |out| {
                    out.put_u32(trak.id);
                    out.put_u32(1); // the first (and only) sample entry
                    out.put_bytes(0, 12); // duration, size, flags: said in each fragment
                });
            }
        });
    });
    Bytes::from(out)
}

/// One track of the header.
struct Trak<'a> {
    id: u32,
    codec: &'a Codec,
    entry: Vec<u8>,
}

fn brands(out: &mut Vec<u8>, traks: &[Trak<'_>]) {
    // iso6: base times and signed composition offsets.
    out.put_slice(b"iso6");
    out.put_u32(0);
    out.put_slice(b"iso6mp41");
    // A CMAF track is alone in its file (§7.3.1).
    if let [_] = traks {
        out.put_slice(b"cmfc");
    }
    if traks.iter().any(|trak| matches!(trak.codec, Codec::Av1(_))) {
        out.put_slice(b"av01");
    }
}

/// Source: ISO/IEC 14496-12 §8.2.2.
fn movie_header(out: &mut Vec<u8>, tracks: usize) {
    put_full(out, b"mvhd", (0, 0), |out| {
        out.put_bytes(0, 8); // creation, modification: a pure function knows no date
        out.put_u32(1000); // timescale; nothing is measured in it
        out.put_u32(0); // duration: that of the fragments
        out.put_u32(0x0001_0000); // rate 1
        out.put_u16(0x0100); // full volume
        out.put_bytes(0, 10);
        matrix(out);
        out.put_bytes(0, 24);
        out.put_u32(u32::try_from(tracks).unwrap_or(u32::MAX).saturating_add(1)); // next track
    });
}

impl Trak<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        self.track_header(out);
        put(out, b"mdia", |out| {
            put_full(out, b"mdhd", (0, 0), |out| {
                out.put_bytes(0, 8);
                out.put_u32(timescale(self.codec));
                out.put_u32(0);
                out.put_u16(UNDETERMINED);
                out.put_u16(0);
            });
            put_full(out, b"hdlr", (0, 0), |out| {
                let (handler, name) = match self.codec.kind() {
                    Kind::Video => (b"vide", b"Video\0"),
                    _ => (b"soun", b"Sound\0"),
                };
                out.put_u32(0);
                out.put_slice(handler);
                out.put_bytes(0, 12);
                out.put_slice(name);
            });
            put(out, b"minf", |out| self.media_information(out));
        });
    }

    /// Source: ISO/IEC 14496-12 §8.3.2.
    fn track_header(&self, out: &mut Vec<u8>) {
        let sound = self.codec.kind() == Kind::Audio;
        put_full(out, b"tkhd", (0, ENABLED | IN_MOVIE), |out| {
            out.put_bytes(0, 8);
            out.put_u32(self.id);
            out.put_bytes(0, 4 + 4 + 8); // reserved, duration, reserved
            out.put_u16(0); // layer
            out.put_u16(u16::from(sound)); // alternatives to each other: all sound, all pictures
            out.put_u16(if sound { 0x0100 } else { 0 }); // volume
            out.put_u16(0);
            matrix(out);
            let (width, height) =
                self.codec.picture().map_or((0, 0), |picture| (picture.width, picture.height));
            out.put_u32(width.min(0xffff) << 16);
            out.put_u32(height.min(0xffff) << 16);
        });
    }

    fn media_information(&self, out: &mut Vec<u8>) {
        match self.codec.kind() {
            Kind::Video => put_full(out, b"vmhd", (0, 1), |out| out.put_bytes(0, 8)),
            _ => put_full(out, b"smhd", (0, 0), |out| out.put_bytes(0, 4)),
        }
        put(out, b"dinf", |out| {
            put_full(out, b"dref", (0, 0), |out| {
                out.put_u32(1);
                put_full(out, b"url ", (0, SAME_FILE), |_| {});
            });
        });
        put(out, b"stbl", |out| {
            put_full(out, b"stsd", (0, 0), |out| {
                out.put_u32(1);
                out.put_slice(&self.entry);
            });
            // The samples are in the fragments.
            put_full(out, b"stts", (0, 0), |out| out.put_u32(0));
            put_full(out, b"stsc", (0, 0), |out| out.put_u32(0));
            put_full(out, b"stsz", (0, 0), |out| out.put_bytes(0, 8));
            put_full(out, b"stco", (0, 0), |out| out.put_u32(0));
        });
    }
}

/// Neither turned nor stretched.
fn matrix(out: &mut Vec<u8>) {
    for value in [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000] {
        out.put_u32(value);
    }
}

const ENABLED: u32 = 1;
const IN_MOVIE: u32 = 2;
const SAME_FILE: u32 = 1;
/// The language `und`, as three letters of five bits.
const UNDETERMINED: u16 = 0x55c4;

#[cfg(test)]
#[path = "init_test.rs"]
mod tests;
