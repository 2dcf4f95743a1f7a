//! FFmpeg as encoder and as player: [`publish`] sends a clip, [`play`] receives a stream and keeps a record of it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::clip::Clip;
use crate::process::{Process, Signal};
use crate::tool::{self, Tool};
use crate::{framecrc, wait};

/// Which FFmpeg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    /// The distribution's.
    #[default]
    System,
    /// The one in `.tools/`, which speaks enhanced RTMP.
    Nine,
}

/// An encoder about to be started: see [`publish`].
#[derive(Debug, Clone)]
pub struct Publish {
    clip: PathBuf,
    url: String,
    version: Version,
    speed: f64,
    loops: bool,
    tracks: &'static str,
    output: Vec<String>,
}

/// An encoder that sends `clip` to the RTMP `url`, as it is (`-c copy`), in real time.
pub fn publish(clip: &Clip, url: &str) -> Publish {
    publish_file(clip.path(), url)
}

/// An encoder that sends the file `clip` like [`publish`], all its tracks.
pub fn publish_file(clip: &Path, url: &str) -> Publish {
    Publish {
        clip: clip.to_owned(),
        url: url.to_owned(),
        version: Version::System,
        speed: 1.0,
        loops: false,
        tracks: "0",
        output: Vec::new(),
    }
}

impl Publish {
    /// With this FFmpeg.
    pub fn version(mut self, version: Version) -> Publish {
        self.version = version;
        self
    }

    /// So many times as fast as real time.
    pub fn speed(mut self, times: f64) -> Publish {
        self.speed = times;
        self
    }

    /// Over and over, until it is stopped.
    pub fn forever(mut self) -> Publish {
        self.loops = true;
        self
    }

    /// Only the tracks that FFmpeg's `-map` calls so: `0:v`, `0:a`.
    pub fn only(mut self, tracks: &'static str) -> Publish {
        self.tracks = tracks;
        self
    }

    /// With an option of FFmpeg's for the output: `tls_verify`, `0`.
    pub fn option(mut self, name: &str, value: &str) -> Publish {
        self.output.extend([format!("-{name}"), value.to_owned()]);
        self
    }

    /// Starts it.
    #[track_caller]
    pub fn start(self) -> Process {
        let mut command = self.version.command("info");
        if self.loops {
            command.args(["-stream_loop", "-1"]);
        }
        command.args(["-readrate", &self.speed.to_string()]);
        command.arg("-i").arg(&self.clip).args(["-map", self.tracks, "-c", "copy"]);
        // Without this FFmpeg seeks back to fill in the duration, which a connection cannot.
        command.args(["-flvflags", "no_duration_filesize"]).args(&self.output).args(["-f", "flv", &self.url]);
        Process::start("publisher ffmpeg", &mut command)
    }
}

/// A player about to be started: see [`play`].
#[derive(Debug, Clone)]
pub struct Play {
    url: String,
    version: Version,
    seconds: Option<u32>,
    input: Vec<String>,
}

/// A player that receives `url` (or a file) until the stream ends, decodes everything and notes every packet and frame.
pub fn play(url: &str) -> Play {
    Play { url: url.to_owned(), version: Version::System, seconds: None, input: Vec::new() }
}

impl Play {
    /// With this FFmpeg.
    pub fn version(mut self, version: Version) -> Play {
        self.version = version;
        self
    }

    /// Ends after so many seconds of media, if the stream has not ended before.
    pub fn seconds(mut self, seconds: u32) -> Play {
        self.seconds = Some(seconds);
        self
    }

    /// With an option of FFmpeg's for the input: `live_start_index`, `0`.
    pub fn option(mut self, name: &str, value: &str) -> Play {
        self.input.extend([format!("-{name}"), value.to_owned()]);
        self
    }

    /// Starts it.
    #[track_caller]
    pub fn start(self) -> Playing {
        let folder = TempDir::new().expect("the temporary folder can be written");
        let mut command = self.version.command("level+info");
        command.args(["-copyts", "-y"]).args(&self.input).args(["-i", &self.url]);
        for (file, codec) in [(PACKETS, Some("copy")), (FRAMES, None)] {
            command.args(["-map", "0:v?", "-map", "0:a?"]);
            match codec {
                Some(codec) => command.args(["-c", codec]),
                // Else the times of pictures are rounded to the distance between two.
                None => command.args([
                    "-fps_mode",
                    "passthrough",
                    "-enc_time_base:v",
                    self.version.demuxers_time(),
                ]),
            };
            if let Some(seconds) = self.seconds {
                command.args(["-t", &seconds.to_string()]);
            }
            command.args(["-f", "framecrc", "-flush_packets", "1"]).arg(folder.path().join(file));
        }
        Playing { process: Process::start(&format!("player ffmpeg {}", self.url), &mut command), folder }
    }

    /// Starts it and waits for the end: [`Playing::finish`].
    #[track_caller]
    pub fn run(self, limit: Duration) -> Played {
        self.start().finish(limit)
    }
}

/// A player at work.
#[derive(Debug)]
pub struct Playing {
    /// The player itself, to be signalled and asked.
    pub process: Process,
    folder: TempDir,
}

