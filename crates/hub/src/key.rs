//! What streams and sessions are called.

use std::fmt;
use std::sync::Arc;

/// Names a stream: an application path and the stream's name in it, `live` and `livestream` in `rtmp://host/live/livestream`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamKey {
    app: Arc<str>,
    name: Arc<str>,
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
        Ok(StreamKey { app: app.into(), name: name.into() })
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
    let bad = |c: &char| {
        c.is_control() || matches!(c, '\\' | '?' | '#' | '"' | '<' | '>' | '\u{2028}' | '\u{2029}')
    };
    if let Some(found) = text.chars().find(bad) {
        return Err(BadName::BadCharacter { what, found });
    }
    if text.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return Err(BadName::BadSegment { what });
    }
    Ok(())
}

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
    fn names_that_people_use_are_taken() {
        for (app, name) in
            [("live", "livestream"), ("live/eu/north", "cam 1"), ("apis", "s"), ("直播", "频道")]
        {
            assert!(StreamKey::new(app, name).is_ok(), "{app}/{name}");
        }
    }
}
