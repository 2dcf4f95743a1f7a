//! `sluice serve`: everything that runs, put together.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use api::{Api, Bilibili, HlsSwitch};
use control::{
    Accounts, AddressRules, Aliases, Audit, Key, Passes, Platform, PublishKeys, Secret, Settings, outbound,
};
use gateway::http::Site;
use gateway::{BindError, Gateway};
use hub::Hub;
use jobs::{Ffmpeg, Snapshots};
use store::Embedded;
use tokio::net::UnixListener;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::addresses::AddressesFile;
use crate::certificates::Keeper;
use crate::config::{Config, Loaded, Shown};
use crate::control_socket::ControlSocket;
use crate::data_dir::DataDir;
use crate::logs::{self, Logs};
use crate::signals::{Request, Signals};
use crate::{banner, limits};

/// A server whose listeners accept.
pub(crate) struct Server {
    runtime: Runtime,
    signals: Signals,
    gateway: Gateway,
    /// There as long as the server is.
    _addresses: AddressesFile,
    api: Api,
    machine: Option<Machine>,
    hub: Hub,
    snapshots: Arc<Snapshots>,
    store: Arc<Embedded>,
    certificates: Keeper,
    logs: Logs,
    stop: CancellationToken,
}

/// Administration from the machine itself.
struct Machine {
    api: Api,
    listener: UnixListener,
    _socket: ControlSocket,
}

/// For streams to finish, of the five seconds that the whole stop may take.
const DRAIN: Duration = Duration::from_secs(4);
/// For calls into disk and resolver that have begun.
const LAST_CALLS: Duration = Duration::from_millis(500);

/// Starts all there is, and says so. Errs with what is wrong and what to do about it.
pub(crate) fn start(loaded: Loaded) -> anyhow::Result<Server> {
    let began = Instant::now();
    let Loaded { config, owner, warnings, .. } = loaded;
    limits::use_ordinary_pages();
    gateway::tls::install();
    let logs = logs::start(&config.log)?;
    let data = DataDir::create(&config.data_dir)?;
    let store = Arc::new(Embedded::open(&data.store()).map_err(|error| data.store_trouble(error))?);
    let file = AddressesFile::in_folder(&data.run());
    let keys = PublishKeys::open(store.clone(), config.publish_key.clone())
        .map_err(|error| key_trouble(&data, error))?;
    let keys = Arc::new(keys);
    let aliases = Aliases::open(store.clone(), keys.gate()).map_err(|error| data.store_trouble(error))?;
    let passes = Passes::open(store.clone(), keys.gate()).map_err(|error| entry_trouble(&data, error))?;
    let addresses =
        AddressRules::open(store.clone(), keys.gate()).map_err(|error| data.store_trouble(error))?;
    let accounts = Arc::new(Accounts::open(store.clone()).map_err(|error| accounts_trouble(&data, error))?);
    let audit = Audit::open(data.path()).map_err(|error| data.not_writable(data.path(), &error))?;
    let audit = Arc::new(audit);
    let platform = Platform::open(&*store, Arc::clone(&accounts), owner.secret, config.open_init)
        .context("the API for scripts cannot be had")?;
    if let Some(password) = owner.password {
        accounts.set_owner("admin", &password).context("MGMT_PASSWORD cannot be used")?;
    }

    let certificates = Keeper::open(&config, &data)?;

    let runtime = runtime(&config)?;
    let entered = runtime.enter();
    let signals = Signals::new().context("cannot listen to signals")?;
    let mut streams = config.hub();
    streams.limits.memory = limits::quarter_of_memory();
    let hub = Hub::new(streams, keys.gate());
    let mut doors = config.gateway();
    doors.certificates = certificates.served();
    let hls = HlsSwitch::open(config.hls(limits::quarter_of_memory()), Settings::new(store.clone()))
        .map_err(|error| data.store_trouble(error))?;
    doors.hls = hls.in_force();
    let (key, stop) = (keys.global(), CancellationToken::new());
    let ffmpeg = Arc::new(Ffmpeg::new(config.ffmpeg.clone(), stop.clone()));
    let snapshots = Arc::new(Snapshots::new(ffmpeg));
    let api = Api::new(api::Parts {
        hub: hub.clone(),
        accounts: Arc::clone(&accounts),
        platform: Arc::new(platform),
        keys,
        aliases: Arc::new(aliases),
        passes: Arc::new(passes),
        addresses: Arc::new(addresses),
        settings: Settings::new(store.clone()),
        audit,
        hls: Arc::new(hls),
        environment: config.environment(rtmp_port(&config)),
        logs: logs.recent(),
        data: data.path().to_owned(),
        outbound: outbound::Client::new(),
        bilibili: Arc::new(Bilibili::new(Bilibili::ADDRESS, owner.development)),
        well_known: data.well_known(),
        snapshots: Arc::clone(&snapshots),
        stop: stop.clone(),
    });
    let site = Site { routes: api.router(), elsewhere: Api::elsewhere() };
    let gateway = Gateway::bind(&doors, hub.clone(), site).map_err(|error| cannot_listen(&error))?;
    api.listens_on(gateway.addresses());
    let machine = ControlSocket::bind(&data.run()).and_then(|(socket, listener)| {
        Ok(Machine { api: api.clone(), listener: UnixListener::from_std(listener)?, _socket: socket })
    });
    drop(entered);

    // From here on nothing is likely to fail: where the start does, its one line of reason stands alone.
    for warning in warnings {
        warn!("{warning}");
    }
    if let Err(err) = &machine {
        // Its path may be too long for a socket; everything else works.
        warn!(%err, "the server cannot be administered with `sluice user` and `sluice store` while it runs");
    }
    limits::raise_open_files();
    let addresses = gateway.addresses();
    file.write(addresses).map_err(|error| data.not_writable(file.path(), &error))?;
    announce(addresses, &key, accounts.setup().as_ref(), &data);
    for (name, address) in addresses {
        info!(proto = name, addr = %address, "listening");
    }
    certificates.announce();
    let took = began.elapsed().as_millis();
    info!(version = env!("CARGO_PKG_VERSION"), workers = config.workers, took_ms = took, "ready");
    let machine = machine.ok();
    Ok(Server {
        runtime,
        signals,
        gateway,
        _addresses: file,
        api,
        machine,
        hub,
        snapshots,
        store,
        certificates,
        logs,
        stop,
    })
}

