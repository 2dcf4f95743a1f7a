//! Valid RTMP conversations, and what becomes of their bytes: most random bytes never get past a handshake, and most
//! mistakes are behind it.

use std::sync::OnceLock;

use bytes::Bytes;
use media::Time;
use rtmp::client::{self, Action};
use rtmp::url::Url;
use rtmp::{MediaKind, server};

/// What either end of a connection has sent.
#[derive(Debug, Default)]
pub struct Conversation {
    pub client: Vec<u8>,
    pub server: Vec<u8>,
}

/// A client that publishes a few messages and ends.
pub fn publishing() -> &'static Conversation {
    static IT: OnceLock<Conversation> = OnceLock::new();
    IT.get_or_init(|| converse(Action::Publish))
}

/// A client that plays.
pub fn playing() -> &'static Conversation {
    static IT: OnceLock<Conversation> = OnceLock::new();
    IT.get_or_init(|| converse(Action::Play))
}

/// A server's session as [`publishing`] and [`playing`] use it.
pub fn server() -> server::Session {
    server::Session::new(server::Config::default(), 2)
}

/// A client's session as [`publishing`] and [`playing`] use it.
pub fn client(action: Action) -> client::Session {
    let url = Url::parse("rtmp://127.0.0.1/live/stream?secret=k").expect("this is a URL");
    client::Session::new(client::Config::new(&url, action), 1)
}

/// Lets a server's owner say yes to everything; gives the bytes for the client. The error ends the connection.
pub fn serve(session: &mut server::Session) -> Result<Vec<u8>, rtmp::Error> {
    let mut sent = Vec::new();
    while let Some(output) = session.poll() {
        match output {
            rtmp::Output::Send(bytes) => sent.extend_from_slice(&bytes),
            rtmp::Output::Event(server::Event::Publish { stream, .. }) => session.accept_publish(stream)?,
            rtmp::Output::Event(server::Event::Play { stream, .. }) => session.accept_play(stream)?,
            rtmp::Output::Event(_) => {}
        }
    }
    Ok(sent)
}

/// Damages `valid` as `data` says and appends what is left of `data`; gives it in pieces.
///
/// `data` is: the size of the pieces, the number of changes (at most 16), for each its place (two bytes, little end
/// first) and what to exclude or; the rest is appended.
pub fn damaged(valid: &[u8], data: &[u8]) -> Vec<Vec<u8>> {
    let [size, changes, rest @ ..] = data else { return Vec::new() };
    let mut rest = rest;
    let mut bytes = valid.to_vec();
    for _ in 0..changes % 17 {
        let [low, high, change, after @ ..] = rest else { break };
        rest = after;
        let place = usize::from(u16::from_le_bytes([*low, *high])) % bytes.len();
        bytes[place] ^= change;
    }
    bytes.extend_from_slice(rest);
    let size = if *size == 0 { bytes.len() } else { usize::from(*size) * 16 };
    bytes.chunks(size).map(<[u8]>::to_vec).collect()
}

fn converse(action: Action) -> Conversation {
    let (mut client, mut server) = (client(action), server());
    let mut said = Conversation::default();
    let now = Time::ZERO;
    let mut sent_media = false;
    loop {
        let (mut up, mut ready) = (Vec::new(), false);
        while let Some(output) = client.poll() {
            match output {
                rtmp::Output::Send(bytes) => up.extend_from_slice(&bytes),
                rtmp::Output::Event(client::Event::Ready) => ready = true,
                rtmp::Output::Event(_) => {}
            }
        }
        server.receive(now, &up).expect("the conversation is valid");
        let down = serve(&mut server).expect("the conversation is valid");
        client.receive(now, &down).expect("the conversation is valid");
        if up.is_empty() && down.is_empty() && !ready {
            return said;
        }
        said.client.extend(up);
        said.server.extend(down);
        if ready && action == Action::Publish && !sent_media {
            sent_media = true;
            for (at, kind) in [
                (0, MediaKind::Video),
                (0, MediaKind::Audio),
                (40, MediaKind::Video),
                (0x0100_0000, MediaKind::Audio),
            ] {
                let body = Bytes::from(vec![0x17; 300]);
                client.send(kind, Time::from_millis(at), &[body]).expect("the publish has begun");
            }
            client.end();
        }
    }
}
