#![allow(clippy::unwrap_used)]

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use container::ts;
use media::{Codec, Delta, Time, Track, TrackId, aac, h264};
use proptest::prelude::*;

use super::*;

/// A source: frames are pushed as they would come from the hub's log.
struct Source {
    segmenter: Segmenter,
    video: Arc<Track>,
    audio: Arc<Track>,
    origin: Time,
}

fn h264_track(id: u32, level: u8) -> Arc<Track> {
    let sps = Bytes::copy_from_slice(&[0x67, 0x64, 0x00, level, 0xac, 0x72]);
    let parameters = h264::Parameters::new(vec![sps], vec![Bytes::from_static(&[0x68, 0xe8])]).unwrap();
    Arc::new(Track { id: TrackId(id), codec: Codec::H264(parameters) })
}

fn aac_track(config: &'static [u8]) -> Arc<Track> {
    let parameters = aac::Parameters::parse(&Bytes::from_static(config)).unwrap();
    Arc::new(Track { id: TrackId(1), codec: Codec::Aac(parameters) })
}

impl Source {
    fn new() -> Source {
        Source::at(Time::ZERO)
    }

    fn at(origin: Time) -> Source {
        let segmenter = Segmenter::new(Config::default(), 0);
        Source { segmenter, video: h264_track(0, 31), audio: aac_track(&[0x11, 0x90]), origin }
    }

    fn frame(&self, track: &Arc<Track>, millis: i64, keyframe: bool) -> Frame {
        let time = self.origin + Delta::millis(millis);
        let byte = if keyframe { 0x65 } else { 0x41 };
        Frame {
            track: Arc::clone(track),
            dts: time,
            pts: time,
            duration: None,
            keyframe,
            discontinuity: false,
            wall: UNIX_EPOCH + Duration::from_millis(millis.unsigned_abs()),
            payload: Bytes::copy_from_slice(&[0, 0, 0, 2, byte, 1]),
        }
    }

    fn picture(&mut self, millis: i64, keyframe: bool) {
        let frame = self.frame(&self.video, millis, keyframe);
        self.segmenter.push(&Arc::new(frame));
    }

    fn sound(&mut self, millis: i64) {
        let frame = self.frame(&self.audio, millis, true);
        self.segmenter.push(&Arc::new(frame));
    }

    /// 25 pictures a second with a key frame every `gop` ms, if it is not 0, and sound every 20 ms, from `from` to `to`.
    fn run(&mut self, (from, to): (i64, i64), gop: i64, sound: bool) {
        for at in (from..to).step_by(20) {
            if gop > 0 && at % 40 == 0 {
                self.picture(at, at % gop == 0);
            }
            if sound {
                self.sound(at);
            }
        }
    }

    fn segments(&mut self) -> Vec<Segment> {
        std::iter::from_fn(|| self.segmenter.poll()).collect()
    }

    fn finished(&mut self) -> Vec<Segment> {
        self.segmenter.finish();
        self.segments()
    }
}

/// Start and duration in milliseconds, and the two marks: `D` for a discontinuity, `k` for a start point.
fn outline(segments: &[Segment]) -> Vec<(i64, i64, String)> {
    let mark = |segment: &Segment| {
        let mut marks = String::new();
        marks.extend(segment.discontinuity.then_some('D'));
        marks.extend(segment.independent.then_some('k'));
        marks
    };
    let start = |segment: &Segment| segment.start.as_millis();
    segments.iter().map(|segment| (start(segment), segment.duration.as_millis(), mark(segment))).collect()
}

#[track_caller]
fn assert_outline(segments: &[Segment], expected: &[(i64, i64, &str)]) {
    let expected: Vec<_> =
        expected.iter().map(|(start, long, marks)| (*start, *long, marks.to_string())).collect();
    assert_eq!(outline(segments), expected);
}

/// The PIDs of the packets in which units begin, and how many have no PID we know.
fn starts(data: &[u8]) -> Vec<u16> {
    assert_eq!(data.len() % ts::PACKET, 0);
    let packets = data.chunks(ts::PACKET).filter(|packet| packet[1] & 0x40 != 0);
    packets.map(|packet| u16::from_be_bytes([packet[1] & 0x1f, packet[2]])).collect()
}

/// How many streams the first PMT of a segment lists.
fn streams(data: &[u8]) -> usize {
    let map = data.chunks(ts::PACKET).find(|packet| packet[1..3] == [0x50, 0]).expect("a PMT");
    (usize::from(map[7]) - 13) / 5
}

