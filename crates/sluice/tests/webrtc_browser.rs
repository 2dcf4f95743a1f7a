//! WebRTC with Chromium, which publishes to the real binary and plays from it, also over a network that misbehaves.

use std::time::Duration;

use media::Delta;
use serde_json::Value;
use testkit::ffmpeg::{self, Kind};
use testkit::net::Weather;
use testkit::udp_relay::{Conditions, Line, Relay};
use testkit::webrtc::{self, Codec, Peer, Report, With};
use testkit::{Process, Server, Signal, Tool, beacon, tool};

use crate::support::console::{Client, json_of};
use crate::support::rtc::{sessions, wait_until_alone, wait_until_live};
use crate::support::{SLUICE, SOON, wait_for_viewers};

/// For a browser to start and to show something, on a machine that runs other tests as well.
const LIMIT: Duration = Duration::from_secs(60);

fn have_browser() -> bool {
    tool::have(&[Tool::Ffmpeg, Tool::Browser])
}

/// A server with short segments.
fn server() -> Server {
    Server::of(SLUICE).env("SLUICE_MEDIA_HLS_FRAGMENT", "2s").start()
}

#[track_caller]
fn publisher(server: &Server, codec: Codec) -> Peer {
    let publisher = webrtc::publish(With::Chromium, &server.whip_url("live/s")).bearer(Server::KEY);
    let publisher = publisher.codec(codec).start(LIMIT);
    wait_until_live(server);
    publisher
}

/// A beacon by RTMP, which is on air.
#[track_caller]
fn encoder(server: &Server) -> Process {
    let encoder = beacon::publish(&server.publish_url("live/s")).start();
    wait_until_live(server);
    encoder
}

#[track_caller]
fn player(server: &Server) -> Peer {
    webrtc::play(With::Chromium, &server.whep_url("live/s")).start(LIMIT)
}

#[track_caller]
fn calibrated_player(server: &Server) -> Peer {
    webrtc::play(With::Chromium, &server.whep_url("live/s")).calibrated().start(LIMIT)
}

/// Asserts that a player has seen and heard something for `seconds`, in step and not late.
#[track_caller]
fn assert_played(seen: &Report, seconds: f64) {
    assert_eq!(seen.errors, [""; 0], "{seen:?}");
    assert!(seen.advanced() >= seconds, "{seen:?}");
    assert!(seen.pictures as f64 >= 0.8 * seconds * 25.0, "{seen:?}");
    assert!(seen.loudness > 0.1, "nothing is heard: {seen:?}");
    assert!(seen.latency.is_some_and(|latency| latency < 1_500.0), "{seen:?}");
    // What a player adds itself is in it, and it adds more where the machine is busy.
    assert!(seen.skew.is_some_and(|skew| skew.abs() < 500.0), "{seen:?}");
    eprintln!("played: {seen:?}");
}

/// Asserts that as well, more strictly, of a player that knows what it adds itself. On a quiet machine it is 60 ms late and 50 ms apart
/// at the start; the bounds leave room for one that is busy.
#[track_caller]
fn assert_in_step_and_soon(seen: &Report, seconds: f64) {
    assert_played(seen, seconds);
    assert!(seen.latency.is_some_and(|latency| latency < 1_000.0), "{seen:?}");
    assert!(seen.skew.is_some_and(|skew| skew.abs() < 200.0), "{seen:?}");
}

/// Waits until a player has seen `seconds` and heard enough beeps to know how they are in step.
#[track_caller]
fn wait_until_played(player: &mut Peer, seconds: f64) -> Report {
    player.wait_until(&format!("{seconds} s played"), LIMIT, |seen| {
        seen.advanced() >= seconds && seen.beeps >= 3 && seen.flashes >= 3
    })
}

