//! Pictures as numbers.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// A picture as FFmpeg decodes it, and what that takes: its size, and the mean colours of [`COLUMNS`] by [`ROWS`] fields, as RGB.
#[derive(Debug, PartialEq)]
pub(crate) struct Image {
    pub(crate) size: (u32, u32),
    pub(crate) fields: Vec<[u8; 3]>,
}

pub(crate) const COLUMNS: usize = 8;
pub(crate) const ROWS: usize = 4;

impl Image {
    /// Of a JPEG. Panics when it is not a whole one.
    #[track_caller]
    pub(crate) fn of_jpeg(jpeg: &[u8]) -> Image {
        let decode = |options: &[&str]| {
            let arguments = ["-nostdin", "-v", "error", "-xerror", "-f", "mjpeg", "-i", "pipe:0"];
            run(Command::new("ffmpeg").args(arguments).args(options), jpeg)
        };
        let whole = decode(&["-f", "image2pipe", "-c:v", "ppm", "pipe:1"]);
        let head = String::from_utf8_lossy(&whole[..20.min(whole.len())]).into_owned();
        let mut words = head.split_whitespace();
        assert_eq!(words.next(), Some("P6"), "no picture");
        let mut number = || words.next().unwrap().parse().unwrap();
        Image { size: (number(), number()), fields: fields(&decode(&scaled())) }
    }

    /// The first picture of a file.
    #[track_caller]
    pub(crate) fn first_of(path: &Path) -> Image {
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-v", "error", "-i"]).arg(path).args(["-frames:v", "1"]).args(scaled());
        Image { size: (0, 0), fields: fields(&run(&mut command, b"")) }
    }

    /// How far the colours are apart on the average, from 0 to 255.
    pub(crate) fn difference(&self, other: &Image) -> f64 {
        let pairs = self.fields.as_flattened().iter().zip(other.fields.as_flattened());
        let sum: u32 = pairs.map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        f64::from(sum) / self.fields.as_flattened().len() as f64
    }
}

fn scaled() -> Vec<&'static str> {
    vec!["-vf", "scale=8:4:flags=area", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]
}

#[track_caller]
fn fields(bytes: &[u8]) -> Vec<[u8; 3]> {
    assert_eq!(bytes.len(), COLUMNS * ROWS * 3);
    bytes.as_chunks().0.to_vec()
}

#[track_caller]
fn run(command: &mut Command, input: &[u8]) -> Vec<u8> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writing = std::thread::spawn(move || _ = stdin.write_all(&input)); // it may want the beginning only
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    assert!(output.status.success(), "{command:?}: {}", output.status);
    output.stdout
}
