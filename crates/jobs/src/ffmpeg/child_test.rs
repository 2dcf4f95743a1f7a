#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;

use super::*;

/// For what is to happen at once, on a machine that is busy.
const SOON: Duration = Duration::from_secs(20);

fn limits() -> Limits {
    Limits { time: SOON, output: 1 << 20 }
}

async fn shell(script: &str, input: &str, limits: Limits) -> Result<Output, Failure> {
    let arguments = ["-c", script].map(str::to_owned);
    run(Path::new("/bin/sh"), &arguments, vec![Bytes::copy_from_slice(input.as_bytes())], limits).await
}

/// A pipe with a name: it has an end as long as any process of a group that was given the other lives.
struct Watch {
    path: PathBuf,
    end: pipe::Receiver,
    _folder: tempfile::TempDir,
}

impl Watch {
    fn new() -> Watch {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alive");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let end = pipe::OpenOptions::new().open_receiver(&path).unwrap();
        Watch { path, end, _folder: folder }
    }

    /// Waits for a group of two that does not end by itself, and gives the first one's number.
    async fn begun(&mut self) -> u32 {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            // Until somebody has opened the other end there is nothing to read.
            self.end.readable().await.unwrap();
            match self.end.try_read_buf(&mut line) {
                Ok(0) => tokio::task::yield_now().await,
                Ok(_) => {}
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
        }
        String::from_utf8(line).unwrap().trim().parse().unwrap()
    }

    /// What makes such a group, for the shell.
    fn script(&self) -> String {
        format!("exec 9>{}; sleep 1000 & echo $$ >&9; wait", self.path.display())
    }

    /// Waits until all of the group are dead.
    async fn dead(&mut self) {
        let mut rest = Vec::new();
        tokio::time::timeout(SOON, self.end.read_to_end(&mut rest))
            .await
            .expect("the group lives on")
            .unwrap();
    }
}

/// Waits until nothing is left of a process: neither itself nor its exit status.
async fn reaped(id: u32) {
    let there = || std::path::Path::new(&format!("/proc/{id}")).exists();
    let gone = async {
        while there() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(SOON, gone).await.expect("nobody asked how it ended");
}

#[tokio::test]
async fn input_goes_through_and_comes_out() {
    let text = "some words\n".repeat(50_000);
    let output = shell("cat", &text, limits()).await.unwrap();
    assert_eq!(output.stdout, text.as_bytes());
}

#[tokio::test]
async fn input_that_is_not_wanted_does_no_harm() {
    let output = shell("echo enough", &"x".repeat(1 << 20), limits()).await.unwrap();
    assert_eq!(output.stdout, &b"enough\n"[..]);
}

#[tokio::test]
async fn output_ends_at_its_limit() {
    let exactly = Limits { output: 10, ..limits() };
    assert_eq!(shell("printf 0123456789", "", exactly).await.unwrap().stdout.len(), 10);
    let flood = shell("exec cat /dev/zero", "", exactly).await.unwrap_err();
    assert_eq!(flood, Failure::Flood { limit: 10 });
}

#[tokio::test]
async fn the_end_of_what_it_said_is_kept() {
    let script = "yes blah | head -c 100000 >&2; printf 'the \\033[31mreason\\n' >&2; exit 7";
    let Failure::Exit { end, said } = shell(script, "", limits()).await.unwrap_err() else { panic!() };
    assert_eq!(end, Ended::Code(7));
    assert!(said.ends_with("blah; the [31mreason") && said.len() <= TAIL * 2, "{said}");
    let killed = shell("kill -9 $$", "", limits()).await.unwrap_err();
    assert_eq!(killed, Failure::Exit { end: Ended::Signal(9), said: String::new() });
}

#[tokio::test]
async fn who_takes_too_long_is_killed_with_its_children() {
    let mut watch = Watch::new();
    let limit = Duration::from_millis(300);
    let script = watch.script();
    let late = Limits { time: limit, ..limits() };
    let (outcome, id) = tokio::join!(shell(&script, "", late), watch.begun());
    assert_eq!(outcome.unwrap_err(), Failure::Slow { limit });
    watch.dead().await;
    reaped(id).await;
}

#[tokio::test]
async fn nobody_runs_for_a_caller_who_is_gone() {
    let mut watch = Watch::new();
    let script = watch.script();
    let id = tokio::select! {
        _ = shell(&script, "", limits()) => panic!("it does not end by itself"),
        id = watch.begun() => id,
    };
    watch.dead().await;
    reaped(id).await;
}

#[tokio::test]
async fn what_is_not_there_cannot_be_started() {
    let failure = run(Path::new("/nowhere/ffmpeg"), &[], Vec::new(), limits()).await.unwrap_err();
    assert_eq!(failure, Failure::Start { kind: ErrorKind::NotFound });
    assert_eq!(failure.to_string(), "cannot be started (entity not found)");
}

#[tokio::test]
async fn the_environment_is_not_handed_on() {
    let output = shell("env | sort | sed 's/=.*//'; pwd", "", limits()).await.unwrap();
    let text = String::from_utf8(output.stdout.to_vec()).unwrap();
    let names: Vec<_> = text.lines().filter(|name| !KEPT.contains(name) && *name != "_").collect();
    assert_eq!(names, ["AV_LOG_FORCE_NOCOLOR", "LC_ALL", "PWD", "/"]);
}
