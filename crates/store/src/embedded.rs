//! The store in one file beside the server: redb, a copy-on-write B-tree with checksums.

mod file;
mod migration;
mod transfer;

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use redb::{Database, ReadableDatabase, ReadableTable, Table, TableDefinition, WriteTransaction};

use crate::{Entry, Error, Store, check_key, check_value};
use file::{DbFile, Failure};

/// The store of one server, in the file `sluice.redb` of its folder; held by one process at a time, released when dropped.
///
/// Readers see the last commit and do not wait; there is one writer at a time, and a write returns when the disk has it
/// (two syncs, so some milliseconds on a disk that tells the truth). After a failed write, as with a full disk, the file
/// is opened afresh by the next call, so the store works again as soon as the disk does.
pub struct Embedded {
    file: DbFile,
    /// `None` after a failure, until somebody asks for it again.
    db: RwLock<Option<Database>>,
    /// Milliseconds of wall-clock time since 1970: expiry has to outlive the process.
    now: fn() -> u64,
}

/// Key → (when it expires in ms since 1970, or [`NEVER`]; value).
const VALUES: TableDefinition<'_, &str, (u64, &[u8])> = TableDefinition::new("values");
/// (When it expires, key): what to sweep. Holds exactly the keys of [`VALUES`] that expire.
const EXPIRIES: TableDefinition<'_, (u64, &str), ()> = TableDefinition::new("expiries");
const NEVER: u64 = u64::MAX;
/// Expired entries removed with each write: more than can be added by it, so they never pile up, and a bounded delay.
const SWEEP: usize = 32;
/// How often a store that is in use is tried again.
const LOCK_POLL: Duration = Duration::from_millis(10);

impl Embedded {
    /// Opens the store in `folder`, making both if they are not there. A file of an older version is migrated, and a copy of it kept beside
    /// it; any other is only ever read as it is.
    ///
    /// Errs with [`Error::Locked`] when another process has it, with [`Error::Damaged`] when its checksums do not fit:
    /// every page is checked, which for the few MiB that a store has takes a few ms.
    pub fn open(folder: &Path) -> Result<Embedded, Error> {
        Embedded::with(DbFile::at(folder)?, wall_clock)
    }

    /// As [`open`](Embedded::open), but blocks for up to `patience` while another process has it: a server that was killed
    /// leaves its locks to a child that it was just starting, until that child runs its own program.
    pub fn open_within(folder: &Path, patience: Duration) -> Result<Embedded, Error> {
        let began = Instant::now();
        Embedded::open_again(folder, || {
            let waits = began.elapsed() < patience;
            if waits {
                thread::sleep(LOCK_POLL);
            }
            waits
        })
    }

    /// Opens it, again for as long as it is in use and `again` says so.
    fn open_again(folder: &Path, mut again: impl FnMut() -> bool) -> Result<Embedded, Error> {
        loop {
            match Embedded::open(folder) {
                Err(Error::Locked { .. }) if again() => {}
                outcome => return outcome,
            }
        }
    }

    /// Whether there is a store in `folder`, whole or not.
    pub fn is_in(folder: &Path) -> Result<bool, Error> {
        let path = file::path(folder);
        path.try_exists().map_err(|source| Error::Io { path, source })
    }

    fn with(file: DbFile, now: fn() -> u64) -> Result<Embedded, Error> {
        let db = file.open()?;
        Ok(Embedded { file, db: RwLock::new(Some(db)), now })
    }

    /// The file that holds everything; for messages and backups.
    pub fn path(&self) -> PathBuf {
        self.file.path().to_owned()
    }

    fn view<T>(&self, view: impl FnOnce(&Database) -> Result<T, Failure>) -> Result<T, Error> {
        let outcome = {
            let held = self.database()?;
            let db = held.as_ref().expect("database() returns with the database open");
            view(db)
        };
        outcome.map_err(|failure| self.failed(failure))
    }

    /// Runs `change` within a transaction that also sweeps; commits when it says that something has changed.
    fn change(&self, change: impl FnOnce(&mut Tables<'_>) -> Result<bool, Failure>) -> Result<bool, Error> {
        let now = (self.now)();
        let run = |db: &Database| -> Result<bool, Failure> {
            let mut transaction = db.begin_write()?;
            // With the second sync a torn commit can be told from damage, so damage is never rolled back in silence.
            transaction.set_two_phase_commit(true);
            let changed = {
                let mut tables = Tables::open(&transaction, now)?;
                let changed = change(&mut tables)?;
                if changed {
                    tables.sweep()?;
                }
                changed
            };
            if changed {
                transaction.commit()?
            } else {
                transaction.abort()?
            }
            Ok(changed)
        };
        let outcome = {
            let held = self.database()?;
            let db = held.as_ref().expect("database() returns with the database open");
            run(db)
        };
        outcome.map_err(|failure| self.failed(failure))
    }

    /// The database, opened again if an earlier failure closed it.
    fn database(&self) -> Result<RwLockReadGuard<'_, Option<Database>>, Error> {
        loop {
            let held = self.db.read().unwrap_or_else(PoisonError::into_inner);
            if held.is_some() {
                return Ok(held);
            }
            drop(held);
            let mut slot = self.db.write().unwrap_or_else(PoisonError::into_inner);
            if slot.is_none() {
                *slot = Some(self.file.open()?);
            }
        }
    }

