#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::api_test::{Browser, Server};

#[tokio::test]
async fn webhooks_are_made_changed_and_removed_by_admins() {
    let (server, ann) = Server::set_up().await;
    let at = |path: &str| format!("/api/v2/webhooks{path}");
    for (body, field) in [
        (json!({"label": "x", "url": "ftp://host/"}), "url"),
        (json!({"label": "x", "url": "http://a:b@host/"}), "url"),
        (json!({"label": "x", "url": "http://host:0/"}), "url"),
        (json!({"label": "x", "url": "http://host:65536/"}), "url"),
        (json!({"label": "", "url": "http://host/"}), "label"),
        (json!({"label": "x", "url": "http://host/", "events": ["on_publish", "on_dvr"]}), "events[1]"),
        (json!({"label": "x", "url": "http://host/", "streams": ["live/ca*"]}), "streams[0]"),
        (json!({"label": "x", "url": "http://host/", "ask": {"wait": 60}}), "ask.wait"),
        (json!({"label": "x", "url": "http://host/", "ask": {"otherwise": "maybe"}}), "ask.otherwise"),
        (json!({"label": "x", "url": "http://host/", "secret": "short"}), "secret"),
    ] {
        let answer = server.ask(&ann, "POST", &at(""), Some(body)).await;
        answer.is(422, "invalid_field");
        assert_eq!(answer.body["errors"][0]["field"], field, "{}", answer.body);
    }
    let wrong = json!({"label": "x", "url": "http://host/", "events": ["on_dvr"]});
    let refused = server.ask(&ann, "POST", &at(""), Some(wrong)).await.body.to_string();
    assert!(
        refused.contains("on_publish, on_unpublish, on_play, on_stop, on_record_begin, on_record_end"),
        "{refused}"
    );

    let body = json!({"label": "shop", "url": "http://127.0.0.1:1/hook", "ask": {}, "streams": ["live/*"]});
    let made = server.ask(&ann, "POST", &at(""), Some(body)).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.body);
    let (secret, webhook) = (made.body["secret"].as_str().unwrap(), &made.body["webhook"]);
    assert_eq!(webhook["ask"], json!({"wait": 5, "otherwise": "refuse"}), "{webhook}");
    let id = webhook["id"].as_str().unwrap();
    let shown = server.ask(&ann, "GET", &at(&format!("/{id}")), None).await;
    assert_eq!((&shown.body["verify_tls"], &shown.body["health"]["queued"]), (&json!(true), &json!(0)));
    let list = server.ask(&ann, "GET", &at("?limit=1"), None).await.body;
    assert_eq!(list["items"][0]["id"], id, "{list}");
    assert!(!list.to_string().contains(secret) && !shown.body.to_string().contains(secret), "shown once");

    let changed = server.ask(&ann, "PATCH", &at(&format!("/{id}")), Some(json!({"ask": null}))).await;
    assert_eq!((changed.status.as_u16(), &changed.body["ask"]), (200, &Value::Null), "{}", changed.body);
    let rotate = at(&format!("/{id}/rotate"));
    let rotated = server.ask(&ann, "POST", &rotate, Some(json!({"grace": 60}))).await.body;
    assert_ne!(rotated["secret"], secret);
    assert!(rotated["webhook"]["previous_until"].is_string(), "{rotated}");

    let tried = server.ask(&ann, "POST", &at(&format!("/{id}/test")), None).await;
    assert_eq!((&tried.body["event"], &tried.body["state"]), (&json!("test"), &json!("failed")));
    let number = tried.body["number"].as_u64().unwrap();
    let again = at(&format!("/{id}/deliveries/{number}/replay"));
    assert_eq!(server.ask(&ann, "POST", &again, None).await.body["replay_of"], number);
    assert!(tried.body["request"].is_string() && tried.body["answer"].is_string(), "{}", tried.body);
    let token = json!({"label": "writer", "permissions": ["webhooks:write"]});
    let token = server.ask(&ann, "POST", "/api/v2/tokens", Some(token)).await.body;
    let bearer = format!("Bearer {}", token["secret"].as_str().unwrap());
    let writer = Browser { bearer, ..Browser::default() };
    for path in [&again, &at(&format!("/{id}/test"))] {
        let tried = server.ask(&writer, "POST", path, None).await.body;
        assert_eq!((&tried["state"], tried["error"].is_string()), (&json!("failed"), true), "{tried}");
        assert_eq!((&tried["request"], &tried["answer"]), (&Value::Null, &Value::Null), "keys are in them");
    }
    server.ask(&ann, "POST", &at(&format!("/{id}/deliveries/999/replay")), None).await.is(404, "not_found");
    let first = server.ask(&ann, "GET", &at(&format!("/{id}/deliveries?limit=1")), None).await.body;
    assert_eq!((&first["items"][0]["cause"], &first["next"]), (&json!("test"), &json!("4")), "{first}");
    let rest = server.ask(&ann, "GET", &at(&format!("/{id}/deliveries?after=2")), None).await.body;
    assert_eq!((&rest["items"][0]["cause"], rest["items"].as_array().unwrap().len()), (&json!("test"), 1));
    for path in ["/none", "/abc/test", "/abc/deliveries"] {
        let method = if path.ends_with("/test") { "POST" } else { "GET" };
        server.ask(&ann, method, &at(path), None).await.is(404, "not_found");
    }
    assert_eq!(server.ask(&ann, "DELETE", &at(&format!("/{id}")), None).await.status.as_u16(), 204);
}
