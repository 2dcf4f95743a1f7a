//! The UDP port that all sessions share: batches in by GRO, batches out by GSO, where the kernel has them.

use std::io::{self, ErrorKind, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep};
use tracing::warn;

use crate::listen::no_ipv6;
use crate::repeats::Repeats;

/// One bound socket. Every session that came by it sends by it.
///
/// It is non-blocking, and the runtime watches it only when there is something to wait for: see [`Rhythm`].
pub(super) struct Port {
    socket: std::net::UdpSocket,
    state: UdpSocketState,
    /// While somebody waits for room in it.
    full: Mutex<Weak<UdpSocket>>,
    /// Where it is bound.
    pub(super) address: SocketAddr,
}

/// A datagram as it came.
#[derive(Debug)]
pub(super) struct Datagram {
    pub(super) bytes: Bytes,
    pub(super) from: SocketAddr,
    /// The address of ours that it was sent to, where the system tells.
    pub(super) to: Option<IpAddr>,
}

/// Where datagrams go: a client's address, and which of ours it is to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) to: SocketAddr,
    pub(super) from: Option<IpAddr>,
}

impl Port {
    /// Binds `address`; an unspecified IPv6 address takes IPv4 too, and falls back to IPv4 where there is no IPv6.
    pub(super) fn bind(address: SocketAddr) -> io::Result<Port> {
        Port::open(address, false)
    }

    /// Binds `address` with `count` sockets among which the system divides the clients, so that as many cores read; with one where
    /// the system does not do that.
    pub(super) fn shards(address: SocketAddr, count: usize) -> io::Result<Vec<Port>> {
        // Alone at first: what shares an address also shares it, unseen, with another server.
        let alone = Port::bind(address)?;
        if count <= 1 || !cfg!(target_os = "linux") {
            return Ok(vec![alone]);
        }
        let address = alone.address;
        drop(alone);
        (0..count).map(|_| Port::open(address, true)).collect()
    }

    fn open(address: SocketAddr, shared: bool) -> io::Result<Port> {
        let socket = match (bind(address, shared), address) {
            (Err(error), SocketAddr::V6(v6)) if v6.ip().is_unspecified() && no_ipv6(&error) => {
                bind((Ipv4Addr::UNSPECIFIED, v6.port()).into(), shared)?
            }
            (bound, _) => bound?,
        };
        let state = UdpSocketState::new((&socket).into())?;
        // Key frames to many viewers at once, and the answers of all of them. What the system does not grant is done without.
        let _ = state.set_send_buffer_size((&socket).into(), BUFFER);
        let _ = state.set_recv_buffer_size((&socket).into(), BUFFER);
        let socket = std::net::UdpSocket::from(socket);
        let address = socket.local_addr()?;
        Ok(Port { socket, state, full: Mutex::default(), address })
    }

    /// Hands every datagram that comes to `take`. Never returns.
    pub(super) async fn read(self: Arc<Self>, take: impl Fn(&Arc<Port>, Datagram)) {
        let mut storage = vec![0; self.room_for_one() * BATCH_SIZE];
        let mut failures = Repeats::default();
        let mut rhythm = Rhythm::default();
        let mut watched = None;
        loop {
            let found = match rhythm {
                Rhythm::Watched { .. } => match self.watched_by(&mut watched) {
                    Ok(socket) => {
                        let look = || self.take_in(&mut storage, &take);
                        let asked = Instant::now();
                        let found = socket.async_io(Interest::READABLE, look).await;
                        rhythm = rhythm.came(asked.elapsed());
                        found
                    }
                    // Without a descriptor for it the clock does.
                    Err(_) => {
                        rhythm = Rhythm::Looked { empty: 0 };
                        continue;
                    }
                },
                Rhythm::Looked { .. } => {
                    watched = None;
                    let found = self.take_in(&mut storage, &take);
                    rhythm = rhythm.looked(found.is_ok());
                    found
                }
            };
            match found {
                // There may be more.
                Ok(BATCH_SIZE) => {
                    tokio::task::yield_now().await;
                    continue;
                }
                Ok(_) => {}
                Err(err) if err.kind() == ErrorKind::WouldBlock => {}
                // An ICMP error of somebody who has gone, or no memory: the next may do better.
                Err(err) => {
                    if let Some(count) = failures.count() {
                        warn!(proto = "webrtc", %err, count, "datagrams cannot be read");
                    }
                    tokio::task::yield_now().await;
                }
            }
            if matches!(rhythm, Rhythm::Looked { .. }) {
                sleep(PAUSE).await;
            }
        }
    }

