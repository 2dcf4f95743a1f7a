//! Sessions that have an answer and have not connected yet: they cost memory, and whoever sends an offer nearly nothing, so they are counted.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hub::{Crowd, Refusal};

/// Who is expected. A handle.
#[derive(Clone, Default)]
pub(super) struct Waiting(Arc<Mutex<Expected>>);

#[derive(Default)]
struct Expected {
    all: usize,
    by_address: Crowd,
}

/// A place of one that is expected, until it is dropped.
pub(super) struct Ticket {
    waiting: Waiting,
    address: IpAddr,
}

impl Waiting {
    /// A place for one from `address`. Errs when too many have not connected yet, there or at all.
    pub(super) fn enter(&self, address: IpAddr) -> Result<Ticket, Refusal> {
        let mut expected = self.expected();
        if expected.all >= MOST {
            return Err(Refusal::Full { what: "sessions that have not connected", count: MOST });
        }
        if !expected.by_address.enter(address, MOST_OF_ADDRESS) {
            let what = "sessions of one address that have not connected";
            return Err(Refusal::Full { what, count: MOST_OF_ADDRESS });
        }
        expected.all += 1;
        Ok(Ticket { waiting: self.clone(), address })
    }

    /// How many are expected.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.expected().all
    }

    fn expected(&self) -> MutexGuard<'_, Expected> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut expected = self.waiting.expected();
        expected.all -= 1;
        expected.by_address.leave(self.address);
    }
}

/// Over the whole server. Connecting takes a second or less, so this lets thousands a second in.
const MOST: usize = 2_000;
/// Of one address, which may be a whole office or a proxy.
const MOST_OF_ADDRESS: usize = 500;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn address(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    #[test]
    fn one_address_cannot_take_all_places_and_gets_its_own_back() {
        let waiting = Waiting::default();
        let mut tickets: Vec<_> = (0..MOST_OF_ADDRESS).map(|_| waiting.enter(address(1)).unwrap()).collect();
        assert!(matches!(waiting.enter(address(1)), Err(Refusal::Full { count: MOST_OF_ADDRESS, .. })));
        assert!(waiting.enter(address(2)).is_ok());
        tickets.pop();
        assert!(waiting.enter(address(1)).is_ok());
        drop(tickets);
        let expected = waiting.expected();
        assert_eq!((expected.all, expected.by_address.count(address(1))), (0, 0));
    }

    #[test]
    fn all_addresses_together_have_a_bound_too() {
        let waiting = Waiting::default();
        let tickets: Vec<_> =
            (0..MOST).map(|number| waiting.enter(address((number % 250) as u8)).unwrap()).collect();
        assert!(matches!(waiting.enter(address(251)), Err(Refusal::Full { count: MOST, .. })));
        drop(tickets);
        assert!(waiting.enter(address(251)).is_ok());
    }
}
