//! The file: who holds it, how it comes to be, and what its errors mean.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{Builder, Database, ReadableDatabase, TableDefinition, WriteTransaction};

use super::migration;
use crate::Error;
use crate::schema::{SCHEMA, Schema};

/// The place of one database file, and the lock on it. Locked as long as it lives.
pub(super) struct DbFile {
    path: PathBuf,
    /// Held for its lock, which the system lets go of when the process ends in whichever way. It is a file of its own
    /// because the database comes to be under another name.
    _lock: File,
    open: fn(&Path) -> Result<Database, Failure>,
    schema: &'static Schema,
}

/// Anything that redb complains of: each of its errors can be one.
pub(super) type Failure = redb::Error;

/// `schema`: the version of the entries.
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
/// All of a store is a few MiB, and the system caches the file too.
const CACHE: usize = 4 << 20;

impl DbFile {
    /// Makes `folder` and locks it.
    pub(super) fn at(folder: &Path) -> Result<DbFile, Error> {
        DbFile::opened_by(folder, open_existing, &SCHEMA)
    }

    /// As [`at`](DbFile::at), with another way to open the file and other versions; for tests.
    pub(super) fn opened_by(
        folder: &Path,
        open: fn(&Path) -> Result<Database, Failure>,
        schema: &'static Schema,
    ) -> Result<DbFile, Error> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Io { path, source }
        };
        // Keys and password hashes live here.
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io(folder))?;
        let lock_path = folder.join("lock");
        let lock = private().create(true).truncate(false).open(&lock_path).map_err(io(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => Ok(DbFile { path: path(folder), _lock: lock, open, schema }),
            Err(TryLockError::WouldBlock) => Err(Error::Locked { path: folder.to_owned() }),
            Err(TryLockError::Error(source)) => Err(Error::Io { path: lock_path, source }),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn schema(&self) -> &'static Schema {
        self.schema
    }

    /// Opens the database, or makes it if there is no such file. One of an older version is migrated, with a copy kept.
    pub(super) fn open(&self) -> Result<Database, Error> {
        let there = self.path.try_exists().map_err(|source| self.io(source))?;
        let newest = self.schema.version();
        let db = if there { (self.open)(&self.path) } else { create(&self.path, newest) };
        let db = db.map_err(|failure| self.error(failure))?;
        let found = version(&db).map_err(|failure| self.error(failure))?;
        if found == newest {
            return Ok(db);
        }
        if !self.schema.reads(found) {
            return Err(Error::Format { path: self.path.clone(), found, supported: newest });
        }
        migration::migrate(&db, &self.path, self.schema, found)?;
        Ok(db)
    }

    fn io(&self, source: io::Error) -> Error {
        Error::Io { path: self.path.clone(), source }
    }

    pub(super) fn error(&self, failure: Failure) -> Error {
        error(&self.path, failure)
    }
}

/// The version of the entries in `db`.
fn version(db: &Database) -> Result<u64, Failure> {
    let table = db.begin_read()?.open_table(META)?;
    let version = table.get("schema")?.map_or(0, |guard| guard.value());
    Ok(version)
}

/// Says within a transaction that the entries have the version `version`.
pub(super) fn set_version(transaction: &WriteTransaction, version: u64) -> Result<(), Failure> {
    transaction.open_table(META)?.insert("schema", version)?;
    Ok(())
}

/// Where the database of the store in `folder` is.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join("sluice.redb")
}

/// Makes the database at `path`, in a folder of ours: under another name, and moved into place when it is whole. A file in its
/// place that is empty or cut short is then always damage, and never a first start that was interrupted.
fn create(path: &Path, version: u64) -> Result<Database, Failure> {
    replace(path, version, |_| Ok(()))
}

/// As [`create`], with what `fill` puts into its tables; what was at `path` is gone.
pub(super) fn replace(
    path: &Path,
    version: u64,
    fill: impl FnOnce(&WriteTransaction) -> Result<(), Failure>,
) -> Result<Database, Failure> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let draft = PathBuf::from(draft);
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    write_whole(&draft, version, fill, || fs::rename(&draft, path))
}

/// Makes a database at `path`, where somebody else's files are, with what `fill` puts into its tables. It comes to be under a name of its
/// own; no file is ever replaced.
pub(super) fn create_elsewhere(
    path: &Path,
    version: u64,
    fill: impl FnOnce(&WriteTransaction) -> Result<(), Failure>,
) -> Result<Database, Failure> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}.new", std::process::id()));
    let draft = PathBuf::from(draft);
    // Unlike a move, a link never takes the place of a file.
    write_whole(&draft, version, fill, || fs::hard_link(&draft, path).and_then(|()| fs::remove_file(&draft)))
}

/// Makes a database at `draft`, where nothing may be, and has it `put` where it belongs once it is on the disk.
fn write_whole(
    draft: &Path,
    version: u64,
    fill: impl FnOnce(&WriteTransaction) -> Result<(), Failure>,
    put: impl FnOnce() -> io::Result<()>,
) -> Result<Database, Failure> {
    let file = private().create_new(true).open(draft)?;
    let made = fill_new(file, version, fill).and_then(|db| {
        put()?;
        Ok(db)
    });
    if made.is_err() {
        // On a full disk its room is wanted.
        let _ = fs::remove_file(draft);
    }
    let db = made?;
    let folder = draft.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()?;
    Ok(db)
}

/// A database in `file`, which is empty, with what `fill` puts into its tables.
fn fill_new(
    file: File,
    version: u64,
    fill: impl FnOnce(&WriteTransaction) -> Result<(), Failure>,
) -> Result<Database, Failure> {
    let db = Builder::new().set_cache_size(CACHE).create_with_backend(FileBackend::new(file)?)?;
    let mut transaction = db.begin_write()?;
    transaction.set_two_phase_commit(true);
    set_version(&transaction, version)?;
    transaction.open_table(super::VALUES)?;
    transaction.open_table(super::EXPIRIES)?;
    fill(&transaction)?;
    transaction.commit()?;
    Ok(db)
}

/// What redb's complaint about the file at `path` means for whoever runs the server.
pub(super) fn error(path: &Path, failure: Failure) -> Error {
    let path = path.to_owned();
    match failure {
        redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => Error::Locked { path },
        redb::Error::UpgradeRequired(found) => Error::FileFormat { path, found: found.into() },
        // redb says so of files that are no database at all, or are cut short.
        redb::Error::Io(source)
            if matches!(source.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) =>
        {
            Error::Damaged { path, reason: source.to_string() }
        }
        redb::Error::Io(source) => Error::Io { path, source },
        redb::Error::PreviousIo => Error::Io { path, source: io::Error::other("an earlier write failed") },
        other => Error::Damaged { path, reason: other.to_string() },
    }
}

/// Every page is checked against its checksum; without that, redb trusts the file and may panic on a damaged one.
fn open_existing(path: &Path) -> Result<Database, Failure> {
    Ok(Builder::new().set_cache_size(CACHE).set_check_integrity_on_open(true).open(path)?)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    options
}
