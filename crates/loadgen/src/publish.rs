//! One publisher: the clip in real time over RTMP.

use std::time::{Duration, Instant};

use bytes::Bytes;
use container::flv::TagKind;
use media::Time;
use mio::{Registry, Token};
use rtmp::MediaKind;
use rtmp::client::{Action, Session};

use crate::clip::Clip;
use crate::clock::Clock;
use crate::feed::Feed;
use crate::histogram::Histogram;
use crate::link::Link;
use crate::outcome::Published;
use crate::target::Target;
use crate::view::rtmp::{pump, session, since};
use crate::view::viewer::{End, Readiness};

/// Publishes one stream.
#[derive(Debug)]
pub(crate) struct Publisher {
    link: Link,
    session: Session,
    stream: u16,
    begun: Instant,
    /// The server has said that we may.
    ready: bool,
    /// From the moment on in which the first frame was sent.
    feed: Option<Feed>,
    /// Note picture and audio count when the next picture is sent.
    marking: bool,
    /// What was noted: number of the picture, audio frames before it.
    marks: Vec<(u64, u64)>,
}

impl Publisher {
    pub(crate) fn connect(
        target: &Target,
        n: u16,
        registry: &Registry,
        token: Token,
    ) -> Result<Publisher, End> {
        let (session, begun) = (session(target, n, Action::Publish, token)?, Instant::now());
        let link = Link::connect(target, registry, token)?;
        let (ready, marking) = (false, false);
        Ok(Publisher { link, session, stream: n, begun, ready, feed: None, marking, marks: Vec::new() })
    }

    /// Whether frames are being sent.
    pub(crate) fn is_live(&self) -> bool {
        self.feed.is_some()
    }

    /// The next picture becomes one end of the window.
    pub(crate) fn mark(&mut self) {
        self.marking = true;
    }

    /// Number of the next picture.
    pub(crate) fn pictures(&self) -> u64 {
        self.feed.as_ref().map_or(0, |feed| feed.pictures)
    }

    /// What was published between the two marks.
    pub(crate) fn published(&self) -> Published {
        match self.marks[..] {
            [first, end] => Published { pictures: end.0 - first.0, audio: end.1 - first.1 },
            _ => Published::default(),
        }
    }

    /// When to call [`Publisher::advance`] without an event.
    pub(crate) fn deadline(&self, clip: &Clip) -> Instant {
        match &self.feed {
            Some(feed) => feed.deadline(clip),
            None => Instant::now() + Duration::from_millis(20),
        }
    }

    /// Something can be written or read, or time has come: sends what is due.
    pub(crate) fn advance(
        &mut self,
        event: Option<Readiness>,
        clip: &Clip,
        clock: &Clock,
        buffer: &mut [u8],
        late: &mut Histogram,
    ) -> Result<(), End> {
        if let Some(event) = event {
            if event.writable {
                self.link.writable()?;
            }
            if event.readable {
                self.read(buffer)?;
            }
        } else if self.ready {
            self.send(clip, clock, late)?;
        }
        pump(&mut self.session, &mut self.link, &mut self.ready)
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<(), End> {
        loop {
            let count = self.link.read(buffer)?;
            if count == 0 {
                return Ok(());
            }
            let now = since(self.begun, Instant::now());
            self.session.receive(now, buffer.get(..count).unwrap_or_default())?;
        }
    }

    fn send(&mut self, clip: &Clip, clock: &Clock, late: &mut Histogram) -> Result<(), End> {
        let now = Instant::now();
        if self.feed.is_none() {
            for (kind, body) in &clip.setup {
                let name = Bytes::from_static(if *kind == TagKind::Data { SET_DATA_FRAME } else { &[] });
                self.session.send(media(*kind), Time::ZERO, &[name, body.clone()])?;
            }
        }
        let feed = self.feed.get_or_insert_with(|| Feed::new(self.stream, now));
        while let Some(due) = feed.next(clip, now, clock.wall(now)) {
            late.record(due.late);
            let time = Time::from_micros(i64::try_from(due.time.as_micros()).unwrap_or(i64::MAX));
            if due.kind == TagKind::Video && std::mem::take(&mut self.marking) {
                self.marks.push((feed.pictures - 1, feed.audio));
            }
            self.session.send(media(due.kind), time, &[due.head, due.rest])?;
        }
        Ok(())
    }
}

fn media(kind: TagKind) -> MediaKind {
    match kind {
        TagKind::Audio => MediaKind::Audio,
        TagKind::Video => MediaKind::Video,
        TagKind::Data => MediaKind::Data,
    }
}

/// The AMF0 string that makes servers keep what follows as metadata.
const SET_DATA_FRAME: &[u8] = b"\x02\x00\x0d@setDataFrame";