    /// The socket as the runtime watches it, kept in `kept`.
    fn watched_by<'a>(&self, kept: &'a mut Option<UdpSocket>) -> io::Result<&'a UdpSocket> {
        match kept {
            Some(socket) => Ok(socket),
            None => Ok(kept.insert(self.watched()?)),
        }
    }

    /// The socket as the runtime watches it, until this is dropped.
    fn watched(&self) -> io::Result<UdpSocket> {
        self.socket.try_clone().and_then(UdpSocket::from_std)
    }

    /// Bytes that one read may bring.
    fn room_for_one(&self) -> usize {
        self.state.gro_segments() * LARGEST
    }

    /// Hands on what has come, and says how many reads that took: `BATCH_SIZE` at most, each into its part of `storage`.
    fn take_in(
        self: &Arc<Self>,
        storage: &mut [u8],
        take: &impl Fn(&Arc<Port>, Datagram),
    ) -> io::Result<usize> {
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] = {
            let mut chunks = storage.chunks_exact_mut(self.room_for_one());
            std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()))
        };
        let mut metas = [RecvMeta::default(); BATCH_SIZE];
        let count = self.state.recv((&self.socket).into(), &mut slices, &mut metas)?;
        for (meta, slice) in metas.iter().zip(&slices).take(count) {
            let from = SocketAddr::new(meta.addr.ip().to_canonical(), meta.addr.port());
            let to = meta.dst_ip.map(|ip| ip.to_canonical());
            let all = slice.get(..meta.len).unwrap_or_default();
            for bytes in all.chunks(meta.stride.max(1)) {
                take(self, Datagram { bytes: Bytes::copy_from_slice(bytes), from, to });
            }
        }
        Ok(count)
    }

    /// How many datagrams one call may send.
    pub(super) fn largest_batch(&self) -> usize {
        self.state.max_gso_segments().min(MOST_SEGMENTS)
    }

    /// Sends `bytes`, which are datagrams of `segment` bytes each but for the last. Waits while the socket is full; datagrams that the
    /// system refuses are lost, as on any network, and so are they where the socket is full and there is no descriptor to wait with.
    pub(super) async fn send(&self, way: Way, bytes: &[u8], segment: usize) {
        let transmit = Transmit {
            destination: self.to_family(way.to),
            ecn: None,
            contents: bytes,
            segment_size: (segment < bytes.len()).then_some(segment),
            // Where there is one address only, that is the one.
            src_ip: way.from.filter(|_| self.address.ip().is_unspecified()).map(|ip| self.ip_to_family(ip)),
        };
        let send = || self.state.try_send((&self.socket).into(), &transmit);
        let full = send().is_err_and(|err| err.kind() == ErrorKind::WouldBlock);
        if full && let Some(watched) = self.room() {
            let _ = watched.async_io(Interest::WRITABLE, send).await;
        }
    }

    /// The socket as the runtime watches it for all who wait for room in it, while there are some. `None` without a descriptor for that.
    fn room(&self) -> Option<Arc<UdpSocket>> {
        let mut full = self.full.lock().unwrap_or_else(PoisonError::into_inner);
        full.upgrade().or_else(|| {
            let watched = Arc::new(self.watched().ok()?);
            *full = Arc::downgrade(&watched);
            Some(watched)
        })
    }

    /// A socket of IPv6 knows IPv4 addresses as mapped ones.
    fn to_family(&self, address: SocketAddr) -> SocketAddr {
        SocketAddr::new(self.ip_to_family(address.ip()), address.port())
    }

    fn ip_to_family(&self, ip: IpAddr) -> IpAddr {
        match ip {
            IpAddr::V4(v4) if self.address.is_ipv6() => v4.to_ipv6_mapped().into(),
            ip => ip,
        }
    }
}

