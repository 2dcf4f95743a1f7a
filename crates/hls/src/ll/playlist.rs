//! Playlists as text.
//!
//! Source: the draft, §4.4; the names and the order of lines are as in the playlists of the other variant.

use std::fmt::{self, Write};

use bytes::Bytes;
use media::{Delta, Kind};

use super::segment::{File, Part, Segment};
use super::window::Window;
use crate::playlist::{DateTime, encode, line};

/// A playlist, the same for all but for what may stand behind the names in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Playlist {
    text: Bytes,
    /// Where names end.
    names: Vec<usize>,
}

/// The media playlist of `window`, for the stream whose name is `stream` (its last path segment, as it is); with `skip`,
/// without what a client knows who has had one a moment ago.
pub fn media(window: &Window, stream: &str, skip: bool) -> Playlist {
    let listed = window.listed();
    let stream = encode(stream);
    let open = window.open().filter(|open| !open.parts.is_empty());
    let target = window.target_duration();
    let skip_until = target * 6;
    let mut writer = Writer { stream: &stream, window, out: Playlist::with_room(listed.len(), stream.len()) };
    // How far the end of a segment is from the end of the playlist.
    let mut left = window.listed().fold(Delta::ZERO, |sum, segment| sum + segment.duration);
    left += open.map_or(Delta::ZERO, Segment::parts_duration);
    let mut skipped = 0;
    let mut ends = Vec::with_capacity(listed.len());
    for segment in listed {
        ends.push(left);
        left -= segment.duration;
        skipped += usize::from(skip && left > skip_until);
    }
    writer.head(skipped > 0);
    if skipped > 0 {
        writer.line(format_args!("#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}"));
    }
    let mut init =
        skipped.checked_sub(1).and_then(|last| window.listed().nth(last)).map(|segment| &segment.init);
    for (segment, start) in window.listed().zip(ends).skip(skipped) {
        writer.begin(
            segment,
            init.replace(&segment.init).is_none_or(|init| init.sequence != segment.init.sequence),
        );
        if start <= target * 3 {
            writer.parts(segment);
        }
        writer.line(format_args!("#EXTINF:{},", Seconds(segment.duration)));
        writer.name(format_args!("{}", segment.name(&stream, File::Segment)));
        writer.out.push("\n");
    }
    if let Some(open) = open {
        writer.begin(open, init.is_none_or(|init| init.sequence != open.init.sequence));
        writer.parts(open);
    }
    // A segment that is only hinted at, or comes when a publisher does: hls.js fails when it learns only with the first part
    // that this is a discontinuity.
    if window.comes_apart() {
        writer.out.push("#EXT-X-DISCONTINUITY\n");
    }
    if let Some(open) = window.open() {
        writer.out.push("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"");
        writer.name(format_args!("{}", open.name(&stream, File::Part(open.parts.len()))));
        writer.out.push("\"\n");
    }
    writer.out.finish()
}

/// A master playlist with one entry, `uri`; `None` if nothing is known of the stream yet.
///
/// Its rates are measured. Codecs are left out where one of them has no name: half of them would be wrong.
pub fn master(window: &Window, uri: &str) -> Option<String> {
    let summary = window.summary()?;
    let mut out = String::from("#EXTM3U\n#EXT-X-VERSION:6\n");
    let _ = write!(out, "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={}", summary.peak, summary.average);
    let codecs: Option<Vec<String>> = summary.init.tracks.iter().map(|track| track.codec.rfc6381()).collect();
    if let Some(codecs) = codecs {
        let _ = write!(out, ",CODECS=\"{}\"", codecs.join(","));
    }
    let video = summary.init.tracks.iter().find(|track| track.kind() == Kind::Video);
    if let Some(video) = video {
        if let Some(picture) = video.codec.picture() {
            let _ = write!(out, ",RESOLUTION={}x{}", picture.width, picture.height);
        }
        if let Some(rate) = summary.rate {
            let _ = write!(out, ",FRAME-RATE={rate:.3}");
        }
    }
    let _ = write!(out, "\n{uri}\n");
    Some(out)
}

impl Playlist {
    fn with_room(segments: usize, name: usize) -> Draft {
        Draft { text: String::with_capacity(512 + (segments * 3 + 40) * (80 + name)), names: Vec::new() }
    }

    /// As it is for everybody.
    pub fn text(&self) -> Bytes {
        self.text.clone()
    }

    /// With `?` and `query`, URL-encoded, behind each name.
    pub fn with_query(&self, query: &str) -> Bytes {
        let mut out = Vec::with_capacity(self.text.len() + self.names.len() * (1 + query.len()));
        let mut from = 0;
        for end in &self.names {
            out.extend_from_slice(&self.text[from..*end]);
            out.push(b'?');
            out.extend_from_slice(query.as_bytes());
            from = *end;
        }
        out.extend_from_slice(&self.text[from..]);
        out.into()
    }
}

/// A playlist that is being written.
struct Draft {
    text: String,
    names: Vec<usize>,
}

impl Draft {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn finish(self) -> Playlist {
        Playlist { text: self.text.into(), names: self.names }
    }
}

struct Writer<'a> {
    stream: &'a str,
    window: &'a Window,
    out: Draft,
}

