use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use media::{Time, Track, TrackId, av1, h264, h265, opus, vp8, vp9};
use proptest::prelude::*;

use super::*;

fn track(codec: Codec) -> Arc<Track> {
    Arc::new(Track { id: TrackId(0), codec })
}

fn frame(codec: &Codec, keyframe: bool, payload: Vec<u8>) -> Frame {
    Frame {
        track: track(codec.clone()),
        dts: Time::ZERO,
        pts: Time::ZERO,
        duration: None,
        keyframe,
        discontinuity: false,
        wall: SystemTime::UNIX_EPOCH,
        payload: payload.into(),
    }
}

fn packets(codec: &Codec, keyframe: bool, payload: Vec<u8>) -> Vec<Packet> {
    let mut out = Vec::new();
    let mut packetizer = Packetizer::new(codec).expect("one that travels");
    packetizer.packetize(&frame(codec, keyframe, payload), &mut out);
    assert!(out.iter().all(|packet| packet.payload.len() <= MAX_PAYLOAD || codec.name() == "opus"));
    let markers = out.iter().map(|packet| packet.marker);
    let expected = (1..=out.len()).map(|number| number == out.len() && codec.name() != "opus");
    assert!(markers.eq(expected), "the last has the marker");
    out
}

fn set(bytes: &'static [u8]) -> Vec<Bytes> {
    vec![Bytes::from_static(bytes)]
}

fn h264() -> Codec {
    Codec::H264(h264::Parameters::new(set(&[0x67, 0x64, 0, 0x1f]), set(&[0x68, 0xeb])).expect("sets"))
}

fn h265() -> Codec {
    let (vps, sps, pps) = (set(&[0x40, 1, 0xc]), set(&[0x42, 1, 1, 1]), set(&[0x44, 1, 0xc1]));
    Codec::H265(h265::Parameters::new(vps, sps, pps).expect("sets"))
}

/// NAL units behind their lengths.
fn units(units: &[&[u8]]) -> Vec<u8> {
    units.iter().flat_map(|unit| [&(unit.len() as u32).to_be_bytes()[..], unit].concat()).collect()
}

/// `size` bytes that begin as `first` says.
fn unit(first: &[u8], size: usize) -> Vec<u8> {
    let mut out: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
    out[..first.len()].copy_from_slice(first);
    out
}

#[test]
fn h264_key_frames_bring_their_parameter_sets_in_one_packet_with_a_small_slice() {
    let slice = unit(&[0x65], 100);
    let out = packets(&h264(), true, units(&[&slice]));
    let expected = [&[0x78, 0, 4, 0x67, 0x64, 0, 0x1f, 0, 2, 0x68, 0xeb, 0, 100][..], &slice].concat();
    assert_eq!(out.iter().map(|packet| &packet.payload[..]).collect::<Vec<_>>(), [&expected[..]]);
}

#[test]
fn h264_units_of_any_size_come_out_as_they_went_in() {
    for size in (2..3_600).chain([100_000]) {
        let sizes = [size, 30, 1_158 - size % 100];
        let whole: Vec<Vec<u8>> = sizes.iter().map(|size| unit(&[0x41], *size)).collect();
        let whole: Vec<&[u8]> = whole.iter().map(|unit| &unit[..]).collect();
        let out = packets(&h264(), false, units(&whole));
        assert_eq!(unpack_h264(&out), whole.concat(), "{size} bytes");
    }
}

fn unpack_h264(packets: &[Packet]) -> Vec<u8> {
    let mut out = Vec::new();
    for packet in packets {
        let payload = &packet.payload[..];
        match payload[0] & 0x1f {
            24 => {
                let mut rest = &payload[1..];
                while !rest.is_empty() {
                    let size = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
                    out.extend(&rest[2..2 + size]);
                    rest = &rest[2 + size..];
                }
            }
            28 => {
                if payload[1] & 0x80 != 0 {
                    out.push(payload[0] & 0xe0 | payload[1] & 0x1f);
                }
                out.extend(&payload[2..]);
            }
            _ => out.extend(payload),
        }
    }
    out
}

