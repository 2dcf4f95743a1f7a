#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

/// The `av1C` of `ffmpeg -f lavfi -i testsrc=size=322x242:rate=30000/1001 -c:v libsvtav1 -pix_fmt yuv420p av1.mp4`.
const MAIN: &[u8] =
    &[0x81, 0x00, 0x0c, 0x00, 0x0a, 0x0b, 0x02, 0x00, 0x00, 0x05, 0x21, 0xe8, 0x3e, 0x20, 0x17, 0xc0, 0x02];
/// The same with `-pix_fmt yuv420p10le -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc`.
const HDR: &[u8] = &[
    0x81, 0x00, 0x4c, 0x00, 0x0a, 0x0e, 0x02, 0x00, 0x00, 0x05, 0x21, 0xe8, 0x3e, 0x20, 0x17, 0xc2, 0x81,
    0x01, 0x04, 0x82,
];
/// The start of the first temporal unit of `-f obu`: temporal delimiter, sequence header, then a frame cut short.
const UNIT: &[u8] = &[
    0x12, 0x00, 0x0a, 0x0b, 0x02, 0x00, 0x00, 0x05, 0x21, 0xe8, 0x3e, 0x22, 0x57, 0xc8, 0x02, 0x32, 0x8d,
    0x2e, 0x10, 0x00, 0x84, 0xc0, 0x80, 0x41,
];

