//! What FFmpeg's encoders made comes out of MP4, in fragments and then in one piece, with the same pictures, sounds and times, in both FFmpegs.

#![allow(clippy::unwrap_used)]

#[path = "support/mp4.rs"]
mod fragments;

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use container::fmp4;
use container::mp4::Index;
use media::{Delta, Frame, Kind, Time, Track};
use testkit::ffmpeg::{self, Played, Version, play};
use testkit::{Process, Tool, tool};

const LIMIT: Duration = Duration::from_secs(120);
const H264: &[&str] = &["-c:v", "libx264", "-preset", "veryfast", "-bf", "2"];

#[test]
fn h264_with_b_frames_and_aac() {
    check(H264, &["-c:a", "aac"]);
}

#[test]
fn h265_and_ac3() {
    let x265 = "-c:v libx265 -preset ultrafast -x265-params bframes=2:log-level=none";
    check(&split(x265), &["-c:a", "ac3"]);
}

#[test]
fn av1_and_opus() {
    check(&split("-c:v libsvtav1 -preset 12"), &["-c:a", "libopus"]);
}

#[test]
fn vp9_and_flac() {
    check(
        &split("-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 400k"),
        &["-c:a", "flac", "-sample_fmt", "s16"],
    );
}

#[test]
fn h264_and_eac3() {
    check(H264, &["-c:a", "eac3"]);
}

#[test]
fn mp3_alone() {
    check(&[], &["-c:a", "libmp3lame"]);
}

#[test]
fn opus_alone() {
    check(&[], &["-c:a", "libopus", "-frame_duration", "60"]);
}

#[test]
fn h264_alone() {
    check(H264, &[]);
}

#[test]
fn tracks_that_begin_at_different_times() {
    with(H264, &["-c:a", "aac"], |frame| {
        let late = if frame.track.kind() == Kind::Audio { Delta::millis(700) } else { Delta::ZERO };
        move_to(frame, late);
    });
}

#[test]
fn twelve_hours_on() {
    with(H264, &["-c:a", "aac"], |frame| move_to(frame, Delta::secs(12 * 3600)));
}

/// As RTMP has them: milliseconds, and pictures at any distance.
#[test]
fn uneven_times() {
    with(H264, &["-c:a", "aac"], |frame| {
        let rounded = |time: Time| Time::from_millis(time.as_millis());
        let swing = |time: Time| Delta::millis((time.as_millis() / 120 * 37) % 17);
        let swing = if frame.track.kind() == Kind::Video { swing(frame.dts) } else { Delta::ZERO };
        (frame.dts, frame.pts) = (rounded(frame.dts) + swing, rounded(frame.pts) + swing);
    });
}

fn split(options: &str) -> Vec<&str> {
    options.split(' ').collect()
}

fn move_to(frame: &mut Frame, by: Delta) {
    (frame.dts, frame.pts) = (frame.dts + by, frame.pts + by);
}

fn check(video: &[&str], audio: &[&str]) {
    with(video, audio, |_| {});
}

