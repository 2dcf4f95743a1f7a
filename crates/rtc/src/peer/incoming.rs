//! What comes in: frames of a publisher, or packets for one who counts them.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use media::{Delta, Kind, Time};
use str0m::Rtc;
use str0m::media::{KeyframeRequestKind, MediaData, Mid, Pt, Rid, SenderFeedback};
use str0m::rtp::{RtpPacket, Ssrc};

use super::key_frames::KeyFrames;
use crate::clock::{Arrived, SenderClock};
use crate::negotiate::{Agreed, Chosen, Line};
use crate::{CodecName, Event, Sample, engine};

/// The tracks that are received.
#[derive(Debug)]
pub(super) struct Incoming {
    lines: Vec<Track>,
    clock: SenderClock<Content>,
}

#[derive(Debug)]
struct Track {
    kind: Kind,
    mid: Mid,
    codecs: Vec<(Pt, Chosen)>,
    layers: Vec<Layer>,
    /// As announced.
    ssrcs: Vec<u32>,
    /// The other end said neither SSRCs nor sends MIDs: its packets are known by their payload types.
    by_payload_type: bool,
    adopted: u32,
    /// Of H.265, the latest packets with the marker. The engine puts a picture together up to each large NAL unit's end,
    /// instead of up to its own: where that is, is to be read in the headers.
    ends: VecDeque<u16>,
}

/// One of the sizes that are sent side by side, or the only one.
#[derive(Debug)]
struct Layer {
    rid: Option<Rid>,
    /// The last RTP packet that was used.
    sequence: Option<u64>,
    lost: u64,
    /// A picture of which more may come: see [`Track::ends`].
    open: Option<Arrived<Content>>,
    key_frames: KeyFrames,
}

/// An SSRC that nobody has announced, of a datagram that may be anybody's.
#[derive(Debug)]
pub(super) struct Adopted {
    line: usize,
    ssrc: Ssrc,
    /// The SSRC that the line has had so far.
    old: Option<Ssrc>,
}

/// A sample without its time.
#[derive(Debug)]
struct Content {
    kind: Kind,
    codec: CodecName,
    lost: bool,
    rid: Option<String>,
    payload: Bytes,
}

impl Incoming {
    pub(super) fn new(agreed: &Agreed, engine: &mut Rtc) -> Incoming {
        let lines: Vec<Track> = agreed.lines.iter().map(Track::new).collect();
        lines.iter().for_each(|track| track.tune(engine, None));
        let sound = lines.iter().position(|track| track.kind == Kind::Audio);
        Incoming { clock: SenderClock::new(lines.len(), sound), lines }
    }

    /// Announces to the engine an SSRC that it could not place, if `datagram` is the first of one. That is a guess, for the header
    /// is not encrypted: once the engine has read the datagram, [`Incoming::confirm`] says whether it was right.
    ///
    /// Source: RFC 8843 §9.2, the last resort.
    pub(super) fn adopt(&mut self, engine: &mut Rtc, datagram: &[u8]) -> Option<Adopted> {
        if !self.lines.iter().any(|track| track.by_payload_type) {
            return None;
        }
        let ([first, second, ..], ssrc) = datagram.first_chunk::<12>().map(|header| {
            let [_, _, _, _, _, _, _, _, ssrc @ ..] = *header;
            (*header, u32::from_be_bytes(ssrc))
        })?;
        let number = Pt::from(second & 0x7f);
        let asks = |track: &Track| {
            let chosen = track.codecs.iter().find(|(known, _)| *known == number)?;
            Some(chosen.1.feedback.nack)
        };
        let mut lines = self.lines.iter().enumerate();
        let (asks, line, track) = lines.find_map(|(line, track)| Some((asks(track)?, line, track)))?;
        let mut api = engine.direct_api();
        let known = ssrc == 0 || api.stream_rx(&ssrc.into()).is_some();
        if first >> 6 != 2 || !track.by_payload_type || track.adopted >= MOST_ADOPTED || known {
            return None;
        }
        let old = api.stream_rx_by_mid(track.mid, None).map(|stream| stream.ssrc());
        api.expect_stream_rx(ssrc.into(), None, track.mid, None).suppress_nack(!asks);
        Some(Adopted { line, ssrc: ssrc.into(), old })
    }

