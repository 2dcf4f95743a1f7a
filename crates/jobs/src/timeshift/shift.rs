//! What is kept of one stream.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use control::entry;
use gateway::timeshift::Kept;
use hls::past::{Past, Segment};
use media::Delta;

use crate::record::{Cut, free};

/// The last of a stream, in a folder of its own. Written by one; read by all who serve it. The folder is removed by others.
#[derive(Debug)]
pub(super) struct Shift {
    id: Arc<str>,
    folder: PathBuf,
    kept: Mutex<Segments>,
}

/// What is known of the files.
#[derive(Debug, Default)]
struct Segments {
    window: Delta,
    /// In order; those at the beginning that are beyond the window are there for who has begun to ask for them.
    all: VecDeque<Segment>,
    headers: VecDeque<(u64, Bytes)>,
    /// What all of them play, and the longest that ever was.
    length: Delta,
    longest: Delta,
    /// Numbers of the next segment, and of the newest header.
    next: u64,
    header: u64,
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
    /// Nothing has been written behind the newest header.
    fresh: bool,
    room: Room,
}

/// What of the disk is for others, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// With less than this left what is kept gives way.
    pub(super) spare: u64,
    /// With less than this nothing is kept.
    pub(super) least: u64,
}

#[derive(Debug)]
struct Gathering {
    file: File,
    /// Of whole fragments.
    bytes: u64,
    segment: Segment,
}

