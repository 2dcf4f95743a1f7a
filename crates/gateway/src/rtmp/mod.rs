//! RTMP.
use crate::{BindError, Protocol, config};
use crate::{listen, protocol::BoxFuture};
use hub::Hub;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The protocol.
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
        Box::pin(async move { let _ = self.hub; stop.cancelled().await })
    }
}
