//! HTTP-FLV: `/{app…}/{name}.flv`, an endless file that begins at the last key frame.
//!
//! Source: FLV 10.1 annex E; the URL and its behaviour are SRS's.

mod envelope;
mod response;

use std::sync::Arc;

use axum::response::Response;

use hub::Hub;

#[cfg(test)]
pub(crate) use envelope::FlvTags;

use crate::http::MediaRequest;
use crate::protocol::{Media, Protocol};

/// The protocol: it only serves, on the HTTP port.
pub(crate) struct Flv {
    hub: Hub,
}

impl Flv {
    pub(crate) fn new(hub: Hub) -> Flv {
        Flv { hub }
    }
}

impl Protocol for Flv {
    fn media(&self) -> Vec<Media> {
        let hub = self.hub.clone();
        let serve = move |request: MediaRequest| {
            let hub = hub.clone();
            Box::pin(async move { Some(respond(&hub, request).await) }) as _
        };
        vec![Media { suffix: ".flv", serve: Arc::new(serve) }]
    }
}

async fn respond(hub: &Hub, request: MediaRequest) -> Response {
    match response::open(hub, request).await {
        Ok(response) | Err(response) => response,
    }
}
