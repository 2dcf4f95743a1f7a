#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hub::{AccessRequest, Action, Admission, End, Hub, StreamKey};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use super::exporter::Pace;
use super::queue::{BATCH, MOST, Queue};
use super::recorder::Recorder;
use super::wire::Span;
use super::{Config, Endpoint, Exporter, Headers};
use crate::key::Key;
use crate::outbound::Client;
use crate::testing::request;

/// Nobody waits for long in a test.
const QUICK: Pace = Pace {
    gather: Duration::from_millis(5),
    first: Duration::from_millis(1),
    longest: Duration::from_millis(50),
};
const TAKEN: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n";
const UNKNOWN: &str = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n";

/// A collector on this machine: it answers with what the test hands it, and hands the test what it was sent.
struct Collector {
    url: String,
    /// Head and body of each request.
    requests: mpsc::UnboundedReceiver<(String, Value)>,
    _serving: JoinSet<()>,
}

impl Collector {
    /// `answer` says what the request with that number (from 1) gets.
    async fn new(answer: fn(usize) -> &'static str) -> Collector {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, requests) = mpsc::unbounded_channel();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            for number in 1.. {
                let (mut socket, _) = listener.accept().await.unwrap();
                let Some((head, body)) = request(&mut socket).await else { continue };
                socket.write_all(answer(number).as_bytes()).await.unwrap();
                let _ = sender.send((head, serde_json::from_str(&body).unwrap()));
            }
        });
        Collector { url, requests, _serving: serving }
    }

    /// The spans of the next request.
    async fn spans(&mut self) -> Vec<Value> {
        let (_, body) = self.requests.recv().await.unwrap();
        spans(&body)
    }
}

fn spans(body: &Value) -> Vec<Value> {
    body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone()
}

/// The value of an attribute of a span, an event or a resource.
fn attribute(of: &Value, key: &str) -> Value {
    let all = of["attributes"].as_array().unwrap();
    all.iter().find(|one| one["key"] == key).map_or(Value::Null, |one| one["value"].clone())
}

struct Server {
    hub: Hub,
    _folder: tempfile::TempDir,
}

impl Server {
    fn new() -> Server {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn store::Store> = Arc::new(store::Embedded::open(folder.path()).unwrap());
        let keys = crate::PublishKeys::open(store, Some(Key::new("the-publish-key").unwrap())).unwrap();
        keys.set_open(true).unwrap();
        let hub = Hub::new(hub::Config::default(), keys.gate() as Arc<dyn Admission>);
        Server { hub, _folder: folder }
    }

    fn recorder(&self, sample: f64) -> (Recorder, Arc<Queue>) {
        let queue = Arc::new(Queue::default());
        (Recorder::new(self.hub.clone(), sample, Arc::clone(&queue)), queue)
    }
}

fn wish(action: Action, name: &str) -> AccessRequest {
    AccessRequest {
        action,
        key: StreamKey::new("live", name).unwrap(),
        query: "secret=the-publish-key".to_owned(),
        protocol: "rtmp",
        peer: ([192, 0, 2, 7], 5000).into(),
        agent: "OBS".to_owned(),
        url: String::new(),
        page: String::new(),
    }
}

fn config(url: &str) -> Config {
    let endpoint = Some(Endpoint::parse(url).unwrap());
    let headers = Headers::parse("api-key=s%2C3").unwrap();
    Config { endpoint, headers, service: "tv".to_owned(), sample: 1.0 }
}

/// What sends to `url`, what stops it, and what it ends with.
fn exporting(server: &Server, url: &str) -> (Arc<Exporter>, CancellationToken, JoinHandle<()>) {
    let exporter = Arc::new(Exporter::new(&config(url), Client::new()).unwrap().at(QUICK));
    let last = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&exporter).run(&server.hub, last.clone()));
    (exporter, last, running)
}

/// A span of somebody who came and went.
async fn span() -> Span {
    let server = Server::new();
    let (mut recorder, queue) = server.recorder(1.0);
    let mut events = server.hub.events();
    drop(server.hub.subscribe(wish(Action::Play, "a")).await.unwrap());
    while queue.len() == 0 {
        recorder.record(&events.recv().await.unwrap());
    }
    queue.take().remove(0)
}

