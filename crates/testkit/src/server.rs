//! The real server as a child process.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use serde::Deserialize;
use tempfile::TempDir;

use crate::process::{Process, Signal};
use crate::{http, wait};

/// A running server on ports of its own, with a data folder of its own. Dropping it kills it and removes the folder; its
/// log is printed when the test is failing.
#[derive(Debug)]
pub struct Server {
    process: Process,
    addresses: Addresses,
    data: PathBuf,
    _own_data: Option<TempDir>,
}

/// A server about to be started: see [`Server::of`].
#[derive(Debug)]
pub struct Setup {
    exe: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    data: Option<PathBuf>,
}

/// Where the server listens: what it writes into `run/addresses.json`.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Addresses {
    /// HTTP.
    pub http: SocketAddr,
    /// HTTP with TLS, where a test has it listen.
    pub https: Option<SocketAddr>,
    /// RTMP.
    pub rtmp: SocketAddr,
    /// For Prometheus, where a test has it listen.
    pub metrics: Option<SocketAddr>,
    /// RTMP with TLS, where a test has it listen.
    pub rtmps: Option<SocketAddr>,
    /// WebRTC by UDP.
    pub webrtc: Option<SocketAddr>,
    /// WebRTC by TCP.
    #[serde(rename = "webrtc-tcp")]
    pub webrtc_tcp: Option<SocketAddr>,
}

impl Server {
    /// The stream key of every server here, unless a test sets another.
    pub const KEY: &str = "testkit-publish-key";

    /// Starts the program `exe`, usually `env!("CARGO_BIN_EXE_sluice")`, and waits until it is ready.
    #[track_caller]
    pub fn start(exe: &str) -> Server {
        Server::of(exe).start()
    }

    /// The program `exe`, to be set up before it starts.
    pub fn of(exe: &str) -> Setup {
        Setup { exe: exe.into(), arguments: Vec::new(), environment: Vec::new(), data: None }
    }

    /// Where it listens.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Where `stream` (`live/name`) is published, with the key.
    pub fn publish_url(&self, stream: &str) -> String {
        format!("rtmp://{}/{stream}?secret={}", self.addresses.rtmp, Server::KEY)
    }

    /// Where `stream` is played by RTMP.
    pub fn rtmp_url(&self, stream: &str) -> String {
        format!("rtmp://{}/{stream}", self.addresses.rtmp)
    }

    /// Where `stream` is played, and with the key published, by RTMP with TLS. Panics where it does not listen.
    #[track_caller]
    pub fn rtmps_url(&self, stream: &str) -> String {
        let address = self.addresses.rtmps.expect("started with SLUICE_RTMPS_LISTEN");
        format!("rtmps://{address}/{stream}")
    }

    /// Where `stream` (`live/name`) is published by WHIP, which takes the key as a bearer token.
    pub fn whip_url(&self, stream: &str) -> String {
        self.rtc_url("whip", stream)
    }

    /// Where `stream` is played by WHEP.
    pub fn whep_url(&self, stream: &str) -> String {
        self.rtc_url("whep", stream)
    }

    fn rtc_url(&self, way: &str, stream: &str) -> String {
        let (app, name) = stream.split_once('/').expect("a stream is app/name");
        self.http_url(&format!("rtc/v1/{way}/?app={app}&stream={name}"))
    }