/// When a socket is looked at: while little comes the runtime says when, else a clock does, for to be woken by each datagram costs more
/// than to read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rhythm {
    /// The runtime watches; so many times in a row something came within [`PAUSE`].
    Watched { soon: u32 },
    /// By the clock; so many looks in a row found nothing.
    Looked { empty: u32 },
}

impl Default for Rhythm {
    fn default() -> Rhythm {
        Rhythm::Watched { soon: 0 }
    }
}

impl Rhythm {
    /// Something came when it had been waited for so long.
    fn came(self, waited: Duration) -> Rhythm {
        match self {
            Rhythm::Watched { soon } if waited < PAUSE && soon + 1 < OFTEN => {
                Rhythm::Watched { soon: soon + 1 }
            }
            Rhythm::Watched { .. } if waited < PAUSE => Rhythm::Looked { empty: 0 },
            Rhythm::Watched { .. } | Rhythm::Looked { .. } => Rhythm::default(),
        }
    }

    /// A look by the clock has found something or not.
    fn looked(self, found: bool) -> Rhythm {
        match self {
            Rhythm::Looked { empty } if !found && empty + 1 >= OFTEN => Rhythm::default(),
            Rhythm::Looked { empty } if !found => Rhythm::Looked { empty: empty + 1 },
            _ => Rhythm::Looked { empty: 0 },
        }
    }
}

