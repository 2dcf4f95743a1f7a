//! A WHIP publisher's task: from what the client sends to the frames of a publication.

mod lanes;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hub::{AccessRequest, End, Hub, Publisher};
use media::{Delta, Frame, Kind};
use rtc::{Event, Sample};
use tokio::time::sleep_until;
use tracing::{debug, info, warn};

use super::inbox::Done;
use super::link::{Link, Wake};
use crate::repeats::Repeats;
use lanes::{Lanes, Pushed};

/// One publisher.
pub(super) struct Publishing {
    link: Link,
    hub: Hub,
    /// As what it was let in.
    access: AccessRequest,
    publisher: Publisher,
    lanes: Lanes,
    key_frames: KeyFrames,
    trouble: Repeats,
    /// The client who has ended it waits for this.
    deleted: Option<Done>,
}

/// What the task does next.
enum Step {
    Peer,
    Deleted(Done),
    Ended(End),
    KeyFrame,
}

impl Publishing {
    /// What `hub` has let in for `access`. A key frame is asked for when none has come for `key_frame_every`.
    pub(super) fn new(
        link: Link,
        hub: Hub,
        access: AccessRequest,
        publisher: Publisher,
        key_frame_every: Option<Duration>,
    ) -> Publishing {
        let key_frames = KeyFrames::new(Instant::now(), key_frame_every);
        let (lanes, trouble) = (Lanes::default(), Repeats::default());
        Publishing { link, hub, access, publisher, lanes, key_frames, trouble, deleted: None }
    }

    /// Serves until the publisher or the slot is gone.
    pub(super) async fn run(mut self) {
        let end = self.serve_and_wait().await;
        let stats = self.link.stats();
        let session = Arc::clone(self.publisher.session());
        let (moved, dropped) = (session.moved(), self.lanes.dropped());
        info!(
            id = session.id.0,
            end = %end,
            bytes = moved.bytes,
            frames = moved.frames,
            dropped,
            lost = stats.lost_in,
            "session closed"
        );
        self.publisher.end(end);
        self.link.close().await;
        drop(self.deleted);
    }

    /// A publisher without a network loses its slot as every other does. Its session lasts longer, and what comes by it then is
    /// published again.
    async fn serve_and_wait(&mut self) -> End {
        loop {
            let end = self.serve().await;
            if end != End::Silent {
                return end;
            }
            self.publisher.end(end);
            if let Err(end) = self.publish_again().await {
                return end;
            }
        }
    }

    /// Waits until something comes, and asks to be let in once more.
    async fn publish_again(&mut self) -> Result<(), End> {
        while !self.hears().await? {}
        let (hub, access) = (self.hub.clone(), self.access.clone());
        let mut asked = pin!(hub.publish(access));
        self.publisher = loop {
            tokio::select! {
                published = &mut asked => break published.map_err(|refusal| {
                    let session = self.publisher.session();
                    info!(id = session.id.0, stream = %session.key.logged(), %refusal, "back, and not let in");
                    End::Kicked
                })?,
                // What comes meanwhile is lost, as all was before.
                heard = self.hears() => { heard?; }
            }
        };
        let session = self.publisher.session();
        info!(id = session.id.0, proto = super::door::NAME, peer = %session.peer, stream = %session.key.logged(), "session back: publish");
        self.ask_for_key_frame();
        Ok(())
    }

    /// Serves the session, which publishes nothing, once. Says whether media came. Cancel-safe.
    async fn hears(&mut self) -> Result<bool, End> {
        let mut heard = false;
        while let Some(event) = self.link.poll().await {
            match event {
                Event::Sample(_) => heard = true,
                Event::Disconnected => return Err(End::Dropped),
                _ => {}
            }
        }
        if heard {
            return Ok(true);
        }
        match self.link.wake().await {
            Ok(Wake::Peer) => Ok(false),
            Ok(Wake::Deleted(done)) => {
                self.deleted = Some(done);
                Err(End::Finished)
            }
            Ok(Wake::Stop) => Err(End::Shutdown),
            Err(broken) => Err(broken.end(self.publisher.session())),
        }
    }

