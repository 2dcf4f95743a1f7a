//! What a server session tells its owner.

use container::amf0::{Object, Value};

use crate::url::Target;
use crate::{Capabilities, Media};

/// Something that the peer did.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// It has connected, and has been answered.
    Connected(Box<Connect>),
    /// It wants to publish: answer with `accept_publish` or `refuse_publish`.
    Publish {
        /// The message stream.
        stream: u32,
        /// What it wants to publish.
        target: Target,
    },
    /// It wants to play: answer with `accept_play` or `refuse_play`.
    Play {
        /// The message stream.
        stream: u32,
        /// What it wants to play.
        target: Target,
        /// Where to begin, as sent: seconds, from FFmpeg and librtmp milliseconds. Negative is live.
        start: Option<f64>,
        /// How much to play, as sent, in the same units. Negative is all of it.
        duration: Option<f64>,
        /// Whether earlier plays end, as sent. They do in any case.
        reset: Option<bool>,
    },
    /// An accepted publish has ended in order. Comes once for each; after a reset or a time-out it does not come at all.
    Unpublish {
        /// The message stream.
        stream: u32,
    },
    /// An accepted play has ended in order.
    Stop {
        /// The message stream.
        stream: u32,
    },
    /// A viewer wants no media until it says so, or wants it again.
    Pause {
        /// The message stream.
        stream: u32,
        /// Which of the two.
        paused: bool,
    },
    /// A viewer wants no audio until it says so, or wants it again.
    ReceiveAudio {
        /// The message stream.
        stream: u32,
        /// Which of the two.
        wanted: bool,
    },
    /// A viewer wants no video until it says so, or wants it again.
    ReceiveVideo {
        /// The message stream.
        stream: u32,
        /// Which of the two.
        wanted: bool,
    },
    /// Media of an accepted publish.
    Media(Media),
}

/// What a peer says of itself in `connect`; empty where it says nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Connect {
    /// `app`, as sent.
    pub app: String,
    /// `tcUrl`: the URL without the stream's name, as a rule.
    pub tc_url: String,
    /// `pageUrl`: the page that it is on.
    pub page_url: String,
    /// `swfUrl`.
    pub swf_url: String,
    /// `flashVer`: what it is, or says it is.
    pub flash_ver: String,
    /// What it takes of enhanced RTMP; of a peer that says nothing, [`Capabilities::UNANNOUNCED`].
    pub capabilities: Capabilities,
    /// All of it.
    pub properties: Object,
}

impl Connect {
    /// From the command object of `connect`.
    pub(super) fn new(object: Object) -> Connect {
        let string = |name| object.find(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Connect {
            app: string("app"),
            tc_url: string("tcUrl"),
            page_url: string("pageUrl"),
            swf_url: string("swfUrl"),
            flash_ver: string("flashVer"),
            capabilities: Capabilities::announced(&object).unwrap_or(Capabilities::UNANNOUNCED),
            properties: object,
        }
    }
}
