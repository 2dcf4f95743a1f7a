//! HLS from the real binary, with FFmpeg as encoder and player.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::{Duration, Instant};

use support::{
    B_FRAMES, LONG_GOP, PICTURE_ONLY, SLUICE, SOON, SOUND_ONLY, STREAM, USUAL, original, wait_for_ok,
};
use testkit::clip::{Clip, Spec};
use testkit::ffmpeg::{self, Played};
use testkit::{Server, Tool, http, tool};

/// A media playlist as far as these tests read it.
struct Playlist {
    text: String,
    segments: Vec<String>,
}

impl Playlist {
    /// The playlist at `url`, followed through a master playlist to the media playlist.
    #[track_caller]
    fn fetch(server: &Server, url: &str) -> Playlist {
        let text = wait_for_ok(url).text();
        let uris = |text: &str| {
            text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
        };
        if text.contains("#EXT-X-STREAM-INF") {
            let media = uris(&text).pop().unwrap();
            return Playlist::fetch(server, &server.http_url(media.trim_start_matches('/')));
        }
        Playlist { segments: uris(&text), text }
    }

    /// The playlist at `url` once `fits` holds for it.
    #[track_caller]
    fn wait(server: &Server, url: &str, what: &str, fits: impl Fn(&Playlist) -> bool) -> Playlist {
        testkit::wait::until(what, SOON, || {
            Some(Playlist::fetch(server, url)).filter(|playlist| fits(playlist))
        })
    }

    /// Downloads every segment and plays the whole as a recording.
    #[track_caller]
    fn play(&self, server: &Server) -> Played {
        let folder = tempfile::tempdir().unwrap();
        let mut local = String::new();
        let mut number = 0;
        for line in self.text.lines() {
            if line.starts_with('#') {
                local += line;
            } else {
                let segment = http::get(&server.http_url(&format!("live/{line}")));
                assert_eq!(
                    (segment.status, segment.header("content-type")),
                    (200, vec!["video/mp2t"]),
                    "{line}"
                );
                let file = format!("{number}.ts");
                std::fs::write(folder.path().join(&file), &segment.body).unwrap();
                local += &file;
                number += 1;
            }
            local += "\n";
        }
        local += "#EXT-X-ENDLIST\n";
        let path = folder.path().join("all.m3u8");
        std::fs::write(&path, local).unwrap();
        ffmpeg::play(&path.to_string_lossy()).run(STREAM)
    }
}

#[track_caller]
fn arrives_whole(spec: Spec) {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(spec);
    let server = Server::start(SLUICE);
    ffmpeg::publish(&clip, &server.publish_url("live/s")).speed(2.0).start().succeed(STREAM);
    let ended = Instant::now();
    let playlist = Playlist::fetch(&server, &server.http_url("live/s.m3u8"));
    let original = original(&clip);
    let played = playlist.play(&server);
    played.assert_clean();
    assert_eq!(played.pictures(), original.pictures(), "the pictures");
    assert_eq!(played.sounds().len(), original.sounds().len(), "the number of sounds");
    assert!(ended.elapsed() < SOON);
}

#[test]
fn picture_and_sound_arrive_whole() {
    arrives_whole(USUAL);
}

#[test]
fn b_frames_arrive_whole() {
    arrives_whole(B_FRAMES);
}

#[test]
fn a_gop_of_ten_seconds_arrives_whole() {
    arrives_whole(LONG_GOP);
}

#[test]
fn sound_alone_arrives_whole() {
    arrives_whole(SOUND_ONLY);
}

#[test]
fn pictures_alone_arrive_whole() {
    arrives_whole(PICTURE_ONLY);
}

#[test]
fn the_last_segment_is_there_within_a_second() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(USUAL);
    let server = Server::start(SLUICE);
    ffmpeg::publish(&clip, &server.publish_url("live/s")).speed(2.0).start().succeed(STREAM);
    let ended = Instant::now();
    let playlist = Playlist::fetch(&server, &server.http_url("live/s.m3u8"));
    assert!(ended.elapsed() < Duration::from_secs(1), "after {:?}", ended.elapsed());
    assert!(!playlist.text.contains("ENDLIST"), "the stream may come back:\n{}", playlist.text);
}

#[test]
fn a_live_player_follows_the_window() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(Spec { seconds: 30, ..B_FRAMES });
    let server = Server::start(SLUICE);
    let _publishing = ffmpeg::publish(&clip, &server.publish_url("live/s")).start();
    wait_for_ok(&server.http_url("live/s.m3u8"));
    let played =
        ffmpeg::play(&server.http_url("live/s.m3u8")).option("live_start_index", "0").seconds(12).run(STREAM);
    played.assert_clean();
    let original = original(&clip).pictures();
    assert_eq!(
        original[..played.pictures().len()],
        played.pictures(),
        "from the first picture on, without a gap"
    );
    assert!(played.pictures().len() >= 11 * 25);
}
