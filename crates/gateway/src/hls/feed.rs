//! From what is published to segments: one task for each stream and variant.

use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use container::ts;
use hls::Segmenter;
use hub::log::Join;
use hub::wire::Selection;
use hub::{Hub, Publication, Step};
use media::{Delta, Frame, Kind, Sound, Time, Track};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::warn;

use super::live::Live;
use super::streams::Streams;
use crate::config::{HlsApp, HlsInForce};

/// What frames are made into.
pub(super) trait Sink: Send {
    /// What carries them, for people.
    const FORMAT: &'static str;
    /// How often frames are looked for.
    const PACE: Duration;

    /// The sound that players of it have.
    const SOUND: Sound;

    /// Whether a track can be carried.
    fn carries(track: &Track) -> bool;

    /// Takes a frame.
    fn push(&mut self, frame: &Arc<Frame>);

    /// Nothing follows, or not what belongs next.
    fn finish(&mut self);

    /// Lists what has become complete.
    fn list(&mut self);
}

/// Feeds `sink` with one publication, to its end.
pub(super) async fn feed<S: Sink>(sink: &mut S, publication: &Arc<Publication>) {
    let mut reader = publication.selected_frames(Join::Oldest, Selection::ALL.with(S::SOUND));
    let mut frames = Vec::new();
    let mut rest = Rest::new(S::PACE);
    let mut voice = Voice::default();
    let mut silent = Silent::<S> { publication, told: false, sink: PhantomData };
    loop {
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
            let stream = publication.key().logged();
            warn!(proto = "hls", %stream, missed, "segments have a gap: the server cannot follow");
            sink.finish();
        }
        for frame in frames.drain(..) {
            rest.count(frame.dts);
            silent.notice(&frame.track);
            if voice.changes(&frame.track) {
                sink.finish();
            }
            sink.push(&frame);
        }
        if matches!(step, Step::Dropped | Step::Ended) {
            sink.finish();
        }
        sink.list();
        if step == Step::Ended {
            return;
        }
        // There may be more, for long: others want to run, too.
        tokio::task::yield_now().await;
    }
}

/// What makes the MPEG-TS segments of one stream.
pub(super) struct Feed {
    pub(super) live: Arc<Live>,
    pub(super) config: Arc<HlsInForce>,
    pub(super) hub: Hub,
    pub(super) streams: Arc<Streams>,
    pub(super) tasks: TaskTracker,
}

impl Feed {
    /// Follows one publication after the other, until there is none for [`DISPOSE`] or the server stops.
    /// `app` is what its window was made by.
    pub(super) async fn run(self, app: HlsApp) {
        let segmenter = Segmenter::new(hls::Config::new(app.fragment, app.window), 0);
        let Feed { live, config, streams, .. } = &self;
        let mut sink = Transport { segmenter, app, held: 0, live, config, streams };
        loop {
            let publication = self.hub.publication(&self.live.key);
            self.live.set_published(publication.is_some());
            if let Some(publication) = publication {
                feed(&mut sink, &publication).await;
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
}

/// Segments of MPEG-TS.
struct Transport<'a> {
    segmenter: Segmenter,
    /// What it goes by.
    app: HlsApp,
    /// What the open segment weighs in the stream's share.
    held: usize,
    live: &'a Live,
    config: &'a HlsInForce,
    streams: &'a Streams,
}

impl Transport<'_> {
    /// Goes by what is in force now.
    fn settle(&mut self) {
        let app = self.config.app(self.live.key.app());
        if (app.fragment, app.window) != (self.app.fragment, self.app.window) {
            let config = hls::Config::new(app.fragment, app.window);
            self.live.set_config(&config);
            self.segmenter.set_config(config);
        }
        self.app = app;
    }
}

impl Sink for Transport<'_> {
    const FORMAT: &'static str = "MPEG-TS";
    /// The last segment of a stream must be listed within a second.
    const PACE: Duration = Duration::from_millis(200);
    const SOUND: Sound = Sound::Aac;

    fn carries(track: &Track) -> bool {
        ts::carries(track)
    }

    fn push(&mut self, frame: &Arc<Frame>) {
        self.segmenter.push(frame);
    }

    fn finish(&mut self) {
        self.segmenter.finish();
    }

    fn list(&mut self) {
        let open = self.segmenter.bytes();
        self.live.share.change(std::mem::replace(&mut self.held, open), open);
        self.live.list(std::iter::from_fn(|| self.segmenter.poll()));
        self.settle();
        self.streams.bound();
    }
}

/// Says that a track is missing from the segments, once for each publication.
struct Silent<'a, S> {
    publication: &'a Publication,
    told: bool,
    sink: PhantomData<S>,
}

impl<S: Sink> Silent<'_, S> {
    fn notice(&mut self, track: &Track) {
        if self.told || track.kind() == Kind::Data || S::carries(track) {
            return;
        }
        self.told = true;
        let codec = track.codec.rfc6381().unwrap_or_else(|| track.codec.name().to_owned());
        let (stream, format) = (self.publication.key().logged(), S::FORMAT);
        warn!(proto = "hls", %stream, track = track.id.0, %codec, "{format} cannot carry the track: it is left out");
    }
}

/// Notices when sound that is made takes the place of the publisher's, as the publisher's codec has changed, or the other
/// way round: a segment has one or the other.
#[derive(Default)]
struct Voice {
    derived: Option<bool>,
}

impl Voice {
    fn changes(&mut self, track: &Track) -> bool {
        let derived = track.id.is_derived();
        track.kind() == Kind::Audio && self.derived.replace(derived).is_some_and(|before| before != derived)
    }
}

/// The rest between two looks at a stream that has been read to its end.
///
/// A segment is seconds long: looking for frames now and then costs less than being woken by each. But a stream may run
/// ahead of the clock, when a file is published as fast as it can be read or an encoder sends what it could not send
/// before. Its log, which keeps some seconds, would move on during the rest; then there is none.
struct Rest {
    pace: Duration,
    /// Where the stream was, and when: looked at again after [`LOOK`].
    since: Option<(Instant, Time)>,
    newest: Time,
    /// It has not run ahead lately.
    calm: bool,
}

impl Rest {
    fn new(pace: Duration) -> Rest {
        Rest { pace, since: None, newest: Time::MIN, calm: false }
    }

    /// A frame has been read.
    fn count(&mut self, at: Time) {
        self.newest = self.newest.max(at);
        self.since.get_or_insert_with(|| (Instant::now(), at));
    }

    async fn take(&mut self) {
        if let Some((at, from)) = self.since
            && at.elapsed() >= LOOK
        {
            self.calm = self.newest - from <= Delta::from_std(at.elapsed()) * 2;
            self.since = Some((Instant::now(), self.newest));
        }
        if self.calm {
            tokio::time::sleep(self.pace).await;
        }
    }
}

/// How long a stream is watched before it is called calm.
const LOOK: Duration = Duration::from_millis(200);
/// How long segments are kept after their stream.
pub(super) const DISPOSE: Duration = Duration::from_secs(15);

#[cfg(test)]
#[path = "feed_test.rs"]
mod tests;
