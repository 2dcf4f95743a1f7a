#![allow(clippy::unwrap_used)]

use media::{Kind, TrackId, Unwrap, h264};
use proptest::prelude::*;

use super::*;
use crate::flv::{Reader, TagKind, head, sequence_header};

const VIDEO: TrackId = TrackId(0);
const DATA: TrackId = TrackId(2);

const CLIP: &[u8] = include_bytes!("../../fixtures/flv/ffmpeg_bframes.flv");
const SPS: &[u8] = &[
    0x67, 0x64, 0x00, 0x0a, 0xac, 0x72, 0x84, 0x44, 0x26, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00,
    0x03, 0x00, 0xca, 0x3c, 0x48, 0x96, 0x11, 0x80,
];
const PPS: &[u8] = &[0x68, 0xe8, 0x43, 0x8f, 0x13, 0x21, 0x30];
const IDR: &[u8] = &[0x65, 0x88, 0x84, 0x00, 0x33];
const SLICE: &[u8] = &[0x41, 0x9a, 0x24, 0x6c];
const SEI: &[u8] = &[0x06, 0x05, 0x02, 0xaa, 0xbb, 0x80];

fn at(millis: i64) -> Time {
    Time::from_millis(millis)
}

/// NAL units behind 4-byte lengths.
fn units(nals: &[&[u8]]) -> Vec<u8> {
    nals.iter()
        .flat_map(|nal| (nal.len() as u32).to_be_bytes().into_iter().chain(nal.iter().copied()))
        .collect()
}

fn body(key: bool, data: &[u8]) -> Bytes {
    let mut body = vec![if key { 0x17 } else { 0x27 }, 1, 0, 0, 0];
    body.extend(data);
    body.into()
}

fn h264_header(sps: &'static [u8]) -> Bytes {
    let parameters =
        h264::Parameters::new(vec![Bytes::from_static(sps)], vec![Bytes::from_static(PPS)]).unwrap();
    sequence_header(&Track { id: VIDEO, codec: Codec::H264(parameters) }, 0).unwrap()
}

struct Publisher(Demuxer);

impl Publisher {
    fn new() -> Publisher {
        Publisher(Demuxer::new())
    }

    fn started() -> Publisher {
        let mut publisher = Publisher::new();
        assert!(publisher.video(h264_header(SPS)).is_none());
        publisher
    }

    fn video(&mut self, body: Bytes) -> Option<Frame> {
        only(self.0.video(Time::ZERO, SystemTime::UNIX_EPOCH, body)).unwrap()
    }

    fn audio(&mut self, body: &'static [u8]) -> Option<Frame> {
        only(self.0.audio(Time::ZERO, SystemTime::UNIX_EPOCH, Bytes::from_static(body))).unwrap()
    }

    fn data(&mut self, body: &'static [u8]) -> Result<Option<Frame>, Error> {
        only(self.0.data(Time::ZERO, SystemTime::UNIX_EPOCH, Bytes::from_static(body)))
    }

    fn lost(&self) -> (u64, u64) {
        (self.0.repaired(), self.0.dropped())
    }
}

/// Of a body that holds one frame at most.
#[track_caller]
fn only(mut frames: Frames) -> Result<Option<Frame>, Error> {
    let first = frames.next().transpose();
    assert!(frames.next().is_none(), "one frame a body");
    first
}

fn frames(clip: &[u8]) -> (Demuxer, Vec<Frame>) {
    let mut demuxer = Demuxer::new();
    let mut reader = Reader::new();
    let mut unwrap = Unwrap::new(32);
    let mut frames = Vec::new();
    reader.push(clip);
    while let Some(tag) = reader.next().unwrap() {
        let (time, wall) = (at(unwrap.next(tag.timestamp.into())), SystemTime::UNIX_EPOCH);
        let found = match tag.kind {
            TagKind::Video => demuxer.video(time, wall, tag.body),
            TagKind::Audio => demuxer.audio(time, wall, tag.body),
            TagKind::Data => demuxer.data(time, wall, tag.body),
        };
        frames.extend(found.map(Result::unwrap));
    }
    (demuxer, frames)
}

