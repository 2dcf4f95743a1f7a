//! A stream as the packets of one transport stream.

use std::sync::Arc;

use bytes::Bytes;
use container::ts::{self, Muxer, PACKET};
use hub::wire::Format;
use media::{Frame, Kind, Time, Track};
use tracing::warn;

/// One wire. Its continuity counters go on over all start points; at each there are tables and a clock.
pub(super) struct Packets {
    muxer: Muxer,
    /// What the tables list, if MPEG-TS can carry it.
    tracks: Vec<Arc<Track>>,
    /// It has been told that a track is left out.
    told: bool,
}

impl Packets {
    pub(super) fn new() -> Packets {
        Packets { muxer: Muxer::new(&[]), tracks: Vec::new(), told: false }
    }

    /// Lists `tracks` from now on.
    fn carry(&mut self, tracks: Vec<Arc<Track>>) {
        self.tracks = tracks;
        self.muxer.set_tracks(&self.tracks);
        let out = |track: &&Arc<Track>| track.kind() != Kind::Data && !ts::carries(track);
        if let Some(track) = self.tracks.iter().find(out)
            && !std::mem::replace(&mut self.told, true)
        {
            let codec = track.codec.rfc6381().unwrap_or_else(|| track.codec.name().to_owned());
            warn!(proto = "ts", track = track.id.0, %codec, "MPEG-TS cannot carry the track: it is left out");
        }
    }
}

impl Format for Packets {
    fn in_order(&self) -> bool {
        true
    }

    fn preamble(&mut self, tracks: &[Arc<Track>], _at: Time) -> Bytes {
        self.carry(tracks.to_vec());
        self.muxer.begin();
        let mut out = Vec::new();
        self.muxer.join(&mut out);
        out.into()
    }

    fn write(&mut self, frame: &Frame, changed: bool, out: &mut Vec<Bytes>) {
        // Room for what each packet adds, and for tables and a clock before.
        let size = (frame.payload.len() / (PACKET - 4) + 8) * PACKET;
        let mut bytes = Vec::with_capacity(size);
        if changed {
            let mut tracks = std::mem::take(&mut self.tracks);
            match tracks.iter_mut().find(|track| track.id == frame.track.id) {
                Some(track) => *track = Arc::clone(&frame.track),
                None => tracks.push(Arc::clone(&frame.track)),
            }
            // Sound that waits for company, of a track that may go.
            self.muxer.flush(&mut bytes);
            self.carry(tracks);
        }
        self.muxer.write(frame, &mut bytes);
        push(bytes, out);
    }

    fn flush(&mut self, out: &mut Vec<Bytes>) {
        let mut bytes = Vec::new();
        self.muxer.flush(&mut bytes);
        push(bytes, out);
    }
}

fn push(bytes: Vec<u8>, out: &mut Vec<Bytes>) {
    if !bytes.is_empty() {
        out.push(bytes.into());
    }
}

#[cfg(test)]
#[path = "packets_test.rs"]
mod tests;
