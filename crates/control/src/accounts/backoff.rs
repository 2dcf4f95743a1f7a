//! Who guesses passwords waits.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Failed logins by where they came from.
///
/// By address and not by account: who knows a name could otherwise keep its owner out. A client has as many addresses as its
/// IPv6 network, so those count as one.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: HashMap<IpAddr, Failures>,
}

#[derive(Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Backoff {
    /// How long `from` still has to wait; `None`: it may try.
    pub(super) fn wait(&self, from: IpAddr, now: Instant) -> Option<Duration> {
        let failures = self.failures.get(&network(from))?;
        let pause = pause(failures.count);
        let left = pause.saturating_sub(now.saturating_duration_since(failures.last));
        (!left.is_zero()).then_some(left)
    }

    /// Counts a wrong password.
    pub(super) fn failed(&mut self, from: IpAddr, now: Instant) {
        if self.failures.len() >= MAX_NETWORKS {
            self.failures.retain(|_, failures| now.saturating_duration_since(failures.last) < FORGOTTEN);
        }
        let key = network(from);
        // A crowd of addresses costs no more memory than this; those who are known go on waiting.
        if self.failures.len() >= MAX_NETWORKS && !self.failures.contains_key(&key) {
            return;
        }
        let failures = self.failures.entry(key).or_insert(Failures { count: 0, last: now });
        if now.saturating_duration_since(failures.last) >= FORGOTTEN {
            failures.count = 0;
        }
        failures.count += 1;
        failures.last = now;
    }

    /// Who knows a password has not guessed.
    pub(super) fn succeeded(&mut self, from: IpAddr) {
        self.failures.remove(&network(from));
    }
}

/// After three tries a second, then twice as long each time, up to a minute.
fn pause(count: u32) -> Duration {
    match count.checked_sub(FREE) {
        None | Some(0) => Duration::ZERO,
        Some(more) => Duration::from_secs(1 << (more - 1).min(6)).min(LONGEST),
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

/// Tries that cost nothing: people mistype.
const FREE: u32 = 3;
const LONGEST: Duration = Duration::from_secs(60);
const FORGOTTEN: Duration = Duration::from_secs(3600);
const MAX_NETWORKS: usize = 10_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn pauses_grow_to_a_minute_and_end_with_a_success() {
        let (mut backoff, from, now) = (Backoff::default(), ip("10.0.0.1"), Instant::now());
        let mut pauses = Vec::new();
        for _ in 0..12 {
            backoff.failed(from, now);
            pauses.push(backoff.wait(from, now).map_or(0, |wait| wait.as_secs()));
        }
        assert_eq!(pauses, [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(backoff.wait(from, now + Duration::from_secs(59)), Some(Duration::from_secs(1)));
        assert_eq!(backoff.wait(from, now + LONGEST), None);
        assert_eq!(backoff.wait(ip("10.0.0.2"), now), None, "others do not wait");
        backoff.failed(from, now + FORGOTTEN);
        assert_eq!(backoff.wait(from, now + FORGOTTEN), None, "an hour later it begins anew");
        backoff.succeeded(from);
        assert!(backoff.failures.is_empty());
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let (mut backoff, now) = (Backoff::default(), Instant::now());
        for host in 1..=4 {
            backoff.failed(ip(&format!("2001:db8:1:2::{host}")), now);
        }
        assert!(backoff.wait(ip("2001:db8:1:2:ffff::1"), now).is_some());
        assert!(backoff.wait(ip("2001:db8:1:3::1"), now).is_none());
        backoff.failed(ip("::ffff:10.0.0.9"), now);
        assert!(backoff.failures.contains_key(&ip("10.0.0.9")));
    }

    #[test]
    fn a_crowd_costs_bounded_memory() {
        let (mut backoff, now) = (Backoff::default(), Instant::now());
        for n in 0..20_000u32 {
            backoff.failed(IpAddr::from(n.to_be_bytes()), now);
        }
        assert_eq!(backoff.failures.len(), MAX_NETWORKS);
        backoff.failed(ip("99.0.0.1"), now + FORGOTTEN);
        assert_eq!(backoff.failures.len(), 1);
    }
}
