#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;

use hub::{Action, Admission};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc;

use super::*;
use crate::scope::Scope;
use crate::testing::request;

/// A receiver on this machine: it answers with what the test hands it, and hands the test what it was sent.
struct Receiver {
    address: SocketAddr,
    /// Head and body of each request.
    requests: mpsc::UnboundedReceiver<(String, Value)>,
    _serving: JoinSet<()>,
}

/// `answer` says what the request with that number (from 1) gets; nothing: the connection stays open.
async fn receiver(answer: fn(usize) -> &'static str) -> Receiver {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, requests) = mpsc::unbounded_channel();
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        let mut open = JoinSet::new();
        for number in 1.. {
            let (mut socket, _) = listener.accept().await.unwrap();
            let sender = sender.clone();
            open.spawn(async move {
                let Some((head, body)) = request(&mut socket).await else { return };
                let _ = sender.send((head, serde_json::from_str(&body).unwrap()));
                match answer(number) {
                    "" => std::future::pending().await,
                    answer => _ = socket.write_all(answer.as_bytes()).await,
                }
            });
        }
    });
    Receiver { address, requests, _serving: serving }
}

const YES: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"code\":0}";
const NO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"code\":1}";
const BROKEN: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";

struct Server {
    hub: Hub,
    hooks: Arc<Hooks>,
    gate: Arc<crate::Gate>,
    store: Arc<dyn Store>,
    _folder: tempfile::TempDir,
}

impl Server {
    fn new() -> Server {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(store::Embedded::open(folder.path()).unwrap());
        let keys = crate::PublishKeys::open(Arc::clone(&store), None).unwrap();
        keys.set_open(true).unwrap();
        let gate = keys.gate();
        let hooks = Arc::new(Hooks::open(Arc::clone(&store), Client::new()).unwrap());
        gate.ask(Arc::clone(&hooks));
        let hub = Hub::new(hub::Config::default(), Arc::clone(&gate) as Arc<dyn Admission>);
        Server { hub, hooks, gate, store, _folder: folder }
    }

    async fn publishes(&self, name: &str) -> Result<StreamKey, String> {
        let request = wish(name);
        self.gate.admit(SessionId(1), &request).await.map_err(|denial| denial.reason)
    }
}

fn wish(name: &str) -> AccessRequest {
    AccessRequest {
        action: Action::Publish,
        key: StreamKey::new("live", name).unwrap(),
        query: "u=1&secret=x".to_owned(),
        protocol: "rtmp",
        peer: ([127, 0, 0, 1], 5000).into(),
        agent: "test".to_owned(),
        url: String::new(),
        page: String::new(),
    }
}

fn target(address: SocketAddr) -> Target {
    Target::new("t", &format!("http://{address}/hook"), Key::new("the-secret").unwrap())
}

fn asking(address: SocketAddr, wait: u64, otherwise: Otherwise) -> Target {
    Target { ask: Some(Ask { wait, otherwise }), ..target(address) }
}

/// A port where nobody listens, and nobody else can while it is held.
struct Nowhere {
    address: SocketAddr,
    _socket: TcpSocket,
}

fn nowhere() -> Nowhere {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    Nowhere { address: socket.local_addr().unwrap(), _socket: socket }
}

