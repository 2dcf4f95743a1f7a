//! Enhanced bodies through the demuxer, and back from the muxer.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use media::{Codec, Delta, Frame, Kind, Time, Track, TrackId, Unwrap, h265, opus};
use proptest::prelude::*;

use super::*;
use crate::amf0::Value;

const VPS: &[u8] = &[0x40, 0x01, 0x0c, 0x01, 0xff];
const SPS: &[u8] =
    &[0x42, 0x01, 0x01, 0x01, 0x60, 0, 0x90, 0, 0x91, 0, 0x92, 0x93, 0x94, 0x95, 0x5d, 0xa0, 0x82];
const PPS: &[u8] = &[0x44, 0x01, 0xc1, 0x72];
const IDR: &[u8] = &[0x26, 0x01, 0xaf, 0x09];
const SLICE: &[u8] = &[0x02, 0x01, 0xd0, 0x1f];
const SEI: &[u8] = &[0x4e, 0x01, 0x05, 0x02, 0xaa, 0xbb, 0x80];
const DELIMITER: &[u8] = &[0x46, 0x01, 0x50];

/// What FFmpeg 9 made: see the README of the fixtures.
const CLIPS: [(&str, &[u8], [&str; 2]); 6] = [
    ("h265", include_bytes!("../../fixtures/flv/ffmpeg9_h265_aac.flv"), ["h265", "aac"]),
    ("av1", include_bytes!("../../fixtures/flv/ffmpeg9_av1_opus.flv"), ["av1", "opus"]),
    ("vp9", include_bytes!("../../fixtures/flv/ffmpeg9_vp9_flac.flv"), ["vp9", "flac"]),
    ("ac3", include_bytes!("../../fixtures/flv/ffmpeg9_h264_ac3.flv"), ["h264", "ac3"]),
    ("eac3", include_bytes!("../../fixtures/flv/ffmpeg9_h264_eac3.flv"), ["h264", "eac3"]),
    ("mp3", include_bytes!("../../fixtures/flv/ffmpeg9_h264_mp3.flv"), ["h264", "mp3"]),
];
const TRACKS: &[u8] = include_bytes!("../../fixtures/flv/ffmpeg9_tracks.flv");

struct Publisher(Demuxer);

impl Publisher {
    fn new() -> Publisher {
        Publisher(Demuxer::new())
    }

    fn video(&mut self, body: &[u8]) -> Vec<Result<Frame, Error>> {
        self.0.video(Time::from_millis(1_000), SystemTime::UNIX_EPOCH, Bytes::copy_from_slice(body)).collect()
    }

    fn audio(&mut self, body: &[u8]) -> Vec<Result<Frame, Error>> {
        self.0.audio(Time::from_millis(1_000), SystemTime::UNIX_EPOCH, Bytes::copy_from_slice(body)).collect()
    }

    /// The only frame of a body.
    #[track_caller]
    fn picture(&mut self, body: &[u8]) -> Frame {
        let [Ok(frame)] = <[_; 1]>::try_from(self.video(body)).unwrap() else { panic!("an error") };
        frame
    }

    #[track_caller]
    fn sound(&mut self, body: &[u8]) -> Frame {
        let [Ok(frame)] = <[_; 1]>::try_from(self.audio(body)).unwrap() else { panic!("an error") };
        frame
    }

    fn lost(&self) -> (u64, u64) {
        (self.0.repaired(), self.0.dropped())
    }
}

fn units(nals: &[&[u8]]) -> Vec<u8> {
    nals.iter()
        .flat_map(|nal| (nal.len() as u32).to_be_bytes().into_iter().chain(nal.iter().copied()))
        .collect()
}

fn join(pieces: &[&[u8]]) -> Vec<u8> {
    pieces.concat()
}

fn h265_track(id: u32) -> Arc<Track> {
    let set = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
    let parameters = h265::Parameters::new(set(VPS), set(SPS), set(PPS)).unwrap();
    Arc::new(Track { id: TrackId(id), codec: Codec::H265(parameters) })
}

fn h265_started() -> Publisher {
    let mut publisher = Publisher::new();
    assert!(publisher.video(&sequence_header(&h265_track(0), 0).unwrap()).is_empty());
    publisher
}

/// Every tag of a file: kind, time and body.
fn tags(clip: &[u8]) -> Vec<Tag> {
    let mut reader = Reader::new();
    reader.push(clip);
    std::iter::from_fn(|| reader.next().unwrap()).collect()
}

