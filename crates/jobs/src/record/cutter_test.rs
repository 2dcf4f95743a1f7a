#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use container::mp4::Index;
use media::Kind;

use super::super::testing::{frame, pictures, sound, stream};
use super::*;

/// What has been cut, put together.
#[derive(Default)]
struct Files {
    files: Vec<Vec<u8>>,
    codecs: Vec<Vec<String>>,
    asked: Vec<bool>,
    fragments: usize,
}

impl Files {
    fn take(&mut self, cutter: &mut Cutter) {
        while let Some(cut) = cutter.poll() {
            match cut {
                Cut::File { header, tracks, asked, .. } => {
                    let codecs: Vec<_> = tracks.iter().map(|track| track.codec.clone()).collect();
                    self.files.push(header.to_vec());
                    self.codecs.push(codecs);
                    self.asked.push(asked);
                }
                Cut::Fragment { data, .. } => {
                    self.files.last_mut().unwrap().extend_from_slice(&data);
                    self.fragments += 1;
                }
            }
        }
    }

    /// Samples of each file, and how long it plays in ms.
    fn spans(&self) -> Vec<(usize, i64)> {
        let read = |file: &Vec<u8>| {
            let index = Index::read(&mut Cursor::new(file)).unwrap();
            assert_eq!(index.intact(), file.len() as u64);
            (index.samples(), index.duration().as_millis())
        };
        self.files.iter().map(read).collect()
    }

    fn samples(&self) -> usize {
        self.spans().iter().map(|(samples, _)| samples).sum()
    }
}

fn cutter(settings: Settings) -> Cutter {
    Cutter::new(settings)
}

fn push(cutter: &mut Cutter, frames: &[Frame], files: &mut Files) {
    for frame in frames {
        assert!(cutter.push(Arc::new(frame.clone())));
        files.take(cutter);
    }
}

fn finish(cutter: &mut Cutter, files: &mut Files) {
    cutter.finish();
    files.take(cutter);
}

#[test]
fn every_frame_is_on_the_disk_within_two_seconds() {
    let (video, audio) = (pictures(1, 77), sound(2, false));
    let frames = stream(&video, &audio, Time::ZERO, 10);
    let (mut cutter, mut files) = (cutter(Settings::default()), Files::default());
    cutter.begin(&[Arc::clone(&video), audio]);
    for (number, frame) in frames.iter().enumerate() {
        push(&mut cutter, std::slice::from_ref(frame), &mut files);
        let late = frames[..=number].iter().filter(|early| frame.dts - early.dts > Delta::secs(2)).count();
        let written = if files.files.is_empty() { 0 } else { files.samples() };
        assert!(written >= late, "{written} of {late} at {:?}", frame.dts);
    }
    finish(&mut cutter, &mut files);
    assert_eq!((files.samples(), files.files.len()), (frames.len(), 1));
    assert_eq!(files.fragments, 10);
    assert!((cutter.length() - Delta::secs(10)).abs() < Delta::millis(100), "{}", cutter.length());
}

#[test]
fn a_file_ends_at_the_first_key_frame_after_its_time() {
    let (video, audio) = (pictures(1, 77), sound(2, false));
    let frames = stream(&video, &audio, Time::ZERO, 36);
    let settings = Settings { split_seconds: Some(10), ..Settings::default() };
    let (mut cutter, mut files) = (cutter(settings), Files::default());
    cutter.begin(&[video, audio]);
    push(&mut cutter, &frames, &mut files);
    finish(&mut cutter, &mut files);
    let spans = files.spans();
    assert_eq!((spans.len(), files.samples()), (4, frames.len()));
    for (_, millis) in &spans[..3] {
        assert!((9_900..10_200).contains(millis), "{millis}");
    }
}

#[test]
fn a_file_ends_when_it_is_large_enough() {
    let (video, audio) = (pictures(1, 77), sound(2, false));
    let frames = stream(&video, &audio, Time::ZERO, 20);
    // As if a megabyte were seven seconds of it.
    let settings = Settings { split_bytes: Some(10_000), ..Settings::default() };
    let (mut cutter, mut files) = (cutter(settings), Files::default());
    cutter.begin(&[video, audio]);
    push(&mut cutter, &frames, &mut files);
    finish(&mut cutter, &mut files);
    assert!(files.files.len() > 2);
    assert_eq!(files.samples(), frames.len());
    assert!(files.files.iter().all(|file| file.len() < 15_000), "one second at most more than that");
}

