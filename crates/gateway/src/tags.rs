//! FLV tag bodies on a wire, whatever carries them: FLV tags or RTMP messages.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use container::flv::{self, TagKind};
use hub::wire::Format;
use media::{Frame, Time, Track};

use crate::AGENT;

/// What carries tag bodies.
pub(crate) trait Envelope: Send + 'static {
    /// See [`Format::header`].
    fn header(&mut self, _tracks: &[Arc<Track>]) -> Bytes {
        Bytes::new()
    }

    /// The wire begins at the start point `at`. Called once.
    fn begin(&mut self, _tracks: &[Arc<Track>], _at: Time) {}

    /// See [`Format::fits`]; only asked once it has begun.
    fn fits(&self, _tracks: &[Arc<Track>], _at: Time) -> bool {
        true
    }

    /// Appends one message of `kind` at `time` on the stream's clock; its body is in pieces, which are not copied if large.
    fn wrap(&mut self, kind: TagKind, time: Time, body: &[Bytes], out: &mut Vec<Bytes>);
}

/// The [`Format`] of an [`Envelope`].
pub(crate) struct Tags<E> {
    envelope: E,
    begun: bool,
}

impl<E: Envelope> Tags<E> {
    pub(crate) fn new(envelope: E) -> Tags<E> {
        Tags { envelope, begun: false }
    }

    fn configuration(&mut self, track: &Track, at: Time, out: &mut Vec<Bytes>) {
        if let Some(body) = flv::sequence_header(track) {
            self.envelope.wrap(track.kind().into(), at, &[body], out);
        }
    }
}

impl<E: Envelope> Format for Tags<E> {
    fn header(&mut self, tracks: &[Arc<Track>]) -> Bytes {
        self.envelope.header(tracks)
    }

    fn preamble(&mut self, tracks: &[Arc<Track>], at: Time) -> Bytes {
        if !std::mem::replace(&mut self.begun, true) {
            self.envelope.begin(tracks, at);
        }
        let mut out = Vec::new();
        self.envelope.wrap(TagKind::Data, at, &[flv::metadata(tracks, AGENT)], &mut out);
        tracks.iter().for_each(|track| self.configuration(track, at, &mut out));
        out.concat().into()
    }

    fn write(&mut self, frame: &Frame, changed: bool, out: &mut Vec<Bytes>) {
        if changed {
            self.configuration(&frame.track, frame.dts, out);
        }
        let head = Bytes::copy_from_slice(&flv::head(frame));
        self.envelope.wrap(frame.track.kind().into(), frame.dts, &[head, frame.payload.clone()], out);
    }

    fn fits(&self, tracks: &[Arc<Track>], at: Time) -> bool {
        !self.begun || self.envelope.fits(tracks, at)
    }
}

/// How long the beginning of a stream waits for a second track: players set themselves up by the first metadata. OBS
/// sends its first sound up to 200 ms before pictures, phones up to a second.
pub(crate) const TRACK_WAIT: Duration = Duration::from_secs(1);

#[cfg(test)]
#[path = "tags_test.rs"]
mod tests;
