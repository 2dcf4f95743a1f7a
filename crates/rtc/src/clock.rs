//! One clock for all tracks of a sender.
//!
//! RTP gives each track a clock of its own that begins anywhere; only sender reports say how they belong together
//! (RFC 3550 §6.4.1). So nothing goes on before each track had its first report, but no longer than [`PATIENCE`]: then
//! what was not reported is placed by when it came, and corrected when its report comes.
//!
//! Corrections of up to [`MOST_SLEWED`] are spread over pictures, a twentieth of the time that passes: nobody sees that. Sound is never moved
//! so: a packet begins where the one before ends, and players hear each gap and each overlap, however small. The pictures go to the sound.
//! A greater correction is a step, and flagged. Reports may lie:
//!
//! - When they jump for all tracks alike, the sender's wall clock was set. That moves nothing here.
//! - When they jump for one, it is believed at the third that says the same.
//! - When the RTP clock itself jumps (an encoder began anew), the track goes on as its packets come, until the next report.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use media::{Delta, Time};

/// Puts samples that carry `T` on one clock, which begins near 0 with the first.
#[derive(Debug)]
pub(crate) struct SenderClock<T> {
    /// Tracks that are negotiated; some may never send.
    expected: usize,
    /// The line of sound.
    sound: Option<usize>,
    tracks: Vec<Track>,
    /// Arrivals are counted from here.
    origin: Option<Instant>,
    state: State<T>,
    ready: VecDeque<Stamped<T>>,
}

/// A sample with its place on the common clock.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stamped<T> {
    pub(crate) item: T,
    pub(crate) time: Time,
    /// By the sender's wall clock, since 1970.
    pub(crate) wall: Option<Time>,
    /// The track's clock was stepped here.
    pub(crate) discontinuity: bool,
}

/// A sample as it came.
#[derive(Debug)]
pub(crate) struct Arrived<T> {
    /// Which track: `line` is one of those expected, and may come in several `layer`s.
    pub(crate) line: usize,
    pub(crate) layer: usize,
    /// Of the RTP clock, unwrapped.
    pub(crate) ticks: i64,
    /// Ticks a second.
    pub(crate) rate: u32,
    pub(crate) at: Instant,
    /// Bytes, for the bound of what is held.
    pub(crate) size: usize,
    pub(crate) item: T,
}

#[derive(Debug)]
enum State<T> {
    /// Samples wait for reports.
    Holding { held: VecDeque<Arrived<T>>, size: usize },
    /// What the sender's wall clock says at 0 of ours, once there was a report.
    Running { epoch: Option<Time> },
}

#[derive(Debug)]
struct Track {
    line: usize,
    layer: usize,
    /// `None` until a sample says it.
    rate: Option<u32>,
    /// Of the sample that came last, whether it has its place or waits.
    ticks: Option<i64>,
    /// Where some tick lies on the common clock.
    anchor: Option<(i64, Time)>,
    last: Option<Last>,
    report: Option<Report>,
    /// What is still to be spread.
    slew: Delta,
    /// A jump of the reports, and how many have said so.
    suspected: Option<(Delta, u32)>,
    stepped: bool,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    ticks: i64,
    time: Time,
    at: Time,
}

/// Of a sender report: what the wall clock and the RTP clock said at the same moment.
#[derive(Debug, Clone, Copy)]
struct Report {
    wall: Time,
    /// As in the packet, and as unwrapped once a sample says near what.
    low: u32,
    ticks: Option<i64>,
}

impl<T> SenderClock<T> {
    /// For a sender of so many tracks, of which this one is of sound.
    pub(crate) fn new(expected: usize, sound: Option<usize>) -> SenderClock<T> {
        SenderClock {
            expected,
            sound,
            tracks: Vec::new(),
            origin: None,
            state: State::Holding { held: VecDeque::new(), size: 0 },
            ready: VecDeque::new(),
        }
    }

    /// A sample came.
    pub(crate) fn sample(&mut self, arrived: Arrived<T>) {
        self.origin.get_or_insert(arrived.at);
        let Some(index) = self.track(arrived.line, arrived.layer) else { return };
        self.tracks[index].clocked(&arrived);
        match &mut self.state {
            State::Holding { held, size } => {
                *size += arrived.size;
                let full = held.len() >= MOST_HELD || *size > MOST_HELD_BYTES;
                held.push_back(arrived);
                if full || self.all_reported() {
                    self.release();
                }
            }
            State::Running { .. } => self.stamp(index, arrived),
        }
    }

    /// A sender report of a track came: `wall` since 1970 was when its RTP clock said `ticks`.
    pub(crate) fn report(&mut self, line: usize, layer: usize, wall: Time, ticks: u32) {
        let Some(index) = self.track(line, layer) else { return };
        let track = &mut self.tracks[index];
        let first = track.report.is_none();
        track.report = Some(Report { wall, low: ticks, ticks: None });
        track.unwrap_report();
        match self.state {
            State::Holding { .. } if self.all_reported() => self.release(),
            State::Holding { .. } => {}
            State::Running { epoch } => self.correct(index, epoch, first),
        }
    }

