#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use hub::wire::{Selection, WireKey};
use hub::{Action, Hub, Publisher};
use media::Track;
use tokio::io::{AsyncReadExt, DuplexStream, duplex};
use tokio::task::JoinHandle;

use super::*;
use crate::flv;
use crate::testing::{hub, picture, publish, request, video};

/// The client's side of a WebSocket on a stream of pictures.
struct Client {
    hub: Hub,
    publisher: Publisher,
    track: Arc<Track>,
    socket: DuplexStream,
    served: JoinHandle<()>,
}

impl Client {
    /// With `room` bytes on the way.
    async fn new(room: usize) -> Client {
        let (hub, track) = (hub(), video());
        let mut publisher = publish(&hub, "s").await;
        publisher.write(picture(&track, 0, true, 1_000)).unwrap();
        let subscription = hub.subscribe(request(Action::Play, "s")).await.unwrap();
        let key = WireKey { format: "flv", tracks: Selection::ALL, variant: 0, private: false };
        let reader = subscription.wire(&subscription.publication().await, key, flv::FILE.format);
        let (near, socket) = duplex(room);
        let served = tokio::spawn(follow(near, Tail::new(reader, subscription)));
        Client { hub, publisher, track, socket, served }
    }

    async fn say(&mut self, opcode: u8, payload: &[u8]) {
        say(&mut self.socket, opcode, payload).await;
    }

    async fn hear(&mut self) -> (u8, Vec<u8>) {
        hear(&mut self.socket).await
    }

    /// The code and the words of the goodbye, which must be next; answers it and waits for the end.
    async fn goodbye(mut self) -> (u16, String) {
        let (opcode, payload) = self.hear().await;
        assert_eq!(opcode, 8);
        self.say(8, &payload[..2]).await;
        assert_eq!(self.socket.read(&mut [0]).await.unwrap(), 0, "the server closes");
        self.served.await.unwrap();
        let code = u16::from_be_bytes([payload[0], payload[1]]);
        (code, String::from_utf8(payload[2..].to_vec()).unwrap())
    }

    fn viewers(&self) -> usize {
        self.hub.sessions().iter().filter(|session| session.action == Action::Play).count()
    }
}

async fn say(socket: &mut DuplexStream, opcode: u8, payload: &[u8]) {
    // The mask may be anything, nothing included.
    let head = [0x80 | opcode, 0x80 | payload.len() as u8, 0, 0, 0, 0];
    socket.write_all(&[&head[..], payload].concat()).await.unwrap();
}

/// The next frame: opcode and payload.
async fn hear(socket: &mut DuplexStream) -> (u8, Vec<u8>) {
    let [first, size] = [socket.read_u8().await.unwrap(), socket.read_u8().await.unwrap()];
    assert_eq!(first & 0xf0, 0x80, "whole messages");
    let size = match size {
        126 => socket.read_u16().await.unwrap().into(),
        127 => socket.read_u64().await.unwrap(),
        size => size.into(),
    };
    let mut payload = vec![0; size as usize];
    socket.read_exact(&mut payload).await.unwrap();
    (first & 15, payload)
}

