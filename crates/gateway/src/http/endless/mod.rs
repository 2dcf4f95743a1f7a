//! Endless files: `/{app…}/{name}{suffix}` begins at the last key frame and goes on for as long as the stream does.
//!
//! What tells FLV from its kin is a [`File`]; everything else is here, once: waiting for the publisher, choosing the wire,
//! the body, the end.

mod body;
mod open;

use std::sync::Arc;

use axum::response::Response;
use hub::Hub;
use hub::wire::Format;

use super::MediaRequest;
use crate::protocol::{Media, Protocol};

/// One kind of endless file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct File {
    /// The name of its wires, and of its viewers in logs and lists.
    pub(crate) name: &'static str,
    /// The end of its path, with the dot.
    pub(crate) suffix: &'static str,
    /// The header of that name.
    pub(crate) content_type: &'static str,
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
