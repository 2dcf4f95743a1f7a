//! Streams, and who publishes and watches them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gateway::Output;
use hub::publication::Phase;
use hub::session::Session;
use hub::stats::TrackInfo;
use hub::{Action, Derivation, Making, StreamInfo, StreamKey};
use media::{Kind, Reordering, Track};
use serde::Serialize;
use utoipa::ToSchema;

use super::time;
use crate::past::Seen;

/// A stream that is published, or waited for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StreamView {
    /// `app/name`; in a path, with its slashes as `%2F`.
    #[schema(example = "live/livestream")]
    pub(crate) id: String,
    pub(crate) app: String,
    pub(crate) name: String,
    pub(crate) state: StreamState,
    /// The stream that this is a rendition of: the same in another size, which begins and ends with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "live/livestream")]
    pub(crate) parent: Option<String>,
    /// Absent while nobody publishes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) publisher: Option<PlayerView>,
    pub(crate) tracks: Vec<TrackView>,
    /// Sound that viewers want in another codec than the publisher's, and that the server makes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) derivations: Vec<DerivationView>,
    /// Viewers by protocol.
    pub(crate) viewers: BTreeMap<&'static str, usize>,
    /// Whether a viewer that comes now sees a picture at once.
    pub(crate) joinable: bool,
    /// Bytes of media held in memory.
    pub(crate) memory: usize,
}

/// A picture.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(crate) struct Jpeg(pub(crate) Bytes);

impl IntoResponse for Jpeg {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "image/jpeg")], self.0).into_response()
    }
}

#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StreamState {
    /// Frames are coming.
    Live,
    /// The publisher was lost and may come back.
    Dropped,
    /// It has just ended.
    Ended,
    /// Viewers wait for a publisher.
    Waiting,
}

/// A track of a stream.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrackView {
    pub(crate) id: u32,
    /// `video`, `audio` or `data`.
    pub(crate) kind: &'static str,
    #[schema(example = "h264")]
    pub(crate) codec: &'static str,
    /// As browsers write it (RFC 6381).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "avc1.64001f")]
    pub(crate) parameters: Option<String>,
    /// Of video, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) height: Option<u32>,
    /// Of audio, in Hz.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sample_rate: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) channels: Option<u8>,
    /// Frames a second, lately.
    pub(crate) fps: f64,
    /// Bits a second, lately.
    pub(crate) bitrate: f64,
    /// Seconds between the last two key frames.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gop: Option<f64>,
    pub(crate) frames: u64,
    /// Gaps in the source.
    pub(crate) discontinuities: u64,
    /// Of video: `disposable` when some pictures come later than they are shown (B-frames) and no other needs them, so WebRTC viewers are sent
    /// the rest; `needed` when others do, so WebRTC viewers are refused until B-frames are switched off in the encoder. Absent when all is in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reordering: Option<&'static str>,
    /// The server makes it from another track, because viewers want another codec than the publisher's.
    pub(crate) derived: bool,
    /// The track that it is made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) derived_from: Option<u32>,
}

/// Sound that the server makes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DerivationView {
    /// The codec: `aac` or `opus`.
    #[schema(example = "aac")]
    pub(crate) sound: &'static str,
    pub(crate) state: DerivationState,
    /// Why it was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DerivationState {
    /// The first of it has not come yet.
    Starting,
    /// It is there.
    Running,
    /// It cannot be made: viewers get the publisher's sound.
    GivenUp,
}

/// A publisher or a viewer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlayerView {
    pub(crate) id: u64,
    /// `publish` or `play`.
    pub(crate) action: &'static str,
    /// The stream: `app/name`.
    pub(crate) stream: String,
    #[schema(example = "rtmp")]
    pub(crate) protocol: &'static str,
    /// IP address and port.
    pub(crate) address: String,
    /// What it calls itself.
    pub(crate) agent: String,
    /// Since when, RFC 3339.
    pub(crate) since: String,
    /// Seconds.
    pub(crate) duration: u64,
    /// Payload bytes received of a publisher, bytes sent to a viewer.
    pub(crate) bytes: u64,
    pub(crate) frames: u64,
    /// What a viewer that was too slow had to pass over.
    pub(crate) skipped: u64,
    /// Milliseconds there and back. Of WebRTC only, once it is measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rtt_ms: Option<f64>,
    /// The share of packets that did not arrive lately, 0 to 1, of the track that loses most. Of WebRTC only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) loss: Option<f64>,
    /// How unevenly packets arrive, in milliseconds. Of WebRTC only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jitter_ms: Option<f64>,
}

/// A stream that was live, and who published it last.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PastStreamView {
    /// `app/name`; in a path, with its slashes as `%2F`.
    #[schema(example = "live/livestream")]
    pub(crate) id: String,
    /// When its last publisher came, RFC 3339.
    pub(crate) since: String,
    /// When it left, RFC 3339.
    pub(crate) until: String,
    /// What it spoke.
    #[schema(example = "rtmp")]
    pub(crate) protocol: String,
    /// What it called itself.
    pub(crate) agent: String,
    /// Payload bytes that came from it.
    pub(crate) bytes: u64,
}

/// What somebody without an account may know of a stream whose name they know.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct PublicStreamView {
    /// Whether frames are coming. What follows is there only then.
    pub(crate) live: bool,
    /// Not everybody may watch it. What follows is told to those who may.
    pub(crate) guarded: bool,
    /// Since when, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<String>,
    /// Of the video, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) height: Option<u32>,
    /// Of each track.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tracks: Vec<PublicTrackView>,
    /// Where it can be watched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) outputs: Vec<OutputView>,
    /// Seconds that one can go back now: `/{app}/{name}.m3u8?timeshift=…`, with the seconds before the present where a player is to begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timeshift: Option<u64>,
    /// About so many; by every protocol.
    pub(crate) viewers: usize,
}

