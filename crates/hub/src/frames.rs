//! The frames of a publication, for the server's own work.

use std::sync::Arc;
use std::task::{Context, Poll};

use media::Frame;

use crate::demand::Want;
use crate::log::{self, Read};
use crate::publication::{Phase, Publication};
use crate::selection::Selection;

/// Reads the frames of a publication, for the server's own work: segments, recordings.
pub struct Frames {
    /// And of which publication.
    want: Want,
    reader: log::Reader<Arc<Frame>>,
    selection: Selection,
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
    pub(crate) fn new(want: Want, reader: log::Reader<Arc<Frame>>, selection: Selection) -> Frames {
        Frames { want, reader, selection, dropped: false }
    }

    /// Appends to `out` what has come, or waits. Cancel-safe.
    pub async fn next(&mut self, out: &mut Vec<Arc<Frame>>) -> Step {
        std::future::poll_fn(|cx| self.poll_next(cx, out)).await
    }

    /// See [`Frames::next`].
    pub fn poll_next(&mut self, cx: &mut Context<'_>, out: &mut Vec<Arc<Frame>>) -> Poll<Step> {
        loop {
            let before = out.len();
            let read = self.reader.poll_read(cx, out, READ_BUDGET);
            self.select(out, before);
            return match read {
                Poll::Ready(Read::Skipped { missed }) => Poll::Ready(Step::Gap { missed }),
                Poll::Ready(Read::Closed | Read::TooSlow) => Poll::Ready(Step::Ended),
                Poll::Ready(Read::Entries) => {
                    self.dropped = false;
                    if out.len() == before {
                        // None of them was for this reader.
                        continue;
                    }
                    Poll::Ready(Step::Frames)
                }
                Poll::Pending if !self.dropped && self.publication().phase() == Phase::Dropped => {
                    self.dropped = true;
                    Poll::Ready(Step::Dropped)
                }
                Poll::Pending => Poll::Pending,
            };
        }
    }

    /// Takes out what is not wanted of the frames from the place `from` on.
    fn select(&self, out: &mut Vec<Arc<Frame>>, from: usize) {
        let mut place = 0;
        out.retain(|frame| {
            place += 1;
            place <= from || self.publication().shows(self.selection, &frame.track)
        });
    }

    /// What it reads.
    pub fn publication(&self) -> &Arc<Publication> {
        self.want.publication()
    }
}

/// A reader of frames takes at most this many bytes at a time.
const READ_BUDGET: usize = 1 << 20;
