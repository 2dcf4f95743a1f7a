//! Which session a datagram or a request is for.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use subtle::ConstantTimeEq;

use super::inbox::{By, Inbox, Packet, Reader};
use super::port::{Datagram, Port, Way};

/// The sessions that are open. Owned by the protocol; each session's task holds its [`Entry`].
pub(super) struct Sessions {
    open: RwLock<Open>,
    since: Instant,
}

impl Default for Sessions {
    fn default() -> Sessions {
        Sessions { open: RwLock::default(), since: Instant::now() }
    }
}

#[derive(Default)]
struct Open {
    by_name: HashMap<Arc<str>, Arc<Door>>,
    /// From where sessions have been heard; only what they have answered is here.
    by_address: HashMap<(Via, SocketAddr), Arc<Door>>,
    /// None is to go on.
    stopped: bool,
}

/// How a client is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Via {
    Udp,
    Tcp,
}

/// The way into a session's task.
pub(super) struct Door {
    /// The name of the session, which is also its ICE username fragment.
    pub(super) name: Arc<str>,
    /// What a client must show to steer the session over HTTP.
    token: Box<str>,
    pub(super) inbox: Arc<Inbox>,
    /// Milliseconds into the server's life at which something came from one of its addresses.
    heard: AtomicU64,
}

/// The session's own end; it is found for as long as this is there.
pub(super) struct Entry {
    sessions: Arc<Sessions>,
    pub(super) door: Arc<Door>,
    pub(super) inbox: Reader,
    addresses: Vec<(Via, SocketAddr)>,
    /// Names that it had before a restart of ICE.
    names: Vec<Arc<str>>,
}

impl Sessions {
    /// Opens the session `name`, which nobody else has: it is random.
    pub(super) fn open(self: &Arc<Self>, name: &str, token: &str) -> Entry {
        let (name, inbox): (Arc<str>, Arc<Inbox>) = (name.into(), Arc::default());
        let heard = AtomicU64::new(self.now());
        let door = Door { name: Arc::clone(&name), token: token.into(), inbox: Arc::clone(&inbox), heard };
        let door = Arc::new(door);
        let mut open = self.write();
        open.by_name.insert(Arc::clone(&name), Arc::clone(&door));
        if open.stopped {
            inbox.stop();
        }
        drop(open);
        let (sessions, inbox) = (Arc::clone(self), Reader::new(inbox));
        Entry { sessions, door, inbox, addresses: Vec::new(), names: vec![name] }
    }

    /// Tells every session to end, also those that are still to come.
    pub(super) fn stop(&self) {
        let mut open = self.write();
        open.stopped = true;
        open.by_name.values().for_each(|door| door.inbox.stop());
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.read().by_name.len()
    }

    /// Finds whose a datagram is. One that is nobody's is dropped, and so is one for a session that has more than it can take.
    pub(super) fn datagram(&self, port: &Arc<Port>, datagram: Datagram) {
        let Datagram { bytes, from, to } = datagram;
        if let Some(door) = self.find(Via::Udp, from, &bytes) {
            let by = By::Udp(Arc::clone(port), Way { to: from, from: to });
            door.inbox.drop_in(Packet { bytes, from, by });
        }
    }

    /// Whose something from `from` is. Who asks to be let in by STUN is found by name, from wherever that comes; all
    /// else by where it comes from.
    pub(super) fn find(&self, via: Via, from: SocketAddr, bytes: &[u8]) -> Option<Arc<Door>> {
        let open = self.read();
        if let Some(name) = rtc::stun::ufrag(bytes) {
            return open.by_name.get(name).cloned();
        }
        let door = open.by_address.get(&(via, from))?;
        door.heard.store(self.now(), Ordering::Relaxed);
        Some(Arc::clone(door))
    }

    fn now(&self) -> u64 {
        self.since.elapsed().as_millis() as u64
    }

    /// The session `name`, for whoever has its token.
    pub(super) fn authorized(&self, name: &str, token: &str) -> Option<Arc<Door>> {
        let door = self.read().by_name.get(name).cloned()?;
        bool::from(door.token.as_bytes().ct_eq(token.as_bytes())).then_some(door)
    }

