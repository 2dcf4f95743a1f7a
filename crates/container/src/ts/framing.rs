//! Where frames of sound begin and end, codec by codec.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use media::ac3::{self, Stream};
use media::parse::Problem;
use media::{Codec, mp3, opus};

use super::opus::Header;
use crate::adts;

/// How frames of sound follow one another in a stream, with the parameters they had last.
#[derive(Debug)]
pub(super) enum Framing {
    Adts(Option<[u8; 2]>),
    MpegAudio(Option<mp3::Parameters>),
    /// AC-3 or E-AC-3: a frame says itself which.
    Ac3(Option<ac3::Parameters>),
    Opus {
        channels: u8,
        known: bool,
    },
}

/// What bytes begin with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// A frame of `size` bytes with its payload among them; `codec` where it is not as that of the last.
    Frame { size: usize, payload: Range<usize>, codec: Option<Codec> },
    /// So many bytes that belong to the stream and give no frame.
    Other { size: usize, lost: bool },
    /// Nothing that belongs here; a frame could begin after so many bytes.
    Nothing { skip: usize },
    /// Something that has not come whole.
    More,
}

impl Framing {
    /// What `data` begins with; it is not empty.
    ///
    /// Unless `locked` to where frames begin, a frame must end where the next begins, or where `data` does: the sync
    /// words occur by chance as well.
    pub(super) fn cut(&mut self, data: &[u8], locked: bool) -> Cut {
        let Some((size, payload)) = self.measure(data) else {
            let skip = data[1..].iter().position(|byte| *byte == self.sync()).map_or(data.len(), |at| at + 1);
            return Cut::Nothing { skip };
        };
        if data.len() < size || size == 0 {
            return Cut::More;
        }
        let follows = |rest: &[u8]| rest.is_empty() || self.measure(rest).is_some();
        if !locked && !follows(&data[size..]) {
            return Cut::Nothing { skip: 1 };
        }
        if payload.is_empty() {
            return Cut::Other { size, lost: false };
        }
        match self.update(&data[..size]) {
            Some(codec) => Cut::Frame { size, payload, codec },
            None => Cut::Other { size, lost: true },
        }
    }

    /// The size of what `data` begins with and where its payload lies, which is nowhere if it is passed over; a size of
    /// 0 if it is cut short; `None` when it is nothing.
    fn measure(&self, data: &[u8]) -> Option<(usize, Range<usize>)> {
        const SHORT: (usize, Range<usize>) = (0, 0..0);
        match self {
            Framing::Adts(_) => match adts::Header::parse(data).ok()? {
                Some(header) => Some((header.frame, header.size..header.frame)),
                None => Some(SHORT),
            },
            Framing::MpegAudio(_) => match mp3::Parameters::parse_frame(data) {
                Ok((_, size)) => Some((size, 0..size)),
                Err(error) if error.problem == Problem::Truncated && data.first() == Some(&0xff) => {
                    Some(SHORT)
                }
                Err(_) => None,
            },
            Framing::Ac3(_) => match ac3::Header::parse(data) {
                Ok(header) => Some(access_unit(data, &header).unwrap_or(SHORT)),
                Err(error) if error.problem == Problem::Truncated => Some(SHORT),
                Err(_) => None,
            },
            Framing::Opus { .. } => match Header::parse(data).ok()? {
                Some(header) => {
                    let size = header.size + header.packet;
                    Some((size, header.size..size))
                }
                None => Some(SHORT),
            },
        }
    }

    /// The codec if it is not as that of the last frame; the outer `None` says that the frame cannot be passed on.
    fn update(&mut self, frame: &[u8]) -> Option<Option<Codec>> {
        match self {
            Framing::Adts(last) => {
                let header = adts::Header::parse(frame).ok()??;
                if header.blocks != 1 {
                    return None;
                }
                if *last == Some(header.config) {
                    return Some(None);
                }
                let parameters = header.parameters().ok()?;
                *last = Some(header.config);
                Some(Some(Codec::Aac(parameters)))
            }
            Framing::MpegAudio(last) => {
                let (parameters, _) = mp3::Parameters::parse_frame(frame).ok()?;
                let same = last.replace(parameters) == Some(parameters);
                Some((!same).then_some(Codec::Mp3(parameters)))
            }
            Framing::Ac3(last) => {
                let (parameters, _) = ac3::Parameters::parse_frame(frame).ok()?;
                if last.is_some_and(|last| last.same_format(&parameters)) {
                    return Some(None);
                }
                *last = Some(parameters);
                let enhanced = ac3::Header::parse(frame).ok()?.enhanced();
                Some(Some(if enhanced { Codec::Eac3(parameters) } else { Codec::Ac3(parameters) }))
            }
            Framing::Opus { channels, known } => {
                if *known {
                    return Some(None);
                }
                let header = Header::parse(frame).ok()??;
                let parameters = opus_parameters(*channels, header.start_trim)?;
                *known = true;
                Some(Some(Codec::Opus(parameters)))
            }
        }
    }

    /// The first byte of a frame.
    fn sync(&self) -> u8 {
        match self {
            Framing::Adts(_) | Framing::MpegAudio(_) => 0xff,
            Framing::Ac3(_) => 0x0b,
            Framing::Opus { .. } => 0x7f,
        }
    }
}

/// A syncframe of the first programme with those that depend on it; the other programmes of E-AC-3 have no payload
/// here. `None` when it cannot be told yet whether another follows.
fn access_unit(data: &[u8], first: &ac3::Header) -> Option<(usize, Range<usize>)> {
    let mut size = first.size;
    let mut dependents = 0;
    while first.enhanced() && data.len() > size && size < MAX_ACCESS_UNIT && dependents < MAX_DEPENDENTS {
        match ac3::Header::parse(&data[size..]) {
            Ok(next) if matches!(next.stream, Stream::Dependent { .. }) => {
                size += next.size;
                dependents += 1;
            }
            Err(error) if error.problem == Problem::Truncated => return None,
            _ => break,
        }
    }
    let main = first.stream == Stream::Independent { id: 0 };
    Some((size, 0..if main { size } else { 0 }))
}

/// For so many channels in Vorbis order; the decoder throws away what is trimmed from the first packet.
fn opus_parameters(channels: u8, start_trim: u16) -> Option<opus::Parameters> {
    let parameters = opus::Parameters::new(channels)?;
    if start_trim == 0 || start_trim == parameters.pre_skip {
        return Some(parameters);
    }
    let mut record = BytesMut::from(&parameters.record[..]);
    record.get_mut(10..12)?.copy_from_slice(&start_trim.to_le_bytes());
    opus::Parameters::parse(&Bytes::from(record)).ok()
}

/// The most dependent frames that an independent one has: ETSI TS 102 366 §E.1.3.1.2, `substreamid` of three bits.
const MAX_DEPENDENTS: usize = 8;
/// Nine frames of 4 KiB.
const MAX_ACCESS_UNIT: usize = 36 << 10;
