//! Certificates from a real authority, Pebble, into the real binary.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::clip::Clip;
use testkit::{Server, Tool, ffmpeg, tool};

use crate::support::console::Client;
use crate::support::pebble::{Pebble, fingerprint, free_ports};
use crate::support::{SLUICE, SOON, STREAM, USUAL, assert_whole, original, wait_for_viewers};

/// For an authority that is asked again and again, on a machine that is busy.
const ISSUED: Duration = Duration::from_secs(120);

/// Waits until no order is under way, and gives what there is then.
fn settled(ann: &Client) -> Value {
    testkit::wait::until("the order to be over", ISSUED, || {
        let view = ann.get("certificates");
        (view["ordering"] == false).then_some(view)
    })
}

fn order(ann: &Client, body: Value) -> Value {
    let placed = ann.ask("POST", "certificates/order", Some(body));
    assert_eq!(placed.status, 202, "{}", placed.text());
    settled(ann)
}

fn renew(ann: &Client) -> Value {
    assert_eq!(ann.ask("POST", "certificates/renewal", None).status, 202);
    settled(ann)
}

fn steps(view: &Value) -> String {
    let steps = view["steps"].as_array().unwrap().iter();
    steps.map(|step| step["text"].as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

fn issues(pebble: &Pebble, server: &Server) -> Client {
    let ann = Client::owner(server);
    assert_eq!(ann.get("certificates")["source"], "self_signed");
    // Names that only the authority's DNS knows.
    let view = order(
        &ann,
        json!({"domains": ["live.example", "WWW.live.example"], "email": "a@live.example", "unchecked": true}),
    );
    assert_eq!(view["source"], "acme", "{}", steps(&view));
    let mut names: Vec<_> = view["certificate"]["names"].as_array().unwrap().iter().collect();
    names.sort_by_key(|name| name.to_string());
    assert_eq!(names, ["live.example", "www.live.example"]);
    assert_eq!(view["certificate"]["fingerprint"], fingerprint(server));
    let _ = pebble;
    ann
}

#[test]
fn a_certificate_is_issued_and_kept_with_its_account_over_a_restart() {
    if !tool::have(&[Tool::Pebble, Tool::Openssl]) {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let [port] = free_ports();
    let pebble = Pebble::start(port, &[("PEBBLE_WFE_NONCEREJECT", "0")], None);
    let start = || pebble.known_to(Server::of(SLUICE)).data(data.path()).start();
    let server = start();
    let ann = issues(&pebble, &server);
    assert!(steps(&ann.get("certificates")).contains("An account is made"));
    let first = fingerprint(&server);
    assert!(ann.get("certificates")["order"]["renewal"].is_string());
    server.stop(SOON);
    let server = start();
    assert_eq!(fingerprint(&server), first);
    let ann = Client::log_in(&server, "ann");
    let view = renew(&ann);
    assert_eq!(view["source"], "acme", "{}", steps(&view));
    assert!(!steps(&view).contains("An account is made"), "{}", steps(&view));
    assert_ne!(fingerprint(&server), first);
    let log = server.log().join("\n");
    assert!(!log.contains("PRIVATE KEY"), "{log}");
}

#[test]
fn an_authority_that_refuses_every_other_nonce_gives_a_certificate_all_the_same() {
    if !tool::have(&[Tool::Pebble, Tool::Openssl]) {
        return;
    }
    let [port] = free_ports();
    let pebble = Pebble::start(port, &[("PEBBLE_WFE_NONCEREJECT", "50")], None);
    issues(&pebble, &pebble.known_to(Server::of(SLUICE)).start());
}

#[test]
fn viewers_by_https_lose_nothing_while_the_certificate_is_renewed() {
    if !tool::have(&[Tool::Pebble, Tool::Openssl, Tool::Ffmpeg]) {
        return;
    }
    let [port] = free_ports();
    let pebble = Pebble::start(port, &[], None);
    let server = pebble.known_to(Server::of(SLUICE)).start();
    let ann = issues(&pebble, &server);
    let clip = Clip::new(USUAL);
    let mut playing = ffmpeg::play(&server.https_url("127.0.0.1", "live/s.flv")).start();
    wait_for_viewers(&server, "flv", 1);
    let publishing = ffmpeg::publish(&clip, &server.publish_url("live/s")).start();
    playing.wait_for_pictures(10, SOON);
    let mut seen = vec![fingerprint(&server)];
    for _ in 0..2 {
        let view = renew(&ann);
        assert!(view["failure"].is_null(), "{}", steps(&view));
        seen.push(fingerprint(&server));
    }
    seen.dedup();
    assert_eq!(seen.len(), 3, "new connections get the new one");
    publishing.succeed(STREAM);
    assert_whole(&playing.finish(SOON), &original(&clip));
}

#[test]
fn a_certificate_of_a_minute_is_renewed_by_itself() {
    if !tool::have(&[Tool::Pebble, Tool::Openssl]) {
        return;
    }
    let [port] = free_ports();
    let pebble = Pebble::start(port, &[("PEBBLE_WFE_NONCEREJECT", "0")], Some(60));
    let server = pebble.known_to(Server::of(SLUICE)).start();
    let ann = issues(&pebble, &server);
    let first = fingerprint(&server);
    testkit::wait::until("the renewal", ISSUED, || (fingerprint(&server) != first).then_some(()));
    assert_eq!(settled(&ann)["source"], "acme");
}

#[test]
fn what_goes_wrong_is_said_and_changes_nothing() {
    if !tool::have(&[Tool::Pebble, Tool::Openssl]) {
        return;
    }
    // Where the authority looks somebody else answers.
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut socket in other.incoming().flatten() {
            let _ = socket.read(&mut [0; 4096]);
            let _ =
                socket.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    let pebble = Pebble::start(port, &[], None);
    let server = pebble.known_to(Server::of(SLUICE)).env("SLUICE_HTTP_LISTEN", "127.0.0.1:0").start();
    let ann = Client::owner(&server);
    let first = fingerprint(&server);
    let fails = |body: Value, code: &str, words: &[&str]| {
        let view = order(&ann, body);
        let failure = &view["failure"];
        assert_eq!(failure["code"], code, "{}", steps(&view));
        let text = failure["text"].as_str().unwrap();
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
        assert_eq!((view["source"].as_str(), fingerprint(&server)), (Some("self_signed"), first.clone()));
    };
    // Before the authority is asked.
    fails(
        json!({"domains": ["no-such-name.invalid"]}),
        "name_not_found",
        &["no-such-name.invalid", "A record"],
    );
    fails(
        json!({"domains": ["localhost"]}),
        "wrong_server",
        &["localhost", "not this server", "http.second_listen"],
    );
    // What the authority says.
    let unchecked = json!({"domains": ["live.example"], "unchecked": true});
    fails(unchecked.clone(), "wrong_server", &["live.example", "Somebody else"]);
    pebble.forget_names();
    fails(unchecked, "name_not_found", &["live.example", "DNS"]);
}

#[test]
fn an_authority_that_cannot_be_reached_and_a_port_that_is_closed_are_said() {
    if !tool::have(&[Tool::Pebble, Tool::Openssl]) {
        return;
    }
    let [port, nobody] = free_ports();
    let pebble = Pebble::start(port, &[], None);
    let start = || pebble.known_to(Server::of(SLUICE)).env("SLUICE_HTTP_LISTEN", "127.0.0.1:0");
    let unchecked = json!({"domains": ["live.example"], "unchecked": true});
    let server = start().start();
    let view = order(&Client::owner(&server), unchecked.clone());
    assert_eq!(view["failure"]["code"], "unreachable", "{}", steps(&view));
    let server = start().env("SLUICE_ACME_DIRECTORY", &format!("https://127.0.0.1:{nobody}/dir")).start();
    let view = order(&Client::owner(&server), unchecked);
    assert_eq!(view["failure"]["code"], "authority_unreachable", "{}", steps(&view));
}

#[test]
fn oryxs_call_waits_for_the_certificate_and_a_redirect_is_not_in_the_way() {
    if !tool::have(&[Tool::Pebble, Tool::Openssl]) {
        return;
    }
    let [port] = free_ports();
    let pebble = Pebble::start(port, &[], None);
    let server = pebble
        .known_to(Server::of(SLUICE))
        .env("SLUICE_HTTPS_REDIRECT", "on")
        .env("SRS_PLATFORM_SECRET", "the-secret-of-scripts")
        .start();
    let call = |path: &str, body: &str| {
        let url = server.https_url("127.0.0.1", &format!("terraform/v1/mgmt/{path}"));
        let output = std::process::Command::new("curl")
            .args([
                "-sk",
                "--max-time",
                "120",
                "-H",
                "Authorization: Bearer the-secret-of-scripts",
                "-d",
                body,
                &url,
            ])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        serde_json::from_str::<Value>(&text).unwrap_or_else(|_| panic!("{text}"))["data"].clone()
    };
    // This name leads here, as the server finds out before it asks.
    assert_eq!(call("letsencrypt", r#"{"domain":"localhost"}"#), Value::Null);
    let told = call("cert/query", "");
    assert_eq!((&told["provider"], &told["domain"]), (&json!("lets"), &json!("localhost")));
    assert!(told["key"].as_str().unwrap().contains("PRIVATE KEY"));
}
