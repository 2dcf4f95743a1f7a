//! The UDP port that all sessions share: batches in by GRO, batches out by GSO, where the kernel has them.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
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
/// The runtime watches it only while little comes: it would be woken by each datagram, which costs more than to read it.
pub(super) struct Port {
    socket: std::net::UdpSocket,
    state: UdpSocketState,
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
        Ok(Port { socket, state, address })
    }

    /// Hands every datagram that comes to `take`. Never returns.
    pub(super) async fn read(self: Arc<Self>, take: impl Fn(&Arc<Port>, Datagram)) {
        let length = self.state.gro_segments() * LARGEST;
        let mut storage = vec![0; length * BATCH_SIZE];
        let mut failures = Repeats::default();
        let mut last = Instant::now();
        loop {
            // Where something comes all the time, a look now and then finds as much.
            let found = match last.elapsed() < QUIET {
                true => self.take_in(&mut storage, length, &take),
                false => self.readable().await.and_then(|()| self.take_in(&mut storage, length, &take)),
            };
            match found {
                // There may be more.
                Ok(BATCH_SIZE) => {
                    tokio::task::yield_now().await;
                    continue;
                }
                Ok(_) => last = Instant::now(),
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => {}
                // An ICMP error of somebody who has gone, or no memory: the next may do better.
                Err(err) => {
                    last = Instant::now();
                    if let Some(count) = failures.count() {
                        warn!(proto = "webrtc", %err, count, "datagrams cannot be read");
                    }
                }
            }
            sleep(PAUSE).await;
        }
    }

    /// Waits until something comes.
    async fn readable(&self) -> io::Result<()> {
        self.watched()?.readable().await
    }

    /// The socket as the runtime watches it, until this is dropped.
    fn watched(&self) -> io::Result<UdpSocket> {
        self.socket.try_clone().and_then(UdpSocket::from_std)
    }

    /// Hands on what has come, and says how many reads that took: `BATCH_SIZE` at most.
    fn take_in(
        self: &Arc<Self>,
        storage: &mut [u8],
        length: usize,
        take: &impl Fn(&Arc<Port>, Datagram),
    ) -> io::Result<usize> {
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] = {
            let mut chunks = storage.chunks_exact_mut(length);
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
    /// system refuses are lost, as on any network.
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
        let full = send().is_err_and(|err| err.kind() == io::ErrorKind::WouldBlock);
        if full && let Ok(watched) = self.watched() {
            let _ = watched.async_io(Interest::WRITABLE, send).await;
        }
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
const PAUSE: Duration = Duration::from_millis(1);
/// After so long without anything the runtime watches again.
const QUIET: Duration = Duration::from_millis(3);
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
