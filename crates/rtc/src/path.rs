//! Where the other end is, as a peer that only answers finds it out.
//!
//! Media goes where the latest request with USE-CANDIDATE came from: browsers put it only on the way that they have
//! chosen. So a peer that changes its address (another network, another mapping of a NAT) is followed. Where
//! nobody says USE-CANDIDATE again (RFC 7675 consent checks need not), a way that has been silent is left for one that is
//! not. The engine would stay with the old way for 15 s.
//!
//! A request proves that the asker knows the password, not that it is where it seems to be: a player could have media sent
//! to somebody else. So once more than answers to requests has gone out, another way is taken only when it has answered a
//! check of ours, whose id nobody can know who has not received it. A lite agent need not ask (RFC 8445 §6.1.2), but whoever
//! is asked answers. The first way needs no such check: the handshake goes there, and it ends only if it arrives.
//!
//! What remains: until the handshake has ended, and as checks (two a second), an address that is not the asker's may get some
//! datagrams: what DTLS repeats, and no media.

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
    /// More than answers to requests has gone over the current one.
    used: bool,
    /// A request that the engine has not answered yet, and whether it nominates.
    asked: Option<(Way, bool)>,
    proved: Vec<Proved>,
    /// The way that is to be taken as soon as it has answered.
    next: Option<Next>,
    /// When we asked last, over whatever way.
    checked: Option<Instant>,
    /// How many checks there have been.
    checks: u64,
    /// How many ways there have been: the engine keeps something of each.
    seen: u32,
}

/// A way from which the other end has asked, with its password.
#[derive(Debug)]
struct Proved {
    way: Way,
    heard: Instant,
    /// It has answered us, or the handshake has gone over it.
    answers: bool,
}

/// A way that has not answered yet.
#[derive(Debug)]
struct Next {
    way: Way,
    /// The number of the first check of it.
    first: u64,
    /// Checks since the other end wanted it last.
    tries: u32,
}

impl Path {
    /// A request came over `way`; it counts once the engine answers it.
    pub(crate) fn asked(&mut self, way: Way, nominates: bool) {
        self.asked = Some((way, nominates));
    }

    /// The engine found the request that came last to be genuine.
    pub(crate) fn answered(&mut self, now: Instant) {
        let Some((way, nominates)) = self.asked.take() else { return };
        match self.find(way) {
            Some(proved) => proved.heard = now,
            None => {
                self.make_room();
                self.seen = self.seen.saturating_add(1);
                self.proved.push(Proved { way, heard: now, answers: false });
            }
        }
        let silent = |current: Way| {
            let heard = self.proved.iter().find(|proved| proved.way == current).map(|proved| proved.heard);
            heard.is_none_or(|heard| now.saturating_duration_since(heard) > SILENCE)
        };
        if nominates || self.current.is_none_or(silent) {
            self.want(way);
        }
    }

    /// Takes `way`, or asks there first.
    fn want(&mut self, way: Way) {
        let answers = self.find(way).is_some_and(|proved| proved.answers);
        if !self.used || answers || self.current == Some(way) {
            self.current = Some(way);
            self.next = None;
            return;
        }
        match &mut self.next {
            Some(next) if next.way == way => next.tries = 0,
            next => *next = Some(Next { way, first: self.checks, tries: 0 }),
        }
    }

    /// More than answers to requests goes over the current way from here on.
    pub(crate) fn is_used(&mut self) {
        self.used = true;
    }

    /// The handshake has ended: it has gone over the current way, for no other one was taken that had not answered.
    pub(crate) fn is_connected(&mut self) {
        if let Some(current) = self.current
            && let Some(proved) = self.find(current)
        {
            proved.answers = true;
        }
    }

