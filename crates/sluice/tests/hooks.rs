//! Callbacks and webhooks of the real binary: a real server is asked and told, killed, frozen, and made to answer garbage.

use std::io::{BufRead, Write};
use std::process::Command;

use hmac::{Hmac, KeyInit, Mac};
use rtmp::client::Action;
use serde_json::{Value, json};
use sha2::Sha256;
use store::{Embedded, Store};
use testkit::callback::{Answer, Request};
use testkit::clip::{Clip, Spec};
use testkit::{Callback, Server, Tool, ffmpeg, http, tool, wait};

use crate::support::client::Connection;
use crate::support::console::{Client, json_of};
use crate::support::{SLUICE, SOON, STREAM, USUAL, assert_whole, on_air, original};

const SECRET: &str = "the-secret-of-a-script";

fn start() -> Server {
    Server::of(SLUICE).env("SRS_PLATFORM_SECRET", SECRET).start()
}

/// A script for Oryx.
#[track_caller]
fn script(server: &Server, path: &str, body: &Value) -> Value {
    let bearer = format!("Bearer {SECRET}");
    let url = server.http_url(&format!("terraform/v1/{path}"));
    let answer = http::send("POST", &url, &[("authorization", &bearer)], &body.to_string());
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    json_of(&answer)["data"].clone()
}

/// Makes a webhook; its name and its secret.
#[track_caller]
fn webhook(owner: &Client, body: Value) -> (String, String) {
    let made = owner.ask("POST", "webhooks", Some(body));
    assert_eq!(made.status, 201, "{}", made.text());
    let made = json_of(&made);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&made["webhook"]["id"]), text(&made["secret"]))
}

/// Somebody who publishes `stream`, or why not.
fn publish(server: &Server, stream: &str) -> Result<Connection, String> {
    let mut connection = Connection::open(&server.publish_url(stream), Action::Publish, |_| {});
    connection.try_ready().map(|()| connection)
}

/// Says goodbye, which is told as an end and not as a loss.
fn leave(mut connection: Connection) {
    connection.session.end();
    connection.flush().unwrap();
}

#[track_caller]
fn refused(server: &Server, stream: &str, words: &str) {
    let reason = publish(server, stream).err().expect("nobody has said yes");
    assert!(reason.contains(words), "{reason}");
}

fn events(requests: &[Request]) -> Vec<String> {
    requests.iter().map(|request| request.json()["event"].as_str().unwrap().to_owned()).collect()
}

/// What the newest delivery to `id` is, once it has `state`.
#[track_caller]
fn newest(owner: &Client, id: &str, state: &str) -> Value {
    wait::until(&format!("a delivery that is {state}"), SOON, || {
        let page = owner.get(&format!("webhooks/{id}/deliveries?limit=1"));
        Some(page["items"][0].clone()).filter(|delivery| delivery["state"] == state)
    })
}

/// The newest delivery to `id`, once that is one that it was told.
#[track_caller]
fn told(owner: &Client, id: &str) -> Value {
    wait::until("the webhook to be told", SOON, || {
        let page = owner.get(&format!("webhooks/{id}/deliveries?limit=1"));
        Some(page["items"][0].clone()).filter(|delivery| delivery["cause"] == "tell")
    })
}