/// A track of a stream.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublicTrackView {
    /// `video` or `audio`.
    pub(crate) kind: &'static str,
    #[schema(example = "h264")]
    pub(crate) codec: &'static str,
    /// As browsers write it (RFC 6381).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "avc1.64001f")]
    pub(crate) parameters: Option<String>,
}

/// One way to watch a stream.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OutputView {
    /// `whep`, `ll-hls`, `hls`, `flv`, `ts`, `aac`, `mp3`; over WebSocket `ws-flv`, `ws-ts`.
    #[schema(example = "flv")]
    pub(crate) name: &'static str,
    /// On this server's HTTP port.
    #[schema(example = "/live/livestream.flv")]
    pub(crate) path: String,
    pub(crate) content_type: &'static str,
}

impl PublicStreamView {
    pub(crate) fn new(
        since: SystemTime,
        tracks: &[Arc<Track>],
        outputs: Vec<Output>,
        viewers: usize,
    ) -> PublicStreamView {
        let picture = tracks.iter().find_map(|track| track.codec.picture());
        let shown = tracks.iter().filter(|track| track.kind() != Kind::Data);
        PublicStreamView {
            live: true,
            guarded: false,
            since: Some(time(since)),
            width: picture.map(|picture| picture.width),
            height: picture.map(|picture| picture.height),
            tracks: shown
                .map(|track| PublicTrackView {
                    kind: kind(track.kind()),
                    codec: track.codec.name(),
                    parameters: track.codec.rfc6381(),
                })
                .collect(),
            outputs: outputs
                .into_iter()
                .map(|Output { name, path, content_type }| OutputView { name, path, content_type })
                .collect(),
            timeshift: None,
            viewers,
        }
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Video => "video",
        Kind::Audio => "audio",
        Kind::Data => "data",
    }
}

impl PastStreamView {
    pub(crate) fn new(key: &StreamKey, seen: &Seen) -> PastStreamView {
        PastStreamView {
            id: key.to_string(),
            since: time(seen.since),
            until: time(seen.until),
            protocol: seen.protocol.clone(),
            agent: seen.agent.clone(),
            bytes: seen.bytes,
        }
    }
}

impl From<&StreamInfo> for StreamView {
    fn from(info: &StreamInfo) -> StreamView {
        StreamView {
            id: info.key.to_string(),
            app: info.key.app().to_owned(),
            name: info.key.name().to_owned(),
            state: match info.phase {
                Some(Phase::Live) => StreamState::Live,
                Some(Phase::Dropped) => StreamState::Dropped,
                Some(Phase::Ended) => StreamState::Ended,
                None => StreamState::Waiting,
            },
            publisher: info.publisher.as_deref().map(PlayerView::from),
            tracks: info.tracks.iter().map(TrackView::from).collect(),
            derivations: info.derivations.iter().map(DerivationView::from).collect(),
            viewers: info.viewers.iter().copied().collect(),
            joinable: info.joinable,
            parent: info.parent.as_ref().map(ToString::to_string),
            memory: info.bytes,
        }
    }
}

impl From<&TrackInfo> for TrackView {
    fn from(info: &TrackInfo) -> TrackView {
        let codec = &info.track.codec;
        let picture = codec.picture();
        TrackView {
            id: info.track.id.0,
            kind: kind(codec.kind()),
            codec: codec.name(),
            parameters: codec.rfc6381(),
            width: picture.map(|picture| picture.width),
            height: picture.map(|picture| picture.height),
            sample_rate: codec.sample_rate(),
            channels: codec.channels(),
            fps: info.fps,
            bitrate: info.bitrate,
            gop: info.gop.map(|gop| gop.as_secs_f64()),
            frames: info.frames,
            discontinuities: info.discontinuities,
            reordering: match info.reordering {
                Reordering::None => None,
                Reordering::Disposable => Some("disposable"),
                Reordering::Needed => Some("needed"),
            },
            derived: info.track.id.is_derived(),
            derived_from: info.derived_from.map(|id| id.0),
        }
    }
}

impl From<&Derivation> for DerivationView {
    fn from(derivation: &Derivation) -> DerivationView {
        let (state, reason) = match &derivation.state {
            Making::Starting => (DerivationState::Starting, None),
            Making::Running => (DerivationState::Running, None),
            Making::GivenUp { reason } => (DerivationState::GivenUp, Some(reason.clone())),
        };
        DerivationView { sound: derivation.sound.name(), state, reason }
    }
}

impl From<&Session> for PlayerView {
    fn from(session: &Session) -> PlayerView {
        let (moved, network) = (session.moved(), session.network());
        let millis = |span: Duration| span.as_micros() as f64 / 1e3;
        PlayerView {
            id: session.id.0,
            action: match session.action {
                Action::Publish => "publish",
                Action::Play => "play",
            },
            stream: session.key.to_string(),
            protocol: session.protocol,
            address: address(session.peer),
            agent: session.agent.clone(),
            since: time(session.since),
            duration: session.opened.elapsed().as_secs(),
            bytes: moved.bytes,
            frames: moved.frames,
            skipped: moved.skipped,
            rtt_ms: network.rtt.map(millis),
            // As many digits as it has.
            loss: network.loss.map(|loss| (f64::from(loss) * 1e4).round() / 1e4),
            jitter_ms: network.jitter.map(millis),
        }
    }
}

/// Without a port where a proxy has not told it.
fn address(peer: SocketAddr) -> String {
    if peer.port() == 0 { peer.ip().to_string() } else { peer.to_string() }
}