#[test]
fn a_clip_becomes_its_frames() {
    let (demuxer, frames) = frames(CLIP);
    let video: Vec<_> = frames.iter().filter(|frame| frame.track.kind() == Kind::Video).collect();
    assert_eq!((video.len(), frames.len()), (50, 138));
    let keys: Vec<_> =
        video.iter().filter(|frame| frame.keyframe).map(|frame| frame.pts - video[0].pts).collect();
    assert_eq!(keys, [Delta::ZERO, Delta::secs(1)]);
    assert!(
        video.windows(2).all(|pair| pair[0].dts < pair[1].dts && Arc::ptr_eq(&pair[0].track, &pair[1].track))
    );
    let mut shown: Vec<_> = video.iter().map(|frame| frame.pts).collect();
    shown.sort();
    assert!(
        shown.windows(2).all(|pair| pair[1] - pair[0] == Delta::millis(40)),
        "B-frames fill every place once"
    );
    // The clip has access unit delimiters; frames have not.
    for frame in &video {
        let kinds = h264::nal_units(&frame.payload, 4).map(|nal| frame.payload[nal.unwrap().start] & 31);
        assert!(kinds.into_iter().all(|kind| matches!(kind, 1 | 5 | 6)));
    }
    let audio = frames.iter().find(|frame| frame.track.kind() == Kind::Audio).unwrap();
    assert_eq!(audio.duration, Some(Delta::from_ticks(1024, 44100)));
    assert_eq!((demuxer.repaired(), demuxer.dropped()), (0, 0));
    assert_eq!(demuxer.tracks().map(|track| track.codec.name()).collect::<Vec<_>>(), ["h264", "aac"]);
    let metadata = demuxer.metadata().unwrap();
    assert_eq!((metadata.width, metadata.height, metadata.frame_rate), (Some(64), Some(64), Some(25.0)));
    assert_eq!(metadata.encoder.as_deref(), Some("Lavf59.27.100"));
    assert_eq!(metadata.video_bitrate, Some(39_063));
}

#[test]
fn frames_written_and_read_again_are_the_same() {
    let (_, before) = frames(CLIP);
    let mut again = Demuxer::new();
    for frame in &before {
        let header = sequence_header(&frame.track, 0).unwrap();
        let bytes: Bytes = [&head(frame, 0)[..], &frame.payload].concat().into();
        let mut read = |body| match frame.track.kind() {
            Kind::Video => only(again.video(frame.dts, frame.wall, body)).unwrap(),
            _ => only(again.audio(frame.dts, frame.wall, body)).unwrap(),
        };
        assert!(read(header).is_none());
        let after = read(bytes).unwrap();
        assert_eq!(after.track, frame.track);
        assert_eq!((after.dts, after.pts, after.keyframe), (frame.dts, frame.pts, frame.keyframe));
        assert_eq!(after.payload, frame.payload);
    }
}

#[test]
fn a_clean_payload_is_not_copied() {
    let body = body(true, &units(&[SEI, IDR]));
    let frame = Publisher::started().video(body.clone()).unwrap();
    assert_eq!(frame.payload.as_ptr(), body[5..].as_ptr());
    assert_eq!(frame.payload, body[5..]);
}

#[test]
fn delimiters_sets_filler_and_empty_units_are_cut_out() {
    let mut data = units(&[&[0x09, 0xf0], SPS, PPS, SEI, IDR, &[0x0c, 0xff, 0x80]]);
    data.extend([0; 4]);
    let mut publisher = Publisher::started();
    assert_eq!(publisher.video(body(true, &data)).unwrap().payload, units(&[SEI, IDR]));
    assert_eq!(publisher.lost(), (0, 0));
}

#[test]
fn short_nal_lengths_become_four_bytes() {
    for (size, length) in [(1usize, vec![IDR.len() as u8]), (2, vec![0, IDR.len() as u8])] {
        let mut header = h264_header(SPS).to_vec();
        header[5 + 4] = 0xfc | (size as u8 - 1);
        let mut publisher = Publisher::new();
        publisher.video(header.into());
        let frame = publisher.video(body(true, &[&length, IDR].concat())).unwrap();
        assert_eq!(frame.payload, units(&[IDR]));
    }
}