#[test]
fn a_callback_of_oryx_admits_and_refuses() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = start();
    let (callback, everything) = (Callback::start(), Callback::start());
    let hook = json!({"all": true, "target": callback.url("/cb"), "opaque": "mytoken"});
    assert_eq!(script(&server, "mgmt/hooks/apply", &hook), Value::Null);
    let shown = script(&server, "mgmt/hooks/query", &json!({}));
    let expected = json!({
        "req": "", "res": "", "target": callback.url("/cb"), "opaque": "mytoken", "all": true,
        "host": server.http_url("").trim_end_matches('/'),
    });
    assert_eq!(shown, expected);

    let clip = Clip::new(Spec { seconds: 2, ..USUAL });
    ffmpeg::publish(&clip, &server.publish_url("live/s")).start().succeed(STREAM);
    let requests = callback.wait_for(2, SOON);
    let [asked, told] = &requests[..] else { panic!("{requests:#?}") };
    assert_eq!((asked.line.as_str(), asked.header("content-type")), ("POST /cb", "application/json"));
    assert_eq!(asked.header("sluice-signature"), "", "Oryx signs nothing");
    let id = asked.json()["request_id"].as_str().unwrap().to_owned();
    let body = format!(
        r#"{{"request_id":"{id}","action":"on_publish","opaque":"mytoken","vhost":"__defaultVhost__","app":"live","stream":"s","param":"?secret={}"}}"#,
        Server::KEY
    );
    assert_eq!(String::from_utf8_lossy(&asked.body), body);
    let id = told.json()["request_id"].as_str().unwrap().to_owned();
    let body = format!(
        r#"{{"request_id":"{id}","action":"on_unpublish","opaque":"mytoken","vhost":"__defaultVhost__","app":"live","stream":"s"}}"#
    );
    assert_eq!(String::from_utf8_lossy(&told.body), body);
    wait::until("the last callback to be shown", SOON, || {
        let shown = script(&server, "mgmt/hooks/query", &json!({}));
        (shown["req"] == body && shown["res"] == r#"{"code":0,"data":null}"#).then_some(())
    });

    // Who has no key is nobody to ask about.
    let wrong = server.publish_url("live/s").replace(Server::KEY, "not-the-key");
    assert!(!ffmpeg::publish(&clip, &wrong).start().wait(SOON).status.success());
    assert_eq!(callback.requests().len(), 2);

    callback.answer_json(r#"{"code":7}"#);
    let exit = ffmpeg::publish(&clip, &server.publish_url("live/s")).start().wait(SOON);
    assert!(!exit.status.success(), "the callback has said no");
    assert!(exit.output.iter().any(|line| line.contains("Server error") && line.contains("says no")));
    let requests = callback.wait_for(3, SOON);
    assert_eq!(requests.len(), 3, "who never published does not leave");
    assert_eq!(script(&server, "mgmt/hooks/query", &json!({}))["res"], r#"{"code":7}"#);

    // It is killed, and comes back.
    callback.kill();
    refused(&server, "live/s", "does not answer");
    callback.revive();
    leave(publish(&server, "live/s").unwrap());
    callback.wait_for(2, SOON);
    let owner = Client::owner(&server);
    webhook(&owner, json!({"label": "all", "url": everything.url("/")}));
    script(&server, "mgmt/hooks/apply", &json!({"all": false, "target": callback.url("/cb")}));
    leave(publish(&server, "live/s").unwrap());
    // By when another knows that they have left, this one would as well.
    everything.wait_for(2, SOON);
    assert_eq!(owner.ask("POST", "webhooks/oryx/test", None).status, 200);
    let requests = callback.wait_for(3, SOON);
    assert_eq!((requests.len(), &requests[2].json()["action"]), (3, &json!("test")), "it is off");
    let mut log = server.log().into_iter().filter(|line| line.contains("hook"));
    assert!(log.all(|line| !line.contains(Server::KEY)));
}

#[test]
fn garbage_is_no_answer_and_what_holds_then_is_set() {
    let server = start();
    let owner = Client::owner(&server);
    let callback = Callback::start();
    let wanted = |otherwise| json!({"ask": {"wait": 20, "otherwise": otherwise}});
    let url = callback.url("/");
    let body = json!({"label": "judge", "url": url, "events": ["on_publish"], "ask": {}, "attempts": 1});
    let (id, _) = webhook(&owner, body);
    let huge = [&b"HTTP/1.1 200 OK\r\n\r\n"[..], &vec![b'0'; 1 << 20]].concat();
    let endless = [&b"HTTP/1.1 200 OK\r\n"[..], &b"x: y\r\n".repeat(100_000)].concat();
    for answer in [
        Answer::Bytes(b"\x00\x01 what is this?\r\n\r\n".to_vec()),
        Answer::Bytes(b"".to_vec()),
        Answer::Bytes(huge),
        Answer::Bytes(endless),
        Answer::With(200, "yes, of course".to_owned()),
        Answer::With(200, r#"{"code":"#.to_owned()),
        Answer::With(500, r#"{"code":0}"#.to_owned()),
        Answer::With(302, "0".to_owned()),
    ] {
        callback.answer(answer.clone());
        for (otherwise, admitted) in [("refuse", false), ("allow", true)] {
            let changed = owner.ask("PATCH", &format!("webhooks/{id}"), Some(wanted(otherwise)));
            assert_eq!(changed.status, 200, "{}", changed.text());
            let outcome = publish(&server, "live/s").map(leave);
            assert_eq!(outcome.is_ok(), admitted, "{answer:?} {otherwise}: {outcome:?}");
            if admitted {
                told(&owner, &id);
            }
            wait::until("the stream to be over", SOON, || {
                (owner.get("streams")["items"] == json!([])).then_some(())
            });
        }
        // Who was let in without an answer is told of, too.
        let page = owner.get(&format!("webhooks/{id}/deliveries?limit=10"));
        let delivery = page["items"].as_array().unwrap().iter().find(|delivery| delivery["cause"] == "ask");
        let delivery = delivery.expect("it was asked");
        assert!(delivery["error"].is_string() && delivery["state"] == "failed", "{delivery}");
    }
    // A clear no is a no, also where others would be let in.
    callback.answer_json(r#"{"code":1}"#);
    refused(&server, "live/s", "says no");
    assert_eq!(newest(&owner, &id, "refused")["answer"], r#"{"code":1}"#);
    callback.kill();
    leave(publish(&server, "live/s").unwrap());
    assert_eq!(told(&owner, &id)["state"], "failed");
    callback.revive();
    callback.answer(Answer::With(204, String::new()));
    wait::until("the stream to be over", SOON, || (owner.get("streams")["items"] == json!([])).then_some(()));
    leave(publish(&server, "live/s").unwrap());
    assert_eq!(callback.requests().len(), 1);
    assert_eq!(owner.get(&format!("webhooks/{id}"))["health"]["failing"], false);
}

#[test]
fn who_was_let_in_without_an_answer_is_told_of() {
    let server = start();
    let owner = Client::owner(&server);
    let callback = Callback::start();
    let ask = json!({"wait": 5, "otherwise": "allow"});
    webhook(&owner, json!({"label": "shop", "url": callback.url("/"), "ask": ask}));
    callback.kill();
    let publisher = publish(&server, "live/s").unwrap();
    callback.revive();
    let requests = callback.wait_for(1, STREAM);
    assert_eq!(events(&requests), ["on_publish"]);
    assert_eq!(requests[0].json()["query"], Value::Null, "it is told, not asked");
    leave(publisher);
    let requests = callback.wait_for(2, STREAM);
    assert_eq!(events(&requests), ["on_publish", "on_unpublish"]);
    assert_eq!(requests[0].json()["session"], requests[1].json()["session"]);

    // Who has answered knows.
    leave(publish(&server, "live/s").unwrap());
    let requests = callback.wait_for(4, STREAM);
    assert_eq!(events(&requests[2..]), ["on_publish", "on_unpublish"]);
    assert!(requests[2].json()["query"].is_string(), "it was asked");
}

#[test]
fn a_callback_that_hangs_keeps_nobody_else_waiting() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = start();
    let owner = Client::owner(&server);
    let callback = Callback::start();
    callback.answer(Answer::Hang);
    // Told of everything as well, which hangs just the same.
    webhook(&owner, json!({"label": "told", "url": callback.url("/told")}));
    let ask = json!({"wait": 2, "otherwise": "refuse"});
    let body = json!({"label": "judge", "url": callback.url("/"), "streams": ["live/slow"], "ask": ask});
    let (id, _) = webhook(&owner, body);
    let clip = Clip::new(USUAL);
    let (publishing, playing) = on_air(&server, &clip, "rtmp", 10);
    refused(&server, "live/slow", "does not answer");
    let patient = json!({"ask": {"wait": 2, "otherwise": "allow"}});
    assert_eq!(owner.ask("PATCH", &format!("webhooks/{id}"), Some(patient)).status, 200);
    let slow = publish(&server, "live/slow").unwrap();
    assert!(newest(&owner, &id, "failed")["took"].as_u64().unwrap() >= 2_000);
    publishing.succeed(STREAM);
    let played = playing.finish(SOON);
    assert_whole(&played, &original(&clip));
    leave(slow);
    let stopped = server.stop(SOON);
    assert!(stopped.status.success(), "{:#?}", stopped.log);
}

#[test]
fn what_happens_is_told_signed_and_in_order() {
    if !tool::have(&[Tool::Ffmpeg]) {
        return;
    }
    let server = start();
    let owner = Client::owner(&server);
    let (callback, other, elsewhere) = (Callback::start(), Callback::start(), Callback::start());
    let (_, secret) = webhook(&owner, json!({"label": "all", "url": callback.url("/all?x=1")}));
    let some = json!({"label": "some", "url": other.url("/"), "events": ["on_play"], "streams": ["*/s"]});
    webhook(&owner, some);
    webhook(&owner, json!({"label": "none", "url": elsewhere.url("/"), "streams": ["live/other"]}));

    let clip = Clip::new(USUAL);
    let (publishing, playing) = on_air(&server, &clip, "flv", 10);
    publishing.succeed(STREAM);
    playing.finish(SOON);
    let requests = callback.wait_for(4, SOON);
    assert_eq!(requests[0].line, "POST /all?x=1");
    let mut order = events(&requests);
    // The publisher's end is that of its viewers too, one way or the other.
    order[2..].sort();
    assert_eq!(order, ["on_play", "on_publish", "on_stop", "on_unpublish"]);
    for request in &requests {
        assert_signed(request, &secret);
        assert_eq!(request.header("sluice-event"), request.json()["event"]);
        assert_eq!(request.header("sluice-id"), request.json()["id"]);
        assert_eq!((&request.json()["app"], &request.json()["stream"]), (&json!("live"), &json!("s")));
    }
    let published = requests.iter().find(|request| request.json()["event"] == "on_publish").unwrap().json();
    assert_eq!((&published["session"]["protocol"], &published["query"]), (&json!("rtmp"), &Value::Null));
    let left = requests.iter().find(|request| request.json()["event"] == "on_unpublish").unwrap().json();
    assert_eq!((&left["end"], &left["session"]), (&json!("finished"), &published["session"]), "{left}");
    assert!(left["bytes"].as_u64().unwrap() > 10_000 && left["seconds"].as_f64().unwrap() > 1.0, "{left}");
    assert_eq!(events(&other.requests()), ["on_play"]);
    assert!(elsewhere.requests().is_empty());
    let log = server.log().join("\n");
    assert!(!log.contains(&secret) && !log.contains("x=1"), "{log}");
}

/// Asserts that `request` is signed with `secret`, as the guide says.
#[track_caller]
fn assert_signed(request: &Request, secret: &str) {
    let header = request.header("sluice-signature");
    let (time, digests) = header.strip_prefix("t=").unwrap().split_once(',').unwrap();
    let mut hmac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    hmac.update(format!("{time}.").as_bytes());
    hmac.update(&request.body);
    let digest: String = hmac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(digests.split(',').any(|one| one == format!("v1={digest}")), "{header}");
}

#[test]
fn who_was_down_is_told_in_order_when_it_is_back() {
    let server = start();
    let owner = Client::owner(&server);
    let token = json!({"label": "console", "permissions": ["webhooks:read"]});
    let bearer = json_of(&owner.ask("POST", "tokens", Some(token)))["secret"].as_str().unwrap().to_owned();
    let mut events_seen = listen(&server, &bearer);
    assert!(events_seen.any(|line| line == r#"data: {"items":[],"snapshot":true}"#));

    let callback = Callback::start();
    callback.kill();
    let (id, secret) = webhook(&owner, json!({"label": "down", "url": callback.url("/")}));
    leave(publish(&server, "live/s").unwrap());
    let retrying = newest(&owner, &id, "retrying");
    assert_eq!(retrying["event"], "on_publish", "what comes behind it waits: {retrying}");
    assert!(retrying["next_try"].is_string() && retrying["error"].is_string(), "{retrying}");
    assert!(events_seen.any(|line| line.contains(r#""state":"retrying""#)));
    wait::until("the health to be told", SOON, || {
        let health = owner.get(&format!("webhooks/{id}"))["health"].clone();
        (health["failing"] == true && health["queued"] == 2).then_some(())
    });

    callback.revive();
    let requests = callback.wait_for(2, STREAM);
    assert_eq!(events(&requests), ["on_publish", "on_unpublish"]);
    assert_eq!(requests[0].json()["id"], retrying["id"], "it is the same event");
    requests.iter().for_each(|request| assert_signed(request, &secret));
    assert!(events_seen.any(|line| line.contains(r#""event":"on_unpublish""#)));
    let health = wait::until("all to be told", SOON, || {
        let health = owner.get(&format!("webhooks/{id}"))["health"].clone();
        (health["queued"] == 0).then_some(health)
    });
    assert_eq!(health["failing"], false);
    server.wait_for_log(1, &["a webhook fails"], SOON);
    server.wait_for_log(1, &["a webhook works again"], SOON);

    // With the server the last publisher ends, and that is told.
    let _publisher = publish(&server, "live/s").unwrap();
    callback.wait_for(3, SOON);
    assert!(server.stop(SOON).status.success());
    let last = callback.wait_for(4, SOON)[3].json();
    assert_eq!((&last["event"], &last["end"]), (&json!("on_unpublish"), &json!("shutdown")), "{last}");
}

#[test]
fn what_was_not_told_is_told_when_the_server_is_back_after_a_kill_and_after_a_stop() {
    let folder = tempfile::tempdir().unwrap();
    let start = || Server::of(SLUICE).data(folder.path()).start();
    let server = start();
    let owner = Client::owner(&server);
    let callback = Callback::start();
    callback.kill();
    let body = json!({"label": "down", "url": callback.url("/"), "events": ["on_publish", "on_unpublish"]});
    let (id, secret) = webhook(&owner, body);
    leave(publish(&server, "live/s").unwrap());
    let retrying = newest(&owner, &id, "retrying");
    wait::until("both to be written down", SOON, || {
        // An export has nothing of it, for it is nobody else's affair.
        let copy = tempfile::tempdir().unwrap();
        let mut command = Command::new(SLUICE);
        let command = command.env("SLUICE_DATA_DIR", folder.path()).args(["store", "backup"]);
        assert!(command.arg(copy.path().join("sluice.redb")).status().unwrap().success());
        let [kept] = &Embedded::open(copy.path()).unwrap().scan("hooks/untold/", None, 9).unwrap()[..] else {
            return None;
        };
        let kept = String::from_utf8_lossy(&kept.value);
        (kept.contains("\"published\"") && kept.contains("\"unpublished\"")).then_some(())
    });
    // Killed.
    drop(server);

    let server = start();
    let owner = Client { server: server.http_url(""), ..owner };
    let queued = || owner.get(&format!("webhooks/{id}"))["health"]["queued"].clone();
    assert_eq!(queued(), 2, "it knows what was not told");
    let _publisher = publish(&server, "live/other").unwrap();
    wait::until("another event to wait", SOON, || (queued() == 3).then_some(()));
    assert!(server.stop(SOON).status.success());

    callback.revive();
    let server = start();
    let requests = callback.wait_for(4, STREAM);
    let of = |stream: &str| -> Vec<Value> {
        requests.iter().map(Request::json).filter(|event| event["stream"] == stream).collect()
    };
    let [published, left] = &of("s")[..] else { panic!("{requests:#?}") };
    assert_eq!((&published["event"], &published["id"]), (&json!("on_publish"), &retrying["id"]));
    assert_eq!((&left["event"], &left["end"]), (&json!("on_unpublish"), &json!("finished")));
    assert_eq!(left["session"], published["session"]);
    let [_, left] = &of("other")[..] else { panic!("{requests:#?}") };
    assert_eq!(left["end"], "shutdown", "what happened while the server stopped");
    requests.iter().for_each(|request| assert_signed(request, &secret));
    assert!(server.stop(SOON).status.success());
    let server = start();
    let owner = Client { server: server.http_url(""), ..owner };
    assert_eq!(owner.get(&format!("webhooks/{id}"))["health"]["queued"], 0);
    assert_eq!(callback.requests().len(), 4, "nothing is told again that was told");
}

#[test]
fn a_webhook_that_hangs_is_seen_and_lets_go_of_publishers_when_it_is_removed() {
    let server = start();
    let owner = Client::owner(&server);
    let callback = Callback::start();
    callback.answer(Answer::Hang);
    let ask = json!({"wait": 50, "otherwise": "refuse"});
    let (id, _) = webhook(&owner, json!({"label": "judge", "url": callback.url("/"), "ask": ask}));
    assert_eq!(owner.get(&format!("webhooks/{id}"))["health"]["state"], "untried");
    let url = server.publish_url("live/s");
    let publishing = std::thread::spawn(move || {
        let mut connection = Connection::open(&url, Action::Publish, |_| {});
        connection.try_ready().map(|()| leave(connection))
    });
    let health = wait::until("it to be seen that it hangs", SOON, || {
        let health = owner.get(&format!("webhooks/{id}"))["health"].clone();
        (health["state"] == "waiting").then_some(health)
    });
    assert_eq!((&health["waiting"], &health["failing"]), (&json!(1), &json!(false)), "{health}");
    assert_eq!(newest(&owner, &id, "waiting")["error"], "no answer so far");
    assert!(!publishing.is_finished());
    assert_eq!(owner.ask("DELETE", &format!("webhooks/{id}"), None).status, 204);
    let outcome = publishing.join().unwrap();
    assert!(outcome.is_ok(), "as if it had not been there: {outcome:?}");
}

#[test]
fn a_callback_of_oryx_gets_the_password_in_its_address_and_nobody_is_shown_it() {
    let server = start();
    let owner = Client::owner(&server);
    let (callback, elsewhere) = (Callback::start(), Callback::start());
    let place = format!("HTTP/1.1 307 x\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", elsewhere.url("/end"));
    callback.answer(Answer::Bytes(place.into_bytes()));
    let target = callback.url("/cb").replace("http://", "http://ann:MARK-0123@");
    script(&server, "mgmt/hooks/apply", &json!({"all": true, "target": target}));
    leave(publish(&server, "live/s").unwrap());
    // printf 'ann:MARK-0123' | base64
    assert_eq!(callback.wait_for(1, SOON)[0].header("authorization"), "Basic YW5uOk1BUkstMDEyMw==");
    let followed = elsewhere.wait_for(2, SOON);
    assert_eq!((&*followed[0].line, followed[0].header("authorization")), ("POST /end", ""));
    assert_eq!(followed[0].body, callback.requests()[0].body);
    callback.kill();
    refused(&server, "live/s", "does not answer");
    let mut seen = server.log().join("\n");
    for path in ["webhooks", "webhooks/oryx", "webhooks/oryx/deliveries", "logs", "audit"] {
        seen += &owner.get(path).to_string();
    }
    assert!(!seen.contains("MARK-0123") && !seen.contains("YW5u"), "{seen}");
    assert_eq!(owner.get("webhooks/oryx")["url"], callback.url("/cb"));
}

/// The lines of events about webhooks.
fn listen(server: &Server, bearer: &str) -> impl Iterator<Item = String> + use<> {
    let address = server.addresses().http;
    let mut socket = std::net::TcpStream::connect(address).unwrap();
    let request = format!(
        "GET /api/v2/events?topics=webhooks HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {bearer}\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    std::io::BufReader::new(socket).lines().map_while(Result::ok)
}

#[test]
fn a_webhook_is_tried_and_what_was_sent_is_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let start = || Server::of(SLUICE).data(folder.path()).start();
    let server = start();
    let owner = Client::owner(&server);
    let callback = Callback::start();
    let (id, secret) =
        webhook(&owner, json!({"label": "x", "url": callback.url("/"), "events": ["on_play"]}));
    let tried = json_of(&owner.ask("POST", &format!("webhooks/{id}/test"), None));
    assert_eq!((&tried["state"], &tried["status"]), (&json!("delivered"), &json!(200)), "{tried}");
    let [sent] = &callback.requests()[..] else { panic!("one test") };
    assert_eq!(sent.json()["event"], "test");
    assert_eq!(tried["request"], *String::from_utf8_lossy(&sent.body));
    assert_signed(sent, &secret);

    let rotate = json!({"secret": "another-secret-of-it", "grace": 600});
    let rotated = owner.ask("POST", &format!("webhooks/{id}/rotate"), Some(rotate));
    assert_eq!(rotated.status, 200, "{}", rotated.text());
    let path = format!("webhooks/{id}/deliveries/{}/replay", tried["number"]);
    let again = json_of(&owner.ask("POST", &path, None));
    assert_eq!((&again["cause"], &again["id"]), (&json!("replay"), &tried["id"]), "{again}");
    let [_, sent] = &callback.requests()[..] else { panic!("and one replay") };
    assert_signed(sent, &secret);
    assert_signed(sent, "another-secret-of-it");

    // Only admins may: whoever sets an address has the server ask it.
    let operator = json!({"name": "olga", "password": crate::support::console::PASSWORD, "role": "operator"});
    assert_eq!(owner.ask("POST", "users", Some(operator)).status, 201);
    let olga = Client::log_in(&server, "olga");
    for (method, path) in
        [("GET", "webhooks"), ("POST", "webhooks"), ("POST", &format!("webhooks/{id}/test"))]
    {
        assert_eq!(olga.ask(method, path, Some(json!({}))).status, 403, "{method} {path}");
    }
    let seen = owner.ask("GET", &format!("webhooks/{id}"), None);
    let stale = [seen.header("etag")[0].to_owned(), "\"other\"".to_owned()];
    for (tag, status) in stale.iter().zip([200, 412]) {
        let headers = [("cookie", owner.cookie.as_str()), ("x-csrf-token", &owner.csrf), ("if-match", tag)];
        let url = server.http_url(&format!("api/v2/webhooks/{id}"));
        let changed = http::send("PATCH", &url, &headers, r#"{"label":"y"}"#);
        assert_eq!(changed.status, status, "{}", changed.text());
    }
    assert!(server.stop(SOON).status.success());

    let server = start();
    let owner = Client { server: server.http_url(""), ..owner };
    assert_eq!(owner.get("webhooks")["items"][0]["label"], "y", "it outlives the server");
    let playing = Connection::open(&server.rtmp_url("live/s"), Action::Play, |_| {});
    let mut playing = playing;
    playing.run_until_ready();
    assert_eq!(events(&callback.wait_for(3, SOON)[2..]), ["on_play"]);
    assert_eq!(owner.ask("DELETE", &format!("webhooks/{id}"), None).status, 204);
    assert_eq!(owner.ask("POST", &format!("webhooks/{id}/test"), None).status, 404);
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_for_those_who_say_so() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let callback = Callback::start_tls(made.cert.der().to_vec(), made.signing_key.serialize_der());
    let server = start();
    let owner = Client::owner(&server);
    let (id, _) = webhook(&owner, json!({"label": "tls", "url": callback.url("/")}));
    let test = format!("webhooks/{id}/test");
    let tried = json_of(&owner.ask("POST", &test, None));
    assert_eq!(tried["state"], "failed", "{tried}");
    assert!(tried["error"].as_str().unwrap().contains("certificate"), "{tried}");
    let trusting = json!({"verify_tls": false});
    assert_eq!(owner.ask("PATCH", &format!("webhooks/{id}"), Some(trusting)).status, 200);
    assert_eq!(json_of(&owner.ask("POST", &test, None))["state"], "delivered");
    assert_eq!(owner.ask("DELETE", &format!("webhooks/{id}"), None).status, 204);

    // Oryx asks nobody to vouch.
    script(&server, "mgmt/hooks/apply", &json!({"all": true, "target": callback.url("/cb")}));
    leave(publish(&server, "live/s").unwrap());
    assert_eq!(callback.wait_for(2, SOON)[1].json()["action"], "on_publish");
}
