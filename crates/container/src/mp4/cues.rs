//! The fragments of a file that is or was recorded, for who serves it piece by piece.

use std::io::{Read, Seek};

use media::Time;

use super::index::{Error, MAX_SAMPLES, TRIES};
use super::walk::{Place, Walk};
use super::{fragment, header};

/// Which fragments a file has so far, and when they play. Places are counted from the first byte of the fragmented file, also where that
/// has become one piece, so that they stay what they are.
#[derive(Debug, Clone)]
pub struct Cues {
    /// Bytes of the header: the first of the file.
    pub header: u64,
    /// Where the fragmented file begins in the file.
    pub base: u64,
    /// In order.
    pub fragments: Vec<Cue>,
    /// Ticks a second of each track.
    scales: Vec<(u32, u32)>,
    /// The track of pictures that counts, if there are any.
    main: Option<u32>,
    /// How far the file is known.
    known: u64,
}

/// A fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cue {
    /// Its first byte.
    pub at: u64,
    /// Its bytes.
    pub bytes: u64,
    /// When it begins to be decoded, of all tracks.
    pub start: Time,
    /// And ends.
    pub end: Time,
    /// It begins with a key frame, or there are no pictures.
    pub key: bool,
}

impl Cues {
    /// Reads those of a file, in fragments or in one piece. Errs when its header is not whole.
    pub fn read<F: Read + Seek>(file: &mut F) -> Result<Cues, Error> {
        let base = base(file)?;
        let mut walk = Walk::from(file, base)?;
        let (moov, end) = super::index::header(&mut walk)?;
        let tracks = header::tracks(&moov)?;
        let main = tracks.iter().filter(|track| track.is_video()).map(|track| track.id).min();
        let scales = tracks.iter().map(|track| (track.id, track.scale)).collect();
        let (header, fragments) = (end - base, Vec::new());
        let mut cues = Cues { header, base, fragments, scales, main, known: header };
        cues.go_on(&mut walk)?;
        Ok(cues)
    }

    /// Those that are known of a file to which nothing is added any more.
    pub fn known(header: u64, base: u64, fragments: Vec<Cue>) -> Cues {
        let known = fragments.last().map_or(header, |last| last.at + last.bytes);
        Cues { header, base, fragments, scales: Vec::new(), main: None, known }
    }

    /// Reads those that have come since, of the same file.
    pub fn extend<F: Read + Seek>(&mut self, file: &mut F) -> Result<(), Error> {
        let mut walk = Walk::from(file, self.base + self.known)?;
        self.go_on(&mut walk)
    }

    /// The same of a file that is not written any more: goes on behind what is damaged, as [`Index`](super::Index) does.
    pub fn extend_over_damage<F: Read + Seek>(&mut self, file: &mut F) -> Result<(), Error> {
        let mut walk = Walk::from(file, self.base + self.known)?;
        let mut tried = self.base + self.known;
        for _ in 0..TRIES {
            self.go_on(&mut walk)?;
            let Some(at) = walk.find(b"moof", tried.max(self.base + self.known) + 1)? else { break };
            tried = at;
        }
        Ok(())
    }

    fn go_on<F: Read + Seek>(&mut self, walk: &mut Walk<'_, F>) -> Result<(), Error> {
        while let Some(moof) = walk.next()?.filter(|place| place.kind == *b"moof") {
            let Some(data) = walk.next()?.filter(|place| place.kind == *b"mdat") else { break };
            let Ok(runs) = walk.read(&moof)?.and_then(|moof| fragment::runs(&moof, MAX_SAMPLES)) else {
                break;
            };
            // What is damaged may claim any length.
            let samples = runs.iter().map(|run| run.data.end).max().unwrap_or(0);
            if data.body.end - moof.at > samples {
                break;
            }
            let Some(cue) = self.cue(&runs, &moof, &data) else { break };
            self.fragments.push(cue);
            self.known = data.body.end - self.base;
        }
        Ok(())
    }

