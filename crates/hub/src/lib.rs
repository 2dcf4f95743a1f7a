//! Live streams in memory: who publishes, who watches, and the way of a frame from one to the others.
//!
//! ```text
//! Publisher::write ─ Timeline ─ Log<Arc<Frame>> ─ Wire (Format) ─ Log<Arc<Block>> ─ wire::Reader, one per viewer
//!                                              └ Frames, for the server's own work
//! ```
//!
//! A publisher that sends several sizes opens a rendition for each but the largest ([`Publisher::open_rendition`]): a stream of its own,
//! `app/name@360p`, into which go its pictures and the sound of the whole.
//!
//! Sound that a reader wants in another codec ([`Publication::want`]) is written into the same log by a [`Contributor`]; who
//! makes it waits for [`Hub::wanted`].
//!
//! The loop of a publisher: [`Hub::publish`], then [`Publisher::write`] for each frame while watching
//! [`Session::poll_ended`], then [`Publisher::end`]; dropping the handle is a lost connection. One that reads at the
//! [`Publisher::pace`] calls [`Publisher::flush`] after each batch. The loop of a viewer:
//! [`Hub::subscribe`], [`Subscription::publication`] (waits for a publisher), [`Subscription::wire`], then
//! [`wire::Reader::poll_next`] and a write of what it gave.
//!
//! Outside: sockets, formats, and who is let in ([`Admission`], asked here so that no gateway can forget it).

pub mod access;
pub mod config;
mod contributor;
mod crowd;
mod demand;
mod events;
mod frames;
mod keeper;
pub mod key;
pub mod log;
mod metrics;
mod network;
mod page;
pub mod publication;
mod publisher;
mod rendition;
mod selection;
pub mod session;
mod start;
pub mod stats;
mod stream;
mod subscription;
mod survey;
mod sync;
mod waiters;
pub mod wire;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::task::JoinSet;

pub use access::{AccessRequest, Action, Admission, Denial};
pub use config::Config;
pub use contributor::{Contributor, NotTaken};
pub use crowd::Crowd;
pub use demand::{Want, Wanted};
pub use events::Event;
pub use frames::{Frames, Step};
pub use key::{BadName, SessionId, StreamKey};
pub use network::Network;
pub use page::Page;
pub use publication::{Derivation, Grace, Making, Phase, Publication};
pub use publisher::Publisher;
pub use session::{End, Moved, Session};
pub use stats::TrackInfo;
pub use subscription::Subscription;
pub use survey::{Refused, StreamInfo, Survey, Traffic};

use metrics::Ends;
use publication::Load;
use session::Sessions;
use stream::{Occupied, Stream};
use survey::Refusals;

/// All live streams of this server. A handle: clones share the streams.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    config: Config,
    admission: Arc<dyn Admission>,
    streams: Mutex<Streams>,
    sessions: Sessions,
    refused: Refusals,
    ends: Ends,
    events: broadcast::Sender<Event>,
    tasks: Mutex<JoinSet<()>>,
    load: Arc<Load>,
    draining: AtomicBool,
}

/// Every stream, and who has made it.
#[derive(Default)]
struct Streams {
    map: HashMap<StreamKey, Held>,
    /// Streams that are there because a viewer of this address waits for them, until somebody publishes them.
    invented: Crowd,
}

/// A stream with the number of those who hold it; both change only under the map's lock, so nobody can be handed a stream that is going.
struct Held {
    stream: Arc<Stream>,
    holders: usize,
    /// The viewer who was here before anybody else; of a stream that nobody has published yet.
    inventor: Option<IpAddr>,
}

/// Why somebody was not let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The admission said no.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// Somebody else publishes this stream.
    #[error("the stream is being published by somebody else")]
    Busy,
    /// More streams or sessions than the configuration allows.
    #[error("the server is full: {count} {what}")]
    Full {
        /// `streams` or `sessions`, of all or `of one address`.
        what: &'static str,
        /// How many there are.
        count: usize,
    },
    /// The server stops.
    #[error("the server is shutting down")]
    Draining,
}

