#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

/// `ffmpeg -f lavfi -i sine=sample_rate=48000 -ac 6 -c:a ac3 ac3.mp4`: the head of a frame and the `dac3`.
const AC3: &[u8] = &[0x0b, 0x77, 0xb5, 0x0b, 0x1e, 0x40, 0xeb, 0xf8];
const DAC3: &[u8] = &[0x10, 0x3d, 0xe0];
/// The same with `sample_rate=44100 -ac 2 -b:a 192k`.
const AC3_44: &[u8] = &[0x0b, 0x77, 0x50, 0x68, 0x54, 0x40, 0x43, 0xe1];
const DAC3_44: &[u8] = &[0x50, 0x11, 0x40];
/// The same as the first with `-c:a eac3`.
const EAC3: &[u8] = &[0x0b, 0x77, 0x03, 0x7f, 0x3f, 0x87, 0xc0, 0x00];
const DEC3: &[u8] = &[0x0e, 0x00, 0x20, 0x0f, 0x00];

fn padded(head: &[u8], size: usize) -> Vec<u8> {
    let mut frame = head.to_vec();
    frame.resize(size, 0);
    frame
}

/// A dependent frame of 7.1: the two rear channels, in a custom map.
fn dependent(chanmap: u16) -> Vec<u8> {
    let [high, low] = chanmap.to_be_bytes();
    // Sync; dependent, id 0, 128 bytes; 48 kHz, six blocks, 2/0; version 16, dialogue level, no compression, map.
    let fields: [(u64, u32); 12] = [
        (0x0b77, 16),
        (1, 2),
        (0, 3),
        (63, 11),
        (0, 2),
        (3, 2),
        (2, 3),
        (0, 1),
        (16, 5),
        (31, 5),
        (0b01, 2),
        (u64::from(high) << 8 | u64::from(low), 16),
    ];
    let (value, bits) = fields
        .iter()
        .fold((0u128, 0), |(out, bits), (value, size)| (out << size | u128::from(*value), bits + size));
    padded(&(value << (128 - bits)).to_be_bytes(), 128)
}

#[test]
fn ac3_says_what_ffprobe_says() {
    let (surround, size) = Parameters::parse_frame(AC3).unwrap();
    assert_eq!(
        (surround.sample_rate, surround.channels, surround.bit_rate, size),
        (48_000, 6, 448_000, 1_792)
    );
    let (stereo, size) = Parameters::parse_frame(AC3_44).unwrap();
    assert_eq!((stereo.sample_rate, stereo.channels, stereo.bit_rate), (44_100, 2, 192_000));
    assert_eq!(size, 834);
    assert_eq!(stereo.frame_duration(AC3_44), Some(Delta::micros(34_830)));
    for (parameters, record) in [(surround, DAC3), (stereo, DAC3_44)] {
        assert_eq!(parameters.dac3(), record);
        assert_eq!(Parameters::parse_dac3(&Bytes::copy_from_slice(record)), Ok(parameters));
    }
}

#[test]
fn eac3_says_what_ffprobe_says() {
    let (parameters, size) = Parameters::parse_frame(EAC3).unwrap();
    assert_eq!((parameters.sample_rate, parameters.channels, parameters.bit_rate), (48_000, 6, 448_000));
    assert_eq!((size, parameters.dependents), (1_792, 0));
    assert_eq!(parameters.frame_duration(EAC3), Some(Delta::millis(32)));
    assert_eq!(parameters.dec3(), DEC3);
    assert_eq!(Parameters::parse_dec3(&Bytes::from_static(DEC3)), Ok(parameters));
}

#[test]
fn dependent_frames_belong_to_the_access_unit() {
    let unit = [padded(EAC3, 1_792), dependent(0x0200), padded(EAC3, 1_792)].concat();
    let (parameters, size) = Parameters::parse_frame(&unit).unwrap();
    assert_eq!((size, parameters.channels), (1_920, 8));
    assert_eq!((parameters.dependents, parameters.chan_loc), (1, 0b10), "Lrs and Rrs");
    assert_eq!(parameters.frame_duration(&unit[..size]), Some(Delta::millis(32)));
    assert_eq!(
        Parameters::parse_dec3(&parameters.dec3()),
        Ok(Parameters { bit_rate: 480_000, ..parameters })
    );
    assert!(Parameters::parse_frame(&dependent(0x0200)).is_err(), "no access unit begins so");
    assert_eq!(header::chan_loc(0x07f8 | 2), 0x1ff);
    assert_eq!(header::added_channels(0x1ff), 14);
}

