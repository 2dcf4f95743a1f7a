#![allow(clippy::unwrap_used)]

use media::{TrackId, aac, flac, h264, opus};
use mp4_atom::{Atom as _, Codec as Entry, Decode as _, Ftyp, Moov};

use super::*;

const SPS: &[u8] = &[
    0x67, 0x64, 0x00, 0x0a, 0xac, 0x72, 0x84, 0x44, 0x26, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00,
    0x03, 0x00, 0xca, 0x3c, 0x48, 0x96, 0x11, 0x80,
];

fn track(id: u32, codec: Codec) -> Arc<Track> {
    Arc::new(Track { id: TrackId(id), codec })
}

fn h264() -> Codec {
    let sets = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
    Codec::H264(h264::Parameters::new(sets(SPS), sets(&[0x68, 0xe8, 0x43, 0x8f])).unwrap())
}

fn aac(config: &'static [u8]) -> Codec {
    Codec::Aac(aac::Parameters::parse(&Bytes::from_static(config)).unwrap())
}

/// The header as another's parser reads it.
fn parsed(tracks: &[Arc<Track>]) -> (Ftyp, Moov) {
    let bytes = init(tracks);
    let mut rest = &bytes[..];
    let header = (Ftyp::decode(&mut rest).unwrap(), Moov::decode(&mut rest).unwrap());
    assert!(rest.is_empty(), "nothing stands behind");
    header
}

#[test]
fn every_carried_track_is_there_in_order() {
    let tracks = [track(7, aac(&[0x12, 0x10])), track(9, Codec::Amf0), track(3, h264())];
    let (ftyp, moov) = parsed(&tracks);
    assert!(!ftyp.compatible_brands.contains(&(b"cmfc".into())), "two tracks in a file are no CMAF");
    assert_eq!((moov.trak.len(), moov.mvhd.next_track_id), (2, 3));
    let (sound, video) = (&moov.trak[0], &moov.trak[1]);
    assert_eq!((sound.tkhd.track_id, video.tkhd.track_id), (1, 2));
    assert_eq!((sound.mdia.mdhd.timescale, video.mdia.mdhd.timescale), (44_100, 90_000));
    assert_eq!((sound.mdia.hdlr.handler, video.mdia.hdlr.handler), (b"soun".into(), b"vide".into()));
    assert!(sound.mdia.minf.smhd.is_some() && video.mdia.minf.vmhd.is_some());
    assert_eq!((video.tkhd.width.integer(), video.tkhd.height.integer()), (64, 64));
    let trex = moov.mvex.unwrap().trex;
    assert_eq!(trex.iter().map(|trex| trex.track_id).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn parameter_sets_are_in_the_header() {
    let (ftyp, moov) = parsed(&[track(1, h264())]);
    assert!(ftyp.compatible_brands.contains(&(b"cmfc".into())));
    let Entry::Avc1(entry) = &moov.trak[0].mdia.minf.stbl.stsd.codecs[0] else { panic!("no avc1") };
    assert_eq!((entry.visual.width, entry.visual.height), (64, 64));
    assert_eq!(entry.avcc.sequence_parameter_sets, [SPS.to_vec()]);
    assert_eq!(entry.avcc.length_size, 4);
}

#[test]
fn sound_says_how_it_is_decoded() {
    let (_, moov) = parsed(&[track(1, aac(&[0x12, 0x10]))]);
    let Entry::Mp4a(entry) = &moov.trak[0].mdia.minf.stbl.stsd.codecs[0] else { panic!("no mp4a") };
    assert_eq!((entry.audio.channel_count, entry.audio.sample_rate.integer()), (2, 44_100));
    let decoder = &entry.esds.es_desc.dec_config;
    assert_eq!(decoder.object_type_indication, 0x40);
    let specific = decoder.dec_specific.as_ref().unwrap();
    assert_eq!((specific.profile, specific.freq_index, specific.chan_conf), (2, 4, 2));
}

#[test]
fn opus_says_how_much_to_skip() {
    let parameters =
        opus::Parameters { pre_skip: 3840, input_rate: 44_100, ..opus::Parameters::new(2).unwrap() };
    let (_, moov) = parsed(&[track(1, Codec::Opus(parameters))]);
    assert_eq!(moov.trak[0].mdia.mdhd.timescale, 48_000);
    let Entry::Opus(entry) = &moov.trak[0].mdia.minf.stbl.stsd.codecs[0] else { panic!("no Opus") };
    assert_eq!((entry.dops.output_channel_count, entry.dops.pre_skip), (2, 3840));
    assert_eq!((entry.dops.input_sample_rate, entry.dops.output_gain), (44_100, 0));
}

#[test]
fn opus_in_surround_says_where_channels_are() {
    let bytes = init(&[track(1, Codec::Opus(opus::Parameters::new(6).unwrap()))]);
    let at = bytes.windows(4).position(|kind| kind == b"dOps").unwrap() + 4;
    assert_eq!(bytes[at..at + 2], [0, 6]);
    assert_eq!(bytes[at + 10..at + 19], [1, 4, 2, 0, 4, 1, 2, 3, 5], "family, streams, coupled, table");
}

#[test]
fn a_rate_beyond_the_field_is_halved() {
    let mut info = [0u8; 34];
    // 96 kHz, two channels, 24 bits.
    info[10..14].copy_from_slice(&(96_000u32 << 12 | 1 << 9 | 23 << 4).to_be_bytes());
    let (_, moov) = parsed(&[track(1, Codec::Flac(flac::Parameters::from_stream_info(&info).unwrap()))]);
    assert_eq!(moov.trak[0].mdia.mdhd.timescale, 96_000);
    let Entry::Flac(entry) = &moov.trak[0].mdia.minf.stbl.stsd.codecs[0] else { panic!("no fLaC") };
    assert_eq!((entry.audio.sample_rate.integer(), entry.audio.sample_size), (48_000, 24));
}

#[test]
fn no_tracks_make_an_empty_header() {
    let (_, moov) = parsed(&[]);
    assert!(moov.trak.is_empty());
    assert_eq!(Moov::KIND, b"moov".into());
}
