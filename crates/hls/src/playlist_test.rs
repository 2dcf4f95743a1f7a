#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use m3u8_rs::Playlist;
use media::{Delta, Time};

use super::*;
use crate::{Config, Segment};

fn segment(sequence: u64, millis: i64, discontinuity: bool) -> Arc<Segment> {
    Arc::new(Segment {
        sequence,
        duration: Delta::millis(millis),
        start: Time::ZERO,
        wall: UNIX_EPOCH + Duration::from_millis(1_714_557_599_990 + sequence * 10_000),
        discontinuity,
        independent: true,
        data: Bytes::new(),
    })
}

fn window(segments: impl IntoIterator<Item = Arc<Segment>>) -> Window {
    let mut window = Window::new(&Config::default());
    segments.into_iter().for_each(|segment| window.push(segment));
    window
}

fn parse(text: &str) -> m3u8_rs::MediaPlaylist {
    match m3u8_rs::parse_playlist_res(text.as_bytes()) {
        Ok(Playlist::MediaPlaylist(playlist)) => playlist,
        other => panic!("not a media playlist: {other:?}"),
    }
}

fn listed(window: &Window) -> Vec<u64> {
    window.listed().map(|segment| segment.sequence).collect()
}

#[test]
fn the_text_is_as_written_here() {
    let window = window([segment(0, 10_000, false), segment(1, 11_960, true)]);
    let expected = "#EXTM3U\n\
        #EXT-X-VERSION:3\n\
        #EXT-X-MEDIA-SEQUENCE:0\n\
        #EXT-X-TARGETDURATION:15\n\
        #EXT-X-PROGRAM-DATE-TIME:2024-05-01T09:59:59.990Z\n\
        #EXTINF:10.000, no desc\n\
        livestream-0-1714557599990.ts\n\
        #EXT-X-DISCONTINUITY\n\
        #EXT-X-PROGRAM-DATE-TIME:2024-05-01T10:00:09.990Z\n\
        #EXTINF:11.960, no desc\n\
        livestream-1-1714557609990.ts\n";
    assert_eq!(media(&window, "livestream", ""), expected);
}

/// 10 s and 1,000 bytes.
fn weighty(sequence: u64) -> Arc<Segment> {
    let segment = Segment::clone(&segment(sequence, 10_000, sequence == 1));
    Arc::new(Segment { data: Bytes::from(vec![0; 1_000]), ..segment })
}

#[test]
fn a_window_of_too_many_bytes_is_shortened_but_not_below_three() {
    let kept = |window_bytes: usize| {
        let mut window = Window::new(&Config { window_bytes, ..Config::default() });
        (0..20).for_each(|n| window.push(weighty(n)));
        let discontinuities = window.discontinuity_sequence();
        (listed(&window), window.find(13).is_some(), window.bytes(), discontinuities)
    };
    assert_eq!(kept(8_000), ((14..20).collect(), true, 8_000, 1));
    assert_eq!(kept(7_999), ((14..20).collect(), true, 7_000, 1), "one that is no longer listed");
    assert_eq!(kept(4_500), ((16..20).collect(), false, 4_000, 1));
    assert_eq!(kept(0), ((17..20).collect(), false, 3_000, 1));
}

#[test]
fn a_window_is_shortened_on_demand() {
    let mut window = Window::new(&Config::default());
    (0..4).for_each(|n| window.push(weighty(n)));
    assert!(window.shorten(3) && !window.shorten(3));
    assert_eq!((listed(&window), window.discontinuity_sequence()), (vec![1, 2, 3], 0));
    assert!(window.shorten(0) && window.shorten(0) && !window.shorten(0));
    assert_eq!((listed(&window), window.discontinuity_sequence(), window.bytes()), (vec![3], 1, 1_000));
}

#[test]
fn an_independent_parser_reads_it() {
    let window = window((5..15).map(|sequence| segment(sequence, 10_123, sequence == 6 || sequence == 13)));
    let playlist = parse(&media(&window, "s", ""));
    assert_eq!((playlist.version, playlist.target_duration), (Some(3), 15));
    assert_eq!((playlist.media_sequence, playlist.discontinuity_sequence), (9, 1));
    assert!(!playlist.end_list);
    assert_eq!(playlist.segments.len(), 6);
    let first = &playlist.segments[0];
    assert_eq!((first.uri.as_str(), first.duration), ("s-9-1714557689990.ts", 10.123));
    assert_eq!(first.program_date_time.unwrap().timestamp_millis(), 1_714_557_689_990);
    let marks: Vec<_> = playlist.segments.iter().map(|segment| segment.discontinuity).collect();
    assert_eq!(marks, [false, false, false, false, true, false]);
}

#[test]
fn the_query_is_put_behind_every_segment() {
    let window = window([segment(0, 10_000, false), segment(1, 10_000, false)]);
    let playlist = parse(&media(&window, "s", "hls_ctx=0a1b2c3d"));
    assert!(playlist.segments.iter().all(|segment| segment.uri.ends_with(".ts?hls_ctx=0a1b2c3d")));
}

