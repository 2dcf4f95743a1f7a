//! The beginning of an upload in parts, of which nothing is to be left that nobody knows of: parts cost what objects cost.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use control::entry;
use tracing::debug;

use super::super::library::Recordings;
use super::log::{Begun, Log, Plan};
use super::send::forget;
use crate::storage::{Error, Storage};

/// An upload that has begun. Dropped, it is let go of, unless it is noted or has become an object.
pub(super) struct Beginning<'a> {
    recordings: &'a Recordings,
    pub(super) begun: Begun,
    /// Whether a log has it.
    pub(super) noted: io::Result<()>,
    /// It is let go of, so whoever notes it in that moment takes that back.
    unwanted: Arc<AtomicBool>,
    over: bool,
}

impl Recordings {
    /// Begins one, and notes that in `log`, if the disk takes it: else it is not known after an interruption.
    pub(super) async fn begin_upload(
        &self,
        storage: &Storage,
        plan: Plan,
        kind: &'static str,
        log: &Path,
    ) -> Result<Beginning<'_>, Error> {
        let mark = entry::uuid().map_err(|_| Error::Randomness)?;
        let upload = storage.begin(&plan.object, kind).await?;
        let begun = Begun { plan, upload, mark };
        let (log, note) = (log.to_owned(), begun.clone());
        let (unwanted, noted) = (Arc::new(AtomicBool::new(false)), Err(io::ErrorKind::Interrupted.into()));
        // From here on it is let go of also when nobody waits for this any more.
        let mut beginning =
            Beginning { recordings: self, begun, noted, unwanted: Arc::clone(&unwanted), over: false };
        let noting = self.on_disk(move || {
            Log::begin(&log, &note)?;
            if unwanted.load(Ordering::SeqCst) {
                forget(&log);
            }
            Ok(())
        });
        beginning.noted = noting.await.map_err(io::Error::other).and_then(|noted| noted);
        if let Err(error) = &beginning.noted {
            debug!(%error, "an upload that is interrupted begins anew");
        }
        Ok(beginning)
    }
}

impl Beginning<'_> {
    /// It has become an object.
    pub(super) fn over(mut self) {
        self.over = true;
    }
}

impl Drop for Beginning<'_> {
    fn drop(&mut self) {
        if self.noted.is_err() && !self.over {
            self.unwanted.store(true, Ordering::SeqCst);
            self.recordings.let_go_of([self.begun.clone()]);
        }
    }
}
