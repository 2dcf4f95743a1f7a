//! The last lines of the log, for those who have no shell on the machine.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use serde_json::{Map, Value};
use tracing::Level;

/// At most [`LINES`] lines of [`BYTES`] in all. The binary adds to it what it logs; the API only reads.
#[derive(Debug, Default)]
pub struct LogLines {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    lines: VecDeque<Arc<LogLine>>,
    bytes: usize,
    last: u64,
}

/// One line.
#[derive(Debug)]
pub(crate) struct LogLine {
    /// Counts up from 1.
    pub(crate) number: u64,
    pub(crate) at: SystemTime,
    pub(crate) level: Level,
    pub(crate) target: &'static str,
    pub(crate) message: String,
    pub(crate) fields: Map<String, Value>,
    size: usize,
}

/// What of the log somebody wants to see.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// As bad as this, or worse.
    pub(crate) level: Level,
    /// Somewhere in the line, in any case.
    pub(crate) contains: Option<String>,
}

impl Wanted {
    pub(crate) const ALL: Wanted = Wanted { level: Level::TRACE, contains: None };

    fn holds(&self, line: &LogLine) -> bool {
        line.level <= self.level && self.contains.as_ref().is_none_or(|text| line.contains(text))
    }
}

impl LogLine {
    /// `text` is in lower case.
    fn contains(&self, text: &str) -> bool {
        let has = |part: &str| part.to_lowercase().contains(text);
        let field = |(name, value): (&String, &Value)| match value {
            Value::String(value) => has(&format!("{name}={value}")),
            value => has(&format!("{name}={value}")),
        };
        has(&self.message) || has(self.target) || self.fields.iter().any(field)
    }
}

impl LogLines {
    /// Adds a line; the oldest make room. What is too long is cut.
    pub fn add(&self, level: Level, target: &'static str, message: String, fields: Map<String, Value>) {
        let message = cut(message);
        let fields: Map<_, _> = fields
            .into_iter()
            .map(|(name, value)| match value {
                Value::String(text) => (name, Value::String(cut(text))),
                other => (name, other),
            })
            .collect();
        let size = message.len()
            + fields.iter().map(|(name, value)| name.len() + length(value)).sum::<usize>()
            + OVERHEAD;
        let mut inner = self.inner();
        inner.last += 1;
        let (number, at) = (inner.last, SystemTime::now());
        inner.lines.push_back(Arc::new(LogLine { number, at, level, target, message, fields, size }));
        inner.bytes += size;
        while inner.lines.len() > LINES || inner.bytes > BYTES {
            let Some(oldest) = inner.lines.pop_front() else { return };
            inner.bytes -= oldest.size;
        }
    }

    /// The newest `limit` that are wanted, in their order.
    pub(crate) fn newest(&self, wanted: &Wanted, limit: usize) -> Vec<Arc<LogLine>> {
        let lines = self.all();
        let mut found: Vec<_> =
            lines.into_iter().rev().filter(|line| wanted.holds(line)).take(limit).collect();
        found.reverse();
        found
    }

    /// The first `limit` after number `after` that are wanted, and how many behind it are gone.
    pub(crate) fn after(&self, after: u64, wanted: &Wanted, limit: usize) -> (Vec<Arc<LogLine>>, u64) {
        let (lines, last) = {
            let inner = self.inner();
            let first = inner.lines.partition_point(|line| line.number <= after);
            (inner.lines.range(first..).cloned().collect::<Vec<_>>(), inner.last)
        };
        let next = lines.first().map_or(last + 1, |line| line.number);
        let found = lines.into_iter().filter(|line| wanted.holds(line)).take(limit).collect();
        (found, next.saturating_sub(after.saturating_add(1)))
    }

    fn all(&self) -> Vec<Arc<LogLine>> {
        self.inner().lines.iter().cloned().collect()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cut(mut text: String) -> String {
    if text.len() > LONGEST {
        let end = text.floor_char_boundary(LONGEST);
        text.truncate(end);
        text.push('…');
    }
    text
}

fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        _ => 8,
    }
}

/// Lines in memory.
const LINES: usize = 2_000;
/// Bytes in memory.
const BYTES: usize = 1 << 20;
/// Bytes of one text in a line.
const LONGEST: usize = 4 << 10;
/// What a line takes beside its texts.
const OVERHEAD: usize = 96;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn add(lines: &LogLines, level: Level, message: &str) {
        let Value::Object(fields) = json!({"id": 7, "stream": "live/Cam"}) else { unreachable!() };
        lines.add(level, "hub", message.to_owned(), fields);
    }

    fn numbers(lines: &[Arc<LogLine>]) -> Vec<u64> {
        lines.iter().map(|line| line.number).collect()
    }

    #[test]
    fn the_newest_come_last_and_the_rest_page_by_page() {
        let lines = LogLines::default();
        (0..5).for_each(|number| add(&lines, Level::INFO, &number.to_string()));
        assert_eq!(numbers(&lines.newest(&Wanted::ALL, 2)), [4, 5]);
        let (found, missed) = lines.after(0, &Wanted::ALL, 3);
        assert_eq!((numbers(&found), missed), (vec![1, 2, 3], 0));
        let (found, missed) = lines.after(3, &Wanted::ALL, 3);
        assert_eq!((numbers(&found), missed), (vec![4, 5], 0));
        assert_eq!(lines.after(5, &Wanted::ALL, 3).1, 0);
        assert_eq!(lines.after(u64::MAX, &Wanted::ALL, 3).1, 0);
    }

    #[test]
    fn lines_are_found_by_level_and_text() {
        let lines = LogLines::default();
        add(&lines, Level::WARN, "Publisher lost");
        add(&lines, Level::DEBUG, "chunk");
        add(&lines, Level::ERROR, "disk");
        let find = |level, contains: &str| {
            let contains = Some(contains.to_owned()).filter(|text| !text.is_empty());
            numbers(&lines.newest(&Wanted { level, contains }, 9))
        };
        assert_eq!(find(Level::WARN, ""), [1, 3]);
        assert_eq!(find(Level::TRACE, "publisher"), [1]);
        assert_eq!(find(Level::TRACE, "stream=live/cam"), [1, 2, 3]);
        assert_eq!((find(Level::TRACE, "id=7"), find(Level::TRACE, "id=8")), (vec![1, 2, 3], vec![]));
        assert_eq!(find(Level::ERROR, "publisher"), [0; 0]);
    }

    #[test]
    fn memory_is_bounded_by_lines_and_by_bytes_and_who_is_late_is_told() {
        let lines = LogLines::default();
        (0..LINES + 10).for_each(|_| add(&lines, Level::INFO, "x"));
        assert_eq!(lines.all().len(), LINES);
        let (found, missed) = lines.after(4, &Wanted::ALL, 1);
        assert_eq!((found[0].number, missed), (11, 6));
        (0..600).for_each(|_| add(&lines, Level::INFO, &"ü".repeat(5_000)));
        let inner = lines.inner();
        assert!(inner.bytes <= BYTES && inner.lines.len() < 300, "{} {}", inner.bytes, inner.lines.len());
        assert!(inner.lines[0].message.len() <= LONGEST + 4);
    }
}
