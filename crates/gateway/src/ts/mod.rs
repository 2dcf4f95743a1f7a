//! Live MPEG-TS: `/{app…}/{name}.ts`, an endless transport stream that begins with its tables and the last key frame.
//!
//! Unlike FLV it can say that tracks change: the tables get a new version, and the response goes on. The segments of HLS have
//! the same suffix and are asked first.

mod packets;

use std::sync::Arc;

use container::ts;
use hub::StreamKey;
use hub::wire::Selection;
use media::{Sound, Track};

use crate::http::endless::File;
use packets::Packets;

/// The file.
pub(crate) const FILE: File = File {
    name: "ts",
    suffix: ".ts",
    content_type: "video/mp2t",
    kinds: Selection { sound: Sound::Aac, ..Selection::ALL },
    websocket: Some("ws-ts"),
    // A player of HLS that is late asks for a segment that has gone, and must not wait for a stream of that name.
    waits: |name| hls::Name::parse(&format!("{name}.ts")).is_none(),
    refuse,
    format: || Box::new(Packets::new()),
};

fn refuse(key: &StreamKey, tracks: &[Arc<Track>]) -> Option<String> {
    if tracks.iter().any(|track| ts::carries(track)) {
        return None;
    }
    let codecs: Vec<_> = tracks.iter().map(|track| track.codec.name()).collect();
    Some(format!("MPEG-TS cannot carry what {key} consists of ({}); ask for {key}.flv", codecs.join(", ")))
}
