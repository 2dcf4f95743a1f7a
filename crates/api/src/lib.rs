//! The HTTP API: everything that can be seen and steered, as resources below `/api/v2`.
//!
//! `/terraform/v1` and `/api/v1` are the same for scripts written for Oryx and SRS: see [`oryx`]. What people open in a browser
//! is in [`pages`].
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
mod diagnostics;
mod dto;
mod environment;
mod exposition;
mod hls_switch;
mod live;
mod log_lines;
pub mod machine;
mod merge;
mod metrics;
mod oryx;
mod pages;
mod paging;
mod params;
mod part_of_file;
mod past;
mod problem;
mod reference;
mod table;
mod unique;
mod v2;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Instant, SystemTime};

use axum::Router;
use control::{
    Accounts, AddressRules, Aliases, Audit, Certificates, Hooks, Passes, Platform, PublishKeys, Settings,
    outbound,
};
use hub::Hub;
use jobs::{Recordings, Snapshots, Supervisor, Tencent, Timeshifts};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub use access::Access;
pub use environment::Environment;
pub use exposition::{Exposition, register_process};
pub use hls_switch::HlsSwitch;
pub use log_lines::LogLines;
pub use oryx::Bilibili;
pub use past::Past;
pub use table::Route;

use metrics::Metrics;

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
    /// What devices publish by that cannot send a key.
    pub aliases: Arc<Aliases>,
    /// What lets guests and viewers in.
    pub passes: Arc<Passes>,
    /// Where publishers and viewers may come from.
    pub addresses: Arc<AddressRules>,
    /// Who is asked and told of what happens.
    pub hooks: Arc<Hooks>,
    /// What an operator has set.
    pub settings: Settings,
    /// Who changed what.
    pub audit: Arc<Audit>,
    /// How HLS is served.
    pub hls: Arc<HlsSwitch>,
    /// What scripts are told of where the server runs.
    pub environment: Environment,
    /// The settings in force, as text for people, without secrets.
    pub configuration: Arc<str>,
    /// What Prometheus may know.
    pub exposition: Arc<Exposition>,
    /// What was logged last.
    pub logs: Arc<LogLines>,
    /// Streams that were live.
    pub past: Arc<Past>,
    /// The data folder.
    pub data: PathBuf,
    /// Asks other servers.
    pub outbound: outbound::Client,
    /// What Bilibili says about videos.
    pub bilibili: Arc<Bilibili>,
    /// The folder of `/.well-known/`, there or not.
    pub well_known: PathBuf,
    /// Pictures of streams.
    pub snapshots: Arc<Snapshots>,
    /// Background work.
    pub jobs: Arc<Supervisor>,
    /// What was recorded.
    pub recordings: Arc<Recordings>,
    /// What goes to Tencent's clouds.
    pub tencent: Arc<Tencent>,
    /// What is kept of live streams for viewers who go back.
    pub timeshifts: Arc<Timeshifts>,
    /// What listeners with TLS show.
    pub certificates: Certificates,
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
    /// How many of them each account has.
    listening_users: Arc<Mutex<HashMap<String, usize>>>,
    /// A place for who tries the ports.
    probing: Arc<Semaphore>,
    looks: Arc<live::Looks>,
    /// Held while settings are compared and changed.
    settings_changing: Arc<Mutex<()>>,
    metrics: Arc<Metrics>,
    /// What the gateway listens on, once it does.
    listening: Arc<OnceLock<Vec<(&'static str, SocketAddr)>>>,
    started: Instant,
    since: SystemTime,
}

impl Api {
    /// The API of a server that has just been started.
    pub fn new(parts: Parts) -> Api {
        let places = [HASHES, QUEUE, LISTENERS, 1].map(|places| Arc::new(Semaphore::new(places)));
        let [hashing, queue, listeners, probing] = places;
        let (looks, metrics, listening) = (Arc::default(), Arc::new(Metrics::new()), Arc::default());
        let (started, since) = (Instant::now(), SystemTime::now());
        let settings_changing = Arc::default();
        Api {
            parts,
            hashing,
            queue,
            listeners,
            listening_users: Arc::default(),
            probing,
            looks,
            settings_changing,
            metrics,
            listening,
            started,
            since,
        }
    }

    fn listening_users(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.listening_users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settings_changing(&self) -> MutexGuard<'_, ()> {
        self.settings_changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what the server listens on, by the name of the listener. To be called once.
    pub fn listens_on(&self, addresses: &[(&'static str, SocketAddr)]) {
        let _ = self.listening.set(addresses.to_owned());
    }

    fn listens(&self) -> &[(&'static str, SocketAddr)] {
        self.listening.get().map_or(&[], Vec::as_slice)
    }

    /// Measures what the history consists of, until the API stops.
    pub async fn measure(self) {
        metrics::run(self).await;
    }

    /// All routes, to be served.
    pub fn router(&self) -> Router {
        v2::table().router(self).merge(oryx::router(self)).merge(pages::router(self))
    }

    /// What the port for Prometheus answers.
    pub fn metrics_router(&self) -> Router {
        exposition::router(self)
    }

    /// What answers where neither a route nor anybody else does: everything leads to the console.
    pub fn elsewhere() -> Router {
        pages::elsewhere()
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
#[cfg(test)]
mod bodies_test;
#[cfg(test)]
mod insight_test;
