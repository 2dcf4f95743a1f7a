//! The doors: one folder a protocol. Each turns a wire protocol into publishers and viewers of the [`hub`].
//!
//! A protocol implements [`Protocol`] and has its line in [`protocols`]; what it serves over HTTP it registers there too,
//! for [`http`] owns the HTTP port.

mod audio;
pub mod config;
mod counters;
mod derive;
#[cfg(test)]
mod endurance_test;
mod flv;
mod hls;
pub mod http;
mod listen;
mod outputs;
mod path;
mod places;
pub mod protocol;
mod proxied;
mod repeats;
pub mod rtmp;
mod tags;
#[cfg(test)]
mod testing;
pub mod timeshift;
pub mod tls;
mod ts;
mod webrtc;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use hub::Hub;

use http::endless::{Endless, File};

pub use config::Config;
pub use counters::Counters;
pub use listen::{BindError, own_addresses};
pub use outputs::{Output, outputs};
pub use protocol::Protocol;

/// What we call ourselves to peers.
pub(crate) const AGENT: &str = concat!("Sluice/", env!("CARGO_PKG_VERSION"));

/// Every protocol there is. A new one is a folder and a line here, or among [`FILES`].
fn protocols(config: &Config, hub: &Hub) -> Vec<Box<dyn Protocol>> {
    let mut protocols: Vec<Box<dyn Protocol>> = vec![
        Box::new(rtmp::Rtmp::new(config, hub.clone())),
        Box::new(webrtc::WebRtc::new(config, hub.clone())),
        // Before live MPEG-TS: its segments have the same suffix.
        Box::new(hls::Hls::new(Arc::clone(&config.hls), config.timeshift.clone(), hub.clone())),
    ];
    for file in FILES {
        protocols.push(Box::new(Endless::new(file, hub.clone())));
    }
    protocols
}

/// Every endless file there is, over HTTP and WebSocket.
const FILES: [File; 4] = [flv::FILE, ts::FILE, audio::AAC, audio::MP3];

/// All doors, bound and not yet open.
pub struct Gateway {
    http: http::Server,
    metrics: http::Server,
    protocols: Vec<Box<dyn Protocol>>,
    addresses: Vec<(&'static str, SocketAddr)>,
    hub: Hub,
    counters: Counters,
}

impl Gateway {
    /// Binds every listener: connections queue up from here on. The HTTP port answers `site` beside what protocols serve.
    ///
    /// Errs with the first address that cannot be had. Must be called within a tokio runtime.
    pub fn bind(config: &Config, hub: Hub, site: http::Site) -> Result<Gateway, BindError> {
        let mut protocols = protocols(config, &hub);
        let http::Site { routes, elsewhere, metrics } = site;
        let site = http::Site { routes, elsewhere, ..Default::default() };
        let mut http = http::Server::bind(config, site)?;
        let mut addresses: Vec<_> = http.addresses().collect();
        let metrics = http::Server::bind_metrics(config, metrics)?;
        addresses.extend(metrics.addresses());
        for protocol in &mut protocols {
            addresses.extend(protocol.listen()?);
            http.add(protocol.routes(), protocol.media());
        }
        Ok(Gateway { http, metrics, protocols, addresses, hub, counters: config.counters.clone() })
    }

    /// What was bound, by the name of the listener: `http`, `https`, `rtmp`, `rtmps`, `webrtc`, `webrtc-tcp`, `metrics`.
    pub fn addresses(&self) -> &[(&'static str, SocketAddr)] {
        &self.addresses
    }

    /// Serves until `stop` is cancelled; then accepts nothing more, ends every session and returns when all are gone.
    pub async fn run(self, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        for protocol in self.protocols {
            tasks.spawn(protocol.run(stop.clone()));
        }
        tasks.spawn(derive::run(self.hub.clone(), self.counters.derive, stop.clone()));
        tasks.spawn(self.http.run(stop.clone()));
        tasks.spawn(self.metrics.run(stop.clone()));
        tasks.close();
        stop.cancelled().await;
        self.hub.shut_down().await;
        tasks.wait().await;
    }
}
