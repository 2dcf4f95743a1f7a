//! What Prometheus may know of sound that is made.

use std::sync::atomic::AtomicU64;

use media::Sound;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::desk::Done;

/// Counts over all streams. A handle: clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counters {
    running: Family<Label, Gauge>,
    read: Family<Label, Counter>,
    written: Family<Label, Counter>,
    failures: Family<Cause, Counter>,
    given_up: Family<Label, Counter>,
    took: Family<Label, Seconds>,
}

type Label = [(&'static str, &'static str); 1];
type Cause = [(&'static str, &'static str); 2];
type Seconds = Counter<f64, AtomicU64>;

/// Of one codec that is made.
#[derive(Debug, Clone)]
pub(super) struct OfSound {
    running: Gauge,
    pub(super) read: Counter,
    pub(super) written: Counter,
    /// Frames of the publisher's that were no good.
    broken: Counter,
    /// Frames that the stream did not take.
    pub(super) refused: Counter,
    pub(super) panics: Counter,
    pub(super) given_up: Counter,
    took: Seconds,
}

/// One more runs, until it is dropped.
pub(super) struct Running(Gauge);

impl Counters {
    /// Adds all of them to `registry`.
    pub(crate) fn register(&self, registry: &mut Registry) {
        Sound::DERIVED.into_iter().for_each(|sound| drop(self.of(sound)));
        let Counters { running, read, written, failures, given_up, took } = self.clone();
        registry.register("derivations", "Streams whose sound is made in another codec, by that", running);
        registry.register("derivation_read_frames", "Frames that sound was made of", read);
        registry.register("derivation_written_frames", "Frames that were made", written);
        registry.register(
            "derivation_failures",
            "Failures by cause: broken frames of publishers, frames made out of time, panics of codecs",
            failures,
        );
        registry.register("derivations_given_up", "Streams whose sound could not be made", given_up);
        registry.register_with_unit("derivation_work", "How long codecs have worked", Unit::Seconds, took);
    }

    pub(super) fn of(&self, sound: Sound) -> OfSound {
        let label = [("sound", sound.name())];
        let failures =
            |cause| self.failures.get_or_create_owned(&[("sound", sound.name()), ("cause", cause)]);
        OfSound {
            running: self.running.get_or_create_owned(&label),
            read: self.read.get_or_create_owned(&label),
            written: self.written.get_or_create_owned(&label),
            broken: failures("broken"),
            refused: failures("out_of_time"),
            panics: failures("panic"),
            given_up: self.given_up.get_or_create_owned(&label),
            took: self.took.get_or_create_owned(&label),
        }
    }
}

impl OfSound {
    pub(super) fn running(&self) -> Running {
        self.running.inc();
        Running(self.running.clone())
    }

    #[cfg(test)]
    pub(super) fn is_running(&self) -> i64 {
        self.running.get()
    }

    #[cfg(test)]
    pub(super) fn is_broken(&self) -> u64 {
        self.broken.get()
    }

    pub(super) fn count(&self, done: &Done) {
        self.broken.inc_by(done.broken);
        self.took.inc_by(done.took.as_secs_f64());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.dec();
    }
}
