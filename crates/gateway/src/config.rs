//! What the doors need to know before they open.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use media::Delta;
use peer::Trusted;

use crate::Counters;
use crate::timeshift::Timeshift;
use crate::tls::Certificates;

/// Settings of all doors.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The HTTP port.
    pub http: Http,
    /// The same with TLS.
    pub https: Https,
    /// The RTMP port.
    pub rtmp: Rtmp,
    /// RTMP with TLS.
    pub rtmps: Rtmp,
    /// WebRTC, whose media have a port of their own.
    pub webrtc: Webrtc,
    /// What every door with TLS shows; whoever has them may replace them at any time.
    pub certificates: Arc<Certificates>,
    /// HLS, which is served on the HTTP port; whoever has it may change it at any time.
    pub hls: Arc<HlsInForce>,
    /// What is kept of live streams for viewers who go back, if anything is.
    pub timeshift: Option<Arc<dyn Timeshift>>,
    /// A port for what Prometheus asks, and nothing else.
    pub metrics: Http,
    /// What the doors count.
    pub counters: Counters,
}

/// How many connections a port takes at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// In all.
    pub all: usize,
    /// Of one client address: an IPv4 address, or 64 bits of an IPv6 address.
    pub per_address: usize,
}

/// The HTTP port.
#[derive(Debug, Clone, Default)]
pub struct Http {
    /// Where to listen; an unspecified IPv6 address takes IPv4 too.
    pub listen: Vec<SocketAddr>,
    /// Connections at a time.
    pub connections: Connections,
    /// What may be in front of it.
    pub proxies: Proxies,
}

/// Proxies in front of a port.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// Whose word about clients is believed.
    pub trusted: Arc<Trusted>,
    /// Whether connections from those begin with a header of the PROXY protocol.
    pub header: bool,
}

/// The HTTP port with TLS; what it serves is what the HTTP port serves.
#[derive(Debug, Clone, Default)]
pub struct Https {
    /// Where to listen; an unspecified IPv6 address takes IPv4 too.
    pub listen: Vec<SocketAddr>,
    /// Connections at a time.
    pub connections: Connections,
    /// What may be in front of it.
    pub proxies: Proxies,
    /// Whether the HTTP port sends everybody here.
    pub redirect: bool,
    /// The port by which others reach it, where that is another than it listens on.
    pub public_port: Option<u16>,
    /// For how long browsers are to come by HTTPS alone (`Strict-Transport-Security`); they are not told without.
    pub hsts: Option<Duration>,
}

/// A port for RTMP.
#[derive(Debug, Clone, Default)]
pub struct Rtmp {
    /// Where to listen; an unspecified IPv6 address takes IPv4 too.
    pub listen: Vec<SocketAddr>,
    /// Connections at a time.
    pub connections: Connections,
    /// What may be in front of it.
    pub proxies: Proxies,
}

/// WebRTC: WHIP and WHEP on the HTTP port, media on its own.
#[derive(Debug, Clone)]
pub struct Webrtc {
    /// Where media come and go, by UDP and TCP; an unspecified IPv6 address takes IPv4 too.
    pub listen: Vec<SocketAddr>,
    /// Connections of TCP at a time.
    pub connections: Connections,
    /// The port by which others reach it, where that is another than it listens on.
    pub public_port: Option<u16>,
    /// Addresses or names at which clients reach the server, with a port or without; `*` stands for the machine's own. Empty: the machine's own.
    pub candidates: Vec<String>,
    /// Whether names that clients come by are looked up, to be told as candidates.
    pub name_lookup: bool,
    /// In a container, as a person knows it.
    pub docker: bool,
    /// STUN and TURN servers that clients are told of, as in a `Link` header: `stun:stun.example.org`, `turn:user:password@turn.example.org`.
    pub ice_servers: Vec<IceServer>,
    /// A publisher is asked for a key frame when none has come for so long.
    pub key_frame_every: Option<Duration>,
}

/// A server that helps clients to find a way (RFC 9725 §4.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IceServer {
    /// `stun:`, `turn:` or `turns:`.
    pub url: String,
    /// Username and password.
    pub credentials: Option<(String, String)>,
}

/// HLS of every app.
#[derive(Debug, Clone)]
pub struct Hls {
    /// Bytes that the segments of all streams may have; beyond, the playlists of the biggest streams get shorter.
    pub memory: usize,
    /// For every app without settings of its own.
    pub default: HlsApp,
    /// By app name.
    pub apps: HashMap<String, HlsApp>,
}

/// HLS of the streams of one app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HlsApp {
    /// Segments are cut at the first key frame after so long.
    pub fragment: Delta,
    /// How much a playlist lists.
    pub window: Delta,
    /// How playlists are handed out.
    pub mode: HlsMode,
    /// What playlists list when the request does not say.
    pub variant: HlsVariant,
    /// As `fragment`, of the low-latency variant.
    pub ll_fragment: Delta,
    /// No part of a segment of the low-latency variant is longer.
    pub ll_part: Delta,
}

/// How playlists are handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HlsMode {
    /// A master playlist that gives each viewer a name (`hls_ctx`), so that viewers are counted and can be kicked.
    Context,
    /// One playlist for all, which a CDN can cache.
    Plain,
}

/// What the segments of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HlsVariant {
    /// MPEG-TS.
    Ts,
    /// Fragmented MP4 in parts: low latency.
    Ll,
}

impl Hls {
    /// The settings of `app`.
    pub fn app(&self, app: &str) -> &HlsApp {
        self.apps.get(app).unwrap_or(&self.default)
    }

    /// With these for every app without settings of its own.
    pub fn with_default(self, default: HlsApp) -> Hls {
        Hls { default, ..self }
    }

    /// The same, to be changed at any time.
    pub fn in_force(self) -> Arc<HlsInForce> {
        Arc::new(HlsInForce(ArcSwap::from_pointee(self)))
    }
}

/// HLS as it is at present. Requests go by what is in force when they come, segments that are being made by it as they are cut.
#[derive(Debug, Default)]
pub struct HlsInForce(ArcSwap<Hls>);

impl HlsInForce {
    /// What is in force.
    pub fn load(&self) -> Arc<Hls> {
        self.0.load_full()
    }

    /// Puts others in force; `memory` stays what it was at the start.
    pub fn replace(&self, hls: Hls) {
        self.0.store(Arc::new(hls));
    }

    /// The settings of `app`.
    pub fn app(&self, app: &str) -> HlsApp {
        *self.0.load().app(app)
    }
}

impl Default for Connections {
    /// 20,000, of which one address may have half: whoever shares an address with many others is not to notice, and
    /// whoever means to take all needs more than one.
    fn default() -> Connections {
        Connections { all: 20_000, per_address: 10_000 }
    }
}

impl Default for Webrtc {
    fn default() -> Webrtc {
        Webrtc {
            listen: Vec::new(),
            connections: Connections::default(),
            public_port: None,
            candidates: Vec::new(),
            name_lookup: true,
            docker: false,
            ice_servers: Vec::new(),
            key_frame_every: Some(Duration::from_secs(2)),
        }
    }
}

impl Default for Hls {
    fn default() -> Hls {
        Hls { memory: 1 << 30, default: HlsApp::default(), apps: HashMap::new() }
    }
}

impl Default for HlsApp {
    fn default() -> HlsApp {
        HlsApp {
            fragment: Delta::secs(10),
            window: Delta::secs(60),
            mode: HlsMode::Context,
            variant: HlsVariant::Ts,
            ll_fragment: Delta::secs(4),
            ll_part: Delta::millis(350),
        }
    }
}
