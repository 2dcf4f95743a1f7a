//! `sluice serve`: everything that runs, put together.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use api::{Api, Bilibili, Exposition, HlsSwitch, Past};
use control::certificates::{Orders, Source};
use control::{
    Accounts, AddressRules, Aliases, Audit, Certificates, Hooks, Key, Passes, Platform, PublishKeys, Secret,
    Settings,
};
use gateway::http::Site;
use gateway::{BindError, Gateway};
use hub::Hub;
use jobs::record::Keep;
use jobs::{Ffmpeg, Recordings, Snapshots, Supervisor, Tencent, Timeshifts, Tools};
use prometheus_client::registry::Registry;
use store::Embedded;
use tokio::net::UnixListener;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::addresses::AddressesFile;
use crate::certificates::Keeper;
use crate::config::{self, Config, Loaded, Shown};
use crate::control_socket::ControlSocket;
use crate::data_dir::DataDir;
use crate::logs::{self, Logs};
use crate::signals::{Request, Signals};
use crate::traces::Traces;
use crate::{banner, limits, notify, recordings};

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
    past: Arc<Past>,
    recordings: Arc<Recordings>,
    timeshifts: Arc<Timeshifts>,
    tencent: Arc<Tencent>,
    jobs: Arc<Supervisor>,
    hooks: Arc<Hooks>,
    traces: Traces,
    store: Arc<Embedded>,
    certificates: Certificates,
    orders: Orders,
    logs: Logs,
    stop: CancellationToken,
}

/// Administration from the machine itself.
struct Machine {
    api: Api,
    listener: UnixListener,
    _socket: ControlSocket,
}

/// For webhooks to be told of the recordings that are done, when the server stops.
const REPORTS: Duration = Duration::from_millis(500);
/// For streams to finish, of the five seconds that the whole stop may take.
const DRAIN: Duration = Duration::from_secs(4);
/// For calls into disk and resolver that have begun.
const LAST_CALLS: Duration = Duration::from_millis(500);
/// How long a start waits for the store of a server that is just ending.
const STORE_PATIENCE: Duration = Duration::from_secs(2);

