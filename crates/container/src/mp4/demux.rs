//! From fragments back to frames.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use media::{Delta, Frame, ParseError, Time, Track, TrackId};

use super::index::MAX_SAMPLES;
use super::{entry, fragment, header};
use crate::boxes::{boxes, find};

/// Makes frames of the fragments of one file. Of codecs that [`fmp4`](crate::fmp4) does not write there are none.
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
    /// For the file whose header (ftyp and moov) this is.
    pub fn new(header: &Bytes) -> Result<Demuxer, ParseError> {
        let moov = find("header", header, b"moov")?;
        let lane = |header: header::Header| Lane {
            id: header.id,
            scale: header.scale,
            track: entry::codec(&header.entries)
                .map(|codec| Arc::new(Track { id: TrackId(header.id), codec })),
        };
        Ok(Demuxer { tracks: header::tracks(moov)?.into_iter().map(lane).collect() })
    }

    /// Whether there are frames of every track that the header has.
    pub fn is_whole(&self) -> bool {
        !self.tracks.is_empty() && self.tracks.iter().all(|lane| lane.track.is_some())
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use media::Kind;

    use super::super::testing::{fragmented, three_seconds, tracks};
    use super::*;

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
