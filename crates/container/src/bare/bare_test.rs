#![allow(clippy::unwrap_used)]

use media::{Delta, Kind, Unwrap};
use proptest::prelude::*;

use super::*;
use crate::{annexb, flv};

const SPS: &[u8] = &[
    0x67, 0x64, 0x00, 0x0a, 0xac, 0x72, 0x84, 0x44, 0x26, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00,
    0x03, 0x00, 0xca, 0x3c, 0x48, 0x96, 0x11, 0x80,
];
/// The same with another level.
const OTHER_SPS: &[u8] = &[
    0x67, 0x64, 0x00, 0x0b, 0xac, 0x72, 0x84, 0x44, 0x26, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00,
    0x03, 0x00, 0xca, 0x3c, 0x48, 0x96, 0x11, 0x80,
];
const PPS: &[u8] = &[0x68, 0xe8, 0x43, 0x8f, 0x13, 0x21, 0x30];
const IDR: &[u8] = &[0x65, 0x88, 0x84];
const SLICE: &[u8] = &[0x41, 0x9a, 0x24];
const DELIMITER: &[u8] = &[0x09, 0xf0];
const FILLER: &[u8] = &[0x0c, 0xff, 0xff, 0x80];

const CLIPS: [(&str, Coding, Option<Coding>, &[u8]); 4] = [
    ("h264", Coding::H264, None, include_bytes!("../../fixtures/flv/ffmpeg_bframes.flv")),
    ("h265", Coding::H265, None, include_bytes!("../../fixtures/flv/ffmpeg9_h265_aac.flv")),
    (
        "av1",
        Coding::Av1,
        Some(Coding::Opus { channels: 2 }),
        include_bytes!("../../fixtures/flv/ffmpeg9_av1_opus.flv"),
    ),
    ("vp9", Coding::Vp9, None, include_bytes!("../../fixtures/flv/ffmpeg9_vp9_flac.flv")),
];

fn unit(millis: i64, payload: &[u8]) -> Unit {
    let payload = Bytes::copy_from_slice(payload);
    Unit { time: Time::from_millis(millis), wall: SystemTime::UNIX_EPOCH, lost: false, payload }
}

fn stream(nals: &[&[u8]]) -> Vec<u8> {
    nals.iter().flat_map(|nal| [&[0, 0, 0, 1][..], nal]).collect::<Vec<_>>().concat()
}

fn lengths(nals: &[&[u8]]) -> Vec<u8> {
    nals.iter()
        .flat_map(|nal| (nal.len() as u32).to_be_bytes().into_iter().chain(nal.iter().copied()))
        .collect()
}

fn lane(coding: Coding) -> Lane {
    Lane::new(coding, TrackId(7))
}

/// A lane of H.264 whose first key frame has come.
fn started() -> Lane {
    let mut lane = lane(Coding::H264);
    assert!(lane.push(unit(0, &stream(&[SPS, PPS, IDR]))).is_some());
    lane
}

/// The frames of `kind` of a clip.
fn frames(clip: &[u8], kind: Kind) -> Vec<Frame> {
    let (mut reader, mut demuxer, mut unwrap) = (flv::Reader::new(), flv::Demuxer::new(), Unwrap::new(32));
    let mut frames = Vec::new();
    reader.push(clip);
    while let Some(tag) = reader.next().unwrap() {
        let time = Time::from_millis(unwrap.next(tag.timestamp.into()));
        let wall = SystemTime::UNIX_EPOCH;
        match tag.kind {
            flv::TagKind::Video => frames.extend(demuxer.video(time, wall, tag.body).map(Result::unwrap)),
            flv::TagKind::Audio => frames.extend(demuxer.audio(time, wall, tag.body).map(Result::unwrap)),
            flv::TagKind::Data => {}
        }
    }
    frames.retain(|frame| frame.track.kind() == kind);
    frames
}

/// As a depacketiser puts it out: of NAL units a byte stream, before key frames with the parameter sets.
fn sent(frame: &Frame) -> Bytes {
    let none: &[Bytes] = &[];
    let (syntax, sets) = match &frame.track.codec {
        Codec::H264(sets) => (Syntax::H264, [none, &sets.sps, &sets.pps]),
        Codec::H265(sets) => (Syntax::H265, [&sets.vps[..], &sets.sps, &sets.pps]),
        _ => return frame.payload.clone(),
    };
    let sets = if frame.keyframe { sets } else { [none; 3] };
    annexb::pieces(syntax, &frame.payload, sets).collect::<Vec<_>>().concat().into()
}

