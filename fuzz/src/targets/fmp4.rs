//! Any frames through the fragmenter: chunks are whole boxes, every frame is in one of them, and no track's time goes back.
//!
//! Each piece of the input is what to do, a step in time and a size.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use container::fmp4::{self, Chunk, Fragmenter};
use media::{Codec, Delta, Frame, Time, Track, TrackId, aac, h264, opus};

pub fn run(data: &[u8]) {
    let tracks = tracks();
    let header = fmp4::init(&tracks);
    assert_eq!(boxes(&header).map(|(kind, _)| kind).collect::<Vec<_>>(), [*b"ftyp", *b"moov"]);
    let mut fragmenter = Fragmenter::new(&tracks);
    let mut check = Check::default();
    let (mut now, mut pushed) = (Time::ZERO, 0);
    let mut pieces = data.chunks_exact(5);
    for &[what, high, low, wait, size] in
        pieces.by_ref().map(|piece| piece.first_chunk().expect("five bytes"))
    {
        let step = i64::from(i16::from_be_bytes([high, low])).saturating_mul(1 << (what >> 3));
        now += Delta::micros(step);
        if what & 7 == 7 {
            check.chunk(fragmenter.cut(now));
            continue;
        }
        let track = Arc::clone(&tracks[usize::from(what & 3) % tracks.len()]);
        let pts = now + Delta::millis(i64::from(wait) * 10 - 500);
        let frame = Frame {
            track,
            dts: now,
            pts,
            duration: (wait & 1 == 1).then(|| Delta::micros(step)),
            keyframe: what & 4 == 0,
            discontinuity: false,
            wall: SystemTime::UNIX_EPOCH,
            payload: Bytes::from(vec![what; size.into()]),
        };
        fragmenter.push(&Arc::new(frame));
        pushed += u32::from(size > 0);
    }
    check.chunk(fragmenter.finish());
    assert!(fragmenter.finish().is_none());
    assert_eq!(check.samples, pushed, "every frame comes out once");
}

#[derive(Default)]
struct Check {
    samples: u32,
    sequence: u32,
    /// Where each track's last sample ends, in its ticks.
    ends: HashMap<u32, u64>,
}

impl Check {
    fn chunk(&mut self, chunk: Option<Chunk>) {
        let Some(chunk) = chunk else { return };
        let top: Vec<_> = boxes(&chunk.data).collect();
        let [(moof_kind, moof), (mdat_kind, mdat)] = top[..] else {
            panic!("{} boxes in a chunk", top.len())
        };
        assert_eq!((moof_kind, mdat_kind), (*b"moof", *b"mdat"));
        assert!(chunk.duration >= Delta::ZERO);
        let (mut at, mut samples) = (8 + moof.len() + 8, 0);
        for (kind, content) in boxes(moof) {
            match &kind {
                b"mfhd" => {
                    self.sequence += 1;
                    assert_eq!(word(content, 4), self.sequence);
                }
                b"traf" => samples += self.track(content, &mut at),
                other => panic!("{other:?} in moof"),
            }
        }
        assert_eq!(at, 8 + moof.len() + 8 + mdat.len(), "the samples are all of mdat");
        assert_eq!(samples, chunk.samples);
        self.samples += samples;
    }

    /// One track of a chunk, whose data begins at `at`: how many samples it has.
    fn track(&mut self, traf: &[u8], at: &mut usize) -> u32 {
        let content: HashMap<_, _> = boxes(traf).collect();
        let (head, base, run) = (content[b"tfhd"], content[b"tfdt"], content[b"trun"]);
        let usual = if word(head, 0) & 0x08 != 0 { word(head, 8) } else { 0 };
        let base = u64::from(word(base, 4)) << 32 | u64::from(word(base, 8));
        let end = self.ends.entry(word(head, 4)).or_default();
        assert!(base >= *end, "decode times go on at {end} or later, not {base}");
        let (flags, count) = (word(run, 0) & 0xff_ffff, word(run, 4));
        assert_eq!(word(run, 8) as usize, *at);
        let column = |flag| usize::from(flags & flag != 0);
        let row = 4 * (column(0x100) + column(0x200) + column(0x400) + column(0x800));
        assert_eq!(run.len(), 12 + row * count as usize);
        *end = base;
        for row in run[12..].chunks_exact(row) {
            let duration = if flags & 0x100 != 0 { word(row, 0) } else { usual };
            *end += u64::from(duration);
            *at += word(row, 4 * column(0x100)) as usize;
        }
        count
    }
}

/// The boxes that `bytes` consist of, to the last byte.
fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let (this, rest) = bytes.split_at(word(bytes, 0) as usize);
        bytes = rest;
        Some((*this[4..].first_chunk().expect("a kind"), &this[8..]))
    })
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(*bytes[at..].first_chunk().expect("four bytes"))
}

fn tracks() -> Vec<Arc<Track>> {
    let sets = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
    let video = h264::Parameters::new(sets(&[0x67, 77, 0, 31, 0xff]), sets(&[0x68, 0xce])).expect("sets");
    let sound = aac::Parameters::parse(&Bytes::from_static(&[0x12, 0x10])).expect("a configuration");
    let opus = opus::Parameters::new(2).expect("stereo");
    let codecs = [Codec::H264(video), Codec::Aac(sound), Codec::Opus(opus)];
    codecs.into_iter().zip(1..).map(|(codec, id)| Arc::new(Track { id: TrackId(id), codec })).collect()
}
