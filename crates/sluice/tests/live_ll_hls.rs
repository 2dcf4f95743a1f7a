//! Low-latency HLS of the real binary: followed part by part, and played by FFmpeg and by hls.js.

use std::time::Duration;

use testkit::browser::{self, Played, Player};
use testkit::clip::{Clip, Spec};
use testkit::ffmpeg::{self, Version};
use testkit::{Mix, Process, Server, Signal, Tool, http, tool};

use crate::support::parts::Follower;
use crate::support::{
    B_FRAMES, PICTURE_ONLY, SLUICE, SOON, SOUND_ONLY, STREAM, USUAL, original, wait_for_ok,
};

const LIMIT: Duration = Duration::from_secs(60);
const AV1: &str = "libsvtav1 -preset 12 -b 300k -svtav1-params lp=1";
const OPUS: &str = "libopus -b:a 64k";
/// What plays the low-latency variant whatever the server's settings say.
const LL: &str = "live/s.m3u8?variant=ll";

fn server(mode: &str) -> Server {
    Server::of(SLUICE).env("SLUICE_MEDIA_HLS_MODE", mode).start()
}

fn publish(server: &Server, clip: &Clip) -> Process {
    ffmpeg::publish(clip, &server.publish_url("live/s")).start()
}

#[test]
fn playlists_keep_the_rules_while_the_stream_goes_on() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = server("plain");
    let _publishing = publish(&server, &Clip::new(Spec { seconds: 60, ..B_FRAMES }));
    let mut follower = Follower::new(&server, LL);
    follower.follow(14.0);
    assert!(follower.segments.len() >= 3, "{}", follower.now.text);
    // Each segment is its parts, and what was hinted at can be had before it is there.
    let segment = follower.now.segments.iter().rev().find(|segment| segment.uri.is_some()).unwrap().clone();
    let parts: Vec<u8> = segment.parts.iter().flat_map(|part| follower.file(&part.uri)).collect();
    assert!(follower.file(&segment.uri.unwrap()) == parts, "the segment is not its parts");
    let hinted = follower.now.hint.clone().unwrap();
    let bytes = follower.file(&hinted);
    follower.step().unwrap();
    assert!(follower.now.text.contains(&format!("URI=\"{hinted}\"")), "{}", follower.now.text);
    assert!(follower.file(&hinted) == bytes);
    assert!(!follower.delta().contains("EXT-X-SKIP"), "nothing is old enough to be skipped");
}

#[test]
fn playlists_of_sound_alone_keep_the_rules() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = server("plain");
    let _publishing = publish(&server, &Clip::new(Spec { seconds: 30, ..SOUND_ONLY }));
    let mut follower = Follower::new(&server, LL);
    follower.follow(6.0);
    assert!(follower.parts.values().flatten().all(|part| part.independent));
}

/// Everything that was published is in the segments of the variant when the stream has ended, for FFmpeg of this version.
#[track_caller]
fn arrives_whole(spec: Spec, version: Version) {
    if !tool::have(&[Tool::Ffmpeg, version.tool()]) {
        return;
    }
    let clip = Clip::new(spec);
    let server = server("hls_ctx");
    let _publishing = publish(&server, &clip);
    // Somebody has to watch, or there is no such variant.
    let mut follower = Follower::new(&server, LL);
    follower.follow_to_end();
    let text = follower.now.text.clone();
    let played = crate::support::parts::play(&follower, version);
    let original = original(&clip);
    played.assert_clean();
    assert_eq!(played.pictures(), original.pictures(), "{text}");
    let (came, all) = (played.sounds(), original.sounds());
    // The sound of before the first picture is left out.
    ffmpeg::assert_ends_with(&all, &came, all.len().saturating_sub(3));
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
fn b_frames_arrive_whole_at_ffmpeg_9() {
    arrives_whole(B_FRAMES, Version::Nine);
}

#[test]
fn pictures_alone_arrive_whole() {
    arrives_whole(PICTURE_ONLY, Version::System);
}

#[test]
fn sound_alone_arrives_whole() {
    arrives_whole(SOUND_ONLY, Version::Nine);
}

/// Codecs that MPEG-TS of this server, or RTMP of old, does not know.
#[track_caller]
fn codecs_arrive_whole(video: &str, audio: &str, codecs: &str) {
    if !tool::have(&[Tool::Ffmpeg9]) {
        return;
    }
    let mix = Mix::new(8).video(video).audio(audio);
    let path = mix.path();
    let server = server("hls_ctx");
    let publishing = ffmpeg::publish_file(&path, &server.publish_url("live/s")).version(Version::Nine);
    let _publishing = publishing.start();
    let master = wait_for_ok(&server.http_url(LL)).text();
    assert!(master.contains(codecs), "{master}");
    assert!(master.contains("RESOLUTION=320x180") && master.contains("FRAME-RATE=25.000"), "{master}");
    let mut follower = Follower::new(&server, LL);
    follower.follow_to_end();
    let played = crate::support::parts::play(&follower, Version::Nine);
    played.assert_clean();
    let original = ffmpeg::play(path.to_str().unwrap()).version(Version::Nine).run(STREAM);
    assert_eq!(played.pictures(), original.pictures(), "{}", follower.now.text);
}

#[test]
fn h265_and_aac_arrive_whole() {
    let x265 = "libx265 -preset ultrafast -b 300k -bf 2 -x265-params log-level=error:bframes=2:pools=1";
    codecs_arrive_whole(x265, "aac -b:a 64k", "CODECS=\"hvc1.");
}

#[test]
fn av1_and_opus_arrive_whole() {
    codecs_arrive_whole(AV1, OPUS, ",opus\"");
}

#[test]
fn a_live_player_follows() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(Spec { seconds: 40, ..B_FRAMES });
    let server = server("hls_ctx");
    let _publishing = publish(&server, &clip);
    let url = server.http_url(LL);
    wait_for_ok(&url);
    let played = ffmpeg::play(&url).option("live_start_index", "0").seconds(14).run(STREAM);
    played.assert_clean();
    let (pictures, original) = (played.pictures(), original(&clip).pictures());
    assert!(pictures.len() >= 13 * 25, "{}", pictures.len());
    let place = original.iter().position(|crc| *crc == pictures[0]).expect("a picture of the clip");
    assert!(original[place..].starts_with(&pictures), "without a gap");
}

