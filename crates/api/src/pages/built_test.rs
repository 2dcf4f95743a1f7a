#![allow(clippy::unwrap_used)]

use axum::http::Method;
use http_body_util::BodyExt;

use super::*;
use crate::pages::console;

/// A build as `build.rs` lists it: gzip of "script", as if it were brotli too.
static FILES: &[File] = &[
    File {
        name: "assets/a-1.js",
        plain: None,
        br: Some(Content { bytes: b"as brotli", tag: "\"b\"" }),
        gz: Some(Content { bytes: SCRIPT, tag: "\"g\"" }),
    },
    File { name: "assets/p.png", plain: Some(Content { bytes: b"png", tag: "\"p\"" }), br: None, gz: None },
    File {
        name: "index.html",
        plain: Some(Content {
            bytes: b"<!doctype html><html><head><meta nonce=\"{{nonce}}\"></head></html>",
            tag: "\"h\"",
        }),
        br: None,
        gz: None,
    },
];
/// "script".
const SCRIPT: &[u8] = &[
    0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 0xff, 0x2b, 0x4e, 0x2e, 0xca, 0x2c, 0x28, 1, 0, 0x3a, 0x87, 0x81, 0x1c,
    6, 0, 0, 0,
];

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn ask(path: &str, headers: &[(HeaderName, &'static str)]) -> Answer {
    let mut asking = HeaderMap::new();
    for (name, value) in headers {
        asking.insert(name, HeaderValue::from_static(value));
    }
    let response = console(FILES, &Method::GET, path, &asking).await;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, body: response.into_body().collect().await.unwrap().to_bytes().to_vec() }
}

const HTML: (HeaderName, &str) = (header::ACCEPT, "text/html,application/xhtml+xml;q=0.9");

#[tokio::test]
async fn a_file_goes_out_as_who_asks_takes_it_and_is_kept_for_good() {
    for (accepted, coding, tag, body) in [
        ("gzip, deflate, br", "br", "\"b\"", &b"as brotli"[..]),
        ("gzip, br;q=0", "gzip", "\"g\"", SCRIPT),
        ("GZIP;q=0.5", "gzip", "\"g\"", SCRIPT),
        ("br;q=x, *", "", "\"g-plain\"", b"script"),
        ("", "", "\"g-plain\"", b"script"),
    ] {
        let answer = ask("/mgmt/assets/a-1.js", &[(header::ACCEPT_ENCODING, accepted)]).await;
        let told =
            (answer.header(header::CONTENT_ENCODING), answer.header(header::ETAG), answer.body.as_slice());
        assert_eq!(told, (coding, tag, body), "{accepted}");
        assert_eq!(answer.header(header::CONTENT_TYPE), "text/javascript; charset=utf-8");
        assert_eq!(answer.header(header::CACHE_CONTROL), "public, max-age=31536000, immutable");
        assert_eq!(answer.header(header::VARY), "accept-encoding");
    }
    let known = ask("/mgmt/assets/p.png", &[(header::IF_NONE_MATCH, "\"p\"")]).await;
    assert_eq!((known.status, known.body.len(), known.header(header::ETAG)), (304, 0, "\"p\""));
}

#[tokio::test]
async fn every_place_is_the_page_and_a_missing_file_is_missing() {
    for path in ["/mgmt", "/mgmt/", "/mgmt/streams/live/cam", "/mgmt/en/routers-scenario", "/mgmt/login"] {
        let page = ask(path, &[HTML]).await;
        assert_eq!((page.status, page.header(header::CACHE_CONTROL)), (200, "no-store"), "{path}");
        assert_eq!(page.header(header::CONTENT_TYPE), "text/html; charset=utf-8");
    }
    assert_eq!(ask("/mgmt/assets/gone-2.js", &[HTML]).await.status, 404);
    assert_eq!(ask("/mgmt/login", &[(header::ACCEPT, "*/*")]).await.status, 404);
    assert_eq!(ask("/mgmt/en/routers-scenario", &[]).await.status, 200);
}

#[tokio::test]
async fn styles_of_a_page_have_a_source_of_their_own_each_time() {
    let mut seen = Vec::new();
    for _ in 0..2 {
        let page = ask("/mgmt", &[HTML]).await;
        let html = String::from_utf8(page.body.clone()).unwrap();
        let nonce = html.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert_eq!(nonce.len(), 32);
        let policy = page.header(header::CONTENT_SECURITY_POLICY);
        assert!(policy.contains(&format!("style-src 'self' 'nonce-{nonce}'")), "{policy}");
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{policy}");
        seen.push(nonce);
    }
    assert_ne!(seen[0], seen[1]);
}

#[test]
fn files_are_found_from_every_depth() {
    for (path, expected) in [
        ("/mgmt", "./mgmt/"),
        ("/mgmt/", "../mgmt/"),
        ("/mgmt/streams", "../mgmt/"),
        ("/mgmt/streams/live/cam", "../../../mgmt/"),
        ("/watch/live/cam", "../../mgmt/"),
    ] {
        assert_eq!(base(path), expected, "{path}");
    }
}
