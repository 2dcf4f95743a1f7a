//! Who guesses passwords waits.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Failed logins, by where they came from with the name that was tried, and by where they came from alone.
///
/// Never by name alone: who knows a name could otherwise keep its owner out. Who logs in clears only what was counted for that
/// name, or one's own password would buy guesses at others'.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    /// An IPv4 address, or the 64 bits of an IPv6 network, which one client has for itself.
    named: Counts<(IpAddr, String)>,
    /// An IPv4 address, or 48 bits of IPv6, which is what one site has.
    places: Counts<IpAddr>,
}

impl Backoff {
    /// How long `from` still has to wait before it may try `name`; `None`: it may try.
    pub(super) fn wait(&self, from: IpAddr, name: &str, now: Instant) -> Option<Duration> {
        let named = self.named.wait(&named(from, name), FREE, now);
        let place = self.places.wait(&network(from, 3), FREE_OF_PLACE, now);
        named.max(place)
    }

    /// Counts a wrong password for `name`.
    pub(super) fn failed(&mut self, from: IpAddr, name: &str, now: Instant) {
        self.named.add(named(from, name), now);
        self.places.add(network(from, 3), now);
    }

    /// Who knows a password has not guessed at it.
    pub(super) fn succeeded(&mut self, from: IpAddr, name: &str) {
        let cleared = self.named.0.remove(&named(from, name)).map_or(0, |failures| failures.count);
        if let Some(place) = self.places.0.get_mut(&network(from, 3)) {
            place.count = place.count.saturating_sub(cleared);
        }
    }
}

/// Failures by whatever they are counted by: at most [`MOST`], the newest.
#[derive(Debug)]
struct Counts<K>(HashMap<K, Failures>);

#[derive(Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

impl<K> Default for Counts<K> {
    fn default() -> Counts<K> {
        Counts(HashMap::new())
    }
}

impl<K: Hash + Eq + Clone> Counts<K> {
    fn wait(&self, key: &K, free: u32, now: Instant) -> Option<Duration> {
        let failures = self.0.get(key)?;
        let left = pause(failures.count, free).saturating_sub(now.saturating_duration_since(failures.last));
        (!left.is_zero()).then_some(left)
    }

    fn add(&mut self, key: K, now: Instant) {
        if self.0.len() >= MOST && !self.0.contains_key(&key) {
            let oldest = self.0.iter().min_by_key(|(_, failures)| failures.last);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                self.0.remove(&oldest);
            }
        }
        let failures = self.0.entry(key).or_insert(Failures { count: 0, last: now });
        if now.saturating_duration_since(failures.last) >= FORGOTTEN {
            failures.count = 0;
        }
        failures.count += 1;
        failures.last = now;
    }
}

/// After `free` tries a second, then twice as long each time, up to a minute.
fn pause(count: u32, free: u32) -> Duration {
    match count.checked_sub(free) {
        None | Some(0) => Duration::ZERO,
        Some(more) => Duration::from_secs(1 << (more - 1).min(6)).min(LONGEST),
    }
}

fn named(from: IpAddr, name: &str) -> (IpAddr, String) {
    (network(from, 4), name.trim().chars().take(MAX_NAME).collect::<String>().to_lowercase())
}

/// The first `segments` of 16 bits of an IPv6 address; an IPv4 address as it is.
fn network(address: IpAddr, segments: usize) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let mut kept = [0; 8];
            kept[..segments].copy_from_slice(&v6.segments()[..segments]);
            Ipv6Addr::from(kept).into()
        }
        v4 => v4,
    }
}

/// Tries of one name that cost nothing: people mistype.
const FREE: u32 = 3;
/// Tries of any name from one place that cost nothing: there may be many people.
const FREE_OF_PLACE: u32 = 30;
const LONGEST: Duration = Duration::from_secs(60);
const FORGOTTEN: Duration = Duration::from_secs(3600);
const MOST: usize = 10_000;
/// Characters of a name; no account has a longer one.
const MAX_NAME: usize = 64;

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
            backoff.failed(from, "Ann ", now);
            pauses.push(backoff.wait(from, "ann", now).map_or(0, |wait| wait.as_secs()));
        }
        assert_eq!(pauses, [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(backoff.wait(from, "ann", now + Duration::from_secs(59)), Some(Duration::from_secs(1)));
        assert_eq!(backoff.wait(from, "ann", now + LONGEST), None);
        assert_eq!(backoff.wait(ip("10.0.0.2"), "ann", now), None, "others do not wait");
        assert_eq!(backoff.wait(from, "bob", now), None, "nor do others at the same address");
        backoff.failed(from, "ann", now + FORGOTTEN);
        assert_eq!(backoff.wait(from, "ann", now + FORGOTTEN), None, "an hour later it begins anew");
        backoff.succeeded(from, "ANN");
        assert!(backoff.named.0.is_empty());
    }

    #[test]
    fn one_success_clears_no_other_name() {
        let (mut backoff, from, now) = (Backoff::default(), ip("10.0.0.1"), Instant::now());
        for _ in 0..4 {
            backoff.failed(from, "admin", now);
            backoff.succeeded(from, "eve");
        }
        assert!(backoff.wait(from, "admin", now).is_some());
    }

    #[test]
    fn who_tries_many_names_waits_with_all() {
        let (mut backoff, now) = (Backoff::default(), Instant::now());
        for n in 0..=FREE_OF_PLACE {
            backoff.failed(ip(&format!("2001:db8:1:{n}::1")), &n.to_string(), now);
        }
        assert!(backoff.wait(ip("2001:db8:1:ffff::1"), "ann", now).is_some(), "a site has 65,536 networks");
        assert!(backoff.wait(ip("2001:db8:2::1"), "ann", now).is_none());
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let (mut backoff, now) = (Backoff::default(), Instant::now());
        for host in 1..=4 {
            backoff.failed(ip(&format!("2001:db8:1:2::{host}")), "ann", now);
        }
        assert!(backoff.wait(ip("2001:db8:1:2:ffff::1"), "ann", now).is_some());
        assert!(backoff.wait(ip("2001:db8:1:3::1"), "ann", now).is_none());
        backoff.failed(ip("::ffff:10.0.0.9"), "ann", now);
        assert!(backoff.places.0.contains_key(&ip("10.0.0.9")));
    }

    #[test]
    fn a_crowd_costs_bounded_memory_and_does_not_hide_who_comes_last() {
        let (mut backoff, now) = (Backoff::default(), Instant::now());
        for n in 0..MOST as u32 + 10 {
            let at = now + Duration::from_millis(u64::from(n));
            backoff.failed(IpAddr::from(n.to_be_bytes()), "ann", at);
        }
        assert_eq!((backoff.named.0.len(), backoff.places.0.len()), (MOST, MOST));
        let later = now + Duration::from_secs(100);
        (0..4).for_each(|_| backoff.failed(ip("99.0.0.1"), "ann", later));
        assert!(backoff.wait(ip("99.0.0.1"), "ann", later).is_some());
    }
}