    fn read(&self) -> RwLockReadGuard<'_, Open> {
        self.open.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Open> {
        self.open.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// From here on it is found by what comes from `address`: it has answered there. Not while another session is heard from there:
    /// somebody pretends to be where that is.
    pub(super) fn is_at(&mut self, via: Via, address: SocketAddr) {
        if self.addresses.contains(&(via, address)) {
            return;
        }
        let now = self.sessions.now();
        let mut open = self.sessions.write();
        let other = open.by_address.get(&(via, address)).filter(|other| other.name != self.door.name);
        if other.is_some_and(|other| now < other.heard.load(Ordering::Relaxed) + SILENCE.as_millis() as u64) {
            return;
        }
        // A client that moves often leaves its old places behind.
        if self.addresses.len() >= MOST_ADDRESSES {
            open.leave(&self.door, self.addresses.remove(0));
        }
        open.by_address.insert((via, address), Arc::clone(&self.door));
        self.addresses.push((via, address));
    }

    /// It is found by another name too, after a restart of ICE.
    pub(super) fn is_called(&mut self, name: &str) {
        let name: Arc<str> = name.into();
        let mut open = self.sessions.write();
        if self.names.len() > MOST_NAMES {
            open.by_name.remove(&self.names.remove(1));
        }
        open.by_name.insert(Arc::clone(&name), Arc::clone(&self.door));
        self.names.push(name);
    }
}

impl Open {
    /// Forgets that `door` is at `address`, unless somebody else is there by now.
    fn leave(&mut self, door: &Door, address: (Via, SocketAddr)) {
        if self.by_address.get(&address).is_some_and(|other| other.name == door.name) {
            self.by_address.remove(&address);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut open = self.sessions.write();
        for name in self.names.drain(..) {
            open.by_name.remove(&name);
        }
        for address in self.addresses.drain(..) {
            open.leave(&self.door, address);
        }
    }
}

/// Clients report several times a second; who has been silent for so long has left the address to the next.
const SILENCE: Duration = Duration::from_secs(6);
/// Places of one client at a time: of UDP and TCP, old and new network.
const MOST_ADDRESSES: usize = 8;
/// Names beside the first.
const MOST_NAMES: usize = 4;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn at(port: u16) -> SocketAddr {
        ([127, 0, 0, 1], port).into()
    }

    #[test]
    fn a_session_is_found_where_it_has_answered_and_gone_when_it_is_over() {
        let sessions = Arc::new(Sessions::default());
        let mut entry = sessions.open("one", "token");
        assert!(sessions.find(Via::Udp, at(1), b"\x80media").is_none());
        entry.is_at(Via::Udp, at(1));
        assert!(sessions.find(Via::Udp, at(1), b"\x80media").is_some());
        assert!(sessions.find(Via::Tcp, at(1), b"\x80media").is_none());
        for port in 2..20 {
            entry.is_at(Via::Udp, at(port));
        }
        assert!(sessions.find(Via::Udp, at(1), b"\x80media").is_none(), "only the last places are kept");
        // Somebody else says that they are there, too.
        let mut other = sessions.open("two", "token");
        other.is_at(Via::Udp, at(19));
        assert_eq!(&*sessions.find(Via::Udp, at(19), b"\x80media").unwrap().name, "one");
        drop(entry);
        // It has left.
        other.is_at(Via::Udp, at(19));
        assert_eq!(&*sessions.find(Via::Udp, at(19), b"\x80media").unwrap().name, "two");
        drop(other);
        assert_eq!((sessions.count(), sessions.read().by_address.len()), (0, 0));
    }

    #[test]
    fn a_session_is_steered_with_its_token_only() {
        let sessions = Arc::new(Sessions::default());
        let mut entry = sessions.open("one", "token");
        assert!(sessions.authorized("one", "token").is_some());
        for (name, token) in [("one", ""), ("one", "tokem"), ("one", "tokens"), ("two", "token")] {
            assert!(sessions.authorized(name, token).is_none(), "{name} {token}");
        }
        for number in 0..10 {
            entry.is_called(&format!("again{number}"));
        }
        assert!(sessions.authorized("one", "token").is_some(), "the first name is the resource's");
        assert!(sessions.count() <= 2 + MOST_NAMES);
    }
}