#[test]
fn what_was_sent_comes_out_as_it_was() {
    for (name, video, audio, clip) in CLIPS {
        for (kind, coding) in [(Kind::Video, Some(video)), (Kind::Audio, audio)] {
            let Some(coding) = coding else { continue };
            let originals = frames(clip, kind);
            let mut lane = Lane::new(coding, originals[0].track.id);
            for original in &originals {
                let unit =
                    Unit { time: original.pts, wall: original.wall, lost: false, payload: sent(original) };
                let frame = lane.push(unit).unwrap();
                assert_eq!(frame.payload, original.payload, "{name}");
                assert_eq!((frame.pts, frame.keyframe), (original.pts, original.keyframe), "{name}");
                assert_eq!(frame.duration, original.duration, "{name}");
                assert!(!frame.discontinuity, "{name}");
                assert!(
                    frame.track.codec.same_codec(&original.track.codec)
                        && frame.track.codec.picture().map(|picture| (picture.width, picture.height))
                            == original.track.codec.picture().map(|picture| (picture.width, picture.height)),
                    "{name}: {:?}",
                    frame.track
                );
                assert!(Arc::ptr_eq(&frame.track, lane.track().unwrap()), "{name}");
            }
            assert_eq!((lane.dropped(), lane.repaired()), (0, 0), "{name}");
        }
    }
}

#[test]
fn reordered_pictures_get_the_times_of_decoding_that_they_had() {
    let originals = frames(CLIPS[0].3, Kind::Video);
    assert!(originals.iter().any(|frame| frame.pts > frame.dts), "the clip has B-frames");
    let mut lane = lane(Coding::H264);
    let shifts: Vec<Delta> = originals
        .iter()
        .map(|original| {
            let Unit { wall, lost, .. } = unit(0, &[]);
            let unit = Unit { time: original.pts, wall, lost, payload: sent(original) };
            lane.push(unit).unwrap().dts - original.dts
        })
        .collect();
    // FLV counts milliseconds.
    assert!(shifts.iter().all(|shift| (*shift - shifts[0]).abs() <= Delta::millis(1)), "{shifts:?}");
}

#[test]
fn delimiters_and_filler_are_left_out_and_sets_become_the_track() {
    let mut lane = lane(Coding::H264);
    let frame = lane.push(unit(40, &stream(&[DELIMITER, SPS, PPS, IDR, IDR, FILLER]))).unwrap();
    assert_eq!(frame.payload, lengths(&[IDR, IDR]));
    assert_eq!((frame.track.id, frame.keyframe), (TrackId(7), true));
    let Codec::H264(sets) = &frame.track.codec else { panic!("{:?}", frame.track) };
    assert_eq!((&sets.sps[0][..], &sets.pps[0][..]), (SPS, PPS));
}

#[test]
fn pictures_before_the_first_key_frame_are_counted_and_not_passed_on() {
    let mut lane = lane(Coding::H264);
    assert!(lane.waits());
    assert!(lane.push(unit(0, &stream(&[SLICE]))).is_none());
    // Not even with sets: a decoder would show garbage.
    assert!(lane.push(unit(40, &stream(&[SPS, PPS, SLICE]))).is_none());
    // Nor a key frame that nobody can decode.
    assert!(lane.push(unit(80, &stream(&[IDR]))).is_none());
    assert_eq!(lane.dropped(), 3);
    assert!(lane.waits() && lane.track().is_none());
    let frame = lane.push(unit(120, &stream(&[SPS, PPS, IDR]))).unwrap();
    assert!(frame.keyframe && !frame.discontinuity, "nothing was before it");
    assert!(!lane.waits());
    assert!(!lane.push(unit(160, &stream(&[SLICE]))).unwrap().keyframe);
}

#[test]
fn sets_may_come_in_a_unit_of_their_own() {
    let mut lane = lane(Coding::H264);
    assert!(lane.push(unit(0, &stream(&[SPS, PPS]))).is_none());
    assert_eq!(lane.dropped(), 0);
    assert!(lane.track().is_some() && lane.waits());
    assert!(lane.push(unit(0, &stream(&[IDR]))).is_some());
}

#[test]
fn only_a_change_of_the_sets_makes_a_new_track() {
    let mut lane = started();
    let first = Arc::clone(lane.track().unwrap());
    let again = lane.push(unit(40, &stream(&[SPS, PPS, IDR]))).unwrap();
    assert!(Arc::ptr_eq(&again.track, &first));
    let changed = lane.push(unit(80, &stream(&[OTHER_SPS, PPS, IDR]))).unwrap();
    assert!(!Arc::ptr_eq(&changed.track, &first));
    assert_eq!(changed.track.id, first.id);
    let Codec::H264(sets) = &changed.track.codec else { panic!("{:?}", changed.track) };
    assert_eq!(sets.sps, [OTHER_SPS]);
}