impl Playing {
    /// Waits until `count` pictures have been decoded. Panics after `limit`, and when the player ends before.
    #[track_caller]
    pub fn wait_for_pictures(&mut self, count: usize, limit: Duration) {
        let what = format!("{} to decode {count} pictures", self.process.name());
        wait::until(&what, limit, || {
            let ended = !self.process.running();
            let decoded = self.so_far().frames(Kind::Video).len();
            assert!(decoded >= count || !ended, "{} ended after {decoded} pictures", self.process.name());
            (decoded >= count).then_some(())
        });
    }

    /// What it has received and decoded up to now.
    pub fn so_far(&self) -> Played {
        // The line being written is cut off; without a header yet there is nothing.
        let complete = |file: &str| {
            let text = read(&self.folder.path().join(file));
            let end = text.rfind('\n').map_or(0, |at| at + 1);
            framecrc::parse(&text[..end])
        };
        Played {
            packets: complete(PACKETS),
            frames: complete(FRAMES),
            complaints: complaints(&self.process.output()),
        }
    }

    /// Waits for the end of the stream and gives what was received. Panics after `limit`.
    #[track_caller]
    pub fn finish(self, limit: Duration) -> Played {
        let exit = self.process.wait(limit);
        let mut complaints = complaints(&exit.output);
        if !exit.status.success() {
            complaints.push(format!("{}: {}", exit.status, exit.output.join("\n")));
        }
        received(&self.folder, complaints)
    }

    /// Has the player close its files as it does at Ctrl-C, which takes until something comes in, and gives what was
    /// received. Panics after `limit`.
    #[track_caller]
    pub fn stop(mut self, limit: Duration) -> Played {
        self.process.signal(Signal::Int);
        let exit = self.process.wait(limit);
        received(&self.folder, complaints(&exit.output))
    }
}

fn received(folder: &TempDir, complaints: Vec<String>) -> Played {
    Played {
        packets: framecrc::parse(&read(&folder.path().join(PACKETS))),
        frames: framecrc::parse(&read(&folder.path().join(FRAMES))),
        complaints,
    }
}

/// What a player received: the packets as they came, and what they decoded to.
#[derive(Debug, Clone)]
pub struct Played {
    packets: Vec<Track>,
    frames: Vec<Track>,
    /// FFmpeg's warnings and errors.
    pub complaints: Vec<String>,
}

/// One track of what was received.
#[derive(Debug, Clone, Default)]
pub struct Track {
    pub(crate) kind: Kind,
    pub(crate) timebase: (i64, i64),
    pub(crate) entries: Vec<Entry>,
}

/// Picture or sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Picture.
    #[default]
    Video,
    /// Sound.
    Audio,
}

/// A packet, or a decoded frame, whose dts is its pts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// In the track's time base.
    pub dts: i64,
    /// In the track's time base.
    pub pts: i64,
    /// In bytes.
    pub size: usize,
    /// Of the bytes.
    pub crc: u32,
}

impl Played {
    /// The decoded frames of a kind, in display order.
    pub fn frames(&self, kind: Kind) -> &[Entry] {
        entries(&self.frames, kind)
    }

    /// The packets of a kind, in decoding order.
    pub fn packets(&self, kind: Kind) -> &[Entry] {
        entries(&self.packets, kind)
    }

    /// The checksums of the decoded frames of each track of a kind, in display order.
    pub fn tracks(&self, kind: Kind) -> Vec<Vec<u32>> {
        let of_kind = self.frames.iter().filter(|track| track.kind == kind);
        of_kind.map(|track| track.entries.iter().map(|entry| entry.crc).collect()).collect()
    }

    /// The checksums of the decoded pictures, in display order: the same pictures give the same list.
    pub fn pictures(&self) -> Vec<u32> {
        self.frames(Kind::Video).iter().map(|frame| frame.crc).collect()
    }

    /// The checksums of the audio packets, where the container carries them bare (FLV and RTMP do, MPEG-TS does not).
    pub fn sounds(&self) -> Vec<u32> {
        self.packets(Kind::Audio).iter().map(|packet| packet.crc).collect()
    }

    /// Seconds from the first to the last packet of a kind.
    pub fn span(&self, kind: Kind) -> f64 {
        let track = self.packets.iter().find(|track| track.kind == kind);
        let ends = track.and_then(|track| Some((track, track.entries.first()?, track.entries.last()?)));
        ends.map_or(0.0, |(track, first, last)| {
            let (num, den) = track.timebase;
            (last.dts - first.dts) as f64 * num as f64 / den as f64
        })
    }

    /// Seconds by which each picture or sound came later than in `original`, by its time there and in that order. What is
    /// not in both, or twice in one, is left out.
    pub fn delays(&self, original: &Played, kind: Kind) -> Vec<(f64, f64)> {
        // The sound of decoders depends on what they heard before: bare packets are the better witness where there are any.
        let bare = kind == Kind::Audio && self.sounds().iter().any(|crc| original.sounds().contains(crc));
        let (ours, theirs) =
            if bare { (&self.packets, &original.packets) } else { (&self.frames, &original.frames) };
        let ours = times(ours, kind);
        let pairs = times(theirs, kind).into_iter().filter_map(|(crc, at)| Some((at, ours.get(&crc)? - at)));
        let mut pairs: Vec<_> = pairs.collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        pairs
    }

