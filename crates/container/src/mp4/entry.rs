//! What a sample entry says of its codec: the other way round than `fmp4::entry`.

use bytes::Bytes;
use media::{Codec, Picture, aac, ac3, av1, flac, h264, h265, mp3, opus, vp9};

use crate::boxes::{boxes, find};

/// The codec of a sample description (`stsd`, with its head). The first entry counts.
pub(super) fn codec(stsd: &[u8]) -> Option<Codec> {
    // The head of the box, version and flags, and how many entries there are.
    let entry = boxes("stsd", stsd.get(16..)?).next()?.ok()?;
    let (kind, body) = entry;
    let picture = |kind| record(body, PICTURE, kind);
    let sound = |kind| record(body, SOUND, kind);
    match &kind {
        b"avc1" => h264::Parameters::parse(&picture(b"avcC")?).ok().map(|(found, _)| Codec::H264(found)),
        b"hvc1" => h265::Parameters::parse(&picture(b"hvcC")?).ok().map(|(found, _)| Codec::H265(found)),
        b"av01" => av1::Parameters::parse(&picture(b"av1C")?).ok().map(Codec::Av1),
        b"vp09" => {
            let found = vp9::Parameters::parse(&picture(b"vpcC")?).ok()?;
            Some(Codec::Vp9(vp9::Parameters { picture: size(body), ..found }))
        }
        b"mp4a" => elementary(body, &sound(b"esds")?),
        b"Opus" => opus(&sound(b"dOps")?).map(Codec::Opus),
        // Behind version and flags.
        b"fLaC" => flac::Parameters::parse(&sound(b"dfLa")?.get(4..)?.to_vec().into()).ok().map(Codec::Flac),
        b"ac-3" => ac3::Parameters::parse_dac3(&sound(b"dac3")?).ok().map(Codec::Ac3),
        b"ec-3" => ac3::Parameters::parse_dec3(&sound(b"dec3")?).ok().map(Codec::Eac3),
        _ => None,
    }
}

/// Source: ISO/IEC 14496-12 §12.1.3.
fn size(entry: &[u8]) -> Option<Picture> {
    let [w1, w0, h1, h0] = *entry.get(24..)?.first_chunk::<4>()?;
    let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
    (width > 0 && height > 0).then(|| Picture::of_size(width.into(), height.into()))
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

/// AAC or MPEG audio, by the `esds` of an entry. Source: ISO/IEC 14496-1 §7.2.6.
fn elementary(entry: &[u8], esds: &[u8]) -> Option<Codec> {
    let (tag, elementary, _) = descriptor(esds.get(4..)?)?;
    let (inner, decoder, _) = descriptor(elementary.get(3..)?)?;
    if (tag, inner) != (0x03, 0x04) {
        return None;
    }
    match *decoder.first()? {
        AAC => {
            let (last, specific, _) = descriptor(decoder.get(13..)?)?;
            let config = (last == 0x05).then(|| Bytes::copy_from_slice(specific))?;
            aac::Parameters::parse(&config).ok().map(Codec::Aac)
        }
        MPEG1_AUDIO | MPEG2_AUDIO => {
            // ISO/IEC 14496-12 §12.2.3. The layer is for the frames to say; nearly all are of the third.
            let [_, channels] = *entry.get(16..)?.first_chunk::<2>()?;
            let [high, low] = *entry.get(24..)?.first_chunk::<2>()?;
            let sample_rate = u32::from(u16::from_be_bytes([high, low]));
            let samples = if sample_rate < 32_000 { 576 } else { 1152 };
            (sample_rate > 0).then_some(Codec::Mp3(mp3::Parameters {
                sample_rate,
                channels,
                layer: 3,
                samples,
            }))
        }
        _ => None,
    }
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

/// What is before the boxes of an entry: ISO/IEC 14496-12 §12.1.3, §12.2.3.
const PICTURE: usize = 78;
const SOUND: usize = 28;

/// Object types of ISO/IEC 14496-1 table 5.
const AAC: u8 = 0x40;
const MPEG2_AUDIO: u8 = 0x69;
const MPEG1_AUDIO: u8 = 0x6b;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use media::{Track, TrackId};

    use super::super::Demuxer;
    use super::*;

    /// STREAMINFO of stereo at 48 kHz with 16 bits.
    const STREAM_INFO: [u8; 34] = {
        let mut info = [0; 34];
        [info[0], info[1], info[2], info[3]] = [0x10, 0, 0x10, 0];
        [info[10], info[11], info[12], info[13]] = [0x0b, 0xb8, 0x02, 0xf0];
        info
    };

    #[test]
    fn every_codec_that_has_no_parameter_sets_comes_back_as_it_was_written() {
        let bytes = Bytes::from_static;
        let mp3 = |sample_rate, samples| mp3::Parameters { sample_rate, channels: 2, layer: 3, samples };
        let vp9 = vp9::Parameters::parse(&bytes(&[0, 31, 0x82, 1, 1, 1, 0, 0])).unwrap();
        let mut all = vec![
            Codec::Vp9(vp9::Parameters { picture: Some(Picture::of_size(640, 360)), ..vp9 }),
            Codec::Aac(aac::Parameters::parse(&bytes(&[0x12, 0x10])).unwrap()),
            Codec::Mp3(mp3(44_100, 1152)),
            Codec::Mp3(mp3(22_050, 576)),
            Codec::Flac(flac::Parameters::from_stream_info(&STREAM_INFO).unwrap()),
            Codec::Ac3(ac3::Parameters::parse_dac3(&bytes(&[0x10, 0x3d, 0xe0])).unwrap()),
            Codec::Eac3(ac3::Parameters::parse_dec3(&bytes(&[0x0e, 0x00, 0x20, 0x0f, 0x00])).unwrap()),
        ];
        all.extend([1, 2, 6].map(|channels| Codec::Opus(opus::Parameters::new(channels).unwrap())));
        for codec in all {
            let track = Arc::new(Track { id: TrackId(1), codec });
            let header = crate::fmp4::init(std::slice::from_ref(&track));
            let tracks = Demuxer::new(&header).unwrap().tracks();
            assert_eq!(tracks.first().map(|track| &track.codec), Some(&track.codec));
        }
    }
}
