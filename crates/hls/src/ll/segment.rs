//! Segments, their parts and headers, and what their files are called.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use media::{Delta, Time, Track};

use crate::segment::{is_number, unix_millis};
use crate::sliding::Listed;

/// What has become of a stream.
#[derive(Debug, Clone)]
pub enum Progress {
    /// A segment has begun; it has no parts yet. If there is one that never had any, it has not been.
    Begin(Segment),
    /// The next part of the segment that has begun.
    Part(Part),
    /// The segment is complete, with all its parts.
    End {
        /// To the start of the next segment, or to the end of its last frame if the stream ended.
        duration: Delta,
    },
}

/// A segment, as far as it is there.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Its media sequence number; the next segment has the next.
    pub sequence: u64,
    /// Zero until it is complete.
    pub duration: Delta,
    /// Of its first frame, on the stream's clock.
    pub start: Time,
    /// When its first frame was captured, or arrived (EXT-X-PROGRAM-DATE-TIME).
    pub wall: SystemTime,
    /// A decoder has to be set up anew: the source was away, or the tracks or codecs have changed.
    pub discontinuity: bool,
    /// It begins with a key frame (or with sound, where there is no video), so that a player can begin with it.
    pub independent: bool,
    /// The header that goes before it (EXT-X-MAP).
    pub init: Arc<Init>,
    /// Its parts; put together they are the segment.
    pub parts: Vec<Part>,
}

/// A part of a segment.
#[derive(Debug, Clone)]
pub struct Part {
    /// To the start of the next.
    pub duration: Delta,
    /// It has a key frame of the main video (or there is no video).
    pub independent: bool,
    /// How many pictures it has, or frames of sound where there are no pictures.
    pub frames: u32,
    /// One fragment: moof and mdat.
    pub data: Bytes,
}

/// The header of one or more segments.
#[derive(Debug)]
pub struct Init {
    /// Of the first segment that needs it.
    pub sequence: u64,
    /// Of that segment, in milliseconds since 1970.
    pub millis: u64,
    /// What it describes, by id.
    pub tracks: Vec<Arc<Track>>,
    /// ftyp and moov.
    pub data: Bytes,
}

/// The name of a file: `<stream>-<sequence>-<unix ms>`, and then `.m4s` for a segment, `.<part>.m4s` for a part, `.mp4` for
/// the header of this segment and those that follow it.
///
/// The time keeps the names of two runs of a stream apart, for those who cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name<'a> {
    /// The stream's name, without its app.
    pub stream: &'a str,
    /// [`Segment::sequence`].
    pub sequence: u64,
    /// [`Segment::wall`] in milliseconds since 1970.
    pub millis: u64,
    /// What of it.
    pub file: File,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// The whole segment.
    Segment,
    /// The part of this index, from 0.
    Part(usize),
    /// The header.
    Init,
}

impl Segment {
    /// What its file is called in the stream `stream`, or one that goes with it. Not for headers, which may be those of an
    /// earlier segment: see [`Init::name`].
    pub fn name<'a>(&self, stream: &'a str, file: File) -> Name<'a> {
        Name { stream, sequence: self.sequence, millis: self.millis(), file }
    }

    pub(super) fn millis(&self) -> u64 {
        unix_millis(self.wall)
    }

    /// How long its parts are together.
    pub(super) fn parts_duration(&self) -> Delta {
        self.parts.iter().fold(Delta::ZERO, |sum, part| sum + part.duration)
    }
}

impl Init {
    /// What its file is called in the stream `stream`.
    pub fn name<'a>(&self, stream: &'a str) -> Name<'a> {
        Name { stream, sequence: self.sequence, millis: self.millis, file: File::Init }
    }
}

impl Listed for Segment {
    fn sequence(&self) -> u64 {
        self.sequence
    }

    fn duration(&self) -> Delta {
        self.duration
    }

    fn discontinuity(&self) -> bool {
        self.discontinuity
    }

    fn size(&self) -> usize {
        self.parts.iter().map(|part| part.data.len()).sum()
    }
}

impl<'a> Name<'a> {
    /// Takes a file name apart; `None` if it is none of ours. The stream's name may have dashes and dots of its own.
    pub fn parse(name: &'a str) -> Option<Name<'a>> {
        let (stem, init) = match name.strip_suffix(".mp4") {
            Some(stem) => (stem, true),
            None => (name.strip_suffix(".m4s")?, false),
        };
        let mut pieces = stem.rsplitn(3, '-');
        let (last, sequence) = (pieces.next()?, number(pieces.next()?)?);
        let stream = pieces.next().filter(|stream| !stream.is_empty())?;
        let (millis, file) = match last.split_once('.') {
            None if init => (last, File::Init),
            None => (last, File::Segment),
            Some((millis, part)) if !init => (millis, File::Part(usize::try_from(number(part)?).ok()?)),
            Some(_) => return None,
        };
        Some(Name { stream, sequence, millis: number(millis)?, file })
    }
}

/// The file name as it is; in a playlist it is percent-encoded.
impl std::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.stream, self.sequence, self.millis)?;
        match self.file {
            File::Segment => f.write_str(".m4s"),
            File::Part(index) => write!(f, ".{index}.m4s"),
            File::Init => f.write_str(".mp4"),
        }
    }
}

fn number(digits: &str) -> Option<u64> {
    Some(digits).filter(|digits| is_number(digits))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for stream in ["livestream", "a-1-2", "-", "ü b", "a.5"] {
            for (file, end) in [(File::Segment, ".m4s"), (File::Part(11), ".11.m4s"), (File::Init, ".mp4")] {
                let name = Name { stream, sequence: 7, millis: 1_714_550_400_123, file };
                let text = name.to_string();
                assert_eq!(text, format!("{stream}-7-1714550400123{end}"));
                assert_eq!(Name::parse(&text), Some(name));
            }
        }
    }

    #[test]
    fn other_files_are_none_of_ours() {
        for file in [
            "s.m4s",
            "s-1.m4s",
            "-1-2.m4s",
            "s-1-.m4s",
            "s-x-1.mp4",
            "s-1-2.ts",
            "s-+1-2.m4s",
            "s-1-02.m4s",
            "s-1-2.3.mp4",
            "s-1-2.03.m4s",
            "s-1-2..m4s",
            "s-1-2.1.1.m4s",
            "s-1-2.99999999999999999999.m4s",
        ] {
            assert_eq!(Name::parse(file), None, "{file}");
        }
    }
}
