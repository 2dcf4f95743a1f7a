//! Short recordings to publish, made once per build folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::Process;
use crate::tool;

/// A file to publish, with what is in it.
///
/// The picture is FFmpeg's test pattern, no two frames alike, so that the decoded frames can be told apart; the sound is a
/// rising tone. H.264 and AAC in FLV.
#[derive(Debug, Clone)]
pub struct Clip {
    path: PathBuf,
    spec: Spec,
}

/// What a [`Clip`] is to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// Its length in whole seconds.
    pub seconds: u32,
    /// Seconds from one key frame to the next.
    pub gop: u32,
    /// B-frames between two others; 0 makes decoding order the same as display order.
    pub b_frames: u32,
    /// Whether there is a picture.
    pub video: bool,
    /// Whether there is sound.
    pub audio: bool,
}

impl Default for Spec {
    /// Ten seconds, a key frame every two, no B-frames, picture and sound.
    fn default() -> Spec {
        Spec { seconds: 10, gop: 2, b_frames: 0, video: true, audio: true }
    }
}

impl Clip {
    /// Pictures a second in every clip.
    pub const FPS: u32 = 25;
    /// Audio samples a second in every clip.
    pub const SAMPLE_RATE: u32 = 48_000;

    /// Makes the clip, or takes it from the cache.
    #[track_caller]
    pub fn new(spec: Spec) -> Clip {
        let path = tool::cache().join(spec.file_name());
        if !path.exists() {
            make(&spec, &path);
        }
        Clip { path, spec }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many pictures it holds.
    pub fn video_frames(&self) -> usize {
        if self.spec.video { (self.spec.seconds * Clip::FPS) as usize } else { 0 }
    }

    /// How long it takes in real time.
    pub fn duration(&self) -> Duration {
        Duration::from_secs(self.spec.seconds.into())
    }
}

impl Spec {
    fn file_name(&self) -> String {
        let Spec { seconds, gop, b_frames, video, audio } = self;
        let tracks = match (video, audio) {
            (true, true) => "av",
            (true, false) => "v",
            (false, true) => "a",
            (false, false) => "nothing",
        };
        format!("{tracks}-{seconds}s-gop{gop}-b{b_frames}.flv")
    }
}

fn make(spec: &Spec, path: &Path) {
    assert!(spec.video || spec.audio, "a clip holds something");
    let folder = path.parent().expect("the cache is a folder");
    std::fs::create_dir_all(folder).expect("the build folder can be written");
    // Another test may be making the same clip: each writes its own file, and the last rename wins.
    let unfinished =
        tempfile::Builder::new().suffix(".flv").tempfile_in(folder).expect("the cache can be written");
    let seconds = spec.seconds.to_string();
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-hide_banner", "-loglevel", "error", "-y"]);
    if spec.video {
        let pattern = format!("testsrc2=size=320x180:rate={}", Clip::FPS);
        command.args(["-f", "lavfi", "-t", &seconds, "-i", &pattern]);
    }
    if spec.audio {
        let rising = "0.2*sin(2*PI*(200+20*t)*t)|0.2*sin(2*PI*440*t)";
        let tone = format!("aevalsrc='{rising}':sample_rate={}:channel_layout=stereo", Clip::SAMPLE_RATE);
        command.args(["-f", "lavfi", "-t", &seconds, "-i", &tone]);
    }
    if spec.video {
        let gop = (spec.gop * Clip::FPS).to_string();
        command.args(["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-b:v", "400k"]);
        command.args([
            "-g",
            &gop,
            "-keyint_min",
            &gop,
            "-sc_threshold",
            "0",
            "-bf",
            &spec.b_frames.to_string(),
        ]);
    }
    if spec.audio {
        command.args(["-c:a", "aac", "-b:a", "96k"]);
    }
    command.args(["-f", "flv"]).arg(unfinished.path());
    Process::start("the clip's encoder", &mut command).succeed(Duration::from_secs(120));
    unfinished.persist(path).expect("a file can be renamed within its folder");
}
