//! Values from their text. Errors complete the sentence "(this setting) …" and say what would be right.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use hub::config::MergeWindow;
use media::Delta;
use tracing_subscriber::filter::{LevelFilter, Targets};

/// One of a few words.
pub(super) fn choice<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
        let meant = super::suggest::nearest(text, words.iter().copied());
        let meant = meant.map_or(String::new(), |word| format!("; did you mean {word:?}?"));
        format!("{text:?} is none of {}{meant}", words.join(", "))
    })
}

/// The address of a server, without a path.
pub(super) fn url(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]{}".contains(c);
    match host.map(|host| host.strip_suffix('/').unwrap_or(host)) {
        Some(host) if !host.is_empty() && host.chars().all(plain) => {
            Ok(text.trim_end_matches('/').to_owned())
        }
        _ => Err(format!("{text:?} is not an address such as https://host")),
    }
}

/// `10s`, `500ms`, `2m`; a bare number is seconds.
pub(super) fn duration(text: &str, min: Delta, max: Delta) -> Result<Delta, String> {
    let value = number_with_unit(text, 1_000)
        .ok_or_else(|| format!("{text:?} is not a duration; write 10s, 500ms or 2m"))?;
    within(text, value, min, max)
}

/// `auto`, `throughput`, `0`, or a ceiling such as `60ms`; a bare number is milliseconds.
pub(super) fn merge_window(text: &str) -> Result<MergeWindow, String> {
    match text {
        "auto" => return Ok(MergeWindow::Adaptive(Delta::millis(100))),
        "throughput" => return Ok(MergeWindow::THROUGHPUT),
        _ => {}
    }
    let value = number_with_unit(text, 1)
        .ok_or_else(|| format!("{text:?} is none of auto, throughput, 0 or milliseconds"))?;
    match within(text, value, Delta::ZERO, Delta::secs(1))? {
        Delta::ZERO => Ok(MergeWindow::PerFrame),
        ceiling => Ok(MergeWindow::Adaptive(ceiling)),
    }
}

fn within(text: &str, value: Delta, min: Delta, max: Delta) -> Result<Delta, String> {
    if (min..=max).contains(&value) {
        Ok(value)
    } else {
        let (min, max) = (Shown(min), Shown(max));
        Err(format!("{text:?} is out of range; allowed are {min} to {max}"))
    }
}

/// A duration as it is written in settings.
pub(super) struct Shown(pub(super) Delta);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_millis() {
            millis if millis % 1_000 == 0 => write!(f, "{}s", millis / 1_000),
            millis => write!(f, "{millis}ms"),
        }
    }
}

/// A whole number of ms, s, m or h; without a unit, of `bare` milliseconds.
fn number_with_unit(text: &str, bare: i64) -> Option<Delta> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let millis = match unit.trim() {
        "" => bare,
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(millis).map(Delta::millis)
}

/// A path, or nothing if it is empty.
pub(super) fn path(text: &str) -> Result<Option<PathBuf>, String> {
    if text.contains('\0') {
        return Err("contains a NUL character".to_owned());
    }
    Ok((!text.is_empty()).then(|| PathBuf::from(text)))
}

/// A whole number.
pub(super) fn number(text: &str, range: RangeInclusive<usize>) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("{text:?} is not a number from {} to {}", range.start(), range.end()))
}

/// A share of a whole, from 0 to 1.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| format!("{text:?} is not a share from 0 to 1, such as 0.01"))
}

/// `auto` for one per core, or how many.
pub(super) fn workers(text: &str) -> Result<usize, String> {
    match (text, text.parse()) {
        ("auto", _) => Ok(std::thread::available_parallelism().map_or(1, usize::from)),
        (_, Ok(workers @ 1..=512)) => Ok(workers),
        _ => Err(format!("{text:?} is neither auto nor a number from 1 to 512")),
    }
}