#[tokio::test]
async fn a_publisher_is_a_trace_and_its_viewers_are_parts_of_it() {
    let server = Server::new();
    let mut collector = Collector::new(|_| TAKEN).await;
    let (exporter, last, running) = exporting(&server, &collector.url);
    let mut publisher = server.hub.publish(wish(Action::Publish, "cam")).await.unwrap();
    let viewer = server.hub.subscribe(wish(Action::Play, "cam")).await.unwrap();
    publisher.end(End::Finished);
    drop(viewer);
    server.hub.shut_down().await;
    last.cancel();
    running.await.unwrap();

    let mut all = Vec::new();
    while all.len() < 2 {
        let (head, body) = collector.requests.recv().await.unwrap();
        assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
        assert!(
            head.contains("content-type: application/json\r\n") && head.contains("api-key: s,3\r\n"),
            "{head}"
        );
        let resource = &body["resourceSpans"][0]["resource"];
        assert_eq!(attribute(resource, "service.name"), json!({"stringValue": "tv"}));
        assert!(attribute(resource, "service.instance.id")["stringValue"].is_string());
        all.extend(spans(&body));
    }
    let [publish, play] = &all[..] else { panic!("{all:#?}") };
    assert_eq!((&publish["name"], &play["name"]), (&json!("publish"), &json!("play")));
    assert_eq!(publish["traceId"].as_str().unwrap().len(), 32);
    assert_eq!(publish["spanId"].as_str().unwrap().len(), 16);
    assert_eq!((&play["traceId"], &play["parentSpanId"]), (&publish["traceId"], &publish["spanId"]));
    assert_eq!((&publish["parentSpanId"], &publish["status"]), (&Value::Null, &Value::Null));
    for (key, value) in [
        ("sluice.stream", json!({"stringValue": "live/cam"})),
        ("network.protocol.name", json!({"stringValue": "rtmp"})),
        ("network.peer.address", json!({"stringValue": "192.0.2.7"})),
        ("network.peer.port", json!({"intValue": "5000"})),
        ("user_agent.original", json!({"stringValue": "OBS"})),
        ("sluice.end", json!({"stringValue": "finished"})),
        ("sluice.bytes", json!({"intValue": "0"})),
        ("sluice.frames", json!({"intValue": "0"})),
    ] {
        assert_eq!(attribute(publish, key), value, "{key}");
    }
    let nanos = |span: &Value, field: &str| span[field].as_str().unwrap().parse::<u64>().unwrap();
    assert!(nanos(publish, "startTimeUnixNano") <= nanos(publish, "endTimeUnixNano"));
    assert!(nanos(play, "startTimeUnixNano") >= nanos(publish, "startTimeUnixNano"));
    let names: Vec<_> =
        play["events"].as_array().unwrap().iter().map(|event| event["name"].clone()).collect();
    assert_eq!(names, ["unpublished", "stream ended"]);
    assert!(!format!("{all:?}").contains("the-publish-key"), "queries are not told");
    assert_eq!(exporter.queue.sent.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn who_came_before_the_publisher_is_linked_to_it_and_so_is_one_that_is_back() {
    let server = Server::new();
    let (mut recorder, queue) = server.recorder(1.0);
    let mut events = server.hub.events();
    let viewer = server.hub.subscribe(wish(Action::Play, "cam")).await.unwrap();
    drop(server.hub.publish(wish(Action::Publish, "cam")).await.unwrap());
    let mut publisher = server.hub.publish(wish(Action::Publish, "cam")).await.unwrap();
    publisher.end(End::Finished);
    drop(viewer);
    while queue.len() < 3 {
        match events.recv().await.unwrap() {
            // A stream without a frame has no grace; with one, it would wait for its publisher.
            hub::Event::StreamEnded { end: End::Dropped, .. } => {}
            event => recorder.record(&event),
        }
    }
    let all: Vec<Value> = queue.take().iter().map(|span| serde_json::to_value(span).unwrap()).collect();
    let [first, second, play] = &all[..] else { panic!("{all:#?}") };
    assert_eq!(first["status"], json!({"code": 2, "message": "dropped"}));
    let link = |to: &Value| json!({"traceId": to["traceId"], "spanId": to["spanId"], "flags": 257});
    assert_eq!((&first["links"], &second["links"]), (&Value::Null, &json!([link(first)])));
    assert_ne!(first["traceId"], second["traceId"]);
    assert_eq!((&play["parentSpanId"], &play["links"]), (&Value::Null, &json!([link(first), link(second)])));
}

#[tokio::test]
async fn viewers_are_recorded_as_often_as_is_set_and_publishers_always() {
    let server = Server::new();
    let (mut recorder, queue) = server.recorder(0.0);
    let mut events = server.hub.events();
    let mut publisher = server.hub.publish(wish(Action::Publish, "cam")).await.unwrap();
    for _ in 0..50 {
        drop(server.hub.subscribe(wish(Action::Play, "cam")).await.unwrap());
    }
    publisher.end(End::Finished);
    while queue.len() == 0 {
        recorder.record(&events.recv().await.unwrap());
    }
    assert_eq!(queue.take()[0].name, "publish");
}

#[tokio::test]
async fn a_name_that_is_a_secret_is_left_out() {
    let server = Server::new();
    let (mut recorder, queue) = server.recorder(1.0);
    let mut events = server.hub.events();
    let mut publisher = server.hub.publish(wish(Action::Publish, "cam-the-publish-key")).await.unwrap();
    drop(server.hub.subscribe(wish(Action::Play, "cam-the-publish-key")).await.unwrap());
    publisher.end(End::Finished);
    while queue.len() < 2 {
        recorder.record(&events.recv().await.unwrap());
    }
    let text = serde_json::to_string(&queue.take()).unwrap();
    assert!(!text.contains("the-publish-key") && text.contains("network.peer.address"), "{text}");
}

#[tokio::test]
async fn sessions_whose_ends_were_missed_are_forgotten_and_counted() {
    let server = Server::new();
    let (mut recorder, queue) = server.recorder(1.0);
    let mut events = server.hub.events();
    let gone = server.hub.subscribe(wish(Action::Play, "cam")).await.unwrap();
    let here = server.hub.subscribe(wish(Action::Play, "cam")).await.unwrap();
    for _ in 0..2 {
        recorder.record(&events.recv().await.unwrap());
    }
    drop(gone);
    events.recv().await.unwrap();
    recorder.catch_up();
    assert_eq!((queue.len(), queue.dropped.load(Ordering::Relaxed)), (0, 1));
    drop(here);
    recorder.record(&events.recv().await.unwrap());
    assert_eq!(queue.len(), 1);
}

#[tokio::test]
async fn what_a_busy_collector_puts_off_is_sent_again() {
    let server = Server::new();
    let mut collector = Collector::new(|number| if number <= 2 { BUSY } else { TAKEN }).await;
    let (exporter, last, running) = exporting(&server, &collector.url);
    drop(server.hub.subscribe(wish(Action::Play, "cam")).await.unwrap());
    let [first, second, third] = [collector.spans().await, collector.spans().await, collector.spans().await];
    assert!(first == second && second == third, "the same spans");
    // Anything later shows that it is over with these.
    drop(server.hub.subscribe(wish(Action::Play, "other")).await.unwrap());
    let fourth = collector.spans().await;
    assert_eq!(
        (fourth.len(), attribute(&fourth[0], "sluice.stream")["stringValue"].as_str()),
        (1, Some("live/other"))
    );
    last.cancel();
    running.await.unwrap();
    let queue = &exporter.queue;
    assert_eq!((queue.sent.load(Ordering::Relaxed), queue.dropped.load(Ordering::Relaxed)), (2, 0));
    assert!(!exporter.failing());
}

#[tokio::test]
async fn what_a_collector_does_not_want_is_not_sent_again() {
    let server = Server::new();
    let mut collector = Collector::new(|number| if number == 1 { UNKNOWN } else { TAKEN }).await;
    let (exporter, last, running) = exporting(&server, &collector.url);
    drop(server.hub.subscribe(wish(Action::Play, "cam")).await.unwrap());
    collector.spans().await;
    drop(server.hub.subscribe(wish(Action::Play, "other")).await.unwrap());
    let next = collector.spans().await;
    assert_eq!(attribute(&next[0], "sluice.stream"), json!({"stringValue": "live/other"}));
    last.cancel();
    running.await.unwrap();
    assert_eq!(exporter.queue.dropped.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_dead_collector_costs_its_spans_and_nothing_else() {
    // A port where nobody listens, and nobody else can while it is held.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let server = Server::new();
    let (exporter, last, running) = exporting(&server, &format!("http://{}", socket.local_addr().unwrap()));
    let one = span().await;
    for _ in 0..MOST + 100 {
        exporter.queue.push(one.clone());
    }
    assert!(exporter.queue.len() <= MOST);
    assert!(exporter.queue.dropped.load(Ordering::Relaxed) >= 100 - BATCH.min(100) as u64);
    let mut publisher = server.hub.publish(wish(Action::Publish, "cam")).await.unwrap();
    publisher.end(End::Finished);
    server.hub.shut_down().await;
    last.cancel();
    running.await.unwrap();
    assert_eq!(exporter.queue.len(), 0, "nothing is kept");
    assert!(exporter.failing());
    assert!(exporter.queue.dropped.load(Ordering::Relaxed) as usize > MOST);
    assert_eq!(exporter.queue.sent.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn too_many_spans_are_dropped_and_a_request_has_so_many() {
    let queue = Queue::default();
    let one = span().await;
    for _ in 0..MOST + 3 {
        queue.push(one.clone());
    }
    assert_eq!((queue.len(), queue.dropped.load(Ordering::Relaxed)), (MOST, 3));
    queue.filled().await;
    assert_eq!((queue.take().len(), queue.len()), (BATCH, MOST - BATCH));
}

#[tokio::test]
async fn what_became_of_spans_is_a_metric() {
    let exporter = Arc::new(Exporter::new(&config("http://h"), Client::new()).unwrap());
    exporter.queue.push(span().await);
    exporter.queue.lose(2);
    let mut registry = prometheus_client::registry::Registry::default();
    exporter.register(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    for line in [
        "otlp_spans_total{outcome=\"sent\"} 0\n",
        "otlp_spans_total{outcome=\"rejected\"} 0\n",
        "otlp_spans_total{outcome=\"dropped\"} 2\n",
        "otlp_queued 1\n",
        "otlp_failing 0\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(Exporter::new(&Config::default(), Client::new()).is_none(), "nothing is traced");
}