#[test]
fn composition_time_is_signed() {
    let mut demuxer = Publisher::started().0;
    for (bytes, millis) in [([0, 0, 80], 80), ([0xff, 0xff, 0xd8], -40), ([0x80, 0, 0], -0x80_0000)] {
        let body = [&[0x27, 1][..], &bytes, &units(&[SLICE])].concat();
        let frame = only(demuxer.video(at(1000), SystemTime::UNIX_EPOCH, body.into())).unwrap().unwrap();
        assert_eq!((frame.dts, frame.pts), (at(1000), at(1000 + millis)));
    }
}

#[test]
fn the_same_configuration_again_is_the_same_track() {
    let mut publisher = Publisher::started();
    let first = publisher.video(body(true, &units(&[IDR]))).unwrap();
    publisher.video(h264_header(SPS));
    let second = publisher.video(body(true, &units(&[SPS, PPS, IDR]))).unwrap();
    assert!(Arc::ptr_eq(&first.track, &second.track));
}

#[test]
fn parameter_sets_that_differ_make_a_new_track_from_their_frame_on() {
    let mut publisher = Publisher::started();
    let before = publisher.video(body(true, &units(&[IDR]))).unwrap();
    let other = [&PPS[..PPS.len() - 1], &[0x50]].concat();
    let after = publisher.video(body(true, &units(&[&other, IDR]))).unwrap();
    assert!(!Arc::ptr_eq(&before.track, &after.track));
    let Codec::H264(parameters) = &after.track.codec else { unreachable!() };
    assert_eq!(
        (&parameters.sps[..], &parameters.pps[..]),
        (&[Bytes::from(SPS)][..], &[Bytes::from(other)][..])
    );
    assert_eq!(after.track.id, before.track.id);
}

#[test]
fn a_set_with_another_id_is_added() {
    let mut publisher = Publisher::started();
    // pic_parameter_set_id 1: 010.
    let second = [0x68, 0x5a, 0x43, 0x8f, 0x20];
    let frame = publisher.video(body(true, &units(&[&second, IDR]))).unwrap();
    let Codec::H264(parameters) = &frame.track.codec else { unreachable!() };
    assert_eq!(parameters.pps, [Bytes::from(PPS), Bytes::copy_from_slice(&second)]);
}

#[test]
fn endless_new_sets_do_not_grow_the_track() {
    let mut publisher = Publisher::started();
    for round in 0..300u32 {
        // Ids 1 to 255 in 17 bits or fewer, with 4 KiB behind each.
        let code = (round % 255 + 2) << 15;
        let mut pps = vec![0x68];
        pps.extend(code.to_be_bytes());
        pps.resize(4096, round as u8 | 1);
        publisher.video(body(true, &units(&[&pps, IDR])));
    }
    let Codec::H264(parameters) = &publisher.0.tracks().next().unwrap().codec else { unreachable!() };
    assert!(parameters.pps.iter().map(Bytes::len).sum::<usize>() <= 64 << 10);
}

#[test]
fn before_the_sequence_header_only_a_key_frame_with_its_sets_is_taken() {
    let mut publisher = Publisher::new();
    assert!(publisher.video(body(true, &units(&[IDR]))).is_none());
    assert!(publisher.video(body(false, &units(&[SPS, PPS, SLICE]))).is_none());
    assert_eq!(publisher.lost(), (0, 2));
    let frame = publisher.video(body(true, &units(&[SPS, PPS, IDR]))).unwrap();
    assert_eq!(frame.payload, units(&[IDR]));
    assert!(publisher.video(body(false, &units(&[SLICE]))).is_some());
}

#[test]
fn sets_in_a_message_of_their_own_start_the_track() {
    let mut publisher = Publisher::new();
    assert!(publisher.video(body(true, &units(&[SPS, PPS]))).is_none());
    assert!(publisher.video(body(true, &units(&[IDR]))).is_some());
    assert_eq!(publisher.lost(), (0, 0));
}