/// `info,rtmp=debug`. The library takes a misspelt level for the name of a part, so words are checked here.
pub(super) fn level(text: &str) -> Result<Targets, String> {
    let levels = ["off", "error", "warn", "info", "debug", "trace"].map(|word| (word, word));
    let mut targets = Targets::new().with_default(LevelFilter::INFO);
    for part in text.split(',').map(str::trim) {
        let (target, word) = part.split_once('=').map_or((None, part), |(name, word)| (Some(name), word));
        let word = choice(word, &levels)?;
        let level = LevelFilter::from_str(word).map_err(|error| error.to_string())?;
        targets = match target {
            Some("") => return Err(format!("{part:?} names no part")),
            Some(target) => targets.with_target(target, level),
            None => targets.with_default(level),
        };
    }
    Ok(targets)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn durations_have_units_and_bounds() {
        let parse = |text| duration(text, Delta::millis(500), Delta::secs(120));
        for (text, millis) in [("10s", 10_000), ("500ms", 500), ("2m", 120_000), ("7", 7_000), ("1 s", 1_000)]
        {
            assert_eq!(parse(text), Ok(Delta::millis(millis)), "{text}");
        }
        for text in
            ["", "s", "-1", "1.5s", "1d", "499ms", "121s", "99999999999999999999", "9999999999999999h"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse("5x").unwrap_err(), "\"5x\" is not a duration; write 10s, 500ms or 2m");
        assert_eq!(parse("0").unwrap_err(), "\"0\" is out of range; allowed are 500ms to 120s");
    }

    #[test]
    fn the_merge_window_is_a_word_or_a_ceiling() {
        let ceiling = |millis| MergeWindow::Adaptive(Delta::millis(millis));
        for (text, window) in [
            ("auto", ceiling(100)),
            ("throughput", MergeWindow::THROUGHPUT),
            ("0", MergeWindow::PerFrame),
            ("0ms", MergeWindow::PerFrame),
            ("60", ceiling(60)),
            ("60ms", ceiling(60)),
            ("1s", ceiling(1_000)),
        ] {
            assert_eq!(merge_window(text), Ok(window), "{text}");
        }
        for text in ["", "Auto", "1001", "2s", "-5", "fast"] {
            assert!(merge_window(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_misspelt_level_is_refused() {
        assert!(level("info").is_ok());
        assert!(level("warn, rtmp=debug,hub=off").is_ok());
        assert_eq!(
            level("inof").unwrap_err(),
            "\"inof\" is none of off, error, warn, info, debug, trace; did you mean \"info\"?"
        );
        for text in ["", "info,", "rtmp=", "=info", "rtmp", "rtmp=loud"] {
            assert!(level(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_level_holds_for_its_part_alone() {
        let targets = level("warn,rtmp=debug").unwrap();
        assert!(targets.would_enable("rtmp::server", &tracing::Level::DEBUG));
        assert!(!targets.would_enable("rtmp::server", &tracing::Level::TRACE));
        assert!(!targets.would_enable("hub", &tracing::Level::INFO));
        assert!(targets.would_enable("hub", &tracing::Level::WARN));
    }

    #[test]
    fn numbers_have_bounds() {
        assert_eq!((number("1", 1..=9), number("9", 1..=9)), (Ok(1), Ok(9)));
        for text in ["0", "10", "", "-1", "1.0", "99999999999999999999"] {
            assert_eq!(number(text, 1..=9), Err(format!("{text:?} is not a number from 1 to 9")));
        }
    }

    #[test]
    fn a_share_is_a_part_of_one() {
        assert_eq!([share("0"), share("0.01"), share("1")], [Ok(0.0), Ok(0.01), Ok(1.0)]);
        for text in ["", "-0.1", "1.1", "1%", "NaN", "inf", "0,5"] {
            assert_eq!(share(text), Err(format!("{text:?} is not a share from 0 to 1, such as 0.01")));
        }
    }

    #[test]
    fn workers_are_counted_from_one() {
        assert!(workers("auto").unwrap() >= 1);
        assert_eq!(workers("3"), Ok(3));
        for text in ["0", "513", "", "two", "-1"] {
            assert!(workers(text).is_err(), "{text}");
        }
    }
}