#[test]
fn what_chromium_publishes_is_seen_by_everybody() {
    if !have_browser() {
        return;
    }
    let server = server();
    let flv = ffmpeg::play(&server.http_url("live/s.flv")).seconds(8).start();
    wait_for_viewers(&server, "flv", 1);
    let publisher = publisher(&server, Codec::H264);
    let mut player = calibrated_player(&server);
    let seen = wait_until_played(&mut player, 6.0);
    assert_in_step_and_soon(&seen, 5.0);
    assert!(seen.codecs.iter().any(|codec| codec == "video/H264"), "{seen:?}");

    let flv = flv.finish(LIMIT);
    flv.assert_clean();
    assert!(flv.span(Kind::Video) >= 7.0 && flv.span(Kind::Audio) >= 7.0, "{} s", flv.span(Kind::Video));
    assert!(flv.pictures().len() >= 100, "{} pictures", flv.pictures().len());
    let mut hls = ffmpeg::play(&server.http_url("live/s.m3u8")).start();
    hls.wait_for_pictures(100, LIMIT);
    hls.so_far().assert_clean();
    drop(hls);
    assert_eq!(player.stop(SOON).errors, [""; 0]);
    let sent = publisher.stop(SOON);
    assert!(sent.errors.is_empty() && sent.key_frames >= 2, "HLS wants key frames: {sent:?}");
    wait_until_alone(&Client::owner(&server));
}

#[test]
fn what_comes_by_rtmp_is_seen_in_chromium_in_step_and_soon() {
    if !have_browser() {
        return;
    }
    let server = server();
    let _encoder = encoder(&server);
    let mut player = calibrated_player(&server);
    assert_in_step_and_soon(&wait_until_played(&mut player, 8.0), 7.0);
}

/// As where there are many viewers: sound waits for a picture to go with, and two packets of it go as one.
#[test]
fn sound_that_goes_with_pictures_is_heard_in_step() {
    if !have_browser() {
        return;
    }
    let server = Server::of(SLUICE).env("SLUICE_MEDIA_MERGE_WINDOW", "throughput").start();
    let _encoder = encoder(&server);
    let mut player = player(&server);
    let seen = wait_until_played(&mut player, 8.0);
    assert_played(&seen, 7.0);
    // However long that took: of pictures there are twice as many packets as of sound in packets of 20 ms, and nearly four times of 40.
    let [pictures, sounds] = seen.packets;
    assert!(sounds * 5 < pictures * 2, "two of 20 ms are one packet: {seen:?}");
}

#[test]
fn a_camera_is_seen_too() {
    if !have_browser() {
        return;
    }
    let server = server();
    let url = server.whip_url("live/s");
    let mut publisher = webrtc::publish(With::Chromium, &url).bearer(Server::KEY).camera().start(LIMIT);
    publisher.wait_for_pictures(25, LIMIT);
    let mut player = player(&server);
    let seen = player.wait_until("5 s played", LIMIT, |seen| seen.advanced() >= 5.0 && seen.loudness > 0.0);
    assert!(seen.errors.is_empty() && seen.width > 0, "{seen:?}");
}

/// A browser's simulcast: the larger size is the stream, the smaller one a stream of its own for every protocol, beginning and ending with it.
#[test]
fn a_browser_may_publish_two_sizes() {
    if !have_browser() {
        return;
    }
    let server = server();
    let publisher = webrtc::publish(With::Chromium, &server.whip_url("live/s")).bearer(Server::KEY);
    let publisher = publisher.codec(Codec::H264).simulcast().start(LIMIT);
    let owner = Client::owner(&server);
    let stream = |id: &str| {
        let answer = owner.ask("GET", &format!("streams/{id}"), None);
        (answer.status == 200).then(|| json_of(&answer))
    };
    let small = testkit::wait::until("the smaller size", LIMIT, || {
        stream("live%2Fs@180p")
            .filter(|small| small["tracks"].as_array().is_some_and(|tracks| tracks.len() == 2))
    });
    let width = |stream: &Value| {
        let tracks = stream["tracks"].as_array().unwrap();
        tracks.iter().find(|track| track["kind"] == "video").map(|track| track["width"].clone())
    };
    assert_eq!((&small["parent"], width(&small)), (&"live/s".into(), Some(320.into())), "{small}");
    testkit::wait::until("the larger one", LIMIT, || {
        stream("live%2Fs").filter(|large| width(large) == Some(640.into()))
    });

    let mut flv = ffmpeg::play(&server.http_url("live/s@180p.flv")).start();
    flv.wait_for_pictures(50, LIMIT);
    flv.so_far().assert_clean();
    let mut player = webrtc::play(With::Chromium, &server.whep_url("live/s@180p")).start(LIMIT);
    let seen = wait_until_played(&mut player, 4.0);
    assert_eq!(seen.width, 320, "{seen:?}");
    assert_played(&seen, 3.0);
    let mut large = self::player(&server);
    assert_eq!(large.wait_for_pictures(50, LIMIT).width, 640);
    assert_eq!(publisher.so_far().errors, [""; 0]);
    publisher.stop(SOON);
    testkit::wait::until("both to be over", LIMIT, || {
        (stream("live%2Fs").is_none_or(|large| large["state"] != "live")
            && stream("live%2Fs@180p").is_none_or(|small| small["state"] != "live"))
        .then_some(())
    });
}

