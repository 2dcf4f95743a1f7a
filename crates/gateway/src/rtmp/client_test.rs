#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::SystemTime;

use bytes::BytesMut;
use hub::{AccessRequest, Admission, Denial, Hub, SessionId};
use media::Codec;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::*;
use crate::protocol::{BoxFuture, Protocol};
use crate::rtmp::Rtmp;
use crate::testing;
use crate::tls::{Pair, SelfSigned};
use crate::{Config as Doors, config};

/// Our own server, on both its ports.
struct Server {
    plain: SocketAddr,
    tls: SocketAddr,
    /// Believes it, and nobody else.
    options: Options,
    hub: Hub,
    _running: AbortOnDropHandle<()>,
}

impl Server {
    fn start() -> Server {
        Server::with(testing::hub())
    }

    fn with(hub: Hub) -> Server {
        let names = ["localhost", "127.0.0.1"].map(str::to_owned);
        let made = SelfSigned::make(names, SystemTime::now()).unwrap();
        let listening =
            || config::Rtmp { listen: vec!["127.0.0.1:0".parse().unwrap()], ..Default::default() };
        let doors = Doors { rtmp: listening(), rtmps: listening(), ..Default::default() };
        let pair = Pair::parse(made.certificate.as_bytes(), made.key.as_bytes()).unwrap();
        doors.certificates.replace(&[pair]);
        let mut rtmp = Box::new(Rtmp::new(&doors, hub.clone()));
        let bound = rtmp.listen().unwrap();
        assert_eq!(bound.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["rtmp", "rtmps"]);
        let trust = Trust::with_roots(made.certificate.as_bytes()).unwrap();
        Server {
            plain: bound[0].1,
            tls: bound[1].1,
            options: Options { trust, ..Options::default() },
            hub,
            _running: AbortOnDropHandle::new(tokio::spawn(rtmp.run(CancellationToken::new()))),
        }
    }

    fn urls(&self) -> [String; 2] {
        [
            format!("rtmp://{}/live/s?k=v", self.plain),
            format!("rtmps://localhost:{}/live/s?k=v", self.tls.port()),
        ]
    }

    async fn dial(&self, url: &str, action: Action) -> Result<Client, Error> {
        Client::dial(url, action, &self.options).await
    }
}

/// The bodies of an H.264 publish: the configuration, then pictures of `size` bytes.
fn bodies(pictures: usize, size: usize) -> Vec<Bytes> {
    let Codec::H264(parameters) = &testing::video().codec else { panic!("not H.264") };
    let mut bodies = vec![[&[0x17, 0, 0, 0, 0][..], &parameters.record()].concat().into()];
    for at in 0..pictures {
        let mut body = BytesMut::zeroed(size + 5);
        body[..5].copy_from_slice(&[if at == 0 { 0x17 } else { 0x27 }, 1, 0, 0, 0]);
        body[5..9].copy_from_slice(&(size as u32 - 4).to_be_bytes());
        body[9] = if at == 0 { 0x65 } else { 0x41 };
        body[size] = at as u8;
        bodies.push(body.freeze());
    }
    bodies
}

/// Publishes all of them, a frame every 40 ms, and says goodbye.
async fn publish(mut client: Client, bodies: &[Bytes]) -> Result<(), Error> {
    for (at, body) in bodies.iter().enumerate() {
        client.send(MediaKind::Video, Time::from_millis(40 * at as i64), std::slice::from_ref(body)).await?;
    }
    client.finish().await
}

/// The bodies of pictures, until the publisher goes.
async fn watch(mut client: Client) -> Vec<Bytes> {
    let mut bodies = Vec::new();
    loop {
        match client.next().await.unwrap() {
            Event::Media(Media { kind: MediaKind::Video, body, .. }) => bodies.push(body),
            Event::Status(status) if status.code == "NetStream.Play.UnpublishNotify" => return bodies,
            _ => {}
        }
    }
}

#[tokio::test]
async fn what_is_published_is_played_with_tls_and_without() {
    let server = Server::start();
    for url in server.urls() {
        for (pictures, size) in [(100, 20), (100, 20_000), (4, 3 << 20)] {
            let sent = bodies(pictures, size);
            let player = server.dial(&url, Action::Play).await.unwrap();
            let publisher = server.dial(&url, Action::Publish).await.unwrap();
            let (seen, published) = tokio::join!(watch(player), publish(publisher, &sent));
            published.unwrap();
            assert!(seen == sent, "{url}: {} of {} bodies of {size} bytes", seen.len(), sent.len());
        }
    }
}

