//! The two machines against each other, over a wire that cuts anywhere, and against bytes that have been tampered with.
#![allow(clippy::unwrap_used)]

use bytes::{Bytes, BytesMut};
use container::amf0::Object;
use media::{Delta, Time};
use proptest::prelude::*;
use rtmp::client::{self, Action};
use rtmp::server::{self, Config};
use rtmp::url::Url;
use rtmp::{Media, MediaKind, Output, chunk};

/// Both ends of a connection, and everything that went over it.
struct Pair {
    client: client::Session,
    server: server::Session,
    to_server: BytesMut,
    to_client: BytesMut,
    now: Time,
    /// The most bytes that arrive at a time.
    piece: usize,
    heard: Vec<client::Event>,
    seen: Vec<server::Event>,
    /// What the client sent, whole.
    uploaded: Vec<u8>,
    /// What the server sent, whole.
    downloaded: Vec<u8>,
}

impl Pair {
    fn new(action: Action, piece: usize, digests: bool) -> Pair {
        let url = Url::parse("rtmp://h/live/s?secret=x").unwrap();
        let config = client::Config { digests, ..client::Config::new(&url, action) };
        Pair {
            client: client::Session::new(config, 1),
            server: server::Session::new(Config::default(), 2),
            to_server: BytesMut::new(),
            to_client: BytesMut::new(),
            now: Time::from_millis(5_000),
            piece,
            heard: Vec::new(),
            seen: Vec::new(),
            uploaded: Vec::new(),
            downloaded: Vec::new(),
        }
    }

    /// Lets bytes flow until there are none. The server says yes to everything.
    fn run(&mut self) {
        loop {
            while let Some(output) = self.client.poll() {
                match output {
                    Output::Send(bytes) => {
                        self.uploaded.extend(&bytes);
                        self.to_server.extend(bytes);
                    }
                    Output::Event(event) => self.heard.push(event),
                }
            }
            self.serve();
            if self.to_server.is_empty() && self.to_client.is_empty() {
                return;
            }
            self.now += Delta::millis(1);
            let part = self.to_server.split_to(self.piece.min(self.to_server.len()));
            self.server.receive(self.now, &part).unwrap();
            let part = self.to_client.split_to(self.piece.min(self.to_client.len()));
            self.client.receive(self.now, &part).unwrap();
        }
    }

    fn serve(&mut self) {
        while let Some(output) = self.server.poll() {
            match output {
                Output::Send(bytes) => {
                    self.downloaded.extend(&bytes);
                    self.to_client.extend(bytes);
                }
                Output::Event(event) => {
                    match &event {
                        server::Event::Publish { stream, .. } => self.server.accept_publish(*stream).unwrap(),
                        server::Event::Play { stream, .. } => self.server.accept_play(*stream).unwrap(),
                        _ => {}
                    }
                    self.seen.push(event);
                }
            }
        }
    }

    fn published(&self) -> Vec<Media> {
        let media = |event: &server::Event| match event {
            server::Event::Media(media) => Some(media.clone()),
            _ => None,
        };
        self.seen.iter().filter_map(media).collect()
    }

    /// Sends to the viewer as a gateway does: by the shared writer.
    fn show(&mut self, media: &Media) {
        let (mut out, mut scratch) = (Vec::new(), BytesMut::new());
        let header = chunk::Header::media(media.kind, media.time, 1);
        chunk::write(
            &mut out,
            &mut scratch,
            &header,
            self.server.chunk_size(),
            std::slice::from_ref(&media.body),
        )
        .unwrap();
        for bytes in out {
            self.downloaded.extend(&bytes);
            self.to_client.extend(bytes);
        }
    }
}

fn media(kind: MediaKind, millis: i64, size: usize) -> Media {
    let body = (0..size).map(|at| at as u8).collect::<Vec<u8>>();
    Media { stream: 1, kind, time: Time::from_millis(millis), body: body.into() }
}

