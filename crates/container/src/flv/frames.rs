//! What one tag body gives.

use std::collections::VecDeque;

use bytes::Bytes;
use media::Frame;

use super::Error;

/// The frames of one tag body in their order, and what was wrong with parts of it.
///
/// Most bodies give one frame or none, which costs no allocation. Every error is survivable: one part of the body is lost,
/// the rest is good.
#[derive(Debug, Default)]
#[must_use]
pub struct Frames {
    first: Option<Result<Frame, Error>>,
    rest: VecDeque<Result<Frame, Error>>,
}

impl Frames {
    /// Sees to it that the frames do not keep a body of `size` bytes alive of which they are the smaller part: what holds frames counts
    /// their payloads alone.
    pub(super) fn let_go_of(&mut self, size: usize) {
        let frames = || self.first.iter().chain(&self.rest).flatten();
        if frames().map(|frame| frame.payload.len()).sum::<usize>() * 2 >= size {
            return;
        }
        for frame in self.first.iter_mut().chain(&mut self.rest).flatten() {
            frame.payload = Bytes::copy_from_slice(&frame.payload);
        }
    }

    pub(super) fn push(&mut self, item: Result<Frame, Error>) {
        match &self.first {
            None if self.rest.is_empty() => self.first = Some(item),
            _ => self.rest.push_back(item),
        }
    }
}

impl Extend<Frame> for Frames {
    fn extend<T: IntoIterator<Item = Frame>>(&mut self, frames: T) {
        frames.into_iter().for_each(|frame| self.push(Ok(frame)));
    }
}

impl Iterator for Frames {
    type Item = Result<Frame, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.first.take().or_else(|| self.rest.pop_front())
    }
}
