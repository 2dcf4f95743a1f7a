//! Where the other end is, as a peer that only answers finds it out.
//!
//! Media goes where the latest request with USE-CANDIDATE came from: browsers put it only on the way that they have
//! chosen. So a peer that changes its address (another network, another mapping of a NAT) is followed at once. Where
//! nobody says USE-CANDIDATE again (RFC 7675 consent checks need not), a way that has been silent is left for one that is
//! not. The engine would stay with the old way for 15 s.
//!
//! A request proves that the asker knows the password, not that it is where it seems to be: who can read a request on its
//! way can send media elsewhere until the next genuine one, as with every ICE-lite server.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::Transport;

/// Over what, from which of our addresses, to which of theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) via: Transport,
    pub(crate) ours: SocketAddr,
    pub(crate) theirs: SocketAddr,
}

/// The ways that were proved, and which of them is taken.
#[derive(Debug, Default)]
pub(crate) struct Path {
    current: Option<Way>,
    /// A request that the engine has not answered yet, and whether it nominates.
    asked: Option<(Way, bool)>,
    proved: Vec<(Way, Instant)>,
    /// How many there have been: the engine keeps something of each.
    seen: u32,
}

impl Path {
    /// A request came over `way`; it counts once the engine answers it.
    pub(crate) fn asked(&mut self, way: Way, nominates: bool) {
        self.asked = Some((way, nominates));
    }

    /// The engine found the request that came last to be genuine.
    pub(crate) fn answered(&mut self, now: Instant) {
        let Some((way, nominates)) = self.asked.take() else { return };
        match self.proved.iter_mut().find(|(known, _)| *known == way) {
            Some((_, heard)) => *heard = now,
            None => {
                self.make_room();
                self.seen = self.seen.saturating_add(1);
                self.proved.push((way, now));
            }
        }
        let silent = |current: Way| {
            let heard = self.proved.iter().find(|(known, _)| *known == current).map(|(_, heard)| *heard);
            heard.is_none_or(|heard| now.saturating_duration_since(heard) > SILENCE)
        };
        if nominates || self.current.is_none_or(silent) {
            self.current = Some(way);
        }
    }

    /// Whether the other end was heard at `theirs`.
    pub(crate) fn knows(&self, via: Transport, theirs: SocketAddr) -> bool {
        self.proved.iter().any(|(way, _)| way.via == via && way.theirs == theirs)
    }

    /// Whether there have been too many others for one at `theirs` to be new.
    pub(crate) fn is_full(&self, via: Transport, theirs: SocketAddr) -> bool {
        self.seen >= MOST_SEEN && !self.knows(via, theirs)
    }

    /// The way to send media, once there is one.
    pub(crate) fn current(&self) -> Option<Way> {
        self.current
    }

    /// The one that was heard longest ago goes, but not the one that is taken.
    fn make_room(&mut self) {
        if self.proved.len() < MOST {
            return;
        }
        let others = self.proved.iter().enumerate().filter(|(_, (way, _))| Some(*way) != self.current);
        if let Some((oldest, _)) = others.min_by_key(|(_, (_, heard))| *heard) {
            self.proved.swap_remove(oldest);
        }
    }
}

/// Addresses of one peer at a time, and in its life: a NAT that gives a new port each minute can do so for 16 hours.
const MOST: usize = 16;
const MOST_SEEN: u32 = 1_000;
/// Twice the 5 s at which consent is to be asked for (RFC 7675 §5.1) are too long to send into nothing.
const SILENCE: Duration = Duration::from_secs(6);

#[cfg(test)]
mod tests {
    use super::*;

    fn way(port: u16) -> Way {
        let address = |port| SocketAddr::from(([203, 0, 113, 1], port));
        Way { via: Transport::Udp, ours: address(8000), theirs: address(port) }
    }

    fn asks(path: &mut Path, port: u16, nominates: bool, now: Instant) {
        path.asked(way(port), nominates);
        path.answered(now);
    }

    #[test]
    fn a_request_counts_only_once_it_is_answered() {
        let mut path = Path::default();
        path.asked(way(1), true);
        assert_eq!((path.current(), path.knows(Transport::Udp, way(1).theirs)), (None, false));
        path.answered(Instant::now());
        assert_eq!(path.current(), Some(way(1)));
        assert!(path.knows(Transport::Udp, way(1).theirs));
        assert!(!path.knows(Transport::Tcp, way(1).theirs));
    }

    #[test]
    fn the_latest_nomination_wins() {
        let (mut path, now) = (Path::default(), Instant::now());
        asks(&mut path, 1, true, now);
        asks(&mut path, 2, false, now);
        assert_eq!(path.current(), Some(way(1)), "the second is only tried");
        asks(&mut path, 2, true, now);
        assert_eq!(path.current(), Some(way(2)));
    }

    #[test]
    fn a_silent_way_is_left_without_a_nomination() {
        let (mut path, now) = (Path::default(), Instant::now());
        asks(&mut path, 1, true, now);
        asks(&mut path, 2, false, now + Duration::from_secs(5));
        assert_eq!(path.current(), Some(way(1)));
        asks(&mut path, 2, false, now + Duration::from_secs(7));
        assert_eq!(path.current(), Some(way(2)));
    }

    #[test]
    fn addresses_are_bounded_and_the_current_one_stays() {
        let (mut path, now) = (Path::default(), Instant::now());
        asks(&mut path, 1, true, now);
        for port in 2..200 {
            asks(&mut path, port, false, now + Duration::from_millis(u64::from(port)));
        }
        assert_eq!(path.proved.len(), MOST);
        assert_eq!(path.current(), Some(way(1)));
        assert!(path.knows(Transport::Udp, way(1).theirs) && path.knows(Transport::Udp, way(199).theirs));
    }
}
