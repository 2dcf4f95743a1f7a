//! The kit's own instruments, tried on files: what they say of a good stream, and that they notice a bad one.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use testkit::clip::{Clip, Spec};
use testkit::ffmpeg::{self, Kind, Version};
use testkit::{Tool, tool, vlc};

const LIMIT: Duration = Duration::from_secs(60);

fn clip(spec: Spec) -> Clip {
    Clip::new(Spec { seconds: 4, ..spec })
}

#[test]
fn a_clip_plays_cleanly_and_whole() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = clip(Spec { b_frames: 2, ..Spec::default() });
    let played = ffmpeg::play(&clip.path().to_string_lossy()).run(LIMIT);
    played.assert_clean();
    assert_eq!(played.pictures().len(), clip.video_frames());
    let mut distinct = played.pictures();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), clip.video_frames(), "every picture differs from every other");
    assert!((3.9..4.1).contains(&played.span(Kind::Audio)), "{}", played.span(Kind::Audio));
    let reordered = played.packets(Kind::Video).iter().filter(|packet| packet.dts != packet.pts).count();
    assert!(reordered > clip.video_frames() / 2, "B-frames are there");
}

#[test]
fn both_versions_decode_the_same_pictures() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Ffmpeg9]) {
        return;
    }
    let clip = clip(Spec::default());
    let path = clip.path().to_string_lossy();
    let nine = ffmpeg::play(&path).version(Version::Nine).run(LIMIT);
    nine.assert_clean();
    assert_eq!(nine.pictures(), ffmpeg::play(&path).run(LIMIT).pictures());
}

#[test]
fn clips_hold_the_tracks_asked_for() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    for (video, audio) in [(true, false), (false, true)] {
        let played =
            ffmpeg::play(&clip(Spec { video, audio, ..Spec::default() }).path().to_string_lossy()).run(LIMIT);
        played.assert_clean();
        assert_eq!((!played.pictures().is_empty(), !played.sounds().is_empty()), (video, audio));
    }
}

#[test]
#[should_panic(expected = "the player reports errors")]
fn damage_is_noticed() {
    if !tool::have(&[Tool::Ffmpeg]) {
        panic!("the player reports errors: it is missing");
    }
    let mut bytes = std::fs::read(clip(Spec::default()).path()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 2000].fill(0x55);
    let file = tempfile::Builder::new().suffix(".flv").tempfile().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    ffmpeg::play(&file.path().to_string_lossy()).run(LIMIT).assert_clean();
}

#[test]
fn vlc_shows_pictures_without_a_screen() {
    if !tool::have(&[Tool::Ffmpeg, Tool::Vlc]) {
        return;
    }
    let clip = clip(Spec::default());
    let mut file = tempfile::Builder::new().suffix(".flv").tempfile().unwrap();
    std::io::Write::write_all(&mut file, &std::fs::read(clip.path()).unwrap()).unwrap();
    std::fs::set_permissions(file.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let mut playing = vlc::play(&file.path().to_string_lossy(), 320, 180);
    playing.wait_for_pictures(50, LIMIT);
    playing.stop(LIMIT);
}
