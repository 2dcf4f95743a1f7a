use super::*;
use crate::rtcp::{self, Report};

/// A way that carries `bits` a second, behind a queue of `room` microseconds.
struct Way {
    bits: f64,
    room: f64,
    /// When what is in the queue will be through.
    free: f64,
    /// Microseconds there, besides the queue.
    there: f64,
}

/// What the clocks differ by, in microseconds.
const APART: f64 = 777_000_000.0;

impl Way {
    fn new(bits: f64, room: f64) -> Way {
        Way { bits, room, free: 0.0, there: 20_000.0 }
    }

    /// When a packet that is sent at `now` arrives.
    fn pass(&mut self, bytes: usize, now: u64) -> Option<i64> {
        let now = now as f64;
        let free = self.free.max(now);
        if free - now > self.room {
            return None;
        }
        self.free = free + bytes as f64 * 8e6 / self.bits;
        Some((self.free + self.there + APART) as i64)
    }
}

/// Sends `bits` a second in packets of 1,000 bytes from `from` to `to` milliseconds, with a report each 100 ms; the estimates.
fn send(estimator: &mut Estimator, way: &mut Way, bits: u64, from: u64, to: u64) -> Vec<u64> {
    let (mut estimates, mut pending, mut due) = (Vec::new(), Vec::new(), from * 1_000);
    for now in (from * 1_000..to * 1_000).step_by(1_000) {
        while due <= now {
            let number = estimator.send(1_000, due);
            pending.push((number, way.pass(1_000, due)));
            due += 8_000_000_000 / bits;
        }
        if now % 100_000 == 99_000 {
            let seen = |arrival: Option<i64>| arrival.is_none_or(|at| at as f64 - APART <= now as f64);
            let count = pending.iter().take_while(|(_, arrival)| seen(*arrival)).count();
            let told: Vec<_> = pending.drain(..count).collect();
            let arrivals: Vec<_> = told.iter().map(|(_, arrival)| *arrival).collect();
            if arrivals.iter().any(Option::is_some) {
                let mut written = Vec::new();
                rtcp::receiver::write_arrivals((1, 2), 0, told[0].0, &arrivals, &mut written);
                rtcp::read(&written, |report| match report {
                    Report::Arrivals(arrivals) => estimator.report(arrivals, now),
                    other => panic!("{other:?}"),
                });
            }
            estimates.extend(estimator.estimate());
        }
    }
    estimates
}

#[test]
fn a_wide_way_is_believed_to_carry_more_and_more() {
    let (mut estimator, mut way) = (Estimator::default(), Way::new(50e6, 1e6));
    let estimates = send(&mut estimator, &mut way, 2_000_000, 0, 20_000);
    assert!(estimates.is_sorted() && estimates[0] >= 1_000_000, "{estimates:?}");
    let last = estimates[estimates.len() - 1];
    assert!((3_500_000..4_500_000).contains(&last), "no more than twice what was tried: {last}");
}

#[test]
fn a_queue_shows_what_a_narrow_way_carries() {
    for room in [300_000.0, 2e6] {
        let (mut estimator, mut way) = (Estimator::default(), Way::new(600_000.0, room));
        send(&mut estimator, &mut way, 400_000, 0, 3_000);
        let estimates = send(&mut estimator, &mut way, 1_000_000, 3_000, 8_000);
        let last = estimates[estimates.len() - 1];
        assert!((480_000..620_000).contains(&last), "{last} with {room}: {estimates:?}");
        assert!(estimates[..10].iter().any(|estimate| *estimate < 700_000), "within a second: {estimates:?}");
        // What had piled up gets through, and the way is tried again.
        let after = send(&mut estimator, &mut way, 300_000, 8_000, 20_000);
        assert!(after[after.len() - 1] > last, "{after:?}");
    }
}

#[test]
fn a_way_without_a_queue_shows_by_loss() {
    let (mut estimator, mut way) = (Estimator::default(), Way::new(600_000.0, 20_000.0));
    let estimates = send(&mut estimator, &mut way, 1_000_000, 0, 8_000);
    let last = estimates[estimates.len() - 1];
    assert!((480_000..700_000).contains(&last), "{estimates:?}");
}

#[test]
fn what_the_receiver_believes_is_the_most() {
    let mut estimator = Estimator::default();
    assert_eq!(estimator.estimate(), None);
    estimator.tell(300_000, 0);
    assert_eq!(estimator.estimate(), Some(300_000));
    let mut way = Way::new(50e6, 1e6);
    send(&mut estimator, &mut way, 2_000_000, 0, 2_000);
    assert_eq!(estimator.estimate(), Some(300_000));
    send(&mut estimator, &mut way, 2_000_000, 2_000, 11_000);
    assert!(estimator.estimate() > Some(1_000_000), "it has not said so for long");
}

#[test]
fn a_burst_of_loss_is_no_narrow_way() {
    let (mut estimator, mut wide) = (Estimator::default(), Way::new(50e6, 1e6));
    let before = send(&mut estimator, &mut wide, 400_000, 0, 3_000);
    let mut gap = Way::new(1.0, -1.0);
    let during = send(&mut estimator, &mut gap, 400_000, 3_000, 3_100);
    let after = send(&mut estimator, &mut wide, 400_000, 3_100, 6_000);
    let all = [before, during, after].concat();
    assert!(all.is_sorted(), "{all:?}");
}

#[test]
fn another_way_that_is_longer_is_no_queue() {
    let (mut estimator, mut way) = (Estimator::default(), Way::new(50e6, 1e6));
    let before = send(&mut estimator, &mut way, 1_000_000, 0, 3_000);
    estimator.is_moved();
    let mut longer = Way { there: 320_000.0, ..way };
    let after = send(&mut estimator, &mut longer, 1_000_000, 3_000, 6_000);
    let least = after.iter().min().expect("some");
    assert!(*least >= 1_000_000, "{before:?} {after:?}");
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut estimator = Estimator::default();
    for number in 0..100_000u64 {
        assert_eq!(estimator.send(1_200, number), number as u16);
    }
    assert!(estimator.sent.len() <= MOST);
    estimator.send(1_200, 10_000_000);
    assert_eq!(estimator.sent.len(), 1);
}
