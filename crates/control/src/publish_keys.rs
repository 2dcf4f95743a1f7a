//! Publish keys while the server runs: shown, made, changed, rotated, and not asked for.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use store::{Collection, Store, Typed};

use crate::entry::{Error, fresh_id, good_label};
use crate::gate::Gate;
use crate::key::Key;
use crate::publish::{self, PREVIOUS, PUBLISH_KEY, PublishRule, ScopedKeys};
use crate::scope::Scope;

/// Changes what publishers need, in the store and in the [`Gate`] alike. Blocks.
pub struct PublishKeys {
    store: Arc<dyn Store>,
    keys: Collection<PublishKey>,
    gate: Arc<Gate>,
    /// The owner chose the global key, and chooses it again at the next start.
    chosen: bool,
    /// Held while both change.
    changing: Mutex<()>,
}

/// A key beside the global one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishKey {
    /// Whose it is, or what for.
    pub label: String,
    /// What it is for.
    pub scope: Scope,
    /// The secret itself.
    pub key: Key,
    /// The one that it has replaced, and until when that holds too.
    pub previous: Option<(Key, SystemTime)>,
    /// Since when.
    pub created: SystemTime,
    /// Until when; `None`: until it is removed.
    pub expires: Option<SystemTime>,
    /// It lets nobody in for now.
    pub disabled: bool,
}

/// What changes of a key; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Whose it is, or what for.
    pub label: Option<String>,
    /// Until when; `Some(None)`: until it is removed.
    pub expires: Option<Option<SystemTime>>,
    /// Whether it lets nobody in.
    pub disabled: Option<bool>,
}

impl PublishKeys {
    /// With `chosen` as the global key, if the owner chose one; else with what `store` keeps. Makes the gate that goes by them.
    pub fn open(store: Arc<dyn Store>, chosen: Option<Key>) -> Result<PublishKeys, publish::Error> {
        let before = store.read::<Key>(PUBLISH_KEY).ok().flatten();
        let by_owner = chosen.is_some();
        let key = publish::publish_key(&*store, chosen)?;
        let mut previous = store.read::<Option<(Key, SystemTime)>>(PREVIOUS)?.flatten();
        // Another key that the owner has chosen since then has replaced both.
        if previous.is_some() && before.as_ref() != Some(&key) {
            previous = None;
            store.write(PREVIOUS, &previous)?;
        }
        let open = store.read::<bool>(PUBLISH_OPEN)?.unwrap_or(false);
        let keys = Collection::<PublishKey>::new(Arc::clone(&store), "publish/keys/");
        let rule =
            PublishRule::new(key.clone()).open(open).with_keys(scoped(&keys)?).with_global(key, previous);
        let gate = Arc::new(Gate::new(rule));
        Ok(PublishKeys { store, keys, gate, chosen: by_owner, changing: Mutex::default() })
    }

    /// Who asks for the key.
    pub fn gate(&self) -> Arc<Gate> {
        Arc::clone(&self.gate)
    }

    /// The key of all streams that have none nearer.
    pub fn global(&self) -> Key {
        self.gate.publishing().global().clone()
    }

    /// Whether the configuration names it: then another one holds until the next start.
    pub fn is_chosen(&self) -> bool {
        self.chosen
    }

    /// Until when the global key before it holds too.
    pub fn previous_until(&self) -> Option<SystemTime> {
        self.gate.publishing().previous().map(|(_, until)| *until)
    }

    /// Changes it, from the next publisher on; those who publish stay.
    pub fn set_global(&self, key: Key) -> Result<(), store::Error> {
        let _changing = self.changing();
        self.put_global(key, None)
    }

    /// Makes another global key. The one until now holds for `grace` more; those who publish stay.
    pub fn rotate_global(&self, grace: Duration) -> Result<(), Error> {
        let key = Key::generate()?;
        let _changing = self.changing();
        let until = SystemTime::now().checked_add(grace).filter(|_| !grace.is_zero());
        Ok(self.put_global(key, until.map(|until| (self.global(), until)))?)
    }

    /// What is kept of the one before is so first: between the two it is the one that holds.
    fn put_global(&self, key: Key, previous: Option<(Key, SystemTime)>) -> Result<(), store::Error> {
        self.store.write(PREVIOUS, &previous)?;
        self.store.write(PUBLISH_KEY, &key)?;
        let rule = PublishRule::clone(&self.gate.publishing());
        self.gate.set_publishing(rule.with_global(key, previous));
        Ok(())
    }

    /// Whether anybody may publish without a key.
    pub fn is_open(&self) -> bool {
        self.gate.publishing().is_open()
    }

    /// Lets anybody publish without a key, or nobody.
    pub fn set_open(&self, open: bool) -> Result<(), store::Error> {
        let _changing = self.changing();
        self.store.write(PUBLISH_OPEN, &open)?;
        self.gate.set_publishing(PublishRule::clone(&self.gate.publishing()).open(open));
        Ok(())
    }