    /// Closes the database after a failure, since redb refuses everything from then on.
    fn failed(&self, failure: Failure) -> Error {
        *self.db.write().unwrap_or_else(PoisonError::into_inner) = None;
        self.file.error(failure)
    }
}

impl Store for Embedded {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        check_key(key)?;
        let now = (self.now)();
        self.view(|db| {
            let table = db.begin_read()?.open_table(VALUES)?;
            let found = table.get(key)?;
            Ok(found.and_then(|guard| {
                let (expiry, value) = guard.value();
                (expiry > now).then(|| value.to_vec())
            }))
        })
    }

    fn put(&self, key: &str, value: &[u8]) -> Result<(), Error> {
        check_key(key)?;
        check_value(key, value)?;
        self.change(|tables| tables.set(key, value, NEVER).map(|()| true)).map(|_| ())
    }

    fn compare_and_set(&self, key: &str, expected: Option<&[u8]>, value: &[u8]) -> Result<bool, Error> {
        check_key(key)?;
        check_value(key, value)?;
        self.change(|tables| {
            let same = tables.live(key)?.as_deref() == expected;
            if same {
                tables.set(key, value, NEVER)?;
            }
            Ok(same)
        })
    }

    fn delete(&self, key: &str) -> Result<bool, Error> {
        check_key(key)?;
        self.change(|tables| {
            let there = tables.live(key)?.is_some();
            tables.remove(key)?;
            Ok(there)
        })
    }

    fn scan(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<Entry>, Error> {
        let now = (self.now)();
        self.view(|db| {
            let table = db.begin_read()?.open_table(VALUES)?;
            let mut entries = Vec::new();
            for item in table.range(after.map_or(prefix, |after| after.max(prefix))..)? {
                let (key, value) = item?;
                let (key, (expiry, value)) = (key.value(), value.value());
                if entries.len() == limit || !key.starts_with(prefix) {
                    break;
                }
                if expiry > now && after.is_none_or(|after| key > after) {
                    entries.push(Entry { key: key.to_owned(), value: value.to_vec() });
                }
            }
            Ok(entries)
        })
    }

    fn expire(&self, key: &str, ttl: Option<Duration>) -> Result<bool, Error> {
        check_key(key)?;
        self.change(|tables| {
            let Some(value) = tables.live(key)? else { return Ok(false) };
            let expiry = ttl.map_or(NEVER, |ttl| {
                let millis = u64::try_from(ttl.as_millis()).unwrap_or(NEVER);
                tables.now.saturating_add(millis)
            });
            tables.set(key, &value, expiry)?;
            Ok(true)
        })
    }
}

/// Both tables within one write, which keeps them in step.
struct Tables<'t> {
    values: Table<'t, &'static str, (u64, &'static [u8])>,
    expiries: Table<'t, (u64, &'static str), ()>,
    now: u64,
}

impl<'t> Tables<'t> {
    fn open(transaction: &'t WriteTransaction, now: u64) -> Result<Tables<'t>, Failure> {
        Ok(Tables {
            values: transaction.open_table(VALUES)?,
            expiries: transaction.open_table(EXPIRIES)?,
            now,
        })
    }

    fn live(&self, key: &str) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.values.get(key)?.and_then(|guard| {
            let (expiry, value) = guard.value();
            (expiry > self.now).then(|| value.to_vec())
        }))
    }

    fn set(&mut self, key: &str, value: &[u8], expiry: u64) -> Result<(), Failure> {
        let old = self.values.insert(key, (expiry, value))?.map(|guard| guard.value().0);
        if let Some(old) = old.filter(|old| *old != NEVER) {
            self.expiries.remove((old, key))?;
        }
        if expiry != NEVER {
            self.expiries.insert((expiry, key), ())?;
        }
        Ok(())
    }

    fn remove(&mut self, key: &str) -> Result<(), Failure> {
        let old = self.values.remove(key)?.map(|guard| guard.value().0);
        if let Some(old) = old.filter(|old| *old != NEVER) {
            self.expiries.remove((old, key))?;
        }
        Ok(())
    }

    fn sweep(&mut self) -> Result<(), Failure> {
        let mut expired = Vec::new();
        for item in self.expiries.range(..=(self.now, LAST_KEY))?.take(SWEEP) {
            expired.push(item?.0.value().1.to_owned());
        }
        expired.iter().try_for_each(|key| self.remove(key))
    }
}

/// Sorts behind every key that a person or program would use; one beyond it is swept a millisecond later.
const LAST_KEY: &str = "\u{10ffff}";

fn wall_clock() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_millis()).unwrap_or(NEVER - 1)
}

#[cfg(test)]
#[path = "embedded_test.rs"]
mod tests;
