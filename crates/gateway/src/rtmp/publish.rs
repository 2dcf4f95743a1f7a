//! A publish on a connection: from messages to frames.

use std::time::SystemTime;

use container::flv::Demuxer;
use hub::{End, Publisher};
use media::Delta;
use rtmp::{Media, MediaKind};
use tracing::warn;

use crate::repeats::Repeats;

/// One accepted publish.
pub(super) struct Publishing {
    /// Its message stream.
    pub(super) stream: u32,
    publisher: Publisher,
    demuxer: Demuxer,
    /// Messages that gave nothing.
    trouble: Repeats,
}

impl Publishing {
    pub(super) fn new(stream: u32, publisher: Publisher) -> Publishing {
        Publishing { stream, publisher, demuxer: Demuxer::new(), trouble: Repeats::default() }
    }

    pub(super) fn publisher(&self) -> &Publisher {
        &self.publisher
    }

    /// Publishes what `media` holds. A message that cannot be understood is counted and passed over.
    ///
    /// Errs once the slot is lost.
    pub(super) fn media(&mut self, media: Media) -> Result<(), End> {
        let (wall, time) = (SystemTime::now(), media.time);
        let frames = match media.kind {
            MediaKind::Audio => self.demuxer.audio(time, wall, media.body),
            MediaKind::Video => self.demuxer.video(time, wall, media.body),
            MediaKind::Data => self.demuxer.data(time, wall, media.body),
        };
        for frame in frames {
            match frame {
                Ok(frame) => self.publisher.write(frame)?,
                Err(err) => {
                    if let Some(count) = self.trouble.count() {
                        let session = self.publisher.session();
                        warn!(id = session.id.0, stream = %session.key.logged(), count, %err, "message passed over");
                    }
                }
            }
        }
        Ok(())
    }

    /// How long to wait, at the most, before reading more.
    pub(super) fn pace(&self) -> Delta {
        self.publisher.pace()
    }

    /// What has been read is published, and more is read in `next`.
    pub(super) fn batch_done(&mut self, next: Delta) {
        self.publisher.flush(next);
    }

    pub(super) fn end(mut self, end: End) {
        self.publisher.end(end);
    }
}

impl Drop for Publishing {
    fn drop(&mut self) {
        let (repaired, dropped) = (self.demuxer.repaired(), self.demuxer.dropped());
        if repaired + dropped > 0 {
            let session = self.publisher.session();
            warn!(id = session.id.0, stream = %session.key.logged(), repaired, dropped, "the source sent broken frames");
        }
    }
}
