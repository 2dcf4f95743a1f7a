//! Frames and tracks out of a fragmented MP4 that FFmpeg wrote.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use media::{Codec, Delta, Frame, Kind, Time, Track, TrackId};
use media::{aac, ac3, av1, flac, h264, h265, mp3, opus, vp9};

/// The tracks, and the frames of one track after the other in the order of the file.
pub(crate) fn read(file: &[u8]) -> (Vec<Arc<Track>>, Vec<Frame>) {
    let file = Bytes::copy_from_slice(file);
    let top = boxes(&file, 0);
    let (_, moov) = find(&top, b"moov");
    let first = top.iter().find(|(kind, _, _)| kind == b"moof").expect("a fragment");
    let mut lanes = Vec::new();
    for (_, _, trak) in boxes(&moov, 0).into_iter().filter(|(kind, _, _)| kind == b"trak") {
        lanes.push(Lane::read(&trak, &file, first.1));
    }
    let mut frames = Vec::new();
    for (_, start, moof) in top.iter().filter(|(kind, _, _)| kind == b"moof") {
        for (_, _, traf) in boxes(moof, 0).into_iter().filter(|(kind, _, _)| kind == b"traf") {
            let id = word(&find(&boxes(&traf, 0), b"tfhd").1, 4);
            let lane = lanes.iter().find(|lane| lane.track.id.0 == id).expect("a track of the header");
            lane.frames(&traf, &file, *start, &mut frames);
        }
    }
    (lanes.into_iter().map(|lane| lane.track).collect(), frames)
}

struct Lane {
    track: Arc<Track>,
    scale: u32,
}

impl Lane {
    fn read(trak: &Bytes, file: &Bytes, moof: usize) -> Lane {
        let id = word(&find(&boxes(trak, 0), b"tkhd").1, 12);
        let (_, mdia) = find(&boxes(trak, 0), b"mdia");
        let scale = word(&find(&boxes(&mdia, 0), b"mdhd").1, 12);
        let (_, minf) = find(&boxes(&mdia, 0), b"minf");
        let (_, stbl) = find(&boxes(&minf, 0), b"stbl");
        let (_, stsd) = find(&boxes(&stbl, 0), b"stsd");
        let (kind, _, entry) = boxes(&stsd, 8).remove(0);
        let config = |skip: usize, kind: &[u8; 4]| find(&boxes(&entry, skip), kind).1;
        let codec = match &kind {
            b"avc1" => Codec::H264(h264::Parameters::parse(&config(78, b"avcC")).unwrap().0),
            b"hev1" | b"hvc1" => Codec::H265(h265::Parameters::parse(&config(78, b"hvcC")).unwrap().0),
            b"av01" => Codec::Av1(av1::Parameters::parse(&config(78, b"av1C")).unwrap()),
            b"vp09" => Codec::Vp9(vp9::Parameters::parse(&config(78, b"vpcC")).unwrap()),
            b"Opus" => Codec::Opus(opus::Parameters::parse(&opus_head(&config(28, b"dOps"))).unwrap()),
            b"fLaC" => {
                let blocks = config(28, b"dfLa").slice(4..);
                Codec::Flac(flac::Parameters::parse(&[b"fLaC", &blocks[..]].concat().into()).unwrap())
            }
            b"ac-3" => Codec::Ac3(ac3::Parameters::parse_dac3(&config(28, b"dac3")).unwrap()),
            b"ec-3" => Codec::Eac3(ac3::Parameters::parse_dec3(&config(28, b"dec3")).unwrap()),
            b"mp4a" => mp4a(&config(28, b"esds"), file, moof),
            other => panic!("{} is not read here", String::from_utf8_lossy(other)),
        };
        Lane { track: Arc::new(Track { id: TrackId(id), codec }), scale }
    }

