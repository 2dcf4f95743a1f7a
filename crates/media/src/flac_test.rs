#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

/// `ffmpeg -f lavfi -i sine=sample_rate=44100:duration=1 -ac 2 -c:a flac flac.flac`: `fLaC` and STREAMINFO.
const HEAD: &[u8] = &[
    0x66, 0x4c, 0x61, 0x43, 0x80, 0x00, 0x00, 0x22, 0x04, 0x00, 0x04, 0x00, 0x00, 0x00, 0x54, 0x00, 0x01,
    0x84, 0x0a, 0xc4, 0x42, 0xf0, 0x00, 0x00, 0xac, 0x44, 0xe3, 0xd5, 0xa5, 0x24, 0x00, 0xc8, 0x5f, 0x97,
    0x8e, 0xeb, 0xd4, 0x75, 0xec, 0x8a, 0x10, 0xbf,
];
/// The head of a frame of the same.
const FRAME: &[u8] =
    &[0xff, 0xf8, 0xa9, 0x88, 0x00, 0xe6, 0x4c, 0x00, 0x00, 0x00, 0xb5, 0x01, 0x69, 0x02, 0x1d, 0x02];
/// Of `-i sine=sample_rate=96000 -ac 1 -sample_fmt s32 -frame_size 1000`.
const FRAME_96: &[u8] =
    &[0xff, 0xf8, 0x7b, 0x0c, 0x00, 0x03, 0xe7, 0x79, 0x4d, 0x01, 0x00, 0x00, 0x00, 0x76, 0x00, 0xeb];

fn parse(bytes: &[u8]) -> Result<Parameters, ParseError> {
    Parameters::parse(&Bytes::copy_from_slice(bytes))
}

#[test]
fn heads_are_read_and_round_trip() {
    let parameters = parse(HEAD).unwrap();
    assert_eq!((parameters.sample_rate, parameters.channels, parameters.bits), (44_100, 2, 16));
    assert_eq!(parameters.record(), HEAD);
    assert_eq!(parameters.stream_info(), HEAD[8..42]);
}

#[test]
fn head_without_its_magic_or_its_block_header_is_the_same() {
    let whole = parse(HEAD);
    assert_eq!(parse(&HEAD[4..]), whole);
    assert_eq!(parse(&HEAD[8..42]), whole);
}

#[test]
fn other_blocks_stay_and_frames_behind_do_not() {
    let mut head = HEAD.to_vec();
    head[4] &= !LAST_BLOCK;
    head.extend([0x84, 0, 0, 2, 7, 7]);
    let longer = [&head[..], FRAME].concat();
    assert_eq!(parse(&longer).unwrap().record(), head);
}

#[test]
fn bad_heads_are_errors() {
    for end in (0..HEAD.len()).filter(|end| *end != STREAM_INFO) {
        assert!(parse(&HEAD[..end]).is_err(), "cut at {end}");
    }
    let with = |at: usize, bytes: &[u8]| {
        let mut head = HEAD.to_vec();
        head[at..at + bytes.len()].copy_from_slice(bytes);
        parse(&head)
    };
    assert!(with(4, &[0x81]).is_err(), "padding first");
    assert!(with(7, &[33]).is_err(), "another size");
    assert!(with(18, &[0, 0, 0x0f]).is_err(), "no sample rate");
    let mut large = HEAD.to_vec();
    large[4] &= !LAST_BLOCK;
    large.extend([0x86, 1, 0, 0]);
    large.resize(large.len() + (1 << 16), 0);
    assert_eq!(parse(&large).unwrap_err().problem, crate::parse::Problem::TooLarge, "a cover picture");
}

#[test]
fn frames_say_how_long_they_play() {
    let parameters = parse(HEAD).unwrap();
    assert_eq!(frame_samples(FRAME), Some(1_024));
    assert_eq!(parameters.frame_duration(FRAME), Some(Delta::micros(23_220)));
    assert_eq!(frame_samples(FRAME_96), Some(1_000));
    // 192, 256 and 32,768 samples; 8 and 16 bits behind a number of 1 and of 7 bytes.
    for (code, samples) in [(0x10, 192), (0x80, 256), (0xf0, 32_768)] {
        assert_eq!(frame_samples(&[0xff, 0xf8, code, 0, 0]), Some(samples));
    }
    assert_eq!(frame_samples(&[0xff, 0xf8, 0x60, 0, 0, 99]), Some(100));
    assert_eq!(
        frame_samples(&[0xff, 0xf9, 0x70, 0, 0xfe, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 3, 0xe7]),
        Some(1_000)
    );
}

#[test]
fn what_is_no_frame_has_no_length() {
    for bad in [&[][..], &[0xff, 0xf8, 0x10, 0], &[0xff, 0xf0, 0x10, 0, 0], &[0xff, 0xf8, 0x00, 0, 0]] {
        assert_eq!(frame_samples(bad), None);
    }
    assert_eq!(frame_samples(&[0xff, 0xf8, 0x60, 0, 0x80, 1]), None, "no start of a number");
    assert_eq!(frame_samples(&[0xff, 0xf8, 0x70, 0, 0, 1]), None, "cut");
    assert_eq!(frame_samples(&[0xff, 0xf8, 0x70, 0, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0]), None);
}

proptest! {
    #[test]
    fn any_bytes_are_parameters_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(parameters) = parse(&bytes) {
            prop_assert_eq!(parse(&parameters.record()), Ok(parameters));
        }
        frame_samples(&bytes);
    }

    #[test]
    fn any_stream_info_round_trips_or_is_an_error(bytes in prop::array::uniform32(any::<u8>())) {
        let stream_info: Vec<u8> = bytes.iter().copied().chain([0, 0]).collect();
        if let Ok(parameters) = parse(&stream_info) {
            prop_assert_eq!(parameters.stream_info(), stream_info);
            prop_assert_eq!(parse(&parameters.record()), Ok(parameters));
        }
    }
}