fn read(demuxer: &mut Demuxer, kind: TagKind, time: Time, body: Bytes) -> Vec<Result<Frame, Error>> {
    let wall = SystemTime::UNIX_EPOCH;
    match kind {
        TagKind::Video => demuxer.video(time, wall, body).collect(),
        TagKind::Audio => demuxer.audio(time, wall, body).collect(),
        TagKind::Data => demuxer.data(time, wall, body).collect(),
    }
}

fn frames(clip: &[u8]) -> Vec<Frame> {
    let (mut demuxer, mut unwrap) = (Demuxer::new(), Unwrap::new(32));
    let mut frames = Vec::new();
    for tag in tags(clip) {
        let time = Time::from_millis(unwrap.next(tag.timestamp.into()));
        frames.extend(read(&mut demuxer, tag.kind, time, tag.body).into_iter().map(Result::unwrap));
    }
    assert_eq!((demuxer.repaired(), demuxer.dropped()), (0, 0));
    frames
}

#[test]
fn what_ffmpeg_sends_becomes_frames() {
    for (name, clip, codecs) in CLIPS {
        let frames = frames(clip);
        for (kind, codec) in [Kind::Video, Kind::Audio].into_iter().zip(codecs) {
            let track: Vec<_> = frames.iter().filter(|frame| frame.track.kind() == kind).collect();
            let least = if kind == Kind::Video { 10 } else { 4 };
            assert!(track.len() >= least, "{name}: {} of {kind:?}", track.len());
            assert!(track.iter().all(|frame| frame.track.codec.name() == codec), "{name}");
            assert!(
                track.iter().all(|frame| Arc::ptr_eq(&frame.track, &track[0].track)),
                "{name}: one track"
            );
            assert!(track.windows(2).all(|pair| pair[0].dts < pair[1].dts), "{name}");
            assert!(track[0].keyframe, "{name}");
            if kind == Kind::Video {
                let picture = track[0].track.codec.picture().unwrap();
                assert_eq!((picture.width, picture.height), (64, 64), "{name}");
                assert!(!track[1].keyframe, "{name}");
            } else {
                assert_eq!(track[0].track.codec.channels(), Some(2), "{name}");
                assert_eq!(track[0].track.codec.sample_rate(), Some(48_000), "{name}");
                assert!(track[0].duration.is_some_and(|duration| duration > Delta::ZERO), "{name}");
            }
        }
    }
}

#[test]
fn several_tracks_of_ffmpeg_are_told_apart() {
    let frames = frames(TRACKS);
    let mut tracks: Vec<_> = frames.iter().map(|frame| &frame.track).collect();
    tracks.sort_by_key(|track| track.id);
    tracks.dedup_by(|a, b| Arc::ptr_eq(a, b));
    let tracks: Vec<_> = tracks.iter().map(|track| (track.id.0, track.codec.name())).collect();
    assert_eq!(tracks, [(0, "h264"), (1, "aac"), (0x101, "h264"), (0x102, "h265"), (0x201, "opus")]);
}

/// With its sequence header before each frame, as the main track and as another.
#[test]
fn every_codec_written_and_read_again_is_the_same() {
    let clips = CLIPS.iter().map(|(_, clip, _)| *clip).chain([TRACKS]);
    for frame in clips.flat_map(frames) {
        for number in [0, 1, 255] {
            let mut again = Demuxer::new();
            let kind = TagKind::from(frame.track.kind());
            if let Some(header) = sequence_header(&frame.track, number) {
                assert!(read(&mut again, kind, frame.dts, header).is_empty());
            }
            let body = join(&[&head(&frame, number), &frame.payload]);
            let after = read(&mut again, kind, frame.dts, body.into());
            if after.is_empty() {
                // Their records say nothing of the size, so a track begins with a key frame.
                assert!(matches!(frame.track.codec, Codec::Vp8(_)) && !frame.keyframe);
                continue;
            }
            let [Ok(after)] = <[_; 1]>::try_from(after).unwrap() else { panic!("an error") };
            assert_eq!((after.dts, after.pts, after.keyframe), (frame.dts, frame.pts, frame.keyframe));
            assert_eq!((&after.payload, after.duration), (&frame.payload, frame.duration));
            assert!(after.track.codec.same_codec(&frame.track.codec));
            let kind = frame.track.kind();
            assert_eq!(after.track.id, lane::id(kind, number));
            if !matches!(frame.track.codec, Codec::Vp9(_)) || frame.keyframe {
                assert_eq!(after.track.codec, frame.track.codec);
            }
        }
    }
}

