//! The segments of the streams that are published, or were a moment ago.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use hls::{Segment, Window, playlist};
use hub::{Hub, StreamKey};
use tokio::sync::{Notify, watch};
use tokio_util::task::TaskTracker;
use tracing::debug;

use super::feed::Feed;
use crate::config;

/// Every stream that has segments, by name. Each is fed by a task of its own.
pub(super) struct Lives {
    config: config::Hls,
    hub: Hub,
    map: Arc<Mutex<HashMap<StreamKey, Arc<Live>>>>,
    tasks: TaskTracker,
}

/// The segments of one stream, over all its publishers until some seconds after the last.
pub(super) struct Live {
    pub(super) key: StreamKey,
    listed: RwLock<Listed>,
    /// How many segments there have been: what requests for the first wait for.
    made: watch::Sender<u64>,
    /// A publisher has come, maybe another one.
    pub(super) published: Notify,
}

struct Listed {
    window: Window,
    /// The playlist that is the same for everybody, written once for each segment.
    playlist: Bytes,
}

impl Lives {
    pub(super) fn new(config: config::Hls, hub: Hub) -> Lives {
        Lives { config, hub, map: Arc::default(), tasks: TaskTracker::new() }
    }

    /// The segments of `key`, if it is published or was a moment ago.
    pub(super) fn find(&self, key: &StreamKey) -> Option<Arc<Live>> {
        lock(&self.map).get(key).cloned()
    }

    /// Sees to it that the stream that is published as `key` is made into segments.
    pub(super) fn follow(&self, key: &StreamKey) {
        let mut map = lock(&self.map);
        if let Some(live) = map.get(key) {
            live.published.notify_one();
            return;
        }
        let app = self.config.app(key.app());
        let config = hls::Config::new(app.fragment, app.window);
        let live = Arc::new(Live::new(key.clone(), &config));
        map.insert(key.clone(), Arc::clone(&live));
        let feed =
            Feed { live, hub: self.hub.clone(), map: Arc::clone(&self.map), tasks: self.tasks.clone() };
        self.tasks.spawn(feed.run(config));
    }

    /// Waits until every stream has ended and its last segment is listed. Only once the hub lets nobody in any more.
    pub(super) async fn finish(&self) {
        self.tasks.close();
        lock(&self.map).values().for_each(|live| live.published.notify_one());
        self.tasks.wait().await;
    }
}

impl Live {
    fn new(key: StreamKey, config: &hls::Config) -> Live {
        let listed = Listed { window: Window::new(config), playlist: Bytes::new() };
        Live { key, listed: RwLock::new(listed), made: watch::Sender::new(0), published: Notify::new() }
    }

    /// The playlist without anything of a viewer in it; waits up to `wait` for the first segment. `None` if there is none then.
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
        let mut made = self.made.subscribe();
        tokio::time::timeout(wait, made.wait_for(|made| *made > 0)).await.ok()?.ok().map(drop)
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

    pub(super) fn list(&self, segment: Segment) {
        let (sequence, duration, bytes) = (segment.sequence, segment.duration, segment.data.len());
        debug!(proto = "hls", stream = %self.key, sequence, %duration, bytes, "segment");
        {
            let mut listed = self.listed.write().unwrap_or_else(PoisonError::into_inner);
            listed.window.push(Arc::new(segment));
            listed.playlist = playlist::media(&listed.window, self.key.name(), "").into();
        }
        self.made.send_modify(|made| *made += 1);
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Listed> {
        self.listed.read().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn lock<T>(map: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}
