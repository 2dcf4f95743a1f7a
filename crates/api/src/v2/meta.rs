//! The API about itself.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;

use crate::pages::PAGE_HEADERS;

/// This document
#[utoipa::path(
    get, path = "/api/v2/openapi.json", tag = "api",
    responses((status = 200, body = serde_json::Value, description = "OpenAPI 3.1"))
)]
pub(super) async fn openapi() -> impl IntoResponse {
    static DOCUMENT: LazyLock<String> = LazyLock::new(crate::openapi);
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}

/// This document, to be read
#[utoipa::path(
    get, path = "/api/v2/reference", tag = "api",
    responses((status = 200, content_type = "text/html", body = String, description = "A page, without scripts"))
)]
pub(super) async fn reference() -> impl IntoResponse {
    static PAGE: LazyLock<String> = LazyLock::new(|| {
        let document = serde_json::from_str(&crate::openapi()).expect("the document is JSON");
        crate::reference::page(&document, &crate::routes())
    });
    (PAGE_HEADERS, [(header::CACHE_CONTROL, "no-cache")], PAGE.as_str())
}
