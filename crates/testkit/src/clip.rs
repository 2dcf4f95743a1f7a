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
    /// Width and height of the picture.
    pub size: (u32, u32),
    /// Pictures a second.
    pub fps: u32,
    /// x264's name of it: `high`, `baseline`.
    pub profile: &'static str,
    /// Of the picture, in kbit/s. From some Mbit/s on it is covered with noise, which alone takes so much.
    pub bitrate: u32,
    /// Audio samples a second.
    pub sample_rate: u32,
    /// Audio channels, one or two.
    pub channels: u32,
}

impl Spec {
    /// Ten seconds, a key frame every two, no B-frames, picture and sound.
    pub const DEFAULT: Spec = Spec {
        seconds: 10,
        gop: 2,
        b_frames: 0,
        video: true,
        audio: true,
        size: (320, 180),
        fps: Clip::FPS,
        profile: "high",
        bitrate: 400,
        sample_rate: Clip::SAMPLE_RATE,
        channels: 2,
    };
}

impl Default for Spec {
    /// [`Spec::DEFAULT`].
    fn default() -> Spec {
        Spec::DEFAULT
    }
}

impl Clip {
    /// Pictures a second, unless the clip is asked to have others.
    pub const FPS: u32 = 25;
    /// Audio samples a second, unless the clip is asked to have others.
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
        if self.spec.video { (self.spec.seconds * self.spec.fps) as usize } else { 0 }
    }

    /// How long it takes in real time.
    pub fn duration(&self) -> Duration {
        Duration::from_secs(self.spec.seconds.into())
    }
}

impl Spec {
    fn file_name(&self) -> String {
        let Spec {
            seconds, gop, b_frames, video, audio, size: (width, height), fps, profile, bitrate, ..
        } = self;
        let mut name = format!("{seconds}s");
        if *video {
            name += &format!("-{width}x{height}-{fps}fps-{profile}-gop{gop}-b{b_frames}-{bitrate}k");
        }
        if *audio {
            name += &format!("-{}hz-{}ch", self.sample_rate, self.channels);
        }
        name + ".flv"
    }

    /// The encoder's input and options for the picture.
    fn picture(&self, command: &mut Command) {
        let Spec { seconds, size: (width, height), fps, .. } = self;
        let mut pattern = format!("testsrc2=size={width}x{height}:rate={fps}");
        if self.bitrate >= NOISY {
            pattern += ",noise=all_seed=1:alls=100:allf=t";
        }
        command.args(["-f", "lavfi", "-t", &seconds.to_string(), "-i", &pattern]);
    }

    fn picture_codec(&self, command: &mut Command) {
        let (gop, bitrate) = ((self.gop * self.fps).to_string(), format!("{}k", self.bitrate));
        command.args(["-c:v", "libx264", "-preset", "veryfast", "-profile:v", self.profile]);
        command.args(["-pix_fmt", "yuv420p", "-b:v", &bitrate, "-g", &gop, "-keyint_min", &gop]);
        command.args(["-sc_threshold", "0", "-bf", &self.b_frames.to_string()]);
    }

    /// The same for the sound.
    fn sound(&self, command: &mut Command) {
        let rising = "0.2*sin(2*PI*(200+20*t)*t)";
        let (tone, layout) = match self.channels {
            1 => (rising.to_owned(), "mono"),
            _ => (format!("{rising}|0.2*sin(2*PI*440*t)"), "stereo"),
        };
        let tone = format!("aevalsrc='{tone}':sample_rate={}:channel_layout={layout}", self.sample_rate);
        command.args(["-f", "lavfi", "-t", &self.seconds.to_string(), "-i", &tone]);
    }

    fn sound_codec(&self, command: &mut Command) {
        let bitrate = (self.sample_rate * self.channels).min(96_000).to_string();
        command.args(["-c:a", "aac", "-b:a", &bitrate]);
    }
}

fn make(spec: &Spec, path: &Path) {
    assert!(spec.video || spec.audio, "a clip holds something");
    let folder = path.parent().expect("the cache is a folder");
    std::fs::create_dir_all(folder).expect("the build folder can be written");
    // Another test may be making the same clip: each writes its own file, and the last rename wins.
    let unfinished =
        tempfile::Builder::new().suffix(".flv").tempfile_in(folder).expect("the cache can be written");
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-hide_banner", "-loglevel", "error", "-y"]);
    if spec.video {
        spec.picture(&mut command);
    }
    if spec.audio {
        spec.sound(&mut command);
    }
    if spec.video {
        spec.picture_codec(&mut command);
    }
    if spec.audio {
        spec.sound_codec(&mut command);
    }
    command.args(["-f", "flv"]).arg(unfinished.path());
    Process::start("the clip's encoder", &mut command).succeed(Duration::from_secs(120));
    unfinished.persist(path).expect("a file can be renamed within its folder");
}

/// What the bare pattern cannot be made to take, in kbit/s.
const NOISY: u32 = 5_000;
