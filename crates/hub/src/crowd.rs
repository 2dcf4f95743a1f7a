//! How many of something each client address has.

use std::collections::HashMap;
use std::net::IpAddr;

/// Counts by address, so that one address cannot take what is there for all. Bounded by what it counts.
#[derive(Debug, Default)]
pub struct Crowd {
    counts: HashMap<IpAddr, usize>,
}

impl Crowd {
    /// Counts one more of `address`; `false` if it has `limit` already.
    pub fn enter(&mut self, address: IpAddr, limit: usize) -> bool {
        let count = self.counts.entry(household(address)).or_default();
        let room = *count < limit;
        *count += usize::from(room);
        if *count == 0 {
            self.counts.remove(&household(address));
        }
        room
    }

    /// One that had entered has gone.
    pub fn leave(&mut self, address: IpAddr) {
        let address = household(address);
        if let Some(count) = self.counts.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&address);
            }
        }
    }

    /// How many of `address` there are.
    pub fn count(&self, address: IpAddr) -> usize {
        self.counts.get(&household(address)).copied().unwrap_or_default()
    }
}

/// Who is one: an IPv4 address, or the 64 bits of an IPv6 address that a household gets and can change the rest of.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => (u128::from(v6) >> 64 << 64).to_be_bytes().into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn each_address_has_its_own_count() {
        let mut crowd = Crowd::default();
        let [a, b]: [IpAddr; 2] = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse().unwrap());
        assert_eq!([a, a, a, b].map(|address| crowd.enter(address, 2)), [true, true, false, true]);
        crowd.leave(a);
        assert_eq!((crowd.count(a), crowd.count(b)), (1, 1));
        assert!(crowd.enter(a, 2) && !crowd.enter(a, 2));
        [a, a, b].into_iter().for_each(|address| crowd.leave(address));
        assert!(crowd.counts.is_empty(), "nothing is kept of those who have gone");
        assert!(!crowd.enter(a, 0) && crowd.counts.is_empty());
    }

    #[test]
    fn a_household_is_one_whatever_it_calls_itself() {
        let mut crowd = Crowd::default();
        let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
        crowd.enter(mapped, 1);
        assert_eq!(crowd.count("10.0.0.1".parse().unwrap()), 1);
        crowd.enter("2001:db8:1:2::7".parse().unwrap(), 1);
        assert_eq!(crowd.count("2001:db8:1:2:ffff::".parse().unwrap()), 1);
        assert_eq!(crowd.count("2001:db8:1:3::7".parse().unwrap()), 0);
    }
}
