//! Paths and query strings of media requests.

use std::borrow::Cow;

use hub::wire::Selection;
use media::Sound;

/// The value of `name` in a raw query string, percent-decoded; the first wins.
pub(crate) fn query_value<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then(|| decode(value)).flatten()
    })
}

/// What a viewer wants of a stream by its query: `audio=only` and `video=only` take one alone; `audio=0`, `off` or `false` leaves
/// one out, and so does `video`. Anything else changes nothing. The outcome may be nothing at all.
pub(crate) fn selection(query: &str) -> Selection {
    let says = |kind: &str, words: &[&str]| {
        query_value(query, kind)
            .is_some_and(|value| words.iter().any(|word| value.eq_ignore_ascii_case(word)))
    };
    let (only, off) = (["only"], ["0", "off", "false"]);
    Selection {
        video: !says("video", &off) && !says("audio", &only),
        audio: !says("audio", &off) && !says("video", &only),
        ..Selection::ALL
    }
}

/// The sound that a viewer wants by its query: with `sound=source` as the publisher sends it, else `usual`.
pub(crate) fn sound(query: &str, usual: Sound) -> Sound {
    match query_value(query, "sound") {
        Some(value) if value.eq_ignore_ascii_case(Sound::Source.name()) => Sound::Source,
        _ => usual,
    }
}

/// Percent-decodes; `None` when the result would not be UTF-8 or an escape is broken.
pub(crate) fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| (byte? as char).to_digit(16);
        let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
        out.push((high << 4 | low) as u8);
    }
    String::from_utf8(out).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_values_are_found_and_decoded() {
        assert_eq!(query_value("a=1&b=x%2Fy&b=z", "b").as_deref(), Some("x/y"));
        assert_eq!(query_value("ab=1&flag", "flag").as_deref(), Some(""));
        assert_eq!(query_value("ab=1", "a"), None);
        assert_eq!(query_value("a=%zz", "a"), None);
    }

    #[test]
    fn queries_choose_sound_and_pictures() {
        for (query, video, audio) in [
            ("", true, true),
            ("audio=only", false, true),
            ("x=1&video=only", true, false),
            ("audio=0", true, false),
            ("audio=OFF", true, false),
            ("video=false", false, true),
            ("audio=only&video=off", false, true),
            ("audio=only&video=only", false, false),
            ("audio=0&video=0", false, false),
            ("audio=1&video=on&audio=0", true, true),
        ] {
            let expected = Selection { video, audio, ..Selection::ALL };
            assert_eq!(selection(query), expected, "{query}");
        }
    }

    #[test]
    fn queries_may_ask_for_the_sound_that_is_sent() {
        for (query, expected) in [
            ("", Sound::Aac),
            ("sound=source", Sound::Source),
            ("a=1&sound=SOURCE", Sound::Source),
            ("sound=aac", Sound::Aac),
            ("sound=flac", Sound::Aac),
        ] {
            assert_eq!(sound(query, Sound::Aac), expected, "{query}");
        }
        assert_eq!(sound("sound=opus", Sound::Source), Sound::Source);
    }

    #[test]
    fn broken_escapes_are_refused() {
        for text in ["%", "%4", "%g0", "%ff"] {
            assert_eq!(decode(text), None, "{text}");
        }
        assert_eq!(decode("%E7%9B%B4").as_deref(), Some("直"));
    }
}
