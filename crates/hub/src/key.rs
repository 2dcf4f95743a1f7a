//! What streams and sessions are called.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Names a stream: an application path and the stream's name in it, `live` and `livestream` in `rtmp://host/live/livestream`.
///
/// Two of them are the same when they name the same stream, whether or not one is [concealed](StreamKey::logged).
#[derive(Debug, Clone)]
pub struct StreamKey {
    app: Arc<str>,
    name: Arc<str>,
    /// The name is a secret and is to be in no log.
    concealed: bool,
}

impl PartialEq for StreamKey {
    fn eq(&self, other: &StreamKey) -> bool {
        (&self.app, &self.name) == (&other.app, &other.name)
    }
}

impl Eq for StreamKey {}

impl PartialOrd for StreamKey {
    fn partial_cmp(&self, other: &StreamKey) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for StreamKey {
    fn cmp(&self, other: &StreamKey) -> Ordering {
        (&self.app, &self.name).cmp(&(&other.app, &other.name))
    }
}

impl Hash for StreamKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.app, &self.name).hash(state);
    }
}

/// Why a pair of strings cannot name a stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadName {
    /// Nothing there.
    #[error("the {what} is empty")]
    Empty {
        /// `app` or `stream name`.
        what: &'static str,
    },
    /// Longer than [`StreamKey::MAX_LEN`].
    #[error("the {what} has {len} bytes, limit {}", StreamKey::MAX_LEN)]
    TooLong {
        /// `app` or `stream name`.
        what: &'static str,
        /// Its length in bytes.
        len: usize,
    },
    /// A character that would break paths, playlists or logs.
    #[error("the {what} contains {found:?}")]
    BadCharacter {
        /// `app` or `stream name`.
        what: &'static str,
        /// The offender.
        found: char,
    },
    /// An empty, `.` or `..` part of a path.
    #[error("the {what} has an empty or dotted path segment")]
    BadSegment {
        /// `app` or `stream name`.
        what: &'static str,
    },
    /// A first path segment that the HTTP surface needs for itself.
    #[error("the app name {name:?} is reserved")]
    Reserved {
        /// The reserved segment.
        name: String,
    },
}

impl StreamKey {
    /// The longest app or stream name, in bytes.
    pub const MAX_LEN: usize = 255;

    /// Makes the key of `app` and `name`; `app` may have several segments, `name` has one.
    pub fn new(app: &str, name: &str) -> Result<StreamKey, BadName> {
        check("app", app)?;
        check("stream name", name)?;
        if name.contains('/') {
            return Err(BadName::BadCharacter { what: "stream name", found: '/' });
        }
        let first = app.split('/').next().unwrap_or(app);
        if RESERVED.contains(&first) {
            return Err(BadName::Reserved { name: first.to_owned() });
        }
        Ok(StreamKey { app: app.into(), name: name.into(), concealed: false })
    }

    /// The same, which is in no log from here on.
    pub(crate) fn concealed(self) -> StreamKey {
        StreamKey { concealed: true, ..self }
    }

    /// What a log may have of it: everything but names that are secrets, such as those that hold a publish key. The hub knows
    /// which are when it lets somebody in, so what comes from a session or a publication is safe to write down.
    pub fn logged(&self) -> impl fmt::Display + '_ {
        fmt::from_fn(|f| if self.concealed { f.write_str(SECRET) } else { fmt::Display::fmt(self, f) })
    }

    /// The name of a rendition of this stream: `live/room@360p` for `live/room` and `360p`.
    pub fn rendition(&self, label: &str) -> Result<StreamKey, BadName> {
        let key = StreamKey::new(&self.app, &format!("{}@{label}", self.name))?;
        Ok(StreamKey { concealed: self.concealed, ..key })
    }

    /// What this may be a rendition of, going by its name, and as which; the two may also be no more than a name with an `@` in it.
    pub fn parent(&self) -> Option<(StreamKey, &str)> {
        let (name, label) = self.name.rsplit_once('@')?;
        let key = StreamKey { name: name.into(), ..self.clone() };
        (!name.is_empty() && !label.is_empty()).then_some((key, label))
    }

    /// The application path.
    pub fn app(&self) -> &str {
        &self.app
    }

    /// The stream's name within the app.
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn check(what: &'static str, text: &str) -> Result<(), BadName> {
    if text.is_empty() {
        return Err(BadName::Empty { what });
    }
    if text.len() > StreamKey::MAX_LEN {
        return Err(BadName::TooLong { what, len: text.len() });
    }
    let bad = |c: &char| is_deceptive(*c) || matches!(c, '\\' | '?' | '#' | '"' | '<' | '>');
    if let Some(found) = text.chars().find(bad) {
        return Err(BadName::BadCharacter { what, found });
    }
    if text.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return Err(BadName::BadSegment { what });
    }
    Ok(())
}

