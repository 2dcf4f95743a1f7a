//! Counters of streams: written without a lock on the way of a frame, read and turned into rates elsewhere.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use media::{Delta, Frame, Kind, Order, Reordering, Time, Track, TrackId};

/// Counters of one track, written by whoever publishes it only.
#[derive(Debug, Default)]
pub(crate) struct TrackCounters {
    frames: AtomicU64,
    bytes: AtomicU64,
    keyframes: AtomicU64,
    /// Microseconds between the last two key frames.
    gop: AtomicU64,
    /// Microseconds of stream time at the last key frame, plus one; 0 is never.
    last_key: AtomicU64,
    discontinuities: AtomicU64,
    order: Mutex<Order>,
    /// At which frame, by count, one came late last: at all, and one that others need; 0 is never.
    late: [AtomicU64; 2],
    rates: Mutex<Rates>,
}

/// Rates over the last second or two, kept by whoever calls [`TrackCounters::sample`].
#[derive(Debug, Default, Clone, Copy)]
struct Rates {
    at: Option<Time>,
    frames: u64,
    bytes: u64,
    fps: f64,
    bitrate: f64,
}

/// What is known of a track at this moment.
#[derive(Debug, Clone)]
pub struct TrackInfo {
    /// Its parameters.
    pub track: Arc<Track>,
    /// The track that the server makes it from; `None` of what the publisher sends.
    pub derived_from: Option<TrackId>,
    /// Frames since it began.
    pub frames: u64,
    /// Payload bytes since it began.
    pub bytes: u64,
    /// Key frames since it began.
    pub keyframes: u64,
    /// Between the last two key frames.
    pub gop: Option<Delta>,
    /// Gaps in the source.
    pub discontinuities: u64,
    /// Of video: whether pictures lately came in another order than they are shown in.
    pub reordering: Reordering,
    /// Frames a second, lately.
    pub fps: f64,
    /// Bits a second, lately.
    pub bitrate: f64,
}

impl TrackCounters {
    /// Counts a published frame.
    pub(crate) fn count(&self, frame: &Frame) {
        add(&self.frames, 1);
        add(&self.bytes, frame.payload.len() as u64);
        if frame.discontinuity {
            add(&self.discontinuities, 1);
        }
        if frame.track.kind() == Kind::Video {
            self.follow(frame);
        }
        if frame.keyframe {
            add(&self.keyframes, 1);
            let now = frame.dts.as_micros().max(0) as u64 + 1;
            let last = self.last_key.swap(now, Ordering::Relaxed);
            if last != 0 {
                self.gop.store(now.saturating_sub(last), Ordering::Relaxed);
            }
        }
    }

    /// The publisher alone takes this lock, so it costs no more than a look.
    fn follow(&self, frame: &Frame) {
        let reordering = self.order.lock().unwrap_or_else(PoisonError::into_inner).next(frame);
        let [any, needed] = &self.late;
        let now = self.frames.load(Ordering::Relaxed);
        if reordering != Reordering::None {
            any.store(now, Ordering::Relaxed);
        }
        if reordering == Reordering::Needed {
            needed.store(now, Ordering::Relaxed);
        }
    }

    /// Whether pictures lately came in another order than they are shown in.
    pub(crate) fn reordering(&self) -> Reordering {
        let now = self.frames.load(Ordering::Relaxed);
        let [any, needed] = [0, 1].map(|which: usize| {
            let at = self.late[which].load(Ordering::Relaxed);
            at != 0 && now.saturating_sub(at) < LATELY
        });
        match (any, needed) {
            (_, true) => Reordering::Needed,
            (true, false) => Reordering::Disposable,
            (false, false) => Reordering::None,
        }
    }

    /// Takes a sample for the rates; to be called about once a second with a monotonic time.
    pub(crate) fn sample(&self, now: Time) {
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let (frames, bytes) = (self.frames.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed));
        if let Some(at) = rates.at {
            let span = (now - at).as_secs_f64();
            if span <= 0.0 {
                return;
            }
            rates.fps = frames.saturating_sub(rates.frames) as f64 / span;
            rates.bitrate = bytes.saturating_sub(rates.bytes) as f64 * 8.0 / span;
        }
        (rates.at, rates.frames, rates.bytes) = (Some(now), frames, bytes);
    }

    pub(crate) fn info(&self, track: Arc<Track>) -> TrackInfo {
        let rates = *self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let gop = self.gop.load(Ordering::Relaxed);
        TrackInfo {
            track,
            derived_from: None,
            frames: self.frames.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            keyframes: self.keyframes.load(Ordering::Relaxed),
            gop: (gop != 0).then_some(Delta::micros(gop as i64)),
            discontinuities: self.discontinuities.load(Ordering::Relaxed),
            reordering: self.reordering(),
            fps: rates.fps,
            bitrate: rates.bitrate,
        }
    }
}

/// One writer, so a plain load and store will do: no locked instruction per frame.
fn add(counter: &AtomicU64, value: u64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(value), Ordering::Relaxed);
}

/// Pictures after which an encoder whose settings were mended is believed: some seconds.
const LATELY: u64 = 250;
