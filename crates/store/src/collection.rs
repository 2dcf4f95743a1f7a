//! Entries of one type below one prefix.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Store, Typed, decode};

/// Ids, each with what was read of it.
pub type Each<T> = Vec<(String, Result<T, Error>)>;

/// The entries of a [`Store`] whose keys begin with one prefix, as values of one type, by the rest of their keys.
///
/// Blocks as the store does.
pub struct Collection<T> {
    store: Arc<dyn Store>,
    prefix: &'static str,
    holds: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned> Collection<T> {
    /// Those below `prefix`, which ends with a slash.
    pub fn new(store: Arc<dyn Store>, prefix: &'static str) -> Collection<T> {
        debug_assert!(prefix.ends_with('/'), "{prefix}");
        Collection { store, prefix, holds: PhantomData }
    }

    /// The value of `id`.
    pub fn get(&self, id: &str) -> Result<Option<T>, Error> {
        self.store.read(&self.key(id))
    }

    /// Sets the value of `id`.
    pub fn put(&self, id: &str, value: &T) -> Result<(), Error> {
        self.store.write(&self.key(id), value)
    }

    /// Sets the value of `id` if it has none. Says whether it did.
    pub fn insert(&self, id: &str, value: &T) -> Result<bool, Error> {
        self.store.write_new(&self.key(id), value)
    }

    /// Replaces the value of `id`, if it has one, by what `change` makes of it, and returns that. `change` may run more
    /// than once; when it errs, nothing changes.
    pub fn update<E: From<Error>>(
        &self,
        id: &str,
        mut change: impl FnMut(T) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        let key = self.key(id);
        crate::typed::replace(&*self.store, &key, |old| old.map(&mut change).transpose())
    }

    /// Removes `id`. Says whether it was there.
    pub fn remove(&self, id: &str) -> Result<bool, Error> {
        self.store.delete(&self.key(id))
    }

    /// Lets `id` vanish when `ttl` has passed. Says whether it was there.
    pub fn expire(&self, id: &str, ttl: Duration) -> Result<bool, Error> {
        self.store.expire(&self.key(id), Some(ttl))
    }

    /// Up to `limit` entries behind `after`, in the order of their ids.
    pub fn page(&self, after: Option<&str>, limit: usize) -> Result<Vec<(String, T)>, Error> {
        self.scan(after, limit)?.map(|(id, value)| Ok((id, value?))).collect()
    }

    /// All of them, each read by itself: for what can be done without where it cannot be read.
    pub fn each(&self) -> Result<Each<T>, Error> {
        Ok(self.scan(None, usize::MAX)?.collect())
    }

    /// All of them. Only for what a person makes by hand, so that there are few.
    pub fn all(&self) -> Result<Vec<(String, T)>, Error> {
        self.page(None, usize::MAX)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> Result<bool, Error> {
        Ok(self.store.scan(self.prefix, None, 1)?.is_empty())
    }

    fn scan(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<impl Iterator<Item = (String, Result<T, Error>)> + use<T>, Error> {
        let after = after.map(|id| self.key(id));
        let entries = self.store.scan(self.prefix, after.as_deref(), limit)?;
        let skipped = self.prefix.len();
        Ok(entries
            .into_iter()
            .map(move |entry| (entry.key[skipped..].to_owned(), decode(&entry.key, &entry.value))))
    }

    fn key(&self, id: &str) -> String {
        format!("{}{id}", self.prefix)
    }
}

impl<T> fmt::Debug for Collection<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Collection").field(&self.prefix).finish()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::Embedded;

    fn numbers() -> (tempfile::TempDir, Collection<u32>) {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Embedded::open(folder.path()).unwrap());
        (folder, Collection::new(store, "numbers/"))
    }

    #[test]
    fn entries_are_known_by_what_follows_the_prefix() {
        let (_folder, numbers) = numbers();
        assert!(numbers.is_empty().unwrap());
        numbers.store.put("numbers", b"1").unwrap();
        numbers.store.put("numbersx/a", b"1").unwrap();
        assert!(numbers.insert("b", &2).unwrap());
        assert!(!numbers.insert("b", &3).unwrap());
        numbers.put("a", &1).unwrap();
        assert_eq!(numbers.all().unwrap(), [("a".to_owned(), 1), ("b".to_owned(), 2)]);
        assert_eq!(numbers.page(Some("a"), 1).unwrap(), [("b".to_owned(), 2)]);
        assert_eq!(numbers.get("b").unwrap(), Some(2));
        assert!(numbers.remove("b").unwrap());
        assert!(!numbers.expire("b", Duration::ZERO).unwrap());
        assert!(numbers.expire("a", Duration::ZERO).unwrap());
        assert!(numbers.is_empty().unwrap());
    }

    #[test]
    fn what_cannot_be_read_does_not_keep_others_from_being_read() {
        let (_folder, numbers) = numbers();
        numbers.put("a", &1).unwrap();
        numbers.store.put("numbers/b", b"no number").unwrap();
        assert!(numbers.all().is_err());
        let each = numbers.each().unwrap();
        assert!(matches!(&each[..], [(a, Ok(1)), (b, Err(_))] if a == "a" && b == "b"), "{each:?}");
    }

    #[test]
    fn only_what_is_there_is_updated_and_only_if_the_change_agrees() {
        let (_folder, numbers) = numbers();
        assert_eq!(numbers.update("a", |n| Ok::<_, Error>(n + 1)).unwrap(), None);
        numbers.put("a", &1).unwrap();
        assert_eq!(numbers.update("a", |n| Ok::<_, Error>(n + 1)).unwrap(), Some(2));
        let refused = numbers.update("a", |_| Err(Error::KeyLength { len: 0 }));
        assert!(matches!(refused, Err(Error::KeyLength { .. })));
        assert_eq!(numbers.get("a").unwrap(), Some(2));
    }
}
