//! Broken, empty and odd bytes from a publisher: what can be shown is shown, and no player stumbles.

use container::flv::TagKind;
use media::Delta;
use testkit::clip::Spec;
use testkit::ffmpeg::Kind;
use testkit::script::{self, is_reference};
use testkit::{Clip, Script, Tool, tool};

use crate::support::watch::{Seen, assert_undisturbed, watch};
use crate::support::{B_FRAMES, USUAL, original};

/// A clip of which each picture has been spoilt comes to everybody as if it had not.
#[track_caller]
fn makes_no_difference(change: impl FnMut(usize, &mut Vec<u8>)) {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(B_FRAMES);
    assert_undisturbed(&watch(Script::of(&clip).spoil(change)), &clip);
}

/// Puts one of `units` after the other in front of the pictures.
#[track_caller]
fn units_make_no_difference(units: &[&[u8]]) {
    makes_no_difference(|number, body| script::put_first(body, units[number % units.len()]));
}

#[test]
fn messages_with_nothing_in_them_are_passed_over() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(B_FRAMES);
    let sounds: [&[u8]; 5] = [&[], &[0xaf], &[0xaf, 1], &[0xaf, 0], &[0xaf, 7, 1]];
    let pictures: [&[u8]; 9] = [
        &[],
        &[0x17],
        &[0x17, 0],
        &[0x17, 0, 0, 0, 0],
        &[0x27, 1],
        &[0x27, 1, 0, 0, 0],
        &[0x27, 1, 0, 0, 0, 0, 0, 0, 0],
        &[0x27, 9, 0, 0, 0],
        &[0x57, 0],
    ];
    let data: [&[u8]; 4] = [&[], &[2], &[2, 0, 10], &[0xff]];
    let extra: Vec<_> = [(TagKind::Audio, &sounds[..]), (TagKind::Video, &pictures), (TagKind::Data, &data)]
        .into_iter()
        .flat_map(|(kind, bodies)| bodies.iter().map(move |body| (kind, *body)))
        .collect();
    assert_undisturbed(&watch(Script::of(&clip).among(&extra)), &clip);
}

#[test]
fn codecs_that_nobody_knows_are_passed_over() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(USUAL);
    let script = Script::of(&clip).among(&[
        (TagKind::Video, b"\x90none12345"),
        (TagKind::Video, b"\x22screen"),
        (TagKind::Audio, b"\x91none12345"),
        (TagKind::Audio, b"\x52nelly"),
    ]);
    assert_undisturbed(&watch(script), &clip);
}

#[test]
fn sei_that_runs_past_its_end_is_cut_out() {
    // What a drone sends, and what makes other servers write broken segments: the size of a message is more than there is.
    units_make_no_difference(&[
        &[6, 5, 200, 1, 2, 3, 4, 5, 0x80],
        &[6, 5, 255, 255, 255],
        &[6, 255, 255],
        &[6, 5],
        &[6],
        &[6, 1, 1, 2, 5, 9, 0x80],
    ]);
}

#[test]
fn sei_without_an_end_is_kept_or_cut_out() {
    let units: [&[u8]; 5] = [
        &[6, 5, 3, 1, 2, 3],
        &[6, 1, 0],
        &[6, 0x80],
        &[6, 5, 2, 1, 2, 0, 0, 0, 0],
        &[6, 100, 2, 0, 0, 3, 0x80],
    ];
    spoilt_with(&units);
}

/// The same, where FFmpeg may say that it misses the end of a message: it goes on.
#[track_caller]
fn spoilt_with(units: &[&[u8]]) {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(B_FRAMES);
    let spoil = |number: usize, body: &mut Vec<u8>| script::put_first(body, units[number % units.len()]);
    let mut seen = watch(Script::of(&clip).spoil(spoil));
    seen.forgive("SEI type");
    assert_undisturbed(&seen, &clip);
}

#[test]
fn sei_with_bytes_that_look_like_a_start_code_is_harmless() {
    let units: [&[u8]; 6] = [
        // Unescaped: in a byte stream it would end here and a slice begin.
        &[6, 5, 8, 0, 0, 1, 0x65, 0x88, 0x84, 0, 1, 0x80],
        &[6, 5, 8, 0, 0, 0, 1, 0x67, 0x64, 0, 1, 0x80],
        &[6, 5, 6, 1, 0, 0, 0, 0, 0, 0x80],
        // Escaped where nothing needs it, and with the escape as the last byte.
        &[6, 5, 4, 1, 0, 0, 3, 9, 0x80],
        &[6, 5, 3, 1, 0, 0, 3],
        &[6, 5, 2, 0, 0, 2, 0x80],
    ];
    spoilt_with(&units);
}

