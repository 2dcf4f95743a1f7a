//! The settings: what the process needs to start, from flags, environment, file and defaults.
//!
//! [`SETTINGS`] is the one table of them all; file, environment, flags, checks and reference are made from it. What an
//! operator changes while the server runs is not here but in the store.

mod dotenv;
mod environment;
mod file;
mod listen;
mod parse;
pub(crate) mod reference;
mod settings;
mod suggest;

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use control::certificates::Authority;
use control::{Key, otlp, outbound};
use gateway::config::{Hls, HlsApp, IceServer, Proxies};
use peer::Trusted;
use tracing_subscriber::filter::Targets;

use crate::certificates::Files;
use environment::Environment;

pub(crate) use environment::Owner;
pub(crate) use listen::{Listen, Shown};
pub(crate) use settings::{SETTINGS, Setting};

/// The settings in force.
#[derive(Debug, Default)]
pub(crate) struct Config {
    pub(crate) data_dir: PathBuf,
    pub(crate) http_listen: Listen,
    /// Where HTTP is served besides.
    pub(crate) http_second_listen: Listen,
    pub(crate) https_listen: Listen,
    pub(crate) https: Https,
    pub(crate) rtmp_listen: Listen,
    pub(crate) rtmps_listen: Listen,
    /// Where media of WebRTC come and go.
    pub(crate) webrtc_listen: Listen,
    pub(crate) webrtc: Webrtc,
    /// Where Prometheus asks without a token.
    pub(crate) metrics_listen: Listen,
    /// How many streams have metrics of their own.
    pub(crate) metrics_per_stream: usize,
    /// Where traces go.
    pub(crate) otlp: otlp::Config,
    pub(crate) tls: Tls,
    pub(crate) acme: Acme,
    /// Who vouches for webhooks, beside those that are built in: a PEM file.
    pub(crate) webhooks_roots: Option<PathBuf>,
    /// `None`: whichever is on `PATH`.
    pub(crate) ffmpeg: Option<PathBuf>,
    /// Where Tencent's clouds are.
    pub(crate) tencent: jobs::tencent::Places,
    pub(crate) workers: usize,
    /// Connections to a port, and viewers, of one client address.
    pub(crate) per_address: usize,
    /// Whose word about clients is believed.
    pub(crate) trusted_proxies: Arc<Trusted>,
    /// Where those send a header in front of connections.
    pub(crate) proxy_protocol: ProxyProtocol,
    /// `None`: whatever the store has.
    pub(crate) publish_key: Option<Key>,
    /// Anybody may set the first password through the API for scripts.
    pub(crate) open_init: bool,
    /// What is told to others of ports and addresses; what is `None` is as it is here.
    pub(crate) public: Public,
    /// In a container, as a person knows it.
    pub(crate) docker: bool,
    pub(crate) slots: Slots,
    pub(crate) log: Log,
    /// For apps without settings of their own.
    pub(crate) media: Media,
    /// By app: `media` with what the app changes.
    pub(crate) apps: BTreeMap<String, Media>,
}

/// What is said to browsers of HTTPS.
#[derive(Debug, Default)]
pub(crate) struct Https {
    /// Who comes by HTTP is sent there.
    pub(crate) redirect: bool,
    /// For how long they are to come by it alone.
    pub(crate) hsts: Option<Duration>,
}

/// How WebRTC is served.
#[derive(Debug, Default)]
pub(crate) struct Webrtc {
    /// Names that clients come by are looked up.
    pub(crate) name_lookup: bool,
    pub(crate) ice_servers: Vec<IceServer>,
    /// How long publishers may go without a key frame.
    pub(crate) key_frame_every: Option<Duration>,
}

/// Who is asked for certificates.
#[derive(Debug, Default)]
pub(crate) struct Acme {
    pub(crate) directory: String,
    /// The directory for trials, if there is one.
    pub(crate) staging: Option<String>,
    /// A file of authorities to be believed.
    pub(crate) roots: Option<PathBuf>,
    /// Where it looks for proofs.
    pub(crate) port: u16,
}

/// Which ports get a header of the PROXY protocol from trusted proxies.
#[derive(Debug, Default)]
pub(crate) struct ProxyProtocol {
    pub(crate) http: bool,
    pub(crate) https: bool,
    pub(crate) rtmp: bool,
    pub(crate) rtmps: bool,
}

/// Where the certificate is.
#[derive(Debug, Default)]
pub(crate) struct Tls {
    /// One is made where there is none.
    pub(crate) self_signed: bool,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
}

