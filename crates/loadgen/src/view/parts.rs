//! A viewer of low-latency HLS: stays at the end of the playlist and counts the pictures in each part.
//!
//! It asks for the playlist that will have the next part (blocking reload) and, right behind on the same connection, for the
//! part that is hinted at: both answers come when the part is there.
//!
//! Source: RFC 8216bis §6.2.5, §6.3.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::stamp::Stamp;
use crate::view::Broken;
use crate::view::edge::{Edge, Position};
use crate::view::fmp4::Fragments;
use crate::view::hls::Faults;
use crate::view::http::{Part, Responses};
use crate::view::playlist::{Playlist, resolve};

/// What one viewer knows of the stream it follows. Sans-IO: requests come out of [`Parts::request`].
#[derive(Debug)]
pub(crate) struct Parts {
    host: String,
    playlist: String,
    responses: Responses,
    /// What answers are awaited to, in order.
    asked: VecDeque<Asked>,
    status: u16,
    body: Vec<u8>,
    fragments: Fragments,
    /// The header that was fetched last.
    map: Option<String>,
    /// The part that the next playlist is to have; `None` before the first playlist.
    next: Option<Position>,
    /// A part to begin with was found.
    begun: bool,
    queue: VecDeque<Asked>,
    hint: Option<String>,
    /// Not before then is the playlist asked for again.
    reload: Option<Instant>,
    pub(crate) faults: Faults,
}

#[derive(Debug, PartialEq)]
enum Asked {
    Playlist,
    /// A header or a part, by its reference.
    File(String),
}

impl Parts {
    /// For the playlist at `path` on `host` (with port).
    pub(crate) fn new(host: String, path: String) -> Parts {
        Parts {
            host,
            playlist: path,
            responses: Responses::new(),
            asked: VecDeque::new(),
            status: 0,
            body: Vec::new(),
            fragments: Fragments::default(),
            map: None,
            next: None,
            begun: false,
            queue: VecDeque::new(),
            hint: None,
            reload: None,
            faults: Faults::default(),
        }
    }

    /// The next request or two to send, if it is time; none while answers are awaited.
    pub(crate) fn request(&mut self, now: Instant) -> Option<Bytes> {
        if !self.asked.is_empty() {
            return None;
        }
        if let Some(file) = self.queue.pop_front() {
            self.asked.push_back(file);
        } else if self.reload.is_none_or(|at| at <= now) {
            self.reload = None;
            self.asked.push_back(Asked::Playlist);
            self.asked.extend(self.hint.take().map(Asked::File));
        }
        let requests: String = self.asked.iter().map(|asked| self.written(asked)).collect();
        (!requests.is_empty()).then(|| Bytes::from(requests))
    }

