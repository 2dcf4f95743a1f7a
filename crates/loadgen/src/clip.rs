//! The clip that is published: an FLV file, read once, looped without a seam.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use container::flv::{Reader, TagKind};

/// Codec configurations and the frames that follow them, in the order in which they are to be sent.
#[derive(Debug)]
pub(crate) struct Clip {
    /// Metadata and sequence headers, sent once at the beginning.
    pub(crate) setup: Vec<(TagKind, Bytes)>,
    /// Frames by rising time.
    pub(crate) frames: Vec<Frame>,
    /// After this much time the clip begins again.
    pub(crate) length: Duration,
    /// Where in a picture its stamp goes.
    pub(crate) stamp: Place,
}

/// Where a stamp goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Into a NAL unit of its own, in front: the picture can still be decoded.
    Unit,
    /// Into the first NAL unit, behind its header, if that is a slice. The picture can be decoded no more, but is as many units as it was: where each
    /// takes packets of its own, a small one more is a packet more.
    Slice,
}

/// One coded frame.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// From the beginning of the clip.
    pub(crate) at: Duration,
    pub(crate) kind: TagKind,
    /// Of a picture, the five bytes of FLV header before the first NAL unit; of audio, nothing.
    pub(crate) head: Bytes,
    /// The rest of the body.
    pub(crate) rest: Bytes,
}

impl Clip {
    /// Reads an FLV file with H.264 and, perhaps, AAC.
    ///
    /// Errs when there is no H.264 video with 4-byte NAL lengths that begins with a key frame.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Clip> {
        let file = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Clip::parse(&file).with_context(|| format!("{} cannot be published", path.display()))
    }

    fn parse(file: &[u8]) -> anyhow::Result<Clip> {
        let mut reader = Reader::new();
        reader.push(file);
        let (mut setup, mut frames) = (Vec::new(), Vec::new());
        while let Some(tag) = reader.next()? {
            let head = tag.body.first_chunk::<2>().copied().unwrap_or_default();
            match (tag.kind, head) {
                (TagKind::Data, _) => setup.push((tag.kind, tag.body)),
                (TagKind::Video, [_, 0]) => {
                    let lengths = tag.body.get(9).map(|byte| byte & 3);
                    ensure!(lengths == Some(3), "NAL lengths are not of 4 bytes");
                    setup.push((tag.kind, tag.body));
                }
                (TagKind::Audio, [_, 0]) => setup.push((tag.kind, tag.body)),
                (TagKind::Video, [first, 1]) if first & 0x0f == 7 && tag.body.len() > 5 => {
                    let at = Duration::from_millis(u64::from(tag.timestamp));
                    let (head, rest) = (tag.body.slice(..5), tag.body.slice(5..));
                    frames.push(Frame { at, kind: tag.kind, head, rest });
                }
                (TagKind::Video, [_, 2]) => {}
                (TagKind::Video, _) => bail!("video is not H.264"),
                (TagKind::Audio, _) => {
                    let at = Duration::from_millis(u64::from(tag.timestamp));
                    frames.push(Frame { at, kind: tag.kind, head: Bytes::new(), rest: tag.body });
                }
            }
        }
        let video = frames.iter().find(|frame| frame.kind == TagKind::Video);
        let key = video.and_then(|frame| frame.head.first()).is_some_and(|first| first >> 4 == 1);
        ensure!(key, "the first picture is no key frame");
        let length = length(&frames).context("too short")?;
        Clip::arrange(setup, frames, length)
    }

    /// Puts frames in order of time from zero, and drops audio that would overlap the next round.
    fn arrange(
        setup: Vec<(TagKind, Bytes)>,
        mut frames: Vec<Frame>,
        length: Duration,
    ) -> anyhow::Result<Clip> {
        let first = |kind| frames.iter().filter(|frame| frame.kind == kind).map(|frame| frame.at).min();
        let (video, audio) = (first(TagKind::Video), first(TagKind::Audio));
        let origin = video.into_iter().chain(audio).min().unwrap_or_default();
        let end = |kind| if kind == TagKind::Video { video } else { audio }.unwrap_or_default() + length;
        let margin = Duration::from_millis(2);
        frames.retain(|frame| frame.at + margin < end(frame.kind));
        for frame in &mut frames {
            frame.at -= origin;
        }
        frames.sort_by_key(|frame| frame.at);
        Ok(Clip { setup, frames, length, stamp: Place::Unit })
    }

    /// Bits a second of all bodies, without the stamps.
    pub(crate) fn bitrate(&self) -> f64 {
        let bytes: usize = self.frames.iter().map(|frame| frame.head.len() + frame.rest.len()).sum();
        bytes as f64 * 8.0 / self.length.as_secs_f64()
    }

    /// Audio and video frames a second.
    pub(crate) fn frame_rate(&self) -> f64 {
        self.frames.len() as f64 / self.length.as_secs_f64()
    }
}

