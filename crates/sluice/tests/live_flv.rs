//! HTTP-FLV from the real binary, with FFmpeg as encoder and player.

use std::io::Read;
use std::time::{Duration, Instant};

use testkit::clip::{Clip, Spec};
use testkit::ffmpeg::{self, Version};
use testkit::{Server, Tool, http, tool};

use crate::support::{
    B_FRAMES, LONG_GOP, PICTURE_ONLY, SLUICE, SOON, SOUND_ONLY, STREAM, USUAL, assert_late, assert_whole,
    joined_late, on_air, original, wait_for_viewers,
};

/// Every picture and every sound, for a player that was there before the publisher and goes when it goes.
#[track_caller]
fn arrives_whole(spec: Spec, player: Version) {
    if !tool::have(&[Tool::Ffmpeg, player.tool()]) {
        return;
    }
    let clip = Clip::new(spec);
    let server = Server::start(SLUICE);
    let playing = ffmpeg::play(&server.http_url("live/s.flv")).version(player).start();
    wait_for_viewers(&server, "flv", 1);
    ffmpeg::publish(&clip, &server.publish_url("live/s")).speed(2.0).start().succeed(STREAM);
    let mut played = playing.finish(SOON);
    // FFmpeg 9 says so at the end of any chunked answer whose server closes the connection after the last chunk.
    played.complaints.retain(|line| !line.contains("Error during demuxing: Input/output error"));
    assert_whole(&played, &original(&clip));
}

#[test]
fn picture_and_sound_arrive_whole() {
    arrives_whole(USUAL, Version::System);
}

#[test]
fn b_frames_arrive_whole() {
    arrives_whole(B_FRAMES, Version::System);
}

#[test]
fn a_gop_of_ten_seconds_arrives_whole() {
    arrives_whole(LONG_GOP, Version::System);
}

#[test]
fn sound_alone_arrives_whole() {
    arrives_whole(SOUND_ONLY, Version::System);
}

#[test]
fn pictures_alone_arrive_whole() {
    arrives_whole(PICTURE_ONLY, Version::System);
}

#[test]
fn the_newest_ffmpeg_plays() {
    arrives_whole(B_FRAMES, Version::Nine);
}

#[test]
fn a_late_player_starts_at_a_key_frame() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(Spec::default());
    let server = Server::start(SLUICE);
    let (late, _first) = joined_late(&server, &clip, "flv");
    assert_late(&late, &original(&clip), 50);
}

#[test]
fn the_header_names_the_tracks_that_exist() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    for (spec, flags) in [
        (Spec { seconds: 4, ..Spec::default() }, 5),
        (Spec { seconds: 4, video: false, ..Spec::default() }, 4),
        (Spec { seconds: 4, audio: false, ..Spec::default() }, 1),
    ] {
        let server = Server::start(SLUICE);
        let url = server.http_url("live/s.flv");
        let reading = std::thread::spawn(move || {
            let mut stream = http::open(&url);
            let mut header = [0; 9];
            stream.body.read_exact(&mut header).unwrap();
            (stream.status, stream.header("content-type").join(","), header)
        });
        wait_for_viewers(&server, "flv", 1);
        let _publishing = ffmpeg::publish(&Clip::new(spec), &server.publish_url("live/s")).start();
        let (status, content_type, header) = reading.join().unwrap();
        assert_eq!((status, content_type.as_str()), (200, "video/x-flv"));
        assert_eq!(header, [b'F', b'L', b'V', 1, flags, 0, 0, 0, 9], "{spec:?}");
    }
}

#[test]
fn head_answers_without_a_body_and_at_once() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = Server::start(SLUICE);
    let clip = Clip::new(Spec { seconds: 4, ..Spec::default() });
    let (publishing, _playing) = on_air(&server, &clip, "rtmp", 1);
    let head = http::request("HEAD", &server.http_url("live/s.flv"));
    assert_eq!((head.status, head.header("content-type")), (200, vec!["video/x-flv"]));
    assert!(head.body.is_empty());
    publishing.succeed(SOON);
}

#[test]
fn every_answer_may_be_read_by_any_page() {
    let server = Server::start(SLUICE);
    for (method, path) in
        [("GET", "live/none.m3u8"), ("HEAD", "live/none.flv"), ("OPTIONS", "live/s.flv"), ("GET", "healthz")]
    {
        let answer = http::request(method, &server.http_url(path));
        for (header, value) in [
            ("access-control-allow-origin", "*"),
            ("access-control-allow-headers", "Authorization, Content-Type, If-Match, *"),
            ("access-control-allow-methods", "*"),
            ("access-control-expose-headers", "*"),
            ("access-control-allow-credentials", "true"),
        ] {
            assert_eq!(answer.header(header), [value], "{method} {path}: {header}");
        }
        if method == "OPTIONS" {
            assert_eq!((answer.status, answer.body.len()), (200, 0));
        }
    }
}

#[test]
fn a_stream_that_never_comes_is_waited_for_and_then_not_found() {
    let server = Server::start(SLUICE);
    let asked = Instant::now();
    let answer = http::get(&server.http_url("live/never.flv"));
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("live/never"), "{}", answer.text());
    assert!(asked.elapsed() > Duration::from_secs(5), "not waited for");
}
