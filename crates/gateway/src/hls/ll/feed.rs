//! From what is published to segments and parts: one task for each stream that somebody watches so.

use std::sync::Arc;
use std::time::Duration;

use hls::ll::{Config, Segmenter};
use hub::Hub;
use media::{Frame, Sound, Track};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::debug;

use super::{Low, Slot};
use crate::hls::feed::{DISPOSE, Sink, feed};
use crate::hls::live::Live;
use crate::hls::streams::Streams;

/// Makes the variant `low` of `live`, which is in its slot, until nobody has asked for it for [`IDLE`], the stream has been
/// gone for a while, or the server stops.
pub(in crate::hls) async fn run(
    live: Arc<Live>,
    low: Arc<Low>,
    config: Config,
    hub: Hub,
    streams: Arc<Streams>,
    tasks: TaskTracker,
) {
    let segmenter = Segmenter::new(&config, low.resume().sequence);
    let sink = Fragments { segmenter, held: 0, low: &low, streams: &streams };
    debug!(proto = "hls", stream = %low.key.logged(), "low-latency variant begins");
    tokio::select! {
        () = follow(sink, &low, &hub, &tasks) => {}
        () = unwanted(&live, &low) => {}
    }
    retire(&live, &low, || true);
    debug!(proto = "hls", stream = %low.key.logged(), "low-latency variant ends");
}

/// Takes `low` out of its slot if it `may` go, so that whoever asks from here on starts another.
fn retire(live: &Live, low: &Arc<Low>, may: impl FnOnce() -> bool) -> bool {
    let mut slot = live.low();
    if !may() {
        return false;
    }
    if slot.running.as_ref().is_some_and(|running| Arc::ptr_eq(running, low)) {
        *slot = Slot { running: None, resume: low.resume() };
    }
    low.set_published(false);
    true
}

/// Follows one publication after the other, until there is none for [`DISPOSE`] or the server stops.
async fn follow(mut sink: Fragments<'_>, low: &Low, hub: &Hub, tasks: &TaskTracker) {
    loop {
        let publication = hub.publication(&low.key);
        low.set_published(publication.is_some());
        if let Some(publication) = publication {
            feed(&mut sink, &publication).await;
        } else if tasks.is_closed() || tokio::time::timeout(DISPOSE, low.published.notified()).await.is_err()
        {
            return;
        }
    }
}

/// Returns once nobody has asked for long.
async fn unwanted(live: &Live, low: &Arc<Low>) {
    let over = || low.asked() + IDLE;
    loop {
        tokio::time::sleep_until(over()).await;
        if retire(live, low, || Instant::now() >= over()) {
            return;
        }
    }
}

/// Segments of fragmented MP4, in parts.
struct Fragments<'a> {
    segmenter: Segmenter,
    /// What is in no part yet weighs so much in the stream's share.
    held: usize,
    low: &'a Low,
    streams: &'a Streams,
}

impl Sink for Fragments<'_> {
    const FORMAT: &'static str = "fragmented MP4";
    /// A part is late by that much at most.
    const PACE: Duration = Duration::from_millis(10);
    const SOUND: Sound = Sound::Source;

    fn carries(track: &Track) -> bool {
        Segmenter::carries(track)
    }

    fn push(&mut self, frame: &Arc<Frame>) {
        self.segmenter.push(frame);
    }

    fn finish(&mut self) {
        self.segmenter.finish();
    }

    fn list(&mut self) {
        let open = self.segmenter.bytes();
        self.low.share.change(std::mem::replace(&mut self.held, open), open);
        let segmenter = &mut self.segmenter;
        self.low.list(std::iter::from_fn(|| segmenter.poll()));
        self.streams.bound();
    }
}

/// How long the variant is made without anybody asking for it.
const IDLE: Duration = Duration::from_secs(60);
