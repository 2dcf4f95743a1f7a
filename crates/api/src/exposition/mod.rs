//! What Prometheus asks for: everything that the server counts, as text.
//!
//! By name and unit as Prometheus has it: counters end in `_total`, bytes in `_bytes`, seconds in `_seconds`. Whoever scrapes says
//! which of two formats it reads; without a word it gets the older one.
//!
//! Source: OpenMetrics 1.0; "Exposition formats" of Prometheus, text format 0.0.4.

mod plain;
mod process;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use crate::Api;
use crate::problem::Problem;

/// All that is counted. Each part of the server has registered what it has; this only reads.
pub struct Exposition {
    registry: Registry,
    /// The last text, for a moment: a crowd that asks costs no more than one.
    last: Mutex<Option<(Instant, Arc<str>)>>,
}

impl fmt::Debug for Exposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exposition")
    }
}

impl Default for Exposition {
    fn default() -> Exposition {
        Exposition::new(Registry::default())
    }
}

impl Exposition {
    /// Of what `registry` has.
    pub fn new(registry: Registry) -> Exposition {
        Exposition { registry, last: Mutex::default() }
    }

    /// In the OpenMetrics format, at most [`FRESH`] old. Blocks.
    pub(crate) fn text(&self) -> Result<Arc<str>, fmt::Error> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, text)) = &*last
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(text));
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        let text: Arc<str> = text.into();
        *last = Some((Instant::now(), Arc::clone(&text)));
        Ok(text)
    }
}

/// Adds what there is to know of the process to `registry`; `data` is the data folder.
pub fn register_process(registry: &mut Registry, data: &Path) {
    process::register(registry, data);
}

/// What the port for Prometheus answers: the same as at `/metrics`, to anybody who reaches it.
pub(crate) fn router(api: &Api) -> Router {
    let not_found = async || (axum::http::StatusCode::NOT_FOUND, "GET /metrics\n");
    Router::new().route("/metrics", get(metrics)).fallback(not_found).with_state(api.clone())
}

/// What Prometheus asks for
///
/// OpenMetrics where `Accept` names `application/openmetrics-text`, otherwise the text format 0.0.4. Needs a token with `metrics:read`, as
/// `Authorization: Bearer SECRET`; on the port of `metrics.listen` nobody is asked.
#[utoipa::path(
    get, path = "/metrics", tag = "system",
    responses((status = 200, content_type = "text/plain", body = String))
)]
pub(crate) async fn metrics(State(api): State<Api>, headers: HeaderMap) -> Result<Response, Problem> {
    let text = api.away(|api| api.exposition.text()).await?.map_err(|error| Problem::internal(&error))?;
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let cache = (header::CACHE_CONTROL, "no-store");
    if accepts.contains("application/openmetrics-text") {
        return Ok(([(header::CONTENT_TYPE, OPENMETRICS), cache], text.to_string()).into_response());
    }
    Ok(([(header::CONTENT_TYPE, PLAIN), cache], plain::of(&text)).into_response())
}

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PLAIN: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Scrapes are seconds apart; those that are not get the same.
const FRESH: Duration = Duration::from_millis(500);
