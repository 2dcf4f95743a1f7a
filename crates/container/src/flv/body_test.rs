//! Each row of the specification's tables, by its bytes.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn video(body: &[u8]) -> Result<Vec<Part>, Error> {
    Parts::new(Kind::Video, Bytes::copy_from_slice(body))?.collect()
}

fn audio(body: &[u8]) -> Result<Vec<Part>, Error> {
    Parts::new(Kind::Audio, Bytes::copy_from_slice(body))?.collect()
}

fn part(packet: Packet, codec: FourCc, number: u8, key: bool, data: &'static [u8]) -> Part {
    Part { packet, codec, number, key, offset: Delta::ZERO, data: Bytes::from_static(data) }
}

#[test]
fn video_packet_types() {
    for (first, packet, key) in [
        (0x90, Packet::SequenceStart, true),
        (0x91, Packet::CodedFrames, true),
        (0xa1, Packet::CodedFrames, false),
        (0xa2, Packet::Passing, false),
        (0xa3, Packet::CodedFramesX, false),
        (0x94, Packet::Passing, true),
        // A generated key frame is for servers only, the rest is reserved.
        (0xc1, Packet::CodedFrames, false),
        (0xf1, Packet::CodedFrames, false),
    ] {
        let body = [&[first][..], b"hvc1body"].concat();
        assert_eq!(video(&body).unwrap(), [part(packet, FourCc::Hvc1, 0, key, b"body")], "{first:x}");
    }
}

#[test]
fn audio_packet_types() {
    for (first, packet) in [
        (0x90, Packet::SequenceStart),
        (0x91, Packet::CodedFrames),
        (0x92, Packet::Passing),
        (0x94, Packet::MultichannelConfig),
    ] {
        let body = [&[first][..], b"Opusbody"].concat();
        assert_eq!(audio(&body).unwrap(), [part(packet, FourCc::Opus, 0, false, b"body")], "{first:x}");
    }
}

#[test]
fn every_codec_by_its_name() {
    for codec in FourCc::ALL {
        let body = [&[0x91][..], &codec.code(), b"x"].concat();
        let parts = if codec.kind() == Kind::Video { video(&body) } else { audio(&body) };
        assert_eq!(parts.unwrap()[0].codec, codec);
    }
}

#[test]
fn reserved_packet_types_are_refused() {
    for packet_type in 8..=15u8 {
        let body = [&[0x90 | packet_type][..], b"hvc1"].concat();
        assert_eq!(video(&body), Err(Error::PacketType(packet_type)));
        assert_eq!(audio(&body), Err(Error::PacketType(packet_type)));
    }
    for packet_type in [3, 6] {
        let body = [&[0x90 | packet_type][..], b"Opus"].concat();
        assert_eq!(audio(&body), Err(Error::PacketType(packet_type)));
    }
    let ts = video(b"\x95av01....").unwrap_err();
    assert_eq!(ts.to_string(), "codec AV1 configured as in MPEG-TS is not supported in FLV");
}

#[test]
fn a_command_has_no_payload() {
    assert_eq!(video(&[0xd0, 0]), Ok(vec![]), "start of seeking");
    assert_eq!(video(&[0xd1, 1]), Ok(vec![]), "its end");
    let metadata = [&[0xd4][..], b"hvc1amf"].concat();
    assert_eq!(video(&metadata).unwrap()[0].packet, Packet::Passing, "metadata, as FFmpeg sends it");
}

#[test]
fn one_track() {
    let body = [&[0xa6, 0x03][..], b"avc1", &[2], b"frame"].concat();
    assert_eq!(video(&body).unwrap(), [part(Packet::CodedFramesX, FourCc::Avc1, 2, false, b"frame")]);
    let body = [&[0x95, 0x00][..], b"mp4a", &[1], &[0x12, 0x10]].concat();
    assert_eq!(audio(&body).unwrap(), [part(Packet::SequenceStart, FourCc::Mp4a, 1, false, &[0x12, 0x10])]);
}

#[test]
fn many_tracks_of_a_codec() {
    let body =
        [&[0x96, 0x11][..], b"av01", &[0, 0, 0, 3], b"abc", &[1, 0, 0, 0], &[7, 0, 0, 2], b"de"].concat();
    let expected = [
        part(Packet::CodedFrames, FourCc::Av01, 0, true, b"abc"),
        part(Packet::CodedFrames, FourCc::Av01, 1, true, b""),
        part(Packet::CodedFrames, FourCc::Av01, 7, true, b"de"),
    ];
    assert_eq!(video(&body).unwrap(), expected);
}

#[test]
fn many_tracks_of_many_codecs() {
    let body = [&[0x95, 0x21][..], b"Opus", &[0, 0, 0, 2], b"ab", b"fLaC", &[3, 0, 0, 1], b"c"].concat();
    let expected = [
        part(Packet::CodedFrames, FourCc::Opus, 0, false, b"ab"),
        part(Packet::CodedFrames, FourCc::Flac, 3, false, b"c"),
    ];
    assert_eq!(audio(&body).unwrap(), expected);
}

