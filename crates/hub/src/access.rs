//! Who may publish or play: the question the hub asks before it opens anything.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;

use crate::{SessionId, StreamKey};

/// What somebody at a gateway wants, with all that is known of them. Every publish and every play makes one.
#[derive(Debug, Clone)]
pub struct AccessRequest {
    /// Publish or play.
    pub action: Action,
    /// The stream.
    pub key: StreamKey,
    /// The query string as sent: no leading `?`, not URL-decoded; may hold secrets, so it is never logged.
    pub query: String,
    /// The gateway's name: `rtmp`, `flv`, `hls`, …
    pub protocol: &'static str,
    /// Where they come from; behind a trusted proxy, where the proxy says they come from.
    pub peer: SocketAddr,
    /// What they say they are: `flashVer`, `User-Agent`; empty when silent.
    pub agent: String,
    /// The URL that they opened, where the protocol tells: RTMP's `tcUrl`; empty when silent.
    pub url: String,
    /// The page they are on, where the protocol tells: RTMP's `pageUrl`, HTTP's `Referer`; empty when silent.
    pub page: String,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Send a stream in.
    Publish,
    /// Watch one.
    Play,
}

/// Why somebody was not let in, in words that may be shown to them: it holds no secret and gives no hint at one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Denial {
    /// A sentence for the person at the encoder or player.
    pub reason: String,
}

/// Decides who may publish and play. The hub asks it for every session, so no gateway can forget to.
pub trait Admission: Send + Sync + 'static {
    /// Lets the session in to the stream that it asks for, or to the one which it has another name of; or says why not. May wait
    /// (for a callback's answer); the hub's media path never waits for it.
    fn admit<'a>(
        &'a self,
        session: SessionId,
        request: &'a AccessRequest,
    ) -> Pin<Box<dyn Future<Output = Result<StreamKey, Denial>> + Send + 'a>>;

    /// Whether watching `key` takes more than knowing its address, so that nothing of it may be had without a session. The hub
    /// asks for every session either way; this is for a gateway that would serve some of it to anybody.
    fn is_guarded(&self, key: &StreamKey) -> bool {
        let _ = key;
        false
    }

    /// Whether `key` itself is a secret, as where devices publish with a key in the name. Then it is not written down, nor shown to
    /// everybody who may see streams.
    fn is_secret(&self, key: &StreamKey) -> bool {
        let _ = key;
        false
    }

    /// Counts up whenever answers of [`is_secret`](Admission::is_secret) may have become others. What never changes stays at 0.
    fn secrets_version(&self) -> u64 {
        0
    }
}
