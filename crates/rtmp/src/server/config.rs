//! What all sessions of a server have in common, and the words it answers with.

use container::amf0::Object;

use crate::{Capabilities, Limits};

/// How a server speaks. Shared by its sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The size of the chunks that we send, announced with the answer to `connect`.
    pub chunk_size: u32,
    /// Bytes after which a peer acknowledges; also the bandwidth that is suggested to it.
    pub window: u32,
    /// What we announce of enhanced RTMP, to peers that announce something.
    pub capabilities: Capabilities,
    /// Put into the information object of the answer to `connect`, after what we say ourselves.
    pub properties: Object,
    /// Bounds on one connection.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Config {
        // SRS and nginx have shown that every client takes them.
        Config {
            chunk_size: 60_000,
            window: 2_500_000,
            capabilities: Capabilities::ALL,
            properties: Object::default(),
            limits: Limits::default(),
        }
    }
}

/// Why something is refused or ended, in words that encoders show and write to their logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// One of [`code`].
    pub code: &'static str,
    /// A sentence for people.
    pub description: String,
}

/// Status codes. Source: ActionScript 3 reference, `NetStatusEvent.info`.
#[allow(missing_docs)]
pub mod code {
    pub const CALL_FAILED: &str = "NetConnection.Call.Failed";
    pub const CONNECT_RECONNECT_REQUEST: &str = "NetConnection.Connect.ReconnectRequest";
    pub const CONNECT_CLOSED: &str = "NetConnection.Connect.Closed";
    pub const CONNECT_SUCCESS: &str = "NetConnection.Connect.Success";
    /// The name is taken, cannot be, or the key is wrong: the code that encoders know best.
    pub const PUBLISH_BAD_NAME: &str = "NetStream.Publish.BadName";
    pub const PUBLISH_DENIED: &str = "NetStream.Publish.Denied";
    pub const PUBLISH_START: &str = "NetStream.Publish.Start";
    pub const UNPUBLISH_SUCCESS: &str = "NetStream.Unpublish.Success";
    pub const PLAY_COMPLETE: &str = "NetStream.Play.Complete";
    pub const PLAY_FAILED: &str = "NetStream.Play.Failed";
    pub const PLAY_PUBLISH_NOTIFY: &str = "NetStream.Play.PublishNotify";
    pub const PLAY_RESET: &str = "NetStream.Play.Reset";
    pub const PLAY_START: &str = "NetStream.Play.Start";
    pub const PLAY_STOP: &str = "NetStream.Play.Stop";
    pub const PLAY_STREAM_NOT_FOUND: &str = "NetStream.Play.StreamNotFound";
    pub const PLAY_UNPUBLISH_NOTIFY: &str = "NetStream.Play.UnpublishNotify";
    pub const PAUSE_NOTIFY: &str = "NetStream.Pause.Notify";
    pub const UNPAUSE_NOTIFY: &str = "NetStream.Unpause.Notify";
    pub const SEEK_FAILED: &str = "NetStream.Seek.Failed";
    pub const SEEK_NOTIFY: &str = "NetStream.Seek.Notify";
}
