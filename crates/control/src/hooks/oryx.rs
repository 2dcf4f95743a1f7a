//! What scripts for Oryx are shown of its one receiver: what was last sent to it and what it last answered.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

/// The last request, and the last answer with status 200. They outlive the receiver, and the server.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Last {
    /// The body that was sent; with the secrets of the publisher's address.
    pub request: String,
    /// The body that came.
    pub answer: String,
}

impl crate::settings::Subject for Last {
    const KEY: &'static str = "hooks/oryx-last";
}

impl std::fmt::Debug for Last {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Last(…)")
    }
}

/// The same while it changes.
#[derive(Debug, Default)]
pub(super) struct LastOfOryx {
    last: Mutex<Last>,
    /// It is other than it was when somebody last took it to be kept.
    changed: Notify,
}

impl LastOfOryx {
    pub(super) fn new(last: Last) -> LastOfOryx {
        LastOfOryx { last: Mutex::new(last), changed: Notify::new() }
    }

    pub(super) fn sent(&self, body: &[u8]) {
        self.last().request = String::from_utf8_lossy(body).into_owned();
        self.changed.notify_one();
    }

    pub(super) fn answered(&self, body: &[u8]) {
        self.last().answer = String::from_utf8_lossy(body).into_owned();
        self.changed.notify_one();
    }

    pub(super) fn get(&self) -> Last {
        self.last().clone()
    }

    /// Waits until it has changed since the last time.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
