//! What goes out: RTP packets of frames.

use std::time::{Duration, Instant};

use media::{Kind, Time};
use str0m::Rtc;
use str0m::media::{Mid, Pt};
use str0m::rtp::RtpWrite;

use super::seed;
use crate::negotiate::{Agreed, Line, Ours};
use crate::packetize::MAX_SOUND;
use crate::{Credentials, Error, Packet, engine};

/// The tracks that are sent, and the clock that they share.
#[derive(Debug)]
pub(super) struct Outgoing {
    lines: Vec<Track>,
    clock: Clock,
    written: u64,
}

#[derive(Debug)]
struct Track {
    kind: Kind,
    mid: Mid,
    number: Pt,
    rate: u32,
    ours: Ours,
    /// Added to the time of frames: RTP clocks begin anywhere (RFC 3550 §5.1).
    offset: u32,
    /// Below 65,536 at the beginning: SRTP's counter of wraps is not told to the other end.
    sequence: u64,
    /// Whether the engine knows of it.
    declared: bool,
}

impl Outgoing {
    pub(super) fn new(
        now: Instant,
        credentials: &Credentials,
        agreed: &Agreed,
        engine: &mut Rtc,
    ) -> Outgoing {
        let track = |line: &Line| {
            let (ours, codec) = (line.ours?, line.codecs.first()?);
            let random = seed(credentials, ("rtp", ours.main));
            Some(Track {
                kind: line.kind,
                mid: engine::mid(&line.mid),
                number: Pt::from(codec.number),
                rate: engine::clock(codec.codec),
                ours,
                offset: random as u32,
                // Not near the end, that the first packets may come in any order.
                sequence: random >> 32 & 0x7fff,
                declared: false,
            })
        };
        let lines: Vec<Track> = agreed.lines.iter().filter_map(track).collect();
        // The engine made streams of its own. They would report a clock before there is one: see `send`.
        for track in &lines {
            let mut api = engine.direct_api();
            if let Some(made) = api.stream_tx_by_mid(track.mid, None).map(|stream| stream.ssrc()) {
                api.remove_stream_tx(made);
            }
        }
        Outgoing { lines, clock: Clock { start: now, shift: None }, written: 0 }
    }

    pub(super) fn send(
        &mut self,
        engine: &mut Rtc,
        now: Instant,
        kind: Kind,
        pts: Time,
        packets: &[Packet],
    ) -> Result<(), Error> {
        let track = self.lines.iter_mut().find(|track| track.kind == kind);
        let track = track.ok_or(Error::NotNegotiated { kind })?;
        let wall = self.clock.wall(now, pts);
        let timestamp = (pts.to_ticks(track.rate) as u32).wrapping_add(track.offset);
        let mut api = engine.direct_api();
        if !track.declared {
            // Only with the first frame, so that the first sender report, which follows it, has a time to report.
            let repair = track.ours.repair.map(Into::into);
            let stream = api.declare_stream_tx(track.ours.main.into(), repair, track.mid, None);
            let (packets, age, part) = engine::KEPT;
            stream.set_rtx_cache(packets, age, part);
            // Frames go out as they come: who encoded them has paced them, and what is held back is late for all.
            stream.set_unpaced(true);
            track.declared = true;
        }
        let Some(stream) = api.stream_tx(&track.ours.main.into()) else { return Ok(()) };
        // The engine has room for so much; nothing that was packetised here is larger.
        for packet in packets.iter().filter(|packet| packet.payload.len() <= MAX_SOUND) {
            let write =
                RtpWrite::new(track.number, track.sequence.into(), timestamp, wall, packet.payload.clone())
                    .marker(packet.marker)
                    .nackable(kind == Kind::Video);
            stream.write_rtp(write);
            track.sequence += 1;
            self.written += 1;
        }
        Ok(())
    }

    /// RTP packets so far, without those that were sent again.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    pub(super) fn kind_of(&self, mid: Mid) -> Option<Kind> {
        self.lines.iter().find(|track| track.mid == mid).map(|track| track.kind)
    }
}

/// Says when a frame was presented, for sender reports: the same mapping for all tracks, or sound and pictures part.
///
/// Which wall clock that is does not matter to players. It has to lie in the past, though, also for a frame that is
/// ahead of others (a player begins with all of the current group of pictures at once): hence [`LEAD`].
#[derive(Debug)]
struct Clock {
    start: Instant,
    /// Microseconds from the stream's clock to those since `start`.
    shift: Option<i64>,
}

impl Clock {
    fn wall(&mut self, now: Instant, pts: Time) -> Instant {
        let at = i64::try_from(now.saturating_duration_since(self.start).as_micros()).unwrap_or(i64::MAX);
        let behind = |shift: i64| at.saturating_sub(pts.as_micros().saturating_add(shift));
        let fits = |shift: &i64| (0..=FARTHEST).contains(&behind(*shift));
        let shift = match self.shift.filter(fits) {
            Some(shift) => shift,
            None => *self.shift.insert(at.saturating_sub(LEAD).saturating_sub(pts.as_micros())),
        };
        let behind = u64::try_from(behind(shift)).unwrap_or(0);
        now.checked_sub(Duration::from_micros(behind)).unwrap_or(now)
    }
}

/// Longer than a log keeps, in microseconds.
const LEAD: i64 = 12_000_000;
/// Behind by more, the stream's clock has jumped.
const FARTHEST: i64 = 120_000_000;

#[cfg(test)]
mod tests {
    use media::Delta;

    use super::*;

    #[test]
    fn times_of_all_tracks_map_alike_also_ahead_of_the_first() {
        let start = Instant::now();
        let mut clock = Clock { start, shift: None };
        let now = start + Duration::from_secs(100);
        let first = clock.wall(now, Time::from_millis(5_000));
        for ahead in [0, 20, 2_000, 11_000] {
            let wall = clock.wall(now, Time::from_millis(5_000 + ahead));
            assert_eq!(wall - first, Duration::from_millis(ahead as u64));
            assert!(wall <= now);
        }
    }

    #[test]
    fn a_clock_that_jumps_is_mapped_anew() {
        let start = Instant::now();
        let mut clock = Clock { start, shift: None };
        let now = start + Duration::from_secs(100);
        clock.wall(now, Time::from_millis(5_000));
        for pts in [Time::from_millis(5_000) + Delta::secs(3_600), Time::ZERO - Delta::secs(3_600)] {
            let wall = clock.wall(now, pts);
            assert_eq!(now - wall, Duration::from_micros(LEAD as u64));
        }
    }
}
