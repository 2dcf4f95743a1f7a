//! What the tests of the real binary share.

#![allow(dead_code, clippy::unwrap_used)] // each test program uses its part

pub mod encoder;

use std::time::Duration;

use testkit::clip::{Clip, Spec};
use testkit::ffmpeg::{self, Played};
use testkit::{Server, http};

/// For everything that is to happen soon: generous, because other tests run beside.
pub const SOON: Duration = Duration::from_secs(20);

/// For a whole stream to be published and played.
pub const STREAM: Duration = Duration::from_secs(60);

/// The program under test.
pub const SLUICE: &str = env!("CARGO_BIN_EXE_sluice");

/// Picture and sound, without B-frames.
pub const USUAL: Spec = Spec { seconds: 8, gop: 2, b_frames: 0, video: true, audio: true };
/// Pictures whose display order is not their decoding order.
pub const B_FRAMES: Spec = Spec { b_frames: 2, ..USUAL };
/// A key frame every ten seconds.
pub const LONG_GOP: Spec = Spec { seconds: 13, gop: 10, ..USUAL };
/// No picture.
pub const SOUND_ONLY: Spec = Spec { video: false, ..USUAL };
/// No sound.
pub const PICTURE_ONLY: Spec = Spec { audio: false, ..USUAL };

/// What the clip itself plays to.
#[track_caller]
pub fn original(clip: &Clip) -> Played {
    let played = ffmpeg::play(&clip.path().to_string_lossy()).run(SOON);
    played.assert_clean();
    played
}

/// Waits until `url` answers with status 200, and gives the answer.
#[track_caller]
pub fn wait_for_ok(url: &str) -> http::Response {
    testkit::wait::until(&format!("{url} to be there"), SOON, || {
        http::try_get(url).ok().filter(|answer| answer.status == 200)
    })
}

/// Waits until `count` viewers of `proto` have been let in, whether or not there is a publisher yet.
#[track_caller]
pub fn wait_for_viewers(server: &Server, proto: &str, count: usize) {
    server.wait_for_log(count, &["playing", &format!("proto=\"{proto}\"")], SOON);
}