#[test]
fn what_comes_after_a_loss_says_so_once() {
    let mut lane = started();
    let slice = stream(&[SLICE]);
    let lost = |millis| Unit { lost: true, ..unit(millis, &slice) };
    assert!(lane.push(lost(40)).unwrap().discontinuity);
    assert!(!lane.push(unit(80, &slice)).unwrap().discontinuity);
    // A unit that gives nothing is a loss as well, and one that is lost twice is lost.
    assert!(lane.push(Unit { payload: Bytes::new(), ..lost(120) }).is_none());
    assert!(lane.push(unit(160, &slice)).unwrap().discontinuity);
    assert_eq!(lane.dropped(), 1);
}

#[test]
fn a_malformed_message_is_cut_out_of_its_picture() {
    let mut lane = started();
    let sei: &[u8] = &[6, 5, 60, 1, 2, 3];
    let frame = lane.push(unit(40, &stream(&[sei, SLICE]))).unwrap();
    assert_eq!((&frame.payload[..], lane.repaired()), (&lengths(&[SLICE])[..], 1));
}

/// `ffmpeg -f lavfi -i testsrc=size=322x242 -frames:v 1 -c:v libvpx vp8.ivf`: the head of the frame.
const VP8_KEY: &[u8] =
    &[0xd0, 0x67, 0x00, 0x9d, 0x01, 0x2a, 0x42, 0x01, 0xf2, 0x00, 0x00, 0xc7, 0x08, 0x85, 0x85, 0x88];

#[test]
fn vp8_begins_with_a_key_frame_that_says_the_size() {
    let mut lane = lane(Coding::Vp8);
    let inter = [&[VP8_KEY[0] | 1], &VP8_KEY[1..]].concat();
    assert!(lane.push(unit(0, &inter)).is_none());
    let frame = lane.push(unit(40, VP8_KEY)).unwrap();
    assert_eq!(frame.track.codec.picture().map(|picture| (picture.width, picture.height)), Some((322, 242)));
    let next = lane.push(unit(80, &inter)).unwrap();
    assert!(!next.keyframe && Arc::ptr_eq(&next.track, &frame.track));
    assert_eq!(lane.dropped(), 1);
}

#[test]
fn temporal_delimiters_are_left_out() {
    let original = &frames(CLIPS[2].3, Kind::Video)[0];
    let mut lane = lane(Coding::Av1);
    let frame = lane.push(unit(0, &[&[0x12, 0x00], &original.payload[..]].concat())).unwrap();
    assert_eq!(frame.payload, original.payload);
    let Codec::Av1(parameters) = &frame.track.codec else { panic!("{:?}", frame.track) };
    assert!(!parameters.sequence.is_empty());
}

#[test]
fn opus_is_what_the_description_says_until_it_turns_out_to_be_more() {
    let (mono, stereo) = ([0x78, 1, 2, 3], [0x7c, 1, 2, 3]);
    for (said, packet, channels) in [(2, mono, 2), (2, stereo, 2), (1, mono, 1), (1, stereo, 2), (0, mono, 1)]
    {
        let mut lane = lane(Coding::Opus { channels: said });
        let frame = lane.push(unit(0, &packet)).unwrap();
        assert_eq!(frame.track.codec.channels(), Some(channels), "{said} {packet:?}");
        assert_eq!((frame.duration, frame.keyframe), (Some(Delta::millis(20)), true));
    }
    let mut lane = lane(Coding::Opus { channels: 1 });
    let first = lane.push(unit(0, &mono)).unwrap();
    let wider = lane.push(unit(20, &stereo)).unwrap();
    assert!(!Arc::ptr_eq(&first.track, &wider.track));
    // And it stays so: a player that is set up anew for each pause would be heard.
    let back = lane.push(unit(40, &mono)).unwrap();
    assert!(Arc::ptr_eq(&back.track, &wider.track));
    assert!(lane.push(unit(60, &[])).is_none());
    assert_eq!(lane.dropped(), 1);
    assert!(!lane.waits());
}

proptest! {
    #[test]
    fn no_unit_panics(
        which in 0..6usize,
        units in prop::collection::vec((any::<i32>(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..80)), 0..20),
    ) {
        let codings = [
            Coding::H264, Coding::H265, Coding::Av1, Coding::Vp8, Coding::Vp9, Coding::Opus { channels: 2 },
        ];
        let mut lane = lane(codings[which]);
        for (time, lost, payload) in units {
            lane.push(Unit { lost, ..unit(i64::from(time), &payload) });
            lane.push(Unit { lost, ..unit(i64::from(time), &stream(&[SPS, PPS, &payload])) });
        }
    }
}
