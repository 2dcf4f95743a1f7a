//! What a player reads from an HLS playlist. Source: RFC 8216 §4.3.

use std::time::Duration;

/// A playlist as far as a viewer needs it.
#[derive(Debug, PartialEq)]
pub(crate) enum Playlist {
    /// A master playlist: where its first variant is.
    Master(String),
    /// A media playlist, its segments oldest first.
    Media { segments: Vec<Segment>, target: Duration, ended: bool },
}

/// One segment of a media playlist.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Segment {
    pub(crate) sequence: u64,
    pub(crate) duration: Duration,
    /// Reference as written; relative to the playlist.
    pub(crate) uri: String,
}

impl Playlist {
    /// `None` for what is no playlist, or one that lists nothing.
    pub(crate) fn parse(text: &str) -> Option<Playlist> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        if lines.next()? != "#EXTM3U" {
            return None;
        }
        let (mut segments, mut sequence) = (Vec::new(), 0);
        let (mut duration, mut target, mut ended, mut variant) = (None, Duration::ZERO, false, false);
        for line in lines {
            if let Some(value) = line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:") {
                sequence = value.parse().ok()?;
            } else if let Some(value) = line.strip_prefix("#EXT-X-TARGETDURATION:") {
                target = seconds(value)?;
            } else if let Some(value) = line.strip_prefix("#EXTINF:") {
                duration = Some(seconds(value.split(',').next()?)?);
            } else if line.starts_with("#EXT-X-STREAM-INF") {
                variant = true;
            } else if line == "#EXT-X-ENDLIST" {
                ended = true;
            } else if !line.starts_with('#') {
                if variant {
                    return Some(Playlist::Master(line.to_owned()));
                }
                segments.push(Segment { sequence, duration: duration.take()?, uri: line.to_owned() });
                sequence += 1;
            }
        }
        Some(Playlist::Media { segments, target, ended })
    }
}

/// The path that `reference` means in the document at `base`, both on the same host. Source: RFC 3986 §5.2, as far as servers use it.
pub(crate) fn resolve(base: &str, reference: &str) -> String {
    if let Some((_, rest)) = reference.split_once("://") {
        return format!("/{}", rest.split_once('/').map_or("", |(_, path)| path));
    }
    if reference.starts_with('/') {
        return reference.to_owned();
    }
    let path = base.split('?').next().unwrap_or(base);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    format!("{folder}/{reference}")
}

fn seconds(value: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(value.trim().parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_playlist_numbers_its_segments() {
        let text = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-TARGETDURATION:10\n\
            #EXTINF:9.600, no desc\nlive-7.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:10,\nlive-8.ts?a=b\n";
        let segment = |sequence, millis, uri: &str| Segment {
            sequence,
            duration: Duration::from_millis(millis),
            uri: uri.to_owned(),
        };
        let segments = vec![segment(7, 9_600, "live-7.ts"), segment(8, 10_000, "live-8.ts?a=b")];
        let target = Duration::from_secs(10);
        assert_eq!(Playlist::parse(text), Some(Playlist::Media { segments, target, ended: false }));
    }

    #[test]
    fn a_master_playlist_names_its_variant() {
        let text = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1\n/live/s.m3u8?hls_ctx=abc\n";
        assert_eq!(Playlist::parse(text), Some(Playlist::Master("/live/s.m3u8?hls_ctx=abc".to_owned())));
    }

    #[test]
    fn what_is_no_playlist_is_none() {
        assert_eq!(Playlist::parse("<html>"), None);
        assert_eq!(Playlist::parse(""), None);
        assert_eq!(Playlist::parse("#EXTM3U\nsegment-without-duration.ts"), None);
    }

    #[test]
    fn references_resolve_against_the_playlist() {
        assert_eq!(resolve("/live/s.m3u8?x=/y/z", "s-1.ts"), "/live/s-1.ts");
        assert_eq!(resolve("/live/s.m3u8", "/other/s-1.ts"), "/other/s-1.ts");
        assert_eq!(resolve("/live/s.m3u8", "http://127.0.0.1:80/a/b.ts"), "/a/b.ts");
        assert_eq!(resolve("/s.m3u8", "s-1.ts"), "/s-1.ts");
    }
}
