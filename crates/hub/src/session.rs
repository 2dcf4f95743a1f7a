//! Who is here: one session for each publisher and each viewer.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;

use tokio::time::Instant;

use crate::config::Limits;
use crate::network::{Measured, Network};
use crate::{AccessRequest, Action, Crowd, Refusal, SessionId, StreamKey, Traffic};

/// A publisher or viewer, from admission to its end. Owned by the gateway through [`crate::Publisher`] or
/// [`crate::Subscription`]; the hub only looks at it.
#[derive(Debug)]
pub struct Session {
    /// Its name in logs and API.
    pub id: SessionId,
    /// Publisher or viewer.
    pub action: Action,
    /// The stream.
    pub key: StreamKey,
    /// The gateway's name.
    pub protocol: &'static str,
    /// Where it comes from.
    pub peer: SocketAddr,
    /// What it says it is.
    pub agent: String,
    /// The query of a publisher's address as sent; empty for viewers. It may hold secrets, so it is never logged.
    pub query: String,
    /// When it was admitted.
    pub since: SystemTime,
    /// The same on the monotonic clock.
    pub opened: Instant,
    bytes: AtomicU64,
    frames: AtomicU64,
    skipped: AtomicU64,
    network: Measured,
    ended: OnceLock<End>,
    /// The task that must learn of `ended`.
    waker: Mutex<Option<Waker>>,
}

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The publisher said goodbye, or the viewer did.
    Finished,
    /// The publisher's connection was lost.
    Dropped,
    /// An operator, or the API, asked for it.
    Kicked,
    /// Another publisher with a valid key took the slot of one that had fallen silent.
    Replaced,
    /// No frame from the publisher for too long.
    Silent,
    /// The viewer fell behind for the third time in 30 s.
    TooSlow,
    /// The viewer's response cannot carry the stream as it has become (a track appeared or changed its codec).
    TracksChanged,
    /// The server stops.
    Shutdown,
}

/// What a session has moved so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moved {
    /// Payload bytes in (publisher) or bytes on the wire (viewer).
    pub bytes: u64,
    /// Frames in or out.
    pub frames: u64,
    /// Log entries that a viewer had to pass over.
    pub skipped: u64,
}

impl Session {
    pub(crate) fn new(id: SessionId, request: &AccessRequest) -> Session {
        Session {
            id,
            action: request.action,
            key: request.key.clone(),
            protocol: request.protocol,
            peer: request.peer,
            agent: request.agent.clone(),
            query: if request.action == Action::Publish { request.query.clone() } else { String::new() },
            since: SystemTime::now(),
            opened: Instant::now(),
            bytes: AtomicU64::new(0),
            frames: AtomicU64::new(0),
            skipped: AtomicU64::new(0),
            network: Measured::default(),
            ended: OnceLock::new(),
            waker: Mutex::new(None),
        }
    }