impl Hub {
    /// A hub without streams. Must be called within a tokio runtime: its keeper starts at once.
    pub fn new(config: Config, admission: Arc<dyn Admission>) -> Hub {
        let inner = Inner {
            config,
            admission,
            streams: Mutex::default(),
            sessions: Sessions::default(),
            refused: Refusals::default(),
            ends: Ends::default(),
            events: broadcast::Sender::new(EVENTS),
            tasks: Mutex::default(),
            load: Arc::default(),
            draining: AtomicBool::new(false),
        };
        let hub = Hub { inner: Arc::new(inner) };
        hub.inner.spawn(keeper::run(Arc::downgrade(&hub.inner)));
        hub
    }

    /// Opens a stream for publishing: admission, then the slot. Within the grace of a lost publisher the stream goes on where it was.
    pub async fn publish(&self, request: AccessRequest) -> Result<Publisher, Refusal> {
        self.inner.refused.count(Action::Publish, self.open_publisher(request).await)
    }

    async fn open_publisher(&self, mut request: AccessRequest) -> Result<Publisher, Refusal> {
        let session = self.admit(&mut request).await?;
        let holder = self.inner.hold(&request.key, request.action, request.peer.ip())?;
        let Occupied { publication, replaced, new } = holder.stream().occupy(&session, None)?;
        if let Some(replaced) = replaced {
            self.inner.emit(Event::Unpublished { session: replaced, end: End::Replaced });
        }
        if new {
            self.inner.spawn(Arc::clone(&publication).run());
        }
        let session = self.inner.sessions.open(session);
        self.inner.emit(Event::Published { session: Arc::clone(&session) });
        Ok(Publisher::new(holder, publication, session))
    }

    /// Opens a stream for watching: admission only; the publisher may come later.
    pub async fn subscribe(&self, request: AccessRequest) -> Result<Subscription, Refusal> {
        self.inner.refused.count(Action::Play, self.open_subscription(request).await)
    }

    async fn open_subscription(&self, mut request: AccessRequest) -> Result<Subscription, Refusal> {
        let session = self.admit(&mut request).await?;
        let holder = self.inner.hold(&request.key, request.action, request.peer.ip())?;
        let session = self.inner.sessions.open(session);
        self.inner.emit(Event::PlayStarted { session: Arc::clone(&session) });
        Ok(Subscription::new(holder, session))
    }

    /// Asks whether `request` may be; from then on it is for the stream that it was let in to.
    async fn admit(&self, request: &mut AccessRequest) -> Result<Arc<Session>, Refusal> {
        let inner = &self.inner;
        if inner.draining.load(Ordering::Relaxed) {
            return Err(Refusal::Draining);
        }
        // Viewers need no key to come, so they must not be able to keep publishers out.
        if request.action == Action::Play {
            inner.sessions.has_room(request.peer.ip(), &inner.config.limits)?;
        }
        let id = inner.sessions.next_id();
        let admitted = tokio::time::timeout(ADMISSION, self.ask(id, request)).await;
        request.key = admitted
            .map_err(|_| Denial { reason: "nobody has decided in time whether you may".to_owned() })??;
        if self.is_secret(&request.key) {
            request.key = request.key.clone().concealed();
        }
        Ok(Arc::new(Session::new(id, request)))
    }

    /// Who may watch a stream may watch its renditions. What may be one by its name, and is none yet, asks for both.
    async fn ask(&self, id: SessionId, request: &AccessRequest) -> Result<StreamKey, Denial> {
        let admission = &self.inner.admission;
        let parent = request.key.parent().filter(|_| request.action == Action::Play);
        let Some((key, label)) = parent else { return admission.admit(id, request).await };
        let parent = admission.admit(id, &AccessRequest { key, ..request.clone() }).await?;
        let rendition = parent.rendition(label).map_err(|bad| Denial { reason: bad.to_string() })?;
        if self.publication(&rendition).is_some_and(|publication| publication.is_rendition()) {
            return Ok(rendition);
        }
        admission.admit(id, request).await
    }