#[test]
fn a_body_cut_at_any_byte_gives_whole_frames_or_none() {
    for clip in CLIPS.iter().map(|(_, clip, _)| *clip).chain([TRACKS]) {
        let tags = tags(clip);
        let mut demuxer = Demuxer::new();
        for tag in tags.iter().take(12) {
            let _ = read(&mut demuxer, tag.kind, Time::ZERO, tag.body.clone());
            for end in (0..tag.body.len().min(200)).chain([tag.body.len() - 1]) {
                for frame in
                    read(&mut demuxer, tag.kind, Time::ZERO, tag.body.slice(..end)).into_iter().flatten()
                {
                    assert_canonical(&frame);
                }
            }
        }
    }
}

fn assert_canonical(frame: &Frame) {
    match &frame.track.codec {
        Codec::H264(_) | Codec::H265(_) => {
            assert!(media::nal::nal_units(&frame.payload, 4).all(|unit| unit.is_ok()));
        }
        Codec::Av1(_) => assert!(media::av1::obus(&frame.payload).all(|unit| unit.is_ok())),
        _ => {}
    }
    assert!(!frame.payload.is_empty());
}

#[test]
fn h265_is_brought_into_canonical_form() {
    let mut publisher = h265_started();
    let body = join(&[b"\x93hvc1", &units(&[DELIMITER, VPS, SPS, PPS, SEI, IDR])]);
    let frame = publisher.picture(&body);
    assert_eq!(frame.payload, units(&[SEI, IDR]));
    assert_eq!((frame.track.id, frame.keyframe), (TrackId(0), true));
    let broken: &[u8] = &[0x4e, 0x01, 0x05, 0x09, 1, 0x80];
    let frame = publisher.picture(&join(&[b"\xa3hvc1", &units(&[broken, SLICE])]));
    assert_eq!((&frame.payload[..], frame.keyframe), (&units(&[SLICE])[..], false));
    assert_eq!(publisher.lost(), (1, 0));
}

#[test]
fn an_irap_slice_makes_a_key_frame_whatever_the_tag_says() {
    let mut publisher = h265_started();
    for (header, key) in [(0x26, true), (0x28, true), (0x2a, true), (0x20, true), (0x02, false)] {
        let frame = publisher.picture(&join(&[b"\xa3hvc1", &units(&[&[header, 1, 0xaf]])]));
        assert_eq!(frame.keyframe, key, "{header:x}");
    }
}

#[test]
fn sets_of_h265_inside_frames_start_or_change_the_track() {
    let mut publisher = Publisher::new();
    assert!(publisher.video(&join(&[b"\xa3hvc1", &units(&[SLICE])])).is_empty(), "no key frame");
    let first = publisher.picture(&join(&[b"\x93hvc1", &units(&[VPS, SPS, PPS, IDR])]));
    assert_eq!(first.track.codec, h265_track(0).codec);
    let other = join(&[&SPS[..SPS.len() - 1], &[0x90]]);
    let second = publisher.picture(&join(&[b"\x93hvc1", &units(&[&other, IDR])]));
    let Codec::H265(parameters) = &second.track.codec else { unreachable!() };
    assert_eq!(parameters.sps, [Bytes::from(other)], "in place of the one with its id");
    assert_eq!((parameters.vps.len(), parameters.pps.len()), (1, 1));
    // sps_seq_parameter_set_id 1: 010.
    let added = join(&[&SPS[..15], &[0x50]]);
    let third = publisher.picture(&join(&[b"\x93hvc1", &units(&[&added, IDR])]));
    let Codec::H265(parameters) = &third.track.codec else { unreachable!() };
    assert_eq!(parameters.sps.len(), 2);
}

#[test]
fn h265_by_its_unofficial_number() {
    let mut publisher = Publisher::new();
    let Codec::H265(parameters) = &h265_track(0).codec else { unreachable!() };
    assert!(publisher.video(&join(&[&[0x1c, 0, 0, 0, 0], &parameters.record()])).is_empty());
    let frame = publisher.picture(&join(&[&[0x1c, 1, 0, 0, 80], &units(&[IDR])]));
    assert_eq!((frame.track.codec.name(), frame.pts - frame.dts), ("h265", Delta::millis(80)));
    assert_eq!(head(&frame, 0)[..], *b"\x91hvc1\0\0\x50", "never written so");
}

