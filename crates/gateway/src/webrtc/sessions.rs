//! Which session a datagram or a request is for.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::sync::{PoisonError, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use bytes::Bytes;
use subtle::ConstantTimeEq;
use tokio::sync::{mpsc, oneshot};

use rtc::Transport;

use super::link::{NotPatched, Patched};
use super::port::{Datagram, Port, Way};
use super::tcp;

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
    by_name: HashMap<Arc<str>, Door>,
    /// From where sessions have been heard; only what they have answered is here.
    by_address: HashMap<(Via, SocketAddr), Door>,
}

/// How a client is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Via {
    Udp,
    Tcp,
}

/// The way into a session's task. A handle.
#[derive(Clone)]
pub(super) struct Door {
    /// The name of the session, which is also its ICE username fragment.
    pub(super) name: Arc<str>,
    /// What a client must show to steer the session over HTTP.
    token: Arc<str>,
    packets: mpsc::Sender<Packet>,
    reports: Arc<Mutex<Vec<Packet>>>,
    requests: mpsc::Sender<Request>,
    /// Milliseconds into the server's life at which something came from one of its addresses.
    heard: Arc<AtomicU64>,
}

/// Something from the network.
pub(super) struct Packet {
    pub(super) bytes: Bytes,
    pub(super) from: SocketAddr,
    pub(super) by: By,
}

/// By what it came, which is also the way back.
pub(super) enum By {
    Udp(Arc<Port>, Way),
    Tcp(tcp::Writer),
}

impl By {
    pub(super) fn transport(&self) -> Transport {
        match self {
            By::Udp(..) => Transport::Udp,
            By::Tcp(_) => Transport::Tcp,
        }
    }
}

/// Something from the client, over HTTP.
pub(super) enum Request {
    /// It has gone.
    Delete(Done),
    /// Candidates, or a restart of ICE; with the tag that the client believes the session to have.
    Patch {
        fragment: String,
        condition: Option<String>,
        answer: oneshot::Sender<Result<Patched, NotPatched>>,
    },
}

/// Dropped once the session is gone, with all that it had: its name, its stream.
pub(super) type Done = oneshot::Sender<()>;

/// The session's own end; it is found for as long as this is there.
pub(super) struct Entry {
    sessions: Arc<Sessions>,
    pub(super) door: Door,
    pub(super) packets: mpsc::Receiver<Packet>,
    /// What has come and can wait until the task does something anyway.
    pub(super) reports: Arc<Mutex<Vec<Packet>>>,
    pub(super) requests: mpsc::Receiver<Request>,
    addresses: Vec<(Via, SocketAddr)>,
    /// Names that it had before a restart of ICE.
    names: Vec<Arc<str>>,
}

