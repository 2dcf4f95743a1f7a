#![allow(clippy::unwrap_used)]

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use media::{Codec, Delta, Time, TrackId, aac, h264};

use super::*;
use crate::ll::{Edge, Found, Name, Part, Resume, Segment, Window, playlist};

/// A source whose frames are pushed as they would come from the hub's log, and the window that lists what they become.
struct Source {
    segmenter: Segmenter,
    window: Window,
    video: Arc<Track>,
    audio: Arc<Track>,
    /// Complete segments, each with its parts.
    segments: Vec<Segment>,
    open: Option<Segment>,
    /// The part that the playlist hints at.
    hint: Option<(u64, usize)>,
}

fn h264_track(id: u32, sps: u8, pps: u8) -> Arc<Track> {
    let sps = Bytes::copy_from_slice(&[0x67, 0x64, 0x00, sps, 0xac, 0x72]);
    let parameters = h264::Parameters::new(vec![sps], vec![Bytes::copy_from_slice(&[0x68, pps])]).unwrap();
    Arc::new(Track { id: TrackId(id), codec: Codec::H264(parameters) })
}

fn aac_track(id: u32) -> Arc<Track> {
    let parameters = aac::Parameters::parse(&Bytes::from_static(&[0x11, 0x90])).unwrap();
    Arc::new(Track { id: TrackId(id), codec: Codec::Aac(parameters) })
}

fn frame(track: &Arc<Track>, millis: i64, keyframe: bool) -> Frame {
    let byte = if keyframe { 0x65 } else { 0x41 };
    Frame {
        track: Arc::clone(track),
        dts: Time::from_millis(millis),
        pts: Time::from_millis(millis),
        duration: None,
        keyframe,
        discontinuity: false,
        wall: UNIX_EPOCH + Duration::from_millis(millis.unsigned_abs()),
        payload: Bytes::copy_from_slice(&[0, 0, 0, 2, byte, 1]),
    }
}

impl Source {
    fn new() -> Source {
        Source::of(&Config::default())
    }

    fn of(config: &Config) -> Source {
        Source {
            segmenter: Segmenter::new(config, 0),
            window: Window::new(config, Resume::default()),
            video: h264_track(0, 31, 1),
            audio: aac_track(1),
            segments: Vec::new(),
            open: None,
            hint: None,
        }
    }

    fn push(&mut self, frame: Frame) {
        self.segmenter.push(&Arc::new(frame));
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(progress) = self.segmenter.poll() {
            self.window.push(progress.clone());
            match progress {
                Progress::Begin(segment) => {
                    let earlier = self.open.replace(segment).is_none_or(|open| open.parts.is_empty());
                    assert!(earlier, "a segment begins before another ends");
                }
                Progress::Part(part) => {
                    let open = self.open.as_mut().expect("a segment has begun");
                    let place = (open.sequence, open.parts.len());
                    if let Some(hint) = self.hint.take() {
                        assert_eq!(place, hint, "another part comes than was hinted at");
                    }
                    open.parts.push(part);
                }
                Progress::End { duration } => {
                    let open = self.open.take().expect("a segment has begun");
                    assert!(!open.parts.is_empty());
                    self.segments.push(Segment { duration, ..open });
                }
            }
        }
        self.hint = self.open.as_ref().map(|open| (open.sequence, open.parts.len()));
    }

    /// 25 pictures a second with a key frame every `gop` ms, if it is not 0, and sound every 20 ms, from `from` to `to`.
    fn run(&mut self, (from, to): (i64, i64), gop: i64, sound: bool) {
        for at in (from..to).step_by(20) {
            if gop > 0 && at % 40 == 0 {
                self.push(frame(&self.video, at, at % gop == 0));
            }
            if sound {
                self.push(frame(&self.audio, at, true));
            }
        }
    }

    fn finish(&mut self) {
        self.segmenter.finish();
        self.drain();
    }
}

