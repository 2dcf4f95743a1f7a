//! WebRTC peers that are not ours: a page in Chromium (`e2e/webrtc.mjs`) and aiortc (`e2e/webrtc.py`).
//!
//! ```text
//! let publisher = webrtc::publish(With::Chromium, &url).bearer(Server::KEY).codec(Codec::H264).start(LIMIT);
//! let mut player = webrtc::play(With::Aiortc, &url).via(relay.address()).start(LIMIT);
//! player.wait_for_pictures(50, LIMIT);
//! let seen: Report = player.stop(LIMIT);       // deletes its session
//! ```
//!
//! Publishers send a [`beacon`](crate::beacon), by which players know how old a picture is and how far sound and pictures are apart.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use crate::process::{Process, Signal};
use crate::tool::{self, Tool};
use crate::wait;

/// Whose peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum With {
    /// A page in headless Chromium.
    Chromium,
    /// aiortc, a peer of Python's.
    Aiortc,
}

/// Which codec of pictures a peer is to offer; without one it offers all it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Codec {
    H264,
    Vp8,
    /// Not aiortc.
    Vp9,
    /// Not aiortc.
    Av1,
}

/// A peer about to be started: see [`publish`] and [`play`].
#[derive(Debug, Clone)]
pub struct Setup {
    with: With,
    arguments: Vec<String>,
}

/// A peer that publishes to the WHIP endpoint `url`.
pub fn publish(with: With, url: &str) -> Setup {
    Setup::new(with, "publish", url)
}

/// A peer that plays from the WHEP endpoint `url`.
pub fn play(with: With, url: &str) -> Setup {
    Setup::new(with, "play", url)
}

impl Setup {
    fn new(with: With, role: &str, url: &str) -> Setup {
        Setup { with, arguments: ["--role", role, "--url", url].map(str::to_owned).into() }
    }

    fn with(mut self, arguments: &[&str]) -> Setup {
        self.arguments.extend(arguments.iter().copied().map(str::to_owned));
        self
    }

    /// With this secret as a bearer token.
    pub fn bearer(self, secret: &str) -> Setup {
        self.with(&["--bearer", secret])
    }

    /// With this codec for pictures.
    pub fn codec(self, codec: Codec) -> Setup {
        self.with(&["--codec", codec.name()])
    }

    /// By the JSON API of SRS, whose endpoint the URL is then; `stream` is `webrtc://host/app/name?…`. Not aiortc.
    pub fn srs(self, stream: &str) -> Setup {
        self.with(&["--api", "srs", "--stream", stream])
    }

    /// Sending to `address` whatever the server says of where it is: to a relay before it.
    pub fn via(self, address: SocketAddr) -> Setup {
        self.with(&["--via", &address.to_string()])
    }

    /// By TCP only. Not aiortc.
    pub fn tcp(self) -> Setup {
        self.with(&["--tcp"])
    }

    /// With the browser's idea of a camera and a microphone instead of a beacon. Not aiortc.
    pub fn camera(self) -> Setup {
        self.with(&["--camera"])
    }

    /// In full and in half size at once. Not aiortc.
    pub fn simulcast(self) -> Setup {
        self.with(&["--simulcast"])
    }

    /// Reporting a skew without what the page itself adds to it, which it finds out first: that takes some seconds. Not aiortc.
    pub fn calibrated(self) -> Setup {
        self.with(&["--calibrate"])
    }

    /// Without pictures.
    pub fn sound_only(self) -> Setup {
        self.with(&["--no-picture"])
    }

    /// Without sound.
    pub fn picture_only(self) -> Setup {
        self.with(&["--no-sound"])
    }

    /// Starts it and waits until the server has answered. Panics after `limit` and when the server refuses.
    #[track_caller]
    pub fn start(self, limit: Duration) -> Peer {
        self.try_start(limit).unwrap_or_else(|reason| panic!("the server refuses: {reason}"))
    }

    /// The same; errs with the reason when the server refuses.
    #[track_caller]
    pub fn try_start(self, limit: Duration) -> Result<Peer, String> {
        let mut process = self.spawn();
        let what = format!("{} to be answered", process.name());
        wait::until(&what, limit, || {
            let ended = !process.running();
            let output = process.output();
            let refused = output.iter().find_map(|line| line.strip_prefix("failed: ").map(str::to_owned));
            let answered =
                refused.map(Err).or_else(|| output.iter().any(|line| line == "\"open\"").then_some(Ok(())));
            assert!(answered.is_some() || !ended, "{} ended:\n{}", process.name(), output.join("\n"));
            answered
        })?;
        Ok(Peer { process })
    }

    /// Starts it and waits until the server has refused it; why.
    #[track_caller]
    pub fn refused(self, limit: Duration) -> String {
        self.try_start(limit).expect_err("the server is to refuse it")
    }

    fn spawn(&self) -> Process {
        let (mut command, name) = match self.with {
            With::Chromium => (Command::new("node"), "webrtc.mjs"),
            With::Aiortc => (Command::new(tool::python()), "webrtc.py"),
        };
        command.arg(tool::e2e().join(name)).args(&self.arguments);
        Process::start(&format!("{:?} {}", self.with, self.arguments.join(" ")), &mut command)
    }
}

impl With {
    /// What a test needs for it: see [`tool::have`].
    pub fn tool(self) -> Tool {
        match self {
            With::Chromium => Tool::Browser,
            With::Aiortc => Tool::Aiortc,
        }
    }
}