#[test]
fn a_key_frame_is_an_idr_or_what_the_tag_says_of_a_picture() {
    let mut publisher = Publisher::started();
    let mut key =
        |flag, nals: &[&[u8]]| publisher.video(body(flag, &units(nals))).map(|frame| frame.keyframe);
    assert_eq!(key(false, &[IDR]), Some(true));
    assert_eq!(key(true, &[SLICE]), Some(true));
    assert_eq!(key(false, &[SLICE]), Some(false));
    assert_eq!(key(true, &[SEI]), None);
}

#[test]
fn a_broken_length_loses_what_follows_it() {
    let mut publisher = Publisher::started();
    let mut data = units(&[SEI, IDR]);
    let good = data.len();
    data.extend([0, 0, 0x10, 0, 0x41, 0x9a]);
    let body = body(true, &data);
    let frame = publisher.video(body.clone()).unwrap();
    assert_eq!(frame.payload.as_ptr(), body[5..].as_ptr(), "the good part is not copied");
    assert_eq!(frame.payload, data[..good]);
    assert_eq!(publisher.lost(), (1, 0));
}

#[test]
fn a_frame_cut_at_any_byte_is_whole_units_or_nothing() {
    let data = units(&[SEI, IDR, IDR]);
    let mut publisher = Publisher::started();
    for end in 0..data.len() {
        let kept = publisher.video(body(true, &data[..end])).map_or(0, |frame| frame.payload.len());
        let expected = if end < 19 { 0 } else { 19 };
        assert_eq!(kept, expected, "cut at {end}");
    }
    let (repaired, dropped) = publisher.lost();
    // Cuts between units are no break.
    assert_eq!((repaired, dropped), (8, 19));
}

#[test]
fn start_codes_instead_of_lengths_are_understood() {
    let mut publisher = Publisher::new();
    let code: &[u8] = &[0, 0, 0, 1];
    let stream = [code, SPS, code, PPS, &[0, 0, 1], SEI, &[0, 0, 1], IDR].concat();
    let frame = publisher.video(body(true, &stream)).unwrap();
    assert_eq!(frame.payload, units(&[SEI, IDR]));
    assert_eq!(publisher.video(body(false, &[code, SLICE].concat())).unwrap().payload, units(&[SLICE]));
    assert_eq!(publisher.lost(), (2, 0));
}

#[test]
fn a_malformed_sei_is_cut_out_alone() {
    let mut publisher = Publisher::started();
    let bad: [&[u8]; 5] = [
        &[0x06],
        &[0x06, 0x05],
        &[0x06, 0x05, 0x09, 1, 2, 0x80],
        &[0x06, 0xff, 0xff],
        &[0x06, 1, 0xff, 0xff],
    ];
    for sei in bad {
        let frame = publisher.video(body(true, &units(&[sei, IDR]))).unwrap();
        assert_eq!(frame.payload, units(&[IDR]), "{sei:x?}");
    }
    assert_eq!(publisher.lost(), (5, 0));
}

#[test]
fn sound_sei_of_every_shape_stays() {
    let mut publisher = Publisher::started();
    let mut long = vec![0x06, 0x05, 0xff, 0x05];
    long.extend([7; 260]);
    long.push(0x80);
    let good: [&[u8]; 6] = [
        &[0x06, 0x01, 0x00, 0x80],
        &[0x06, 0x05, 0x02, 1, 2],
        // The emulation prevention byte does not count.
        &[0x06, 0x05, 0x04, 0, 0, 3, 0, 1, 0x80],
        &[0x06, 0x01, 0x01, 9, 0x05, 0x01, 9, 0x80, 0, 0],
        &[0x06, 0xff, 0x01, 0x01, 9, 0x80],
        &long,
    ];
    for sei in good {
        let data = units(&[sei, IDR]);
        assert_eq!(publisher.video(body(true, &data)).unwrap().payload, data, "{sei:x?}");
    }
    assert_eq!(publisher.lost(), (0, 0));
}

