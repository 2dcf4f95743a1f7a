//! The frames of a publication, for the server's own work.

use std::sync::Arc;
use std::task::{Context, Poll};

use media::Frame;

use crate::log::{self, Read};
use crate::publication::{Phase, Publication};

/// Reads the frames of a publication, for the server's own work: segments, recordings.
pub struct Frames {
    publication: Arc<Publication>,
    reader: log::Reader<Arc<Frame>>,
    /// A drop has been told.
    dropped: bool,
}

/// What a reader of frames learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Frames were appended.
    Frames,
    /// The reader could not follow: so many frames are lost; what was appended begins at a start point.
    Gap {
        /// How many frames are lost.
        missed: u64,
    },
    /// The publisher is lost; everything it sent has been read. Told once for each time.
    Dropped,
    /// Over; everything has been read.
    Ended,
}

impl Frames {
    pub(crate) fn new(publication: Arc<Publication>, reader: log::Reader<Arc<Frame>>) -> Frames {
        Frames { publication, reader, dropped: false }
    }

    /// Appends to `out` what has come, or waits. Cancel-safe.
    pub async fn next(&mut self, out: &mut Vec<Arc<Frame>>) -> Step {
        std::future::poll_fn(|cx| self.poll_next(cx, out)).await
    }

    /// See [`Frames::next`].
    pub fn poll_next(&mut self, cx: &mut Context<'_>, out: &mut Vec<Arc<Frame>>) -> Poll<Step> {
        match self.reader.poll_read(cx, out, READ_BUDGET) {
            Poll::Ready(Read::Skipped { missed }) => Poll::Ready(Step::Gap { missed }),
            Poll::Ready(Read::Closed | Read::TooSlow) => Poll::Ready(Step::Ended),
            Poll::Ready(Read::Entries) => {
                self.dropped = false;
                Poll::Ready(Step::Frames)
            }
            Poll::Pending if !self.dropped && self.publication.phase() == Phase::Dropped => {
                self.dropped = true;
                Poll::Ready(Step::Dropped)
            }
            Poll::Pending => Poll::Pending,
        }
    }

    /// What it reads.
    pub fn publication(&self) -> &Arc<Publication> {
        &self.publication
    }
}

/// A reader of frames takes at most this many bytes at a time.
const READ_BUDGET: usize = 1 << 20;
