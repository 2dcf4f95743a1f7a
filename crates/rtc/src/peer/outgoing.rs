//! What goes out: RTP packets of frames, and reports about them.
//!
//! The engine finds the way and agrees on the keys; what is sent then passes it by. It would go through all of its parts for each packet
//! and each report, which costs more than the packet.

mod clock;
mod estimate;
mod header;
mod history;
mod track;

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

use media::{Kind, Time};
use str0m::Rtc;

use super::seed;
use crate::negotiate::Agreed;
use crate::rtcp::{self, Report};
use crate::srtp::{Handshake, Srtp};
use crate::train::Train;
use crate::{Config, Error, Event, Packet, Stats, engine};

use clock::Clock;
use estimate::Estimator;
use track::{Sending, Track};

/// The tracks that are sent, and the clock that they share.
#[derive(Debug)]
pub(super) struct Outgoing {
    tracks: Vec<Track>,
    clock: Clock,
    /// The beginning, since 1970.
    wall: Duration,
    /// The name that all of them share.
    cname: String,
    srtp: Option<Srtp>,
    estimator: Estimator,
    /// The last estimate that was told.
    told: Option<u64>,
    /// Bytes that may be sent again.
    budget: usize,
    train: Train,
    /// RTP packets that were sent again.
    repeated: u64,
    measured: Option<Instant>,
}

impl Outgoing {
    pub(super) fn new(now: Instant, config: &Config, agreed: &Agreed, engine: &mut Rtc) -> Outgoing {
        let credentials = &config.credentials;
        // The engine has made streams of its own. With none it sends no reports, and only we use our keys.
        for line in &agreed.lines {
            let mut api = engine.direct_api();
            let made = api.stream_tx_by_mid(engine::mid(&line.mid), None).map(|stream| stream.ssrc());
            made.into_iter().for_each(|made| {
                api.remove_stream_tx(made);
            });
        }
        let random = |ssrc: u32| seed(credentials, ("rtp", ssrc));
        Outgoing {
            tracks: agreed.lines.iter().filter_map(|line| Track::new(line, random)).collect(),
            clock: Clock::new(now),
            wall: config.wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default(),
            cname: format!("{:016x}", seed(credentials, "session")),
            srtp: None,
            estimator: Estimator::default(),
            told: None,
            budget: SPARE,
            train: Train::default(),
            repeated: 0,
            measured: None,
        }
    }

    /// The keys are there. Whether they are some.
    pub(super) fn connect(&mut self, handshake: Option<&Handshake>) -> bool {
        self.srtp = handshake.and_then(Srtp::new);
        self.srtp.is_some()
    }

    /// Sends one frame. Whether the network has to be looked at again.
    pub(super) fn send(
        &mut self,
        now: Instant,
        kind: Kind,
        pts: Time,
        packets: &[Packet],
    ) -> Result<bool, Error> {
        let track = self.tracks.iter_mut().find(|track| track.kind == kind);
        let track = track.ok_or(Error::NotNegotiated { kind })?;
        let Some(srtp) = &mut self.srtp else { return Ok(false) };
        self.clock.send(now, pts);
        let since = self.clock.since(now);
        let (wall, train, estimator) = (self.wall, &mut self.train, &mut self.estimator);
        let mut to = Sending { srtp, train, estimator, since, wall };
        let bytes = track.send(pts, packets, &mut to);
        self.budget = (self.budget + bytes / REPEATED).min(SPARE);
        if let Some(presented) = self.clock.presented(now) {
            track.report(presented, &self.cname, &mut to);
        }
        let due = self.measured.is_none_or(|measured| now >= measured + MEASURED);
        if due {
            self.measured = Some(now);
        }
        Ok(due)
    }

    /// Says that nothing follows.
    pub(super) fn end(&mut self, now: Instant) {
        let (Some(srtp), Some(presented)) = (&mut self.srtp, self.clock.presented(now)) else { return };
        let (wall, train, estimator) = (self.wall, &mut self.train, &mut self.estimator);
        let mut to = Sending { srtp, train, estimator, since: self.clock.since(now), wall };
        self.tracks.iter().for_each(|track| track.end(presented, &self.cname, &mut to));
    }

    /// What is sent takes another way from here on.
    pub(super) fn is_moved(&mut self) {
        self.estimator.is_moved();
    }

    /// What the other end says of what it gets. Whether it is genuine.
    pub(super) fn receive(&mut self, now: Instant, datagram: &[u8], events: &mut VecDeque<Event>) -> bool {
        let reports = self.srtp.as_mut().filter(|_| rtcp::is_rtcp(datagram));
        let Some(reports) = reports.and_then(|srtp| srtp.open_reports(datagram)) else { return false };
        rtcp::read(&reports, |report| self.take(now, report));
        for track in &mut self.tracks {
            if track.take_wish() {
                events.push_back(Event::KeyFrameWanted(track.kind));
            }
        }
        events.extend(self.estimate().map(Event::Bandwidth));
        true
    }

    fn take(&mut self, now: Instant, report: Report<'_>) {
        let since = self.clock.since(now);
        match report {
            Report::Reception(reception) => {
                let track = with_ssrc(&mut self.tracks, reception.ssrc);
                track.into_iter().for_each(|track| track.is_received(&reception, self.wall + since));
            }
            Report::KeyFrameWanted { ssrc } => {
                with_ssrc(&mut self.tracks, ssrc).into_iter().for_each(Track::wish);
            }
            Report::Missing { ssrc, lost } => {
                let track = with_ssrc(&mut self.tracks, ssrc);
                let (Some(track), Some(srtp)) = (track, &mut self.srtp) else { return };
                track.is_lost();
                let (wall, train, estimator) = (self.wall, &mut self.train, &mut self.estimator);
                let mut to = Sending { srtp, train, estimator, since, wall };
                for sequence in lost.sequences() {
                    let sent = track.send_again(sequence, self.budget, &mut to);
                    self.budget = self.budget.saturating_sub(sent);
                    self.repeated += u64::from(sent > 0);
                }
            }
            Report::Arrivals(arrivals) => self.estimator.report(arrivals, micros(since)),
            Report::Bandwidth(bits) => self.estimator.tell(bits, micros(since)),
        }
    }

    /// The estimate, if it is worth telling.
    fn estimate(&mut self) -> Option<u64> {
        let bits = self.estimator.estimate()?;
        let changed = self.told.is_none_or(|told| bits.abs_diff(told) > told / 20);
        changed.then(|| *self.told.insert(bits))
    }

    /// The datagrams that are to leave.
    pub(super) fn train(&mut self) -> &mut Train {
        &mut self.train
    }

    pub(super) fn stats(&self) -> Stats {
        let mut stats =
            Stats { retransmitted: self.repeated, bandwidth: self.estimator.estimate(), ..Stats::default() };
        self.tracks.iter().for_each(|track| track.count(&mut stats));
        stats
    }

    #[cfg(test)]
    pub(super) fn written(&self) -> u64 {
        self.tracks.iter().map(Track::written).sum()
    }
}

fn with_ssrc(tracks: &mut [Track], ssrc: u32) -> Option<&mut Track> {
    tracks.iter_mut().find(|track| track.ssrc == ssrc)
}

fn micros(since: Duration) -> u64 {
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// Of what is sent, a third may be sent again.
const REPEATED: usize = 3;
/// And as many bytes at once after a while without loss.
const SPARE: usize = 256 << 10;
/// Between two measurements that are told.
const MEASURED: Duration = Duration::from_secs(1);
