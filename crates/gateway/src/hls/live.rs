//! The segments of the streams that are published, or were a moment ago.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use bytes::Bytes;
use hls::{Segment, Window, playlist};
use hub::{Hub, StreamKey};
use tokio::sync::{Notify, watch};
use tokio_util::task::TaskTracker;
use tracing::debug;

use super::feed::Feed;
use super::ll::{self, Low, Slot};
use super::streams::{Bounded, Share, Streams};
use crate::config;

/// Has every stream made into segments, each by a task of its own.
pub(super) struct Lives {
    config: Arc<config::HlsInForce>,
    hub: Hub,
    streams: Arc<Streams>,
    tasks: TaskTracker,
}

/// The segments of one stream, over all its publishers until some seconds after the last.
pub(super) struct Live {
    pub(super) key: StreamKey,
    listed: RwLock<Listed>,
    /// What its segments weigh.
    pub(super) share: Share,
    /// What requests for the first segment wait for.
    progress: watch::Sender<Progress>,
    /// A publisher has come, maybe another one.
    pub(super) published: Notify,
    /// The low-latency variant, while somebody wants it.
    low: Mutex<Slot>,
}

/// How far the making of segments has come.
#[derive(Clone, Copy)]
struct Progress {
    /// Whether there is a segment.
    begun: bool,
    /// Whether there is a publication that may bring one.
    published: bool,
}

struct Listed {
    window: Window,
    /// The playlist that is the same for everybody, written once for each segment.
    playlist: Bytes,
}

impl Lives {
    pub(super) fn new(config: Arc<config::HlsInForce>, hub: Hub) -> Lives {
        let streams = Arc::new(Streams::new(config.load().memory));
        Lives { config, hub, streams, tasks: TaskTracker::new() }
    }

    /// The segments of `key`, if it is published or was a moment ago.
    pub(super) fn find(&self, key: &StreamKey) -> Option<Arc<Live>> {
        self.streams.map().get(key).cloned()
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.streams.held()
    }

    /// Sees to it that the stream that is published as `key` is made into segments.
    pub(super) fn follow(&self, key: &StreamKey) {
        let mut map = self.streams.map();
        if let Some(live) = map.get(key) {
            live.notify();
            return;
        }
        let app = self.config.app(key.app());
        let config = hls::Config::new(app.fragment, app.window);
        let live = Arc::new(Live::new(key.clone(), &config, self.streams.share()));
        map.insert(key.clone(), Arc::clone(&live));
        let feed = Feed {
            live,
            config: Arc::clone(&self.config),
            hub: self.hub.clone(),
            streams: Arc::clone(&self.streams),
            tasks: self.tasks.clone(),
        };
        self.tasks.spawn(feed.run(app));
    }

    /// The low-latency variant of `live`, which is started if it is not there.
    pub(super) fn low(&self, live: &Arc<Live>) -> Arc<Low> {
        let mut slot = live.low();
        if let Some(low) = &slot.running {
            low.touch();
            return Arc::clone(low);
        }
        let app = self.config.app(live.key.app());
        let config = hls::ll::Config::new(app.ll_fragment, app.window, app.ll_part);
        let low = Arc::new(Low::new(live.key.clone(), &config, slot.resume, self.streams.share()));
        slot.running = Some(Arc::clone(&low));
        let (live, making) = (Arc::clone(live), Arc::clone(&low));
        let (hub, streams, tasks) = (self.hub.clone(), Arc::clone(&self.streams), self.tasks.clone());
        self.tasks.spawn(ll::run(live, making, config, hub, streams, tasks));
        low
    }

    /// Waits until every stream has ended and its last segment is listed. Only once the hub lets nobody in any more.
    pub(super) async fn finish(&self) {
        self.tasks.close();
        self.streams.map().values().for_each(|live| live.notify());
        self.tasks.wait().await;
    }
}

impl Live {
    fn new(key: StreamKey, config: &hls::Config, share: Share) -> Live {
        let listed = RwLock::new(Listed { window: Window::new(config), playlist: Bytes::new() });
        let progress = watch::Sender::new(Progress { begun: false, published: true });
        Live { key, listed, share, progress, published: Notify::new(), low: Mutex::default() }
    }

    /// A publisher has come, or the server stops.
    fn notify(&self) {
        self.published.notify_one();
        if let Some(low) = &self.low().running {
            low.published.notify_one();
        }
    }

    /// The place of the low-latency variant; to be held for moments only.
    pub(super) fn low(&self) -> MutexGuard<'_, Slot> {
        self.low.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The playlist without anything of a viewer in it; waits up to `wait` for the first segment, as long as the stream is published.
    /// `None` if there is none then.
    pub(super) async fn playlist(&self, wait: Duration) -> Option<Bytes> {
        self.first_segment(wait).await?;
        Some(self.read().playlist.clone())
    }

    /// The same with `query` behind each segment.
    pub(super) async fn playlist_with(&self, query: &str, wait: Duration) -> Option<Bytes> {
        self.first_segment(wait).await?;
        Some(playlist::media(&self.read().window, self.key.name(), query).into())
    }

    async fn first_segment(&self, wait: Duration) -> Option<()> {
        let mut progress = self.progress.subscribe();
        let decided = progress.wait_for(|progress| progress.begun || !progress.published);
        let progress = *tokio::time::timeout(wait, decided).await.ok()?.ok()?;
        progress.begun.then_some(())
    }

    /// The bytes of the segment of this name.
    pub(super) fn segment(&self, name: hls::Name<'_>) -> Option<Bytes> {
        let listed = self.read();
        let segment = listed.window.find(name.sequence)?;
        (segment.name(name.stream) == name).then(|| segment.data.clone())
    }

    #[cfg(test)]
    pub(super) fn segments(&self) -> Vec<Arc<Segment>> {
        self.read().window.listed().cloned().collect()
    }

    /// Other lengths, from the next segment on.
    pub(super) fn set_config(&self, config: &hls::Config) {
        self.write().window.set_config(config);
    }

    /// Lists `segments`; the playlist is written once for all of them.
    pub(super) fn list(&self, segments: impl Iterator<Item = Segment>) {
        let mut segments = segments.peekable();
        if segments.peek().is_none() {
            return;
        }
        self.change(|window| {
            for segment in segments {
                let (sequence, duration, bytes) = (segment.sequence, segment.duration, segment.data.len());
                debug!(proto = "hls", stream = %self.key.logged(), sequence, %duration, bytes, "segment");
                window.push(Arc::new(segment));
            }
        });
        self.advance(|progress| &mut progress.begun, true);
    }

    /// Whether there is a publication now: without one nobody waits for the first segment.
    pub(super) fn set_published(&self, published: bool) {
        self.advance(|progress| &mut progress.published, published);
    }

    fn advance(&self, field: impl FnOnce(&mut Progress) -> &mut bool, value: bool) {
        self.progress.send_if_modified(|progress| std::mem::replace(field(progress), value) != value);
    }

    fn change<T>(&self, change: impl FnOnce(&mut Window) -> T) -> T {
        let mut listed = self.write();
        let before = listed.window.bytes();
        let changed = change(&mut listed.window);
        listed.playlist = playlist::media(&listed.window, self.key.name(), "").into();
        self.share.change(before, listed.window.bytes());
        changed
    }

    fn read(&self) -> RwLockReadGuard<'_, Listed> {
        self.listed.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Listed> {
        self.listed.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bounded for Live {
    fn bytes(&self) -> usize {
        self.share.bytes()
    }

    fn shorten(&self, least: usize) -> bool {
        self.change(|window| window.shorten(least))
    }
}
