#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::json;
use tower::ServiceExt;

use super::*;
use crate::api_test::Server;

pub(super) struct Answer {
    pub(super) status: u16,
    kind: String,
    pub(super) text: String,
}

impl Answer {
    #[track_caller]
    pub(super) fn data(&self) -> Value {
        assert_eq!((self.status, self.kind.as_str()), (200, "application/json"), "{}", self.text);
        let head = r#"{"code":0,"data":"#;
        let tail = format!(r#","server":{}}}"#, std::process::id());
        assert!(self.text.starts_with(head) && self.text.ends_with(&tail), "{}", self.text);
        serde_json::from_str::<Value>(&self.text).unwrap()["data"].clone()
    }

    #[track_caller]
    pub(super) fn fails(&self, text: &str) {
        assert_eq!((self.status, self.text.as_str()), (500, format!("{text}\n").as_str()));
        assert_eq!(self.kind, "text/plain; charset=utf-8");
    }
}

pub(super) async fn ask(
    server: &Server,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::from(body.to_owned())).unwrap();
    let peer: SocketAddr = "127.0.0.1:5000".parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = server.api.router().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let cache = response.headers().get("cache-control").map(|value| value.to_str().unwrap());
    let answered = path.contains("v1/mgmt/") && status != 302;
    assert!(!answered || cache == Some("no-store"), "{path}: {cache:?}");
    let kind = response.headers().get("content-type").map_or("", |value| value.to_str().unwrap()).to_owned();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    Answer { status, kind, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

/// With the secret.
pub(super) async fn call(server: &Server, path: &str, body: Value) -> Answer {
    let bearer = format!("Bearer {}", server.api.platform.secret());
    let body = if body.is_null() { String::new() } else { body.to_string() };
    ask(server, "POST", &format!("/terraform/v1/{path}"), &[("authorization", &bearer)], &body).await
}

/// As a stranger.
pub(super) async fn open(server: &Server, path: &str, body: &str) -> Answer {
    ask(server, "POST", &format!("/terraform/v1/{path}"), &[], body).await
}

#[tokio::test]
async fn every_endpoint_knows_strangers_and_no_cookie_opens_one() {
    let (server, browser) = Server::set_up().await;
    for (path, guard) in paths(&server.api) {
        let cookie = [("cookie", browser.cookie.as_str()), ("x-csrf-token", browser.csrf.as_str())];
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let answer = ask(&server, method, &format!("/terraform/v1/{path}"), &cookie, "{}").await;
            match guard {
                Guard::Secret | Guard::Change | Guard::Room => {
                    answer.fails("authenticate: no Authorization or token");
                }
                Guard::Link => answer.fails("empty token"),
                Guard::Open => assert!(!answer.text.contains("authenticate"), "{path}: {}", answer.text),
            }
        }
        if guard != Guard::Open {
            open(&server, path, "{")
                .await
                .fails("parse body: json unmarshal {: unexpected end of JSON input");
        }
    }
    for path in ["/api/v1/summaries", "/api/v1/streams/", "/api/v1/clients/1", "/api/", "/api/v1/anything"] {
        let answer = ask(&server, "GET", path, &[("cookie", browser.cookie.as_str())], "").await;
        assert_eq!((answer.status, answer.text.as_str()), (401, "authenticate: no Authorization or token\n"));
    }
}

#[tokio::test]
async fn a_script_initializes_logs_in_and_is_known_by_three_means() {
    let server = Server::new();
    assert_eq!(open(&server, "mgmt/init", "").await.data(), json!({"init": false}));
    open(&server, "mgmt/login", r#"{"password":"12345678"}"#).await.fails("not init");
    let first = open(&server, "mgmt/init", r#"{"Password":"12345678"}"#).await.data();
    assert_eq!(first["bearer"], server.api.platform.secret());
    assert_eq!(open(&server, "mgmt/init", "null").await.data(), json!({"init": true}));
    open(&server, "mgmt/init", r#"{"password":"x"}"#).await.fails("already initialized");
    open(&server, "mgmt/login", "{}").await.fails("no password");
    let login = open(&server, "mgmt/login", r#"{"password":"12345678","extra":[1]}"#).await.data();
    let body = json!({"TOKEN": login["token"]}).to_string();
    assert!(open(&server, "mgmt/token", &body).await.data()["expireAt"].is_string());
    assert!(open(&server, "mgmt/token", &body).await.data().get("bearer").is_none());
    assert_eq!(call(&server, "mgmt/secret/query", Value::Null).await.data(), first["bearer"]);
    let query = format!("/api/v1/summaries?token={}", login["token"].as_str().unwrap());
    assert_eq!(ask(&server, "GET", &query, &[], "").await.status, 200);
    open(&server, "mgmt/token", r#"{"token":"a.b"}"#)
        .await
        .fails("authenticate: verify token: token contains an invalid number of segments");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_costs_ten_seconds_and_others_nothing() {
    let server = Server::new();
    open(&server, "mgmt/init", r#"{"password":"12345678"}"#).await.data();
    let begun = tokio::time::Instant::now();
    let wrong = open(&server, "mgmt/login", r#"{"password":"87654321"}"#);
    let right = async {
        let answer = open(&server, "mgmt/login", r#"{"password":"12345678"}"#).await;
        (answer, begun.elapsed())
    };
    let (wrong, (right, took)) = tokio::join!(wrong, right);
    wrong.fails("invalid password, wait 10s");
    assert!(begun.elapsed().as_secs() >= 10 && took.as_secs() < 10, "{took:?}");
    right.data();
}

#[tokio::test]
async fn bodies_are_read_as_go_reads_them() {
    let server = Server::new();
    let update = "mgmt/limits/update";
    for (body, text) in [
        (json!({"vlive": 0, "camera": 1}), "invalid vlive 0"),
        (json!({"vlive": 7, "camera": -1}), "invalid vlive 7"),
        (json!({"vlive": null, "camera": 5}), "invalid vlive 0"),
    ] {
        call(&server, update, body).await.fails(text);
    }
    for body in [json!({"vlive": "5"}), json!({"vlive": 5000.0}), json!([1]), json!("x")] {
        let answer = call(&server, update, body).await;
        assert_eq!(answer.status, 500);
        assert!(answer.text.starts_with("parse body: json unmarshal "), "{}", answer.text);
    }
    assert_eq!(
        call(&server, "mgmt/limits/query", Value::Null).await.data(),
        json!({"vlive": 5000, "camera": 5000})
    );
    assert_eq!(
        call(&server, update, json!({"VLive": 1, "camera": 2, "other": {}})).await.data(),
        Value::Null
    );
    assert_eq!(call(&server, "mgmt/limits/query", json!({})).await.data(), json!({"vlive": 1, "camera": 2}));
}

#[tokio::test]
async fn bodies_of_strangers_are_small() {
    let server = Server::new();
    let body = |size: usize| json!({"password": "x".repeat(size)}).to_string();
    open(&server, "mgmt/login", &body(15 << 10)).await.fails("not init");
    open(&server, "mgmt/login", &body(17 << 10)).await.fails("parse body: read body: length limit exceeded");
    let answer = call(&server, "mgmt/limits/query", json!({"x": "y".repeat(60 << 10)})).await;
    assert_eq!(answer.status, 200);
    let answer = call(&server, "mgmt/limits/query", json!({"x": "y".repeat(65 << 10)})).await;
    answer.fails("parse body: read body: length limit exceeded");
}

#[tokio::test]
async fn settings_come_back_as_they_were_set() {
    let server = Server::new();
    call(&server, "mgmt/openai/update", json!({})).await.fails("no aiSecretKey");
    call(&server, "mgmt/openai/update", json!({"aiSecretKey": "k"})).await.fails("no aiBaseURL");
    let service = json!({"aiSecretKey": "k", "aiBaseURL": "http://a", "aiOrganization": ""});
    assert_eq!(call(&server, "mgmt/openai/update", service.clone()).await.data(), Value::Null);
    assert_eq!(call(&server, "mgmt/openai/query", Value::Null).await.data(), service);
    assert_eq!(open(&server, "mgmt/beian/query", "").await.data(), json!({}));
    call(&server, "mgmt/beian/update", json!({"text": "x"})).await.fails("no beian");
    call(&server, "mgmt/beian/update", json!({"beian": "icp"})).await.fails("no text");
    call(&server, "mgmt/beian/update", json!({"beian": "icp", "text": "<b> & co"})).await.data();
    let answer = open(&server, "mgmt/beian/query", "").await;
    assert!(answer.text.contains(r"\u003cb\u003e \u0026 co"), "{}", answer.text);
    assert_eq!(answer.data(), json!({"icp": "<b> & co"}));
}

#[tokio::test]
async fn hls_is_switched_and_says_so() {
    let server = Server::new();
    for (path, field) in [("mgmt/hphls", "noHlsCtx"), ("mgmt/hlsll", "hlsLowLatency")] {
        let (query, update) = (format!("{path}/query"), format!("{path}/update"));
        assert_eq!(call(&server, &query, Value::Null).await.data(), json!({ field: false }));
        call(&server, &update, json!({ field: true })).await.data();
        assert_eq!(call(&server, &query, Value::Null).await.data(), json!({ field: true }));
        call(&server, &update, json!({})).await.data();
        assert_eq!(call(&server, &query, Value::Null).await.data(), json!({ field: false }));
    }
}

#[tokio::test]
async fn the_publish_secret_is_shown_changed_and_not_asked_for() {
    let server = Server::new();
    let first = call(&server, "hooks/srs/secret/query", Value::Null).await.data();
    assert_eq!(first["publish"].as_str().unwrap().len(), 32);
    assert_eq!(call(&server, "hooks/srs/secret", Value::Null).await.data(), first);
    call(&server, "hooks/srs/secret/update", json!({})).await.fails("no secret");
    call(&server, "hooks/srs/secret/update", json!({"secret": "another-secret"})).await.data();
    assert_eq!(
        call(&server, "hooks/srs/secret", json!({})).await.data(),
        json!({"publish": "another-secret"})
    );
    let stream = hub::StreamKey::new("live", "cam").unwrap();
    let now = std::time::SystemTime::now();
    let admits = |query: &str| server.api.keys.gate().publishing().admits(&stream, query, now);
    assert!(admits("secret=another-secret") && !admits(""));
    call(&server, "hooks/srs/secret/disable", json!({"pubNoAuth": true})).await.data();
    assert!(admits(""));
    call(&server, "hooks/srs/secret/disable", Value::Null).await.data();
    assert!(!admits(""));
}

#[tokio::test]
async fn streams_that_nobody_publishes_are_null_and_not_found() {
    let server = Server::new();
    assert_eq!(call(&server, "mgmt/streams/query", Value::Null).await.data(), json!({"streams": null}));
    let kick = |body| call(&server, "mgmt/streams/kickoff", body);
    kick(json!({})).await.fails("no vhost");
    kick(json!({"vhost": VHOST})).await.fails("no app");
    kick(json!({"vhost": VHOST, "app": "live"})).await.fails("no stream");
    kick(json!({"vhost": VHOST, "app": "live", "stream": "s"})).await.fails("stream not found live/s");
    kick(json!({"vhost": "v", "app": "live", "stream": "s"})).await.fails("stream not found v/live/s");
}

#[tokio::test]
async fn jsonp_wraps_what_succeeds_and_takes_only_names() {
    let server = Server::new();
    let path = "/terraform/v1/mgmt/versions?callback=";
    let answer = ask(&server, "GET", &format!("{path}a.b$1"), &[], "").await;
    assert_eq!(answer.kind, "application/javascript");
    assert!(answer.text.starts_with(r#"a.b$1({"code":0,"data":{"version":"5.15.20"}"#), "{}", answer.text);
    let answer = ask(&server, "GET", &format!("{path}alert(1)//"), &[], "").await;
    assert_eq!(answer.data(), json!({"version": "5.15.20"}));
}

#[tokio::test]
async fn what_is_unknown_leads_to_the_console() {
    let server = Server::new();
    for path in ["mgmt/versions/", "mgmt/strategy", "nothing", ""] {
        let answer = open(&server, path, "").await;
        assert_eq!(answer.status, 302, "{path}");
    }
}

#[tokio::test]
async fn srs_has_the_same_version_everywhere_and_its_error_codes() {
    let server = Server::new();
    let bearer = format!("Bearer {}", server.api.platform.secret());
    let get = async |path: &str| {
        let answer = ask(&server, "GET", path, &[("authorization", &bearer)], "").await;
        serde_json::from_str::<Value>(&answer.text).unwrap()
    };
    let versions = ask(&server, "GET", "/api/v1/versions", &[], "").await;
    let versions: Value = serde_json::from_str(&versions.text).unwrap();
    assert_eq!((&versions["code"], &versions["data"]["major"]), (&json!(0), &json!(5)));
    let summaries = get("/api/v1/summaries").await;
    assert_eq!(summaries["data"]["self"]["version"], versions["data"]["version"]);
    assert!(summaries["data"]["system"]["cpus"].as_u64().unwrap() > 0);
    assert_eq!(get("/api/v1/streams/?start=0&count=10").await["streams"], json!([]));
    assert_eq!(get("/api/v1/clients/").await["clients"], json!([]));
    assert_eq!(get("/api/v1/vhosts/").await["vhosts"][0]["name"], VHOST);
    assert_eq!(get("/api/v1/clients/none").await, json!({"code": 2049}));
    assert_eq!(get("/api/v1/streams/none").await, json!({"code": 2048}));
    assert_eq!(get("/api/v1/vhosts/none").await, json!({"code": 2014}));
}

#[tokio::test]
async fn the_environment_is_told_as_it_is() {
    let server = Server::new();
    let told = open(&server, "mgmt/envs", r#"{"locale":"en"}"#).await.data();
    let expected = json!({
        "mgmtDocker": true, "platformDocker": false, "candidate": false, "rtmpPort": "1936", "httpPort": "",
        "srtPort": "0", "rtcPort": "0", "forwardLimit": 1, "vLiveLimit": 2, "cameraLimit": 3,
    });
    assert_eq!(told, expected);
}