#[test]
fn a_segment_ends_at_the_first_key_frame_after_the_target() {
    let mut source = Source::new();
    source.run((0, 50_000), 4_000, true);
    let segments = source.finished();
    let expected = [
        (0, 12_000, "k"),
        (12_000, 12_000, "k"),
        (24_000, 12_000, "k"),
        (36_000, 12_000, "k"),
        (48_000, 2_000, "k"),
    ];
    assert_outline(&segments, &expected);
    for (sequence, segment) in segments.iter().enumerate() {
        assert_eq!(segment.sequence, sequence as u64);
        assert_eq!(
            segment.wall.duration_since(UNIX_EPOCH).unwrap().as_millis() as i64,
            segment.start.as_millis()
        );
        let starts = starts(&segment.data);
        assert_eq!(starts[..3], [0, 0x1000, 0x100], "tables, then the picture");
        assert_eq!(streams(&segment.data), 2);
        let pictures = starts.iter().filter(|pid| **pid == 0x100).count();
        assert_eq!(pictures, segment.duration.as_millis() as usize / 40);
    }
}

#[test]
fn key_frames_as_far_apart_as_the_target_make_segments_of_one() {
    for gop in [9_960, 10_000, 10_040] {
        let mut source = Source::new();
        source.run((0, 35_000), gop, true);
        assert_eq!(
            source.segments().iter().map(|segment| segment.duration.as_millis()).collect::<Vec<_>>(),
            [gop; 3]
        );
    }
}

#[test]
fn sound_before_the_first_key_frame_is_left_out() {
    let mut source = Source::new();
    for at in (0..400).step_by(20) {
        source.sound(at);
    }
    source.run((400, 12_000), 2_000, true);
    assert_outline(&source.finished(), &[(2_000, 10_000, "k")]);
}

#[test]
fn sound_alone_is_cut_at_the_target() {
    let mut source = Source::new();
    source.run((0, 25_000), 0, true);
    assert_outline(&source.finished(), &[(0, 9_800, "k"), (9_800, 9_800, "k"), (19_600, 5_400, "k")]);
}

#[test]
fn pictures_alone_are_cut_at_key_frames() {
    let mut source = Source::new();
    source.run((0, 25_000), 2_000, false);
    let segments = source.finished();
    assert_outline(&segments, &[(0, 10_000, "k"), (10_000, 10_000, "k"), (20_000, 5_000, "k")]);
    assert_eq!(streams(&segments[0].data), 1);
}

#[test]
fn without_key_frames_the_cut_is_forced_and_the_next_key_frame_mends_it() {
    let mut source = Source::new();
    source.run((0, 68_000), 30_000, true);
    let expected = [
        (0, 21_000, "k"),
        (21_000, 9_000, ""),
        (30_000, 21_000, "k"),
        (51_000, 9_000, ""),
        (60_000, 8_000, "k"),
    ];
    assert_outline(&source.finished(), &expected);
}

#[test]
fn a_stream_that_never_has_a_key_frame_is_carried_all_the_same() {
    let mut source = Source::new();
    // The first key frame would be at 0.
    source.run((40, 50_000), 100_000, true);
    let segments = source.finished();
    assert_outline(&segments, &[(21_040, 21_000, ""), (42_040, 7_960, "")]);
    assert_eq!(starts(&segments[0].data)[..2], [0, 0x1000]);
}

#[test]
fn a_second_track_within_a_second_is_in_the_first_segment() {
    let mut source = Source::new();
    source.run((0, 800), 2_000, false);
    source.run((800, 11_000), 2_000, true);
    let segments = source.finished();
    assert_outline(&segments, &[(0, 10_000, "k"), (10_000, 1_000, "k")]);
    assert_eq!(streams(&segments[0].data), 2);
}

#[test]
fn a_late_sound_begins_with_the_next_key_frame() {
    let mut source = Source::new();
    source.run((0, 5_000), 2_000, false);
    source.run((5_000, 19_000), 2_000, true);
    let segments = source.finished();
    assert_outline(&segments, &[(0, 6_000, "k"), (6_000, 10_000, "Dk"), (16_000, 3_000, "k")]);
    assert_eq!(segments.iter().map(|segment| streams(&segment.data)).collect::<Vec<_>>(), [1, 2, 2]);
    assert!(!starts(&segments[0].data).contains(&0x101), "no sound that the tables do not know");
}