    /// Appends the samples of `traf`, whose moof begins at `start` of `file`.
    fn frames(&self, traf: &Bytes, file: &Bytes, start: usize, out: &mut Vec<Frame>) {
        let (_, tfhd) = find(&boxes(traf, 0), b"tfhd");
        let mut header = Words { bytes: &tfhd, at: 0 };
        let flags = header.next();
        header.next();
        assert!(flags & 0x02_0003 == 0x02_0000, "offsets from moof, one sample entry");
        let default = [0x08, 0x10, 0x20].map(|flag| if flags & flag != 0 { header.next() } else { 0 });
        let (_, tfdt) = find(&boxes(traf, 0), b"tfdt");
        let mut time = i64::from(word(&tfdt, 4)) << 32 | i64::from(word(&tfdt, 8));
        for (_, _, trun) in boxes(traf, 0).into_iter().filter(|(kind, _, _)| kind == b"trun") {
            let mut run = Words { bytes: &trun, at: 0 };
            let (flags, count) = (run.next(), run.next());
            let mut at = start + run.next() as usize;
            let mut first = (flags & 0x04 != 0).then(|| run.next());
            for _ in 0..count {
                let mut column = |flag, usual| if flags & flag != 0 { run.next() } else { usual };
                let (duration, size) = (column(0x100, default[0]), column(0x200, default[1]) as usize);
                let depends = first.take().unwrap_or(default[2]);
                let (depends, offset) = (column(0x400, depends), column(0x800, 0).cast_signed());
                let sound = self.track.kind() == Kind::Audio;
                out.push(Frame {
                    track: Arc::clone(&self.track),
                    dts: Time::from_ticks(time, self.scale),
                    pts: Time::from_ticks(time + i64::from(offset), self.scale),
                    duration: Some(Delta::from_ticks(duration.into(), self.scale)),
                    keyframe: sound || depends & 0x01_0000 == 0,
                    discontinuity: false,
                    wall: SystemTime::UNIX_EPOCH,
                    payload: file.slice(at..at + size),
                });
                at += size;
                time += i64::from(duration);
            }
        }
    }
}

/// AAC by its configuration; MP3, which has none, by its first frame, which is the first of the file.
fn mp4a(esds: &Bytes, file: &Bytes, moof: usize) -> Codec {
    let object =
        esds.iter().position(|byte| *byte == 0x04).map(|at| at + 5).expect("a decoder configuration");
    if esds[object] == 0x40 {
        let specific = object + 13;
        assert_eq!(esds[specific], 0x05);
        let size = usize::from(esds[specific + 4]);
        return Codec::Aac(aac::Parameters::parse(&esds.slice(specific + 5..specific + 5 + size)).unwrap());
    }
    let mdat = moof + word(file, moof) as usize + 8;
    Codec::Mp3(mp3::Parameters::parse_frame(&file[mdat..]).unwrap().0)
}

/// `dOps` as the identification header.
fn opus_head(specific: &Bytes) -> Bytes {
    let [_, channels, s1, s0, r3, r2, r1, r0, g1, g0, family, mapping @ ..] = &specific[..] else {
        panic!("dOps is cut short")
    };
    let mut head = b"OpusHead\x01".to_vec();
    head.extend([channels, s0, s1, r0, r1, r2, r3, g0, g1, family]);
    head.extend(mapping);
    head.into()
}

/// The boxes in `bytes` from `skip` on: kind, place, content.
fn boxes(bytes: &Bytes, skip: usize) -> Vec<([u8; 4], usize, Bytes)> {
    let mut found = Vec::new();
    let mut at = skip;
    while at < bytes.len() {
        let size = word(bytes, at) as usize;
        found.push((bytes[at + 4..at + 8].try_into().unwrap(), at, bytes.slice(at + 8..at + size)));
        at += size;
    }
    found
}

#[track_caller]
fn find(boxes: &[([u8; 4], usize, Bytes)], kind: &[u8; 4]) -> (usize, Bytes) {
    let found = boxes.iter().find(|(other, _, _)| other == kind);
    let (_, at, body) = found.unwrap_or_else(|| panic!("no {}", String::from_utf8_lossy(kind)));
    (*at, body.clone())
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}

struct Words<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Words<'_> {
    fn next(&mut self) -> u32 {
        self.at += 4;
        word(self.bytes, self.at - 4)
    }
}
