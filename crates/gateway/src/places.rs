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
    /// Whether it is one of all places.
    of_all: bool,
    /// Whose it is, if that is known.
    address: Option<IpAddr>,
}

impl Places {
    pub(crate) fn new(limits: Connections) -> Arc<Places> {
        Arc::new(Places { limits, taken: Mutex::default() })
    }

    /// What it was made with.
    pub(crate) fn limits(&self) -> Connections {
        self.limits
    }

    /// A place for a connection from `address`, if there is one.
    pub(crate) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        self.enter(true, Some(address))
    }

    /// A place for a connection from a proxy, which is nobody's until it is known who is behind it.
    pub(crate) fn take_nobodys(self: &Arc<Self>) -> Option<Place> {
        self.enter(true, None)
    }

    /// One of the places of `address`, for what comes on a proxy's connection, which has its own.
    pub(crate) fn take_one_of(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        self.enter(false, Some(address))
    }

    fn enter(self: &Arc<Self>, of_all: bool, address: Option<IpAddr>) -> Option<Place> {
        let mut taken = self.taken();
        if of_all && taken.all >= self.limits.all {
            return None;
        }
        if address.is_some_and(|address| !taken.by_address.enter(address, self.limits.per_address)) {
            return None;
        }
        taken.all += usize::from(of_all);
        Some(Place { places: Arc::clone(self), of_all, address })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Those of the listener.
    pub(crate) fn limits(&self) -> Connections {
        self.places.limits
    }

    /// Makes nobody's place that of `address`; nothing when it has as many as it may.
    pub(crate) fn of(self, address: IpAddr) -> Option<Place> {
        let mut place = self;
        let limit = place.places.limits.per_address;
        if place.address.is_some() || !place.places.taken().by_address.enter(address, limit) {
            return None;
        }
        place.address = Some(address);
        Some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.all -= usize::from(self.of_all);
        if let Some(address) = self.address {
            taken.by_address.leave(address);
        }
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

    #[test]
    fn who_comes_through_a_proxy_is_counted_as_who_comes_without() {
        let places = Places::new(Connections { all: 4, per_address: 2 });
        let client: IpAddr = "203.0.113.7".parse().unwrap();
        let direct = places.take(client).unwrap();
        let proxied = places.take_nobodys().unwrap().of(client).unwrap();
        assert!(places.take(client).is_none() && places.take_one_of(client).is_none());
        assert!(places.take_nobodys().unwrap().of(client).is_none());
        assert_eq!(places.taken().all, 2, "who is refused leaves no trace");
        drop(proxied);
        let asked = places.take_one_of(client).unwrap();
        assert_eq!(places.taken().all, 1, "the proxy's connection has its own place");
        drop((direct, asked));
        assert!(places.take(client).is_some() && places.taken().all == 0);
    }
}
