//! The API about itself.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;

/// This document
#[utoipa::path(
    get, path = "/api/v2/openapi.json", tag = "api",
    responses((status = 200, body = serde_json::Value, description = "OpenAPI 3.1"))
)]
pub(super) async fn openapi() -> impl IntoResponse {
    static DOCUMENT: LazyLock<String> = LazyLock::new(crate::openapi);
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}
