//! Recordings with the codecs and the number of tracks that a test asks for, made once per build folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::ffmpeg::Version;
use crate::process::Process;
use crate::tool;

/// A file to publish, made by the newest FFmpeg: see [`crate::ffmpeg::publish_file`].
///
/// Unless it [beats](Mix::beats), the pictures are FFmpeg's test pattern, no two frames alike and no two tracks either, and the
/// sound of each track is a tone of its own. In Matroska, which holds everything.
#[derive(Debug, Clone, Default)]
pub struct Mix {
    seconds: u32,
    beats: bool,
    tracks: Vec<(Kind, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Video,
    Audio,
}

impl Mix {
    /// Pictures a second.
    pub const FPS: u32 = 25;
    /// How long each of the [`beats`](Mix::beats) is, in seconds.
    pub const BEAT: f64 = 0.2;
    /// What it sounds like.
    pub const BEAT_HERTZ: f64 = 1_000.0;

    /// So long, and empty.
    pub fn new(seconds: u32) -> Mix {
        Mix { seconds, beats: false, tracks: Vec::new() }
    }

    /// What is seen and heard is a beat: at each even second, for [`Mix::BEAT`], the pictures are white and the sound is a
    /// tone of [`Mix::BEAT_HERTZ`]; between them it is dark and silent.
    pub fn beats(mut self) -> Mix {
        self.beats = true;
        self
    }

    /// With one more track of pictures by this encoder, which may have options behind it: `libx265 -bf 2`. There is a key
    /// frame every second.
    pub fn video(mut self, encoder: &str) -> Mix {
        self.tracks.push((Kind::Video, encoder.to_owned()));
        self
    }

    /// With one more track of stereo sound at 48 kHz by this encoder: `libopus -b:a 64k`.
    pub fn audio(mut self, encoder: &str) -> Mix {
        self.tracks.push((Kind::Audio, encoder.to_owned()));
        self
    }

    /// How many pictures each track holds.
    pub fn pictures(&self) -> usize {
        (self.seconds * Mix::FPS) as usize
    }

    /// Where it is; made if it is not there. Panics when FFmpeg cannot.
    #[track_caller]
    pub fn path(&self) -> PathBuf {
        let path = tool::cache().join(self.file_name());
        if !path.exists() {
            self.make(&path);
        }
        path
    }

    fn file_name(&self) -> String {
        let tracks: Vec<_> = self.tracks.iter().map(|(_, encoder)| encoder.as_str()).collect();
        let beats = if self.beats { "beats " } else { "" };
        let name = format!("{beats}{}s {}", self.seconds, tracks.join(" + "));
        name.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).collect::<String>()
            + ".mkv"
    }

    fn make(&self, path: &Path) {
        let folder = path.parent().expect("the cache is a folder");
        std::fs::create_dir_all(folder).expect("the build folder can be written");
        // Another test may be making the same: each writes its own file, and the last rename wins.
        let unfinished =
            tempfile::Builder::new().suffix(".mkv").tempfile_in(folder).expect("the cache can be written");
        let mut command: Command = Version::Nine.command("error");
        command.arg("-y");
        for (index, (kind, _)) in self.tracks.iter().enumerate() {
            let beat = format!("lt(mod(t,2),{})", Mix::BEAT);
            let source = match kind {
                Kind::Video if self.beats => format!(
                    "color=black:size=320x180:rate={},drawbox=color=white:t=fill:enable='{beat}'",
                    Mix::FPS
                ),
                Kind::Audio if self.beats => format!(
                    "aevalsrc='0.5*sin(2*PI*{hertz}*t)*{beat}|0.5*sin(2*PI*{hertz}*t)*{beat}':sample_rate=48000:channel_layout=stereo",
                    hertz = Mix::BEAT_HERTZ
                ),
                Kind::Video => format!("testsrc2=size=320x180:rate={},hue=h={}", Mix::FPS, 40 * index),
                Kind::Audio => {
                    let tone = 200 + 110 * index;
                    format!(
                        "aevalsrc='0.2*sin(2*PI*({tone}+20*t)*t)|0.2*sin(2*PI*{tone}*t)':sample_rate=48000:channel_layout=stereo"
                    )
                }
            };
            command.args(["-f", "lavfi", "-t", &self.seconds.to_string(), "-i", &source]);
        }
        let (mut videos, mut audios) = (0, 0);
        for (index, (kind, encoder)) in self.tracks.iter().enumerate() {
            command.args(["-map", &index.to_string()]);
            let (letter, number) = match kind {
                Kind::Video => ('v', &mut videos),
                Kind::Audio => ('a', &mut audios),
            };
            let track = format!("{letter}:{number}");
            *number += 1;
            let mut words = encoder.split(' ');
            command.args([&format!("-c:{track}"), words.next().unwrap_or_default()]);
            for word in words {
                match word.strip_prefix('-') {
                    // Options are this track's, unless they say otherwise.
                    Some(option) if !word.contains(':') => command.arg(format!("-{option}:{track}")),
                    _ => command.arg(word),
                };
            }
            if *kind == Kind::Video {
                let gop = Mix::FPS.to_string();
                command.args([&format!("-g:{track}"), &gop, &format!("-keyint_min:{track}"), &gop]);
                command.args([&format!("-pix_fmt:{track}"), "yuv420p"]);
            }
        }
        command.args(["-f", "matroska"]).arg(unfinished.path());
        Process::start("the recording's encoder", &mut command).succeed(Duration::from_secs(120));
        unfinished.persist(path).expect("a file can be renamed within its folder");
    }
}
