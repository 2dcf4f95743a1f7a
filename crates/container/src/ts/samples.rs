//! Made-up frames of every codec, for tests.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use media::{Codec, Delta, Frame, Kind, Time, Track, TrackId, aac, ac3, h264, h265, mp3, opus};

use super::Muxer;

/// The codecs that are carried, by what tells them apart here.
pub(super) const VIDEO: [&str; 2] = ["h264", "h265"];
pub(super) const AUDIO: [&str; 8] = ["aac", "mp3", "mp3 low", "mp2", "ac3", "eac3", "opus", "opus 5.1"];

pub(super) fn track(id: u32, name: &str) -> Arc<Track> {
    let bytes = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
    let codec = match name {
        "h264" => Codec::H264(
            h264::Parameters::new(bytes(&[0x67, 0x64, 0x00, 0x0a, 0xac, 0x72]), bytes(&[0x68, 0xe8]))
                .unwrap(),
        ),
        "h265" => Codec::H265(
            h265::Parameters::new(
                bytes(&[0x40, 0x01, 0x0c, 0x01, 0xff]),
                bytes(&[
                    0x42, 0x01, 0x01, 0x01, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x3f, 0xa0, 0x0a,
                ]),
                bytes(&[0x44, 0x01, 0xc1, 0x72]),
            )
            .unwrap(),
        ),
        "aac" => Codec::Aac(aac::Parameters::parse(&Bytes::from_static(&[0x11, 0x90])).unwrap()),
        "mp3" | "mp3 low" | "mp2" => Codec::Mp3(mp3::Parameters::parse_frame(&payload(name, 0)).unwrap().0),
        "ac3" => Codec::Ac3(ac3::Parameters::parse_frame(&payload(name, 0)).unwrap().0),
        "eac3" => Codec::Eac3(ac3::Parameters::parse_frame(&payload(name, 0)).unwrap().0),
        "opus" => Codec::Opus(opus::Parameters::new(2).unwrap()),
        "opus 5.1" => Codec::Opus(opus::Parameters::new(6).unwrap()),
        other => panic!("{other}"),
    };
    Arc::new(Track { id: TrackId(id), codec })
}

/// Payload number `index`: no two alike, and of changing sizes where the codec has such.
pub(super) fn payload(name: &str, index: usize) -> Vec<u8> {
    // Full of what could be taken for something else.
    let fill = |head: &[u8], size: usize| {
        let noise = [0xff, 0xf1, 0x0b, 0x77, 0x47, 0x7f, 0xe0, 0x02];
        let mut out = head.to_vec();
        out.extend(
            (head.len()..size).map(|at| if at % 9 == 0 { index as u8 } else { noise[(at + index) % 8] }),
        );
        out
    };
    let nal = |header: &[u8]| {
        let nal = fill(header, 50 + index * 97 % 3000);
        [&(nal.len() as u32).to_be_bytes()[..], &nal].concat()
    };
    let key = index.is_multiple_of(25);
    let sei = [0, 0, 0, 8, 0x06, 5, 4, 1, 2, 3, 4, 0x80].to_vec();
    match name {
        "h264" if key => [sei, nal(&[0x65])].concat(),
        "h264" => nal(&[0x41]),
        "h265" => nal(if key { &[0x26, 0x01] } else { &[0x02, 0x01] }),
        "aac" => fill(&[0x21], 100 + index * 31 % 400),
        "mp3" => fill(&[0xff, 0xfb, 0x94, 0x00], 384),
        "mp3 low" => fill(&[0xff, 0xf3, 0x84, 0xc0], 192),
        "mp2" => fill(&[0xff, 0xfd, 0x84, 0x00], 384),
        "ac3" => fill(&[0x0b, 0x77, 1, 2, 0x14, 0x40, 0x40, 0], 768),
        "eac3" => [
            fill(&[0x0b, 0x77, 0x00, 0xc7, 0x34, 0x80, 0, 0], 400),
            fill(&[0x0b, 0x77, 0x40, 0x63, 0x34, 0x80, 0, 0, 0], 200),
        ]
        .concat(),
        "opus" | "opus 5.1" => fill(&[0xfc], 3 + index * 53 % 600),
        other => panic!("{other}"),
    }
}

/// `seconds` of a track, from `start` on, as they would be published.
pub(super) fn frames(track: &Arc<Track>, name: &str, start: Time, seconds: i64) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut elapsed = Delta::ZERO;
    while elapsed < Delta::secs(seconds) {
        let index = frames.len();
        let payload = Bytes::from(payload(name, index));
        let video = track.kind() == Kind::Video;
        let duration = if video { None } else { track.codec.frame_duration(&payload) };
        let dts = start + elapsed;
        elapsed += duration.unwrap_or(Delta::millis(40));
        // The pattern of one B-frame: 0 2 1 4 3 …
        let ahead = if video {
            Delta::millis([40, 80, 0][if index % 25 == 0 { 0 } else { 1 + (index + 1) % 2 }])
        } else {
            Delta::ZERO
        };
        frames.push(Frame {
            track: Arc::clone(track),
            dts,
            pts: dts + ahead,
            duration,
            keyframe: !video || index.is_multiple_of(25),
            discontinuity: false,
            wall: SystemTime::UNIX_EPOCH,
            payload,
        });
    }
    frames
}

/// `frames` in one stream.
pub(super) fn mux(tracks: &[Arc<Track>], frames: &[Frame]) -> Vec<u8> {
    let mut frames: Vec<_> = frames.iter().collect();
    frames.sort_by_key(|frame| frame.dts);
    let mut muxer = Muxer::new(tracks);
    let mut out = Vec::new();
    frames.into_iter().for_each(|frame| muxer.write(frame, &mut out));
    muxer.flush(&mut out);
    out
}