/// Times around which a timestamp changes its form or wraps, and sizes around those of chunks.
fn some_media() -> Vec<Media> {
    let edges = [0, 0xff_ffff, 1 << 31, 1 << 32, (1 << 32) + (1 << 31), 1 << 33];
    let mut sent = Vec::new();
    for (index, edge) in edges.into_iter().enumerate() {
        for (kind, millis, size) in [
            (MediaKind::Video, edge - 40, 1 + 700 * index),
            (MediaKind::Audio, edge - 1, 200),
            (MediaKind::Audio, edge, 127),
            (MediaKind::Video, edge, 128),
            (MediaKind::Audio, edge + 1, 129),
            (MediaKind::Video, edge + 40, 65_000),
        ] {
            sent.push(media(kind, millis.max(0), size));
        }
    }
    // Half the range of the counter is the furthest jump that is understood: steps in between.
    let mut filled = Vec::new();
    for media in sent {
        while let Some(Media { time, .. }) = filled.last()
            && media.time - *time > Delta::secs(2_000_000)
        {
            let time = *time + Delta::secs(1_000_000);
            filled.push(self::media(MediaKind::Audio, time.as_millis(), 3));
        }
        filled.push(media);
    }
    filled
}

#[test]
fn a_publish_arrives_whatever_the_pieces() {
    let sent = some_media();
    for (piece, digests) in
        [(1, true), (2, false), (3, true), (13, true), (128, false), (1537, true), (1 << 20, true)]
    {
        let mut pair = Pair::new(Action::Publish, piece, digests);
        pair.run();
        assert_eq!(pair.heard, [client::Event::Ready], "by {piece}");
        let [server::Event::Connected(connect), server::Event::Publish { stream: 1, target }] =
            &pair.seen[..]
        else {
            panic!("{:?}", pair.seen)
        };
        assert_eq!((connect.app.as_str(), connect.tc_url.as_str()), ("live", "rtmp://h/live"));
        assert_eq!(
            (target.app.as_str(), target.name.as_str(), target.query.as_str()),
            ("live", "s", "secret=x")
        );

        pair.client.metadata(Time::ZERO, Object::default().with("width", 1280.0)).unwrap();
        for Media { kind, time, body, .. } in &sent {
            // As a gather list.
            let (a, b) = (body.slice(..body.len() / 2), body.slice(body.len() / 2..));
            pair.client.send(*kind, *time, &[a, b]).unwrap();
        }
        pair.client.end();
        pair.run();
        let published = pair.published();
        assert_eq!(published[0].kind, MediaKind::Data);
        assert!(published[0].body.starts_with(b"\x02\0\x0aonMetaData\x08"));
        assert_eq!(published[1..], sent, "by {piece}");
        assert_eq!(pair.seen.last(), Some(&server::Event::Unpublish { stream: 1 }));
        assert_eq!(pair.server.dropped(), 0);
    }
}

#[test]
fn a_play_arrives_whatever_the_pieces() {
    let sent = some_media();
    for piece in [1, 5, 100, 4096, 1 << 20] {
        let mut pair = Pair::new(Action::Play, piece, true);
        pair.run();
        assert_eq!(pair.heard.last(), Some(&client::Event::Ready));
        pair.heard.clear();
        sent.iter().for_each(|media| pair.show(media));
        pair.run();
        let received: Vec<client::Event> = sent.iter().cloned().map(client::Event::Media).collect();
        assert_eq!(pair.heard, received, "by {piece}");
        pair.client.end();
        pair.run();
        assert_eq!(pair.seen.last(), Some(&server::Event::Stop { stream: 1 }));
    }
}

#[test]
fn a_conversation_may_be_cut_in_two_anywhere() {
    let mut pair = Pair::new(Action::Publish, usize::MAX, true);
    pair.run();
    pair.client.send(MediaKind::Video, Time::from_millis(0xff_ffff), &[Bytes::from(vec![7; 300])]).unwrap();
    pair.client.end();
    pair.run();
    for at in 0..pair.uploaded.len() {
        let mut again = Pair::new(Action::Publish, 0, true);
        let (a, b) = pair.uploaded.split_at(at);
        again.server.receive(again.now, a).unwrap();
        again.serve();
        again.server.receive(again.now, b).unwrap();
        again.serve();
        assert_eq!(again.seen, pair.seen, "cut at {at}");
    }
}

#[test]
fn pings_are_answered_by_our_own_client() {
    let mut pair = Pair::new(Action::Play, 1000, true);
    pair.run();
    for _ in 0..20 {
        pair.now += Delta::secs(30);
        pair.server.tick(pair.now).unwrap();
        pair.run();
    }
}