    /// `path` (`live/name.flv`) on the HTTP port.
    pub fn http_url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.addresses.http)
    }

    /// `path` on the HTTPS port, whose host is called `host`. Panics where it does not listen.
    #[track_caller]
    pub fn https_url(&self, host: &str, path: &str) -> String {
        let port = self.addresses.https.expect("started with SLUICE_HTTPS_LISTEN").port();
        format!("https://{host}:{port}/{path}")
    }

    /// Its log so far, line by line.
    pub fn log(&self) -> Vec<String> {
        self.process.output()
    }

    /// Waits until the log has `count` lines that contain all of `words`.
    #[track_caller]
    pub fn wait_for_log(&self, count: usize, words: &[&str], limit: Duration) {
        wait::until(&format!("{count} log lines with {words:?}"), limit, || {
            let fits = |line: &&String| words.iter().all(|word| line.contains(word));
            (self.log().iter().filter(fits).count() >= count).then_some(())
        });
    }

    /// Sends it a signal.
    #[track_caller]
    pub fn signal(&mut self, signal: Signal) {
        self.process.signal(signal);
    }

    /// The operating system's number for it.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// How many files it has open: sockets, for the most part.
    #[track_caller]
    pub fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.id())).expect("it runs").count()
    }

    /// The most memory that it has had since [`Server::forget_peak_memory`], in bytes: resident, so without what the
    /// kernel keeps in sockets.
    #[track_caller]
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kib.expect("the kernel tells") * 1024
    }

    /// From here on [`Server::peak_memory`] begins with what it has now.
    #[track_caller]
    pub fn forget_peak_memory(&self) {
        let path = format!("/proc/{}/clear_refs", self.id());
        std::fs::write(path, "5").expect("a child's peak can be forgotten");
    }

    /// Sends SIGTERM and waits for the end. Panics after `limit`.
    #[track_caller]
    pub fn stop(mut self, limit: Duration) -> Stopped {
        self.process.signal(Signal::Term);
        let exit = self.process.wait(limit);
        Stopped { status: exit.status, took: exit.took, log: exit.output, _data: self._own_data }
    }
}

/// A server that has ended; its data folder is there until this is dropped.
#[derive(Debug)]
pub struct Stopped {
    /// Its exit code.
    pub status: ExitStatus,
    /// From the signal to the end.
    pub took: Duration,
    /// All of its log.
    pub log: Vec<String>,
    _data: Option<TempDir>,
}

impl Setup {
    /// Sets an environment variable; `SLUICE_…` of the test's own environment are not passed on.
    pub fn env(mut self, name: &str, value: &str) -> Setup {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: &str) -> Setup {
        self.arguments.push(argument.to_owned());
        self
    }

    /// With this data folder, which stays, instead of a new one.
    pub fn data(mut self, folder: &Path) -> Setup {
        self.data = Some(folder.to_owned());
        self
    }

    /// Starts it and waits until it is ready.
    #[track_caller]
    pub fn start(self) -> Server {
        let own = self.data.is_none().then(|| TempDir::new().expect("the temporary folder can be written"));
        let data =
            own.as_ref().map_or_else(|| self.data.clone().unwrap_or_default(), |own| own.path().to_owned());
        let written = data.join("run/addresses.json");
        let _ = std::fs::remove_file(&written); // of a server that ran on this folder before
        let mut process = self.spawn(&data);
        let addresses: Addresses = wait::until("the server to say where it listens", READY, || {
            let ended = !process.running();
            let found = std::fs::read(&written).ok().and_then(|json| serde_json::from_slice(&json).ok());
            assert!(found.is_some() || !ended, "the server ended at its start");
            found
        });
        let ready = format!("http://{}/readyz", addresses.http);
        wait::until("the server to be ready", READY, || {
            http::try_get(&ready).ok().filter(|answer| answer.status == 200).map(drop)
        });
        Server { process, addresses, data, _own_data: own }
    }

    /// Starts it without waiting for anything, on the data folder `data`.
    #[track_caller]
    pub fn spawn(&self, data: &Path) -> Process {
        let mut command = Command::new(&self.exe);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SLUICE_")) {
            command.env_remove(name);
        }
        command
            .args(&self.arguments)
            .current_dir(std::env::temp_dir())
            .env("SLUICE_DATA_DIR", data)
            .env("SLUICE_HTTP_LISTEN", "127.0.0.1:0")
            .env("SLUICE_HTTPS_LISTEN", "off")
            .env("SLUICE_RTMP_LISTEN", "127.0.0.1:0")
            .env("SLUICE_WEBRTC_LISTEN", "127.0.0.1:0")
            .env("SLUICE_PUBLISH_KEY", Server::KEY)
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        Process::start("server", &mut command)
    }
}

/// Many times what a start takes, for a machine that is busy with other tests.
const READY: Duration = Duration::from_secs(20);
