//! What a client wants and how it speaks.

use container::amf0::Object;
use media::Delta;

use crate::url::Url;
use crate::{Capabilities, Limits};

/// What one connection is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `app` in `connect`.
    pub app: String,
    /// `tcUrl` in `connect`.
    pub tc_url: String,
    /// The stream's name with its query, as servers expect it in `publish` and `play`.
    pub name: String,
    /// Publish or play.
    pub action: Action,
    /// `flashVer`: what we say we are. Platforms look for `FMLE` in a publisher's.
    pub flash_ver: String,
    /// The size of a publisher's chunks, announced before anything big.
    pub chunk_size: u32,
    /// Bytes after which we want to be acknowledged.
    pub window: u32,
    /// Where to begin to play: -2 live or recorded, -1 live only, otherwise seconds.
    pub start: f64,
    /// How much a player says it buffers.
    pub buffer: Delta,
    /// Whether the handshake has digests.
    pub digests: bool,
    /// What we announce of enhanced RTMP.
    pub capabilities: Capabilities,
    /// Put into the object of `connect`, after what we say ourselves.
    pub properties: Object,
    /// Bounds on the connection; a server's messages are bound as a publisher's.
    pub limits: Limits,
}

/// What a client does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Send a stream.
    Publish,
    /// Receive one.
    Play,
}

impl Config {
    /// What it takes for `url`, the rest as common encoders and players have it.
    pub fn new(url: &Url, action: Action) -> Config {
        Config {
            app: url.app.clone(),
            tc_url: url.tc_url(),
            name: url.name.clone(),
            action,
            flash_ver: match action {
                Action::Publish => "FMLE/3.0 (compatible; Sluice)".to_owned(),
                Action::Play => "LNX 9,0,124,2".to_owned(),
            },
            chunk_size: 60_000,
            window: 2_500_000,
            start: -2.0,
            buffer: Delta::secs(3),
            digests: true,
            capabilities: Capabilities::ALL,
            properties: Object::default(),
            limits: Limits::default(),
        }
    }
}
