//! Pictures of live streams by the real binary: what they show, how often they are made, and what stands in their way.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use testkit::clip::{Clip, Spec};
use testkit::ffmpeg::{self, Version};
use testkit::{Mix, Process, Server, Tool, http, tool, wait};

use crate::support::console::Client;
use crate::support::image::Image;
use crate::support::{SLUICE, SOON, SOUND_ONLY, USUAL};

/// Somebody who may look at streams.
struct Eye {
    server: String,
    cookie: String,
}

impl Eye {
    fn new(server: &Server) -> Eye {
        let cookie = Client::owner(server).cookie;
        Eye { server: server.http_url("api/v2/streams/live%2Fs/snapshot"), cookie }
    }

    fn look(&self, query: &str, known: &str) -> http::Response {
        let headers = [("cookie", self.cookie.as_str()), ("if-none-match", known)];
        http::send("GET", &format!("{}{query}", self.server), &headers, "")
    }

    /// Waits for a picture.
    #[track_caller]
    fn sees(&self, query: &str) -> http::Response {
        let answer = wait::until("a picture", SOON, || {
            let answer = self.look(query, "");
            // Before the publisher, and before its first key frame.
            (!matches!(answer.status, 404 | 409)).then_some(answer)
        });
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("content-type"), ["image/jpeg"]);
        answer
    }

    #[track_caller]
    fn refused(&self, status: u16, code: &str) -> Value {
        let problem = wait::until("an answer of one that is published", SOON, || {
            let answer = self.look("", "");
            let problem: Value = serde_json::from_slice(&answer.body).unwrap();
            (problem["code"] == code || answer.status != 404 && answer.status != 409).then_some(problem)
        });
        assert_eq!((&problem["status"], &problem["code"]), (&json!(status), &json!(code)), "{problem}");
        problem
    }
}

/// Calls the system's FFmpeg and notes each run in `runs`, beside it, that makes a picture.
fn counted(folder: &Path) -> PathBuf {
    let path = folder.join("ffmpeg");
    let (real, runs) = (Version::System.program(), folder.join("runs"));
    let (real, runs) = (real.display(), runs.display());
    let script = format!("#!/bin/sh\ncase \"$*\" in *mjpeg*) echo run >>{runs};; esac\nexec {real} \"$@\"\n");
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn runs(folder: &Path) -> usize {
    fs::read_to_string(folder.join("runs")).unwrap_or_default().lines().count()
}

fn live(server: &Server, spec: Spec) -> (Clip, Process) {
    let clip = Clip::new(spec);
    let publishing = ffmpeg::publish(&clip, &server.publish_url("live/s")).forever().start();
    (clip, publishing)
}

#[test]
fn a_picture_is_made_once_for_all_who_look_and_shows_the_stream() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::of(SLUICE)
        .env("SLUICE_FFMPEG_PATH", counted(folder.path()).to_str().unwrap())
        .env("SLUICE_LOG_LEVEL", "info,jobs=debug")
        .start();
    let eye = Eye::new(&server);
    eye.refused(404, "not_found");
    // One key frame in all, so that nothing but another width needs another run.
    let (clip, publishing) = live(&server, Spec { seconds: 60, gop: 60, b_frames: 2, ..USUAL });
    let first = eye.sees("");
    let image = Image::of_jpeg(&first.body);
    assert_eq!(image.size, (320, 180));
    let difference = image.difference(&Image::first_of(clip.path()));
    assert!(difference < 4.0, "{difference}: {image:?}");
    assert_eq!(first.header("cache-control"), ["private, max-age=2"]);

    let before = runs(folder.path());
    let answers: Vec<_> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..50).map(|_| scope.spawn(|| eye.look("?width=161", ""))).collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == answers[0].body));
    assert_eq!(Image::of_jpeg(&answers[0].body).size, (160, 90));
    assert_eq!(runs(folder.path()) - before, 1, "for fifty who asked at once");

    let [tag] = first.header("etag")[..] else { panic!("one tag") };
    let again = eye.look("", &format!("\"other\", {tag}"));
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, vec![tag]));
    assert_eq!(eye.look("", answers[0].header("etag")[0]).status, 200, "that is another picture");
    assert_eq!(runs(folder.path()) - before, 1, "nothing has changed");
    let enlarged = eye.sees("?width=1920");
    assert_eq!(Image::of_jpeg(&enlarged.body).size, (320, 180));

    let viewers = http::send(
        "GET",
        eye.server.strip_suffix("/snapshot").unwrap(),
        &[("cookie", eye.cookie.as_str())],
        "",
    );
    let view: Value = serde_json::from_slice(&viewers.body).unwrap();
    assert_eq!(view["viewers"], json!({}), "who looks at a picture is no viewer");
    assert_eq!(http::get(&eye.server).status, 401);
    drop(publishing);
    assert!(server.stop(SOON).status.success());
}

