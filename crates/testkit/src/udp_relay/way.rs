//! One direction of one client's network: a queue before a line of some width, and then the weather.

use bytes::Bytes;
use media::{Delta, Time};

use super::{Conditions, Line};
use crate::net::{Dice, Link};

/// What happened to the datagrams of one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Came in.
    pub received: u64,
    /// Lost to the weather.
    pub lost: u64,
    /// Sent twice by the weather.
    pub doubled: u64,
    /// Found the queue before the line full.
    pub overflowed: u64,
    /// Came in during a black-out.
    pub blacked_out: u64,
    /// Went out.
    pub delivered: u64,
    /// The bytes of those.
    pub delivered_bytes: u64,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Way {
    link: Link,
    line: Option<Line>,
    /// When the line has sent all that waits for it.
    free: Time,
    counts: Counts,
}

impl Way {
    pub(super) fn new(dice: &mut Dice, conditions: Conditions) -> Way {
        Way {
            link: Link::new(dice.roll(), conditions.weather),
            line: conditions.line,
            free: Time::MIN,
            counts: Counts::default(),
        }
    }

    pub(super) fn set(&mut self, conditions: Conditions) {
        self.link.set_weather(conditions.weather);
        self.line = conditions.line;
    }

    /// A datagram comes in at `now`.
    pub(super) fn send(&mut self, now: Time, datagram: &[u8], black_out: bool) {
        self.counts.received += 1;
        if black_out {
            self.counts.blacked_out += 1;
            return;
        }
        let sent = match self.line {
            None => now,
            Some(line) => {
                let begins = self.free.max(now);
                if line.bytes_in(begins - now) + datagram.len() as u64 > line.queue {
                    self.counts.overflowed += 1;
                    return;
                }
                self.free = begins + line.time_of(datagram.len());
                self.free
            }
        };
        self.link.send(sent, Bytes::copy_from_slice(datagram));
    }

    /// The next datagram that goes out by `now`.
    pub(super) fn receive(&mut self, now: Time) -> Option<Bytes> {
        let datagram = self.link.receive(now)?;
        self.counts.delivered += 1;
        self.counts.delivered_bytes += datagram.len() as u64;
        Some(datagram)
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        self.link.deadline()
    }

    pub(super) fn counts(&self) -> Counts {
        Counts { lost: self.link.lost(), doubled: self.link.doubled(), ..self.counts }
    }
}

impl Line {
    fn time_of(self, bytes: usize) -> Delta {
        Delta::micros((bytes as u64 * 8 * MICROS / self.rate.max(1)) as i64)
    }

    fn bytes_in(self, time: Delta) -> u64 {
        time.as_micros() as u64 * self.rate / 8 / MICROS
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.received += other.received;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.overflowed += other.overflowed;
        self.blacked_out += other.blacked_out;
        self.delivered += other.delivered;
        self.delivered_bytes += other.delivered_bytes;
    }
}

const MICROS: u64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Weather;

    fn way(conditions: Conditions) -> Way {
        Way::new(&mut Dice::new(1), conditions)
    }

    /// When each of `count` datagrams of 1,000 bytes goes out that came in at once, in milliseconds.
    fn sent_at_once(way: &mut Way, count: usize) -> Vec<i64> {
        (0..count).for_each(|_| way.send(Time::ZERO, &[0; 1_000], false));
        let next = || way.deadline().inspect(|at| _ = way.receive(*at).expect("due"));
        std::iter::from_fn(next).map(Time::as_millis).collect()
    }

    #[test]
    fn a_line_sends_one_after_the_other_and_its_queue_overflows() {
        let line = Line { rate: 1_000_000, queue: 5_000 };
        let mut way = way(Conditions { line: Some(line), ..Conditions::CALM });
        assert_eq!(sent_at_once(&mut way, 8), [8, 16, 24, 32, 40]);
        let counts = way.counts();
        assert_eq!((counts.received, counts.delivered, counts.overflowed), (8, 5, 3));
        assert_eq!(counts.delivered_bytes, 5_000);
    }

    #[test]
    fn a_line_that_was_idle_sends_at_once() {
        let line = Line { rate: 1_000_000, queue: 5_000 };
        let mut way = way(Conditions { line: Some(line), ..Conditions::CALM });
        sent_at_once(&mut way, 1);
        way.send(Time::from_millis(100), &[0; 1_000], false);
        assert_eq!(way.deadline(), Some(Time::from_millis(108)));
    }

    #[test]
    fn behind_the_line_comes_the_weather() {
        let weather = Weather { delay: Delta::millis(30), ..Weather::CALM };
        let line = Line { rate: 1_000_000, queue: 5_000 };
        let mut way = way(Conditions { weather, line: Some(line) });
        assert_eq!(sent_at_once(&mut way, 2), [38, 46]);
    }

    #[test]
    fn nothing_passes_a_black_out() {
        let mut way = way(Conditions::CALM);
        way.send(Time::ZERO, b"lost", true);
        way.send(Time::ZERO, b"kept", false);
        assert_eq!(way.receive(Time::ZERO).as_deref(), Some(&b"kept"[..]));
        assert_eq!((way.receive(Time::ZERO), way.counts().blacked_out), (None, 1));
    }

    #[test]
    fn the_same_dice_lose_the_same_datagrams() {
        let weather = Weather { loss: 30, ..Weather::CALM };
        let lost = |seed| {
            let mut way = Way::new(&mut Dice::new(seed), Conditions { weather, line: None });
            let mut fates = (0..100u8).map(|number| {
                way.send(Time::ZERO, &[number], false);
                way.receive(Time::ZERO).is_none()
            });
            fates.by_ref().collect::<Vec<_>>()
        };
        assert_eq!(lost(3), lost(3));
        assert_ne!(lost(3), lost(4));
    }
}
