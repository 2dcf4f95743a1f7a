#![allow(clippy::unwrap_used)]

use std::sync::Mutex;

use control::certificates::{Own, Pem, Showcase};
use serde_json::{Value, json};

use crate::api_test::Server;
use crate::oryx::tests::{call, open};

/// Shows what it is told, and has nothing itself until it is told to make something.
#[derive(Default)]
pub(crate) struct Shelf {
    own: Mutex<Option<Own>>,
}

impl Showcase for Shelf {
    fn show(&self, _: &Pem) -> Result<(), String> {
        Ok(())
    }

    fn show_own(&self, anew: bool) -> Result<Option<Own>, String> {
        let mut own = self.own.lock().unwrap();
        if anew {
            *own = Some(Own { pem: made("localhost"), given: false });
        }
        Ok(own.clone())
    }
}

/// A certificate for `name`, and its key.
pub(crate) fn made(name: &str) -> Pem {
    let made = gateway::tls::SelfSigned::make([name.to_owned()], std::time::SystemTime::now()).unwrap();
    Pem { chain: made.certificate, key: made.key }
}

#[tokio::test]
async fn what_is_posted_is_told_byte_for_byte() {
    let server = Server::new();
    let nothing = json!({"provider": "", "domain": "", "key": "", "crt": ""});
    assert_eq!(call(&server, "mgmt/cert/query", Value::Null).await.data(), nothing);
    let Pem { chain, key } = made("a.example");
    // As clients post it: line feeds of another system would be another text.
    let body = json!({"key": key, "crt": chain});
    assert_eq!(call(&server, "mgmt/ssl", body).await.data(), Value::Null);
    let told = call(&server, "mgmt/cert/query", Value::Null).await.data();
    let (key, chain) = (format!("{}\n", key.trim()), format!("{}\n", chain.trim()));
    assert_eq!(told, json!({"provider": "ssl", "domain": "", "key": key, "crt": chain}));
    assert!(open(&server, "mgmt/cert/query", "").await.text.starts_with("authenticate"));
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_with_the_reason() {
    let server = Server::new();
    let (one, other) = (made("a.example"), made("b.example"));
    for (body, text) in [
        (json!({}), "empty key"),
        (json!({"key": " \n", "crt": "c"}), "empty key"),
        (json!({"key": "k", "crt": " "}), "empty crt"),
    ] {
        call(&server, "mgmt/ssl", body).await.fails(text);
    }
    for (body, words) in [
        (json!({"key": other.key, "crt": one.chain}), "does not belong"),
        (json!({"key": "k", "crt": "c"}), "no certificate"),
        (json!({"key": one.chain, "crt": one.key}), "each other"),
    ] {
        let answer = call(&server, "mgmt/ssl", body).await;
        assert!(answer.status == 500 && answer.text.contains(words), "{}", answer.text);
    }
    assert_eq!(call(&server, "mgmt/cert/query", Value::Null).await.data()["provider"], "");
}

#[tokio::test]
async fn one_is_made_only_where_there_is_none() {
    let server = Server::new();
    let query = async || call(&server, "mgmt/cert/query", Value::Null).await.data();
    let make = async || {
        assert_eq!(call(&server, "mgmt/auto-self-signed-certificate", json!({})).await.data(), Value::Null)
    };
    make().await;
    let first = query().await;
    assert_eq!(first["provider"], "ssl");
    make().await;
    assert_eq!(query().await, first);
}

#[tokio::test]
async fn an_order_that_fails_says_why_within_the_words_of_oryx() {
    let server = Server::new();
    call(&server, "mgmt/letsencrypt", json!({"domain": " "})).await.fails("empty domain");
    let answer = call(&server, "mgmt/letsencrypt", json!({"domain": "https://a.example/"})).await;
    assert!(
        answer.text.starts_with("updateSslFiles domain=https://a.example/: ") && answer.status == 500,
        "{}",
        answer.text
    );
    let orders = server.orders.lock().unwrap().take().unwrap();
    let running = tokio::spawn(orders.run(server.api.stop.clone()));
    // Nobody listens at the port that it is asked at.
    let answer = call(&server, "mgmt/letsencrypt", json!({"domain": "localhost"})).await;
    assert!(answer.text.starts_with("updateSslFiles domain=localhost: "), "{}", answer.text);
    assert!(answer.text.contains("port 1"), "{}", answer.text);
    server.api.stop.cancel();
    running.await.unwrap();
}