#[track_caller]
fn passes(codec: Codec, name: &str) {
    if !have_browser() {
        return;
    }
    let server = server();
    let _publisher = publisher(&server, codec);
    let mut player = player(&server);
    let seen = player.wait_until("4 s played", LIMIT, |seen| seen.advanced() >= 4.0 && seen.pictures >= 60);
    assert!(seen.errors.is_empty() && seen.codecs.iter().any(|codec| codec == name), "{seen:?}");
    let stream = Client::owner(&server).get("streams/live%2Fs");
    let tracks: Vec<_> = stream["tracks"].as_array().unwrap().iter().collect();
    assert!(tracks.iter().any(|track| track["width"] == 640 && track["height"] == 360), "{stream}");
}

#[test]
fn vp8_passes() {
    passes(Codec::Vp8, "video/VP8");
}

#[test]
fn vp9_passes() {
    passes(Codec::Vp9, "video/VP9");
}

#[test]
fn av1_passes() {
    passes(Codec::Av1, "video/AV1");
}

#[test]
fn pages_written_for_srs_publish_and_play() {
    if !have_browser() {
        return;
    }
    let server = server();
    let stream = format!("webrtc://localhost/live/s?secret={}", Server::KEY);
    let publisher = webrtc::publish(With::Chromium, &server.http_url("rtc/v1/publish/")).srs(&stream);
    let mut publisher = publisher.codec(Codec::H264).start(LIMIT);
    publisher.wait_for_pictures(5, LIMIT);
    let player = webrtc::play(With::Chromium, &server.http_url("rtc/v1/play/"));
    let mut player = player.srs("webrtc://localhost/live/s").start(LIMIT);
    player.wait_for_pictures(50, LIMIT);
}

#[test]
fn where_udp_is_blocked_tcp_carries_both_ways() {
    if !have_browser() {
        return;
    }
    let server = server();
    let url = server.whip_url("live/s");
    let publisher = webrtc::publish(With::Chromium, &url).bearer(Server::KEY).codec(Codec::H264).tcp();
    let mut publisher = publisher.start(LIMIT);
    let is_tcp = |seen: &Report| seen.remote.as_ref().is_some_and(|remote| remote.starts_with("tcp "));
    publisher.wait_until("pictures by TCP", LIMIT, |seen| seen.pictures >= 25 && is_tcp(seen));
    let mut player = webrtc::play(With::Chromium, &server.whep_url("live/s")).tcp().start(LIMIT);
    player.wait_until("pictures by TCP", LIMIT, |seen| seen.advanced() >= 4.0 && is_tcp(seen));
}

#[test]
fn who_has_no_key_is_told_so() {
    if !have_browser() {
        return;
    }
    let server = server();
    let url = server.whip_url("live/s");
    let reason = webrtc::publish(With::Chromium, &url).bearer("not-the-key").refused(LIMIT);
    assert!(reason.contains("status 401") || reason.contains("status 403"), "{reason}");
    assert_eq!(sessions(&Client::owner(&server), "publish"), 0);
}

