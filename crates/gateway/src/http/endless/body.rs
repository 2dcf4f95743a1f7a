//! The body of one response: from the first byte to the end of the stream.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::Frame;
use hub::wire::Reader;
use hub::{End, Subscription};

/// Whatever the wire has, until it or the viewer ends.
pub(super) struct Tail {
    reader: Reader,
    /// Taken when it has been told why it ended.
    subscription: Option<Subscription>,
    pending: VecDeque<Bytes>,
}

impl Tail {
    pub(super) fn new(reader: Reader, subscription: Subscription) -> Tail {
        Tail { reader, subscription: Some(subscription), pending: VecDeque::new() }
    }

    fn close<T>(&mut self, end: End) -> Poll<Option<T>> {
        if let Some(subscription) = self.subscription.take() {
            subscription.end(end);
        }
        Poll::Ready(None)
    }
}

impl http_body::Body for Tail {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let tail = &mut *self;
        let Some(subscription) = &tail.subscription else { return Poll::Ready(None) };
        if let Poll::Ready(end) = subscription.session().poll_ended(cx) {
            return tail.close(end);
        }
        // A read may give nothing to send: then the reader has to be asked again, for it has nobody to wake.
        while tail.pending.is_empty() {
            match ready!(tail.reader.poll_next(cx, &mut tail.pending, BUDGET)) {
                Ok(()) => {}
                Err(end) => return tail.close(end),
            }
        }
        let bytes = tail.pending.pop_front().unwrap_or_default();
        subscription.session().count_bytes(bytes.len() as u64);
        // A burst's room is not kept by each of thousands of viewers.
        if tail.pending.is_empty() && tail.pending.capacity() > 8 {
            tail.pending = VecDeque::new();
        }
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }
}

/// Bytes taken from the wire at a time.
const BUDGET: usize = 64 << 10;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;
    use std::time::Duration;

    use http_body_util::BodyExt;
    use hub::Action;
    use hub::wire::{Format, Selection, WireKey};
    use media::{Time, Track};

    use super::*;
    use crate::testing::{hub, picture, publish, request, video};

    /// Sends nothing but differences between frames.
    struct Terse;

    impl Format for Terse {
        fn preamble(&mut self, _tracks: &[Arc<Track>], _at: Time) -> Bytes {
            Bytes::from_static(b"[")
        }

        fn write(&mut self, frame: &media::Frame, _changed: bool, out: &mut Vec<Bytes>) {
            if frame.dts > Time::from_millis(100) {
                out.push(Bytes::from_static(b"x"));
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_read_that_gives_nothing_is_not_the_end_of_reading() {
        let (hub, track) = (hub(), video());
        let mut publisher = publish(&hub, "s").await;
        let subscription = hub.subscribe(request(Action::Play, "s")).await.unwrap();
        publisher.write(picture(&track, 0, true, 10)).unwrap();
        let key = WireKey { format: "terse", tracks: Selection::ALL, variant: 0 };
        let reader = subscription.wire(&subscription.publication().await, key, || Box::new(Terse));
        let mut tail = Tail::new(reader, subscription);
        assert_eq!(tail.frame().await.unwrap().unwrap().into_data().unwrap(), "[");
        publisher.write(picture(&track, 40, false, 10)).unwrap();
        let next = tokio::spawn(async move { tail.frame().await.unwrap().unwrap().into_data().unwrap() });
        tokio::time::sleep(Duration::from_millis(1)).await;
        publisher.write(picture(&track, 200, false, 10)).unwrap();
        let next = tokio::time::timeout(Duration::from_secs(1), next).await.expect("it waits for ever");
        assert_eq!(next.unwrap(), "x");
    }
}
