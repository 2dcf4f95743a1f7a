#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use m3u8_rs::Playlist as Parsed;
use media::{Codec, Time, Track, TrackId, aac, h264};

use super::*;
use crate::ll::{Config, Init, Progress, Resume};

fn tracks() -> Vec<Arc<Track>> {
    let set = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
    let video = h264::Parameters::new(set(&[0x67, 0x64, 0, 31]), set(&[0x68, 1])).unwrap();
    let audio = aac::Parameters::parse(&Bytes::from_static(&[0x11, 0x90])).unwrap();
    let track = |id, codec| Arc::new(Track { id: TrackId(id), codec });
    vec![track(0, Codec::H264(video)), track(1, Codec::Aac(audio))]
}

/// Segment after segment.
struct Stream {
    window: Window,
    next: u64,
    init: Arc<Init>,
}

impl Stream {
    fn new() -> Stream {
        // Two target durations of 3 s are skipped until, so that lists stay short here.
        let config = Config::new(Delta::secs(2), Delta::secs(40), Delta::millis(350));
        let init = Stream::init(0);
        Stream { window: Window::new(&config, Resume::default()), next: 0, init }
    }

    fn init(sequence: u64) -> Arc<Init> {
        Arc::new(Init {
            sequence,
            millis: 1_714_557_600_000 + sequence * 2_000,
            tracks: tracks(),
            data: Bytes::new(),
        })
    }

    fn begin(&mut self, discontinuity: bool) {
        self.window.push(Progress::Begin(Segment {
            sequence: self.next,
            duration: Delta::ZERO,
            start: Time::ZERO,
            wall: UNIX_EPOCH + Duration::from_millis(1_714_557_600_000 + self.next * 2_000),
            discontinuity,
            independent: true,
            init: Arc::clone(&self.init),
            parts: Vec::new(),
        }));
        self.next += 1;
    }

    fn part(&mut self, micros: i64, independent: bool) {
        let (data, frames) = (Bytes::from(vec![0; 10_000]), if micros > 1_000 { 10 } else { 0 });
        self.window.push(Progress::Part(Part { duration: Delta::micros(micros), independent, frames, data }));
    }

    /// A whole one, of 2 s.
    fn segment(&mut self, discontinuity: bool) {
        self.begin(discontinuity);
        (0..6).for_each(|index| self.part(333_333, index == 0));
        self.part(2, false);
        self.window.push(Progress::End { duration: Delta::secs(2) });
    }

    fn text(&self, skip: bool) -> String {
        String::from_utf8(media(&self.window, "live stream", skip).text().to_vec()).unwrap()
    }
}

#[test]
fn the_text_is_as_written_here() {
    let mut stream = Stream::new();
    (0..5).for_each(|_| stream.segment(false));
    stream.init = Stream::init(5);
    stream.begin(true);
    stream.part(350_000, true);
    stream.part(320_000, false);
    // Two segments of 2 s, and 0.67 s, are within 9 s of the end with all their parts; so is one more, and a fourth.
    let mut expected = "#EXTM3U\n\
        #EXT-X-VERSION:6\n\
        #EXT-X-TARGETDURATION:3\n\
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=18.000,HOLD-BACK=9.000,PART-HOLD-BACK=1.050\n\
        #EXT-X-PART-INF:PART-TARGET=0.350\n\
        #EXT-X-MEDIA-SEQUENCE:0\n\
        #EXT-X-MAP:URI=\"live%20stream-0-1714557600000.mp4\"\n\
        #EXT-X-PROGRAM-DATE-TIME:2024-05-01T10:00:00.000Z\n\
        #EXTINF:2.000,\n\
        live%20stream-0-1714557600000.m4s\n"
        .to_owned();
    for n in 1..5 {
        let stem = format!("live%20stream-{n}-{}", 1_714_557_600_000_u64 + n * 2_000);
        let _ = writeln!(expected, "#EXT-X-PROGRAM-DATE-TIME:2024-05-01T10:00:{:02}.000Z", n * 2);
        for part in 0..7 {
            let duration = if part < 6 { "0.333333" } else { "0.000002" };
            let key = if part == 0 { ",INDEPENDENT=YES" } else { "" };
            let _ = writeln!(expected, "#EXT-X-PART:DURATION={duration},URI=\"{stem}.{part}.m4s\"{key}");
        }
        let _ = write!(expected, "#EXTINF:2.000,\n{stem}.m4s\n");
    }
    expected += "#EXT-X-DISCONTINUITY\n\
        #EXT-X-MAP:URI=\"live%20stream-5-1714557610000.mp4\"\n\
        #EXT-X-PROGRAM-DATE-TIME:2024-05-01T10:00:10.000Z\n\
        #EXT-X-PART:DURATION=0.350,URI=\"live%20stream-5-1714557610000.0.m4s\",INDEPENDENT=YES\n\
        #EXT-X-PART:DURATION=0.320,URI=\"live%20stream-5-1714557610000.1.m4s\"\n\
        #EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"live%20stream-5-1714557610000.2.m4s\"\n";
    assert_eq!(stream.text(false), expected);
}