#[test]
fn a_newer_key_frame_makes_a_newer_picture() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = Server::start(SLUICE);
    let eye = Eye::new(&server);
    let (_clip, _publishing) = live(&server, Spec { seconds: 60, gop: 1, ..USUAL });
    let first = eye.sees("?width=64");
    wait::until("another picture", SOON, || {
        let answer = eye.look("?width=64", first.header("etag")[0]);
        assert!(matches!(answer.status, 200 | 304), "{}", answer.text());
        (answer.status == 200).then_some(())
    });
}

/// The picture of `mix`, published by FFmpeg 9, is like its own, whichever FFmpeg makes it.
#[track_caller]
fn is_seen(encoder: &str) {
    if !tool::have(&[Tool::Ffmpeg, Tool::Ffmpeg9]) {
        return;
    }
    let path = Mix::new(4).video(encoder).path();
    let original = Image::first_of(&path);
    for version in [Version::System, Version::Nine] {
        let program = version.program();
        let server = Server::of(SLUICE).env("SLUICE_FFMPEG_PATH", program.to_str().unwrap()).start();
        let eye = Eye::new(&server);
        let publishing = ffmpeg::publish_file(&path, &server.publish_url("live/s")).version(Version::Nine);
        let _publishing = publishing.forever().start();
        let image = Image::of_jpeg(&eye.sees("?width=200").body);
        // The pattern moves on a ground that does not.
        let difference = image.difference(&original);
        assert!(image.size == (200, 112) && difference < 16.0, "{version:?}: {difference}, {image:?}");
    }
}

#[test]
fn h265_is_seen() {
    is_seen("libx265 -preset ultrafast -b 300k -bf 2 -x265-params log-level=error:bframes=2:pools=1");
}

#[test]
fn av1_is_seen() {
    is_seen("libsvtav1 -preset 12 -b 300k -svtav1-params lp=1");
}

#[test]
fn vp9_is_seen() {
    is_seen("libvpx-vp9 -deadline realtime -cpu-used 8 -b 300k");
}

#[test]
fn sound_alone_has_no_picture() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = Server::start(SLUICE);
    let eye = Eye::new(&server);
    let (_clip, _publishing) = live(&server, SOUND_ONLY);
    let problem = eye.refused(409, "no_picture");
    assert_eq!(problem["detail"], "the stream has no pictures");
}

#[test]
fn without_ffmpeg_all_else_works_and_it_is_said_what_to_do() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = Server::of(SLUICE).env("SLUICE_FFMPEG_PATH", "/nowhere/ffmpeg").start();
    let eye = Eye::new(&server);
    server.wait_for_log(1, &["no FFmpeg", "/nowhere/ffmpeg"], SOON);
    let (_clip, _publishing) = live(&server, USUAL);
    let problem = eye.refused(503, "ffmpeg_missing");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("/nowhere/ffmpeg") && detail.contains("set it to where ffmpeg is"), "{detail}");
    crate::support::wait_for_ok(&server.http_url("live/s.m3u8"));
}

#[test]
fn a_stop_does_not_wait_for_a_picture() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = counted(folder.path());
    let script = fs::read_to_string(&path).unwrap();
    fs::write(&path, script.replace("echo run", "echo $$").replace("runs;;", "runs; exec sleep 1000;;"))
        .unwrap();
    let server = Server::of(SLUICE).env("SLUICE_FFMPEG_PATH", path.to_str().unwrap()).start();
    let eye = Eye::new(&server);
    let (_clip, publishing) = live(&server, USUAL);
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            wait::until("the stream", SOON, || {
                Some(eye.look("", "")).filter(|it| !matches!(it.status, 404 | 409))
            })
        });
        wait::until("a run", SOON, || (runs(folder.path()) == 1).then_some(()));
        let stopped = server.stop(SOON);
        assert!(stopped.status.success());
        assert!(!stopped.log.iter().any(|line| line.contains("before everything was finished")));
        assert_eq!(looking.join().unwrap().status, 503);
    });
    let id = fs::read_to_string(folder.path().join("runs")).unwrap();
    wait::until("the run to be gone", SOON, || (!Path::new("/proc").join(id.trim()).exists()).then_some(()));
    drop(publishing);
}
