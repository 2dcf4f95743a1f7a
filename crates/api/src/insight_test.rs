//! What an operator sees: history, the log, lists part by part; and what strangers do.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use hub::{AccessRequest, Action, StreamKey};
use serde_json::{Value, json};
use tracing::Level;

use crate::api_test::{Browser, PASSWORD, Server};

async fn get(server: &Server, browser: &Browser, path: &str) -> Value {
    let answer = server.ask(browser, "GET", &format!("/api/v2/{path}"), None).await;
    assert_eq!(answer.status.as_u16(), 200, "{path}: {}", answer.body);
    answer.body
}

/// The field that is wrong with `path`.
async fn wrong_field(server: &Server, browser: &Browser, path: &str) -> String {
    let answer = server.ask(browser, "GET", &format!("/api/v2/{path}"), None).await;
    answer.is(422, "invalid_field");
    answer.body["errors"][0]["field"].as_str().unwrap().to_owned()
}

fn request(app: &str, name: &str, action: Action) -> AccessRequest {
    AccessRequest {
        action,
        key: StreamKey::new(app, name).unwrap(),
        query: String::new(),
        protocol: "test",
        peer: ([127, 0, 0, 1], 9).into(),
        agent: String::new(),
        url: String::new(),
        page: String::new(),
    }
}

#[tokio::test]
async fn history_names_what_is_wrong_and_belongs_to_those_who_may_see_it() {
    let (server, ann) = Server::set_up().await;
    for (path, field) in [
        ("metrics/range?from=20&to=10", "from"),
        ("metrics/range?step=0", "step"),
        ("metrics/range?step=100000", "step"),
        ("metrics/range?from=-604800&step=1&series=sent,nonsense", "series"),
        ("metrics/range?stream=none", "stream"),
    ] {
        assert_eq!(wrong_field(&server, &ann, path).await, field, "{path}");
    }
    let path = "/api/v2/metrics/range?stream=live/none";
    server.ask(&ann, "GET", path, None).await.is(404, "not_found");
    server.ask(&ann, "GET", "/api/v2/metrics/range?from=x", None).await.is(400, "invalid_parameter");
    let view = get(&server, &ann, "metrics/range?series=sent,viewers.flv").await;
    assert_eq!(view, json!({"step": 1, "times": [], "series": {"sent": []}}));
    assert_eq!(get(&server, &ann, "metrics/range?from=-7200").await["step"], 10);

    let made = json!({"label": "x", "permissions": ["streams:read"]});
    let made = server.ask(&ann, "POST", "/api/v2/tokens", Some(made)).await.body;
    let bearer = format!("Bearer {}", made["secret"].as_str().unwrap());
    let script = Browser { bearer, ..Browser::default() };
    server.ask(&script, "GET", "/api/v2/metrics/range", None).await.is(403, "forbidden");
    server.ask(&script, "GET", path, None).await.is(404, "not_found");
}

#[tokio::test]
async fn the_log_is_read_by_operators_page_by_page() {
    let (server, ann) = Server::set_up().await;
    let add = |level, message: &str| {
        let Value::Object(fields) = json!({"stream": "live/cam", "id": 7}) else { unreachable!() };
        server.api.logs.add(level, "hub::events", message.to_owned(), fields);
    };
    for number in 0..5 {
        add(if number == 2 { Level::WARN } else { Level::INFO }, &format!("line {number}"));
    }
    let all = get(&server, &ann, "logs").await;
    assert_eq!((all["items"].as_array().unwrap().len(), &all["next"]), (5, &Value::Null));
    let line = &all["items"][2];
    assert_eq!(
        (&line["number"], &line["level"], &line["message"], &line["target"], &line["fields"]),
        (
            &json!(3),
            &json!("warn"),
            &json!("line 2"),
            &json!("hub::events"),
            &json!({"stream": "live/cam", "id": 7})
        )
    );
    let messages = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap();
        items.iter().map(|line| line["message"].as_str().unwrap()["line ".len()..].to_owned()).collect()
    };
    assert_eq!(messages(&get(&server, &ann, "logs?level=warn").await), ["2"]);
    assert_eq!(messages(&get(&server, &ann, "logs?contains=LINE%204").await), ["4"]);
    assert_eq!(messages(&get(&server, &ann, "logs?limit=2").await), ["3", "4"]);
    let (mut after, mut told) = ("0".to_owned(), Vec::new());
    loop {
        let page = get(&server, &ann, &format!("logs?limit=2&after={after}")).await;
        told.extend(messages(&page));
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => break,
        }
    }
    assert_eq!(told, ["0", "1", "2", "3", "4"]);

    for (name, role, status) in [("vic", "viewer", 403), ("olga", "operator", 200)] {
        let body = json!({"name": name, "password": PASSWORD, "role": role});
        server.ask(&ann, "POST", "/api/v2/users", Some(body)).await;
        let browser = server.log_in(name).await;
        for path in ["/api/v2/logs", "/api/v2/events?topics=logs"] {
            if status == 403 {
                server.ask(&browser, "GET", path, None).await.is(403, "forbidden");
            }
        }
        assert_eq!(server.ask(&browser, "GET", "/api/v2/logs", None).await.status.as_u16(), status);
    }
}

