//! Sessions from an offer to media, with a client that is another machine of the crate `rtc` on a socket of its own.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{Request, Response};
use bytes::Bytes;
use hub::{Action, End, Publisher};
use media::{Codec, Kind, Time, Track, TrackId, h264};
use rtc::packetize::Packetizer;
use rtc::{Config, Event, Offering, Output, Peer, Transport};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;
use tokio::time::{sleep_until, timeout};
use tower::ServiceExt;

use super::*;
use crate::testing;

/// The protocol, open on ports of its own.
struct Server {
    hub: Hub,
    router: Router,
    sessions: Arc<Sessions>,
    door: Door,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Server {
    fn start() -> Server {
        let hub = testing::hub();
        let webrtc = config::Webrtc {
            listen: vec!["127.0.0.1:0".parse().unwrap()],
            candidates: vec!["127.0.0.1".to_owned()],
            ..config::Webrtc::default()
        };
        let config = config::Config { webrtc, ..config::Config::default() };
        let mut protocol = WebRtc::new(&config, hub.clone());
        let addresses = protocol.listen().unwrap();
        assert_eq!(addresses[0].1.port(), addresses[1].1.port(), "one number for UDP and TCP");
        let router = protocol.routes();
        let door = protocol.door.clone().unwrap();
        let sessions = Arc::clone(door.sessions());
        let stop = CancellationToken::new();
        let running = tokio::spawn(Box::new(protocol).run(stop.clone()));
        Server { hub, router, sessions, door, stop, running }
    }

    async fn ask(&self, method: &str, uri: &str, body: impl Into<Body>) -> Response<Body> {
        let peer: SocketAddr = "127.0.0.1:9".parse().unwrap();
        let request = Request::builder().method(method).uri(uri).extension(ConnectInfo(peer));
        self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap()
    }

    /// Ends it; everything it started has then ended.
    async fn stop(self) {
        self.stop.cancel();
        self.hub.shut_down().await;
        timeout(PATIENCE, self.running).await.unwrap().unwrap();
        assert_eq!(self.sessions.count(), 0);
    }
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().into()).unwrap()
}

/// A browser, as far as the network sees one.
struct Client {
    peer: Peer,
    socket: UdpSocket,
    address: SocketAddr,
    resource: String,
}

fn config_of(address: SocketAddr) -> Config {
    Config {
        certificate: Certificate::generate().unwrap(),
        credentials: secrets::credentials(),
        secret: secrets::secret(),
        wall: SystemTime::now(),
        candidates: vec![rtc::Candidate { transport: Transport::Udp, address }],
        lite: false,
        timeout: Config::TIMEOUT,
        connection: Config::CONNECTION,
    }
}

impl Client {
    async fn play(server: &Server, name: &str) -> Client {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let (offering, offer) = Peer::offer_to_play(Instant::now(), config_of(address));
        Client::connect(server, &format!("/rtc/v1/whep/?stream={name}"), socket, offering, offer).await
    }

    async fn publish(server: &Server, name: &str) -> Client {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let tracks = [video()];
        let (offering, offer) = Peer::offer_to_publish(Instant::now(), config_of(address), &tracks).unwrap();
        Client::connect(server, &format!("/rtc/v1/whip/?stream={name}"), socket, offering, offer).await
    }

    async fn connect(
        server: &Server,
        uri: &str,
        socket: UdpSocket,
        offering: Offering,
        offer: String,
    ) -> Client {
        let address = socket.local_addr().unwrap();
        let response = server.ask("POST", uri, offer).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let answer = text(response).await;
        assert_eq!(status, 201, "{answer}");
        assert_eq!(headers[CONTENT_TYPE], "application/sdp");
        assert!(headers.contains_key(ETAG));
        let resource = headers[LOCATION].to_str().unwrap().to_owned();
        let peer = offering.accept(Instant::now(), &answer).unwrap();
        Client { peer, socket, address, resource }
    }

    /// The next event.
    async fn event(&mut self) -> Event {
        let mut buffer = [0; 2_000];
        loop {
            let deadline = match self.peer.poll() {
                Output::Send { to, datagram, .. } => {
                    self.socket.send_to(&datagram, to).await.unwrap();
                    continue;
                }
                Output::Event(event) => return event,
                Output::Wait(deadline) => deadline,
            };
            tokio::select! {
                received = self.socket.recv_from(&mut buffer) => {
                    let (size, from) = received.unwrap();
                    let now = Instant::now();
                    self.peer.receive(now, Transport::Udp, from, self.address, &buffer[..size]).unwrap();
                }
                () = sleep_until(deadline.into()) => self.peer.tick(Instant::now()).unwrap(),
            }
        }
    }

