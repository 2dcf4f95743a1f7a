//! A recording that is being made.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use media::Delta;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::facts::{Counted, Facts};
use super::library::{Error, Recordings};
use super::manifest::{self, Cause, Gap, Manifest, Part, fragments};
use super::writer::Writer;

/// A recording that is being made. Dropped, it is over.
pub(super) struct Session {
    pub(super) id: String,
    folder: PathBuf,
    /// Somebody wants it to end.
    pub(super) cut: CancellationToken,
    library: Arc<Recordings>,
    writer: Option<Writer>,
    /// Of the file that is written, from 1; 0 before the first.
    number: usize,
}

impl Session {
    pub(super) fn new(
        id: String,
        folder: PathBuf,
        cut: CancellationToken,
        library: Arc<Recordings>,
    ) -> Session {
        Session { id, folder, cut, library, writer: None, number: 0 }
    }

    /// How many files it has.
    pub(super) fn files(&self) -> usize {
        self.number
    }

    /// Begins the next file, of `tracks`. Blocks.
    pub(super) fn file<T: Into<Facts>>(
        &mut self,
        header: &[u8],
        tracks: impl IntoIterator<Item = T>,
    ) -> Result<(), Error> {
        self.writer = None;
        let tracks: Vec<Facts> = tracks.into_iter().map(Into::into).collect();
        let part = Part {
            started: SystemTime::now(),
            codecs: tracks.iter().map(|track| track.codec.clone()).collect(),
            tracks,
            finished: false,
            bytes: header.len() as u64,
            millis: 0,
            segments: None,
            forms: Vec::new(),
            fault: None,
        };
        // First it is known, then it is there: what is not there is empty.
        self.library.change(&self.id, |manifest| manifest.files.push(part.clone()))?;
        let writer = Writer::create(&fragments(&self.folder, self.number), header);
        self.writer = Some(writer.map_err(|source| Error::Io { what: "a file cannot be begun", source })?);
        self.number += 1;
        // The one before is over.
        self.library.ended.notify_one();
        Ok(())
    }

    /// Appends a fragment to the file, of whose tracks there is so much then, and which plays for `length`. On the disk when this returns. Blocks.
    pub(super) fn append(
        &mut self,
        fragment: &[u8],
        length: Delta,
        counted: &[Counted],
    ) -> Result<(), Error> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        writer.append(fragment).map_err(|source| Error::Io { what: "it cannot be written", source })?;
        self.library.counters.written.inc_by(fragment.len() as u64);
        let bytes = writer.bytes();
        let millis = u64::try_from(length.as_millis()).unwrap_or_default();
        self.library.with(&self.id, |entry| {
            let manifest = Arc::make_mut(&mut entry.manifest);
            let before: u64 = manifest.files.iter().rev().skip(1).map(|part| part.millis).sum();
            let Some(part) = manifest.files.last_mut() else { return };
            (part.bytes, part.millis) = (bytes, millis.saturating_sub(before));
            for (facts, counted) in part.tracks.iter_mut().zip(counted) {
                facts.counted = *counted;
            }
        });
        Ok(())
    }

    /// Keeps a picture of it, a JPEG. Blocks.
    pub(super) fn picture(&self, jpeg: &[u8]) -> Result<(), Error> {
        let written = File::create(manifest::picture(&self.folder)).and_then(|mut file| {
            file.write_all(jpeg)?;
            file.sync_all()
        });
        written.map_err(|source| Error::Io { what: "its picture cannot be written", source })?;
        self.library.change(&self.id, |manifest| manifest.picture = true)
    }

    /// Notes that something is missing at `at`. Blocks.
    pub(super) fn gap(&self, at: Delta, lasted: Duration, cause: Cause) -> Result<(), Error> {
        let at_millis = u64::try_from(at.as_millis()).unwrap_or_default();
        let lasted_millis = u64::try_from(lasted.as_millis()).unwrap_or(u64::MAX);
        let gap = Gap { at_millis, lasted_millis, cause };
        self.library.change(&self.id, |manifest| manifest.note(gap.clone()))
    }

    /// It is over, `why` in words. Blocks.
    pub(super) fn end(mut self, why: &str) {
        self.writer = None;
        let (ended, why) = (SystemTime::now(), why.to_owned());
        // Somebody may want it by now for whom it was not begun.
        let wanted = self.library.view(&self.id).is_ok_and(|view| self.library.others_want(&view));
        let over = |manifest: &mut Manifest| {
            (manifest.ended, manifest.why) = (Some(ended), Some(why.clone()));
            manifest.clouds.stays |= wanted;
        };
        if let Err(err) = self.library.change(&self.id, over) {
            // Whatever is written down of it next says so as well.
            self.library.with(&self.id, |entry| over(Arc::make_mut(&mut entry.manifest)));
            error!(recording = self.id, %err, "the end of a recording cannot be written down: it is repaired later");
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.library.with(&self.id, |entry| entry.cut = None);
        self.library.ended.notify_one();
    }
}
