//! Streams at the ends of what encoders can be set to.

use testkit::clip::Spec;
use testkit::{Clip, Script, Tool, tool};

use crate::support::USUAL;
use crate::support::watch::{assert_undisturbed, watch, watch_at};

/// Comes to everybody as it is.
#[track_caller]
fn arrives(spec: Spec) {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(spec);
    assert_undisturbed(&watch(Script::of(&clip)), &clip);
}

#[test]
fn of_60_megabits_a_second() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip =
        Clip::new(Spec { seconds: 4, bitrate: 60_000, size: (640, 360), profile: "baseline", ..USUAL });
    assert_undisturbed(&watch_at(1.0, Script::of(&clip)), &clip);
}

#[test]
fn of_300_pictures_a_second() {
    arrives(Spec { seconds: 6, fps: 300, size: (160, 90), ..USUAL });
}

#[test]
fn of_one_picture_a_second() {
    arrives(Spec { seconds: 12, gop: 4, fps: 1, ..USUAL });
}

#[test]
fn with_8_khz_mono() {
    arrives(Spec { sample_rate: 8_000, channels: 1, ..USUAL });
}

#[test]
fn with_a_key_frame_every_ten_seconds() {
    arrives(Spec { seconds: 23, gop: 10, b_frames: 2, ..USUAL });
}
