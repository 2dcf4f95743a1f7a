//! MPEG-TS out and in: one second of a stream, 60 pictures (one of them a key frame) and 47 audio frames, at two rates.

use std::hint::black_box;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use container::ts::{Demuxer, Muxer};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use media::{Codec, Frame, Time, Track, TrackId, aac, h264};

fn tracks() -> [Arc<Track>; 2] {
    let sps = vec![Bytes::from_static(&[0x67, 0x64, 0, 31, 0xac, 0x72])];
    let video = h264::Parameters::new(sps, vec![Bytes::from_static(&[0x68, 0xe8])]).expect("good sets");
    let audio = aac::Parameters::parse(&Bytes::from_static(&[0x11, 0x90])).expect("a good config");
    [
        Arc::new(Track { id: TrackId(0), codec: Codec::H264(video) }),
        Arc::new(Track { id: TrackId(1), codec: Codec::Aac(audio) }),
    ]
}

/// In dts order. Pictures are `slices` slices of `size` bytes.
fn second([video, audio]: &[Arc<Track>; 2], slices: usize, size: u32) -> Vec<Frame> {
    let frame = |track: &Arc<Track>, dts: Time, keyframe, payload: Vec<u8>| Frame {
        track: Arc::clone(track),
        dts,
        pts: dts,
        duration: None,
        keyframe,
        discontinuity: false,
        wall: SystemTime::UNIX_EPOCH,
        payload: payload.into(),
    };
    let slice = [&size.to_be_bytes()[..], &vec![0x41; size as usize]].concat();
    let picture = |index: i64| {
        frame(video, Time::from_micros(index * 1_000_000 / 60), index == 0, slice.repeat(slices))
    };
    let sound = |index: i64| frame(audio, Time::from_micros(index * 1_000_000 / 47), true, vec![7; 340]);
    let mut frames: Vec<_> = (0..60).map(picture).chain((0..47).map(sound)).collect();
    frames.sort_by_key(|frame| frame.dts);
    frames
}

fn mux(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ts");
    for (name, slices, size) in [("mux/1 Mbit", 1, 2_000), ("mux/6 Mbit", 4, 3_000)] {
        let tracks = tracks();
        let mut frames = second(&tracks, slices, size);
        let bytes = frames.iter().map(|frame| frame.payload.len()).sum::<usize>();
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(name, |bench| {
            let mut muxer = Muxer::new(&tracks);
            let mut out = Vec::new();
            bench.iter(|| {
                out.clear();
                for frame in &mut frames {
                    muxer.write(frame, &mut out);
                    frame.dts += media::Delta::secs(1);
                    frame.pts += media::Delta::secs(1);
                }
                muxer.flush(&mut out);
                black_box(&out);
            });
        });
    }
    group.finish();
}

/// In datagrams of seven packets, as SRT brings it.
fn demux(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ts");
    for (name, slices, size) in [("demux/1 Mbit", 1, 2_000), ("demux/6 Mbit", 4, 3_000)] {
        let tracks = tracks();
        let mut muxer = Muxer::new(&tracks);
        let mut stream = Vec::new();
        second(&tracks, slices, size).iter().for_each(|frame| muxer.write(frame, &mut stream));
        muxer.flush(&mut stream);
        group.throughput(Throughput::Bytes(stream.len() as u64));
        group.bench_function(name, |bench| {
            bench.iter(|| {
                let mut demuxer = Demuxer::new();
                for datagram in stream.chunks(1316) {
                    demuxer.push(SystemTime::UNIX_EPOCH, datagram);
                    while let Some(frame) = demuxer.next() {
                        black_box(frame);
                    }
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, mux, demux);
criterion_main!(benches);
