//! Who has how many of a listener's connections.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hub::Crowd;

use crate::config::Connections;

/// The places for connections of one listener.
pub(crate) struct Places {
    limits: Connections,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by_address: Crowd,
}

/// One connection's place; given back when dropped.
pub(crate) struct Place {
    places: Arc<Places>,
    address: IpAddr,
}

impl Places {
    pub(crate) fn new(limits: Connections) -> Arc<Places> {
        Arc::new(Places { limits, taken: Mutex::default() })
    }

    /// A place for a connection from `address`, if there is one.
    pub(crate) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut taken = self.taken();
        if taken.all >= self.limits.all || !taken.by_address.enter(address, self.limits.per_address) {
            return None;
        }
        taken.all += 1;
        Some(Place { places: Arc::clone(self), address })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.all -= 1;
        taken.by_address.leave(self.address);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn one_address_cannot_have_all_places() {
        let places = Places::new(Connections { all: 3, per_address: 2 });
        let [a, b]: [IpAddr; 2] = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse().unwrap());
        let first = places.take(a).unwrap();
        let _second = places.take(a).unwrap();
        assert!(places.take(a).is_none(), "two of its own");
        let _third = places.take(b).unwrap();
        assert!(places.take(b).is_none(), "three of all");
        drop(first);
        assert!(places.take(b).is_some());
    }
}
