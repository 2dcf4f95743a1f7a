//! What is measured over time: of the server for a week, of each live stream for hours, in memory.
//!
//! One task takes a sample each second ([`run`]); everybody else reads. It looks at the hub and the system once, away from the
//! threads that carry media.

pub(crate) mod history;
pub(crate) mod host;
mod rates;
mod sessions;
mod streams;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hub::{Session, StreamKey, Survey};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tracing::warn;

use crate::Api;
use history::{Fold, History, Series, Shape};
use host::Host;
use rates::Seen;
use sessions::Sessions;
use streams::Streams;

pub(crate) use rates::Rates;

/// Everything that was measured. Owned by the API; [`run`] alone writes to it.
#[derive(Debug)]
pub(crate) struct Metrics {
    kept: Mutex<Kept>,
    latest: Mutex<Arc<Latest>>,
}

#[derive(Debug)]
struct Kept {
    server: History,
    streams: Streams,
    sessions: Sessions,
    before: Option<Seen>,
    clock: Clock,
}

/// The last sample.
#[derive(Debug)]
pub(crate) struct Latest {
    /// When it was taken.
    pub(crate) at: SystemTime,
    pub(crate) host: Host,
    pub(crate) rates: Rates,
    /// Viewers of each stream that has any.
    pub(crate) viewers: HashMap<StreamKey, usize>,
    /// How the machine's clock was last set while the server ran: by so many seconds, and when.
    pub(crate) clock_set: Option<(i64, SystemTime)>,
}

impl Default for Latest {
    fn default() -> Latest {
        Latest {
            at: SystemTime::now(),
            host: Host::default(),
            rates: Rates::default(),
            viewers: HashMap::new(),
            clock_set: None,
        }
    }
}

/// What the seconds of the history are on the wall.
#[derive(Debug, Default)]
struct Clock {
    /// Unix time at second 0.
    origin: i64,
    set: Option<(i64, SystemTime)>,
}

impl Clock {
    /// It is `wall` after `elapsed`. A clock that was set moves all that was measured with it, so that times stay in order.
    fn keep(&mut self, elapsed: Duration, wall: SystemTime) {
        let unix = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        let origin = unix.as_millis() as i64 - elapsed.as_millis() as i64;
        let moved = origin - self.origin * 1_000;
        // Slower drifts are followed a second at a time, so that answers do not waver.
        if moved.abs() < 1_000 {
            return;
        }
        if self.origin != 0 && moved.abs() >= SET.as_millis() as i64 {
            let seconds = rounded(moved);
            warn!(seconds, "the machine's clock was set");
            self.set = Some((seconds, wall));
        }
        self.origin = rounded(origin);
    }
}

/// Milliseconds as seconds.
fn rounded(millis: i64) -> i64 {
    (millis + 500).div_euclid(1_000)
}

impl Metrics {
    pub(crate) fn new() -> Metrics {
        let server = History::new(&SERVER, rates::series());
        let (streams, sessions, clock) = Default::default();
        let kept = Kept { server, streams, sessions, before: None, clock };
        Metrics { kept: Mutex::new(kept), latest: Mutex::default() }
    }