    async fn until<T>(&mut self, what: &str, mut fits: impl FnMut(Event) -> Option<T>) -> T {
        let found = async {
            loop {
                if let Some(found) = fits(self.event().await) {
                    return found;
                }
            }
        };
        timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("{what}: not in time"))
    }

    async fn connected(&mut self) {
        self.until("the connection", |event| matches!(event, Event::Connected).then_some(())).await;
    }

    /// Timestamps of the next `count` pictures, in the order in which they came.
    async fn pictures(&mut self, count: usize) -> Vec<u32> {
        let mut seen = Vec::new();
        self.until("pictures", |event| {
            if let Event::Packet { kind: Kind::Video, timestamp, marker: true, .. } = event {
                seen.push(timestamp);
            }
            (seen.len() >= count).then_some(())
        })
        .await;
        seen
    }
}

/// Parameter sets that can be told apart, as they have to be where they come among the pictures.
fn video() -> Arc<Track> {
    let set = |bytes: &'static [u8]| vec![Bytes::from_static(bytes)];
    let sps = set(&[0x67, 0x64, 0, 0x1f, 0xac, 0xd9]);
    let parameters = h264::Parameters::new(sps, set(&[0x68, 0xeb, 0xec, 0xb2])).unwrap();
    Arc::new(Track { id: TrackId(0), codec: Codec::H264(parameters) })
}

async fn publish(server: &Server, name: &str) -> Publisher {
    testing::publish(&server.hub, name).await
}

fn write(publisher: &mut Publisher, millis: i64, keyframe: bool) {
    let track = testing::video();
    publisher.write(testing::picture(&track, millis, keyframe, 3_000)).unwrap();
}

/// A publisher who has sent three pictures, and a viewer who has seen them.
async fn watched(server: &Server) -> (Publisher, Client) {
    let mut publisher = publish(server, "a").await;
    (0..3).for_each(|number| write(&mut publisher, number * 40, number == 0));
    let mut client = Client::play(server, "a").await;
    client.connected().await;
    client.pictures(3).await;
    (publisher, client)
}

#[tokio::test]
async fn a_viewer_begins_with_the_last_key_frame_and_is_at_the_newest_picture_at_once() {
    let server = Server::start();
    let mut publisher = publish(&server, "a").await;
    (0..50).for_each(|number| write(&mut publisher, number * 40, number == 10));
    let mut client = Client::play(&server, "a").await;
    client.connected().await;
    let burst = client.pictures(40).await;
    let span = burst[39].wrapping_sub(burst[0]);
    assert_eq!(span, 39 * 90, "pressed together, a millisecond each");
    write(&mut publisher, 2_000, false);
    let next = client.pictures(1).await[0];
    assert_eq!(next.wrapping_sub(burst[39]), 40 * 90, "the newest has its own time");
    server.stop().await;
}

#[tokio::test]
async fn a_large_picture_comes_whole() {
    let server = Server::start();
    let (mut publisher, mut client) = watched(&server).await;
    publisher.write(testing::picture(&testing::video(), 120, true, 300_000)).unwrap();
    write(&mut publisher, 160, false);
    let mut sizes = std::collections::HashMap::new();
    client
        .until("both pictures", |event| {
            if let Event::Packet { kind: Kind::Video, timestamp, bytes, .. } = event {
                *sizes.entry(timestamp).or_insert(0) += bytes.len();
            }
            let mut sizes: Vec<_> = sizes.values().copied().collect();
            sizes.sort_unstable();
            (sizes.len() == 2 && sizes[0] >= 2_990 && sizes[1] >= 299_990).then_some(())
        })
        .await;
    server.stop().await;
}

