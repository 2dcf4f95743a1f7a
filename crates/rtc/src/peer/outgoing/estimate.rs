//! What the way to the other end carries, by when packets came there.
//!
//! While packets pile up before the narrowest link, or are lost there, it delivers what it can: the rate at which they come is its
//! rate. While they do not, it carries at least what comes, and is believed to carry a little more each second. Whether they pile
//! up shows the time that they take, compared with the least that any took lately (as in LEDBAT, RFC 6817 §2): clocks need not agree for that.

use std::collections::VecDeque;

use crate::rtcp::Arrivals;

/// Of one session, over all of its tracks. Times are in microseconds since its beginning.
#[derive(Debug, Default)]
pub(super) struct Estimator {
    /// What was sent and may still be reported; the oldest first.
    sent: VecDeque<Sent>,
    /// Transport-wide number of the next one.
    next: u64,
    base: Base,
    /// What came lately: when, by the receiver's clock, and how much.
    delivered: VecDeque<(i64, usize)>,
    /// Of all of that.
    bytes: usize,
    /// Since loss was last looked at, at `looked`.
    expected: u32,
    lost: u32,
    looked: u64,
    /// Reports in a row that showed a queue.
    queued: u32,
    /// Bit/s.
    estimate: Option<f64>,
    /// What the receiver says that it is, and when it said so.
    told: Option<(u64, u64)>,
    /// Of the last report.
    at: u64,
}

#[derive(Debug, Clone, Copy)]
struct Sent {
    at: u64,
    bytes: u16,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Unknown,
    Lost,
    Arrived,
}

impl Estimator {
    /// A packet of `bytes` goes out; the result is its transport-wide number.
    pub(super) fn send(&mut self, bytes: usize, now: u64) -> u16 {
        while self.sent.front().is_some_and(|sent| sent.at + REPORTED < now) || self.sent.len() >= MOST {
            self.sent.pop_front();
        }
        let bytes = u16::try_from(bytes).unwrap_or(u16::MAX);
        self.sent.push_back(Sent { at: now, bytes, state: State::Unknown });
        self.next += 1;
        (self.next - 1) as u16
    }

    /// The other end has reported.
    pub(super) fn report(&mut self, arrivals: Arrivals<'_>, now: u64) {
        let first = self.next.saturating_sub(self.sent.len() as u64);
        let mut least: Option<i64> = None;
        for (sequence, arrival) in arrivals {
            let index = usize::from(sequence.wrapping_sub(first as u16));
            let Some(sent) = self.sent.get_mut(index) else { continue };
            match (arrival, sent.state) {
                (Some(arrival), State::Unknown | State::Lost) => {
                    if sent.state == State::Lost {
                        self.lost = self.lost.saturating_sub(1);
                    } else {
                        self.expected += 1;
                    }
                    sent.state = State::Arrived;
                    let delay = arrival - i64::try_from(sent.at).unwrap_or(i64::MAX);
                    least = Some(least.map_or(delay, |least| least.min(delay)));
                    self.delivered.push_back((arrival, sent.bytes.into()));
                    self.bytes += usize::from(sent.bytes);
                }
                (None, State::Unknown) => {
                    sent.state = State::Lost;
                    self.expected += 1;
                    self.lost += 1;
                }
                _ => {}
            }
        }
        let newest = self.delivered.back().map_or(0, |(at, _)| *at);
        while self.delivered.front().is_some_and(|(at, _)| newest - at > WINDOW)
            || self.delivered.len() > MOST
        {
            let left = self.delivered.pop_front();
            self.bytes -= left.map_or(0, |(_, bytes)| bytes);
        }
        if let Some(delay) = least {
            let queue = delay - self.base.lower(delay, now);
            self.queued = if queue > QUEUE { self.queued + 1 } else { 0 };
        }
        self.conclude(now);
    }