#[test]
fn sound_that_comes_late_or_changes_is_in_the_next_file_and_nothing_is_lost() {
    let video = pictures(1, 77);
    let (before, after) = (sound(2, false), sound(2, true));
    let mut frames = stream(&video, &before, Time::ZERO, 4);
    frames.retain(|frame| frame.track.kind() == Kind::Video || frame.dts > Time::from_millis(2_300));
    // In the middle of a group of pictures there is other sound.
    let mut rest = stream(&video, &after, Time::from_millis(4_000), 4);
    let old = stream(&video, &before, Time::from_millis(4_000), 4);
    let change = Time::from_millis(5_500);
    rest.retain(|frame| frame.track.kind() == Kind::Video || frame.dts >= change);
    rest.extend(old.into_iter().filter(|frame| frame.track.kind() == Kind::Audio && frame.dts < change));
    rest.sort_by_key(|frame| frame.dts);
    frames.extend(rest);
    let (mut cutter, mut files) = (cutter(Settings::default()), Files::default());
    cutter.begin(&[video]);
    push(&mut cutter, &frames, &mut files);
    finish(&mut cutter, &mut files);
    assert_eq!(files.codecs, [vec!["h264"], vec!["h264", "aac"], vec!["h264", "aac"]]);
    assert_eq!(files.samples(), frames.len());
}

#[test]
fn pictures_of_another_kind_begin_another_file() {
    let audio = sound(2, false);
    let mut frames = stream(&pictures(1, 77), &audio, Time::ZERO, 3);
    frames.extend(stream(&pictures(1, 66), &audio, Time::from_millis(3_000), 3));
    let (mut cutter, mut files) = (cutter(Settings::default()), Files::default());
    cutter.begin(&[pictures(1, 77), audio]);
    push(&mut cutter, &frames, &mut files);
    finish(&mut cutter, &mut files);
    assert_eq!((files.files.len(), files.samples()), (2, frames.len()));
    // The same parameters in another object are the same.
    let mut same = stream(&pictures(1, 66), &sound(2, false), Time::from_millis(6_000), 1);
    same.retain(|frame| frame.track.kind() == Kind::Video);
    push(&mut cutter, &same, &mut files);
    finish(&mut cutter, &mut files);
    assert_eq!(files.files.len(), 2);
}

#[test]
fn a_publisher_who_returns_goes_on_where_the_last_ended() {
    let (video, audio) = (pictures(1, 77), sound(2, false));
    let (mut cutter, mut files) = (cutter(Settings::default()), Files::default());
    let mut sent = 0;
    for from in [7_000_000, 0, 123] {
        let frames = stream(&video, &audio, Time::from_millis(from), 3);
        cutter.begin(&[Arc::clone(&video), Arc::clone(&audio)]);
        push(&mut cutter, &frames, &mut files);
        finish(&mut cutter, &mut files);
        sent += frames.len();
    }
    assert_eq!((files.files.len(), files.samples()), (1, sent));
    let (_, millis) = files.spans()[0];
    assert!((9_000..9_500).contains(&millis), "three times three seconds, not {millis} ms");
}

#[test]
fn a_recording_begins_with_a_picture_that_can_be_shown() {
    let (video, audio) = (pictures(1, 77), sound(2, false));
    let all = stream(&video, &audio, Time::ZERO, 5);
    let (early, key) = (Time::from_millis(2_500), Time::from_millis(3_000));
    let is_late = |frame: &Frame| frame.track.kind() == Kind::Audio || frame.dts > early;
    // In the middle of a stream: the group of pictures that is going on cannot be shown, and nobody misses its sound.
    let mut middle = all.clone();
    middle.iter_mut().for_each(|frame| frame.keyframe &= is_late(frame));
    // Of an encoder whose camera is slower than its microphone.
    let slow = all.into_iter().filter(is_late).collect::<Vec<_>>();
    for (frames, sound) in [(middle, key), (slow, key - Delta::secs(1))] {
        let (mut cutter, mut files) = (cutter(Settings::default()), Files::default());
        cutter.begin(&[Arc::clone(&video), Arc::clone(&audio)]);
        let frames: Vec<_> = frames
            .into_iter()
            .filter(|frame| frame.keyframe || frame.dts < early || frame.dts > key)
            .collect();
        push(&mut cutter, &frames, &mut files);
        finish(&mut cutter, &mut files);
        let kept = |frame: &&Frame| frame.dts >= if frame.track.kind() == Kind::Video { key } else { sound };
        assert_eq!(files.samples(), frames.iter().filter(kept).count());
    }
}

