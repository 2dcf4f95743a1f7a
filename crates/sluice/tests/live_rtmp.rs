//! RTMP in and out of the real binary, with FFmpeg at both ends.

use std::time::Duration;

use testkit::clip::{Clip, Spec};
use testkit::ffmpeg::{self, Version};
use testkit::{Server, Tool, tool};

use crate::support::{
    B_FRAMES, LONG_GOP, PICTURE_ONLY, SLUICE, SOON, SOUND_ONLY, STREAM, USUAL, assert_all_pictures,
    assert_late, assert_whole, joined_late, on_air, original, wait_for_viewers,
};

/// Every picture and every sound, for a player that was there before the publisher.
#[track_caller]
fn arrives_whole(spec: Spec, publisher: Version, player: Version) {
    if !tool::have(&[Tool::Ffmpeg, publisher.tool(), player.tool()]) {
        return;
    }
    let clip = Clip::new(spec);
    let server = Server::start(SLUICE);
    let playing = ffmpeg::play(&server.rtmp_url("live/s")).version(player).start();
    wait_for_viewers(&server, "rtmp", 1);
    let publishing = ffmpeg::publish(&clip, &server.publish_url("live/s")).version(publisher);
    publishing.speed(2.0).start().succeed(STREAM);
    assert_whole(&playing.finish(SOON), &original(&clip));
}

#[test]
fn picture_and_sound_arrive_whole() {
    arrives_whole(USUAL, Version::System, Version::System);
}

#[test]
fn b_frames_arrive_whole() {
    arrives_whole(B_FRAMES, Version::System, Version::System);
}

#[test]
fn a_gop_of_ten_seconds_arrives_whole() {
    arrives_whole(LONG_GOP, Version::System, Version::System);
}

#[test]
fn sound_alone_arrives_whole() {
    arrives_whole(SOUND_ONLY, Version::System, Version::System);
}

#[test]
fn pictures_alone_arrive_whole() {
    arrives_whole(PICTURE_ONLY, Version::System, Version::System);
}

#[test]
fn the_newest_ffmpeg_publishes() {
    arrives_whole(B_FRAMES, Version::Nine, Version::System);
}

#[test]
fn the_newest_ffmpeg_plays() {
    arrives_whole(B_FRAMES, Version::System, Version::Nine);
}

#[test]
fn a_late_player_starts_at_a_key_frame_and_misses_nothing_after() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(Spec { b_frames: 2, ..Spec::default() });
    let server = Server::start(SLUICE);
    let (late, first) = joined_late(&server, &clip, "rtmp");
    let original = original(&clip);
    assert_late(&late, &original, 50);
    assert_eq!(first.pictures(), original.pictures());
}

#[test]
fn a_wrong_key_is_refused_in_words_that_the_encoder_shows() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(Spec::default());
    let server = Server::start(SLUICE);
    for url in [server.rtmp_url("live/s") + "?secret=wrong", server.rtmp_url("live/s")] {
        let exit = ffmpeg::publish(&clip, &url).start().wait(SOON);
        assert!(!exit.status.success(), "published without the key");
        let shown = exit.output.iter().find(|line| line.contains("Server error"));
        let shown = shown.unwrap_or_else(|| panic!("the encoder shows nothing: {:#?}", exit.output));
        assert!(shown.contains("key") || shown.contains("secret"), "{shown}");
        assert!(
            !exit.output.iter().any(|line| line.contains(Server::KEY)),
            "the right key is not given away"
        );
    }
    // The greeting shows the key to whoever starts the server; the log, which others read, does not.
    let logged = |line: &String| line.contains(" INFO ") || line.contains(" WARN ");
    let leak = server.log().into_iter().find(|line| logged(line) && line.contains(Server::KEY));
    assert_eq!(leak, None, "nor logged");
}

#[test]
fn the_key_may_stand_inside_the_stream_name() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(Spec { seconds: 4, ..Spec::default() });
    let server = Server::start(SLUICE);
    let stream = format!("live/{}", Server::KEY);
    ffmpeg::publish(&clip, &server.rtmp_url(&stream)).speed(4.0).start().succeed(SOON);
}

#[test]
fn a_second_publisher_is_refused_while_the_first_sends() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(Spec::default());
    let server = Server::start(SLUICE);
    let (first, playing) = on_air(&server, &clip, "rtmp", 10);
    let second = ffmpeg::publish(&clip, &server.publish_url("live/s")).start().wait(SOON);
    assert!(!second.status.success(), "two publish at once");
    assert!(second.output.iter().any(|line| line.contains("Server error")), "{:#?}", second.output);
    first.succeed(STREAM);
    let played = playing.finish(SOON);
    played.assert_clean();
    assert_all_pictures(&played, &original(&clip));
}

#[test]
fn a_player_gives_up_without_harm() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(Spec { seconds: 6, ..Spec::default() });
    let server = Server::start(SLUICE);
    let leaving = ffmpeg::play(&server.rtmp_url("live/s")).seconds(1).start();
    let staying = ffmpeg::play(&server.rtmp_url("live/s")).start();
    wait_for_viewers(&server, "rtmp", 2);
    let publishing = ffmpeg::publish(&clip, &server.publish_url("live/s")).start();
    leaving.finish(STREAM).assert_clean();
    publishing.succeed(STREAM);
    let played = staying.finish(SOON);
    played.assert_clean();
    assert_all_pictures(&played, &original(&clip));
    server.wait_for_log(3, &["session closed"], Duration::from_secs(5));
}