impl Tls {
    /// Both, if both are given.
    pub(crate) fn files(&self) -> Option<Files> {
        Some(Files { certificate: self.certificate.clone()?, key: self.key.clone()? })
    }
}

/// Where others reach the server, if its own view of that is wrong: behind a NAT, or in a container with other ports.
#[derive(Debug, Default)]
pub(crate) struct Public {
    pub(crate) rtmp_port: Option<u16>,
    pub(crate) http_port: Option<u16>,
    pub(crate) https_port: Option<u16>,
    pub(crate) srt_port: Option<u16>,
    pub(crate) rtc_port: Option<u16>,
    /// Addresses of the server for WebRTC.
    pub(crate) candidates: Vec<String>,
}

/// How many forms a console of Oryx's kind shows of each.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    pub(crate) forward: usize,
    pub(crate) files: usize,
    pub(crate) cameras: usize,
}

/// Where logs go and what is in them.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) level: Targets,
    pub(crate) format: LogFormat,
    /// `None`: the standard error.
    pub(crate) file: Option<PathBuf>,
}

/// What a log line looks like.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    #[default]
    Text,
    Json,
}

/// How the streams of an app are handled.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Media {
    pub(crate) hub: hub::config::Settings,
    pub(crate) hls: HlsApp,
}

impl Config {
    /// What the hub is to know.
    pub(crate) fn hub(&self) -> hub::Config {
        let apps = self.apps.iter().map(|(app, media)| (app.clone(), media.hub.clone())).collect();
        let limits = hub::config::Limits { viewers_per_address: self.per_address, ..Default::default() };
        hub::Config { default: self.media.hub.clone(), apps, limits }
    }

    /// What the gateway is to know.
    pub(crate) fn gateway(&self) -> gateway::Config {
        let mut config = gateway::Config::default();
        config.http.listen = [&self.http_listen, &self.http_second_listen].map(Listen::addresses).concat();
        config.https = gateway::config::Https {
            listen: self.https_listen.addresses().to_vec(),
            redirect: self.https.redirect,
            public_port: self.public.https_port,
            hsts: self.https.hsts,
            ..Default::default()
        };
        config.rtmp.listen = self.rtmp_listen.addresses().to_vec();
        config.rtmps.listen = self.rtmps_listen.addresses().to_vec();
        config.webrtc = gateway::config::Webrtc {
            listen: self.webrtc_listen.addresses().to_vec(),
            public_port: self.public.rtc_port,
            candidates: self.public.candidates.clone(),
            name_lookup: self.webrtc.name_lookup,
            docker: self.docker,
            ice_servers: self.webrtc.ice_servers.clone(),
            key_frame_every: self.webrtc.key_frame_every,
            ..Default::default()
        };
        let doors = [
            &mut config.webrtc.connections,
            &mut config.http.connections,
            &mut config.https.connections,
            &mut config.rtmp.connections,
            &mut config.rtmps.connections,
        ];
        for connections in doors {
            connections.per_address = self.per_address;
        }
        config.metrics.listen = self.metrics_listen.addresses().to_vec();
        config.metrics.connections = gateway::config::Connections { all: 64, per_address: 64 };
        let proxies = |header| Proxies { trusted: Arc::clone(&self.trusted_proxies), header };
        config.http.proxies = proxies(self.proxy_protocol.http);
        config.https.proxies = proxies(self.proxy_protocol.https);
        config.rtmp.proxies = proxies(self.proxy_protocol.rtmp);
        config.rtmps.proxies = proxies(self.proxy_protocol.rtmps);
        config
    }

    /// Where TLS is listened for.
    pub(crate) fn tls_addresses(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.https_listen.addresses().iter().chain(self.rtmps_listen.addresses()).copied()
    }

    /// Whom certificates are ordered from. Errs when the file of acme.roots cannot be read.
    pub(crate) fn authority(&self) -> anyhow::Result<Authority> {
        let Acme { directory, staging, roots, port } = &self.acme;
        let roots = roots.as_deref().map(|path| read("acme.roots", path)).transpose()?;
        let own = gateway::own_addresses().collect();
        Ok(Authority { directory: directory.clone(), staging: staging.clone(), roots, port: *port, own })
    }

    /// Who asks others over HTTP. Errs when the file of webhooks.roots cannot be read, or holds no certificates.
    pub(crate) fn outbound(&self) -> anyhow::Result<outbound::Client> {
        let Some(path) = &self.webhooks_roots else { return Ok(outbound::Client::new()) };
        let roots = read("webhooks.roots", path)?;
        outbound::Client::with_roots(&roots)
            .map_err(|wrong| anyhow::anyhow!("webhooks.roots: {} {wrong}", path.display()))
    }