#[test]
fn both_variants_are_there_at_once() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = Server::of(SLUICE)
        .env("SLUICE_MEDIA_HLS_MODE", "plain")
        .env("SLUICE_MEDIA_HLS_FRAGMENT", "2s")
        .env("SLUICE_MEDIA_HLS_VARIANT", "ll")
        .start();
    let _publishing = publish(&server, &Clip::new(Spec { seconds: 60, ..USUAL }));
    let mut follower = Follower::new(&server, "live/s.m3u8");
    follower.follow(3.0);
    let ts = wait_for_ok(&server.http_url("live/s.m3u8?variant=ts")).text();
    assert!(ts.contains("#EXT-X-VERSION:3\n") && ts.contains(".ts\n") && !ts.contains("PART"), "{ts}");
    let segment = ts.lines().last().unwrap();
    let whole = http::get(&server.http_url(&format!("live/{segment}")));
    assert_eq!((whole.status, whole.body.len() % 188), (200, 0));
    follower.follow(2.0);
}

#[test]
fn a_publisher_that_drops_and_returns_is_a_discontinuity_and_no_more() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(Spec { seconds: 40, ..USUAL });
    let server = server("hls_ctx");
    let mut first = publish(&server, &clip);
    let mut follower = Follower::new(&server, LL);
    follower.follow(3.0);
    first.signal(Signal::Kill);
    first.wait(SOON);
    let _second = publish(&server, &clip);
    let before = follower.now.segments.last().unwrap().sequence;
    // What the first left behind is listed, and then the second is waited for.
    follower.follow(9.0);
    let marked: Vec<_> = follower.now.segments.iter().filter(|segment| segment.discontinuity).collect();
    assert_eq!(marked.len(), 1, "{}", follower.now.text);
    assert!(marked[0].sequence > before, "{}", follower.now.text);
}

#[track_caller]
fn assert_played(played: &Played, seconds: f64) {
    assert!(played.last_time - played.first_time >= seconds, "{played:?}");
    assert!(played.decoded as f64 >= (seconds - 1.0) * f64::from(Clip::FPS), "{played:?}");
    assert_eq!(played.width, 320, "{played:?}");
    assert!(!played.errors.iter().any(|error| error.contains("fatal=true")), "{played:?}");
}

/// hls.js plays, and is less than two seconds behind the server. Without parts it would be far more, each time; so one time of
/// three is enough, as a decoder in software on a busy machine falls behind for reasons of its own.
#[track_caller]
fn hls_js_is_close(mode: &str) {
    if !tool::have(&[Tool::Ffmpeg, Tool::Browser]) {
        return;
    }
    let server = server(mode);
    let _publishing = publish(&server, &Clip::new(Spec { seconds: 60, ..B_FRAMES }));
    let url = server.http_url(LL);
    wait_for_ok(&url);
    let is_close = |played: &Played| {
        assert_played(played, 12.0);
        eprintln!("{:?} s behind the playlist, {:?} s behind the server", played.latency, played.delay);
        let below = |seconds: Option<f64>| seconds.is_some_and(|seconds| seconds < 2.0);
        below(played.latency) && below(played.delay)
    };
    assert!((0..3).any(|_| is_close(&browser::play(Player::Hls, &url, 12, LIMIT).finish())));
}

#[test]
fn hls_js_is_less_than_two_seconds_behind() {
    hls_js_is_close("hls_ctx");
}

#[test]
fn hls_js_is_less_than_two_seconds_behind_in_the_playlist_that_all_share() {
    hls_js_is_close("plain");
}

#[test]
fn hls_js_plays_av1_and_opus() {
    if !tool::have(&[Tool::Ffmpeg9, Tool::Browser]) {
        return;
    }
    let server = server("hls_ctx");
    let path = Mix::new(30).video(AV1).audio(OPUS).path();
    let publishing = ffmpeg::publish_file(&path, &server.publish_url("live/s")).version(Version::Nine);
    let _publishing = publishing.start();
    let url = server.http_url(LL);
    wait_for_ok(&url);
    assert_played(&browser::play(Player::Hls, &url, 8, LIMIT).finish(), 8.0);
}

#[test]
fn hls_js_goes_on_when_the_publisher_was_killed_and_is_back() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Browser]) {
        return;
    }
    let server = server("hls_ctx");
    let clip = Clip::new(Spec { seconds: 60, ..USUAL });
    let mut publishing = publish(&server, &clip);
    let url = server.http_url(LL);
    wait_for_ok(&url);
    let mut playing = browser::play(Player::Hls, &url, 15, LIMIT);
    playing.wait_until_open();
    publishing.signal(Signal::Kill);
    publishing.wait(SOON);
    let _publishing = publish(&server, &clip);
    // It may have stood still while nobody published, and goes on at the live edge then.
    let played = playing.finish();
    assert!(played.decoded >= 11 * 25, "{played:?}");
    assert!(!played.errors.iter().any(|error| error.contains("fatal=true")), "{played:?}");
}
