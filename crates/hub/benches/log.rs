//! Pushing into a log, and reading it with many readers.

use std::hint::black_box;
use std::sync::Arc;
use std::task::{Context, Waker};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use hub::log::{Bounds, Entry, Join, Log, Reader, Slow};
use media::{Delta, Time};

fn log() -> Arc<Log<Arc<[u8; 16]>>> {
    Arc::new(Log::new(Bounds { span: Delta::secs(10), bytes: 64 << 20 }, Arc::default()))
}

/// The entry of 13 ms number `n`, with a start point every 2 s.
fn entry(n: i64) -> Entry<Arc<[u8; 16]>> {
    Entry { item: Arc::new([0; 16]), time: Time::from_millis(n * 13), bytes: 1_700, start: n % 154 == 0 }
}

fn push(c: &mut Criterion) {
    let mut group = c.benchmark_group("push");
    group.throughput(Throughput::Elements(1));
    group.bench_function("no readers", |b| {
        let (log, mut n) = (log(), 0);
        b.iter(|| {
            log.push(entry(n));
            log.wake();
            n += 1;
        });
    });
    group.finish();
}

fn read(c: &mut Criterion) {
    let mut group = c.benchmark_group("push, wake, read");
    for readers in [1u64, 100, 1_000] {
        group.throughput(Throughput::Elements(readers));
        group.bench_function(format!("{readers} readers"), |b| {
            let (log, mut n) = (log(), 1);
            log.push(entry(0));
            let reader = |_| Reader::new(Arc::clone(&log), Join::Start, Slow::Skip);
            let mut readers: Vec<_> = (0..readers).map(reader).collect();
            let mut out = Vec::with_capacity(8);
            let mut cx = Context::from_waker(Waker::noop());
            b.iter_batched(
                || {
                    n += 1;
                    entry(n - 1)
                },
                |entry| {
                    log.push(entry);
                    log.wake();
                    for reader in &mut readers {
                        while reader.poll_read(&mut cx, &mut out, 64 << 10).is_ready() {
                            black_box(&out);
                            out.clear();
                        }
                    }
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, push, read);
criterion_main!(benches);
