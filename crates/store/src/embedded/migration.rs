//! A file of an older version becomes one of the newest, once, when it is opened.

use std::path::{Path, PathBuf};

use redb::{Database, ReadableDatabase};
use tracing::info;

use super::file::{self, Failure};
use super::{Tables, transfer};
use crate::Error;
use crate::schema::Schema;

/// Takes all entries of `db`, the file at `path`, from the version `from` to the newest of `schema`.
///
/// A copy of the file as it was is made first. Then all steps are one transaction: whatever happens before its end, the file is
/// still the old one, whole.
pub(super) fn migrate(db: &Database, path: &Path, schema: &Schema, from: u64) -> Result<(), Error> {
    let to = schema.version();
    let copy = copy_path(path, from);
    keep(db, &copy, from).map_err(|failure| file::error(&copy, failure))?;
    let run = || -> Result<Result<(), Error>, Failure> {
        let mut transaction = db.begin_write()?;
        transaction.set_two_phase_commit(true);
        let migrated = {
            // Before any expiry: what has expired goes as it always does, later.
            let mut tables = Tables::open(&transaction, 0)?;
            let mut entries = transfer::entries(&tables.values)?;
            match schema.migrate(&mut entries, from) {
                Ok(()) => Ok(tables.replace(&entries)?),
                Err(error) => Err(error),
            }
        };
        match &migrated {
            Ok(()) => {
                file::set_version(&transaction, to)?;
                transaction.commit()?;
            }
            Err(_) => transaction.abort()?,
        }
        Ok(migrated)
    };
    run().map_err(|failure| file::error(path, failure))??;
    info!(from, to, copy = %copy.display(), "the store is migrated; the copy is as it was before");
    Ok(())
}

/// Where the file of version `from` is kept: `sluice.redb.v1`.
fn copy_path(path: &Path, from: u64) -> PathBuf {
    let mut copy = path.as_os_str().to_owned();
    copy.push(format!(".v{from}"));
    copy.into()
}

/// Copies `db` to `copy`, which takes the place of one from an earlier try.
fn keep(db: &Database, copy: &Path, from: u64) -> Result<(), Failure> {
    let source = db.begin_read()?;
    file::replace(copy, from, |target| transfer::copy(&source, target)).map(drop)
}

#[cfg(test)]
#[path = "migration_test.rs"]
mod tests;
