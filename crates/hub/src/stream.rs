//! A stream: a name, at most one publisher, and whoever waits for it or watches it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use media::Delta;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::config::Settings;
use crate::publication::{Load, Publication};
use crate::session::{End, Session};
use crate::wire::WireKey;
use crate::{Refusal, SessionId, StreamKey};

/// Lives as long as somebody holds it: a publisher, a viewer (also one who waits for a publisher), or a grace that runs.
pub(crate) struct Stream {
    key: StreamKey,
    settings: Settings,
    state: Mutex<State>,
    current: watch::Sender<Option<Arc<Publication>>>,
    load: Arc<Load>,
}

#[derive(Default)]
struct State {
    publisher: Option<Arc<Session>>,
    /// When the publisher came.
    came: Option<Instant>,
    /// When the publisher was lost, while the grace runs.
    dropped: Option<Instant>,
    /// Wires without readers, for the keeper.
    idle_wires: Vec<(WireKey, Instant)>,
}

/// What a publisher gets with the slot.
pub(crate) struct Occupied {
    pub(crate) publication: Arc<Publication>,
    /// The publisher that had to leave the slot.
    pub(crate) replaced: Option<Arc<Session>>,
    /// A lost or silent publisher that is followed within the grace leaves its publication to the next; otherwise it is a new one.
    pub(crate) new: bool,
}

/// What the keeper found at a stream.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// A publisher that was put out for being silent.
    pub(crate) silent: Option<Arc<Session>>,
    /// The publication ended.
    pub(crate) ended: Option<End>,
}

impl Stream {
    pub(crate) fn new(key: StreamKey, settings: Settings, load: Arc<Load>) -> Stream {
        Stream { key, settings, state: Mutex::default(), current: watch::Sender::new(None), load }
    }

    pub(crate) fn key(&self) -> &StreamKey {
        &self.key
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn current(&self) -> watch::Receiver<Option<Arc<Publication>>> {
        self.current.subscribe()
    }

    pub(crate) fn publication(&self) -> Option<Arc<Publication>> {
        self.current.borrow().clone()
    }

    pub(crate) fn publisher(&self) -> Option<Arc<Session>> {
        self.state().publisher.clone()
    }

    /// Takes the publisher's slot for `session`, who publishes it as a rendition of `parent`, if there is one. Errs while another
    /// publishes.
    pub(crate) fn occupy(
        &self,
        session: &Arc<Session>,
        parent: Option<&Arc<Publication>>,
    ) -> Result<Occupied, Refusal> {
        let mut state = self.state();
        let publication = self.publication();
        let mut replaced = None;
        if let Some(holder) = &state.publisher {
            // Who publishes a rendition is silent where the whole is.
            let alone = publication.as_ref().filter(|publication| !publication.is_rendition());
            let silent = alone.and_then(|publication| publication.silence().ok());
            if silent.is_none_or(|silent| silent < TAKEOVER) {
                return Err(Refusal::Busy);
            }
            holder.end(End::Replaced);
            replaced = Some(Arc::clone(holder));
        }
        *state = State {
            publisher: Some(Arc::clone(session)),
            came: Some(Instant::now()),
            dropped: None,
            idle_wires: std::mem::take(&mut state.idle_wires),
        };
        if let Some(publication) = publication {
            publication.resume();
            publication.is_part_of(parent);
            return Ok(Occupied { publication, replaced, new: false });
        }
        let publication = Publication::new(self.key.clone(), self.settings.clone(), Arc::clone(&self.load));
        publication.is_part_of(parent);
        self.current.send_replace(Some(Arc::clone(&publication)));
        Ok(Occupied { publication, replaced, new: true })
    }

    /// The publisher `id` has left. `true` unless it had lost the slot before.
    pub(crate) fn vacate(&self, id: SessionId, end: End) -> bool {
        let mut state = self.state();
        if state.publisher.as_ref().is_none_or(|session| session.id != id) {
            return false;
        }
        state.publisher = None;
        let Some(publication) = self.publication() else { return true };
        let lost = matches!(end, End::Dropped | End::Silent);
        // Without a single frame, from this publisher or one before, there is nothing that a grace could keep together.
        if lost && publication.has_begun() && self.has_grace() {
            state.dropped = Some(Instant::now());
            publication.drop_publisher();
        } else {
            self.current.send_replace(None);
            publication.finish(end);
        }
        true
    }

    /// What is to be done from time to time. `sample` is set about once a second.
    pub(crate) fn keep(&self, sample: bool) -> Found {
        let mut found = Found::default();
        let Some(publication) = self.publication() else { return found };
        publication.tick(sample);
        let silent = {
            let mut state = self.state();
            publication.sweep(&mut state.idle_wires);
            let waited = state.came.map(|came| came.elapsed()).unwrap_or_default();
            let silent = match publication.silence() {
                Ok(silent) => silent >= SILENT,
                Err(()) => waited >= FIRST_FRAME,
            };
            state.publisher.as_ref().filter(|_| silent && !publication.is_rendition()).map(Arc::clone)
        };
        if let Some(session) = silent {
            session.end(End::Silent);
            if self.vacate(session.id, End::Silent) {
                found.ended = self.publication().is_none().then_some(End::Silent);
                found.silent = Some(session);
            }
            return found;
        }
        let mut state = self.state();
        if state.publisher.is_none()
            && state.dropped.is_some_and(|since| publication.give_up(since.elapsed()))
        {
            state.dropped = None;
            self.current.send_replace(None);
            publication.finish(End::Dropped);
            found.ended = Some(End::Dropped);
        }
        found
    }

    /// Ends the publication whatever its publisher does. Returns the publisher, and whether there was a publication.
    pub(crate) fn end(&self, end: End) -> (Option<Arc<Session>>, bool) {
        let mut state = self.state();
        let publisher = std::mem::take(&mut *state).publisher;
        if let Some(session) = &publisher {
            session.end(end);
        }
        let publication = self.current.send_replace(None);
        if let Some(publication) = &publication {
            publication.finish(end);
        }
        (publisher, publication.is_some())
    }

    fn has_grace(&self) -> bool {
        self.settings.grace > Delta::ZERO || self.settings.grace_http > Delta::ZERO
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A publisher silent for so long loses its slot to another with a valid key.
const TAKEOVER: Duration = Duration::from_secs(2);
/// A publisher silent for so long is cut.
const SILENT: Duration = Duration::from_secs(5);
/// So long a publisher may take to its first frame.
const FIRST_FRAME: Duration = Duration::from_secs(20);
