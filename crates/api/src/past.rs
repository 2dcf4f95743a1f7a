//! Streams that were live: when each was last seen, also over restarts.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use control::so_far;
use hub::{Event, Hub, Session, StreamKey};
use serde::{Deserialize, Serialize};
use store::{Store, Typed};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// Remembers of each stream who published it last, in memory and, a little later, in the store. [`Past::run`] alone adds to it.
pub struct Past {
    store: Arc<dyn Store>,
    known: Mutex<HashMap<StreamKey, Seen>>,
}

/// The last time that a stream was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// When its publisher came.
    pub(crate) since: SystemTime,
    /// When it left.
    pub(crate) until: SystemTime,
    /// What it spoke.
    pub(crate) protocol: String,
    /// What it called itself.
    pub(crate) agent: String,
    /// Payload bytes that came from it.
    pub(crate) bytes: u64,
}

/// In the store, where keys of maps are text.
#[derive(Serialize, Deserialize)]
struct Entry {
    app: String,
    name: String,
    #[serde(flatten)]
    seen: Seen,
}

impl Past {
    /// What `store` remembers. Blocks.
    pub fn open(store: Arc<dyn Store>) -> Result<Past, store::Error> {
        let entries: Vec<Entry> = store.read(KEY)?.unwrap_or_default();
        let known = entries.into_iter().filter_map(|Entry { app, name, seen }| {
            // A name that an older version took and this one does not is nobody's stream any more.
            Some((StreamKey::new(&app, &name).ok()?, seen))
        });
        Ok(Past { store, known: Mutex::new(known.collect()) })
    }

    /// Remembers what `hub` tells until `stop`, and all that was told by then.
    ///
    /// What is missed in a storm of events is not remembered. A publisher that has sent nothing never is, nor a stream whose name is a secret.
    pub async fn run(self: Arc<Self>, hub: Hub, stop: CancellationToken) {
        let mut events = hub.events();
        let mut write_at = None;
        loop {
            let due = async {
                match write_at {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                event = events.recv() => match event {
                    Ok(event) => if self.hear(&hub, &event) {
                        write_at.get_or_insert_with(|| Instant::now() + WRITE_AFTER);
                    },
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => break,
                },
                () = due => {
                    write_at = None;
                    self.write().await;
                }
                () = stop.cancelled() => break,
            }
        }
        let mut unwritten = write_at.is_some();
        for event in so_far(&mut events).flatten() {
            unwritten |= self.hear(&hub, &event);
        }
        if unwritten {
            self.write().await;
        }
    }

    /// All of them, those that nobody publishes at present and others, in no order.
    pub(crate) fn all(&self) -> Vec<(StreamKey, Seen)> {
        self.known().iter().map(|(key, seen)| (key.clone(), seen.clone())).collect()
    }

    /// Forgets a stream, in the store as well. Says whether it was known. Blocks.
    pub(crate) fn forget(&self, key: &StreamKey) -> Result<bool, store::Error> {
        let known = self.known().remove(key).is_some();
        if known {
            self.keep()?;
        }
        Ok(known)
    }

    /// Says whether there is something new to be written.
    fn hear(&self, hub: &Hub, event: &Event) -> bool {
        let Event::Unpublished { session, .. } = event else { return false };
        if session.moved().bytes == 0 || hub.is_secret(&session.key) {
            return false;
        }
        let mut known = self.known();
        known.insert(session.key.clone(), Seen::now(session));
        if known.len() > MOST {
            let oldest = known.iter().min_by_key(|(_, seen)| seen.until).map(|(key, _)| key.clone());
            oldest.and_then(|key| known.remove(&key));
        }
        true
    }

    async fn write(self: &Arc<Self>) {
        let past = Arc::clone(self);
        let written = tokio::task::spawn_blocking(move || past.keep()).await;
        match written {
            Ok(Ok(())) => {}
            Ok(Err(err)) => warn!(%err, "when streams were last seen is not kept"),
            Err(err) => warn!(%err, "when streams were last seen is not kept"),
        }
    }

    fn keep(&self) -> Result<(), store::Error> {
        let entries = self.all().into_iter().map(|(key, seen)| Entry {
            app: key.app().to_owned(),
            name: key.name().to_owned(),
            seen,
        });
        self.store.write(KEY, &entries.collect::<Vec<_>>())
    }

    fn known(&self) -> MutexGuard<'_, HashMap<StreamKey, Seen>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn now(session: &Session) -> Seen {
        let until = SystemTime::now();
        Seen {
            // A clock that was set back meanwhile is not to make it end before it began.
            since: session.since.min(until),
            until,
            protocol: session.protocol.to_owned(),
            agent: session.agent.chars().take(AGENT).collect(),
            bytes: session.moved().bytes,
        }
    }
}

impl fmt::Debug for Past {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Past").field("known", &self.known().len()).finish_non_exhaustive()
    }
}

const KEY: &str = "streams/past";
/// Streams that are remembered; the one that was seen longest ago goes. All of them are one value of the store.
const MOST: usize = 200;
/// Characters of what a publisher calls itself.
const AGENT: usize = 200;
/// Who publishes over a bad network comes and goes: all of it is written at once.
const WRITE_AFTER: Duration = Duration::from_secs(5);

#[cfg(test)]
#[path = "past_test.rs"]
mod test;
