//! Whether the responses of a connection are taken.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Error;
use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::Instant;

use crate::listen::STALL;

/// The responses that run on one connection. A handle: clones share them.
#[derive(Clone)]
pub(super) struct Responses(Arc<Mutex<Table>>);

struct Table {
    next: u64,
    /// Since when each has waited for its peer; `None` while it waits for us.
    open: HashMap<u64, Option<Instant>>,
    /// When the last of them ended.
    quiet: Instant,
}

/// What is to become of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It goes on.
    Fine,
    /// Nothing has been asked for in a while.
    Idle,
    /// The peer has taken next to nothing of a response in [`STALL`].
    Stalled,
}

impl Default for Responses {
    fn default() -> Responses {
        let table = Table { next: 0, open: HashMap::new(), quiet: Instant::now() };
        Responses(Arc::new(Mutex::new(table)))
    }
}

impl Responses {
    /// A request has come.
    pub(super) fn open(&self) -> Open {
        let mut table = self.table();
        table.next += 1;
        let number = table.next;
        table.open.insert(number, None);
        Open { responses: self.clone(), number }
    }

    pub(super) fn verdict(&self) -> Verdict {
        let (table, now) = (self.table(), Instant::now());
        if table.open.values().flatten().any(|since| now.duration_since(*since) >= STALL) {
            Verdict::Stalled
        } else if table.open.is_empty() && now.duration_since(table.quiet) >= IDLE {
            Verdict::Idle
        } else {
            Verdict::Fine
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the table, for as long as the response runs.
pub(super) struct Open {
    responses: Responses,
    number: u64,
}

impl Open {
    fn waits_since(&self, since: Option<Instant>) {
        self.responses.table().open.insert(self.number, since);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut table = self.responses.table();
        table.open.remove(&self.number);
        table.quiet = Instant::now();
    }
}

/// A body that is handed out in small pieces, and notes when the peer has room for the next.
///
/// Whoever sends it asks for a piece only when there is room for more; a piece of [`PIECE`] in [`STALL`] is what a peer on a
/// connection of its own has to take as well.
pub(super) struct Taken {
    body: Body,
    /// What is left of the last piece.
    rest: Bytes,
    open: Open,
}

impl Taken {
    pub(super) fn new(body: Body, open: Open) -> Taken {
        Taken { body, rest: Bytes::new(), open }
    }
}

impl HttpBody for Taken {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Taken { body, rest, open } = &mut *self;
        if rest.is_empty() {
            open.waits_since(None);
            match ready!(Pin::new(body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => *rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                over => return Poll::Ready(over),
            }
        }
        open.waits_since(Some(Instant::now()));
        let piece = rest.split_to(rest.len().min(PIECE));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.rest.is_empty() { self.body.size_hint() } else { SizeHint::default() }
    }
}

const PIECE: usize = 64 << 10;
/// Without a request, a connection is told to go.
const IDLE: Duration = Duration::from_secs(90);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use http_body_util::BodyExt;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_response_that_is_not_taken_is_told_from_one_that_has_nothing_to_say() {
        let responses = Responses::default();
        let mut large = Taken::new(Body::from(vec![7; 3 * PIECE + 1]), responses.open());
        let mut silent = Taken::new(Body::new(Silent), responses.open());
        assert!(tokio::time::timeout(SECOND, silent.frame()).await.is_err());
        let mut pieces = Vec::new();
        while let Some(piece) = large.frame().await {
            pieces.push(piece.unwrap().into_data().unwrap().len());
            tokio::time::sleep(STALL - SECOND).await;
            assert_eq!(responses.verdict(), Verdict::Fine, "slow, but not too slow");
        }
        assert_eq!(pieces, [PIECE, PIECE, PIECE, 1]);
        drop(large);
        let mut large = Taken::new(Body::from(vec![7; 2 * PIECE]), responses.open());
        large.frame().await.unwrap().unwrap();
        tokio::time::sleep(STALL).await;
        assert_eq!(responses.verdict(), Verdict::Stalled);
        drop(large);
        assert_eq!(responses.verdict(), Verdict::Fine, "the silent one waits for us");
        tokio::time::sleep(2 * IDLE).await;
        assert_eq!(responses.verdict(), Verdict::Fine);
        drop(silent);
        tokio::time::sleep(IDLE).await;
        assert_eq!(responses.verdict(), Verdict::Idle);
    }

    /// Says nothing and does not end.
    struct Silent;

    impl HttpBody for Silent {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            Poll::Pending
        }
    }
}
