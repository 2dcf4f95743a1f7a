//! The rule for publishing: which key a stream asks for, and where the publisher may have put it.

use std::time::SystemTime;

use hub::StreamKey;
use store::{Store, Typed};
use subtle::Choice;

use crate::key::Key;
use crate::scope::Scope;

/// Which keys let publishers in.
///
/// Who is nearest decides: a stream that has keys of its own asks for one of those and for no other; else its app does, if it has
/// any; else one of the server's, of which the global key is the first. A key that has expired or is disabled lets nobody in and
/// still counts as one that the stream or app has, so nothing opens by itself.
#[derive(Debug, Clone)]
pub struct PublishRule {
    global: Key,
    /// The global key that it has replaced, and until when that holds too.
    previous: Option<(Key, SystemTime)>,
    keys: Vec<ScopedKeys>,
    open: bool,
}

/// Keys of a stream, an app or the server, beside the global one.
#[derive(Debug, Clone)]
pub struct ScopedKeys {
    /// What they are for.
    pub scope: Scope,
    /// Each with when it ends, if it does.
    pub keys: Vec<(Key, Option<SystemTime>)>,
}

impl PublishRule {
    /// All streams ask for `global`.
    pub fn new(global: Key) -> PublishRule {
        PublishRule { global, previous: None, keys: Vec::new(), open: false }
    }

    /// The key of all streams that have none nearer.
    pub fn global(&self) -> &Key {
        &self.global
    }

    /// The same rule with other keys beside the global one.
    pub fn with_keys(self, keys: Vec<ScopedKeys>) -> PublishRule {
        PublishRule { keys, ..self }
    }

    /// The same rule with another global key, and with `previous` as the one before, which holds until then too.
    pub fn with_global(self, global: Key, previous: Option<(Key, SystemTime)>) -> PublishRule {
        PublishRule { global, previous, ..self }
    }

    /// The global key that was replaced, and until when it holds too.
    pub fn previous(&self) -> Option<&(Key, SystemTime)> {
        self.previous.as_ref()
    }

    /// Anybody may publish anything, whatever the keys are.
    pub fn open(mut self, open: bool) -> PublishRule {
        self.open = open;
        self
    }

    /// Whether anybody may publish anything.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Whether somebody may publish `stream` at `now` with the raw `query` of their address.
    ///
    /// A key counts anywhere in the stream's name or the query, as one piece: `?secret=KEY`, `?token=KEY`, `?KEY`, `liveKEY`.
    /// Case matters and nothing is URL-decoded. The time taken tells the lengths of name and query and how many keys the
    /// stream has, and nothing of a key's content or place. A query beyond [`MAX_QUERY`] bytes holds no key.
    ///
    /// Source: Oryx 5.15, publish check.
    pub fn admits(&self, stream: &StreamKey, query: &str, now: SystemTime) -> bool {
        if self.open {
            return true;
        }
        let (name, query) = (stream.name(), if query.len() > MAX_QUERY { "" } else { query });
        let holds = |key: &Key| key.is_in(name.as_bytes()) | key.is_in(query.as_bytes());
        let nearest = self.keys.iter().filter_map(|keys| keys.scope.nearness(stream)).max().unwrap_or(0);
        let own = self.keys.iter().filter(|keys| keys.scope.nearness(stream) == Some(nearest));
        let valid = own.flat_map(|keys| &keys.keys).filter(|(_, end)| end.is_none_or(|end| now < end));
        let found = valid.fold(Choice::from(0), |found, (key, _)| found | holds(key));
        if nearest > 0 {
            return found.into();
        }
        let previous = self.previous.iter().filter(|(_, until)| now < *until);
        previous.fold(found | holds(&self.global), |found, (key, _)| found | holds(key)).into()
    }

    /// Whether what `stream` is called holds a key, as it does with devices that cannot send a query. Such a name is a secret.
    pub fn is_secret(&self, stream: &StreamKey) -> bool {
        let keys = self.keys.iter().flat_map(|keys| &keys.keys).map(|(key, _)| key);
        let previous = self.previous.iter().map(|(key, _)| key);
        let found = keys.chain([&self.global]).chain(previous).fold(Choice::from(0), |found, key| {
            found | key.is_in(stream.app().as_bytes()) | key.is_in(stream.name().as_bytes())
        });
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
/// Where the one before it is, with until when it holds: `Option<(Key, SystemTime)>`.
pub(crate) const PREVIOUS: &str = "publish/previous";

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