    /// The time is `now`.
    pub(crate) fn tick(&mut self, now: Instant) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            self.release();
        }
    }

    /// When [`SenderClock::tick`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Holding { held, .. } => held.front().map(|first| first.at + PATIENCE),
            State::Running { .. } => None,
        }
    }

    /// The next sample, in the order they came.
    pub(crate) fn poll(&mut self) -> Option<Stamped<T>> {
        self.ready.pop_front()
    }

    /// `None` when there are more than anybody sends.
    fn track(&mut self, line: usize, layer: usize) -> Option<usize> {
        let found = self.tracks.iter().position(|track| (track.line, track.layer) == (line, layer));
        found.or_else(|| {
            self.tracks.push(Track::new(line, layer));
            (self.tracks.len() <= MOST_TRACKS).then_some(self.tracks.len() - 1).or_else(|| {
                self.tracks.pop();
                None
            })
        })
    }

    fn all_reported(&self) -> bool {
        let sends = |line: usize| self.tracks.iter().any(|track| track.line == line && track.rate.is_some());
        let known = |track: &Track| track.rate.is_none() || track.report.is_some();
        (0..self.expected).all(sends) && self.tracks.iter().all(known)
    }

    /// What was held gets its times.
    fn release(&mut self) {
        let State::Holding { held, .. } = &mut self.state else { return };
        let held = std::mem::take(held);
        let first_of = |track: &Track| {
            held.iter().find(|sample| (sample.line, sample.layer) == (track.line, track.layer))
        };
        let origin = self.origin;
        let walls = self.tracks.iter().filter_map(|track| track.wall_at(first_of(track)?.ticks));
        let epoch = walls.min();
        // A track that is reported says what time it was when its first sample came.
        let reference = epoch.and_then(|epoch| {
            self.tracks.iter().find_map(|track| {
                let first = first_of(track)?;
                let time = Time::ZERO + (track.wall_at(first.ticks)? - epoch);
                Some((arrival(origin, first.at), time))
            })
        });
        let (came, time) = reference.unwrap_or((Time::ZERO, Time::ZERO));
        let anchors: Vec<Option<(i64, Time)>> = self
            .tracks
            .iter()
            .map(|track| {
                let first = first_of(track)?;
                let reported =
                    epoch.zip(track.wall_at(first.ticks)).map(|(epoch, wall)| Time::ZERO + (wall - epoch));
                Some((first.ticks, reported.unwrap_or(time + (arrival(origin, first.at) - came))))
            })
            .collect();
        for (track, anchor) in self.tracks.iter_mut().zip(anchors) {
            track.anchor = anchor;
        }
        self.state = State::Running { epoch };
        for arrived in held {
            if let Some(index) = self.track(arrived.line, arrived.layer) {
                self.stamp(index, arrived);
            }
        }
    }

    fn stamp(&mut self, index: usize, arrived: Arrived<T>) {
        let at = arrival(self.origin, arrived.at);
        let epoch = match self.state {
            State::Running { epoch } => epoch,
            State::Holding { .. } => None,
        };
        if self.tracks[index].anchor.is_none() {
            // One that begins late.
            let newest = self.tracks.iter().filter_map(|track| track.last).max_by_key(|last| last.at);
            let by_arrival = newest.map_or(Time::ZERO, |last| last.time + (at - last.at));
            let wall = self.tracks[index].wall_at(arrived.ticks);
            let time = epoch.zip(wall).map_or(by_arrival, |(epoch, wall)| Time::ZERO + (wall - epoch));
            self.tracks[index].anchor = Some((arrived.ticks, time));
        }
        let track = &mut self.tracks[index];
        let time = track.place(arrived.ticks, arrived.rate, at);
        let discontinuity = std::mem::take(&mut track.stepped);
        let wall = track.wall_at(arrived.ticks);
        self.ready.push_back(Stamped { item: arrived.item, time, wall, discontinuity });
    }

    /// A report of a track that runs already: how far off is it?
    fn correct(&mut self, index: usize, epoch: Option<Time>, first: bool) {
        let track = &self.tracks[index];
        let Some((last, wall)) = track.last.and_then(|last| Some((last, track.wall_at(last.ticks)?))) else {
            return;
        };
        let Some(epoch) = epoch else {
            self.state = State::Running { epoch: Some(Time::ZERO + (wall - last.time)) };
            return;
        };
        let error = (Time::ZERO + (wall - epoch)) - last.time;
        if error.abs() <= MOST_SLEWED {
            self.tracks[index].suspected = None;
            if self.sound == Some(self.tracks[index].line) {
                self.state = State::Running { epoch: Some(epoch + error) };
                // Until their next reports say it better.
                let pictures = self.tracks.iter_mut().enumerate().filter(|(other, _)| *other != index);
                let reported = pictures.filter(|(_, track)| track.report.is_some());
                reported.for_each(|(_, track)| {
                    track.slew = (track.slew - error).clamp(-MOST_SLEWED, MOST_SLEWED)
                });
            } else {
                self.tracks[index].slew = error;
            }
            return;
        }
        let others = || {
            self.tracks.iter().enumerate().filter(|(other, track)| *other != index && track.report.is_some())
        };
        let alike = |jump: Delta| (jump - error).abs() < ALIKE;
        let agree = others().all(|(_, track)| track.suspected.is_some_and(|(jump, _)| alike(jump)));
        if agree {
            // Also when there is no other: then nothing depends on it.
            self.state = State::Running { epoch: Some(epoch + error) };
            self.tracks.iter_mut().for_each(|track| track.suspected = None);
            return;
        }
        let track = &mut self.tracks[index];
        let said = track.suspected.filter(|(jump, _)| alike(*jump)).map_or(0, |(_, said)| said) + 1;
        if first || said >= BELIEVED {
            track.step(error);
        } else {
            track.suspected = Some((error, said));
        }
    }
}