#[test]
fn names_are_encoded() {
    let window = window([segment(0, 10_000, false)]);
    let uri = |stream| parse(&media(&window, stream, "")).segments[0].uri.clone();
    assert_eq!(uri("a b:c%2?ü"), "a%20b%3Ac%252%3F%C3%BC-0-1714557599990.ts");
    assert_eq!(uri("A-z_0.~"), "A-z_0.~-0-1714557599990.ts");
    // No line of ours can be broken by a name.
    assert_eq!(media(&window, "x\n#EXT-X-ENDLIST\n", "").lines().count(), 7);
}

#[test]
fn an_empty_window_is_a_playlist_too() {
    let window = Window::new(&Config::default());
    assert!(window.is_empty());
    assert_eq!(media(&window, "s", "").lines().count(), 4);
}

#[test]
fn a_master_playlist_has_the_one_entry() {
    let text = master("/live/s.m3u8?hls_ctx=0a1b2c3d&x=1");
    assert_eq!(
        text,
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1\n/live/s.m3u8?hls_ctx=0a1b2c3d&x=1\n"
    );
    let Ok(Playlist::MasterPlaylist(playlist)) = m3u8_rs::parse_playlist_res(text.as_bytes()) else {
        panic!("not a master playlist")
    };
    assert_eq!(playlist.variants[0].uri, "/live/s.m3u8?hls_ctx=0a1b2c3d&x=1");
}

#[test]
fn the_window_lists_what_it_should_and_keeps_two_more() {
    let window = window((0..20).map(|sequence| segment(sequence, 10_000, false)));
    assert_eq!(listed(&window), [14, 15, 16, 17, 18, 19]);
    assert!(window.find(11).is_none());
    assert_eq!(window.find(12).unwrap().sequence, 12);
    assert_eq!(window.find(19).unwrap().sequence, 19);
    assert!(window.find(20).is_none());
}

#[test]
fn shorter_lengths_lower_the_target_duration_when_no_longer_segment_is_listed() {
    let mut window = window((0..8).map(|sequence| segment(sequence, 10_000, false)));
    window.set_config(&Config::new(Delta::secs(2), Delta::secs(16)));
    assert_eq!(window.target_duration(), 15, "the playlist that players have says so");
    let mut sequence = 8;
    while window.listed().any(|segment| segment.duration > Delta::secs(2)) {
        window.push(segment(sequence, 2_000, false));
        let longest = window.listed().map(|segment| segment.duration).max().unwrap();
        assert!(Delta::secs(window.target_duration() as i64) >= longest);
        sequence += 1;
        assert!(sequence < 40);
    }
    assert_eq!(window.target_duration(), 3);
    window.push(segment(sequence, 2_000, false));
    assert_eq!(listed(&window).len(), 8, "16 s");
    // And back at once, as the next segment may be that long.
    window.set_config(&Config::default());
    assert_eq!(window.target_duration(), 15);
    (sequence + 1..sequence + 8).for_each(|sequence| window.push(segment(sequence, 10_000, false)));
    assert_eq!((window.target_duration(), listed(&window).len()), (15, 6));
}

#[test]
fn a_long_segment_raises_the_target_duration_for_good() {
    let mut window = window([segment(0, 10_000, false), segment(1, 20_499, false)]);
    assert_eq!(window.target_duration(), 20);
    window.push(segment(2, 20_500, false));
    assert_eq!(window.target_duration(), 21);
    (3..30).for_each(|sequence| window.push(segment(sequence, 10_000, false)));
    assert_eq!(window.target_duration(), 21);
    // And three of it are always listed.
    assert_eq!(listed(&window).len(), 7);
}

#[test]
fn one_segment_longer_than_the_window_is_listed_all_the_same() {
    let window = window([segment(0, 10_000, false), segment(1, i64::MAX, false)]);
    assert_eq!(listed(&window).last(), Some(&1));
}

#[test]
fn dates_are_those_of_the_calendar() {
    let text = |seconds: u64| DateTime(UNIX_EPOCH + Duration::from_secs(seconds)).to_string();
    for (seconds, date) in [
        (0, "1970-01-01T00:00:00.000Z"),
        (68_169_599, "1972-02-28T23:59:59.000Z"),
        (68_169_600, "1972-02-29T00:00:00.000Z"),
        (951_868_799, "2000-02-29T23:59:59.000Z"),
        (951_868_800, "2000-03-01T00:00:00.000Z"),
        (1_798_761_599, "2026-12-31T23:59:59.000Z"),
        (4_107_542_400, "2100-03-01T00:00:00.000Z"),
    ] {
        assert_eq!(text(seconds), date);
    }
}

#[test]
fn segments_of_no_length_are_not_listed_without_end() {
    let window = window((0..5_000).map(|sequence| segment(sequence, 0, true)));
    assert_eq!(listed(&window), (3_000..5_000).collect::<Vec<_>>());
    assert_eq!(window.discontinuity_sequence(), 3_000);
}
