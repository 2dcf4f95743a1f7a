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
    /// How many pictures came that belong before the zero.
    early: u32,
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
        // What comes after the first start point and belongs before it cannot be before the file's zero. Sound is no loss.
        // Pictures are, where the file began with sound: they follow each other by a millisecond until it is their time.
        let millis = (time - self.base).as_millis();
        if millis < 0 && kind == TagKind::Audio {
            return;
        }
        let timestamp = u32::try_from(millis).unwrap_or(0).max(self.early);
        self.early += u32::from(millis < 0 && kind == TagKind::Video);
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
