//! What is kept of one stream.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use control::entry;
use gateway::timeshift::Kept;
use hls::past::{Past, Segment};
use media::Delta;

use crate::record::Cut;

/// The last of a stream, in a folder of its own, which goes with it. Written by one; read by all who serve it.
#[derive(Debug)]
pub(super) struct Shift {
    id: Arc<str>,
    folder: PathBuf,
    window: Delta,
    kept: Mutex<Segments>,
}

/// What is known of the files.
#[derive(Debug, Default)]
struct Segments {
    /// In order; those at the beginning that are beyond the window are there for who has begun to ask for them.
    all: VecDeque<Segment>,
    headers: VecDeque<(u64, Bytes)>,
    /// What all of them play.
    length: Delta,
    /// Breaks that are gone.
    breaks: u64,
    complete: bool,
}

/// Who writes it.
#[derive(Debug)]
pub(super) struct Writer {
    shift: Arc<Shift>,
    /// The segment that is being gathered.
    gathering: Option<Gathering>,
    next: u64,
    /// The header that counts, and whether nothing has been written behind it.
    header: u64,
    fresh: bool,
    /// How far the stream has come.
    at: Delta,
}

#[derive(Debug)]
struct Gathering {
    file: File,
    number: u64,
    begun: Delta,
    wall: SystemTime,
    breaks: bool,
}

impl Shift {
    /// Nothing yet, in a new folder of `folder`. Blocks.
    pub(super) fn begin(folder: &Path, window: Delta) -> io::Result<Shift> {
        let id = entry::uuid().map_err(io::Error::other)?;
        let id: Arc<str> = id.chars().filter(char::is_ascii_hexdigit).take(12).collect::<String>().into();
        let folder = folder.join(&*id);
        fs::create_dir(&folder)?;
        Ok(Shift { id, folder, window, kept: Mutex::default() })
    }

    /// How far one can go back.
    pub(super) fn reach(&self) -> Delta {
        self.kept().length.min(self.window)
    }

    /// Nothing follows.
    pub(super) fn complete(&self) {
        self.kept().complete = true;
    }

    fn add(&self, segment: Segment) {
        let mut kept = self.kept();
        kept.length += segment.length;
        kept.all.push_back(segment);
        let mut gone = Vec::new();
        while let Some(first) = kept.all.front().copied()
            && kept.length - first.length >= self.window + SPARE
        {
            kept.all.pop_front();
            kept.length -= first.length;
            kept.breaks += u64::from(first.breaks);
            gone.push(first.number);
        }
        let needed = kept.all.front().map_or(segment.header, |first| first.header);
        while kept.headers.front().is_some_and(|(number, _)| *number < needed) {
            kept.headers.pop_front();
        }
        drop(kept);
        for number in gone {
            // Who reads it goes on doing so.
            let _ = fs::remove_file(self.path(number));
        }
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number}.m4s"))
    }

    fn kept(&self) -> MutexGuard<'_, Segments> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept for Shift {
    fn id(&self) -> &str {
        &self.id
    }

    fn past(&self) -> Past {
        let kept = self.kept();
        let (mut beyond, mut breaks_before) = (kept.length, kept.breaks);
        let mut all = kept.all.iter().copied().peekable();
        while let Some(first) = all.next_if(|first| beyond - first.length >= self.window) {
            beyond -= first.length;
            breaks_before += u64::from(first.breaks);
        }
        Past { id: Arc::clone(&self.id), segments: all.collect(), breaks_before, complete: kept.complete }
    }

    fn header(&self, number: u64) -> Option<Bytes> {
        let kept = self.kept();
        kept.headers.iter().find(|(known, _)| *known == number).map(|(_, header)| header.clone())
    }

    fn segment(&self, number: u64) -> Option<PathBuf> {
        let first = self.kept().all.front()?.number;
        let there = usize::try_from(number.checked_sub(first)?).ok()?;
        (there < self.kept().all.len()).then(|| self.path(number))
    }
}

impl Drop for Shift {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Writer {
    pub(super) fn new(shift: Arc<Shift>) -> Writer {
        Writer { shift, gathering: None, next: 0, header: 0, fresh: false, at: Delta::ZERO }
    }

    /// Writes what was cut. Blocks.
    pub(super) fn write(&mut self, cut: Cut) -> io::Result<()> {
        match cut {
            Cut::File { header, .. } => {
                self.end();
                self.header += 1;
                self.fresh = true;
                self.shift.kept().headers.push_back((self.header, header));
                Ok(())
            }
            Cut::Fragment { data, length, key, .. } => {
                let gathered = self.gathering.as_ref().map(|segment| self.at - segment.begun);
                if gathered.is_some_and(|gathered| gathered >= LENGTH && key || gathered >= LENGTH * PATIENCE)
                {
                    self.end();
                }
                let segment = match &mut self.gathering {
                    Some(segment) => segment,
                    None => self.gathering.insert(Gathering {
                        file: File::create_new(self.shift.path(self.next))?,
                        number: self.next,
                        begun: self.at,
                        wall: SystemTime::now(),
                        breaks: std::mem::take(&mut self.fresh) && self.next > 0,
                    }),
                };
                segment.file.write_all(&data)?;
                self.next = segment.number + 1;
                self.at = length;
                Ok(())
            }
        }
    }

    /// What is gathered is a segment.
    pub(super) fn end(&mut self) {
        let Some(Gathering { number, begun, wall, breaks, .. }) = self.gathering.take() else { return };
        let (header, length) = (self.header, self.at - begun);
        self.shift.add(Segment { number, header, length, wall, breaks });
    }
}

/// A segment has so much, until the next key frame; and so many times that, if there is none.
const LENGTH: Delta = Delta::secs(6);
const PATIENCE: i64 = 3;
/// What has left the playlist is there for so long. Source: RFC 8216 §6.2.2.
const SPARE: Delta = Delta::secs(60);

#[cfg(test)]
#[path = "shift_test.rs"]
mod tests;
