#![allow(clippy::unwrap_used)]

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, SERVER, X_CONTENT_TYPE_OPTIONS,
};
use http_body_util::BodyExt;
use hub::{Hub, Publisher};
use tower::ServiceExt;

use super::*;
use crate::Protocol;
use crate::hls::Hls;
use crate::http::endless::Endless;
use crate::testing::{hub, picture, publish, video};
use crate::{flv, ts};

/// The port, with a stream `live/s` of 12 s.
struct Port {
    router: Router,
    stop: CancellationToken,
    hub: Hub,
    _publisher: Publisher,
}

impl Port {
    async fn new() -> Port {
        let (hub, track, stop) = (hub(), video(), CancellationToken::new());
        let config = config::Hls {
            default: config::HlsApp { mode: config::HlsMode::Plain, ..Default::default() },
            ..Default::default()
        };
        let [flv, ts] = [flv::FILE, ts::FILE].map(|file| Endless::new(file, hub.clone()));
        let hls = Hls::new(config.in_force(), None, hub.clone());
        let media = [flv.media(), hls.media(), ts.media()].concat();
        tokio::spawn(Box::new(hls).run(CancellationToken::new()));
        let mut publisher = publish(&hub, "s").await;
        for n in 0..60 {
            publisher.write(picture(&track, n * 200, n % 5 == 0, 100)).unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let site = Site {
            metrics: Router::new(),
            routes: Router::new().route("/owned/{name}", get(|| async { "a route" })),
            elsewhere: Router::new().fallback(|| async { (StatusCode::FOUND, [(LOCATION, "/elsewhere")]) }),
        };
        let clients = Clients {
            trusted: Arc::default(),
            places: Places::new(config::Connections::default()),
            secure: false,
        };
        Port { router: router(site, media, clients, stop.clone()), stop, hub, _publisher: publisher }
    }

    async fn ask(&self, method: Method, path: &str) -> Response {
        let peer: SocketAddr = "127.0.0.1:9".parse().unwrap();
        let mut request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = self.router.clone().oneshot(request).await.unwrap();
        // Whatever it is about: exactly once, or browsers refuse it.
        for name in [ACCESS_CONTROL_ALLOW_ORIGIN, SERVER, X_CONTENT_TYPE_OPTIONS] {
            assert_eq!(response.headers().get_all(&name).iter().count(), 1, "{name} of {path}");
        }
        response
    }

    async fn first_segment(&self) -> String {
        let response = self.ask(Method::GET, "/live/s.m3u8").await;
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        format!("/live/{}", text.lines().find(|line| !line.starts_with('#')).unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn head_is_answered_as_get_but_for_the_body() {
    let port = Port::new().await;
    let segment = port.first_segment().await;
    let paths = [
        ("/live/s.m3u8", "application/vnd.apple.mpegurl"),
        (&*segment, "video/mp2t"),
        ("/live/s.flv", "video/x-flv"),
        ("/live/s.ts", "video/mp2t"),
    ];
    for (path, kind) in paths {
        let (get, head) = (port.ask(Method::GET, path).await, port.ask(Method::HEAD, path).await);
        assert_eq!((get.status(), head.status()), (StatusCode::OK, StatusCode::OK), "{path}");
        assert_eq!(head.headers()[CONTENT_TYPE], kind);
        if !["/live/s.flv", "/live/s.ts"].contains(&path) {
            assert_eq!(get.headers().get(CONTENT_LENGTH), head.headers().get(CONTENT_LENGTH), "{path}");
        }
        assert!(head.into_body().collect().await.unwrap().to_bytes().is_empty(), "{path}");
    }
    let viewers = port.hub.sessions().iter().filter(|session| session.protocol != "test").count();
    assert_eq!(viewers, 1, "nobody stays to watch but who had a playlist");
}

#[tokio::test(start_paused = true)]
async fn every_answer_lets_pages_from_anywhere_in() {
    let port = Port::new().await;
    for path in ["/healthz", "/live/s.m3u8", "/live/s.flv"] {
        assert_eq!(port.ask(Method::GET, path).await.status(), StatusCode::OK, "{path}");
        assert_eq!(port.ask(Method::OPTIONS, path).await.status(), StatusCode::OK, "{path}");
    }
    for path in ["/live/other.m3u8", "/live/s-9-9.ts", "/s.flv", "/live/%zz.flv", "/tools/s.flv"] {
        assert_eq!(port.ask(Method::GET, path).await.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(port.ask(Method::OPTIONS, path).await.status(), StatusCode::OK, "{path}");
    }
    for (method, path) in
        [(Method::POST, "/live/s.flv"), (Method::DELETE, "/live/s.ts"), (Method::TRACE, "/live/x.m3u8")]
    {
        let answer = port.ask(method, path).await;
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(answer.headers()[axum::http::header::ALLOW], "GET, HEAD, OPTIONS");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_neither_a_route_nor_media_is_answered_elsewhere() {
    let port = Port::new().await;
    for method in [Method::GET, Method::POST, Method::DELETE] {
        for path in ["/", "/live/s", "/live/s.mkv", "/live/s.flv/", "/a//b.flv/", "/owned"] {
            let answer = port.ask(method.clone(), path).await;
            let place = answer.headers().get(LOCATION).map(|place| place.to_str().unwrap());
            let redirected = [Some("/a/b.flv/"), Some("/elsewhere")].contains(&place);
            assert!(redirected && answer.status().is_redirection(), "{method} {path}: {place:?}");
        }
    }
    assert_eq!(
        port.ask(Method::GET, "/owned/s.flv").await.status(),
        StatusCode::OK,
        "routes go before media"
    );
}

#[tokio::test(start_paused = true)]
async fn paths_are_cleaned_by_a_redirect() {
    let port = Port::new().await;
    for (path, clean) in [
        ("//live/s.flv", "/live/s.flv"),
        ("/live/./x/../s.flv?a=//b", "/live/s.flv?a=//b"),
        ("/../..", "/"),
        ("/owned/%2E%2e/healthz", "/healthz"),
        ("//", "/"),
        // Browsers take a backslash for a slash: it must not lead to another server.
        ("//\\elsewhere.example/..", "/"),
        ("/.//\\elsewhere.example/", "/%5Celsewhere.example/"),
    ] {
        let answer = port.ask(Method::GET, path).await;
        assert_eq!(answer.status(), StatusCode::MOVED_PERMANENTLY, "{path}");
        assert_eq!(answer.headers()[LOCATION], clean, "{path}");
        assert_eq!(port.ask(Method::OPTIONS, path).await.status(), StatusCode::OK, "{path}");
    }
    for path in ["/healthz", "/live/s.m3u8?x=/../", "/live/..s", "/owned/a%2F%2Fb"] {
        assert_ne!(port.ask(Method::GET, path).await.status(), StatusCode::MOVED_PERMANENTLY, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_is_healthy_but_not_ready() {
    let port = Port::new().await;
    assert_eq!(port.ask(Method::GET, "/readyz").await.status(), StatusCode::OK);
    port.stop.cancel();
    assert_eq!(port.ask(Method::GET, "/readyz").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(port.ask(Method::GET, "/healthz").await.status(), StatusCode::OK);
}
