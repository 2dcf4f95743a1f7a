//! The data folder: what is where in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::anyhow;

/// The folder of everything that one server keeps.
#[derive(Debug)]
pub(crate) struct DataDir(PathBuf);

impl DataDir {
    /// The folder at `path`, there or not.
    pub(crate) fn at(path: &Path) -> DataDir {
        DataDir(path.to_owned())
    }

    /// Makes the folders that are not there yet.
    pub(crate) fn create(path: &Path) -> anyhow::Result<DataDir> {
        let folder = DataDir::at(path);
        fs::create_dir_all(folder.run()).map_err(|error| folder.not_writable(path, &error))?;
        Ok(folder)
    }

    /// For the store: settings and keys.
    pub(crate) fn store(&self) -> PathBuf {
        self.0.join("store")
    }

    /// For certificates and their keys: our own, and those that were uploaded or ordered.
    pub(crate) fn tls(&self) -> PathBuf {
        self.0.join("tls")
    }

    /// For what holds only while the server runs.
    pub(crate) fn run(&self) -> PathBuf {
        self.0.join("run")
    }

    /// For recordings, each in a folder of its own.
    pub(crate) fn recordings(&self) -> PathBuf {
        jobs::record::folder(&self.0)
    }

    /// For what is kept of live streams while they are live.
    pub(crate) fn timeshift(&self) -> PathBuf {
        jobs::timeshift::folder(&self.0)
    }

    /// For what is at `/.well-known/`: whoever orders certificates leaves answers there, under the name that Oryx has for it.
    pub(crate) fn well_known(&self) -> PathBuf {
        self.0.join(".well-known")
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Says that something in here cannot be written, and what to do.
    pub(crate) fn not_writable(&self, what: &Path, error: &io::Error) -> anyhow::Error {
        let folder = self.0.display();
        anyhow!(
            "cannot write {} ({error}): make the data folder {folder} writable for this user, \
             or choose another with --data-dir or SLUICE_DATA_DIR",
            what.display()
        )
    }

    /// Says why the store cannot be used, and what to do.
    pub(crate) fn store_trouble(&self, error: store::Error) -> anyhow::Error {
        match error {
            store::Error::Locked { .. } => anyhow!(
                "{error}: stop that one, or choose another data folder with --data-dir or SLUICE_DATA_DIR"
            ),
            store::Error::Damaged { .. } => anyhow!(
                "{error}: it is left as it is; put a backup (`sluice store backup`) in its place, or move it away and \
                 import an export, or start with new settings and a new publish key"
            ),
            store::Error::Format { ref path, supported, .. } => anyhow!(
                "{error}: run the sluice that wrote it, or a newer one; or go back to before it was migrated, \
                 with {}.v{supported} in its place, if that is there",
                path.display()
            ),
            store::Error::FileFormat { .. } => anyhow!(
                "{error}: run the sluice that wrote it, export the store (`sluice store export`), and import that with this one"
            ),
            store::Error::Step { .. } => anyhow!(
                "{error}: nothing is changed, and the sluice that wrote them still runs; please report it"
            ),
            store::Error::Io { path, source } => self.not_writable(&path, &source),
            other => other.into(),
        }
    }
}
