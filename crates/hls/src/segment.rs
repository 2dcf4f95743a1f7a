//! A segment, and what its file is called.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use media::{Delta, Time};

/// A piece of a stream that plays on its own.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Its media sequence number; the next segment has the next.
    pub sequence: u64,
    /// To the start of the next segment, or to the end of its last frame if the stream ended.
    pub duration: Delta,
    /// Of its first frame, on the stream's clock.
    pub start: Time,
    /// When its first frame was captured, or arrived (EXT-X-PROGRAM-DATE-TIME).
    pub wall: SystemTime,
    /// A decoder has to be set up anew: the source was away, or the tracks or codecs have changed.
    pub discontinuity: bool,
    /// It begins with a key frame (or with sound, where there is no video), so that a player can begin with it.
    pub independent: bool,
    /// MPEG-TS.
    pub data: Bytes,
}

/// The parts of a segment's file name, `<stream>-<sequence>-<unix ms>.ts`.
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
}

impl Segment {
    /// What its file is called in the stream `stream`.
    pub fn name<'a>(&self, stream: &'a str) -> Name<'a> {
        Name { stream, sequence: self.sequence, millis: unix_millis(self.wall) }
    }
}

impl<'a> Name<'a> {
    /// Takes a file name apart; `None` if it is not a segment's. The stream's name may have dashes of its own.
    pub fn parse(file: &'a str) -> Option<Name<'a>> {
        let mut parts = file.strip_suffix(".ts")?.rsplitn(3, '-');
        let mut number = || parts.next().filter(|digits| is_number(digits))?.parse().ok();
        let (millis, sequence) = (number()?, number()?);
        let stream = parts.next().filter(|stream| !stream.is_empty())?;
        Some(Name { stream, sequence, millis })
    }
}

/// The file name as it is; in a playlist it is percent-encoded.
impl std::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}.ts", self.stream, self.sequence, self.millis)
    }
}

/// Digits as we write them: one name for each segment, whoever caches it.
pub(crate) fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
}

pub(crate) fn unix_millis(wall: SystemTime) -> u64 {
    wall.duration_since(UNIX_EPOCH).ok().and_then(|since| u64::try_from(since.as_millis()).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn names_round_trip() {
        let segment = Segment {
            sequence: 7,
            duration: Delta::secs(10),
            start: Time::ZERO,
            wall: UNIX_EPOCH + Duration::from_millis(1_714_550_400_123),
            discontinuity: false,
            independent: true,
            data: Bytes::new(),
        };
        for stream in ["livestream", "a-1-2", "-", "ü b"] {
            let file = segment.name(stream).to_string();
            assert_eq!(file, format!("{stream}-7-1714550400123.ts"));
            assert_eq!(Name::parse(&file), Some(segment.name(stream)));
        }
    }

    #[test]
    fn other_files_are_not_segments() {
        for file in
            ["s.ts", "s-1.ts", "-1-2.ts", "s-1-.ts", "s-x-1.ts", "s-1-2.m3u8", "s-+1-2.ts", "s-01-2.ts"]
        {
            assert_eq!(Name::parse(file), None, "{file}");
        }
        assert_eq!(Name::parse("s-99999999999999999999-2.ts"), None);
    }

    #[test]
    fn a_clock_before_1970_counts_as_1970() {
        assert_eq!(unix_millis(UNIX_EPOCH - Duration::from_secs(1)), 0);
    }
}
