//! The whole store at once: as text, back from it, and as a second file.

use std::path::Path;

use redb::{ReadTransaction, ReadableDatabase, ReadableTable, WriteTransaction};

use super::file::Failure;
use super::{EXPIRIES, Embedded, NEVER, Tables, VALUES, file};
use crate::schema::{Entries, Stored};
use crate::{Dump, Error};

impl Embedded {
    /// Every entry that has not expired, as of one moment, while others go on reading and writing.
    pub fn export(&self) -> Result<Dump, Error> {
        let now = (self.now)();
        let mut entries = self.view(|db| entries(&db.begin_read()?.open_table(VALUES)?))?;
        entries.retain(|_, stored| stored.expires.is_none_or(|expires| expires > now));
        Ok(Dump { version: self.file.schema().version(), without_secrets: false, entries })
    }

    /// Puts `dump` in the place of everything that is here, at once or not at all.
    ///
    /// Unless it is to `replace` them, errs with [`Error::NotEmpty`] when there are entries. What has expired meanwhile
    /// is left out. One of an older version is migrated on the way.
    pub fn import(&self, dump: &Dump, replace: bool) -> Result<(), Error> {
        let mut entries = dump.entries.clone();
        self.file.schema().migrate(&mut entries, dump.version)?;
        let mut there = 0;
        let imported = self.change(|tables| {
            there = tables.count()?;
            if there > 0 && !replace {
                return Ok(false);
            }
            tables.replace(&entries).map(|()| true)
        })?;
        match imported {
            true => Ok(()),
            false => Err(Error::NotEmpty { path: self.path(), entries: there }),
        }
    }

    /// Writes all of it, as of one moment, into a new file at `to`, which can take the place of the store's own.
    ///
    /// Errs with [`Error::Io`] when there is such a file already. It appears only when it is whole and on the disk.
    pub fn backup(&self, to: &Path) -> Result<(), Error> {
        let source = {
            let held = self.database()?;
            let db = held.as_ref().expect("database() returns with the database open");
            db.begin_read().map_err(Failure::from)
        };
        let source = source.map_err(|failure| self.failed(failure))?;
        // From here on what fails is most likely the new file, which is no reason to close ours.
        let version = self.file.schema().version();
        let copied = file::create_elsewhere(to, version, |target| copy(&source, target));
        copied.map(drop).map_err(|failure| file::error(to, failure))
    }
}

impl Tables<'_> {
    /// Entries that have not expired.
    fn count(&self) -> Result<u64, Failure> {
        let mut count = 0;
        for item in self.values.iter()? {
            count += u64::from(item?.1.value().0 > self.now);
        }
        Ok(count)
    }

    /// Puts `entries` in the place of all that is here, but for those that have expired.
    pub(super) fn replace(&mut self, entries: &Entries) -> Result<(), Failure> {
        self.values.retain(|_, _| false)?;
        self.expiries.retain(|_, ()| false)?;
        for (key, Stored { value, expires }) in entries {
            let expiry = expires.unwrap_or(NEVER);
            if expiry > self.now {
                self.set(key, value, expiry)?;
            }
        }
        Ok(())
    }
}

/// Everything in the table, whether or not it has expired.
pub(super) fn entries(
    values: &impl ReadableTable<&'static str, (u64, &'static [u8])>,
) -> Result<Entries, Failure> {
    let mut entries = Entries::new();
    for item in values.iter()? {
        let (key, value) = item?;
        let (expiry, value) = value.value();
        let expires = (expiry != NEVER).then_some(expiry);
        entries.insert(key.value().to_owned(), Stored { value: value.to_vec(), expires });
    }
    Ok(entries)
}

/// Copies both tables as they are.
pub(super) fn copy(source: &ReadTransaction, target: &WriteTransaction) -> Result<(), Failure> {
    let mut values = target.open_table(VALUES)?;
    for item in source.open_table(VALUES)?.iter()? {
        let (key, value) = item?;
        values.insert(key.value(), value.value())?;
    }
    let mut expiries = target.open_table(EXPIRIES)?;
    for item in source.open_table(EXPIRIES)?.iter()? {
        expiries.insert(item?.0.value(), ())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;
    use std::time::Duration;

    use super::*;
    use crate::Store;

    fn store() -> (tempfile::TempDir, Embedded) {
        let folder = tempfile::tempdir().unwrap();
        let store = Embedded::open(folder.path()).unwrap();
        store.put("a", b"1").unwrap();
        store.put("b", b"\xff\x00").unwrap();
        store.put("brief", b"2").unwrap();
        store.expire("brief", Some(Duration::from_secs(3_600))).unwrap();
        store.put("gone", b"3").unwrap();
        store.expire("gone", Some(Duration::ZERO)).unwrap();
        (folder, store)
    }

    #[test]
    fn an_export_makes_the_same_store_elsewhere() {
        let (_here, store) = store();
        let dump = store.export().unwrap();
        assert_eq!(dump.len(), 3, "what has expired is not in it");
        let elsewhere = tempfile::tempdir().unwrap();
        let other = Embedded::open(elsewhere.path()).unwrap();
        other.import(&dump, false).unwrap();
        assert_eq!(other.export().unwrap(), dump);
        drop(other);
        assert_eq!(Embedded::open(elsewhere.path()).unwrap().export().unwrap(), dump);
    }

    #[test]
    fn entries_are_replaced_only_where_that_is_asked_for() {
        let (_here, store) = store();
        let before = store.export().unwrap();
        let dump =
            Dump::parse("{\"sluice_store\":1}\n{\"key\":\"z\",\"text\":\"9\"}\n{\"entries\":1}").unwrap();
        assert!(matches!(store.import(&dump, false), Err(Error::NotEmpty { entries: 3, .. })));
        assert_eq!(store.export().unwrap(), before, "a refusal changes nothing");
        store.import(&dump, true).unwrap();
        assert_eq!(store.export().unwrap(), dump);
    }

    #[test]
    fn what_expired_on_the_way_is_left_out() {
        let (_here, store) = store();
        let text = "{\"sluice_store\":1}\n{\"key\":\"z\",\"text\":\"9\",\"expires\":5}\n{\"entries\":1}";
        store.import(&Dump::parse(text).unwrap(), true).unwrap();
        assert!(store.export().unwrap().is_empty());
    }

    #[test]
    fn a_backup_is_a_store_and_never_takes_the_place_of_a_file() {
        let (_here, store) = store();
        let elsewhere = tempfile::tempdir().unwrap();
        let file = elsewhere.path().join("sluice.redb");
        fs::write(&file, "mine").unwrap();
        assert!(matches!(store.backup(&file), Err(Error::Io { path, .. }) if path == file));
        assert_eq!(fs::read(&file).unwrap(), b"mine");
        fs::remove_file(&file).unwrap();
        let neighbour = elsewhere.path().join("sluice.redb.new");
        fs::write(&neighbour, "mine too").unwrap();
        store.backup(&file).unwrap();
        assert_eq!(fs::read(&neighbour).unwrap(), b"mine too");
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 2, "no draft is left");
        store.put("later", b"").unwrap();
        let copy = Embedded::open(elsewhere.path()).unwrap();
        assert_eq!(copy.get("later").unwrap(), None);
        copy.put("later", b"").unwrap();
        assert_eq!(copy.export().unwrap(), store.export().unwrap());
        assert!(store.backup(&elsewhere.path().join("no/such/folder")).is_err());
        store.put("a", b"still open").unwrap();
    }
}
