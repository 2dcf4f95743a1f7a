//! Work on streams beside their way from publisher to viewers, and the programs that do it.
//!
//! - [`Ffmpeg`] is the one FFmpeg of this server: found and looked at once, run by whoever needs a codec.
//! - [`Snapshots`] are pictures of live streams.
//! - The [`Supervisor`] keeps background work going that somebody wants: a folder here for each kind of it, and a line in [`kinds`].
//! - [`Recordings`] are what is recorded of streams, by the kind `record`.
//! - [`Timeshifts`] are what is kept of live streams for viewers who go back, by the kind `timeshift`.
//! - [`Storage`] is a bucket where copies of them go.
//! - [`Tencent`] is where they go in segments, for those who come from Oryx.
//!
//! What is decoded or encoded is so in another process, which gets its input by a pipe, cannot open anything else, has so
//! much time and output, and is gone with whoever waits for it. Without FFmpeg everything that needs no codec works; the
//! rest says what is missing.
//!
//! Outside: who may ask, and how it is answered (`api`).

pub mod ffmpeg;
pub mod record;
pub mod snapshot;
pub mod storage;
pub mod supervisor;
pub mod tencent;
#[cfg(test)]
mod testing;
pub mod timeshift;

use std::sync::Arc;

pub use ffmpeg::Ffmpeg;
pub use record::Recordings;
pub use snapshot::{Snapshot, Snapshots};
pub use storage::Storage;
pub use supervisor::Supervisor;
pub use tencent::Tencent;
pub use timeshift::Timeshifts;

/// What kinds work with.
#[derive(Debug, Clone)]
pub struct Tools {
    /// Where recordings are.
    pub recordings: Arc<Recordings>,
    /// What makes pictures.
    pub snapshots: Arc<Snapshots>,
    /// What is kept of live streams.
    pub timeshifts: Arc<Timeshifts>,
}

/// Every kind of background work.
pub fn kinds(tools: &Tools) -> Vec<Box<dyn supervisor::Kind>> {
    let Tools { recordings, snapshots, timeshifts } = tools;
    vec![
        Box::new(record::Record::new(Arc::clone(recordings), Arc::clone(snapshots))),
        Box::new(timeshift::Rewind::new(Arc::clone(timeshifts), Arc::clone(recordings))),
    ]
}
