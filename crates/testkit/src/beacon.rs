//! A live picture that says when it was taken, with a flash and a beep each second.
//!
//! FFmpeg draws and encodes it as time passes, so unlike a [`Clip`](crate::Clip) it shows how old it is when it is seen. Pages
//! read it, and send such pictures themselves: `e2e/beacon.js` says what is in them, and [`webrtc`](crate::webrtc) what they report.

use crate::ffmpeg::Version;
use crate::process::Process;

/// An encoder about to be started: see [`publish`].
#[derive(Debug, Clone)]
pub struct Beacon {
    url: String,
    version: Version,
    /// By WHIP, with this secret.
    bearer: Option<String>,
    encoder: Vec<String>,
    sound: bool,
}

/// An encoder of H.264 and AAC that sends to the RTMP `url`, until it is stopped.
pub fn publish(url: &str) -> Beacon {
    Beacon {
        url: url.to_owned(),
        version: Version::System,
        bearer: None,
        encoder: ["-tune", "zerolatency", "-profile:v", "baseline"].map(str::to_owned).into(),
        sound: true,
    }
}

/// The same of H.264 and Opus by WHIP, with `bearer` for a secret. Needs FFmpeg 9.
pub fn publish_by_whip(url: &str, bearer: &str) -> Beacon {
    Beacon { version: Version::Nine, bearer: Some(bearer.to_owned()), ..publish(url) }
}

impl Beacon {
    /// With so many B-frames between two others, to which no picture refers unless there is a `pyramid` of them.
    pub fn b_frames(mut self, count: u32, pyramid: bool) -> Beacon {
        let pyramid = if pyramid { "normal" } else { "none" };
        self.encoder = vec!["-profile:v".to_owned(), "high".to_owned(), "-bf".to_owned(), count.to_string()];
        self.encoder.extend(["-x264-params".to_owned(), format!("b-adapt=0:b-pyramid={pyramid}")]);
        self
    }

    /// Pictures alone.
    pub fn silent(mut self) -> Beacon {
        self.sound = false;
        self
    }

    /// Starts it.
    #[track_caller]
    pub fn start(self) -> Process {
        let mut command = self.version.command("info");
        command.args(["-re", "-f", "lavfi", "-i", &format!("testsrc2=size={WIDTH}x{HEIGHT}:rate={RATE}")]);
        if self.sound {
            command.args(["-re", "-f", "lavfi", "-i", BEEPS]);
        }
        // A key frame each second.
        let gop = RATE.to_string();
        command.args(["-vf", &drawing(), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]);
        command.args(["-b:v", "600k", "-g", &gop, "-keyint_min", &gop, "-sc_threshold", "0"]);
        command.args(&self.encoder);
        let format = if self.bearer.is_some() { "whip" } else { "flv" };
        command.args(["-c:a", if format == "whip" { "libopus" } else { "aac" }, "-b:a", "96k"]);
        match &self.bearer {
            Some(bearer) => command.args(["-authorization", bearer]),
            None => command.args(["-flvflags", "no_duration_filesize"]),
        };
        command.args(["-f", format, &self.url]);
        Process::start("publisher of a beacon", &mut command)
    }
}

/// The filters that draw the clock and the flash.
fn drawing() -> String {
    let filled = |x: String, y: &str, width: &str, height: &str, color: &str, when: Option<String>| {
        let when = when.map(|when| format!(":enable='{when}'")).unwrap_or_default();
        format!("drawbox=x={x}:y={y}:w={width}:h={height}:color={color}:t=fill{when}")
    };
    let mut filters = vec![
        filled("0".to_owned(), "0", "iw", "ih/8", "black", None),
        filled("0".to_owned(), "0", &format!("iw/{CELLS}"), "ih/8", "white", None),
    ];
    for bit in 0..BITS {
        let x = format!("iw*{}/{CELLS}", CELLS - 1 - bit);
        let set = format!("mod(floor((time(0)*{UNITS}+{})/{}),2)", offset(bit), period(bit));
        filters.push(filled(x, "0", &format!("iw/{CELLS}"), "ih/8", "white", Some(set)));
    }
    let flash = "lt(mod(t,1),0.1)".to_owned();
    filters.push(filled("0".to_owned(), "ih/2", "iw/2", "ih/2", "black", None));
    filters.push(filled("0".to_owned(), "ih/2", "iw/2", "ih/2", "white", Some(flash)));
    filters.join(",")
}

/// A bit of a Gray code is set where the number's and the next higher differ, so in the middle half of each period; the highest has none
/// above it, and is the number's own.
const fn offset(bit: u32) -> u32 {
    if bit + 1 < BITS { 1 << bit } else { 0 }
}

/// So many numbers after which `bit` changes, counted from its offset.
const fn period(bit: u32) -> u32 {
    if bit + 1 < BITS { 2 << bit } else { 1 << bit }
}

const WIDTH: u32 = 320;
const HEIGHT: u32 = 180;
const RATE: u32 = 25;
const CELLS: u32 = 16;
const BITS: u32 = 14;
/// A second.
const UNITS: u32 = 250;
const BEEPS: &str = "aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t,1),0.1)|0.5*sin(2*PI*1000*t)*lt(mod(t,1),0.1)':sample_rate=48000:channel_layout=stereo";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bit_has_a_cell_of_its_own() {
        let drawing = drawing();
        assert_eq!(drawing.matches("time(0)").count(), 14);
        for cell in 2..16 {
            assert_eq!(drawing.matches(&format!("x=iw*{cell}/16:")).count(), 1, "cell {cell}");
        }
        assert!(drawing.contains(
            "x=iw*15/16:y=0:w=iw/16:h=ih/8:color=white:t=fill:enable='mod(floor((time(0)*250+1)/2),2)'"
        ));
    }

    #[test]
    fn the_bits_are_those_of_a_gray_code() {
        for time in [0u64, 1, 2, 5, 4_095, 8_191, 8_192, 16_383, 16_384, 24_576, 447_000_000_123] {
            let number = time % (1 << BITS);
            let gray = number ^ number >> 1;
            for bit in 0..BITS {
                let set = (time + u64::from(offset(bit))) / u64::from(period(bit)) % 2;
                assert_eq!(set, gray >> bit & 1, "bit {bit} of {time}");
            }
        }
    }
}
