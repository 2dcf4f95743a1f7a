#![allow(clippy::unwrap_used)]

use testkit::{Tool, tool};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::super::{Error, Ffmpeg};
use super::*;
use crate::testing::pretender;

/// For what is to happen at once, on a machine that is busy.
const SOON: Duration = Duration::from_secs(30);

fn options(input: &str, output: &str) -> Options {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    Options { input: words(input), output: words(output) }
}

/// Whether the process `id` is there, and no mere exit status.
fn lives(id: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let waits = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, waits).await.expect(what);
}

#[tokio::test]
async fn media_go_through_and_it_says_how_far_it_has_come() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let ffmpeg = Ffmpeg::new(None, CancellationToken::new());
    let settings = options("-f rawvideo -pix_fmt gray -s 16x16 -r 25", "-c:v mpeg4 -f mpegts");
    let mut live = ffmpeg.start(&settings).await.unwrap();
    let (mut input, mut output) = (live.take_input().unwrap(), live.take_output().unwrap());
    let (progress, log) = (live.progress(), live.log());
    assert!(live.usage().is_some_and(|usage| usage.memory > 1 << 20));
    let feed = async move {
        for picture in 0..100_u8 {
            input.write_all(&[picture; 256]).await.unwrap();
        }
    };
    let read = async move {
        let mut out = Vec::new();
        output.read_to_end(&mut out).await.unwrap();
        out
    };
    let ended = timeout(SOON, async { tokio::join!(feed, read, live.ended()) });
    let ((), out, ended) = ended.await.unwrap();
    assert_eq!(ended, Ok(()));
    assert!(out.len() > 188 && out.len().is_multiple_of(188) && out[0] == 0x47);
    let progress = *progress.borrow();
    assert_eq!(progress.frames, 100);
    assert!((progress.time - Delta::secs(4)).abs() < Delta::millis(100), "{progress:?}");
    assert!(progress.speed.is_some());
    assert_eq!(log.lines(), Vec::<String>::new(), "a report is nothing that it has to say");
    assert_eq!(live.usage(), None);
}

#[tokio::test]
async fn what_it_has_to_say_is_there_when_it_fails() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let ffmpeg = Ffmpeg::new(None, CancellationToken::new());
    let mut live = ffmpeg.start(&options("-f flv", "-c copy -f mpegts")).await.unwrap();
    let mut input = live.take_input().unwrap();
    // It may have ended before it has read all of it.
    let _ = input.write_all(b"nothing of the kind").await;
    drop(input);
    let failure = timeout(SOON, live.ended()).await.unwrap().unwrap_err();
    let Failure::Exit { said, .. } = failure else { panic!("{failure}") };
    assert!(said.contains("pipe:0"), "{said}");
    assert_eq!(live.log().lines().join("; "), said);
}

#[tokio::test]
async fn it_is_gone_with_all_that_it_has_started_when_nobody_wants_it() {
    let folder = tempfile::tempdir().unwrap();
    let note = folder.path().join("child");
    let script = format!("sleep 1000 & echo $! > {0}.next; mv {0}.next {0}; wait", note.display());
    let ffmpeg = Ffmpeg::new(Some(pretender(folder.path(), &script)), CancellationToken::new());
    let live = ffmpeg.start(&Options::default()).await.unwrap();
    until("it has begun", || note.exists()).await;
    let child = fs::read_to_string(&note).unwrap().trim().parse().unwrap();
    assert!(lives(child));
    drop(live);
    until("the group is dead", || !lives(child)).await;
}

#[tokio::test]
async fn floods_of_words_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let script = "i=0; while [ $i -lt 200 ]; do echo line $i >&2; i=$((i+1)); done; head -c 5000 /dev/zero | tr '\\0' x >&2";
    let ffmpeg = Ffmpeg::new(Some(pretender(folder.path(), script)), CancellationToken::new());
    let mut live = ffmpeg.start(&Options::default()).await.unwrap();
    let log = live.log();
    timeout(SOON, live.ended()).await.unwrap().unwrap();
    let lines = log.lines();
    assert_eq!(lines.len(), LINES);
    assert!(lines.iter().all(|line| line.len() <= LONGEST as usize));
    assert!(lines[LINES - 1].starts_with("xxx"), "{lines:?}");
}

#[tokio::test]
async fn it_is_asked_for_nothing_but_pipes_and_reports() {
    let folder = tempfile::tempdir().unwrap();
    let ffmpeg = Ffmpeg::new(Some(pretender(folder.path(), r#"echo "$@" >&2"#)), CancellationToken::new());
    let mut live = ffmpeg.start(&options("-f in", "-f out")).await.unwrap();
    let log = live.log();
    timeout(SOON, live.ended()).await.unwrap().unwrap();
    assert_eq!(
        log.lines(),
        [
            "-hide_banner -nostdin -loglevel error -nostats -progress pipe:2 -protocol_whitelist pipe -max_pixels 40000000 -f in -i pipe:0 -f out pipe:1"
        ]
    );
    let missing = Ffmpeg::new(Some("/nowhere/ffmpeg".into()), CancellationToken::new());
    assert!(matches!(missing.start(&Options::default()).await, Err(Error::Missing(_))));
}
