//! Recordings piece by piece: what HLS players get. Nothing of it is kept on the disk; each piece is some fragments of a file as they lie there.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use container::mp4::{Cue, Cues, Demuxer};
use container::ts;
use media::Delta;

use super::library::{Error, Open, Recordings, State};
use super::medium::Medium;

/// A recording in pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Playlist {
    /// Those of its files that have any, by their numbers (from 0).
    pub files: Vec<(usize, Pieces)>,
    /// No more will come.
    pub complete: bool,
}

/// A file of a recording in pieces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pieces {
    /// Bytes of its header, which come first and are what each piece needs.
    pub header: u64,
    /// In order.
    pub pieces: Vec<Piece>,
}

/// Some fragments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where they are, from the first byte of the header; the same when the file has become one piece.
    pub range: Range<u64>,
    /// How long they play.
    pub length: Delta,
    /// Nothing was recorded for a while before it.
    pub gap: bool,
}

/// The cues of files that were played last, and whether they are all of a file.
#[derive(Debug, Default)]
pub(super) struct Known(Vec<(PathBuf, Arc<Cues>, bool)>);

impl Pieces {
    /// Those of `length` or somewhat more. Of a file that grows, what is not long enough yet is left out.
    fn of(cues: &Cues, length: Delta, grows: bool) -> Pieces {
        let mut pieces = Vec::new();
        let mut fragments = cues.fragments.iter().peekable();
        let mut gap = false;
        while let Some(first) = fragments.next() {
            let mut last = first;
            while let Some(next) = fragments.next_if(|next| {
                let gathered = next.start - first.start;
                let room = next.at + next.bytes - first.at <= LARGEST;
                room && !behind_a_gap(last, next)
                    && (gathered < length || !next.key && gathered < length * PATIENCE)
            }) {
                last = next;
            }
            let next = fragments.peek();
            if next.is_none() && grows {
                break;
            }
            let follows = next.filter(|next| !behind_a_gap(last, next));
            let end = follows.map_or(last.end, |next| next.start);
            pieces.push(Piece { range: first.at..last.at + last.bytes, length: end - first.start, gap });
            gap = next.is_some() && follows.is_none();
        }
        Pieces { header: cues.header, pieces }
    }
}

impl Recordings {
    /// A recording in pieces of `length` or somewhat more: each begins with a key frame, where there is one in time. What is not long enough yet
    /// of a file that is being written is left out, and so are files that cannot be read. Of what is in storage nothing is fetched. Blocks.
    pub fn playlist(&self, id: &str, length: Delta) -> Result<Playlist, Error> {
        // What comes after this look is in the next.
        let view = self.view(id)?;
        let count = view.manifest.files.len();
        let complete = view.state != State::Recording;
        let mut files = Vec::new();
        for number in 0..count {
            match self.pieces(id, number, length, !complete && number + 1 == count) {
                Ok(pieces) if !pieces.pieces.is_empty() => files.push((number, pieces)),
                Err(err) if view.manifest.away || err.is_elsewhere() => return Err(err),
                _ => {}
            }
        }
        Ok(Playlist { files, complete })
    }

    pub(super) fn pieces(
        &self,
        id: &str,
        number: usize,
        length: Delta,
        grows: bool,
    ) -> Result<Pieces, Error> {
        Ok(Pieces::of(&self.cues(id, number)?.0, length, grows))
    }

    /// A range of the fragmented file, in the file that there is now. Blocks.
    pub fn place(&self, id: &str, number: usize, range: Range<u64>) -> Result<(Medium, Range<u64>), Error> {
        let (cues, open) = self.cues(id, number)?;
        let there = cues.fragments.last().map_or(cues.header, |last| last.at + last.bytes);
        if range.start >= range.end || range.end > there {
            return Err(Error::Unknown { id: id.to_owned() });
        }
        Ok((open.file, cues.base + range.start..cues.base + range.end))
    }