    fn conclude(&mut self, now: u64) {
        let passed = now.saturating_sub(std::mem::replace(&mut self.at, now));
        self.told = self.told.filter(|(_, at)| now.saturating_sub(*at) < PERIOD);
        let loss = self.loss(now);
        let Some(rate) = self.rate() else { return };
        let estimate = self.estimate.unwrap_or(FIRST);
        self.estimate = Some(if self.queued >= CERTAIN {
            rate * BELOW
        } else if loss > LOSSY {
            // It may have nothing to do with how much is sent: bit by bit.
            (estimate.min(2.0 * rate) * (1.0 - loss / 2.0)).max(rate * BELOW)
        } else {
            let seconds = passed.min(1_000_000) as f64 / 1e6;
            // Nothing is known of what was never tried.
            (estimate * (1.0 + GROWTH * seconds)).min((2.0 * rate).max(estimate)).max(rate)
        });
    }

    /// The part that was lost, once a second if there is enough to tell; else none.
    fn loss(&mut self, now: u64) -> f64 {
        if self.expected < ENOUGH || now.saturating_sub(self.looked) < LOSS_EVERY {
            return 0.0;
        }
        let loss = f64::from(self.lost) / f64::from(self.expected);
        (self.expected, self.lost, self.looked) = (0, 0, now);
        loss
    }

    /// What comes, in bit/s, once that can be told.
    fn rate(&self) -> Option<f64> {
        let ((first, head), (last, _)) = (self.delivered.front()?, self.delivered.back()?);
        let span = last - first;
        // The first begins the time in which the others came.
        (span >= LEAST_SPAN).then(|| (self.bytes - head) as f64 * 8e6 / span as f64)
    }

    /// The receiver has its own estimate, in bit/s.
    pub(super) fn tell(&mut self, bits: u64, now: u64) {
        self.told = Some((bits, now));
    }

    /// What is sent takes another way from here on, of which nothing is known.
    pub(super) fn is_moved(&mut self) {
        let (sent, next, at) = (std::mem::take(&mut self.sent), self.next, self.at);
        *self = Estimator { sent, next, at, ..Estimator::default() };
        // What has gone the old way says nothing of the new one.
        self.sent.iter_mut().for_each(|sent| sent.state = State::Arrived);
    }

    /// Bit/s, once something is known.
    pub(super) fn estimate(&self) -> Option<u64> {
        let ours = self.estimate.map(|bits| bits as u64);
        ours.into_iter().chain(self.told.map(|(bits, _)| bits)).min()
    }
}

/// The least time that a packet took lately, on clocks that need not agree.
#[derive(Debug, Default)]
struct Base {
    /// Of this period and of the one before.
    least: [Option<i64>; 2],
    since: u64,
}

impl Base {
    /// Takes `delay` in; the result is the least.
    fn lower(&mut self, delay: i64, now: u64) -> i64 {
        if now.saturating_sub(self.since) > PERIOD {
            self.least = [None, self.least[0]];
            self.since = now;
        }
        let current = self.least[0].map_or(delay, |least| least.min(delay));
        self.least[0] = Some(current);
        self.least[1].map_or(current, |before| before.min(current))
    }
}

/// Packets that a report may still speak of.
const MOST: usize = 4_096;
/// For how long, in microseconds.
const REPORTED: u64 = 2_000_000;
/// In which rates are measured.
const WINDOW: i64 = 1_000_000;
const LEAST_SPAN: i64 = 200_000;
/// As long as the least delay counts, once or twice.
const PERIOD: u64 = 10_000_000;
/// More than Wi-Fi holds packets back, and less than a player of a live stream minds.
const QUEUE: i64 = 100_000;
/// Reports in a row that make it certain.
const CERTAIN: u32 = 2;
/// Packets among which loss is counted, and as often as that is done: a burst is no narrow way, and is mended.
const ENOUGH: u32 = 50;
const LOSS_EVERY: u64 = 1_000_000;
/// More than a network loses that is wide enough (as in GCC, draft-ietf-rmcat-gcc-02 §6).
const LOSSY: f64 = 0.1;
/// Of what comes, so that what has piled up gets through.
const BELOW: f64 = 0.9;
/// A second.
const GROWTH: f64 = 0.08;
/// Bit/s that are taken as possible until the way says otherwise.
const FIRST: f64 = 1e6;

#[cfg(test)]
#[path = "estimate_test.rs"]
mod tests;