#[tokio::test]
async fn answers_decide_and_what_holds_without_one_is_set() {
    let server = Server::new();
    assert!(server.publishes("cam").await.is_ok(), "nobody is asked");
    let mut yes = receiver(|_| YES).await;
    let (yes_id, _) = server.hooks.create(asking(yes.address, 20, Otherwise::Refuse)).unwrap();
    assert!(server.publishes("cam").await.is_ok());
    let (head, body) = yes.requests.recv().await.unwrap();
    assert!(head.starts_with("POST /hook HTTP/1.1\r\n") && head.contains("sluice-event: on_publish\r\n"));
    assert_eq!((&body["stream"], &body["query"]), (&"cam".into(), &"u=1&secret=x".into()), "{body}");
    let [delivery] = &server.hooks.deliveries(&yes_id, None, 9).unwrap()[..] else { panic!("one") };
    assert_eq!(
        (delivery.cause, delivery.state, delivery.last.status),
        (Cause::Ask, State::Delivered, Some(200))
    );

    let no = receiver(|_| NO).await;
    let (no_id, _) = server.hooks.create(asking(no.address, 20, Otherwise::Allow)).unwrap();
    assert!(server.publishes("cam").await.unwrap_err().contains("says no"), "one is enough");
    let states: Vec<_> =
        server.hooks.deliveries(&no_id, None, 9).unwrap().iter().map(|delivery| delivery.state).collect();
    assert_eq!(states, [State::Refused]);
    server.hooks.remove(&no_id).unwrap();

    for (address, otherwise, admitted) in [
        (nowhere().address, Otherwise::Refuse, false),
        (nowhere().address, Otherwise::Allow, true),
        (receiver(|_| BROKEN).await.address, Otherwise::Refuse, false),
        (receiver(|_| "SSH-2.0-x\r\n\r\n").await.address, Otherwise::Allow, true),
        (receiver(|_| "").await.address, Otherwise::Refuse, false),
        (receiver(|_| "").await.address, Otherwise::Allow, true),
    ] {
        let (id, _) = server.hooks.create(asking(address, 1, otherwise)).unwrap();
        let outcome = server.publishes("cam").await;
        assert_eq!(outcome.is_ok(), admitted, "{otherwise:?}: {outcome:?}");
        assert_eq!(server.hooks.deliveries(&id, None, 9).unwrap()[0].state, State::Failed);
        assert!(server.hooks.find(&id).unwrap().1.failing);
        server.hooks.remove(&id).unwrap();
    }
    let scope = Scope::from_pattern("live/other").unwrap();
    let nowhere = nowhere();
    let elsewhere = Target { streams: vec![scope], ..asking(nowhere.address, 1, Otherwise::Refuse) };
    server.hooks.create(elsewhere).unwrap();
    assert!(server.publishes("cam").await.is_ok());
    assert!(server.publishes("other").await.unwrap_err().contains("does not answer"));
}

#[tokio::test]
async fn events_are_told_in_order_and_tried_again() {
    let server = Server::new();
    // The first try of all fails.
    let mut flaky = receiver(|number| if number == 1 { BROKEN } else { YES }).await;
    let (id, _) = server.hooks.create(target(flaky.address)).unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&server.hooks).run(&server.hub, stop.clone(), stop.clone()));
    let mut publisher = server.hub.publish(wish("cam")).await.unwrap();
    publisher.end(hub::End::Finished);
    let mut told = Vec::new();
    while told.len() < 3 {
        let (_, body) = flaky.requests.recv().await.unwrap();
        told.push((body["event"].as_str().unwrap().to_owned(), body["id"].clone()));
    }
    let names: Vec<_> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["on_publish", "on_publish", "on_unpublish"]);
    assert_eq!(told[0].1, told[1].1, "the same event");

    // Who comes later is told as well, and what happens last is told before the end.
    let mut late = receiver(|_| YES).await;
    server.hooks.create(Target { events: vec![Kind::Unpublish], ..target(late.address) }).unwrap();
    let _publisher = server.hub.publish(wish("cam")).await.unwrap();
    server.hub.shut_down().await;
    stop.cancel();
    let (_, body) = late.requests.recv().await.unwrap();
    assert_eq!((&body["event"], &body["end"]), (&"on_unpublish".into(), &"shutdown".into()), "{body}");
    running.await.unwrap();
    let deliveries = server.hooks.deliveries(&id, None, 9).unwrap();
    let (first, attempts) = (deliveries.last().unwrap(), deliveries.last().unwrap().attempts);
    assert_eq!((first.state, attempts, first.number), (State::Delivered, 2, 1), "one delivery, two tries");
    assert!(!server.hooks.find(&id).unwrap().1.failing);
}

#[tokio::test]
async fn a_dead_receiver_delays_no_other_and_forgets_the_oldest() {
    let server = Server::new();
    let silent = receiver(|_| "").await;
    let (dead, _) = server.hooks.create(Target { timeout: 60, ..target(silent.address) }).unwrap();
    let mut alive = receiver(|_| YES).await;
    server.hooks.create(target(alive.address)).unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&server.hooks).run(&server.hub, stop.clone(), stop.clone()));
    let stream = StreamKey::new("live", "cam").unwrap();
    for _ in 0..queue::MOST + 1 + 7 {
        server.hooks.tell(What::Test, Some(stream.clone()));
    }
    alive.requests.recv().await.unwrap();
    let health = server.hooks.find(&dead).unwrap().1;
    assert!(health.queued >= queue::MOST && health.dropped >= 7, "{health:?}");
    let disabled = |target| Ok::<_, Error>(Target { disabled: true, ..target });
    server.hooks.change(&dead, disabled).unwrap();
    assert!(server.hooks.find(&dead).unwrap().1.queued <= queue::AT_ONCE, "nothing waits for who is off");
    running.abort();
}