    async fn serve(&mut self) -> End {
        loop {
            let mut written = false;
            while let Some(event) = self.link.poll().await {
                match event {
                    Event::Sample(sample) => {
                        written = true;
                        if let Err(end) = self.write(sample) {
                            return end;
                        }
                    }
                    Event::Connected => self.ask_for_key_frame(),
                    Event::Measured => self.publisher.session().measure(self.link.network()),
                    Event::Disconnected => return End::Dropped,
                    _ => {}
                }
            }
            if written {
                self.publisher.flush(Delta::ZERO);
            }
            match self.step().await {
                Step::Peer => {}
                Step::Deleted(done) => {
                    self.deleted = Some(done);
                    return End::Finished;
                }
                Step::Ended(end) => return end,
                Step::KeyFrame => self.ask_for_key_frame(),
            }
        }
    }

    async fn step(&mut self) -> Step {
        let Publishing { link, publisher, key_frames, .. } = self;
        let due = key_frames.due();
        tokio::select! {
            biased;
            end = poll_fn(|cx| publisher.session().poll_ended(cx)) => Step::Ended(end),
            woken = link.wake() => match woken {
                Ok(Wake::Peer) => Step::Peer,
                Ok(Wake::Deleted(done)) => Step::Deleted(done),
                Ok(Wake::Stop) => Step::Ended(End::Shutdown),
                Err(broken) => Step::Ended(broken.end(publisher.session())),
            },
            () = publisher.publication().key_frame_wanted() => Step::KeyFrame,
            () = sleep_until(due.unwrap_or_else(Instant::now).into()), if due.is_some() => Step::KeyFrame,
        }
    }

    /// The peer sees to it that this is not done too often.
    fn ask_for_key_frame(&mut self) {
        let now = Instant::now();
        self.key_frames.came(now);
        self.link.peer().want_key_frame(now);
    }

    fn write(&mut self, sample: Sample) -> Result<(), End> {
        let Publishing { publisher, lanes, key_frames, .. } = self;
        let kind = sample.kind;
        let before = lanes.dropped();
        let now = Instant::now();
        let Pushed { frame, part } = lanes.push(sample, now);
        if let Some((label, frame)) = part {
            write_part(publisher, &label, frame)?;
        }
        if let Some(frame) = frame {
            if kind == Kind::Video && frame.keyframe {
                key_frames.came(now);
            }
            publisher.write(frame)?;
        }
        if lanes.dropped() > before
            && let Some(count) = self.trouble.count()
        {
            let session = publisher.session();
            warn!(id = session.id.0, stream = %session.key.logged(), count, "frames passed over");
        }
        Ok(())
    }
}

/// Writes a frame of the rendition `label`, which begins with a key frame: the first one at which the name is free.
fn write_part(publisher: &mut Publisher, label: &str, frame: Frame) -> Result<(), End> {
    let open = publisher.has_rendition(label)
        || frame.keyframe && {
            let opened = publisher.open_rendition(label, frame.track.id);
            if let Err(err) = &opened {
                let session = publisher.session();
                debug!(id = session.id.0, stream = %session.key.logged(), label, %err, "no rendition");
            }
            opened.is_ok()
        };
    if open { publisher.write(frame) } else { Ok(()) }
}

/// When to ask for a key frame that nobody has wanted: when none has come for a while.
#[derive(Debug)]
struct KeyFrames {
    every: Option<Duration>,
    /// When one came, or was asked for.
    last: Instant,
}

impl KeyFrames {
    fn new(now: Instant, every: Option<Duration>) -> KeyFrames {
        KeyFrames { every, last: now }
    }

    /// One has come, or is asked for.
    fn came(&mut self, now: Instant) {
        self.last = now;
    }

    fn due(&self) -> Option<Instant> {
        self.every.map(|every| self.last + every.max(LEAST))
    }
}

/// The peer does not ask more often.
const LEAST: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_frame_is_due_when_none_has_come_or_been_asked_for_lately() {
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let mut key_frames = KeyFrames::new(start, Some(Duration::from_secs(2)));
        assert_eq!(key_frames.due(), Some(after(2_000)));
        key_frames.came(after(300));
        assert_eq!(key_frames.due(), Some(after(2_300)));
        assert_eq!(KeyFrames::new(start, None).due(), None);
    }
}