/// Starts all there is, and says so. Errs with what is wrong and what to do about it.
pub(crate) fn start(loaded: Loaded) -> anyhow::Result<Server> {
    let began = Instant::now();
    let configuration = config::reference::effective(&loaded).into();
    let Loaded { config, owner, warnings, .. } = loaded;
    limits::use_ordinary_pages();
    gateway::tls::install();
    let logs = logs::start(&config.log)?;
    let data = DataDir::create(&config.data_dir)?;
    let store =
        Embedded::open_within(&data.store(), STORE_PATIENCE).map_err(|error| data.store_trouble(error))?;
    let store = Arc::new(store);
    let file = AddressesFile::in_folder(&data.run());
    let keys = PublishKeys::open(store.clone(), config.publish_key.clone())
        .map_err(|error| key_trouble(&data, error))?;
    let keys = Arc::new(keys);
    let aliases = Aliases::open(store.clone(), keys.gate()).map_err(|error| data.store_trouble(error))?;
    let passes = Passes::open(store.clone(), keys.gate()).map_err(|error| entry_trouble(&data, error))?;
    let addresses =
        AddressRules::open(store.clone(), keys.gate()).map_err(|error| data.store_trouble(error))?;
    let outbound = config.outbound()?;
    let hooks = Hooks::open(store.clone(), outbound.clone()).map_err(|error| data.store_trouble(error))?;
    let hooks = Arc::new(hooks);
    keys.gate().ask(Arc::clone(&hooks));
    let accounts = Arc::new(Accounts::open(store.clone()).map_err(|error| accounts_trouble(&data, error))?);
    let audit = Audit::open(data.path()).map_err(|error| data.not_writable(data.path(), &error))?;
    let audit = Arc::new(audit);
    let platform = Platform::open(&*store, Arc::clone(&accounts), owner.secret, config.open_init)
        .context("the API for scripts cannot be had")?;
    if let Some(password) = owner.password {
        accounts.set_owner("admin", &password).context("MGMT_PASSWORD cannot be used")?;
    }

    let keeper = Arc::new(Keeper::new(&config, &data));
    let served = keeper.served();
    let settings = Settings::new(store.clone());
    let (certificates, orders) = Certificates::open(settings, &data.tls(), keeper, config.authority()?)?;

    let runtime = runtime(&config)?;
    let entered = runtime.enter();
    let signals = Signals::new().context("cannot listen to signals")?;
    let mut streams = config.hub();
    streams.limits.memory = limits::quarter_of_memory();
    let hub = Hub::new(streams, keys.gate());
    let mut doors = config.gateway();
    doors.certificates = served;
    let hls = HlsSwitch::open(config.hls(limits::quarter_of_memory()), Settings::new(store.clone()))
        .map_err(|error| data.store_trouble(error))?;
    doors.hls = hls.in_force();
    let (key, stop) = (keys.global(), CancellationToken::new());
    let ffmpeg = Arc::new(Ffmpeg::new(config.ffmpeg.clone(), stop.clone()));
    let snapshots = Arc::new(Snapshots::new(ffmpeg));
    let folder = data.recordings();
    let keep = Settings::new(store.clone()).read::<Keep>().map_err(|error| data.store_trouble(error))?;
    let recordings = Recordings::open(folder.clone(), keep, outbound.clone());
    let recordings = recordings.map_err(|error| data.not_writable(&folder, &error))?;
    let bucket = Settings::new(store.clone()).read().map_err(|error| data.store_trouble(error))?;
    recordings.set_bucket(bucket);
    let recordings = Arc::new(recordings);
    let folder = data.timeshift();
    let timeshifts = Timeshifts::open(folder.clone()).map_err(|error| data.not_writable(&folder, &error))?;
    let timeshifts = Arc::new(timeshifts);
    doors.timeshift = Some(Arc::clone(&timeshifts) as Arc<dyn gateway::timeshift::Timeshift>);
    let kinds = jobs::kinds(&Tools {
        recordings: Arc::clone(&recordings),
        snapshots: Arc::clone(&snapshots),
        timeshifts: Arc::clone(&timeshifts),
    });
    let jobs = Supervisor::open(store.clone(), kinds).map_err(|error| data.store_trouble(error))?;
    let jobs = Arc::new(jobs);
    let (settings, places) = (Settings::new(store.clone()), config.tencent.clone());
    let tencent =
        Tencent::open(settings, outbound.clone(), places, Arc::clone(&recordings), Arc::clone(&jobs));
    let tencent = Arc::new(tencent.map_err(|error| data.store_trouble(error))?);
    let mut registry = Registry::default();
    api::register_process(&mut registry, data.path());
    let ours = registry.sub_registry_with_prefix("sluice");
    hub.register(ours, config.metrics_per_stream);
    doors.counters.register(ours);
    keys.gate().register(ours);
    accounts.register(ours);
    snapshots.register(ours);
    jobs.register(ours);
    recordings.register(ours);
    hooks.register(ours);
    certificates.register(ours);
    let traces = Traces::new(&config.otlp, &outbound, ours);
    let past = Past::open(store.clone()).map_err(|error| data.store_trouble(error))?;
    let past = Arc::new(past);
    let api = Api::new(api::Parts {
        hub: hub.clone(),
        accounts: Arc::clone(&accounts),
        platform: Arc::new(platform),
        keys,
        aliases: Arc::new(aliases),
        passes: Arc::new(passes),
        addresses: Arc::new(addresses),
        hooks: Arc::clone(&hooks),
        settings: Settings::new(store.clone()),
        audit,
        hls: Arc::new(hls),
        environment: config.environment(rtmp_port(&config)),
        configuration,
        exposition: Arc::new(Exposition::new(registry)),
        logs: logs.recent(),
        past: Arc::clone(&past),
        data: data.path().to_owned(),
        outbound: outbound.clone(),
        bilibili: Arc::new(Bilibili::new(Bilibili::ADDRESS, owner.development)),
        well_known: data.well_known(),
        snapshots: Arc::clone(&snapshots),
        jobs: Arc::clone(&jobs),
        recordings: Arc::clone(&recordings),
        timeshifts: Arc::clone(&timeshifts),
        tencent: Arc::clone(&tencent),
        certificates: certificates.clone(),
        stop: stop.clone(),
    });
    let site = Site { routes: api.router(), elsewhere: Api::elsewhere(), metrics: api.metrics_router() };
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
    announce_certificate(&certificates, config.tls_addresses().next().is_some());
    let took = began.elapsed().as_millis();
    info!(version = env!("CARGO_PKG_VERSION"), workers = config.workers, took_ms = took, "ready");
    notify::ready();
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
        past,
        recordings,
        timeshifts,
        tencent,
        jobs,
        hooks,
        traces,
        store,
        certificates,
        orders,
        logs,
        stop,
    })
}

