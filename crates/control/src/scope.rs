//! Which streams something is for.

use hub::StreamKey;
use serde::{Deserialize, Serialize};

/// The whole server, an app, or a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Every stream.
    Server,
    /// The streams of one app.
    App(String),
    /// One stream; of that name in any app where `app` is `None`, as Oryx's rooms have it.
    Stream {
        /// The app.
        app: Option<String>,
        /// The name in it.
        name: String,
    },
}

impl Scope {
    /// Whether `stream` is one of those.
    pub fn covers(&self, stream: &StreamKey) -> bool {
        self.nearness(stream).is_some()
    }

    /// How near it is to `stream`; `None`: it is not for it.
    pub(crate) fn nearness(&self, stream: &StreamKey) -> Option<u8> {
        let near = match self {
            Scope::Server => 0,
            Scope::App(app) if app == stream.app() => 1,
            Scope::Stream { app, name }
                if name == stream.name() && app.as_ref().is_none_or(|app| app == stream.app()) =>
            {
                2
            }
            _ => return None,
        };
        Some(near)
    }

    /// As text: `*`, `live/*`, `live/cam`, or `*/cam`.
    pub fn pattern(&self) -> String {
        match self {
            Scope::Server => ANY.to_owned(),
            Scope::App(app) => format!("{app}/{ANY}"),
            Scope::Stream { app, name } => format!("{}/{name}", app.as_deref().unwrap_or(ANY)),
        }
    }

    /// The one that is written as `pattern`; `None` when no stream could be meant. Names with a `*` in them cannot be written.
    pub fn from_pattern(pattern: &str) -> Option<Scope> {
        if pattern == ANY {
            return Some(Scope::Server);
        }
        let (app, name) = pattern.rsplit_once('/')?;
        StreamKey::new(app, name).ok()?;
        // It stands for a whole segment only: nobody is to believe that `live/cam*` guards anything.
        if [app, name].iter().any(|part| *part != ANY && part.contains(ANY)) {
            return None;
        }
        Some(match (app, name) {
            (ANY, ANY) => Scope::Server,
            (app, ANY) => Scope::App(app.to_owned()),
            (ANY, name) => Scope::Stream { app: None, name: name.to_owned() },
            (app, name) => Scope::Stream { app: Some(app.to_owned()), name: name.to_owned() },
        })
    }
}

const ANY: &str = "*";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn patterns_are_read_as_they_are_written() {
        for pattern in ["*", "live/*", "a/b/*", "live/cam", "a/b/cam", "*/cam"] {
            assert_eq!(Scope::from_pattern(pattern).unwrap().pattern(), pattern);
        }
        assert_eq!(Scope::from_pattern("*/*"), Some(Scope::Server));
        for pattern in
            ["", "/", "live/cam*", "live/**", "*/x/y", "live", "live/", "/cam", "api/x", "a//b", "../x/y"]
        {
            assert_eq!(Scope::from_pattern(pattern), None, "{pattern}");
        }
        let covers = |pattern: &str, app: &str, name: &str| {
            Scope::from_pattern(pattern).unwrap().covers(&StreamKey::new(app, name).unwrap())
        };
        assert!(covers("*/cam", "any", "cam") && covers("a/b/*", "a/b", "x") && covers("*", "x", "y"));
        assert!(!covers("a/*", "a/b", "x") && !covers("live/cam", "live", "cam2"));
    }
}
