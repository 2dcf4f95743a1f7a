//! What of a recording goes into object storage while it is made: all of it but its beginning and its end.
//!
//! A finished file is an index and behind it what was recorded, byte for byte. So every part but the first may go before there is an index; the first
//! goes when all is over, longer by the index in front, and so does what is left at the end. Storage that wants parts to be of one size is sent
//! nothing ahead.

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use tracing::{debug, error, warn};

use super::super::library::{Entry, Recordings, State};
use super::log::{self, Begun, Log, Plan};
use super::{Claimed, KIND, named, pause, send};
use crate::storage::{Bucket, Error, Storage};

/// A file of a recording that is being made, on its way.
#[derive(Debug, Clone)]
pub(super) struct Ahead {
    begun: Begun,
    /// The part that is next; those before are there, but for the first.
    next: usize,
}

/// A part that is next.
struct Next {
    /// Of which file.
    file: usize,
    part: usize,
    begun: Option<Begun>,
}

impl Recordings {
    /// Sends what there is of recordings that are being made, for as long as it is polled.
    pub(super) async fn send_ahead(self: &Arc<Self>) {
        loop {
            while let Some((claimed, next)) = self.next_ahead() {
                let sent = AssertUnwindSafe(self.take_ahead(&claimed, next)).catch_unwind().await;
                if sent.is_err() {
                    error!(
                        recording = claimed.view.id,
                        "uploading ahead broke, which is a fault of the server: it goes on with others"
                    );
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Of those of which there is a part more, the one of which least is there.
    fn next_ahead(&self) -> Option<(Claimed<'_>, Next)> {
        let bucket = self.bucket();
        if !bucket.goes_ahead() {
            return None;
        }
        let now = Instant::now();
        let mut table = self.table();
        let due = table.iter_mut().filter_map(|(id, entry)| Some((entry.ahead(now)?, id, entry)));
        let (next, id, entry) = due.min_by_key(|(_, _, entry)| entry.way.ahead_bytes())?;
        let claimed = Claimed::new(self, id, entry, now);
        Some((claimed, next))
    }

    async fn take_ahead(self: &Arc<Self>, claimed: &Claimed<'_>, next: Next) {
        let (id, bucket, file) = (claimed.view.id.as_str(), self.bucket(), next.file);
        let sent = self.send_part_ahead(&bucket, claimed, next);
        let Some(sent) = claimed.gone.run_until_cancelled(sent).await else { return };
        if sent.as_ref().is_err_and(Error::ends_upload) {
            // It is begun anew, and not as what is noted.
            let log = log::path(&self.folder.join(id), file, None);
            let forgotten = self.on_disk(move || {
                let known = Log::read(&log).ok().flatten();
                send::forget(&log);
                known.map(|log| log.begun)
            });
            self.let_go_of(forgotten.await.ok().flatten());
        }
        self.with(id, |entry| match sent {
            Ok(ahead) => {
                entry.way.trouble = None;
                // Nobody has set another bucket meanwhile.
                if !claimed.gone.is_cancelled() {
                    entry.way.ahead.insert(file, ahead);
                }
            }
            Err(err) => {
                let why = err.code().unwrap_or_else(|| err.in_short());
                warn!(recording = id, why, "not uploaded ahead");
                self.counters.not_uploaded.inc();
                if err.ends_upload() {
                    entry.way.ahead.remove(&file);
                }
                pause(entry, err.to_string(), claimed.tries);
            }
        });
    }

    async fn send_part_ahead(
        self: &Arc<Self>,
        bucket: &Bucket,
        claimed: &Claimed<'_>,
        next: Next,
    ) -> Result<Ahead, Error> {
        let (view, Next { file, part, begun }) = (&claimed.view, next);
        let (storage, object) =
            (Storage::new(bucket, &self.outbound)?, bucket.object(&named(view), file, "mp4"));
        let log = log::path(&self.folder.join(&view.id), file, None);
        let begun = match begun {
            Some(begun) => begun,
            None => {
                let (begun, next) = self.begin_ahead(&storage, bucket.known_as(), &object, &log).await?;
                if next > part {
                    // It went there before, and goes on.
                    return Ok(Ahead { begun, next });
                }
                begun
            }
        };
        let (ours, id) = (Arc::clone(self), view.id.clone());
        let read = move || {
            let from = part as u64 * PART;
            let (mut file, range) =
                ours.place(&id, file, from..from + PART).map_err(std::io::Error::other)?;
            file.range(range)
        };
        let bytes = self.on_disk(read).await.map_err(std::io::Error::other)??;
        let tag = storage.part(&object, &begun.upload, part, bytes).await?;
        self.counters.sent.inc_by(PART);
        let mark = begun.mark.clone();
        let noted = self.on_disk(move || Log::arrived(&log, mark, part, tag)).await;
        // What is not noted is sent again at the end.
        if !matches!(noted, Ok(Ok(()))) {
            debug!(recording = view.id, part, "a part that has arrived is sent again");
        }
        Ok(Ahead { begun, next: part + 1 })
    }

    /// What `object` goes as, and the part that is next: as before, if that is noted in `log`.
    async fn begin_ahead(
        &self,
        storage: &Storage,
        bucket: String,
        object: &str,
        log: &Path,
    ) -> Result<(Begun, usize), Error> {
        let known = log.to_owned();
        let known = self.on_disk(move || Log::read(&known)).await.map_err(std::io::Error::other)??;
        let plan = Plan { bucket, object: object.to_owned(), size: None, part: PART };
        let other = match known {
            Some(Log { begun, arrived }) if begun.plan == plan => {
                let next = (1..).find(|part| !arrived.contains_key(part)).unwrap_or(1);
                return Ok((begun, next));
            }
            other => other,
        };
        // Where it went before; of which nobody knows once this is noted.
        self.let_go_of(other.map(|log| log.begun));
        let beginning = self.begin_upload(storage, plan, KIND, log).await?;
        match &beginning.noted {
            Ok(()) => Ok((beginning.begun.clone(), 1)),
            Err(error) => Err(Error::File(std::io::Error::new(error.kind(), error.to_string()))),
        }
    }
}

impl Entry {
    /// The part of it that may go now.
    fn ahead(&self, now: Instant) -> Option<Next> {
        let rests = self.way.trouble.as_ref().is_some_and(|trouble| trouble.again > now);
        if self.state() != State::Recording || self.way.sending.is_some() || rests {
            return None;
        }
        // What is in one piece goes with the rest of it, when all is over.
        let mut files = self.manifest.files.iter().enumerate().filter(|(_, part)| !part.is_done());
        files.find_map(|(file, part)| {
            let ahead = self.way.ahead.get(&file);
            let next = ahead.map_or(1, |ahead| ahead.next);
            let whole = next < MOST_PARTS && part.bytes >= (next as u64 + 1) * PART;
            whole.then(|| Next { file, part: next, begun: ahead.map(|ahead| ahead.begun.clone()) })
        })
    }
}

impl super::Way {
    /// How much is there of what is being made.
    pub(super) fn ahead_bytes(&self) -> u64 {
        self.ahead.values().map(|ahead| (ahead.next as u64 - 1) * PART).sum()
    }
}

/// Bytes of a part; what goes ahead of a file is as many of them as there are, but for the first.
pub(super) const PART: u64 = 16 << 20;
/// Parts of a file that go ahead: of 10,000 that there may be.
const MOST_PARTS: usize = 9_000;
/// How often is looked for another part.
const LOOK: Duration = Duration::from_secs(2);