#[test]
fn a_killed_publisher_may_return_and_its_viewers_go_on() {
    if !have_browser() {
        return;
    }
    let server = server();
    let first = publisher(&server, Codec::H264);
    let mut player = player(&server);
    player.wait_for_pictures(25, LIMIT);
    first.kill(SOON);
    let url = server.whip_url("live/s");
    // Until it has been silent for two seconds the slot is its own.
    let mut second = testkit::wait::until("the slot to be taken over", LIMIT, || {
        let second = webrtc::publish(With::Chromium, &url).bearer(Server::KEY).codec(Codec::H264);
        second.try_start(LIMIT).ok()
    });
    second.wait_for_pictures(25, LIMIT);
    let seen = player.wait_for_more(50, LIMIT);
    assert!(!seen.ended && seen.errors.is_empty(), "{seen:?}");
}

#[test]
fn a_killed_player_is_noticed() {
    if !have_browser() {
        return;
    }
    let server = server();
    let owner = Client::owner(&server);
    let _encoder = encoder(&server);
    let mut player = player(&server);
    player.wait_for_pictures(10, LIMIT);
    assert_eq!(sessions(&owner, "play"), 1);
    player.kill(SOON);
    testkit::wait::until("the session to be over", LIMIT, || (sessions(&owner, "play") == 0).then_some(()));
}

#[test]
fn whoever_is_put_out_knows_it() {
    if !have_browser() {
        return;
    }
    let server = server();
    let owner = Client::owner(&server);
    let publisher = publisher(&server, Codec::H264);
    let mut player = player(&server);
    player.wait_for_pictures(10, LIMIT);
    let playing: Value = owner.get("sessions?action=play")["items"][0].clone();
    assert_eq!(owner.ask("DELETE", &format!("sessions/{}", playing["id"]), None).status, 204);
    assert!(player.wait_until_ended(LIMIT).ended);
    assert_eq!(sessions(&owner, "publish"), 1);
    assert_eq!(owner.ask("POST", "streams/live%2Fs/kick", None).status, 204);
    assert!(publisher.wait_until_ended(LIMIT).ended);
    wait_until_alone(&owner);
}

/// Browsers show pictures in the order in which they come: those that are out of it, and that no other refers to, are left out.
#[test]
fn b_frames_do_no_harm() {
    if !have_browser() {
        return;
    }
    let server = server();
    let _encoder = beacon::publish(&server.publish_url("live/s")).b_frames(2, false).start();
    wait_until_live(&server);
    let mut player = player(&server);
    let seen = player.wait_until("6 s played", LIMIT, |seen| seen.advanced() >= 6.0);
    // One picture of three is left.
    assert!(seen.pictures >= 35, "{seen:?}");
    assert!(seen.loudness > 0.1 && seen.errors.is_empty(), "{seen:?}");
}

#[test]
fn b_frames_that_others_need_are_refused_with_advice() {
    if !have_browser() {
        return;
    }
    let server = server();
    let _encoder = beacon::publish(&server.publish_url("live/s")).b_frames(3, true).start();
    wait_until_live(&server);
    let reason = webrtc::play(With::Chromium, &server.whep_url("live/s")).refused(LIMIT);
    assert!(reason.contains("status 406") && reason.contains("B-frames"), "{reason}");
}

#[test]
fn a_player_may_be_there_before_its_publisher() {
    if !have_browser() {
        return;
    }
    let server = server();
    let mut player = player(&server);
    player.wait_until("its connection", LIMIT, |seen| seen.state == "connected");
    let _encoder = beacon::publish(&server.publish_url("live/s")).start();
    assert_played(&wait_until_played(&mut player, 5.0), 4.0);
}

const LOSSY: Conditions = Conditions {
    weather: Weather { loss: 5, duplication: 1, delay: Delta::millis(20), jitter: Delta::millis(15) },
    line: None,
};