#[test]
fn sound_alone_is_recorded_and_cut_anywhere() {
    let audio = sound(2, true);
    let mut frames = stream(&pictures(1, 77), &audio, Time::ZERO, 12);
    frames.retain(|frame| frame.track.kind() == Kind::Audio);
    let settings = Settings { split_seconds: Some(10), ..Settings::default() };
    let (mut cutter, mut files) = (cutter(settings), Files::default());
    cutter.begin(&[audio]);
    push(&mut cutter, &frames, &mut files);
    finish(&mut cutter, &mut files);
    assert_eq!((files.files.len(), files.samples()), (2, frames.len()));
}

#[test]
fn who_asks_for_a_cut_gets_it_at_the_next_key_frame() {
    let (video, audio) = (pictures(1, 77), sound(2, false));
    let frames = stream(&video, &audio, Time::ZERO, 4);
    let (mut cutter, mut files) = (cutter(Settings::default()), Files::default());
    cutter.begin(&[video, audio]);
    let (first, rest) = frames.split_at(frames.len() * 3 / 8);
    push(&mut cutter, first, &mut files);
    cutter.cut();
    cutter.cut();
    push(&mut cutter, rest, &mut files);
    finish(&mut cutter, &mut files);
    assert_eq!((files.asked.as_slice(), files.samples()), (&[false, true][..], frames.len()));
}

#[test]
fn what_no_file_can_have_is_said_to_be_left_out() {
    let vp8 = media::vp8::Parameters::from_keyframe(&[0x50, 0x01, 0, 0x9d, 0x01, 0x2a, 64, 0, 64, 0]);
    let Ok(parameters) = vp8 else { panic!("a key frame of VP8") };
    let track = Arc::new(Track { id: media::TrackId(3), codec: media::Codec::Vp8(parameters) });
    let mut cutter = cutter(Settings::default());
    cutter.begin(&[Arc::clone(&track)]);
    assert!(!cutter.push(Arc::new(frame(&track, Time::ZERO, Delta::ZERO, true))));
    cutter.finish();
    assert!(cutter.poll().is_none());
}

#[test]
fn an_encoder_that_changes_its_mind_with_each_frame_gets_few_files() {
    let (mut cutter, mut files) = (cutter(Settings::default()), Files::default());
    cutter.begin(&[pictures(1, 77)]);
    for number in 0..250 {
        let one = frame(
            &pictures(1, 66 + number % 2),
            Time::from_millis(i64::from(number) * 40),
            Delta::ZERO,
            true,
        );
        push(&mut cutter, &[one], &mut files);
    }
    finish(&mut cutter, &mut files);
    assert!(files.files.len() <= 40 && cutter.passed_over(), "{}", files.files.len());
}

#[test]
fn sound_that_was_quiet_for_hours_is_in_a_file_of_its_own() {
    let (video, audio) = (pictures(1, 77), sound(2, false));
    let mut frames = stream(&video, &audio, Time::ZERO, 2);
    // A picture a minute is enough to be there.
    frames.extend(
        (0..90).map(|minute| frame(&video, Time::from_millis(60_000 * (minute + 1)), Delta::ZERO, true)),
    );
    frames.extend(stream(&video, &audio, Time::from_millis(5_500_000), 2));
    let (mut cutter, mut files) = (cutter(Settings::default()), Files::default());
    cutter.begin(&[video, audio]);
    push(&mut cutter, &frames, &mut files);
    finish(&mut cutter, &mut files);
    assert_eq!((files.files.len(), files.samples()), (2, frames.len()));
}

#[test]
fn where_pictures_stay_away_a_file_ends_without_one() {
    let (video, audio) = (pictures(1, 77), sound(2, false));
    let mut frames = stream(&video, &audio, Time::ZERO, 40);
    frames.retain(|frame| frame.track.kind() == Kind::Audio || frame.dts < Time::from_millis(2_000));
    let settings = Settings { split_seconds: Some(10), ..Settings::default() };
    let (mut cutter, mut files) = (cutter(settings), Files::default());
    cutter.begin(&[video, audio]);
    push(&mut cutter, &frames, &mut files);
    finish(&mut cutter, &mut files);
    assert!(files.files.len() >= 3, "{}", files.files.len());
    assert_eq!(files.samples(), frames.len());
}