    /// What scripts are told of the environment; `rtmp` is the port that RTMP listens on.
    pub(crate) fn environment(&self, rtmp: Option<u16>) -> api::Environment {
        let Config { public, slots, .. } = self;
        api::Environment {
            docker: self.docker,
            candidate: !public.candidates.is_empty(),
            rtmp_port: public.rtmp_port.or(rtmp).unwrap_or(1935),
            http_port: public.http_port,
            srt_port: public.srt_port.unwrap_or(10_080),
            rtc_port: public.rtc_port.unwrap_or(8000),
            slots: [slots.forward, slots.files, slots.cameras],
        }
    }

    /// HLS as it is until somebody changes it; `memory` is for the segments of all streams.
    pub(crate) fn hls(&self, memory: usize) -> Hls {
        let apps = self.apps.iter().map(|(app, media)| (app.clone(), media.hls)).collect();
        Hls { memory, default: self.media.hls, apps }
    }
}

/// Where settings come from, beside the file, which is itself a setting.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// By the setting's name.
    pub(crate) flags: HashMap<&'static str, String>,
    /// By the variable's name; others than ours are ignored.
    pub(crate) env: HashMap<OsString, OsString>,
}

/// Settings that were found to be right.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    /// What holds whatever the store has.
    pub(crate) owner: Owner,
    /// The value in force of each of [`SETTINGS`], in their order, and where it comes from.
    pub(crate) values: Vec<(String, Origin)>,
    /// Likely mistakes that are no errors.
    pub(crate) warnings: Vec<String>,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    File {
        path: PathBuf,
        line: usize,
    },
    /// By the variable of that name.
    Environment(String),
    Flag,
}

/// One thing that is wrong with the settings, on one line: where, what, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem(pub(crate) String);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The file that is read if it is there and no other is named.
const DEFAULT_FILE: &str = "sluice.toml";

/// Reads all settings: flags go before the environment, that before the file, and that before the defaults. Every value
/// is checked, also one that another goes before. Errs with at least one problem.
pub(crate) fn load(sources: &Sources) -> Result<Loaded, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut warnings = Vec::new();
    let env = Environment::of_process(&sources.env, &mut warnings, &mut problems);
    let file = read_file(sources, &env, &mut problems);
    let data = data_dir(sources, &env, &file);
    let env = env.with_file(&data, &mut warnings, &mut problems);

    let mut config = Config::default();
    let mut values = Vec::new();
    for setting in SETTINGS {
        let mut value = (setting.default.to_owned(), Origin::Default);
        let in_file = file.values.get(setting.name).cloned();
        let in_env =
            env.get(setting.name).map(|set| (set.text.clone(), Origin::Environment(set.name.clone())));
        let in_flags = sources.flags.get(setting.name).map(|text| (text.clone(), Origin::Flag));
        setting.set(&mut config, setting.default).expect("each default is a value; a test sets them all");
        // What others than ours are told as well, we are told last.
        let (for_all, in_env) = match in_env {
            Some(given) if given.1.is_for_all() => (Some(given), None),
            other => (None, other),
        };
        for given in [for_all, in_file, in_env, in_flags].into_iter().flatten() {
            match setting.set(&mut config, &given.0) {
                Ok(()) => value = given,
                Err(wrong) if given.1.is_for_all() => {
                    warnings.push(format!("{} is ignored: it {wrong}", given.1.locate(setting)));
                }
                Err(wrong) => problems.push(Problem(format!("{}: {wrong}", given.1.locate(setting)))),
            }
        }
        values.push(value);
    }
    for (app, overrides) in &file.apps {
        let mut media = config.media.clone();
        for (setting, (text, origin)) in overrides {
            if let Err(wrong) = setting.set_media(&mut media, text) {
                problems.push(Problem(format!("{}: {wrong}", origin.locate_in_app(app, setting))));
            }
        }
        config.apps.insert(app.clone(), media);
    }
    check(&config, &mut problems);
    check_tls(&config.tls, &mut warnings, &mut problems);
    check_otlp(otlp::BUILT_IN, &values, &mut warnings, &mut problems);
    let owner = env.owner;
    if problems.is_empty() { Ok(Loaded { config, owner, values, warnings }) } else { Err(problems) }
}