    /// The engine has read the datagram by which `adopted` was found. If that was encrypted with the publisher's key, the SSRC is the
    /// line's from here on; else it is forgotten.
    pub(super) fn confirm(&mut self, engine: &mut Rtc, adopted: Adopted) {
        let Adopted { line, ssrc, old } = adopted;
        let mut api = engine.direct_api();
        if api.stream_rx(&ssrc).is_none_or(|stream| stream.last_time().is_none()) {
            api.remove_stream_rx(ssrc);
            return;
        }
        // One stream a line: the latest counts, as when an encoder begins anew.
        if let Some(old) = old {
            api.remove_stream_rx(old);
        }
        if let Some(track) = self.lines.get_mut(line) {
            track.adopted += 1;
        }
    }

    /// Reads in the header of `datagram`, which is not encrypted, whether it is the last of a picture.
    pub(super) fn observe(&mut self, datagram: &[u8]) {
        let Some([first, second, sequence @ ..]) = datagram.first_chunk::<4>() else { return };
        if first >> 6 != 2 || second & 0x80 == 0 {
            return;
        }
        let number = Pt::from(second & 0x7f);
        let is_h265 = |(known, chosen): &(Pt, Chosen)| *known == number && chosen.codec == CodecName::H265;
        if let Some(track) = self.lines.iter_mut().find(|track| track.codecs.iter().any(is_h265)) {
            if track.ends.len() >= MOST_ENDS {
                track.ends.pop_front();
            }
            track.ends.push_back(u16::from_be_bytes(*sequence));
        }
    }

    /// A frame was put together. Says of which line and layer pictures are missing before it, if any are.
    pub(super) fn data(&mut self, engine: &mut Rtc, data: MediaData) -> Option<(usize, Option<Rid>)> {
        let line = self.lines.iter().position(|track| track.mid == data.mid)?;
        let keyframe = data.is_keyframe();
        let track = self.lines.get_mut(line)?;
        let codec = track.codecs.iter().find(|(number, _)| *number == data.pt)?.1.codec;
        let layer = track.layer(data.rid)?;
        let lost = !data.contiguous;
        if track.layers.get(layer)?.sequence.is_none() {
            track.tune(engine, data.rid);
        }
        let at = track.layers.get_mut(layer)?;
        at.used(**data.seq_range.start(), **data.seq_range.end());
        let rid = at.rid;
        if keyframe {
            at.key_frames.settle();
        }
        let missing = (lost && !keyframe && track.kind == Kind::Video).then_some((line, rid));
        let payload = Bytes::from_owner(data.data);
        if payload.is_empty() {
            return missing;
        }
        let whole = codec != CodecName::H265 || track.ends.contains(&(**data.seq_range.end() as u16));
        let arrived = Arrived {
            line,
            layer,
            ticks: i64::try_from(data.time.numer()).unwrap_or(i64::MAX),
            rate: data.time.denom(),
            at: data.network_time,
            size: payload.len(),
            item: Content { kind: track.kind, codec, lost, rid: rid.map(|rid| rid.to_string()), payload },
        };
        for done in at.join(arrived, whole).into_iter().flatten() {
            self.clock.sample(done);
        }
        missing
    }

    /// A sender report came.
    pub(super) fn report(&mut self, feedback: &SenderFeedback) {
        let Some(line) = self.lines.iter().position(|track| track.mid == feedback.mid) else { return };
        let Some(layer) = self.lines[line].layer(feedback.rid) else { return };
        let wall = since_epoch(feedback.sender_info.ntp_time);
        self.clock.report(line, layer, wall, feedback.sender_info.rtp_time.numer() as u32);
    }