    /// Whether nothing of `key` may be had without a session: see [`Admission::is_guarded`]. As guarded as a stream are its renditions.
    pub fn is_guarded(&self, key: &StreamKey) -> bool {
        self.inner.is(key, |key| self.inner.admission.is_guarded(key))
    }

    /// Whether `key` itself is a secret: see [`Admission::is_secret`]. Then so are the names of its renditions.
    pub fn is_secret(&self, key: &StreamKey) -> bool {
        self.inner.is(key, |key| self.inner.admission.is_secret(key))
    }

    /// See [`Admission::secrets_version`].
    pub fn secrets_version(&self) -> u64 {
        self.inner.admission.secrets_version()
    }

    /// What is being published under `key`, for the server's own work; it is no viewer and asks nobody.
    pub fn publication(&self, key: &StreamKey) -> Option<Arc<Publication>> {
        self.inner.streams().map.get(key)?.stream.publication()
    }

    /// Hears of sound that is wanted in another codec than the publisher's, over all streams. For whoever makes it: each
    /// wish is heard once, by one.
    pub fn wanted(&self) -> Wanted {
        Wanted::new(Arc::clone(&self.inner.load))
    }

    /// Who publishes `key` at this moment.
    pub fn publisher(&self, key: &StreamKey) -> Option<Arc<Session>> {
        self.inner.streams().map.get(key)?.stream.publisher()
    }

    /// Every session, publishers and viewers.
    pub fn sessions(&self) -> Vec<Arc<Session>> {
        self.inner.sessions.all()
    }

    /// The same without those who were put out and whose gateway has not let go of them yet.
    pub fn present(&self) -> Vec<Arc<Session>> {
        let mut sessions = self.sessions();
        sessions.retain(|session| session.ended().is_none());
        sessions
    }

    /// What happens from now on. A receiver that falls behind by more than 8,192 events learns how many it missed.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.inner.events.subscribe()
    }

    /// Ends the stream `key` as its publisher is put out; viewers who wait stay. A rendition ends with the whole. `false` when nobody
    /// publishes it.
    pub fn kick_stream(&self, key: &StreamKey) -> bool {
        let parent = self.publication(key).and_then(|publication| publication.parent());
        if let Some(parent) = parent {
            return self.kick_stream(parent.key());
        }
        let Some(stream) = self.inner.streams().map.get(key).map(|held| Arc::clone(&held.stream)) else {
            return false;
        };
        self.inner.end(&stream, End::Kicked)
    }

    /// Puts out one session. `false` when there is none of that name.
    pub fn kick(&self, id: SessionId) -> bool {
        let Some(session) = self.inner.sessions.find(id) else { return false };
        match session.action {
            Action::Publish if self.is_publisher(&session) => self.kick_stream(&session.key),
            _ => {
                session.end(End::Kicked);
                true
            }
        }
    }

    fn is_publisher(&self, session: &Session) -> bool {
        let stream = self.inner.streams().map.get(&session.key).map(|held| Arc::clone(&held.stream));
        stream.and_then(|stream| stream.publisher()).is_some_and(|publisher| publisher.id == session.id)
    }

    /// Bytes of media held over all streams.
    pub fn bytes(&self) -> usize {
        self.inner.load.bytes.load(Ordering::Relaxed)
    }

    /// Lets nobody in any more and ends every stream and session; returns when the hub's own tasks have ended.
    pub async fn shut_down(&self) {
        let inner = &self.inner;
        inner.draining.store(true, Ordering::Relaxed);
        let streams: Vec<_> = inner.streams().map.values().map(|held| Arc::clone(&held.stream)).collect();
        for stream in streams {
            inner.end(&stream, End::Shutdown);
        }
        inner.sessions.all().iter().for_each(|session| session.end(End::Shutdown));
        let mut tasks = std::mem::take(&mut *inner.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        while tasks.join_next().await.is_some() {}
    }
}

