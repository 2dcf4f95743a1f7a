//! A run of FFmpeg that goes on for as long as a stream does.

use std::collections::VecDeque;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use media::Delta;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::watch;

use super::child::{Failure, Group};

/// An FFmpeg at work. Media go in by [`Live::take_input`] and come out by [`Live::take_output`], neither of which is more than a pipe: who does not
/// read what comes out holds up what goes in.
///
/// Dropped, the child is killed with whatever it has started.
#[derive(Debug)]
pub struct Live {
    group: Group,
    input: Option<ChildStdin>,
    output: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    progress: watch::Sender<Progress>,
    log: Arc<Log>,
}

/// What goes in and what comes out.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Of the input, which is on stdin: at least `-f` with its format, so that nothing is guessed.
    pub input: Vec<String>,
    /// Of the output, which goes to stdout: at least `-f` with its format.
    pub output: Vec<String>,
}

/// How far it has come, as it says itself about twice a second.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Progress {
    /// Pictures that came out.
    pub frames: u64,
    /// Up to where in the stream.
    pub time: Delta,
    /// How many seconds of the stream in a second; below one it cannot follow.
    pub speed: Option<f64>,
    /// Pictures that it left out,
    pub dropped: u64,
    /// and that it showed twice.
    pub duplicated: u64,
}

/// What it takes of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Processor time since its start.
    pub cpu: Duration,
    /// Bytes in memory.
    pub memory: u64,
}

/// The last lines of what it said.
#[derive(Debug, Default)]
pub struct Log(Mutex<VecDeque<String>>);

impl Live {
    pub(super) fn start(program: &std::path::Path, arguments: &[String]) -> Result<Live, Failure> {
        let mut group = Group::start(program, arguments)?;
        let (input, output, stderr) =
            (group.child.stdin.take(), group.child.stdout.take(), group.child.stderr.take());
        Ok(Live { group, input, output, stderr, progress: watch::Sender::default(), log: Arc::default() })
    }

    /// Where media go in, once; closed when that is dropped, and then it comes to its end.
    pub fn take_input(&mut self) -> Option<ChildStdin> {
        self.input.take()
    }

    /// Where media come out, once.
    pub fn take_output(&mut self) -> Option<ChildStdout> {
        self.output.take()
    }

    /// Hears how far it has come.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// What it said last.
    pub fn log(&self) -> Arc<Log> {
        Arc::clone(&self.log)
    }

    /// What it takes of the machine at this moment; `None` when it is over.
    pub fn usage(&self) -> Option<Usage> {
        usage(self.group.id()?)
    }

    /// Listens to what it says until it ends, and errs unless it ends well. To be polled for as long as it is to go on; what was not taken of input and
    /// output is closed.
    pub async fn ended(&mut self) -> Result<(), Failure> {
        drop((self.input.take(), self.output.take()));
        if let Some(stderr) = self.stderr.take() {
            listen(stderr, &self.progress, &self.log).await;
        }
        let log = Arc::clone(&self.log);
        self.group.ended(|| log.lines().join("; ")).await
    }
}

impl Log {
    /// The last lines, the eldest first.
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn add(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

/// What comes on stderr is either how far it has come, `key=value` and at the end of each report `progress=…`, or what it has to say.
async fn listen(stderr: ChildStderr, progress: &watch::Sender<Progress>, log: &Log) {
    let mut stderr = BufReader::new(stderr);
    let (mut line, mut report) = (Vec::new(), Progress::default());
    loop {
        line.clear();
        // A line without an end is cut, and what is not text is as good as it gets.
        let read = (&mut stderr).take(LONGEST).read_until(b'\n', &mut line).await;
        if !matches!(read, Ok(read) if read > 0) {
            return;
        }
        let text = String::from_utf8_lossy(&line);
        let text: String = text.trim().chars().filter(|c| !c.is_control()).collect();
        match text.split_once('=').map(|(key, value)| (key, value.trim())) {
            Some(("progress", _)) => _ = progress.send_replace(report),
            Some((key, value)) if report.take(key, value) => {}
            _ if text.is_empty() => {}
            _ => log.add(text),
        }
    }
}

impl Progress {
    /// Whether it is a line of a report. What it does not say (`N/A`) stays.
    fn take(&mut self, key: &str, value: &str) -> bool {
        let number = || value.parse().ok();
        match key {
            "frame" => self.frames = number().unwrap_or(self.frames),
            "out_time_us" => {
                self.time = value.parse().map_or(self.time, Delta::micros);
            }
            "speed" => self.speed = value.trim_end_matches('x').trim().parse().ok(),
            "drop_frames" => self.dropped = number().unwrap_or(self.dropped),
            "dup_frames" => self.duplicated = number().unwrap_or(self.duplicated),
            // `stream_0_0_q` and the like.
            "fps" | "bitrate" | "total_size" | "out_time_ms" | "out_time" => {}
            other => return other.starts_with("stream_") && other.ends_with("_q"),
        }
        true
    }
}

/// Of the process `id`. Source: proc(5), `stat`: utime and stime are fields 14 and 15, rss 24.
fn usage(id: i32) -> Option<Usage> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name of the program, in parentheses, may have anything in it.
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<u64> = fields.split_whitespace().map(|field| field.parse().unwrap_or_default()).collect();
    let ticks = fields.get(11)? + fields.get(12)?;
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    let pages = fields.get(21)?;
    let cpu = Duration::from_secs_f64(ticks as f64 / per_second as f64);
    Some(Usage { cpu, memory: pages * rustix::param::page_size() as u64 })
}

/// Lines that are remembered, and bytes of one.
const LINES: usize = 50;
const LONGEST: u64 = 1_024;

#[cfg(test)]
#[path = "live_test.rs"]
mod tests;