    /// The last sample.
    pub(crate) fn latest(&self) -> Arc<Latest> {
        Arc::clone(&self.latest.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes up what there is `elapsed` after the first sample.
    fn take(&self, elapsed: Duration, wall: SystemTime, survey: &Survey, media: usize, host: Host) {
        let mut kept = self.kept();
        let kept = &mut *kept;
        kept.clock.keep(elapsed, wall);
        let seen = Seen::new(elapsed, survey, media, &host);
        let rates = seen.since(kept.before.as_ref());
        let mut values = rates.values(&seen);
        for (protocol, _) in &survey.viewers {
            let name = format!("{BY_PROTOCOL}{protocol}").into();
            kept.server.place(Series { name, fold: Fold::Max });
        }
        for series in &kept.server.series()[values.len()..] {
            let protocol = series.name.strip_prefix(BY_PROTOCOL);
            let count = survey.viewers.iter().find(|(known, _)| Some(*known) == protocol);
            values.push(count.map_or(0.0, |(_, count)| *count as f32));
        }
        kept.server.take(elapsed.as_secs(), &values);
        kept.streams.take(elapsed, &survey.streams);
        kept.before = Some(seen);
        let viewers = survey.streams.iter().filter(|info| !info.viewers.is_empty());
        let viewers = viewers
            .map(|info| (info.key.clone(), info.viewers.iter().map(|(_, count)| count).sum()))
            .collect();
        let latest = Latest { at: wall, host, rates, viewers, clock_set: kept.clock.set };
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(latest);
    }

    /// Reads the history of the server, or of the stream `key`; `None` when there is none. `read` is told the Unix time of second 0.
    pub(crate) fn read<T>(
        &self,
        key: Option<&StreamKey>,
        read: impl FnOnce(&History, &[Shape], i64) -> T,
    ) -> Option<T> {
        let kept = self.kept();
        let origin = kept.clock.origin;
        match key {
            None => Some(read(&kept.server, &SERVER, origin)),
            Some(key) => Some(read(kept.streams.of(key)?, &streams::SHAPES, origin)),
        }
    }

    /// Bytes a second of the server in the last 30 s, in and out.
    pub(crate) fn lately(&self) -> Lately {
        Lately::of(&self.kept().server, &SERVER)
    }

    /// The same of each stream.
    pub(crate) fn lately_of_streams(&self) -> HashMap<StreamKey, Lately> {
        self.kept().streams.lately()
    }

    /// The same of `session`, in its direction.
    pub(crate) fn lately_of_session(&self, session: &Session) -> f32 {
        self.kept().sessions.pace(session)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes a second, on average of the last 30 s.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Lately {
    pub(crate) received: f32,
    pub(crate) sent: f32,
}

impl Lately {
    /// `received` and `sent` come first in every history.
    fn of(history: &History, shapes: &[Shape]) -> Lately {
        let newest = history.end(shapes[0]);
        let part = history.part(shapes[0], 1, newest.saturating_sub(LATELY), newest, &[0, 1]);
        let mean = |column: &[f32]| {
            let known = column.iter().filter(|value| !value.is_nan());
            let (sum, count) = known.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
            if count == 0 { 0.0 } else { sum / count as f32 }
        };
        Lately { received: mean(&part.columns[0]), sent: mean(&part.columns[1]) }
    }
}

/// Takes a sample each second until the API stops.
pub(crate) async fn run(api: Api) {
    let began = Instant::now();
    // In the middle of each second: a sample that is a little late is still that of its second.
    let mut ticks = interval_at(began + EVERY * 3 / 2, EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        let elapsed = began.elapsed();
        let taken = api.away(move |api| {
            let host = Host::look(&api.data);
            sample(api, elapsed, host);
        });
        // It fails only when the server stops, or with a fault of ours that the log has.
        let _ = taken.await;
        tokio::select! {
            () = api.stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
    }
}

/// Takes up what the hub and the system say `elapsed` after the first sample. Blocks for a pass over all sessions.
pub(crate) fn sample(api: &Api, elapsed: Duration, host: Host) {
    let survey = api.hub.survey();
    api.metrics.take(elapsed, SystemTime::now(), &survey, api.hub.bytes(), host);
    api.metrics.kept().sessions.note(elapsed, || api.hub.sessions());
}

const EVERY: Duration = Duration::from_secs(1);
/// 10 minutes, 6 hours and a week.
const SERVER: [Shape; 3] =
    [Shape { step: 1, slots: 600 }, Shape { step: 10, slots: 2_160 }, Shape { step: 60, slots: 10_080 }];
const LATELY: u64 = 30;
/// Before the names of protocols, in those of series.
const BY_PROTOCOL: &str = "viewers.";
/// A clock that moves by less is being kept right.
const SET: Duration = Duration::from_secs(3);

#[cfg(test)]
mod metrics_test;
