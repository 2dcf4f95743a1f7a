//! From a request to a viewer, or to the answer that says why not.

use std::future::poll_fn;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hub::wire::{Reader, Selection, WireKey};
use hub::{Action, Hub, Subscription};

use super::File;
use super::body::Tail;
use crate::http::{MediaRequest, refusal};
use crate::tags::TRACK_WAIT;

/// Opens a viewer and answers with its body, or says why not.
pub(super) async fn open(file: File, hub: &Hub, request: MediaRequest) -> Result<Response, Response> {
    let key = request.stream_key().map_err(IntoResponse::into_response)?;
    let head = [(CONTENT_TYPE, file.content_type), (CACHE_CONTROL, "no-cache, no-store")];
    if request.method == Method::HEAD {
        return Ok((head, Body::empty()).into_response());
    }
    let access = request.access(Action::Play, key.clone(), file.name);
    let mut subscription =
        hub.subscribe(access).await.map_err(|refused| refusal(&refused).into_response())?;
    subscription.follow_http_grace();
    if let Some(join) = request.join() {
        subscription.join_at(join);
    }
    let not_published = || (StatusCode::NOT_FOUND, format!("{key} is not being published\n")).into_response();
    let found = tokio::select! {
        found = tokio::time::timeout(PUBLISHER_WAIT, reader(file, &subscription)) => found,
        end = poll_fn(|cx| subscription.session().poll_ended(cx)) => {
            subscription.end(end);
            return Err(not_published());
        }
    };
    let reader = found.map_err(|_| not_published())?;
    Ok((head, Body::new(Tail::new(reader, subscription))).into_response())
}

/// Waits until the stream is published and its tracks are known.
async fn reader(file: File, subscription: &Subscription) -> Reader {
    loop {
        let publication = subscription.publication().await;
        // What comes first says which tracks there are.
        let tracks = publication.settled(TRACK_WAIT).await;
        if !tracks.is_empty() {
            let key = WireKey { format: file.name, tracks: Selection::ALL, variant: 0 };
            return subscription.wire(&publication, key, file.format);
        }
        // Ended before its first frame: wait for the next, but let others run.
        tokio::task::yield_now().await;
    }
}

/// How long a player may wait for its publisher.
const PUBLISHER_WAIT: Duration = Duration::from_secs(30);

#[cfg(test)]
#[path = "open_test.rs"]
mod tests;