    /// When [`Parts::request`] wants to be asked again; `None` while an answer is awaited.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        if self.asked.is_empty() { self.reload } else { None }
    }

    /// Reads on in the answers, taking bytes off the front of `data`: the next picture, with its stamp if it has one.
    pub(crate) fn next(&mut self, data: &mut &[u8], now: Instant) -> Result<Option<Option<Stamp>>, Broken> {
        loop {
            if let Some(picture) = self.fragments.picture() {
                return Ok(Some(picture));
            }
            match self.responses.next(data)? {
                None => return Ok(None),
                Some(Part::Status(status)) => self.status = status,
                Some(Part::Body(bytes)) if self.status == 200 => match self.asked.front() {
                    None => return Err(Broken("HTTP answer without a request")),
                    Some(Asked::File(_)) => self.fragments.push(bytes)?,
                    Some(Asked::Playlist) if self.body.len() + bytes.len() > LONGEST_PLAYLIST => {
                        return Err(Broken("playlist"));
                    }
                    Some(Asked::Playlist) => self.body.extend_from_slice(bytes),
                },
                Some(Part::Body(_)) => {}
                Some(Part::End) => self.answered(now)?,
            }
        }
    }

    /// The connection is gone: what was asked for is asked for again on the next one.
    pub(crate) fn reconnect(&mut self) {
        self.responses = Responses::new();
        self.body.clear();
        self.fragments.end();
        while let Some(asked) = self.asked.pop_back() {
            if asked != Asked::Playlist {
                self.queue.push_front(asked);
            }
        }
    }

    fn written(&self, asked: &Asked) -> String {
        let path = match (asked, self.next) {
            (Asked::File(uri), _) => resolve(&self.playlist, uri),
            (Asked::Playlist, None) => self.playlist.clone(),
            (Asked::Playlist, Some(Position { sequence, part })) => {
                let joint = if self.playlist.contains('?') { '&' } else { '?' };
                format!("{}{joint}_HLS_msn={sequence}&_HLS_part={part}", self.playlist)
            }
        };
        format!("GET {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: loadgen\r\n\r\n", self.host)
    }

    fn answered(&mut self, now: Instant) -> Result<(), Broken> {
        match self.asked.pop_front() {
            None => return Err(Broken("HTTP answer without a request")),
            Some(Asked::File(_)) => {
                self.fragments.end();
                self.faults.requests += u64::from(self.status != 200);
            }
            Some(Asked::Playlist) => {
                let body = std::mem::take(&mut self.body);
                let text = std::str::from_utf8(&body).ok().filter(|_| self.status == 200);
                if let Some(Playlist::Master(variant)) = text.and_then(Playlist::parse) {
                    self.playlist = resolve(&self.playlist, &variant);
                } else if let Some(edge) = text.and_then(Edge::parse) {
                    self.follow(edge, now);
                } else {
                    // Before the first part there is no playlist yet.
                    self.faults.requests += u64::from(self.next.is_some());
                    self.reload = Some(now + RETRY);
                }
            }
        }
        Ok(())
    }

    /// Takes what is new in a playlist.
    fn follow(&mut self, edge: Edge, now: Instant) {
        let newest = edge.parts.iter().rev().find(|part| part.independent).map(|part| part.position);
        let from = match self.next.filter(|_| self.begun) {
            Some(next) => next,
            // Whoever begins does so with the newest key frame.
            None => newest.unwrap_or(edge.next),
        };
        if self.begun {
            let gone = edge.parts.first().is_some_and(|first| first.position > from);
            self.faults.skipped += u64::from(gone);
        }
        self.begun |= newest.is_some();
        let news = self.next != Some(edge.next);
        if self.map != edge.map {
            self.queue.extend(edge.map.clone().map(Asked::File));
            self.map = edge.map;
        }
        let fresh =
            edge.parts.into_iter().filter(|part| part.position >= from).map(|part| Asked::File(part.uri));
        // The one hinted at is on its way.
        self.queue.extend(fresh.filter(|part| !self.asked.contains(part)));
        self.hint = edge.hint;
        self.next = Some(edge.next);
        if !news {
            // A server that did not wait is not asked in circles.
            self.reload = Some(now + NO_NEWS);
        }
    }
}

