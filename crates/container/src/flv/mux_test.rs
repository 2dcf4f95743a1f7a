#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::SystemTime;

use media::{Delta, Time, TrackId, aac, h264};

use super::*;
use crate::amf0::Value;
use crate::flv::metadata;

fn video() -> Arc<Track> {
    let sps = Bytes::from_static(&[
        0x67, 0x64, 0x00, 0x0a, 0xac, 0x72, 0x84, 0x44, 0x26, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00,
        0x03, 0x00, 0xca, 0x3c, 0x48, 0x96, 0x11, 0x80,
    ]);
    let pps = Bytes::from_static(&[0x68, 0xe8, 0x43, 0x8f, 0x13, 0x21, 0x30]);
    let parameters = h264::Parameters::new(vec![sps], vec![pps]).unwrap();
    Arc::new(Track { id: TrackId(0), codec: Codec::H264(parameters) })
}

fn audio() -> Arc<Track> {
    let parameters = aac::Parameters::parse(&Bytes::from_static(&[0x12, 0x10])).unwrap();
    Arc::new(Track { id: TrackId(1), codec: Codec::Aac(parameters) })
}

fn frame(track: Arc<Track>, dts: i64, pts: i64, keyframe: bool) -> Frame {
    Frame {
        track,
        dts: Time::from_micros(dts),
        pts: Time::from_micros(pts),
        duration: None,
        keyframe,
        discontinuity: false,
        wall: SystemTime::UNIX_EPOCH,
        payload: Bytes::new(),
    }
}

#[test]
fn headers_are_as_specified() {
    assert_eq!(file_header(true, false), *b"FLV\x01\x04\0\0\0\x09\0\0\0\0");
    assert_eq!(file_header(false, true)[4], 1);
    assert_eq!(
        tag_header(TagKind::Video, 0x01_0203, 0xa1b2_c3d4),
        [9, 1, 2, 3, 0xb2, 0xc3, 0xd4, 0xa1, 0, 0, 0]
    );
}

#[test]
fn configuration_tags() {
    assert_eq!(sequence_header(&audio(), 0).unwrap(), [0xaf, 0, 0x12, 0x10][..]);
    assert_eq!(sequence_header(&video(), 0).unwrap()[..9], [0x17, 0, 0, 0, 0, 1, 0x64, 0, 0x0a]);
    assert_eq!(sequence_header(&Track { id: TrackId(2), codec: Codec::Amf0 }, 0), None);
}

#[test]
fn composition_is_the_difference_of_rounded_times() {
    // 33.333 and 66.667 ms: the tags' times are 33 and 67.
    assert_eq!(head(&frame(video(), 33_333, 66_667, false), 0)[..], [0x27, 1, 0, 0, 34]);
    assert_eq!(head(&frame(video(), 80_000, 40_000, true), 0)[..], [0x17, 1, 0xff, 0xff, 0xd8]);
    assert_eq!(head(&frame(video(), 0, i64::MAX, true), 0)[..], [0x17, 1, 0x7f, 0xff, 0xff]);
    assert_eq!(head(&frame(audio(), 0, 0, true), 0)[..], [0xaf, 1]);
}

#[test]
fn metadata_says_what_the_tracks_are() {
    let body = metadata(&[video(), audio()], "Sluice/0.1.0", Delta::ZERO);
    let (name, size) = Value::parse(&body).unwrap();
    assert_eq!(name.as_str(), Some("onMetaData"));
    let (value, rest) = Value::parse(&body[size..]).unwrap();
    assert_eq!(size + rest, body.len());
    let object = value.as_object().unwrap();
    let number = |name: &str| object.find(name).and_then(Value::as_f64);
    assert_eq!((number("width"), number("height")), (Some(64.0), Some(64.0)));
    assert_eq!((number("videocodecid"), number("audiocodecid")), (Some(7.0), Some(10.0)));
    assert_eq!((number("framerate"), number("audiosamplerate")), (Some(25.0), Some(44100.0)));
    assert_eq!(object.find("stereo"), Some(&Value::Boolean(true)));
    assert_eq!(object.find("encoder").and_then(Value::as_str), Some("Sluice/0.1.0"));

    let body = metadata(&[audio()], "x", Delta::ZERO);
    let size = Value::parse(&body).unwrap().1;
    let value = Value::parse(&body[size..]).unwrap().0;
    assert_eq!(value.as_object().unwrap().find("width"), None);
    assert_eq!(value.as_object().unwrap().find("hasVideo"), Some(&Value::Boolean(false)));
}
