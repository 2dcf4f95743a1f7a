//! The segments and parts of one stream, and those who wait for the next.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use bytes::Bytes;
use hls::ll::playlist::{self, Playlist};
use hls::ll::{Config, Edge, Found, Name, Progress, Reload, Resume, Window};
use hub::StreamKey;
use media::Delta;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::hls::streams::{Bounded, Share};

/// What of one stream is listed as the low-latency variant. Owned by its feed; requests share it.
pub(in crate::hls) struct Low {
    pub(super) key: StreamKey,
    listed: RwLock<Listed>,
    /// What its segments weigh.
    pub(super) share: Share,
    /// What requests wait for.
    state: watch::Sender<State>,
    /// A publisher has come, maybe another one.
    pub(in crate::hls) published: Notify,
    asked: Mutex<Instant>,
}

/// The place of a [`Low`] in its stream.
#[derive(Default)]
pub(in crate::hls) struct Slot {
    pub(in crate::hls) running: Option<Arc<Low>>,
    /// Where the next one goes on.
    pub(in crate::hls) resume: Resume,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct State {
    edge: Edge,
    /// A master playlist can be made,
    known: bool,
    /// and one of segments.
    ready: bool,
    /// There is no publication: nothing more comes for now.
    over: bool,
}

struct Listed {
    window: Window,
    /// The playlists of this moment, whole and as a delta update: written when somebody first asks, for all who do.
    whole: OnceLock<Arc<Playlist>>,
    delta: OnceLock<Arc<Playlist>>,
}

/// Why there is no playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// The stream has not brought anything.
    Nothing,
    /// What the request waits for is too far ahead.
    TooFar,
    /// It has been waited for, too long.
    Late,
}

impl Low {
    pub(in crate::hls) fn new(key: StreamKey, config: &Config, resume: Resume, share: Share) -> Low {
        let window = Window::new(config, resume);
        let state = State { edge: window.edge(), known: false, ready: false, over: false };
        Low {
            key,
            listed: RwLock::new(Listed { window, whole: OnceLock::new(), delta: OnceLock::new() }),
            share,
            state: watch::Sender::new(state),
            published: Notify::new(),
            asked: Mutex::new(Instant::now()),
        }
    }

    /// Somebody wants it.
    pub(in crate::hls) fn touch(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Since when nobody has.
    pub(super) fn asked(&self) -> Instant {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The playlist that `reload` asks for, waited for if it is to come.
    pub(super) async fn playlist(&self, reload: &Reload) -> Result<Arc<Playlist>, Missing> {
        let mut state = self.state.subscribe();
        let begun = wait(&mut state, FIRST, |state| state.ready).await.ok_or(Missing::Nothing)?;
        if !begun.ready {
            return Err(Missing::Nothing);
        }
        let (part_target, limit) = {
            let listed = self.read();
            (listed.window.part_target(), (listed.window.target_duration() * 3).to_std())
        };
        if begun.edge.is_far_from(reload, part_target) {
            return Err(Missing::TooFar);
        }
        wait(&mut state, limit, |state| state.edge.has(reload)).await.ok_or(Missing::Late)?;
        let listed = self.read();
        let cell = if reload.skip { &listed.delta } else { &listed.whole };
        let make = || Arc::new(playlist::media(&listed.window, self.key.name(), reload.skip));
        Ok(Arc::clone(cell.get_or_init(make)))
    }

    /// A master playlist that leads to `uri`, once something is known of the stream.
    pub(super) async fn master(&self, uri: &str) -> Option<String> {
        wait(&mut self.state.subscribe(), FIRST, |state| state.known).await?;
        playlist::master(&self.read().window, uri)
    }

    /// A file, waited for if it is the part that comes next; `None` if it is not there.
    pub(super) async fn file(&self, name: &Name<'_>) -> Option<Vec<Bytes>> {
        let mut state = self.state.subscribe();
        let limit = Instant::now() + (self.target_duration() * 3).to_std();
        loop {
            match self.read().window.find(name) {
                Found::Here(pieces) => return Some(pieces),
                Found::Missing => return None,
                Found::Coming => {}
            }
            tokio::time::timeout_at(limit, state.changed()).await.ok()?.ok()?;
        }
    }

    pub(super) fn target_duration(&self) -> Delta {
        self.read().window.target_duration()
    }

    /// Lists what has become of the stream.
    pub(super) fn list(&self, progress: impl Iterator<Item = Progress>) {
        let mut progress = progress.peekable();
        if progress.peek().is_some() {
            self.change(|window| progress.for_each(|progress| window.push(progress)));
        }
    }

    /// Whether there is a publication now: without one nobody waits.
    pub(super) fn set_published(&self, published: bool) {
        self.state.send_if_modified(|state| std::mem::replace(&mut state.over, !published) == published);
    }

    pub(super) fn resume(&self) -> Resume {
        self.read().window.resume()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Window) -> T) -> T {
        let (changed, state) = {
            let mut listed = self.listed.write().unwrap_or_else(PoisonError::into_inner);
            let listed = &mut *listed;
            let before = listed.window.bytes();
            let changed = change(&mut listed.window);
            (listed.whole, listed.delta) = (OnceLock::new(), OnceLock::new());
            let window = &listed.window;
            self.share.change(before, window.bytes());
            (changed, (window.edge(), window.is_known(), window.is_ready()))
        };
        self.state.send_if_modified(|now| {
            let (edge, known, ready) = state;
            let next = State { edge, known, ready, ..*now };
            std::mem::replace(now, next) != next
        });
        changed
    }

    fn read(&self) -> RwLockReadGuard<'_, Listed> {
        self.listed.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bounded for Low {
    fn bytes(&self) -> usize {
        self.share.bytes()
    }

    fn shorten(&self, least: usize) -> bool {
        self.change(|window| window.shorten(least))
    }
}

/// Waits until `there`, or nothing more comes; `None` when that takes longer than `limit`.
async fn wait(
    state: &mut watch::Receiver<State>,
    limit: Duration,
    there: impl Fn(&State) -> bool,
) -> Option<State> {
    let decided = state.wait_for(|state| state.over || there(state));
    tokio::time::timeout(limit, decided).await.ok()?.ok().map(|state| *state)
}

/// How long the beginning of a stream is waited for: players give up at 10 s, and ask again.
const FIRST: Duration = Duration::from_secs(8);
