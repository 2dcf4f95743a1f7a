//! What viewers notice when publishers die, freeze or return, and when the server is told to go.

use std::time::Duration;

use testkit::clip::{Clip, Spec};
use testkit::ffmpeg::{self, Kind, assert_ends_with};
use testkit::{Server, Signal, Tool, tool};

use crate::support::{SLUICE, SOON, STREAM, on_air, original, wait_for_ok, wait_for_viewers};

fn clip() -> Clip {
    Clip::new(Spec { seconds: 20, ..Spec::default() })
}

#[test]
fn an_rtmp_viewer_outlives_a_killed_publisher_that_returns() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = clip();
    let server = Server::start(SLUICE);
    let (mut first, playing) = on_air(&server, &clip, "rtmp", 60);
    first.signal(Signal::Kill);
    first.wait(SOON);
    let second = ffmpeg::publish(&clip, &server.publish_url("live/s")).speed(4.0).start();
    second.succeed(STREAM);
    let played = playing.finish(SOON);
    played.assert_clean();
    let original = original(&clip);
    let pictures = played.pictures();
    ffmpeg::assert_ends_with(&pictures, &original.pictures(), original.pictures().len());
    let before = &pictures[..pictures.len() - original.pictures().len()];
    assert!(
        before.len() >= 60 && original.pictures().starts_with(before),
        "{} before the crash",
        before.len()
    );
    let longest = longest_gap(played.packets(Kind::Video));
    assert!(longest <= 200, "the clock goes on one frame after the last, not {longest} ms");
}

#[test]
fn a_frozen_publishers_slot_is_taken_over() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = clip();
    let server = Server::start(SLUICE);
    let (mut frozen, playing) = on_air(&server, &clip, "rtmp", 30);
    frozen.signal(Signal::Stop);
    // An encoder that is refused tries again, as this one does until the frozen one has been silent for long enough.
    testkit::wait::until("the slot to be taken over", SOON, || {
        let exit = ffmpeg::publish(&clip, &server.publish_url("live/s")).speed(4.0).start().wait(STREAM);
        exit.status.success().then_some(())
    });
    let played = playing.finish(SOON);
    played.assert_clean();
    assert_ends_with(&played.pictures(), &original(&clip).pictures(), clip.video_frames());
    // Woken, it finds its connection closed and the stream no longer its own.
    frozen.signal(Signal::Cont);
    assert!(!frozen.wait(SOON).status.success());
}

#[test]
fn a_restart_on_the_same_folder_keeps_the_key() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let clip = Clip::new(Spec { seconds: 4, ..Spec::default() });
    for _ in 0..2 {
        let server = Server::of(SLUICE).data(data.path()).start();
        ffmpeg::publish(&clip, &server.publish_url("live/s")).speed(4.0).start().succeed(SOON);
        assert!(server.stop(SOON).status.success());
    }
}

#[test]
fn sigterm_ends_a_busy_server_in_time_and_its_viewers_cleanly() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = clip();
    let server = Server::start(SLUICE);
    let mut flv = ffmpeg::play(&server.http_url("live/s.flv")).start();
    wait_for_viewers(&server, "flv", 1);
    let (publishing, rtmp) = on_air(&server, &clip, "rtmp", 50);
    flv.wait_for_pictures(50, SOON);
    let stopped = server.stop(Duration::from_secs(8));
    assert!(stopped.status.success(), "{}", stopped.status);
    assert!(stopped.took < Duration::from_secs(5), "it took {:?}", stopped.took);
    assert!(!publishing.wait(SOON).status.success(), "the encoder notices");
    for played in [rtmp.finish(SOON), flv.finish(SOON)] {
        assert!(played.pictures().len() >= 50);
    }
}

#[test]
fn a_killed_server_starts_again_on_the_same_folder() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::of(SLUICE).data(data.path()).start();
    server.signal(Signal::Kill);
    drop(server);
    let server = Server::of(SLUICE).data(data.path()).start();
    wait_for_ok(&server.http_url("healthz"));
}

fn longest_gap(packets: &[ffmpeg::Entry]) -> i64 {
    packets.windows(2).map(|pair| pair[1].dts - pair[0].dts).max().unwrap_or(0)
}
