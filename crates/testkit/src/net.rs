//! A network in memory that misbehaves the same way for the same seed. Time is what the test says it is.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use bytes::Bytes;
use media::{Delta, Time};

/// A small generator of numbers, the same for the same seed on every machine. Not for secrets.
#[derive(Debug, Clone)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// The sequence of `seed`.
    pub fn new(seed: u64) -> Dice {
        Dice { state: seed }
    }

    /// The next number of the sequence (SplitMix64).
    pub fn roll(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number of `range`.
    pub fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        let (low, high) = range.into_inner();
        match high.saturating_sub(low).checked_add(1) {
            Some(span) => low + self.roll() % span,
            None => self.roll(),
        }
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.roll() % 100 < percent
    }
}

/// A connection as TCP is one: every byte arrives, in order, in pieces of any size.
#[derive(Debug)]
pub struct Pipe {
    dice: Dice,
    waiting: Vec<u8>,
    largest: usize,
}

impl Pipe {
    /// Pieces of 1 to `largest` bytes, cut by `seed`; `largest` 1 splits at every byte.
    pub fn new(seed: u64, largest: usize) -> Pipe {
        Pipe { dice: Dice::new(seed), waiting: Vec::new(), largest: largest.max(1) }
    }

    /// Puts bytes in at one end.
    pub fn send(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// The next piece at the other end, if any byte is under way.
    pub fn receive(&mut self) -> Option<Bytes> {
        if self.waiting.is_empty() {
            return None;
        }
        let size = self.dice.within(1..=self.largest as u64) as usize;
        let piece: Vec<u8> = self.waiting.drain(..size.min(self.waiting.len())).collect();
        Some(piece.into())
    }
}

/// What a [`Link`] does to datagrams.
#[derive(Debug, Clone, Copy)]
pub struct Weather {
    /// Of 100 datagrams, how many are lost.
    pub loss: u64,
    /// Of 100 datagrams, how many arrive twice.
    pub duplication: u64,
    /// The quickest way through.
    pub delay: Delta,
    /// How much longer the slowest takes; more than the gap between two datagrams reorders them.
    pub jitter: Delta,
}

impl Weather {
    /// Everything arrives at once and in order.
    pub const CALM: Weather = Weather { loss: 0, duplication: 0, delay: Delta::ZERO, jitter: Delta::ZERO };
}

/// One direction of a network as UDP meets it: datagrams arrive whole, late, twice, out of order or not at all.
#[derive(Debug)]
pub struct Link {
    dice: Dice,
    weather: Weather,
    sent: u64,
    lost: u64,
    doubled: u64,
    flying: BTreeMap<(Time, u64), Bytes>,
}

impl Link {
    /// A link whose mishaps are those of `seed`.
    pub fn new(seed: u64, weather: Weather) -> Link {
        Link { dice: Dice::new(seed), weather, sent: 0, lost: 0, doubled: 0, flying: BTreeMap::new() }
    }

    /// From the next datagram on.
    pub fn set_weather(&mut self, weather: Weather) {
        self.weather = weather;
    }

    /// Sends a datagram at `now`.
    pub fn send(&mut self, now: Time, datagram: Bytes) {
        if self.dice.chance(self.weather.loss) {
            self.lost += 1;
            return;
        }
        if self.dice.chance(self.weather.duplication) {
            self.doubled += 1;
            self.fly(now, datagram.clone());
        }
        self.fly(now, datagram);
    }

    /// The next datagram that has arrived by `now`.
    pub fn receive(&mut self, now: Time) -> Option<Bytes> {
        let first = self.flying.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    /// When the next datagram arrives, if one is under way: the time to set the clock to.
    pub fn deadline(&self) -> Option<Time> {
        self.flying.keys().next().map(|(arrival, _)| *arrival)
    }

    /// Datagrams that were lost so far.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Datagrams that arrive twice, so far.
    pub fn doubled(&self) -> u64 {
        self.doubled
    }

    fn fly(&mut self, now: Time, datagram: Bytes) {
        let most = u64::try_from(self.weather.jitter.as_micros()).unwrap_or(0);
        let late = i64::try_from(self.dice.within(0..=most)).unwrap_or(0);
        self.sent += 1;
        self.flying.insert((now + self.weather.delay + Delta::micros(late), self.sent), datagram);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_cuts_but_loses_nothing() {
        let message: Vec<u8> = (0..=255).cycle().take(10_000).collect();
        for (seed, largest) in [(1, 1), (2, 7), (3, 4096)] {
            let mut pipe = Pipe::new(seed, largest);
            let (mut arrived, mut pieces) = (Vec::new(), 0);
            for part in message.chunks(999) {
                pipe.send(part);
                while let Some(piece) = pipe.receive() {
                    assert!((1..=largest).contains(&piece.len()));
                    arrived.extend_from_slice(&piece);
                    pieces += 1;
                }
            }
            assert_eq!(arrived, message);
            assert!(pieces >= message.len() / largest);
        }
    }

    fn storm(seed: u64) -> Vec<u8> {
        let weather =
            Weather { loss: 20, duplication: 10, delay: Delta::millis(10), jitter: Delta::millis(30) };
        let mut link = Link::new(seed, weather);
        for number in 0..100u8 {
            link.send(Time::from_millis(i64::from(number) * 5), Bytes::copy_from_slice(&[number]));
        }
        let mut arrived = Vec::new();
        while let Some(at) = link.deadline() {
            arrived.extend(link.receive(at).expect("due").iter());
        }
        arrived
    }

    #[test]
    fn a_seed_always_makes_the_same_storm() {
        assert_eq!(storm(7), storm(7));
        assert_ne!(storm(7), storm(8));
    }

    #[test]
    fn a_storm_loses_doubles_and_reorders() {
        let arrived = storm(7);
        let mut distinct = arrived.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert!((60..100).contains(&distinct.len()), "of 100, {} arrived", distinct.len());
        assert!(arrived.len() > distinct.len(), "none arrived twice");
        assert!(arrived.windows(2).any(|pair| pair[0] > pair[1]), "none overtook another");
    }

    #[test]
    fn what_becomes_of_datagrams_is_counted() {
        let mut link = Link::new(7, Weather { loss: 20, duplication: 10, ..Weather::CALM });
        (0..100).for_each(|_| link.send(Time::ZERO, Bytes::from_static(b"x")));
        let arrived = std::iter::from_fn(|| link.receive(Time::ZERO)).count() as u64;
        assert!(link.lost() > 0 && link.doubled() > 0);
        assert_eq!(arrived, 100 - link.lost() + link.doubled());
    }

    #[test]
    fn nothing_arrives_before_its_time() {
        let weather = Weather { delay: Delta::millis(10), ..Weather::CALM };
        let mut link = Link::new(1, weather);
        link.send(Time::ZERO, Bytes::from_static(b"x"));
        assert_eq!(link.receive(Time::from_millis(9)), None);
        assert_eq!(link.deadline(), Some(Time::from_millis(10)));
        assert_eq!(link.receive(Time::from_millis(10)).as_deref(), Some(&b"x"[..]));
    }
}
