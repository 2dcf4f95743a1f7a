//! FLV tag bodies on a wire, whatever carries them: FLV tags or RTMP messages.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use container::flv::{self, FourCc, FourCcs, TagKind};
use hub::wire::Format;
use media::{Codec, Delta, Frame, Kind, Time, Track, TrackId};

use crate::AGENT;

/// What carries tag bodies.
pub(crate) trait Envelope: Send + 'static {
    /// Whether viewers whose wire has ended go on, unharmed, on another: then a wire ends when there is more to carry.
    const REJOINS: bool = false;

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
    takes: Takes,
    /// The tracks it carries. Bounded by the tracks of the stream.
    lanes: Vec<Lane>,
    /// What the stream was like when it began.
    demands: Demands,
}

/// What the players of a wire take: few different ones, so that most players share their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Takes {
    /// Codecs that they do not.
    lacks: FourCcs,
    /// More than one track of a kind.
    multitrack: bool,
}

/// What a stream asks of a player beyond what every player takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Demands {
    codecs: FourCcs,
    multitrack: bool,
}

/// One track on the wire.
struct Lane {
    id: TrackId,
    kind: Kind,
    /// Its number there among the tracks of its kind.
    number: u8,
    /// The last that those who read on were told the configuration of.
    configured: Option<Arc<Track>>,
}

impl Takes {
    /// The main track of each kind, whatever its codec: players that announce nothing can do more than they say.
    pub(crate) const MAIN: Takes = Takes { lacks: FourCcs::NONE, multitrack: false };

    /// What matters of a player's `codecs` and its `multitrack` for a stream of `tracks`. Codecs of the original FLV always
    /// do: a stream may change to one of them without ending its wires.
    pub(crate) fn new(codecs: FourCcs, multitrack: bool, tracks: &[Arc<Track>]) -> Takes {
        let demands = Demands::of(tracks);
        let lacks = codecs.others().and(demands.codecs.or(FourCcs::classic()));
        Takes { lacks, multitrack: multitrack && demands.multitrack }
    }

    /// A number for it in [`hub::wire::WireKey::variant`]: 0 for nearly all players, and always below 2^16.
    pub(crate) fn variant(self) -> u64 {
        u64::from(self.lacks.bits()) << 1 | u64::from(self.multitrack)
    }

    /// Whether `codec` is among what they take, and tags can carry it.
    pub(crate) fn takes(self, codec: &Codec) -> bool {
        flv::carries(codec) && FourCc::of(codec).is_none_or(|code| !self.lacks.contains(code))
    }

    /// Those of `tracks` that go onto the wire, by id.
    fn select(self, tracks: &[Arc<Track>]) -> Vec<Arc<Track>> {
        let main = |track: &Arc<Track>| {
            let of_kind = tracks.iter().filter(|other| other.kind() == track.kind());
            of_kind.map(|other| other.id).min() == Some(track.id)
        };
        let goes = |track: &&Arc<Track>| (self.multitrack || main(track)) && self.takes(&track.codec);
        let mut carried: Vec<_> = tracks.iter().filter(goes).cloned().collect();
        // The order that players know: pictures first.
        carried.sort_by_key(|track| track.id);
        carried
    }
}

impl Demands {
    fn of(tracks: &[Arc<Track>]) -> Demands {
        let codes: FourCcs = tracks.iter().filter_map(|track| FourCc::of(&track.codec)).collect();
        let count = |kind| tracks.iter().filter(|track| track.kind() == kind).count();
        Demands {
            codecs: codes.and(FourCcs::classic().others()),
            multitrack: count(Kind::Video) > 1 || count(Kind::Audio) > 1,
        }
    }

    fn exceeds(self, other: Demands) -> bool {
        self.codecs.and(other.codecs.others()) != FourCcs::NONE || self.multitrack && !other.multitrack
    }
}

impl<E: Envelope> Tags<E> {
    /// For players that have announced nothing.
    pub(crate) fn new(envelope: E) -> Tags<E> {
        Tags::with(envelope, Takes::MAIN)
    }

    /// For players that take this.
    pub(crate) fn with(envelope: E, takes: Takes) -> Tags<E> {
        Tags { envelope, begun: false, takes, lanes: Vec::new(), demands: Demands::of(&[]) }
    }

    fn configuration(&mut self, track: &Track, number: u8, at: Time, out: &mut Vec<Bytes>) {
        if let Some(body) = flv::sequence_header(track, number) {
            self.envelope.wrap(track.kind().into(), at, &[body], out);
        }
    }