/// The next frame that is no message.
async fn control(socket: &mut DuplexStream) -> (u8, Vec<u8>) {
    loop {
        let (opcode, payload) = hear(socket).await;
        if opcode != 2 {
            return (opcode, payload);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn messages_are_the_file() {
    let mut client = Client::new(1 << 20).await;
    let (opcode, first) = client.hear().await;
    assert_eq!((opcode, &first[..3]), (2, &b"FLV"[..]));
    client.publisher.write(picture(&client.track, 40, false, 70_000)).unwrap();
    let (opcode, next) = client.hear().await;
    assert_eq!((opcode, next.len()), (2, 70_000 + 5 + 11 + 4));
    let viewer = client.hub.sessions().into_iter().find(|session| session.action == Action::Play).unwrap();
    assert_eq!(viewer.moved().bytes, (first.len() + next.len()) as u64);
    client.publisher.end(End::Finished);
    assert_eq!(client.goodbye().await, (1000, "finished".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn pings_are_answered_between_messages() {
    let mut client = Client::new(1 << 20).await;
    client.hear().await;
    client.say(9, b"one").await;
    assert_eq!(client.hear().await, (10, b"one".to_vec()));
    client.publisher.write(picture(&client.track, 40, false, 70_000)).unwrap();
    client.say(9, b"two").await;
    let mut opcodes = [client.hear().await.0, client.hear().await.0];
    opcodes.sort_unstable();
    assert_eq!(opcodes, [2, 10], "in either order, and both whole");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_answers_pings_stays_and_one_that_does_not_goes() {
    let Client { hub: _hub, mut publisher, track, mut socket, served } = Client::new(1 << 20).await;
    // A publisher that falls silent is cut before the first ping.
    let publishing = tokio::spawn(async move {
        for n in 1.. {
            tokio::time::sleep(Duration::from_secs(1)).await;
            publisher.write(picture(&track, n * 1_000, true, 100)).unwrap();
        }
    });
    for _ in 0..10 {
        assert_eq!(control(&mut socket).await.0, 9);
        say(&mut socket, 10, &[]).await;
    }
    let before = Instant::now();
    assert_eq!((control(&mut socket).await.0, control(&mut socket).await.0), (9, 9));
    let (opcode, payload) = control(&mut socket).await;
    assert_eq!((opcode, &payload[..2]), (8, &1001u16.to_be_bytes()[..]));
    assert_eq!(before.elapsed(), PING * 3);
    served.await.unwrap();
    assert_eq!(before.elapsed(), PING * 3 + FAREWELL, "and is not waited for");
    publishing.abort();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_closes_is_answered() {
    let mut client = Client::new(1 << 20).await;
    client.hear().await;
    client.say(8, &4000u16.to_be_bytes()).await;
    assert_eq!(client.hear().await, (8, 4000u16.to_be_bytes().to_vec()));
    assert_eq!(client.socket.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(client.viewers(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_vanishes_leaves_nothing() {
    let client = Client::new(1 << 20).await;
    let Client { hub, publisher: _publisher, socket, served, .. } = client;
    drop(socket);
    served.await.unwrap();
    assert!(hub.sessions().iter().all(|session| session.action == Action::Publish));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_what_it_must_not_is_told_so() {
    let mut client = Client::new(1 << 20).await;
    client.hear().await;
    client.socket.write_all(&[0x89, 0]).await.unwrap();
    assert_eq!(client.goodbye().await, (1002, "frames from a client are masked".to_owned()));

    let mut client = Client::new(1 << 20).await;
    client.hear().await;
    for _ in 0..=MOST_SAID / 106 {
        client.say(1, &[0; 100]).await;
    }
    assert_eq!(client.goodbye().await.0, 1008);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_on_after_that_is_read_until_it_goes() {
    let mut client = Client::new(1 << 20).await;
    client.hear().await;
    for _ in 0..4 * MOST_SAID / 1024 {
        // Unmasked, all of it. A socket that is closed over it would be reset before the goodbye is read.
        client.socket.write_all(&[0x89, 0].repeat(512)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(client.viewers(), 0, "and has no stream meanwhile");
    assert!(!client.served.is_finished());
    assert_eq!(client.hear().await.0, 8);
    drop(client.socket);
    client.served.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_is_put_out_learns_why() {
    let mut client = Client::new(1 << 20).await;
    client.hear().await;
    let viewer = client.hub.sessions().into_iter().find(|session| session.action == Action::Play).unwrap();
    client.hub.kick(viewer.id);
    assert_eq!(client.goodbye().await, (1008, "kicked".to_owned()));

    let mut client = Client::new(1 << 20).await;
    client.hear().await;
    let hub = client.hub.clone();
    let stopping = tokio::spawn(async move { hub.shut_down().await });
    assert_eq!(client.goodbye().await, (1001, "shutdown".to_owned()));
    stopping.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_given_up_at_the_end() {
    let client = Client::new(16).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    let Client { hub, mut publisher, socket: _socket, served, .. } = client;
    publisher.end(End::Finished);
    drop(publisher);
    let before = Instant::now();
    hub.shut_down().await;
    served.await.unwrap();
    assert_eq!(before.elapsed(), FAREWELL);
}
