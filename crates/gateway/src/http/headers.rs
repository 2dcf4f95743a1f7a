//! Headers that every response carries, exactly once.

use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, SERVER, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::AGENT;

/// Adds them to `response`: players on any page may play from here.
pub(super) async fn add(mut response: Response) -> Response {
    for (name, value) in EVERYWHERE {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Answers OPTIONS on any path, as browsers ask before a request across origins.
pub(super) async fn answer_options(request: Request, next: Next) -> Response {
    if request.method() == Method::OPTIONS {
        return add(().into_response()).await;
    }
    next.run(request).await
}

const EVERYWHERE: [(HeaderName, &str); 7] = [
    (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    // The star does not cover the first, and not what comes with credentials.
    (ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, If-Match, *"),
    (ACCESS_CONTROL_ALLOW_METHODS, "*"),
    (ACCESS_CONTROL_EXPOSE_HEADERS, "*"),
    (ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
    (SERVER, AGENT),
    // What is media or data must not be taken for a page or a script, whatever it contains.
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];
