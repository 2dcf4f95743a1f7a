//! What somebody may have meant.

use super::settings::{LATER, SETTINGS, env_name};

/// The candidate that `text` is most likely a misspelling of, if there is a likely one.
pub(super) fn nearest<'a>(text: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (distance, best) = candidates
        .map(|c| (strsim::damerau_levenshtein(text, c), c))
        .min_by_key(|(distance, _)| *distance)?;
    // A third of the letters wrong is another word.
    (distance <= (best.len().max(text.len()) / 3).clamp(1, 3)).then_some(best)
}

/// `; did you mean "…"?`, or nothing.
pub(super) fn hint<'a>(text: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    nearest(text, candidates).map_or(String::new(), |word| format!("; did you mean {word:?}?"))
}

/// A warning for a variable that begins as ours do and is none. Only for one that looks like a mistake: Kubernetes, for one,
/// sets `SLUICE_PORT` and others by itself for a service of that name.
pub(super) fn variable(name: &str) -> Option<String> {
    if LATER.iter().any(|later| env_name(later) == name) {
        return Some(format!("{name} is ignored: this version does not have it yet"));
    }
    let known: Vec<String> = SETTINGS.iter().map(|setting| setting.env()).collect();
    known
        .iter()
        .find(|known| strsim::damerau_levenshtein(name, known) <= 2)
        .map(|known| format!("{name} is ignored: there is no such setting; did you mean {known}?"))
}
