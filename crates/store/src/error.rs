//! Why a store could not do it, in words for whoever runs the server.

use std::io;
use std::path::PathBuf;

use crate::{MAX_KEY, MAX_VALUE};

/// Why a store could not be opened, or could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another process holds it.
    #[error("{} is in use by another running server", path.display())]
    Locked {
        /// The folder of the store.
        path: PathBuf,
    },
    /// The file is not what was written. It is left as it is.
    #[error("{} is damaged ({reason})", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// The file's own format, below the entries, is none that this program reads.
    #[error("{} has a format of another version ({found})", path.display())]
    FileFormat {
        /// The file.
        path: PathBuf,
        /// The version that it says it has.
        found: u64,
    },
    /// The file was written by a newer program.
    #[error("{} has the format of another version ({found}; this one reads up to {supported})", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The version that it says it has.
        found: u64,
        /// The version that this program writes.
        supported: u64,
    },
    /// Entries of an older version do not become those of the next. They are left as they are.
    #[error("the entries of version {from} cannot be taken to version {to}: {source}")]
    Step {
        /// Their version.
        from: u64,
        /// The next.
        to: u64,
        /// What does not fit.
        source: Box<Error>,
    },
    /// The disk or its permissions.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Entries are there that nobody asked to replace.
    #[error("{} has {entries} entries already", path.display())]
    NotEmpty {
        /// The file.
        path: PathBuf,
        /// How many.
        entries: u64,
    },
    /// A key that is empty or too long.
    #[error("a key of {len} bytes, allowed are 1 to {MAX_KEY}")]
    KeyLength {
        /// Its length in bytes.
        len: usize,
    },
    /// A value that is too large.
    #[error("the value of {key} has {len} bytes, limit {MAX_VALUE}")]
    ValueTooLarge {
        /// The key that it was meant for.
        key: String,
        /// Its length in bytes.
        len: usize,
    },
    /// A value that is not the JSON that was expected.
    #[error("the value of {key} is not what it should be: {source}")]
    Json {
        /// The key that it belongs to.
        key: String,
        /// What does not fit.
        source: serde_json::Error,
    },
    /// Others changed the key each time between reading and writing.
    #[error("{key} changes too often to be updated ({tries} tries)")]
    Contended {
        /// The key.
        key: String,
        /// How often it was tried.
        tries: u32,
    },
}
