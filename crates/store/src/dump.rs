//! A store as text: to look into, to keep, to take to another machine.
//!
//! One JSON object a line: the first says what it is, the last how many entries there are, so that a file that was cut
//! short is told from a whole one; between them an entry a line, in the order of keys. Values that are text stand as
//! such, others in hexadecimal digits, so every value comes back byte for byte. One whose secrets were left out says so in its first line:
//! what to leave out, and what takes its place, is for whoever knows what the entries are.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::schema::{Entries, SCHEMA, Schema, Stored};
use crate::{Error, check_key, check_value};

/// Every entry of a store at one moment. What [`parse`](Dump::parse) returns is whole and within the limits of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dump {
    /// The version of the entries; what `parse` returns may have an older one, which an import takes to the newest.
    pub(crate) version: u64,
    /// Secrets were left out of it, so that a server cannot read it as it is.
    pub(crate) without_secrets: bool,
    pub(crate) entries: Entries,
}

/// Why a text is not a [`Dump`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BadDump {
    /// It is something else, or its beginning is missing.
    #[error("line 1 does not say that it is an export of a store")]
    NoHeader,
    /// It was written by a newer program.
    #[error(
        "it has version {found}, and this program reads up to {supported}: import it with the program that wrote it, or a newer one"
    )]
    Version {
        /// The version that it says it has.
        found: u64,
        /// The newest that this program reads.
        supported: u64,
    },
    /// It was written by another version, and without the secrets, which migrating would have to see.
    #[error(
        "it has version {found} and lacks the secrets, and this program reads only {supported} so: import it with the version that wrote it"
    )]
    WithoutSecrets {
        /// The version that it says it has.
        found: u64,
        /// The one that this program reads.
        supported: u64,
    },
    /// Its end is missing.
    #[error("it is cut short: the last line does not give the number of entries")]
    CutShort,
    /// Lines are missing, or were added by hand without correcting the last line.
    #[error("it has {found} entries, and its last line says {said}")]
    Count {
        /// How many there are.
        found: usize,
        /// How many there should be.
        said: usize,
    },
    /// A line that is no entry.
    #[error("line {line}: {source}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What does not fit.
        source: serde_json::Error,
    },
    /// An entry without a value, with two, or with digits that are none.
    #[error("line {line}: an entry has either \"text\" or \"hex\" with pairs of hexadecimal digits")]
    Value {
        /// The line's number, from 1.
        line: usize,
    },
    /// An entry beyond what a store takes.
    #[error("line {line}: {source}")]
    Limit {
        /// The line's number, from 1.
        line: usize,
        /// Which limit.
        source: Error,
    },
    /// Two values for one key.
    #[error("line {line}: {key} is there a second time or is out of order")]
    Order {
        /// The line's number, from 1.
        line: usize,
        /// The key.
        key: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    /// The version of the entries.
    sluice_store: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    without_secrets: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hex: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    entries: usize,
}

impl Dump {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether secrets were left out of it.
    pub fn is_without_secrets(&self) -> bool {
        self.without_secrets
    }

    /// Says that secrets were left out of it, or that they are all there.
    pub fn set_without_secrets(&mut self, without: bool) {
        self.without_secrets = without;
    }

    /// The keys of all entries, in their order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// The value of `key`.
    pub fn value(&self, key: &str) -> Option<&[u8]> {
        self.entries.get(key).map(|stored| stored.value.as_slice())
    }

    /// Puts what `change` makes of it in the place of each value; what it makes nothing of is taken out. When entries expire stays.
    pub fn change(&mut self, mut change: impl FnMut(&str, &[u8]) -> Option<Vec<u8>>) {
        self.entries.retain(|key, stored| match change(key, &stored.value) {
            Some(value) => {
                stored.value = value;
                true
            }
            None => false,
        });
    }

    /// Takes entries of `other` that are `wanted` and not here. Both have the same version.
    pub fn adopt(&mut self, other: &Dump, wanted: impl Fn(&str) -> bool) {
        for (key, stored) in other.entries.iter().filter(|(key, _)| wanted(key)) {
            self.entries.entry(key.clone()).or_insert_with(|| stored.clone());
        }
    }

