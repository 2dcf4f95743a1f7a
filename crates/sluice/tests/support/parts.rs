//! A low-latency playlist as far as tests read it, and the rules that it has to keep.

use std::collections::BTreeMap;
use std::time::Duration;

use testkit::ffmpeg::{self, Played, Version};
use testkit::{Server, http};

use super::{SOON, STREAM, wait_for_ok};

/// The playlist of one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Moment {
    pub(crate) text: String,
    pub(crate) target: f64,
    pub(crate) part_target: f64,
    pub(crate) segments: Vec<Segment>,
    /// The URI of the part that comes next.
    pub(crate) hint: Option<String>,
}

/// A segment with its parts; the last may have no URI yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Segment {
    pub(crate) sequence: u64,
    pub(crate) uri: Option<String>,
    pub(crate) duration: f64,
    pub(crate) discontinuity: bool,
    pub(crate) map: String,
    pub(crate) parts: Vec<Part>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Part {
    pub(crate) uri: String,
    pub(crate) duration: f64,
    pub(crate) independent: bool,
}

impl Moment {
    pub(crate) fn parse(text: &str) -> Moment {
        let mut moment = Moment { text: text.to_owned(), ..Moment::default() };
        let (mut sequence, mut map, mut open) = (0, String::new(), Segment::default());
        for line in text.lines() {
            let (tag, value) = line.split_once(':').unwrap_or((line, ""));
            match tag {
                "#EXT-X-TARGETDURATION" => moment.target = value.parse().unwrap(),
                "#EXT-X-PART-INF" => {
                    moment.part_target = attribute(value, "PART-TARGET").unwrap().parse().unwrap()
                }
                "#EXT-X-MEDIA-SEQUENCE" => sequence = value.parse().unwrap(),
                "#EXT-X-DISCONTINUITY" => open.discontinuity = true,
                "#EXT-X-MAP" => map = attribute(value, "URI").unwrap(),
                "#EXT-X-PART" => open.parts.push(Part {
                    uri: attribute(value, "URI").unwrap(),
                    duration: attribute(value, "DURATION").unwrap().parse().unwrap(),
                    independent: attribute(value, "INDEPENDENT").is_some(),
                }),
                "#EXTINF" => open.duration = value.trim_end_matches(',').parse().unwrap(),
                "#EXT-X-PRELOAD-HINT" => moment.hint = attribute(value, "URI"),
                _ if !line.starts_with('#') => {
                    let done = Segment { sequence, uri: Some(line.to_owned()), map: map.clone(), ..open };
                    moment.segments.push(done);
                    sequence += 1;
                    open = Segment::default();
                }
                _ => {}
            }
        }
        if !open.parts.is_empty() {
            moment.segments.push(Segment { sequence, map, ..open });
        }
        moment
    }

    /// What to ask for to get the next moment.
    pub(crate) fn next(&self) -> String {
        match self.segments.last() {
            Some(open) if open.uri.is_none() => {
                format!("_HLS_msn={}&_HLS_part={}", open.sequence, open.parts.len())
            }
            Some(last) => format!("_HLS_msn={}&_HLS_part=0", last.sequence + 1),
            None => String::new(),
        }
    }

