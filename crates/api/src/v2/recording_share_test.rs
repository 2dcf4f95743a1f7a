#![allow(clippy::unwrap_used)]

use std::time::{Duration, SystemTime};

use control::Scope;
use hub::Action;
use serde_json::json;

use super::*;
use crate::api_test::{Browser, Server};

const ID: &str = "0b5c7e3a-8f0e-4b57-9a52-1f1c1d1e7a90";
/// What a pass opens, below the recording or the public ones.
const OPENED: [&str; 6] = [
    "/api/v2/recordings/ID/index.m3u8",
    "/api/v2/recordings/ID/files/1",
    "/api/v2/recordings/ID/files/1?download=true&x=y",
    "/api/v2/recordings/ID/files/1/0-900.m4s",
    "/api/v2/recordings/ID/picture",
    "/api/v2/public/recordings/ID",
];

fn sign(server: &Server, grant: Grant, expires: SystemTime, network: Option<&str>) -> String {
    let network = network.map(|network| network.parse().unwrap());
    server.api.passes.sign(&Pass { grant, expires, network, invite: None }).unwrap()
}

/// What a stranger is answered who brings `pass` everywhere that one opens.
async fn everywhere(server: &Server, browser: &Browser, pass: &str, status: u16, code: &str) {
    for path in OPENED {
        let path = path.replace("ID", ID);
        let path = format!("{path}{}pass={pass}", if path.contains('?') { '&' } else { '?' });
        server.ask(browser, "GET", &path, None).await.is(status, code);
    }
}

#[tokio::test]
async fn a_pass_opens_the_recording_that_it_is_for_while_it_holds() {
    let (server, ann) = Server::set_up().await;
    let (now, hour) = (SystemTime::now(), Duration::from_secs(3600));
    let recording = || Grant::Recording(ID.to_owned());
    let stranger = Browser::default();
    // Whoever is let in finds that the recording is gone, and nobody else learns even that.
    let good = sign(&server, recording(), now + hour, None);
    everywhere(&server, &stranger, &good, 404, "not_found").await;
    let near = sign(&server, recording(), now + hour, Some("127.0.0.0/8"));
    everywhere(&server, &stranger, &near, 404, "not_found").await;
    let far = sign(&server, recording(), now + hour, Some("192.0.2.0/24"));
    everywhere(&server, &stranger, &far, 403, "pass_elsewhere").await;
    let old = sign(&server, recording(), now - hour, None);
    everywhere(&server, &stranger, &old, 403, "pass_expired").await;
    let other = sign(&server, Grant::Recording("0b5c7e3a".to_owned()), now + hour, None);
    let streams = Grant::Streams { scope: Scope::Server, action: Action::Play };
    let stream = sign(&server, streams, now + hour, None);
    let forged = format!("{}x", good.trim_end_matches(|c: char| c != '.'));
    for wrong in [&other, &stream, &forged, "", "x"] {
        everywhere(&server, &stranger, wrong, 403, "pass_wrong").await;
        // Also of somebody who might look without one.
        everywhere(&server, &ann, wrong, 403, "pass_wrong").await;
    }
    for path in OPENED {
        server.ask(&stranger, "GET", &path.replace("ID", ID), None).await.is(401, "unauthenticated");
    }
    server.api.passes.rotate(Duration::ZERO).unwrap();
    everywhere(&server, &stranger, &good, 403, "pass_wrong").await;
}

#[tokio::test]
async fn a_pass_for_a_recording_opens_nothing_else() {
    let (server, _) = Server::set_up().await;
    let expires = SystemTime::now() + Duration::from_secs(3600);
    let pass = sign(&server, Grant::Recording(ID.to_owned()), expires, None);
    for route in crate::routes() {
        if matches!(route.access, crate::Access::Open | crate::Access::PassOr(_)) {
            continue;
        }
        let path = route.path.replace("{id}", ID).replace("{number}", "1").replace("{name}", "x");
        for name in ["pass", "token"] {
            let path = format!("{path}?{name}={pass}");
            let answer = server.ask(&Browser::default(), route.method, &path, Some(json!({}))).await;
            answer.is(401, "unauthenticated");
        }
    }
    let stream = hub::StreamKey::new("live", ID).unwrap();
    let query = format!("token={pass}");
    let (from, now) = ([127, 0, 0, 1].into(), SystemTime::now());
    server.api.passes.set_guarded(vec![Scope::Server]).unwrap();
    assert!(!server.api.keys.gate().may_watch(&stream, &query, from, now));
}

#[tokio::test]
async fn only_what_is_there_is_shared() {
    let (server, ann) = Server::set_up().await;
    let path = format!("/api/v2/recordings/{ID}/share");
    server.ask(&ann, "POST", &path, Some(json!({"expires_in": 60}))).await.is(404, "not_found");
}
