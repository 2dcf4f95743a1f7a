//! Secret stream names for devices that cannot send a key.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use hub::StreamKey;
use serde::{Deserialize, Serialize};
use store::{Collection, Store};

use crate::entry::{Error, fresh_id, good_label};
use crate::gate::Gate;
use crate::key::Key;
use crate::secret::Fingerprint;

/// A name under which one device publishes one stream, without a key: some cameras can send neither `?` nor `=`. The name is the secret,
/// and is seen nowhere else: the stream has its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// Whose it is, or what for.
    pub label: String,
    /// The stream name that the device publishes, in any app.
    pub name: Key,
    /// The app of the stream.
    pub app: String,
    /// The stream's own name.
    pub stream: String,
    /// Since when.
    pub created: SystemTime,
    /// It lets nobody in for now.
    pub disabled: bool,
}

/// What changes of an alias; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Whose it is, or what for.
    pub label: Option<String>,
    /// Whether it lets nobody in.
    pub disabled: Option<bool>,
}

/// All that are in force. Names are looked up by their fingerprints, which takes the same time whatever they are.
#[derive(Debug, Clone, Default)]
pub struct AliasRule(HashMap<Fingerprint, StreamKey>);

impl AliasRule {
    /// The stream that a publisher of `asked` may publish for that name alone.
    pub fn stream(&self, asked: &StreamKey) -> Option<StreamKey> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&Fingerprint::of(asked.name())).cloned()
    }
}

/// Changes them, in the store and in the [`Gate`] alike: from the next publisher on. Blocks.
pub struct Aliases {
    aliases: Collection<Alias>,
    gate: Arc<Gate>,
    /// Held while both change.
    changing: Mutex<()>,
}

impl Aliases {
    /// Those that `store` keeps, in force in `gate`.
    pub fn open(store: Arc<dyn Store>, gate: Arc<Gate>) -> Result<Aliases, store::Error> {
        let aliases = Collection::new(store, "publish/aliases/");
        let aliases = Aliases { aliases, gate, changing: Mutex::default() };
        aliases.renew()?;
        Ok(aliases)
    }

    /// Every alias by its id, in the order of ids.
    pub fn all(&self) -> Result<Vec<(String, Alias)>, Error> {
        Ok(self.aliases.all()?)
    }

    /// Every secret name, to be looked for in what must not hold any.
    pub fn secrets(&self) -> Result<Vec<String>, Error> {
        Ok(self.all()?.into_iter().map(|(_, alias)| alias.name.reveal().to_owned()).collect())
    }

    /// Makes an alias of `stream`: its name is `chosen`, or a new one of 16 characters, which every device can be given.
    pub fn create(
        &self,
        label: &str,
        stream: &StreamKey,
        chosen: Option<Key>,
    ) -> Result<(String, Alias), Error> {
        let label = good_label(label)?;
        let name = match chosen {
            Some(name) => name,
            None => Key::generate_short()?,
        };
        if let Err(bad) = StreamKey::new("live", name.reveal()) {
            return Err(Error::Field { field: "name", reason: bad.to_string() });
        }
        let _changing = self.changing();
        let all = self.aliases.all()?;
        if all.len() >= MOST {
            return Err(Error::TooMany { whose: "the server", what: "aliases", most: MOST });
        }
        if all.iter().any(|(_, alias)| alias.name == name) {
            return Err(Error::Taken { what: "the name" });
        }
        let (app, stream) = (stream.app().to_owned(), stream.name().to_owned());
        let alias = Alias { label, name, app, stream, created: SystemTime::now(), disabled: false };
        let id = fresh_id()?;
        self.aliases.put(&id, &alias)?;
        self.renew()?;
        Ok((id, alias))
    }

    /// Changes an alias.
    pub fn change(&self, id: &str, change: &Change) -> Result<Alias, Error> {
        let label = change.label.as_deref().map(good_label).transpose()?;
        let _changing = self.changing();
        let changed = self.aliases.update(id, |mut alias| {
            alias.label = label.clone().unwrap_or(alias.label);
            alias.disabled = change.disabled.unwrap_or(alias.disabled);
            Ok::<_, Error>(alias)
        })?;
        let changed = changed.ok_or_else(|| unknown(id))?;
        self.renew()?;
        Ok(changed)
    }

    /// Removes an alias; who publishes by it stays.
    pub fn remove(&self, id: &str) -> Result<(), Error> {
        let _changing = self.changing();
        if !self.aliases.remove(id)? {
            return Err(unknown(id));
        }
        Ok(self.renew()?)
    }

    fn renew(&self) -> Result<(), store::Error> {
        let enabled = self.aliases.all()?.into_iter().filter(|(_, alias)| !alias.disabled);
        let known = enabled.filter_map(|(_, alias)| {
            let stream = StreamKey::new(&alias.app, &alias.stream).ok()?;
            Some((Fingerprint::of(alias.name.reveal()), stream))
        });
        self.gate.set_aliases(AliasRule(known.collect()));
        Ok(())
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Aliases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aliases")
    }
}

fn unknown(id: &str) -> Error {
    Error::Unknown { what: "alias", id: id.to_owned() }
}

const MOST: usize = 1_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_device_publishes_one_stream_by_its_secret_name() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(store::Embedded::open(folder.path()).unwrap());
        let gate = crate::PublishKeys::open(Arc::clone(&store), None).unwrap().gate();
        let open = || Aliases::open(Arc::clone(&store), Arc::clone(&gate)).unwrap();
        let aliases = open();
        let stream = StreamKey::new("live", "door").unwrap();
        let (id, made) = aliases.create(" front door ", &stream, None).unwrap();
        assert_eq!((made.label.as_str(), made.name.reveal().len()), ("front door", 16));
        let known = |name: &str| gate.aliases().stream(&StreamKey::new("any", name).unwrap());
        assert_eq!(known(made.name.reveal()), Some(stream.clone()));
        assert_eq!(known("door"), None);
        gate.set_aliases(AliasRule::default());
        drop(aliases);
        let aliases = open();
        assert!(known(made.name.reveal()).is_some(), "after a restart too");

        let twice = aliases.create("x", &stream, Some(made.name.clone()));
        assert!(matches!(twice, Err(Error::Taken { .. })));
        aliases.change(&id, &Change { disabled: Some(true), label: None }).unwrap();
        assert_eq!(known(made.name.reveal()), None);
        aliases.change(&id, &Change { disabled: Some(false), label: Some("x".into()) }).unwrap();
        assert_eq!((known(made.name.reveal()), &*aliases.all().unwrap()[0].1.label), (Some(stream), "x"));
        aliases.remove(&id).unwrap();
        assert_eq!(known(made.name.reveal()), None);
        assert!(matches!(aliases.remove(&id), Err(Error::Unknown { .. })));
        assert!(matches!(aliases.change(&id, &Change::default()), Err(Error::Unknown { .. })));
    }
}
