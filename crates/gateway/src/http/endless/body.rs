//! A [`Tail`] as the body of a response.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::Frame;

use super::Tail;

/// Ends when the tail does.
pub(super) struct Body {
    tail: Tail,
    pending: VecDeque<Bytes>,
}

impl Body {
    pub(super) fn new(tail: Tail) -> Body {
        Body { tail, pending: VecDeque::new() }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Body { tail, pending } = &mut *self;
        if ready!(tail.poll_next(cx, pending)).is_err() {
            return Poll::Ready(None);
        }
        let bytes = pending.pop_front().unwrap_or_default();
        tail.count(bytes.len());
        // A burst's room is not kept by each of thousands of viewers.
        if pending.is_empty() && pending.capacity() > 8 {
            *pending = VecDeque::new();
        }
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }
}
