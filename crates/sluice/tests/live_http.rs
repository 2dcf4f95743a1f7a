//! The endless files of the HTTP port beside FLV, and WebSocket: from the real binary, with FFmpeg and a browser as players.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::JoinHandle;
use std::time::Duration;

use testkit::browser::{self, Player};
use testkit::clip::{Clip, Spec};
use testkit::ffmpeg::{self, Kind, Played, Version, assert_ends_with};
use testkit::{Server, Tool, http, tool};

use crate::support::websocket::{HANDSHAKE, WebSocket};
use crate::support::{
    B_FRAMES, LONG_GOP, PICTURE_ONLY, SLUICE, SOON, SOUND_ONLY, STREAM, USUAL, assert_all_pictures,
    assert_late, assert_whole, joined_late, on_air, original, wait_for_viewers,
};

/// Asserts that the decoded sound of `original` came but for what is before the first picture: three frames, and the one
/// after them, which a decoder makes otherwise when it has not heard the one before.
#[track_caller]
fn assert_all_sounds(played: &Played, original: &Played) {
    let crcs = |played: &Played| played.frames(Kind::Audio).iter().map(|frame| frame.crc).collect::<Vec<_>>();
    let (played, original) = (crcs(played), crcs(original));
    assert_ends_with(&original, played.get(1..).unwrap_or_default(), original.len().saturating_sub(4));
}

/// What a player of `live/s{suffix}` gets who was there before the publisher and goes when it goes.
#[track_caller]
fn played(server: &Server, suffix: &str, clip: &Clip, player: Version) -> Played {
    let playing = ffmpeg::play(&server.http_url(&format!("live/s{suffix}"))).version(player).start();
    wait_for_viewers(server, suffix.trim_start_matches('.').split('?').next().unwrap(), 1);
    ffmpeg::publish(clip, &server.publish_url("live/s")).speed(2.0).start().succeed(STREAM);
    let mut played = playing.finish(SOON);
    // FFmpeg 9 says so at the end of any chunked answer whose server closes the connection after the last chunk.
    played.complaints.retain(|line| !line.contains("Error during demuxing: Input/output error"));
    played.assert_clean();
    played
}

/// What the clip itself decodes to: with sound each version of FFmpeg has its own way.
#[track_caller]
fn decoded(clip: &Clip, player: Version) -> Played {
    ffmpeg::play(&clip.path().to_string_lossy()).version(player).run(SOON)
}

/// Every picture and every sound, as live MPEG-TS.
#[track_caller]
fn arrives_whole(spec: Spec, player: Version) {
    if !tool::have(&[Tool::Ffmpeg, player.tool()]) {
        return;
    }
    let (clip, server) = (Clip::new(spec), Server::start(SLUICE));
    let (played, original) = (played(&server, ".ts", &clip, player), decoded(&clip, player));
    assert_all_pictures(&played, &original);
    assert_all_sounds(&played, &original);
}

#[test]
fn picture_and_sound_arrive_whole_in_ts() {
    arrives_whole(USUAL, Version::System);
}

#[test]
fn b_frames_arrive_whole_in_ts() {
    arrives_whole(B_FRAMES, Version::System);
}

#[test]
fn a_gop_of_ten_seconds_arrives_whole_in_ts() {
    arrives_whole(LONG_GOP, Version::System);
}

#[test]
fn sound_alone_arrives_whole_in_ts() {
    arrives_whole(SOUND_ONLY, Version::System);
}

#[test]
fn pictures_alone_arrive_whole_in_ts() {
    arrives_whole(PICTURE_ONLY, Version::System);
}

#[test]
fn the_newest_ffmpeg_plays_ts() {
    arrives_whole(B_FRAMES, Version::Nine);
}

#[test]
fn a_late_player_of_ts_starts_at_a_key_frame() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(B_FRAMES);
    let server = Server::start(SLUICE);
    let (late, _first) = joined_late(&server, &clip, "ts");
    assert_late(&late, &original(&clip), 50);
}

