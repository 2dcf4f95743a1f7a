//! WebRTC: publish by WHIP, watch by WHEP, or by the JSON API of SRS; media by UDP, or by TCP where that is closed.
//!
//! Each session is a task: the machine of the crate `rtc` with its socket, and the way between it and the hub. The UDP port is bound once
//! for each core; a task for each of those sockets reads it and finds whose a datagram is, and a session sends by the one that it was
//! heard on.

mod alarm;
mod candidates;
pub(crate) mod carried;
mod counters;
mod door;
mod inbox;
mod link;
mod packets;
mod play;
mod port;
mod publish;
mod secrets;
mod sessions;
mod srs;
mod tcp;
mod waiting;
mod whip;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::routing::any;
use hub::{Action, Hub};
use rtc::Certificate;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config;
use crate::counters::Counters as Doors;
use crate::listen::{self, BindError, Peer, Port as TcpPort};
use crate::places::Places;
use crate::protocol::{BoxFuture, Protocol};
use candidates::Candidates;
use door::{Door, Parts};
use port::Port;
use sessions::Sessions;

pub(crate) use counters::Counters;

/// The protocol.
pub(crate) struct WebRtc {
    config: config::Webrtc,
    counters: Doors,
    hub: Hub,
    ports: Vec<Arc<Port>>,
    listeners: Vec<TcpListener>,
    /// Once it listens.
    door: Option<Door>,
}

impl WebRtc {
    pub(crate) fn new(config: &config::Config, hub: Hub) -> WebRtc {
        let (config, counters) = (config.webrtc.clone(), config.counters.clone());
        WebRtc { config, counters, hub, ports: Vec::new(), listeners: Vec::new(), door: None }
    }

    /// Binds the port of one address for TCP and UDP: the same number, also where the system chooses it.
    fn bind(&mut self, address: SocketAddr) -> Result<(), BindError> {
        let failed = |what| move |source| BindError { what, address, source };
        let mut tries = 0;
        loop {
            let listener = listen::tcp(TCP, &[address])?
                .pop()
                .ok_or_else(|| failed(TCP)(io::ErrorKind::AddrNotAvailable.into()))?;
            let port = listener.local_addr().map_err(failed(TCP))?.port();
            match Port::shards(SocketAddr::new(address.ip(), port), shards()) {
                Ok(ports) => {
                    self.ports.extend(ports.into_iter().map(Arc::new));
                    self.listeners.push(listener);
                    return Ok(());
                }
                // The number that is free for TCP is taken for UDP.
                Err(error)
                    if address.port() == 0 && error.kind() == io::ErrorKind::AddrInUse && tries < TRIES =>
                {
                    tries += 1
                }
                Err(error) => return Err(failed(NAME)(error)),
            }
        }
    }
}

impl Protocol for WebRtc {
    fn listen(&mut self) -> Result<Vec<(&'static str, SocketAddr)>, BindError> {
        for address in self.config.listen.clone() {
            self.bind(address)?;
        }
        let Some(first) = self.ports.first() else { return Ok(Vec::new()) };
        let certificate = Certificate::generate().map_err(|error| BindError {
            what: NAME,
            address: first.address,
            source: io::Error::other(error),
        })?;
        self.door = Some(Door::new(Parts {
            hub: self.hub.clone(),
            sessions: Arc::new(Sessions::default()),
            candidates: Candidates::new(self.config.clone(), first.address.port(), true),
            certificate,
            counters: self.counters.webrtc(),
            key_frame_every: self.config.key_frame_every,
        }));
        let mut udp: Vec<_> = self.ports.iter().map(|port| (NAME, port.address)).collect();
        udp.dedup();
        let tcp = listen::addresses(&self.listeners).map(|address| (TCP, address));
        Ok(udp.into_iter().chain(tcp).collect())
    }

    fn routes(&self) -> Router {
        let Some(door) = &self.door else { return Router::new() };
        let links: Arc<[_]> = self.config.ice_servers.iter().filter_map(whip::link).collect();
        let mut router = Router::new();
        for (path, action) in [("whip", Action::Publish), ("whep", Action::Play), ("whip-play", Action::Play)]
        {
            let endpoint = whip::Endpoint { door: door.clone(), action, links: Arc::clone(&links) };
            let serve = any(move |request: Request| endpoint.clone().serve(request));
            router = router.route(&format!("/rtc/v1/{path}"), serve.clone());
            router = router.route(&format!("/rtc/v1/{path}/"), serve);
        }
        for (path, action) in [("publish", Action::Publish), ("play", Action::Play)] {
            let door = door.clone();
            let serve = any(move |request: Request| srs::serve(door.clone(), action, request));
            router = router.route(&format!("/rtc/v1/{path}"), serve.clone());
            router = router.route(&format!("/rtc/v1/{path}/"), serve);
        }
        router
    }

    fn run(self: Box<Self>, stop: CancellationToken) -> BoxFuture<()> {
        let WebRtc { config, counters, ports, listeners, door, .. } = *self;
        let Some(door) = door else { return Box::pin(async {}) };
        Box::pin(async move {
            let sessions = Arc::clone(door.sessions());
            let readers = TaskTracker::new();
            let over = CancellationToken::new();
            for port in ports {
                let sessions = Arc::clone(&sessions);
                let read = port.read(move |port, datagram| sessions.datagram(port, datagram));
                readers.spawn(over.clone().run_until_cancelled_owned(read));
            }
            let tcp = TcpPort {
                what: TCP,
                listeners,
                places: Places::new(config.connections),
                proxies: config::Proxies::default(),
                counters: counters.of(TCP),
            };
            let serving = stop.clone();
            let accept = listen::accept(tcp, stop.clone(), move |socket: TcpStream, peer: Peer| {
                let (sessions, stop) = (Arc::clone(&sessions), serving.clone());
                async move {
                    stop.run_until_cancelled(tcp::serve(socket, peer.address, sessions)).await;
                }
            });
            let close = async {
                stop.cancelled().await;
                door.close().await;
            };
            tokio::join!(accept, close);
            over.cancel();
            readers.close();
            readers.wait().await;
        })
    }
}

/// Sockets for each address: one for each core, in reason.
fn shards() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(MOST_SHARDS)
}

const NAME: &str = "webrtc";
const TCP: &str = "webrtc-tcp";
const MOST_SHARDS: usize = 8;
/// Numbers tried where the system chooses.
const TRIES: usize = 16;

#[cfg(test)]
#[path = "webrtc_test.rs"]
mod tests;
