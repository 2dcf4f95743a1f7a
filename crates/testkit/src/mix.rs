//! Recordings with the codecs and the number of tracks that a test asks for, made once per build folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::ffmpeg::Version;
use crate::process::Process;
use crate::tool;

/// A file to publish, made by the newest FFmpeg: see [`crate::ffmpeg::publish_file`].
///
/// The pictures are FFmpeg's test pattern, no two frames alike and no two tracks either; the sound of each track is a tone
/// of its own. In Matroska, which holds everything.
#[derive(Debug, Clone, Default)]
pub struct Mix {
    seconds: u32,
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

    /// So long, and empty.
    pub fn new(seconds: u32) -> Mix {
        Mix { seconds, tracks: Vec::new() }
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
        let name = format!("{}s {}", self.seconds, tracks.join(" + "));
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
            let source = match kind {
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