#[tokio::test]
async fn nothing_is_made_for_an_offer_until_its_client_is_connected() {
    let server = Server::start();
    let mut publisher = publish(&server, "a").await;
    let sound = testing::audio();
    for number in 0..10 {
        write(&mut publisher, number * 40, number == 0);
        publisher.write(testing::sound(&sound, number * 40, 100)).unwrap();
    }
    let mut client = Client::play(&server, "a").await;
    assert_eq!(server.door.work(), (1, 0));
    client.connected().await;
    client.pictures(10).await;
    assert_eq!(server.door.work(), (0, 1));
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_viewer_of_a_publisher_without_media_is_answered_soon_as_if_that_were_to_come() {
    let server = Server::start();
    let _publisher = publish(&server, "a").await;
    let (_offering, offer) = Peer::offer_to_play(Instant::now(), config_of("127.0.0.1:9".parse().unwrap()));
    let asked = tokio::time::Instant::now();
    let response = server.ask("POST", "/rtc/v1/whep/?stream=a", offer).await;
    assert_eq!(response.status(), 201);
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    let answer = text(response).await;
    assert!(answer.contains("H264/90000") && answer.contains("opus/48000/2"), "{answer}");
}

#[tokio::test]
async fn a_viewer_that_waits_gets_the_stream_when_it_comes_and_the_next_one_too() {
    let server = Server::start();
    let mut client = Client::play(&server, "a").await;
    client.connected().await;
    let mut last = None;
    for _ in 0..2 {
        let mut publisher = publish(&server, "a").await;
        (0..10).for_each(|number| write(&mut publisher, number * 40, number == 0));
        let seen = client.pictures(10).await;
        if let Some(last) = last {
            assert!(seen[0].wrapping_sub(last) < 90 * 60_000, "time goes on");
        }
        last = seen.last().copied();
        publisher.end(End::Finished);
    }
    server.stop().await;
}

#[tokio::test]
async fn what_is_published_comes_to_the_hub() {
    let server = Server::start();
    let mut client = Client::publish(&server, "a").await;
    client.connected().await;
    let publication = server.hub.publication(&testing::key("a")).unwrap();
    let track = video();
    let mut packetizer = Packetizer::new(&track.codec).unwrap();
    let start = Instant::now();
    let mut number = 0;
    while publication.tracks().is_empty() || publication.track_infos()[0].frames < 20 {
        assert!(start.elapsed() < PATIENCE, "no frames");
        let frame = testing::picture(&track, number * 40, number % 10 == 0, 3_000);
        let mut packets = Vec::new();
        packetizer.packetize(&frame, &mut packets);
        client.peer.send(Instant::now(), Kind::Video, Time::from_millis(number * 40), &packets).unwrap();
        let _ = timeout(Duration::from_millis(20), client.until("nothing", |_| None::<()>)).await;
        number += 1;
    }
    let resource = client.resource.clone();
    assert_eq!(server.ask("DELETE", &resource.replace("token=", "token=x"), "").await.status(), 404);
    assert_eq!(server.ask("DELETE", &resource, "").await.status(), 200);
    assert!(server.hub.publication(&testing::key("a")).is_none(), "it is over once it is said to be");
    assert_eq!(server.sessions.count(), 0);
    assert_eq!(publication.end(), End::Finished);
    assert_eq!(server.ask("DELETE", &resource, "").await.status(), 404, "it is gone");
    server.stop().await;
}

#[tokio::test]
async fn a_viewer_who_is_deleted_is_gone_with_the_answer() {
    let server = Server::start();
    let client = Client::play(&server, "a").await;
    assert_eq!(server.ask("DELETE", &client.resource, "").await.status(), 200);
    assert_eq!((server.sessions.count(), server.hub.sessions().len()), (0, 0));
    server.stop().await;
}

#[tokio::test]
async fn b_frames_that_others_need_are_refused_with_what_to_do() {
    let server = Server::start();
    let mut publisher = publish(&server, "a").await;
    let track = testing::video();
    for (dts, pts) in [(0, 0), (40, 160), (80, 80), (120, 240)] {
        let frame = testing::picture(&track, dts, dts == 0, 500);
        publisher.write(media::Frame { pts: Time::from_millis(pts), ..frame }).unwrap();
    }
    let (_offering, offer) = Peer::offer_to_play(Instant::now(), config_of("127.0.0.1:9".parse().unwrap()));
    let response = server.ask("POST", "/rtc/v1/whep/?stream=a", offer).await;
    assert_eq!(response.status(), 406);
    let words = text(response).await;
    assert!(words.contains("-bf 0"), "{words}");
    assert_eq!(server.sessions.count(), 0);
    server.stop().await;
}

#[tokio::test]
async fn a_viewer_who_is_put_out_goes() {
    let server = Server::start();
    let (_publisher, _client) = watched(&server).await;
    let viewer = server.hub.sessions().into_iter().find(|session| session.action == Action::Play).unwrap();
    assert!(viewer.moved().frames >= 3 && viewer.moved().bytes >= 9_000);
    assert!(server.hub.kick(viewer.id));
    timeout(PATIENCE, async {
        while server.sessions.count() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    server.stop().await;
}

#[tokio::test]
async fn requests_that_make_no_sense_are_told_so() {
    let server = Server::start();
    for (method, uri, body, status) in [
        ("POST", "/rtc/v1/whip/", "", 400),
        ("POST", "/rtc/v1/whip/", "v=0\r\n", 400),
        ("POST", "/rtc/v1/whip/?app=api", "v=0\r\n", 400),
        ("GET", "/rtc/v1/whip/", "", 405),
        ("PATCH", "/rtc/v1/whip/?session=x&token=y", "", 404),
        ("DELETE", "/rtc/v1/whep", "", 404),
        ("GET", "/rtc/v1/play/", "", 405),
    ] {
        let response = server.ask(method, uri, body).await;
        assert_eq!(response.status(), status, "{method} {uri}");
        assert!(!text(response).await.is_empty() || status == 405, "{method} {uri}");
    }
    for size in [100 << 10, 300 << 10] {
        let large = format!("v=0\r\n{}", "a".repeat(size));
        assert_eq!(server.ask("POST", "/rtc/v1/whip/", large).await.status(), 413, "{size}");
    }
    for body in ["", "{}", "[]", "{\"streamurl\":\"webrtc://h/live/a\",\"sdp\":\"v=0\"}"] {
        let response = server.ask("POST", "/rtc/v1/publish/", body).await;
        assert_eq!(
            (response.status().as_u16(), text(response).await.as_str()),
            (200, "{\"code\":400}"),
            "{body}"
        );
    }
    server.stop().await;
}

/// Many times what anything takes here, for a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(20);