#[tokio::test]
async fn who_was_let_in_without_an_answer_is_told_of_and_who_has_answered_knows() {
    let server = Server::new();
    // What is asked comes first, and then what is told.
    let mut down = receiver(|number| if number == 1 { BROKEN } else { YES }).await;
    server.hooks.create(asking(down.address, 20, Otherwise::Allow)).unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&server.hooks).run(&server.hub, stop.clone(), stop.clone()));
    for sent in [&["on_publish", "on_publish", "on_unpublish"][..], &["on_publish", "on_unpublish"]] {
        let mut publisher = server.hub.publish(wish("cam")).await.unwrap();
        publisher.end(hub::End::Finished);
        for (index, name) in sent.iter().enumerate() {
            let (_, body) = down.requests.recv().await.unwrap();
            let asked = body["query"].is_string();
            assert_eq!((body["event"].as_str().unwrap(), asked), (*name, index == 0), "{body}");
        }
    }
    stop.cancel();
    running.await.unwrap();
    assert!(down.requests.try_recv().is_err());
}

#[tokio::test]
async fn a_takeover_is_no_end_in_the_words_of_oryx() {
    let server = Server::new();
    let mut ours = receiver(|_| YES).await;
    server.hooks.create(target(ours.address)).unwrap();
    let mut oryx = receiver(|_| YES).await;
    server.hooks.set_oryx(&format!("http://{}/", oryx.address), "op", "", true).unwrap();
    let who = || Party::asking(SessionId(1), &wish("cam"));
    let moved = hub::Moved::default();
    let left = |end| Left { end, lasted: Duration::ZERO, moved };
    let stream = StreamKey::new("live", "cam").unwrap();
    for end in [hub::End::Replaced, hub::End::Finished] {
        server.hooks.tell(What::Unpublished { who: who(), left: left(end) }, Some(stream.clone()));
    }
    let queued = |id| server.hooks.find(id).unwrap().1.queued;
    assert_eq!(queued(Hooks::ORYX), 1);
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&server.hooks).run(&server.hub, stop.clone(), stop.clone()));
    assert_eq!(ours.requests.recv().await.unwrap().1["end"], "replaced");
    assert_eq!(ours.requests.recv().await.unwrap().1["end"], "finished");
    assert_eq!(oryx.requests.recv().await.unwrap().1["action"], "on_unpublish");
    stop.cancel();
    running.await.unwrap();
}

/// The names of the next `count` requests to a receiver of Oryx.
async fn actions(receiver: &mut Receiver, count: usize) -> Vec<String> {
    let mut actions = Vec::new();
    while actions.len() < count {
        actions.push(receiver.requests.recv().await.unwrap().1["action"].as_str().unwrap().to_owned());
    }
    actions
}