    /// The index of the lane of `track`; a new one takes the place of another main track, or the next number. `None` when it
    /// has no place on the wire.
    fn lane(&mut self, track: &Track, replace: bool) -> Option<usize> {
        let (id, kind) = (track.id, track.kind());
        if let Some(index) = self.lanes.iter().position(|lane| lane.id == id) {
            return Some(index);
        }
        let taken = self.lanes.iter().filter(|lane| lane.kind == kind).map(|lane| lane.number).max();
        let number = match taken {
            None => 0,
            Some(_) if self.takes_over(id, kind) => {
                self.lanes.retain(|lane| lane.kind != kind);
                0
            }
            Some(last) if self.takes.multitrack => last.checked_add(1)?,
            Some(_) if replace => {
                self.lanes.retain(|lane| lane.kind != kind);
                0
            }
            Some(_) => return None,
        };
        self.lanes.push(Lane { id, kind, number, configured: None });
        Some(self.lanes.len() - 1)
    }
}

impl<E: Envelope> Tags<E> {
    /// Whether the track `id` goes on where the main one of its kind was: the sound of the publisher and what is made of it
    /// are the same, and a reader sees one of them at a time.
    fn takes_over(&self, id: TrackId, kind: Kind) -> bool {
        self.lanes.iter().any(|lane| lane.kind == kind && lane.id.is_derived() != id.is_derived())
    }
}

impl<E: Envelope> Format for Tags<E> {
    fn header(&mut self, tracks: &[Arc<Track>]) -> Bytes {
        self.envelope.header(&self.takes.select(tracks))
    }

    fn preamble(&mut self, tracks: &[Arc<Track>], at: Time) -> Bytes {
        let carried = self.takes.select(tracks);
        let first = !std::mem::replace(&mut self.begun, true);
        if first {
            self.envelope.begin(&carried, at);
            self.demands = Demands::of(tracks);
        }
        for track in &carried {
            self.lane(track, true);
        }
        let mut numbered: Vec<_> =
            carried.iter().filter_map(|track| Some((self.lane(track, false)?, track))).collect();
        if first {
            for (lane, track) in &numbered {
                self.lanes[*lane].configured = Some(Arc::clone(track));
            }
        }
        // By kind, then as metadata numbers them.
        numbered.sort_by_key(|(lane, track)| (track.kind(), self.lanes[*lane].number));
        let described: Vec<_> = numbered.iter().map(|(_, track)| Arc::clone(track)).collect();
        let mut out = Vec::new();
        self.envelope.wrap(TagKind::Data, at, &[flv::metadata(&described, AGENT, Delta::ZERO)], &mut out);
        for (lane, track) in numbered {
            self.configuration(track, self.lanes[lane].number, at, &mut out);
        }
        out.concat().into()
    }

    fn write(&mut self, frame: &Frame, _changed: bool, out: &mut Vec<Bytes>) {
        if !self.takes.takes(&frame.track.codec) {
            return;
        }
        let Some(index) = self.lane(&frame.track, false) else { return };
        let lane = &mut self.lanes[index];
        let number = lane.number;
        if !lane.configured.as_ref().is_some_and(|known| Arc::ptr_eq(known, &frame.track)) {
            lane.configured = Some(Arc::clone(&frame.track));
            self.configuration(&frame.track, number, frame.dts, out);
        }
        let head = Bytes::copy_from_slice(&flv::head(frame, number));
        self.envelope.wrap(frame.track.kind().into(), frame.dts, &[head, frame.payload.clone()], out);
    }

    fn fits(&self, tracks: &[Arc<Track>], at: Time) -> bool {
        if !self.begun {
            return true;
        }
        let more = E::REJOINS && Demands::of(tracks).exceeds(self.demands);
        !more && self.envelope.fits(&self.takes.select(tracks), at)
    }
}

/// How long the beginning of a stream waits for a second track: players set themselves up by the first metadata. OBS
/// sends its first sound up to 200 ms before pictures, phones up to a second.
pub(crate) const TRACK_WAIT: Duration = Duration::from_secs(1);
/// The same of sound that has to be made first: it takes some ten milliseconds from the first frames, and more on a machine
/// that is busy.
pub(crate) const SOUND_WAIT: Duration = Duration::from_secs(1);

#[cfg(test)]
#[path = "tags_test.rs"]
mod tests;