    /// `None` for what is no fragment of ours, or does not go on where the others ended.
    fn cue(&self, runs: &[fragment::Run], moof: &Place, data: &Place) -> Option<Cue> {
        let spans = runs.iter().filter_map(|run| {
            let (_, scale) = self.scales.iter().find(|(id, _)| *id == run.track)?;
            let lasts: u64 = run.samples.iter().map(|sample| u64::from(sample.duration)).sum();
            let time = |ticks: u64| Some(Time::from_ticks(i64::try_from(ticks).ok()?, *scale));
            Some((time(run.base)?, time(run.base.checked_add(lasts)?)?))
        });
        let (start, end) = spans.reduce(|(from, to), (start, end)| (from.min(start), to.max(end)))?;
        if self.fragments.last().is_some_and(|last| start < last.start) {
            return None;
        }
        let pictures = runs.iter().find(|run| Some(run.track) == self.main);
        let key = match pictures {
            Some(run) => run.samples.first().is_some_and(|first| first.sync),
            None => self.main.is_none(),
        };
        Some(Cue { at: moof.at - self.base, bytes: data.body.end - moof.at, start, end, key })
    }
}

/// Where the fragmented file begins: at the beginning, or in the `mdat` of one in one piece, as [`Layout`](super::Layout) has it.
fn base<F: Read + Seek>(file: &mut F) -> Result<u64, Error> {
    let mut walk = Walk::new(file)?;
    while let Some(place) = walk.next()? {
        if place.kind == *b"moof" {
            return Ok(0);
        }
    }
    Ok(walk.large(b"mdat")?.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Cursor;
    use std::time::UNIX_EPOCH;

    use media::Delta;

    use super::super::Index;
    use super::super::testing::{assemble, fragmented, three_seconds};
    use super::*;

    #[test]
    fn fragments_are_where_they_were_also_in_one_piece() {
        let (file, ends) = fragmented(&three_seconds(), Delta::millis(500));
        let cues = Cues::read(&mut Cursor::new(&file)).unwrap();
        assert_eq!(cues.header as usize, ends[0]);
        let places: Vec<_> = cues.fragments.iter().map(|cue| (cue.at + cue.bytes) as usize).collect();
        assert_eq!(places, ends[1..]);
        let keys: Vec<_> = cues.fragments.iter().map(|cue| cue.key).collect();
        assert_eq!(keys, [true, false, true, false, true, false]);
        for (before, after) in cues.fragments.iter().zip(cues.fragments.iter().skip(1)) {
            assert!((after.start - before.start - Delta::millis(500)).abs() < Delta::millis(45), "{after:?}");
        }
        let layout = Index::read(&mut Cursor::new(&file)).unwrap().layout(UNIX_EPOCH);
        let whole = assemble(&file, &layout);
        let again = Cues::read(&mut Cursor::new(&whole)).unwrap();
        assert_eq!((cues.base, again.base), (0, layout.head.len() as u64));
        assert_eq!((again.header, again.fragments), (cues.header, cues.fragments));
    }

    #[test]
    fn what_is_behind_damage_plays_too() {
        let (mut file, ends) = fragmented(&three_seconds(), Delta::millis(500));
        let whole = Cues::read(&mut Cursor::new(&file)).unwrap().fragments;
        file[ends[2]..ends[2] + 64].fill(0);
        let mut cues = Cues::read(&mut Cursor::new(&file)).unwrap();
        assert_eq!(cues.fragments, whole[..2]);
        cues.extend_over_damage(&mut Cursor::new(&file)).unwrap();
        assert_eq!(cues.fragments, [&whole[..2], &whole[3..]].concat());
    }

    #[test]
    fn what_has_come_since_is_added() {
        let (file, ends) = fragmented(&three_seconds(), Delta::secs(1));
        let mut cues = Cues::read(&mut Cursor::new(&file[..ends[1] + 100])).unwrap();
        assert_eq!(cues.fragments.len(), 1);
        cues.extend(&mut Cursor::new(&file[..ends[3] - 1])).unwrap();
        assert_eq!(cues.fragments.len(), 2);
        cues.extend(&mut Cursor::new(&file)).unwrap();
        cues.extend(&mut Cursor::new(&file)).unwrap();
        assert_eq!(cues.fragments, Cues::read(&mut Cursor::new(&file)).unwrap().fragments);
        assert!(Cues::read(&mut Cursor::new(&file[..ends[0] - 1])).is_err());
    }
}
