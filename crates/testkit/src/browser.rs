//! A real browser, headless Chromium: as a player, by `e2e/play.mjs`, as somebody who sets a server up, by `e2e/console.mjs`, changes its settings,
//! by `e2e/settings.mjs`, and records, by `e2e/recordings.mjs`, and as viewers and guests, by `e2e/viewer.mjs`.

use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use crate::process::Process;
use crate::tool;

/// Which player the page uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Player {
    /// hls.js, for `.m3u8`.
    Hls,
    /// mpegts.js, for `.flv` and `.ts`, also at `ws://`.
    Mpegts,
}

/// A page that plays.
#[derive(Debug)]
pub struct Playing {
    process: Process,
    limit: Duration,
}

/// What the page saw.
#[derive(Debug, Clone, Deserialize)]
pub struct Played {
    /// The media element's `currentTime` at its first picture, in seconds.
    pub first_time: f64,
    /// The same at the end.
    pub last_time: f64,
    /// Pictures decoded in all.
    pub decoded: u64,
    /// Of those, pictures not shown in time.
    pub dropped: u64,
    /// How often the element ran dry after its first picture.
    pub stalls: u64,
    /// How far hls.js says it is behind the end of the playlist once it has settled, in seconds.
    pub latency: Option<f64>,
    /// How long ago the picture that is shown came to the server then, by EXT-X-PROGRAM-DATE-TIME, in seconds.
    pub delay: Option<f64>,
    /// The picture's width in pixels; 0 without one.
    pub width: u32,
    /// What the player reported as errors, fatal or not.
    pub errors: Vec<String>,
}

/// Opens a page that plays `url` with `player` until `currentTime` has advanced by `seconds`, and then closes.
///
/// The page comes from another origin than the stream, as a customer's page does. It gives up after `limit`.
#[track_caller]
pub fn play(player: Player, url: &str, seconds: u32, limit: Duration) -> Playing {
    let name = match player {
        Player::Hls => "hls",
        Player::Mpegts => "mpegts",
    };
    let mut command = Command::new("node");
    command.arg(tool::e2e().join("play.mjs")).args(["--player", name, "--url", url]).args([
        "--seconds",
        &seconds.to_string(),
        "--limit",
        &limit.as_secs().to_string(),
    ]);
    Playing { process: Process::start(&format!("browser {name} {url}"), &mut command), limit }
}

/// Opens `url`, the address with the set-up token that a server prints, sets it up, and waits for `stream` to be published: see
/// `e2e/console.mjs`. The process prints `"ready"` when nobody publishes yet, `"restart"` when the server is to be stopped, and `"gone"` when it
/// is to be started again at the same address; it ends well when all of it went well.
#[track_caller]
pub fn set_up(url: &str, stream: &str) -> Process {
    let mut command = Command::new("node");
    command.arg(tool::e2e().join("console.mjs")).args(["--url", url, "--stream", stream]);
    // For whoever wants to look at the page.
    if let Ok(folder) = std::env::var("TESTKIT_SCREENSHOTS") {
        command.args(["--screenshots", &folder]);
    }
    Process::start("browser console", &mut command)
}

/// Records, watches and keeps what was recorded, by the console, on a server of its own of the program `exe`: see `e2e/recordings.mjs`.
#[track_caller]
pub fn record(exe: &str) -> Process {
    on_its_own("recordings.mjs", exe, &[])
}

/// Changes settings by the console and looks for what they change, on a server of its own of the program `exe`: see `e2e/settings.mjs`.
#[track_caller]
pub fn configure(exe: &str) -> Process {
    on_its_own("settings.mjs", exe, &[])
}

/// Goes through all journeys about `subject` (`player`, `ways`, …) on the pages for viewers and guests, on a server of its own of the
/// program `exe`: see `e2e/viewer.mjs`. The process ends well when all of them went well.
#[track_caller]
pub fn view(exe: &str, subject: &str) -> Process {
    on_its_own("viewer.mjs", exe, &["--about", subject])
}

#[track_caller]
fn on_its_own(script: &str, exe: &str, arguments: &[&str]) -> Process {
    let mut command = Command::new("node");
    command.arg(tool::e2e().join(script)).args(["--server", exe]).args(arguments);
    if let Ok(folder) = std::env::var("TESTKIT_SCREENSHOTS") {
        command.args(["--screenshots", &folder]);
    }
    Process::start(&format!("browser {script}"), &mut command)
}

impl Playing {
    /// Waits until the page is open and its player has asked for the stream.
    #[track_caller]
    pub fn wait_until_open(&mut self) {
        self.process.wait_for_line("\"open\"", self.limit);
    }

    /// Waits for the page's report. Panics when it did not play as long as it was to.
    #[track_caller]
    pub fn finish(self) -> Played {
        let name = self.process.name().to_owned();
        let exit = self.process.wait(self.limit + CLOSING);
        let report = exit.output.iter().rev().find_map(|line| line.strip_prefix("played "));
        let report = report.and_then(|json| serde_json::from_str(json).ok());
        let said = exit.output.join("\n");
        let report: Played = report.unwrap_or_else(|| panic!("{name} gives no report:\n{said}"));
        assert!(exit.status.success(), "{name} did not play: {report:?}\n{said}");
        report
    }
}

/// For the browser to start and to go away, beside what it plays.
const CLOSING: Duration = Duration::from_secs(30);
