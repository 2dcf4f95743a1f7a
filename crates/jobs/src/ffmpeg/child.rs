//! A child process from its input to its output.

use std::fmt;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use rustix::process::{Pid, Signal, kill_process_group, setpriority_process};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

/// What a child may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From its start to its end.
    pub time: Duration,
    /// Bytes on stdout.
    pub output: usize,
}

/// What a child that ended well has said.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) stdout: Bytes,
}

/// What it did instead of ending well; completes a sentence that begins with its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The system did not start it.
    #[error("cannot be started ({kind})")]
    Start {
        /// Why.
        kind: ErrorKind,
    },
    /// It took too long.
    #[error("was not done after {} ms", .limit.as_millis())]
    Slow {
        /// How long it may take.
        limit: Duration,
    },
    /// It wrote too much.
    #[error("wrote more than {limit} bytes")]
    Flood {
        /// How much it may write.
        limit: usize,
    },
    /// Talking to it failed.
    #[error("cannot be talked to ({kind})")]
    Pipe {
        /// Why.
        kind: ErrorKind,
    },
    /// It ended with an error.
    #[error("ended with {end}, saying {said:?}")]
    Exit {
        /// How.
        end: Ended,
        /// The end of what it wrote on stderr.
        said: String,
    },
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Code(code) => write!(f, "code {code}"),
            Ended::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

/// Runs `program` with `input` on its stdin, to its end.
///
/// The child is the first of a process group of its own. The whole group is killed when a limit is reached or the future is
/// dropped, and the child is reaped by the runtime.
pub(super) async fn run(
    program: &Path,
    arguments: &[String],
    input: Vec<Bytes>,
    limits: Limits,
) -> Result<Output, Failure> {
    let mut group = Group::start(program, arguments)?;
    let done = timeout(limits.time, group.talk(input, limits.output)).await;
    let (status, stdout, said) = done.map_err(|_| Failure::Slow { limit: limits.time })??;
    group.over = true;
    if status.success() { Ok(Output { stdout }) } else { Err(Failure::Exit { end: ended(status), said }) }
}

/// A child and whatever it has started.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) child: Child,
    id: Option<Pid>,
    /// It has been reaped: its number may be somebody else's.
    over: bool,
}

impl Group {
    pub(super) fn start(program: &Path, arguments: &[String]) -> Result<Group, Failure> {
        let mut command = Command::new(program);
        command.args(arguments).env_clear().current_dir("/");
        command.envs(KEPT.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.env("LC_ALL", "C").env("AV_LOG_FORCE_NOCOLOR", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.process_group(0).kill_on_drop(true).spawn();
        let child = child.map_err(|error| Failure::Start { kind: error.kind() })?;
        let id = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        if let Some(id) = id {
            // Streams go first. Where the system does not allow it, it is as nice as the server.
            let _ = setpriority_process(Some(id), NICE);
        }
        Ok(Group { child, id, over: false })
    }

    /// The child's number, until it has been reaped.
    pub(super) fn id(&self) -> Option<i32> {
        self.id.filter(|_| !self.over).map(|id| id.as_raw_nonzero().get())
    }

    /// Waits until the child ends, which is no error if it ends well; `said` is what it has to say.
    pub(super) async fn ended(&mut self, said: impl FnOnce() -> String) -> Result<(), Failure> {
        let status = self.child.wait().await.map_err(pipe)?;
        self.over = true;
        if status.success() { Ok(()) } else { Err(Failure::Exit { end: ended(status), said: said() }) }
    }

    /// Hands over `input`, and gives all of stdout and the end of stderr.
    async fn talk(
        &mut self,
        input: Vec<Bytes>,
        limit: usize,
    ) -> Result<(ExitStatus, Bytes, String), Failure> {
        let pipes = (self.child.stdin.take(), self.child.stdout.take(), self.child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(Failure::Pipe { kind: ErrorKind::BrokenPipe });
        };
        let (_, stdout, said) = tokio::try_join!(send(stdin, input), all(stdout, limit), tail(stderr))?;
        let status = self.child.wait().await.map_err(pipe)?;
        Ok((status, stdout, said))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Not reaped, so the number is still its own.
        if let Some(id) = self.id.filter(|_| !self.over) {
            let _ = kill_process_group(id, Signal::KILL); // it may have ended by itself
        }
    }
}

/// Writes `input` and closes. A child that does not want all of it is none the worse.
async fn send(mut stdin: ChildStdin, input: Vec<Bytes>) -> Result<(), Failure> {
    for piece in input {
        match stdin.write_all(&piece).await {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            other => other.map_err(pipe)?,
        }
    }
    Ok(())
}

/// Everything up to `limit` bytes; more is an error.
async fn all(mut stdout: impl AsyncRead + Unpin, limit: usize) -> Result<Bytes, Failure> {
    let mut all = BytesMut::new();
    while stdout.read_buf(&mut all).await.map_err(pipe)? > 0 {
        if all.len() > limit {
            return Err(Failure::Flood { limit });
        }
    }
    Ok(all.freeze())
}

/// The last [`TAIL`] bytes as text on one line.
async fn tail(mut stderr: impl AsyncRead + Unpin) -> Result<String, Failure> {
    let mut tail = Vec::with_capacity(2 * TAIL);
    while stderr.read_buf(&mut tail).await.map_err(pipe)? > 0 {
        let past = tail.len().saturating_sub(TAIL);
        tail.drain(..past);
    }
    let text = String::from_utf8_lossy(&tail);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Ok(lines.join("; ").chars().filter(|c| !c.is_control()).collect())
}

fn pipe(error: std::io::Error) -> Failure {
    Failure::Pipe { kind: error.kind() }
}

fn ended(status: ExitStatus) -> Ended {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => Ended::Code(code),
        (None, signal) => Ended::Signal(signal.unwrap_or_default()),
    }
}

/// What a child needs to find its libraries; all else, secrets among it, is none of its business.
const KEPT: [&str; 2] = ["PATH", "LD_LIBRARY_PATH"];
/// Of stderr, in bytes.
const TAIL: usize = 2048;
/// How much a child gives way to others.
const NICE: i32 = 10;

#[cfg(test)]
#[path = "child_test.rs"]
mod tests;
