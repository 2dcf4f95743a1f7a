//! The tracks of a publisher, by kind and number.

use std::sync::Arc;

use bytes::Bytes;
use media::{Codec, Kind, ParseError, Track, TrackId, aac, av1, flac, h264, h265, opus, vp8, vp9};

use super::Error;
use super::fourcc::FourCc;

/// Where the bodies of one track come to.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) kind: Kind,
    number: u8,
    /// `None` until its configuration is known.
    pub(super) track: Option<Arc<Track>>,
    /// Size of the NAL lengths, from the last sequence header.
    pub(super) length_size: usize,
}

/// All of a publisher's. Bounded by [`MAX_TRACKS`].
#[derive(Debug, Default)]
pub(super) struct Lanes(Vec<Lane>);

impl Lanes {
    /// The lane of track `number` of a kind; a new one has no track yet. Errs when there are too many.
    pub(super) fn lane(&mut self, kind: Kind, number: u8) -> Result<&mut Lane, Error> {
        let found = self.0.iter().position(|lane| lane.kind == kind && lane.number == number);
        let index = match found {
            Some(index) => index,
            None if self.0.len() >= MAX_TRACKS => return Err(Error::TooManyTracks { max: MAX_TRACKS }),
            None => {
                self.0.push(Lane { kind, number, track: None, length_size: 4 });
                self.0.len() - 1
            }
        };
        Ok(&mut self.0[index])
    }

    /// The tracks known so far, by their ids.
    pub(super) fn tracks(&self) -> Vec<&Arc<Track>> {
        let mut tracks: Vec<_> = self.0.iter().filter_map(|lane| lane.track.as_ref()).collect();
        tracks.sort_by_key(|track| track.id);
        tracks
    }
}

impl Lane {
    /// Takes a sequence header of `codec`.
    ///
    /// Of codecs whose frames say everything an empty one is as good as none; FFmpeg sends such of AC-3, E-AC-3 and MP3.
    ///
    /// Errs when it cannot be read, or is longer than [`MAX_RECORD`]: the track stays.
    pub(super) fn configure(&mut self, codec: FourCc, record: &[u8]) -> Result<(), Error> {
        if record.is_empty() && !matches!(codec, FourCc::Avc1 | FourCc::Hvc1 | FourCc::Mp4a) {
            return Ok(());
        }
        if record.len() > MAX_RECORD {
            return Err(ParseError::too_large("sequence header", MAX_RECORD).into());
        }
        // A copy: a slice would keep the buffer around the message alive as long as the track.
        let record = Bytes::copy_from_slice(record);
        let codec = match codec {
            FourCc::Avc1 => {
                let (parameters, length_size) = h264::Parameters::parse(&record)?;
                self.length_size = length_size;
                Codec::H264(parameters)
            }
            FourCc::Hvc1 => {
                let (parameters, length_size) = h265::Parameters::parse(&record)?;
                self.length_size = length_size;
                Codec::H265(parameters)
            }
            FourCc::Av01 => Codec::Av1(av1::Parameters::parse(&record)?),
            FourCc::Vp09 => Codec::Vp9(vp9::Parameters::parse(&record)?),
            FourCc::Vp08 => Codec::Vp8(vp8::Parameters::parse(&record)?),
            FourCc::Mp4a => Codec::Aac(aac::Parameters::parse(&record)?),
            FourCc::Opus => Codec::Opus(opus::Parameters::parse(&record)?),
            FourCc::Flac => Codec::Flac(flac::Parameters::parse(&record)?),
            FourCc::Ac3 | FourCc::Ec3 | FourCc::Mp3 => return Ok(()),
        };
        self.update(codec);
        Ok(())
    }

    /// The track, if it is of `codec`: until a sequence header or a key frame says so it stays another's.
    pub(super) fn track_of(&self, codec: FourCc) -> Option<&Arc<Track>> {
        self.track.as_ref().filter(|track| FourCc::of(&track.codec) == Some(codec))
    }

    /// Makes a new track only when something has really changed: readers compare by pointer.
    pub(super) fn update(&mut self, codec: Codec) {
        if self.track.as_ref().is_none_or(|now| now.codec != codec) {
            self.track = Some(Arc::new(Track { id: id(self.kind, self.number), codec }));
        }
    }
}

/// The longest sequence header: a hundred times what encoders send. It rides along with every frame.
const MAX_RECORD: usize = 64 << 10;

/// The id of track `number` of a kind. Those of the main tracks are the lowest.
pub(super) const fn id(kind: Kind, number: u8) -> TrackId {
    TrackId(match (kind, number) {
        (Kind::Video, 0) => 0,
        (Kind::Audio, 0) => 1,
        (Kind::Data, _) => 2,
        (Kind::Video, number) => 0x100 + number as u32,
        (Kind::Audio, number) => 0x200 + number as u32,
    })
}

/// Most tracks of pictures and sound of a publisher: twice what the largest ladders and the most languages need.
pub const MAX_TRACKS: usize = 16;
