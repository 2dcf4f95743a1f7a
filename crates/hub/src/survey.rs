//! What can be seen of the hub from outside, at one moment.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Action, Derivation, Hub, Phase, Refusal, Session, StreamKey, TrackInfo};

/// All that a hub has and has moved. One look costs a pass over all streams and one over all sessions.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// Every stream that is published, in its grace, or waited for.
    pub streams: Vec<StreamInfo>,
    /// Publishers at this moment.
    pub publishers: usize,
    /// Viewers by protocol, in the order of the protocols' names.
    pub viewers: Vec<(&'static str, usize)>,
    /// Of all sessions since the hub was made, also those that are over.
    pub traffic: Traffic,
    /// Who was not let in since the hub was made.
    pub refused: Refused,
}

/// What is known of a stream at this moment.
#[derive(Debug, Clone)]
pub struct StreamInfo {
    /// Its name.
    pub key: StreamKey,
    /// The stream that it is a rendition of.
    pub parent: Option<StreamKey>,
    /// The publisher, while there is one.
    pub publisher: Option<Arc<Session>>,
    /// Its tracks, lowest id first, those that the server makes last; empty while it is only waited for.
    pub tracks: Vec<TrackInfo>,
    /// What becomes of the wish for its sound in another codec.
    pub derivations: Vec<Derivation>,
    /// Viewers by protocol, in the order of the protocols' names.
    pub viewers: Vec<(&'static str, usize)>,
    /// Whether frames are coming; `None` while it is only waited for.
    pub phase: Option<Phase>,
    /// Whether a viewer that comes now sees a picture at once: see [`Publication::is_joinable`](crate::Publication::is_joinable).
    pub joinable: bool,
    /// Bytes of media held.
    pub bytes: usize,
    /// Of all its sessions since it came to be, also those that are over.
    pub traffic: Traffic,
}

/// What sessions have moved together. Never goes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Payload bytes from publishers.
    pub received: u64,
    /// Frames from publishers.
    pub frames: u64,
    /// Bytes on the wire to viewers.
    pub sent: u64,
    /// Log entries that viewers who were too slow had to pass over.
    pub skipped: u64,
}

impl Traffic {
    pub(crate) fn add(&mut self, session: &Session) {
        let moved = session.moved();
        match session.action {
            Action::Publish => {
                self.received += moved.bytes;
                self.frames += moved.frames;
            }
            Action::Play => self.sent += moved.bytes,
        }
        self.skipped += moved.skipped;
    }
}

/// How many were not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Refused {
    /// Who wanted to publish.
    pub publishers: u64,
    /// Who wanted to watch.
    pub viewers: u64,
}

/// Counts who is not let in.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    publishers: AtomicU64,
    viewers: AtomicU64,
}

impl Refusals {
    /// Counts `outcome` if it is a refusal.
    pub(crate) fn count<T>(&self, action: Action, outcome: Result<T, Refusal>) -> Result<T, Refusal> {
        if outcome.is_err() {
            let counter = match action {
                Action::Publish => &self.publishers,
                Action::Play => &self.viewers,
            };
            counter.fetch_add(1, Ordering::Relaxed);
        }
        outcome
    }

    fn so_far(&self) -> Refused {
        let [publishers, viewers] =
            [&self.publishers, &self.viewers].map(|counter| counter.load(Ordering::Relaxed));
        Refused { publishers, viewers }
    }
}

/// What the sessions of one stream add up to.
#[derive(Default)]
struct Share {
    viewers: Vec<(&'static str, usize)>,
    traffic: Traffic,
}

impl Hub {
    /// Every stream that is published, in its grace, or waited for.
    pub fn streams(&self) -> Vec<StreamInfo> {
        self.survey().streams
    }

    /// How many streams are published, or in their grace.
    pub fn published(&self) -> usize {
        self.inner.streams().map.values().filter(|held| held.stream.publication().is_some()).count()
    }

    /// All there is at this moment.
    pub fn survey(&self) -> Survey {
        let streams: Vec<_> =
            self.inner.streams().map.values().map(|held| Arc::clone(&held.stream)).collect();
        let (sessions, gone) = self.inner.sessions.all_and_gone();
        let mut survey = Survey { refused: self.inner.refused.so_far(), ..Survey::default() };
        survey.traffic = gone.all;
        let mut shares: HashMap<&StreamKey, Share> = HashMap::new();
        for (key, traffic) in &gone.streams {
            shares.entry(key).or_default().traffic = *traffic;
        }
        for session in &sessions {
            survey.traffic.add(session);
            let share = shares.entry(&session.key).or_default();
            share.traffic.add(session);
            // Who was put out is gone, though its gateway may not have let go of it yet.
            if session.ended().is_some() {
                continue;
            }
            match session.action {
                Action::Publish => survey.publishers += 1,
                Action::Play => {
                    one_more(&mut survey.viewers, session.protocol);
                    one_more(&mut share.viewers, session.protocol);
                }
            }
        }
        survey.viewers.sort_unstable();
        let info = |stream: Arc<crate::stream::Stream>| {
            let publication = stream.publication();
            let Share { mut viewers, traffic } = shares.remove(stream.key()).unwrap_or_default();
            viewers.sort_unstable();
            StreamInfo {
                key: stream.key().clone(),
                parent: publication
                    .as_ref()
                    .and_then(|publication| publication.parent())
                    .map(|parent| parent.key().clone()),
                publisher: stream.publisher(),
                tracks: publication.as_ref().map(|publication| publication.track_infos()).unwrap_or_default(),
                derivations: publication
                    .as_ref()
                    .map(|publication| publication.derivations())
                    .unwrap_or_default(),
                viewers,
                phase: publication.as_ref().map(|publication| publication.phase()),
                joinable: publication.as_ref().is_some_and(|publication| publication.is_joinable()),
                bytes: publication.map(|publication| publication.bytes()).unwrap_or_default(),
                traffic,
            }
        };
        survey.streams = streams.into_iter().map(info).collect();
        survey
    }
}

pub(crate) fn one_more(counts: &mut Vec<(&'static str, usize)>, protocol: &'static str) {
    match counts.iter_mut().find(|(known, _)| *known == protocol) {
        Some((_, count)) => *count += 1,
        None => counts.push((protocol, 1)),
    }
}