#[test]
fn a_refusal_reaches_the_client_with_its_words() {
    let mut pair = Pair::new(Action::Publish, 1000, true);
    let refusal =
        || server::Refusal { code: server::code::PUBLISH_BAD_NAME, description: "Wrong key.".into() };
    loop {
        while let Some(output) = pair.client.poll() {
            match output {
                Output::Send(bytes) => pair.server.receive(pair.now, &bytes).unwrap(),
                Output::Event(client::Event::Refused(status)) => {
                    assert_eq!(status.code, "NetStream.Publish.BadName");
                    assert_eq!(status.description, "Wrong key.");
                    return;
                }
                Output::Event(event) => panic!("{event:?}"),
            }
        }
        while let Some(output) = pair.server.poll() {
            match output {
                Output::Send(bytes) => pair.client.receive(pair.now, &bytes).unwrap(),
                Output::Event(server::Event::Publish { stream, .. }) => {
                    pair.server.refuse_publish(stream, refusal()).unwrap();
                }
                Output::Event(_) => {}
            }
        }
    }
}

/// What a client and a server send in a whole conversation with media.
fn recorded(action: Action) -> (Vec<u8>, Vec<u8>) {
    let mut pair = Pair::new(action, usize::MAX, true);
    pair.run();
    for index in 0..20 {
        let media = media(MediaKind::Video, 0xff_fff0 + index, 300);
        match action {
            Action::Publish => pair.client.send(media.kind, media.time, &[media.body]).unwrap(),
            Action::Play => pair.show(&media),
        }
    }
    pair.run();
    pair.client.end();
    pair.run();
    (pair.uploaded, pair.downloaded)
}

/// Changes, cuts and repeats some bytes; mostly behind the handshake.
fn tampered(bytes: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let size = bytes.len();
    let place = prop_oneof![1 => 0..size, 9 => 3073.min(size - 1)..size];
    prop::collection::vec((place, any::<u8>(), 0u8..4, 0usize..40), 1..8).prop_map(move |changes| {
        let mut bytes = bytes.clone();
        for (at, byte, how, count) in changes {
            let at = at.min(bytes.len().saturating_sub(1));
            let end = (at + count).min(bytes.len());
            match how {
                0 => bytes[at..end].fill(byte),
                1 => drop(bytes.drain(at..end)),
                2 => {
                    let part = bytes[at..end].to_vec();
                    bytes.splice(at..at, part);
                }
                _ => {
                    if let Some(found) = bytes.get_mut(at) {
                        *found ^= byte;
                    }
                }
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_server_survives_whatever_a_client_sends(
        input in prop_oneof![tampered(recorded(Action::Publish).0), tampered(recorded(Action::Play).0)],
        piece in 1usize..2000,
    ) {
        let mut pair = Pair::new(Action::Publish, 0, true);
        for part in input.chunks(piece) {
            pair.now += Delta::millis(1);
            if pair.server.receive(pair.now, part).is_err() || pair.server.tick(pair.now).is_err() {
                break;
            }
            // Accepting reads what has waited, which may be wrong as well.
            while let Some(output) = pair.server.poll() {
                let answered = match output {
                    Output::Event(server::Event::Publish { stream, .. }) => pair.server.accept_publish(stream),
                    Output::Event(server::Event::Play { stream, .. }) => pair.server.accept_play(stream),
                    _ => Ok(()),
                };
                if answered.is_err() {
                    return Ok(());
                }
            }
        }
    }

    #[test]
    fn a_client_survives_whatever_a_server_sends(
        input in prop_oneof![tampered(recorded(Action::Publish).1), tampered(recorded(Action::Play).1)],
        piece in 1usize..2000,
        publishes in any::<bool>(),
    ) {
        let action = if publishes { Action::Publish } else { Action::Play };
        let mut pair = Pair::new(action, 0, true);
        for part in input.chunks(piece) {
            pair.now += Delta::millis(1);
            if pair.client.receive(pair.now, part).is_err() || pair.client.tick(pair.now).is_err() {
                break;
            }
            while pair.client.poll().is_some() {}
            let _ = pair.client.send(MediaKind::Audio, pair.now, &[Bytes::from_static(b"a")]);
        }
    }
}