impl Shift {
    /// Nothing yet, in a new folder of `folder`. Blocks.
    pub(super) fn begin(folder: &Path) -> io::Result<Shift> {
        let id = entry::uuid().map_err(io::Error::other)?;
        let id: Arc<str> = id.chars().filter(char::is_ascii_hexdigit).take(12).collect::<String>().into();
        let folder = folder.join(&*id);
        // Somebody may have removed the one it is in.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        Ok(Shift { id, folder, kept: Mutex::default() })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// How far one can go back.
    pub(super) fn reach(&self) -> Delta {
        let kept = self.kept();
        kept.length.min(kept.window)
    }

    /// Somebody writes it, and so much of it counts.
    pub(super) fn goes_on(&self, window: Delta) {
        let mut kept = self.kept();
        (kept.window, kept.complete) = (window, false);
    }

    /// Nothing follows for now.
    pub(super) fn complete(&self) {
        self.kept().complete = true;
    }

    /// Lists a segment; those that are too many go.
    fn add(&self, segment: Segment) {
        let gone = self.kept().add(segment);
        self.remove(gone);
    }

    /// Has the eldest go, whatever the window says, until the disk has `lacks` bytes more, or none is left but the last few; with `all`, those too.
    /// Whether any is left.
    fn give_way(&self, lacks: u64, all: bool) -> bool {
        let (least, mut freed) = (if all { 0 } else { LEAST }, 0);
        while all || freed < lacks {
            let gone = {
                let mut kept = self.kept();
                if kept.all.len() > least { kept.pop() } else { None }
            };
            let Some(number) = gone else { break };
            freed += fs::metadata(self.path(number)).map_or(0, |data| data.len());
            self.remove([number]);
        }
        !self.kept().all.is_empty()
    }

    /// Who reads one goes on doing so.
    fn remove(&self, gone: impl IntoIterator<Item = u64>) {
        for number in gone {
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

impl Segments {
    /// The numbers of those that are beyond the window for a while, or too many.
    fn add(&mut self, segment: Segment) -> Vec<u64> {
        self.next = segment.number + 1;
        self.length += segment.length;
        self.longest = self.longest.max(segment.length);
        self.all.push_back(segment);
        let mut gone = Vec::new();
        while let Some(first) = self.all.front()
            && (self.length - first.length >= self.window + SPARE || self.all.len() > MOST)
        {
            gone.extend(self.pop());
        }
        gone
    }

    /// Takes the eldest off the list, with the headers that none needs any more.
    fn pop(&mut self) -> Option<u64> {
        let first = self.all.pop_front()?;
        self.length -= first.length;
        self.breaks += u64::from(first.breaks);
        let needed = self.all.front().map_or(self.header, |first| first.header);
        while self.headers.front().is_some_and(|(number, _)| *number < needed) {
            self.headers.pop_front();
        }
        Some(first.number)
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
        while let Some(first) = all.next_if(|first| beyond - first.length >= kept.window) {
            beyond -= first.length;
            breaks_before += u64::from(first.breaks);
        }
        let (id, segments) = (Arc::clone(&self.id), all.collect());
        Past { id, segments, longest: kept.longest, breaks_before, complete: kept.complete }
    }

    fn header(&self, number: u64) -> Option<Bytes> {
        let kept = self.kept();
        kept.headers.iter().find(|(known, _)| *known == number).map(|(_, header)| header.clone())
    }

    fn segment(&self, number: u64) -> Option<PathBuf> {
        let kept = self.kept();
        let place = number.checked_sub(kept.all.front()?.number)?;
        kept.all.get(usize::try_from(place).ok()?).map(|_| self.path(number))
    }
}

impl Writer {
    /// Goes on where `shift` is, as long as there is `room`.
    pub(super) fn new(shift: Arc<Shift>, room: Room) -> Writer {
        Writer { shift, gathering: None, fresh: false, room }
    }

    /// Writes what was cut. Blocks.
    pub(super) fn write(&mut self, cut: Cut) -> io::Result<()> {
        match cut {
            Cut::File { header, .. } => {
                self.end();
                self.fresh = true;
                let mut kept = self.shift.kept();
                kept.header += 1;
                let number = kept.header;
                kept.headers.push_back((number, header));
                Ok(())
            }
            Cut::Fragment { data, lasts, key, wall, .. } => {
                let gathered = self.gathering.as_ref().map(|gathering| gathering.segment.length);
                if gathered.is_some_and(|gathered| gathered >= NEARLY && key || gathered >= LENGTH * PATIENCE)
                {
                    self.end();
                }
                let gathering = match &mut self.gathering {
                    Some(gathering) => gathering,
                    None => {
                        let begun = self.begin(wall)?;
                        self.gathering.insert(begun)
                    }
                };
                if let Err(error) = gathering.file.write_all(&data) {
                    // It stays as it was, with what is whole in it.
                    let _ = gathering.file.set_len(gathering.bytes);
                    return Err(error);
                }
                gathering.bytes += data.len() as u64;
                gathering.segment.length += lasts;
                Ok(())
            }
        }
    }

    /// Begins a segment, if the disk has room for one.
    fn begin(&mut self, wall: SystemTime) -> io::Result<Gathering> {
        let free = free(&self.shift.folder)?;
        if let Some(lacks) = self.room.spare.checked_sub(free).filter(|lacks| *lacks > 0) {
            // The last few go on; what has not begun does not begin.
            if !self.shift.give_way(lacks, free < self.room.least) {
                return Err(io::Error::new(io::ErrorKind::StorageFull, "the disk has too little left"));
            }
        }
        let (number, header) = {
            let kept = self.shift.kept();
            (kept.next, kept.header)
        };
        let breaks = std::mem::take(&mut self.fresh) && number > 0;
        let segment = Segment { number, header, length: Delta::ZERO, wall, breaks };
        // What a try has left that did not get as far as being listed is written over.
        Ok(Gathering { file: File::create(self.shift.path(number))?, bytes: 0, segment })
    }

    /// What is gathered is a segment.
    pub(super) fn end(&mut self) {
        if let Some(Gathering { segment, .. }) = self.gathering.take()
            && segment.length > Delta::ZERO
        {
            self.shift.add(segment);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.end();
    }
}

/// A segment has so much, until the next key frame; and so many times that, if there is none.
const LENGTH: Delta = Delta::secs(6);
/// Groups of pictures that are as long as a segment may be a picture shorter now and then.
const NEARLY: Delta = Delta::millis(5_880);
const PATIENCE: i64 = 3;
/// What has left the playlist is there for so long: players ask for what they have just read of, and who pauses there goes on with the next.
const SPARE: Delta = Delta::secs(60);
/// Segments of a stream, however short they are.
const MOST: usize = 10_000;
/// What stays of a stream when the disk is nearly full.
const LEAST: usize = 4;

#[cfg(test)]
#[path = "shift_test.rs"]
mod tests;