fn bind(address: SocketAddr, shared: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    #[cfg(unix)]
    if shared {
        socket.set_reuse_port(true)?;
    }
    #[cfg(not(unix))]
    let _ = shared;
    if let SocketAddr::V6(v6) = address {
        socket.set_only_v6(!v6.ip().is_unspecified())?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

/// Of the socket, each way.
const BUFFER: usize = 4 << 20;
/// No datagram of WebRTC is larger than what Ethernet carries.
const LARGEST: usize = 1_500;
/// Between two looks: nothing that comes is so urgent.
const PAUSE: Duration = Duration::from_millis(2);
/// After so many times without a pause, or without anything, the other rhythm is the better one.
const OFTEN: u32 = 3;
/// Of Linux, whatever the size (UDP_MAX_SEGMENTS).
const MOST_SEGMENTS: usize = 64;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_batch_arrives_as_the_datagrams_that_it_is_made_of() {
        let port = |address: &str| Arc::new(Port::bind(address.parse().unwrap()).unwrap());
        let (here, there) = (port("127.0.0.1:0"), port("127.0.0.1:0"));
        let (taken, mut datagrams) = mpsc::unbounded_channel();
        let reading = tokio::spawn(Arc::clone(&there).read(move |_, datagram| taken.send(datagram).unwrap()));
        let bytes: Vec<u8> = (0..2_500u32).map(|at| (at / 1_000) as u8).collect();
        here.send(Way { to: there.address, from: None }, &bytes, 1_000).await;
        let mut sizes = Vec::new();
        for number in 0..3u8 {
            let datagram = datagrams.recv().await.unwrap();
            assert_eq!(datagram.from, here.address);
            assert_eq!(datagram.to, Some(there.address.ip()));
            assert!(datagram.bytes.iter().all(|byte| *byte == number));
            sizes.push(datagram.bytes.len());
        }
        assert_eq!(sizes, [1_000, 1_000, 500]);
        reading.abort();
    }

    #[test]
    fn the_clock_takes_over_where_something_comes_all_the_time_and_leaves_when_nothing_does() {
        let short = PAUSE / 2;
        let busy = (1..OFTEN).fold(Rhythm::default(), |rhythm, _| rhythm.came(short));
        assert!(matches!(busy, Rhythm::Watched { .. }));
        assert_eq!(busy.came(PAUSE), Rhythm::default(), "a pause");
        let looked = busy.came(short);
        assert_eq!(looked, Rhythm::Looked { empty: 0 });
        let empty = (1..OFTEN).fold(looked, |rhythm, _| rhythm.looked(false));
        assert_eq!(empty.looked(true), looked);
        assert_eq!(empty.looked(false), Rhythm::default());
    }

    #[tokio::test]
    async fn datagrams_are_read_by_the_clock_and_again_when_it_was_quiet() {
        let port = |address: &str| Arc::new(Port::bind(address.parse().unwrap()).unwrap());
        let (here, there) = (port("127.0.0.1:0"), port("127.0.0.1:0"));
        let (taken, mut datagrams) = mpsc::unbounded_channel();
        let reading = tokio::spawn(Arc::clone(&there).read(move |_, datagram| taken.send(datagram).unwrap()));
        for pause in [0, 10].into_iter().cycle().take(6) {
            sleep(PAUSE * pause).await;
            for number in 0..100u32 {
                here.send(Way { to: there.address, from: None }, &number.to_be_bytes(), 4).await;
                assert_eq!(&datagrams.recv().await.unwrap().bytes[..], number.to_be_bytes());
            }
        }
        reading.abort();
    }

    #[tokio::test]
    async fn all_who_wait_for_room_watch_one_socket() {
        let port = Port::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let (one, other) = (port.room().unwrap(), port.room().unwrap());
        assert!(Arc::ptr_eq(&one, &other));
        drop((one, other));
        assert!(port.full.lock().unwrap().upgrade().is_none());
    }

    #[tokio::test]
    async fn clients_are_divided_among_the_sockets_and_nobody_else_gets_the_address() {
        let ports = Port::shards("127.0.0.1:0".parse().unwrap(), 4).unwrap();
        let address = ports[0].address;
        assert!(ports.iter().all(|port| port.address == address));
        assert!(Port::bind(address).is_err() && Port::shards(address, 4).is_err(), "taken");
        let (taken, mut datagrams) = mpsc::unbounded_channel();
        for (index, port) in ports.into_iter().enumerate() {
            let taken = taken.clone();
            tokio::spawn(Arc::new(port).read(move |_, datagram| taken.send((index, datagram.from)).unwrap()));
        }
        let mut at = std::collections::HashMap::new();
        for _ in 0..64 {
            let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            for _ in 0..2 {
                client.send_to(b"ping", address).await.unwrap();
                let (index, from) = datagrams.recv().await.unwrap();
                assert_eq!(*at.entry(from).or_insert(index), index, "always the same for one client");
            }
        }
        let used: std::collections::HashSet<_> = at.values().collect();
        assert!(used.len() > 1 || !cfg!(target_os = "linux"), "{used:?}");
    }

    #[tokio::test]
    async fn a_socket_of_both_families_tells_ipv4_addresses_as_such() {
        let there = Arc::new(Port::bind("[::]:0".parse().unwrap()).unwrap());
        let here = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (taken, mut datagrams) = mpsc::unbounded_channel();
        let reading = tokio::spawn(Arc::clone(&there).read(move |port, datagram| {
            taken.send((Arc::clone(port), datagram)).unwrap();
        }));
        here.send_to(b"ping", ("127.0.0.1", there.address.port())).await.unwrap();
        let (port, datagram) = datagrams.recv().await.unwrap();
        assert_eq!((datagram.from, datagram.to), (here.local_addr().unwrap(), "127.0.0.1".parse().ok()));
        port.send(Way { to: datagram.from, from: datagram.to }, b"pong", 4).await;
        let mut answer = [0; 8];
        assert_eq!(here.recv_from(&mut answer).await.unwrap().0, 4);
        reading.abort();
    }
}
