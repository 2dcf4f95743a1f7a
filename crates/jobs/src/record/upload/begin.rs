//! The beginning of an upload in parts, of which nothing is to be left that nobody knows of: parts cost what objects cost.

use std::path::Path;

use control::entry;
use tracing::debug;

use super::super::library::Recordings;
use super::log::{Begun, Log, Plan};
use crate::storage::{Error, Storage};

/// An upload that has begun. Dropped, it is let go of, unless it is noted or has become an object.
pub(super) struct Beginning<'a> {
    recordings: &'a Recordings,
    pub(super) begun: Begun,
    /// A log has it.
    pub(super) noted: bool,
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
        // From here on it is let go of also when nobody waits for this any more.
        let mut beginning = Beginning { recordings: self, begun, noted: false, over: false };
        match self.on_disk(move || Log::begin(&log, &note)).await.map_err(std::io::Error::other) {
            Ok(Ok(())) => beginning.noted = true,
            Ok(Err(error)) | Err(error) => debug!(%error, "an upload that is interrupted begins anew"),
        }
        Ok(beginning)
    }
}

impl Beginning<'_> {
    /// It has become an object, or is noted where others look.
    pub(super) fn over(mut self) {
        self.over = true;
    }
}

impl Drop for Beginning<'_> {
    fn drop(&mut self) {
        if !self.noted && !self.over {
            self.recordings.let_go_of([self.begun.clone()]);
        }
    }
}
