//! Frames for the tests of this folder.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use container::fmp4;
use hub::StreamKey;
use media::{Codec, Delta, Frame, Time, Track, TrackId, aac, h264};

use super::{Keep, Recordings};

/// The track `id` of pictures; those of another `profile` are other parameters.
pub(super) fn pictures(id: u32, profile: u8) -> Arc<Track> {
    let sps = Bytes::from(vec![0x67, profile, 0, 31, 0xff]);
    let parameters = h264::Parameters::new(vec![sps], vec![Bytes::from_static(&[0x68, 0xce])]).unwrap();
    Arc::new(Track { id: TrackId(id), codec: Codec::H264(parameters) })
}

/// The track `id` of sound, stereo; at 44.1 kHz, or at 48 kHz.
pub(super) fn sound(id: u32, high: bool) -> Arc<Track> {
    let config: &[u8] = if high { &[0x11, 0x90] } else { &[0x12, 0x10] };
    let parameters = aac::Parameters::parse(&Bytes::copy_from_slice(config)).unwrap();
    Arc::new(Track { id: TrackId(id), codec: Codec::Aac(parameters) })
}

pub(super) fn frame(track: &Arc<Track>, dts: Time, delay: Delta, keyframe: bool) -> Frame {
    Frame {
        track: Arc::clone(track),
        dts,
        pts: dts + delay,
        duration: None,
        keyframe,
        discontinuity: false,
        wall: SystemTime::UNIX_EPOCH,
        payload: Bytes::from([&[0, 0, 0, 10, 0x65, 0x88], &dts.as_micros().to_be_bytes()[..]].concat()),
    }
}

/// `seconds` from `from` on: 25 pictures a second with a key frame every one and B-frames, and sound; in the order in which they come.
pub(super) fn stream(video: &Arc<Track>, audio: &Arc<Track>, from: Time, seconds: i64) -> Vec<Frame> {
    let pictures = (0..seconds * 25).map(|number| {
        let delay = Delta::millis([40, 120, 40, 0, 40][number as usize % 5]);
        frame(video, from + Delta::millis(number * 40), delay, number % 25 == 0)
    });
    let rate = audio.codec.sample_rate().unwrap();
    let sounds = (0..seconds * i64::from(rate) / 1024)
        .map(|number| frame(audio, from + Delta::from_ticks(number * 1024, rate), Delta::ZERO, true));
    let mut frames: Vec<_> = pictures.chain(sounds).collect();
    frames.sort_by_key(|frame| frame.dts);
    frames
}

/// Those in `folder`, who may use all of the disk.
pub(super) fn open(folder: &Path) -> Arc<Recordings> {
    let keep = Keep { reserve: 0, ..Keep::default() };
    Arc::new(Recordings::open(folder.join("record"), keep, control::outbound::Client::new()).unwrap())
}

/// A recording of `frames`, with a fragment a second, that is still being made.
pub(super) fn record(folder: &Path, tracks: &[Arc<Track>], frames: &[Frame]) -> (Arc<Recordings>, String) {
    let recordings = open(folder);
    let mut session = recordings.begin(&StreamKey::new("live", "a").unwrap(), "job", &[]).unwrap();
    session.file(&fmp4::init(tracks), &["h264"]).unwrap();
    let mut fragmenter = fmp4::Fragmenter::new(tracks);
    let mut until = frames[0].dts + Delta::secs(1);
    let mut chunks = Vec::new();
    for frame in frames {
        if frame.dts >= until {
            chunks.extend(fragmenter.cut(until));
            until += Delta::secs(1);
        }
        fragmenter.push(&Arc::new(frame.clone()));
    }
    chunks.extend(fragmenter.finish());
    for chunk in chunks {
        session.append(&chunk.data, chunk.duration, &[]).unwrap();
    }
    (Arc::clone(&recordings), session.id.clone())
}