    /// Asserts what the draft says of every playlist (§4.4.3.7 to §4.4.4.9).
    #[track_caller]
    pub(crate) fn assert_rules(&self) {
        let Moment { text, target, part_target, segments, .. } = self;
        let control = text
            .lines()
            .find_map(|line| line.strip_prefix("#EXT-X-SERVER-CONTROL:"))
            .expect("server control");
        let seconds = |name| attribute(control, name).unwrap().parse::<f64>().unwrap();
        assert_eq!(attribute(control, "CAN-BLOCK-RELOAD").as_deref(), Some("YES"));
        assert!(seconds("PART-HOLD-BACK") >= part_target * 3.0 - 1e-9, "{text}");
        assert!(seconds("HOLD-BACK") >= target * 3.0 && seconds("CAN-SKIP-UNTIL") >= target * 6.0, "{text}");
        assert!(text.contains("#EXT-X-MAP:"), "{text}");
        for segment in segments {
            let complete = segment.uri.is_some();
            assert!(!complete || segment.duration.round() <= *target, "{text}");
            let (count, sum) =
                (segment.parts.len(), segment.parts.iter().map(|part| part.duration).sum::<f64>());
            if complete && count > 0 {
                assert!((sum - segment.duration).abs() < 1e-4, "{sum}: {segment:?}\n{text}");
            }
            for (index, part) in segment.parts.iter().enumerate() {
                let last = complete && index + 1 == count;
                assert!(part.duration <= part_target + 1e-9, "{part:?}\n{text}");
                assert!(
                    last || part.independent || part.duration >= 0.85 * part_target - 1e-9,
                    "{part:?}\n{text}"
                );
            }
        }
        // Parts are listed near the end only.
        let mut behind = 0.0;
        for segment in segments.iter().rev() {
            behind += if segment.uri.is_some() { segment.duration } else { 0.0 };
            assert!(segment.parts.is_empty() || behind <= target * 3.0 + target, "{text}");
        }
    }
}

/// Follows a stream, and holds each playlist against those before.
pub(crate) struct Follower<'a> {
    server: &'a Server,
    /// Of the media playlist, with its query.
    path: String,
    pub(crate) now: Moment,
    /// Every part there was, by segment.
    pub(crate) parts: BTreeMap<u64, Vec<Part>>,
    /// Every complete segment there was.
    pub(crate) segments: BTreeMap<u64, Segment>,
}