#[track_caller]
fn relay(server: &Server, conditions: Conditions) -> Relay {
    Relay::start(server.addresses().webrtc.unwrap(), 7, conditions)
}

#[test]
fn a_player_on_a_lossy_network_sees_nearly_everything() {
    if !have_browser() {
        return;
    }
    let server = server();
    let _encoder = encoder(&server);
    let relay = relay(&server, LOSSY);
    let mut player =
        webrtc::play(With::Chromium, &server.whep_url("live/s")).via(relay.address()).start(LIMIT);
    let seen = player.wait_until("12 s played", LIMIT, |seen| seen.advanced() >= 12.0);
    let passed = relay.passed();
    assert!(passed.down.lost > 20, "{passed:?}");
    assert!(seen.nacks > 0 && seen.retransmitted > 0, "{seen:?}");
    assert!(seen.pictures >= 250, "of some 300: {seen:?}");
    assert!(seen.loudness > 0.1, "{seen:?}");
}

#[test]
fn a_publisher_on_a_lossy_network_is_seen_nearly_whole() {
    if !have_browser() {
        return;
    }
    let server = server();
    let relay = relay(&server, LOSSY);
    let publisher = webrtc::publish(With::Chromium, &server.whip_url("live/s")).bearer(Server::KEY);
    let mut publisher = publisher.codec(Codec::H264).via(relay.address()).start(LIMIT);
    publisher.wait_for_pictures(25, LIMIT);
    let flv = ffmpeg::play(&server.http_url("live/s.flv")).seconds(12).run(LIMIT);
    let sent = publisher.stop(SOON);
    let passed = relay.passed();
    assert!(passed.up.lost > 20, "{passed:?}");
    assert!(sent.nacks > 0 && sent.retransmitted > 0, "{sent:?}");
    assert!(flv.pictures().len() >= 240, "{} of some 300", flv.pictures().len());
    assert!(flv.packets(Kind::Audio).len() >= 500, "{} sounds", flv.packets(Kind::Audio).len());
}

#[test]
fn both_go_on_from_another_address() {
    if !have_browser() {
        return;
    }
    let server = server();
    let relay = relay(&server, Conditions::CALM);
    let publisher = webrtc::publish(With::Chromium, &server.whip_url("live/s")).bearer(Server::KEY);
    let mut publisher = publisher.codec(Codec::H264).via(relay.address()).start(LIMIT);
    publisher.wait_for_pictures(25, LIMIT);
    let mut player =
        webrtc::play(With::Chromium, &server.whep_url("live/s")).via(relay.address()).start(LIMIT);
    player.wait_for_pictures(25, LIMIT);
    // A browser asks from several addresses.
    let clients = relay.passed().clients;
    for _ in 0..3 {
        relay.rebind();
        let seen = player.wait_for_more(100, LIMIT);
        assert!(!seen.ended && seen.errors.is_empty(), "{seen:?}");
    }
    assert_eq!(relay.passed().clients, clients, "neither has gathered anew");
}

#[test]
fn a_black_out_of_ten_seconds_is_survived() {
    if !have_browser() {
        return;
    }
    let server = server();
    let _encoder = encoder(&server);
    let relay = relay(&server, Conditions::CALM);
    let mut player =
        webrtc::play(With::Chromium, &server.whep_url("live/s")).via(relay.address()).start(LIMIT);
    player.wait_for_pictures(25, LIMIT);
    relay.black_out(true);
    std::thread::sleep(Duration::from_secs(10)); // it is the time itself that is to be survived
    relay.black_out(false);
    let seen = player.wait_for_more(75, LIMIT);
    assert!(!seen.ended && seen.errors.is_empty(), "{seen:?}");
    assert!(
        seen.latency.is_some_and(|latency| latency < 2_000.0),
        "what it missed is not shown late: {seen:?}"
    );
}

