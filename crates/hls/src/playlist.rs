//! Playlists as text.
//!
//! Source: RFC 8216 §4.3; the layout is that of SRS, whose players and proxies we inherit.

use std::fmt::Write;
use std::time::SystemTime;

use crate::Window;
use crate::segment::unix_millis;

/// The media playlist of `window`, for the stream whose name is `stream` (its last path segment, as it is).
///
/// Names are relative to the playlist's own URL. `query` is put behind each of them with a question mark,
/// unless it is empty; it has to be URL-encoded. The playlist has no end: the publisher may come back.
pub fn media(window: &Window, stream: &str, query: &str) -> String {
    let stream = encode(stream);
    let first = window.listed().next().map_or(0, |segment| segment.sequence);
    let mut out = String::with_capacity(128 + (96 + stream.len() + query.len()) * window.listed().count());
    out.push_str("#EXTM3U\n#EXT-X-VERSION:3\n");
    line(&mut out, format_args!("#EXT-X-MEDIA-SEQUENCE:{first}"));
    if window.discontinuity_sequence() > 0 {
        line(&mut out, format_args!("#EXT-X-DISCONTINUITY-SEQUENCE:{}", window.discontinuity_sequence()));
    }
    line(&mut out, format_args!("#EXT-X-TARGETDURATION:{}", window.target_duration()));
    for segment in window.listed() {
        if segment.discontinuity {
            out.push_str("#EXT-X-DISCONTINUITY\n");
        }
        line(&mut out, format_args!("#EXT-X-PROGRAM-DATE-TIME:{}", DateTime(segment.wall)));
        let millis = segment.duration.as_millis().max(0);
        line(&mut out, format_args!("#EXTINF:{}.{:03}, no desc", millis / 1000, millis % 1000));
        let mark = if query.is_empty() { "" } else { "?" };
        line(&mut out, format_args!("{}{mark}{query}", segment.name(&stream)));
    }
    out
}

/// A master playlist with one entry, `uri`.
///
/// It exists to give each viewer a URI of its own; the rates in it say nothing, as with SRS.
pub fn master(uri: &str) -> String {
    format!("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1\n{uri}\n")
}

pub(crate) fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _ = out.write_fmt(text);
    out.push('\n');
}

/// Percent-encodes a path segment. What is left bare is so for certain in every position: a colon would make a scheme of what is before it.
pub fn encode(segment: &str) -> String {
    segment.bytes().fold(String::with_capacity(segment.len()), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

/// `2024-05-01T10:00:00.123Z`.
pub(crate) struct DateTime(pub(crate) SystemTime);

impl std::fmt::Display for DateTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let millis = unix_millis(self.0);
        let (days, millis) = (millis / 86_400_000, millis % 86_400_000);
        // Years that begin in March, in eras of 400 years of 146,097 days: the day of the year then needs no leap years.
        let days = days + 719_468;
        let (era, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let march_month = (5 * day + 2) / 153;
        let day = day - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = year + era * 400 + u64::from(month <= 2);
        let (hour, minute, second) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1_000 % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", millis % 1_000)
    }
}

#[cfg(test)]
#[path = "playlist_test.rs"]
mod tests;