/// Looking ahead at each of the million messages would take minutes.
#[test]
fn an_sei_of_a_million_empty_messages_is_looked_at_once() {
    let mut publisher = Publisher::started();
    let long = |zeros: usize| [&[0x06][..], &vec![0; zeros], &[0x80]].concat();
    let data = units(&[&long(2 << 20), IDR]);
    assert_eq!(publisher.video(body(true, &data)).unwrap().payload, data);
    // With one more, the last byte is the size of a message that is not there.
    let data = units(&[&long((2 << 20) + 1), IDR]);
    assert_eq!(publisher.video(body(true, &data)).unwrap().payload, units(&[IDR]));
}

#[test]
fn a_bad_sequence_header_is_an_error_and_the_track_stays() {
    let mut publisher = Publisher::started();
    let broken = Bytes::from_static(&[0x17, 0, 0, 0, 0, 1]);
    let error = only(publisher.0.video(Time::ZERO, SystemTime::UNIX_EPOCH, broken));
    assert!(matches!(error, Err(Error::Parse(_))));
    assert!(publisher.video(body(true, &units(&[IDR]))).is_some());
}

#[test]
fn end_of_sequence_and_player_messages_are_no_loss() {
    let mut publisher = Publisher::started();
    assert!(publisher.video(Bytes::from_static(&[0x17, 2, 0, 0, 0])).is_none());
    assert!(publisher.video(Bytes::from_static(&[0x57, 0])).is_none());
    assert_eq!(publisher.lost(), (0, 0));
}

#[test]
fn audio_begins_with_its_configuration() {
    let mut publisher = Publisher::new();
    assert!(publisher.audio(&[0xaf, 1, 0x21]).is_none());
    assert!(publisher.audio(&[0xaf, 0, 0x12, 0x10]).is_none());
    let first = publisher.audio(&[0xaf, 1, 0x21]).unwrap();
    assert_eq!(first.payload, [0x21][..]);
    assert!(first.keyframe);
    assert!(publisher.audio(&[0xaf, 1]).is_none(), "an empty frame");
    assert!(publisher.audio(&[]).is_none(), "silence");
    assert_eq!(publisher.lost(), (0, 2));
    publisher.audio(&[0xaf, 0, 0x12, 0x10]);
    let second = publisher.audio(&[0xaf, 1, 0x22]).unwrap();
    assert!(Arc::ptr_eq(&first.track, &second.track));
    publisher.audio(&[0xaf, 0, 0x11, 0x90]);
    let third = publisher.audio(&[0xaf, 1, 0x23]).unwrap();
    assert!(!Arc::ptr_eq(&second.track, &third.track), "48 kHz now");
}

#[test]
fn other_codecs_are_named() {
    let mut demuxer = Demuxer::new();
    let mut video = |body: &'static [u8]| {
        only(demuxer.video(Time::ZERO, SystemTime::UNIX_EPOCH, Bytes::from_static(body)))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(video(b"\x90dvh1\0"), "codec 'dvh1' is not supported in FLV");
    assert_eq!(video(b"\x90Opus\0"), "codec 'Opus' is not supported in FLV", "which is no video");
    assert_eq!(video(&[0x12, 0]), "codec Sorenson H.263 is not supported in FLV");
    assert_eq!(video(&[0x1e, 0]), "codec video 14 is not supported in FLV");
    assert_eq!(video(b"\x90hv"), "enhanced FLV header: truncated at byte 3");
    let mut audio = |body: &'static [u8]| {
        only(demuxer.audio(Time::ZERO, SystemTime::UNIX_EPOCH, Bytes::from_static(body)))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(audio(b"\x90alac"), "codec 'alac' is not supported in FLV");
    assert_eq!(audio(&[0xb2, 1]), "codec Speex is not supported in FLV");
}

