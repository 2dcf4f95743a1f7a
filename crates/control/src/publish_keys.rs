//! The publish key while the server runs: shown, changed, and not asked for.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use store::{Store, Typed};

use crate::gate::Gate;
use crate::key::Key;
use crate::publish::{self, PUBLISH_KEY, PublishRule};

/// Changes what publishers need, in the store and in the [`Gate`] alike. Blocks.
pub struct PublishKeys {
    store: Arc<dyn Store>,
    gate: Arc<Gate>,
    /// Held while both change.
    changing: Mutex<()>,
}

impl PublishKeys {
    /// With `chosen` as the key, if the owner chose one; else with what `store` keeps. Makes the gate that goes by it.
    pub fn open(store: Arc<dyn Store>, chosen: Option<Key>) -> Result<PublishKeys, publish::Error> {
        let key = publish::publish_key(&*store, chosen)?;
        let open = store.read::<bool>(PUBLISH_OPEN)?.unwrap_or(false);
        let gate = Arc::new(Gate::new(PublishRule::new(key).open(open)));
        Ok(PublishKeys { store, gate, changing: Mutex::default() })
    }

    /// Who asks for the key.
    pub fn gate(&self) -> Arc<Gate> {
        Arc::clone(&self.gate)
    }

    /// The key of all streams that have none of their own.
    pub fn global(&self) -> Key {
        self.gate.publishing().global().clone()
    }

    /// Changes it, from the next publisher on; those who publish stay.
    pub fn set_global(&self, key: Key) -> Result<(), store::Error> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.store.write(PUBLISH_KEY, &key)?;
        self.gate.set_publishing(PublishRule::clone(&self.gate.publishing()).with_global(key));
        Ok(())
    }

    /// Lets anybody publish without a key, or nobody.
    pub fn set_open(&self, open: bool) -> Result<(), store::Error> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.store.write(PUBLISH_OPEN, &open)?;
        self.gate.set_publishing(PublishRule::clone(&self.gate.publishing()).open(open));
        Ok(())
    }
}

impl fmt::Debug for PublishKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublishKeys").field("gate", &self.gate).finish()
    }
}

/// Where it is in the store whether anybody may publish.
const PUBLISH_OPEN: &str = "publish/open";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_was_changed_holds_at_once_and_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(store::Embedded::open(folder.path()).unwrap());
        let reopen = || PublishKeys::open(Arc::clone(&store), None).unwrap();
        let keys = reopen();
        let first = keys.global();
        let admits = |keys: &PublishKeys, query: &str| keys.gate().publishing().admits("cam", query);
        keys.set_global(Key::new("the-other-key").unwrap()).unwrap();
        for keys in [keys, reopen()] {
            assert!(admits(&keys, "secret=the-other-key"));
            assert!(!admits(&keys, first.reveal()) && !admits(&keys, ""));
        }
        reopen().set_open(true).unwrap();
        assert!(admits(&reopen(), ""));
        let keys = reopen();
        keys.set_open(false).unwrap();
        assert!(!admits(&keys, ""));
        assert!(admits(&keys, "the-other-key"), "the key is still there");
    }
}
