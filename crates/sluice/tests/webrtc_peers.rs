//! WebRTC with peers that are no browsers: FFmpeg, which publishes, and aiortc, which does both.

use std::time::Duration;

use testkit::ffmpeg::{self, Kind, Version};
use testkit::webrtc::{self, Codec, With};
use testkit::{Process, Server, Signal, Tool, beacon, tool, wait};

use crate::support::console::Client;
use crate::support::rtc::{sessions, wait_until_alone, wait_until_live};
use crate::support::{SLUICE, SOON, wait_for_viewers};

const LIMIT: Duration = Duration::from_secs(60);

/// A server with short segments.
fn server() -> Server {
    Server::of(SLUICE).env("SLUICE_MEDIA_HLS_FRAGMENT", "2s").start()
}

/// FFmpeg, which publishes by WHIP and is on air.
#[track_caller]
fn ffmpeg_by_whip(server: &Server) -> Process {
    let publishing = beacon::publish_by_whip(&server.whip_url("live/s"), Server::KEY).start();
    wait_until_live(server);
    publishing
}

#[test]
fn what_ffmpeg_publishes_by_whip_is_seen_by_rtmp_flv_and_hls() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Ffmpeg9]) {
        return;
    }
    let server = server();
    let flv = ffmpeg::play(&server.http_url("live/s.flv")).seconds(6).start();
    wait_for_viewers(&server, "flv", 1);
    let mut publishing = ffmpeg_by_whip(&server);
    let rtmp = server.rtmp_url("live/s");
    // One knows Opus by RTMP, the others get AAC.
    for (version, url) in
        [(Version::System, &rtmp), (Version::Nine, &rtmp), (Version::System, &server.http_url("live/s.m3u8"))]
    {
        let playing = ffmpeg::play(url).version(version).start();
        let played = wait::until(&format!("{version:?} to have played 4 s of {url}"), LIMIT, || {
            let played = playing.so_far();
            (played.pictures().len() >= 100 && played.span(Kind::Audio) >= 4.0).then_some(played)
        });
        played.assert_clean();
    }
    let flv = flv.finish(LIMIT);
    flv.assert_clean();
    assert!(flv.pictures().len() >= 90, "{} pictures", flv.pictures().len());
    assert!(flv.span(Kind::Audio) >= 3.0, "{} s of sound", flv.span(Kind::Audio));
    // It deletes its session when it ends.
    publishing.signal(Signal::Int);
    publishing.wait(SOON);
    wait_until_alone(&Client::owner(&server));
}

#[test]
fn ffmpeg_with_a_wrong_key_is_refused() {
    if !tool::have(&[Tool::Ffmpeg9]) {
        return;
    }
    let server = server();
    let exit = beacon::publish_by_whip(&server.whip_url("live/s"), "not-the-key").start().wait(LIMIT);
    assert!(!exit.status.success());
    assert_eq!(sessions(&Client::owner(&server), "publish"), 0);
}

#[test]
fn a_killed_ffmpeg_may_return() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Ffmpeg9]) {
        return;
    }
    let server = server();
    let owner = Client::owner(&server);
    let mut rtmp = ffmpeg::play(&server.rtmp_url("live/s")).start();
    wait_for_viewers(&server, "rtmp", 1);
    let mut first = ffmpeg_by_whip(&server);
    rtmp.wait_for_pictures(25, LIMIT);
    let publisher = || owner.get("sessions?action=publish")["items"][0]["id"].clone();
    let killed = publisher();
    first.signal(Signal::Kill);
    first.wait(SOON);
    // An encoder that is refused tries again, until the one before has been silent for long enough.
    let mut second = beacon::publish_by_whip(&server.whip_url("live/s"), Server::KEY).start();
    testkit::wait::until("the slot to be taken over", LIMIT, || {
        if !second.running() {
            second = beacon::publish_by_whip(&server.whip_url("live/s"), Server::KEY).start();
        }
        (publisher() != killed && !publisher().is_null()).then_some(())
    });
    let before = rtmp.so_far().frames(Kind::Video).len();
    rtmp.wait_for_pictures(before + 50, LIMIT);
}