/// Whether `c` cannot be seen or makes what stands beside it look like something else: control characters, line and paragraph
/// separators, and those that turn the direction of text around (Unicode's `Bidi_Control`) or are invisible. Names with them could
/// not be told from others in lists and logs.
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// What is written for a stream whose name is a secret.
pub(crate) const SECRET: &str = "(its name is a secret)";

/// First path segments that belong to the HTTP surface.
const RESERVED: [&str; 15] = [
    "api",
    "terraform",
    "rtc",
    "mgmt",
    "console",
    "players",
    "tools",
    "watch",
    "embed",
    "publish",
    "recordings",
    ".well-known",
    "metrics",
    "healthz",
    "readyz",
];

impl fmt::Display for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.app, self.name)
    }
}

/// Names a session (one publisher or one viewer) for the life of the process; given from a counter, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_break_paths_are_refused() {
        for (app, name) in [
            ("", "s"),
            ("live", ""),
            ("live", "a/b"),
            ("../etc", "s"),
            ("live", ".."),
            ("live//x", "s"),
            ("live", "a\nb"),
            ("live", "gpj\u{202e}.flv"),
            ("live", "a\u{200b}b"),
            ("li\u{2066}ve", "s"),
            ("live", "a\\b"),
            ("api", "s"),
            ("api/v2", "s"),
            ("metrics", "s"),
            (".well-known", "x"),
        ] {
            assert!(StreamKey::new(app, name).is_err(), "{app}/{name}");
        }
        assert!(StreamKey::new("live", &"x".repeat(256)).is_err());
    }

    #[test]
    fn a_name_that_is_concealed_is_the_same_and_not_written_down() {
        let key = StreamKey::new("live", "camera-0123456789").expect("a name");
        let concealed = key.clone().concealed();
        assert_eq!((&key, key.cmp(&concealed)), (&concealed, Ordering::Equal));
        assert!(std::collections::HashSet::from([key.clone()]).contains(&concealed));
        assert_eq!(
            (key.logged().to_string(), concealed.logged().to_string()),
            (key.to_string(), SECRET.to_owned())
        );
        assert_eq!(concealed.to_string(), key.to_string(), "for those who may know");
    }

    #[test]
    fn a_rendition_is_named_after_its_stream() {
        let key = StreamKey::new("live", "me@home").expect("a name").concealed();
        let rendition = key.rendition("360p").expect("a name");
        assert_eq!(rendition.to_string(), "live/me@home@360p");
        assert_eq!(rendition.logged().to_string(), SECRET);
        assert_eq!(rendition.parent(), Some((key.clone(), "360p")));
        assert!(key.rendition(&"x".repeat(250)).is_err());
        for plain in ["@360p", "room@", "room"] {
            assert_eq!(StreamKey::new("live", plain).expect("a name").parent(), None, "{plain}");
        }
    }

    #[test]
    fn names_that_people_use_are_taken() {
        for (app, name) in
            [("live", "livestream"), ("live/eu/north", "cam 1"), ("apis", "s"), ("直播", "频道")]
        {
            assert!(StreamKey::new(app, name).is_ok(), "{app}/{name}");
        }
    }
}