    /// Every key there is, to be looked for in what must not hold any.
    pub fn secrets(&self) -> Result<Vec<String>, Error> {
        let rule = self.gate.publishing();
        let global = [rule.global()].into_iter().chain(rule.previous().map(|(key, _)| key));
        let mut all: Vec<_> = global.map(|key| key.reveal().to_owned()).collect();
        for (_, key) in self.all()? {
            let previous = key.previous.map(|(key, _)| key.reveal().to_owned());
            all.extend(previous.into_iter().chain([key.key.reveal().to_owned()]));
        }
        Ok(all)
    }

    /// Every key beside the global one, by its name, in the order of names.
    pub fn all(&self) -> Result<Vec<(String, PublishKey)>, Error> {
        Ok(self.keys.all()?)
    }

    /// Makes a key for `scope`: the secret is `chosen`, or a new one. From the next publisher on.
    pub fn create(
        &self,
        label: &str,
        scope: Scope,
        chosen: Option<Key>,
        expires: Option<SystemTime>,
    ) -> Result<(String, PublishKey), Error> {
        let _changing = self.changing();
        let label = good_label(label)?;
        let all = self.keys.all()?;
        if all.len() >= MOST {
            return Err(Error::TooMany { whose: "the server", what: "keys", most: MOST });
        }
        if all.iter().filter(|(_, key)| key.scope == scope).count() >= MOST_OF_SCOPE {
            return Err(Error::TooMany { whose: "what it is for", what: "keys", most: MOST_OF_SCOPE });
        }
        let id = fresh_id()?;
        let key = chosen.map_or_else(Key::generate, Ok)?;
        let created = SystemTime::now();
        let key = PublishKey { label, scope, key, previous: None, created, expires, disabled: false };
        self.keys.put(&id, &key)?;
        self.renew()?;
        Ok((id, key))
    }

    /// Changes a key, from the next publisher on.
    pub fn change(&self, id: &str, change: &Change) -> Result<PublishKey, Error> {
        let label = change.label.as_deref().map(good_label).transpose()?;
        self.update(id, |key| {
            key.label = label.clone().unwrap_or_else(|| key.label.clone());
            key.expires = change.expires.unwrap_or(key.expires);
            key.disabled = change.disabled.unwrap_or(key.disabled);
        })
    }

    /// Gives a key another secret. The one until now holds for `grace` more, for encoders that are set anew one by one.
    pub fn rotate(&self, id: &str, grace: Duration) -> Result<PublishKey, Error> {
        let secret = Key::generate()?;
        let until = SystemTime::now().checked_add(grace);
        self.update(id, |key| {
            let before = std::mem::replace(&mut key.key, secret.clone());
            key.previous = until.filter(|_| !grace.is_zero()).map(|until| (before, until));
        })
    }

    /// Removes a key. Streams and apps whose last one it was ask for that of the server again.
    pub fn remove(&self, id: &str) -> Result<(), Error> {
        let _changing = self.changing();
        if !self.keys.remove(id)? {
            return Err(Error::Unknown { what: "key", id: id.to_owned() });
        }
        Ok(self.renew()?)
    }

    fn update(&self, id: &str, mut change: impl FnMut(&mut PublishKey)) -> Result<PublishKey, Error> {
        let _changing = self.changing();
        let changed = self.keys.update(id, |mut key| {
            change(&mut key);
            Ok::<_, Error>(key)
        })?;
        let changed = changed.ok_or_else(|| Error::Unknown { what: "key", id: id.to_owned() })?;
        self.renew()?;
        Ok(changed)
    }

    /// Puts what the store has in force.
    fn renew(&self) -> Result<(), store::Error> {
        let keys = scoped(&self.keys)?;
        self.gate.set_publishing(PublishRule::clone(&self.gate.publishing()).with_keys(keys));
        Ok(())
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn scoped(keys: &Collection<PublishKey>) -> Result<Vec<ScopedKeys>, store::Error> {
    let scoped = |(_, key): (String, PublishKey)| {
        let earlier = |a: SystemTime, b: Option<SystemTime>| b.map_or(a, |b| a.min(b));
        let previous = key.previous.map(|(previous, until)| (previous, Some(earlier(until, key.expires))));
        let all = std::iter::once((key.key, key.expires)).chain(previous);
        ScopedKeys { scope: key.scope, keys: if key.disabled { Vec::new() } else { all.collect() } }
    };
    Ok(keys.all()?.into_iter().map(scoped).collect())
}

impl fmt::Debug for PublishKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublishKeys").field("gate", &self.gate).finish()
    }
}

