//! An HLS viewer: follows a live playlist over one kept-alive connection, fetches every segment, counts the pictures in it.
//!
//! Source: RFC 8216 §6.3.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::stamp::Stamp;
use crate::view::Broken;
use crate::view::http::{Part, Responses};
use crate::view::playlist::{Playlist, Segment, resolve};
use crate::view::ts::Packets;

/// What one viewer knows of the stream it follows. Sans-IO: requests come out of [`Hls::request`].
#[derive(Debug)]
pub(crate) struct Hls {
    host: String,
    playlist: String,
    responses: Responses,
    asked: Asked,
    status: u16,
    body: Vec<u8>,
    packets: Packets,
    /// Number of the next segment to fetch; `None` before the first playlist.
    next: Option<u64>,
    queue: VecDeque<Segment>,
    /// Not before then is the playlist asked for again.
    reload: Option<Instant>,
    /// Until then a player that began with the first segment has something to show.
    buffered: Option<Instant>,
    pub(crate) faults: Faults,
}

#[derive(Debug)]
enum Asked {
    Nothing,
    Playlist { at: Instant },
    Segment(Segment),
}

/// What went wrong without ending the viewer.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Faults {
    /// Requests answered with another status than 200, playlists that could not be read.
    pub(crate) requests: u64,
    /// Segments that left the playlist before they were fetched.
    pub(crate) skipped: u64,
    /// A player would have run out of pictures.
    pub(crate) stalls: u64,
}

impl Hls {
    /// For the playlist at `path` on `host` (with port).
    pub(crate) fn new(host: String, path: String) -> Hls {
        Hls {
            host,
            playlist: path,
            responses: Responses::new(),
            asked: Asked::Nothing,
            status: 0,
            body: Vec::new(),
            packets: Packets::default(),
            next: None,
            queue: VecDeque::new(),
            reload: None,
            buffered: None,
            faults: Faults::default(),
        }
    }

