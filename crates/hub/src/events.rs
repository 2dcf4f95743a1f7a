//! What the rest of the server may want to know of.

use std::sync::Arc;

use tracing::{info, warn};

use crate::key::SECRET;
use crate::{End, Session, StreamKey};

/// Something that happened in the hub.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A publisher came; frames follow.
    Published {
        /// The publisher.
        session: Arc<Session>,
    },
    /// A publisher left, or lost its slot. Told at once, also when a grace runs.
    Unpublished {
        /// The publisher.
        session: Arc<Session>,
        /// Why.
        end: End,
    },
    /// The stream is over: no publisher came back in time.
    StreamEnded {
        /// The stream.
        key: StreamKey,
        /// Why.
        end: End,
    },
    /// A viewer came; it may still wait for a publisher.
    PlayStarted {
        /// The viewer.
        session: Arc<Session>,
    },
    /// A viewer left.
    PlayStopped {
        /// The viewer.
        session: Arc<Session>,
        /// Why.
        end: End,
    },
}

/// Writes the line of an event: one when a session opens, one with the reason when it closes. Names that are secrets are left out.
pub(crate) fn log(event: &Event, is_secret: impl Fn(&StreamKey) -> bool) {
    let shown = |key: &StreamKey| if is_secret(key) { SECRET.to_owned() } else { key.to_string() };
    let closed = |session: &Session, end: End| {
        let moved = session.moved();
        let (id, stream, proto, peer) = (session.id.0, shown(&session.key), session.protocol, session.peer);
        let (bytes, frames, skipped) = (moved.bytes, moved.frames, moved.skipped);
        info!(id, proto, %peer, %stream, %end, bytes, frames, skipped, "session closed");
    };
    match event {
        Event::Published { session } => {
            let (id, proto, agent) = (session.id.0, session.protocol, &session.agent);
            info!(id, proto, peer = %session.peer, stream = %shown(&session.key), agent, "publishing");
        }
        Event::PlayStarted { session } => {
            let (id, proto) = (session.id.0, session.protocol);
            info!(id, proto, peer = %session.peer, stream = %shown(&session.key), "playing");
        }
        Event::Unpublished { session, end } => {
            if matches!(end, End::Silent | End::Dropped) {
                warn!(id = session.id.0, stream = %shown(&session.key), %end, "publisher lost");
            }
            closed(session, *end);
        }
        Event::PlayStopped { session, end } => closed(session, *end),
        Event::StreamEnded { key, end } => info!(stream = %shown(key), %end, "stream ended"),
    }
}
