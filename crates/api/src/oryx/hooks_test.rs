#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::api_test::Server;
use crate::oryx::tests::{ask, call};

fn nothing() -> Value {
    json!({"req": "", "res": "", "target": "", "opaque": "", "all": false, "host": ""})
}

#[tokio::test]
async fn what_is_applied_is_shown_and_what_is_missing_is_empty() {
    let (server, ann) = Server::set_up().await;
    assert_eq!(call(&server, "mgmt/hooks/query", Value::Null).await.data(), nothing());
    let whole = json!({"ALL": true, "target": "http://example.com/cb", "opaque": "mytoken", "more": 1});
    let body = whole.to_string();
    let secret = format!("Bearer {}", server.api.platform.secret());
    let headers = [("authorization", secret.as_str()), ("host", "live.example:2022")];
    let applied = ask(&server, "POST", "/terraform/v1/mgmt/hooks/apply", &headers, &body).await;
    assert_eq!(applied.data(), Value::Null);
    let expected = json!({
        "req": "", "res": "", "target": "http://example.com/cb", "opaque": "mytoken", "all": true,
        "host": "http://live.example:2022",
    });
    assert_eq!(call(&server, "mgmt/hooks/query", Value::Null).await.data(), expected);

    let shown = server.ask(&ann, "GET", "/api/v2/webhooks/oryx", None).await.body;
    assert_eq!((&shown["dialect"], &shown["verify_tls"]), (&json!("oryx"), &json!(false)), "{shown}");
    assert_eq!(shown["ask"], json!({"wait": 30, "otherwise": "refuse"}), "{shown}");
    let patient = json!({"ask": {"wait": 2, "otherwise": "allow"}});
    server.ask(&ann, "PATCH", "/api/v2/webhooks/oryx", Some(patient)).await;
    let events = json!({"events": []});
    server.ask(&ann, "PATCH", "/api/v2/webhooks/oryx", Some(events)).await.is(422, "invalid_field");

    call(&server, "mgmt/hooks/apply", json!({"host": "http://here"})).await.data();
    let expected =
        json!({"req": "", "res": "", "target": "", "opaque": "", "all": false, "host": "http://here"});
    assert_eq!(call(&server, "mgmt/hooks/query", Value::Null).await.data(), expected);
    let shown = server.ask(&ann, "GET", "/api/v2/webhooks/oryx", None).await.body;
    assert_eq!(shown["ask"], json!({"wait": 2, "otherwise": "allow"}), "scripts do not know of it: {shown}");
    // What scripts set is not looked at when something else changes; what is set here is.
    for (target, shown) in [("", ""), ("http://ann:secret@host/cb", "http://host/cb")] {
        call(&server, "mgmt/hooks/apply", json!({"all": true, "target": target})).await.data();
        let off = json!({"disabled": true, "ask": null, "url": shown});
        let changed = server.ask(&ann, "PATCH", "/api/v2/webhooks/oryx", Some(off)).await;
        assert_eq!((changed.status.as_u16(), &changed.body["url"]), (200, &json!(shown)), "{}", changed.body);
        let url = json!({"url": "http://bob:secret@host/cb"});
        server.ask(&ann, "PATCH", "/api/v2/webhooks/oryx", Some(url)).await.is(422, "invalid_field");
    }
    let kept = call(&server, "mgmt/hooks/query", Value::Null).await.data();
    assert_eq!(kept["target"], "http://ann:secret@host/cb", "what was shown was sent back");
    call(&server, "mgmt/hooks/apply", json!({"all": "yes"})).await;
    let removed = server.ask(&ann, "DELETE", "/api/v2/webhooks/oryx", None).await;
    assert_eq!(removed.status.as_u16(), 204);
    assert_eq!(call(&server, "mgmt/hooks/query", Value::Null).await.data(), nothing());
}
