//! Leading people from HTTP to HTTPS.

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{HOST, LOCATION, STRICT_TRANSPORT_SECURITY};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};

use super::Via;

/// What `router` answers, but for a redirect to HTTPS at `port`. Who does not say which host they mean cannot be led there, and gets nothing
/// else either.
///
/// Authorities ask by HTTP whether a name leads here, and whoever watches over the server's health does not follow redirects:
/// both are answered as ever. The redirect is for now (307), so that it can be taken back.
pub(super) fn redirecting(router: Router, port: u16) -> Router {
    router.layer(middleware::from_fn(move |request: Request, next: Next| async move {
        let path = request.uri().path();
        let stays =
            path.starts_with("/.well-known/acme-challenge/") || ["/healthz", "/readyz"].contains(&path);
        // Who speaks TLS with a proxy is where they should be.
        let secure = request.extensions().get::<Via>().is_some_and(|via| via.secure == Some(true));
        if stays || secure {
            return next.run(request).await;
        }
        match place(&request, port) {
            Some(place) => (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, place)]).into_response(),
            None => (StatusCode::BAD_REQUEST, NO_HOST).into_response(),
        }
    }))
}

/// The same place by HTTPS; none for who does not say which host they mean.
fn place(request: &Request, port: u16) -> Option<HeaderValue> {
    let mut named = request.headers().get_all(HOST).iter();
    let authority: axum::http::uri::Authority = named.next()?.to_str().ok()?.parse().ok()?;
    // Two of them are two places (RFC 9112 §3.2).
    let host = Some(authority.host()).filter(|host| !host.is_empty() && named.next().is_none())?;
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let place = match port {
        443 => format!("https://{host}{path}"),
        _ => format!("https://{host}:{port}{path}"),
    };
    HeaderValue::try_from(place).ok()
}

/// What `router` answers, telling browsers to come by HTTPS alone for `age`, if that is given.
pub(super) fn with_hsts(router: Router, age: Option<Duration>) -> Router {
    let Some(age) = age else { return router };
    let value = HeaderValue::try_from(format!("max-age={}", age.as_secs())).expect("digits");
    router.layer(middleware::map_response(move |mut response: Response| {
        response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, value.clone());
        async move { response }
    }))
}

const NO_HOST: &str = "this server is for HTTPS, and the request does not say for which host it is\n";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::body::Body;
    use axum::routing::any;
    use tower::ServiceExt;

    use super::*;

    async fn ask(router: &Router, host: Option<&str>, path: &str) -> Response {
        let mut request = Request::builder().method("POST").uri(path);
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn everything_is_led_to_https_but_what_authorities_and_probes_ask() {
        let all = || Router::new().fallback(any(|| async { "here" }));
        let router = redirecting(all(), 2443);
        for (host, path, place) in [
            ("a.example", "/live/s.flv?x=1", "https://a.example:2443/live/s.flv?x=1"),
            ("a.example:2022", "/", "https://a.example:2443/"),
            ("[::1]:2022", "/x", "https://[::1]:2443/x"),
        ] {
            let answer = ask(&router, Some(host), path).await;
            assert_eq!(answer.status(), StatusCode::TEMPORARY_REDIRECT);
            assert_eq!(answer.headers()[LOCATION], place);
        }
        let answer = ask(&redirecting(all(), 443), Some("a.example:80"), "/").await;
        assert_eq!(answer.headers()[LOCATION], "https://a.example/");
        for (host, path) in [
            (Some("a.example"), "/.well-known/acme-challenge/token"),
            (Some("a.example"), "/healthz"),
            (Some("a.example"), "/readyz"),
            (None, "/healthz"),
        ] {
            assert_eq!(ask(&router, host, path).await.status(), StatusCode::OK, "{path}");
        }
    }

    #[tokio::test]
    async fn who_says_no_host_is_not_served_without_tls() {
        let router = redirecting(Router::new().fallback(any(|| async { "here" })), 2443);
        for host in
            [None, Some(""), Some("not a host"), Some(":80"), Some("user@"), Some("a/b"), Some("caf\u{e9}")]
        {
            let answer = ask(&router, host, "/live/s.flv").await;
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{host:?}");
            assert!(!answer.headers().contains_key(LOCATION), "{host:?}");
        }
        let twice = Request::builder().header(HOST, "a.example").header(HOST, "b.example").uri("/");
        let answer = router.oneshot(twice.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn browsers_are_told_to_stay_only_where_that_is_wished() {
        let all = || Router::new().fallback(any(|| async { "here" }));
        let plain = ask(&with_hsts(all(), None), Some("a.example"), "/").await;
        assert!(!plain.headers().contains_key(STRICT_TRANSPORT_SECURITY));
        let told = ask(&with_hsts(all(), Some(Duration::from_secs(3600))), Some("a.example"), "/").await;
        assert_eq!(told.headers()[STRICT_TRANSPORT_SECURITY], "max-age=3600");
    }
}