impl Sessions {
    /// Opens the session `name`, which nobody else has: it is random.
    pub(super) fn open(self: &Arc<Self>, name: &str, token: &str) -> Entry {
        let (to_packets, packets) = mpsc::channel(PACKETS);
        let (to_requests, requests) = mpsc::channel(REQUESTS);
        let name: Arc<str> = name.into();
        let reports = Arc::new(Mutex::default());
        let door = Door {
            name: Arc::clone(&name),
            token: token.into(),
            packets: to_packets,
            reports: Arc::clone(&reports),
            requests: to_requests,
            heard: Arc::new(AtomicU64::new(self.now())),
        };
        self.write().by_name.insert(Arc::clone(&name), door.clone());
        let sessions = Arc::clone(self);
        Entry { sessions, door, packets, reports, requests, addresses: Vec::new(), names: vec![name] }
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
            door.drop_in(Packet { bytes, from, by });
        }
    }

    /// Whose something from `from` is. Who asks to be let in by STUN is found by name, from wherever that comes; all
    /// else by where it comes from.
    pub(super) fn find(&self, via: Via, from: SocketAddr, bytes: &[u8]) -> Option<Door> {
        let open = self.read();
        if let Some(name) = rtc::stun::ufrag(bytes) {
            return open.by_name.get(name).cloned();
        }
        let door = open.by_address.get(&(via, from))?;
        door.heard.store(self.now(), Ordering::Relaxed);
        Some(door.clone())
    }

    fn now(&self) -> u64 {
        self.since.elapsed().as_millis() as u64
    }

    /// The session `name`, for whoever has its token.
    pub(super) fn authorized(&self, name: &str, token: &str) -> Option<Door> {
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

impl Door {
    /// Leaves `packet` for the session's task, and wakes it, but for a report on when packets came: viewers send twenty of them a second,
    /// which the task reads after the next picture. One that has more than it can take loses it.
    fn drop_in(&self, packet: Packet) {
        if rtc::rtcp::is_feedback(&packet.bytes) {
            let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
            if reports.len() < REPORTS {
                reports.push(packet);
                return;
            }
        }
        let _ = self.packets.try_send(packet);
    }

    /// Waits for room: what comes by TCP is not lost.
    pub(super) async fn deliver(&self, packet: Packet) -> Result<(), Gone> {
        self.packets.send(packet).await.map_err(|_| Gone)
    }

    /// Waits until the session is over.
    pub(super) async fn closed(&self) {
        self.packets.closed().await;
    }

    pub(super) async fn request(&self, request: Request) -> Result<(), Gone> {
        self.requests.send(request).await.map_err(|_| Gone)
    }
}

/// The session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gone;

impl Entry {
    /// Exchanges the reports that wait for `read`, which is empty.
    pub(super) fn take_reports(&mut self, read: &mut Vec<Packet>) {
        std::mem::swap(&mut *self.reports.lock().unwrap_or_else(PoisonError::into_inner), read);
    }

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
        open.by_address.insert((via, address), self.door.clone());
        self.addresses.push((via, address));
    }

    /// It is found by another name too, after a restart of ICE.
    pub(super) fn is_called(&mut self, name: &str) {
        let name: Arc<str> = name.into();
        let mut open = self.sessions.write();
        if self.names.len() > MOST_NAMES {
            open.by_name.remove(&self.names.remove(1));
        }
        open.by_name.insert(Arc::clone(&name), self.door.clone());
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

/// Datagrams that wait for a session's task; a publisher of 20 Mbit/s sends as many in 100 ms.
const PACKETS: usize = 256;
const REQUESTS: usize = 4;
/// Reports that wait before the task is woken for them.
const REPORTS: usize = 8;
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

    #[tokio::test]
    async fn datagrams_over_what_a_session_can_take_are_dropped() {
        let sessions = Arc::new(Sessions::default());
        let mut entry = sessions.open("one", "token");
        entry.is_at(Via::Udp, at(1));
        let port = Arc::new(Port::bind(at(0)).unwrap());
        for _ in 0..PACKETS + 10 {
            sessions.datagram(&port, Datagram { bytes: Bytes::from_static(b"\x80"), from: at(1), to: None });
        }
        let mut taken = 0;
        while entry.packets.try_recv().is_ok() {
            taken += 1;
        }
        assert_eq!(taken, PACKETS);
    }

    #[tokio::test]
    async fn reports_of_when_packets_came_wait_and_what_asks_for_something_does_not() {
        let sessions = Arc::new(Sessions::default());
        let mut entry = sessions.open("one", "token");
        entry.is_at(Via::Udp, at(1));
        let port = Arc::new(Port::bind(at(0)).unwrap());
        let come = |bytes: &[u8]| {
            let bytes = Bytes::copy_from_slice(bytes);
            sessions.datagram(&port, Datagram { bytes, from: at(1), to: None });
        };
        let feedback = [&[0x8f, 205, 0, 3][..], &[7; 12 + 20]].concat();
        (0..REPORTS).for_each(|_| come(&feedback));
        assert!(entry.packets.try_recv().is_err(), "nobody is woken");
        come(&feedback);
        assert!(entry.packets.try_recv().is_ok(), "but for so many");
        let mut read = Vec::new();
        entry.take_reports(&mut read);
        assert_eq!(read.len(), REPORTS);
        come(&[&feedback[..], &[0x81, 205, 0, 3], &[7; 12]].concat());
        assert!(entry.packets.try_recv().is_ok(), "packets are asked for");
    }
}
