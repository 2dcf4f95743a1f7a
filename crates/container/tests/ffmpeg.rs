//! What FFmpeg's encoders send comes back to FFmpeg's decoders unchanged, through FLV and through MPEG-TS.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use container::{flv, ts};
use media::{Delta, Frame, Interleave, Time, Track, Unwrap};
use testkit::clip::Spec;
use testkit::ffmpeg::{Kind, Played, play};
use testkit::{Clip, Tool, tool};

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn b_frames() {
    check(Spec { seconds: 4, gop: 2, b_frames: 3, ..Spec::default() });
}

#[test]
fn long_gop() {
    check(Spec { seconds: 10, gop: 10, b_frames: 2, ..Spec::default() });
}

#[test]
fn video_only() {
    check(Spec { seconds: 4, b_frames: 2, audio: false, ..Spec::default() });
}

#[test]
fn audio_only() {
    check(Spec { seconds: 4, video: false, ..Spec::default() });
}

/// Writes the clip again, as FLV and as MPEG-TS from either side of a wrap, and compares what is decoded.
fn check(spec: Spec) {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(spec);
    let expected = decoded(clip.path());
    assert_eq!(expected.pictures().len(), clip.video_frames());
    let (frames, tracks) = demux(clip.path());
    let folder = tempfile::tempdir().unwrap();

    let file = folder.path().join("again.flv");
    std::fs::write(&file, write_flv(&frames, &tracks)).unwrap();
    let flv = decoded(&file);
    assert_same(&flv, &expected);
    assert_eq!(flv.sounds(), expected.sounds());

    let wrap = Time::from_ticks(1 << 33, 90_000) - Delta::secs(2);
    for start in [Time::ZERO, Time::from_millis(10_000_000_000), wrap] {
        let file = folder.path().join("clip.ts");
        std::fs::write(&file, write_ts(&frames, &tracks, start - Time::ZERO)).unwrap();
        assert_same(&decoded(&file), &expected);
    }
}

fn decoded(path: &Path) -> Played {
    let played = play(path.to_str().unwrap()).run(LIMIT);
    played.assert_clean();
    played
}

#[track_caller]
fn assert_same(played: &Played, expected: &Played) {
    assert_eq!(played.complaints, Vec::<String>::new());
    assert_eq!(played.pictures(), expected.pictures());
    let sound =
        |played: &Played| played.frames(Kind::Audio).iter().map(|frame| frame.crc).collect::<Vec<_>>();
    assert_eq!(sound(played), sound(expected));
    for kind in [Kind::Video, Kind::Audio] {
        assert!((played.span(kind) - expected.span(kind)).abs() < 0.1, "the length of {kind:?}");
    }
}

fn demux(path: &Path) -> (Vec<Frame>, Vec<Arc<Track>>) {
    let mut demuxer = flv::Demuxer::new();
    let mut reader = flv::Reader::new();
    let mut unwrap = Unwrap::new(32);
    let mut frames = Vec::new();
    reader.push(&std::fs::read(path).unwrap());
    while let Some(tag) = reader.next().unwrap() {
        let (time, wall) = (Time::from_millis(unwrap.next(tag.timestamp.into())), SystemTime::UNIX_EPOCH);
        let found = match tag.kind {
            flv::TagKind::Video => demuxer.video(time, wall, tag.body),
            flv::TagKind::Audio => demuxer.audio(time, wall, tag.body),
            flv::TagKind::Data => demuxer.data(time, wall, tag.body),
        };
        frames.extend(found.map(Result::unwrap));
    }
    assert_eq!((demuxer.repaired(), demuxer.dropped()), (0, 0));
    (frames, demuxer.tracks().cloned().collect())
}

fn write_flv(frames: &[Frame], tracks: &[Arc<Track>]) -> Vec<u8> {
    let has = |kind| tracks.iter().any(|track| track.kind() == kind);
    let mut out = flv::file_header(has(media::Kind::Audio), has(media::Kind::Video)).to_vec();
    let mut tag = |kind, time: Time, parts: [&[u8]; 2]| {
        let size = parts.concat().len();
        out.extend(flv::tag_header(kind, size, time.as_millis() as u32));
        out.extend(parts.concat());
        out.extend((size as u32 + 11).to_be_bytes());
    };
    tag(flv::TagKind::Data, Time::ZERO, [&flv::metadata(tracks, "Sluice", Delta::ZERO), &[]]);
    for track in tracks {
        tag(track.kind().into(), Time::ZERO, [&flv::sequence_header(track, 0).unwrap(), &[]]);
    }
    for frame in frames {
        tag(frame.track.kind().into(), frame.dts, [&flv::head(frame, 0), &frame.payload]);
    }
    out
}

fn write_ts(frames: &[Frame], tracks: &[Arc<Track>], shift: Delta) -> Vec<u8> {
    let mut muxer = ts::Muxer::new(tracks);
    let mut interleave = Interleave::new();
    interleave.set_tracks(tracks.len());
    let mut out = Vec::new();
    for frame in frames {
        let mut frame = frame.clone();
        frame.dts += shift;
        frame.pts += shift;
        interleave.push(Arc::new(frame));
        while let Some(frame) = interleave.pop() {
            muxer.write(&frame, &mut out);
        }
    }
    interleave.flush();
    while let Some(frame) = interleave.pop() {
        muxer.write(&frame, &mut out);
    }
    muxer.flush(&mut out);
    assert_eq!(interleave.late(), 0);
    out
}