#[test]
fn h265_units_of_any_size_come_out_as_they_went_in() {
    for size in (3..3_600).chain([100_000]) {
        let whole = [unit(&[0x02, 0x01], size), unit(&[0x02, 0x02], 40), unit(&[0x4e, 0x01], 9)];
        let whole: Vec<&[u8]> = whole.iter().map(|unit| &unit[..]).collect();
        let out = packets(&h265(), false, units(&whole));
        let mut arrived = Vec::new();
        for packet in &out {
            let payload = &packet.payload[..];
            match payload[0] >> 1 {
                48 => {
                    assert_eq!(payload[1], 1, "the lowest sub-layer");
                    let mut rest = &payload[2..];
                    while !rest.is_empty() {
                        let size = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
                        arrived.extend(&rest[2..2 + size]);
                        rest = &rest[2 + size..];
                    }
                }
                49 => {
                    if payload[2] & 0x80 != 0 {
                        arrived.extend([payload[0] & 0x81 | (payload[2] & 0x3f) << 1, payload[1]]);
                    }
                    arrived.extend(&payload[3..]);
                }
                _ => arrived.extend(payload),
            }
        }
        assert_eq!(arrived, whole.concat(), "{size} bytes");
    }
}

#[test]
fn h265_key_frames_bring_all_three_kinds_of_sets() {
    let out = packets(&h265(), true, units(&[&unit(&[0x26, 0x01], 5_000)]));
    assert_eq!(&out[0].payload[..7], [0x60, 1, 0, 3, 0x40, 1, 0xc]);
}

/// A sequence header that need not be read here.
const SEQUENCE: [u8; 5] = [0x0a, 3, 1, 2, 3];

fn av1() -> Codec {
    Codec::Av1(av1::Parameters {
        record: Bytes::new(),
        sequence: Bytes::from_static(&SEQUENCE),
        picture: None,
        profile: 0,
        level: 5,
        high_tier: false,
        bit_depth: 8,
    })
}

/// An OBU with its size field, and the element it becomes.
fn obu(kind: u8, size: usize) -> (Vec<u8>, Vec<u8>) {
    let body = unit(&[], size);
    let mut sized = vec![kind << 3 | 2];
    let mut rest = size;
    while rest >= 0x80 {
        sized.push(rest as u8 & 0x7f | 0x80);
        rest >>= 7;
    }
    sized.push(rest as u8);
    sized.extend(&body);
    (sized, [&[kind << 3][..], &body].concat())
}

/// The OBU elements of packets, put together again.
fn unpack_av1(packets: &[Packet]) -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = Vec::new();
    let mut cut = false;
    for packet in packets {
        let (header, mut rest) = packet.payload.split_first().expect("a header");
        assert_eq!(header & 0x80 != 0, cut, "Z says what Y of the packet before says");
        cut = header & 0x40 != 0;
        let count = header >> 4 & 3;
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let last = count != 0 && pieces.len() + 1 == usize::from(count);
            let size = if last { rest.len() } else { leb128(&mut rest) };
            let (piece, more) = rest.split_at(size);
            pieces.push(piece.to_vec());
            rest = more;
        }
        assert!(count == 0 || pieces.len() == usize::from(count));
        let mut pieces = pieces.into_iter();
        if header & 0x80 != 0 {
            out.last_mut().expect("begun").extend(pieces.next().expect("a piece"));
        }
        out.extend(pieces);
    }
    assert!(!cut);
    out
}

