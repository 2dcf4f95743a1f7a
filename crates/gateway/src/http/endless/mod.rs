//! Endless files: `/{app…}/{name}{suffix}` begins at the last key frame and goes on for as long as the stream does.
//!
//! What tells FLV from its kin is a [`File`]; everything else is here, once: waiting for the publisher, choosing the wire,
//! the body, the end. Over a WebSocket there are the same bytes, see [`websocket`](super::websocket).

mod body;
mod open;
mod tail;

use std::sync::Arc;

use axum::response::Response;
use hub::wire::{Format, Selection};
use hub::{Hub, StreamKey};
use media::Track;

use super::MediaRequest;
use crate::protocol::{Media, Protocol};

pub(crate) use tail::Tail;

/// One kind of endless file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct File {
    /// The name of its wires, and of its viewers in logs and lists.
    pub(crate) name: &'static str,
    /// The end of its path, with the dot.
    pub(crate) suffix: &'static str,
    /// The header of that name.
    pub(crate) content_type: &'static str,
    /// What of a stream it can hold, and which sound its players have. Viewers may want less, and the stream's own sound: see
    /// [`path::selection`](crate::path::selection) and [`path::sound`](crate::path::sound).
    pub(crate) kinds: Selection,
    /// The name of its viewers over WebSocket, where that is offered.
    pub(crate) websocket: Option<&'static str>,
    /// Whether a stream of this name is waited for while it is not published.
    pub(crate) waits: fn(&str) -> bool,
    /// Why the wanted tracks of a stream do not make such a file, in words for the viewer; `None` when they do.
    pub(crate) refuse: fn(&StreamKey, &[Arc<Track>]) -> Option<String>,
    /// Makes what writes one of its wires.
    pub(crate) format: fn() -> Box<dyn Format>,
}

/// The protocol of a [`File`]: it only serves, on the HTTP port.
pub(crate) struct Endless {
    file: File,
    hub: Hub,
}

impl Endless {
    pub(crate) fn new(file: File, hub: Hub) -> Endless {
        Endless { file, hub }
    }
}

impl Protocol for Endless {
    fn media(&self) -> Vec<Media> {
        let (file, hub) = (self.file, self.hub.clone());
        let serve = move |request: MediaRequest| {
            let hub = hub.clone();
            Box::pin(async move { Some(respond(file, &hub, request).await) }) as _
        };
        vec![Media { suffix: file.suffix, serve: Arc::new(serve) }]
    }
}

async fn respond(file: File, hub: &Hub, request: MediaRequest) -> Response {
    match open::open(file, hub, request).await {
        Ok(response) | Err(response) => response,
    }
}
