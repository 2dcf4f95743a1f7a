//! Moments as text, in UTC.
//!
//! A moment that no calendar has, as a broken clock or an export that was edited by hand may hold, is shown as the nearest that there is:
//! of what is stored nothing may make an answer fail.

use std::time::{SystemTime, UNIX_EPOCH};

use time::format_description::well_known::Rfc3339;
use time::{Date, Duration, OffsetDateTime};

/// RFC 3339, to the second: `2026-11-29T05:30:15Z`.
pub fn seconds(at: SystemTime) -> String {
    let at = of(at);
    written(at.replace_nanosecond(0).unwrap_or(at))
}

/// RFC 3339, to the millisecond, without zeros at its end: `2026-11-29T05:30:15.12Z`.
pub fn milliseconds(at: SystemTime) -> String {
    let at = of(at);
    written(at.replace_millisecond(at.millisecond()).unwrap_or(at))
}

/// As people read it: `2026-11-29 05:30 UTC`.
pub fn minutes(at: SystemTime) -> String {
    let at = of(at);
    format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute())
}

/// `2026-11-29`.
pub fn day(at: SystemTime) -> String {
    of(at).date().to_string()
}

/// The last moment that can be told from others.
pub fn last() -> SystemTime {
    UNIX_EPOCH + std::time::Duration::from_secs(LAST)
}

/// Within the years that can be written, 0 to 9999.
fn of(at: SystemTime) -> OffsetDateTime {
    let far = |distance: std::time::Duration| Duration::try_from(distance).unwrap_or(Duration::MAX);
    let since = match at.duration_since(UNIX_EPOCH) {
        Ok(after) => far(after),
        Err(before) => -far(before.duration()),
    };
    let at = OffsetDateTime::UNIX_EPOCH.saturating_add(since);
    let first = Date::from_ordinal_date(0, 1).expect("it is in the calendar").midnight().assume_utc();
    at.max(first)
}

fn written(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).expect("the year has four digits, and the offset no seconds")
}

/// Seconds from 1970 to the end of 9999.
const LAST: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_shown_as_finely_as_is_wished() {
        let at = UNIX_EPOCH + std::time::Duration::from_nanos(1_795_930_215_120_000_007);
        assert_eq!(seconds(at), "2026-11-29T05:30:15Z");
        assert_eq!(milliseconds(at), "2026-11-29T05:30:15.12Z");
        assert_eq!(minutes(at), "2026-11-29 05:30 UTC");
        assert_eq!(day(at), "2026-11-29");
        assert_eq!(seconds(UNIX_EPOCH - std::time::Duration::from_secs(1)), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn what_no_calendar_has_is_shown_as_the_nearest_that_it_has() {
        let at = |seconds: u64| UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        assert_eq!(last(), at(LAST));
        for far in [at(LAST), at(LAST + 1), at(i64::MAX as u64)] {
            assert_eq!(
                (seconds(far), day(far)),
                ("9999-12-31T23:59:59Z".to_owned(), "9999-12-31".to_owned())
            );
            assert!(milliseconds(far).starts_with("9999-12-31T23:59:59"), "{}", milliseconds(far));
            assert_eq!(minutes(far), "9999-12-31 23:59 UTC");
        }
        for far in [62_200_000_000, i64::MAX as u64] {
            let before = UNIX_EPOCH - std::time::Duration::from_secs(far);
            assert_eq!(seconds(before), "0000-01-01T00:00:00Z");
        }
    }
}
