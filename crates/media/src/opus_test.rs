#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

/// `ffmpeg -f lavfi -i sine=sample_rate=48000 -ac 2 -c:a libopus opus.ogg`: the first packet.
const STEREO: &[u8] = &[
    0x4f, 0x70, 0x75, 0x73, 0x48, 0x65, 0x61, 0x64, 0x01, 0x02, 0x38, 0x01, 0x80, 0xbb, 0x00, 0x00, 0x00,
    0x00, 0x00,
];

/// The same with `-ac 6 -mapping_family 1`.
const SURROUND: &[u8] = &[
    0x4f, 0x70, 0x75, 0x73, 0x48, 0x65, 0x61, 0x64, 0x01, 0x06, 0x38, 0x01, 0x80, 0xbb, 0x00, 0x00, 0x00,
    0x00, 0x01, 0x04, 0x02, 0x00, 0x04, 0x01, 0x02, 0x03, 0x05,
];

fn parse(bytes: &[u8]) -> Result<Parameters, ParseError> {
    Parameters::parse(&Bytes::copy_from_slice(bytes))
}

#[test]
fn heads_are_read_and_round_trip() {
    let stereo = parse(STEREO).unwrap();
    assert_eq!((stereo.channels, stereo.pre_skip, stereo.input_rate, stereo.gain), (2, 312, 48_000, 0));
    assert_eq!((stereo.mapping_family, stereo.mapping()), (0, &[][..]));
    assert_eq!(parse(&stereo.record()), Ok(stereo));
    let surround = parse(SURROUND).unwrap();
    assert_eq!((surround.channels, surround.mapping_family), (6, 1));
    assert_eq!(surround.mapping(), [4, 2, 0, 4, 1, 2, 3, 5]);
    assert_eq!(parse(&surround.record()), Ok(surround));
}

#[test]
fn made_heads_are_those_of_encoders() {
    assert_eq!(Parameters::new(2).unwrap().record(), STEREO);
    assert_eq!(Parameters::new(6).unwrap().mapping(), parse(SURROUND).unwrap().mapping());
    for channels in 1..=8 {
        let made = Parameters::new(channels).unwrap();
        assert_eq!(parse(&made.record()), Ok(made));
    }
    assert_eq!((Parameters::new(0), Parameters::new(9)), (None, None));
}

#[test]
fn what_follows_a_head_is_left_out() {
    let longer = [STEREO, &[1, 2, 3]].concat();
    assert_eq!(parse(&longer).unwrap().record(), STEREO);
}

#[test]
fn bad_heads_are_errors() {
    for head in [STEREO, SURROUND] {
        for end in 0..head.len() {
            assert!(parse(&head[..end]).is_err(), "cut at {end}");
        }
    }
    let with = |head: &[u8], at: usize, byte: u8| {
        let mut head = head.to_vec();
        head[at] = byte;
        parse(&head)
    };
    assert!(with(STEREO, 0, b'o').is_err());
    assert!(with(STEREO, 8, 0x10).is_err(), "a major version of the future");
    assert!(with(STEREO, 8, 0x0f).is_ok(), "a minor version of the future");
    assert!(with(STEREO, 9, 0).is_err() && with(STEREO, 9, 3).is_err(), "channels of family 0");
    assert!(with(SURROUND, 19, 0).is_err() && with(SURROUND, 20, 5).is_err(), "numbers of streams");
    assert!(with(SURROUND, 22, 6).is_err() && with(SURROUND, 22, 255).is_ok(), "table");
}

/// `-frame_duration` 2.5, 20, 60 and 120 of libopus, as ffprobe says they last, and what the encoder does not make.
#[test]
fn packets_say_how_long_they_play() {
    let micros = |packet: &[u8]| packet_duration(packet).map(Delta::as_micros);
    assert_eq!(micros(&[0xe4]), Some(2_500));
    assert_eq!(micros(&[0xfc]), Some(20_000));
    assert_eq!(micros(&[0xff, 0x03]), Some(60_000));
    assert_eq!(micros(&[0xff, 0x06]), Some(120_000));
    assert_eq!(micros(&[0x08]), Some(20_000), "SILK");
    assert_eq!(micros(&[0x19]), Some(120_000), "two of 60 ms");
    assert_eq!(micros(&[0x60]), Some(10_000), "hybrid");
    assert_eq!(micros(&[0x6a]), Some(40_000), "two of 20 ms");
    assert_eq!(micros(&[0xff, 0x07]), None, "140 ms");
    assert_eq!((micros(&[]), micros(&[0xff]), micros(&[0xff, 0x00])), (None, None, None));
}

proptest! {
    #[test]
    fn any_packet_lasts_2_5_to_120_ms_or_is_none(packet in prop::collection::vec(any::<u8>(), 0..4)) {
        if let Some(duration) = packet_duration(&packet) {
            prop_assert!((2_500..=120_000).contains(&duration.as_micros()));
        }
    }

    #[test]
    fn any_head_round_trips_or_is_an_error(tail in prop::collection::vec(any::<u8>(), 0..40)) {
        if let Ok(parameters) = parse(&[MAGIC, &tail].concat()) {
            prop_assert_eq!(parse(&parameters.record()), Ok(parameters));
        }
    }
}