/// A browser gives up a session without a network in less, the server after 30 s; who comes again is served at once.
#[test]
fn a_black_out_of_thirty_seconds_leaves_nothing() {
    if !have_browser() {
        return;
    }
    let server = server();
    let relay = relay(&server, Conditions::CALM);
    let publisher = webrtc::publish(With::Chromium, &server.whip_url("live/s")).bearer(Server::KEY);
    let mut publisher = publisher.codec(Codec::H264).via(relay.address()).start(LIMIT);
    publisher.wait_for_pictures(25, LIMIT);
    let through_relay =
        || webrtc::play(With::Chromium, &server.whep_url("live/s")).via(relay.address()).start(LIMIT);
    let mut player = through_relay();
    player.wait_for_pictures(25, LIMIT);
    relay.black_out(true);
    std::thread::sleep(Duration::from_secs(32)); // it is the time itself that is to be got over
    relay.black_out(false);
    publisher.wait_until_ended(LIMIT);
    player.wait_until_ended(LIMIT);
    wait_until_alone(&Client::owner(&server));
    let publisher = webrtc::publish(With::Chromium, &server.whip_url("live/s")).bearer(Server::KEY);
    let _publisher = publisher.codec(Codec::H264).via(relay.address()).start(LIMIT);
    through_relay().wait_for_pictures(25, LIMIT);
}

/// It loses its slot after 5 s, as by every protocol, and its session goes on.
#[test]
fn a_publisher_that_was_without_a_network_publishes_again() {
    if !have_browser() {
        return;
    }
    let server = server();
    let relay = relay(&server, Conditions::CALM);
    let publisher = webrtc::publish(With::Chromium, &server.whip_url("live/s")).bearer(Server::KEY);
    let mut publisher = publisher.codec(Codec::H264).via(relay.address()).start(LIMIT);
    publisher.wait_for_pictures(25, LIMIT);
    let rtmp = ffmpeg::play(&server.rtmp_url("live/s")).start();
    let pictures = || rtmp.so_far().pictures().len();
    testkit::wait::until("a picture", LIMIT, || (pictures() > 25).then_some(()));
    let owner = Client::owner(&server);
    relay.black_out(true);
    testkit::wait::until("its slot to be free", LIMIT, || (sessions(&owner, "publish") == 0).then_some(()));
    relay.black_out(false);
    testkit::wait::until("it to be back", LIMIT, || (sessions(&owner, "publish") == 1).then_some(()));
    let before = pictures();
    testkit::wait::until("more of it for who watched before", LIMIT, || {
        (pictures() > before + 50).then_some(())
    });
    let sent = publisher.stop(SOON);
    assert_eq!(sent.errors, [""; 0]);
}

/// A line that is not wide enough for a moment: what is late is left out, and afterwards all is as before.
#[test]
fn a_line_that_narrows_for_a_while_is_recovered_from() {
    if !have_browser() {
        return;
    }
    let server = server();
    let _encoder = encoder(&server);
    let relay = relay(&server, Conditions::CALM);
    let mut player =
        webrtc::play(With::Chromium, &server.whep_url("live/s")).via(relay.address()).start(LIMIT);
    player.wait_for_pictures(50, LIMIT);
    let line = Line { rate: 200_000, queue: 30_000 };
    relay.set(Conditions { line: Some(line), ..Conditions::CALM });
    testkit::wait::until("the queue to overflow", LIMIT, || {
        (relay.passed().down.overflowed > 50).then_some(())
    });
    relay.set(Conditions::CALM);
    let seen = player.wait_for_more(100, LIMIT);
    assert!(!seen.ended, "{seen:?}");
    player.wait_until("pictures that are not late", LIMIT, |seen| {
        seen.latency.is_some_and(|late| late < 1_500.0)
    });
}

#[test]
fn a_stopped_server_says_goodbye() {
    if !have_browser() {
        return;
    }
    let server = server();
    let mut encoder = encoder(&server);
    let mut player = player(&server);
    player.wait_for_pictures(10, LIMIT);
    let stopped = server.stop(SOON);
    assert!(stopped.status.success() && stopped.took < Duration::from_secs(6), "{:?}", stopped.took);
    assert!(player.wait_until_ended(LIMIT).ended);
    encoder.signal(Signal::Kill);
}