    /// A piece of [`SEGMENT`](super::SEGMENT), as a transport stream that can be played alone. Blocks.
    pub fn transport(&self, id: &str, number: usize, range: Range<u64>) -> Result<Bytes, Error> {
        // Nothing else: what is in the middle of something may look like anything.
        let (demuxer, cues, mut file) = self.demuxer(id, number)?;
        let pieces = Pieces::of(&cues, super::SEGMENT, false);
        let listed = pieces.pieces.iter().any(|piece| piece.range == range);
        if !listed {
            return Err(Error::Unknown { id: id.to_owned() });
        }
        let unread = |source| Error::Io { what: "a piece of it cannot be read", source };
        let fragments = read(&mut file, &cues, range).map_err(unread)?;
        let frames = demuxer.frames(&fragments, SystemTime::UNIX_EPOCH);
        let frames = frames.map_err(|error| unread(file.makes_no_sense(error)))?;
        let mut muxer = ts::Muxer::new(&demuxer.tracks());
        let mut out = Vec::with_capacity(fragments.len() + fragments.len() / 16);
        // Whoever plays the piece before it is told that counters begin anew.
        muxer.join(&mut out);
        muxer.begin();
        for frame in &frames {
            muxer.write(frame, &mut out);
        }
        muxer.flush(&mut out);
        Ok(out.into())
    }

    /// A file as it is now, with what takes its fragments apart. Blocks.
    pub(super) fn demuxer(&self, id: &str, number: usize) -> Result<(Demuxer, Arc<Cues>, Medium), Error> {
        let unread = |source| Error::Io { what: "it cannot be read", source };
        let (cues, Open { mut file, .. }) = self.cues(id, number)?;
        let header = read(&mut file, &cues, 0..cues.header).map_err(unread)?;
        let demuxer = Demuxer::new(&header).map_err(|error| unread(file.makes_no_sense(error)))?;
        Ok((demuxer, cues, file))
    }

    /// What is known of a file as it is now.
    pub(super) fn cues(&self, id: &str, number: usize) -> Result<(Arc<Cues>, Open), Error> {
        let mut open = self.file(id, number)?;
        let cues = match open.file {
            Medium::Disk(_) => self.cues_of(&mut open),
            Medium::Stored(ref stored) => return Ok((self.noted_cues(id, number, stored.size())?, open)),
        };
        Ok((cues.map_err(|source| Error::Io { what: "it cannot be read", source })?, open))
    }

    fn cues_of(&self, open: &mut Open) -> io::Result<Arc<Cues>> {
        let path = &open.path;
        let known = self.known().of(path);
        let mut cues = match known {
            Some((cues, true)) => return Ok(cues),
            // It grows, or has grown since.
            Some((cues, false)) => Arc::unwrap_or_clone(cues),
            None => Cues::read(&mut open.file).map_err(io::Error::other)?,
        };
        match open.grows {
            true => cues.extend(&mut open.file),
            false => cues.extend_over_damage(&mut open.file),
        }
        .map_err(io::Error::other)?;
        let cues = Arc::new(cues);
        self.known().insert(path, &cues, !open.grows);
        Ok(cues)
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    pub(super) fn of(&self, path: &Path) -> Option<(Arc<Cues>, bool)> {
        self.0.iter().find(|(of, ..)| of == path).map(|(_, cues, all)| (Arc::clone(cues), *all))
    }

    /// That of a file, and whether it is `all` of it.
    pub(super) fn insert(&mut self, path: &Path, cues: &Arc<Cues>, all: bool) {
        self.0.retain(|(of, ..)| of != path);
        self.0.push((path.to_owned(), Arc::clone(cues), all));
        if self.0.len() > REMEMBERED {
            self.0.remove(0);
        }
    }
}

/// A range of the fragmented file, of the file that there is now.
pub(super) fn read(file: &mut Medium, cues: &Cues, range: Range<u64>) -> io::Result<Bytes> {
    file.range(cues.base + range.start..cues.base + range.end)
}

fn behind_a_gap(last: &Cue, next: &Cue) -> bool {
    next.start - last.end > SEAM
}

/// So many times the length of a piece a key frame is waited for.
const PATIENCE: i64 = 3;
/// Bytes that a piece has at most, if it is not a single fragment.
const LARGEST: u64 = 32 << 20;
/// What lies further apart than this does not play without a seam.
const SEAM: Delta = Delta::millis(1_000);
/// Files whose cues are remembered: some hundred kilobytes for hours.
const REMEMBERED: usize = 64;