impl Codec {
    fn name(self) -> &'static str {
        match self {
            Codec::H264 => "h264",
            Codec::Vp8 => "vp8",
            Codec::Vp9 => "vp9",
            Codec::Av1 => "av1",
        }
    }
}

/// A peer with a session.
#[derive(Debug)]
pub struct Peer {
    /// The peer itself, to be signalled and asked.
    pub process: Process,
}

/// What a peer has seen, or sent. What its kind does not tell is empty.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Report {
    /// `connectionState` of the peer connection.
    pub state: String,
    /// The connection has failed or was closed by the server.
    pub ended: bool,
    /// The media element's `currentTime` at its first picture and now, in seconds.
    pub first_time: Option<f64>,
    /// See `first_time`.
    pub last_time: Option<f64>,
    /// What went wrong, in the peer's words.
    pub errors: Vec<String>,
    /// The codecs in use: `video/H264`.
    pub codecs: Vec<String>,
    /// Where the other side is: `udp 127.0.0.1:8000`.
    pub remote: Option<String>,
    /// Pictures decoded, or encoded.
    pub pictures: u64,
    /// Of those, key frames.
    pub key_frames: u64,
    /// Of the picture, in pixels.
    pub width: u32,
    /// Packets that came, or were sent: of pictures and of sound.
    pub packets: [u64; 2],
    /// Packets that never came, of pictures and of sound.
    pub lost: [i64; 2],
    /// Negative acknowledgements for pictures, sent or received.
    pub nacks: u64,
    /// Wishes for a key frame, sent or received.
    pub plis: u64,
    /// Packets of pictures that were sent again.
    pub retransmitted: u64,
    /// How often the picture stood still for long.
    pub freezes: u64,
    /// Of the loudest 128 samples; 1 is full scale.
    pub loudness: f64,
    /// Pictures shown.
    pub shown: u64,
    /// Flashes seen and beeps heard.
    pub flashes: u64,
    /// See `flashes`.
    pub beeps: u64,
    /// How old the pictures of the last two seconds were when they were shown, in ms: the median.
    pub latency: Option<f64>,
    /// How much later than flashes beeps were heard, in ms: the median of the last few.
    pub skew: Option<f64>,
    /// Seconds of media that were received of pictures and of sound.
    pub spans: [f64; 2],
}

impl Peer {
    /// What has been seen so far: as of a second ago at most.
    pub fn so_far(&self) -> Report {
        last(&self.process.output(), "progress ").unwrap_or_default()
    }

    /// Waits until a report is as wanted, and gives it. Panics after `limit`, and when the peer ends before.
    #[track_caller]
    pub fn wait_until(&mut self, what: &str, limit: Duration, is_so: impl Fn(&Report) -> bool) -> Report {
        let name = self.process.name().to_owned();
        let what = format!("{name} to report {what}");
        let mut seen = Report::default();
        wait::until(&what, limit, || {
            let ended = !self.process.running();
            seen = self.so_far();
            let found = is_so(&seen);
            assert!(found || !ended, "{name} ended: {seen:?}");
            found.then(|| seen.clone())
        })
    }

    /// Waits until `count` pictures have been decoded, or sent.
    #[track_caller]
    pub fn wait_for_pictures(&mut self, count: u64, limit: Duration) -> Report {
        self.wait_until(&format!("{count} pictures"), limit, |seen| seen.pictures >= count)
    }

    /// Waits until so many more pictures have been decoded, or sent, than up to now.
    #[track_caller]
    pub fn wait_for_more(&mut self, count: u64, limit: Duration) -> Report {
        let now = self.so_far().pictures;
        self.wait_for_pictures(now + count, limit)
    }

    /// Waits until the server ends it.
    #[track_caller]
    pub fn wait_until_ended(self, limit: Duration) -> Report {
        self.report(limit)
    }

    /// Has it delete its session and close.
    #[track_caller]
    pub fn stop(mut self, limit: Duration) -> Report {
        self.process.signal(Signal::Int);
        self.report(limit)
    }

    /// Ends it without a word to anybody.
    #[track_caller]
    pub fn kill(mut self, limit: Duration) {
        self.process.signal(Signal::Kill);
        self.process.wait(limit);
    }

    #[track_caller]
    fn report(self, limit: Duration) -> Report {
        let name = self.process.name().to_owned();
        let exit = self.process.succeed(limit);
        let said = || exit.output.join("\n");
        last(&exit.output, "report ").unwrap_or_else(|| panic!("{name} gives no report:\n{}", said()))
    }
}

impl Report {
    /// How far `currentTime` has advanced, in seconds.
    pub fn advanced(&self) -> f64 {
        self.last_time.zip(self.first_time).map_or(0.0, |(last, first)| last - first)
    }
}

fn last(output: &[String], prefix: &str) -> Option<Report> {
    let json = output.iter().rev().find_map(|line| line.strip_prefix(prefix))?;
    serde_json::from_str(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_report_counts_whichever_peer_it_is_of() {
        let output = [
            "progress {\"state\":\"connected\",\"pictures\":3,\"latency\":null,\"lost\":[0,-1]}",
            "console: something",
            "progress {\"state\":\"connected\",\"pictures\":4,\"first_time\":0.5,\"last_time\":2.0}",
        ];
        let report = last(&output.map(str::to_owned), "progress ").expect("two of them");
        assert_eq!((report.pictures, report.advanced()), (4, 1.5));
        assert!(last(&["nothing".to_owned()], "progress ").is_none());
    }
}
