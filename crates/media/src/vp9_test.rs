#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

/// The `vpcC` of `ffmpeg -f lavfi -i testsrc=size=322x242 -c:v libvpx-vp9 -pix_fmt yuv420p vp9.mp4`.
const RECORD: &[u8] = &[0x01, 0x00, 0x00, 0x00, 0x00, 0x14, 0x82, 0x02, 0x02, 0x02, 0x00, 0x00];
/// The head of its first frame.
const KEY: &[u8] =
    &[0x82, 0x49, 0x83, 0x42, 0x00, 0x14, 0x10, 0x0f, 0x16, 0x06, 0x38, 0x24, 0x1c, 0x18, 0x4a, 0x00];
/// Those with `-pix_fmt yuv444p10le`.
const RECORD_444: &[u8] = &[0x01, 0x00, 0x00, 0x00, 0x03, 0x14, 0xa6, 0x02, 0x02, 0x02, 0x00, 0x00];
const KEY_444: &[u8] =
    &[0xb1, 0x24, 0xc1, 0xa1, 0x00, 0x00, 0xa0, 0x80, 0x78, 0xb0, 0x31, 0xc1, 0x20, 0xe0, 0xc2, 0xc0];

fn parse(record: &[u8]) -> Result<Parameters, ParseError> {
    Parameters::parse(&Bytes::copy_from_slice(record))
}

#[test]
fn record_round_trips_and_agrees_with_the_keyframe() {
    for (record, key) in [(RECORD, KEY), (RECORD_444, KEY_444)] {
        let said = parse(record).unwrap();
        assert_eq!(said.record(), record);
        assert_eq!(parse(&record[4..]), Ok(said.clone()), "without version and flags");
        let seen = Parameters::from_keyframe(key).unwrap();
        assert_eq!(seen.picture, Some(Picture::of_size(322, 242)));
        assert_eq!(
            (seen.profile, seen.bit_depth, seen.full_range),
            (said.profile, said.bit_depth, said.full_range)
        );
        assert_eq!((seen.chroma, seen.level), (said.chroma, said.level));
    }
    assert_eq!(Parameters::from_keyframe(KEY).unwrap().rfc6381(), "vp09.00.20.08");
    assert_eq!(Parameters::from_keyframe(KEY_444).unwrap().rfc6381(), "vp09.03.20.10");
}

#[test]
fn bad_records_are_errors() {
    for end in 0..10 {
        assert!(parse(&RECORD[..end]).is_err(), "cut at {end}");
    }
    assert!(parse(&[1, 0, 0, 0, 4, 10, 0x82, 1, 1, 1, 0, 0]).is_err(), "profile 4");
    assert!(parse(&[1, 0, 0, 0, 0, 10, 0x92, 1, 1, 1, 0, 0]).is_err(), "9 bits");
    assert!(parse(&[1, 0, 0, 0, 0, 10, 0x88, 1, 1, 1, 0, 0]).is_err(), "subsampling 4");
    assert!(parse(&[1, 10, 0x86, 1, 1, 1, 0, 0]).is_ok(), "profile 1 without version and flags");
}

#[test]
fn keyframe_cut_short_is_an_error() {
    for end in 0..8 {
        assert!(Parameters::from_keyframe(&KEY[..end]).is_err(), "cut at {end}");
    }
    let mut bad = KEY.to_vec();
    bad[2] ^= 1;
    assert!(Parameters::from_keyframe(&bad).is_err(), "sync code");
}

#[test]
fn frames_are_told_apart() {
    assert!(keyframe(KEY) && keyframe(KEY_444));
    assert!(!keyframe(&[0x86]), "inter");
    assert!(!keyframe(&[0x88]), "an earlier one is shown");
    assert!(!keyframe(&[0x40]) && !keyframe(&[]));
    assert!(Parameters::from_keyframe(&[0x86, 0, 0x40, 0x92, 0, 0, 0, 0, 0, 0]).is_err());
}

#[test]
fn level_follows_the_size() {
    let levels = [
        (256, 144),
        (640, 360),
        (1_280, 720),
        (1_920, 1_080),
        (3_840, 2_160),
        (200, 8_000),
        (65_536, 65_536),
    ];
    assert_eq!(levels.map(|(width, height)| lowest_level(width, height)), [10, 21, 31, 40, 50, 50, 62]);
}

proptest! {
    #[test]
    fn any_frame_is_read_or_not(head in 0usize..10, tail in prop::collection::vec(any::<u8>(), 0..20)) {
        for key in [KEY, KEY_444] {
            let frame = [&key[..head], &tail].concat();
            if let Ok(parameters) = Parameters::from_keyframe(&frame) {
                prop_assert!(keyframe(&frame));
                let again = parse(&parameters.record()).unwrap();
                prop_assert_eq!(Parameters { picture: parameters.picture, ..again }, parameters);
            }
        }
    }

    #[test]
    fn any_record_round_trips_or_is_an_error(record in prop::collection::vec(any::<u8>(), 0..16)) {
        if let Ok(parameters) = parse(&record) {
            prop_assert_eq!(parse(&parameters.record()), Ok(parameters));
        }
    }
}
