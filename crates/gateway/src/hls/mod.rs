//! HLS: `/{app…}/{name}.m3u8` and its segments, made from every stream while it is published; and the low-latency variant of
//! it, from when it is first asked for. With `?timeshift=` what is kept of the stream's past.
//!
//! The crate `hls` cuts and lists; here are the windows of the live streams, the viewers, and the HTTP around them.
//! URLs, names and the two modes are SRS's.

mod answer;
mod feed;
mod live;
mod ll;
mod past;
mod serve;
mod streams;
mod viewers;

use std::sync::Arc;

use axum::response::Response;
use hub::{Event, Hub, StreamKey};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;

use crate::config;
use crate::http::MediaRequest;
use crate::protocol::{BoxFuture, Media, Protocol};
use crate::timeshift::{Kept, Timeshift};
use live::Lives;
use viewers::Viewers;

/// The protocol: it serves on the HTTP port, and follows every stream of the hub.
pub(crate) struct Hls {
    shared: Arc<Shared>,
    /// From before anybody can publish.
    events: broadcast::Receiver<Event>,
}

/// What requests and the following of streams have in common.
struct Shared {
    config: Arc<config::HlsInForce>,
    hub: Hub,
    lives: Lives,
    viewers: Viewers,
    timeshift: Option<Arc<dyn Timeshift>>,
}

impl Hls {
    pub(crate) fn new(
        config: Arc<config::HlsInForce>,
        timeshift: Option<Arc<dyn Timeshift>>,
        hub: Hub,
    ) -> Hls {
        let lives = Lives::new(Arc::clone(&config), hub.clone());
        let events = hub.events();
        let viewers = Viewers::default();
        Hls { shared: Arc::new(Shared { config, hub, lives, viewers, timeshift }), events }
    }

    fn media<F>(&self, suffix: &'static str, serve: fn(Arc<Shared>, MediaRequest) -> F) -> Media
    where
        F: Future<Output = Option<Response>> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        Media { suffix, serve: Arc::new(move |request| Box::pin(serve(Arc::clone(&shared), request))) }
    }
}

impl Protocol for Hls {
    fn media(&self) -> Vec<Media> {
        vec![
            self.media(".m3u8", serve::playlist),
            self.media(".ts", serve::segment),
            self.media(".m4s", past::segment),
            self.media(".mp4", past::header),
            self.media(".m4s", |shared, request| ll::file(shared, request, ".m4s")),
            self.media(".mp4", |shared, request| ll::file(shared, request, ".mp4")),
        ]
    }

    fn run(self: Box<Self>, stop: CancellationToken) -> BoxFuture<()> {
        let Hls { shared, events } = *self;
        Box::pin(async move {
            let sweeping = stop.clone().run_until_cancelled_owned({
                let shared = Arc::clone(&shared);
                async move { shared.viewers.sweep().await }
            });
            tokio::join!(sweeping, stop.run_until_cancelled(follow(&shared, events)));
            // The hub ends the streams now: their last segments are still listed.
            shared.lives.finish().await;
        })
    }
}

impl Shared {
    /// What is kept of `key` for viewers who go back.
    fn kept(&self, key: &StreamKey) -> Option<Arc<dyn Kept>> {
        self.timeshift.as_ref()?.of(key)
    }
}

/// Has every stream that is published made into segments.
async fn follow(shared: &Shared, mut events: broadcast::Receiver<Event>) {
    loop {
        match events.recv().await {
            Ok(Event::Published { session }) => shared.lives.follow(&session.key),
            Ok(_) => {}
            // Some events were missed: what is published now is known all the same.
            Err(RecvError::Lagged(_)) => {
                for stream in shared.hub.streams().iter().filter(|stream| stream.publisher.is_some()) {
                    shared.lives.follow(&stream.key);
                }
            }
            Err(RecvError::Closed) => return,
        }
    }
}

#[cfg(test)]
#[path = "hls_test.rs"]
mod tests;