/// Start, duration and how many parts there are, and the marks: `D` for a discontinuity, `k` for a start point.
fn outline(segments: &[Segment]) -> Vec<(i64, i64, usize, String)> {
    let describe = |segment: &Segment| {
        let mut marks = String::new();
        marks.extend(segment.discontinuity.then_some('D'));
        marks.extend(segment.independent.then_some('k'));
        (segment.start.as_millis(), segment.duration.as_millis(), segment.parts.len(), marks)
    };
    segments.iter().map(describe).collect()
}

#[track_caller]
fn assert_outline(segments: &[Segment], expected: &[(i64, i64, usize, &str)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(start, long, parts, marks)| (*start, *long, *parts, marks.to_string()))
        .collect();
    assert_eq!(outline(segments), expected);
    for Segment { sequence, duration, parts, .. } in segments {
        let sum = parts.iter().fold(Delta::ZERO, |sum, part| sum + part.duration);
        assert_eq!(sum, *duration, "the parts of segment {sequence} are not the whole");
        assert!(parts.iter().all(|part| part.data.get(4..8) == Some(b"moof")));
    }
}

#[test]
fn a_segment_ends_at_a_key_frame_and_parts_fill_it() {
    let mut source = Source::new();
    source.run((0, 10_000), 2_000, true);
    source.finish();
    assert_outline(&source.segments, &[(0, 4_000, 13, "k"), (4_000, 4_000, 13, "k"), (8_000, 2_000, 7, "k")]);
    for segment in &source.segments {
        let lengths: Vec<_> = segment.parts.iter().map(|part| part.duration.as_millis()).collect();
        let (last, others) = lengths.split_last().unwrap();
        assert!(others.iter().all(|long| *long == 320) && (80..=160).contains(last), "{lengths:?}");
        let keys: Vec<_> = segment.parts.iter().map(|part| part.independent).collect();
        // The key frame at 2 s is in the seventh part.
        let expected: Vec<_> =
            (0..keys.len()).map(|index| index == 0 || index == 6 && keys.len() > 7).collect();
        assert_eq!(keys, expected);
        let pictures: u32 = segment.parts.iter().map(|part| part.frames).sum();
        assert_eq!(i64::from(pictures), segment.duration.as_millis() / 40);
        assert!(Arc::ptr_eq(&segment.init, &source.segments[0].init));
    }
}

#[test]
fn a_part_is_there_as_soon_as_the_next_frame_is() {
    let mut source = Source::new();
    source.run((0, 960), 2_000, true);
    assert_eq!(source.window.edge(), Edge { sequence: 0, parts: 2, before: 0 });
    source.push(frame(&source.video, 960, false));
    source.push(frame(&source.audio, 960, true));
    assert_eq!(source.window.edge(), Edge { sequence: 0, parts: 3, before: 0 });
}

#[test]
fn odd_gops_make_odd_segments_of_regular_parts() {
    let mut source = Source::new();
    source.run((0, 30_000), 1_720, true);
    source.finish();
    let lengths: Vec<_> = source.segments.iter().map(|segment| segment.duration.as_millis()).collect();
    assert_eq!(lengths, [5_160, 5_160, 5_160, 5_160, 5_160, 4_200]);
    assert_outline(
        &source.segments,
        &outline(&source.segments).iter().map(|(a, b, c, d)| (*a, *b, *c, &**d)).collect::<Vec<_>>(),
    );
}

#[test]
fn a_gop_of_ten_seconds_is_a_segment() {
    let mut source = Source::new();
    source.run((0, 21_000), 10_000, true);
    source.finish();
    let lengths: Vec<_> = source.segments.iter().map(|segment| segment.duration.as_millis()).collect();
    assert_eq!(lengths, [10_000, 10_000, 1_000]);
    assert_eq!(source.window.target_duration(), Delta::secs(10));
}

#[test]
fn sound_alone_is_independent_everywhere() {
    let mut source = Source::new();
    source.run((0, 9_000), 0, true);
    source.finish();
    assert!(source.segments.len() == 3 && source.segments.iter().all(|segment| segment.independent));
    let parts: Vec<_> = source.segments.iter().flat_map(|segment| &segment.parts).collect();
    assert!(parts.iter().all(|part| part.independent));
    assert!(parts.iter().filter(|part| part.duration == Delta::millis(340)).count() >= parts.len() - 3);
}