impl Writer<'_> {
    fn line(&mut self, text: fmt::Arguments<'_>) {
        line(&mut self.out.text, text);
    }

    fn name(&mut self, name: fmt::Arguments<'_>) {
        // Writing to a String does not fail.
        let _ = self.out.text.write_fmt(name);
        self.out.names.push(self.out.text.len());
    }

    fn head(&mut self, skips: bool) {
        let window = self.window;
        let (target, part) = (window.target_duration(), window.part_target());
        // EXT-X-SKIP needs version 9, EXT-X-MAP version 6.
        self.line(format_args!("#EXTM3U\n#EXT-X-VERSION:{}", if skips { 9 } else { 6 }));
        self.line(format_args!("#EXT-X-TARGETDURATION:{}", window.sliding().target_duration()));
        self.line(format_args!(
            "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL={},HOLD-BACK={},PART-HOLD-BACK={}",
            Seconds(target * 6),
            Seconds(target * 3),
            Seconds(part * 3),
        ));
        self.line(format_args!("#EXT-X-PART-INF:PART-TARGET={}", Seconds(part)));
        let first = window.listed().next().or(window.open()).map_or(0, |segment| segment.sequence);
        self.line(format_args!("#EXT-X-MEDIA-SEQUENCE:{first}"));
        let discontinuities = window.sliding().discontinuity_sequence();
        if discontinuities > 0 {
            self.line(format_args!("#EXT-X-DISCONTINUITY-SEQUENCE:{discontinuities}"));
        }
    }

    /// What goes before the first part of a segment.
    fn begin(&mut self, segment: &Segment, new_init: bool) {
        if segment.discontinuity {
            self.out.push("#EXT-X-DISCONTINUITY\n");
        }
        if new_init {
            self.out.push("#EXT-X-MAP:URI=\"");
            self.name(format_args!("{}", segment.init.name(self.stream)));
            self.out.push("\"\n");
        }
        self.line(format_args!("#EXT-X-PROGRAM-DATE-TIME:{}", DateTime(segment.wall)));
    }

    fn parts(&mut self, segment: &Segment) {
        for (index, Part { duration, independent, .. }) in segment.parts.iter().enumerate() {
            // Only where the source has a gap: no part is said to be longer than parts are.
            let duration = Seconds((*duration).min(self.window.part_target()));
            let _ = write!(self.out.text, "#EXT-X-PART:DURATION={duration},URI=\"");
            self.name(format_args!("{}", segment.name(self.stream, File::Part(index))));
            self.out.push(if *independent { "\",INDEPENDENT=YES\n" } else { "\"\n" });
        }
    }
}

/// Seconds with as many digits as nothing is lost, and three at least.
struct Seconds(Delta);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros().max(0);
        let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
        match rest % 1_000 {
            0 => write!(f, "{seconds}.{:03}", rest / 1_000),
            _ => write!(f, "{seconds}.{rest:06}"),
        }
    }
}

#[cfg(test)]
#[path = "playlist_test.rs"]
mod tests;