    /// Writes it as text. It holds every secret of the store, unless they were left out: whoever calls sees to it that only the owner reads it.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        line(out, &First { sluice_store: self.version, without_secrets: self.without_secrets })?;
        for (key, stored) in &self.entries {
            line(out, &Line::of(key, stored))?;
        }
        line(out, &Last { entries: self.len() })
    }

    /// Reads what [`write`](Dump::write) has written. Blank lines are passed over; anything else that does not fit is an
    /// error, so that half an export is never taken for a whole one.
    pub fn parse(text: &str) -> Result<Dump, BadDump> {
        Dump::parse_as(text, &SCHEMA)
    }

    /// As [`parse`](Dump::parse), with the versions of `schema`.
    pub(crate) fn parse_as(text: &str, schema: &Schema) -> Result<Dump, BadDump> {
        let mut lines: Vec<(usize, &str)> =
            (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()).collect();
        let (_, first) = lines.first().ok_or(BadDump::NoHeader)?;
        let First { sluice_store: version, without_secrets } =
            serde_json::from_str(first).map_err(|_| BadDump::NoHeader)?;
        if !schema.reads(version) {
            return Err(BadDump::Version { found: version, supported: schema.version() });
        }
        if without_secrets && version != schema.version() {
            return Err(BadDump::WithoutSecrets { found: version, supported: schema.version() });
        }
        lines.remove(0);
        let (_, last) = lines.pop().ok_or(BadDump::CutShort)?;
        let Last { entries: said } = serde_json::from_str(last).map_err(|_| BadDump::CutShort)?;

        let mut entries = Entries::new();
        for (line, text) in lines {
            let (key, stored) = entry(line, text)?;
            if entries.last_key_value().is_some_and(|(last, _)| *last >= key) {
                return Err(BadDump::Order { line, key });
            }
            entries.insert(key, stored);
        }
        if entries.len() != said {
            return Err(BadDump::Count { found: entries.len(), said });
        }
        Ok(Dump { version, without_secrets, entries })
    }
}

impl Line {
    fn of(key: &str, stored: &Stored) -> Line {
        let text = std::str::from_utf8(&stored.value).ok().map(str::to_owned);
        let hex = text.is_none().then(|| stored.value.iter().map(|byte| format!("{byte:02x}")).collect());
        Line { key: key.to_owned(), text, hex, expires: stored.expires }
    }
}

fn entry(line: usize, text: &str) -> Result<(String, Stored), BadDump> {
    let Line { key, text, hex, expires } =
        serde_json::from_str(text).map_err(|source| BadDump::Line { line, source })?;
    let value = match (text, hex) {
        (Some(text), None) => text.into_bytes(),
        (None, Some(hex)) => bytes(&hex).ok_or(BadDump::Value { line })?,
        _ => return Err(BadDump::Value { line }),
    };
    check_key(&key)
        .and_then(|()| check_value(&key, &value))
        .map_err(|source| BadDump::Limit { line, source })?;
    Ok((key, Stored { value, expires }))
}

/// The bytes of pairs of hexadecimal digits.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}