impl<'a> Follower<'a> {
    /// Of the media playlist at `path`, which may be behind a master playlist.
    #[track_caller]
    pub(crate) fn new(server: &'a Server, path: &str) -> Follower<'a> {
        let mut path = path.to_owned();
        let mut text = wait_for_ok(&server.http_url(&path)).text();
        if text.contains("#EXT-X-STREAM-INF") {
            path = text.lines().last().unwrap().trim_start_matches('/').to_owned();
            text = wait_for_ok(&server.http_url(&path)).text();
        }
        let (parts, segments) = (BTreeMap::new(), BTreeMap::new());
        let mut follower = Follower { server, path, now: Moment::default(), parts, segments };
        follower.take(Moment::parse(&text));
        follower
    }

    /// Waits for the next playlist, with its next part; `None` once the answer is another status, or nothing comes any more.
    #[track_caller]
    pub(crate) fn step(&mut self) -> Option<()> {
        let query = self.now.next();
        let answer = http::try_get(&self.server.http_url(&self.with(&query))).ok()?;
        if answer.status != 200 {
            return None;
        }
        let next = Moment::parse(&answer.text());
        let progress = next.next() != query;
        self.take(next);
        progress.then_some(())
    }

    /// The same playlist as a delta update.
    #[track_caller]
    pub(crate) fn delta(&self) -> String {
        http::get(&self.server.http_url(&self.with("_HLS_skip=YES"))).text()
    }

    fn with(&self, query: &str) -> String {
        let mark = if self.path.contains('?') { '&' } else { '?' };
        format!("{}{mark}{query}", self.path)
    }

    /// The file that a playlist calls `uri`.
    #[track_caller]
    pub(crate) fn file(&self, uri: &str) -> Vec<u8> {
        let (folder, _) = self.path.split('?').next().unwrap().rsplit_once('/').unwrap();
        let answer = http::get(&self.server.http_url(&format!("{folder}/{uri}")));
        assert_eq!(answer.status, 200, "{uri}");
        answer.body
    }

    #[track_caller]
    fn take(&mut self, next: Moment) {
        next.assert_rules();
        let now = std::mem::replace(&mut self.now, next);
        let next = &self.now;
        if let (Some(before), Some(after)) = (now.segments.first(), next.segments.first()) {
            assert!(before.sequence <= after.sequence, "numbers go back:\n{}\n{}", now.text, next.text);
            assert_eq!((now.target, now.part_target), (next.target, next.part_target), "{}", next.text);
        }
        let mut fresh = Vec::new();
        for segment in &next.segments {
            if !segment.parts.is_empty() {
                let known = self.parts.entry(segment.sequence).or_default();
                let same = known.len().min(segment.parts.len());
                assert_eq!(known[..same], segment.parts[..same], "a part has changed:\n{}", next.text);
                fresh.extend_from_slice(&segment.parts[same..]);
                known.truncate(same);
                known.extend_from_slice(&segment.parts[same..]);
            }
            if let Some(uri) = &segment.uri {
                let known = self.segments.entry(segment.sequence).or_insert_with(|| segment.clone());
                assert_eq!(
                    (known.uri.as_ref(), known.duration),
                    (Some(uri), segment.duration),
                    "{}",
                    next.text
                );
            }
        }
        if let (Some(hint), Some(first)) = (&now.hint, fresh.first()) {
            assert_eq!(&first.uri, hint, "another part was hinted at:\n{}\n{}", now.text, next.text);
        }
    }

    /// Follows for so many seconds of media.
    #[track_caller]
    pub(crate) fn follow(&mut self, seconds: f64) {
        let began = std::time::Instant::now();
        let from = self.length();
        while self.length() < from + seconds {
            assert!(self.step().is_some(), "the stream stands still:\n{}", self.now.text);
            assert!(began.elapsed() < SOON + Duration::from_secs_f64(seconds), "the stream is slow");
        }
    }

    /// Follows until the stream has ended.
    #[track_caller]
    pub(crate) fn follow_to_end(&mut self) {
        let began = std::time::Instant::now();
        while self.now.hint.is_some() {
            self.step();
            assert!(began.elapsed() < STREAM, "the stream does not end:\n{}", self.now.text);
        }
    }

    fn length(&self) -> f64 {
        self.parts.values().flatten().map(|part| part.duration).sum()
    }
}

/// The value of an attribute, without its quotes.
fn attribute(list: &str, name: &str) -> Option<String> {
    let mut rest = list;
    while !rest.is_empty() {
        let (key, tail) = rest.split_once('=')?;
        let (value, after) = match tail.strip_prefix('"') {
            Some(tail) => tail.split_once('"')?,
            None => (tail.split(',').next()?, tail.find(',').map_or("", |at| &tail[at..])),
        };
        if key == name {
            return Some(value.to_owned());
        }
        rest = after.trim_start_matches(',');
    }
    None
}

/// Downloads every complete segment that the playlist lists now and plays the whole as a recording.
#[track_caller]
pub(crate) fn play(follower: &Follower<'_>, version: Version) -> Played {
    let folder = tempfile::tempdir().unwrap();
    let mut list = String::from("#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:30\n");
    let mut map = "";
    for (number, segment) in follower.now.segments.iter().filter(|segment| segment.uri.is_some()).enumerate()
    {
        if segment.discontinuity {
            list += "#EXT-X-DISCONTINUITY\n";
        }
        if segment.map != map {
            map = &segment.map;
            std::fs::write(folder.path().join(format!("{number}.mp4")), follower.file(map)).unwrap();
            list += &format!("#EXT-X-MAP:URI=\"{number}.mp4\"\n");
        }
        let data = follower.file(segment.uri.as_ref().unwrap());
        std::fs::write(folder.path().join(format!("{number}.m4s")), data).unwrap();
        list += &format!("#EXTINF:{},\n{number}.m4s\n", segment.duration);
    }
    list += "#EXT-X-ENDLIST\n";
    let path = folder.path().join("all.m3u8");
    std::fs::write(&path, list).unwrap();
    ffmpeg::play(&path.to_string_lossy()).version(version).run(STREAM)
}
