//! From a file of fragments to what is known of all its samples.

use std::io::{self, Read, Seek};

use media::parse::Problem;
use media::{Delta, ParseError, Time};

use super::fragment::{self, Run};
use super::header::{self, Header};
use super::samples::Samples;
use super::walk::{Place, Walk};

/// Where every sample of a fragmented file is, and when it is decoded and shown.
#[derive(Debug)]
pub struct Index {
    pub(super) tracks: Vec<Track>,
    /// Bytes of the file.
    pub(super) length: u64,
    intact: u64,
    samples: usize,
    damaged: u64,
    largest: u64,
}

/// A track with its samples.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) header: Header,
    pub(super) samples: Samples,
}

/// Why a file has no index.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// Its header is none that was written here, or it has more samples than [`MAX_SAMPLES`].
    #[error(transparent)]
    Parse(#[from] ParseError),
}

impl Index {
    /// Looks at every fragment of `file` from its beginning. Where something is not whole, or is none, it goes on with the next that is:
    /// what is between is in no sample, and counted as [`damaged`](Index::damaged). What follows the last was torn.
    ///
    /// Reads heads only, and passes over what they describe. Errs when the header itself is not whole.
    pub fn read<F: Read + Seek>(file: &mut F) -> Result<Index, Error> {
        let mut walk = Walk::new(file)?;
        let (moov, intact) = header(&mut walk)?;
        let tracks = header::tracks(&moov)?.into_iter();
        let tracks = tracks.map(|header| Track { header, samples: Samples::default() }).collect();
        let length = walk.length();
        let mut index = Index { tracks, length, intact, samples: 0, damaged: 0, largest: 0 };
        let mut tried = intact;
        for _ in 0..TRIES {
            while index.next(&mut walk)? {}
            let Some(at) = walk.find(b"moof", tried.max(index.intact) + 1)? else { break };
            tried = at;
        }
        Ok(index)
    }

    /// Where the last fragment ends that is whole: what follows was torn, and is in no sample.
    pub fn intact(&self) -> u64 {
        self.intact
    }

    /// Bytes before that which are in no fragment: something has damaged the file in its middle.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Bytes of the largest fragment.
    pub fn largest(&self) -> u64 {
        self.largest
    }

    /// How many samples there are, of all tracks.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// From the first presentation of any track to the last.
    pub fn duration(&self) -> Delta {
        let spans = self.tracks.iter().filter_map(Track::span);
        let whole = spans.reduce(|(from, to), (start, end)| (from.min(start), to.max(end)));
        whole.map_or(Delta::ZERO, |(from, to)| to - from)
    }

    /// Takes what is next; `false` when that is no fragment that is whole and goes on where the others ended.
    fn next<F: Read + Seek>(&mut self, walk: &mut Walk<'_, F>) -> Result<bool, Error> {
        let Some(moof) = walk.next()?.filter(|place| place.kind == *b"moof") else { return Ok(false) };
        let Some(data) = walk.next()?.filter(|place| place.kind == *b"mdat") else { return Ok(false) };
        let runs = walk.read(&moof)?.and_then(|moof| fragment::runs(&moof, MAX_SAMPLES - self.samples));
        match runs {
            Ok(runs) if self.fits(&runs, &moof, &data) => self.add(&runs, &moof, &data),
            Err(error) if error.problem == Problem::TooLarge && moof.at == self.intact => {
                return Err(error.into());
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether the runs of a fragment go on where the others ended, and lie within its data.
    fn fits(&self, runs: &[Run], moof: &Place, data: &Place) -> bool {
        // One without samples would cost memory and be worth nothing.
        let some = runs.iter().any(|run| !run.samples.is_empty());
        some && runs.iter().enumerate().all(|(place, run)| {
            let track = self.tracks.iter().find(|track| track.header.id == run.track);
            let once = !runs.iter().skip(place + 1).any(|other| other.track == run.track);
            let inside =
                moof.at + run.data.start >= data.body.start && moof.at + run.data.end <= data.body.end;
            once && inside && track.is_some_and(|track| track.samples.gap(run.base).is_some())
        })
    }

    fn add(&mut self, runs: &[Run], moof: &Place, data: &Place) {
        for run in runs {
            let Some(track) = self.tracks.iter_mut().find(|track| track.header.id == run.track) else {
                continue;
            };
            track.samples.begin(run.base);
            track.samples.extend(moof.at + run.data.start, &run.samples);
            self.samples += run.samples.len();
        }
        self.damaged += moof.at - self.intact;
        self.largest = self.largest.max(data.body.end - moof.at);
        self.intact = data.body.end;
    }
}

/// What is in the moov of a fragmented file, and where that ends.
pub(super) fn header<F: Read + Seek>(walk: &mut Walk<'_, F>) -> Result<(Vec<u8>, u64), Error> {
    loop {
        let place = walk.next()?.ok_or(ParseError::truncated("moov", 0))?;
        match &place.kind {
            b"moov" => return Ok((walk.read(&place)??, place.body.end)),
            b"ftyp" | b"free" => {}
            _ => return Err(ParseError::invalid("ftyp", 0).into()),
        }
    }
}

impl Track {
    /// When it is first presented, and until when, on the clock of the fragments; `None` without samples.
    pub(super) fn span(&self) -> Option<(Time, Time)> {
        let shown = (self.samples.count() > 0).then(|| self.samples.shown())?;
        let start = i64::try_from(self.samples.start).unwrap_or(i64::MAX);
        let time = |ticks: i64| Time::from_ticks(start.saturating_add(ticks), self.header.scale);
        Some((time(shown.0), time(shown.1)))
    }
}

/// Samples that a file may have: eleven hours of 60 pictures and 47 frames of sound a second.
pub const MAX_SAMPLES: usize = 1 << 22;
/// So often a file is searched for where it goes on.
pub(super) const TRIES: usize = 4_096;

#[cfg(test)]
#[path = "index_test.rs"]
mod tests;
