//! FLV tags as the envelope of tag bodies.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use container::flv::{self, TagKind};
use media::{Codec, Delta, Kind, Time, Track};
use tracing::warn;

use crate::repeats::Repeats;
use crate::tags::Envelope;

/// Tags of one FLV file whose clock begins at zero.
#[derive(Default)]
pub(crate) struct FlvTags {
    /// Stream time at the file's zero.
    base: Time,
    /// Codecs promised by the header: one file cannot change them.
    codecs: Vec<Codec>,
    too_large: Repeats,
}

impl Envelope for FlvTags {
    fn header(&mut self, tracks: &[Arc<Track>]) -> Bytes {
        let has = |kind| tracks.iter().any(|track| track.kind() == kind);
        Bytes::copy_from_slice(&flv::file_header(has(Kind::Audio), has(Kind::Video)))
    }

    fn begin(&mut self, tracks: &[Arc<Track>], at: Time) {
        self.base = at;
        self.codecs = codecs(tracks);
    }

    fn fits(&self, tracks: &[Arc<Track>], at: Time) -> bool {
        let codecs = codecs(tracks);
        let same = codecs.len() == self.codecs.len()
            && codecs.iter().zip(&self.codecs).all(|(now, promised)| now.same_codec(promised));
        same && at - self.base < LONGEST
    }

    fn wrap(&mut self, kind: TagKind, time: Time, body: &[Bytes], out: &mut Vec<Bytes>) {
        let size: usize = body.iter().map(Bytes::len).sum();
        if size > flv::MAX_BODY {
            if let Some(count) = self.too_large.count() {
                warn!(proto = "flv", size, limit = flv::MAX_BODY, count, "frame left out");
            }
            return;
        }
        // A frame before the first start point (sound decoded with it) cannot be before the file's zero.
        let timestamp = (time - self.base).as_millis().max(0) as u32;
        let [body @ .., last] = body else { return };
        let mut head = BytesMut::with_capacity(11 + size - last.len());
        head.put_slice(&flv::tag_header(kind, size, timestamp));
        body.iter().for_each(|piece| head.put_slice(piece));
        out.push(head.freeze());
        out.push(last.clone());
        out.push(Bytes::copy_from_slice(&(size as u32 + 11).to_be_bytes()));
    }
}

/// What the header's flags and onMetaData speak of: pictures and sound.
fn codecs(tracks: &[Arc<Track>]) -> Vec<Codec> {
    tracks.iter().filter(|track| track.kind() != Kind::Data).map(|track| track.codec.clone()).collect()
}

/// mpegts.js holds FLV time in a signed 32-bit number of milliseconds, 24.8 days: a file ends before and the player opens the next.
const LONGEST: Delta = Delta::secs(20 * 86_400);
