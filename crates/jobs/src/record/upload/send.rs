//! A file on its way into object storage.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tracing::debug;

use super::super::library::Recordings;
use super::log::{Begun, Log, Plan};
use crate::storage::{Error, Storage};

/// What goes where.
pub(super) struct Sending<'a> {
    pub(super) recordings: &'a Arc<Recordings>,
    /// The recording, and which of its files.
    pub(super) id: &'a str,
    pub(super) number: usize,
    pub(super) storage: &'a Storage,
    /// The bucket, as people call it.
    pub(super) bucket: &'a str,
    /// What it is called there.
    pub(super) object: &'a str,
    /// Its media type.
    pub(super) kind: &'static str,
    /// Itself, which does not change any more.
    pub(super) file: PathBuf,
    /// Where is noted what has arrived.
    pub(super) log: PathBuf,
    /// Parts that are under way at a time, if they are small.
    pub(super) at_once: u64,
}

impl Sending<'_> {
    /// Sends what has not arrived yet, and errs unless all of it is there then. `progress` is told how much of it is, from 0 to 1.
    pub(super) async fn send(&self, progress: impl Fn(f32)) -> Result<u64, Error> {
        let path = self.file.clone();
        let opened = move || {
            let file = File::open(path)?;
            let size = file.metadata()?.len();
            Ok((Arc::new(file), size))
        };
        let (file, size) = self.on_disk(opened).await?;
        let log = self.log.clone();
        let known = self.on_disk(move || Log::read(&log)).await?;
        let (going_on, other) = match known {
            Some(log) if self.fits(&log.begun.plan, size) => (Some(log), None),
            known => (None, known),
        };
        self.recordings.let_go_of(other.map(|log| log.begun));
        let begun = going_on.as_ref().map(|log| log.begun.clone());
        // All of it may be there, and only that nobody was told. Some who may write may not ask that.
        if begun.is_some() && matches!(self.is_there(&file, size).await, Ok(true)) {
            return Ok(size);
        }
        match (self.put(&file, size, going_on, &progress).await, begun) {
            // What was begun cannot become what it was to be: it is not known there any more, or parts of it are not.
            (Err(err), Some(begun)) if err.ends_upload() => {
                if matches!(self.is_there(&file, size).await, Ok(true)) {
                    return Ok(size);
                }
                self.recordings.let_go_of(Some(begun));
                self.put(&file, size, None, &progress).await?;
            }
            (put, _) => put?,
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
            let bytes = self.read(file, 0, size).await?;
            self.storage.put(self.object, bytes, self.kind).await?;
            self.recordings.counters.sent.inc_by(size);
            return Ok(());
        }
        if let Some(Log { begun, arrived }) = going_on {
            return self.put_parts(file, size, &begun, arrived, progress).await;
        }
        let (bucket, object) = (self.bucket.to_owned(), self.object.to_owned());
        let plan = Plan { bucket, object, size: Some(size), part: part(size) };
        let beginning = self.recordings.begin_upload(self.storage, plan, self.kind, &self.log).await?;
        self.put_parts(file, size, &beginning.begun, BTreeMap::new(), progress).await?;
        beginning.over();
        Ok(())
    }

    async fn put_parts(
        &self,
        file: &Arc<File>,
        size: u64,
        begun: &Begun,
        mut arrived: BTreeMap<usize, String>,
        progress: &impl Fn(f32),
    ) -> Result<(), Error> {
        let part = begun.plan.part;
        let first = match begun.plan.size {
            Some(_) => part,
            None => self.front().await? + part,
        };
        let cut = &Cut { size, first, part };
        let (upload, parts) = (&begun.upload, cut.parts());
        arrived.retain(|number, _| *number < parts);
        let missing: Vec<_> = (0..parts).filter(|number| !arrived.contains_key(number)).collect();
        let sending = stream::iter(missing).map(|number| async move {
            let range = cut.range(number);
            let bytes = self.read(file, range.start, range.end - range.start).await?;
            let length = bytes.len() as u64;
            let tag = self.storage.part(self.object, upload, number, bytes).await?;
            self.recordings.counters.sent.inc_by(length);
            self.note(begun, number, &tag).await;
            Ok::<_, Error>((number, tag))
        });
        let at_once = (MOST_AT_ONCE / cut.part).min(self.at_once).max(1);
        let mut sending = sending.buffer_unordered(usize::try_from(at_once).unwrap_or(1));
        while let Some((number, tag)) = sending.try_next().await? {
            arrived.insert(number, tag);
            progress(arrived.len() as f32 / parts as f32);
        }
        self.storage.complete(self.object, upload, arrived.into_values()).await
    }

    /// A disk that takes no note is no reason not to send: on the contrary.
    async fn note(&self, begun: &Begun, number: usize, tag: &str) {
        let (log, mark, tag) = (self.log.clone(), begun.mark.clone(), tag.to_owned());
        if let Err(error) = self.on_disk(move || Log::arrived(&log, mark, number, tag)).await {
            debug!(%error, "a part that has arrived is sent again after an interruption");
        }
    }

    /// Whether what was begun may become this file.
    fn fits(&self, plan: &Plan, size: u64) -> bool {
        let same = plan.bucket == self.bucket && plan.object == self.object;
        same && match plan.size {
            Some(known) => known == size,
            // All of 10,000 that there may be.
            None => size > plan.part && size / plan.part < 9_999,
        }
    }

    /// Bytes that the file has before what was recorded.
    async fn front(&self) -> Result<u64, Error> {
        let (recordings, id, number) = (Arc::clone(self.recordings), self.id.to_owned(), self.number);
        let cues = move || Ok(recordings.cues(&id, number).map_err(io::Error::other)?.0.base);
        Ok(self.on_disk(cues).await?)
    }

    /// Whether the object is the file: each part was checked when it arrived, so what is looked at is that none is missing and the order of them.
    async fn is_there(&self, file: &Arc<File>, size: u64) -> Result<bool, Error> {
        if self.storage.size(self.object).await? != Some(size) {
            return Ok(false);
        }
        let ends = [0..size.min(END), size - size.min(END)..size];
        for end in ends.into_iter().filter(|end| !end.is_empty()) {
            let ours = self.read(file, end.start, end.end - end.start).await?;
            if self.storage.read(self.object, end).await? != ours {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn read(&self, file: &Arc<File>, from: u64, length: u64) -> io::Result<Bytes> {
        let file = Arc::clone(file);
        let read = move || {
            let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
            file.read_exact_at(&mut bytes, from)?;
            Ok(Bytes::from(bytes))
        };
        self.on_disk(read).await
    }

    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        self.recordings.on_disk(work).await.map_err(io::Error::other)?
    }
}

/// How a file is cut into parts.
struct Cut {
    size: u64,
    /// Bytes of the first part,
    first: u64,
    /// and of each other but the last.
    part: u64,
}

impl Cut {
    fn parts(&self) -> usize {
        let others = self.size.saturating_sub(self.first).div_ceil(self.part);
        usize::try_from(1 + others).unwrap_or(usize::MAX)
    }

    fn range(&self, number: usize) -> Range<u64> {
        let end = |parts: u64| (self.first + parts * self.part).min(self.size);
        match number as u64 {
            0 => 0..end(0),
            number => end(number - 1)..end(number),
        }
    }
}

/// How large parts of a file of `size` bytes are, so that there are not too many.
fn part(size: u64) -> u64 {
    size.div_ceil(MOST_PARTS).next_multiple_of(1 << 20).max(LEAST_PART)
}

/// Removes what was noted of an upload that is over.
pub(super) fn forget(log: &Path) {
    let _ = std::fs::remove_file(log);
}

/// Of a part that is not the last, in bytes. Source: Amazon S3 User Guide, multipart upload limits: 5 MiB, and 10,000 of them.
const LEAST_PART: u64 = 8 << 20;
const MOST_PARTS: u64 = 9_000;
/// Bytes that are under way at a time; one part in any case.
const MOST_AT_ONCE: u64 = 32 << 20;
/// Of both ends of an object so much is read again.
const END: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_on_each_other() {
        let cut = Cut { size: 100, first: 37, part: 30 };
        let ranges: Vec<_> = (0..cut.parts()).map(|number| cut.range(number)).collect();
        assert_eq!(ranges, [0..37, 37..67, 67..97, 97..100]);
        assert_eq!(Cut { size: 97, ..cut }.parts(), 3);
        let short = Cut { size: 20, first: 37, part: 30 };
        assert_eq!((short.parts(), short.range(0)), (1, 0..20));
    }

    #[test]
    fn parts_are_as_large_as_it_takes() {
        assert_eq!(part(100 << 20), LEAST_PART);
        let large = 1 << 40;
        assert!(part(large) * 10_000 > large && part(large).is_multiple_of(1 << 20));
    }
}