#[tokio::test]
async fn an_end_that_could_not_be_told_is_not_told_in_the_words_of_oryx_after_the_next_publisher() {
    let server = Server::new();
    // Down when the first publisher leaves, and back when the next one comes.
    let mut oryx = receiver(|number| if number == 2 { BROKEN } else { YES }).await;
    server.hooks.set_oryx(&format!("http://{}/", oryx.address), "op", "", true).unwrap();
    let patient = |target| Ok::<_, Error>(Target { attempts: 5, ..target });
    server.hooks.change(Hooks::ORYX, patient).unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&server.hooks).run(&server.hub, stop.clone(), stop.clone()));
    server.hub.publish(wish("cam")).await.unwrap().end(hub::End::Dropped);
    until(&server.hooks, |state| matches!(state, State::Retrying(_))).await;
    let mut publisher = server.hub.publish(wish("cam")).await.unwrap();
    assert_eq!(actions(&mut oryx, 3).await, ["on_publish", "on_unpublish", "on_publish"]);
    until(&server.hooks, |state| state == State::Failed).await;
    assert_eq!(server.hooks.find(Hooks::ORYX).unwrap().1.queued, 0, "the end of the first is over");
    publisher.end(hub::End::Finished);
    assert_eq!(actions(&mut oryx, 1).await, ["on_unpublish"]);
    stop.cancel();
    running.await.unwrap();
    assert!(oryx.requests.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_is_asked_about_when_the_end_before_has_been_heard() {
    let server = Server::new();
    let mut ours = receiver(|_| YES).await;
    server.hooks.create(asking(ours.address, 20, Otherwise::Refuse)).unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&server.hooks).run(&server.hub, stop.clone(), stop.clone()));
    for _ in 0..20 {
        server.hub.publish(wish("cam")).await.unwrap().end(hub::End::Finished);
    }
    for index in 0..40 {
        let (_, body) = ours.requests.recv().await.unwrap();
        assert_eq!(body["event"], ["on_publish", "on_unpublish"][index % 2], "{index}");
    }
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn ends_that_a_killed_server_could_not_tell_are_told_after_the_next_start() {
    let server = Server::new();
    let mut ours = receiver(|_| YES).await;
    server.hooks.create(target(ours.address)).unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&server.hooks).run(&server.hub, stop.clone(), stop.clone()));
    let _publisher = server.hub.publish(wish("cam")).await.unwrap();
    let published = ours.requests.recv().await.unwrap().1;
    let live = || server.store.get("hooks/live").unwrap().filter(|value| value != b"[]");
    let began = Instant::now();
    while live().is_none() {
        assert!(began.elapsed() < Duration::from_secs(10));
        sleep(Duration::from_millis(20)).await;
    }
    running.abort();

    let again = Arc::new(Hooks::open(Arc::clone(&server.store), Client::new()).unwrap());
    let hub = Hub::new(hub::Config::default(), Arc::clone(&server.gate) as Arc<dyn Admission>);
    let running = tokio::spawn(Arc::clone(&again).run(&hub, stop.clone(), stop.clone()));
    let (_, body) = ours.requests.recv().await.unwrap();
    assert_eq!((&body["event"], &body["end"]), (&"on_unpublish".into(), &"dropped".into()), "{body}");
    assert_eq!((&body["stream"], &body["session"]), (&"cam".into(), &published["session"]));
    stop.cancel();
    running.await.unwrap();
    assert!(live().is_none(), "once");
}

#[tokio::test]
async fn what_cannot_be_read_of_what_was_not_told_does_not_keep_the_server_from_starting() {
    let server = Server::new();
    let (id, _) = server.hooks.create(target(nowhere().address)).unwrap();
    server.store.put(&format!("hooks/untold/{id}"), b"{}").unwrap();
    server.store.put("hooks/live", b"{}").unwrap();
    let again = Hooks::open(Arc::clone(&server.store), Client::new()).unwrap();
    assert_eq!(again.find(&id).unwrap().1.queued, 0);
}

