//! Which streams a job is for: patterns of names.

use std::fmt;

use hub::StreamKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A pattern of `app/stream`, as Go's `path.Match` has it: `*` is any part of one path segment, `?` one character of it, `[a-z]` and
/// `[^a-z]` one of a class, `\` takes the next character as it is. A slash before it changes nothing.
///
/// Matching takes time in proportion to the lengths of both at most, whatever they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    text: String,
    tokens: Vec<Token>,
}

/// Streams by their names: those that one of `only` matches and none of `except`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Streams {
    /// Nothing else.
    pub only: Vec<Glob>,
    /// And of these none.
    pub except: Vec<Glob>,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadGlob {
    /// It says nothing.
    #[error("a pattern is empty")]
    Empty,
    /// It says too much.
    #[error("a pattern has {len} bytes; {} are allowed", Glob::MAX_LEN)]
    TooLong {
        /// How much.
        len: usize,
    },
    /// A class or an escape has no end.
    #[error("{text:?} has a class or an escape without an end")]
    Open {
        /// The pattern.
        text: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    One(char),
    Any,
    Star,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Glob {
    /// The longest, in bytes.
    pub const MAX_LEN: usize = 512;

    /// Reads a pattern.
    pub fn parse(text: &str) -> Result<Glob, BadGlob> {
        let text = text.trim().trim_start_matches('/');
        match text.len() {
            0 => return Err(BadGlob::Empty),
            len if len > Glob::MAX_LEN => return Err(BadGlob::TooLong { len }),
            _ => {}
        }
        let open = || BadGlob::Open { text: text.to_owned() };
        let mut tokens = Vec::new();
        let mut rest = text.chars();
        while let Some(next) = rest.next() {
            tokens.push(match next {
                '*' => Token::Star,
                '?' => Token::Any,
                '[' => class(&mut rest).ok_or_else(open)?,
                '\\' => Token::One(rest.next().ok_or_else(open)?),
                other => Token::One(other),
            });
        }
        Ok(Glob { text: text.to_owned(), tokens })
    }

    /// The pattern of this one stream and no other.
    pub fn exactly(stream: &StreamKey) -> Glob {
        let name = stream.to_string();
        let mut text = String::with_capacity(name.len());
        for c in name.chars() {
            if matches!(c, '*' | '?' | '[' | '\\') {
                text.push('\\');
            }
            text.push(c);
        }
        Glob { text, tokens: name.chars().map(Token::One).collect() }
    }

    /// The only stream that it is a pattern of, if that is one.
    pub fn name(&self) -> Option<StreamKey> {
        let name = self.tokens.iter().map(|token| match token {
            Token::One(c) => Some(*c),
            _ => None,
        });
        let name: String = name.collect::<Option<_>>()?;
        let (app, name) = name.rsplit_once('/')?;
        StreamKey::new(app, name).ok()
    }

    /// Whether it is a pattern of the stream called so: `app/stream`.
    fn matches(&self, name: &str) -> bool {
        let next = |at: usize| name.get(at..).and_then(|rest| rest.chars().next());
        let (mut token, mut at) = (0, 0);
        // Behind the last star, and to where in the name that one reaches so far: the only place to come back to.
        let mut star: Option<(usize, usize)> = None;
        loop {
            let here = next(at);
            match self.tokens.get(token) {
                Some(Token::Star) => {
                    token += 1;
                    star = Some((token, at));
                    continue;
                }
                Some(one) if here.is_some_and(|c| one.takes(c)) => {
                    (token, at) = (token + 1, at + here.map_or(0, char::len_utf8));
                    continue;
                }
                None if here.is_none() => return true,
                _ => {}
            }
            let Some((behind, reach)) = star else { return false };
            let Some(taken) = next(reach).filter(|c| *c != '/') else { return false };
            let reach = reach + taken.len_utf8();
            star = Some((behind, reach));
            (token, at) = (behind, reach);
        }
    }
}

impl Token {
    fn takes(&self, c: char) -> bool {
        match self {
            Token::One(one) => *one == c,
            Token::Any => c != '/',
            Token::Class { negated, ranges } => {
                c != '/' && ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
            Token::Star => false,
        }
    }
}

/// A class, from behind its bracket to its end.
fn class(rest: &mut std::str::Chars<'_>) -> Option<Token> {
    let mut ranges = Vec::new();
    let mut next = rest.next()?;
    let negated = next == '^';
    if negated {
        next = rest.next()?;
    }
    loop {
        if next == ']' && !ranges.is_empty() {
            return Some(Token::Class { negated, ranges });
        }
        let low = if next == '\\' { rest.next()? } else { next };
        next = rest.next()?;
        let mut high = low;
        if next == '-' {
            high = rest.next()?;
            if high == '\\' {
                high = rest.next()?;
            }
            next = rest.next()?;
        }
        ranges.push((low, high));
    }
}

impl Streams {
    /// Every stream.
    pub fn all() -> Streams {
        // Apps of several segments have names of their own: a star is within one.
        let depths = (1..=MAX_DEPTH).map(|depth| vec!["*"; depth + 1].join("/"));
        Streams { only: depths.filter_map(|text| Glob::parse(&text).ok()).collect(), except: Vec::new() }
    }

    /// Whether `stream` is one of them.
    pub fn include(&self, stream: &StreamKey) -> bool {
        let name = stream.to_string();
        let among = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(&name));
        among(&self.only) && !among(&self.except)
    }

    /// The most patterns of those that are among them, and of those that are not.
    pub const MOST: usize = 100;
    /// See there.
    pub const MOST_EXCEPT: usize = 1_000;
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Glob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Glob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Glob, D::Error> {
        let text = String::deserialize(deserializer)?;
        Glob::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Segments of an app that anybody has been seen to use.
const MAX_DEPTH: usize = 8;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, app: &str, name: &str) -> bool {
        Glob::parse(pattern).unwrap().matches(&StreamKey::new(app, name).unwrap().to_string())
    }

    #[test]
    fn a_star_stays_within_its_segment() {
        assert!(matches("/live/*", "live", "room") && matches("live/*", "live", "room"));
        assert!(matches("*/room", "live", "room") && matches("l*e/r*m", "live", "room"));
        assert!(!matches("live/*", "live/eu", "room") && !matches("*", "live", "room"));
        assert!(matches("live/*/room", "live/eu", "room") && !matches("live/*", "lives", "room"));
        assert!(matches("live/*a*b", "live", "xaxxbab") && !matches("live/*a*b", "live", "xaxxba"));
    }

    #[test]
    fn one_character_and_classes_are_as_in_go() {
        assert!(matches("live/cam?", "live", "cam1") && !matches("live/cam?", "live", "cam"));
        assert!(matches("live/cam[0-9a]", "live", "cama") && !matches("live/cam[0-9]", "live", "camx"));
        assert!(matches("live/[^a]b", "live", "xb") && !matches("live/[^a]b", "live", "ab"));
        assert!(matches(r"live/a\*", "live", "a*") && !matches(r"live/a\*", "live", "ab"));
        assert!(!matches("live?room", "live", "room"), "a slash is no character of a segment");
        for open in ["live/[a", "live/[", r"live/\", "live/[a-", "live/[]"] {
            assert!(matches!(Glob::parse(open), Err(BadGlob::Open { .. })), "{open}");
        }
        assert_eq!(Glob::parse(" / "), Err(BadGlob::Empty));
        assert_eq!(Glob::parse(&"x".repeat(513)), Err(BadGlob::TooLong { len: 513 }));
    }

    #[test]
    fn what_is_excepted_is_not_included() {
        let streams: Streams =
            serde_json::from_str(r#"{"only":["/live/*"],"except":["live/private*"]}"#).unwrap();
        let includes = |name| streams.include(&StreamKey::new("live", name).unwrap());
        assert!(includes("room") && !includes("private-1"));
        assert!(!Streams::default().include(&StreamKey::new("live", "room").unwrap()));
        assert!(Streams::all().include(&StreamKey::new("a/b/c", "room").unwrap()));
        assert!(serde_json::from_str::<Streams>(r#"{"only":["["]}"#).is_err());
    }

    proptest! {
        #[test]
        fn a_stream_is_matched_by_its_own_pattern(name in "[a-z*?\\[\\]^-]{1,12}") {
            let Ok(key) = StreamKey::new("live", &name) else { return Ok(()) };
            let glob = Glob::exactly(&key);
            prop_assert!(glob.matches(&key.to_string()));
            prop_assert_eq!(glob.name(), Some(key));
            prop_assert_eq!(Glob::parse(&glob.to_string()).unwrap(), glob);
        }

        #[test]
        fn no_pattern_takes_long(pattern in "[*a?]{1,200}", name in "[ab]{1,255}") {
            let Ok(glob) = Glob::parse(&pattern) else { return Ok(()) };
            let _ = glob.matches(&name);
        }
    }
}