fn line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn dump(entries: &[(&str, &[u8], Option<u64>)]) -> Dump {
        let entry = |&(key, value, expires): &(&str, &[u8], Option<u64>)| {
            (key.to_owned(), Stored { value: value.to_vec(), expires })
        };
        Dump { version: 1, without_secrets: false, entries: entries.iter().map(entry).collect() }
    }

    fn written(dump: &Dump) -> String {
        let mut out = Vec::new();
        dump.write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_stands_as_text_and_bytes_as_digits() {
        let dump = dump(&[("a", b"\"x\"\n", None), ("b", b"\xff\x00", Some(7)), ("c", b"", None)]);
        let text = "{\"sluice_store\":1}\n{\"key\":\"a\",\"text\":\"\\\"x\\\"\\n\"}\n\
            {\"key\":\"b\",\"hex\":\"ff00\",\"expires\":7}\n{\"key\":\"c\",\"text\":\"\"}\n{\"entries\":3}\n";
        assert_eq!(written(&dump), text);
        assert_eq!(Dump::parse(text).unwrap(), dump);
    }

    #[test]
    fn a_text_that_is_cut_anywhere_is_refused() {
        let text = written(&dump(&[("a", b"1", None), ("b", b"\xff", None)]));
        for end in 0..text.len() - 1 {
            assert!(Dump::parse(&text[..end]).is_err(), "{:?}", &text[..end]);
        }
        let lines: Vec<&str> = text.lines().collect();
        for gone in 0..lines.len() {
            let mut fewer = lines.clone();
            fewer.remove(gone);
            assert!(Dump::parse(&fewer.join("\n")).is_err(), "without line {gone}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_line() {
        let with =
            |line: &str| Dump::parse(&format!("{{\"sluice_store\":1}}\n\n{line}\n{{\"entries\":1}}\n"));
        for (line, says) in [
            (r#"{"key":"a"}"#, "line 3: an entry has either"),
            (r#"{"key":"a","text":"1","hex":"00"}"#, "line 3: an entry has either"),
            (r#"{"key":"a","hex":"0"}"#, "line 3: an entry has either"),
            (r#"{"key":"a","hex":"0é"}"#, "line 3: an entry has either"),
            (r#"{"key":"a","text":1}"#, "line 3: invalid type"),
            (r#"{"key":"a","text":"1","ttl":1}"#, "line 3: unknown field `ttl`"),
            (r#"{"key":"","text":"1"}"#, "line 3: a key of 0 bytes"),
        ] {
            let error = with(line).unwrap_err().to_string();
            assert!(error.starts_with(says), "{line}: {error}");
        }
        let text = |lines: &str| Dump::parse(lines).unwrap_err().to_string();
        assert!(text("{\"sluice_store\":2}\n{\"entries\":0}").starts_with("it has version 2"));
        assert!(text("{}\n{\"entries\":0}").starts_with("line 1 does not say"));
        let twice = "{\"sluice_store\":1}\n{\"key\":\"a\",\"text\":\"\"}\n{\"key\":\"a\",\"text\":\"\"}\n{\"entries\":2}";
        assert!(text(twice).starts_with("line 3: a is there a second time"));
    }

    #[test]
    fn one_without_secrets_says_so_and_is_read_by_its_own_version_only() {
        let text = "{\"sluice_store\":1,\"without_secrets\":true}\n{\"key\":\"a\",\"text\":\"1\"}\n{\"entries\":1}\n";
        let dump = Dump::parse(text).unwrap();
        assert!(dump.is_without_secrets());
        assert_eq!(written(&dump), text);
        static NEXT: Schema = Schema { steps: &[|_| Ok(())] };
        assert!(matches!(
            Dump::parse_as(text, &NEXT),
            Err(BadDump::WithoutSecrets { found: 1, supported: 2 })
        ));
        assert!(Dump::parse_as(&text.replace("true", "false"), &NEXT).is_ok());
    }

    #[test]
    fn values_are_changed_and_taken_from_another_where_there_are_none() {
        let mut here = dump(&[("a", b"1", Some(7)), ("b", b"2", None)]);
        here.change(|key, value| (key != "b").then(|| [value, b"!"].concat()));
        assert_eq!(here, dump(&[("a", b"1!", Some(7))]));
        here.adopt(&dump(&[("a", b"3", None), ("c", b"4", Some(9)), ("d", b"5", None)]), |key| key != "d");
        assert_eq!(here, dump(&[("a", b"1!", Some(7)), ("c", b"4", Some(9))]));
        assert_eq!((here.value("c"), here.value("d")), (Some(&b"4"[..]), None));
    }

    proptest! {
        #[test]
        fn every_value_comes_back(entries in proptest::collection::btree_map(
            "\\PC{1,20}", (proptest::collection::vec(any::<u8>(), 0..40), any::<Option<u64>>()), 0..8)
        ) {
            let entries = entries.into_iter().map(|(key, (value, expires))| (key, Stored { value, expires }));
            let dump = Dump { version: 1, without_secrets: false, entries: entries.collect() };
            prop_assert_eq!(Dump::parse(&written(&dump)).unwrap(), dump);
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = Dump::parse(&text);
        }
    }
}