#[test]
fn units_that_decoders_do_not_need_are_harmless() {
    units_make_no_difference(&[&[9, 0xf0], &[12, 255, 255, 255, 0x80], &[24, 1, 2, 3], &[0, 0, 0]]);
}

#[test]
fn broken_lengths_behind_a_picture_cost_nothing_of_it() {
    let tails: [&[u8]; 5] =
        [&[0], &[0, 0, 0], &[0, 0, 255, 255, 1, 2], &[255, 255, 255, 255, 9], &[0, 0, 0, 0]];
    makes_no_difference(|number, body| body.extend_from_slice(tails[number % tails.len()]));
}

#[test]
fn start_codes_instead_of_lengths_are_understood() {
    makes_no_difference(|_, body| {
        let mut at = 5;
        while let Some(length) = body.get(at..at + 4).map(|bytes| <[u8; 4]>::try_from(bytes).unwrap()) {
            body[at..at + 4].copy_from_slice(&[0, 0, 0, 1]);
            at += 4 + u32::from_be_bytes(length) as usize;
        }
    });
}

#[test]
fn pictures_that_are_broken_are_left_out_alone() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(B_FRAMES);
    // Pictures that no other refers to, so that what is left is whole.
    let mut broken = 0;
    let script = Script::of(&clip).spoil(|_, body| {
        if !is_reference(body) {
            broken += 1;
            body[5..9].copy_from_slice(&[1, 0, 0, 0]);
        }
    });
    assert!(broken > 50, "{broken}");
    let seen = watch(script);
    let all = original(&clip).pictures();
    for (name, played) in seen.each() {
        played.assert_clean();
        let came = played.pictures();
        assert_eq!(came.len(), all.len() - broken, "{name}");
        assert!(came.iter().all(|crc| all.contains(crc)), "{name}: a picture that was not sent");
    }
}

/// `second` follows `first` within one publish; all pictures of both come.
#[track_caller]
fn changes(first: Spec, second: Spec) -> Option<Seen> {
    if !tool::have(&[Tool::Ffmpeg]) {
        return None;
    }
    let clips = [first, second].map(|spec| Clip::new(Spec { seconds: 6, ..spec }));
    let [first, second] = [0, 1].map(|number: usize| Script::of(&clips[number]));
    let mut seen = watch(first.then(Delta::millis(40), second));
    // FFmpeg's decoder learns of the new parameters that a header brings, its parser does not.
    seen.forgive("[NULL @");
    for (name, played) in seen.each() {
        eprintln!("by {name}:");
        played.assert_clean();
        let all = clips.iter().map(Clip::video_frames).sum::<usize>();
        assert_eq!(played.pictures().len(), all, "{name}");
        // FFmpeg shows what has another size in the first one's: only these pictures can be compared.
        assert!(played.pictures().starts_with(&original(&clips[0]).pictures()), "{name}");
        let sounds = played.packets(Kind::Audio).len();
        assert!(sounds >= 2 * 281 - 4, "{name}: {sounds} sounds");
    }
    Some(seen)
}

#[test]
fn the_size_may_change_within_a_stream() {
    changes(USUAL, Spec { size: (480, 270), ..USUAL });
}

#[test]
fn the_profile_may_change_within_a_stream() {
    if let Some(seen) = changes(B_FRAMES, Spec { profile: "baseline", ..USUAL }) {
        let second = original(&Clip::new(Spec { seconds: 6, profile: "baseline", ..USUAL })).pictures();
        for (name, played) in seen.each() {
            assert!(played.pictures().ends_with(&second), "{name}");
        }
    }
}

#[test]
fn a_header_that_cannot_be_read_changes_nothing() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let clip = Clip::new(USUAL);
    let script = Script::of(&clip).among(&[
        (TagKind::Video, &[0x17, 0, 0, 0, 0, 1, 100, 0, 30, 255, 255, 255, 255]),
        (TagKind::Video, &[0x17, 0, 0, 0, 0, 9]),
        (TagKind::Audio, &[0xaf, 0, 0xff]),
        (TagKind::Data, &nested(10_000)),
    ]);
    assert_undisturbed(&watch(script), &clip);
}

/// Metadata whose value is an object in an object in an object.
fn nested(depth: usize) -> Vec<u8> {
    let name = b"\x02\0\x0aonMetaData".to_vec();
    [name, b"\x03\0\x01a".repeat(depth)].concat()
}
