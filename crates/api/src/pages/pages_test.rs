#![allow(clippy::unwrap_used)]

use axum::body::Body;
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;
use crate::api_test::Server;

struct Answer {
    status: u16,
    headers: header::HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn ask(server: &Server, method: &str, path: &str) -> Answer {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    read(server.api.router().merge(elsewhere()).oneshot(request).await.unwrap()).await
}

async fn read(response: Response) -> Answer {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    Answer { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

/// What a server that was built without the console answers at a path of it.
async fn ask_plain(method: &str, path: &str) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let path = path.split('?').next().unwrap();
    read(console(&[], &method, path, &HeaderMap::new()).await).await
}

#[tokio::test]
async fn every_place_of_the_console_is_its_page() {
    let server = Server::new();
    for path in [
        "/mgmt",
        "/mgmt/",
        "/mgmt/index.html",
        "/mgmt/setup?token=0123",
        "/mgmt/en/routers-scenario?tab=live",
        "/mgmt/routers-login",
    ] {
        for method in ["GET", "POST"] {
            for answer in [ask(&server, method, path).await, ask_plain(method, path).await] {
                assert_eq!(
                    (answer.status, answer.header(header::CACHE_CONTROL)),
                    (200, "no-store"),
                    "{path}"
                );
                assert_eq!(answer.header(header::REFERRER_POLICY), "no-referrer", "{path}");
                assert!(
                    answer.text.starts_with("<!doctype html>") && !answer.text.contains("0123"),
                    "{path}"
                );
            }
        }
    }
    for path in ["/mgmt/none.js", "/mgmt/en/xrouters-x", "/mgmt/en/"] {
        assert_eq!(ask(&server, "GET", path).await.status, 404, "{path}");
        assert_eq!(ask_plain("GET", path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_plain_page_needs_nothing_inline_and_nothing_from_elsewhere() {
    let server = Server::new();
    let page = ask_plain("GET", "/mgmt").await;
    let policy = page.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
    assert!(!page.text.contains("{{") && !page.text.contains("://"), "{}", page.text);
    assert!(!page.text.contains("<script>") && !page.text.contains("style="));
    assert!(!["onclick", "onload", "onsubmit", "onerror"].iter().any(|name| page.text.contains(name)));
    let files: Vec<&str> = page.text.split('"').filter(|text| text.starts_with("/mgmt/")).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    for file in files {
        let answer = ask(&server, "GET", file).await;
        assert_eq!((answer.status, answer.header(header::CACHE_CONTROL)), (200, "public, max-age=31536000"));
        assert!(file.contains('?'), "{file}: kept for a year, so its address changes with it");
    }
}

#[tokio::test]
async fn what_nobody_answers_leads_to_the_console() {
    let server = Server::new();
    for path in [
        "/",
        "/index.html",
        "/live/stream",
        "/prometheus",
        "/console",
        "/console/ng_index.html",
        "/api",
        "/terraform",
        "/favicon.ico",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            let answer = ask(&server, method, path).await;
            assert_eq!((answer.status, answer.header(header::LOCATION)), (302, "/mgmt"), "{method} {path}");
        }
    }
    for path in ["/players/", "/players/none.html", "/tools/x.flv", "/rtc/v1/whip/"] {
        let answer = ask(&server, "GET", path).await;
        assert_eq!((answer.status, answer.header(header::CACHE_CONTROL)), (404, ""), "{path}");
        assert_eq!(answer.header(header::CONTENT_TYPE), "text/plain; charset=utf-8", "{path}");
    }
    let problem = ask(&server, "GET", "/api/v2/none").await;
    assert_eq!((problem.status, problem.header(header::CONTENT_TYPE)), (404, "application/problem+json"));
}

#[tokio::test]
async fn answers_for_certificate_authorities_are_files_of_the_data_folder() {
    let server = Server::new();
    let folder = server.api.well_known.join("acme-challenge");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a-b_c.flv"), "a.thumbprint").unwrap();
    let path = "/.well-known/acme-challenge/a-b_c.flv";
    let answer = ask(&server, "GET", path).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "a.thumbprint"));
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-cache, max-age=0");
    assert_eq!(ask(&server, "HEAD", path).await.status, 200);
    assert_eq!(ask(&server, "PUT", path).await.status, 405);
    for path in [
        "/.well-known/",
        "/.well-known/acme-challenge/",
        "/.well-known/acme-challenge",
        "/.well-known/..%2Fstore%2Fsluice.redb",
        "/.well-known/%2e%2e/sluice.redb",
        "/.well-known/%ff",
    ] {
        let status = ask(&server, "GET", path).await.status;
        assert!([400, 404].contains(&status), "{path}: {status}");
    }
}
