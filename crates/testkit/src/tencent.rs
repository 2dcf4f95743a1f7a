//! Tencent's clouds that are not (`e2e/tencent.py`): they check signatures and the order of what is asked, and misbehave when asked to.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::process::Process;
use crate::{http, tool};

/// A running one. Needs [`crate::Tool::Moto`]. What is in it goes with it.
#[derive(Debug)]
pub struct Tencent {
    told: Value,
    _process: Process,
}

impl Tencent {
    /// Starts it and waits until it listens.
    #[track_caller]
    pub fn start() -> Tencent {
        let mut command = Command::new(tool::python());
        command.arg(tool::e2e().join("tencent.py"));
        let mut process = Process::start("tencent.py", &mut command);
        let line = process.wait_for_line("address", READY);
        let told = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        Tencent { told, _process: process }
    }

    fn told(&self, name: &str) -> &str {
        self.told[name].as_str().expect("it tells all of them")
    }

    /// `http://127.0.0.1:PORT`: the API, and buckets in the path.
    pub fn address(&self) -> &str {
        self.told("address")
    }

    /// The key that may do everything.
    pub fn secret_id(&self) -> &str {
        self.told("secret_id")
    }

    /// Its secret.
    pub fn secret_key(&self) -> &str {
        self.told("secret_key")
    }

    /// Has it do what stands at `/-/` in its description.
    #[track_caller]
    pub fn hand(&self, what: &str) {
        assert_eq!(http::get(&format!("{}/-/{what}", self.address())).status, 200);
    }

    /// What it was asked so far, in order.
    #[track_caller]
    pub fn calls(&self) -> Vec<String> {
        let calls = http::get(&format!("{}/-/calls", self.address()));
        serde_json::from_slice(&calls.body).expect("it answers in JSON")
    }

    /// An object of whichever bucket, if it is there.
    #[track_caller]
    pub fn object(&self, name: &str) -> Option<Vec<u8>> {
        let object = http::get(&format!("{}/-/object/{name}", self.address()));
        (object.status == 200).then_some(object.body)
    }
}

/// Python reads much before it listens.
const READY: Duration = Duration::from_secs(60);