#[tokio::test]
async fn a_receiver_that_knows_nothing_of_us_fails() {
    let server = Server::new();
    let missing = receiver(|_| "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
    let (id, _) = server.hooks.create(asking(missing.address, 20, Otherwise::Allow)).unwrap();
    assert!(server.publishes("cam").await.is_err());
    assert!(!server.hooks.find(&id).unwrap().1.failing, "it has answered");
    assert_eq!(server.hooks.test(&id).await.unwrap().unwrap().state, State::Failed);
    assert!(server.hooks.find(&id).unwrap().1.failing, "it has not heard");
}

/// Waits for a delivery in such a state.
async fn until(hooks: &Hooks, state: fn(State) -> bool) {
    while !hooks.deliveries_since(0).0.iter().any(|delivery| state(delivery.state)) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_not_tried_again_does_not_say_that_it_is() {
    let server = Server::new();
    let mut broken = receiver(|_| BROKEN).await;
    let (id, _) = server.hooks.create(target(broken.address)).unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&server.hooks).run(&server.hub, stop.clone(), stop.clone()));
    server.hooks.tell(What::Test, None);
    broken.requests.recv().await.unwrap();
    until(&server.hooks, |state| matches!(state, State::Retrying(_))).await;
    server.hooks.change(&id, |target| Ok::<_, Error>(Target { disabled: true, ..target })).unwrap();
    until(&server.hooks, |state| state == State::Failed).await;
    assert_eq!(server.hooks.find(&id).unwrap().1.queued, 0);
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn who_waits_for_a_webhook_that_is_removed_or_changed_is_let_go() {
    let server = Server::new();
    type Change = fn(&Server, &str);
    let changes: [Change; 4] = [
        |server, id| server.hooks.remove(id).unwrap(),
        |server, id| {
            let off = |target| Ok::<_, Error>(Target { disabled: true, ..target });
            server.hooks.change(id, off).unwrap();
        },
        |server, id| {
            let told = |target| Ok::<_, Error>(Target { ask: None, ..target });
            server.hooks.change(id, told).unwrap();
        },
        |server, id| {
            let scope = Scope::from_pattern("live/other").unwrap();
            let other = |target| Ok::<_, Error>(Target { streams: vec![scope.clone()], ..target });
            server.hooks.change(id, other).unwrap();
        },
    ];
    for change in changes {
        let mut silent = receiver(|_| "").await;
        let (id, _) = server.hooks.create(asking(silent.address, 50, Otherwise::Refuse)).unwrap();
        let changed = async {
            silent.requests.recv().await.unwrap();
            // What does not concern them changes nothing for them.
            server.hooks.change(&id, |target| Ok::<_, Error>(Target { timeout: 7, ..target })).unwrap();
            tokio::task::yield_now().await;
            change(&server, &id);
        };
        let began = Instant::now();
        let (outcome, ()) = tokio::join!(server.publishes("cam"), changed);
        assert!(outcome.is_ok(), "it is as if it had not been there: {outcome:?}");
        assert!(began.elapsed() < Duration::from_secs(10));
        let _ = server.hooks.remove(&id);
    }
    // Others still decide.
    let mut silent = receiver(|_| "").await;
    let (id, _) = server.hooks.create(asking(silent.address, 50, Otherwise::Allow)).unwrap();
    let broken = receiver(|_| BROKEN).await;
    server.hooks.create(asking(broken.address, 50, Otherwise::Refuse)).unwrap();
    let removed = async {
        silent.requests.recv().await.unwrap();
        server.hooks.remove(&id).unwrap();
    };
    assert!(tokio::join!(server.publishes("cam"), removed).0.is_err());
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_is_seen_while_it_does_not() {
    let server = Server::new();
    let silent = receiver(|number| if number == 1 { YES } else { "" }).await;
    let (id, _) =
        server.hooks.create(Target { timeout: 60, ..asking(silent.address, 4, Otherwise::Refuse) }).unwrap();
    let standing = || server.hooks.find(&id).unwrap().1.standing;
    assert_eq!(standing(), Standing::Untried);
    assert!(server.publishes("cam").await.is_ok());
    assert_eq!(standing(), Standing::Working);
    let seen = async {
        until(&server.hooks, |state| state == State::Waiting).await;
        let health = server.hooks.find(&id).unwrap().1;
        assert_eq!((health.standing, health.waiting, health.failing), (Standing::Waiting, 1, false));
        let delivery = server.hooks.deliveries(&id, None, 1).unwrap().remove(0);
        assert_eq!((delivery.last.error.as_deref(), delivery.number), (Some("no answer so far"), 2));
        assert!(!delivery.last.sent.is_empty() && delivery.last.status.is_none());
    };
    assert!(tokio::join!(server.publishes("cam"), seen).0.is_err());
    assert_eq!(standing(), Standing::Failing);
    let all = server.hooks.deliveries(&id, None, 9).unwrap();
    assert_eq!(
        (all.len(), all[0].number, all[0].state),
        (2, 2, State::Failed),
        "one delivery, which is over"
    );
    assert!(all[0].last.took >= Duration::from_secs(4));

    // Whom nobody waits for any more does not seem to be waited for.
    let waiting = async { until(&server.hooks, |state| state == State::Waiting).await };
    tokio::select! {
        _ = server.publishes("cam") => panic!("it has no answer"),
        () = waiting => {}
    }
    while server.hooks.find(&id).unwrap().1.waiting > 0 {
        tokio::task::yield_now().await;
    }
    let last = server.hooks.deliveries(&id, None, 1).unwrap().remove(0);
    assert_eq!((last.number, last.state), (3, State::Failed));
}

#[tokio::test]
async fn what_a_receiver_was_not_told_is_told_after_the_next_start() {
    let server = Server::new();
    let broken = receiver(|_| BROKEN).await;
    let (id, _) = server.hooks.create(target(broken.address)).unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&server.hooks).run(&server.hub, stop.clone(), stop.clone()));
    let mut publisher = server.hub.publish(wish("cam")).await.unwrap();
    publisher.end(hub::End::Dropped);
    until(&server.hooks, |state| matches!(state, State::Retrying(_))).await;
    let tried = server.hooks.deliveries(&id, None, 1).unwrap().remove(0).event.id.clone();
    let kept = || server.store.get(&format!("hooks/untold/{id}")).unwrap();
    // Also when the server is killed.
    let began = Instant::now();
    while kept().is_none() {
        assert!(began.elapsed() < Duration::from_secs(10));
        sleep(Duration::from_millis(20)).await;
    }
    server.hooks.tell(What::Test, None);
    stop.cancel();
    running.await.unwrap();

    let mut there = receiver(|_| YES).await;
    let url = Url(format!("http://{}/", there.address));
    let again = Arc::new(Hooks::open(Arc::clone(&server.store), Client::new()).unwrap());
    assert_eq!(again.find(&id).unwrap().1.queued, 3);
    again.change(&id, |target| Ok::<_, Error>(Target { url: url.clone(), ..target })).unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&again).run(&server.hub, stop.clone(), stop.clone()));
    let mut told = Vec::new();
    while told.len() < 3 {
        let (head, body) = there.requests.recv().await.unwrap();
        assert!(head.contains("sluice-signature: t="), "signed anew");
        told.push((body["event"].as_str().unwrap().to_owned(), body["id"].clone(), body["end"].clone()));
    }
    told.sort_by_key(|(name, ..)| name == "test");
    let names: Vec<_> = told.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["on_publish", "on_unpublish", "test"], "in their order");
    assert_eq!((&told[0].1, &told[1].2), (&tried.into(), &"dropped".into()), "with the same name");
    stop.cancel();
    running.await.unwrap();
    assert!(kept().is_none(), "what was told is not kept");
}

