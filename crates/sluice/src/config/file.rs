//! The settings file: TOML, every key known, every complaint with its line.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::settings::{LATER, SETTINGS, Setting, Takes};
use super::suggest::hint;
use super::{Origin, Problem};

/// A value and where it is.
type Given = (String, Origin);

/// What a file says.
#[derive(Default)]
pub(super) struct Contents {
    /// By the setting's name.
    pub(super) values: HashMap<&'static str, Given>,
    /// By the app's name: what differs for it.
    pub(super) apps: BTreeMap<String, Vec<(&'static Setting, Given)>>,
}

/// Reads the bytes of a file. Whatever is wrong is added to `problems` and left out.
pub(super) fn parse(path: &Path, bytes: &[u8], problems: &mut Vec<Problem>) -> Contents {
    // Windows editors put a byte order mark in front.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = Reader { path, text: "", contents: Contents::default(), problems };
    match str::from_utf8(bytes) {
        Ok(text) => reader.text = text,
        Err(error) => {
            reader.text = str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
            reader.complain(error.valid_up_to(), "is not UTF-8 text");
            return reader.contents;
        }
    }
    match DeTable::parse(reader.text) {
        Ok(root) => reader.table("", root.get_ref()),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            reader.complain(at, error.message());
        }
    }
    reader.contents
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    contents: Contents,
    problems: &'a mut Vec<Problem>,
}

type Key<'a, 't> = &'a Spanned<std::borrow::Cow<'t, str>>;

impl Reader<'_> {
    /// Reads the keys of the table whose path is `prefix`, which is empty or ends with a dot.
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (key, value) in in_order(table) {
            let name = format!("{prefix}{}", key.get_ref());
            let inner = format!("{name}.");
            if name == "apps" {
                self.apps(key, value.get_ref());
            } else if let Some(setting) = SETTINGS.iter().find(|s| s.name == name && s.in_file()) {
                if let Some(text) = self.text_of(&name, setting, value) {
                    self.contents.values.insert(setting.name, (text, self.origin(key.span())));
                }
            } else if SETTINGS.iter().any(|s| s.name.starts_with(&inner)) {
                match value.get_ref() {
                    DeValue::Table(table) => self.table(&inner, table),
                    other => {
                        let found = kind(other);
                        self.complain(
                            key.span().start,
                            &format!("{name}: expected a table, [{name}], found {found}"),
                        );
                    }
                }
            } else {
                self.unknown(key, &name);
            }
        }
    }

    fn apps(&mut self, key: Key<'_, '_>, apps: &DeValue<'_>) {
        let DeValue::Table(apps) = apps else {
            self.complain(key.span().start, "apps: expected tables, [apps.NAME]");
            return;
        };
        for (key, value) in in_order(apps) {
            let app = key.get_ref().as_ref();
            if let Err(bad) = hub::StreamKey::new(app, "stream") {
                self.complain(key.span().start, &format!("apps.{app}: {bad}"));
                continue;
            }
            match value.get_ref() {
                DeValue::Table(table) => self.app(app, table),
                other => {
                    let found = kind(other);
                    self.complain(key.span().start, &format!("apps.{app}: expected a table, found {found}"));
                }
            }
        }
    }

    fn app(&mut self, app: &str, table: &DeTable<'_>) {
        let mut overrides = Vec::new();
        for (key, value) in in_order(table) {
            let name = format!("apps.{app}.{}", key.get_ref());
            match SETTINGS.iter().find(|s| s.app_key() == Some(key.get_ref())) {
                Some(setting) => {
                    if let Some(text) = self.text_of(&name, setting, value) {
                        overrides.push((setting, (text, self.origin(key.span()))));
                    }
                }
                None => {
                    let hint = hint(key.get_ref(), SETTINGS.iter().filter_map(Setting::app_key));
                    self.complain(key.span().start, &format!("unknown key {name:?}{hint}"));
                }
            }
        }
        self.contents.apps.insert(app.to_owned(), overrides);
    }

    fn unknown(&mut self, key: Key<'_, '_>, name: &str) {
        let inner = format!("{name}.");
        let problem = if LATER.iter().any(|later| *later == name || later.starts_with(&inner)) {
            format!("{name}: this version does not have it yet")
        } else {
            let names = SETTINGS.iter().filter(|s| s.in_file()).map(|s| s.name);
            let tables = SETTINGS.iter().filter_map(|s| Some(s.name.split_once('.')?.0));
            format!("unknown key {name:?}{}", hint(name, names.chain(tables).chain(["apps"])))
        };
        self.complain(key.span().start, &problem);
    }

    /// The value as the text that flags and environment would give.
    fn text_of(&mut self, name: &str, setting: &Setting, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let scalar = |value: &DeValue<'_>| match value {
            DeValue::String(text) => Some(text.to_string()),
            // Written otherwise than in tens, it is for a person to read, not for us to guess.
            DeValue::Integer(number) if setting.takes != Takes::Text && number.radix() == 10 => {
                Some(number.as_str().to_owned())
            }
            DeValue::Float(number) if setting.takes == Takes::Fraction => Some(number.as_str().to_owned()),
            _ => None,
        };
        let text = match value.get_ref() {
            DeValue::Array(items) if setting.takes == Takes::List => items
                .iter()
                .map(|item| scalar(item.get_ref()))
                .collect::<Option<Vec<_>>>()
                .map(|all| all.join(",")),
            value => scalar(value),
        };
        if text.is_none() {
            let expected = match setting.takes {
                Takes::Text => "text in quotes",
                Takes::Number => "text in quotes or a whole number",
                Takes::Fraction => "text in quotes or a number",
                Takes::List => "text in quotes, a port number, or a list of those",
            };
            let found = kind(value.get_ref());
            self.complain(value.span().start, &format!("{name}: expected {expected}, found {found}"));
        }
        text
    }

    fn origin(&self, span: Range<usize>) -> Origin {
        Origin::File { path: self.path.to_owned(), line: self.line(span.start) }
    }

    /// The number of the line with the byte `at`, from 1.
    fn line(&self, at: usize) -> usize {
        let before = self.text.as_bytes().get(..at).unwrap_or(self.text.as_bytes());
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    }

    fn complain(&mut self, at: usize, what: &str) {
        let problem = format!("{}:{}: {}", self.path.display(), self.line(at), what.replace('\n', " "));
        self.problems.push(Problem(problem));
    }
}

/// The entries of a table in the order in which they are written, so that the first complaint is about the first mistake.
fn in_order<'a, 't>(table: &'a DeTable<'t>) -> Vec<(Key<'a, 't>, &'a Spanned<DeValue<'t>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
