#![allow(clippy::unwrap_used)]

use media::{aac, mp3};

use super::*;
use crate::testing::{audio, key, sound, video};

/// An MPEG-1 layer III frame header: 44,100 Hz, stereo, 128 kbit/s.
const HEADER: [u8; 4] = [0xff, 0xfb, 0x90, 0x00];

fn mp3_track() -> Arc<Track> {
    let (parameters, _) = mp3::Parameters::parse_frame(&HEADER).unwrap();
    Arc::new(Track { id: TrackId(1), codec: Codec::Mp3(parameters) })
}

fn written(file: File, tracks: &[Arc<Track>], frame: &Frame) -> Vec<u8> {
    let mut format = (file.format)();
    let mut out = vec![format.header(tracks), format.preamble(tracks, frame.dts)];
    format.write(frame, false, &mut out);
    out.concat()
}

#[test]
fn aac_frames_get_their_header() {
    let tracks = [video(), audio()];
    let frame = sound(&tracks[1], 0, 193);
    let bytes = written(AAC, &tracks, &frame);
    assert_eq!(bytes[..7], [0xff, 0xf1, 0x50, 0x80, 0x19, 0x1f, 0xfc], "44,100 Hz, stereo, 200 bytes");
    assert_eq!(bytes[7..], frame.payload);
}

#[test]
fn mpeg_audio_stands_for_itself() {
    let track = mp3_track();
    let frame = sound(&track, 0, 417);
    assert_eq!(written(MP3, &[track], &frame), frame.payload);
}

#[test]
fn only_the_main_track_is_heard() {
    let main = audio();
    let second = Arc::new(Track { id: TrackId(7), codec: main.codec.clone() });
    let tracks = [main, second];
    assert_eq!(written(AAC, &tracks, &sound(&tracks[1], 0, 10)), [0; 0]);
}

#[test]
fn a_file_ends_where_the_codec_changes() {
    let mut format = (AAC.format)();
    format.preamble(&[audio()], Time::ZERO);
    assert!(format.fits(&[audio()], Time::ZERO));
    assert!(!format.fits(&[mp3_track()], Time::ZERO));
    assert!(!format.fits(&[video()], Time::ZERO));
    let mut out = Vec::new();
    format.write(&sound(&mp3_track(), 0, 10), true, &mut out);
    assert!(out.is_empty(), "until then it is left out");
}

#[test]
fn who_asks_for_another_codec_is_told_where_to_go() {
    let told = |file: File, track: Arc<Track>| (file.refuse)(&key("s"), &[track]);
    assert_eq!((told(AAC, audio()), told(MP3, mp3_track())), (None, None));
    assert_eq!(told(MP3, audio()).unwrap(), "the sound of live/s is AAC; ask for live/s.aac");
    assert_eq!(told(AAC, mp3_track()).unwrap(), "the sound of live/s is MP3; ask for live/s.mp3");
    let short = aac::Parameters::parse(&Bytes::from_static(&[0x12, 0x14])).unwrap();
    let short = Arc::new(Track { id: TrackId(1), codec: Codec::Aac(short) });
    assert_eq!(told(AAC, short).unwrap(), "the sound of live/s is AAC; ask for live/s.flv?audio=only");
}
