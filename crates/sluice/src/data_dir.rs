//! The data folder: what is where in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::anyhow;

/// The folder of everything that one server keeps. It is there, with its subfolders.
#[derive(Debug)]
pub(crate) struct DataDir(PathBuf);

impl DataDir {
    /// Makes the folders that are not there yet.
    pub(crate) fn create(path: &Path) -> anyhow::Result<DataDir> {
        let folder = DataDir(path.to_owned());
        fs::create_dir_all(folder.run()).map_err(|error| folder.not_writable(path, &error))?;
        Ok(folder)
    }

    /// For the store: settings and keys.
    pub(crate) fn store(&self) -> PathBuf {
        self.0.join("store")
    }

    /// For our own certificate; made if it is not there.
    pub(crate) fn tls(&self) -> io::Result<PathBuf> {
        let folder = self.0.join("tls");
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// For what holds only while the server runs.
    pub(crate) fn run(&self) -> PathBuf {
        self.0.join("run")
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
}
