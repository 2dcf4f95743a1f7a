//! Sources whose clock does what it should not: what viewers see is whole, in order and in step all the same.

use container::flv::TagKind;
use media::{Delta, Time};
use testkit::ffmpeg::Kind;
use testkit::{Clip, Script, Tool, tool};

use crate::support::watch::{assert_undisturbed, watch};
use crate::support::{B_FRAMES, USUAL, original};

/// Where things happen: in the middle, between two key frames.
const MIDDLE: Delta = Delta::millis(4_400);

/// A clip with B-frames whose clock has been changed comes to everybody as if it had not.
#[track_caller]
fn makes_no_difference(change: impl FnOnce(Script) -> Script) {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(B_FRAMES);
    assert_undisturbed(&watch(change(Script::of(&clip))), &clip);
}

#[test]
fn a_clock_may_jump_forward() {
    makes_no_difference(|script| script.jump(MIDDLE, Delta::secs(3_600)));
}

#[test]
fn a_clock_may_jump_back() {
    makes_no_difference(|script| {
        script.starting_at(Time::from_millis(7_200_000)).jump(MIDDLE, Delta::secs(-3_600))
    });
}

#[test]
fn a_clock_may_jump_there_and_back() {
    makes_no_difference(|script| {
        let away = script.jump(Delta::secs(3), Delta::secs(600));
        away.jump(MIDDLE, Delta::secs(-600)).jump(Delta::secs(6), Delta::secs(90_000))
    });
}

#[test]
fn a_clock_may_begin_anew_at_zero() {
    makes_no_difference(|script| script.jump(MIDDLE, Delta::ZERO - MIDDLE));
}

#[test]
fn a_clock_may_pass_33_bits_of_90_khz() {
    // 2^33 / 90 kHz, in the middle of the clip: where the clock of MPEG-TS runs over.
    makes_no_difference(|script| script.starting_at(Time::from_millis(95_443_718) - MIDDLE));
}

#[test]
fn a_clock_may_pass_32_bits_of_milliseconds() {
    makes_no_difference(|script| script.starting_at(Time::from_millis(1 << 32) - MIDDLE));
}

#[test]
fn an_encoder_may_begin_anew_on_the_same_connection() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(B_FRAMES);
    let (once, gap) = (Script::of(&clip), Delta::millis(40));
    let twice = once.clone().then(gap, once.clone());
    // The headers come again, and with them the time of the beginning.
    let from = twice.cues()[once.cues().len() - 1].at;
    let seen = watch(twice.jump(from, Delta::ZERO - from));
    let original = original(&clip);
    let pictures = [original.pictures(), original.pictures()].concat();
    for (name, played) in seen.each() {
        played.assert_clean();
        assert!(played.pictures() == pictures, "{name}: {} pictures", played.pictures().len());
        let span = played.span(Kind::Video);
        assert!((15.8..16.1).contains(&span), "{name}: {span} s");
    }
}

#[test]
fn sound_may_be_timed_in_steps_of_10_ms() {
    makes_no_difference(|script| script.coarse(TagKind::Audio, Delta::millis(10)));
}

#[test]
fn sound_may_be_timed_in_steps_of_100_ms() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(B_FRAMES);
    let seen = watch(Script::of(&clip).coarse(TagKind::Audio, Delta::millis(100)));
    let original = original(&clip);
    seen.assert_all_pictures(&original);
    seen.assert_sounds(&original, 3);
    for (name, played) in seen.each() {
        let delays = played.delays(&original, Kind::Audio);
        assert!(delays.len() > 370, "{name}: {}", delays.len());
        // Where the first step began only the second tells.
        let pictures = played.delays(&original, Kind::Video)[0].1;
        let apart = |(at, delay): &&(f64, f64)| (delay - pictures).abs() > if *at < 0.3 { 0.1 } else { 0.03 };
        assert_eq!(delays.iter().find(apart), None, "{name}: pictures are {pictures} s late");
    }
}

#[test]
fn pictures_may_be_timed_in_steps_of_10_ms() {
    makes_no_difference(|script| script.coarse(TagKind::Video, Delta::millis(10)));
}

/// Sound that is not there for a while: everything else is, and what there is, is in step.
#[track_caller]
fn sound_is_missed(missing: std::ops::Range<Delta>, change: impl FnOnce(Script) -> Script) {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(USUAL);
    let script = Script::of(&clip).without(TagKind::Audio, missing.clone());
    let seen = watch(change(script));
    let original = original(&clip);
    seen.assert_all_pictures(&original);
    seen.assert_in_step(&original);
    // 1,024 samples each, of 48 kHz.
    let missed = (missing.end - missing.start).as_micros() * 48 / 1_024_000;
    seen.assert_sounds(&original, missed as usize + 4);
}

#[test]
fn sound_may_cease_and_return() {
    sound_is_missed(Delta::millis(2_500)..Delta::millis(5_300), |script| script);
}

#[test]
fn sound_may_begin_half_a_second_late() {
    sound_is_missed(Delta::ZERO..Delta::millis(500), |script| script.header_with_first(TagKind::Audio));
}

#[test]
fn sound_that_was_announced_may_begin_three_seconds_late() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(USUAL);
    let script = Script::of(&clip).without(TagKind::Audio, Delta::ZERO..Delta::secs(3));
    let seen = watch(script.header_with_first(TagKind::Audio));
    let original = original(&clip);
    // FFmpeg does not take up a stream that begins later than it looks for streams; an FLV file has promised that there
    // is none, so it ends where there is one.
    for played in [&seen.rtmp, &seen.hls] {
        played.assert_clean();
        assert_eq!(played.pictures(), original.pictures());
    }
    seen.flv.assert_clean();
    assert!(original.pictures().starts_with(&seen.flv.pictures()));
    assert!(seen.flv.pictures().len() >= 3 * 25, "{}", seen.flv.pictures().len());
}

#[test]
fn sound_may_arrive_half_a_second_after_its_pictures() {
    makes_no_difference(|script| script.late(TagKind::Audio, Delta::millis(500)));
}

#[test]
fn sound_may_arrive_three_seconds_after_its_pictures() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(USUAL);
    let seen = watch(Script::of(&clip).late(TagKind::Audio, Delta::secs(3)));
    let original = original(&clip);
    seen.assert_all_pictures(&original);
    // FFmpeg does not take up sound that is only in the later segments.
    for (name, played) in [("RTMP", &seen.rtmp), ("FLV", &seen.flv)] {
        let (came, all) = (played.packets(Kind::Audio).len(), original.sounds().len());
        assert!(came + 3 >= all, "{name}: {came} sounds of {all}");
        played.assert_in_step(&original, Delta::millis(40).to_std());
    }
}

#[test]
fn pictures_may_arrive_a_second_after_their_sound() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(USUAL);
    let seen = watch(Script::of(&clip).late(TagKind::Video, Delta::secs(1)));
    let original = original(&clip);
    seen.assert_all_pictures(&original);
    seen.assert_in_step(&original);
    // Segments wait half a second for the pictures that belong to a sound, and begin with one.
    seen.assert_sounds(&original, 26);
}