#[test]
fn script_data_is_metadata_or_a_frame() {
    let mut publisher = Publisher::new();
    let cue = b"\x02\0\x0aonTextData\x08\0\0\0\x01\0\x04text\x02\0\x02hi\0\0\x09";
    let frame = publisher.data(cue).unwrap().unwrap();
    assert_eq!((frame.track.kind(), frame.track.id, &frame.payload[..]), (Kind::Data, DATA, &cue[..]));
    let wrapped = publisher.data(b"\x02\0\x0d@setDataFrame\x02\0\x04onFI\x05").unwrap().unwrap();
    assert_eq!(wrapped.payload, b"\x02\0\x04onFI\x05"[..]);
    assert!(Arc::ptr_eq(&wrapped.track, &frame.track));
    assert!(publisher.data(b"\x02\0\x11|RtmpSampleAccess\x01\x01").unwrap().is_none());

    let set = b"\x02\0\x0d@setDataFrame\x02\0\x0aonMetaData\x03\0\x05width\0\x40\x94\0\0\0\0\0\0\0\x06height\0\x7f\xf8\0\0\0\0\0\0\0\0\x09";
    assert!(publisher.data(set).unwrap().is_none());
    assert_eq!(
        publisher.0.metadata(),
        Some(&Metadata { width: Some(1280), ..Metadata::default() }),
        "no NaN"
    );
    assert!(publisher.data(b"\x02\0\x0f@clearDataFrame\x02\0\x0aonMetaData").unwrap().is_none());
    assert_eq!(publisher.0.metadata(), None);
    assert!(publisher.data(&[0x05]).is_err(), "no name");
    assert!(publisher.data(b"\x02\0\x04onFI\x02\0\x09x").is_err(), "a broken value");
}

proptest! {
    #[test]
    fn no_body_panics(bodies in prop::collection::vec((0..3u8, prop::collection::vec(any::<u8>(), 0..40)), 0..8)) {
        let mut demuxer = Publisher::started().0;
        for (kind, bytes) in bodies {
            let (time, wall, body) = (Time::MAX, SystemTime::UNIX_EPOCH, Bytes::from(bytes));
            let _ = match kind {
                0 => demuxer.video(time, wall, body),
                1 => demuxer.audio(time, wall, body),
                _ => demuxer.data(time, wall, body),
            };
        }
    }

    #[test]
    fn what_comes_out_is_canonical(data in prop::collection::vec(prop_oneof![Just(0u8), 1..12u8, any::<u8>()], 0..60)) {
        let mut publisher = Publisher::started();
        if let Some(frame) = publisher.video(body(true, &data)) {
            let mut whole = 0;
            for nal in h264::nal_units(&frame.payload, 4) {
                let nal = nal.unwrap();
                prop_assert!(!matches!(frame.payload[nal.start] & 31, 7 | 8 | 9 | 12));
                whole += 4 + nal.len();
            }
            prop_assert_eq!(whole, frame.payload.len());
        }
    }
}

/// Whether `frame` keeps `body` alive.
fn is_part(frame: &Frame, body: &Bytes) -> bool {
    body.as_ptr_range().contains(&frame.payload.as_ptr())
}

#[test]
fn a_small_picture_does_not_keep_the_large_body_that_it_came_with() {
    let mut publisher = Publisher::started();
    let whole = body(false, &units(&[SLICE]));
    assert!(is_part(&publisher.video(whole.clone()).unwrap(), &whole), "the usual case copies nothing");
    let mut broken = units(&[SLICE]);
    broken.extend([0xff; 4]);
    broken.resize(1 << 20, 0);
    let broken = body(false, &broken);
    let frame = publisher.video(broken.clone()).unwrap();
    assert_eq!(frame.payload, units(&[SLICE]));
    assert!(!is_part(&frame, &broken));
}

#[test]
fn a_sequence_header_beyond_reason_is_refused() {
    let config = |size: usize| {
        let mut body = vec![0xaf, 0, 0x11, 0x90];
        body.resize(2 + size, 0);
        Bytes::from(body)
    };
    let mut demuxer = Demuxer::new();
    let mut take = |body| demuxer.audio(Time::ZERO, SystemTime::UNIX_EPOCH, body).collect::<Vec<_>>();
    assert!(take(config(64 << 10)).is_empty());
    assert!(matches!(take(config((64 << 10) + 1))[..], [Err(Error::Parse(_))]));
    assert_eq!(demuxer.tracks().count(), 1, "the track stays");
}
