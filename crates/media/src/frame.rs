//! One coded unit of one track.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use crate::{Delta, Time, Track};

/// One coded picture, audio frame, text cue or data message of one track.
///
/// By value it is on the source's clock and belongs to whoever makes it; behind an `Arc` it is
/// published, on the stream's clock, shared and frozen.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The track with its codec parameters. A change of parameters is a new `Arc`: compare with `Arc::ptr_eq`.
    pub track: Arc<Track>,
    /// When to decode. Rises strictly within a track once published.
    pub dts: Time,
    /// When to present; never before `dts` once published.
    pub pts: Time,
    /// How long it lasts, where the source says so.
    pub duration: Option<Delta>,
    /// Decodable without earlier frames of its track.
    pub keyframe: bool,
    /// The first frame of its track after a gap in the source.
    pub discontinuity: bool,
    /// Capture time if known, else time of arrival.
    pub wall: SystemTime,
    /// The canonical form of the codec: see [`crate::Codec`].
    pub payload: Bytes,
}