fn bytes(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

fn parse(record: &[u8]) -> Result<Parameters, ParseError> {
    Parameters::parse(&bytes(record))
}

/// As ffprobe has it; SVT-AV1 says nothing of the rate.
#[test]
fn record_says_what_ffprobe_says() {
    let main = parse(MAIN).unwrap();
    assert_eq!(main.picture, Some(Picture::of_size(322, 242)));
    assert_eq!((main.profile, main.level, main.high_tier, main.bit_depth), (0, 0, false, 8));
    assert_eq!(main.rfc6381(), "av01.0.00M.08");
    assert_eq!((main.record(), &main.sequence[..]), (bytes(MAIN), &MAIN[4..]));
    let hdr = parse(HDR).unwrap();
    assert_eq!((hdr.picture, hdr.bit_depth), (main.picture, 10));
    assert_eq!(hdr.rfc6381(), "av01.0.00M.10");
}

#[test]
fn record_is_made_of_a_sequence_header() {
    for record in [MAIN, HDR] {
        let said = parse(record).unwrap();
        assert_eq!(Parameters::from_sequence_header(&said.sequence), Ok(said.clone()));
        // Without its size field, as a last unit may be.
        let unit = obus(&said.sequence).next().unwrap().unwrap();
        let bare = [&[said.sequence[0] & !2], &said.sequence[unit.payload]].concat();
        assert_eq!(Parameters::from_sequence_header(&bytes(&bare)), Ok(said));
    }
}

#[test]
fn record_cut_at_any_byte_is_an_error_or_has_no_sequence_header() {
    for end in 0..MAIN.len() {
        match parse(&MAIN[..end]) {
            Ok(parameters) => assert_eq!((end, parameters.sequence.len()), (4, 0)),
            Err(error) => assert!(error.at <= end, "cut at {end}"),
        }
    }
}

#[test]
fn record_without_a_sequence_header_says_what_its_bytes_say() {
    let parameters = parse(&[0x81, 0x2d, 0xe0, 0]).unwrap();
    assert_eq!((parameters.profile, parameters.level, parameters.bit_depth), (1, 13, 12));
    assert_eq!((parameters.picture, parameters.rfc6381()), (None, "av01.1.13H.12".to_owned()));
    assert!(parse(&[0x82, 0, 0, 0]).is_err(), "another version");
    let mut large = MAIN[..4].to_vec();
    large.resize(MAX_RECORD + 1, 0);
    assert!(parse(&large).is_err());
}

#[test]
fn canonical_unit_has_sizes_and_no_delimiter() {
    let delimiter = obus(UNIT).next().unwrap().unwrap();
    assert_eq!((delimiter.kind, delimiter.range), (ObuKind::TemporalDelimiter, 0..2));
    let header = sequence_header(UNIT).unwrap();
    let frame = [0x32, 2, 0x10, 0];
    let rest = [&UNIT[header.clone()], &frame[..]].concat();

    let sent = bytes(&[&UNIT[..2], &rest].concat());
    let kept = canonical(&sent).unwrap();
    assert_eq!(kept, rest);
    assert_eq!(kept.as_ptr(), sent[2..].as_ptr(), "nothing is copied");

    let padded = [&UNIT[header.clone()], &[0x7a, 1, 0x80], &frame[..], &[0x12, 0]].concat();
    assert_eq!(canonical(&bytes(&padded)).unwrap(), rest);

    let open = [&UNIT[header], &[0x30, 0x10, 0]].concat();
    assert_eq!(canonical(&bytes(&open)).unwrap(), rest, "the last gets its size");
    assert_eq!(canonical(&bytes(&[0x12, 0])).unwrap(), Bytes::new());
}

#[test]
fn sizes_of_more_than_a_byte_are_written() {
    let long = [&[0x30][..], &[7; 300]].concat();
    let sized = canonical(&bytes(&long)).unwrap();
    assert_eq!(sized[..4], [0x32, 0xac, 0x02, 7]);
    assert_eq!(canonical(&sized).unwrap(), sized);
}

#[test]
fn units_with_extension_headers_are_walked() {
    let unit = obus(&[0x36, 0x08, 1, 0x10]).next().unwrap().unwrap();
    assert_eq!(unit, Obu { kind: ObuKind::Frame, range: 0..4, payload: 3..4, sized: true });
    assert_eq!(canonical(&bytes(&[0x34, 0x08, 0x10])).unwrap()[..], [0x36, 0x08, 1, 0x10]);
}

#[test]
fn only_a_shown_key_frame_is_one() {
    assert!(keyframe(UNIT) || obus(UNIT).any(|unit| unit.is_err()));
    let frame = |byte: u8| keyframe(&[0x12, 0, 0x32, 1, byte]);
    assert!(frame(0b0001_0000));
    assert!(!frame(0b0000_0000), "not shown");
    assert!(!frame(0b1000_0000), "an earlier one is shown");
    assert!(!frame(0b0011_0000) && !frame(0b0101_0000), "inter and intra-only");
    assert!(!keyframe(&[]) && !keyframe(&[0x12, 0]) && !keyframe(&[0x32, 0]));
}

#[test]
fn broken_units_are_one_error() {
    for broken in [&[0x92, 0][..], &[0x32], &[0x32, 5, 0], &[0x34], &[0x32, 0xff, 0xff, 0xff, 0xff, 0xff]] {
        let walk: Vec<_> = obus(broken).collect();
        assert!(walk.len() == 1 && walk[0].is_err(), "{broken:x?}");
        assert!(canonical(&bytes(broken)).is_err());
    }
}

/// Timing, decoder model, two operating points, all tools, 4:2:2 of 12 bits: what encoders seldom write.
#[test]
fn sequence_header_with_everything_is_read() {
    let mut bits = Vec::new();
    let mut put =
        |count: u32, value: u64| (0..count).rev().for_each(|bit| bits.push((value >> bit & 1) as u8));
    put(3, 2); // profile
    put(2, 0); // still, reduced
    put(1, 1); // timing info
    put(32, 1001);
    put(32, 60_000);
    put(1, 1); // equal intervals
    put(3, 0b010); // of two ticks
    put(1, 1); // decoder model
    put(5, 9);
    put(32, 1);
    put(5, 0);
    put(5, 0);
    put(1, 1); // display delays
    put(5, 1); // two operating points
    for level in [13, 5] {
        put(12, 0);
        put(5, level);
        if level > 7 {
            put(1, 1); // high tier
        }
        put(1, 1);
        put(10, 0);
        put(10, 0);
        put(1, 0);
        put(1, 1);
        put(4, 3);
    }
    put(4, 11);
    put(4, 10);
    put(12, 3839);
    put(11, 1599);
    put(1, 1); // frame ids
    put(7, 0);
    put(3, 0);
    put(4, 0xf);
    put(1, 1); // order hint
    put(2, 3);
    put(1, 0); // screen content: not chosen
    put(1, 1); // but used
    put(1, 0); // motion vectors: not chosen
    put(1, 1);
    put(3, 6);
    put(3, 7);
    put(2, 0b11); // 12 bits
    put(1, 0); // not monochrome
    put(1, 1);
    put(24, 0x09_10_09);
    put(1, 0);
    put(2, 0b10); // 4:2:2
    put(1, 0);
    put(1, 1);
    let payload: Vec<u8> = bits
        .chunks(8)
        .map(|byte| byte.iter().enumerate().fold(0, |out, (at, bit)| out | bit << (7 - at)))
        .collect();
    let obu = [&[0x0a, payload.len() as u8], &payload[..]].concat();
    let parameters = Parameters::from_sequence_header(&bytes(&obu)).unwrap();
    let picture = Picture { rate: Some((60_000, 2_002)), ..Picture::of_size(3_840, 1_600) };
    assert_eq!(parameters.picture, Some(picture));
    assert_eq!(parameters.rfc6381(), "av01.2.13H.12");
    assert_eq!(parameters.record()[..4], [0x81, 0x4d, 0xe8, 0]);
    for end in 0..payload.len() {
        let cut = [&[0x0a, end as u8], &payload[..end]].concat();
        let read = Parameters::from_sequence_header(&bytes(&cut));
        assert!(read.is_err() || end + 1 == payload.len(), "cut at {end}");
    }
}

proptest! {
    #[test]
    fn any_payload_is_walked_within_its_bounds(payload in prop::collection::vec(any::<u8>(), 0..80)) {
        let mut at = 0;
        for unit in obus(&payload).map_while(Result::ok) {
            prop_assert_eq!(unit.range.start, at);
            prop_assert!(unit.payload.end == unit.range.end && unit.range.end <= payload.len());
            at = unit.range.end;
        }
        let payload = Bytes::from(payload);
        keyframe(&payload);
        if let Ok(kept) = canonical(&payload) {
            prop_assert_eq!(canonical(&kept), Ok(kept.clone()));
        }
    }

    #[test]
    fn any_sequence_header_is_read_or_not(head in 0usize..16, tail in prop::collection::vec(any::<u8>(), 0..60)) {
        let known = parse(MAIN).unwrap().sequence;
        let payload = [&known[2..(2 + head).min(known.len())], &tail].concat();
        let obu = [&[0x0a, payload.len() as u8], &payload[..]].concat();
        if let Ok(parameters) = Parameters::from_sequence_header(&bytes(&obu)) {
            prop_assert_eq!(Parameters::parse(&parameters.record()), Ok(parameters));
        }
    }

    #[test]
    fn any_record_is_parameters_or_an_error(record in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = parse(&record);
        let _ = parse(&[&[0x81], &record[..]].concat());
    }
}