/// Encodes a clip, moves its frames, writes them in chunks of 300 ms and compares what is read and decoded.
fn with(video: &[&str], audio: &[&str], move_frame: impl Fn(&mut Frame)) {
    if !tool::have(&[Tool::Ffmpeg, Tool::Ffmpeg9]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("clip.mp4");
    encode(video, audio, &clip);
    let (tracks, mut frames) = fragments::read(&std::fs::read(&clip).unwrap());
    assert!(tracks.iter().all(|track| fmp4::carries(track)));
    frames.iter_mut().for_each(&move_frame);
    frames.sort_by_key(|frame| frame.dts);

    let file = folder.path().join("again.mp4");
    std::fs::write(&file, write(&tracks, &frames)).unwrap();
    let whole = folder.path().join("whole.mp4");
    std::fs::write(&whole, finish(&file)).unwrap();
    let origin = frames.iter().map(|frame| frame.pts).min().unwrap();
    for version in [Version::System, Version::Nine] {
        let expected = decoded(&clip, version);
        assert_same(&decoded(&file, version), &expected, &frames, Time::ZERO);
        assert_same(&decoded(&whole, version), &expected, &frames, origin);
    }
}

/// Asserts that `played` is what `expected` has, with the times of `frames` from `origin` on.
#[track_caller]
fn assert_same(played: &Played, expected: &Played, frames: &[Frame], origin: Time) {
    assert_eq!(played.complaints, Vec::<String>::new());
    assert_eq!(played.pictures(), expected.pictures(), "decoded pictures");
    let rate = frames.iter().find_map(|frame| frame.track.codec.sample_rate()).unwrap_or(1);
    for (kind, scale) in [(ffmpeg::Kind::Video, 90_000), (ffmpeg::Kind::Audio, rate)] {
        let heard = |played: &Played| played.frames(kind).iter().map(|frame| frame.crc).collect::<Vec<_>>();
        assert_eq!(heard(played), heard(expected), "decoded {kind:?}");
        assert_times(played, kind, frames, (scale, origin));
    }
}

/// Asserts that the packets of `kind` are the frames, at their times; sound within the 2 ms that smooth over rounding. When a
/// picture is decoded may be off by what was guessed where a chunk was cut.
#[track_caller]
fn assert_times(played: &Played, kind: ffmpeg::Kind, frames: &[Frame], (scale, origin): (u32, Time)) {
    let scaled = |millis: i64| i64::from(scale) * millis / 1000;
    let (ours, decoded, presented) = match kind {
        ffmpeg::Kind::Video => (Kind::Video, scaled(20), 0),
        ffmpeg::Kind::Audio => (Kind::Audio, scaled(2), scaled(2)),
    };
    let frames: Vec<_> = frames.iter().filter(|frame| frame.track.kind() == ours).collect();
    let packets = played.packets(kind);
    assert_eq!(packets.len(), frames.len(), "{kind:?} packets");
    for (packet, frame) in packets.iter().zip(frames) {
        assert_eq!(packet.size, frame.payload.len());
        let (dts, pts) = ((frame.dts - origin).to_ticks(scale), (frame.pts - origin).to_ticks(scale));
        let near = (packet.dts - dts).abs() <= decoded && (packet.pts - pts).abs() <= presented;
        assert!(near, "{kind:?}: {packet:?} is to be decoded at {dts}, presented at {pts}");
    }
}

fn decoded(path: &Path, version: Version) -> Played {
    let played = play(path.to_str().unwrap()).version(version).run(LIMIT);
    played.assert_clean();
    played
}

/// The fragmented `file` in one piece.
fn finish(file: &Path) -> Vec<u8> {
    let fragmented = std::fs::read(file).unwrap();
    let index = Index::read(&mut File::open(file).unwrap()).unwrap();
    assert_eq!(index.intact(), fragmented.len() as u64);
    let layout = index.layout(SystemTime::now());
    let mut whole = layout.head;
    whole.extend_from_slice(&fragmented);
    whole
}

fn write(tracks: &[Arc<Track>], frames: &[Frame]) -> Vec<u8> {
    let mut file = fmp4::init(tracks).to_vec();
    let mut fragmenter = fmp4::Fragmenter::new(tracks);
    let mut end = frames[0].dts + CHUNK;
    let mut sum = Delta::ZERO;
    let mut take = |chunk: Option<fmp4::Chunk>| {
        let Some(chunk) = chunk else { return };
        assert_eq!(chunk.start, frames[0].dts + sum, "chunks follow each other");
        sum += chunk.duration;
        file.extend_from_slice(&chunk.data);
    };
    for frame in frames {
        while frame.dts >= end {
            take(fragmenter.cut(end));
            end += CHUNK;
        }
        fragmenter.push(&Arc::new(frame.clone()));
    }
    take(fragmenter.finish());
    file
}

/// Three seconds of a test picture with a key frame every second, and of a rising tone.
fn encode(video: &[&str], audio: &[&str], out: &Path) {
    let mut command = ffmpeg9();
    if !video.is_empty() {
        command.args(["-f", "lavfi", "-t", "3", "-i", "testsrc2=size=320x180:rate=25"]);
    }
    if !audio.is_empty() {
        let tone = "aevalsrc='0.2*sin(2*PI*(200+20*t)*t)|0.2*sin(2*PI*440*t)':sample_rate=48000:channel_layout=stereo";
        command.args(["-f", "lavfi", "-t", "3", "-i", tone]);
    }
    if !video.is_empty() {
        command.args(video).args(["-pix_fmt", "yuv420p", "-g", "25"]);
    }
    let encoded = out.with_extension("mkv");
    command.args(audio).args(["-strict", "-2"]).arg(&encoded);
    Process::start("the clip's encoder", &mut command).succeed(LIMIT);
    // The header waits for the first packets, which AC-3's configuration is read from; times are those of the packets.
    let fragments = "frag_keyframe+empty_moov+delay_moov+default_base_moof";
    let mut command = ffmpeg9();
    command.arg("-i").arg(&encoded).args(["-c", "copy", "-movflags", fragments, "-use_editlist", "0"]);
    Process::start("the clip's packager", command.args(["-strict", "-2"]).arg(out)).succeed(LIMIT);
}

fn ffmpeg9() -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/ffmpeg9"));
    command.args(["-nostdin", "-hide_banner", "-loglevel", "error", "-y"]);
    command
}

const CHUNK: Delta = Delta::millis(300);
