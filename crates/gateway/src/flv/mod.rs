//! HTTP-FLV: `/{app…}/{name}.flv`, an endless file that begins at the last key frame.
//!
//! Source: FLV 10.1 annex E; the URL and its behaviour are SRS's.

mod envelope;

use hub::wire::Selection;
use media::Sound;

use crate::http::endless::File;
use crate::tags::Tags;

pub(crate) use envelope::FlvTags;

/// The file.
pub(crate) const FILE: File = File {
    name: "flv",
    suffix: ".flv",
    content_type: "video/x-flv",
    kinds: Selection { sound: Sound::Aac, ..Selection::ALL },
    websocket: Some("ws-flv"),
    waits: |_| true,
    refuse: |_, _| None,
    format: || Box::new(Tags::new(FlvTags::default())),
};
