//! Trouble that comes again and again, reported once a second with a count.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Counts what repeats, so that a peer cannot fill the log.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    count: u64,
    reported: Option<Instant>,
}

impl Repeats {
    /// Counts one; how many there have been since the last report when it is time for one.
    pub(crate) fn count(&mut self) -> Option<u64> {
        self.count += 1;
        if self.reported.is_some_and(|at| at.elapsed() < REPORT_EVERY) {
            return None;
        }
        self.reported = Some(Instant::now());
        Some(std::mem::take(&mut self.count))
    }
}

/// The same, counted by several tasks.
#[derive(Debug, Default)]
pub(crate) struct SharedRepeats(Mutex<Repeats>);

impl SharedRepeats {
    /// As [`Repeats::count`].
    pub(crate) fn count(&self) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).count()
    }
}

const REPORT_EVERY: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_is_told_at_once_and_the_next_with_their_count_a_second_later() {
        let mut repeats = Repeats::default();
        assert_eq!(repeats.count(), Some(1));
        assert_eq!((repeats.count(), repeats.count()), (None, None));
        tokio::time::advance(REPORT_EVERY).await;
        assert_eq!(repeats.count(), Some(3));
        assert_eq!(repeats.count(), None);
    }
}
