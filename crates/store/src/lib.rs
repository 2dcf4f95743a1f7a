//! What survives a restart: a small key-value store.
//!
//! [`Store`] is all that the rest of the program knows: get, put, compare-and-set, delete, scan, expire. [`Embedded`]
//! keeps it in one file beside the server; a cluster keeps it in Redis behind the same trait. Values are bytes;
//! [`Typed`] reads and writes them as JSON, and a [`Collection`] those below one prefix. A [`Dump`] is all of a store as text.
//! What an older program has kept is migrated when it is opened or imported (`schema`).
//!
//! Every call blocks: reads may touch the disk, and a write returns only when the disk has it. From async code call it
//! within `spawn_blocking`. State here is small (settings, accounts, job descriptions): what grows for ever, such as
//! history, belongs into files of its own.
//!
//! Outside: transactions over several keys (Redis Cluster has none), and keys that are not text.

mod collection;
mod dump;
mod embedded;
mod error;
mod schema;
mod typed;

use std::time::Duration;

pub use collection::{Collection, Each};
pub use dump::{BadDump, Dump};
pub use embedded::Embedded;
pub use error::Error;
pub use typed::Typed;
use typed::decode;

/// A key-value store. Keys are paths of text such as `publish/key`, ordered by their bytes.
///
/// Shared by reference between threads; every method is atomic by itself and blocks until done.
pub trait Store: Send + Sync + 'static {
    /// The value of `key`, if it has one that has not expired.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error>;

    /// Sets `key` to `value`, for good: an expiry that it had is gone.
    fn put(&self, key: &str, value: &[u8]) -> Result<(), Error>;

    /// Does what [`put`](Store::put) does if `key` is still at `expected` (`None`: has no value). Says whether it did.
    fn compare_and_set(&self, key: &str, expected: Option<&[u8]>, value: &[u8]) -> Result<bool, Error>;

    /// Removes `key`. Says whether it was there.
    fn delete(&self, key: &str) -> Result<bool, Error>;

    /// Up to `limit` entries whose keys start with `prefix`, in the order of their keys, from the first one behind
    /// `after` (`None`: from the start). For the next page hand in the last key of this one.
    fn scan(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<Entry>, Error>;

    /// Lets `key` vanish when `ttl` of wall-clock time has passed; `None` keeps it for good. Says whether it was there.
    fn expire(&self, key: &str, ttl: Option<Duration>) -> Result<bool, Error>;
}

/// One key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The whole key, prefix included.
    pub key: String,
    /// Its value.
    pub value: Vec<u8>,
}

/// The longest key, in bytes.
pub const MAX_KEY: usize = 1024;

/// The largest value, in bytes.
pub const MAX_VALUE: usize = 1 << 20;

/// What every store refuses: keys that are empty or too long.
fn check_key(key: &str) -> Result<(), Error> {
    match key.len() {
        1..=MAX_KEY => Ok(()),
        len => Err(Error::KeyLength { len }),
    }
}

/// What every store refuses: values beyond [`MAX_VALUE`].
fn check_value(key: &str, value: &[u8]) -> Result<(), Error> {
    match value.len() {
        0..=MAX_VALUE => Ok(()),
        len => Err(Error::ValueTooLarge { key: key.to_owned(), len }),
    }
}
