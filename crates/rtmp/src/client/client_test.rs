#![allow(clippy::unwrap_used)]

use bytes::BytesMut;
use media::Delta;

use super::*;
use crate::Limits;
use crate::chunk::{Reader, write_contiguous};
use crate::url::Url;

/// A client session, and a server that says what the test wants.
struct Server {
    session: Session,
    reader: Reader,
    now: Time,
    /// Names of commands that came.
    called: Vec<String>,
    events: Vec<Event>,
}

impl Server {
    /// After the handshake.
    fn greeted(action: Action) -> Server {
        let url = Url::parse("rtmp://h/live/s?k=v").unwrap();
        let mut session = Session::new(Config::new(&url, action), 1);
        let Some(Output::Send(hello)) = session.poll() else { panic!("no hello") };
        assert_eq!(hello.len(), 1 + 1536);
        let mut server = Server {
            session,
            reader: Reader::new(),
            now: Time::ZERO,
            called: Vec::new(),
            events: Vec::new(),
        };
        let mut answer = vec![0; 1 + 2 * 1536];
        answer[0] = 3;
        server.session.receive(server.now, &answer).unwrap();
        let Some(Output::Send(sent)) = server.session.poll() else { panic!("no answer") };
        server.read(&sent[1536..]);
        server
    }

    /// When `publish` or `play` has been sent.
    fn starting(action: Action) -> Server {
        let mut server = Server::greeted(action);
        server.say(0, "_result", CONNECT, &[Value::Null, Value::Null]);
        server.say(0, "_result", CREATE_STREAM, &[Value::Null, 7.0.into()]);
        server.called.clear();
        server
    }

    fn ready(action: Action) -> Server {
        let mut server = Server::starting(action);
        let start = if action == Action::Play { "NetStream.Play.Start" } else { "NetStream.Publish.Start" };
        server.status("status", start);
        assert_eq!(server.events(), [Event::Ready]);
        server
    }

    fn say(&mut self, stream: u32, name: &str, transaction: f64, args: &[Value]) {
        self.send(stream, COMMAND, 0, &command::body(name, transaction, args));
    }

    fn status(&mut self, level: &str, code: &str) {
        self.say(7, "onStatus", 0.0, &[Value::Null, command::info(level, code, "Why.").into()]);
    }

    fn send(&mut self, stream: u32, kind: u8, timestamp: u32, body: &[u8]) {
        let mut out = BytesMut::new();
        write_contiguous(&mut out, &Header { csid: 4, timestamp, kind, stream }, 128, body).unwrap();
        self.session.receive(self.now, &out).unwrap();
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.session.poll() {
            match output {
                Output::Event(event) => self.events.push(event),
                Output::Send(bytes) => self.read(&bytes),
            }
        }
    }

    fn read(&mut self, mut input: &[u8]) {
        while let Some(message) = self.reader.read(&mut input, &Limits::default().publisher).unwrap() {
            if message.header.kind == COMMAND {
                self.called.push(Command::parse(&message.body).unwrap().name);
            }
        }
    }

    fn events(&mut self) -> Vec<Event> {
        self.drain();
        std::mem::take(&mut self.events)
    }
}

fn said(level: &str, code: &str) -> Status {
    Status { level: level.into(), code: code.into(), description: "Why.".into() }
}

#[test]
fn a_publisher_calls_what_encoders_call() {
    let mut server = Server::greeted(Action::Publish);
    assert_eq!(server.called, ["connect"]);
    server.say(0, "_result", CONNECT, &[Value::Null, Value::Null]);
    assert_eq!(server.called[1..], ["releaseStream", "FCPublish", "createStream"]);
    // Refusing what does not matter does not matter.
    server.say(0, "_error", RELEASE_STREAM, &[Value::Null, Value::Null]);
    server.say(0, "_error", FC_PUBLISH, &[Value::Null, Value::Null]);
    server.say(0, "_result", CREATE_STREAM, &[Value::Null, 7.0.into()]);
    assert_eq!(server.called[4..], ["publish"]);
    server.status("status", "NetStream.Publish.Start");
    assert_eq!(server.events(), [Event::Ready]);
    server.session.end();
    server.drain();
    assert_eq!(server.called[5..], ["FCUnpublish", "deleteStream"]);
    assert_eq!(server.session.deadline(), None);
}

