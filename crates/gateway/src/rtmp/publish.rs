//! A publish on a connection: from messages to frames.

use std::time::{Duration, Instant, SystemTime};

use container::flv::Demuxer;
use hub::{End, Publisher};
use media::Delta;
use rtmp::{Media, MediaKind};
use tracing::warn;

/// One accepted publish.
pub(super) struct Publishing {
    /// Its message stream.
    pub(super) stream: u32,
    publisher: Publisher,
    demuxer: Demuxer,
    trouble: Trouble,
}

/// Messages that gave nothing, reported once a second with a count.
#[derive(Default)]
struct Trouble {
    count: u64,
    reported: Option<Instant>,
}

impl Publishing {
    pub(super) fn new(stream: u32, publisher: Publisher) -> Publishing {
        Publishing { stream, publisher, demuxer: Demuxer::new(), trouble: Trouble::default() }
    }

    pub(super) fn publisher(&self) -> &Publisher {
        &self.publisher
    }

    /// Publishes what `media` holds. A message that cannot be understood is counted and passed over.
    ///
    /// Errs once the slot is lost.
    pub(super) fn media(&mut self, media: Media) -> Result<(), End> {
        let (wall, time) = (SystemTime::now(), media.time);
        let frame = match media.kind {
            MediaKind::Audio => self.demuxer.audio(time, wall, media.body),
            MediaKind::Video => self.demuxer.video(time, wall, media.body),
            MediaKind::Data => self.demuxer.data(time, wall, media.body),
        };
        match frame {
            Ok(Some(frame)) => self.publisher.write(frame),
            Ok(None) => Ok(()),
            Err(err) => {
                if let Some(count) = self.trouble.count() {
                    let session = self.publisher.session();
                    warn!(id = session.id.0, stream = %session.key, count, %err, "message passed over");
                }
                Ok(())
            }
        }
    }

    /// What has been read is published. How long to wait before reading more.
    pub(super) fn batch_done(&mut self) -> Delta {
        self.publisher.flush();
        self.publisher.pace()
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
            warn!(id = session.id.0, stream = %session.key, repaired, dropped, "the source sent broken frames");
        }
    }
}

impl Trouble {
    /// Counts one; the count when it is time to report.
    fn count(&mut self) -> Option<u64> {
        self.count += 1;
        if self.reported.is_some_and(|at| at.elapsed() < REPORT_EVERY) {
            return None;
        }
        self.reported = Some(Instant::now());
        Some(std::mem::take(&mut self.count))
    }
}

const REPORT_EVERY: Duration = Duration::from_secs(1);