#[test]
fn a_segment_that_has_just_begun_is_only_hinted_at() {
    let hint = "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"live%20stream-1-1714557602000.0.m4s\"\n";
    for (discontinuity, mark) in [(false, ""), (true, "#EXT-X-DISCONTINUITY\n")] {
        let mut stream = Stream::new();
        stream.segment(false);
        stream.begin(discontinuity);
        let (text, last) = (stream.text(false), "live%20stream-0-1714557600000.m4s\n");
        assert!(text.ends_with(&format!("{last}{mark}{hint}")), "{text}");
    }
}

#[test]
fn after_a_publisher_has_gone_a_discontinuity_is_to_come() {
    let mut stream = Stream::new();
    stream.segment(false);
    let text = stream.text(false);
    assert!(text.ends_with("live%20stream-0-1714557600000.m4s\n#EXT-X-DISCONTINUITY\n"), "{text}");
    stream.begin(true);
    stream.part(350_000, true);
    assert_eq!(stream.text(false).matches("#EXT-X-DISCONTINUITY\n").count(), 1);
}

#[test]
fn a_delta_update_leaves_out_what_is_six_target_durations_old() {
    let mut stream = Stream::new();
    (0..12).for_each(|n| stream.segment(n == 4));
    stream.begin(false);
    stream.part(350_000, true);
    let (whole, delta) = (stream.text(false), stream.text(true));
    // 24.35 s are listed; three segments end more than 18 s before the end.
    let rest = whole.split_once("live%20stream-2-1714557604000.m4s\n").unwrap().1;
    assert!(
        delta.ends_with(&format!("#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n{rest}")),
        "{delta}"
    );
    assert!(delta.starts_with("#EXTM3U\n#EXT-X-VERSION:9\n"), "{delta}");
}

#[test]
fn a_delta_update_of_a_short_playlist_is_the_playlist() {
    let mut stream = Stream::new();
    (0..9).for_each(|_| stream.segment(false));
    assert_eq!(stream.text(true), stream.text(false));
}

#[test]
fn a_query_stands_behind_every_name() {
    let mut stream = Stream::new();
    (0..3).for_each(|_| stream.segment(false));
    stream.begin(false);
    stream.part(350_000, true);
    let playlist = media(&stream.window, "s", false);
    let whole = String::from_utf8(playlist.text().to_vec()).unwrap();
    let text = String::from_utf8(playlist.with_query("hls_ctx=abc").to_vec()).unwrap();
    assert_eq!(text, whole.replace(".m4s", ".m4s?hls_ctx=abc").replace(".mp4", ".mp4?hls_ctx=abc"));
}

#[test]
fn another_parser_reads_the_same() {
    let mut stream = Stream::new();
    (0..12).for_each(|n| stream.segment(n == 4));
    let Ok(Parsed::MediaPlaylist(parsed)) = m3u8_rs::parse_playlist_res(stream.text(false).as_bytes()) else {
        panic!("{}", stream.text(false));
    };
    assert_eq!((parsed.version, parsed.target_duration, parsed.media_sequence), (Some(6), 3, 0));
    assert_eq!(parsed.segments.len(), 12);
    for (n, segment) in parsed.segments.iter().enumerate() {
        assert_eq!((segment.duration, segment.discontinuity), (2.0, n == 4));
        assert!(segment.uri.starts_with(&format!("live%20stream-{n}-")) && segment.uri.ends_with(".m4s"));
        assert!(segment.program_date_time.is_some());
    }
    assert_eq!(parsed.segments[0].map.as_ref().unwrap().uri, "live%20stream-0-1714557600000.mp4");
}

#[test]
fn the_master_says_what_is_measured() {
    let mut stream = Stream::new();
    assert_eq!(master(&stream.window, "x"), None);
    (0..2).for_each(|_| stream.segment(false));
    let text = master(&stream.window, "/live/s.m3u8?hls_ctx=a&variant=ll").unwrap();
    // 70,000 bytes in 2 s.
    let expected = "#EXTM3U\n#EXT-X-VERSION:6\n\
        #EXT-X-STREAM-INF:BANDWIDTH=280000,AVERAGE-BANDWIDTH=280000,CODECS=\"avc1.64001f,mp4a.40.2\",FRAME-RATE=30.000\n\
        /live/s.m3u8?hls_ctx=a&variant=ll\n";
    assert_eq!(text, expected);
    let Ok(Parsed::MasterPlaylist(parsed)) = m3u8_rs::parse_playlist_res(text.as_bytes()) else {
        panic!("{text}")
    };
    assert_eq!(parsed.variants[0].codecs.as_deref(), Some("avc1.64001f,mp4a.40.2"));
}
