#![allow(clippy::unwrap_used)]

use super::*;

/// `ffmpeg -f lavfi -i testsrc=size=322x242 -frames:v 1 -c:v libvpx vp8.ivf`: the head of the frame.
const KEY: &[u8] =
    &[0xd0, 0x67, 0x00, 0x9d, 0x01, 0x2a, 0x42, 0x01, 0xf2, 0x00, 0x00, 0xc7, 0x08, 0x85, 0x85, 0x88];

#[test]
fn keyframe_says_the_size() {
    let picture = Parameters::from_keyframe(KEY).unwrap().picture.unwrap();
    assert_eq!(picture, Picture::of_size(322, 242));
    for end in 0..10 {
        assert!(Parameters::from_keyframe(&KEY[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn scaling_bits_are_no_size() {
    let mut frame = KEY[..10].to_vec();
    (frame[7], frame[9]) = (frame[7] | 0xc0, frame[9] | 0x40);
    assert_eq!(Parameters::from_keyframe(&frame).unwrap().picture, Some(Picture::of_size(322, 242)));
}

#[test]
fn anything_else_is_an_error() {
    let mut inter = KEY.to_vec();
    inter[0] |= 1;
    assert!(!keyframe(&inter) && !keyframe(&[]) && keyframe(KEY));
    let mut code = KEY.to_vec();
    code[4] = 2;
    let mut empty = KEY[..10].to_vec();
    empty[6..].fill(0);
    for frame in [inter, code, empty] {
        assert!(Parameters::from_keyframe(&frame).is_err());
    }
}

#[test]
fn record_round_trips() {
    let parameters = Parameters::from_keyframe(KEY).unwrap();
    assert_eq!(parameters.record()[..], [1, 0, 0, 0, 0, 20, 0x82, 2, 2, 2, 0, 0]);
    assert_eq!(Parameters::parse(&parameters.record()), Ok(Parameters::default()));
    assert_eq!(parameters.rfc6381(), "vp08.00.20.08");
    assert_eq!(Parameters::default().rfc6381(), "vp08.00.10.08");
}
