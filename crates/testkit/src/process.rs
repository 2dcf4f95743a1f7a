//! A child process whose output is collected and which does not outlive its test.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::wait;

/// A running child. Dropping it kills it, and prints what it said if the test is failing.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    output: Arc<Mutex<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
}

/// How a process ended.
#[derive(Debug)]
pub struct Exit {
    /// Its exit code or signal.
    pub status: ExitStatus,
    /// How long it was waited for.
    pub took: Duration,
    /// Every line of its standard output and error, in the order in which they were read.
    pub output: Vec<String>,
}

/// What a process can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Asks it to end.
    Term,
    /// Asks it to end, as Ctrl-C does; ffmpeg finishes its files.
    Int,
    /// Asks it to reopen logs and reload certificates.
    Hup,
    /// Freezes it.
    Stop,
    /// Lets a frozen one go on.
    Cont,
    /// Ends it at once.
    Kill,
}

impl Process {
    /// Starts `command` with no input, its output collected; `name` is what messages call it.
    #[track_caller]
    pub fn start(name: &str, command: &mut Command) -> Process {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(err) => panic!("{name}: {:?} does not start: {err}", command.get_program()),
        };
        let output = Arc::default();
        let mut readers = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            readers.push(collect(stdout, Arc::clone(&output)));
        }
        if let Some(stderr) = child.stderr.take() {
            readers.push(collect(stderr, Arc::clone(&output)));
        }
        Process { name: name.to_owned(), child, output, readers }
    }

    /// What messages call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The operating system's number for it.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends it `signal`; nothing happens if it has ended.
    #[track_caller]
    pub fn signal(&mut self, signal: Signal) {
        if self.running() {
            let pid = rustix::process::Pid::from_child(&self.child);
            let sent = rustix::process::kill_process(pid, signal.number());
            assert!(sent.is_ok(), "{}: {signal:?} cannot be sent: {sent:?}", self.name);
        }
    }

    /// What it has said so far, line by line.
    pub fn output(&self) -> Vec<String> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for a line that contains `text`, said before or later; gives the line.
    ///
    /// Panics after `limit`, and when the process ends without saying so.
    #[track_caller]
    pub fn wait_for_line(&mut self, text: &str, limit: Duration) -> String {
        let what = format!("{} to say {text:?}", self.name);
        wait::until(&what, limit, || {
            let ended = !self.running();
            let line = self.output().into_iter().find(|line| line.contains(text));
            assert!(line.is_some() || !ended, "{} ended without saying {text:?}", self.name);
            line
        })
    }

    /// Waits until it ends by itself. Panics after `limit`.
    #[track_caller]
    pub fn wait(mut self, limit: Duration) -> Exit {
        let began = Instant::now();
        let what = format!("{} to end", self.name);
        let status = wait::until(&what, limit, || self.child.try_wait().expect("a child can be waited for"));
        let took = began.elapsed();
        for reader in self.readers.drain(..) {
            let _ = reader.join(); // a reader ends with its pipe, which ended with the process
        }
        Exit { status, took, output: self.output() }
    }

    /// Waits until it ends by itself, with exit code 0. Panics after `limit` or at another exit.
    #[track_caller]
    pub fn succeed(self, limit: Duration) -> Exit {
        let name = self.name.clone();
        let exit = self.wait(limit);
        assert!(exit.status.success(), "{name}: {}\n{}", exit.status, exit.output.join("\n"));
        exit
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended already
        let _ = self.child.wait();
        if std::thread::panicking() {
            let output = self.output();
            let from = output.len().saturating_sub(SHOWN_LINES);
            eprintln!("--- {}, the last of {} lines:", self.name, output.len());
            for line in output.iter().skip(from) {
                eprintln!("{line}");
            }
            eprintln!("--- end of {}", self.name);
        }
    }
}

impl Signal {
    fn number(self) -> rustix::process::Signal {
        match self {
            Signal::Term => rustix::process::Signal::TERM,
            Signal::Int => rustix::process::Signal::INT,
            Signal::Hup => rustix::process::Signal::HUP,
            Signal::Stop => rustix::process::Signal::STOP,
            Signal::Cont => rustix::process::Signal::CONT,
            Signal::Kill => rustix::process::Signal::KILL,
        }
    }
}

fn collect(pipe: impl Read + Send + 'static, lines: Arc<Mutex<Vec<String>>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            lines.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            line.clear();
        }
    })
}

/// Of a process's output, when its test fails.
const SHOWN_LINES: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    fn shell(script: &str) -> Process {
        Process::start("shell", Command::new("sh").args(["-c", script]))
    }

    #[test]
    fn output_and_exit_code_are_collected() {
        let exit = shell("echo out; echo err >&2; exit 3").wait(LIMIT);
        let mut output = exit.output;
        output.sort();
        assert_eq!((exit.status.code(), output), (Some(3), vec!["err".to_owned(), "out".to_owned()]));
    }

    #[test]
    fn a_line_can_be_waited_for() {
        let mut process = shell("echo one; echo two; exec sleep 60");
        assert_eq!(process.wait_for_line("tw", LIMIT), "two");
        assert!(process.running());
    }

    #[test]
    fn signals_arrive() {
        use std::os::unix::process::ExitStatusExt;
        let mut process = shell("echo up; exec sleep 60");
        process.wait_for_line("up", LIMIT);
        process.signal(Signal::Term);
        assert_eq!(process.wait(LIMIT).status.signal(), Some(15));
    }

    #[test]
    fn dropping_ends_it() {
        let process = shell("exec sleep 60");
        let proc = format!("/proc/{}", process.id());
        drop(process);
        assert!(!std::path::Path::new(&proc).exists());
    }

    #[test]
    #[should_panic(expected = "ended without saying")]
    fn an_early_end_is_noticed() {
        shell("echo no").wait_for_line("yes", LIMIT);
    }
}
