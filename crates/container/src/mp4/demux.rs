//! From fragments back to frames.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use media::{Codec, Delta, Frame, ParseError, Time, Track, TrackId, aac, av1, h264, h265, opus};

use super::index::MAX_SAMPLES;
use super::{fragment, header};
use crate::boxes::{boxes, find};

/// Makes frames of the fragments of one file. Of codecs that it does not know (see [`Demuxer::new`]) there are none.
#[derive(Debug)]
pub struct Demuxer {
    tracks: Vec<Lane>,
}

#[derive(Debug)]
struct Lane {
    id: u32,
    scale: u32,
    track: Option<Arc<Track>>,
}

impl Demuxer {
    /// For the file whose header (ftyp and moov) this is. Understands H.264, H.265, AV1, AAC and Opus.
    pub fn new(header: &Bytes) -> Result<Demuxer, ParseError> {
        let moov = find("header", header, b"moov")?;
        let lane = |header: header::Header| Lane {
            id: header.id,
            scale: header.scale,
            track: codec(&header.entries).map(|codec| Arc::new(Track { id: TrackId(header.id), codec })),
        };
        Ok(Demuxer { tracks: header::tracks(moov)?.into_iter().map(lane).collect() })
    }

    /// The tracks of which there are frames.
    pub fn tracks(&self) -> Vec<Arc<Track>> {
        self.tracks.iter().filter_map(|lane| lane.track.clone()).collect()
    }

    /// The frames of `fragments`, which are whole and follow each other, in decoding order; payloads share their memory.
    pub fn frames(&self, fragments: &Bytes, wall: SystemTime) -> Result<Vec<Frame>, ParseError> {
        let mut frames = Vec::new();
        let (mut at, mut moof) = (0, None);
        for found in boxes("fragments", fragments) {
            let (kind, body) = found?;
            if kind == *b"moof" {
                moof = Some((at, fragment::runs(body, MAX_SAMPLES)?));
            } else if let Some((from, runs)) = moof.take() {
                for run in runs {
                    self.run(&run, fragments, from, wall, &mut frames)?;
                }
            }
            at += body.len() + 8;
        }
        frames.sort_by_key(|frame| frame.dts);
        Ok(frames)
    }

    fn run(
        &self,
        run: &fragment::Run,
        bytes: &Bytes,
        moof: usize,
        wall: SystemTime,
        frames: &mut Vec<Frame>,
    ) -> Result<(), ParseError> {
        let lane = self.tracks.iter().find(|lane| lane.id == run.track);
        let Some((track, scale)) = lane.and_then(|lane| Some((lane.track.as_ref()?, lane.scale))) else {
            return Ok(());
        };
        let wrong = || ParseError::invalid("trun", moof);
        let mut at =
            usize::try_from(run.data.start).map_err(|_| wrong())?.checked_add(moof).ok_or_else(wrong)?;
        let mut ticks = i64::try_from(run.base).map_err(|_| wrong())?;
        for sample in &run.samples {
            let end = at.checked_add(sample.size as usize).filter(|end| *end <= bytes.len());
            let end = end.ok_or_else(wrong)?;
            let after = ticks.checked_add(sample.duration.into()).ok_or_else(wrong)?;
            let time = |ticks: i64| Time::from_ticks(ticks, scale);
            frames.push(Frame {
                track: Arc::clone(track),
                dts: time(ticks),
                pts: time(ticks.saturating_add(sample.offset.into())),
                duration: (sample.duration > 0).then(|| Delta::from_ticks(sample.duration.into(), scale)),
                keyframe: sample.sync,
                discontinuity: false,
                wall,
                payload: bytes.slice(at..end),
            });
            (at, ticks) = (end, after);
        }
        Ok(())
    }
}

/// What a sample description (`stsd`, with its head) says. The first entry counts.
fn codec(stsd: &[u8]) -> Option<Codec> {
    // The head of the box, version and flags, and how many entries there are.
    let entry = boxes("stsd", stsd.get(16..)?).next()?.ok()?;
    let (kind, body) = entry;
    // What is before the boxes of an entry: ISO/IEC 14496-12 §12.1.3, §12.2.3.
    let pictures = |kind| record(body, 78, kind);
    match &kind {
        b"avc1" => h264::Parameters::parse(&pictures(b"avcC")?).ok().map(|(found, _)| Codec::H264(found)),
        b"hvc1" => h265::Parameters::parse(&pictures(b"hvcC")?).ok().map(|(found, _)| Codec::H265(found)),
        b"av01" => av1::Parameters::parse(&pictures(b"av1C")?).ok().map(Codec::Av1),
        b"mp4a" => {
            let config = audio_config(&record(body, 28, b"esds")?)?;
            aac::Parameters::parse(&config).ok().map(Codec::Aac)
        }
        b"Opus" => opus(&record(body, 28, b"dOps")?).map(Codec::Opus),
        _ => None,
    }
}

