//! Files of a recording in other containers, made while they are taken: nothing is encoded, and nothing is left on the disk.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::SystemTime;

use container::mp4::{Cues, Demuxer};
use container::{flv, ts};
use media::{Delta, Frame, Time, Track};
use serde::{Deserialize, Serialize};

use super::library::{Error, Recordings};
use super::medium::Medium;
use super::pieces::read;

/// What a file can be had as, beside the MP4 that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Container {
    /// MPEG-TS: H.264, H.265, AAC, MP3, AC-3, E-AC-3 and Opus.
    Ts,
    /// FLV: H.264, AAC and MP3 as they always were, and H.265, AV1, VP9, Opus, FLAC, AC-3 and E-AC-3 as enhanced RTMP has them.
    Flv,
}

/// A file on its way into another container: an iterator over its bytes, a second of the stream at a time. Blocks; dropped, it is over.
pub struct Export {
    file: Medium,
    cues: Arc<Cues>,
    /// The fragment that is next.
    next: usize,
    demuxer: Demuxer,
    muxer: Muxer,
    /// What times are moved by, so that the file begins at zero.
    shift: Delta,
    begun: bool,
    over: bool,
}

#[derive(Debug)]
enum Muxer {
    Ts(ts::Muxer),
    Flv(flv::Muxer),
}

impl Container {
    /// All of them.
    pub const ALL: [Container; 2] = [Container::Ts, Container::Flv];

    /// What it is called, also behind the name of a file.
    pub fn name(self) -> &'static str {
        match self {
            Container::Ts => "ts",
            Container::Flv => "flv",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Container::Ts => "video/mp2t",
            Container::Flv => "video/x-flv",
        }
    }

    /// Whether it has a place for a codec of that name. How some are set up may still be beyond it, which its header tells.
    pub fn has(self, codec: &str) -> bool {
        match self {
            Container::Ts => matches!(codec, "h264" | "h265" | "aac" | "mp3" | "ac3" | "eac3" | "opus"),
            Container::Flv => matches!(
                codec,
                "h264" | "h265" | "av1" | "vp9" | "aac" | "mp3" | "opus" | "flac" | "ac3" | "eac3"
            ),
        }
    }

    fn carries(self, track: &Track) -> bool {
        match self {
            Container::Ts => ts::carries(track),
            Container::Flv => flv::carries(&track.codec),
        }
    }
}

impl Recordings {
    /// File `number` (from 0) of a recording in another container, as far as it is written at this moment. Errs where that cannot carry
    /// one of its tracks. Blocks.
    pub fn export(&self, id: &str, number: usize, container: Container) -> Result<Export, Error> {
        let (demuxer, cues, mut file) = self.demuxer(id, number)?;
        file.read_ahead();
        let tracks = demuxer.tracks();
        if !demuxer.is_whole() {
            return Err(Error::Unfit { container: container.name(), codec: "an unknown kind" });
        }
        if cues.fragments.is_empty() {
            return Err(Error::Unknown { id: id.to_owned() });
        }
        if let Some(track) = tracks.iter().find(|track| !container.carries(track)) {
            return Err(Error::Unfit { container: container.name(), codec: track.codec.name() });
        }
        let zero = cues.fragments.first().map_or(Time::ZERO, |first| first.start);
        let muxer = match container {
            Container::Ts => Muxer::Ts(ts::Muxer::new(&tracks)),
            Container::Flv => Muxer::Flv(flv::Muxer::new(&tracks, Time::ZERO)),
        };
        let shift = Time::ZERO - zero;
        Ok(Export { file, cues, next: 0, demuxer, muxer, shift, begun: false, over: false })
    }
}

impl Export {
    /// Writes all that is left to `out`.
    pub fn write(self, out: &mut impl Write) -> io::Result<()> {
        for piece in self {
            out.write_all(&piece?)?;
        }
        out.flush()
    }

    fn piece(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut out = Vec::new();
        if !std::mem::replace(&mut self.begun, true) {
            self.begin(&mut out);
        }
        while let Some(cue) = self.cues.fragments.get(self.next) {
            self.next += 1;
            let fragment = read(&mut self.file, &self.cues, cue.at..cue.at + cue.bytes)?;
            // What is damaged is passed over, as by whoever plays it.
            let frames = self.demuxer.frames(&fragment, SystemTime::UNIX_EPOCH).unwrap_or_default();
            out.reserve(fragment.len() + fragment.len() / 16);
            for frame in frames {
                let (dts, pts) = (frame.dts + self.shift, frame.pts + self.shift);
                self.muxer.write(&Frame { dts, pts, ..frame }, &mut out);
            }
            if !out.is_empty() {
                return Ok(Some(out));
            }
        }
        if let Muxer::Ts(muxer) = &mut self.muxer {
            muxer.flush(&mut out);
        }
        Ok(Some(out).filter(|out| !out.is_empty()))
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        let spans = self.cues.fragments.first().zip(self.cues.fragments.last());
        let length = spans.map_or(Delta::ZERO, |(first, last)| last.end - first.start);
        match &mut self.muxer {
            Muxer::Ts(muxer) => muxer.begin(),
            Muxer::Flv(muxer) => muxer.begin(ENCODER, length, out),
        }
    }
}

impl Iterator for Export {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        if self.over {
            return None;
        }
        let piece = self.piece().transpose();
        self.over = !matches!(piece, Some(Ok(_)));
        piece
    }
}

impl Muxer {
    fn write(&mut self, frame: &Frame, out: &mut Vec<u8>) {
        match self {
            Muxer::Ts(muxer) => muxer.write(frame, out),
            Muxer::Flv(muxer) => muxer.write(frame, out),
        }
    }
}

/// What files say that they were made by.
const ENCODER: &str = concat!("Sluice/", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
#[path = "export_test.rs"]
mod tests;
