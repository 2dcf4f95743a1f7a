//! Object storage that is not ours: moto, with a bucket `films` (`e2e/s3.py`). It checks keys and signatures, and misbehaves when asked to.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::process::Process;
use crate::{http, tool};

/// A running server. Needs [`crate::Tool::Moto`]. What is in it goes with it.
#[derive(Debug)]
pub struct S3 {
    told: Value,
    _process: Process,
}

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As it should.
    Works,
    /// It is out of order.
    Fails,
    /// Connections end in the middle of its answers.
    Cuts,
    /// Half a second later than it could.
    Slow,
}

impl S3 {
    /// Starts it and waits until it listens.
    #[track_caller]
    pub fn start() -> S3 {
        S3::at(0)
    }

    /// The same, at a port that another one had.
    #[track_caller]
    pub fn at(port: u16) -> S3 {
        let mut command = Command::new(tool::python());
        command.arg(tool::e2e().join("s3.py")).arg(port.to_string());
        let mut process = Process::start("s3.py", &mut command);
        let line = process.wait_for_line("address", READY);
        let told = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        S3 { told, _process: process }
    }

    fn told(&self, name: &str) -> &str {
        self.told[name].as_str().expect("it tells all of them")
    }

    /// `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.told("address"))
    }

    /// Where it listens on this machine.
    pub fn port(&self) -> u16 {
        let port = self.told("address").rsplit(':').next().and_then(|port| port.parse().ok());
        port.expect("an address has a port")
    }

    /// The key that may do everything.
    pub fn key_id(&self) -> &str {
        self.told("key_id")
    }

    /// Its secret.
    pub fn secret(&self) -> &str {
        self.told("secret")
    }

    /// From now on it answers like this.
    #[track_caller]
    pub fn answers(&self, mode: Mode) {
        let mode = format!("{mode:?}").to_lowercase();
        assert_eq!(http::get(&format!("{}/-/mode?{mode}", self.endpoint())).status, 200);
    }

    /// How often it was asked for `what`: `part`, `begin`, `complete`, `abort`, or a method in lower case.
    #[track_caller]
    pub fn seen(&self, what: &str) -> u64 {
        let seen = http::get(&format!("{}/-/seen", self.endpoint()));
        let seen: Value = serde_json::from_slice(&seen.body).expect("it answers in JSON");
        seen[what].as_u64().unwrap_or(0)
    }

    /// Uploads in parts that are neither done nor aborted.
    #[track_caller]
    pub fn uploads(&self) -> u64 {
        let uploads = http::get(&format!("{}/-/uploads", self.endpoint()));
        uploads.text().trim().parse().expect("it answers with a number")
    }

    /// The object `name` of the bucket, if it is there.
    #[track_caller]
    pub fn object(&self, name: &str) -> Option<Vec<u8>> {
        let object = http::get(&format!("{}/-/object/{name}", self.endpoint()));
        (object.status == 200).then_some(object.body)
    }
}

/// Python reads much before it listens.
const READY: Duration = Duration::from_secs(60);
