//! Streams whose clock passes the places where players' and formats' clocks run over: 2^24, 2^31 and 2^32 milliseconds.

use media::{Delta, Time};
use testkit::clip::{Clip, Spec};
use testkit::{Script, Server, Tool, ffmpeg, tool, vlc};

use crate::support::encoder::Encoder;
use crate::support::watch::assert_same_length;
use crate::support::{SLUICE, SOON, STREAM, assert_whole, original, wait_for_viewers};

/// Publishes from 10 s before `limit` milliseconds until 10 s after, to FFmpeg by RTMP and FLV and to VLC by both.
#[track_caller]
fn players_pass(limit: i64) {
    if !tool::have(&[Tool::Ffmpeg, Tool::Vlc]) {
        return;
    }
    let clip = Clip::new(Spec { seconds: 20, b_frames: 2, ..Spec::default() });
    let server = Server::start(SLUICE);
    let by_rtmp = ffmpeg::play(&server.rtmp_url("live/s")).start();
    let by_flv = ffmpeg::play(&server.http_url("live/s.flv")).start();
    wait_for_viewers(&server, "rtmp", 1);
    wait_for_viewers(&server, "flv", 1);
    let start = Time::from_millis(limit) - Delta::secs(10);
    let publishing = Encoder::to(&server.publish_url("live/s")).publish(Script::of(&clip).starting_at(start));
    let mut vlcs = [
        vlc::play(&server.rtmp_url("live/s"), 320, 180),
        vlc::play(&server.http_url("live/s.flv"), 320, 180),
    ];
    // The limit is at 250; VLC joins within the first GOPs and shows nearly all that follows.
    for vlc in &mut vlcs {
        vlc.wait_for_pictures(350, STREAM);
    }
    publishing.finish();
    let original = original(&clip);
    for (name, playing) in [("RTMP", by_rtmp), ("FLV", by_flv)] {
        let played = playing.finish(SOON);
        assert_whole(&played, &original);
        assert_same_length(name, &played, &original);
    }
    for vlc in vlcs {
        vlc.stop(SOON);
    }
}

#[test]
fn players_pass_4_hours_40_minutes() {
    players_pass(1 << 24);
}

#[test]
fn players_pass_24_days() {
    players_pass(1 << 31);
}

#[test]
fn players_pass_49_days() {
    players_pass(1 << 32);
}