#[test]
fn a_player_calls_what_players_call() {
    let mut server = Server::starting(Action::Play);
    server.status("status", "NetStream.Play.Reset");
    server.status("status", "NetStream.Play.Start");
    assert_eq!(server.events(), [Event::Status(said("status", "NetStream.Play.Reset")), Event::Ready]);
    server.session.end();
    server.drain();
    assert_eq!(server.called, ["deleteStream"]);
}

#[test]
fn a_refusal_is_one_at_every_step() {
    let info: Value = command::info("error", "C", "Why.").into();
    let mut connecting = Server::greeted(Action::Publish);
    connecting.say(0, "_error", CONNECT, &[Value::Null, info.clone()]);
    let mut creating = Server::greeted(Action::Publish);
    creating.say(0, "_result", CONNECT, &[Value::Null, Value::Null]);
    creating.say(0, "_error", CREATE_STREAM, &[Value::Null, info]);
    let mut starting = Server::starting(Action::Play);
    starting.status("error", "C");
    for mut server in [connecting, creating, starting] {
        assert_eq!(server.events(), [Event::Refused(said("error", "C"))]);
        server.status("error", "again");
        assert_eq!(server.events(), []);
    }
}

#[test]
fn an_end_is_an_end_and_the_rest_is_news() {
    for (action, level, code) in [
        (Action::Publish, "status", "NetConnection.Connect.Closed"),
        (Action::Publish, "status", "NetStream.Unpublish.Success"),
        (Action::Publish, "error", "NetStream.Publish.Denied"),
        (Action::Play, "status", "NetStream.Play.Stop"),
        (Action::Play, "status", "NetStream.Play.Complete"),
    ] {
        let mut server = Server::ready(action);
        server.status(level, code);
        assert_eq!(server.events(), [Event::Ended(said(level, code))]);
        assert_eq!(server.session.send(MediaKind::Audio, Time::ZERO, &[]), Err(Error::NotPublishing));
    }
    let mut server = Server::ready(Action::Play);
    server.status("status", "NetStream.Play.UnpublishNotify");
    server.status("status", "NetStream.Play.PublishNotify");
    let news = ["NetStream.Play.UnpublishNotify", "NetStream.Play.PublishNotify"];
    assert_eq!(server.events(), news.map(|code| Event::Status(said("status", code))));
    server.say(0, "close", 0.0, &[]);
    assert!(matches!(&server.events()[..], [Event::Ended(_)]));
}

#[test]
fn what_the_server_announces_is_known() {
    let mut server = Server::greeted(Action::Play);
    assert_eq!(server.session.server(), Capabilities::UNANNOUNCED);
    let info = Object::default().with("code", "NetConnection.Connect.Success").with("capsEx", 2.0);
    server.say(0, "_result", CONNECT, &[Object::default().with("capabilities", 31.0).into(), info.into()]);
    assert_eq!(server.session.server(), Capabilities { multitrack: true, ..Capabilities::UNANNOUNCED });
}

#[test]
fn a_request_to_reconnect_is_told_and_everything_goes_on() {
    let mut server = Server::ready(Action::Publish);
    let info = |url: Option<&str>| {
        let info = command::info("status", "NetConnection.Connect.ReconnectRequest", "Updates.");
        url.map_or(info.clone(), |url| info.with("tcUrl", url)).into()
    };
    server.say(0, "onStatus", 0.0, &[Value::Null, info(Some("//other/live"))]);
    server.say(0, "onStatus", 0.0, &[Value::Null, info(None)]);
    let request = |tc_url: Option<&str>| Event::Reconnect {
        tc_url: tc_url.map(str::to_owned),
        description: "Updates.".into(),
    };
    assert_eq!(server.events(), [request(Some("//other/live")), request(None)]);
    assert_eq!(server.session.send(MediaKind::Audio, Time::ZERO, &[Bytes::from_static(b"a")]), Ok(()));
    server.session.end();
    server.say(0, "onStatus", 0.0, &[Value::Null, info(None)]);
    assert_eq!(server.events(), []);
}

