//! The files in which certificates, keys and the account with the authority are kept: in the data folder and not in the store,
//! so that an export of the store, which people send around, has no private key in it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A folder whose files only this user may read. Each is replaced as a whole.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The disk does not take or give it.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not what was written.
    #[error("{} is damaged ({source})", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        source: serde_json::Error,
    },
}

impl Folder {
    pub(super) fn at(path: &Path) -> Folder {
        Folder(path.to_owned())
    }

    /// What is in the file `name`; nothing if there is none.
    pub(super) fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, FileError> {
        let Some(bytes) = self.bytes(name)? else { return Ok(None) };
        let damaged = |source| FileError::Damaged { path: self.0.join(name), source };
        serde_json::from_slice(&bytes).map(Some).map_err(damaged)
    }

    /// The bytes of the file `name`, damaged or not; nothing if there is none.
    pub(super) fn bytes(&self, name: &str) -> Result<Option<Vec<u8>>, FileError> {
        let path = self.0.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(FileError::Io { path, source }),
        }
    }

    /// Writes the file `name`: whoever reads it finds all of it or what was there before. One that is damaged is kept beside it.
    pub(super) fn write<T: Serialize>(&self, name: &str, value: &T) -> Result<(), FileError> {
        let path = self.0.join(name);
        let written = || {
            let bytes = serde_json::to_vec_pretty(value)?;
            let draft = self.draft(&path, &bytes)?;
            if fs::read(&path).is_ok_and(|old| serde_json::from_slice::<serde_json::Value>(&old).is_err()) {
                fs::rename(&path, path.with_added_extension("damaged"))?;
            }
            fs::rename(&draft, &path)
        };
        written().map_err(|source| FileError::Io { path: path.clone(), source })
    }

    /// Makes the file `name` what [`bytes`](Folder::bytes) has given of it.
    pub(super) fn put_back(&self, name: &str, bytes: Option<&[u8]>) -> Result<(), FileError> {
        let path = self.0.join(name);
        let done = match bytes {
            Some(bytes) => self.draft(&path, bytes).and_then(|draft| fs::rename(draft, &path)),
            None => fs::remove_file(&path),
        };
        done.map_err(|source| FileError::Io { path, source })
    }

    /// A file beside `path` with `bytes`, on the disk.
    fn draft(&self, path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
        fs::create_dir_all(&self.0)?;
        let draft = path.with_added_extension("new");
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(draft)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_for_nobody_else_and_a_damaged_one_is_kept() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::at(&place.path().join("tls"));
        assert_eq!(folder.read::<String>("a.json").unwrap(), None);
        folder.write("a.json", &"one".to_owned()).unwrap();
        let path = place.path().join("tls/a.json");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(folder.read::<String>("a.json").unwrap().as_deref(), Some("one"));
        fs::write(&path, "\"half").unwrap();
        let damaged = folder.bytes("a.json").unwrap();
        let error = folder.read::<String>("a.json").unwrap_err();
        assert!(
            matches!(error, FileError::Damaged { .. }) && error.to_string().contains("a.json is damaged")
        );
        folder.write("a.json", &"two".to_owned()).unwrap();
        assert_eq!(folder.read::<String>("a.json").unwrap().as_deref(), Some("two"));
        assert_eq!(fs::read(place.path().join("tls/a.json.damaged")).unwrap(), b"\"half");
        folder.put_back("a.json", damaged.as_deref()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"\"half");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        folder.put_back("a.json", None).unwrap();
        assert_eq!(folder.bytes("a.json").unwrap(), None);
    }
}