fn leb128(rest: &mut &[u8]) -> usize {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let (byte, more) = rest.split_first().expect("a size");
        *rest = more;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

#[test]
fn av1_units_of_any_size_come_out_as_they_went_in() {
    for size in (1..3_600).chain([100_000]) {
        let units = [obu(5, 20), obu(3, 30), obu(4, size), obu(4, 1_150), obu(4, size / 3 + 1)];
        let payload = units.iter().flat_map(|(sized, _)| sized.clone()).collect();
        let out = packets(&av1(), false, payload);
        let elements: Vec<_> = units.into_iter().map(|(_, element)| element).collect();
        assert_eq!(unpack_av1(&out), elements, "{size} bytes");
        assert!(out.iter().all(|packet| packet.payload[0] & 8 == 0), "no sequence begins");
    }
}

#[test]
fn av1_key_frames_begin_with_the_sequence_header_once() {
    let frame = obu(6, 3_000);
    let delimiter = vec![0x12, 0];
    let sequence = SEQUENCE.to_vec();
    for before in [vec![], delimiter.clone(), [delimiter, sequence].concat()] {
        let out = packets(&av1(), true, [before, frame.0.clone()].concat());
        assert_eq!(unpack_av1(&out), [vec![0x08, 1, 2, 3], frame.1.clone()]);
        let news: Vec<bool> = out.iter().map(|packet| packet.payload[0] & 8 != 0).collect();
        assert_eq!(news, [true, false, false]);
    }
}

#[test]
fn vp8_pieces_carry_the_picture_id_and_only_the_first_begins() {
    let codec = Codec::Vp8(vp8::Parameters::default());
    let mut packetizer = Packetizer::new(&codec).expect("one");
    for (number, size) in [(1u8, 1), (2, 1_156), (3, 1_157), (4, 9_000)] {
        let (payload, mut out) = (unit(&[], size), Vec::new());
        packetizer.packetize(&frame(&codec, false, payload.clone()), &mut out);
        let whole: Vec<u8> = out.iter().flat_map(|packet| packet.payload[4..].to_vec()).collect();
        assert_eq!(whole, payload);
        for (index, packet) in out.iter().enumerate() {
            let first = if index == 0 { 0x90 } else { 0x80 };
            assert_eq!(packet.payload[..4], [first, 0x80, 0x80, number]);
        }
    }
}

#[test]
fn vp9_key_frames_say_their_size() {
    let parameters = vp9::Parameters {
        profile: 0,
        level: 31,
        bit_depth: 8,
        chroma: 1,
        full_range: false,
        primaries: 2,
        transfer: 2,
        matrix: 2,
        picture: Some(media::Picture::of_size(1280, 720)),
    };
    let codec = Codec::Vp9(parameters);
    let out = packets(&codec, true, unit(&[], 3_000));
    assert_eq!(out[0].payload[..8], [0x8a, 0x80, 1, 0x10, 5, 0, 2, 0xd0]);
    assert_eq!(out[1].payload[..3], [0x80, 0x80, 1]);
    assert_eq!(out[2].payload[..3], [0x84, 0x80, 1]);
    let out = packets(&codec, false, unit(&[], 10));
    assert_eq!(out[0].payload[..3], [0xcc, 0x80, 1]);
}

#[test]
fn opus_is_not_divided_and_what_does_not_fit_a_datagram_is_left_out() {
    let codec = Codec::Opus(opus::Parameters::new(2).expect("stereo"));
    assert_eq!(packets(&codec, true, vec![1; 1_400])[0].payload.len(), 1_400);
    assert_eq!(packets(&codec, true, vec![1; 1_401]), []);
    assert_eq!(packets(&codec, true, vec![]), []);
}

#[test]
fn two_packets_of_opus_become_one_that_lasts_as_long() {
    let packet = |toc: u8, bytes: usize| [vec![toc], vec![7; bytes]].concat();
    let lasts = |packet: &[u8]| opus::packet_duration(packet).map(media::Delta::as_millis);
    for (first, second, head) in [
        (60, 60, vec![0xfd]),
        (60, 80, vec![0xfe, 60]),
        (0, 3, vec![0xfe, 0]),
        (251, 9, vec![0xfe, 251]),
        (252, 9, vec![0xfe, 252, 0]),
        (1_275, 9, vec![0xfe, 255, 255]),
        (1_001, 2, vec![0xfe, 253, 187]),
    ] {
        let joined = join_opus(&packet(0xfc, first), &packet(0xfc, second)).expect("alike");
        assert_eq!((&joined[..head.len()], joined.len()), (&head[..], head.len() + first + second));
        assert_eq!(lasts(&joined), Some(40));
    }
    assert_eq!(join_opus(&packet(0xfc, 60), &packet(0xf8, 60)), None, "mono and stereo");
    assert_eq!(join_opus(&packet(0xfd, 60), &packet(0xfd, 60)), None, "two already");
    assert_eq!(join_opus(&packet(0xfc, 1_276), &packet(0xfc, 1)), None);
    assert_eq!((join_opus(&[], &packet(0xfc, 1)), join_opus(&packet(0xfc, 1), &[])), (None, None));
}

#[test]
fn what_does_not_travel_has_no_packetizer() {
    assert!(Packetizer::new(&Codec::Amf0).is_none());
    assert!(Packetizer::new(&Codec::Opus(opus::Parameters::new(6).expect("5.1"))).is_none());
}

#[test]
fn of_a_broken_payload_what_stands_before_the_break_is_sent() {
    let broken = [units(&[&unit(&[0x41], 50)]), vec![0, 0, 9, 9, 1]].concat();
    assert_eq!(unpack_h264(&packets(&h264(), false, broken)), unit(&[0x41], 50));
}

proptest! {
    #[test]
    fn no_payload_panics(keyframe in any::<bool>(), payload in prop::collection::vec(any::<u8>(), 0..4_000)) {
        for codec in [h264(), h265(), av1(), Codec::Vp8(vp8::Parameters::default())] {
            packets(&codec, keyframe, payload.clone());
        }
    }
}