#[test]
fn the_sound_of_a_stream_can_be_had_bare() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    for (spec, player) in [(USUAL, Version::System), (SOUND_ONLY, Version::Nine)] {
        if !tool::have(&[player.tool()]) {
            continue;
        }
        let (clip, server) = (Clip::new(spec), Server::start(SLUICE));
        let (played, original) = (played(&server, ".aac", &clip, player), decoded(&clip, player));
        assert_all_sounds(&played, &original);
        assert!(played.pictures().is_empty());
    }
}

#[test]
fn viewers_choose_sound_or_pictures() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(USUAL);
    let original = original(&clip);
    for suffix in [".flv?audio=only", ".ts?video=off"] {
        let played = played(&Server::start(SLUICE), suffix, &clip, Version::System);
        assert_all_sounds(&played, &original);
        assert!(played.pictures().is_empty(), "{suffix}");
    }
    for suffix in [".flv?video=only", ".ts?audio=0"] {
        let played = played(&Server::start(SLUICE), suffix, &clip, Version::System);
        assert_all_pictures(&played, &original);
        assert!(played.frames(Kind::Audio).is_empty(), "{suffix}");
    }
    for (query, sound) in [("audio=only", true), ("audio=off", false)] {
        let server = Server::start(SLUICE);
        let playing = ffmpeg::play(&server.rtmp_url(&format!("live/s?{query}"))).start();
        wait_for_viewers(&server, "rtmp", 1);
        ffmpeg::publish(&clip, &server.publish_url("live/s")).speed(2.0).start().succeed(STREAM);
        let played = playing.finish(SOON);
        assert_eq!((played.pictures().is_empty(), played.sounds().is_empty()), (sound, !sound), "{query}");
        match sound {
            true => assert_ends_with(&original.sounds(), &played.sounds(), original.sounds().len() - 4),
            false => assert_all_pictures(&played, &original),
        }
    }
}

#[test]
fn what_cannot_be_had_is_refused_in_words() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = Server::start(SLUICE);
    let (_publishing, _playing) = on_air(&server, &Clip::new(LONG_GOP), "flv", 1);
    let _pictures =
        ffmpeg::publish(&Clip::new(PICTURE_ONLY), &server.publish_url("live/p")).forever().start();
    for (path, words) in [
        ("live/s.mp3", "the sound of live/s is AAC; ask for live/s.aac"),
        ("live/p.aac", "live/p has no sound"),
        ("live/p.ts?audio=only", "live/p has no sound"),
        ("live/s.flv?audio=0&video=0", "leaves neither sound nor pictures"),
    ] {
        let answer = http::get(&server.http_url(path));
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().contains(words), "{path}: {}", answer.text());
    }
}

/// All bytes of `path` over HTTP, to its end.
fn download(server: &Server, path: &str) -> JoinHandle<Vec<u8>> {
    let url = server.http_url(path);
    std::thread::spawn(move || http::get(&url).body)
}

#[test]
fn a_websocket_has_the_bytes_of_the_file() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(B_FRAMES);
    let original = original(&clip);
    for name in ["flv", "ts"] {
        let server = Server::start(SLUICE);
        let path = format!("live/s.{name}");
        let file = download(&server, &path);
        let heard = std::thread::scope(|scope| {
            let hearing = scope.spawn(|| WebSocket::ask(&server, &path, &HANDSHAKE).hear());
            wait_for_viewers(&server, name, 1);
            wait_for_viewers(&server, &format!("ws-{name}"), 1);
            ffmpeg::publish(&clip, &server.publish_url("live/s")).speed(2.0).start().succeed(STREAM);
            hearing.join().unwrap()
        });
        assert_eq!((heard.code, heard.reason.as_str()), (1000, "finished"));
        assert!(file.join().unwrap() == heard.bytes, "the same bytes");
        let saved = tempfile::Builder::new().suffix(&format!(".{name}")).tempfile().unwrap();
        std::fs::write(saved.path(), &heard.bytes).unwrap();
        let played = ffmpeg::play(&saved.path().to_string_lossy()).run(SOON);
        match name {
            "flv" => assert_whole(&played, &original),
            _ => assert_all_pictures(&played, &original),
        }
    }
}

