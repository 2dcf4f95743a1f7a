//! Where the bytes of a recording's file are: on the disk, or in object storage only. Whoever reads them need not know.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::Storage;
use crate::storage;

/// A file that is read wherever it is. Reading blocks; of what is in storage, only on threads of a runtime that may block.
#[derive(Debug)]
pub enum Medium {
    /// On the disk.
    Disk(File),
    /// In object storage.
    Stored(Stored),
}

/// An object, read as a file is.
#[derive(Debug, Clone)]
pub struct Stored {
    storage: Storage,
    name: String,
    bytes: u64,
    /// What is read next,
    at: u64,
    /// and what of it is here already, where all that follows is wanted.
    ahead: Option<Bytes>,
    closing: CancellationToken,
}

impl Medium {
    /// The bytes in `range`.
    pub(super) fn range(&mut self, range: Range<u64>) -> io::Result<Bytes> {
        let mut bytes = vec![0; usize::try_from(range.end - range.start).map_err(io::Error::other)?];
        self.seek(SeekFrom::Start(range.start))?;
        self.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }

    /// What to say where it is not what was recorded: in storage somebody has put something else there.
    pub(super) fn makes_no_sense(&self, error: impl Into<Box<dyn Error + Send + Sync>>) -> io::Error {
        match self {
            Medium::Disk(_) => io::Error::other(error),
            Medium::Stored(_) => io::Error::other(storage::Error::Altered),
        }
    }

    /// Writes the bytes in `range` to `out`.
    pub(super) fn copy(&mut self, range: &Range<u64>, out: &mut File) -> io::Result<()> {
        self.read_ahead();
        self.seek(SeekFrom::Start(range.start))?;
        let length = range.end - range.start;
        let copied = match self {
            // The kernel copies from file to file.
            Medium::Disk(file) => io::copy(&mut file.take(length), out),
            Medium::Stored(stored) => io::copy(&mut stored.take(length), out),
        };
        if copied? == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// All of it is to be read, from some place on: from storage it is fetched in larger pieces.
    pub(super) fn read_ahead(&mut self) {
        if let Medium::Stored(stored) = self {
            stored.ahead.get_or_insert_default();
        }
    }
}

impl From<File> for Medium {
    fn from(file: File) -> Medium {
        Medium::Disk(file)
    }
}

impl Read for Medium {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Medium::Disk(file) => file.read(buffer),
            Medium::Stored(stored) => stored.read(buffer),
        }
    }
}

impl Seek for Medium {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Medium::Disk(file) => file.seek(to),
            Medium::Stored(stored) => stored.seek(to),
        }
    }
}

impl Stored {
    pub(super) fn new(storage: Storage, name: String, bytes: u64, closing: CancellationToken) -> Stored {
        Stored { storage, name, bytes, at: 0, ahead: None, closing }
    }

    /// Its size.
    pub fn size(&self) -> u64 {
        self.bytes
    }

    /// What there is of `range`, at most so much as is fetched at a time: something, unless nothing is wanted.
    pub async fn fetch(&self, range: Range<u64>) -> io::Result<Bytes> {
        let end = range.end.min(self.bytes).min(range.start.saturating_add(MOST));
        if range.start >= end {
            return Ok(Bytes::new());
        }
        let read = timeout(PATIENCE, self.storage.read(&self.name, range.start..end));
        let fetched = self.closing.run_until_cancelled(read).await.ok_or_else(stops)?;
        let fetched = fetched.unwrap_or(Err(storage::Error::Slow(PATIENCE))).map_err(io::Error::other)?;
        if fetched.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(fetched) }
    }
}

impl Read for Stored {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut here = self.ahead.as_mut().map(std::mem::take).unwrap_or_default();
        if here.is_empty() {
            if self.closing.is_cancelled() {
                return Err(stops());
            }
            let runtime = Handle::try_current().map_err(io::Error::other)?;
            let wanted = if self.ahead.is_some() { MOST } else { buffer.len() as u64 };
            here = runtime.block_on(self.fetch(self.at..self.at.saturating_add(wanted)))?;
        }
        let taken = here.split_to(here.len().min(buffer.len()));
        if let Some(to) = buffer.get_mut(..taken.len()) {
            to.copy_from_slice(&taken);
        }
        self.at += taken.len() as u64;
        if let Some(ahead) = &mut self.ahead {
            *ahead = here;
        }
        Ok(taken.len())
    }
}

impl Seek for Stored {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.bytes.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        let place = place.ok_or(io::ErrorKind::InvalidInput)?;
        if place != self.at {
            self.at = place;
            self.ahead = self.ahead.take().map(|_| Bytes::new());
        }
        Ok(place)
    }
}

fn stops() -> io::Error {
    io::Error::other("the server stops")
}

/// Fetched at a time.
const MOST: u64 = 1 << 20;
/// For that to come: what is asked again at once, and a line of 16 KiB a second.
const PATIENCE: Duration = Duration::from_secs(120);