#[test]
fn an_unknown_codec_does_not_hide_the_tracks_behind_it() {
    let body = [&[0x96, 0x21][..], b"vvc1", &[0, 0, 0, 2], b"ab", b"hvc1", &[1, 0, 0, 1], b"c"].concat();
    let parts: Vec<_> = Parts::new(Kind::Video, body.into()).unwrap().collect();
    assert_eq!(parts[0], Err(Error::Unsupported(Name::FourCc(*b"vvc1"))));
    assert_eq!(parts[1], Ok(part(Packet::CodedFrames, FourCc::Hvc1, 1, true, b"c")));
    assert_eq!(parts.len(), 2);
}

#[test]
fn broken_multitrack_is_an_error_and_the_end() {
    let nested = [&[0x96, 0x06][..], b"hvc1", &[0]].concat();
    assert_eq!(video(&nested), Err(Error::PacketType(6)));
    let reserved = [&[0x96, 0x31][..], b"hvc1", &[0]].concat();
    assert!(video(&reserved).is_err());
    let too_long = [&[0x96, 0x11][..], b"hvc1", &[0, 0, 0, 9], b"abc"].concat();
    let parts: Vec<_> = Parts::new(Kind::Video, too_long.into()).unwrap().collect();
    assert!(matches!(parts[..], [Err(Error::Parse(_))]), "{parts:?}");
}

#[test]
fn a_body_has_no_more_parts_than_there_can_be_tracks() {
    let mut body = [&[0x96, 0x11][..], b"hvc1"].concat();
    body.extend([0, 0, 0, 0].repeat(1000));
    let parts: Vec<_> = Parts::new(Kind::Video, body.into()).unwrap().collect();
    assert_eq!(parts.len(), 17);
    assert!(parts[16].is_err());
}

#[test]
fn modifiers_are_read_past_and_nanoseconds_count() {
    let mut offset = Delta::ZERO;
    let mut with = |modifiers: &[u8]| {
        let body = [&[0x97][..], modifiers, b"hvc1x"].concat();
        let parts = video(&body).unwrap();
        offset = parts[0].offset;
        assert_eq!((parts[0].packet, &parts[0].data[..]), (Packet::CodedFrames, &b"x"[..]));
        offset.as_micros()
    };
    // Size 3, 500,000 ns, type 0 and the packet type.
    assert_eq!(with(&[2, 0x07, 0xa1, 0x20, 0x01]), 500);
    // More data than the type needs.
    assert_eq!(with(&[4, 0x07, 0xa1, 0x20, 9, 9, 0x01]), 500);
    // The largest that there is.
    assert_eq!(with(&[2, 0xff, 0xff, 0xff, 0x01]), 999);
    // An unknown type, then a known one.
    assert_eq!(with(&[0, 9, 0x57, 2, 0, 0x03, 0xe8, 0x01]), 1);
    // A size of 16 bits: 256 + 1 bytes.
    let long = [&[0xff, 0x01, 0x00][..], &[0; 257], &[0xf1]].concat();
    assert_eq!(with(&long), 0);
    // In front of several tracks.
    let body = [&[0x97, 2, 0, 0x03, 0xe8, 0x05, 0x01][..], b"Opus", &[1], b"x"].concat();
    let parts = audio(&body).unwrap();
    assert_eq!((parts[0].number, parts[0].offset), (1, Delta::micros(1)));
}

#[test]
fn nanoseconds_need_three_bytes() {
    assert!(matches!(video(b"\x97\x01\0\0\x01hvc1"), Err(Error::Parse(_))));
}

#[test]
fn a_body_cut_at_any_byte_of_its_headers_is_an_error() {
    let body = [&[0x97, 2, 0, 3, 0xe8, 0x06, 0x21][..], b"hvc1", &[0, 0, 0, 3], b"abc"].concat();
    assert_eq!(video(&body).unwrap().len(), 1);
    for end in 0..body.len() {
        assert!(matches!(video(&body[..end]), Err(Error::Parse(_))), "cut at {end}");
    }
}

proptest! {
    #[test]
    fn nothing_panics_and_parts_lie_inside(kind in any::<bool>(), body in prop::collection::vec(any::<u8>(), 0..80)) {
        let kind = if kind { Kind::Video } else { Kind::Audio };
        let size = body.len();
        if let Ok(parts) = Parts::new(kind, body.into()) {
            let parts: Vec<_> = parts.collect();
            prop_assert!(parts.len() <= MAX_PARTS + 1);
            prop_assert!(parts.iter().flatten().map(|part| part.data.len()).sum::<usize>() <= size);
        }
    }
}
