//! What a player reads from a low-latency HLS playlist: its end. Source: RFC 8216bis §4.4.

/// The parts of a media playlist, and what comes after them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Edge {
    /// The header of the last segment.
    pub(crate) map: Option<String>,
    /// Oldest first; segments that are older are listed without theirs.
    pub(crate) parts: Vec<Part>,
    /// Where the part is that comes after the last.
    pub(crate) next: Position,
    /// The part that comes next, if it can be asked for already.
    pub(crate) hint: Option<String>,
}

/// A piece of a segment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    pub(crate) position: Position,
    /// It begins with a key frame.
    pub(crate) independent: bool,
    /// Reference as written; relative to the playlist.
    pub(crate) uri: String,
}

/// Media sequence number, and number of the part in its segment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) sequence: u64,
    pub(crate) part: u64,
}

impl Edge {
    /// `None` for what is no media playlist.
    pub(crate) fn parse(text: &str) -> Option<Edge> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        if lines.next()? != "#EXTM3U" {
            return None;
        }
        let mut edge = Edge::default();
        for line in lines {
            if let Some(value) = line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:") {
                edge.next.sequence = value.parse().ok()?;
            } else if let Some(list) = line.strip_prefix("#EXT-X-MAP:") {
                edge.map = attribute(list, "URI").map(str::to_owned);
            } else if let Some(list) = line.strip_prefix("#EXT-X-PART:") {
                let independent = attribute(list, "INDEPENDENT") == Some("YES");
                let uri = attribute(list, "URI")?.to_owned();
                edge.parts.push(Part { position: edge.next, independent, uri });
                edge.next.part += 1;
            } else if let Some(list) = line.strip_prefix("#EXT-X-PRELOAD-HINT:") {
                if attribute(list, "TYPE") == Some("PART") {
                    edge.hint = attribute(list, "URI").map(str::to_owned);
                }
            } else if line.starts_with("#EXT-X-STREAM-INF") {
                return None;
            } else if !line.starts_with('#') {
                edge.next = Position { sequence: edge.next.sequence.checked_add(1)?, part: 0 };
            }
        }
        Some(edge)
    }
}

/// The value of `name` in a list of attributes, without quotes. Source: RFC 8216 §4.2.
fn attribute<'a>(list: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = list;
    loop {
        let (key, value) = rest.split_once('=')?;
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => {
                let (value, after) = quoted.split_once('"')?;
                (value, after.strip_prefix(',').unwrap_or(after))
            }
            None => value.split_once(',').unwrap_or((value, "")),
        };
        if key.trim() == name {
            return Some(value);
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_playlist_is_its_parts_and_the_hint() {
        let text = "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n\
            #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.0\n#EXT-X-PART-INF:PART-TARGET=0.334\n\
            #EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-MAP:URI=\"init-1.mp4\"\n#EXTINF:2.0,\ns-7.m4s\n\
            #EXT-X-PART:DURATION=0.334,URI=\"s-8.0.m4s\",INDEPENDENT=YES\n\
            #EXT-X-PART:DURATION=0.334,URI=\"s-8.1.m4s?a=b,c\"\n#EXTINF:0.668,\ns-8.m4s\n\
            #EXT-X-PART:DURATION=0.334,INDEPENDENT=YES,URI=\"s-9.0.m4s\"\n\
            #EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"s-9.1.m4s\"\n";
        let edge = Edge::parse(text).expect("a playlist");
        let part = |sequence, part, independent, uri: &str| Part {
            position: Position { sequence, part },
            independent,
            uri: uri.to_owned(),
        };
        assert_eq!(
            edge.parts,
            [
                part(8, 0, true, "s-8.0.m4s"),
                part(8, 1, false, "s-8.1.m4s?a=b,c"),
                part(9, 0, true, "s-9.0.m4s")
            ]
        );
        assert_eq!(edge.next, Position { sequence: 9, part: 1 });
        assert_eq!((edge.map.as_deref(), edge.hint.as_deref()), (Some("init-1.mp4"), Some("s-9.1.m4s")));
    }

    #[test]
    fn other_texts_have_no_end() {
        assert_eq!(Edge::parse("<html>"), None);
        assert_eq!(Edge::parse("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n"), None);
        assert_eq!(Edge::parse("#EXTM3U\n#EXT-X-PART:DURATION=1\n"), None, "a part without URI");
    }

    #[test]
    fn attributes_are_found_behind_quotes() {
        let list = "A=1,B=\"x,C=2\",C=3";
        let values = ["A", "B", "C", "D"].map(|name| attribute(list, name));
        assert_eq!(values, [Some("1"), Some("x,C=2"), Some("3"), None]);
    }
}