impl Inner {
    fn hold(self: &Arc<Self>, key: &StreamKey, action: Action, peer: IpAddr) -> Result<Holder, Refusal> {
        let limits = &self.config.limits;
        let mut streams = self.streams();
        let streams = &mut *streams;
        let count = streams.map.len();
        // Viewers who wait for invented names leave as much room again for publishers.
        let limit = limits.streams * if action == Action::Publish { 2 } else { 1 };
        let inventor = (action == Action::Play).then_some(peer);
        let stream = match streams.map.get_mut(key) {
            Some(held) => {
                held.holders += 1;
                if action == Action::Publish
                    && let Some(inventor) = held.inventor.take()
                {
                    streams.invented.leave(inventor);
                }
                Arc::clone(&held.stream)
            }
            None if count >= limit => {
                return Err(Refusal::Full { what: "streams", count });
            }
            None if inventor
                .is_some_and(|peer| !streams.invented.enter(peer, limits.streams_per_address)) =>
            {
                let count = limits.streams_per_address;
                return Err(Refusal::Full { what: "streams that one address waits for", count });
            }
            None => {
                let settings = self.config.settings(key.app()).clone();
                let stream = Arc::new(Stream::new(key.clone(), settings, Arc::clone(&self.load)));
                let held = Held { stream: Arc::clone(&stream), holders: 1, inventor };
                streams.map.insert(key.clone(), held);
                stream
            }
        };
        Ok(Holder { hub: Arc::clone(self), stream })
    }

    /// Ends what is published as `stream`; `false` when nothing is.
    fn end(&self, stream: &Arc<Stream>, end: End) -> bool {
        let (publisher, ended) = stream.end(end);
        if let Some(session) = publisher.filter(|session| session.key == *stream.key()) {
            self.emit(Event::Unpublished { session, end });
        }
        if ended {
            self.emit(Event::StreamEnded { key: stream.key().clone(), end });
            self.release(stream.key());
        }
        ended
    }

    /// Whether `what` is true of `key`, or of what it may be a rendition of.
    fn is(&self, key: &StreamKey, what: impl Fn(&StreamKey) -> bool) -> bool {
        what(key) || key.parent().is_some_and(|(parent, _)| what(&parent))
    }

    /// Lets a stream go that nobody holds and that carries nothing.
    fn release(&self, key: &StreamKey) {
        let mut streams = self.streams();
        let gone = |held: &Held| held.holders == 0 && held.stream.publication().is_none();
        if !streams.map.get(key).is_some_and(gone) {
            return;
        }
        if let Some(inventor) = streams.map.remove(key).and_then(|held| held.inventor) {
            streams.invented.leave(inventor);
        }
        self.sessions.forget(key);
    }

    fn streams(&self) -> std::sync::MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn emit(&self, event: Event) {
        events::log(&event, |key| self.is(key, |key| self.admission.is_secret(key)));
        self.ends.count(&event);
        // Nobody listening is fine.
        let _ = self.events.send(event);
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }
}

/// Keeps a stream in the hub.
pub(crate) struct Holder {
    hub: Arc<Inner>,
    stream: Arc<Stream>,
}

impl Holder {
    fn hub(&self) -> &Arc<Inner> {
        &self.hub
    }

    fn stream(&self) -> &Arc<Stream> {
        &self.stream
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        if let Some(held) = self.hub.streams().map.get_mut(self.stream.key()) {
            held.holders -= 1;
        }
        // In its grace a stream waits for its publisher; the keeper lets it go afterwards.
        self.hub.release(self.stream.key());
    }
}

/// Longer than any callback may take; then the answer is no.
const ADMISSION: Duration = Duration::from_secs(60);
/// Events that a receiver may be behind. With a stream its viewers leave, all at once.
const EVENTS: usize = 8_192;

#[cfg(test)]
#[path = "hub_test.rs"]
mod tests;
// Not in `log`, whose file loom's model compiles too.
#[cfg(test)]
mod log_test;