/// Where it is in the store whether anybody may publish.
const PUBLISH_OPEN: &str = "publish/open";
/// Keys beside the global one.
const MOST: usize = 1_000;
/// Of one stream, app, or the server: each is looked for in what a publisher sends.
const MOST_OF_SCOPE: usize = 16;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use hub::StreamKey;

    use super::*;

    fn store() -> (tempfile::TempDir, Arc<dyn Store>) {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(store::Embedded::open(folder.path()).unwrap());
        (folder, store)
    }

    fn admits(keys: &PublishKeys, query: &str) -> bool {
        let stream = StreamKey::new("live", "cam").unwrap();
        keys.gate().publishing().admits(&stream, query, SystemTime::now())
    }

    #[test]
    fn what_was_changed_holds_at_once_and_after_a_restart() {
        let (_folder, store) = store();
        let reopen = || PublishKeys::open(Arc::clone(&store), None).unwrap();
        let keys = reopen();
        let first = keys.global();
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

    #[test]
    fn the_global_key_is_rotated_and_the_one_before_holds_for_the_grace() {
        let (_folder, store) = store();
        let open = |chosen| PublishKeys::open(Arc::clone(&store), chosen).unwrap();
        let keys = open(None);
        let first = keys.global().reveal().to_owned();
        keys.rotate_global(Duration::from_secs(3600)).unwrap();
        let second = keys.global().reveal().to_owned();
        assert_ne!(first, second);
        for keys in [&keys, &open(None)] {
            assert!(admits(keys, &first) && admits(keys, &second));
            assert!(keys.previous_until().unwrap() > SystemTime::now());
            assert!(keys.secrets().unwrap().contains(&first));
        }
        let (id, own) = keys.create("own", Scope::App("live".to_owned()), None, None).unwrap();
        assert!(
            !admits(&keys, &first) && admits(&keys, own.key.reveal()),
            "who has keys asks for those alone"
        );
        keys.remove(&id).unwrap();

        keys.rotate_global(Duration::ZERO).unwrap();
        let third = keys.global().reveal().to_owned();
        for keys in [&keys, &open(None)] {
            assert!(!admits(keys, &first) && !admits(keys, &second) && admits(keys, &third));
            assert_eq!(keys.previous_until(), None);
        }
        keys.rotate_global(Duration::from_secs(3600)).unwrap();
        keys.set_global(Key::new("the-other-key").unwrap()).unwrap();
        assert!(!admits(&keys, &third) && !admits(&open(None), &third), "one that is set replaces both");
        assert!(!keys.is_chosen());

        keys.rotate_global(Duration::from_secs(3600)).unwrap();
        let chosen = open(Some(Key::new("chosen-by-owner").unwrap()));
        assert!(
            chosen.is_chosen() && admits(&chosen, "chosen-by-owner") && !admits(&chosen, "the-other-key")
        );
    }

    #[test]
    fn keys_are_made_disabled_rotated_and_removed_at_once_and_after_a_restart() {
        let (_folder, store) = store();
        let reopen = || PublishKeys::open(Arc::clone(&store), None).unwrap();
        let keys = reopen();
        let global = keys.global();
        let (id, made) = keys.create(" church ", Scope::App("live".to_owned()), None, None).unwrap();
        assert_eq!(made.label, "church");
        let first = made.key.reveal().to_owned();
        assert!(admits(&keys, &first) && !admits(&keys, global.reveal()));
        assert!(admits(&reopen(), &first));

        let rotated = keys.rotate(&id, Duration::from_secs(3600)).unwrap();
        assert!(admits(&keys, rotated.key.reveal()) && admits(&reopen(), &first));
        let again = keys.rotate(&id, Duration::ZERO).unwrap();
        assert!(!admits(&keys, &first) && !admits(&keys, rotated.key.reveal()));
        assert!(admits(&keys, again.key.reveal()));

        let off = Change { disabled: Some(true), ..Change::default() };
        keys.change(&id, &off).unwrap();
        assert!(!admits(&keys, again.key.reveal()) && !admits(&reopen(), global.reveal()));
        let ended = Change { disabled: Some(false), expires: Some(Some(SystemTime::now())), label: None };
        keys.change(&id, &ended).unwrap();
        assert!(!admits(&keys, again.key.reveal()));
        keys.remove(&id).unwrap();
        assert!(admits(&keys, global.reveal()) && admits(&reopen(), global.reveal()));
        assert!(matches!(keys.remove(&id), Err(Error::Unknown { .. })));
        assert!(matches!(keys.rotate(&id, Duration::ZERO), Err(Error::Unknown { .. })));
    }

    #[test]
    fn they_are_bounded_in_number() {
        let (_folder, store) = store();
        let keys = PublishKeys::open(store, None).unwrap();
        for n in 0..MOST_OF_SCOPE {
            keys.create(&n.to_string(), Scope::Server, None, None).unwrap();
        }
        assert!(matches!(keys.create("x", Scope::Server, None, None), Err(Error::TooMany { .. })));
        keys.create("x", Scope::App("live".to_owned()), None, None).unwrap();
        assert!(matches!(keys.create(" ", Scope::Server, None, None), Err(Error::Label)));
    }
}
