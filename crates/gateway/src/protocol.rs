//! What every protocol offers to the gateway.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use tokio_util::sync::CancellationToken;

use crate::BindError;
use crate::http::MediaRequest;

/// A future whose type nobody needs to know.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// One way in or out. What it does not offer it leaves at the default.
pub trait Protocol: Send {
    /// Binds its own sockets; returns what was bound, by the name that tools know the listener by.
    fn listen(&mut self) -> Result<Vec<(&'static str, SocketAddr)>, BindError> {
        Ok(Vec::new())
    }

    /// Fixed paths that it answers on the HTTP port.
    fn routes(&self) -> Router {
        Router::new()
    }

    /// Media that it serves on the HTTP port, found by the suffix of the path.
    fn media(&self) -> Vec<Media> {
        Vec::new()
    }

    /// Serves until `stop`; returns when everything it started is over.
    fn run(self: Box<Self>, _stop: CancellationToken) -> BoxFuture<()> {
        Box::pin(async {})
    }
}

/// Serves `/{app…}/{name}{suffix}`.
#[derive(Clone)]
pub struct Media {
    /// The end of the path, with the dot: `.flv`.
    pub suffix: &'static str,
    /// Answers, or leaves the request to the next with the same suffix.
    pub serve: Arc<dyn Fn(MediaRequest) -> BoxFuture<Option<Response>> + Send + Sync>,
}
