//! How viewers go back in a live stream. What keeps the past of streams is above, and says here what there is.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use ::hls::past;
use bytes::Bytes;
use hub::StreamKey;

/// The pasts of live streams.
pub trait Timeshift: Send + Sync + fmt::Debug + 'static {
    /// That of `stream`, if something is kept of it.
    fn of(&self, stream: &StreamKey) -> Option<Arc<dyn Kept>>;
}

/// What is kept of a stream.
pub trait Kept: Send + Sync {
    /// [`past::Past::id`].
    fn id(&self) -> &str;

    /// What there is now.
    fn past(&self) -> past::Past;

    /// A header that segments name, if it is there still.
    fn header(&self, number: u64) -> Option<Bytes>;

    /// Where a segment is on the disk; one that has just left the playlist is there still.
    fn segment(&self, number: u64) -> Option<PathBuf>;
}