#[tokio::test]
async fn long_lists_are_told_part_by_part_and_name_what_is_wrong() {
    let (server, ann) = Server::set_up().await;
    let hub = &server.api.hub;
    let mut viewers = Vec::new();
    for name in ["c", "a", "b", "a/x"] {
        let (app, name) = name.split_once('/').map_or(("live", name), |(_, name)| ("live/a", name));
        viewers.push(hub.subscribe(request(app, name, Action::Play)).await.unwrap());
    }
    for (list, sorted) in
        [("streams", ["live/a", "live/a/x", "live/b", "live/c"]), ("sessions", ["1", "2", "3", "4"])]
    {
        let (mut told, mut after) = (Vec::new(), String::new());
        for part in 0.. {
            let page = get(&server, &ann, &format!("{list}?limit=3{after}")).await;
            assert_eq!(page["items"].as_array().unwrap().len(), if part == 0 { 3 } else { 1 });
            let ids = page["items"].as_array().unwrap().iter().map(|item| match &item["id"] {
                Value::String(id) => id.clone(),
                id => id.to_string(),
            });
            told.extend(ids);
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(told, sorted, "{list}");
    }
    for list in ["streams", "sessions", "audit", "logs"] {
        for limit in [0, 1_001] {
            assert_eq!(wrong_field(&server, &ann, &format!("{list}?limit={limit}")).await, "limit");
        }
        if list != "streams" {
            assert_eq!(wrong_field(&server, &ann, &format!("{list}?after=x")).await, "after");
        }
    }
}

#[tokio::test]
async fn how_well_a_network_carries_is_told_of_those_of_whom_it_is_known() {
    let (server, ann) = Server::set_up().await;
    let hub = &server.api.hub;
    let measured = hub.subscribe(request("live", "cam", Action::Play)).await.unwrap();
    let _other = hub.subscribe(request("live", "cam", Action::Play)).await.unwrap();
    let (rtt, jitter) = (Duration::from_micros(20_500), Duration::from_millis(3));
    measured.session().measure(hub::Network { rtt: Some(rtt), loss: Some(0.05), jitter: Some(jitter) });
    let page = get(&server, &ann, "sessions").await;
    let told =
        |index: usize| ["rtt_ms", "loss", "jitter_ms"].map(|name| page["items"][index].get(name).cloned());
    assert_eq!(told(0), [json!(20.5), json!(0.05), json!(3.0)].map(Some));
    assert_eq!(told(1), [None, None, None]);
}

#[tokio::test]
async fn strangers_learn_of_a_stream_what_a_viewer_sees_and_of_secret_names_nothing() {
    let server = Server::new();
    let stranger = Browser::default();
    server.api.keys.set_open(true).unwrap();
    let key = server.api.keys.global().reveal().to_owned();
    let hub = &server.api.hub;
    let offline = json!({"live": false, "guarded": false, "viewers": 0});
    assert_eq!(get(&server, &stranger, "public/streams/live%2Fcam").await, offline);
    let mut request = request("live", "cam", Action::Publish);
    request.query = format!("secret={key}");
    request.agent = "OBS".to_owned();
    let _publisher = hub.publish(request.clone()).await.unwrap();
    let secret = StreamKey::new("live", &format!("cam{key}")).unwrap();
    let _secret = hub.publish(AccessRequest { key: secret, ..request }).await.unwrap();
    let live = get(&server, &stranger, "public/streams/live%2Fcam").await;
    assert_eq!(live["live"], true);
    let known: Vec<_> = live.as_object().unwrap().keys().cloned().collect();
    assert_eq!(known, ["guarded", "live", "since", "viewers"], "without tracks there is nothing to watch");
    assert_eq!(get(&server, &stranger, &format!("public/streams/live%2Fcam{key}")).await, offline);
    assert_eq!(wrong_field(&server, &stranger, "public/streams/cam").await, "id");
    let picture = async |name: &str| {
        let path = format!("/api/v2/public/streams/live%2F{name}/snapshot");
        server.ask(&stranger, "GET", &path, None).await
    };
    picture("cam").await.is(409, "no_picture");
    picture("nobody").await.is(404, "not_found");
    picture(&format!("cam{key}")).await.is(404, "not_found");
    for path in ["public/streams", "public/streams/"] {
        let answer = server.ask(&stranger, "GET", &format!("/api/v2/{path}"), None).await;
        assert_eq!(answer.status.as_u16(), 404, "nothing lists them");
    }
}

#[tokio::test]
async fn ports_are_tried_by_who_sets_up_and_later_by_who_may_see_the_system() {
    let server = Server::new();
    let stranger = Browser::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    server.api.listens_on(&[("rtmp", address)]);
    let token = server.api.accounts.setup().unwrap().reveal().to_owned();
    let probe = async |browser: &Browser, body: Value| {
        server.ask(browser, "POST", "/api/v2/setup/probe-ports", Some(body)).await
    };
    probe(&stranger, json!({})).await.is(403, "wrong_setup_token");
    probe(&stranger, json!({"token": "x"})).await.is(403, "wrong_setup_token");
    let found = probe(&stranger, json!({"token": token, "host": "localhost"})).await;
    assert_eq!(found.status.as_u16(), 200, "{}", found.body);
    let listener_view = &found.body["listeners"][0];
    assert_eq!(
        (&listener_view["protocol"], &listener_view["address"]),
        (&json!("rtmp"), &json!(address.to_string()))
    );
    assert_eq!(listener_view["own"][0]["outcome"], "reachable", "{}", found.body);
    let at_host = listener_view["host"].as_array().unwrap();
    assert!(at_host.iter().any(|attempt| attempt["outcome"] == "reachable"), "{}", found.body);
    assert_eq!(found.body["host"]["name"], "localhost");

    let next_door = probe(&stranger, json!({"token": token, "host": "10.255.255.254"})).await.body;
    assert_eq!(next_door["listeners"][0]["host"][0]["outcome"], "not_tried", "{next_door}");
    let wrong = probe(&stranger, json!({"token": token, "host": "http://x"})).await;
    wrong.is(422, "invalid_field");
    assert_eq!(wrong.body["errors"][0]["field"], "host");
    let turn = server.api.probing.try_acquire().unwrap();
    probe(&stranger, json!({"token": token})).await.is(503, "busy");
    drop(turn);

    let account = json!({"token": token, "name": "ann", "password": PASSWORD});
    let made = server.ask(&stranger, "POST", "/api/v2/setup", Some(account)).await;
    assert_eq!(made.status.as_u16(), 201);
    let ann = server.log_in("ann").await;
    probe(&stranger, json!({"token": token})).await.is(401, "unauthenticated");
    assert_eq!(probe(&ann, json!({})).await.status.as_u16(), 200);
    let deeds = get(&server, &ann, "audit").await["items"].to_string();
    assert!(
        deeds.contains("probe ports") && deeds.contains("probe-ports") && !deeds.contains(&token),
        "{deeds}"
    );
}

/// Prints what a sample costs: `cargo test -p api --release -- --ignored --nocapture a_sample_costs`.
#[tokio::test]
#[ignore = "measures, and asserts nothing"]
async fn a_sample_costs() {
    let server = Server::new();
    server.api.keys.set_open(true).unwrap();
    let hub = &server.api.hub;
    let mut held = (Vec::new(), Vec::new());
    for stream in 0..1_000 {
        let name = format!("stream{stream}");
        held.0.push(hub.publish(request("live", &name, Action::Publish)).await.unwrap());
        for _ in 0..10 {
            held.1.push(hub.subscribe(request("live", &name, Action::Play)).await.unwrap());
        }
    }
    let mut parts = [std::time::Duration::ZERO; 2];
    for round in 0..200 {
        let began = std::time::Instant::now();
        let host = crate::metrics::host::Host::look(&server.api.data);
        let looked = began.elapsed();
        crate::metrics::sample(&server.api, std::time::Duration::from_secs(round), host);
        parts = [parts[0] + looked, parts[1] + began.elapsed() - looked];
    }
    eprintln!("the system: {:?}; 1,000 streams with 10,000 viewers: {:?}", parts[0] / 200, parts[1] / 200);
}