#[test]
fn composition_time_stands_where_it_should() {
    let mut publisher = h265_started();
    let with = publisher.picture(&join(&[b"\xa1hvc1\xff\xff\xd8", &units(&[SLICE])]));
    assert_eq!(with.pts - with.dts, Delta::millis(-40));
    let without = publisher.picture(&join(&[b"\xa3hvc1", &units(&[SLICE])]));
    assert_eq!((&with.payload, without.pts), (&without.payload, without.dts));
    assert!(publisher.video(b"\xa1hvc1\0\0").is_empty());
    assert_eq!(publisher.lost(), (0, 1));
}

#[test]
fn nanoseconds_move_both_times() {
    let mut publisher = h265_started();
    let frame = publisher.picture(&join(&[b"\xa7\x02\x07\xa1\x20\x01hvc1\0\0\x28", &units(&[SLICE])]));
    assert_eq!((frame.dts, frame.pts), (Time::from_micros(1_000_500), Time::from_micros(1_040_500)));
}

#[test]
fn vp8_begins_with_a_key_frame_and_changes_size_with_one() {
    let mut publisher = Publisher::new();
    let key = |width: u8| join(&[b"\x91vp08", &[0x10, 0, 0, 0x9d, 1, 0x2a, width, 0, 48, 0, 7]]);
    assert!(publisher.video(b"\xa1vp08\x11\0\0").is_empty());
    let first = publisher.picture(&key(64));
    assert_eq!(first.track.codec.picture().map(|picture| (picture.width, picture.height)), Some((64, 48)));
    let inter = publisher.picture(b"\xa1vp08\x11\0\0");
    assert!(first.keyframe && !inter.keyframe && Arc::ptr_eq(&first.track, &inter.track));
    assert!(Arc::ptr_eq(&publisher.picture(&key(64)).track, &first.track));
    assert!(!Arc::ptr_eq(&publisher.picture(&key(80)).track, &first.track));
    assert_eq!(publisher.lost(), (0, 1));
}

#[test]
fn opus_without_a_header_has_the_channels_of_its_packets_or_of_its_configuration() {
    let channels = |bodies: &[&[u8]]| {
        let mut publisher = Publisher::new();
        let mut frames: Vec<_> = bodies.iter().flat_map(|body| publisher.audio(body)).collect();
        frames.pop().unwrap().unwrap().track.codec.channels()
    };
    assert_eq!(channels(&[b"\x91Opus\xf8abc"]), Some(1));
    assert_eq!(channels(&[b"\x91Opus\xfcabc"]), Some(2));
    assert_eq!(channels(&[b"\x90Opus", b"\x94Opus\x01\x06\0\0\0\x3f", b"\x91Opus\xfcabc"]), Some(6));
    let duration = Publisher::new().sound(b"\x91Opus\xfcabc").duration;
    assert_eq!(duration, Some(Delta::millis(20)));
}

/// Layer III at 128 kbit/s and 44.1 kHz: 417 bytes.
fn mp3() -> Vec<u8> {
    let mut frame = vec![0xff, 0xfb, 0x90, 0x44];
    frame.resize(417, 7);
    frame
}

#[test]
fn several_frames_of_mp3_in_a_body_follow_one_another() {
    let mut publisher = Publisher::new();
    let body = join(&[&[0x2f], &mp3(), &mp3(), &mp3()]);
    let frames: Vec<_> = publisher.audio(&body).into_iter().map(Result::unwrap).collect();
    let times: Vec<_> = frames.iter().map(|frame| frame.dts.as_micros()).collect();
    assert_eq!(times, [1_000_000, 1_026_122, 1_052_244]);
    assert!(frames.iter().all(|frame| frame.payload == mp3() && Arc::ptr_eq(&frame.track, &frames[0].track)));
    let cut = join(&[b"\x91.mp3", &mp3(), &mp3()[..400]]);
    assert_eq!(publisher.sound(&cut).payload, mp3());
    assert_eq!(publisher.lost(), (1, 0));
    assert!(publisher.audio(b"\x91.mp3garbage").is_empty());
    assert_eq!(publisher.lost(), (1, 1));
    // The format of 8 kHz says no more than that of the others.
    assert_eq!(publisher.sound(&join(&[&[0xef], &mp3()])).track.codec.sample_rate(), Some(44_100));
}

#[test]
fn a_body_of_endless_small_frames_is_cut() {
    // The smallest there are, 8 kbit/s and 22.05 kHz: 26 bytes.
    let mut small = vec![0xff, 0xf3, 0x10, 0xc4];
    small.resize(26, 0);
    let mut publisher = Publisher::new();
    assert_eq!(publisher.audio(&join(&[&[0x2f], &small.repeat(1000)])).len(), 64);
    assert_eq!(publisher.lost(), (1, 0));
}

