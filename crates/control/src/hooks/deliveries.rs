//! What was sent to a receiver last, and what came of it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use super::event::Event;

/// One event and what came of it at one receiver.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Counts up from 1 over all receivers, since the server was started.
    pub number: u64,
    /// Counts up with each change of any delivery.
    pub revision: u64,
    /// The receiver.
    pub target: Arc<str>,
    /// What happened.
    pub event: Arc<Event>,
    /// Why it was sent.
    pub cause: Cause,
    /// How it stands.
    pub state: State,
    /// How often it was tried.
    pub attempts: u32,
    /// The last try.
    pub last: Attempt,
}

/// Why something is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It was asked whether a publisher may.
    Ask,
    /// It was told that something has happened.
    Tell,
    /// An admin tried it.
    Test,
    /// An admin had it sent again: that delivery.
    Replay(u64),
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was sent a while ago, and there is no answer yet.
    Waiting,
    /// The receiver has it; where it was asked, it said yes.
    Delivered,
    /// It was asked, and said no.
    Refused,
    /// It failed, and is tried again then.
    Retrying(SystemTime),
    /// It failed for good; where it was asked, what holds then was decided without it.
    Failed,
}

/// One try.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// When.
    pub at: SystemTime,
    /// For how long.
    pub took: Duration,
    /// The beginning of what was sent, which is all of it but for very long addresses.
    pub sent: Bytes,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// The beginning of its body.
    pub answer: Bytes,
    /// What went wrong.
    pub error: Option<String>,
}

/// The last deliveries to one receiver.
#[derive(Debug, Default)]
pub(super) struct Deliveries(VecDeque<Delivery>);

impl Deliveries {
    /// Adds `delivery`, or what has become of it. The oldest goes where there are too many.
    pub(super) fn put(&mut self, delivery: Delivery) {
        if let Some(known) = self.0.iter_mut().find(|known| known.number == delivery.number) {
            *known = delivery;
            return;
        }
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(delivery);
    }

    /// Up to `limit` of those with numbers below `before`, newest first.
    pub(super) fn newest(&self, before: Option<u64>, limit: usize) -> Vec<Delivery> {
        let mut wanted: Vec<&Delivery> =
            self.0.iter().filter(|delivery| before.is_none_or(|before| delivery.number < before)).collect();
        // What was tried again after others had pushed it out stands at the end.
        wanted.sort_by_key(|delivery| std::cmp::Reverse(delivery.number));
        wanted.into_iter().take(limit).cloned().collect()
    }

    /// Those that changed after `revision`.
    pub(super) fn since(&self, revision: u64) -> impl Iterator<Item = &Delivery> {
        self.0.iter().filter(move |delivery| delivery.revision > revision)
    }

    pub(super) fn find(&self, number: u64) -> Option<Delivery> {
        self.0.iter().find(|delivery| delivery.number == number).cloned()
    }
}

/// Of a receiver.
pub(super) const KEPT: usize = 100;
/// Bytes of a request.
pub(super) const SENT_KEPT: usize = 8 << 10;
/// Bytes of an answer.
pub(super) const ANSWER_KEPT: usize = 2 << 10;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::hooks::event::What;

    fn delivery(number: u64, revision: u64) -> Delivery {
        let (sent, answer) = (Bytes::new(), Bytes::new());
        let (at, took) = (SystemTime::UNIX_EPOCH, Duration::ZERO);
        Delivery {
            number,
            revision,
            target: "t".into(),
            event: Arc::new(Event::new(What::Test, None).unwrap()),
            cause: Cause::Tell,
            state: State::Delivered,
            attempts: 1,
            last: Attempt { at, took, sent, status: Some(200), answer, error: None },
        }
    }

    #[test]
    fn the_newest_are_kept_and_told_part_by_part() {
        let mut log = Deliveries::default();
        (1..=KEPT as u64 + 5).for_each(|number| log.put(delivery(number, number)));
        let numbers = |before, limit| -> Vec<u64> {
            log.newest(before, limit).iter().map(|delivery| delivery.number).collect()
        };
        assert_eq!(numbers(None, 2), [105, 104]);
        assert_eq!(numbers(Some(104), 1), [103]);
        assert_eq!(numbers(None, 1_000).len(), KEPT);
        assert!(log.find(5).is_none() && log.find(6).is_some());

        log.put(delivery(50, 200));
        log.put(delivery(5, 201));
        let changed: Vec<_> = log.since(150).map(|delivery| delivery.number).collect();
        assert_eq!(changed, [50, 5]);
        assert_eq!(log.newest(None, 1_000).last().unwrap().number, 5, "in its place");
    }
}
