//! Puts a live server on this machine under load, and measures what it costs and what viewers get.
//!
//! `loadgen clip` makes what is published; `loadgen run` publishes it, watches and measures; `loadgen floor` is the least a
//! server can do; `loadgen mirror` copies a live HLS stream into a folder; `loadgen report` compares
//! results. `scripts/bench.sh` puts them together, `docs/performance.md` defines every figure.

// What a command-line tool prints is its purpose.
#![allow(clippy::print_stdout)]

mod clip;
mod clock;
mod feed;
mod floor;
mod histogram;
mod link;
mod mirror;
mod outcome;
mod procfs;
mod publish;
mod report;
mod run;
mod stamp;
mod tally;
mod target;
mod tls;
mod view;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::{Parser, Subcommand};

use crate::clip::Clip;
use crate::report::Heading;
use crate::run::Plan;
use crate::target::Target;

#[derive(Parser)]
#[command(version, about = "Puts a live server on this machine under load and measures it")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the clip with FFmpeg, if it is not there yet, and say what is in it.
    Clip {
        /// Where it is or will be.
        file: PathBuf,
        #[arg(long, default_value = "ffmpeg")]
        ffmpeg: String,
        /// B-frames between two others: 0 for viewers by WebRTC, who cannot have them.
        #[arg(long, default_value_t = 3)]
        b_frames: u8,
    },
    /// Publish, watch, measure.
    #[command(args_override_self = true)]
    Run(Box<RunArgs>),
    /// Serve the clip without any protocol: FLV to whoever connects.
    Floor {
        #[arg(long)]
        clip: PathBuf,
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// How long to gather before writing, ms; 0 writes every frame.
        #[arg(long, default_value_t = 0)]
        window: u64,
        /// Leave Nagle's algorithm on, as nginx-rtmp does.
        #[arg(long)]
        nagle: bool,
        /// Where to write the bound address, as JSON.
        #[arg(long)]
        addresses: PathBuf,
    },
    /// Copy a live HLS stream into a folder, until killed.
    Mirror {
        /// `http://ip:port/….m3u8`
        source: Target,
        folder: PathBuf,
    },
    /// Compare results: print Markdown, and put it into the documentation.
    Report {
        /// Results of `loadgen run --json`.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// When it was measured.
        #[arg(long, default_value = "")]
        date: String,
        /// A version, or what else must be known; may be repeated.
        #[arg(long)]
        note: Vec<String>,
        /// Markdown file whose section between the marks is replaced.
        #[arg(long)]
        docs: Option<PathBuf>,
    },
}

