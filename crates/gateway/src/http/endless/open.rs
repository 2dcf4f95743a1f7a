//! From a request to a viewer, or to the answer that says why not.

use std::future::poll_fn;
use std::time::Duration;

use axum::body::Body as AnyBody;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hub::wire::{Reader, Selection, WireKey};
use hub::{Action, Hub, StreamKey, Subscription};
use hyper_util::rt::TokioIo;

use super::body::Body;
use super::{File, Tail};
use crate::http::{MediaRequest, refusal, websocket};
use crate::path;
use crate::tags::{SOUND_WAIT, TRACK_WAIT};

/// Opens a viewer and answers with its body, or with a WebSocket, or says why not.
pub(super) async fn open(file: File, hub: &Hub, request: MediaRequest) -> Result<Response, Response> {
    let key = request.stream_key().map_err(IntoResponse::into_response)?;
    let socket = request.websocket.clone().zip(file.websocket);
    if let Some(refusal) = socket.as_ref().and_then(|(offer, _)| offer.refusal()) {
        return Err(refusal);
    }
    let sound = path::sound(&request.query, file.kinds.sound);
    let wanted = file.kinds.and(path::selection(&request.query)).with(sound);
    if wanted == NOTHING {
        return Err(not_found(format!("the query leaves neither sound nor pictures of {key}")));
    }
    let head = [(CONTENT_TYPE, file.content_type), (CACHE_CONTROL, "no-cache, no-store")];
    if request.method == Method::HEAD {
        return Ok((head, AnyBody::empty()).into_response());
    }
    let not_published = || not_found(format!("{key} is not being published"));
    if !(file.waits)(key.name()) && hub.publication(&key).is_none() {
        return Err(not_published());
    }
    let protocol = socket.as_ref().map_or(file.name, |(_, name)| name);
    let access = request.access(Action::Play, key.clone(), protocol);
    let mut subscription =
        hub.subscribe(access).await.map_err(|refused| refusal(&refused).into_response())?;
    subscription.follow_http_grace();
    if let Some(join) = request.join() {
        subscription.join_at(join);
    }
    let found = tokio::select! {
        found = tokio::time::timeout(PUBLISHER_WAIT, reader(file, &key, wanted, &subscription)) => found,
        end = poll_fn(|cx| subscription.session().poll_ended(cx)) => {
            subscription.end(end);
            return Err(not_published());
        }
    };
    let reader = found.map_err(|_| not_published())?.map_err(not_found)?;
    let tail = Tail::new(reader, subscription);
    Ok(match socket {
        Some((offer, _)) => offer.accept(|upgraded| websocket::follow(TokioIo::new(upgraded), tail)),
        None => (head, AnyBody::new(Body::new(tail))).into_response(),
    })
}

/// Waits until the stream is published and its tracks are known. Errs when they do not make such a file.
async fn reader(
    file: File,
    key: &StreamKey,
    wanted: Selection,
    subscription: &Subscription,
) -> Result<Reader, String> {
    loop {
        let publication = subscription.publication().await;
        let want = subscription.want(&publication, wanted.sound);
        // What comes first says which tracks there are.
        let tracks = publication.settled(TRACK_WAIT).await;
        if !tracks.is_empty() {
            let all = wanted.video && wanted.audio;
            if !all && wanted.count(&tracks) == 0 {
                let missing = if wanted.audio { "sound" } else { "pictures" };
                return Err(format!("{key} has no {missing}"));
            }
            want.ready(SOUND_WAIT).await;
            if let Some(reason) = (file.refuse)(key, &publication.selected(wanted)) {
                return Err(reason);
            }
            let wire = WireKey { format: file.name, tracks: wanted, variant: 0, private: false };
            return Ok(subscription.wire(&publication, wire, file.format));
        }
        // Ended before its first frame: wait for the next, but let others run.
        tokio::task::yield_now().await;
    }
}

fn not_found(reason: String) -> Response {
    (StatusCode::NOT_FOUND, reason + "\n").into_response()
}

const NOTHING: Selection = Selection { video: false, audio: false, ..Selection::ALL };
/// How long a player may wait for its publisher.
const PUBLISHER_WAIT: Duration = Duration::from_secs(30);

#[cfg(test)]
#[path = "open_test.rs"]
mod tests;
