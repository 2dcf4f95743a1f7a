//! What a scrape of `/metrics` costs on a server with many streams.

use std::hint::black_box;
use std::pin::Pin;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use hub::{AccessRequest, Action, Admission, Denial, Hub, Publisher, SessionId, StreamKey, Subscription};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio::runtime::{Builder, Runtime};

/// Streams, each with its publisher and [`VIEWERS`].
const STREAMS: usize = 1_000;
const VIEWERS: usize = 10;

/// A server that serves, and all who are there.
struct Busy {
    hub: Hub,
    runtime: Runtime,
    _there: (Vec<Publisher>, Vec<Subscription>),
}

/// Lets everybody in.
struct Open;

impl Admission for Open {
    fn admit<'a>(
        &'a self,
        _session: SessionId,
        request: &'a AccessRequest,
    ) -> Pin<Box<dyn Future<Output = Result<StreamKey, Denial>> + Send + 'a>> {
        Box::pin(async { Ok(request.key.clone()) })
    }
}

fn request(action: Action, number: usize) -> AccessRequest {
    AccessRequest {
        action,
        key: StreamKey::new("live", &format!("camera-{number}")).expect("a name"),
        query: String::new(),
        protocol: if action == Action::Publish { "rtmp" } else { ["flv", "hls", "rtmp"][number % 3] },
        peer: ([192, 0, 2, 1], 5_000).into(),
        agent: String::new(),
        url: String::new(),
        page: String::new(),
    }
}

fn busy() -> Busy {
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    let (hub, there) = runtime.block_on(async {
        let hub = Hub::new(hub::Config::default(), Arc::new(Open));
        let (mut publishers, mut viewers) = (Vec::new(), Vec::new());
        for number in 0..STREAMS {
            publishers.push(hub.publish(request(Action::Publish, number)).await.expect("a place"));
            for _ in 0..VIEWERS {
                viewers.push(hub.subscribe(request(Action::Play, number)).await.expect("a place"));
            }
        }
        (hub, (publishers, viewers))
    });
    Busy { hub, runtime, _there: there }
}

fn scrape(c: &mut Criterion) {
    let busy = busy();
    let _entered = busy.runtime.enter();
    let mut group = c.benchmark_group(format!("scrape, {STREAMS} streams of {VIEWERS} viewers"));
    for per_stream in [0, 50, 1_000] {
        let mut registry = Registry::default();
        busy.hub.register(&mut registry, per_stream);
        group.bench_function(format!("{per_stream} by name"), |b| {
            b.iter(|| {
                let mut text = String::new();
                encode(&mut text, &registry).expect("text can be written");
                black_box(text)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, scrape);
criterion_main!(benches);
