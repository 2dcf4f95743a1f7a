//! A peer for the tests of the server's session.
#![allow(clippy::unwrap_used)]

use bytes::{Bytes, BytesMut};
use container::amf0::{Object, Value};
use media::{Delta, Time};

use super::{Config, Event, Output, Session};
use crate::chunk::{Header, Message, Reader, write_contiguous};
use crate::command::{self, Command};
use crate::message::{COMMAND, DATA};
use crate::url::Target;
use crate::{Error, Limits, Media, MediaKind};

/// A server session, and a peer that writes what the test wants and reads the answers.
pub(super) struct Peer {
    pub(super) session: Session,
    reader: Reader,
    pub(super) now: Time,
    /// What the server said, a line a message.
    said: Vec<String>,
    events: Vec<Event>,
}

impl Peer {
    pub(super) fn new(config: Config) -> Peer {
        let (reader, now) = (Reader::new(), Time::from_millis(1_000_000));
        Peer { session: Session::new(config, 1), reader, now, said: Vec::new(), events: Vec::new() }
    }

    /// After the handshake.
    pub(super) fn greeted(config: Config) -> Peer {
        let mut peer = Peer::new(config);
        let mut hello = vec![0; 1 + 1536];
        hello[0] = 3;
        peer.session.receive(peer.now, &hello).unwrap();
        let Some(Output::Send(answer)) = peer.session.poll() else { panic!("no answer") };
        assert_eq!(answer.len(), 1 + 2 * 1536);
        peer.session.receive(peer.now, &[0; 1536]).unwrap();
        peer
    }

    /// After `connect`, with nothing to read.
    pub(super) fn connected() -> Peer {
        Peer::connected_with(Config::default())
    }

    pub(super) fn connected_with(config: Config) -> Peer {
        let mut peer = Peer::greeted(config);
        peer.call(0, "connect", 1.0, &[app("live")]).unwrap();
        peer.clear();
        peer
    }

    /// After an accepted publish on message stream 1.
    pub(super) fn publishing() -> Peer {
        Peer::publishing_with(Config::default())
    }

    pub(super) fn publishing_with(config: Config) -> Peer {
        let mut peer = Peer::connected_with(config);
        peer.call(0, "createStream", 2.0, &[Value::Null]).unwrap();
        peer.call(1, "publish", 3.0, &[Value::Null, "s?k=v".into(), "live".into()]).unwrap();
        peer.session.accept_publish(1).unwrap();
        peer.clear();
        peer
    }

    /// After an accepted play on message stream 1.
    pub(super) fn playing() -> Peer {
        let mut peer = Peer::connected();
        peer.call(0, "createStream", 2.0, &[Value::Null]).unwrap();
        peer.call(1, "play", 3.0, &[Value::Null, "s".into()]).unwrap();
        peer.session.accept_play(1).unwrap();
        peer.clear();
        peer
    }

    pub(super) fn receive(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let result = self.session.receive(self.now, bytes);
        self.drain();
        result
    }

    pub(super) fn send(&mut self, stream: u32, kind: u8, timestamp: u32, body: &[u8]) -> Result<(), Error> {
        self.receive(&bytes(stream, kind, timestamp, body))
    }

    pub(super) fn call(
        &mut self,
        stream: u32,
        name: &str,
        transaction: f64,
        args: &[Value],
    ) -> Result<(), Error> {
        self.send(stream, COMMAND, 0, &command::body(name, transaction, args))
    }

    pub(super) fn tick(&mut self, later: Delta) -> Result<(), Error> {
        self.now += later;
        let result = self.session.tick(self.now);
        self.drain();
        result
    }

    pub(super) fn drain(&mut self) {
        while let Some(output) = self.session.poll() {
            match output {
                Output::Event(event) => self.events.push(event),
                Output::Send(bytes) => {
                    let mut input = &bytes[..];
                    let bounds = Limits::default().publisher;
                    while let Some(message) = self.reader.read(&mut input, &bounds).unwrap() {
                        self.said.push(line(&message));
                    }
                }
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.drain();
        self.said.clear();
        self.events.clear();
    }

    /// What was said and has happened since it was last asked.
    pub(super) fn since(&mut self) -> (Vec<String>, Vec<Event>) {
        self.drain();
        (std::mem::take(&mut self.said), std::mem::take(&mut self.events))
    }

    pub(super) fn answers(&mut self) -> Vec<String> {
        let (said, events) = self.since();
        assert_eq!(events, []);
        said
    }

    pub(super) fn events(&mut self) -> Vec<Event> {
        self.since().1
    }

    pub(super) fn media(&mut self) -> Vec<(MediaKind, i64, Bytes)> {
        let media = |event| match event {
            Event::Media(Media { kind, time, body, stream: 1 }) => (kind, time.as_millis(), body),
            event => panic!("{event:?}"),
        };
        self.events().into_iter().map(media).collect()
    }
}

pub(super) fn app(name: &str) -> Value {
    Object::default().with("app", name).with("tcUrl", format!("rtmp://h/{name}")).into()
}

pub(super) fn bytes(stream: u32, kind: u8, timestamp: u32, body: &[u8]) -> BytesMut {
    let mut out = BytesMut::new();
    write_contiguous(&mut out, &Header { csid: 4, timestamp, kind, stream }, 128, body).unwrap();
    out
}

/// A message in short: `stream name transaction values`; of an information object the level and code.
fn line(message: &Message) -> String {
    let word = |value: &Value| match value {
        Value::Null => "null".to_owned(),
        Value::Undefined => "undefined".to_owned(),
        Value::String(string) => string.clone(),
        Value::Number(number) => number.to_string(),
        Value::Boolean(boolean) => boolean.to_string(),
        Value::Object(object) | Value::EcmaArray(object) => {
            let part = |name| object.find(name).and_then(Value::as_str).unwrap_or("-");
            format!("{}:{}", part("level"), part("code"))
        }
        other => format!("{other:?}"),
    };
    let words = |values: &[Value]| values.iter().map(word).collect::<Vec<_>>().join(" ");
    let body = &message.body;
    match message.header.kind {
        COMMAND => {
            let command = Command::parse(body).unwrap();
            format!(
                "{} {} {} {}",
                message.header.stream,
                command.name,
                command.transaction,
                words(&command.args)
            )
        }
        DATA => {
            let (mut at, mut values) = (0, Vec::new());
            while at < body.len() {
                let (value, size) = Value::parse(&body[at..]).unwrap();
                values.push(value);
                at += size;
            }
            format!("{} data {}", message.header.stream, words(&values))
        }
        kind => format!("control {kind} {:?}", &body[..]),
    }
}

pub(super) fn target(app: &str, name: &str, query: &str) -> Target {
    Target { app: app.into(), name: name.into(), query: query.into(), vhost: None }
}