/// The identification header that a `dOps` has in other words. Source: Encapsulation of Opus in ISOBMFF §4.3.2; RFC 7845 §5.1.
fn opus(dops: &Bytes) -> Option<opus::Parameters> {
    let [_, channels, skip @ .., family] = dops.first_chunk::<11>()?;
    let [s0, s1, r0, r1, r2, r3, g0, g1] = skip;
    let mut head = b"OpusHead\x01".to_vec();
    head.extend_from_slice(&[*channels, *s1, *s0, *r3, *r2, *r1, *r0, *g1, *g0, *family]);
    head.extend_from_slice(dops.get(11..)?);
    opus::Parameters::parse(&head.into()).ok()
}

fn record(entry: &[u8], head: usize, kind: &[u8; 4]) -> Option<Bytes> {
    find("entry", entry.get(head..)?, kind).ok().map(Bytes::copy_from_slice)
}

/// The AudioSpecificConfig of AAC in an `esds`. Source: ISO/IEC 14496-1 §7.2.6.
fn audio_config(esds: &Bytes) -> Option<Bytes> {
    let (tag, elementary, _) = descriptor(esds.get(4..)?)?;
    let (inner, decoder, _) = descriptor(elementary.get(3..)?)?;
    let object = *decoder.first()?;
    let (last, specific, _) = descriptor(decoder.get(13..)?)?;
    (tag == 0x03 && inner == 0x04 && last == 0x05 && object == AAC).then(|| Bytes::copy_from_slice(specific))
}

/// The first descriptor: its tag, what is in it, and what follows. Source: §8.3.3.
fn descriptor(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, mut rest) = bytes.split_first()?;
    let mut size = 0usize;
    for _ in 0..4 {
        let (byte, behind) = rest.split_first()?;
        (size, rest) = (size << 7 | usize::from(byte & 0x7f), behind);
        if byte & 0x80 == 0 {
            break;
        }
    }
    let (body, behind) = rest.split_at_checked(size)?;
    Some((*tag, body, behind))
}

/// Of MPEG-4 audio.
const AAC: u8 = 0x40;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use media::Kind;

    use super::super::testing::{fragmented, three_seconds, tracks};
    use super::*;

    #[test]
    fn opus_comes_back_too() {
        for channels in [1, 2, 6] {
            let parameters = opus::Parameters::new(channels).unwrap();
            let track = Arc::new(Track { id: TrackId(1), codec: Codec::Opus(parameters) });
            let header = crate::fmp4::init(std::slice::from_ref(&track));
            assert_eq!(Demuxer::new(&header).unwrap().tracks()[0].codec, track.codec);
        }
    }

    #[test]
    fn what_was_written_comes_back() {
        let frames = three_seconds();
        let (file, ends) = fragmented(&frames, Delta::secs(1));
        let file = Bytes::from(file);
        let demuxer = Demuxer::new(&file.slice(..ends[0])).unwrap();
        let codecs: Vec<_> = demuxer.tracks().iter().map(|track| track.codec.clone()).collect();
        assert_eq!(codecs, tracks().iter().map(|track| track.codec.clone()).collect::<Vec<_>>());
        let back = demuxer.frames(&file.slice(ends[0]..), SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(back.len(), frames.len());
        for kind in [Kind::Video, Kind::Audio] {
            let of = |frame: &&Arc<Frame>| frame.track.kind() == kind;
            let sent = frames.iter().filter(of);
            let came = back.iter().filter(|frame| frame.track.kind() == kind);
            for (sent, came) in sent.zip(came) {
                assert_eq!((&sent.payload, sent.keyframe), (&came.payload, came.keyframe));
                assert!((sent.dts - came.dts).abs() < Delta::millis(3), "{:?} {:?}", sent.dts, came.dts);
                assert!((sent.pts - came.pts).abs() < Delta::millis(3));
            }
        }
        let part = demuxer.frames(&file.slice(ends[1]..ends[2]), SystemTime::UNIX_EPOCH).unwrap();
        assert!(part.iter().all(|frame| frame.dts > Time::from_millis(900)));
        assert!(demuxer.frames(&file.slice(ends[1]..ends[2] - 1), SystemTime::UNIX_EPOCH).is_err());
    }
}