#[test]
fn handshakes_that_are_none_get_answers_of_http() {
    let server = Server::start(SLUICE);
    let without = |name: &str| {
        let rest = HANDSHAKE.iter().filter(|line| !line.starts_with(name));
        rest.copied().collect::<Vec<_>>()
    };
    let with = |line: &'static str| [without(line.split(':').next().unwrap()), vec![line]].concat();
    for (path, headers, status) in [
        ("live/s.flv", without("Sec-WebSocket-Key"), 400),
        ("live/s.flv", with("Sec-WebSocket-Key: short"), 400),
        ("live/s.ts", without("Connection"), 400),
        ("live/s.ts", with("Sec-WebSocket-Version: 8"), 426),
        ("live/s.flv", [with("Connection: Upgrade"), vec!["X: y"]].concat(), 404),
        ("live/s.m3u8", HANDSHAKE.to_vec(), 404),
    ] {
        let query = if status == 404 { "?audio=0&video=0" } else { "" };
        let answer = WebSocket::ask(&server, &format!("{path}{query}"), &headers);
        assert_eq!(answer.status, status, "{path} {headers:?}: {}", answer.head);
        assert!(answer.head.contains("access-control-allow-origin: *"), "{}", answer.head);
        assert_eq!(answer.head.contains("sec-websocket-version: 13"), status == 426);
    }
}

#[test]
fn mpegts_js_plays_ts_and_websockets() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Browser]) {
        return;
    }
    let server = Server::start(SLUICE);
    let clip = Clip::new(Spec { seconds: 60, b_frames: 2, ..Spec::default() });
    let _publishing = ffmpeg::publish(&clip, &server.publish_url("live/s")).forever().start();
    let socket = server.http_url("").replace("http://", "ws://");
    for url in [server.http_url("live/s.ts"), format!("{socket}live/s.ts"), format!("{socket}live/s.flv")] {
        let played = browser::play(Player::Mpegts, &url, 6, Duration::from_secs(60)).finish();
        assert!(played.last_time - played.first_time >= 6.0, "{url}: {played:?}");
        assert!(played.decoded >= 5 * u64::from(Clip::FPS), "{url}: {played:?}");
        assert_eq!(played.errors, [""; 0], "{url}");
    }
}

/// The status that `head` is answered with.
#[track_caller]
fn status_of(server: &Server, head: &[u8]) -> u16 {
    let mut socket = TcpStream::connect(server.addresses().http).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    // It may answer and close before all is written.
    let _ = socket.write_all(head);
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).unwrap();
    String::from_utf8_lossy(&answer)[9..].parse().unwrap()
}

#[test]
fn heads_that_are_too_large_are_refused() {
    let server = Server::start(SLUICE);
    let get = |path: &str, headers: &str| {
        status_of(&server, format!("GET {path} HTTP/1.1\r\n{headers}\r\n").as_bytes())
    };
    assert_eq!(get("/healthz", "Host: h\r\n"), 200);
    assert_eq!(get("/healthz", &"X: y\r\n".repeat(64)), 200);
    assert_eq!(get("/healthz", &"X: y\r\n".repeat(65)), 431);
    assert_eq!(get("/healthz", &format!("Cookie: {}\r\n", "c".repeat(40_000))), 431);
    assert_eq!(get(&format!("/{}", "p".repeat(20_000)), ""), 302);
    assert_eq!(get(&format!("/{}", "p".repeat(40_000)), ""), 431);
    assert_eq!(status_of(&server, b"\x16\x03\x01\x02\x00\r\n\r\n"), 400, "what is not HTTP");
    assert_eq!(status_of(&server, b"POST /live/s.ts HTTP/1.1\r\nContent-Length: 9\r\n\r\n"), 405);
}
