//! What every endless response does, whatever carries it: it follows a wire until that or the viewer ends.

use std::collections::VecDeque;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hub::wire::Reader;
use hub::{End, Subscription};

/// A viewer's place on a wire.
pub(crate) struct Tail {
    reader: Reader,
    /// Or why it is over, which the session has been told.
    viewer: Result<Subscription, End>,
}

impl Tail {
    pub(in crate::http) fn new(reader: Reader, subscription: Subscription) -> Tail {
        Tail { reader, viewer: Ok(subscription) }
    }

    /// Ready once the hub or an operator has ended the viewer's session, or the stream is over.
    pub(crate) fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        match &self.viewer {
            Ok(subscription) => {
                let end = ready!(subscription.session().poll_ended(cx));
                Poll::Ready(self.close(end))
            }
            Err(end) => Poll::Ready(*end),
        }
    }

    /// Appends to `out`, which is empty, what is to be sent next; waits when there is nothing.
    pub(crate) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        out: &mut VecDeque<Bytes>,
    ) -> Poll<Result<(), End>> {
        if let Poll::Ready(end) = self.poll_ended(cx) {
            return Poll::Ready(Err(end));
        }
        // A read may give nothing to send: then the reader has to be asked again, for it has nobody to wake.
        while out.is_empty() {
            if let Err(end) = ready!(self.reader.poll_next(cx, out, BUDGET)) {
                return Poll::Ready(Err(self.close(end)));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Counts bytes that are on their way to the viewer.
    pub(crate) fn count(&self, bytes: usize) {
        if let Ok(subscription) = &self.viewer {
            subscription.session().count_bytes(bytes as u64);
        }
    }

    fn close(&mut self, end: End) -> End {
        if let Ok(subscription) = std::mem::replace(&mut self.viewer, Err(end)) {
            subscription.end(end);
        }
        end
    }
}

/// Bytes taken from the wire at a time.
const BUDGET: usize = 64 << 10;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::future::poll_fn;
    use std::sync::Arc;
    use std::time::Duration;

    use hub::Action;
    use hub::wire::{Format, Selection, WireKey};
    use media::{Frame, Time, Track};

    use super::*;
    use crate::testing::{hub, picture, publish, request, video};

    /// Sends nothing but differences between frames.
    struct Terse;

    impl Format for Terse {
        fn preamble(&mut self, _tracks: &[Arc<Track>], _at: Time) -> Bytes {
            Bytes::from_static(b"[")
        }

        fn write(&mut self, frame: &Frame, _changed: bool, out: &mut Vec<Bytes>) {
            if frame.dts > Time::from_millis(100) {
                out.push(Bytes::from_static(b"x"));
            }
        }
    }

    async fn next(tail: &mut Tail) -> Result<Vec<u8>, End> {
        let mut out = VecDeque::new();
        poll_fn(|cx| tail.poll_next(cx, &mut out)).await?;
        Ok(out.into_iter().flatten().collect())
    }

    #[tokio::test(start_paused = true)]
    async fn a_read_that_gives_nothing_is_not_the_end_of_reading() {
        let (hub, track) = (hub(), video());
        let mut publisher = publish(&hub, "s").await;
        let subscription = hub.subscribe(request(Action::Play, "s")).await.unwrap();
        publisher.write(picture(&track, 0, true, 10)).unwrap();
        let key = WireKey { format: "terse", tracks: Selection::ALL, variant: 0, private: false };
        let reader = subscription.wire(&subscription.publication().await, key, || Box::new(Terse));
        let mut tail = Tail::new(reader, subscription);
        assert_eq!(next(&mut tail).await.unwrap(), b"[");
        publisher.write(picture(&track, 40, false, 10)).unwrap();
        let waiting = tokio::spawn(async move { (next(&mut tail).await, tail) });
        tokio::time::sleep(Duration::from_millis(1)).await;
        publisher.write(picture(&track, 200, false, 10)).unwrap();
        let waited = tokio::time::timeout(Duration::from_secs(1), waiting).await.expect("it waits for ever");
        let (read, mut tail) = waited.unwrap();
        assert_eq!(read.unwrap(), b"x");
        publisher.end(End::Finished);
        assert_eq!(next(&mut tail).await.unwrap_err(), End::Finished);
        assert_eq!(next(&mut tail).await.unwrap_err(), End::Finished, "however often");
    }
}
