//! FFmpeg: which one there is, what it can do, and runs of it.
//!
//! A run is a child process with a list of arguments (never a shell), its input on stdin and its output on stdout; it may use
//! no other protocol than `pipe`, so nothing in its input makes it open a file or a connection. [`Live`] is one that goes on for as long as a stream does.

mod child;
mod find;
pub mod live;
mod probe;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tracing::info;

pub use child::{Failure, Limits};
pub use find::Missing;
pub use live::Live;
pub use probe::Abilities;

/// The FFmpeg of this server. Owned by the binary, shared by all who run it.
#[derive(Debug)]
pub struct Ffmpeg {
    /// Where it is; `None`: wherever `PATH` has it.
    configured: Option<PathBuf>,
    known: Mutex<Option<Look>>,
    /// Held by who looks.
    looking: tokio::sync::Mutex<()>,
    /// Who runs, and those with who waits to.
    running: Semaphore,
    queue: Semaphore,
    stop: CancellationToken,
}

/// What was found, and when.
type Look = (Instant, Result<Arc<Abilities>, Missing>);

/// Why a run has no output.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no FFmpeg that works.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// It ran and failed, or was stopped.
    #[error("FFmpeg {0}")]
    Failed(#[from] Failure),
    /// Too many wait for their turn already.
    #[error("FFmpeg is busy: {QUEUE} run or wait for their turn")]
    Busy,
    /// The server stops.
    #[error("the server is shutting down")]
    Stopping,
}

/// One run, from its input to its output.
#[derive(Debug, Clone)]
pub struct Run {
    /// Options of the input, which is on stdin: at least `-f` with its format, so that nothing is guessed.
    pub input_options: Vec<String>,
    /// The input, piece by piece.
    pub input: Vec<Bytes>,
    /// Options of the output, which goes to stdout: at least `-f` with its format.
    pub output_options: Vec<String>,
    /// What it may take.
    pub limits: Limits,
}

impl Ffmpeg {
    /// The program at `configured`, or whichever `PATH` has. Nothing is looked at yet; all runs end with `stop`.
    pub fn new(configured: Option<PathBuf>, stop: CancellationToken) -> Ffmpeg {
        Ffmpeg {
            configured,
            known: Mutex::default(),
            looking: tokio::sync::Mutex::default(),
            running: Semaphore::new(RUNS),
            queue: Semaphore::new(QUEUE),
            stop,
        }
    }

    /// What it can do: looked at once, and remembered. Where there is none, it is looked for again after a while, for it may have
    /// been installed meanwhile.
    pub async fn abilities(&self) -> Result<Arc<Abilities>, Missing> {
        if let Some(known) = self.known() {
            return known;
        }
        let _looking = self.looking.lock().await;
        // Somebody else may have looked while this one waited.
        if let Some(known) = self.known() {
            return known;
        }
        let found = self.look().await;
        let before = self.look_before();
        match &found {
            Ok(abilities) => {
                let Abilities { program, version, .. } = &**abilities;
                info!(path = %program.display(), version, "FFmpeg found");
            }
            Err(missing) if before.as_ref() != Some(missing) => {
                info!(err = %missing, "no FFmpeg: what needs one does not work, such as snapshots");
            }
            Err(_) => {}
        }
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), found.clone()));
        found
    }

    /// Runs it. The run ends when the future is dropped.
    pub async fn run(&self, run: Run) -> Result<Bytes, Error> {
        let _place = self.queue.try_acquire().map_err(|_| Error::Busy)?;
        tokio::select! {
            done = self.run_in_turn(run) => done,
            () = self.stopped() => Err(Error::Stopping),
        }
    }

    /// Waits until the server stops.
    pub(crate) async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    async fn run_in_turn(&self, run: Run) -> Result<Bytes, Error> {
        let abilities = self.abilities().await?;
        let _turn = self.running.acquire().await.map_err(|_| Error::Stopping)?;
        let Run { input_options, input, output_options, limits } = run;
        let arguments = arguments(&[], &input_options, &output_options);
        let done = child::run(&abilities.program, &arguments, input, limits).await;
        Ok(self.looked(done)?.stdout)
    }

    /// Starts a run that goes on for as long as its input does. It is not one of the few that run at a time: who starts it has limits of its own.
    pub async fn start(&self, options: &live::Options) -> Result<Live, Error> {
        let abilities = self.abilities().await?;
        let arguments = arguments(&REPORTS, &options.input, &options.output);
        Ok(self.looked(Live::start(&abilities.program, &arguments))?)
    }

    /// What came of it; if it is not where it was, the next one looks again.
    fn looked<T>(&self, done: Result<T, Failure>) -> Result<T, Failure> {
        if let Err(Failure::Start { .. }) = done {
            *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        done
    }

    /// What was found, unless it is to be looked at again.
    fn known(&self) -> Option<Result<Arc<Abilities>, Missing>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, found) = known.as_ref()?;
        (found.is_ok() || at.elapsed() < LOOK_AGAIN).then(|| found.clone())
    }

    /// Why there was none.
    fn look_before(&self) -> Option<Missing> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().and_then(|(_, found)| found.as_ref().err().cloned())
    }

    async fn look(&self) -> Result<Arc<Abilities>, Missing> {
        let program = find::program(self.configured.as_deref(), std::env::var_os("PATH"))?;
        Ok(Arc::new(probe::look(program).await?))
    }
}

/// All arguments of a run: nothing is ever read by a shell.
fn arguments(more: &[&str], input: &[String], output: &[String]) -> Vec<String> {
    let ours = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let (input, output) = (input.to_vec(), output.to_vec());
    [ours(&QUIET), ours(more), ours(&INPUT), input, ours(&["-i", "pipe:0"]), output, ours(&["pipe:1"])]
        .concat()
}

/// Says how far it has come, on the pipe where it says what is wrong.
const REPORTS: [&str; 3] = ["-nostats", "-progress", "pipe:2"];
/// Asks nothing, and says only what is wrong.
const QUIET: [&str; 4] = ["-hide_banner", "-nostdin", "-loglevel", "error"];
/// Nothing but the pipe; and no picture that takes gigabytes to decode (8K has 33 million).
const INPUT: [&str; 4] = ["-protocol_whitelist", "pipe", "-max_pixels", "40000000"];
/// Runs at a time: more would take the cores that carry streams.
const RUNS: usize = 2;
/// Those, and others that wait for their turn.
const QUEUE: usize = 64;
/// So long a missing FFmpeg counts as missing.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

#[cfg(test)]
#[path = "ffmpeg_test.rs"]
mod tests;
