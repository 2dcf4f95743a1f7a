#![allow(clippy::unwrap_used)]

use serde_json::json;

use crate::api_test::Server;
use crate::oryx::made;

const PATH: &str = "/api/v2/certificates";

#[tokio::test]
async fn a_certificate_is_uploaded_and_told_without_its_key() {
    let (server, ann) = Server::set_up().await;
    let first = server.ask(&ann, "GET", PATH, None).await;
    assert_eq!((first.status.as_u16(), &first.body["source"]), (200, &json!("none")));
    let pem = made("a.example");
    let body = json!({"certificate": pem.chain, "key": pem.key});
    let uploaded = server.ask(&ann, "PUT", PATH, Some(body)).await;
    assert_eq!((uploaded.status.as_u16(), &uploaded.body["names"]), (200, &json!(["a.example"])));
    let told = server.ask(&ann, "GET", PATH, None).await;
    assert_eq!(told.body["source"], "uploaded");
    assert_eq!(told.body["certificate"]["fingerprint"], uploaded.body["fingerprint"]);
    assert!(!told.body.to_string().contains("PRIVATE") && !uploaded.body.to_string().contains("PRIVATE"));
    assert_eq!(told.body["steps"][0]["mood"], "good");
    assert_eq!(server.ask(&ann, "DELETE", PATH, None).await.status.as_u16(), 204);
    assert_eq!(server.ask(&ann, "GET", PATH, None).await.body["source"], "none");
    let made = server.ask(&ann, "POST", "/api/v2/certificates/self-signed", None).await;
    assert_eq!((made.status.as_u16(), &made.body["source"]), (201, &json!("self_signed")));
}

#[tokio::test]
async fn what_cannot_be_done_is_said() {
    let (server, ann) = Server::set_up().await;
    let (one, other) = (made("a.example"), made("b.example"));
    let body = json!({"certificate": one.chain, "key": other.key});
    server.ask(&ann, "PUT", PATH, Some(body)).await.is(422, "unusable_certificate");
    let order = async |body| server.ask(&ann, "POST", "/api/v2/certificates/order", Some(body)).await;
    order(json!({"domains": []})).await.is(422, "invalid_field");
    order(json!({"domains": ["*.a.example"]})).await.is(422, "invalid_field");
    order(json!({"domains": ["a.example"], "email": "x"})).await.is(422, "invalid_field");
    order(json!({"domains": ["a.example"], "directory": "https://evil.example"}))
        .await
        .is(422, "invalid_field");
    server.ask(&ann, "POST", "/api/v2/certificates/renewal", None).await.is(409, "not_ordered");
    assert_eq!(order(json!({"domains": ["a.example"]})).await.status.as_u16(), 202);
    order(json!({"domains": ["b.example"]})).await.is(409, "order_running");
}
