#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

/// The `hvcC` of `ffmpeg -f lavfi -i testsrc=size=322x242:rate=30000/1001 -c:v libx265 -pix_fmt yuv420p h265.mp4`,
/// without the SEI of the encoder's settings.
const MAIN: &[u8] = &[
    0x01, 0x01, 0x60, 0x00, 0x00, 0x00, 0x90, 0x00, 0x00, 0x00, 0x00, 0x00, 0x3c, 0xf0, 0x00, 0xfc, 0xfd,
    0xf8, 0xf8, 0x00, 0x00, 0x0f, 0x03, 0xa0, 0x00, 0x01, 0x00, 0x18, 0x40, 0x01, 0x0c, 0x01, 0xff, 0xff,
    0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x95, 0x94,
    0x09, 0xa1, 0x00, 0x01, 0x00, 0x29, 0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00,
    0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x3c, 0xa0, 0x0a, 0x48, 0x0f, 0x9c, 0x92, 0x65, 0x95, 0x96, 0x49,
    0x32, 0xbc, 0x05, 0xa0, 0x20, 0x00, 0x00, 0x7d, 0x20, 0x00, 0x0e, 0xa6, 0x01, 0xa2, 0x00, 0x01, 0x00,
    0x07, 0x44, 0x01, 0xc1, 0x72, 0xb4, 0x62, 0x40,
];

/// The same with `-pix_fmt yuv422p10le -x265-params scaling-list=default:temporal-layers=3`.
const REXT: &[u8] = &[
    0x01, 0x04, 0x08, 0x00, 0x00, 0x00, 0x9d, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3c, 0xf0, 0x00, 0xfc, 0xfe,
    0xfa, 0xfa, 0x00, 0x00, 0x1b, 0x03, 0xa0, 0x00, 0x01, 0x00, 0x1d, 0x40, 0x01, 0x0c, 0x04, 0xff, 0xff,
    0x04, 0x08, 0x00, 0x00, 0x03, 0x00, 0x9d, 0x08, 0x00, 0x00, 0x03, 0x00, 0x00, 0x3c, 0x00, 0x00, 0x95,
    0x94, 0xac, 0xa5, 0x65, 0x02, 0x40, 0xa1, 0x00, 0x01, 0x00, 0x2e, 0x42, 0x01, 0x04, 0x04, 0x08, 0x00,
    0x00, 0x03, 0x00, 0x9d, 0x08, 0x00, 0x00, 0x03, 0x00, 0x00, 0x3c, 0x00, 0x00, 0xb0, 0x0a, 0x48, 0x0f,
    0x9c, 0x93, 0xb6, 0x59, 0x59, 0x4a, 0xca, 0x56, 0x59, 0x24, 0xe5, 0x78, 0x0b, 0x40, 0x40, 0x00, 0x00,
    0xfa, 0x40, 0x00, 0x1d, 0x4c, 0x02, 0xa2, 0x00, 0x01, 0x00, 0x07, 0x44, 0x01, 0xc1, 0x72, 0xb4, 0x62,
    0x40,
];

/// The same with `-x265-params interlace=tff`.
const FIELDS: &[u8] = &[
    0x01, 0x01, 0x60, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x3c, 0xf0, 0x00, 0xfc, 0xfd,
    0xf8, 0xf8, 0x00, 0x00, 0x0f, 0x03, 0xa0, 0x00, 0x01, 0x00, 0x18, 0x40, 0x01, 0x0c, 0x01, 0xff, 0xff,
    0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x95, 0x98,
    0x09, 0xa1, 0x00, 0x01, 0x00, 0x29, 0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00,
    0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x3c, 0xa0, 0x0a, 0x48, 0x0f, 0x9c, 0x92, 0x65, 0x95, 0x9a, 0x49,
    0x32, 0xbc, 0x05, 0xa1, 0xa0, 0x00, 0x00, 0x7d, 0x20, 0x00, 0x07, 0x53, 0x01, 0xa2, 0x00, 0x01, 0x00,
    0x07, 0x44, 0x01, 0xc1, 0x72, 0xb4, 0x62, 0x40,
];

fn parse(record: &[u8]) -> Result<(Parameters, usize), ParseError> {
    Parameters::parse(&Bytes::copy_from_slice(record))
}

#[test]
fn record_round_trips() {
    for record in [MAIN, REXT, FIELDS] {
        let (parameters, length_size) = parse(record).unwrap();
        assert_eq!(
            (length_size, parameters.vps.len(), parameters.sps.len(), parameters.pps.len()),
            (4, 1, 1, 1)
        );
        assert_eq!(parse(&parameters.record()).unwrap(), (parameters, 4));
    }
}

/// What FFmpeg says and we do not care to know: bytes 13 and 15 (segmentation, parallelism), 19 and 20 (average rate).
#[test]
fn record_says_what_the_muxer_of_ffmpeg_says() {
    for record in [MAIN, REXT, FIELDS] {
        let made = parse(record).unwrap().0.record();
        assert_eq!(made[..13], record[..13]);
        assert_eq!(made[16..19], record[16..19]);
        assert_eq!(made[21], record[21]);
        assert_eq!(made[23..], record[23..]);
    }
}

#[test]
fn record_cut_at_any_byte_is_an_error() {
    for end in 0..MAIN.len() {
        assert!(parse(&MAIN[..end]).is_err(), "cut at {end}");
    }
}