#[tokio::test]
async fn what_a_webhook_that_is_removed_was_not_told_is_not_kept() {
    let server = Server::new();
    let mut broken = receiver(|_| BROKEN).await;
    let (id, _) = server.hooks.create(target(broken.address)).unwrap();
    let key = format!("hooks/untold/{id}");
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&server.hooks).run(&server.hub, stop.clone(), stop.clone()));
    server.hooks.tell(What::Test, None);
    broken.requests.recv().await.unwrap();
    stop.cancel();
    running.await.unwrap();
    assert!(server.store.get(&key).unwrap().is_some());
    let again = Hooks::open(Arc::clone(&server.store), Client::new()).unwrap();
    again.remove(&id).unwrap();
    assert!(server.store.get(&key).unwrap().is_none());
    // Of one whose removal was cut short.
    server.store.put(&key, b"[]").unwrap();
    Hooks::open(Arc::clone(&server.store), Client::new()).unwrap();
    assert!(server.store.get(&key).unwrap().is_none());
}

#[tokio::test]
async fn a_callback_of_oryx_is_followed_and_a_webhook_is_not() {
    let server = Server::new();
    let mut end = receiver(|_| YES).await;
    let place = format!(
        "HTTP/1.1 307 Elsewhere\r\nlocation: http://{}/end\r\ncontent-length: 0\r\n\r\n",
        end.address
    );
    let place: &'static str = place.leak();
    static PLACE: std::sync::OnceLock<&'static str> = std::sync::OnceLock::new();
    PLACE.set(place).unwrap();
    let mut here = receiver(|_| PLACE.get().unwrap()).await;
    server.hooks.set_oryx(&format!("http://ann:secret@{}/cb", here.address), "op", "", true).unwrap();
    assert!(server.publishes("cam").await.is_ok());
    let (head, asked) = here.requests.recv().await.unwrap();
    // printf 'ann:secret' | base64
    assert!(head.contains("authorization: Basic YW5uOnNlY3JldA==\r\n"), "{head}");
    let (head, followed) = end.requests.recv().await.unwrap();
    assert!(head.starts_with("POST /end ") && !head.contains("authorization"), "{head}");
    assert_eq!(asked, followed);
    server.hooks.remove(Hooks::ORYX).unwrap();
    let (id, _) = server.hooks.create(asking(here.address, 20, Otherwise::Refuse)).unwrap();
    assert!(server.publishes("cam").await.is_err());
    assert_eq!(server.hooks.deliveries(&id, None, 1).unwrap()[0].last.status, Some(307));
    assert!(end.requests.try_recv().is_err());
}

