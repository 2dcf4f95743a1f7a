#![allow(clippy::unwrap_used)]

use hub::{AccessRequest, Action, End, Publisher};
use serde_json::json;
use store::Embedded;

use super::*;
use crate::api_test::{Browser, PASSWORD, Server};

/// A publisher that has sent something.
async fn publish(hub: &Hub, name: &str) -> Publisher {
    let publisher = come(hub, name).await;
    publisher.session().count_bytes(1_000);
    publisher
}

async fn come(hub: &Hub, name: &str) -> Publisher {
    let request = AccessRequest {
        action: Action::Publish,
        key: StreamKey::new("live", name).unwrap(),
        query: String::new(),
        protocol: "test",
        peer: ([127, 0, 0, 1], 9).into(),
        agent: "a".repeat(300),
        url: String::new(),
        page: String::new(),
    };
    hub.publish(request).await.unwrap()
}

/// What `path` lists, by name.
async fn listed(server: &Server, who: &Browser, path: &str) -> Vec<String> {
    let answer = server.ask(who, "GET", path, None).await;
    assert_eq!(answer.status.as_u16(), 200, "{path}: {}", answer.body);
    let items = answer.body["items"].as_array().unwrap().iter();
    items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_over_is_listed_until_it_is_live_again_or_forgotten() {
    let (server, ann) = Server::set_up().await;
    server.api.keys.set_open(true).unwrap();
    let (hub, stop) = (server.api.hub.clone(), CancellationToken::new());
    let running = tokio::spawn(Arc::clone(&server.api.past).run(hub.clone(), stop.clone()));
    tokio::task::yield_now().await; // it listens from here on
    for name in ["one", "two"] {
        publish(&hub, name).await.end(End::Finished);
        tokio::time::sleep(WRITE_AFTER).await;
        std::thread::sleep(Duration::from_millis(2)); // times in lists are of the wall
    }
    let path = "/api/v2/past-streams";
    assert_eq!(listed(&server, &ann, path).await, ["live/two", "live/one"]);
    let page = server.ask(&ann, "GET", &format!("{path}?limit=1"), None).await.body;
    assert_eq!((&page["next"], &page["items"][0]["protocol"]), (&json!("live/two"), &json!("test")));
    assert_eq!(page["items"][0]["agent"].as_str().unwrap().len(), AGENT);
    assert_eq!(listed(&server, &ann, &format!("{path}?after=live/two")).await, ["live/one"]);
    server.ask(&ann, "GET", &format!("{path}?after=live/three"), None).await.is(422, "invalid_field");

    let mut again = publish(&hub, "two").await;
    assert_eq!(listed(&server, &ann, path).await, ["live/one"]);
    again.end(End::Finished);
    let one = format!("{path}/live%2Fone");
    let vera = json!({"name": "vera", "password": PASSWORD, "role": "viewer"});
    server.ask(&ann, "POST", "/api/v2/users", Some(vera)).await;
    let vera = json!({"name": "vera", "password": PASSWORD});
    let vera = server.ask(&Browser::default(), "POST", "/api/v2/session", Some(vera)).await.browser();
    server.ask(&vera, "DELETE", &one, None).await.is(403, "forbidden");
    assert_eq!(server.ask(&ann, "DELETE", &one, None).await.status.as_u16(), 204);
    server.ask(&ann, "DELETE", &one, None).await.is(404, "not_found");
    stop.cancel();
    running.await.unwrap();
    assert_eq!(listed(&server, &vera, path).await, ["live/two"]);
}

#[tokio::test]
async fn what_is_told_before_the_stop_outlives_the_server() {
    let (server, _) = Server::set_up().await;
    server.api.keys.set_open(true).unwrap();
    let hub = server.api.hub.clone();
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(Embedded::open(folder.path()).unwrap());
    let past = Arc::new(Past::open(Arc::clone(&store)).unwrap());
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&past).run(hub.clone(), stop.clone()));
    tokio::task::yield_now().await;
    let secret = format!("cam{}", server.api.keys.global().reveal());
    for name in ["one", &secret] {
        publish(&hub, name).await.end(End::Finished);
    }
    come(&hub, "silent").await.end(End::Finished);
    stop.cancel();
    running.await.unwrap();
    let known = Past::open(store).unwrap().all();
    assert_eq!(known, past.all());
    assert_eq!(known.len(), 1, "neither a name that is a secret nor who has sent nothing");
    assert_eq!(known[0].0.to_string(), "live/one");
    assert!(known[0].1.since <= known[0].1.until);
}

#[tokio::test]
async fn the_one_that_was_seen_longest_ago_makes_room() {
    let server = Server::new();
    server.api.keys.set_open(true).unwrap();
    let (past, hub) = (&server.api.past, &server.api.hub);
    for number in 0..=MOST {
        let mut publisher = publish(hub, &format!("s{number}")).await;
        assert!(
            past.hear(
                hub,
                &Event::Unpublished { session: Arc::clone(publisher.session()), end: End::Finished }
            )
        );
        publisher.end(End::Finished);
        std::thread::sleep(Duration::from_micros(10)); // one after the other, on the wall
    }
    let known = past.all();
    assert_eq!(known.len(), MOST);
    assert!(known.iter().all(|(key, _)| key.name() != "s0"));
}