    /// The next request to send, if it is time for one; none while an answer is awaited.
    pub(crate) fn request(&mut self, now: Instant) -> Option<Bytes> {
        if !matches!(self.asked, Asked::Nothing) {
            return None;
        }
        let path = if let Some(segment) = self.queue.pop_front() {
            let path = resolve(&self.playlist, &segment.uri);
            self.asked = Asked::Segment(segment);
            path
        } else if self.reload.is_none_or(|at| at <= now) {
            self.asked = Asked::Playlist { at: now };
            self.playlist.clone()
        } else {
            return None;
        };
        Some(Bytes::from(format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: loadgen\r\n\r\n",
            self.host
        )))
    }

    /// When [`Hls::request`] wants to be asked again; `None` while an answer is awaited.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        if matches!(self.asked, Asked::Nothing) { self.reload } else { None }
    }

    /// Reads on in the answer, taking bytes off the front of `data`: the next picture, with its stamp if it has one.
    pub(crate) fn next(&mut self, data: &mut &[u8], now: Instant) -> Result<Option<Option<Stamp>>, Broken> {
        loop {
            if let Some(picture) = self.packets.picture() {
                return Ok(Some(picture));
            }
            match self.responses.next(data)? {
                None => return Ok(None),
                Some(Part::Status(status)) => self.status = status,
                Some(Part::Body(bytes)) if self.status == 200 => match self.asked {
                    Asked::Nothing => return Err(Broken("HTTP answer without a request")),
                    Asked::Segment(_) => self.packets.push(bytes),
                    Asked::Playlist { .. } if self.body.len() + bytes.len() > LONGEST_PLAYLIST => {
                        return Err(Broken("playlist"));
                    }
                    Asked::Playlist { .. } => self.body.extend_from_slice(bytes),
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
        self.packets = Packets::default();
        if let Asked::Segment(segment) = std::mem::replace(&mut self.asked, Asked::Nothing) {
            self.queue.push_front(segment);
        }
    }

    fn answered(&mut self, now: Instant) -> Result<(), Broken> {
        match std::mem::replace(&mut self.asked, Asked::Nothing) {
            Asked::Nothing => return Err(Broken("HTTP answer without a request")),
            Asked::Playlist { at } => {
                let body = std::mem::take(&mut self.body);
                let playlist = std::str::from_utf8(&body).ok().and_then(Playlist::parse);
                match playlist.filter(|_| self.status == 200) {
                    Some(playlist) => self.follow(playlist, at),
                    None => {
                        // Before the first segment there is no playlist yet.
                        self.faults.requests += u64::from(self.next.is_some());
                        self.reload = Some(now + RETRY);
                    }
                }
            }
            Asked::Segment(segment) => {
                self.packets.end();
                self.faults.requests += u64::from(self.status != 200);
                self.faults.stalls += u64::from(self.buffered.is_some_and(|until| until < now));
                self.buffered = Some(self.buffered.map_or(now, |until| until.max(now)) + segment.duration);
            }
        }
        Ok(())
    }

    /// Takes what is new in a playlist that was asked for at `asked`.
    fn follow(&mut self, playlist: Playlist, asked: Instant) {
        let (segments, target) = match playlist {
            Playlist::Master(variant) => {
                self.playlist = resolve(&self.playlist, &variant);
                self.reload = None;
                return;
            }
            Playlist::Media { segments, target, .. } => (segments, target),
        };
        // RFC 8216 §6.3.3: begin no closer than three target durations from the end.
        let first = *self.next.get_or_insert_with(|| {
            let start = segments.len().saturating_sub(3);
            segments.get(start).map_or(0, |segment| segment.sequence)
        });
        if let Some(oldest) = segments.first() {
            self.faults.skipped += oldest.sequence.saturating_sub(first);
        }
        let newest = segments.last().map_or(first, |segment| segment.sequence + 1);
        let last = segments.last().map_or(target, |segment| segment.duration);
        let fresh = segments.into_iter().filter(|segment| segment.sequence >= first);
        let before = self.queue.len();
        self.queue.extend(fresh);
        self.next = Some(first.max(newest));
        // §6.3.4: wait for a segment's time, for half the target duration if nothing had changed.
        let wait = if self.queue.len() > before { last } else { target / 2 };
        self.reload = Some(asked + wait.max(Duration::from_millis(100)));
    }
}

const LONGEST_PLAYLIST: usize = 1 << 20;
const RETRY: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn answer(hls: &mut Hls, now: Instant, status: &str, body: &str) -> usize {
        let wire = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let mut data = wire.as_bytes();
        let mut pictures = 0;
        while hls.next(&mut data, now).unwrap().is_some() {
            pictures += 1;
        }
        pictures
    }

    fn asked(hls: &mut Hls, now: Instant) -> Option<String> {
        let request = hls.request(now)?;
        let text = std::str::from_utf8(&request).unwrap();
        Some(text.split(' ').nth(1).unwrap().to_owned())
    }

    #[test]
    fn a_live_playlist_is_followed_from_three_before_the_end() {
        let now = Instant::now();
        let mut hls = Hls::new("127.0.0.1:80".to_owned(), "/live/s.m3u8".to_owned());
        assert_eq!(asked(&mut hls, now).unwrap(), "/live/s.m3u8");
        assert_eq!(asked(&mut hls, now), None, "one request at a time");
        answer(&mut hls, now, "200 OK", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n/live/s.m3u8?hls_ctx=x\n");
        assert_eq!(asked(&mut hls, now).unwrap(), "/live/s.m3u8?hls_ctx=x");
        let list = |from: u64, to: u64| {
            let mut text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:{from}\n");
            (from..to).for_each(|n| text.push_str(&format!("#EXTINF:2,\ns-{n}.ts\n")));
            text
        };
        answer(&mut hls, now, "200 OK", &list(10, 16));
        for n in [13, 14, 15] {
            assert_eq!(asked(&mut hls, now).unwrap(), format!("/live/s-{n}.ts"));
            answer(&mut hls, now, "200 OK", "");
        }
        assert_eq!(asked(&mut hls, now), None);
        assert_eq!(hls.deadline(), Some(now + Duration::from_secs(2)));
        let later = now + Duration::from_secs(2);
        assert_eq!(asked(&mut hls, later).unwrap(), "/live/s.m3u8?hls_ctx=x");
        answer(&mut hls, later, "200 OK", &list(18, 20));
        assert_eq!(hls.faults.skipped, 2);
        assert_eq!(asked(&mut hls, later).unwrap(), "/live/s-18.ts");
        answer(&mut hls, later + Duration::from_secs(5), "404 Not Found", "gone");
        assert_eq!((hls.faults.requests, hls.faults.stalls), (1, 1));
    }

    #[test]
    fn a_lost_connection_asks_again() {
        let now = Instant::now();
        let mut hls = Hls::new("127.0.0.1:80".to_owned(), "/s.m3u8".to_owned());
        asked(&mut hls, now);
        answer(&mut hls, now, "404 Not Found", "");
        assert_eq!(hls.deadline(), Some(now + RETRY), "no playlist yet");
        assert_eq!(hls.faults.requests, 0);
        let now = now + RETRY;
        asked(&mut hls, now);
        answer(&mut hls, now, "200 OK", "#EXTM3U\n#EXTINF:2,\na.ts\n");
        assert_eq!(asked(&mut hls, now).unwrap(), "/a.ts");
        hls.reconnect();
        assert_eq!(asked(&mut hls, now).unwrap(), "/a.ts");
    }
}
