//! FLV in and out: one second of a stream of 6 Mbit/s, 60 pictures and 47 audio frames.

use std::hint::black_box;
use std::time::SystemTime;

use bytes::Bytes;
use container::flv::{self, Demuxer, Reader, TagKind};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use media::{Frame, Time};

/// Kind, milliseconds and tag body. Pictures are four slices; with `delimiters` there is something to cut out of each.
fn second(delimiters: bool) -> Vec<(TagKind, u32, Bytes)> {
    let picture = |index: u32| {
        let mut body = vec![0x27, 1, 0, 0, 0];
        if delimiters {
            body.extend([0, 0, 0, 2, 9, 0xf0]);
        }
        for _ in 0..4 {
            body.extend(3_000u32.to_be_bytes());
            body.extend([0x41; 3_000]);
        }
        (TagKind::Video, index * 1000 / 60, Bytes::from(body))
    };
    let sound =
        |index: u32| (TagKind::Audio, index * 1000 / 47, Bytes::from([vec![0xaf, 1], vec![7; 340]].concat()));
    (0..60).map(picture).chain((0..47).map(sound)).collect()
}

fn demuxer() -> Demuxer {
    let mut demuxer = Demuxer::new();
    let record: &[u8] = &[
        0x17, 0, 0, 0, 0, 1, 0x64, 0, 31, 0xff, 0xe1, 0, 6, 0x67, 0x64, 0, 31, 0xac, 0x72, 1, 0, 2, 0x68,
        0xe8,
    ];
    for (kind, body) in [(TagKind::Video, record), (TagKind::Audio, &[0xaf, 0, 0x11, 0x90])] {
        read(&mut demuxer, kind, 0, Bytes::copy_from_slice(body));
    }
    assert_eq!(demuxer.tracks().count(), 2);
    demuxer
}

fn read(demuxer: &mut Demuxer, kind: TagKind, millis: u32, body: Bytes) -> Option<Frame> {
    let (time, wall) = (Time::from_millis(millis.into()), SystemTime::UNIX_EPOCH);
    match kind {
        TagKind::Video => demuxer.video(time, wall, body),
        TagKind::Audio => demuxer.audio(time, wall, body),
        TagKind::Data => demuxer.data(time, wall, body),
    }
    .next()
    .map(|frame| frame.expect("good tags"))
}

fn tags(criterion: &mut Criterion) {
    let size = second(false).iter().map(|(_, _, body)| body.len()).sum::<usize>();
    let mut group = criterion.benchmark_group("flv");
    group.throughput(Throughput::Bytes(size as u64));

    for (name, delimiters) in [("demux/clean", false), ("demux/delimiters", true)] {
        let (messages, mut demuxer) = (second(delimiters), demuxer());
        group.bench_function(name, |bench| {
            bench.iter(|| {
                for (kind, millis, body) in &messages {
                    black_box(read(&mut demuxer, *kind, *millis, body.clone()));
                }
            });
        });
    }

    let mut demuxer = demuxer();
    let frames: Vec<Frame> = second(false)
        .into_iter()
        .filter_map(|(kind, millis, body)| read(&mut demuxer, kind, millis, body))
        .collect();
    group.bench_function("mux/gather", |bench| {
        let (mut heads, mut out): (Vec<u8>, Vec<Bytes>) = (Vec::new(), Vec::new());
        bench.iter(|| {
            heads.clear();
            out.clear();
            for frame in &frames {
                let head = flv::head(frame, 0);
                let body = head.len() + frame.payload.len();
                heads.extend(flv::tag_header(frame.track.kind().into(), body, frame.dts.as_millis() as u32));
                heads.extend_from_slice(&head);
                out.push(frame.payload.clone());
                heads.extend((11 + body as u32).to_be_bytes());
            }
            black_box((&heads, &out));
        });
    });

    let mut file = flv::file_header(true, true).to_vec();
    for (kind, millis, body) in second(false) {
        file.extend(flv::tag_header(kind, body.len(), millis));
        file.extend_from_slice(&body);
        file.extend((11 + body.len() as u32).to_be_bytes());
    }
    group.bench_function("read/16 KiB pieces", |bench| {
        bench.iter(|| {
            let mut reader = Reader::new();
            for piece in file.chunks(16 << 10) {
                reader.push(piece);
                while let Some(tag) = reader.next().expect("a good file") {
                    black_box(tag);
                }
            }
        });
    });
    group.finish();
}

criterion_group!(benches, tags);
criterion_main!(benches);