#[test]
fn all_tracks_of_a_body_give_their_frames() {
    let mut publisher = h265_started();
    let Codec::H265(parameters) = &h265_track(0).codec else { unreachable!() };
    let record = parameters.record();
    let part = |number: u8, data: &[u8]| join(&[&[number, 0, 0, data.len() as u8], data]);
    let headers = join(&[b"\x96\x10hvc1", &part(1, &record), &part(2, &record)]);
    assert!(publisher.video(&headers).is_empty());
    let data = units(&[IDR]);
    let broken = [0, 0, 0, 9, 0x26];
    let body = join(&[b"\x96\x13hvc1", &part(0, &data), &part(1, &broken), &part(2, &data), &part(3, &data)]);
    let frames: Vec<_> = publisher.video(&body).into_iter().map(Result::unwrap).collect();
    let ids: Vec<_> = frames.iter().map(|frame| frame.track.id.0).collect();
    assert_eq!(ids, [0, 0x102]);
    assert_eq!(publisher.lost(), (0, 2), "one is broken, one has no configuration");
    let tracks: Vec<_> = publisher.0.tracks().map(|track| track.id.0).collect();
    assert_eq!(tracks, [0, 0x101, 0x102]);
}

#[test]
fn an_error_in_one_track_leaves_the_others() {
    let mut publisher = h265_started();
    let data = units(&[IDR]);
    let size = data.len() as u8;
    let body = join(&[b"\x96\x23vvc1\x01\0\0\0hvc1\0\0\0", &[size], &data, b"hvc1\x01\0\0\xff"]);
    let [Err(unknown), Ok(frame), Err(broken)] = <[_; 3]>::try_from(publisher.video(&body)).unwrap() else {
        panic!("one of each");
    };
    assert_eq!(unknown, Error::Unsupported(Name::FourCc(*b"vvc1")));
    assert_eq!(frame.track.id, TrackId(0));
    assert!(matches!(broken, Error::Parse(_)));
}

#[test]
fn there_are_sixteen_tracks_and_no_more() {
    let mut publisher = Publisher::new();
    for number in 0..15 {
        assert_eq!(publisher.sound(&join(&[b"\x95\x01Opus", &[number], b"\xfcabc"])).payload, b"\xfcabc"[..]);
    }
    assert!(publisher.video(&sequence_header(&h265_track(0), 0).unwrap()).is_empty());
    let error = publisher.audio(b"\x95\x01Opus\x0f\xfcabc").pop().unwrap().unwrap_err();
    assert_eq!(error, Error::TooManyTracks { max: 16 });
    assert_eq!(publisher.sound(b"\x95\x01Opus\x0e\xfcabc").track.id, TrackId(0x20e), "the others go on");
}

#[test]
fn another_codec_begins_with_its_own_header_or_key_frame() {
    let mut publisher = h265_started();
    publisher.picture(&join(&[b"\x93hvc1", &units(&[IDR])]));
    assert!(publisher.video(b"\xa1vp08\x11\0\0").is_empty());
    let key = join(&[b"\x91vp08", &[0x10, 0, 0, 0x9d, 1, 0x2a, 64, 0, 48, 0, 7]]);
    assert_eq!(publisher.picture(&key).track.codec.name(), "vp8");
    assert!(publisher.video(&join(&[b"\xa3hvc1", &units(&[SLICE])])).is_empty(), "of the former codec");
}

