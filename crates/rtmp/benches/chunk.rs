//! Writing and reading chunks: one second of a stream of 6 Mbit/s, 60 pictures and 47 audio frames.

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use media::Time;
use rtmp::chunk::{self, Header, Reader};
use rtmp::{Limits, MediaKind};

/// Kind, milliseconds, body as a gather list: an FLV tag's header and a payload.
fn second() -> Vec<(MediaKind, i64, [Bytes; 2])> {
    let video = (0..60).map(|index| (MediaKind::Video, index * 1000 / 60, 12_000, 5));
    let audio = (0..47).map(|index| (MediaKind::Audio, index * 1000 / 47, 340, 2));
    video
        .chain(audio)
        .map(|(kind, time, size, head)| {
            (kind, time, [Bytes::from(vec![1; head]), Bytes::from(vec![7; size])])
        })
        .collect()
}

fn written(
    messages: &[(MediaKind, i64, [Bytes; 2])],
    chunk_size: u32,
    out: &mut Vec<Bytes>,
    scratch: &mut BytesMut,
) {
    for (kind, time, body) in messages {
        let header = Header::media(*kind, Time::from_millis(*time), 1);
        chunk::write(out, scratch, &header, chunk_size, body).expect("small messages");
    }
}

fn chunks(criterion: &mut Criterion) {
    let messages = second();
    let size = messages.iter().flat_map(|(_, _, body)| body).map(Bytes::len).sum::<usize>();
    let mut group = criterion.benchmark_group("chunk");
    group.throughput(Throughput::Bytes(size as u64));

    for chunk_size in [128, 4096, 60_000] {
        group.bench_function(format!("write/{chunk_size}"), |bench| {
            let (mut out, mut scratch) = (Vec::new(), BytesMut::new());
            bench.iter(|| {
                out.clear();
                written(&messages, chunk_size, &mut out, &mut scratch);
                black_box(&out);
            });
        });

        let mut out = Vec::new();
        let set = Header { csid: 2, timestamp: 0, kind: 1, stream: 0 };
        let mut announced = BytesMut::new();
        chunk::write_contiguous(&mut announced, &set, 128, &chunk_size.to_be_bytes())
            .expect("a small message");
        out.push(announced.freeze());
        written(&messages, chunk_size, &mut out, &mut BytesMut::new());
        let bytes = out.concat();
        let bounds = Limits::default().publisher;
        group.bench_function(format!("read/{chunk_size}"), |bench| {
            bench.iter_batched_ref(
                Reader::new,
                |reader| {
                    // As a socket gives them.
                    for mut part in bytes.chunks(64 << 10) {
                        while let Some(message) = reader.read(&mut part, &bounds).expect("what was written") {
                            black_box(message);
                        }
                    }
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, chunks);
criterion_main!(benches);