fn read_file(sources: &Sources, env: &Environment, problems: &mut Vec<Problem>) -> file::Contents {
    let named = sources.flags.get("config").or_else(|| env.get("config").map(|set| &set.text));
    let path = named.map_or(Path::new(DEFAULT_FILE), Path::new);
    match std::fs::read(path) {
        Ok(bytes) => file::parse(path, &bytes, problems),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => {
            file::Contents::default()
        }
        Err(error) => {
            problems.push(Problem(format!("{}: cannot be read ({error})", path.display())));
            file::Contents::default()
        }
    }
}

/// What the file has that a setting names.
fn read(setting: &str, path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{setting}: {} cannot be read", path.display()))
}

/// Where the data folder will be, before all settings are read.
fn data_dir(sources: &Sources, env: &Environment, file: &file::Contents) -> PathBuf {
    let name = "data_dir";
    let given = sources.flags.get(name).or_else(|| env.get(name).map(|set| &set.text));
    let given = given.or_else(|| file.values.get(name).map(|(text, _)| text));
    let default = SETTINGS.iter().find(|setting| setting.name == name).map(|setting| setting.default);
    PathBuf::from(given.map_or(default.unwrap_or_default(), |text| text.as_str()))
}

/// What no setting can see for itself.
fn check(config: &Config, problems: &mut Vec<Problem>) {
    let apps = config.apps.iter().map(|(app, media)| (format!("apps.{app}"), media));
    for (table, media) in std::iter::once(("media".to_owned(), &config.media)).chain(apps) {
        if media.hls.window < media.hls.fragment {
            problems.push(Problem(format!(
                "{table}: hls_window ({}) is shorter than hls_fragment ({}); a playlist holds at least one segment",
                parse::Shown(media.hls.window),
                parse::Shown(media.hls.fragment)
            )));
        }
    }
}

/// Reads the files of the certificate, so that a mistake in them shows where mistakes in the settings do.
fn check_tls(tls: &Tls, warnings: &mut Vec<String>, problems: &mut Vec<Problem>) {
    match (&tls.certificate, &tls.key, tls.files()) {
        (Some(_), None, _) => {
            problems.push(Problem("tls.key: is missing; tls.certificate needs it".to_owned()))
        }
        (None, Some(_), _) => {
            problems.push(Problem("tls.certificate: is missing; tls.key needs it".to_owned()))
        }
        (_, _, Some(files)) => match files.read() {
            Ok(read) => warnings.extend(files.doubts(&read.pair)),
            Err(wrong) => problems.push(Problem(wrong.to_string())),
        },
        _ => {}
    }
}

/// Says where traces are asked for and this program, unless they are `built_in`, has none.
fn check_otlp(
    built_in: bool,
    values: &[(String, Origin)],
    warnings: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) {
    let given = SETTINGS.iter().zip(values).find(|(setting, _)| setting.name == "otlp.endpoint");
    let Some((setting, (_, origin))) = given.filter(|(_, (text, _))| !built_in && !text.is_empty()) else {
        return;
    };
    let said = "this program was built without traces; build it with --features otlp";
    match origin.is_for_all() {
        true => warnings.push(format!("{} is ignored: {said}", origin.locate(setting))),
        false => problems.push(Problem(format!("{}: {said}", origin.locate(setting)))),
    }
}

impl Origin {
    /// Whether it is set for every program of the machine, so that what is wrong with it is nobody's mistake here.
    fn is_for_all(&self) -> bool {
        matches!(self, Origin::Environment(name) if name.starts_with(environment::FOR_ALL))
    }

    /// Where to look for the value of `setting`: `sluice.toml:12: media.grace`, `SLUICE_MEDIA_GRACE`, `--media-grace`.
    fn locate(&self, setting: &Setting) -> String {
        match self {
            Origin::Default => setting.name.to_owned(),
            Origin::File { path, line } => format!("{}:{line}: {}", path.display(), setting.name),
            Origin::Environment(name) => name.clone(),
            Origin::Flag => format!("--{}", setting.flag()),
        }
    }

    fn locate_in_app(&self, app: &str, setting: &Setting) -> String {
        let key = setting.app_key().unwrap_or(setting.name);
        match self {
            Origin::File { path, line } => format!("{}:{line}: apps.{app}.{key}", path.display()),
            _ => format!("apps.{app}.{key}"),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::Environment(name) if name.starts_with(settings::ENV_PREFIX) => f.write_str("environment"),
            Origin::Environment(name) => write!(f, "environment, {name}"),
            Origin::Flag => f.write_str("flag"),
        }
    }
}

#[cfg(test)]
#[path = "config_test.rs"]
mod tests;
