//! The playlist of a recording in transport streams, as Oryx writes it. Source: RFC 8216; Oryx 5.15.

use std::fmt::Write as _;

use super::clouds::Segment;

/// A segment in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// How long it plays.
    pub seconds: f64,
    /// It does not follow the one before without a seam.
    pub gap: bool,
    /// Where it is.
    pub uri: String,
}

impl Listed {
    /// A segment that is at `uri`.
    pub fn new(segment: &Segment, uri: String) -> Listed {
        Listed { seconds: segment.millis as f64 / 1e3, gap: segment.gap, uri }
    }
}

/// The list of `segments`: all there are. The target duration is that of the longest, and not, as Oryx has it, of all together.
pub fn list(segments: &[Listed]) -> String {
    let target = segments.iter().fold(1.0, |target: f64, segment| target.max(segment.seconds)).ceil();
    let mut text = format!(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-ALLOW-CACHE:YES\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-TARGETDURATION:{target}\n\
         #EXT-X-MEDIA-SEQUENCE:0\n"
    );
    for Listed { seconds, gap, uri } in segments {
        if *gap {
            text.push_str("#EXT-X-DISCONTINUITY\n");
        }
        let _ = writeln!(text, "#EXTINF:{seconds:.2}, no desc\n{uri}");
    }
    text.push_str("#EXT-X-ENDLIST");
    text
}
