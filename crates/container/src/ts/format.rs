//! How each codec is carried: its numbers in the map of the program, its stream id, its framing.
//!
//! Source: ISO/IEC 13818-1 table 2-34 (stream types), table 2-22 (stream ids); ATSC A/52 annex A for AC-3 and E-AC-3;
//! ETSI TS 101 154 and EN 300 468 annex D for what DVB writes instead; for Opus the draft of ETSI
//! "Opus Interactive Audio Codec; Transport Multiplexing", as FFmpeg writes and reads it.

use media::{Codec, Kind, Track, opus};

use crate::adts;

/// What a stream is, as far as the map and the PES headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    H264,
    H265,
    /// AAC in ADTS.
    Adts,
    /// MPEG audio, layer III or II; `low` at the rates that came with MPEG-2.
    MpegAudio {
        low: bool,
    },
    Ac3,
    Eac3,
    /// With its `channel_config_code`, 1 to 8: so many channels in Vorbis order.
    Opus(u8),
}

impl Format {
    /// How `track` is carried; `None` when it cannot be.
    pub(super) fn of(track: &Track) -> Option<Format> {
        match &track.codec {
            Codec::H264(_) => Some(Format::H264),
            Codec::H265(_) => Some(Format::H265),
            Codec::Aac(parameters) => adts::header(parameters, 0).ok().map(|_| Format::Adts),
            Codec::Mp3(parameters) => Some(Format::MpegAudio { low: parameters.sample_rate < 32_000 }),
            Codec::Ac3(_) => Some(Format::Ac3),
            Codec::Eac3(_) => Some(Format::Eac3),
            Codec::Opus(parameters) => channel_config(parameters).map(Format::Opus),
            _ => None,
        }
    }

    /// What an entry of the map announces; `None` for what is not read here.
    ///
    /// Descriptors are whole: see [`descriptors`].
    pub(super) fn announced(stream_type: u8, descriptors: &[u8]) -> Option<Format> {
        match stream_type {
            0x1b => Some(Format::H264),
            0x24 => Some(Format::H265),
            0x0f => Some(Format::Adts),
            0x03 => Some(Format::MpegAudio { low: false }),
            0x04 => Some(Format::MpegAudio { low: true }),
            0x81 => Some(Format::Ac3),
            0x87 => Some(Format::Eac3),
            PRIVATE => Format::described(descriptors),
            _ => None,
        }
    }

    /// Private data, which only its descriptors explain.
    fn described(list: &[u8]) -> Option<Format> {
        // Without the second of its descriptors Opus is stereo.
        let opus = || {
            self::descriptors(list).find_map(|descriptor| match descriptor {
                (EXTENSION, [OPUS, code, ..]) => Some(*code),
                _ => None,
            })
        };
        self::descriptors(list).find_map(|descriptor| match descriptor {
            (REGISTRATION, [b'A', b'C', b'-', b'3', ..]) | (DVB_AC3, _) => Some(Format::Ac3),
            (REGISTRATION, [b'E', b'A', b'C', b'3', ..]) | (DVB_EAC3, _) => Some(Format::Eac3),
            (REGISTRATION, [b'H', b'E', b'V', b'C', ..]) => Some(Format::H265),
            (REGISTRATION, [b'O', b'p', b'u', b's', ..]) => {
                let code = opus().unwrap_or(2);
                (1..=8).contains(&code).then_some(Format::Opus(code))
            }
            _ => None,
        })
    }

    /// `stream_type` in the map.
    pub(super) fn stream_type(self) -> u8 {
        match self {
            Format::H264 => 0x1b,
            Format::H265 => 0x24,
            Format::Adts => 0x0f,
            Format::MpegAudio { low: false } => 0x03,
            Format::MpegAudio { low: true } => 0x04,
            Format::Ac3 => 0x81,
            Format::Eac3 => 0x87,
            Format::Opus(_) => PRIVATE,
        }
    }