#[test]
fn a_late_picture_begins_with_its_key_frame() {
    let mut source = Source::new();
    source.run((0, 4_000), 0, true);
    source.run((4_040, 14_000), 6_000, true);
    let segments = source.finished();
    assert_outline(&segments, &[(0, 6_000, "k"), (6_000, 8_000, "Dk")]);
    assert_eq!(segments.iter().map(|segment| streams(&segment.data)).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn pictures_that_cease_do_not_keep_sound_from_being_cut() {
    let mut source = Source::new();
    source.run((0, 4_000), 2_000, true);
    source.run((4_000, 30_000), 0, true);
    let segments = source.finished();
    // The pictures were last heard of at 3.96 s.
    assert_outline(&segments, &[(0, 13_960, "k"), (13_960, 9_800, "k"), (23_760, 6_240, "k")]);
}

#[test]
fn a_new_size_is_a_discontinuity_and_a_new_picture_set_is_not() {
    let mut source = Source::new();
    source.run((0, 4_000), 2_000, true);
    let Codec::H264(parameters) = &source.video.codec else { unreachable!() };
    let pps = vec![Bytes::from_static(&[0x68, 0xe9])];
    let codec = Codec::H264(h264::Parameters { pps, ..parameters.clone() });
    source.video = Arc::new(Track { id: TrackId(0), codec });
    source.run((4_000, 8_000), 2_000, true);
    source.video = h264_track(0, 40);
    source.run((8_000, 12_000), 2_000, true);
    assert_outline(&source.finished(), &[(0, 8_000, "k"), (8_000, 4_000, "Dk")]);
}

#[test]
fn another_sample_rate_waits_for_a_key_frame() {
    let mut source = Source::new();
    source.run((0, 5_000), 2_000, true);
    source.audio = aac_track(&[0x12, 0x10]);
    source.run((5_000, 8_000), 2_000, true);
    assert_outline(&source.finished(), &[(0, 6_000, "k"), (6_000, 2_000, "Dk")]);
}

#[test]
fn a_publisher_that_returns_makes_a_discontinuity() {
    for finished_between in [false, true] {
        let mut source = Source::new();
        source.run((0, 5_000), 2_000, true);
        if finished_between {
            source.segmenter.finish();
        }
        let returns = |frame: Frame| Arc::new(Frame { discontinuity: true, ..frame });
        // The next publisher's tracks are its own, whatever is in them.
        source.video = Arc::new(Track::clone(&source.video));
        source.audio = Arc::new(Track::clone(&source.audio));
        // Not at a key frame yet.
        let (picture, sound) =
            (source.frame(&source.video, 5_000, false), source.frame(&source.audio, 5_000, true));
        source.segmenter.push(&returns(picture));
        source.segmenter.push(&returns(sound));
        source.run((5_020, 10_000), 2_000, true);
        let segments = source.finished();
        assert_outline(&segments, &[(0, 5_000, "k"), (6_000, 4_000, "Dk")]);
        assert_eq!(segments.iter().map(|segment| segment.sequence).collect::<Vec<_>>(), [0, 1]);
    }
}

#[test]
fn a_jump_of_the_clock_that_has_been_made_continuous_cuts_nothing() {
    let mut source = Source::new();
    source.run((0, 5_000), 2_000, true);
    let jumped = Frame { discontinuity: true, ..source.frame(&source.video, 5_000, false) };
    source.segmenter.push(&Arc::new(jumped));
    source.run((5_040, 8_000), 2_000, true);
    assert_outline(&source.finished(), &[(0, 8_000, "k")]);
}

#[test]
fn a_publisher_may_return_without_sound() {
    let mut source = Source::new();
    source.run((0, 5_000), 1_000, true);
    source.segmenter.finish();
    source.run((5_000, 9_000), 1_000, false);
    let segments = source.finished();
    assert_outline(&segments, &[(0, 5_000, "k"), (5_000, 4_000, "Dk")]);
    assert_eq!(streams(&segments[1].data), 1);
}

#[test]
fn the_first_segment_after_others_is_a_discontinuity() {
    let mut source = Source::new();
    source.segmenter = Segmenter::new(Config::default(), 7);
    assert_eq!(source.segmenter.sequence(), 7);
    source.run((0, 3_000), 1_000, true);
    let segments = source.finished();
    assert_eq!((segments[0].sequence, segments[0].discontinuity), (7, true));
    assert_eq!(source.segmenter.sequence(), 8);
}

#[test]
fn the_last_segment_comes_at_once_and_whole() {
    let mut source = Source::new();
    source.run((0, 1_000), 2_000, true);
    assert_eq!(source.segments().len(), 0);
    let segments = source.finished();
    assert_eq!(starts(&segments[0].data).iter().filter(|pid| **pid == 0x100).count(), 25);
    assert_eq!(source.finished().len(), 0, "nothing twice");
}

#[test]
fn one_frame_is_a_segment_with_a_length() {
    let mut source = Source::new();
    source.picture(0, true);
    assert_outline(&source.finished(), &[(0, 40, "k")]);
}

#[test]
fn a_cut_that_nothing_follows_makes_no_segment() {
    let mut source = Source::new();
    for at in (0..21_000).step_by(40) {
        source.picture(at, at == 0);
    }
    // The cut is forced by a track that is not carried before the next start point, and none comes.
    let late = source.frame(&h264_track(5, 20), 21_000, false);
    source.segmenter.push(&Arc::new(late));
    let segments = source.finished();
    assert_outline(&segments, &[(0, 21_000, "k")]);
    assert_eq!(source.segmenter.sequence(), 1);
}

#[test]
fn tracks_are_put_in_order() {
    let mut source = Source::new();
    // Sound comes 300 ms after the pictures it belongs to.
    for at in (0..14_000).step_by(20) {
        if at % 40 == 0 {
            source.picture(at, at % 2_000 == 0);
        }
        if at >= 300 {
            source.sound(at - 300);
        }
    }
    let segments = source.finished();
    assert_outline(&segments[..1], &[(0, 10_000, "k")]);
    let sounds = starts(&segments[0].data).iter().filter(|pid| **pid == 0x101).count();
    // 500 frames: one alone, then four to a packet.
    assert_eq!(sounds, 1 + 125, "all sound up to the cut is in");
}

#[test]
fn a_hole_in_time_ends_the_segment() {
    let mut source = Source::new();
    source.run((0, 3_000), 1_000, true);
    source.run((86_400_000, 86_403_000), 1_000, true);
    source.run((10_000, 13_000), 1_000, true);
    let segments = source.finished();
    assert_outline(&segments, &[(0, 3_000, "k"), (86_400_000, 3_000, "Dk"), (10_000, 3_000, "Dk")]);
}

#[test]
fn stream_time_may_be_anywhere() {
    let base = {
        let mut source = Source::new();
        source.run((0, 24_000), 2_000, true);
        source.finished()
    };
    // 33 bits of 90 kHz, 24, 31 and 32 bits of milliseconds, and the ends of time.
    let near = |millis: i64| Time::from_millis(millis - 10_500);
    let origins = [
        near(95_443_718),
        near(1 << 24),
        near(1 << 31),
        near(1 << 32),
        near(0),
        Time::from_micros(i64::MAX / 2),
    ];
    for origin in origins {
        let mut source = Source::at(origin);
        source.run((0, 24_000), 2_000, true);
        let segments = source.finished();
        let shape = |segments: &[Segment]| {
            segments.iter().map(|segment| (segment.duration, segment.data.len())).collect::<Vec<_>>()
        };
        assert_eq!(shape(&segments), shape(&base), "{origin:?}");
        assert_eq!(segments[0].start, origin);
    }
}

#[test]
fn what_mpeg_ts_cannot_carry_is_passed_over() {
    let mut source = Source::new();
    source.audio = aac_track(&[0x12, 0x00]);
    let data = Arc::new(Track { id: TrackId(2), codec: Codec::Amf0 });
    let message = source.frame(&data, 0, true);
    source.segmenter.push(&Arc::new(message));
    source.run((0, 3_000), 1_000, true);
    let segments = source.finished();
    assert_outline(&segments, &[(0, 3_000, "k")]);
    assert_eq!(streams(&segments[0].data), 1);
}

#[test]
fn a_segment_does_not_grow_without_bound() {
    let mut source = Source::new();
    let big = Bytes::from([&[0u8, 0x10, 0, 0, 0x41][..], &vec![1; (1 << 20) - 1]].concat());
    let mut segments = Vec::new();
    for at in 0..140 {
        let frame = Frame { payload: big.clone(), ..source.frame(&source.video, at * 40, at == 0) };
        source.segmenter.push(&Arc::new(frame));
        segments.extend(source.segments());
    }
    assert_eq!(segments.len(), 2);
    assert!(segments.iter().all(|segment| segment.data.len() < 66 << 20));
}

proptest! {
    #[test]
    fn any_frames_make_segments_that_begin_with_tables(
        list in prop::collection::vec((0..3usize, -3_000..3_000i64, any::<bool>(), 0..50u8), 0..120),
        origin in prop_oneof![Just(0), any::<i64>()],
    ) {
        let mut source = Source::at(Time::from_micros(origin));
        let tracks = [h264_track(0, 31), aac_track(&[0x11, 0x90]), h264_track(5, 20)];
        let mut clock = 0;
        let mut segments = Vec::new();
        for (track, step, keyframe, rare) in list {
            clock += step;
            let discontinuity = rare == 0;
            let frame = Frame { discontinuity, ..source.frame(&tracks[track], clock, keyframe) };
            source.segmenter.push(&Arc::new(frame));
            segments.extend(source.segments());
        }
        segments.extend(source.finished());
        for (number, segment) in segments.iter().enumerate() {
            prop_assert_eq!(segment.sequence, number as u64);
            prop_assert!(segment.duration >= Delta::ZERO && segment.duration <= Delta::secs(43));
            prop_assert_eq!(&starts(&segment.data)[..2], &[0, 0x1000]);
        }
    }
}