    /// A packet for who counts them.
    pub(super) fn packet(&mut self, engine: &mut Rtc, packet: RtpPacket) -> Option<Event> {
        let mut api = engine.direct_api();
        let mid = api.stream_rx(&packet.header.ssrc).map(|stream| stream.mid())?;
        let track = self.lines.iter_mut().find(|track| track.mid == mid)?;
        let layer = track.layer(None)?;
        let sequence = *packet.seq_no;
        track.layers.get_mut(layer)?.used(sequence, sequence);
        Some(Event::Packet {
            kind: track.kind,
            bytes: packet.payload,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            sequence,
        })
    }

    pub(super) fn tick(&mut self, now: Instant) {
        for layer in self.lines.iter_mut().flat_map(|track| &mut track.layers) {
            let due = |open: &mut Arrived<Content>| open.at + JOIN_WAIT <= now;
            if let Some(open) = layer.open.take_if(due) {
                self.clock.sample(open);
            }
        }
        self.clock.tick(now);
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let layers = || self.lines.iter().flat_map(|track| &track.layers);
        let open = layers().filter_map(|layer| layer.open.as_ref()).map(|open| open.at + JOIN_WAIT);
        let asking = layers().filter_map(|layer| layer.key_frames.deadline());
        open.chain(asking).chain(self.clock.deadline()).min()
    }

    /// Samples that have their times.
    pub(super) fn samples(&mut self, events: &mut VecDeque<Event>) {
        while let Some(stamped) = self.clock.poll() {
            let Content { kind, codec, lost, rid, payload } = stamped.item;
            events.push_back(Event::Sample(Sample {
                kind,
                codec,
                time: stamped.time,
                ntp: stamped.wall.and_then(system_time),
                lost,
                discontinuity: stamped.discontinuity,
                rid,
                payload,
            }));
        }
    }

    /// Somebody needs a key frame, of one layer or of all: [`Incoming::ask`] asks for it.
    pub(super) fn want_key_frame(&mut self, only: Option<(usize, Option<Rid>)>) {
        for (line, track) in self.lines.iter_mut().enumerate().filter(|(_, track)| track.kind == Kind::Video)
        {
            for layer in &mut track.layers {
                if only.is_none_or(|only| only == (line, layer.rid)) {
                    layer.key_frames.want();
                }
            }
        }
    }

    /// Asks for the key frames that are due; says whether there were any.
    pub(super) fn ask(&mut self, engine: &mut Rtc, now: Instant) -> bool {
        let mut asked = false;
        for track in &mut self.lines {
            let may = |which: fn(&Chosen) -> bool| track.codecs.iter().any(|(_, chosen)| which(chosen));
            let kind = match (may(|chosen| chosen.feedback.pli), may(|chosen| chosen.feedback.fir)) {
                (true, _) => Some(KeyframeRequestKind::Pli),
                (false, true) => Some(KeyframeRequestKind::Fir),
                (false, false) => None,
            };
            for Layer { rid, key_frames, .. } in &mut track.layers {
                let mut api = engine.direct_api();
                let Some((kind, stream)) = kind.zip(api.stream_rx_by_mid(track.mid, *rid)) else {
                    key_frames.settle();
                    continue;
                };
                if key_frames.ask(now) {
                    stream.request_keyframe(kind);
                    asked = true;
                }
            }
        }
        asked
    }

    /// RTP packets that never came.
    pub(super) fn lost(&self) -> u64 {
        self.lines.iter().flat_map(|track| &track.layers).map(|layer| layer.lost).sum()
    }
}

