//! The HTTP API: everything that can be seen and steered, as resources below `/api/v2`.
//!
//! `/terraform/v1` and `/api/v1` are the same for scripts written for Oryx and SRS: see [`oryx`].
//!
//! A handler parses, calls and converts; what happens is decided in `hub`, `control` and `jobs`. Every route is in one [`table`], with
//! who may call it, from which the OpenAPI document follows as well. Errors are problem details (RFC 9457) with a stable `code`.
//!
//! Outside: the listener, its limits and the headers that every response has (`gateway::http`).

mod access;
mod blocking;
mod body;
mod caller;
mod condition;
mod dto;
mod hls_switch;
mod live;
pub mod machine;
mod oryx;
mod params;
mod problem;
mod table;
mod v2;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use control::{Accounts, Audit, Platform, PublishKeys, Settings};
use hub::Hub;
use jobs::Snapshots;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub use access::Access;
pub use hls_switch::HlsSwitch;
pub use table::Route;

/// What the API shows and steers.
#[derive(Clone)]
pub struct Parts {
    /// Streams, publishers and viewers.
    pub hub: Hub,
    /// People.
    pub accounts: Arc<Accounts>,
    /// Scripts.
    pub platform: Arc<Platform>,
    /// What publishers need.
    pub keys: Arc<PublishKeys>,
    /// What an operator has set.
    pub settings: Settings,
    /// Who changed what.
    pub audit: Arc<Audit>,
    /// How HLS is served.
    pub hls: Arc<HlsSwitch>,
    /// Pictures of streams.
    pub snapshots: Arc<Snapshots>,
    /// Ends what does not end by itself.
    pub stop: CancellationToken,
}

/// What the handlers work with. A handle: clones share all of it.
#[derive(Clone)]
pub struct Api {
    parts: Parts,
    /// Hashing a password takes memory and a core for a while, whoever asks.
    hashing: Arc<Semaphore>,
    /// Who hashes, and who waits to.
    queue: Arc<Semaphore>,
    /// Places for those who listen to events.
    listeners: Arc<Semaphore>,
    looks: Arc<live::Looks>,
    started: Instant,
}

impl Api {
    /// The API of a server that has just been started.
    pub fn new(parts: Parts) -> Api {
        let places = [HASHES, QUEUE, LISTENERS].map(|places| Arc::new(Semaphore::new(places)));
        let [hashing, queue, listeners] = places;
        Api { parts, hashing, queue, listeners, looks: Arc::default(), started: Instant::now() }
    }

    /// All routes, to be served.
    pub fn router(&self) -> Router {
        v2::table().router(self).merge(oryx::router(self))
    }
}

impl Deref for Api {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

/// Every route with who may call it, in the order of their paths.
pub fn routes() -> Vec<Route> {
    v2::table().routes()
}

/// The OpenAPI 3.1 document, as JSON.
pub fn openapi() -> String {
    v2::table().openapi()
}

/// Passwords that are hashed at the same time: 19 MiB each.
const HASHES: usize = 2;
/// Those, and others that wait for their turn: a second or two.
const QUEUE: usize = 64;
/// Consoles and others that listen to events at a time.
const LISTENERS: usize = 256;

#[cfg(test)]
mod api_test;