impl Server {
    /// Serves until the system asks it to stop.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let Server { runtime, mut signals, gateway, certificates, logs, .. } = self;
        let Server { _addresses, api, machine, hub, snapshots, store, stop, .. } = self;
        let ended = runtime.block_on(async {
            let machine_stop = stop.clone();
            let administering = tokio::spawn(async move {
                if let Some(Machine { api, listener, _socket }) = machine {
                    api::machine::serve(listener, api, store, machine_stop).await;
                }
            });
            let measuring = tokio::spawn(api.measure());
            let snapshots_stop = stop.clone();
            let taking = tokio::spawn(async move { snapshots.run(hub, snapshots_stop).await });
            let mut serving = tokio::spawn(gateway.run(stop.clone()));
            loop {
                tokio::select! {
                    ended = &mut serving => bail!("the listeners ended by themselves ({ended:?})"),
                    request = signals.next() => match request {
                        Request::Reload => {
                            logs.reopen();
                            certificates.reload();
                        }
                        Request::Stop(signal) => {
                            info!(signal, "stopping");
                            break;
                        }
                    },
                }
            }
            stop.cancel();
            let ended = async { tokio::join!(serving, administering, measuring, taking) };
            if timeout(DRAIN, ended).await.is_err() {
                warn!("stopped before everything was finished");
            }
            Ok(())
        });
        runtime.shutdown_timeout(LAST_CALLS);
        info!("stopped");
        ended
    }
}

/// The port that RTMP is to listen on; the first, if there are several.
fn rtmp_port(config: &Config) -> Option<u16> {
    config.rtmp_listen.addresses().first().map(SocketAddr::port).filter(|port| *port != 0)
}

fn runtime(config: &Config) -> anyhow::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(config.workers).thread_name("worker").enable_all();
    builder.build().context("cannot start threads")
}

fn announce(addresses: &[(&'static str, SocketAddr)], key: &Key, setup: Option<&Secret>, data: &DataDir) {
    let text = banner::text(addresses, key, setup, data.path());
    // A server whose output nobody reads serves all the same.
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

fn key_trouble(data: &DataDir, error: control::publish::Error) -> anyhow::Error {
    match error {
        control::publish::Error::Store(error @ store::Error::Json { .. }) => {
            anyhow!("{error}: give another publish key with --publish-key or SLUICE_PUBLISH_KEY")
        }
        control::publish::Error::Store(error) => data.store_trouble(error),
        other => other.into(),
    }
}

fn entry_trouble(data: &DataDir, error: control::entry::Error) -> anyhow::Error {
    match error {
        control::entry::Error::Store(error) => data.store_trouble(error),
        other => other.into(),
    }
}

fn accounts_trouble(data: &DataDir, error: control::accounts::Error) -> anyhow::Error {
    match error {
        control::accounts::Error::Store(error) => data.store_trouble(error),
        other => other.into(),
    }
}

fn cannot_listen(error: &BindError) -> anyhow::Error {
    let BindError { what: name, address, source } = error;
    let choose =
        format!("choose another address with --{name}-listen or SLUICE_{}_LISTEN", name.to_uppercase());
    let advice = match source.kind() {
        io::ErrorKind::AddrInUse => {
            format!("another program has that port; stop it, or {choose}")
        }
        io::ErrorKind::PermissionDenied => {
            format!("ports below 1024 need a privilege; {choose}")
        }
        io::ErrorKind::AddrNotAvailable => format!("this machine does not have that address; {choose}"),
        _ => choose,
    };
    anyhow!("cannot listen on {} for {} ({source}): {advice}", Shown(*address), name.to_uppercase())
}
