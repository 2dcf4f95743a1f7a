//! RTMP messages as the envelope of tag bodies.

use bytes::{Bytes, BytesMut};
use container::flv::TagKind;
use media::Time;
use rtmp::MediaKind;
use rtmp::chunk::{self, Header};
use tracing::warn;

use super::CHUNK_SIZE;
use crate::repeats::Repeats;
use crate::tags::Envelope;

/// Messages on one message stream, on the clock of the stream, in chunks of the size that every connection announces.
pub(crate) struct Messages {
    stream: u32,
    scratch: BytesMut,
    too_large: Repeats,
}

impl Messages {
    pub(crate) fn new(stream: u32) -> Messages {
        Messages { stream, scratch: BytesMut::new(), too_large: Repeats::default() }
    }
}

impl Envelope for Messages {
    const REJOINS: bool = true;

    fn wrap(&mut self, kind: TagKind, time: Time, body: &[Bytes], out: &mut Vec<Bytes>) {
        let kind = match kind {
            TagKind::Audio => MediaKind::Audio,
            TagKind::Video => MediaKind::Video,
            TagKind::Data => MediaKind::Data,
        };
        let header = Header::media(kind, time, self.stream);
        if let Err(err) = chunk::write(out, &mut self.scratch, &header, CHUNK_SIZE, body) {
            // A frame of 16 MiB from another protocol: this one cannot say it.
            if let Some(count) = self.too_large.count() {
                warn!(proto = "rtmp", %err, count, "frame left out");
            }
        }
    }
}