#[tokio::test]
async fn the_session_says_whether_there_is_tls() {
    let server = Server::start();
    for (url, protocol) in server.urls().iter().zip(["rtmp", "rtmps"]) {
        let _player = server.dial(url, Action::Play).await.unwrap();
        assert!(server.hub.sessions().iter().any(|session| session.protocol == protocol), "{protocol}");
    }
}

#[tokio::test]
async fn a_publisher_that_only_waits_stays() {
    let server = Server::start();
    let mut client = server.dial(&server.urls()[1], Action::Publish).await.unwrap();
    let second = server.dial(&server.urls()[0], Action::Publish).await;
    assert!(matches!(second, Err(Error::Refused(_))), "the slot is taken");
    tokio::select! {
        biased;
        event = client.next() => panic!("{event:?}"),
        () = tokio::task::yield_now() => {}
    }
    publish(client, &bodies(3, 100)).await.unwrap();
}

#[tokio::test]
async fn a_player_cannot_send() {
    let server = Server::start();
    let mut client = server.dial(&server.urls()[0], Action::Play).await.unwrap();
    let refused = client.send(MediaKind::Video, Time::ZERO, &[Bytes::from_static(b"x")]).await;
    assert!(matches!(refused, Err(Error::Protocol(rtmp::Error::NotPublishing))));
}

struct Nobody;

impl Admission for Nobody {
    fn admit<'a>(
        &'a self,
        _session: SessionId,
        _request: &'a AccessRequest,
    ) -> Pin<Box<dyn Future<Output = Result<hub::StreamKey, Denial>> + Send + 'a>> {
        Box::pin(async { Err(Denial { reason: "not today".to_owned() }) })
    }
}

#[tokio::test]
async fn a_refusal_is_told_in_the_servers_words() {
    let server = Server::with(Hub::new(hub::Config::default(), Arc::new(Nobody)));
    for (action, code) in
        [(Action::Publish, "NetStream.Publish.BadName"), (Action::Play, "NetStream.Play.Failed")]
    {
        for url in server.urls() {
            let error = server.dial(&url, action).await.err().unwrap();
            let said = error.to_string();
            assert!(said.starts_with("refused by the server: ") && said.contains("not today"), "{said}");
            assert!(said.contains(code), "{said}");
        }
    }
}

#[tokio::test]
async fn a_server_that_stops_says_so() {
    let server = Server::start();
    let mut client = server.dial(&server.urls()[1], Action::Play).await.unwrap();
    let hearing = async {
        let first = client.next().await;
        (first, client.next().await)
    };
    let ((first, heard), ()) = tokio::join!(hearing, server.hub.shut_down());
    assert!(matches!(first, Ok(Event::Reconnect { tc_url: None, .. })), "{first:?}");
    let heard = heard.unwrap_err();
    assert!(matches!(heard, Error::Ended(_)), "{heard:?}");
    assert!(heard.to_string().starts_with("ended by the server: "), "{heard}");
}

#[tokio::test]
async fn a_publisher_that_only_sends_is_told_too() {
    let server = Server::start();
    let mut client = server.dial(&server.urls()[1], Action::Publish).await.unwrap();
    let body = bodies(1, 100).remove(1);
    let sending = async {
        loop {
            if let Err(error) = client.send(MediaKind::Video, Time::ZERO, std::slice::from_ref(&body)).await {
                return error;
            }
            tokio::task::yield_now().await;
        }
    };
    let (error, ()) = tokio::join!(sending, server.hub.shut_down());
    assert!(matches!(error, Error::Ended(_)), "{error:?}");
}

#[tokio::test]
async fn what_fails_before_the_server_answers_is_named() {
    let server = Server::start();
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let (plain, tls) = (server.plain.port(), server.tls.port());
    for (url, start) in [
        ("http://127.0.0.1/live/s".to_owned(), "RTMP URL"),
        ("rtmp://127.0.0.1".to_owned(), "RTMP URL"),
        ("rtmp://no-such-host.invalid/live/s".to_owned(), "no-such-host.invalid: no address found: "),
        (format!("rtmp://127.0.0.1:{port}/live/s"), &format!("127.0.0.1:{port}: cannot connect: ")),
        (format!("rtmps://127.0.0.1:{plain}/live/s"), "127.0.0.1: no secure connection: "),
        (format!("rtmp://127.0.0.1:{tls}/live/s"), ""),
    ] {
        let error = server.dial(&url, Action::Play).await.err().unwrap().to_string();
        assert!(error.starts_with(start), "{url}: {error}");
    }
    let strict = Options::default();
    let error = Client::dial(&server.urls()[1], Action::Play, &strict).await.err().unwrap();
    let error = error.to_string();
    assert!(
        error.starts_with("localhost: no secure connection: ") && error.contains("UnknownIssuer"),
        "{error}"
    );
}

