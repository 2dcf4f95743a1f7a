//! A file on its way into object storage.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tracing::debug;

use super::log::{Begun, Log};
use crate::storage::{Error, Storage};

/// What goes where.
pub(super) struct Sending<'a> {
    pub(super) storage: &'a Storage,
    /// The bucket, as people call it.
    pub(super) bucket: &'a str,
    /// What it is called there.
    pub(super) object: &'a str,
    /// Itself, which does not change any more.
    pub(super) file: PathBuf,
    /// Where is noted what has arrived.
    pub(super) log: PathBuf,
}

impl Sending<'_> {
    /// Sends what has not arrived yet, and errs unless all of it is there then. `progress` is told how much of it is, from 0 to 1.
    pub(super) async fn send(&self, progress: impl Fn(f32)) -> Result<u64, Error> {
        let path = self.file.clone();
        let (file, size) = on_disk(move || {
            let file = File::open(path)?;
            let size = file.metadata()?.len();
            Ok((Arc::new(file), size))
        })
        .await?;
        let log = self.log.clone();
        let known = on_disk(move || Log::read(&log)).await?;
        let going_on = known.filter(|log| log.begun.bucket == self.bucket && log.begun.object == self.object);
        let again = going_on.is_some();
        // All of it may be there, and only that nobody was told.
        if again && self.is_there(&file, size).await? {
            return Ok(size);
        }
        match self.put(&file, size, going_on, &progress).await {
            // Who looks after the bucket has let go of what was begun.
            Err(Error::Missing(_)) if again => self.put(&file, size, None, &progress).await?,
            put => put?,
        }
        if self.is_there(&file, size).await? { Ok(size) } else { Err(Error::Altered) }
    }

    async fn put(
        &self,
        file: &Arc<File>,
        size: u64,
        going_on: Option<Log>,
        progress: &impl Fn(f32),
    ) -> Result<(), Error> {
        if size <= LEAST_PART {
            let bytes = read(file, 0, size).await?;
            return self.storage.put(self.object, bytes, KIND).await;
        }
        let Log { begun, mut arrived } = match going_on {
            Some(log) => log,
            None => self.begin(size).await?,
        };
        let (upload, part) = (&begun.upload, begun.part.max(LEAST_PART));
        let parts = usize::try_from(size.div_ceil(part)).unwrap_or(usize::MAX);
        arrived.retain(|number, _| *number < parts);
        let missing: Vec<_> = (0..parts).filter(|number| !arrived.contains_key(number)).collect();
        let sending = stream::iter(missing).map(|number| async move {
            let from = number as u64 * part;
            let bytes = read(file, from, part.min(size - from)).await?;
            let tag = self.storage.part(self.object, upload, number, bytes).await?;
            self.note(number, &tag).await;
            Ok::<_, Error>((number, tag))
        });
        let mut sending = sending.buffer_unordered((MOST_AT_ONCE / part).max(1) as usize);
        while let Some((number, tag)) = sending.try_next().await? {
            arrived.insert(number, tag);
            progress(arrived.len() as f32 / parts as f32);
        }
        self.storage.complete(self.object, upload, arrived.into_values()).await
    }

    async fn begin(&self, size: u64) -> Result<Log, Error> {
        let upload = self.storage.begin(self.object, KIND).await?;
        let (bucket, object) = (self.bucket.to_owned(), self.object.to_owned());
        let begun = Begun { bucket, object, upload, part: part(size) };
        let (log, noted) = (self.log.clone(), begun.clone());
        if let Err(error) = on_disk(move || Log::begin(&log, &noted)).await {
            debug!(%error, "an upload that is interrupted begins anew");
        }
        Ok(Log { begun, arrived: Default::default() })
    }

    /// A disk that takes no note is no reason not to send: on the contrary.
    async fn note(&self, number: usize, tag: &str) {
        let (log, tag) = (self.log.clone(), tag.to_owned());
        if let Err(error) = on_disk(move || Log::arrived(&log, number, &tag)).await {
            debug!(%error, "a part that has arrived is sent again after an interruption");
        }
    }

    /// Whether the object is the file: each part was checked when it arrived, so what is looked at is that none is missing and the order of them.
    async fn is_there(&self, file: &Arc<File>, size: u64) -> Result<bool, Error> {
        if self.storage.size(self.object).await? != Some(size) {
            return Ok(false);
        }
        let ends = [0..size.min(END), size - size.min(END)..size];
        for end in ends.into_iter().filter(|end| !end.is_empty()) {
            let ours = read(file, end.start, end.end - end.start).await?;
            if self.storage.read(self.object, end).await? != ours {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// How large parts of a file of `size` bytes are, so that there are not too many.
fn part(size: u64) -> u64 {
    size.div_ceil(MOST_PARTS).next_multiple_of(1 << 20).max(LEAST_PART)
}

async fn read(file: &Arc<File>, from: u64, length: u64) -> io::Result<Bytes> {
    let file = Arc::clone(file);
    on_disk(move || {
        let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        file.read_exact_at(&mut bytes, from)?;
        Ok(Bytes::from(bytes))
    })
    .await
}

async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// Removes what was noted of an upload that is over.
pub(super) fn forget(log: &Path) {
    let _ = std::fs::remove_file(log);
}

const KIND: &str = "video/mp4";
/// Of a part that is not the last, in bytes. Source: Amazon S3 User Guide, multipart upload limits: 5 MiB, and 10,000 of them.
const LEAST_PART: u64 = 8 << 20;
const MOST_PARTS: u64 = 9_000;
/// Bytes that are under way at a time.
const MOST_AT_ONCE: u64 = 32 << 20;
/// Of both ends of an object so much is read again.
const END: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_as_large_as_it_takes() {
        assert_eq!(part(100 << 20), LEAST_PART);
        let large = 1 << 40;
        assert!(part(large) * 10_000 > large && part(large).is_multiple_of(1 << 20));
    }
}