/// How long the pictures last, the last one as long as they do on average; to the millisecond, which is FLV's clock.
fn length(frames: &[Frame]) -> Option<Duration> {
    let pictures = frames.iter().filter(|frame| frame.kind == TagKind::Video);
    let first = pictures.clone().next()?.at;
    let (count, last) = pictures.fold((0u32, first), |(count, _), frame| (count + 1, frame.at));
    let span = last.checked_sub(first).filter(|span| !span.is_zero())?;
    let length = span * count / count.checked_sub(1)?;
    Some(Duration::from_millis((length.as_secs_f64() * 1000.0).round() as u64))
}

/// Makes the clip with FFmpeg: 16 s of a test picture, H.264 720p at 30 frames a second with a key frame every 2 s, AAC
/// at 48 kHz, together 1 Mbit/s. 16 s are 480 pictures and 750 audio frames exactly, so the loop has no seam.
pub(crate) fn make(ffmpeg: &str, b_frames: u8, out: &Path) -> anyhow::Result<()> {
    let mut command = Command::new(ffmpeg);
    command.args(["-hide_banner", "-loglevel", "error", "-y"]);
    let picture = "testsrc2=size=1280x720:rate=30,noise=alls=6:allf=t,format=yuv420p";
    let sound = "anoisesrc=sample_rate=48000:amplitude=0.3:seed=1,aformat=channel_layouts=stereo";
    command.args(["-f", "lavfi", "-t", "16", "-i", picture]);
    command.args(["-f", "lavfi", "-t", "16.1", "-i", sound]);
    command.args([
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-profile:v",
        "main",
        "-bf",
        &b_frames.to_string(),
    ]);
    command.args(["-g", "60", "-keyint_min", "60", "-sc_threshold", "0"]);
    command.args(["-b:v", "880k", "-maxrate", "880k", "-bufsize", "880k"]);
    command.args(["-c:a", "aac", "-b:a", "120k", "-f", "flv"]);
    let status = command.arg(out).status().with_context(|| format!("cannot run {ffmpeg}"))?;
    ensure!(status.success(), "{ffmpeg} could not make the clip");
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tag(out: &mut Vec<u8>, kind: u8, at: u32, body: &[u8]) {
        let size = body.len() as u8;
        let [t3, t2, t1, t0] = at.to_be_bytes();
        out.extend_from_slice(&[kind, 0, 0, size, t2, t1, t0, t3, 0, 0, 0]);
        out.extend_from_slice(body);
        out.extend_from_slice(&[0, 0, 0, size + 11]);
    }

    fn file() -> Vec<u8> {
        let mut out = b"FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00".to_vec();
        tag(&mut out, 18, 0, &[2, 0, 1, b'x']);
        tag(&mut out, 9, 0, &[0x17, 0, 0, 0, 0, 1, 77, 0, 31, 0xff, 0xe1]);
        tag(&mut out, 8, 0, &[0xaf, 0, 0x11, 0x90]);
        for picture in 0..4u32 {
            let first = if picture == 0 { 0x17 } else { 0x27 };
            tag(&mut out, 9, 100 + picture * 100, &[first, 1, 0, 0, 0, 0, 0, 0, 1, 0x65]);
        }
        for audio in 0..6u32 {
            tag(&mut out, 8, 80 + audio * 80, &[0xaf, 1, 1]);
        }
        out
    }

    #[test]
    fn a_clip_is_in_order_and_ends_where_it_begins_again() {
        let clip = Clip::parse(&file()).unwrap();
        assert_eq!(clip.length, Duration::from_millis(400));
        assert_eq!(clip.setup.len(), 3);
        let times: Vec<u128> = clip.frames.iter().map(|frame| frame.at.as_millis()).collect();
        assert_eq!(times, [0, 20, 80, 120, 160, 220, 240, 320, 320]);
        assert_eq!(clip.frames.iter().filter(|frame| frame.kind == TagKind::Audio).count(), 5);
    }

    #[test]
    fn what_cannot_be_published_is_said() {
        assert!(Clip::parse(b"not flv, but long enough to tell").is_err());
        let mut out = b"FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00".to_vec();
        tag(&mut out, 9, 0, &[0x27, 1, 0, 0, 0, 0, 0, 0, 1, 0x41]);
        assert!(Clip::parse(&out).is_err());
    }
}
