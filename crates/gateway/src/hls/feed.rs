//! From what is published to segments: one task for each stream.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use container::ts;
use hls::Segmenter;
use hub::log::Join;
use hub::{Hub, Publication, Step};
use media::{Delta, Kind, Time, Track};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::warn;

use super::live::Live;
use super::streams::Streams;

/// What makes the segments of one stream.
pub(super) struct Feed {
    pub(super) live: Arc<Live>,
    pub(super) hub: Hub,
    pub(super) streams: Arc<Streams>,
    pub(super) tasks: TaskTracker,
}

impl Feed {
    /// Follows one publication after the other, until there is none for [`DISPOSE`] or the server stops.
    pub(super) async fn run(self, config: hls::Config) {
        let mut segmenter = Segmenter::new(config, 0);
        loop {
            let publication = self.hub.publication(&self.live.key);
            self.live.set_published(publication.is_some());
            if let Some(publication) = publication {
                self.segment(&mut segmenter, &publication).await;
            } else if self.tasks.is_closed() {
                return;
            } else if tokio::time::timeout(DISPOSE, self.live.published.notified()).await.is_err() {
                let mut map = self.streams.map();
                // Whoever publishes from here on finds no entry and starts anew.
                if self.hub.publication(&self.live.key).is_none() {
                    map.remove(&self.live.key);
                    return;
                }
            }
        }
    }

    /// Makes segments of one publication, to its end.
    async fn segment(&self, segmenter: &mut Segmenter, publication: &Arc<Publication>) {
        let live = &self.live;
        let mut reader = publication.frames(Join::Oldest);
        let mut frames = Vec::new();
        let mut rest = Rest::new();
        let mut silent = Silent { live, told: false };
        loop {
            let open = segmenter.bytes();
            // Nobody has to be woken: if there is nothing, it is looked at again after a rest.
            let there = reader.poll_next(&mut Context::from_waker(Waker::noop()), &mut frames);
            let step = match there {
                Poll::Ready(step) => step,
                Poll::Pending => {
                    rest.take().await;
                    reader.next(&mut frames).await
                }
            };
            if let Step::Gap { missed } = step {
                warn!(proto = "hls", stream = %live.key, missed, "segments have a gap: the server cannot follow");
                segmenter.finish();
            }
            for frame in frames.drain(..) {
                rest.count(frame.dts);
                silent.notice(&frame.track);
                segmenter.push(&frame);
            }
            if matches!(step, Step::Dropped | Step::Ended) {
                segmenter.finish();
            }
            live.share.change(open, segmenter.bytes());
            while let Some(segment) = segmenter.poll() {
                live.list(segment);
            }
            self.streams.bound();
            if step == Step::Ended {
                return;
            }
            // There may be more, for long: others want to run, too.
            tokio::task::yield_now().await;
        }
    }
}

/// Says that a track is missing from the segments, once for each publication.
struct Silent<'a> {
    live: &'a Live,
    told: bool,
}

impl Silent<'_> {
    fn notice(&mut self, track: &Track) {
        if self.told || track.kind() == Kind::Data || ts::carries(track) {
            return;
        }
        self.told = true;
        let codec = track.codec.rfc6381().unwrap_or_else(|| track.codec.name().to_owned());
        warn!(proto = "hls", stream = %self.live.key, track = track.id.0, %codec, "MPEG-TS cannot carry the track: it is left out");
    }
}

/// The rest between two looks at a stream that has been read to its end.
///
/// A segment is seconds long: looking for frames now and then costs less than being woken by each. But a stream may run
/// ahead of the clock, when a file is published as fast as it can be read or an encoder sends what it could not send
/// before. Its log, which keeps some seconds, would move on during the rest; then there is none.
struct Rest {
    /// Where the stream was, and when: looked at again after [`PACE`].
    since: Option<(Instant, Time)>,
    newest: Time,
    /// It has not run ahead lately.
    calm: bool,
}

impl Rest {
    fn new() -> Rest {
        Rest { since: None, newest: Time::MIN, calm: false }
    }

    /// A frame has been read.
    fn count(&mut self, at: Time) {
        self.newest = self.newest.max(at);
        self.since.get_or_insert_with(|| (Instant::now(), at));
    }

    async fn take(&mut self) {
        if let Some((at, from)) = self.since
            && at.elapsed() >= PACE
        {
            self.calm = self.newest - from <= Delta::from_std(at.elapsed()) * 2;
            self.since = Some((Instant::now(), self.newest));
        }
        if self.calm {
            tokio::time::sleep(PACE).await;
        }
    }
}

/// How often frames are taken over into segments; the last segment of a stream must be listed within a second.
const PACE: Duration = Duration::from_millis(200);
/// How long segments are kept after their stream.
const DISPOSE: Duration = Duration::from_secs(15);

#[cfg(test)]
#[path = "feed_test.rs"]
mod tests;