/// As ffprobe has it.
#[test]
fn picture_is_read_from_the_sps() {
    let picture = Picture { rate: Some((30_000, 1_001)), reorder: Some(2), ..Picture::of_size(322, 242) };
    assert_eq!(parse(MAIN).unwrap().0.picture, Some(picture));
    let rext = parse(REXT).unwrap().0;
    assert_eq!(rext.picture, Some(picture));
    assert_eq!((rext.profile.idc, rext.profile.level), (4, 60));
    let fields = parse(FIELDS).unwrap().0.picture.unwrap();
    assert_eq!((fields.width, fields.height, fields.interlaced), (322, 242, true));
    assert_eq!(fields.rate, Some((15_000, 1_001)));
}

#[test]
fn codec_strings_follow_the_annex() {
    assert_eq!(parse(MAIN).unwrap().0.rfc6381(), "hvc1.1.6.L60.90");
    let with = |profile| Parameters { profile, ..parse(MAIN).unwrap().0 }.rfc6381();
    let profile = Profile {
        space: 0,
        high_tier: false,
        idc: 1,
        compatibility: 0x6000_0000,
        constraints: [0xb0, 0, 0, 0, 0, 0],
        level: 93,
    };
    assert_eq!(with(profile), "hvc1.1.6.L93.B0");
    let odd = Profile { space: 1, high_tier: true, constraints: [0x90, 0, 8, 0, 0, 0], ..profile };
    assert_eq!(with(odd), "hvc1.A1.6.H93.90.0.8");
    assert_eq!(with(Profile { constraints: [0; 6], ..profile }), "hvc1.1.6.L93");
}

#[test]
fn unreadable_sps_still_makes_parameters() {
    let set = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
    let parameters = Parameters::new(vec![], set(&[0x42, 1, 1, 0xff]), set(&[0x44, 1, 0xc1])).unwrap();
    assert_eq!((parameters.picture, parameters.profile), (None, Profile::default()));
    assert_eq!(parse(&parameters.record()).unwrap().0, parameters);
}

#[test]
fn sets_are_bounded() {
    let set = || Bytes::from_static(&[0x42, 1, 1]);
    let new = |vps, sps, pps| Parameters::new(vec![set(); vps], vec![set(); sps], vec![set(); pps]);
    assert!(new(16, 16, 64).is_ok() && new(0, 1, 1).is_ok());
    for (vps, sps, pps) in [(17, 1, 1), (1, 17, 1), (1, 1, 65), (1, 0, 1), (1, 1, 0)] {
        assert!(new(vps, sps, pps).is_err(), "{vps} {sps} {pps}");
    }
    let long = Bytes::from(vec![0x42; 0x1_0000]);
    assert!(Parameters::new(vec![], vec![long], vec![set()]).is_err());
    assert!(Parameters::new(vec![], vec![set().slice(..2)], vec![set()]).is_err());
    // 65,535 sets of three bytes.
    let mut record = MAIN[..22].to_vec();
    record.extend([1, 0xa2, 0xff, 0xff]);
    (0..0xffff).for_each(|_| record.extend([0, 3, 0x44, 1, 0xc1]));
    assert!(parse(&record).is_err());
}

#[test]
fn other_versions_and_length_sizes_are_errors() {
    let with = |at: usize, byte: u8| {
        let mut record = MAIN.to_vec();
        record[at] = byte;
        parse(&record).map(|(_, length_size)| length_size)
    };
    assert_eq!((with(0, 0), with(0, 2).is_err()), (Ok(4), true));
    assert_eq!((with(21, 0x0c), with(21, 0x0d), with(21, 0x0e).is_err()), (Ok(1), Ok(2), true));
}

#[test]
fn units_are_told_apart() {
    assert_eq!(NalKind::from_header(0x02), NalKind::Slice);
    assert_eq!(NalKind::from_header(0x26), NalKind::IrapSlice { idr: true });
    assert_eq!(NalKind::from_header(0x2a), NalKind::IrapSlice { idr: false }, "CRA");
    assert_eq!(NalKind::from_header(0x46), NalKind::AccessUnitDelimiter);
    assert_eq!(NalKind::from_header(0x50), NalKind::Sei { suffix: true });
    assert_eq!(NalKind::from_header(0x2c), NalKind::Other(22), "reserved");
    assert!(NalKind::from_header(0x2a).is_slice() && !NalKind::from_header(0x40).is_slice());
    assert!(
        starts_picture(&[0x26, 1, 0x80]) && !starts_picture(&[0x26, 1, 0x7f]) && !starts_picture(&[0x26, 1])
    );
}

proptest! {
    #[test]
    fn any_sps_is_read_or_not(head in 0usize..60, tail in prop::collection::vec(any::<u8>(), 0..60)) {
        let sps = parse(REXT).unwrap().0.sps[0].clone();
        let bytes = [&sps[..head.min(sps.len())], &tail].concat();
        let _ = Sps::parse(&bytes);
        let _ = Profile::of_sps(&bytes);
    }

    #[test]
    fn sps_with_any_byte_changed_is_read_or_not(at in 0usize..60, byte: u8) {
        let mut sps = parse(MAIN).unwrap().0.sps[0].to_vec();
        let at = at % sps.len();
        sps[at] = byte;
        let set = vec![Bytes::from(sps)];
        let parameters = Parameters::new(vec![], set.clone(), set).unwrap();
        let _ = (parameters.rfc6381(), parameters.record());
    }

    #[test]
    fn any_record_is_parameters_or_an_error(tail in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = parse(&[&MAIN[..22], &tail].concat());
        let _ = parse(&tail);
    }
}
