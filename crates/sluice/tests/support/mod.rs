//! What the tests of the real binary share.

pub(crate) mod chain;
pub(crate) mod client;
pub(crate) mod console;
pub(crate) mod crowd;
pub(crate) mod encoder;
pub(crate) mod h2;
pub(crate) mod image;
pub(crate) mod parts;
pub(crate) mod pebble;
pub(crate) mod playlist;
pub(crate) mod rtc;
pub(crate) mod rtc_peer;
pub(crate) mod secure;
pub(crate) mod siege;
pub(crate) mod watch;
pub(crate) mod websocket;

use std::time::{Duration, SystemTime};

use container::flv::{Demuxer, Reader, TagKind};
use media::{Frame, Time};
use testkit::clip::{Clip, Spec};
use testkit::ffmpeg::{self, Played, Playing};
use testkit::{Process, Server, Signal, http};

/// For everything that is to happen soon: generous, because other tests run beside.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// For a whole stream to be published and played.
pub(crate) const STREAM: Duration = Duration::from_secs(60);

/// The program under test.
pub(crate) const SLUICE: &str = env!("CARGO_BIN_EXE_sluice");

/// Picture and sound, without B-frames.
pub(crate) const USUAL: Spec = Spec { seconds: 8, ..Spec::DEFAULT };
/// Pictures whose display order is not their decoding order.
pub(crate) const B_FRAMES: Spec = Spec { b_frames: 2, ..USUAL };
/// A key frame every ten seconds.
pub(crate) const LONG_GOP: Spec = Spec { seconds: 13, gop: 10, ..USUAL };
/// No picture.
pub(crate) const SOUND_ONLY: Spec = Spec { video: false, ..USUAL };
/// No sound.
pub(crate) const PICTURE_ONLY: Spec = Spec { audio: false, ..USUAL };

/// What the clip itself plays to.
#[track_caller]
pub(crate) fn original(clip: &Clip) -> Played {
    let played = ffmpeg::play(&clip.path().to_string_lossy()).run(SOON);
    played.assert_clean();
    played
}

/// Waits until `url` answers with status 200, and gives the answer.
#[track_caller]
pub(crate) fn wait_for_ok(url: &str) -> http::Response {
    testkit::wait::until(&format!("{url} to be there"), SOON, || {
        http::try_get(url).ok().filter(|answer| answer.status == 200)
    })
}

/// Waits until `count` viewers of `proto` have been let in, whether or not there is a publisher yet.
#[track_caller]
pub(crate) fn wait_for_viewers(server: &Server, proto: &str, count: usize) {
    server.wait_for_log(count, &["playing", &format!("proto=\"{proto}\"")], SOON);
}

/// Puts `clip` on air as `live/s` with a viewer of `proto` (`rtmp` or `flv`) who was there before, and waits until that one
/// has decoded `pictures`.
#[track_caller]
pub(crate) fn on_air(server: &Server, clip: &Clip, proto: &str, pictures: usize) -> (Process, Playing) {
    let mut playing = ffmpeg::play(&play_url(server, proto)).start();
    wait_for_viewers(server, proto, 1);
    let publishing = ffmpeg::publish(clip, &server.publish_url("live/s")).start();
    playing.wait_for_pictures(pictures, SOON);
    (publishing, playing)
}

/// Where `live/s` is watched by the protocol or file suffix `proto`.
fn play_url(server: &Server, proto: &str) -> String {
    match proto {
        "rtmp" => server.rtmp_url("live/s"),
        _ => server.http_url(&format!("live/s.{proto}")),
    }
}

/// What a viewer of `live/s` sees that joins when a first one has seen some of `clip`, and what that first one sees.
///
/// The publisher stands still until the server knows the second: however long a player takes to start, the clip is not
/// over by then.
pub(crate) fn joined_late(server: &Server, clip: &Clip, proto: &str) -> (Played, Played) {
    let (mut publishing, first) = on_air(server, clip, proto, 70);
    publishing.signal(Signal::Stop);
    let late = ffmpeg::play(&play_url(server, proto)).start();
    wait_for_viewers(server, proto, 2);
    publishing.signal(Signal::Cont);
    publishing.succeed(STREAM);
    (late.finish(SOON), first.finish(SOON))
}

/// Asserts that `late` came whole from a key frame of `original`, one of whose GOPs has `gop` pictures, and not from the
/// first.
#[track_caller]
pub(crate) fn assert_late(late: &Played, original: &Played, gop: usize) {
    late.assert_clean();
    let (all, came) = (original.pictures(), late.pictures());
    ffmpeg::assert_ends_with(&all, &came, gop);
    let missed = all.len() - came.len();
    assert!(missed > 0 && missed.is_multiple_of(gop), "the join is at a key frame, not at picture {missed}");
}

/// Asserts that all of `original` came: every picture, and every sound but for those before the first picture.
#[track_caller]
pub(crate) fn assert_whole(played: &Played, original: &Played) {
    played.assert_clean();
    assert_all_pictures(played, original);
    let before_picture = if original.pictures().is_empty() { 0 } else { 3 };
    let sounds = original.sounds();
    ffmpeg::assert_ends_with(&sounds, &played.sounds(), sounds.len().saturating_sub(before_picture));
}

/// Asserts that every picture of `original` came, and no other.
#[track_caller]
pub(crate) fn assert_all_pictures(played: &Played, original: &Played) {
    ffmpeg::assert_ends_with(&original.pictures(), &played.pictures(), original.pictures().len());
}

/// The frames of an FLV file, pictures and sound.
pub(crate) fn frames_of_flv(flv: &[u8]) -> Vec<Frame> {
    let (mut reader, mut demuxer) = (Reader::new(), Demuxer::new());
    reader.push(flv);
    let mut frames = Vec::new();
    while let Some(tag) = reader.next().unwrap() {
        let (time, wall) = (Time::from_millis(i64::from(tag.timestamp)), SystemTime::UNIX_EPOCH);
        match tag.kind {
            TagKind::Video => frames.extend(demuxer.video(time, wall, tag.body).map(Result::unwrap)),
            TagKind::Audio => frames.extend(demuxer.audio(time, wall, tag.body).map(Result::unwrap)),
            TagKind::Data => {}
        }
    }
    frames
}