#[test]
fn bit_rate_alone_is_no_other_format() {
    let (parameters, _) = Parameters::parse_frame(EAC3).unwrap();
    assert!(parameters.same_format(&Parameters { bit_rate: 1, ..parameters }));
    assert!(!parameters.same_format(&Parameters { lfe: false, ..parameters }));
}

#[test]
fn short_eac3_frames_and_half_rates() {
    // fscod 0 and one block; then fscod 3 with half of 48 kHz.
    let header = Header::parse(&[0x0b, 0x77, 0x00, 0x3f, 0x04, 0x80]).unwrap();
    assert_eq!((header.samples, header.sample_rate, header.size), (256, 48_000, 128));
    let header = Header::parse(&[0x0b, 0x77, 0x00, 0x3f, 0xc4, 0x80]).unwrap();
    assert_eq!((header.samples, header.sample_rate), (1_536, 24_000));
    let two = [
        padded(&[0x0b, 0x77, 0x00, 0x3f, 0x04, 0x80], 128),
        padded(&[0x0b, 0x77, 0x00, 0x3f, 0x04, 0x80], 128),
    ];
    let (parameters, _) = Parameters::parse_frame(&two[0]).unwrap();
    assert_eq!(parameters.frame_duration(&two.concat()), Some(Delta::micros(10_667)));
}

#[test]
fn bad_frames_are_errors() {
    for (head, least) in [(AC3, 7), (EAC3, 6)] {
        for end in 0..least {
            assert!(Parameters::parse_frame(&head[..end]).is_err(), "cut at {end}");
        }
    }
    let with = |head: &[u8], at: usize, byte: u8| {
        let mut head = head.to_vec();
        head[at] = byte;
        Parameters::parse_frame(&head)
    };
    assert!(with(AC3, 0, 0x0c).is_err(), "sync");
    assert!(with(AC3, 4, 0xc0 | AC3[4]).is_err(), "sample rate");
    assert!(with(AC3, 4, 38).is_err(), "bit rate");
    assert!(with(AC3, 5, 17 << 3).is_err(), "version");
    assert!(with(EAC3, 2, 0xc0 | EAC3[2]).is_err(), "kind");
    assert!(with(EAC3, 4, 0xf0 | EAC3[4]).is_err(), "half of what rate");
}

#[test]
fn records_cut_short_are_errors() {
    assert!((0..2).all(|end| Parameters::parse_dac3(&Bytes::from_static(&DAC3[..end])).is_err()));
    assert!((0..4).all(|end| Parameters::parse_dec3(&Bytes::from_static(&DEC3[..end])).is_err()));
    assert!(Parameters::parse_dac3(&Bytes::from_static(&[0xc0, 0, 0])).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_a_frame_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..40), enhanced: bool) {
        let head = if enhanced { EAC3 } else { AC3 };
        for payload in [bytes.clone(), [&head[..2], &bytes].concat(), [&head[..5], &bytes].concat()] {
            if let Ok((parameters, size)) = Parameters::parse_frame(&payload) {
                prop_assert!(size >= 2 && parameters.channels > 0 && parameters.sample_rate >= 8_000);
                prop_assert!(parameters.frame_duration(&payload).is_some());
                let _ = (parameters.dac3(), parameters.dec3());
            }
        }
        let record = Bytes::from(bytes);
        if let Ok(parameters) = Parameters::parse_dac3(&record) {
            prop_assert_eq!(Parameters::parse_dac3(&parameters.dac3()), Ok(parameters));
        }
        if let Ok(parameters) = Parameters::parse_dec3(&record) {
            let _ = Parameters::parse_dec3(&parameters.dec3());
        }
    }
}