#[test]
fn main_tracks_are_written_in_the_original_form_if_there_is_one() {
    let header = |clip: &[u8], kind, number| {
        let frame = frames(clip).into_iter().find(|frame| frame.track.kind() == kind).unwrap();
        let configuration = sequence_header(&frame.track, number).map(|body| body[..2].to_vec());
        (configuration, head(&frame, number).to_vec())
    };
    let some = |bytes: [u8; 2]| Some(bytes.to_vec());
    let [h265, av1, vp9, ac3, eac3, mp3] = CLIPS.map(|(_, clip, _)| clip);
    assert_eq!(header(mp3, Kind::Video, 0).0, some([0x17, 0]));
    assert_eq!(header(h265, Kind::Audio, 0), (some([0xaf, 0]), vec![0xaf, 1]));
    assert_eq!(header(mp3, Kind::Audio, 0), (None, vec![0x2f]));
    assert_eq!(header(av1, Kind::Video, 0), (some([0x90, b'a']), b"\x91av01".to_vec()));
    assert_eq!(header(vp9, Kind::Video, 0), (some([0x90, b'v']), b"\x91vp09".to_vec()));
    assert_eq!(header(av1, Kind::Audio, 0), (some([0x90, b'O']), b"\x91Opus".to_vec()));
    assert_eq!(header(vp9, Kind::Audio, 0), (some([0x90, b'f']), b"\x91fLaC".to_vec()));
    assert_eq!(header(ac3, Kind::Audio, 0), (None, b"\x91ac-3".to_vec()));
    assert_eq!(header(eac3, Kind::Audio, 0), (None, b"\x91ec-3".to_vec()));
    // And none of them as another track.
    assert_eq!(header(h265, Kind::Audio, 2), (some([0x95, 0]), b"\x95\x01mp4a\x02".to_vec()));
    assert_eq!(header(mp3, Kind::Audio, 2), (None, b"\x95\x01.mp3\x02".to_vec()));
    assert_eq!(header(av1, Kind::Video, 2), (some([0x96, 0]), b"\x96\x01av01\x02".to_vec()));
    let (configuration, frame) = header(mp3, Kind::Video, 2);
    assert_eq!((configuration, &frame[1..7]), (some([0x96, 0]), &b"\x01avc1\x02"[..]));
}

#[test]
fn metadata_maps_further_tracks() {
    let audio = |id| {
        let codec = Codec::Opus(opus::Parameters::new(2).unwrap());
        Arc::new(Track { id: TrackId(id), codec })
    };
    let body = metadata(&[h265_track(0), audio(1), audio(0x201), h265_track(0x101)], "Sluice", Delta::ZERO);
    let size = Value::parse(&body).unwrap().1;
    let value = Value::parse(&body[size..]).unwrap().0;
    let object = value.as_object().unwrap();
    assert_eq!(object.find("videocodecid"), Some(&Value::Number(1_752_589_105.0)));
    assert_eq!(object.find("audiocodecid"), Some(&Value::Number(1_332_770_163.0)));
    assert_eq!(object.find("audiochannels"), Some(&Value::Number(2.0)));
    let further = |map, name| object.find(map)?.as_object()?.find("1")?.as_object()?.find(name).cloned();
    assert_eq!(further("videoTrackIdInfoMap", "videocodecid"), Some(Value::Number(1_752_589_105.0)));
    assert_eq!(further("audioTrackIdInfoMap", "channels"), Some(Value::Number(2.0)));
    assert_eq!(further("audioTrackIdInfoMap", "samplerate"), Some(Value::Number(48_000.0)));
    let plain = metadata(&[h265_track(0)], "Sluice", Delta::ZERO);
    assert!(!plain.windows(7).any(|window| window == b"TrackId"), "a map only for several");
}

proptest! {
    #[test]
    fn no_enhanced_body_panics(
        bodies in prop::collection::vec(
            (any::<bool>(), 0..8u8, 0..8u8, 0..FourCc::ALL.len(), prop::collection::vec(any::<u8>(), 0..60)),
            0..12,
        ),
    ) {
        let mut demuxer = Demuxer::new();
        for (video, frame_type, packet_type, code, rest) in bodies {
            let first = if video { 0x80 | frame_type << 4 } else { 0x90 } | packet_type;
            let body = Bytes::from(join(&[&[first], &FourCc::ALL[code].code(), &rest]));
            let kind = if video { TagKind::Video } else { TagKind::Audio };
            for frame in read(&mut demuxer, kind, Time::MAX, body).into_iter().flatten() {
                assert_canonical(&frame);
            }
        }
    }

    /// Real bodies with a few bytes changed.
    #[test]
    fn no_damaged_clip_panics(
        clip in 0..CLIPS.len() + 1,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let clip = CLIPS.get(clip).map_or(TRACKS, |(_, clip, _)| *clip);
        let mut tags = tags(clip);
        for (tag, place, value) in changes {
            let tag = tag.index(tags.len());
            let mut body = tags[tag].body.to_vec();
            let place = place.index(body.len());
            body[place] = value;
            tags[tag].body = body.into();
        }
        let mut demuxer = Demuxer::new();
        for tag in tags {
            for frame in read(&mut demuxer, tag.kind, Time::ZERO, tag.body).into_iter().flatten() {
                if frame.track.kind() != Kind::Data {
                    assert_canonical(&frame);
                }
            }
        }
    }
}
