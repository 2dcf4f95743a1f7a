//! A bundle for whoever is asked for help.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Api;
use crate::body::Json;
use crate::caller::Caller;
use crate::diagnostics::{self, Wish};
use crate::problem::Problem;

/// What is to be in a bundle.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BundleWish {
    /// Addresses of clients as they are; otherwise they are masked: the last byte of IPv4, all but 48 bits of IPv6.
    #[serde(default)]
    addresses: bool,
}

/// Make a bundle for whoever is asked for help
///
/// Version, settings, names of environment variables, limits, FFmpeg, counts of the store, certificates; and, for who may see each of them
/// elsewhere, the state of the server, streams, sessions, metrics and the last lines of the log. There is no secret in it.
#[utoipa::path(
    post, path = "/api/v2/diagnostics", tag = "system", request_body = BundleWish,
    responses((status = 200, content_type = "application/gzip", body = Vec<u8>, description = "A tar.gz"), (status = 503, body = Problem))
)]
pub(super) async fn make(
    State(api): State<Api>,
    caller: Caller,
    Json(wish): Json<BundleWish>,
) -> Result<Response, Problem> {
    let wish = Wish { addresses: wish.addresses, permissions: caller.permissions().to_vec() };
    let (name, bytes) = diagnostics::bundle(&api, wish).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/gzip".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, bytes).into_response())
}