#[test]
fn media_flow_from_the_start_of_a_play_on() {
    let mut server = Server::starting(Action::Play);
    // Some servers begin before they say so.
    server.send(7, AUDIO, 5, b"a");
    server.status("status", "NetStream.Play.Start");
    server.send(0, VIDEO, 6, b"v");
    let media = |stream, kind, time, body| {
        Event::Media(Media { stream, kind, time: Time::from_millis(time), body: Bytes::from_static(body) })
    };
    assert_eq!(
        server.events(),
        [media(7, MediaKind::Audio, 5, b"a"), Event::Ready, media(0, MediaKind::Video, 6, b"v")]
    );
    // Status in a data message is status.
    let data = |handler: &str, info: Object| command::data(&[handler.into(), info.into()]);
    server.send(7, DATA, 7, &command::data(&["|RtmpSampleAccess".into(), true.into(), true.into()]));
    server.send(7, DATA, 7, &data("onStatus", Object::default().with("code", "NetStream.Data.Start")));
    server.send(
        7,
        DATA,
        7,
        &data("onPlayStatus", command::info("status", "NetStream.Play.Complete", "Why.")),
    );
    let start = Status { code: "NetStream.Data.Start".into(), ..Status::default() };
    assert_eq!(
        server.events(),
        [Event::Status(start), Event::Ended(said("status", "NetStream.Play.Complete"))]
    );
    let mut publisher = Server::ready(Action::Publish);
    publisher.send(7, AUDIO, 5, b"a");
    assert_eq!(publisher.events(), []);
}

#[test]
fn media_are_sent_uncopied_behind_what_was_said_before() {
    let mut server = Server::starting(Action::Publish);
    assert_eq!(server.session.send(MediaKind::Video, Time::ZERO, &[]), Err(Error::NotPublishing));
    let payload = Bytes::from(vec![7; 1000]);
    // A ping is answered before the media that follow.
    server.session.link.ping(5);
    server.session.phase = Phase::Ready { stream: 7 };
    server.session.send(MediaKind::Video, Time::from_millis(-1), std::slice::from_ref(&payload)).unwrap();
    let mut sent = Vec::new();
    while let Some(Output::Send(bytes)) = server.session.poll() {
        sent.push(bytes);
    }
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].len(), 12 + 6 + 12 + 4);
    assert_eq!(sent[0][18..34], [6, 0xff, 0xff, 0xff, 0, 3, 232, 9, 7, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(sent[1].as_ptr(), payload.as_ptr());
}

#[test]
fn everything_has_to_come_in_time() {
    let Limits { handshake, request, idle, .. } = Limits::default();
    let url = Url::parse("rtmp://h/live/s").unwrap();
    let mut session = Session::new(Config::new(&url, Action::Publish), 1);
    assert_eq!(session.deadline(), Some(Time::MIN));
    session.tick(Time::ZERO).unwrap();
    assert_eq!(session.deadline(), Some(Time::ZERO + handshake));
    let error = session.tick(Time::ZERO + handshake).unwrap_err();
    assert_eq!(error, Error::TimedOut { wait: Wait::Handshake, limit: handshake });

    let mut starting = Server::starting(Action::Publish);
    let limit = handshake + request;
    assert_eq!(starting.session.deadline(), Some(Time::ZERO + limit));
    let error = starting.session.tick(Time::ZERO + limit).unwrap_err();
    assert_eq!(error, Error::TimedOut { wait: Wait::Request, limit });

    assert_eq!(Server::ready(Action::Publish).session.deadline(), None, "servers may be silent");
    let mut playing = Server::ready(Action::Play);
    playing.now = Time::from_millis(1000);
    playing.send(7, AUDIO, 5, b"a");
    assert_eq!(playing.session.deadline(), Some(playing.now + idle));
    assert_eq!(playing.session.tick(playing.now + idle - Delta::micros(1)), Ok(()));
    let error = playing.session.tick(playing.now + idle).unwrap_err();
    assert_eq!(error, Error::TimedOut { wait: Wait::Sign, limit: idle });
}
