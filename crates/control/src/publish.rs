//! The rule for publishing: which key a stream asks for, and where the publisher may have put it.

use std::collections::HashMap;

use store::{Store, Typed};
use subtle::Choice;

use crate::key::Key;

/// Which keys let publishers in.
///
/// A stream with a room key asks for that one and for no other, in whichever app; all others ask for the global key.
#[derive(Debug, Clone)]
pub struct PublishRule {
    global: Key,
    /// Room keys by stream name, without the app.
    rooms: HashMap<String, Key>,
    open: bool,
}

impl PublishRule {
    /// All streams ask for `global`.
    pub fn new(global: Key) -> PublishRule {
        PublishRule { global, rooms: HashMap::new(), open: false }
    }

    /// The key of all streams that have none of their own.
    pub fn global(&self) -> &Key {
        &self.global
    }

    /// The same rule with another global key.
    pub fn with_global(self, global: Key) -> PublishRule {
        PublishRule { global, ..self }
    }

    /// Streams called `name`, in any app, ask for `key` in place of the global one.
    pub fn room(mut self, name: impl Into<String>, key: Key) -> PublishRule {
        self.rooms.insert(name.into(), key);
        self
    }

    /// Anybody may publish anything, whatever the keys are.
    pub fn open(mut self, open: bool) -> PublishRule {
        self.open = open;
        self
    }

    /// Whether somebody may publish as `name` with the raw `query` of their address.
    ///
    /// The key counts anywhere in either of them, as one piece: `?secret=KEY`, `?token=KEY`, `?KEY`, `liveKEY`.
    /// Case matters and nothing is URL-decoded. The time taken tells the lengths of `name` and `query` and whether the
    /// stream has a key of its own, and nothing of the key's content or place. A query beyond [`MAX_QUERY`] bytes holds
    /// no key.
    ///
    /// Source: Oryx 5.15, publish check.
    pub fn admits(&self, name: &str, query: &str) -> bool {
        if self.open {
            return true;
        }
        let key = self.rooms.get(name).unwrap_or(&self.global);
        let query = if query.len() > MAX_QUERY { "" } else { query };
        let found: Choice = key.is_in(name.as_bytes()) | key.is_in(query.as_bytes());
        found.into()
    }
}

/// The longest query that is searched for a key: far beyond any that carries one, and it bounds the work of a search.
pub const MAX_QUERY: usize = 4 << 10;

/// The global publish key: `chosen` if the owner chose one, which is then kept; else the one that is kept; else a new one,
/// which is then kept. Blocks.
///
/// Errs when what is kept cannot be a key; choosing one replaces it.
pub(crate) fn publish_key(store: &dyn Store, chosen: Option<Key>) -> Result<Key, Error> {
    let kept = store.read::<Key>(PUBLISH_KEY);
    let key = match (chosen, kept) {
        (Some(chosen), Ok(Some(kept))) if kept == chosen => return Ok(kept),
        (Some(chosen), Ok(_) | Err(store::Error::Json { .. })) => chosen,
        (_, Err(error)) => return Err(error.into()),
        (None, Ok(Some(kept))) => return Ok(kept),
        (None, Ok(None)) => Key::generate()?,
    };
    store.write(PUBLISH_KEY, &key)?;
    Ok(key)
}

/// Where the global key is in the store, as a JSON string.
pub(crate) const PUBLISH_KEY: &str = "publish/key";

/// Why there is no publish key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store cannot be read or written, or what it holds cannot be a key.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The system has no randomness to give.
    #[error("no randomness for a publish key: {0}")]
    Randomness(#[from] getrandom::Error),
}

#[cfg(test)]
#[path = "publish_test.rs"]
mod tests;
