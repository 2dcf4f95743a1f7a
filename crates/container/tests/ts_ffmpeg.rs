//! MPEG-TS both ways beside FFmpeg: what it writes we read as it does, and what we write it reads and decodes.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use container::ts;
use media::{Delta, Frame, Kind, Time, Track};
use testkit::ffmpeg::{self, Played, Version, play};
use testkit::process::Process;
use testkit::{Tool, tool};

const LIMIT: Duration = Duration::from_secs(60);

const X264: &str = "-c:v libx264 -preset veryfast -g 50 -bf 2 -b:v 400k";
const X265: &str = "-c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=50:bframes=2";

#[test]
fn h264() {
    for audio in ["-c:a aac", "-c:a libmp3lame", "-c:a mp2", "-c:a ac3", "-c:a eac3", "-c:a libopus"] {
        check(&[X264, audio]);
    }
}

#[test]
fn h265() {
    for audio in ["-c:a aac", "-c:a ac3", "-c:a libopus"] {
        check(&[X265, audio]);
    }
}

#[test]
fn pictures_alone() {
    check(&[X264]);
    check(&[X265]);
}

#[test]
fn sound_alone() {
    for audio in [
        "-c:a aac",
        "-c:a libmp3lame -ar 24000",
        "-c:a ac3 -ac 6",
        "-c:a eac3 -ar 32000",
        "-c:a libopus -frame_duration 60",
        "-c:a libopus -ac 6 -mapping_family 1",
        "-c:a libopus -ac 1",
    ] {
        check(&[audio]);
    }
}

#[test]
fn several_tracks() {
    check(&[X264, "-map 0 -map 1 -map 1 -c:a:0 aac -c:a:1 libopus"]);
    check(&[X265, "-map 0 -map 0 -map 1 -map 1 -map 1 -c:a:0 ac3 -c:a:1 aac -c:a:2 eac3"]);
}

/// Encodes four seconds, reads them, and writes them again for both versions of FFmpeg.
#[track_caller]
fn check(options: &[&str]) {
    if !tool::have(&[Tool::Ffmpeg, Tool::Ffmpeg9]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.ts");
    encode(options, &source);
    let (frames, tracks, demuxer) = demux(&std::fs::read(&source).unwrap());
    assert_eq!(demuxer.counters(), &ts::Counters::default(), "{options:?}");
    assert_eq!(times(&frames, &tracks), probe(&source), "{options:?}");

    let again = folder.path().join("again.ts");
    std::fs::write(&again, mux(&frames, &tracks)).unwrap();
    for version in [Version::System, Version::Nine] {
        let (expected, found) = (decoded(&source, version), decoded(&again, version));
        assert_eq!(found.complaints, Vec::<String>::new(), "{options:?} {version:?}");
        assert_eq!(found.pictures(), expected.pictures(), "{options:?} {version:?}");
        let sound = |played: &Played| {
            played.frames(ffmpeg::Kind::Audio).iter().skip(1).map(|frame| frame.crc).collect::<Vec<_>>()
        };
        // Of Opus the beginning is not thrown away any more: the first sound is longer.
        assert_eq!(sound(&found), sound(&expected), "{options:?} {version:?}");
        assert_eq!(found.packets(ffmpeg::Kind::Video).len(), expected.packets(ffmpeg::Kind::Video).len());
        assert_eq!(found.packets(ffmpeg::Kind::Audio).len(), expected.packets(ffmpeg::Kind::Audio).len());
    }
    // Each track is found, with the times it was given, which a muxer delays.
    let delayed: Vec<_> = frames
        .iter()
        .map(|frame| Frame { dts: frame.dts + ts::DELAY, pts: frame.pts + ts::DELAY, ..frame.clone() })
        .collect();
    assert_eq!(probe(&again), times(&delayed, &tracks), "{options:?}");
}

/// A test pattern for `-map 0` and a tone for `-map 1`; without maps the options take what they have codecs for.
fn encode(options: &[&str], file: &Path) {
    let all = options.join(" ");
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-hide_banner", "-loglevel", "error"]);
    if all.contains("c:v") {
        command.args(["-f", "lavfi", "-t", "4", "-i", "testsrc2=size=320x180:rate=25"]);
    }
    if all.contains("c:a") {
        let tone =
            "aevalsrc=0.2*sin(2*PI*(200+20*t)*t)|0.2*sin(2*PI*440*t):sample_rate=48000:channel_layout=stereo";
        command.args(["-f", "lavfi", "-t", "4", "-i", tone]);
    }
    command.args(all.split_whitespace()).args(["-pix_fmt", "yuv420p", "-f", "mpegts"]).arg(file);
    Process::start("an encoder", &mut command).succeed(LIMIT);
}

fn decoded(path: &Path, version: Version) -> Played {
    let played = play(path.to_str().unwrap()).version(version).run(LIMIT);
    played.assert_clean();
    played
}

fn demux(stream: &[u8]) -> (Vec<Frame>, Vec<Arc<Track>>, ts::Demuxer) {
    let mut demuxer = ts::Demuxer::new();
    let mut frames = Vec::new();
    // As SRT brings it.
    for piece in stream.chunks(7 * ts::PACKET) {
        demuxer.push(SystemTime::UNIX_EPOCH, piece);
        frames.extend(std::iter::from_fn(|| demuxer.next()));
    }
    demuxer.flush();
    frames.extend(std::iter::from_fn(|| demuxer.next()));
    (frames, demuxer.tracks().cloned().collect(), demuxer)
}

fn mux(frames: &[Frame], tracks: &[Arc<Track>]) -> Vec<u8> {
    let mut frames: Vec<_> = frames.iter().collect();
    frames.sort_by_key(|frame| frame.dts);
    let mut muxer = ts::Muxer::new(tracks);
    let mut out = Vec::new();
    frames.into_iter().for_each(|frame| muxer.write(frame, &mut out));
    muxer.flush(&mut out);
    out
}

/// Of each track, in order of the map: is it video, and of each frame the decoding and display time in quarters of a
/// millisecond, and whether it is a key frame.
type Times = Vec<(bool, Vec<(i64, i64, bool)>)>;

fn times(frames: &[Frame], tracks: &[Arc<Track>]) -> Times {
    let of = |track: &Arc<Track>| {
        let frames = frames.iter().filter(|frame| frame.track.id == track.id);
        frames.map(|frame| (quarters(frame.dts), quarters(frame.pts), frame.keyframe)).collect()
    };
    tracks.iter().map(|track| (track.kind() == Kind::Video, of(track))).collect()
}

/// Rounded so that what was rounded before at 90 kHz comes out the same: frames are whole milliseconds apart, or nearly so.
fn quarters(time: Time) -> i64 {
    (time + Delta::micros(60)).to_ticks(4_000)
}

/// What ffprobe finds.
fn probe(file: &Path) -> Times {
    let output = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-show_entries",
            "packet=codec_type,stream_index,pts,dts,flags",
            "-of",
            "csv=p=0",
        ])
        .arg(file)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let mut tracks: BTreeMap<usize, (bool, Vec<_>)> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let fields: Vec<_> = line.split(',').collect();
        let [kind, index, pts, dts, flags, ..] = fields[..] else { continue };
        let time = |ticks: &str| quarters(Time::from_ticks(ticks.parse().unwrap(), 90_000));
        let track = tracks.entry(index.parse().unwrap()).or_insert((kind == "video", Vec::new()));
        track.1.push((time(dts), time(pts), flags.starts_with('K')));
    }
    tracks.into_values().collect()
}
