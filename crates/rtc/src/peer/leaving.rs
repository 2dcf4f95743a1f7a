//! What leaves, and by which way.

use super::{Peer, seed};
use crate::path::Way;
use crate::{Output, Route, Train, engine, stun};

impl Peer {
    /// The datagrams of media that are to leave, and the way they take. Whoever does not take them gets them one by one by
    /// [`Peer::poll`].
    pub fn train(&mut self) -> Option<(Route, Train)> {
        if self.outgoing.train().is_empty() {
            return None;
        }
        let train = std::mem::take(self.outgoing.train());
        let Way { via, ours, theirs } = self.way()?;
        train.datagrams().for_each(|datagram| self.counts.went(datagram.len()));
        Some((Route { via, from: ours, to: theirs }, train))
    }

    /// A check of ours, if one is due.
    pub(super) fn check(&mut self) -> Option<Output> {
        let (way, number) = self.path.check(self.now)?;
        let remote = &self.agreed.remote;
        let name = format!("{}:{}", remote.ufrag, self.config.credentials.ufrag());
        let tie_breaker = seed(&self.config.credentials, "tie");
        let datagram = stun::request(&self.check_id(number), &name, &remote.password, tie_breaker);
        Some(self.leave(way, datagram))
    }

    /// The next datagram of media.
    pub(super) fn datagram(&mut self) -> Option<Output> {
        let datagram = self.outgoing.train().pop()?;
        let way = self.way()?;
        Some(self.leave(way, datagram))
    }

    /// The way that media takes.
    fn way(&mut self) -> Option<Way> {
        self.path.is_used();
        let way = self.path.current().or(self.asked)?;
        if self.taken.replace(way).is_some_and(|before| before != way) {
            self.outgoing.is_moved();
        }
        Some(way)
    }

    pub(super) fn transmit(&mut self, transmit: str0m::net::Transmit) -> Output {
        let mut way = Way {
            via: engine::transport(transmit.proto),
            ours: transmit.source,
            theirs: transmit.destination,
        };
        let datagram: Vec<u8> = transmit.contents.into();
        if stun::is_stun(&datagram) {
            if self.config.lite && stun::is_success(&datagram) {
                self.path.answered(self.now);
                self.heard = self.now;
            }
        } else if let Some(current) = self.path.current() {
            way = current;
            self.path.is_used();
        } else {
            self.asked = Some(way);
        }
        self.leave(way, datagram)
    }

    fn leave(&mut self, way: Way, datagram: Vec<u8>) -> Output {
        self.counts.went(datagram.len());
        Output::Send { via: way.via, from: way.ours, to: way.theirs, datagram }
    }
}
