#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::testing::pretender;

fn a_run() -> Run {
    let limits = Limits { time: Duration::from_secs(20), output: 1000 };
    let options = |options: [&str; 2]| options.map(str::to_owned).to_vec();
    Run {
        input_options: options(["-f", "in"]),
        input: vec![Bytes::from_static(b"hello")],
        output_options: options(["-f", "out"]),
        limits,
    }
}

#[tokio::test]
async fn it_is_asked_once_and_run_with_nothing_but_pipes() {
    let folder = tempfile::tempdir().unwrap();
    let path = pretender(folder.path(), r#"echo "$@"; cat"#);
    let ffmpeg = Ffmpeg::new(Some(path.clone()), CancellationToken::new());
    let (a, b) = tokio::join!(ffmpeg.abilities(), ffmpeg.abilities());
    assert_eq!((&a.as_ref().unwrap().version[..], &a), ("99", &b));
    let output = ffmpeg.run(a_run()).await.unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output),
        "-hide_banner -nostdin -loglevel error -protocol_whitelist pipe -max_pixels 40000000 -f in -i pipe:0 -f out pipe:1\nhello"
    );
    assert_eq!(fs::read_to_string(folder.path().join("asked")).unwrap(), "asked\n");
    // It goes, and comes again.
    fs::remove_file(&path).unwrap();
    assert!(matches!(ffmpeg.run(a_run()).await, Err(Error::Failed(Failure::Start { .. }))));
    assert!(matches!(ffmpeg.run(a_run()).await, Err(Error::Missing(Missing::NotThere(_)))));
}

#[tokio::test]
async fn what_is_no_ffmpeg_is_told_from_one() {
    let folder = tempfile::tempdir().unwrap();
    let look = async |path: &str| {
        Ffmpeg::new(Some(path.into()), CancellationToken::new()).abilities().await.unwrap_err()
    };
    assert!(matches!(look("/nowhere/ffmpeg").await, Missing::NotThere(_)));
    let Missing::Broken { failure, .. } = look("/bin/true").await else { panic!() };
    assert!(matches!(failure, Failure::Exit { end: child::Ended::Code(0), .. }), "{failure}");
    assert!(matches!(look("/bin/false").await, Missing::Broken { .. }));
    let text = folder.path().join("text");
    fs::write(&text, "not a program").unwrap();
    fs::set_permissions(&text, fs::Permissions::from_mode(0o755)).unwrap();
    let text = look(text.to_str().unwrap()).await;
    assert!(matches!(text, Missing::Broken { failure: Failure::Start { .. }, .. }), "{text}");
}

#[tokio::test]
async fn a_crowd_is_refused_and_a_stop_ends_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = pretender(folder.path(), "exec sleep 1000");
    let stop = CancellationToken::new();
    let ffmpeg = Ffmpeg::new(Some(path), stop.clone());
    let runs = (0..QUEUE).map(|_| ffmpeg.run(a_run()));
    let mut runs: Vec<_> = runs.map(Box::pin).collect();
    for run in &mut runs {
        let waits = std::future::poll_fn(|cx| std::task::Poll::Ready(run.as_mut().poll(cx).is_pending()));
        assert!(waits.await);
    }
    assert_eq!(ffmpeg.run(a_run()).await, Err(Error::Busy));
    stop.cancel();
    for run in runs {
        assert_eq!(run.await, Err(Error::Stopping));
    }
}