#[test]
fn aiortc_publishes_and_plays() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Aiortc]) {
        return;
    }
    for codec in [Codec::H264, Codec::Vp8] {
        let server = server();
        let owner = Client::owner(&server);
        let publisher = webrtc::publish(With::Aiortc, &server.whip_url("live/s")).bearer(Server::KEY);
        let mut publisher = publisher.codec(codec).start(LIMIT);
        publisher.wait_for_pictures(25, LIMIT);
        let mut player = webrtc::play(With::Aiortc, &server.whep_url("live/s")).start(LIMIT);
        let seen = player.wait_until("5 s of both", LIMIT, |seen| seen.spans.iter().all(|span| *span >= 5.0));
        assert!(seen.pictures >= 90 && seen.width == 320, "{seen:?}");
        assert!(seen.loudness > 0.05, "{seen:?}");
        assert!(seen.latency.is_some_and(|latency| latency < 2_000.0), "{seen:?}");
        if codec == Codec::H264 {
            let flv = ffmpeg::play(&server.http_url("live/s.flv")).seconds(4).run(LIMIT);
            flv.assert_clean();
            assert!(flv.pictures().len() >= 90, "{} pictures", flv.pictures().len());
        }
        assert_eq!(player.stop(SOON).errors, [""; 0]);
        assert_eq!(publisher.stop(SOON).errors, [""; 0]);
        wait_until_alone(&owner);
    }
}

#[test]
fn aiortc_sees_and_hears_what_comes_by_rtmp() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Aiortc]) {
        return;
    }
    let server = server();
    let _encoder = beacon::publish(&server.publish_url("live/s")).start();
    wait_until_live(&server);
    let mut player = webrtc::play(With::Aiortc, &server.whep_url("live/s")).start(LIMIT);
    let seen = player.wait_until("5 s of both", LIMIT, |seen| seen.spans.iter().all(|span| *span >= 5.0));
    assert!(seen.pictures >= 90 && seen.loudness > 0.05, "{seen:?}");
}

#[test]
fn sound_alone_and_pictures_alone_are_streams_too() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Aiortc]) {
        return;
    }
    let server = server();
    let publish = || webrtc::publish(With::Aiortc, &server.whip_url("live/s")).bearer(Server::KEY);
    let mut publisher = publish().picture_only().codec(Codec::H264).start(LIMIT);
    publisher.wait_for_pictures(25, LIMIT);
    let flv = ffmpeg::play(&server.http_url("live/s.flv")).seconds(3).run(LIMIT);
    assert!(flv.pictures().len() >= 60 && flv.packets(Kind::Audio).is_empty());
    publisher.stop(SOON);
    let mut publisher = publish().sound_only().start(LIMIT);
    publisher.wait_until("sound to be sent", LIMIT, |sent| sent.packets[1] >= 50);
    let mut player = webrtc::play(With::Aiortc, &server.whep_url("live/s")).sound_only().start(LIMIT);
    player.wait_until("3 s of sound", LIMIT, |seen| seen.spans[1] >= 3.0 && seen.loudness > 0.05);
}

#[test]
fn connected_sessions_that_come_and_go_leave_nothing_behind() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Aiortc]) {
        return;
    }
    let server = server();
    let owner = Client::owner(&server);
    let _encoder = beacon::publish(&server.publish_url("live/s")).start();
    wait_until_live(&server);
    let round = |killed: bool| {
        let mut player = webrtc::play(With::Aiortc, &server.whep_url("live/s")).start(LIMIT);
        player.wait_for_pictures(5, LIMIT);
        if killed { player.kill(SOON) } else { drop(player.stop(SOON)) }
    };
    round(false);
    let files = server.open_files();
    (0..6).for_each(|number| round(number % 3 == 2));
    testkit::wait::until("all sessions to be gone", LIMIT, || (sessions(&owner, "play") == 0).then_some(()));
    testkit::wait::until("no more sockets than before", SOON, || {
        (server.open_files() <= files + 2).then_some(())
    });
}
