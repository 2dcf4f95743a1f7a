//! Paths with empty or dotted segments lead to the path that they mean.

use axum::extract::Request;
use axum::http::header::LOCATION;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Sends whoever asks for such a path to the clean one, as Go's `ServeMux` does: scripts join addresses with one slash too many.
pub(super) async fn redirect(request: Request, next: Next) -> Response {
    if *request.method() != Method::CONNECT
        && let Some(mut place) = cleaned(request.uri().path())
    {
        if let Some(query) = request.uri().query() {
            place = place + "?" + query;
        }
        return (StatusCode::MOVED_PERMANENTLY, [(LOCATION, place)]).into_response();
    }
    next.run(request).await
}

/// `path` without empty, `.` and `..` segments; `None` when it has none.
fn cleaned(path: &str) -> Option<String> {
    let rest = path.strip_prefix('/')?;
    let (inner, last) = rest.rsplit_once('/').unwrap_or(("", rest));
    let odd = |segment: &str| segment.is_empty() || dots(segment) > 0;
    if dots(last) == 0 && (!rest.contains('/') || !inner.split('/').any(odd)) {
        return None;
    }
    let mut segments = Vec::new();
    for segment in rest.split('/') {
        match dots(segment) {
            0 if !segment.is_empty() => segments.push(segment),
            2 => drop(segments.pop()),
            _ => {}
        }
    }
    let end = if last.is_empty() && !segments.is_empty() { "/" } else { "" };
    // A browser would take a backslash for a slash, and two of them for another server.
    Some(format!("/{}{end}", segments.join("/")).replace('\\', "%5C"))
}

/// How many dots `segment` is: `.` or `..`, escaped or not; 0 for a name.
fn dots(segment: &str) -> usize {
    if segment.len() > "%2e%2e".len() {
        return 0;
    }
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    if matches!(&*plain, "." | "..") { plain.len() } else { 0 }
}
