//! RTMP: publish and play over TCP, with TLS or without; and the client for other people's servers.
//!
//! The protocol is the machine of the crate `rtmp`; here are its sockets, and the way between it and the hub.

pub mod client;
mod connection;
mod dial;
mod envelope;
mod outbox;
mod play;
mod publish;

use std::net::SocketAddr;
use std::sync::Arc;

use hub::Hub;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::config;
use crate::counters::Counters;
use crate::listen::{self, BindError, Peer, Port};
use crate::places::Places;
use crate::protocol::{BoxFuture, Protocol};
use crate::repeats::SharedRepeats;
use crate::tls::{Acceptor, Certificates, Socket};
use connection::Connection;
#[cfg(test)]
pub(crate) use envelope::Messages;

/// The protocol: a listener without TLS, and one with.
pub(crate) struct Rtmp {
    plain: config::Rtmp,
    tls: config::Rtmp,
    certificates: Arc<Certificates>,
    counters: Counters,
    listeners: Listeners,
    hub: Hub,
}

#[derive(Default)]
struct Listeners {
    plain: Vec<TcpListener>,
    tls: Vec<TcpListener>,
}

impl Rtmp {
    pub(crate) fn new(config: &config::Config, hub: Hub) -> Rtmp {
        Rtmp {
            plain: config.rtmp.clone(),
            tls: config.rtmps.clone(),
            certificates: Arc::clone(&config.certificates),
            counters: config.counters.clone(),
            listeners: Listeners::default(),
            hub,
        }
    }
}

impl Protocol for Rtmp {
    fn listen(&mut self) -> Result<Vec<(&'static str, SocketAddr)>, BindError> {
        let plain = listen::tcp(RTMP, &self.plain.listen)?;
        let tls = listen::tcp(RTMPS, &self.tls.listen)?;
        self.listeners = Listeners { plain, tls };
        let plain = listen::addresses(&self.listeners.plain).map(|address| (RTMP, address));
        let tls = listen::addresses(&self.listeners.tls).map(|address| (RTMPS, address));
        Ok(plain.chain(tls).collect())
    }

    fn run(self: Box<Self>, stop: CancellationToken) -> BoxFuture<()> {
        let door = Door {
            config: Arc::new(rtmp::server::Config { chunk_size: CHUNK_SIZE, ..Default::default() }),
            hub: self.hub,
            stop: stop.clone(),
            strangers: Arc::default(),
        };
        let secure = door.clone();
        let acceptor =
            Acceptor::new(RTMPS, self.certificates).counting(self.counters.of(RTMPS).handshakes_failed);
        let serve =
            move |socket: TcpStream, peer: Peer| door.clone().serve(Socket::Plain(socket), peer.address);
        let serve_tls = move |socket: TcpStream, Peer { address: peer, .. }: Peer| {
            let (door, acceptor) = (secure.clone(), acceptor.clone());
            async move {
                // Boxed: only the handshake needs so much room, and the connection goes on for hours.
                let shaken = Box::pin(acceptor.accept(socket, peer));
                if let Some(Some(socket)) = door.stop.run_until_cancelled(shaken).await {
                    Box::pin(door.serve(socket, peer)).await;
                }
            }
        };
        let Listeners { plain, tls } = self.listeners;
        let counters = self.counters;
        let port = |what, listeners, config: config::Rtmp| Port {
            what,
            listeners,
            places: Places::new(config.connections),
            proxies: config.proxies,
            counters: counters.of(what),
        };
        let plain = listen::accept(port(RTMP, plain, self.plain), stop.clone(), serve);
        let tls = listen::accept(port(RTMPS, tls, self.tls), stop, serve_tls);
        Box::pin(async {
            tokio::join!(plain, tls);
        })
    }
}

/// What every connection needs.
#[derive(Clone)]
struct Door {
    config: Arc<rtmp::server::Config>,
    hub: Hub,
    stop: CancellationToken,
    /// Clients that speak TLS where there is none.
    strangers: Arc<SharedRepeats>,
}

impl Door {
    async fn serve(self, socket: Socket, peer: SocketAddr) {
        let Door { config, hub, stop, strangers } = self;
        let proto = protocol_of(&socket);
        let end = Connection::new(socket, peer, config, hub).run(stop).await;
        if !end.is_stranger() {
            debug!(proto, %peer, %end, "connection closed");
        } else if let Some(count) = strangers.count() {
            warn!(proto, %peer, %end, count, "connection closed");
        }
    }
}

/// What a connection goes by in logs and lists.
fn protocol_of(socket: &Socket) -> &'static str {
    if socket.is_tls() { RTMPS } else { RTMP }
}

const RTMP: &str = "rtmp";
const RTMPS: &str = "rtmps";
/// Of every connection, so that all viewers of a stream share its bytes.
const CHUNK_SIZE: u32 = 60_000;
