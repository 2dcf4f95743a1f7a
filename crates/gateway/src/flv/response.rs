//! One HTTP-FLV response: from the request to the last tag.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body::Frame;
use hub::wire::{Reader, Selection, WireKey};
use hub::{Action, End, Hub, Subscription};

use crate::flv::envelope::FlvTags;
use crate::http::{MediaRequest, refusal};
use crate::tags::{TRACK_WAIT, Tags};

/// Opens a viewer and answers with its body, or says why not.
pub(super) async fn open(hub: &Hub, request: MediaRequest) -> Result<Response, Response> {
    let key = request.stream_key().map_err(IntoResponse::into_response)?;
    let head = [(CONTENT_TYPE, "video/x-flv"), (CACHE_CONTROL, "no-cache, no-store")];
    if request.method == Method::HEAD {
        return Ok((head, Body::empty()).into_response());
    }
    let access = request.access(Action::Play, key.clone(), "flv");
    let mut subscription =
        hub.subscribe(access).await.map_err(|refused| refusal(&refused).into_response())?;
    subscription.follow_http_grace();
    if let Some(join) = request.join() {
        subscription.join_at(join);
    }
    let not_published = || (StatusCode::NOT_FOUND, format!("{key} is not being published\n")).into_response();
    let found = tokio::select! {
        found = tokio::time::timeout(PUBLISHER_WAIT, reader(&subscription)) => found,
        end = poll_fn(|cx| subscription.session().poll_ended(cx)) => {
            subscription.end(end);
            return Err(not_published());
        }
    };
    let reader = found.map_err(|_| not_published())?;
    let body = Tail { reader, subscription: Some(subscription), pending: VecDeque::new() };
    Ok((head, Body::new(body)).into_response())
}

/// Waits until the stream is published and its tracks are known.
async fn reader(subscription: &Subscription) -> Reader {
    loop {
        let publication = subscription.publication().await;
        // The header says once and for all which tracks there are.
        let tracks = publication.settled(TRACK_WAIT).await;
        if !tracks.is_empty() {
            let key = WireKey { format: "flv", tracks: Selection::ALL, variant: 0 };
            return subscription.wire(&publication, key, || Box::new(Tags::new(FlvTags::default())));
        }
        // Ended before its first frame: wait for the next, but let others run.
        tokio::task::yield_now().await;
    }
}

/// The body: whatever the wire has, until it or the viewer ends.
struct Tail {
    reader: Reader,
    /// Taken when it has been told why it ended.
    subscription: Option<Subscription>,
    pending: VecDeque<Bytes>,
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

impl Tail {
    fn close<T>(&mut self, end: End) -> Poll<Option<T>> {
        if let Some(subscription) = self.subscription.take() {
            subscription.end(end);
        }
        Poll::Ready(None)
    }
}

/// How long a player may wait for its publisher.
const PUBLISHER_WAIT: Duration = Duration::from_secs(30);
/// Bytes taken from the wire at a time.
const BUDGET: usize = 64 << 10;

#[cfg(test)]
#[path = "response_test.rs"]
mod tests;
