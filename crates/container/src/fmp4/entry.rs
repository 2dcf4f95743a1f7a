//! What the header says of a codec.

use bytes::BufMut as _;
use media::{Codec, Track};

use crate::boxes::{put, put_full};

/// Whether fragmented MP4 can carry `track` here: H.264, H.265, AV1, VP9, AAC, Opus, FLAC, AC-3, E-AC-3 and MP3.
pub fn carries(track: &Track) -> bool {
    sample_entry(&track.codec).is_some()
}

/// Ticks a second of a track's times: 90 kHz for pictures, the sample rate for sound.
pub(super) fn timescale(codec: &Codec) -> u32 {
    codec.sample_rate().filter(|rate| *rate > 0).unwrap_or(VIDEO)
}

/// The sample entry of a codec with its configuration; `None` if there is none.
pub(super) fn sample_entry(codec: &Codec) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(256);
    let record = |out: &mut Vec<u8>, kind, bytes: &[u8]| put(out, kind, |out| out.put_slice(bytes));
    match codec {
        // ISO/IEC 14496-15 §5.4.2, §8.4.1: parameter sets are here and nowhere else.
        Codec::H264(parameters) => {
            picture(&mut out, b"avc1", codec, |out| record(out, b"avcC", &parameters.record()));
        }
        Codec::H265(parameters) => {
            picture(&mut out, b"hvc1", codec, |out| record(out, b"hvcC", &parameters.record()));
        }
        // AV1 Codec ISO Media File Format Binding §2.2.
        Codec::Av1(parameters) => {
            picture(&mut out, b"av01", codec, |out| record(out, b"av1C", &parameters.record()));
        }
        // VP Codec ISO Media File Format Binding §2.
        Codec::Vp9(parameters) => {
            picture(&mut out, b"vp09", codec, |out| record(out, b"vpcC", &parameters.record()));
        }
        // ISO/IEC 14496-14 §5.6.
        Codec::Aac(parameters) => {
            sound(&mut out, b"mp4a", codec, |out| esds(out, AAC, Some(&parameters.config)))?;
        }
        Codec::Mp3(parameters) => {
            let object = if parameters.sample_rate < 32_000 { MPEG2_AUDIO } else { MPEG1_AUDIO };
            sound(&mut out, b"mp4a", codec, |out| esds(out, object, None))?;
        }
        // Encapsulation of Opus in ISOBMFF §4.3.
        Codec::Opus(parameters) => {
            sound(&mut out, b"Opus", codec, |out| {
                put(out, b"dOps", |out| {
                    out.put_u8(0); // version
                    out.put_u8(parameters.channels);
                    out.put_u16(parameters.pre_skip);
                    out.put_u32(parameters.input_rate);
                    out.put_i16(parameters.gain);
                    out.put_u8(parameters.mapping_family);
                    out.put_slice(parameters.mapping());
                });
            })?;
        }
        // Encapsulation of FLAC in ISOBMFF §3.3.
        Codec::Flac(parameters) => {
            let info = parameters.stream_info();
            sound(&mut out, b"fLaC", codec, |out| {
                put_full(out, b"dfLa", (0, 0), |out| {
                    out.put_slice(&[LAST_BLOCK | STREAM_INFO, 0, 0, 34]);
                    out.put_slice(&info);
                });
            })?;
        }
        // ETSI TS 102 366 annex F.
        Codec::Ac3(parameters) => {
            sound(&mut out, b"ac-3", codec, |out| record(out, b"dac3", &parameters.dac3()))?;
        }
        Codec::Eac3(parameters) => {
            sound(&mut out, b"ec-3", codec, |out| record(out, b"dec3", &parameters.dec3()))?;
        }
        _ => return None,
    }
    Some(out)
}

/// Source: ISO/IEC 14496-12 §12.1.3.
fn picture(out: &mut Vec<u8>, kind: &[u8; 4], codec: &Codec, config: impl FnOnce(&mut Vec<u8>)) {
    let (width, height) = codec.picture().map_or((0, 0), |picture| (picture.width, picture.height));
    put(out, kind, |out| {
        out.put_bytes(0, 6);
        out.put_u16(1); // data reference
        out.put_bytes(0, 16);
        out.put_u16(u16::try_from(width).unwrap_or(u16::MAX));
        out.put_u16(u16::try_from(height).unwrap_or(u16::MAX));
        out.put_u32(0x0048_0000); // 72 dpi across
        out.put_u32(0x0048_0000); // and down
        out.put_u32(0);
        out.put_u16(1); // frames a sample
        out.put_bytes(0, 32); // compressor's name
        out.put_u16(24); // depth
        out.put_i16(-1);
        config(out);
    });
}

/// `None` if the sample rate is not known. Source: ISO/IEC 14496-12 §12.2.3.
fn sound(out: &mut Vec<u8>, kind: &[u8; 4], codec: &Codec, config: impl FnOnce(&mut Vec<u8>)) -> Option<()> {
    let mut rate = codec.sample_rate().filter(|rate| *rate > 0)?;
    // The field has 16 bits: the largest part of the rate that fits stands for it, as FLAC's binding says for all.
    while rate > 0xffff {
        rate /= 2;
    }
    let bits = if let Codec::Flac(parameters) = codec { parameters.bits } else { 16 };
    put(out, kind, |out| {
        out.put_bytes(0, 6);
        out.put_u16(1); // data reference
        out.put_bytes(0, 8);
        out.put_u16(codec.channels().map_or(2, u16::from));
        out.put_u16(u16::from(bits));
        out.put_bytes(0, 4);
        out.put_u32(rate << 16);
        config(out);
    });
    Some(())
}

/// An elementary stream descriptor. Source: ISO/IEC 14496-1 §7.2.6; 14496-14 §3.1.
fn esds(out: &mut Vec<u8>, object: u8, specific: Option<&[u8]>) {
    put_full(out, b"esds", (0, 0), |out| {
        descriptor(out, 0x03, |out| {
            out.put_u16(0); // id: the track's
            out.put_u8(0); // depends on nothing
            descriptor(out, 0x04, |out| {
                out.put_u8(object);
                out.put_u8(0x15); // an audio stream, downwards
                out.put_bytes(0, 3 + 4 + 4); // buffer and bit rates: not known
                if let Some(specific) = specific {
                    descriptor(out, 0x05, |out| out.put_slice(specific));
                }
            });
            descriptor(out, 0x06, |out| out.put_u8(2)); // synchronisation as MP4 has it
        });
    });
}

/// Appends a descriptor with a length of four bytes, seven bits each. Source: ISO/IEC 14496-1 §8.3.3.
fn descriptor(out: &mut Vec<u8>, tag: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let mut inside = Vec::with_capacity(64);
    body(&mut inside);
    out.put_u8(tag);
    for shift in [21, 14, 7, 0] {
        let more = if shift > 0 { 0x80 } else { 0 };
        out.put_u8(more | (inside.len() >> shift & 0x7f) as u8);
    }
    out.put_slice(&inside);
}

const VIDEO: u32 = 90_000;

/// Object types of ISO/IEC 14496-1 table 5.
const AAC: u8 = 0x40;
const MPEG2_AUDIO: u8 = 0x69;
const MPEG1_AUDIO: u8 = 0x6b;

const LAST_BLOCK: u8 = 0x80;
const STREAM_INFO: u8 = 0;