#[tokio::test]
async fn a_server_that_stops_waits_for_no_answer() {
    let server = Server::new();
    let mut silent = receiver(|_| "").await;
    server.hooks.create(asking(silent.address, 50, Otherwise::Allow)).unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&server.hooks).run(&server.hub, stop.clone(), stop.clone()));
    let asked = server.publishes("cam");
    let stopped = async {
        silent.requests.recv().await.unwrap();
        stop.cancel();
    };
    let (outcome, ()) = tokio::join!(asked, stopped);
    assert!(outcome.is_err());
    running.await.unwrap();
}

#[tokio::test]
async fn tries_and_repeats_say_what_came_of_them() {
    let server = Server::new();
    let mut there = receiver(|_| YES).await;
    let (id, _) = server.hooks.create(Target { disabled: true, ..target(there.address) }).unwrap();
    let tried = server.hooks.test(&id).await.unwrap().unwrap();
    assert_eq!((tried.cause, tried.state), (Cause::Test, State::Delivered));
    let first = there.requests.recv().await.unwrap();
    let again = server.hooks.replay(&id, tried.number).await.unwrap().unwrap();
    assert_eq!(again.cause, Cause::Replay(tried.number));
    let second = there.requests.recv().await.unwrap();
    assert_eq!((&first.1["event"], &first.1["id"]), (&"test".into(), &second.1["id"]));
    assert!(second.0.contains("sluice-signature: t="));
    let (all, revision) = server.hooks.deliveries_since(0);
    assert_eq!((all.len(), server.hooks.deliveries_since(revision).0.len()), (2, 0));
    assert!(matches!(server.hooks.replay(&id, 77).await, Err(Error::Unknown { what: "delivery", .. })));
    assert!(matches!(server.hooks.test("none").await, Err(Error::Unknown { what: "webhook", .. })));
}

#[tokio::test]
async fn secrets_are_rotated_and_receivers_are_kept() {
    let server = Server::new();
    let (id, made) = server.hooks.create(target(nowhere().address)).unwrap();
    let (rotated, secret) = server.hooks.rotate(&id, None, Duration::from_secs(60)).unwrap();
    assert_ne!(rotated.dialect, made.dialect);
    let Dialect::Sluice { secret: kept, previous: Some(_) } = &rotated.dialect else { panic!("{rotated:?}") };
    assert_eq!(*kept, secret);
    server.hooks.set_oryx("not an address", "op", "http://here", true).unwrap();
    assert!(server.hooks.rotate(Hooks::ORYX, None, Duration::ZERO).is_err());
    let again = Hooks::open(Arc::clone(&server.store), Client::new()).unwrap();
    let all: Vec<_> = again.all().into_iter().map(|(id, target, _)| (id, target)).collect();
    assert_eq!(all.len(), 2);
    assert!(all.iter().any(|(known, target)| *known == id && **target == rotated));
    let ask = Some(Ask { wait: 3, otherwise: Otherwise::Allow });
    let url = Url("http://h/".into());
    let patient = |target| Ok::<_, Error>(Target { ask, url: url.clone(), ..target });
    server.hooks.change(Hooks::ORYX, patient).unwrap();
    server.hooks.set_oryx("http://host/", "op", "", true).unwrap();
    assert_eq!(server.hooks.find(Hooks::ORYX).unwrap().0.ask, ask, "what scripts do not know of stays");
}

#[tokio::test]
async fn what_oryx_shows_outlives_the_server() {
    let server = Server::new();
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&server.hooks).run(&server.hub, stop.clone(), stop.clone()));
    let mut there = receiver(|number| if number == 1 { YES } else { BROKEN }).await;
    server.hooks.set_oryx(&format!("http://{}/", there.address), "op", "", true).unwrap();
    assert!(server.publishes("cam").await.is_ok());
    assert!(server.publishes("cam").await.is_err(), "an error is a no");
    let sent = [there.requests.recv().await.unwrap().1, there.requests.recv().await.unwrap().1];
    assert_eq!(sent[0]["param"], "?u=1&secret=x");
    assert_ne!(sent[0]["request_id"], sent[1]["request_id"]);
    stop.cancel();
    running.await.unwrap();
    let last = Hooks::open(Arc::clone(&server.store), Client::new()).unwrap().last_of_oryx();
    assert_eq!(serde_json::from_str::<Value>(&last.request).unwrap(), sent[1]);
    assert_eq!(last.answer, r#"{"code":0}"#, "of an answer with status 200");
}