/// Accepts one connection and hands it over.
async fn accepted(serve: impl AsyncFnOnce(tokio::net::TcpStream), url: impl Fn(u16) -> String) -> Error {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = url(listener.local_addr().unwrap().port());
    let serving = async {
        let (socket, _) = listener.accept().await.unwrap();
        serve(socket).await;
    };
    let dialing = async { Client::dial(&url, Action::Publish, &Options::default()).await.err().unwrap() };
    tokio::pin!(serving);
    tokio::select! {
        error = dialing => error,
        () = async { serving.await; std::future::pending().await } => unreachable!(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_is_given_up() {
    let silent = async |socket: tokio::net::TcpStream| {
        std::future::pending::<()>().await;
        drop(socket);
    };
    let error = accepted(silent, |port| format!("rtmps://127.0.0.1:{port}/live/s")).await;
    assert!(matches!(error, Error::TimedOut { stage: Stage::Tls, .. }), "{error}");
    assert_eq!(error.to_string(), "127.0.0.1: the handshake of TLS took longer than 10 s");
    let error = accepted(silent, |port| format!("rtmp://127.0.0.1:{port}/live/s")).await;
    assert_eq!(error.to_string(), "handshake took longer than 10.000s");
}

#[tokio::test]
async fn a_server_that_hangs_up_is_told_of() {
    let error = accepted(async |socket| drop(socket), |port| format!("rtmp://127.0.0.1:{port}/live/s")).await;
    assert!(matches!(error, Error::Closed | Error::Io(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_nothing_is_given_up() {
    use rtmp::server::{self, Event, Output, Session};
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("rtmp://127.0.0.1:{}/live/s", listener.local_addr().unwrap().port());
    let serving: BoxFuture<()> = Box::pin(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut session = Session::new(Arc::new(server::Config::default()), 1);
        loop {
            let mut room = [0; 4096];
            let size = socket.read(&mut room).await.unwrap();
            session.receive(Time::ZERO, &room[..size]).unwrap();
            while let Some(output) = session.poll() {
                match output {
                    Output::Send(bytes) => socket.write_all(&bytes).await.unwrap(),
                    Output::Event(Event::Publish { stream, .. }) => {
                        session.accept_publish(stream).unwrap();
                        while let Some(Output::Send(bytes)) = session.poll() {
                            socket.write_all(&bytes).await.unwrap();
                        }
                        std::future::pending::<()>().await;
                    }
                    Output::Event(_) => {}
                }
            }
        }
    });
    let _serving = AbortOnDropHandle::new(tokio::spawn(serving));
    let mut client = Client::dial(&url, Action::Publish, &Options::default()).await.unwrap();
    let body = [Bytes::from(vec![0x27; 1 << 20])];
    let mut sent = 0;
    let error = loop {
        match client.send(MediaKind::Video, Time::ZERO, &body).await {
            Ok(()) => sent += 1,
            Err(error) => break error,
        }
        assert!(sent < 64, "it must feel that nothing is taken");
    };
    assert!(matches!(error, Error::Stalled), "{error}");
}

#[test]
fn a_word_to_go_elsewhere_outlives_any_number_of_others() {
    let status = || client::Event::Status(Status::default());
    let reconnect =
        |url: &str| client::Event::Reconnect { tc_url: Some(url.to_owned()), description: String::new() };
    let mut events = VecDeque::from([reconnect("rtmp://old/live"), reconnect("rtmp://new/live")]);
    for _ in 0..100 {
        events.push_back(status());
        forget(&mut events);
    }
    assert_eq!(events.len(), MOST_KEPT + 1);
    assert_eq!(events.front(), Some(&reconnect("rtmp://new/live")));
    assert_eq!(events.iter().filter(|event| **event == status()).count(), MOST_KEPT);
    events.push_back(reconnect("rtmp://newest/live"));
    forget(&mut events);
    assert_eq!(events.len(), MOST_KEPT);
    assert_eq!(events.back(), Some(&reconnect("rtmp://newest/live")));
    assert!(!events.contains(&reconnect("rtmp://new/live")));
}