    /// Asserts that picture and sound are as they are in `original`, to within a given time: what came later by some time
    /// came later in both.
    #[track_caller]
    pub fn assert_in_step(&self, original: &Played, within: Duration) {
        let (pictures, sounds) = (self.delays(original, Kind::Video), self.delays(original, Kind::Audio));
        assert!(!pictures.is_empty() && !sounds.is_empty(), "nothing that came is in the original");
        for (at, delay) in pictures {
            let next = sounds.partition_point(|(sound, _)| *sound < at).min(sounds.len() - 1);
            let (sound, other) = sounds[next];
            // Where there is no sound, nothing is out of step.
            let apart = (delay - other).abs();
            assert!(
                (sound - at).abs() > 0.1 || apart <= within.as_secs_f64(),
                "at {at:.3} s pictures are {delay:.3} s later than in the original and sounds {other:.3} s"
            );
        }
    }

    /// Asserts that FFmpeg reported no error, that each track's decoding times rise strictly, its display times of
    /// decoded frames too, and that something was received at all.
    #[track_caller]
    pub fn assert_clean(&self) {
        let harmless = |line: &&String| line.contains("[warning]") && !line.contains("orrupt");
        let errors: Vec<_> = self.complaints.iter().filter(|line| !harmless(line)).collect();
        assert!(errors.is_empty(), "the player reports errors: {errors:#?}");
        assert!(!self.packets.is_empty(), "nothing was received");
        for track in self.packets.iter().chain(&self.frames) {
            assert!(!track.entries.is_empty(), "no {:?} was received", track.kind);
            for (at, pair) in track.entries.windows(2).enumerate() {
                assert!(
                    pair[0].dts < pair[1].dts,
                    "{:?} time does not rise at {at}: {:?} then {:?} (time base {:?})",
                    track.kind,
                    pair[0],
                    pair[1],
                    track.timebase,
                );
            }
        }
    }
}

impl Version {
    /// What a test needs for it: see [`tool::have`].
    pub fn tool(self) -> Tool {
        match self {
            Version::System => Tool::Ffmpeg,
            Version::Nine => Tool::Ffmpeg9,
        }
    }

    /// Where it is.
    pub fn program(self) -> PathBuf {
        match self {
            Version::System => tool::on_path("ffmpeg").unwrap_or_else(|| "ffmpeg".into()),
            Version::Nine => std::path::absolute(tool::ffmpeg9()).unwrap_or_else(|_| tool::ffmpeg9()),
        }
    }

    /// What `-enc_time_base` calls the demuxer's.
    fn demuxers_time(self) -> &'static str {
        match self {
            Version::System => "-1",
            Version::Nine => "demux",
        }
    }

    pub(crate) fn command(self, level: &str) -> Command {
        let mut command = Command::new(self.program());
        command.args(["-nostdin", "-hide_banner", "-nostats", "-loglevel", level]);
        command
    }
}

/// Asserts that `part` is the end of `whole`, from some entry on and at least `least` of them: [`Played::pictures`] or
/// [`Played::sounds`] of a player that joined, and of the clip.
#[track_caller]
pub fn assert_ends_with(whole: &[u32], part: &[u32], least: usize) {
    let (all, some) = (whole.len(), part.len());
    assert!(some >= least, "{some} came, of {all}, and at least {least} should have");
    if !whole.ends_with(part) {
        let place = |crc| whole.iter().position(|known| known == crc);
        let places: Vec<_> = part.iter().map(place).collect();
        panic!("the {some} that came are not the last of {all}, but number {places:?}");
    }
}

fn entries(tracks: &[Track], kind: Kind) -> &[Entry] {
    tracks.iter().find(|track| track.kind == kind).map_or(&[], |track| &track.entries)
}

/// When each of a kind is presented, in seconds, by its checksum.
fn times(tracks: &[Track], kind: Kind) -> HashMap<u32, f64> {
    let mut times = HashMap::new();
    let mut twice = Vec::new();
    for track in tracks.iter().filter(|track| track.kind == kind) {
        let (num, den) = track.timebase;
        for entry in &track.entries {
            let at = entry.pts as f64 * num as f64 / den as f64;
            if times.insert(entry.crc, at).is_some() {
                twice.push(entry.crc);
            }
        }
    }
    twice.iter().for_each(|crc| _ = times.remove(crc));
    times
}

/// With `-loglevel level+…` each line says its level: `[flv @ 0x55] [error] Packet mismatch`.
fn complaints(output: &[String]) -> Vec<String> {
    let wrong = |line: &&String| {
        ["[warning]", "[error]", "[fatal]", "[panic]"].iter().any(|level| line.contains(level))
    };
    output.iter().filter(wrong).cloned().collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default() // the player makes it once it knows the tracks
}

const PACKETS: &str = "packets";
const FRAMES: &str = "frames";
