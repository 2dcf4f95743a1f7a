//! A real browser plays what the real binary serves: hls.js and mpegts.js in headless Chromium.

use std::time::Duration;

use media::{Delta, Time};
use tempfile::TempDir;
use testkit::browser::{self, Played, Player};
use testkit::clip::{Clip, Spec};
use testkit::ffmpeg;
use testkit::{Script, Server, Signal, Tool, http, tool};

use crate::support::encoder::Encoder;
use crate::support::{SLUICE, SOON, wait_for_ok};

const LIMIT: Duration = Duration::from_secs(60);

/// A server with short segments, so that a browser need not wait ten seconds for its first.
fn server(mode: &str) -> Server {
    Server::of(SLUICE).env("SLUICE_MEDIA_HLS_FRAGMENT", "2s").env("SLUICE_MEDIA_HLS_MODE", mode).start()
}

fn clip(b_frames: u32) -> Clip {
    Clip::new(Spec { seconds: 60, b_frames, ..Spec::default() })
}

#[track_caller]
fn assert_played(played: &Played, seconds: f64) {
    assert!(played.last_time - played.first_time >= seconds, "{played:?}");
    assert!(played.decoded as f64 >= (seconds - 1.0) * f64::from(Clip::FPS), "{played:?}");
    assert_eq!(played.width, 320, "{played:?}");
    assert!(!played.errors.iter().any(|error| error.contains("fatal=true")), "{played:?}");
}

#[test]
fn a_newcomer_sets_the_server_up_sees_a_stream_and_starts_the_server_again() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Browser]) {
        return;
    }
    let folder = TempDir::new().unwrap();
    let start = |http: &str| {
        let short = Server::of(SLUICE).env("SLUICE_MEDIA_HLS_FRAGMENT", "2s");
        short.env("SLUICE_HTTP_LISTEN", http).data(folder.path()).start()
    };
    let server = start("127.0.0.1:0");
    let address = server.addresses().http.to_string();
    server.wait_for_log(1, &["First account"], SOON);
    let log = server.log();
    let line = log.iter().find(|line| line.contains("First account")).unwrap();
    let printed = &line[line.find("/mgmt/setup").unwrap() + 1..];
    let mut browsing = browser::set_up(&server.http_url(printed.trim()), "live/s");
    browsing.wait_for_line("\"ready\"", LIMIT);
    let _publishing = ffmpeg::publish(&clip(0), &server.publish_url("live/s")).forever().start();
    // The page stays open while the server is away; without the console there is none that listens.
    if http::get(&server.http_url("watch/live/s")).status == 404 {
        assert!(browsing.wait(LIMIT).status.success());
        return;
    }
    // A minute and a half where nothing else runs, ten where five loops do.
    browsing.wait_for_line("\"restart\"", LIMIT * 14);
    let code = server.stop(SOON).status.code();
    assert_eq!(code, Some(0), "pages that listen do not keep the server from its end");
    browsing.wait_for_line("\"gone\"", LIMIT);
    let _again = start(&address);
    let exit = browsing.wait(LIMIT * 3);
    assert!(exit.status.success(), "{}", exit.output.join("\n"));
}

#[test]
fn hls_js_plays_with_a_session_of_its_own() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Browser]) {
        return;
    }
    let server = server("hls_ctx");
    let _publishing = ffmpeg::publish(&clip(2), &server.publish_url("live/s")).start();
    let url = server.http_url("live/s.m3u8");
    wait_for_ok(&url);
    let played = browser::play(Player::Hls, &url, 8, LIMIT).finish();
    assert_played(&played, 8.0);
    // It joins with a segment or two in hand, and on a busy machine it may have to wait for the next.
    let complaint = played.errors.iter().find(|error| !error.contains("bufferStalledError"));
    assert_eq!(complaint, None);
}

#[test]
fn hls_js_plays_the_playlist_that_all_share() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Browser]) {
        return;
    }
    let server = server("plain");
    let _publishing = ffmpeg::publish(&clip(0), &server.publish_url("live/s")).start();
    let url = server.http_url("live/s.m3u8");
    wait_for_ok(&url);
    assert_played(&browser::play(Player::Hls, &url, 8, LIMIT).finish(), 8.0);
}

#[test]
fn hls_js_goes_on_when_the_publisher_was_killed_and_is_back() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Browser]) {
        return;
    }
    let server = server("plain");
    let mut publishing = ffmpeg::publish(&clip(0), &server.publish_url("live/s")).start();
    let url = server.http_url("live/s.m3u8");
    wait_for_ok(&url);
    // Six seconds are buffered at most, so fifteen cannot be played without the second publisher.
    let mut playing = browser::play(Player::Hls, &url, 15, LIMIT);
    playing.wait_until_open();
    publishing.signal(Signal::Kill);
    publishing.wait(SOON);
    let _publishing = ffmpeg::publish(&clip(0), &server.publish_url("live/s")).start();
    assert_played(&playing.finish(), 15.0);
}

#[test]
fn mpegts_js_plays_and_waits_for_its_publisher() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Browser]) {
        return;
    }
    let server = server("plain");
    let mut playing = browser::play(Player::Mpegts, &server.http_url("live/s.flv"), 8, LIMIT);
    playing.wait_until_open();
    let _publishing = ffmpeg::publish(&clip(2), &server.publish_url("live/s")).start();
    let played = playing.finish();
    assert_played(&played, 8.0);
    assert_eq!(played.errors, [""; 0], "no complaint of any kind");
}

/// From 10 s before `limit` milliseconds to 8 s after.
#[track_caller]
fn mpegts_js_passes(limit: i64) {
    if !tool::have(&[Tool::Ffmpeg, Tool::Browser]) {
        return;
    }
    let server = server("plain");
    let mut playing = browser::play(Player::Mpegts, &server.http_url("live/s.flv"), 17, LIMIT);
    playing.wait_until_open();
    let start = Time::from_millis(limit) - Delta::secs(10);
    let clip = Clip::new(Spec { seconds: 20, b_frames: 2, ..Spec::default() });
    let script = Script::of(&clip).starting_at(start);
    let publishing = Encoder::to(&server.publish_url("live/s")).publish(script);
    assert_played(&playing.finish(), 17.0);
    publishing.finish();
}

#[test]
fn mpegts_js_passes_4_hours_40_minutes() {
    mpegts_js_passes(1 << 24);
}

#[test]
fn mpegts_js_passes_24_days() {
    mpegts_js_passes(1 << 31);
}

#[test]
fn mpegts_js_passes_49_days() {
    mpegts_js_passes(1 << 32);
}
