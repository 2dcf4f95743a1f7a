//! Values as JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Store};

/// Reads and writes values of a [`Store`] as JSON. Every store has it.
pub trait Typed: Store {
    /// The value of `key`. Errs when there is one that is not a `T`: it is never taken for absent.
    fn read<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        self.get(key)?.map(|bytes| decode(key, &bytes)).transpose()
    }

    /// Sets `key` to `value`.
    fn write<T: Serialize + ?Sized>(&self, key: &str, value: &T) -> Result<(), Error> {
        self.put(key, &encode(key, value)?)
    }

    /// Sets `key` to `value` if it has none yet. Says whether it did.
    fn write_new<T: Serialize + ?Sized>(&self, key: &str, value: &T) -> Result<bool, Error> {
        self.compare_and_set(key, None, &encode(key, value)?)
    }

    /// Replaces the value of `key` by what `change` makes of it, and returns that. When somebody else writes in
    /// between it reads again, so `change` may run more than once; an expiry of the key is gone.
    fn update<T, F>(&self, key: &str, mut change: F) -> Result<T, Error>
    where
        T: Serialize + DeserializeOwned,
        F: FnMut(Option<T>) -> T,
    {
        let new = replace(self, key, |old| Ok::<_, Error>(Some(change(old))))?;
        Ok(new.expect("the change makes a value each time"))
    }
}

impl<S: Store + ?Sized> Typed for S {}

/// Replaces the value of `key` by what `change` makes of it, if anything, and returns that.
pub(crate) fn replace<S, T, E>(
    store: &S,
    key: &str,
    mut change: impl FnMut(Option<T>) -> Result<Option<T>, E>,
) -> Result<Option<T>, E>
where
    S: Store + ?Sized,
    T: Serialize + DeserializeOwned,
    E: From<Error>,
{
    for _ in 0..UPDATE_TRIES {
        let old = store.get(key)?;
        let Some(new) = change(old.as_deref().map(|bytes| decode(key, bytes)).transpose()?)? else {
            return Ok(None);
        };
        if store.compare_and_set(key, old.as_deref(), &encode(key, &new)?)? {
            return Ok(Some(new));
        }
    }
    Err(Error::Contended { key: key.to_owned(), tries: UPDATE_TRIES }.into())
}

/// Each lost round means that another writer won one, so this many in a row is a loop, not bad luck.
const UPDATE_TRIES: u32 = 64;

pub(crate) fn decode<T: DeserializeOwned>(key: &str, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|source| Error::Json { key: key.to_owned(), source })
}

fn encode<T: Serialize + ?Sized>(key: &str, value: &T) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(|source| Error::Json { key: key.to_owned(), source })
}