#[test]
fn b_frames_are_in_the_part_in_which_they_are_decoded() {
    let mut source = Source::new();
    for n in 0..150 {
        let late = [80, 160, 40, 0][n as usize % 4];
        let pts = Time::from_millis(n * 40 + late);
        source.push(Frame { pts, ..frame(&source.video, n * 40, n % 100 == 0) });
    }
    source.finish();
    assert_outline(&source.segments, &[(0, 4_000, 13, "k"), (4_000, 2_000, 7, "k")]);
}

#[test]
fn a_second_track_that_comes_late_begins_a_segment_with_a_header_of_its_own() {
    let mut source = Source::new();
    source.run((0, 6_000), 2_000, false);
    source.run((6_000, 12_000), 2_000, true);
    source.finish();
    // The picture of 6 s came just before the sound.
    let inits: Vec<_> = source.segments.iter().map(|segment| segment.init.sequence).collect();
    assert_eq!(inits, [0, 0, 2]);
    let marks: Vec<_> = source.segments.iter().map(|segment| segment.discontinuity).collect();
    assert_eq!(marks, [false, false, true]);
    assert_eq!(source.segments[2].init.tracks.len(), 2);
}

#[test]
fn other_parameters_are_a_discontinuity_and_a_header() {
    let mut source = Source::new();
    source.run((0, 6_000), 2_000, true);
    source.video = h264_track(0, 40, 1);
    source.run((6_000, 10_000), 2_000, true);
    source.finish();
    assert_outline(
        &source.segments,
        &[(0, 4_000, 13, "k"), (4_000, 2_000, 7, "k"), (6_000, 4_000, 13, "Dk")],
    );
    let inits: Vec<_> = source.segments.iter().map(|segment| segment.init.sequence).collect();
    assert_eq!(inits, [0, 0, 2]);
    assert_ne!(source.segments[0].init.data, source.segments[2].init.data);
}

#[test]
fn another_picture_parameter_set_is_a_header_but_no_discontinuity() {
    let mut source = Source::new();
    source.run((0, 6_000), 2_000, true);
    source.video = h264_track(0, 31, 2);
    source.run((6_000, 10_000), 2_000, true);
    source.finish();
    assert_outline(&source.segments, &[(0, 4_000, 13, "k"), (4_000, 2_000, 7, "k"), (6_000, 4_000, 13, "k")]);
    let inits: Vec<_> = source.segments.iter().map(|segment| segment.init.sequence).collect();
    assert_eq!(inits, [0, 0, 2]);
}

#[test]
fn only_the_main_tracks_are_carried() {
    let mut source = Source::new();
    let (second, other) = (h264_track(5, 31, 1), aac_track(6));
    for at in (0..5_000).step_by(40) {
        for track in [&source.video, &source.audio, &second, &other].map(Arc::clone) {
            source.push(frame(&track, at, at % 2_000 == 0));
        }
    }
    source.finish();
    assert_outline(&source.segments, &[(0, 4_000, 13, "k"), (4_000, 1_000, 4, "k")]);
    let tracks: Vec<_> = source.segments[0].init.tracks.iter().map(|track| track.id.0).collect();
    assert_eq!(tracks, [0, 1]);
}

#[test]
fn a_publisher_that_goes_leaves_what_came_and_no_hint() {
    let mut source = Source::new();
    source.run((0, 5_000), 2_000, true);
    source.finish();
    assert_outline(&source.segments, &[(0, 4_000, 13, "k"), (4_000, 1_000, 4, "k")]);
    assert_eq!(source.window.edge(), Edge { sequence: 2, parts: 0, before: 4 });
    let text = playlist::media(&source.window, "s", false).text();
    assert!(!text.windows(7).any(|place| place == b"PRELOAD"));
    // Another, with tracks of its own that are the same.
    (source.video, source.audio) = (h264_track(0, 31, 1), aac_track(1));
    let first = Frame { discontinuity: true, ..frame(&source.video, 5_000, true) };
    source.push(first);
    source.run((5_040, 7_000), 2_000, true);
    source.finish();
    assert_eq!(outline(&source.segments)[2].3, "Dk");
    assert_eq!(source.segments[2].init.sequence, 0, "the header is still right");
}

