//! TCP listeners, and the loop that accepts.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use peer::Trusted;
use peer::proxy::Header;
use prometheus_client::metrics::gauge::Gauge;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::config::{Connections, Proxies};
use crate::counters::OfListener;
use crate::places::{Place, Places};
use crate::proxied;
use crate::repeats::{Repeats, SharedRepeats};

/// An address that could not be listened on.
#[derive(Debug, thiserror::Error)]
#[error("{what} cannot listen on {address}: {source}")]
pub struct BindError {
    /// Whose listener: `http`, `rtmp`.
    pub what: &'static str,
    /// The address asked for.
    pub address: SocketAddr,
    /// What the system said.
    pub source: io::Error,
}

/// Listens on each of `addresses`. An unspecified IPv6 address takes IPv4 too, and falls back to IPv4 where there is no IPv6.
pub(crate) fn tcp(what: &'static str, addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, BindError> {
    let bind = |address: &SocketAddr| {
        let bound = match (bind_tcp(*address), address) {
            (Err(error), SocketAddr::V6(v6)) if v6.ip().is_unspecified() && no_ipv6(&error) => {
                bind_tcp((Ipv4Addr::UNSPECIFIED, v6.port()).into())
            }
            (bound, _) => bound,
        };
        bound.map_err(|source| BindError { what, address: *address, source })
    };
    addresses.iter().map(bind).collect()
}

fn bind_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if let SocketAddr::V6(v6) = address {
        socket.set_only_v6(!v6.ip().is_unspecified())?;
    }
    // A restart must not wait for the old connections' TIME_WAIT.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

pub(crate) fn no_ipv6(error: &io::Error) -> bool {
    // EAFNOSUPPORT, EADDRNOTAVAIL: a kernel without IPv6, a host with it disabled.
    matches!(error.raw_os_error(), Some(97 | 99))
}

/// The addresses that `listeners` are bound to.
pub(crate) fn addresses(listeners: &[TcpListener]) -> impl Iterator<Item = SocketAddr> + '_ {
    listeners.iter().filter_map(|listener| listener.local_addr().ok())
}

/// The addresses by which others most likely reach this machine: those of the ways out, by IPv4 before IPv6. Nothing is sent
/// to find them. Empty without a way out.
pub fn own_addresses() -> impl Iterator<Item = IpAddr> {
    // Addresses for documentation (RFC 5737, RFC 3849), which have no host.
    let targets: [(IpAddr, IpAddr); 2] = [
        (Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into()),
        (Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into()),
    ];
    targets.into_iter().filter_map(|(from, to)| own_address(from, to))
}

fn own_address(from: IpAddr, to: IpAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind((from, 0)).ok()?;
    socket.connect((to, 9)).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_unspecified()).then_some(ip)
}

/// Whose a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer {
    /// The address of the client or, where no proxy has said it in front of the connection, of the socket's other end.
    pub(crate) address: SocketAddr,
    /// Whether the client speaks TLS with a proxy, if that says so in front of the connection.
    pub(crate) secure: Option<bool>,
}

/// A port that accepts: who it is, how many it takes, and what may be in front of it.
pub(crate) struct Port {
    pub(crate) what: &'static str,
    pub(crate) listeners: Vec<TcpListener>,
    pub(crate) places: Arc<Places>,
    pub(crate) proxies: Proxies,
    pub(crate) counters: OfListener,
}