impl Server {
    /// Serves until the system asks it to stop.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let Server { runtime, mut signals, gateway, certificates, orders, logs, .. } = self;
        let Server { _addresses, api, machine, hub, snapshots, past, recordings, jobs, .. } = self;
        let Server { hooks, traces, store, timeshifts, tencent, stop, .. } = self;
        let ended = runtime.block_on(async {
            let machine_stop = stop.clone();
            let administering = tokio::spawn(async move {
                if let Some(Machine { api, listener, _socket }) = machine {
                    api::machine::serve(listener, api, store, machine_stop).await;
                }
            });
            let measuring = tokio::spawn(api.measure());
            let last_events = CancellationToken::new();
            let telling_hooks = Arc::clone(&hooks);
            let telling = tokio::spawn(hooks.run(&hub, stop.clone(), last_events.clone()));
            let exporting = tokio::spawn(traces.run(&hub, last_events.clone()));
            let remembering = tokio::spawn(past.run(hub.clone(), last_events.clone()));
            let (last_frames, last_recordings) = (CancellationToken::new(), CancellationToken::new());
            let (working_hub, working_stop) = (hub.clone(), last_frames.clone());
            let working = tokio::spawn(async move { jobs.run(working_hub, working_stop).await });
            let reporting =
                tokio::spawn(recordings::tell(Arc::clone(&recordings), telling_hooks, last_frames.clone()));
            let uploading = tokio::spawn(Arc::clone(&recordings).upload(stop.clone()));
            let sending = tokio::spawn(tencent.run(stop.clone()));
            let finishing = tokio::spawn(recordings.run(last_recordings.clone()));
            let removing = tokio::spawn(timeshifts.run(stop.clone()));
            let snapshots_stop = stop.clone();
            let taking = tokio::spawn(async move { snapshots.run(hub, snapshots_stop).await });
            let ordering = tokio::spawn(orders.run(stop.clone()));
            let mut serving = tokio::spawn(gateway.run(stop.clone()));
            loop {
                tokio::select! {
                    ended = &mut serving => bail!("the listeners ended by themselves ({ended:?})"),
                    request = signals.next() => match request {
                        Request::Reload => {
                            logs.reopen();
                            let again = certificates.clone();
                            let read = tokio::task::spawn_blocking(move || again.reload());
                            read_again(&certificates, read.await?);
                        }
                        Request::Stop(signal) => {
                            info!(signal, "stopping");
                            notify::stopping();
                            break;
                        }
                    },
                }
            }
            stop.cancel();
            let told = async {
                // What ends with the listeners is told as well.
                let ended = serving.await;
                // What is recorded ends with the streams. Its end is told now, or after the next start.
                last_frames.cancel();
                // The ends of streams do not wait for a disk.
                let reported = timeout(REPORTS, reporting).await;
                last_events.cancel();
                let working = async {
                    let worked = working.await;
                    last_recordings.cancel();
                    (worked, finishing.await)
                };
                (ended, reported, tokio::join!(telling, exporting, remembering, working))
            };
            let moving = async { tokio::join!(uploading, sending, removing) };
            let ended = async { tokio::join!(told, administering, measuring, taking, ordering, moving) };
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

/// Logs what the server has started with.
fn announce_certificate(certificates: &Certificates, needed: bool) {
    let view = certificates.view();
    let self_signed = view.source == Source::SelfSigned;
    match view.facts {
        Some(facts) => info!(names = ?facts.names, until = %facts.last_day(), self_signed, "certificate"),
        None if needed => {
            warn!("there is no certificate, so that nobody can connect by TLS: upload or order one")
        }
        None => {}
    }
}

fn read_again(certificates: &Certificates, read: Result<(), control::certificates::Error>) {
    let facts = certificates.view().facts;
    match (read, facts) {
        (Ok(()), Some(facts)) => {
            info!(names = ?facts.names, until = %facts.last_day(), "certificate read again");
        }
        (Ok(()), None) => {}
        (Err(err), _) => warn!(%err, "certificate not read again; the one before stays"),
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
    // UDP and TCP of WebRTC have one setting.
    let setting = name.strip_suffix("-tcp").unwrap_or(name);
    let choose =
        format!("choose another address with --{setting}-listen or SLUICE_{}_LISTEN", setting.to_uppercase());
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