    /// Where to ask now, and the number of that check.
    pub(crate) fn check(&mut self, now: Instant) -> Option<(Way, u64)> {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return None;
        }
        let next = self.next.as_mut()?;
        next.tries += 1;
        let way = next.way;
        self.checked = Some(now);
        self.checks += 1;
        Some((way, self.checks - 1))
    }

    /// When to ask next.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let next = self.next.as_ref().filter(|next| next.tries < MOST_TRIES)?;
        // Once a pause at the most, whatever the other end says: somebody else may be there.
        let again = self.checked.map(|checked| checked + CHECK_EVERY);
        again.or_else(|| Some(self.proved.iter().find(|proved| proved.way == next.way)?.heard))
    }

    /// The numbers of the checks of which one may be answered from `theirs`.
    pub(crate) fn checks(&self, via: Transport, theirs: SocketAddr) -> std::ops::Range<u64> {
        let next = self.next.as_ref().filter(|next| next.way.via == via && next.way.theirs == theirs);
        // Older ones would have been answered long ago.
        let latest = self.checks.saturating_sub(u64::from(MOST_TRIES));
        next.map_or(0..0, |next| next.first.max(latest)..self.checks)
    }

    /// The way that was asked has answered.
    pub(crate) fn is_there(&mut self) {
        let Some(Next { way, .. }) = self.next.take() else { return };
        if let Some(proved) = self.find(way) {
            proved.answers = true;
        }
        self.current = Some(way);
    }

    /// Whether the other end was heard at `theirs`.
    pub(crate) fn knows(&self, via: Transport, theirs: SocketAddr) -> bool {
        self.proved.iter().any(|proved| proved.way.via == via && proved.way.theirs == theirs)
    }

    /// Whether there have been too many others for one at `theirs` to be new.
    pub(crate) fn is_full(&self, via: Transport, theirs: SocketAddr) -> bool {
        self.seen >= MOST_SEEN && !self.knows(via, theirs)
    }

    /// The way to send media, once there is one.
    pub(crate) fn current(&self) -> Option<Way> {
        self.current
    }

    fn find(&mut self, way: Way) -> Option<&mut Proved> {
        self.proved.iter_mut().find(|proved| proved.way == way)
    }

    /// The one that was heard longest ago goes, but not the one that is taken, or is to be.
    fn make_room(&mut self) {
        if self.proved.len() < MOST {
            return;
        }
        let next = self.next.as_ref().map(|next| next.way);
        let kept = |way: Way| Some(way) == self.current || Some(way) == next;
        let others = self.proved.iter().enumerate().filter(|(_, proved)| !kept(proved.way));
        if let Some((oldest, _)) = others.min_by_key(|(_, proved)| proved.heard) {
            self.proved.swap_remove(oldest);
        }
    }
}

/// Addresses of one peer at a time, and in its life: a NAT that gives a new port each minute can do so for 16 hours.
const MOST: usize = 16;
const MOST_SEEN: u32 = 1_000;
/// Twice the 5 s at which consent is to be asked for (RFC 7675 §5.1) are too long to send into nothing.
const SILENCE: Duration = Duration::from_secs(6);
/// Between two checks; RFC 8445 §14.3 has as much between two of one pair.
const CHECK_EVERY: Duration = Duration::from_millis(500);
/// Checks of a way until the other end asks for it again.
const MOST_TRIES: u32 = 7;

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

    /// The numbers of the checks that are due up to `until`, one try each 100 ms.
    fn checks(path: &mut Path, from: Instant, until: Duration) -> Vec<(Way, u64)> {
        let tries = 0..until.as_millis() as u32 / 100;
        tries.filter_map(|step| path.check(from + Duration::from_millis(100) * step)).collect()
    }

    #[test]
    fn once_it_is_used_a_way_is_left_only_for_one_that_answers() {
        let (mut path, now) = (Path::default(), Instant::now());
        asks(&mut path, 1, true, now);
        path.is_used();
        path.is_connected();
        assert_eq!(path.deadline(), None);
        asks(&mut path, 2, true, now);
        assert_eq!(path.current(), Some(way(1)), "it has not answered");
        assert_eq!(path.check(now), Some((way(2), 0)));
        assert_eq!(path.check(now), None, "not all the time");
        assert_eq!(path.checks(Transport::Udp, way(2).theirs), 0..1);
        assert!(path.checks(Transport::Udp, way(1).theirs).is_empty(), "nothing was asked there");
        path.is_there();
        assert_eq!(path.current(), Some(way(2)));
        asks(&mut path, 1, true, now);
        assert_eq!(path.current(), Some(way(1)), "it has answered before");
        assert_eq!(path.deadline(), None);
    }

    #[test]
    fn a_silent_way_is_not_left_for_one_that_does_not_answer() {
        let (mut path, now) = (Path::default(), Instant::now());
        asks(&mut path, 1, true, now);
        path.is_used();
        asks(&mut path, 2, false, now + Duration::from_secs(7));
        assert_eq!(path.current(), Some(way(1)));
        assert!(path.check(now + Duration::from_secs(7)).is_some());
        path.is_there();
        assert_eq!(path.current(), Some(way(2)));
    }

    #[test]
    fn whoever_is_named_gets_few_checks_however_often_the_name_is_said() {
        let (mut path, now) = (Path::default(), Instant::now());
        asks(&mut path, 1, true, now);
        path.is_used();
        asks(&mut path, 2, true, now);
        assert_eq!(checks(&mut path, now, Duration::from_secs(60)).len(), MOST_TRIES as usize);
        let mut sent = 0;
        for step in 0..100u32 {
            let now = now + Duration::from_secs(60) + Duration::from_millis(100) * step;
            asks(&mut path, 3 + step as u16 % 2, true, now);
            sent += usize::from(path.check(now).is_some());
        }
        assert_eq!(sent, 20, "two a second");
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
