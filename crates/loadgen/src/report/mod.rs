//! Comparison of many runs: medians, the targets, and the section of the documentation that shows them.

mod summary;
mod tables;
mod targets;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};

use crate::outcome::Outcome;
use crate::report::summary::Results;

/// What stands above the tables besides the machine.
#[derive(Debug, Default)]
pub(crate) struct Heading {
    /// When it was measured.
    pub(crate) date: String,
    /// Versions of what was measured, one a line.
    pub(crate) notes: Vec<String>,
}

/// Reads results, one JSON object a line, and writes them up in Markdown.
pub(crate) fn markdown(files: &[impl AsRef<Path>], heading: &Heading) -> anyhow::Result<String> {
    let mut outcomes = Vec::new();
    for file in files {
        let file = file.as_ref();
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let outcome: Outcome = serde_json::from_str(line)
                .with_context(|| format!("{}:{}: no result", file.display(), number + 1))?;
            outcomes.push(outcome);
        }
    }
    ensure!(!outcomes.is_empty(), "there are no results");
    let results = Results::new(outcomes);
    Ok(tables::write(&results, &targets::check(&results), heading))
}

/// Replaces what stands between the two marks in the file `path`.
pub(crate) fn insert(path: &Path, section: &str) -> anyhow::Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text =
        replaced(&text, section).with_context(|| format!("{} lacks {BEGIN} … {END}", path.display()))?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn replaced(text: &str, section: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{}\n{END}{after}", section.trim_end()))
}

const BEGIN: &str = "<!-- bench:begin -->";
const END: &str = "<!-- bench:end -->";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        let text = format!("head\n{BEGIN}\nold\n{END}\ntail\n");
        let new = replaced(&text, "new\n").expect("both marks are there");
        assert_eq!(new, format!("head\n{BEGIN}\nnew\n{END}\ntail\n"));
        assert_eq!(replaced(&new, "new\n").as_deref(), Some(new.as_str()), "doing it again changes nothing");
        assert_eq!(replaced("no marks", "new"), None);
    }
}