#[test]
fn a_gap_makes_no_long_part() {
    let mut source = Source::new();
    source.run((0, 6_000), 2_000, true);
    source.run((9_000, 14_000), 2_000, true);
    source.finish();
    let longest = source.segments.iter().flat_map(|segment| &segment.parts).map(|part| part.duration).max();
    assert!(longest.unwrap() > Delta::secs(2));
    assert_eq!(source.window.part_target(), Delta::millis(350), "players have taken it for constant");
    let text = String::from_utf8(playlist::media(&source.window, "s", false).text().to_vec()).unwrap();
    let parts = text.lines().filter_map(|line| line.strip_prefix("#EXT-X-PART:DURATION="));
    let longest =
        parts.map(|rest| rest.split(',').next().unwrap().parse::<f64>().unwrap()).fold(0.0, f64::max);
    assert!(longest <= 0.35, "{text}");
}

#[test]
fn one_picture_a_second_has_parts_of_a_second_from_the_beginning() {
    let mut source = Source::new();
    for n in 0..10 {
        source.push(frame(&source.video, n * 1_000, n % 4 == 0));
    }
    assert_eq!(source.window.part_target(), Delta::secs(1));
    assert_outline(&source.segments, &[(0, 4_000, 4, "k"), (4_000, 4_000, 4, "k")]);
}

#[test]
fn files_are_found_by_the_names_in_the_playlist_and_no_others() {
    let mut source = Source::new();
    source.run((0, 9_000), 2_000, true);
    let text = String::from_utf8(playlist::media(&source.window, "s", false).text().to_vec()).unwrap();
    let quoted =
        |line: &str| line.split("URI=\"").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    let names: Vec<_> = text
        .lines()
        .filter_map(|line| quoted(line).or((!line.starts_with('#')).then(|| line.to_owned())))
        .collect();
    assert_eq!(names.len(), 1 + 2 + 13 + 13 + 3 + 1, "{text}");
    let mut parts = Vec::new();
    for name in &names[..names.len() - 1] {
        let name = Name::parse(name).expect("a name of ours");
        let Found::Here(pieces) = source.window.find(&name) else { panic!("{name} is not there") };
        if let crate::ll::File::Part(_) = name.file {
            parts.extend(pieces);
        } else if name.file == crate::ll::File::Segment {
            assert_eq!(pieces, parts, "the segment is its parts");
            parts.clear();
        }
    }
    let hinted = Name::parse(names.last().unwrap()).unwrap();
    assert!(matches!(source.window.find(&hinted), Found::Coming));
    for wrong in
        ["s-0-1.m4s", "s-2-8000.4.m4s", "s-2-8000.m4s", "s-1-4000.13.m4s", "s-3-0.0.m4s", "s-1-4000.mp4"]
    {
        assert!(matches!(source.window.find(&Name::parse(wrong).unwrap()), Found::Missing), "{wrong}");
    }
}

#[test]
fn a_stream_is_bounded_while_its_tracks_are_not_clear() {
    let mut source = Source::new();
    let large = Bytes::from(vec![0; 4 << 20]);
    for n in 0..10 {
        source.push(Frame { payload: large.clone(), ..frame(&source.video, n * 100, n == 0) });
        assert!(source.segmenter.bytes() <= 16 << 20);
    }
    assert!(source.open.is_some(), "no longer is it waited for sound");
}

/// Every byte of the parts, as one file.
fn file(segments: &[Segment]) -> Vec<u8> {
    let mut bytes = segments[0].init.data.to_vec();
    bytes
        .extend(segments.iter().flat_map(|segment| &segment.parts).flat_map(|Part { data, .. }| data.iter()));
    bytes
}

#[test]
fn every_frame_is_in_a_part_once() {
    let mut source = Source::new();
    source.run((0, 10_000), 2_000, true);
    source.finish();
    let bytes = file(&source.segments);
    let pictures = bytes.windows(6).filter(|place| matches!(place, [0, 0, 0, 2, 0x65 | 0x41, 1])).count();
    // Sounds have the bytes of a key frame here.
    assert_eq!(pictures, 10_000 / 40 + 10_000 / 20);
}
