//! What of a live stream is kept for viewers who go back: a playlist that is longer than that of the present by hours.
//!
//! Segments are fragmented MP4, each behind one of the headers that there were. Source: RFC 8216 §4.3, §6.2.2.

use std::sync::Arc;
use std::time::SystemTime;

use media::Delta;

use crate::playlist::{DateTime, encode, line};

/// What there is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// Stands in the names of all its files: no other past has the same.
    pub id: Arc<str>,
    /// In order, without a hole in their numbers.
    pub segments: Vec<Segment>,
    /// How many breaks were in what is not there any more.
    pub breaks_before: u64,
    /// Nothing follows.
    pub complete: bool,
}

/// Some seconds of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Counts up.
    pub number: u64,
    /// Which header a player needs for it.
    pub header: u64,
    /// How long it plays.
    pub length: Delta,
    /// When it began.
    pub wall: SystemTime,
    /// A decoder has to be set up anew.
    pub breaks: bool,
}

/// What a file of a past is called: `<stream>-past-<id>-<number>.m4s` for a segment, `….mp4` for a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name<'a> {
    /// The stream's name, without its app.
    pub stream: &'a str,
    /// [`Past::id`].
    pub id: &'a str,
    /// The segment's, or the header's.
    pub number: u64,
}

impl Past {
    /// As a media playlist for the stream whose name is `stream` (its last path segment, as it is). Players are told to begin `back` before its
    /// end, or at its beginning if that is later; without, near the end.
    ///
    /// `query` is put behind each name, unless it is empty; it has to be URL-encoded. What is left out at the beginning grows, so it is of no type.
    pub fn playlist(&self, stream: &str, query: &str, back: Option<Delta>) -> String {
        let stream = encode(stream);
        let mark = if query.is_empty() { "" } else { "?" };
        let longest = self.segments.iter().map(|segment| segment.length).max().unwrap_or(Delta::ZERO);
        let target = (longest.as_millis().max(0) as u64).div_ceil(1_000).max(LEAST_TARGET);
        let mut out = String::with_capacity(256 + (96 + stream.len() + query.len()) * self.segments.len());
        out.push_str("#EXTM3U\n#EXT-X-VERSION:7\n");
        line(&mut out, format_args!("#EXT-X-TARGETDURATION:{target}"));
        let first = self.segments.first().map_or(0, |first| first.number);
        line(&mut out, format_args!("#EXT-X-MEDIA-SEQUENCE:{first}"));
        if self.breaks_before > 0 {
            line(&mut out, format_args!("#EXT-X-DISCONTINUITY-SEQUENCE:{}", self.breaks_before));
        }
        if let Some(back) = back {
            let all = self.segments.iter().fold(Delta::ZERO, |all, segment| all + segment.length);
            let seconds = back.min(all).as_secs_f64();
            // From the end on, where that is not the beginning.
            let offset = if back < all { -seconds } else { 0.0 };
            line(&mut out, format_args!("#EXT-X-START:TIME-OFFSET={offset:.3},PRECISE=YES"));
        }
        let mut header = None;
        for segment in &self.segments {
            if segment.breaks {
                out.push_str("#EXT-X-DISCONTINUITY\n");
            }
            if header.replace(segment.header) != Some(segment.header) {
                let name = Name { stream: &stream, id: &self.id, number: segment.header };
                line(&mut out, format_args!("#EXT-X-MAP:URI=\"{name}.mp4{mark}{query}\""));
            }
            line(&mut out, format_args!("#EXT-X-PROGRAM-DATE-TIME:{}", DateTime(segment.wall)));
            line(&mut out, format_args!("#EXTINF:{:.3},", segment.length.as_secs_f64()));
            let name = Name { stream: &stream, id: &self.id, number: segment.number };
            line(&mut out, format_args!("{name}.m4s{mark}{query}"));
        }
        if self.complete {
            out.push_str("#EXT-X-ENDLIST\n");
        }
        out
    }
}

impl<'a> Name<'a> {
    /// Takes a file's name apart, without what is behind its last dot; `None` when it is none of these.
    pub fn parse(stem: &'a str) -> Option<Name<'a>> {
        let mut parts = stem.rsplitn(4, '-');
        let digits = parts.next().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
        let number = digits.parse().ok()?;
        let id = parts.next().filter(|id| !id.is_empty())?;
        parts.next().filter(|mark| *mark == MARK)?;
        let stream = parts.next().filter(|stream| !stream.is_empty())?;
        Some(Name { stream, id, number })
    }
}

impl std::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{MARK}-{}-{}", self.stream, self.id, self.number)
    }
}

const MARK: &str = "past";
/// Seconds: it may not change while the playlist grows, and segments may be longer where key frames are far apart.
const LEAST_TARGET: u64 = 20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn past() -> Past {
        let wall = UNIX_EPOCH + Duration::from_secs(1_796_000_000);
        let segment = |number, header, millis, breaks| Segment {
            number,
            header,
            length: Delta::millis(millis),
            wall,
            breaks,
        };
        let segments =
            vec![segment(7, 1, 6_006, false), segment(8, 1, 6_000, false), segment(9, 2, 25_000, true)];
        Past { id: "a1".into(), segments, breaks_before: 3, complete: false }
    }

    #[test]
    fn the_playlist_has_each_header_where_it_begins_to_count() {
        let text = past().playlist("s p", "hls_ctx=x", None);
        assert_eq!(
            text,
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:25\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n\
             #EXT-X-MAP:URI=\"s%20p-past-a1-1.mp4?hls_ctx=x\"\n\
             #EXT-X-PROGRAM-DATE-TIME:2026-11-30T00:53:20.000Z\n#EXTINF:6.006,\ns%20p-past-a1-7.m4s?hls_ctx=x\n\
             #EXT-X-PROGRAM-DATE-TIME:2026-11-30T00:53:20.000Z\n#EXTINF:6.000,\ns%20p-past-a1-8.m4s?hls_ctx=x\n\
             #EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"s%20p-past-a1-2.mp4?hls_ctx=x\"\n\
             #EXT-X-PROGRAM-DATE-TIME:2026-11-30T00:53:20.000Z\n#EXTINF:25.000,\ns%20p-past-a1-9.m4s?hls_ctx=x\n"
        );
        let whole = Past { complete: true, ..past() };
        assert!(whole.playlist("s", "", None).ends_with("\ns-past-a1-9.m4s\n#EXT-X-ENDLIST\n"));
    }

    #[test]
    fn who_goes_back_is_told_where_to_begin() {
        let start = |seconds| {
            let text = past().playlist("s", "", Some(Delta::secs(seconds)));
            text.lines().find_map(|line| line.strip_prefix("#EXT-X-START:TIME-OFFSET=")).unwrap().to_owned()
        };
        assert_eq!(start(10), "-10.000,PRECISE=YES");
        assert_eq!(start(3_600), "0.000,PRECISE=YES");
    }

    #[test]
    fn names_are_taken_apart_as_they_are_put_together() {
        let name = Name { stream: "a-past-b-1", id: "c2", number: 30 };
        assert_eq!(Name::parse(&name.to_string()), Some(name));
        for other in ["a-1-2", "past-c2-30", "-past-c2-30", "a-past-c2-x", "a-past--3", "a-gone-c2-3", ""] {
            assert_eq!(Name::parse(other), None, "{other}");
        }
    }
}
