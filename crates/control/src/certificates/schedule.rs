//! When a certificate is to be renewed. Nothing here looks at a clock.

use std::time::{Duration, SystemTime};

use super::pair::Facts;

/// When the certificate of `facts` is to be renewed: 30 days before it expires or, if it is valid for less than 90, a third of that
/// before.
///
/// `window` is what the authority suggests instead, if it does (ARI, RFC 9773): some moment in it. `spread`, from 0 to 1, is this server's own
/// place among all others, so that not all come at once.
pub(super) fn renewal(facts: &Facts, window: Option<(SystemTime, SystemTime)>, spread: f64) -> SystemTime {
    let spread = spread.clamp(0.0, 1.0);
    if let Some((start, end)) = window {
        return start + end.duration_since(start).unwrap_or_default().mul_f64(spread);
    }
    let valid = facts.not_after.duration_since(facts.not_before).unwrap_or_default();
    let ahead = (valid / 3).min(MONTH);
    // Earlier, never later: up to a tenth of what there is to spare.
    facts.not_after - ahead - (ahead / 10).mul_f64(spread)
}

/// How long to wait after `failures` in a row: an hour, twice as long each time, up to a day; less for certificates that are valid
/// for days. `spread` is as above.
pub(super) fn pause(facts: Option<&Facts>, failures: u32, spread: f64) -> Duration {
    let valid = facts.and_then(|facts| facts.not_after.duration_since(facts.not_before).ok());
    let first = valid.map_or(HOUR, |valid| (valid / 60).clamp(MINUTE, HOUR));
    let doubled = first.saturating_mul(1 << failures.saturating_sub(1).min(6));
    let pause = doubled.min(DAY);
    pause + (pause / 4).mul_f64(spread.clamp(0.0, 1.0))
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn valid_for(valid: Duration) -> Facts {
        let not_before = SystemTime::UNIX_EPOCH + 20_000 * DAY;
        Facts {
            names: Vec::new(),
            subject: String::new(),
            issuer: String::new(),
            not_before,
            not_after: not_before + valid,
            key: String::new(),
            fingerprint: String::new(),
            chain: Vec::new(),
            doubts: Vec::new(),
        }
    }

    #[test]
    fn a_certificate_is_renewed_a_month_ahead_or_a_third_of_its_life() {
        for (valid, ahead) in
            [(90 * DAY, 30 * DAY), (365 * DAY, 30 * DAY), (6 * DAY, 2 * DAY), (30 * DAY, 10 * DAY)]
        {
            let facts = valid_for(valid);
            let left = |spread| facts.not_after.duration_since(renewal(&facts, None, spread)).unwrap();
            assert_eq!(left(0.0), ahead);
            assert_eq!(left(1.0), ahead + ahead / 10);
            assert!(left(0.5) > ahead && left(0.5) < left(1.0));
        }
    }

    #[test]
    fn what_the_authority_suggests_goes_before() {
        let facts = valid_for(90 * DAY);
        let window = (facts.not_before + 10 * DAY, facts.not_before + 12 * DAY);
        assert_eq!(renewal(&facts, Some(window), 0.0), window.0);
        assert_eq!(renewal(&facts, Some(window), 0.5), facts.not_before + 11 * DAY);
        assert_eq!(renewal(&facts, Some((window.1, window.0)), 0.5), window.1, "one that makes no sense");
    }

    #[test]
    fn pauses_grow_to_a_day() {
        let long = valid_for(90 * DAY);
        assert_eq!(pause(Some(&long), 1, 0.0), HOUR);
        assert_eq!(pause(Some(&long), 3, 0.0), 4 * HOUR);
        assert_eq!(pause(Some(&long), 1000, 0.0), DAY);
        assert_eq!(pause(None, 1, 1.0), HOUR + HOUR / 4);
        assert_eq!(pause(Some(&valid_for(HOUR)), 1, 0.0), MINUTE, "no hour is lost where there is one");
    }
}