impl Track {
    fn new(line: &Line) -> Track {
        let layer = |rid: Option<Rid>| {
            let key_frames = KeyFrames::default();
            Layer { rid, sequence: None, lost: 0, open: None, key_frames }
        };
        let mut layers: Vec<Layer> = line.layers.iter().map(|rid| layer(Some(Rid::from(&rid[..])))).collect();
        if layers.is_empty() {
            layers.push(layer(None));
        }
        Track {
            kind: line.kind,
            mid: engine::mid(&line.mid),
            codecs: line.codecs.iter().map(|chosen| (Pt::from(chosen.number), chosen.clone())).collect(),
            layers,
            ssrcs: line.ssrcs.iter().map(|(main, _)| *main).collect(),
            by_payload_type: line.ssrcs.is_empty()
                && line.ours.is_none()
                && line.extensions.iter().all(|(_, uri)| uri != crate::negotiate::MID),
            adopted: 0,
            ends: VecDeque::new(),
        }
    }

    /// The place of a layer; who sends only one need not name it.
    fn layer(&self, rid: Option<Rid>) -> Option<usize> {
        let found = self.layers.iter().position(|layer| layer.rid == rid);
        found.or_else(|| (self.layers.len() == 1 && self.layers.first()?.rid.is_none()).then_some(0))
    }

    /// Has lost packets asked for also where they would come again as themselves, not as RTX (OBS).
    fn tune(&self, engine: &mut Rtc, rid: Option<Rid>) {
        let asks = |(_, chosen): &(Pt, Chosen)| chosen.feedback.nack && chosen.repair.is_none();
        if self.kind != Kind::Video || !self.codecs.iter().any(asks) {
            return;
        }
        let mut api = engine.direct_api();
        for ssrc in &self.ssrcs {
            if let Some(stream) = api.stream_rx(&(*ssrc).into()) {
                stream.suppress_nack(false);
            }
        }
        if let Some(stream) = api.stream_rx_by_mid(self.mid, rid) {
            stream.suppress_nack(false);
        }
    }
}

impl Layer {
    /// Puts `arrived` behind the picture that is open, if it is of it; hands out what is `whole`.
    fn join(&mut self, arrived: Arrived<Content>, whole: bool) -> [Option<Arrived<Content>>; 2] {
        let (before, joined) = match self.open.take() {
            Some(open) if open.ticks == arrived.ticks && open.size < MOST_JOINED => {
                let payload = [&open.item.payload[..], &arrived.item.payload].concat();
                let item = Content {
                    lost: open.item.lost || arrived.item.lost,
                    payload: payload.into(),
                    ..arrived.item
                };
                (None, Arrived { size: open.size + arrived.size, at: open.at, item, ..arrived })
            }
            open => (open, arrived),
        };
        if whole {
            return [before, Some(joined)];
        }
        self.open = Some(joined);
        [before, None]
    }

    /// Packets `first` to `last` were used; what lies between them and those before is lost.
    fn used(&mut self, first: u64, last: u64) {
        if let Some(before) = self.sequence {
            let missing = first.saturating_sub(before + 1);
            // Further, the sender began anew.
            self.lost += if missing < 10_000 { missing } else { 0 };
        }
        self.sequence = Some(self.sequence.map_or(last, |before| before.max(last)));
    }
}

fn since_epoch(time: SystemTime) -> Time {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => Time::ZERO + Delta::from_std(since),
        Err(before) => Time::ZERO - Delta::from_std(before.duration()),
    }
}

fn system_time(time: Time) -> Option<SystemTime> {
    let since = u64::try_from(time.as_micros()).ok()?;
    UNIX_EPOCH.checked_add(Duration::from_micros(since))
}

/// SSRCs that one line may come with, where nothing says which.
const MOST_ADOPTED: u32 = 16;
/// Packets with the marker that are remembered: more than a second of pictures, with some that came again.
const MOST_ENDS: usize = 128;
/// How long a picture stays open whose last packet came as a retransmission, which does not show it.
const JOIN_WAIT: Duration = Duration::from_millis(50);
const MOST_JOINED: usize = 16 << 20;