impl Track {
    fn new(line: usize, layer: usize) -> Track {
        Track {
            line,
            layer,
            rate: None,
            ticks: None,
            anchor: None,
            last: None,
            report: None,
            slew: Delta::ZERO,
            suspected: None,
            stepped: false,
        }
    }

    /// A sample says how fast the clock runs, and near what its reports are.
    fn clocked<T>(&mut self, arrived: &Arrived<T>) {
        self.ticks = Some(arrived.ticks);
        if self.rate != Some(arrived.rate) {
            // Another codec, another clock: what was known of the old one is worth nothing.
            if self.rate.is_some() {
                self.report = None;
            }
            self.rate = Some(arrived.rate);
        }
        self.unwrap_report();
    }

    fn unwrap_report(&mut self) {
        if let (Some(Report { low, ticks: ticks @ None, .. }), Some(latest)) = (&mut self.report, self.ticks)
        {
            *ticks = Some(near(latest, *low));
        }
    }

    fn wall_at(&self, ticks: i64) -> Option<Time> {
        let report = self.report?;
        Some(report.wall + Delta::from_ticks(ticks.saturating_sub(report.ticks?), self.rate?))
    }

    /// The time of a sample, which came `at`.
    fn place(&mut self, ticks: i64, rate: u32, at: Time) -> Time {
        let (from, time) = self.anchor.unwrap_or((ticks, at));
        let mut placed = time + Delta::from_ticks(ticks.saturating_sub(from), rate);
        if let Some(last) = self.last {
            let advance = Delta::from_ticks(ticks.saturating_sub(last.ticks), rate);
            let waited = at - last.at;
            if advance.abs() > JUMP && (advance - waited).abs() > JUMP {
                placed = last.time + waited.max(Delta::millis(1));
                (self.slew, self.suspected, self.report) = (Delta::ZERO, None, None);
                self.stepped = true;
            } else if advance > Delta::ZERO && self.slew != Delta::ZERO {
                let most = Delta::micros(advance.as_micros() / 20);
                let part = self.slew.clamp(-most, most);
                self.slew -= part;
                placed += part;
            }
        }
        self.anchor = Some((ticks, placed));
        self.last = Some(Last { ticks, time: placed, at });
        placed
    }

    fn step(&mut self, error: Delta) {
        if let Some((_, time)) = &mut self.anchor {
            *time += error;
        }
        (self.slew, self.suspected, self.stepped) = (Delta::ZERO, None, true);
    }
}

/// The number nearest to `ticks` whose low 32 bits are `low`.
fn near(ticks: i64, low: u32) -> i64 {
    let ahead = low.wrapping_sub(ticks as u32) as i32;
    ticks.saturating_add(i64::from(ahead))
}

fn arrival(origin: Option<Instant>, at: Instant) -> Time {
    let since = origin.map_or(Duration::ZERO, |origin| at.saturating_duration_since(origin));
    Time::ZERO + Delta::from_std(since)
}

/// From the first sample.
const PATIENCE: Duration = Duration::from_secs(1);
const MOST_HELD: usize = 512;
const MOST_HELD_BYTES: usize = 16 << 20;
/// Lines and layers.
const MOST_TRACKS: usize = 16;
const MOST_SLEWED: Delta = Delta::secs(1);
/// Jumps that differ by less are the same.
const ALIKE: Delta = Delta::millis(50);
/// Reports that say the same.
const BELIEVED: u32 = 3;
/// Further from one sample to the next is no pause but another clock.
const JUMP: Delta = Delta::secs(10);

#[cfg(test)]
#[path = "clock_test.rs"]
mod tests;
