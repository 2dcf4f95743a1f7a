//! RTMP: publish and play over TCP.
//!
//! The protocol is the machine of the crate `rtmp`; here are its sockets, and the way between it and the hub.

mod connection;
mod envelope;
mod outbox;
mod play;
mod publish;

use std::net::SocketAddr;
use std::sync::Arc;

use hub::Hub;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::config;
use crate::listen::{self, BindError};
use crate::protocol::{BoxFuture, Protocol};
use connection::Connection;
#[cfg(test)]
pub(crate) use envelope::Messages;

/// The protocol: a listener.
pub(crate) struct Rtmp {
    config: config::Rtmp,
    listeners: Vec<TcpListener>,
    hub: Hub,
}

impl Rtmp {
    pub(crate) fn new(config: config::Rtmp, hub: Hub) -> Rtmp {
        Rtmp { config, listeners: Vec::new(), hub }
    }
}

impl Protocol for Rtmp {
    fn listen(&mut self) -> Result<Vec<(&'static str, SocketAddr)>, BindError> {
        self.listeners = listen::tcp("rtmp", &self.config.listen)?;
        Ok(listen::addresses(&self.listeners).map(|address| ("rtmp", address)).collect())
    }

    fn run(self: Box<Self>, stop: CancellationToken) -> BoxFuture<()> {
        let config = Arc::new(rtmp::server::Config { chunk_size: CHUNK_SIZE, ..Default::default() });
        let hub = self.hub;
        let stopping = stop.clone();
        let serve = move |socket: TcpStream, peer: SocketAddr| {
            let connection = Connection::new(socket, peer, Arc::clone(&config), hub.clone());
            let stopping = stopping.clone();
            async move {
                let end = connection.run(stopping).await;
                debug!(proto = "rtmp", %peer, %end, "connection closed");
            }
        };
        Box::pin(listen::accept("rtmp", self.listeners, self.config.connections, stop, serve))
    }
}

/// Of every connection, so that all viewers of a stream share its bytes.
const CHUNK_SIZE: u32 = 60_000;