/// Accepts connections until `stop`, as many at a time as `places` there are, and runs `serve` on each; returns when the last is over.
///
/// A connection over the limits is closed at once, so that those who wait in the queue are not kept in the dark.
pub(crate) async fn accept<S>(
    port: Port,
    stop: CancellationToken,
    serve: impl Fn(TcpStream, Peer) -> S + Clone + Send + Sync + 'static,
) where
    S: Future<Output = ()> + Send + 'static,
{
    let Port { what, listeners, places, proxies, counters } = port;
    let connections = TaskTracker::new();
    let loops = TaskTracker::new();
    let arrivals =
        Arc::new(Arrivals { what, stop: stop.clone(), refusals: SharedRepeats::default(), counters });
    for listener in listeners {
        let (connections, places, serve) = (connections.clone(), Arc::clone(&places), serve.clone());
        let (proxies, arrivals) = (proxies.clone(), Arc::clone(&arrivals));
        loops.spawn(stop.clone().run_until_cancelled_owned(async move {
            let mut failures = Repeats::default();
            loop {
                let (socket, peer) = accept_one(what, &listener, &mut failures).await;
                let peer = unmap(peer);
                let trusted = proxies.trusted.contains(peer.ip());
                let place = if trusted { places.take_nobodys() } else { places.take(peer.ip()) };
                let Some(place) = place else {
                    arrivals.refuse(peer, places.limits());
                    continue;
                };
                // A frame must not wait for the acknowledgement of the one before.
                if socket.set_nodelay(true).is_err() {
                    continue;
                }
                let open = Open::new(&arrivals.counters);
                if trusted && proxies.header {
                    let trusted = Arc::clone(&proxies.trusted);
                    let arriving = Box::pin(Arc::clone(&arrivals).arrive(socket, peer, place, trusted));
                    let serve = serve.clone();
                    connections.spawn(async move {
                        if let Some((socket, client, place)) = arriving.await {
                            Box::pin(serve(socket, client)).await;
                            drop((place, open));
                        }
                    });
                    continue;
                }
                // Boxed: an async block that awaits what it has captured has room for it twice.
                let serving = Box::pin(serve(socket, Peer { address: peer, secure: None }));
                connections.spawn(async move {
                    serving.await;
                    drop((place, open));
                });
            }
        }));
    }
    loops.close();
    loops.wait().await;
    connections.close();
    connections.wait().await;
}

/// A connection that is open, for whoever counts them.
struct Open(Gauge);

impl Open {
    fn new(counters: &OfListener) -> Open {
        counters.accepted.inc();
        counters.open.inc();
        Open(counters.open.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Connections between their beginning and their service.
struct Arrivals {
    what: &'static str,
    stop: CancellationToken,
    refusals: SharedRepeats,
    counters: OfListener,
}

impl Arrivals {
    fn refuse(&self, peer: SocketAddr, limits: Connections) {
        self.counters.too_many.inc();
        if let Some(count) = self.refusals.count() {
            let (proto, Connections { all, per_address }) = (self.what, limits);
            warn!(proto, %peer, all, per_address, count, "connection refused: too many");
        }
    }

    /// Reads what the proxy `peer` says in front of the connection: whose it is. Nothing when it does not say so in time.
    async fn arrive(
        self: Arc<Self>,
        mut socket: TcpStream,
        peer: SocketAddr,
        place: Place,
        trusted: Arc<Trusted>,
    ) -> Option<(TcpStream, Peer, Place)> {
        let header = self.stop.run_until_cancelled(proxied::read(&mut socket)).await?;
        let client = match header {
            Ok(Header::Client { address, secure }) => Peer { address, secure },
            Ok(Header::Peer) => return Some((socket, Peer { address: peer, secure: None }, place)),
            Err(err) => {
                self.counters.no_header.inc();
                if let Some(count) = self.refusals.count() {
                    warn!(proto = self.what, %peer, %err, count, "connection refused: no PROXY header");
                }
                return None;
            }
        };
        if trusted.contains(client.address.ip()) {
            // A proxy behind a proxy: its connections are those of many, too.
            return Some((socket, client, place));
        }
        let limits = place.limits();
        let Some(place) = place.of(client.address.ip()) else {
            self.refuse(client.address, limits);
            return None;
        };
        Some((socket, client, place))
    }
}

async fn accept_one(
    what: &'static str,
    listener: &TcpListener,
    failures: &mut Repeats,
) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // Out of file descriptors, or the peer has gone: the next may do better, but not at once.
            Err(err) => {
                if let Some(count) = failures.count() {
                    warn!(proto = what, %err, count, "accept failed");
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// `::ffff:1.2.3.4` is an IPv4 peer on a socket that takes both.
fn unmap(peer: SocketAddr) -> SocketAddr {
    SocketAddr::new(peer.ip().to_canonical(), peer.port())
}

/// A peer that takes no byte for so long is given up.
pub(crate) const STALL: Duration = Duration::from_secs(20);
/// 500 viewers that reconnect at once must find room.
const BACKLOG: i32 = 4096;
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
