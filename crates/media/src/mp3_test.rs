#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn parse(header: [u8; 4]) -> (u32, u8, u8, u32, usize) {
    let (parameters, size) = Parameters::parse_frame(&header).unwrap();
    (parameters.sample_rate, parameters.channels, parameters.layer, parameters.samples, size)
}

/// Headers as LAME and FFmpeg's mp2 write them (`-c:a libmp3lame -b:a 128k` and so on); sizes as ffprobe says.
#[test]
fn headers_say_rate_channels_and_size() {
    assert_eq!(parse([0xff, 0xfb, 0x90, 0x44]), (44_100, 2, 3, 1_152, 417));
    assert_eq!(parse([0xff, 0xfb, 0x92, 0x44]), (44_100, 2, 3, 1_152, 418), "padded");
    assert_eq!(parse([0xff, 0xf3, 0x80, 0xc4]), (22_050, 1, 3, 576, 208));
    assert_eq!(parse([0xff, 0xe3, 0x28, 0xc4]), (8_000, 1, 3, 576, 144));
    assert_eq!(parse([0xff, 0xfd, 0xa4, 0x04]), (48_000, 2, 2, 1_152, 576));
    assert_eq!(parse([0xff, 0xf5, 0x84, 0x04]), (24_000, 2, 2, 1_152, 384));
}

#[test]
fn codec_strings_name_the_layer() {
    let codec = |header| Parameters::parse_frame(header).unwrap().0.rfc6381();
    assert_eq!(codec(&[0xff, 0xfb, 0x90, 0x44]), "mp4a.40.34");
    assert_eq!(codec(&[0xff, 0xfd, 0xa4, 0x04]), "mp4a.40.33");
}

#[test]
fn frames_last_what_their_samples_do() {
    let duration = |header| Parameters::parse_frame(header).unwrap().0.frame_duration().as_micros();
    assert_eq!(duration(&[0xff, 0xfb, 0x90, 0x44]), 26_122);
    assert_eq!(duration(&[0xff, 0xe3, 0x28, 0xc4]), 72_000);
}

#[test]
fn what_is_no_frame_is_an_error() {
    let bad = [
        [0xff, 0xeb, 0x90, 0x44], // reserved version
        [0xff, 0xf9, 0x90, 0x44], // reserved layer
        [0xff, 0xff, 0x90, 0x44], // layer I
        [0xff, 0xfb, 0x00, 0x44], // free format
        [0xff, 0xfb, 0xf0, 0x44], // bad bit rate
        [0xff, 0xfb, 0x9c, 0x44], // reserved sample rate
        [0xff, 0x1b, 0x90, 0x44],
        [0x49, 0x44, 0x33, 0x04], // an ID3 tag
    ];
    assert!(bad.iter().all(|header| Parameters::parse_frame(header).is_err()));
    assert!((0..4).all(|end| Parameters::parse_frame(&[0xff, 0xfb, 0x90, 0x44][..end]).is_err()));
}

proptest! {
    #[test]
    fn every_header_that_is_one_makes_sense(bytes: [u8; 4]) {
        if let Ok((parameters, size)) = Parameters::parse_frame(&bytes) {
            prop_assert!((24..=1729).contains(&size) && (8_000..=48_000).contains(&parameters.sample_rate), "{size}");
        }
    }
}
