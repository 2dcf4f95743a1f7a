//! What FFmpeg's encoders send, cut into segments, is played by FFmpeg without a fault: whole, and each segment alone.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use container::flv;
use hls::{Config, Segment, Segmenter, Window, playlist};
use media::{Delta, Frame, Time, Unwrap};
use testkit::clip::Spec;
use testkit::ffmpeg::{Kind, Played, play};
use testkit::{Clip, Tool, tool};

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn b_frames() {
    check(Spec { seconds: 24, gop: 2, b_frames: 3, ..Spec::default() }, 3);
}

#[test]
fn gop_of_ten_seconds() {
    check(Spec { seconds: 24, gop: 10, b_frames: 2, ..Spec::default() }, 3);
}

#[test]
fn video_only() {
    check(Spec { seconds: 24, b_frames: 2, audio: false, ..Spec::default() }, 3);
}

#[test]
fn audio_only() {
    check(Spec { seconds: 24, video: false, ..Spec::default() }, 3);
}

#[test]
fn a_publisher_that_returns() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(Spec { seconds: 4, b_frames: 2, ..Spec::default() });
    let mut segmenter = Segmenter::new(Config::default(), 0);
    let mut segments = Vec::new();
    for run in 0..2 {
        let start = Delta::millis(4_060) * run;
        segments.extend(cut(&mut segmenter, &demux(clip.path(), start)));
    }
    let folder = tempfile::tempdir().unwrap();
    let played = decoded(&store(&segments, folder.path()));
    let once = decoded(clip.path()).pictures();
    assert_eq!(played.pictures(), [once.clone(), once].concat());
    assert!(segments[1].discontinuity);
}

fn check(spec: Spec, count: usize) {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(spec);
    let expected = decoded(clip.path());
    let wrap = Time::from_ticks(1 << 33, 90_000) - Delta::secs(12);
    for start in [Time::ZERO, Time::from_millis((1 << 32) - 12_000), wrap] {
        let folder = tempfile::tempdir().unwrap();
        let mut segmenter = Segmenter::new(Config::default(), 0);
        let segments = cut(&mut segmenter, &demux(clip.path(), start - Time::ZERO));
        assert_eq!(segments.len(), count);
        let played = decoded(&store(&segments, folder.path()));
        assert_eq!(played.pictures(), expected.pictures());
        assert_eq!(sounds(&played), sounds(&expected));

        let mut alone = Vec::new();
        for segment in &segments {
            let file = folder.path().join(segment.name("s").to_string());
            let played = decoded(&file);
            alone.extend(played.pictures());
            let lasts = played.span(if spec.video { Kind::Video } else { Kind::Audio });
            let declared = segment.duration.as_secs_f64();
            assert!((lasts - declared).abs() < 0.15, "{declared} s declared, {lasts} s played");
        }
        assert_eq!(alone, expected.pictures(), "every picture is decoded with its own segment alone");
    }
}

#[track_caller]
fn decoded(path: &Path) -> Played {
    let played = play(path.to_str().unwrap()).run(LIMIT);
    played.assert_clean();
    assert_eq!(played.complaints, Vec::<String>::new());
    played
}

fn sounds(played: &Played) -> Vec<u32> {
    played.frames(Kind::Audio).iter().map(|frame| frame.crc).collect()
}

fn cut(segmenter: &mut Segmenter, frames: &[Frame]) -> Vec<Segment> {
    for frame in frames {
        segmenter.push(&Arc::new(frame.clone()));
    }
    segmenter.finish();
    std::iter::from_fn(|| segmenter.poll()).collect()
}

/// Writes the segments and a playlist over all of them, as a recording.
fn store(segments: &[Segment], folder: &Path) -> std::path::PathBuf {
    let mut window = Window::new(&Config::new(Delta::secs(10), Delta::secs(3_600)));
    for segment in segments {
        std::fs::write(folder.join(segment.name("s").to_string()), &segment.data).unwrap();
        window.push(Arc::new(segment.clone()));
    }
    let path = folder.join("s.m3u8");
    std::fs::write(&path, playlist::media(&window, "s", "") + "#EXT-X-ENDLIST\n").unwrap();
    path
}

fn demux(path: &Path, shift: Delta) -> Vec<Frame> {
    let mut demuxer = flv::Demuxer::new();
    let mut reader = flv::Reader::new();
    let mut unwrap = Unwrap::new(32);
    let mut frames = Vec::new();
    reader.push(&std::fs::read(path).unwrap());
    while let Some(tag) = reader.next().unwrap() {
        let time = Time::from_millis(unwrap.next(tag.timestamp.into())) + shift;
        let wall = SystemTime::UNIX_EPOCH + (time - Time::ZERO).to_std();
        let found = match tag.kind {
            flv::TagKind::Video => demuxer.video(time, wall, tag.body),
            flv::TagKind::Audio => demuxer.audio(time, wall, tag.body),
            flv::TagKind::Data => continue,
        };
        frames.extend(found.map(Result::unwrap));
    }
    frames
}