#[test]
fn pictures_without_key_frames_are_recorded_after_a_while() {
    let video = pictures(1, 77);
    let (mut cutter, mut files) = (cutter(Settings::default()), Files::default());
    cutter.begin(&[Arc::clone(&video)]);
    let frames: Vec<_> =
        (0..750).map(|number| frame(&video, Time::from_millis(number * 40), Delta::ZERO, false)).collect();
    push(&mut cutter, &frames, &mut files);
    finish(&mut cutter, &mut files);
    assert_eq!(files.samples(), 250);
}

#[test]
fn a_publisher_who_returns_with_a_track_more_begins_a_file_at_once() {
    let (video, audio) = (pictures(1, 77), sound(2, false));
    let mut silent = stream(&video, &audio, Time::ZERO, 4);
    silent.retain(|frame| frame.track.kind() == Kind::Video);
    let (mut cutter, mut files) = (cutter(Settings::default()), Files::default());
    cutter.begin(&[Arc::clone(&video)]);
    push(&mut cutter, &silent, &mut files);
    finish(&mut cutter, &mut files);
    let both = stream(&video, &audio, Time::ZERO, 4);
    cutter.begin(&[video, audio]);
    push(&mut cutter, &both, &mut files);
    finish(&mut cutter, &mut files);
    let samples: Vec<_> = files.spans().iter().map(|(samples, _)| *samples).collect();
    assert_eq!(samples, [silent.len(), both.len()], "each publication is in its own file, whole");
}

#[test]
fn pictures_of_the_next_publication_are_shown_after_those_of_the_last() {
    let video = pictures(1, 77);
    // Shown three pictures after they are decoded, as with B-frames that are referred to.
    let late = |frame: Frame| Frame { pts: frame.dts + Delta::millis(120), ..frame };
    let frames = stream(&video, &sound(2, false), Time::ZERO, 2);
    let frames: Vec<_> = frames.into_iter().filter(|frame| frame.track.kind() == Kind::Video).collect();
    let (mut cutter, mut files) = (cutter(Settings::default()), Files::default());
    cutter.begin(&[Arc::clone(&video)]);
    push(&mut cutter, &frames.iter().cloned().map(late).collect::<Vec<_>>(), &mut files);
    finish(&mut cutter, &mut files);
    cutter.begin(&[video]);
    push(&mut cutter, &frames, &mut files);
    finish(&mut cutter, &mut files);
    let (one, last) = (frames.len(), frames.last().unwrap().dts + Delta::millis(120));
    assert_eq!(files.samples(), 2 * one);
    assert!(cutter.length() > (last - Time::ZERO) + Delta::millis(1_900), "{}", cutter.length());
}

/// Whatever the beat of the sound, and wherever it falls: who looks for a place, or plays a piece, begins with a key frame.
#[test]
fn each_group_of_pictures_begins_a_fragment() {
    let (video, audio) = (pictures(1, 77), sound(2, true));
    for (sound, late) in [(46_440, 21_000), (64_000, 37_000), (46_440, 0), (23_220, 999), (21_333, 18_500)] {
        for gop in [25, 33, 50, 150] {
            let pictures =
                (0..gop * 12).map(|at| frame(&video, Time::from_millis(at * 40), Delta::ZERO, at % gop == 0));
            let sounds = (0..gop * 12 * 40_000 / sound)
                .map(|at| frame(&audio, Time::from_micros(at * sound + late), Delta::ZERO, true));
            let mut frames: Vec<_> = pictures.chain(sounds).collect();
            frames.sort_by_key(|frame| frame.dts);
            let mut cutter = cutter(Settings::default());
            cutter.begin(&[Arc::clone(&video), Arc::clone(&audio)]);
            let (mut keys, mut longest) = (0, Delta::ZERO);
            let mut look = |cutter: &mut Cutter| {
                while let Some(cut) = cutter.poll() {
                    if let Cut::Fragment { key, lasts, .. } = cut {
                        keys += i64::from(key);
                        longest = longest.max(lasts);
                    }
                }
            };
            for frame in frames {
                cutter.push(Arc::new(frame));
                look(&mut cutter);
            }
            cutter.finish();
            look(&mut cutter);
            assert_eq!(keys, 12, "of 12 groups of {gop}, with sounds of {sound} µs from {late} µs on");
            assert!(longest <= FRAGMENT + LEAST + Delta::millis(50), "{longest}");
        }
    }
}