    /// Ends the session: its gateway learns of it through [`Session::poll_ended`]. The first reason stays.
    pub fn end(&self, end: End) {
        if self.ended.set(end).is_ok() {
            let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    /// Why the hub or an operator has ended it, if they have.
    pub fn ended(&self) -> Option<End> {
        self.ended.get().copied()
    }

    /// Waits until the hub or an operator ends the session. One task at a time may wait.
    pub fn poll_ended(&self, cx: &mut Context<'_>) -> Poll<End> {
        if let Some(end) = self.ended() {
            return Poll::Ready(end);
        }
        {
            let mut waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
            if !waker.as_ref().is_some_and(|held| held.will_wake(cx.waker())) {
                *waker = Some(cx.waker().clone());
            }
        }
        self.ended().map_or(Poll::Pending, Poll::Ready)
    }

    /// Counts bytes that went over the wire.
    pub fn count_bytes(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts frames that went in or out. What goes through a wire or a publisher is counted there.
    pub fn count_frames(&self, frames: u64) {
        self.frames.fetch_add(frames, Ordering::Relaxed);
    }

    /// Counts what a viewer had to pass over. What goes through a wire is counted there.
    pub fn count_skipped(&self, entries: u64) {
        self.skipped.fetch_add(entries, Ordering::Relaxed);
    }

    /// Tells what was measured of its network: about once a second, by those protocols that can.
    pub fn measure(&self, network: Network) {
        self.network.store(network);
    }

    /// What was measured last of its network.
    pub fn network(&self) -> Network {
        self.network.load()
    }

    /// What it has moved so far.
    pub fn moved(&self) -> Moved {
        Moved {
            bytes: self.bytes.load(Ordering::Relaxed),
            frames: self.frames.load(Ordering::Relaxed),
            skipped: self.skipped.load(Ordering::Relaxed),
        }
    }
}

impl End {
    /// All of them, in a fixed order.
    pub const ALL: [End; 8] = [
        End::Finished,
        End::Dropped,
        End::Kicked,
        End::Replaced,
        End::Silent,
        End::TooSlow,
        End::TracksChanged,
        End::Shutdown,
    ];

    /// In a word or two.
    pub const fn name(self) -> &'static str {
        match self {
            End::Finished => "finished",
            End::Dropped => "dropped",
            End::Kicked => "kicked",
            End::Replaced => "replaced",
            End::Silent => "silent",
            End::TooSlow => "too slow",
            End::TracksChanged => "tracks changed",
            End::Shutdown => "shutdown",
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The sessions that are open. Owned by the hub.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    next: AtomicU64,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    map: HashMap<SessionId, Arc<Session>>,
    viewers: Crowd,
    gone: Gone,
}

/// What those who have left have moved: of all, and of each stream while it is there.
#[derive(Debug, Default, Clone)]
pub(crate) struct Gone {
    pub(crate) all: Traffic,
    pub(crate) streams: HashMap<StreamKey, Traffic>,
}

impl Sessions {
    /// A name that no session of this process has had.
    pub(crate) fn next_id(&self) -> SessionId {
        SessionId(self.next.fetch_add(1, Ordering::Relaxed) + 1)
    }

    pub(crate) fn open(&self, session: Arc<Session>) -> Arc<Session> {
        let mut open = self.inner();
        open.map.insert(session.id, Arc::clone(&session));
        if session.action == Action::Play {
            // Who was let in when there was room is in, though others may have come meanwhile.
            open.viewers.enter(session.peer.ip(), usize::MAX);
        }
        session
    }

    pub(crate) fn close(&self, id: SessionId) {
        let mut open = self.inner();
        let Some(session) = open.map.remove(&id) else { return };
        if session.action == Action::Play {
            open.viewers.leave(session.peer.ip());
        }
        open.gone.all.add(&session);
        open.gone.streams.entry(session.key.clone()).or_default().add(&session);
    }

    /// The stream is no more: what its sessions have moved is nothing to the next of that name.
    pub(crate) fn forget(&self, key: &StreamKey) {
        self.inner().gone.streams.remove(key);
    }

    /// Whether another viewer may come from `peer`.
    pub(crate) fn has_room(&self, peer: IpAddr, limits: &Limits) -> Result<(), Refusal> {
        let open = self.inner();
        let (all, of_peer) = (open.map.len(), open.viewers.count(peer));
        if all >= limits.sessions {
            return Err(Refusal::Full { what: "sessions", count: all });
        }
        if of_peer >= limits.viewers_per_address {
            return Err(Refusal::Full { what: "viewers of one address", count: of_peer });
        }
        Ok(())
    }

    pub(crate) fn find(&self, id: SessionId) -> Option<Arc<Session>> {
        self.inner().map.get(&id).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Session>> {
        self.inner().map.values().cloned().collect()
    }

    /// The same, with what others have moved, so that nobody is missed or counted twice.
    pub(crate) fn all_and_gone(&self) -> (Vec<Arc<Session>>, Gone) {
        let open = self.inner();
        (open.map.values().cloned().collect(), open.gone.clone())
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