const LONGEST_PLAYLIST: usize = 1 << 20;
const RETRY: Duration = Duration::from_secs(1);
const NO_NEWS: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn answer(parts: &mut Parts, now: Instant, status: &str, body: &str) {
        let wire = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let mut data = wire.as_bytes();
        while parts.next(&mut data, now).unwrap().is_some() {}
    }

    fn asked(parts: &mut Parts, now: Instant) -> Vec<String> {
        let request = parts.request(now).unwrap_or_default();
        let text = String::from_utf8(request.to_vec()).unwrap();
        let paths = text.split("\r\n\r\n").filter_map(|request| request.split(' ').nth(1));
        paths.map(str::to_owned).collect()
    }

    /// Segment 7 with parts, its first a key frame, and the first `count` parts of segment 8.
    fn playlist(count: u64) -> String {
        let part = |n: u64, m: u64| {
            let key = if m == 0 { ",INDEPENDENT=YES" } else { "" };
            format!("#EXT-X-PART:DURATION=0.2,URI=\"s-{n}.{m}.m4s\"{key}\n")
        };
        let whole: String = (0..3).map(|m| part(7, m)).collect();
        let open: String = (0..count).map(|m| part(8, m)).collect();
        format!(
            "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-MAP:URI=\"i.mp4\"\n{whole}\
            #EXTINF:0.6,\ns-7.m4s\n{open}#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"s-8.{count}.m4s\"\n"
        )
    }

    fn viewer() -> Parts {
        Parts::new("127.0.0.1:80".to_owned(), "/live/s.m3u8?variant=ll".to_owned())
    }

    #[test]
    fn a_viewer_stays_at_the_end() {
        let now = Instant::now();
        let mut parts = viewer();
        assert_eq!(asked(&mut parts, now), ["/live/s.m3u8?variant=ll"]);
        answer(&mut parts, now, "200 OK", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\ns.m3u8?x=1&variant=ll\n");
        assert_eq!(asked(&mut parts, now), ["/live/s.m3u8?x=1&variant=ll"]);
        answer(&mut parts, now, "200 OK", &playlist(0));
        for file in ["i.mp4", "s-7.0.m4s", "s-7.1.m4s", "s-7.2.m4s"] {
            assert_eq!(asked(&mut parts, now), [format!("/live/{file}")]);
            assert!(asked(&mut parts, now).is_empty(), "an answer is awaited");
            answer(&mut parts, now, "200 OK", "");
        }
        for n in 0..3 {
            let reload = format!("/live/s.m3u8?x=1&variant=ll&_HLS_msn=8&_HLS_part={n}");
            assert_eq!(asked(&mut parts, now), [reload, format!("/live/s-8.{n}.m4s")]);
            answer(&mut parts, now, "200 OK", &playlist(n + 1));
            assert!(asked(&mut parts, now).is_empty(), "the part is on its way");
            answer(&mut parts, now, "200 OK", "");
        }
        assert_eq!((parts.faults.requests, parts.faults.skipped), (0, 0));
    }

    #[test]
    fn what_was_not_hinted_at_is_fetched_by_the_list() {
        let now = Instant::now();
        let mut parts = viewer();
        asked(&mut parts, now);
        answer(&mut parts, now, "200 OK", &playlist(1));
        for _ in ["i.mp4", "s-8.0.m4s"] {
            asked(&mut parts, now);
            answer(&mut parts, now, "200 OK", "");
        }
        assert_eq!(asked(&mut parts, now).len(), 2);
        answer(&mut parts, now, "200 OK", &playlist(3));
        answer(&mut parts, now, "200 OK", "");
        assert_eq!(asked(&mut parts, now), ["/live/s-8.2.m4s"]);
    }

    #[test]
    fn a_server_that_does_not_wait_is_not_asked_in_circles() {
        let now = Instant::now();
        let mut parts = viewer();
        asked(&mut parts, now);
        answer(&mut parts, now, "404 Not Found", "");
        assert_eq!((parts.deadline(), parts.faults.requests), (Some(now + RETRY), 0), "no playlist yet");
        let now = now + RETRY;
        asked(&mut parts, now);
        let list = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-PART:DURATION=1,URI=\"a\"\n";
        answer(&mut parts, now, "200 OK", list);
        assert_eq!(
            asked(&mut parts, now),
            ["/live/s.m3u8?variant=ll&_HLS_msn=7&_HLS_part=1"],
            "no key frame yet"
        );
        answer(&mut parts, now, "200 OK", list);
        assert_eq!(parts.deadline(), Some(now + NO_NEWS));
        assert!(asked(&mut parts, now).is_empty());
        assert_eq!(asked(&mut parts, now + NO_NEWS).len(), 1);
        answer(&mut parts, now, "503 Service Unavailable", "");
        assert_eq!(parts.faults.requests, 1);
    }

    #[test]
    fn a_lost_connection_asks_again() {
        let now = Instant::now();
        let mut parts = viewer();
        asked(&mut parts, now);
        answer(&mut parts, now, "200 OK", &playlist(0));
        assert_eq!(asked(&mut parts, now), ["/live/i.mp4"]);
        parts.reconnect();
        assert_eq!(asked(&mut parts, now), ["/live/i.mp4"]);
    }
}