#[derive(clap::Args)]
struct RunArgs {
    /// FLV file to publish, H.264 with 4-byte NAL lengths and AAC.
    #[arg(long)]
    clip: Option<PathBuf>,
    /// `rtmp://ip:port/app/stream`; `{n}` stands for the number of the stream.
    #[arg(long)]
    publish: Option<Target>,
    #[arg(long, default_value_t = 1)]
    streams: u16,
    /// Put the stamps into the pictures' slices, which nobody can decode then, and not into NAL units of their own.
    #[arg(long)]
    stamp_in_slice: bool,
    /// `rtmp://`, `http://….flv` (and the same by `https://`), `http://….ts`, `http://….m3u8`, `http://….m3u8?variant=ll` or `raw://`; `{n}` stands for
    /// the number of the stream.
    #[arg(long)]
    play: Option<Target>,
    #[arg(long, default_value_t = 0)]
    viewers: usize,
    /// Viewers that join in a second.
    #[arg(long, default_value_t = 250.0)]
    ramp: f64,
    /// Seconds from the first stream to the first viewer.
    #[arg(long, default_value_t = 4.0)]
    lead: f64,
    /// Seconds from the last viewer's joining to the window.
    #[arg(long, default_value_t = 3.0)]
    settle: f64,
    /// Seconds that are measured.
    #[arg(long, default_value_t = 12.0)]
    window: f64,
    /// Seconds after the window in which its last frames may still come.
    #[arg(long, default_value_t = 3.0)]
    drain: f64,
    /// Seconds in which a viewer must have seen a picture.
    #[arg(long, default_value_t = 15.0)]
    patience: f64,
    /// Seconds without a frame that count as a stall.
    #[arg(long, default_value_t = 1.0)]
    stall: f64,
    /// Milliseconds between two looks at the sockets.
    #[arg(long, default_value_t = 0.5)]
    tick: f64,
    /// Process of the server, whose CPU and memory are sampled with its children's.
    #[arg(long)]
    pid: Option<u32>,
    /// Name of the server in the result.
    #[arg(long, default_value = "server")]
    server: String,
    /// Name of the load in the result.
    #[arg(long, default_value = "run")]
    scenario: String,
    /// Append the result to this file as one line of JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Clip { file, ffmpeg, b_frames } => {
            if !file.exists() {
                clip::make(&ffmpeg, b_frames, &file)?;
            }
            let clip = Clip::read(&file)?;
            let (rate, frames) = (clip.bitrate() / 1e6, clip.frame_rate());
            println!("{:.1} s, {rate:.3} Mbit/s, {frames:.1} frames/s", clip.length.as_secs_f64());
            Ok(())
        }
        Command::Run(args) => measure(&args),
        Command::Floor { clip, listen, window, nagle, addresses } => {
            let plan = floor::Plan { window: Duration::from_millis(window), nagle };
            ensure!(listen.ip().is_loopback(), "{listen} is not loopback");
            let listener = TcpListener::bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
            let address = listener.local_addr()?.to_string();
            fs::write(&addresses, serde_json::json!({ "raw": address }).to_string())
                .with_context(|| format!("cannot write {}", addresses.display()))?;
            floor::serve(&Clip::read(&clip)?, &listener, plan)
        }
        Command::Mirror { source, folder } => mirror::copy(&source, &folder),
        Command::Report { files, date, note, docs } => {
            let section = report::markdown(&files, &Heading { date, notes: note })?;
            println!("{section}");
            docs.map_or(Ok(()), |docs| report::insert(&docs, &section))
        }
    }
}

fn measure(args: &RunArgs) -> anyhow::Result<()> {
    let plan = args.plan()?;
    let mut clip = args.clip.as_deref().map(Clip::read).transpose()?;
    if let Some(clip) = clip.as_mut().filter(|_| args.stamp_in_slice) {
        clip.stamp = clip::Place::Slice;
    }
    let mut outcome = run::run(&plan, clip.as_ref())?;
    outcome.server.clone_from(&args.server);
    outcome.scenario.clone_from(&args.scenario);
    println!("{} {}\n{}", args.scenario, args.server, outcome.text());
    if let Some(path) = &args.json {
        let mut file = OpenOptions::new().create(true).append(true).open(path);
        let file =
            file.as_mut().map_err(|error| anyhow::anyhow!("cannot write {}: {error}", path.display()))?;
        writeln!(file, "{}", serde_json::to_string(&outcome)?)?;
    }
    Ok(())
}

impl RunArgs {
    fn plan(&self) -> anyhow::Result<Plan> {
        let seconds = |name: &str, value: f64| {
            Duration::try_from_secs_f64(value).with_context(|| format!("--{name} {value} is no time"))
        };
        ensure!(self.ramp > 0.0, "--ramp {} lets nobody join", self.ramp);
        ensure!((1..=1 << 14).contains(&self.streams), "--streams takes 1 to 16384");
        Ok(Plan {
            publish: self.publish.clone(),
            streams: self.streams,
            play: self.play.clone(),
            viewers: self.viewers,
            ramp: self.ramp,
            lead: seconds("lead", self.lead)?,
            settle: seconds("settle", self.settle)?,
            window: seconds("window", self.window)?,
            drain: seconds("drain", self.drain)?,
            patience: seconds("patience", self.patience)?,
            stall: seconds("stall", self.stall)?,
            tick: seconds("tick", self.tick / 1e3)?,
            pid: self.pid,
        })
    }
}