    /// The descriptors that go with it in the map.
    pub(super) fn descriptors(self) -> &'static [u8] {
        match self {
            Format::Ac3 => &[REGISTRATION, 4, b'A', b'C', b'-', b'3'],
            Format::Eac3 => &[REGISTRATION, 4, b'E', b'A', b'C', b'3'],
            Format::Opus(code) => OPUS_DESCRIPTORS.get(usize::from(code)).map_or(&[], |list| list),
            _ => &[],
        }
    }

    /// `stream_id` of its PES packets.
    pub(super) fn stream_id(self) -> u8 {
        match self {
            Format::H264 | Format::H265 => 0xe0,
            Format::Adts | Format::MpegAudio { .. } => 0xc0,
            // Private stream 1.
            Format::Ac3 | Format::Eac3 | Format::Opus(_) => 0xbd,
        }
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Format::H264 | Format::H265 => Kind::Video,
            _ => Kind::Audio,
        }
    }

    /// Whether it is the same codec, whatever the map says of its parameters.
    pub(super) fn same_codec(self, other: Format) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

/// The descriptors of a list, by tag and content; a broken length ends it.
pub(super) fn descriptors(mut list: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let [tag, length, rest @ ..] = list else { return None };
        let (content, rest) = rest.split_at_checked(usize::from(*length))?;
        list = rest;
        Some((*tag, content))
    })
}

/// The code for the layout of these parameters; `None` when it would take the explicit form, which nobody reads.
fn channel_config(parameters: &opus::Parameters) -> Option<u8> {
    let channels = parameters.channels;
    let usual = match (parameters.mapping_family, channels) {
        (0, _) => true,
        (1, 1) => parameters.mapping() == [1, 0, 0],
        (1, 2) => parameters.mapping() == [1, 1, 0, 1],
        (1, 3..=8) => {
            opus::Parameters::new(channels).is_some_and(|usual| usual.mapping() == parameters.mapping())
        }
        _ => false,
    };
    usual.then_some(channels)
}

/// Private data in PES packets.
const PRIVATE: u8 = 0x06;

const REGISTRATION: u8 = 0x05;
/// DVB's AC-3_descriptor and enhanced_AC-3_descriptor.
const DVB_AC3: u8 = 0x6a;
const DVB_EAC3: u8 = 0x7a;
/// DVB's extension_descriptor,
const EXTENSION: u8 = 0x7f;
/// and the extension that is Opus's.
const OPUS: u8 = 0x80;

static OPUS_DESCRIPTORS: [[u8; 10]; 9] = {
    let mut all = [[REGISTRATION, 4, b'O', b'p', b'u', b's', EXTENSION, 2, OPUS, 0]; 9];
    let mut code = 0;
    while code < all.len() {
        all[code][9] = code as u8;
        code += 1;
    }
    all
};

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use media::TrackId;

    use super::*;

    fn opus(parameters: opus::Parameters) -> Option<Format> {
        Format::of(&Arc::new(Track { id: TrackId(0), codec: Codec::Opus(parameters) }))
    }

    #[test]
    fn what_is_written_is_read() {
        let mut all = vec![Format::H264, Format::H265, Format::Adts, Format::Ac3, Format::Eac3];
        all.extend([false, true].map(|low| Format::MpegAudio { low }));
        all.extend((1..=8).map(Format::Opus));
        for format in all {
            assert_eq!(Format::announced(format.stream_type(), format.descriptors()), Some(format));
        }
    }

    #[test]
    fn private_data_is_what_its_descriptors_say() {
        let private = |list: &[u8]| Format::announced(0x06, list);
        // A language before it, as DVB writes; a subtitle; nothing; cut short.
        assert_eq!(private(&[0x0a, 4, b'e', b'n', b'g', 0, 0x6a, 1, 0]), Some(Format::Ac3));
        assert_eq!(private(&[0x7a, 1, 0]), Some(Format::Eac3));
        assert_eq!(private(b"\x05\x04Opus"), Some(Format::Opus(2)));
        assert_eq!(private(b"\x7f\x02\x80\x06\x05\x04Opus"), Some(Format::Opus(6)));
        assert_eq!(private(b"\x05\x04Opus\x7f\x02\x80\x00"), None, "dual mono");
        assert_eq!(private(&[0x59, 8, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(private(&[]), None);
        assert_eq!(private(&[0x6a, 9, 0]), None);
    }

    #[test]
    fn layouts_of_opus_that_are_not_usual_are_not_carried() {
        for channels in 1..=8 {
            let parameters = opus::Parameters::new(channels).expect("a usual layout");
            assert_eq!(opus(parameters), Some(Format::Opus(channels)));
        }
        let record = [b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0".as_slice(), &[1, 2, 0, 0, 1]].concat();
        let two_monos = opus::Parameters::parse(&Bytes::from(record)).expect("a good record");
        assert_eq!(opus(two_monos), None);
    }
}
