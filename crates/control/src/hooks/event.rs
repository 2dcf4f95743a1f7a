//! What receivers are told: one kind each, in the words of the feature that it is about.

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use hub::{AccessRequest, End, Moved, Session, SessionId, StreamKey};
use serde::{Deserialize, Serialize};

use crate::entry::uuid;

/// What can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
#[non_exhaustive]
pub enum Kind {
    /// Somebody wants to publish, or does.
    Publish,
    /// A publisher has left.
    Unpublish,
    /// A viewer came.
    Play,
    /// A viewer has left.
    Stop,
    /// A recording has begun.
    RecordBegin,
    /// A recording is over, and can be had.
    RecordEnd,
    /// Nothing has happened: somebody tries whether the receiver hears.
    Test,
}

impl Kind {
    /// Those that can be chosen, in the order in which they are shown. Every receiver is told a [`Kind::Test`] made for it.
    pub const ALL: [Kind; 6] =
        [Kind::Publish, Kind::Unpublish, Kind::Play, Kind::Stop, Kind::RecordBegin, Kind::RecordEnd];

    /// Its name: `on_publish`.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Publish => "on_publish",
            Kind::Unpublish => "on_unpublish",
            Kind::Play => "on_play",
            Kind::Stop => "on_stop",
            Kind::RecordBegin => "on_record_begin",
            Kind::RecordEnd => "on_record_end",
            Kind::Test => "test",
        }
    }

    /// The one of that name, of those that can be chosen.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<Kind> for &'static str {
    fn from(kind: Kind) -> &'static str {
        kind.name()
    }
}

/// A text names no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is none of {}", Kind::ALL.map(Kind::name).join(", "))]
pub struct UnknownEvent {
    /// The text.
    pub name: String,
}

impl TryFrom<String> for Kind {
    type Error = UnknownEvent;

    fn try_from(name: String) -> Result<Kind, UnknownEvent> {
        Kind::from_name(&name).ok_or(UnknownEvent { name })
    }
}

/// Something that happened, the same for all who are told of it.
#[derive(Debug, Clone)]
pub struct Event {
    /// A UUID. It stays when the event is sent again, so that receivers can tell.
    pub id: String,
    /// When it happened.
    pub at: SystemTime,
    /// What happened.
    pub what: What,
    /// The stream that it is about.
    pub stream: Option<StreamKey>,
}

/// What happened, with what there is to say of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum What {
    /// Somebody wants to publish, and the answer decides.
    Asks {
        /// Who.
        who: Party,
        /// The query of their address as sent, with whatever secrets it has.
        query: String,
    },
    /// Somebody publishes.
    Published {
        /// Who.
        who: Party,
    },
    /// A publisher has left.
    Unpublished {
        /// Who.
        who: Party,
        /// How it was.
        left: Left,
    },
    /// A viewer came.
    Playing {
        /// Who.
        who: Party,
    },
    /// A viewer has left.
    Stopped {
        /// Who.
        who: Party,
        /// How it was.
        left: Left,
    },
    /// A recording has begun.
    RecordBegun {
        /// Its name, a UUID.
        recording: String,
    },
    /// A recording is over, and can be had.
    RecordEnded {
        /// Its name, a UUID.
        recording: String,
    },
    /// Nothing.
    Test,
}

/// A publisher or viewer.
#[derive(Debug, Clone)]
pub struct Party {
    /// Its session.
    pub id: SessionId,
    /// The gateway's name.
    pub protocol: Cow<'static, str>,
    /// Where it comes from.
    pub peer: std::net::SocketAddr,
    /// What it says it is.
    pub agent: String,
}

/// How a session was, when it is over.
#[derive(Debug, Clone, Copy)]
pub struct Left {
    /// Why it is.
    pub end: End,
    /// For how long it was there.
    pub lasted: std::time::Duration,
    /// What it moved.
    pub moved: Moved,
}

impl What {
    /// What of this can be chosen.
    pub fn kind(&self) -> Kind {
        match self {
            What::Asks { .. } | What::Published { .. } => Kind::Publish,
            What::Unpublished { .. } => Kind::Unpublish,
            What::Playing { .. } => Kind::Play,
            What::Stopped { .. } => Kind::Stop,
            What::RecordBegun { .. } => Kind::RecordBegin,
            What::RecordEnded { .. } => Kind::RecordEnd,
            What::Test => Kind::Test,
        }
    }
}

impl Event {
    /// What has just happened to `stream`. Errs when the system has no randomness for its id.
    pub fn new(what: What, stream: Option<StreamKey>) -> Result<Event, getrandom::Error> {
        Ok(Event { id: uuid()?, at: SystemTime::now(), what, stream })
    }

    /// What of it can be chosen.
    pub fn kind(&self) -> Kind {
        self.what.kind()
    }

    /// What the hub tells, if receivers are told of it.
    pub(super) fn of_hub(event: &hub::Event) -> Option<(What, StreamKey)> {
        Some(match event {
            hub::Event::Published { session } => {
                (What::Published { who: Party::of(session) }, session.key.clone())
            }
            hub::Event::Unpublished { session, end } => {
                let left = Left::of(session, *end);
                (What::Unpublished { who: Party::of(session), left }, session.key.clone())
            }
            hub::Event::PlayStarted { session } => {
                (What::Playing { who: Party::of(session) }, session.key.clone())
            }
            hub::Event::PlayStopped { session, end } => {
                let left = Left::of(session, *end);
                (What::Stopped { who: Party::of(session), left }, session.key.clone())
            }
            _ => return None,
        })
    }
}

impl Party {
    pub(crate) fn asking(id: SessionId, request: &AccessRequest) -> Party {
        Party { id, protocol: request.protocol.into(), peer: request.peer, agent: request.agent.clone() }
    }

    fn of(session: &Session) -> Party {
        let Session { id, protocol, peer, agent, .. } = session;
        Party { id: *id, protocol: Cow::Borrowed(protocol), peer: *peer, agent: agent.clone() }
    }
}

impl Left {
    fn of(session: &Session, end: End) -> Left {
        Left { end, lasted: session.opened.elapsed(), moved: session.moved() }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_are_found_again_and_others_are_told_which_there_are() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
        }
        let refused = serde_json::from_str::<Kind>("\"on_nothing\"").unwrap_err().to_string();
        assert!(refused.contains("\"on_nothing\" is none of on_publish, on_unpublish, on_play, on_stop"));
        assert_eq!(Kind::from_name("test"), None, "nobody chooses what everybody gets");
    }
}
